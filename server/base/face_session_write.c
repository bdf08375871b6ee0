/*
 * What owners, and what operators and delegates, may see of a Face session. Allow-lists: no digest,
 * token, upstream image id or member we do not know can get out.
 */
#include "base/face_session.h"

struct extras {
    bool wanted; /* for operators and delegates */
    bool filled; /* no attempt without a result, nor any list of attempts without one */
    bool verify; /* nor, then, any result without a verifyResult */
    const char *image_id;
    const struct face_attempt *with_image; /* whose image it is */
};

static void put_rectangle(struct json_writer *writer, const struct face_rectangle *rectangle)
{
    json_open(writer, "faceRectangle", '{');
    json_put_integer(writer, "top", rectangle->top);
    json_put_integer(writer, "left", rectangle->left);
    json_put_integer(writer, "width", rectangle->width);
    json_put_integer(writer, "height", rectangle->height);
    json_close(writer, '}');
}

static void put_targets(struct json_writer *writer, const struct face_rectangle *rectangle)
{
    json_open(writer, "targets", '{');
    json_open(writer, "color", '{');
    put_rectangle(writer, rectangle);
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

static void put_hash(struct json_writer *writer, const uint8_t hash[SHA256_BYTES])
{
    static const char digits[] = "0123456789ABCDEF";
    char hex[SHA256_HEX];
    for (size_t i = 0; i < SHA256_BYTES; i++) {
        hex[2 * i] = digits[hash[i] / 16U];
        hex[2 * i + 1] = digits[hash[i] % 16U];
    }
    json_put_slice(writer, "verifyImageHash", (struct slice){hex, SHA256_HEX - 1});
}

static void put_extras(struct json_writer *writer, const struct face_attempt *attempt,
                       const struct extras *extras)
{
    if (extras->image_id && attempt == extras->with_image) {
        json_put_string(writer, "sessionImageId", extras->image_id);
    }
    if (extras->wanted && attempt->has_image_hash) {
        put_hash(writer, attempt->image_hash);
    }
}

static void put_filling(struct json_writer *writer, bool wanted)
{
    if (wanted) {
        json_open(writer, "verifyResult", '{');
        json_close(writer, '}');
    }
}

static void put_outcome(struct json_writer *writer, const struct face_attempt *attempt,
                        const struct extras *extras)
{
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
    if (!attempt->has_error) {
        put_filling(writer, extras->verify && !attempt->has_verify);
        put_extras(writer, attempt, extras);
        if (attempt->abuse_detected) { /* where a sample of the vendor's looks for it */
            put_abuse(writer);
        }
    }
    json_close(writer, '}');
}

/* For an attempt that has none. */
static void put_empty_result(struct json_writer *writer, bool verify)
{
    json_open(writer, "result", '{');
    put_filling(writer, verify);
    json_close(writer, '}');
}

static void put_attempt(struct json_writer *writer, const struct face_attempt *attempt,
                        const struct extras *extras)
{
    json_open(writer, NULL, '{');
    json_put_integer(writer, "attemptId", attempt->attempt_id);
    json_put_string(writer, "attemptStatus", attempt->status_word);
    if (attempt->abuse_detected) { /* the first place it is found at is the attempt's own */
        put_abuse(writer);
    }
    if (attempt->has_result || attempt->has_error) {
        put_outcome(writer, attempt, extras);
    }
    if (extras->filled && (attempt->has_error || !attempt->has_result)) {
        put_empty_result(writer, extras->verify);
    }
    json_close(writer, '}');
}

/* The one that nobody has begun. */
static void put_no_attempt(struct json_writer *writer, const struct extras *extras)
{
    json_open(writer, NULL, '{');
    json_put_integer(writer, "attemptId", 1);
    json_put_string(writer, "attemptStatus", "NotStarted");
    put_empty_result(writer, extras->verify);
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

static void put_references(struct json_writer *writer, const char *name,
                           const struct face_session *session)
{
    json_open(writer, name, '[');
    for (size_t i = 0; i < session->reference_count; i++) {
        const struct face_reference *reference = &session->references[i];
        json_open(writer, NULL, '{');
        json_put_string(writer, "referenceType", "image");
        if (reference->has_rectangle) {
            put_rectangle(writer, &reference->rectangle);
        }
        if (reference->quality_word[0]) {
            json_put_string(writer, "qualityForRecognition", reference->quality_word);
        }
        json_close(writer, '}');
    }
    json_close(writer, ']');
}

static void put_results(const struct face_session *session, const struct extras *extras,
                        struct buf *ret)
{
    struct json_writer writer = json_writer(ret);
    json_open(&writer, NULL, '{');
    json_open(&writer, "attempts", '[');
    const struct face_attempt *attempt = face_session_newest(session);
    while (attempt) {
        put_attempt(&writer, attempt, extras);
        attempt = next_older(session, attempt->attempt_id);
    }
    if (extras->filled && session->attempt_count == 0) {
        put_no_attempt(&writer, extras);
    }
    json_close(&writer, ']');
    if (session->has_references) {
        put_references(&writer, "verifyReferences", session);
    }
    json_close(&writer, '}');
}

void face_session_write_results(const struct face_session *session, struct buf *ret)
{
    put_results(session, &(struct extras){0}, ret);
}

/* The newest that has one. */
static const struct face_attempt *find_image(const struct face_session *session)
{
    const struct face_attempt *attempt = face_session_newest(session);
    while (attempt && !attempt->session_image_id[0]) {
        attempt = next_older(session, attempt->attempt_id);
    }
    return attempt;
}

void face_session_write_details(const struct face_session *session, const char *image_id,
                                struct buf *ret)
{
    const struct extras extras = {
        .wanted = true, .image_id = image_id, .with_image = find_image(session)};
    put_results(session, &extras, ret);
}

void face_session_write_filled(const struct face_session *session, enum face_kind kind,
                               const char *image_id, struct buf *ret)
{
    const struct extras extras = {.wanted = image_id != NULL,
                                  .filled = true,
                                  .verify = kind == FACE_LIVENESS_WITH_VERIFY,
                                  .image_id = image_id,
                                  .with_image = find_image(session)};
    put_results(session, &extras, ret);
}

void face_session_write_references(const struct face_session *session, struct buf *ret)
{
    struct json_writer writer = json_writer(ret);
    put_references(&writer, NULL, session);
}
