/*
 * Reading one attempt of a Face session. Invariant: a parsed attempt has not both a result and an
 * error; a text we compare is never cut, one we only show may be.
 */
#include "base/face_session_private.h"
#include "base/utf8.h"

#include <string.h>

enum { PLACES = 4 };

void face_copy_cut(struct slice text, char *ret, size_t size)
{
    size_t length = utf8_cut(text.data, text.len, size - 1);
    memcpy(ret, text.data, length);
    ret[length] = '\0';
}

enum json_read face_read_text(const cJSON *object, const char *name, char *ret, size_t size,
                              struct slice *ret_text)
{
    enum json_read read = json_string(object, name, 0, SIZE_MAX, ret_text);
    if (read == JSON_OK) {
        face_copy_cut(*ret_text, ret, size);
    }
    return read;
}

/* A text that must fit whole. */
static enum json_read read_whole(const cJSON *object, const char *name, char *ret, size_t size)
{
    struct slice text;
    enum json_read read = json_string(object, name, 0, size - 1, &text);
    if (read == JSON_OK) {
        face_copy_cut(text, ret, size);
    }
    return read;
}

static enum face_decision decision_from(struct slice word)
{
    if (slice_equal_nocase(word, SLICE("realface"))) {
        return FACE_DECISION_REALFACE;
    }
    if (slice_equal_nocase(word, SLICE("spoofface"))) {
        return FACE_DECISION_SPOOFFACE;
    }
    return slice_equal_nocase(word, SLICE("uncertain")) ? FACE_DECISION_UNCERTAIN
                                                        : FACE_DECISION_UNKNOWN;
}

const char *face_parse_rectangle(const cJSON *json, struct face_rectangle *ret)
{
    int32_t *const sides[] = {&ret->top, &ret->left, &ret->width, &ret->height};
    static const char *const names[] = {"top", "left", "width", "height"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        int64_t side;
        if (json_integer(json, names[i], INT32_MIN, INT32_MAX, &side) != JSON_OK) {
            return "a faceRectangle is incomplete";
        }
        *sides[i] = (int32_t)side;
    }
    return NULL;
}

/* targets.color.faceRectangle: shown, never judged, so its absence is fine. */
static const char *parse_targets(const cJSON *parent, struct face_attempt *attempt)
{
    static const char *const path[] = {"targets", "color", "faceRectangle"};
    const cJSON *json = parent;
    for (size_t i = 0; i < sizeof path / sizeof *path; i++) {
        enum json_read read = json_object(json, path[i], &json);
        if (read != JSON_OK) {
            return read == JSON_WRONG ? "targets have another form" : NULL;
        }
    }
    attempt->has_rectangle = true;
    return face_parse_rectangle(json, &attempt->rectangle);
}

/* Without isIdentical it counts as absent, which never accepts. */
const char *face_parse_verify(const cJSON *parent, struct face_attempt *attempt)
{
    const cJSON *json = NULL;
    enum json_read read = json_object(parent, "verifyResult", &json);
    if (read != JSON_OK || attempt->has_verify) {
        return read == JSON_WRONG ? "verifyResult is no object" : NULL;
    }
    read = json_bool(json, "isIdentical", &attempt->is_identical);
    attempt->has_verify = read == JSON_OK;
    if (read == JSON_WRONG ||
        json_number(json, "matchConfidence", 0, 1, &attempt->match_confidence) == JSON_WRONG) {
        return "verifyResult has another form";
    }
    return NULL;
}

/* ---- abuse monitoring ---- */

static bool has_flag(const struct face_attempt *attempt, const struct face_flag *flag)
{
    for (size_t i = 0; i < attempt->flagged_count; i++) {
        const struct face_flag *other = &attempt->flagged[i];
        if (other->attempt_id == flag->attempt_id &&
            strcasecmp(other->session_id, flag->session_id) == 0) {
            return true;
        }
    }
    return false;
}

static const char *parse_flag(const cJSON *json, struct face_attempt *attempt)
{
    struct face_flag flag;
    struct slice id;
    int64_t attempt_id;
    if (json_string(json, "sessionId", 0, FACE_ID_SIZE - 1, &id) != JSON_OK || !face_is_guid(id) ||
        json_integer(json, "attemptId", INT32_MIN, INT32_MAX, &attempt_id) != JSON_OK) {
        return "a flagged session has another form";
    }
    face_copy_cut(id, flag.session_id, sizeof flag.session_id);
    flag.attempt_id = (int32_t)attempt_id;
    if (attempt->flagged_count < FACE_FLAGGED_MAX && !has_flag(attempt, &flag)) {
        attempt->flagged[attempt->flagged_count++] = flag;
    }
    return NULL;
}

static const char *parse_flags(const cJSON *json, struct face_attempt *attempt, bool *ret_any)
{
    const cJSON *flags = NULL;
    if (json_array(json, "otherFlaggedSessions", &flags) == JSON_WRONG) {
        return "otherFlaggedSessions is no array";
    }
    const cJSON *item;
    cJSON_ArrayForEach (item, flags) {
        const char *why = parse_flag(item, attempt);
        if (why) {
            return why;
        }
        *ret_any = true;
    }
    return NULL;
}

/* `parent` is the result, or the attempt it lies in; one place that says so is enough. The
 * published schema types the flag as an object by mistake: such a one says nothing, and then the
 * list of other sessions does. */
