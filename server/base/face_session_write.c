/*
 * What an owner may see of a Face session. An allow-list: no digest, token, image id or member we
 * do not know can get out.
 */
#include "base/face_session.h"

static void put_targets(struct json_writer *writer, const struct face_rectangle *rectangle)
{
    json_open(writer, "targets", '{');
    json_open(writer, "color", '{');
    json_open(writer, "faceRectangle", '{');
    json_put_integer(writer, "top", rectangle->top);
    json_put_integer(writer, "left", rectangle->left);
    json_put_integer(writer, "width", rectangle->width);
    json_put_integer(writer, "height", rectangle->height);
    json_close(writer, '}');
    json_close(writer, '}');
    json_close(writer, '}');
}

static void put_verify(struct json_writer *writer, const struct face_attempt *attempt)
{
    json_open(writer, "verifyResult", '{');
    json_put_number(writer, "matchConfidence", attempt->match_confidence);
    json_put_bool(writer, "isIdentical", attempt->is_identical);
    json_close(writer, '}');
}

static void put_abuse(struct json_writer *writer)
{
    json_open(writer, "abuseMonitoringResult", '{');
    json_put_bool(writer, "isAbuseDetected", true);
    json_close(writer, '}');
}

static void put_attempt(struct json_writer *writer, const struct face_attempt *attempt)
{
    json_open(writer, NULL, '{');
    json_put_integer(writer, "attemptId", attempt->attempt_id);
    json_put_string(writer, "attemptStatus", attempt->status_word);
    if (attempt->has_result || attempt->has_error) {
        json_open(writer, attempt->has_error ? "error" : "result", '{');
        if (attempt->has_error) {
            json_put_string(writer, "code", attempt->error_code);
            json_put_string(writer, "message", attempt->error_message);
        } else if (attempt->decision != FACE_DECISION_NONE) {
            json_put_string(writer, "livenessDecision", attempt->decision_word);
        }
        if (attempt->has_rectangle) {
            put_targets(writer, &attempt->rectangle);
        }
        if (attempt->has_verify) {
            put_verify(writer, attempt);
        }
        json_close(writer, '}');
    }
    if (attempt->abuse_detected) {
        put_abuse(writer);
    }
    json_close(writer, '}');
}

/* The attempt with the largest id below `below`, or NULL. */
static const struct face_attempt *next_older(const struct face_session *session, int64_t below)
{
    const struct face_attempt *found = NULL;
    for (size_t i = 0; i < session->attempt_count; i++) {
        const struct face_attempt *attempt = &session->attempts[i];
        if (attempt->attempt_id < below && (!found || attempt->attempt_id > found->attempt_id)) {
            found = attempt;
        }
    }
    return found;
}

void face_session_write_results(const struct face_session *session, struct buf *ret)
{
    struct json_writer writer = json_writer(ret);
    json_open(&writer, NULL, '{');
    json_open(&writer, "attempts", '[');
    const struct face_attempt *attempt = face_session_newest(session);
    while (attempt) {
        put_attempt(&writer, attempt);
        attempt = next_older(session, attempt->attempt_id);
    }
    json_close(&writer, ']');
    json_close(&writer, '}');
}
