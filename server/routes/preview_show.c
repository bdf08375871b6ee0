/*
 * A session in the shapes of v1.1-preview.1 and v1.2-preview.1, which know attempts as entries of
 * an audit. Members of theirs that nobody has told us (requests, latencies) are left out, and so
 * are digests, which nobody gets.
 */
#include "base/json.h"
#include "domain/image_id.h"
#include "lifecycle/results.h"
#include "routes/session_flow.h"

#include <stdio.h>
#include <string.h>

static void put_time(struct json_writer *json, const char *name, int64_t wall_ms)
{
    /* as the service writes it: seven digits and an offset */
    char text[RFC3339_SIZE + sizeof "0000+00:00"];
    rfc3339_format(wall_ms, text);
    memcpy(strchr(text, 'Z'), "0000+00:00", sizeof "0000+00:00");
    json_put_string(json, name, text);
}

static void put_rectangle(struct json_writer *json, const struct face_rectangle *rectangle)
{
    json_open(json, "faceRectangle", '{');
    json_put_integer(json, "top", rectangle->top);
    json_put_integer(json, "left", rectangle->left);
    json_put_integer(json, "width", rectangle->width);
    json_put_integer(json, "height", rectangle->height);
    json_close(json, '}');
}

static void put_reference(struct json_writer *json, const char *name,
                          const struct face_session *session)
{
    if (session->reference_count == 0)
        return;
    const struct face_reference *reference = &session->references[0];
    json_open(json, name, '{');
    if (reference->has_rectangle)
        put_rectangle(json, &reference->rectangle);
    if (reference->quality_word[0] != '\0')
        json_put_string(json, "qualityForRecognition", reference->quality_word);
    json_close(json, '}');
}

void preview_write_reference(const struct face_session *session, struct buf *ret)
{
    struct json_writer json = json_writer(ret);
    put_reference(&json, NULL, session);
}

/* ---- audit entries ---- */

static void put_error(struct json_writer *json, const struct face_attempt *attempt)
{
    json_open(json, "error", '{');
    json_put_string(json, "code", attempt->error_code);
    json_put_string(json, "message", attempt->error_message);
    json_close(json, '}');
}

static void put_target(struct json_writer *json, const struct face_attempt *attempt)
{
    json_open(json, "target", '{');
    put_rectangle(json, &attempt->rectangle);
    json_put_string(json, "imageType", "Color");
    json_close(json, '}');
}

static void put_verify(struct json_writer *json, const struct face_session *session,
                       const struct face_attempt *attempt)
{
    json_open(json, "verifyResult", '{');
    put_reference(json, "verifyImage", session);
    json_put_number(json, "matchConfidence", attempt->match_confidence);
    json_put_bool(json, "isIdentical", attempt->is_identical);
    json_close(json, '}');
}

static void put_response(struct json_writer *json, const struct session_view *view,
                         const struct face_session *session, const struct face_attempt *attempt)
{
    json_open(json, "response", '{');
    json_open(json, "body", '{');
    if (attempt->has_error)
        put_error(json, attempt);
    if (attempt->decision != FACE_DECISION_NONE)
        json_put_string(json, "livenessDecision", attempt->decision_word);
    if (attempt->has_rectangle)
        put_target(json, attempt);
    if (view->record->model_version[0] != '\0')
        json_put_string(json, "modelVersionUsed", view->record->model_version);
    if (attempt->has_verify)
        put_verify(json, session, attempt);
    json_close(json, '}');
    if (attempt->has_result) /* a decision was answered: that is what 200 means */
        json_put_integer(json, "statusCode", 200);
    json_close(json, '}');
}

/* In upper case, as the service writes it. */
static void put_hash(struct json_writer *json, const uint8_t hash[SHA256_BYTES])
{
    static const char digits[] = "0123456789ABCDEF";
    char text[SHA256_HEX] = "";
    for (size_t i = 0; i < SHA256_BYTES; i++) {
        text[2 * i] = digits[hash[i] >> 4];
        text[2 * i + 1] = digits[hash[i] & 15];
    }
    json_put_string(json, "verifyImageHash", text);
}

static void put_details(struct json_writer *json, const struct session_view *view,
                        const struct face_attempt *attempt)
{
    if (attempt->session_image_id[0] != '\0') { /* upstream's or ours: shown is ours */
        char image_id[IMAGE_ID_SIZE];
        image_id_make(view->services->rules->seal_key, view->record->id, image_id);
        json_put_string(json, "sessionImageId", image_id);
    }
    if (attempt->has_image_hash)
        put_hash(json, attempt->image_hash);
}

static void put_entry(struct json_writer *json, const char *name, const struct session_view *view,
                      const struct face_session *session, const struct face_attempt *attempt)
{
    json_open(json, name, '{');
    json_put_integer(json, "id", attempt->attempt_id);
    json_put_string(json, "sessionId", view->record->id);
    put_response(json, view, session, attempt);
    if (view->details)
        put_details(json, view, attempt);
    json_close(json, '}');
}

