/*
 * Writes sessions. Absent members are left out, never null, as the service does.
 */
#include "emulator/session_json.h"

#include "base/json.h"

void emu_digest_format(const uint8_t digest[EMU_DIGEST_BYTES], char ret[EMU_DIGEST_HEX_SIZE])
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < EMU_DIGEST_BYTES; i++) {
        ret[2 * i] = digits[digest[i] >> 4];
        ret[2 * i + 1] = digits[digest[i] & 15];
    }
    ret[EMU_DIGEST_HEX_SIZE - 1] = '\0';
}

static void write_targets(struct json_writer *writer, const struct emu_rectangle *face)
{
    json_open(writer, "targets", '{');
    json_open(writer, "color", '{');
    json_open(writer, "faceRectangle", '{');
    json_put_integer(writer, "top", face->top);
    json_put_integer(writer, "left", face->left);
    json_put_integer(writer, "width", face->width);
    json_put_integer(writer, "height", face->height);
    json_close(writer, '}');
    json_close(writer, '}');
    json_close(writer, '}');
}

static void write_result(struct json_writer *writer, const struct emu_attempt *attempt)
{
    char digest[EMU_DIGEST_HEX_SIZE];

    emu_digest_format(attempt->digest, digest);
    json_open(writer, "result", '{');
    json_put_string(writer, "livenessDecision", emu_decision_word(attempt->sight.decision));
    write_targets(writer, &attempt->face);
    json_put_string(writer, "digest", digest);
    json_close(writer, '}');
}

static void write_error(struct json_writer *writer, const struct emu_attempt *attempt)
{
    json_open(writer, "error", '{');
    json_put_string(writer, "code", attempt->sight.error->code);
    json_put_string(writer, "message", attempt->sight.error->message);
    write_targets(writer, &attempt->face);
    json_close(writer, '}');
}

static void write_attempts(struct json_writer *writer, const struct emu_session *session)
{
    json_open(writer, "attempts", '[');
    for (unsigned id = session->attempt_count; id > 0; id--) {
        const struct emu_attempt *attempt = &session->attempts[id - 1];
        json_open(writer, NULL, '{');
        json_put_integer(writer, "attemptId", id);
        json_put_string(writer, "attemptStatus", emu_status_word(attempt->status));
        if (attempt->sight.error)
            write_error(writer, attempt);
        else
            write_result(writer, attempt);
        json_close(writer, '}');
    }
    json_close(writer, ']');
}

void emu_session_write(const struct emu_session *session, struct slice auth_token, struct buf *ret)
{
    struct json_writer writer = json_writer(ret);

    json_open(&writer, NULL, '{');
    json_put_string(&writer, "sessionId", session->id);
    json_put_slice(&writer, "authToken", auth_token);
    json_put_string(&writer, "status", emu_status_word(session->status));
    json_put_string(&writer, "modelVersion", session->settings.model_version);
    json_open(&writer, "results", '{');
    write_attempts(&writer, session);
    json_close(&writer, '}');
    json_close(&writer, '}');
}
