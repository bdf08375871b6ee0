/*
 * Writing creates. One list of fields for all shapes: a writer puts each as a JSON member or as a
 * form part. Invariant: the boundary does not occur in the image, and being random, in no text.
 */
#include "upstream/face_body.h"

#include "base/crypto.h"
#include "base/image.h"

#include <stdio.h>
#include <string.h>

enum { BOUNDARY_BYTES = 16, BOUNDARY_SIZE = 48, BOUNDARY_TRIES = 4 };

struct writer {
    const struct face_body *body;
    unsigned fields; /* the version has in this shape */
    struct buf *buf;
    struct json_writer json;
    const char *boundary; /* of flat parts; NULL: JSON */
};

bool face_body_is_form(const struct face_create *create, const struct face_version_info *version)
{
    return create->kind == FACE_LIVENESS_WITH_VERIFY &&
           (!version->preview || create->verify_image.data != NULL);
}

/* ---- one field ---- */

static void open_part(struct buf *buf, const char *boundary, const char *name, const char *filename,
                      const char *type)
{
    buf_puts(buf, "--");
    buf_puts(buf, boundary);
    buf_puts(buf, "\r\nContent-Disposition: form-data; name=\"");
    buf_puts(buf, name);
    buf_puts(buf, "\"");
    if (filename) {
        buf_puts(buf, "; filename=\"");
        buf_puts(buf, filename);
        buf_puts(buf, "\"");
    }
    if (type) {
        buf_puts(buf, "\r\nContent-Type: ");
        buf_puts(buf, type);
    }
    buf_puts(buf, "\r\n\r\n");
}

static void put_part(const struct writer *writer, const char *name, const char *value)
{
    open_part(writer->buf, writer->boundary, name, NULL, NULL);
    buf_puts(writer->buf, value);
    buf_puts(writer->buf, "\r\n");
}

static void put_text(struct writer *writer, const char *name, const char *value)
{
    if (writer->boundary) {
        put_part(writer, name, value);
    } else {
        json_put_string(&writer->json, name, value);
    }
}

static void put_bool(struct writer *writer, const char *name, bool value)
{
    if (writer->boundary) {
        put_part(writer, name, value ? "true" : "false");
    } else {
        json_put_bool(&writer->json, name, value);
    }
}

static void put_integer(struct writer *writer, const char *name, int64_t value)
{
    if (writer->boundary) {
        open_part(writer->buf, writer->boundary, name, NULL, NULL);
        buf_printf(writer->buf, "%lld\r\n", (long long)value);
    } else {
        json_put_integer(&writer->json, name, value);
    }
}

static void put_number(struct writer *writer, const char *name, double value)
{
    if (writer->boundary) {
        open_part(writer->buf, writer->boundary, name, NULL, NULL);
        buf_put_number(writer->buf, value);
        buf_puts(writer->buf, "\r\n");
    } else {
        json_put_number(&writer->json, name, value);
    }
}

/* ---- the fields ---- */

/* Whether a field that is wanted may go out. */
static bool may_put(const struct writer *writer, enum face_field field, const char *name)
{
    const struct face_body *body = writer->body;
    if (writer->fields & field) {
        return true;
    }
    LOG_EVENT(body->log, LOG_INFO, "field not sent", LOG_TEXT(FIELD, name),
              LOG_TEXT(API_VERSION, body->version->name), LOG_TEXT(REQUEST_ID, body->request_id));
    return false;
}

static void put_correlation(struct writer *writer, const struct face_create *create)
{
    if (create->device_correlation_id) {
        put_text(writer, "deviceCorrelationId", create->device_correlation_id);
    }
    put_bool(writer, "deviceCorrelationIdSetInClient", !create->device_correlation_id);
    if (create->user_correlation_id &&
        may_put(writer, FACE_FIELD_USER_CORRELATION, "userCorrelationId")) {
        put_text(writer, "userCorrelationId", create->user_correlation_id);
        put_bool(writer, "userCorrelationIdSetInClient", false);
    }
}

