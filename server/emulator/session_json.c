/*
 * Writes sessions. Absent members are left out, never null, as the service does.
 */
#include "emulator/session_json.h"

#include "emulator/session_image.h"

void emu_digest_format(const uint8_t digest[EMU_DIGEST_BYTES], char ret[EMU_DIGEST_HEX_SIZE])
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < EMU_DIGEST_BYTES; i++) {
        ret[2 * i] = digits[digest[i] >> 4];
        ret[2 * i + 1] = digits[digest[i] & 15];
    }
    ret[EMU_DIGEST_HEX_SIZE - 1] = '\0';
}

void emu_rectangle_put(struct json_writer *writer, const struct emu_rectangle *rectangle)
{
    json_open(writer, "faceRectangle", '{');
    json_put_integer(writer, "top", rectangle->top);
    json_put_integer(writer, "left", rectangle->left);
    json_put_integer(writer, "width", rectangle->width);
    json_put_integer(writer, "height", rectangle->height);
    json_close(writer, '}');
}

void emu_reference_put(struct json_writer *writer, const uint8_t image_hash[SHA256_BYTES])
{
    const struct emu_rectangle face = {
        .top = 80U + image_hash[0] / 4U,
        .left = 60U + image_hash[1] / 4U,
        .width = 200U + image_hash[2] / 4U,
        .height = 260U + image_hash[3] / 4U,
    };

    emu_rectangle_put(writer, &face);
    json_put_string(writer, "qualityForRecognition", "high");
}

const uint8_t *emu_attempt_reference(const struct emu_session *session,
                                     const struct emu_attempt *attempt)
{
    const struct emu_verify *verify = session->settings.verify;

    if (!verify || attempt->sight.error)
        return NULL;
    return verify->has_image ? verify->image_hash : attempt->sight.image_hash;
}

void emu_match_put(struct json_writer *writer, const struct emu_session *session,
                   const struct emu_attempt *attempt)
{
    const double confidence = attempt->sight.match_confidence;

    json_put_number(writer, "matchConfidence", confidence);
    json_put_bool(writer, "isIdentical",
                  confidence >= session->settings.verify->confidence_threshold);
}

void emu_image_id_put(struct json_writer *writer, const char *session_id,
                      const uint8_t image_guid[EMU_GUID_BYTES])
{
    char id[EMU_IMAGE_ID_SIZE];

    emu_image_id_format(session_id, image_guid, id);
    json_put_string(writer, "sessionImageId", id);
}

static void put_targets(struct json_writer *writer, const struct emu_rectangle *face)
{
    json_open(writer, "targets", '{');
    json_open(writer, "color", '{');
    emu_rectangle_put(writer, face);
    json_close(writer, '}');
    json_close(writer, '}');
}

static void put_verify_result(struct json_writer *writer, const struct emu_session *session,
                              const struct emu_attempt *attempt)
{
    if (!emu_attempt_reference(session, attempt))
        return;
    json_open(writer, "verifyResult", '{');
    emu_match_put(writer, session, attempt);
    json_close(writer, '}');
}

static void put_image_hash(struct json_writer *writer, const struct emu_session *session,
                           const struct emu_attempt *attempt)
{
    const uint8_t *reference = emu_attempt_reference(session, attempt);
    char hash[EMU_DIGEST_HEX_SIZE];

    if (!reference || !session->settings.verify->return_image_hash)
        return;
    emu_digest_format(reference, hash);
    json_put_string(writer, "verifyImageHash", hash);
}

static void put_result(struct json_writer *writer, const struct emu_session *session,
                       const struct emu_attempt *attempt)
{
    char digest[EMU_DIGEST_HEX_SIZE];

    emu_digest_format(attempt->digest, digest);
    json_open(writer, "result", '{');
    json_put_string(writer, "livenessDecision", emu_decision_word(attempt->sight.decision));
    put_targets(writer, &attempt->face);
    json_put_string(writer, "digest", digest);
    if (emu_attempt_has_image(session, attempt))
        emu_image_id_put(writer, session->id, attempt->image_guid);
    put_verify_result(writer, session, attempt);
    put_image_hash(writer, session, attempt);
    json_close(writer, '}');
}

static void put_error(struct json_writer *writer, const struct emu_attempt *attempt)
{
    json_open(writer, "error", '{');
    json_put_string(writer, "code", attempt->sight.error->code);
    json_put_string(writer, "message", attempt->sight.error->message);
    put_targets(writer, &attempt->face);
    json_close(writer, '}');
}

