/*
 * Decodes and validates the body of a create. Members of the wrong type are InvalidRequestBody,
 * values out of range have codes of their own where the service has any. What came as a form has
 * been made JSON before (create_form.c). Invariant: nothing is allocated before all is valid.
 */
#include "emulator/create_body.h"

#include "base/json.h"
#include "base/utf8.h"
#include "emulator/create_form.h"
#include "emulator/reference_image.h"

enum {
    TOKEN_LIFETIME_MIN_S = 60,
    TOKEN_LIFETIME_MAX_S = 86400,
    TOKEN_LIFETIME_DEFAULT_S = 600,
    TEXT_MAX = 4096,
    MODEL_VERSION_MAX = 64,
    FORM_JSON_MAX = 64 * 1024,
};

static const double default_threshold = 0.5;

/* A create being read; the texts point into the document. */
struct reading {
    const cJSON *object;
    const struct emu_version_info *version;
    bool strict;
    struct emu_session_settings settings; /* owns nothing yet */
    struct slice device_id, user_id, model, address;
    bool user_id_set_in_client;
    struct emu_verify verify;
};

bool emu_correlation_id_valid(struct slice id)
{
    size_t characters = 0;

    for (size_t at = 0; at < id.len; characters++) {
        const size_t length = utf8_length(id.data + at, id.len - at);
        if (length == 0 || characters == EMU_CORRELATION_ID_CHARACTERS)
            return false;
        at += length;
    }
    return characters > 0;
}

static bool read_flag(const struct reading *reading, const char *name, bool *ret)
{
    if (reading->strict)
        return json_bool(reading->object, name, ret) != JSON_WRONG;
    return json_bool_or_text(reading->object, name, ret) != JSON_WRONG;
}

static enum emu_error read_mode(struct reading *reading)
{
    struct slice word = {0};

    if (json_string(reading->object, "livenessOperationMode", 0, TEXT_MAX, &word) == JSON_WRONG)
        return EMU_INVALID_REQUEST_BODY;
    for (enum emu_mode mode = EMU_PASSIVE; mode < EMU_MODE_COUNT; mode++) {
        if (slice_equal_nocase(word, slice_of(emu_mode_word(mode)))) {
            reading->settings.mode = mode;
            return EMU_OK;
        }
    }
    return EMU_INVALID_MODE;
}

static enum emu_error read_token_lifetime(struct reading *reading)
{
    int64_t seconds = TOKEN_LIFETIME_DEFAULT_S;

    if (json_integer(reading->object, "authTokenTimeToLiveInSeconds", INT32_MIN, INT32_MAX,
                     &seconds) == JSON_WRONG)
        return EMU_INVALID_REQUEST_BODY;
    if (seconds < TOKEN_LIFETIME_MIN_S || seconds > TOKEN_LIFETIME_MAX_S)
        return EMU_INVALID_TOKEN_LIFETIME;
    reading->settings.token_lifetime_s = (uint32_t)seconds;
    return EMU_OK;
}

/* The id is needed unless the device will bring it; both at once contradict each other. */
static enum emu_error read_device_id(struct reading *reading)
{
    bool *set_in_client = &reading->settings.correlation_id_set_in_client;
    const bool flag_good = read_flag(reading, "deviceCorrelationIdSetInClient", set_in_client);
    const enum json_read id =
        json_string(reading->object, "deviceCorrelationId", 0, TEXT_MAX, &reading->device_id);

    if (!flag_good || id == JSON_WRONG)
        return EMU_INVALID_REQUEST_BODY;
    if (*set_in_client)
        return id == JSON_OK ? EMU_INVALID_REQUEST_BODY : EMU_OK;
    return emu_correlation_id_valid(reading->device_id) ? EMU_OK : EMU_INVALID_CORRELATION_ID;
}

/* The specification's text wants a user id, its own example has none: it is never missed. */
static enum emu_error read_user_id(struct reading *reading)
{
    const bool flag_good =
        read_flag(reading, "userCorrelationIdSetInClient", &reading->user_id_set_in_client);
    const enum json_read id =
        json_string(reading->object, "userCorrelationId", 0, TEXT_MAX, &reading->user_id);

    if (!flag_good || id == JSON_WRONG)
        return EMU_INVALID_REQUEST_BODY;
    if (id == JSON_OK &&
        (reading->user_id_set_in_client || !emu_correlation_id_valid(reading->user_id)))
        return EMU_INVALID_REQUEST_BODY;
    return EMU_OK;
}

/* Microsoft's own clients send {} or 0 for "as usual". */
static enum emu_error read_attempts(struct reading *reading)
{
    static const char name[] = "numberOfClientAttemptsAllowed";
    const cJSON *object = NULL;
    int64_t attempts = 0;

    if (json_object(reading->object, name, &object) == JSON_OK)
        return EMU_OK;
    if (json_integer(reading->object, name, 0, EMU_ATTEMPTS_MAX, &attempts) == JSON_WRONG)
        return EMU_INVALID_REQUEST_BODY;
    if (attempts > 0)
        reading->settings.attempts_allowed = (unsigned)attempts;
    return EMU_OK;
}

