/*
 * Forms of creates. The syntax of forms is base/multipart's, what fields mean is bodies.c's.
 * Invariant: only fields we know get into the object, each at most once and as valid JSON.
 */
#include "domain/create_form.h"

#include <errno.h>

struct form_field {
    const char *name;
    bool number; /* written without quotes; all else is a text */
    bool may_be_empty;
};

static const struct form_field fields[] = {
    {.name = "livenessOperationMode"},
    {.name = "authTokenTimeToLiveInSeconds", .number = true},
    {.name = "deviceCorrelationId", .may_be_empty = true},
    {.name = "deviceCorrelationIdSetInClient"},
    {.name = "userCorrelationId"},
    {.name = "enableSessionImage"},
    {.name = "livenessModelVersion"},
    {.name = "livenessSingleModalModel"},
    {.name = "numberOfClientAttemptsAllowed", .number = true},
    {.name = "sendResultsToClient"},
    {.name = "transactionId"},
    {.name = "ownerSubject", .may_be_empty = true}, /* or the session were the caller's own */
    {.name = "platform"},
    {.name = "verifyConfidenceThreshold", .number = true},
};

bool create_form_is(struct slice content_type)
{
    static const struct slice type = SLICE_INIT("multipart/form-data");
    if (content_type.len < type.len ||
        !slice_equal_nocase((struct slice){content_type.data, type.len}, type)) {
        return false;
    }
    return content_type.len == type.len || strchr("; \t", content_type.data[type.len]);
}

/* Names of fields are those of JSON members, so their case counts; of the parts that hold JSON or
 * the image it does not (multipart_find). */
static const struct multipart_part *find_exact(const struct multipart *form, const char *name)
{
    const struct multipart_part *part = multipart_find(form, name);
    return part && slice_equal(part->name, slice_of(name)) ? part : NULL;
}

/* A number, or the empty object that some clients send in a number's place. */
static bool is_bare(struct slice text)
{
    CLEANUP(json) cJSON *value = NULL;
    const char *why;
    return json_parse(text, &json_limits_request, &value, &why) == 0 &&
           (cJSON_IsNumber(value) || cJSON_IsObject(value));
}

static void put_field(struct json_writer *writer, const struct form_field *field,
                      const struct multipart *form)
{
    const struct multipart_part *part = find_exact(form, field->name);
    if (!part || (part->content.len == 0 && !field->may_be_empty)) {
        return;
    }
    if (field->number && is_bare(part->content)) {
        json_put_raw(writer, field->name, part->content);
    } else {
        json_put_slice(writer, field->name, part->content);
    }
}

/* Previews have one JSON part; the tutorial gives it the name of its type. */
static const struct multipart_part *find_nested(const struct multipart *form)
{
    const struct multipart_part *part = multipart_find(form, CREATE_FORM_NESTED);
    return part ? part : multipart_find(form, "CreateLivenessWithVerifySessionRequest");
}

/* Checked by itself first: what is put between the brackets of ours must be one object. */
static int put_nested(struct json_writer *writer, const struct multipart *form,
                      const char **ret_why)
{
    const struct multipart_part *part = find_nested(form);
    if (!part) {
        return 0;
    }
    CLEANUP(json) cJSON *nested = NULL;
    const char *why;
    if (json_parse(part->content, &json_limits_request, &nested, &why) != 0 ||
        !cJSON_IsObject(nested)) {
        *ret_why = "The form's part with parameters is not a JSON object.";
        return -EINVAL;
    }
    json_put_raw(writer, CREATE_FORM_NESTED, part->content);
    return 0;
}

static int make_document(const struct multipart *form, cJSON **ret_document, const char **ret_why)
{
    CLEANUP(buf) struct buf text;
    buf_init(&text, json_limits_request.size_bytes);
    struct json_writer writer = json_writer(&text);
    json_open(&writer, NULL, '{');
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        put_field(&writer, &fields[i], form);
    }
    if (put_nested(&writer, form, ret_why) != 0) {
        return -EINVAL;
    }
    json_close(&writer, '}');
    const char *why;
    if (buf_failed(&text) ||
        json_parse(buf_slice(&text), &json_limits_request, ret_document, &why) != 0) {
        *ret_why = "The form's fields are too long or hold characters that no text has.";
        return -EINVAL;
    }
    return 0;
}

int create_form_make(const struct multipart *form, cJSON **ret_document, struct slice *ret_image,
                     const char **ret_why)
{
    int error = make_document(form, ret_document, ret_why);
    if (error == 0) {
        const struct multipart_part *image = multipart_find(form, "verifyImage");
        *ret_image = image ? (struct slice){image->content.data ? image->content.data : "",
                                            image->content.len}
                           : (struct slice){NULL, 0};
    }
    return error;
}

int create_form_read(struct slice content_type, struct slice body, cJSON **ret_document,
                     struct slice *ret_image, const char **ret_why)
{
    struct multipart form;
    int error = multipart_parse(content_type, body, &form, ret_why);
    return error == 0 ? create_form_make(&form, ret_document, ret_image, ret_why) : error;
}