static void put_client(struct json_writer *writer, const struct address *client)
{
    char text[ADDRESS_TEXT_SIZE];

    address_format(client, false, text);
    json_open(writer, NULL, '{');
    json_put_string(writer, "ip", text);
    json_close(writer, '}');
}

/* The addresses of the device's start and sight, once when they are the same. */
static void put_clients(struct json_writer *writer, const struct emu_session *session,
                        const struct emu_attempt *attempt)
{
    const struct address *start = &session->started_from, *sight = &attempt->request.client;

    json_open(writer, "clientInformation", '[');
    put_client(writer, sight);
    if (start->v6 != sight->v6 || memcmp(start->bytes, sight->bytes, sizeof start->bytes) != 0)
        put_client(writer, start);
    json_close(writer, ']');
}

static void put_other(struct json_writer *writer, const struct emu_other_attempt *other)
{
    json_open(writer, NULL, '{');
    json_put_integer(writer, "attemptId", other->attempt_id);
    json_put_string(writer, "sessionId", other->session_id);
    if (other->has_image)
        emu_image_id_put(writer, other->session_id, other->image_guid);
    json_close(writer, '}');
}

static void put_abuse(struct json_writer *writer, const struct emu_attempt *attempt)
{
    json_open(writer, "abuseMonitoringResult", '{');
    json_put_bool(writer, "isAbuseDetected", attempt->abuse_detected);
    json_open(writer, "otherFlaggedSessions", '[');
    for (size_t i = 0; i < attempt->other_count; i++)
        put_other(writer, &attempt->others[i]);
    json_close(writer, ']');
    json_close(writer, '}');
}

struct view {
    bool abuse;          /* with what v1.3 added */
    bool verdict_beside; /* verifyResult once more, beside the result */
};

static void put_attempt(struct json_writer *writer, const struct emu_session *session, unsigned id,
                        const struct view *view)
{
    const struct emu_attempt *attempt = session->attempts[id - 1];

    json_open(writer, NULL, '{');
    json_put_integer(writer, "attemptId", id);
    json_put_string(writer, "attemptStatus", emu_status_word(attempt->status));
    if (attempt->sight.error)
        put_error(writer, attempt);
    else
        put_result(writer, session, attempt);
    if (view->verdict_beside)
        put_verify_result(writer, session, attempt);
    if (view->abuse)
        put_clients(writer, session, attempt);
    if (view->abuse && session->abuse_monitored)
        put_abuse(writer, attempt);
    json_close(writer, '}');
}

/* None while the device is the one to bring the image. */
static void put_references(struct json_writer *writer, const struct emu_verify *verify)
{
    json_open(writer, "verifyReferences", '[');
    if (verify->has_image) {
        json_open(writer, NULL, '{');
        json_put_string(writer, "referenceType", "image");
        emu_reference_put(writer, verify->image_hash);
        json_close(writer, '}');
    }
    json_close(writer, ']');
}

static void write_session(const struct emu_session *session, const struct view *view,
                          struct slice auth_token, struct buf *ret)
{
    const struct emu_user *user = session->settings.user;
    struct json_writer writer = json_writer(ret);

    json_open(&writer, NULL, '{');
    json_put_string(&writer, "sessionId", session->id);
    json_put_slice(&writer, "authToken", auth_token);
    json_put_string(&writer, "status", emu_status_word(session->status));
    json_put_string(&writer, "modelVersion", session->settings.model_version);
    if (view->abuse)
        json_put_bool(&writer, "isAbuseMonitoringEnabled", session->abuse_monitored);
    if (view->abuse && user && user->expected_address)
        json_put_string(&writer, "expectedClientIpAddress", user->expected_address);
    json_open(&writer, "results", '{');
    json_open(&writer, "attempts", '[');
    for (unsigned id = session->attempt_count; id > 0; id--)
        put_attempt(&writer, session, id, view);
    json_close(&writer, ']');
    if (session->settings.verify)
        put_references(&writer, session->settings.verify);
    json_close(&writer, '}');
    json_close(&writer, '}');
}

void emu_session_write(const struct emu_session *session, enum emu_version version,
                       struct slice auth_token, struct buf *ret)
{
    const struct view view = {.abuse = emu_version_info(version)->abuse};

    write_session(session, &view, auth_token, ret);
}

void emu_session_write_for_tutorial(const struct emu_session *session, struct buf *ret)
{
    const struct view view = {.verdict_beside = true};

    write_session(session, &view, SLICE(""), ret);
}
