/*
 * Reading what the previews answer into the same session: a create names id and token only, a get
 * carries the newest audit entry as its one result. What the upstream said when an attempt failed
 * is free-form there and only shown. Invariant: as base/face_session.c's.
 */
#include "base/face_session.h"

#include "base/face_session_private.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { HTTP_OK = 200, HTTP_STATUS_MAX = 999 };

static void set_status(struct face_session *session, enum face_status status, const char *word)
{
    session->status = status;
    face_copy_cut(slice_of(word), session->status_word, sizeof session->status_word);
}

static const char *parse_created(const cJSON *json, struct face_session *session)
{
    const cJSON *image = NULL;
    if (json_object(json, "verifyImage", &image) == JSON_WRONG) {
        return "verifyImage is no object";
    }
    set_status(session, FACE_STATUS_NOT_STARTED, "NotStarted");
    session->has_references = image != NULL;
    const char *why = image ? face_parse_reference(image, session) : NULL;
    return why ? why : face_parse_token(json, session);
}

/* ---- the result ---- */

static const char *parse_verified(const cJSON *body, struct face_session *session,
                                  struct face_attempt *attempt)
{
    const cJSON *verified = NULL;
    const cJSON *image = NULL;
    const char *why = face_parse_verify(body, attempt);
    if (why) {
        return why;
    }
    if (json_object(body, "verifyResult", &verified) != JSON_OK) {
        return NULL;
    }
    if (json_object(verified, "verifyImage", &image) == JSON_WRONG) {
        return "verifyImage is no object";
    }
    session->has_references |= image != NULL;
    return image ? face_parse_reference(image, session) : NULL;
}

static const char *parse_target(const cJSON *body, struct face_attempt *attempt)
{
    const cJSON *target = NULL;
    const cJSON *rectangle = NULL;
    enum json_read read = json_object(body, "target", &target);
    if (read == JSON_OK) {
        read = json_object(target, "faceRectangle", &rectangle);
    }
    if (read != JSON_OK) {
        return read == JSON_WRONG ? "target has another form" : NULL;
    }
    attempt->has_rectangle = true;
    return face_parse_rectangle(rectangle, &attempt->rectangle);
}

static const char *parse_success(const cJSON *body, struct face_session *session,
                                 struct face_attempt *attempt)
{
    struct slice text;
    attempt->has_result = true;
    const char *why = face_parse_decision(body, attempt);
    if (!why && face_read_text(body, "modelVersionUsed", session->model_version,
                               sizeof session->model_version, &text) == JSON_WRONG) {
        why = "modelVersionUsed is no text";
    }
    why = why ? why : parse_target(body, attempt);
    return why ? why : parse_verified(body, session, attempt);
}

/* The body of a failure may be anything: {"error":{code,message}} is taken, else the status. */
static void read_failure(const cJSON *response, int64_t http_status, struct face_attempt *attempt)
{
    const cJSON *body = NULL;
    const cJSON *error = NULL;
    struct slice text;
    attempt->has_error = true;
    (void)snprintf(attempt->error_code, sizeof attempt->error_code, "%d", (int)http_status);
    (void)json_object(response, "body", &body);
    if (body && json_object(body, "error", &error) == JSON_OK) {
        (void)face_read_text(error, "code", attempt->error_code, sizeof attempt->error_code, &text);
        (void)face_read_text(error, "message", attempt->error_message,
                             sizeof attempt->error_message, &text);
    }
}

static const char *parse_response(const cJSON *entry, struct face_session *session,
                                  struct face_attempt *attempt)
{
    const cJSON *response = NULL;
    const cJSON *body = NULL;
    const cJSON *error = NULL;
    int64_t status;
    if (json_object(entry, "response", &response) != JSON_OK ||
        json_integer(response, "statusCode", 0, HTTP_STATUS_MAX, &status) != JSON_OK) {
        return "result.response has no statusCode";
    }
    bool object = json_object(response, "body", &body) == JSON_OK;
    bool failed = status != HTTP_OK || (object && json_object(body, "error", &error) == JSON_OK);
    if (!failed && !object) {
        return "result.response.body is no object";
    }
    attempt->status = failed ? FACE_STATUS_FAILED : FACE_STATUS_SUCCEEDED;
    face_copy_cut(failed ? SLICE("Failed") : SLICE("Succeeded"), attempt->status_word,
                  sizeof attempt->status_word);
    if (failed) {
        read_failure(response, status, attempt);
        return NULL;
    }
    return parse_success(body, session, attempt);
}

static const char *parse_entry(const cJSON *entry, struct face_session *session)
{
    struct face_attempt *attempt = &session->attempts[0];
    memset(attempt, 0, sizeof *attempt);
    int64_t id = 1;
    (void)json_integer(entry, "id", 1, INT32_MAX, &id);
    attempt->attempt_id = (int32_t)id;
    struct slice owner;
    enum json_read read = json_string(entry, "sessionId", 0, SIZE_MAX, &owner);
    if (read == JSON_WRONG ||
        (read == JSON_OK && !slice_equal_nocase(owner, slice_of(session->session_id)))) {
        return "the result is of another session";
    }
    const char *why = parse_response(entry, session, attempt);
    why = why ? why : face_parse_proofs(entry, attempt);
    session->attempt_count = why ? 0 : 1;
    if (attempt->has_error) { /* the device may try again; that it may not is never told */
        set_status(session, FACE_STATUS_RUNNING, "Running");
    } else {
        set_status(session, attempt->status, attempt->status_word);
    }
    return why;
}

static const char *parse_got(const cJSON *json, struct face_session *session)
{
    struct slice word;
    const cJSON *entry = NULL;
    if (face_read_text(json, "status", session->status_word, sizeof session->status_word, &word) !=
        JSON_OK) {
        return "status is no text";
    }
    if (json_object(json, "result", &entry) == JSON_WRONG) {
        return "result is no object";
    }
    if (entry) {
        return parse_entry(entry, session);
    }
    if (slice_equal_nocase(word, SLICE("NotStarted"))) {
        set_status(session, FACE_STATUS_NOT_STARTED, "NotStarted");
    } else if (slice_equal_nocase(word, SLICE("Started"))) {
        set_status(session, FACE_STATUS_RUNNING, "Running");
    } /* a result that is announced and not there, or a new word: unknown */
    return NULL;
}

static const char *parse_preview(const cJSON *json, struct face_session *session)
{
    bool created = json_has(json, "sessionId");
    const char *why = face_parse_id(json, created ? "sessionId" : "id", session);
    if (why) {
        return why;
    }
    return created ? parse_created(json, session) : parse_got(json, session);
}

int face_session_parse_preview(struct slice json, struct face_session *ret, const char **ret_why)
{
    return face_session_read(json, parse_preview, ret, ret_why);
}
