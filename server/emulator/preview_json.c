/*
 * Writes sessions of the previews. Absent members are left out, never null. What cannot be known of
 * an emulated call (its latency, the name of its video) is made up within what was recorded from
 * the real service.
 */
#include "emulator/preview_json.h"

#include "base/clock.h"
#include "emulator/session_json.h"

enum { ITEM_DATE_SIZE = sizeof "2026-01-02T03:04:05.6780000+00:00", LATENCY_MIN_MS = 688 };

/* Seven digits of a fraction and an offset. */
static void put_date(struct json_writer *writer, const char *name, int64_t wall_ms)
{
    static const char rest[] = "0000+00:00";
    char date[ITEM_DATE_SIZE];
    char short_date[RFC3339_SIZE];
    const size_t kept = RFC3339_SIZE - sizeof "Z";

    rfc3339_format(wall_ms, short_date);
    memcpy(date, short_date, kept);
    memcpy(date + kept, rest, sizeof rest);
    json_put_string(writer, name, date);
}

static void put_optional(struct json_writer *writer, const char *name, const char *text)
{
    if (text)
        json_put_string(writer, name, text);
}

static const char *status_word(const struct emu_session *session)
{
    if (session->attempt_count > 0)
        return "ResultAvailable";
    return session->status == EMU_NOT_STARTED ? "NotStarted" : "Started";
}

static void put_item_members(struct json_writer *writer, const struct emu_session *session,
                             int64_t now_ms)
{
    const int64_t lifetime_ms = 1000 * (int64_t)session->settings.token_lifetime_s;

    json_put_string(writer, "id", session->id);
    put_date(writer, "createdDateTime", session->created_ms);
    if (session->started_ms)
        put_date(writer, "sessionStartDateTime", session->started_ms);
    json_put_bool(writer, "sessionExpired", now_ms - session->created_ms >= lifetime_ms);
    put_optional(writer, "deviceCorrelationId", session->settings.device_correlation_id);
    json_put_integer(writer, "authTokenTimeToLiveInSeconds", session->settings.token_lifetime_s);
}

void emu_preview_put_item(struct json_writer *writer, const struct emu_session *session,
                          int64_t now_ms)
{
    json_open(writer, NULL, '{');
    put_item_members(writer, session, now_ms);
    json_close(writer, '}');
}

/* ---- results ---- */

static void put_verify_result(struct json_writer *writer, const struct emu_session *session,
                              const struct emu_attempt *attempt)
{
    const uint8_t *reference = emu_attempt_reference(session, attempt);

    if (!reference)
        return;
    json_open(writer, "verifyResult", '{');
    json_open(writer, "verifyImage", '{');
    emu_reference_put(writer, reference);
    json_close(writer, '}');
    emu_match_put(writer, session, attempt);
    json_close(writer, '}');
}

static void put_decision(struct json_writer *writer, const struct emu_session *session,
                         const struct emu_attempt *attempt)
{
    json_put_string(writer, "livenessDecision", emu_decision_word(attempt->sight.decision));
    json_open(writer, "target", '{');
    emu_rectangle_put(writer, &attempt->face);
    json_put_string(writer, "fileName", "content.bin");
    json_put_integer(writer, "timeOffsetWithinFile", 0);
    json_put_string(writer, "imageType", "Color");
    json_close(writer, '}');
    json_put_string(writer, "modelVersionUsed", session->settings.model_version);
    put_verify_result(writer, session, attempt);
}

void emu_preview_put_result(struct json_writer *writer, const struct emu_session *session,
                            const struct emu_attempt *attempt)
{
    const struct emu_camera_error *error = attempt->sight.error;

    if (!error) {
        put_decision(writer, session, attempt);
        return;
    }
    json_open(writer, "error", '{');
    json_put_string(writer, "code", error->code);
    json_put_string(writer, "message", error->message);
    json_close(writer, '}');
}

/* ---- audit entries ---- */

