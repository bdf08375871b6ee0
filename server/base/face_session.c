/*
 * Reading the Face API's session object; its attempts are base/face_attempt.c's, the previews'
 * shape base/face_preview.c's. What its words mean for a person is the verdict rules' business.
 * Invariant: a parsed session has a UUID and attempts with distinct ids.
 */
#include "base/face_session.h"

#include "base/face_session_private.h"
#include "base/secret.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
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

bool face_is_guid(struct slice text)
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

/* ---- attempts and references ---- */

static bool has_attempt(const struct face_session *session, int32_t id)
{
    for (size_t i = 0; i < session->attempt_count; i++) {
        if (session->attempts[i].attempt_id == id) {
            return true;
        }
    }
    return false;
}

static const char *parse_attempts(const cJSON *attempts, struct face_session *session)
{
    const cJSON *item;
    cJSON_ArrayForEach (item, attempts) {
        if (session->attempt_count == FACE_ATTEMPTS_MAX) {
            return "there are too many attempts";
        }
        struct face_attempt *attempt = &session->attempts[session->attempt_count];
        memset(attempt, 0, sizeof *attempt);
        const char *why = face_parse_attempt(item, attempt);
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

const char *face_parse_reference(const cJSON *json, struct face_session *session)
{
    struct face_reference reference = {0};
    const cJSON *rectangle = NULL;
    struct slice text;
    if (json_object(json, "faceRectangle", &rectangle) == JSON_WRONG ||
        face_read_text(json, "qualityForRecognition", reference.quality_word,
                       sizeof reference.quality_word, &text) == JSON_WRONG) {
        return "a verify reference has another form";
    }
    reference.has_rectangle = rectangle != NULL;
    const char *why = rectangle ? face_parse_rectangle(rectangle, &reference.rectangle) : NULL;
    if (!why && session->reference_count < FACE_REFERENCES_MAX) {
        session->references[session->reference_count++] = reference;
    }
    return why;
}

static const char *parse_references(const cJSON *results, struct face_session *session)
{
    const cJSON *references = NULL;
    enum json_read read = json_array(results, "verifyReferences", &references);
    session->has_references = read == JSON_OK;
    const char *why = read == JSON_WRONG ? "verifyReferences is no array" : NULL;
    const cJSON *item;
    cJSON_ArrayForEach (item, references) {
        why = why ? why : face_parse_reference(item, session);
    }
    return why;
}

static const char *parse_results(const cJSON *json, struct face_session *session)
{
    const cJSON *results = NULL;
    const cJSON *attempts = NULL;
    if (json_object(json, "results", &results) != JSON_OK ||
        json_array(results, "attempts", &attempts) != JSON_OK) {
        return "results.attempts is no array";
    }
    const char *why = parse_attempts(attempts, session);
    return why ? why : parse_references(results, session);
}

/* ---- the session itself ---- */

const char *face_parse_id(const cJSON *json, const char *name, struct face_session *session)
{
    struct slice text;
    if (json_string(json, name, 0, FACE_ID_SIZE - 1, &text) != JSON_OK || !face_is_guid(text)) {
        return "sessionId is no UUID";
    }
    face_copy_cut(text, session->session_id, sizeof session->session_id);
    return NULL;
}

const char *face_parse_token(const cJSON *json, struct face_session *session)
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

static const char *parse_session(const cJSON *json, struct face_session *session)
{
    struct slice text;
    const char *why = face_parse_id(json, "sessionId", session);
    if (why) {
        return why;
    }
    if (face_read_text(json, "status", session->status_word, sizeof session->status_word, &text) !=
        JSON_OK) {
        return "status is no text";
    }
    session->status = face_status_from(text);
    if (face_read_text(json, "modelVersion", session->model_version, sizeof session->model_version,
                       &text) == JSON_WRONG) {
        return "modelVersion is no text";
    }
    why = face_parse_token(json, session);
    return why ? why : parse_results(json, session);
}

/* cJSON's copy of the token dies with the document and must not stay readable. */
static void wipe_token(const cJSON *json)
{
    char *token = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "authToken"));
    if (token) {
        secret_wipe(token, strlen(token));
    }
}

int face_session_read(struct slice json,
                      const char *(*parse)(const cJSON *root, struct face_session *session),
                      struct face_session *ret, const char **ret_why)
{
    memset(ret, 0, offsetof(struct face_session, attempts));
    CLEANUP(json) cJSON *root = NULL;
    const char *why = NULL;
    if (json_parse(json, &json_limits_upstream, &root, &why) == 0) {
        why = cJSON_IsObject(root) ? parse(root, ret) : "the answer is no object";
        wipe_token(root);
    }
    if (why) {
        face_session_done(ret);
        memset(ret, 0, sizeof *ret);
        *ret_why = why;
        return -EINVAL;
    }
    return 0;
}

int face_session_parse(struct slice json, struct face_session *ret, const char **ret_why)
{
    return face_session_read(json, parse_session, ret, ret_why);
}

void face_session_done(struct face_session *session)
{
    session->auth_token = secret_free(session->auth_token);
}

void face_session_reset(struct face_session *session)
{
    face_session_done(session);
    memset(session->attempts, 0, session->attempt_count * sizeof *session->attempts);
    memset(session, 0, offsetof(struct face_session, attempts));
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