static enum emu_error read_address(struct reading *reading)
{
    struct cidr network;
    const enum json_read read = json_string(reading->object, "expectedClientIpAddress", 1,
                                            ADDRESS_TEXT_SIZE, &reading->address);

    if (read == JSON_WRONG || (read == JSON_OK && cidr_parse(reading->address, &network)))
        return EMU_INVALID_REQUEST_BODY;
    return EMU_OK;
}

/* What only some versions have. */
static enum emu_error read_choices(struct reading *reading)
{
    const struct emu_version_info *version = reading->version;
    struct emu_session_settings *settings = &reading->settings;

    if (version->preview &&
        !read_flag(reading, "sendResultsToClient", &settings->send_results_to_client))
        return EMU_INVALID_REQUEST_BODY;
    if (version->images &&
        !read_flag(reading, "enableSessionImage", &settings->enable_session_image))
        return EMU_INVALID_REQUEST_BODY;
    if (version->model_field && json_string(reading->object, version->model_field, 1,
                                            MODEL_VERSION_MAX, &reading->model) == JSON_WRONG)
        return EMU_INVALID_REQUEST_BODY;
    return EMU_OK;
}

static enum emu_error read_abuse_fields(struct reading *reading)
{
    enum emu_error error = EMU_OK;

    if (reading->version->abuse && !(error = read_attempts(reading)) &&
        !(error = read_user_id(reading)))
        error = read_address(reading);
    return error;
}

static enum emu_error read_verify(struct reading *reading)
{
    if (reading->settings.kind != EMU_LIVENESS_WITH_VERIFY || !reading->version->images)
        return EMU_OK;
    if (!read_flag(reading, "returnVerifyImageHash", &reading->verify.return_image_hash) ||
        json_number(reading->object, "verifyConfidenceThreshold", 0, 1,
                    &reading->verify.confidence_threshold) == JSON_WRONG)
        return EMU_INVALID_REQUEST_BODY;
    return EMU_OK;
}

static enum emu_error read_members(struct reading *reading)
{
    enum emu_error error = EMU_OK;

    if (!cJSON_IsObject(reading->object))
        return EMU_INVALID_REQUEST_BODY;
    if ((error = read_choices(reading)) || (error = read_mode(reading)) ||
        (error = read_token_lifetime(reading)) || (error = read_device_id(reading)) ||
        (error = read_abuse_fields(reading)))
        return error;
    return read_verify(reading);
}

static enum emu_error read_image(struct slice image, struct emu_verify *verify)
{
    if (!image.data)
        return EMU_OK;
    switch (reference_image_check(image, verify->image_hash)) {
    case REFERENCE_IMAGE_GOOD:
        verify->has_image = true;
        return EMU_OK;
    case REFERENCE_IMAGE_TOO_SMALL:
    case REFERENCE_IMAGE_TOO_LARGE:
        return EMU_INVALID_IMAGE_SIZE;
    default:
        return EMU_INVALID_IMAGE;
    }
}

static char *copy_text(struct slice text)
{
    return text.data ? xmemdup0(text.data, text.len) : NULL;
}

/* The texts get owners. */
static struct emu_session_settings take_settings(const struct reading *reading)
{
    struct emu_session_settings settings = reading->settings;

    settings.device_correlation_id = copy_text(reading->device_id);
    settings.model_version = copy_text(reading->model);
    if (settings.kind == EMU_LIVENESS_WITH_VERIFY) {
        settings.verify = xcalloc(1, sizeof *settings.verify);
        *settings.verify = reading->verify;
    }
    if (reading->user_id.data || reading->user_id_set_in_client || reading->address.data) {
        settings.user = xcalloc(1, sizeof *settings.user);
        *settings.user = (struct emu_user){
            .correlation_id = copy_text(reading->user_id),
            .correlation_id_set_in_client = reading->user_id_set_in_client,
            .expected_address = copy_text(reading->address),
        };
    }
    return settings;
}

enum emu_error emu_create_decode(const struct emu_create *create, struct emu_session_settings *ret)
{
    CLEANUP(json) cJSON *document = NULL;
    CLEANUP(buf) struct buf form_json;
    const struct emu_version_info *version = emu_version_info(create->version);
    const char *why = NULL;
    enum emu_error error = EMU_OK;
    struct slice json = create->body, image = {0};
    struct reading reading = {
        .version = version,
        .strict = create->strict,
        .settings = {.kind = create->kind, .attempts_allowed = version->attempts_default},
        .model = slice_of(version->default_model),
        .verify = {.confidence_threshold = default_threshold},
    };

    buf_init(&form_json, FORM_JSON_MAX);
    if (create->multipart) {
        if ((error = emu_create_form_read(create->content_type, create->body, create->version,
                                          create->strict, &form_json, &image)))
            return error;
        json = buf_slice(&form_json);
    }
    if (json_parse(json, &json_limits_request, &document, &why))
        return create->multipart ? EMU_INVALID_REQUEST_BODY : EMU_BAD_ARGUMENT;
    reading.object = document;
    if ((error = read_members(&reading)) || (error = read_image(image, &reading.verify)))
        return error;
    *ret = take_settings(&reading);
    return EMU_OK;
}
