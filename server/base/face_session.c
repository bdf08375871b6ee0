/*
 * Reading the Face API's session object. What its words mean for a person is the verdict rules'
 * business. Invariant: a parsed session has a UUID, attempts with distinct ids, and no attempt with
 * both a result and an error; a text we compare is never cut, one we only show may be.
 */
#include "base/face_session.h"

#include "base/secret.h"
#include "base/utf8.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum face_status face_status_from(struct slice word)
{
    static const struct {
        struct slice word;
        enum face_status status;
    } words[] = {
        {SLICE_INIT("NotStarted"), FACE_STATUS_NOT_STARTED},
        {SLICE_INIT("Running"), FACE_STATUS_RUNNING},
        {SLICE_INIT("Succeeded"), FACE_STATUS_SUCCEEDED},
        {SLICE_INIT("Failed"), FACE_STATUS_FAILED},
        {SLICE_INIT("Canceled"), FACE_STATUS_CANCELED},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (slice_equal_nocase(word, words[i].word)) {
            return words[i].status;
        }
    }
    return FACE_STATUS_UNKNOWN;
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

static void copy_cut(struct slice text, char *ret, size_t size)
{
    size_t length = utf8_cut(text.data, text.len, size - 1);
    memcpy(ret, text.data, length);
    ret[length] = '\0';
}

/* Reads a text into `ret` of `size` bytes, cut to fit; the whole text goes to *ret_text. */
static enum json_read read_text(const cJSON *object, const char *name, char *ret, size_t size,
                                struct slice *ret_text)
{
    enum json_read read = json_string(object, name, 0, SIZE_MAX, ret_text);
    if (read == JSON_OK) {
        copy_cut(*ret_text, ret, size);
    }
    return read;
}

static bool is_guid(struct slice text)
{
    static const char pattern[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    if (text.len != sizeof pattern - 1) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        uint8_t half;
        struct slice pair = {(const char[]){'0', text.data[i]}, 2};
        bool fits = pattern[i] == '-' ? text.data[i] == '-' : hex_decode(pair, &half, 1) == 0;
        if (!fits) {
            return false;
        }
    }
    return true;
}

static bool is_printable(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '!' || text.data[i] > '~') {
            return false;
        }
    }
    return true;
}

/* The parsers below answer NULL, or a sentence that says what is wrong. */

static const char *parse_rectangle(const cJSON *json, struct face_attempt *attempt)
{
    int32_t *const sides[] = {&attempt->rectangle.top, &attempt->rectangle.left,
                              &attempt->rectangle.width, &attempt->rectangle.height};
    static const char *const names[] = {"top", "left", "width", "height"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        int64_t side;
        if (json_integer(json, names[i], INT32_MIN, INT32_MAX, &side) != JSON_OK) {
            return "a faceRectangle is incomplete";
        }
        *sides[i] = (int32_t)side;
    }
    attempt->has_rectangle = true;
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
    return parse_rectangle(json, attempt);
}

/* `parent` is the result, or the attempt it lies in: both are seen. Without isIdentical it counts
 * as absent, which never accepts. */
static const char *parse_verify(const cJSON *parent, struct face_attempt *attempt)
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

/* `parent` as above; one place that says so is enough. */
static const char *parse_abuse(const cJSON *parent, struct face_attempt *attempt)
{
    const cJSON *json = NULL;
    enum json_read read = json_object(parent, "abuseMonitoringResult", &json);
    bool detected = false;
    if (read == JSON_OK) {
        read = json_bool(json, "isAbuseDetected", &detected);
    }
    attempt->abuse_detected |= detected;
    return read == JSON_WRONG ? "abuseMonitoringResult has another form" : NULL;
}

static const char *parse_result(const cJSON *json, struct face_attempt *attempt)
{
    struct slice text;
    enum json_read read = read_text(json, "livenessDecision", attempt->decision_word,
                                    sizeof attempt->decision_word, &text);
    if (read == JSON_WRONG) {
        return "livenessDecision is no text";
    }
    attempt->decision = read == JSON_OK ? decision_from(text) : FACE_DECISION_NONE;
    read = json_string(json, "digest", 0, sizeof attempt->digest - 1, &text);
    if (read == JSON_WRONG) {
        return "digest is no text of at most 128 bytes";
    }
    if (read == JSON_OK) {
        copy_cut(text, attempt->digest, sizeof attempt->digest);
    }
    attempt->has_result = true;
    const char *why = parse_verify(json, attempt);
    if (!why) {
        why = parse_abuse(json, attempt);
    }
    return why ? why : parse_targets(json, attempt);
}