static void put_options(struct writer *writer, const struct face_create *create)
{
    const char *model = writer->body->version->model_field;
    if (create->has_enable_session_image &&
        may_put(writer, FACE_FIELD_SESSION_IMAGE, "enableSessionImage")) {
        put_bool(writer, "enableSessionImage", create->enable_session_image);
    }
    if (create->model_version && may_put(writer, FACE_FIELD_MODEL, "livenessModelVersion")) {
        put_text(writer, model, create->model_version);
    }
    if (create->attempts > 0 &&
        may_put(writer, FACE_FIELD_ATTEMPTS, "numberOfClientAttemptsAllowed")) {
        put_integer(writer, "numberOfClientAttemptsAllowed", create->attempts);
    }
    if (create->expected_client_ip &&
        may_put(writer, FACE_FIELD_CLIENT_ADDRESS, "expectedClientIpAddress")) {
        put_text(writer, "expectedClientIpAddress", create->expected_client_ip);
    }
    if (create->send_results_to_client &&
        may_put(writer, FACE_FIELD_SEND_RESULTS, "sendResultsToClient")) {
        put_bool(writer, "sendResultsToClient", true);
    }
}

static void put_fields(struct writer *writer)
{
    const struct face_create *create = writer->body->create;
    put_text(writer, "livenessOperationMode", create->liveness_mode);
    put_correlation(writer, create);
    if (create->token_ttl_s > 0) {
        put_integer(writer, "authTokenTimeToLiveInSeconds", create->token_ttl_s);
    }
    put_options(writer, create);
    if (create->kind != FACE_LIVENESS_WITH_VERIFY) {
        return;
    }
    if (writer->fields & FACE_FIELD_VERIFY_HASH) {
        put_bool(writer, "returnVerifyImageHash", true);
    }
    if (create->has_confidence_threshold &&
        may_put(writer, FACE_FIELD_THRESHOLD, "verifyConfidenceThreshold")) {
        put_number(writer, "verifyConfidenceThreshold", create->confidence_threshold);
    }
}

/* ---- the shapes ---- */

static void put_json(struct writer *writer)
{
    writer->json = json_writer(writer->buf);
    json_open(&writer->json, NULL, '{');
    put_fields(writer);
    json_close(&writer->json, '}');
}

static bool make_boundary(const struct face_body *body, char ret[BOUNDARY_SIZE])
{
    struct slice image = body->create->verify_image;
    for (int i = 0; i < BOUNDARY_TRIES; i++) {
        uint8_t bytes[BOUNDARY_BYTES];
        char hex[2 * BOUNDARY_BYTES + 1];
        random_fill(body->random, bytes, sizeof bytes);
        hex_encode(bytes, sizeof bytes, hex);
        (void)snprintf(ret, BOUNDARY_SIZE, "livenessd-%s", hex);
        if (!image.data || !memmem(image.data, image.len, ret, strlen(ret))) {
            return true;
        }
    }
    return false;
}

static void put_form(struct writer *writer, const char *boundary)
{
    bool preview = writer->body->version->preview;
    struct buf *buf = writer->buf;
    struct slice image = writer->body->create->verify_image;
    if (preview) {
        open_part(buf, boundary, "Parameters", NULL, "application/json");
        put_json(writer);
        buf_puts(buf, "\r\n");
    } else {
        writer->boundary = boundary;
        put_fields(writer);
    }
    if (image.data) {
        const char *name = preview ? "VerifyImage" : "verifyImage";
        open_part(buf, boundary, name, name, image_media_type(image_kind_of(image)));
        buf_put_slice(buf, image);
        buf_puts(buf, "\r\n");
    }
    buf_puts(buf, "--");
    buf_puts(buf, boundary);
    buf_puts(buf, "--\r\n");
}

void face_body_write(const struct face_body *body, struct buf *ret,
                     char ret_type[FACE_BODY_TYPE_SIZE])
{
    struct writer writer = {.body = body, .buf = ret, .fields = body->version->fields};
    if (!face_body_is_form(body->create, body->version)) {
        put_json(&writer);
        return;
    }
    char boundary[BOUNDARY_SIZE];
    if (!make_boundary(body, boundary)) {
        ret->failed = true; /* randomness that repeats itself */
        return;
    }
    writer.fields = body->version->form_fields;
    (void)snprintf(ret_type, FACE_BODY_TYPE_SIZE, "Content-Type: multipart/form-data; boundary=%s",
                   boundary);
    put_form(&writer, boundary);
}