static bool is_answered(const struct face_attempt *attempt)
{
    return attempt->has_result || attempt->has_error;
}

/* What is known of the attempts: told just now, or kept. The second is *ret_kept's, to be freed. */
static const struct face_session *attempts_of(const struct session_view *view,
                                              struct face_session **ret_kept)
{
    if (view->record->state != SESSION_SETTLED && view->face)
        return view->face;
    *ret_kept = results_read(view->record, view->details);
    return *ret_kept;
}

/* The number of a text of digits; -1 for another one. */
static int64_t number_of(const char *text)
{
    int64_t number = *text != '\0' ? 0 : -1;
    for (; *text != '\0' && number >= 0; text++)
        number = *text < '0' || *text > '9' ? -1 : number * 10 + (*text - '0');
    return number;
}

/* Entries behind `start`: by their numbers, or as texts when it is none. */
static bool is_behind(int32_t id, const char *start)
{
    char text[16];
    int64_t number = strlen(start) <= 18 ? number_of(start) : -1;
    if (number >= 0)
        return id > number;
    (void)snprintf(text, sizeof text, "%d", id);
    return strcmp(text, start) > 0;
}

static const struct face_attempt *next_older(const struct face_session *session, int64_t below)
{
    const struct face_attempt *found = NULL;
    for (size_t i = 0; i < session->attempt_count; i++) {
        const struct face_attempt *attempt = &session->attempts[i];
        if (attempt->attempt_id < below && (!found || attempt->attempt_id > found->attempt_id))
            found = attempt;
    }
    return found;
}

void preview_write_audit(const struct session_view *view, const struct page *page, struct buf *ret)
{
    CLEANUP(results) struct face_session *kept = NULL;
    const struct face_session *session = attempts_of(view, &kept);
    struct json_writer json = json_writer(ret);
    size_t left = page->top;
    json_open(&json, NULL, '[');
    const struct face_attempt *attempt = face_session_newest(session);
    for (; attempt && left > 0; attempt = next_older(session, attempt->attempt_id)) {
        if (!is_answered(attempt) || !is_behind(attempt->attempt_id, page->start))
            continue;
        put_entry(&json, NULL, view, session, attempt);
        left--;
    }
    json_close(&json, ']');
}

/* ---- sessions ---- */

static void put_item(struct json_writer *json, const struct session_view *view)
{
    const struct session_record *record = view->record;
    int64_t now = clock_wall_ms(view->services->clock);
    json_put_string(json, "id", record->id);
    put_time(json, "createdDateTime", record->created_at);
    json_put_bool(json, "sessionExpired",
                  record->state == SESSION_SETTLED || record->token_expires_at <= now);
    if (record->device_correlation_id[0] != '\0')
        json_put_string(json, "deviceCorrelationId", record->device_correlation_id);
    json_put_integer(json, "authTokenTimeToLiveInSeconds",
                     (record->token_expires_at - record->created_at) / 1000);
}

void preview_write_item(const struct session_view *view, struct buf *ret)
{
    struct json_writer json = json_writer(ret);
    json_open(&json, NULL, '{');
    put_item(&json, view);
    json_close(&json, '}');
}

static const char *status_of(const struct session_view *view, const struct face_attempt *newest)
{
    if (view->record->state == SESSION_SETTLED && newest && is_answered(newest))
        return "ResultAvailable"; /* there will be no other, whatever upstream still waited for */
    switch (face_status_from(slice_of(session_status(view)))) {
    case FACE_STATUS_NOT_STARTED:
        return "NotStarted";
    case FACE_STATUS_SUCCEEDED:
    case FACE_STATUS_FAILED:
    case FACE_STATUS_CANCELED:
        return "ResultAvailable";
    case FACE_STATUS_RUNNING:
    case FACE_STATUS_UNKNOWN:
        break;
    }
    return "Started";
}

const char *preview_status(const struct session_view *view)
{
    CLEANUP(results) struct face_session *kept = NULL;
    return status_of(view, face_session_newest(attempts_of(view, &kept)));
}

void preview_write_session(const struct session_view *view, struct buf *ret)
{
    CLEANUP(results) struct face_session *kept = NULL;
    const struct face_session *session = attempts_of(view, &kept);
    const struct face_attempt *newest = face_session_newest(session);
    const char *status = status_of(view, newest);
    CLEANUP(buf) struct buf verdict;
    buf_init(&verdict, ret->limit_bytes);
    session_write_verdict(view, &verdict);
    struct json_writer json = json_writer(ret);
    json_open(&json, NULL, '{');
    put_item(&json, view);
    json_put_string(&json, "status", status);
    if (newest && is_answered(newest) && strcmp(status, "ResultAvailable") == 0)
        put_entry(&json, "result", view, session, newest);
    json_put_raw(&json, "verdict", buf_slice(&verdict));
    json_close(&json, '}');
    ret->failed |= buf_failed(&verdict);
}