static const char *parse_error(const cJSON *json, struct face_attempt *attempt)
{
    struct slice text;
    if (read_text(json, "code", attempt->error_code, sizeof attempt->error_code, &text) !=
            JSON_OK ||
        read_text(json, "message", attempt->error_message, sizeof attempt->error_message, &text) !=
            JSON_OK) {
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
        return why ? why : parse_verify(json, attempt);
    }
    return error ? parse_error(error, attempt) : NULL;
}

static const char *parse_attempt(const cJSON *json, struct face_attempt *attempt)
{
    int64_t id;
    if (json_integer(json, "attemptId", 1, INT32_MAX, &id) != JSON_OK) {
        return "an attempt has no attemptId";
    }
    attempt->attempt_id = (int32_t)id;
    struct slice text;
    if (read_text(json, "attemptStatus", attempt->status_word, sizeof attempt->status_word,
                  &text) != JSON_OK) {
        return "an attempt has no attemptStatus";
    }
    attempt->status = face_status_from(text);
    const char *why = parse_abuse(json, attempt);
    return why ? why : parse_outcome(json, attempt);
}

static bool has_attempt(const struct face_session *session, int32_t id)
{
    for (size_t i = 0; i < session->attempt_count; i++) {
        if (session->attempts[i].attempt_id == id) {
            return true;
        }
    }
    return false;
}

static const char *parse_attempts(const cJSON *json, struct face_session *session)
{
    const cJSON *results = NULL;
    const cJSON *attempts = NULL;
    if (json_object(json, "results", &results) != JSON_OK ||
        json_array(results, "attempts", &attempts) != JSON_OK) {
        return "results.attempts is no array";
    }
    const cJSON *item;
    cJSON_ArrayForEach (item, attempts) {
        if (session->attempt_count == FACE_ATTEMPTS_MAX) {
            return "there are too many attempts";
        }
        struct face_attempt *attempt = &session->attempts[session->attempt_count];
        const char *why = parse_attempt(item, attempt);
        if (why) {
            return why;
        }
        if (has_attempt(session, attempt->attempt_id)) {
            return "two attempts have the same attemptId";
        }
        session->attempt_count++;
    }
    return NULL;
}

static const char *parse_token(const cJSON *json, struct face_session *session)
{
    struct slice token = {NULL, 0};
    if (json_string(json, "authToken", 0, FACE_TOKEN_MAX, &token) == JSON_WRONG ||
        !is_printable(token)) {
        return "authToken is no text of at most 8192 printable characters";
    }
    if (token.len > 0) {
        session->auth_token = xmemdup0(token.data, token.len);
    }
    return NULL;
}

static const char *parse_head(const cJSON *json, struct face_session *session)
{
    struct slice text;
    if (json_string(json, "sessionId", 0, FACE_ID_SIZE - 1, &text) != JSON_OK || !is_guid(text)) {
        return "sessionId is no UUID";
    }
    copy_cut(text, session->session_id, sizeof session->session_id);
    if (read_text(json, "status", session->status_word, sizeof session->status_word, &text) !=
        JSON_OK) {
        return "status is no text";
    }
    session->status = face_status_from(text);
    if (read_text(json, "modelVersion", session->model_version, sizeof session->model_version,
                  &text) == JSON_WRONG) {
        return "modelVersion is no text";
    }
    return parse_token(json, session);
}

/* cJSON's copy of the token dies with the document and must not stay readable. */
static void wipe_token(const cJSON *json)
{
    char *token = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "authToken"));
    if (token) {
        secret_wipe(token, strlen(token));
    }
}

int face_session_parse(struct slice json, struct face_session *ret, const char **ret_why)
{
    memset(ret, 0, sizeof *ret);
    CLEANUP(json) cJSON *root = NULL;
    if (json_parse(json, &json_limits_upstream, &root, ret_why) != 0) {
        return -EINVAL;
    }
    const char *why = cJSON_IsObject(root) ? parse_head(root, ret) : "the answer is no object";
    if (!why) {
        why = parse_attempts(root, ret);
    }
    wipe_token(root);
    if (why) {
        face_session_done(ret);
        memset(ret, 0, sizeof *ret);
        *ret_why = why;
        return -EINVAL;
    }
    return 0;
}

void face_session_done(struct face_session *session)
{
    session->auth_token = secret_free(session->auth_token);
}

const struct face_attempt *face_session_newest(const struct face_session *session)
{
    const struct face_attempt *newest = NULL;
    for (size_t i = 0; i < session->attempt_count; i++) {
        if (!newest || session->attempts[i].attempt_id > newest->attempt_id) {
            newest = &session->attempts[i];
        }
    }
    return newest;
}