static void put_request(struct json_writer *writer, const struct emu_session *session,
                        const struct emu_device_request *request)
{
    CLEANUP(buf) struct buf url;

    buf_init(&url, 256);
    buf_printf(&url, "/face/%s/%s/singleModal", emu_version_info(request->version)->name,
               emu_kind_word(session->settings.kind));
    json_open(writer, "request", '{');
    json_put_slice(writer, "url", buf_slice(&url));
    json_put_string(writer, "method", "POST");
    json_put_integer(writer, "contentLength", (int64_t)request->content_length);
    json_put_string(writer, "contentType", request->content_type ? request->content_type : "");
    put_optional(writer, "userAgent", request->user_agent);
    json_close(writer, '}');
}

static void put_response(struct json_writer *writer, const struct emu_session *session,
                         const struct emu_attempt *attempt)
{
    json_open(writer, "response", '{');
    json_open(writer, "body", '{');
    emu_preview_put_result(writer, session, attempt);
    json_close(writer, '}');
    json_put_integer(writer, "statusCode", attempt->sight.error ? 400 : 200);
    json_put_integer(writer, "latencyInMilliseconds", LATENCY_MIN_MS + 2 * attempt->digest[0]);
    json_close(writer, '}');
}

static void put_images(struct json_writer *writer, const struct emu_session *session,
                       const struct emu_attempt *attempt)
{
    const uint8_t *reference = emu_attempt_reference(session, attempt);

    if (emu_attempt_has_image(session, attempt))
        emu_image_id_put(writer, session->id, attempt->image_guid);
    if (reference && session->settings.verify->return_image_hash) {
        char hash[EMU_DIGEST_HEX_SIZE];
        emu_digest_format(reference, hash);
        json_put_string(writer, "verifyImageHash", hash);
    }
}

static void put_entry(struct json_writer *writer, const char *name,
                      const struct emu_session *session, enum emu_version version,
                      unsigned attempt_id)
{
    const struct emu_attempt *attempt = session->attempts[attempt_id - 1];
    const struct emu_device_request *request = &attempt->request;
    char digest[EMU_DIGEST_HEX_SIZE];

    emu_digest_format(attempt->digest, digest);
    json_open(writer, name, '{');
    json_put_integer(writer, "id", attempt_id);
    json_put_string(writer, "sessionId", session->id);
    json_put_string(writer, "requestId", request->request_id);
    put_optional(writer, "clientRequestId", request->client_request_id);
    put_date(writer, "receivedDateTime", request->received_ms);
    put_request(writer, session, request);
    put_response(writer, session, attempt);
    json_put_string(writer, "digest", digest);
    if (emu_version_info(version)->images)
        put_images(writer, session, attempt);
    json_close(writer, '}');
}

void emu_preview_put_entry(struct json_writer *writer, const struct emu_session *session,
                           enum emu_version version, unsigned attempt_id)
{
    put_entry(writer, NULL, session, version, attempt_id);
}

/* ---- sessions ---- */

void emu_preview_write(const struct emu_session *session, enum emu_version version, int64_t now_ms,
                       struct buf *ret)
{
    struct json_writer writer = json_writer(ret);

    json_open(&writer, NULL, '{');
    put_item_members(&writer, session, now_ms);
    json_put_string(&writer, "status", status_word(session));
    if (session->attempt_count > 0)
        put_entry(&writer, "result", session, version, session->attempt_count);
    json_close(&writer, '}');
}

void emu_preview_write_created(const struct emu_session *session, struct slice auth_token,
                               struct buf *ret)
{
    const struct emu_verify *verify = session->settings.verify;
    struct json_writer writer = json_writer(ret);

    json_open(&writer, NULL, '{');
    json_put_string(&writer, "sessionId", session->id);
    json_put_slice(&writer, "authToken", auth_token);
    if (verify && verify->has_image) {
        json_open(&writer, "verifyImage", '{');
        emu_reference_put(&writer, verify->image_hash);
        json_close(&writer, '}');
    }
    json_close(&writer, '}');
}