static const char *parse_abuse(const cJSON *parent, struct face_attempt *attempt)
{
    const cJSON *json = NULL;
    const cJSON *slip = NULL;
    enum json_read read = json_object(parent, "abuseMonitoringResult", &json);
    if (read != JSON_OK) {
        return read == JSON_WRONG ? "abuseMonitoringResult has another form" : NULL;
    }
    bool detected = false;
    bool any = false;
    bool slipped = json_object(json, "isAbuseDetected", &slip) == JSON_OK;
    if (!slipped && json_bool(json, "isAbuseDetected", &detected) == JSON_WRONG) {
        return "abuseMonitoringResult has another form";
    }
    const char *why = parse_flags(json, attempt, &any);
    attempt->abuse_detected |= detected || (slipped && any);
    return why;
}

/* ---- where the device was ---- */

static void read_client(const cJSON *json, struct face_attempt *attempt)
{
    struct slice text;
    struct address *client = &attempt->clients[attempt->client_count];
    if (attempt->client_count < FACE_CLIENTS_MAX &&
        json_string(json, "ip", 1, ADDRESS_TEXT_SIZE, &text) == JSON_OK &&
        address_parse(text, client) == 0) {
        attempt->client_count++;
    } else {
        attempt->client_unreadable = true;
    }
}

/* What it is good for is decided by whoever expects an address: its form breaks nobody else. */
static void read_clients(const cJSON *json, struct face_attempt *attempt)
{
    const cJSON *clients = NULL;
    attempt->client_unreadable = json_array(json, "clientInformation", &clients) == JSON_WRONG;
    const cJSON *item;
    cJSON_ArrayForEach (item, clients) {
        read_client(item, attempt);
    }
}

/* ---- results and errors ---- */

const char *face_parse_decision(const cJSON *json, struct face_attempt *attempt)
{
    struct slice text;
    enum json_read read = face_read_text(json, "livenessDecision", attempt->decision_word,
                                         sizeof attempt->decision_word, &text);
    attempt->decision = read == JSON_OK ? decision_from(text) : FACE_DECISION_NONE;
    return read == JSON_WRONG ? "livenessDecision is no text" : NULL;
}

const char *face_parse_proofs(const cJSON *json, struct face_attempt *attempt)
{
    if (read_whole(json, "digest", attempt->digest, sizeof attempt->digest) == JSON_WRONG) {
        return "digest is no text of at most 128 bytes";
    }
    if (read_whole(json, "sessionImageId", attempt->session_image_id,
                   sizeof attempt->session_image_id) == JSON_WRONG) {
        return "sessionImageId is no text of at most 128 bytes";
    }
    struct slice hash;
    enum json_read read = json_string(json, "verifyImageHash", 0, SIZE_MAX, &hash);
    if (read == JSON_OK) {
        attempt->has_image_hash = hex_decode(hash, attempt->image_hash, SHA256_BYTES) == 0;
    }
    return read == JSON_WRONG || (read == JSON_OK && !attempt->has_image_hash)
               ? "verifyImageHash is no SHA-256 in hex"
               : NULL;
}

static const char *parse_result(const cJSON *json, struct face_attempt *attempt)
{
    static const char *(*const parts[PLACES])(const cJSON *, struct face_attempt *) = {
        face_parse_decision, face_parse_proofs, face_parse_verify, parse_abuse};
    attempt->has_result = true;
    for (size_t i = 0; i < PLACES; i++) {
        const char *why = parts[i](json, attempt);
        if (why) {
            return why;
        }
    }
    return parse_targets(json, attempt);
}

static const char *parse_error(const cJSON *json, struct face_attempt *attempt)
{
    struct slice text;
    if (face_read_text(json, "code", attempt->error_code, sizeof attempt->error_code, &text) !=
            JSON_OK ||
        face_read_text(json, "message", attempt->error_message, sizeof attempt->error_message,
                       &text) != JSON_OK) {
        return "an attempt's error has no code or message";
    }
    attempt->has_error = true;
    return parse_targets(json, attempt);
}

static const char *parse_outcome(const cJSON *json, struct face_attempt *attempt)
{
    const cJSON *result = NULL;
    const cJSON *error = NULL;
    if (json_object(json, "result", &result) == JSON_WRONG ||
        json_object(json, "error", &error) == JSON_WRONG) {
        return "an attempt's result or error is no object";
    }
    if (result && error) {
        return "an attempt has both a result and an error";
    }
    if (result) {
        const char *why = parse_result(result, attempt);
        return why ? why : face_parse_verify(json, attempt);
    }
    return error ? parse_error(error, attempt) : NULL;
}

const char *face_parse_attempt(const cJSON *json, struct face_attempt *attempt)
{
    int64_t id;
    if (json_integer(json, "attemptId", 1, INT32_MAX, &id) != JSON_OK) {
        return "an attempt has no attemptId";
    }
    attempt->attempt_id = (int32_t)id;
    struct slice text;
    if (face_read_text(json, "attemptStatus", attempt->status_word, sizeof attempt->status_word,
                       &text) != JSON_OK) {
        return "an attempt has no attemptStatus";
    }
    attempt->status = face_status_from(text);
    read_clients(json, attempt);
    const char *why = parse_abuse(json, attempt);
    return why ? why : parse_outcome(json, attempt);
}
