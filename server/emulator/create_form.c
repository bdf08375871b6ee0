/*
 * Turns forms into JSON. What a member may be is left to create_body.c: a text that is not what its
 * member should be stays a text, and is refused there.
 */
#include "emulator/create_form.h"

#include "base/json.h"
#include "base/multipart.h"

enum field_type { FIELD_TEXT, FIELD_BOOL, FIELD_NUMBER };

static const struct {
    const char *name;
    enum field_type type;
} fields[] = {
    {"livenessOperationMode", FIELD_TEXT},
    {"sendResultsToClient", FIELD_BOOL},
    {"deviceCorrelationIdSetInClient", FIELD_BOOL},
    {"deviceCorrelationId", FIELD_TEXT},
    {"enableSessionImage", FIELD_BOOL},
    {"livenessSingleModalModel", FIELD_TEXT},
    {"livenessModelVersion", FIELD_TEXT},
    {"authTokenTimeToLiveInSeconds", FIELD_NUMBER},
    {"returnVerifyImageHash", FIELD_BOOL},
    {"verifyConfidenceThreshold", FIELD_NUMBER},
    {"numberOfClientAttemptsAllowed", FIELD_NUMBER},
    {"userCorrelationId", FIELD_TEXT},
    {"userCorrelationIdSetInClient", FIELD_BOOL},
    {"expectedClientIpAddress", FIELD_TEXT},
};

static const char parameters[] = "Parameters";
static const char tutorial_parameters[] = "CreateLivenessWithVerifySessionRequest";

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct slice trim(struct slice text)
{
    while (text.len > 0 && is_space(text.data[0])) {
        text.data++;
        text.len--;
    }
    while (text.len > 0 && is_space(text.data[text.len - 1]))
        text.len--;
    return text;
}

static bool looks_like_number(struct slice text)
{
    static const struct slice allowed = SLICE_INIT("0123456789+-.eE");

    for (size_t i = 0; i < text.len; i++)
        if (!memchr(allowed.data, text.data[i], allowed.len))
            return false;
    return text.len > 0;
}

static void put_field(struct json_writer *writer, const char *name, enum field_type type,
                      struct slice text)
{
    const bool is_true = slice_equal_nocase(text, SLICE("true"));

    if (type == FIELD_BOOL && (is_true || slice_equal_nocase(text, SLICE("false"))))
        json_put_bool(writer, name, is_true);
    else if (type == FIELD_NUMBER && looks_like_number(text))
        json_put_raw(writer, name, text);
    else
        json_put_slice(writer, name, text);
}

/* Spreads the part's members into the object that is being written. */
static bool put_members(struct json_writer *writer, struct slice json)
{
    CLEANUP(json) cJSON *document = NULL;
    const char *why = NULL;

    if (json_parse(json, &json_limits_request, &document, &why) || !cJSON_IsObject(document))
        return false;
    const struct slice object = trim(json);
    const struct slice members = trim((struct slice){object.data + 1, object.len - 2});
    if (members.len == 0)
        return true;
    if (writer->comma)
        buf_putc(writer->buf, ',');
    buf_put_slice(writer->buf, members);
    writer->comma = true;
    return true;
}

static bool put_json_part(struct json_writer *writer, const struct multipart *form,
                          const char *name, bool allowed)
{
    const struct multipart_part *part = multipart_find(form, name);

    return !part || (allowed && put_members(writer, part->content));
}

enum emu_error emu_create_form_read(struct slice content_type, struct slice body,
                                    enum emu_version version, bool strict, struct buf *ret_json,
                                    struct slice *ret_image)
{
    struct multipart form;
    const char *why = NULL;
    const bool preview = emu_version_info(version)->preview;
    struct json_writer writer = json_writer(ret_json);

    if (multipart_parse(content_type, body, &form, &why))
        return EMU_INVALID_REQUEST_BODY;
    json_open(&writer, NULL, '{');
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const struct multipart_part *part = multipart_find(&form, fields[i].name);
        if (part)
            put_field(&writer, fields[i].name, fields[i].type, part->content);
    }
    if (!put_json_part(&writer, &form, parameters, preview || !strict) ||
        !put_json_part(&writer, &form, tutorial_parameters, !strict))
        return EMU_INVALID_REQUEST_BODY;
    json_close(&writer, '}');
    const struct multipart_part *image = multipart_find(&form, "verifyImage");
    *ret_image = image ? image->content : (struct slice){0};
    return buf_failed(ret_json) ? EMU_INVALID_REQUEST_BODY : EMU_OK;
}
