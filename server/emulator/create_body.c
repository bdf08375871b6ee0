/*
 * Decodes and validates the body of a create. Members of the wrong type are InvalidRequestBody,
 * values out of range have codes of their own.
 */
#include "emulator/create_body.h"

#include "base/json.h"
#include "base/utf8.h"

enum {
    TOKEN_LIFETIME_MIN_S = 60,
    TOKEN_LIFETIME_MAX_S = 86400,
    TOKEN_LIFETIME_DEFAULT_S = 600,
    TEXT_MAX = 4096,
    MODEL_VERSION_MAX = 64,
};

static const struct slice default_model_version = {"2025-05-20", 10};

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

static enum emu_error read_mode(const cJSON *object, enum emu_mode *ret)
{
    struct slice word = {0};

    if (json_string(object, "livenessOperationMode", 0, TEXT_MAX, &word) == JSON_WRONG)
        return EMU_INVALID_REQUEST_BODY;
    for (enum emu_mode mode = EMU_PASSIVE; mode < EMU_MODE_COUNT; mode++) {
        if (slice_equal_nocase(word, slice_of(emu_mode_word(mode)))) {
            *ret = mode;
            return EMU_OK;
        }
    }
    return EMU_INVALID_MODE;
}

static enum emu_error read_token_lifetime(const cJSON *object, uint32_t *ret)
{
    int64_t seconds = TOKEN_LIFETIME_DEFAULT_S;

    if (json_integer(object, "authTokenTimeToLiveInSeconds", INT32_MIN, INT32_MAX, &seconds) ==
        JSON_WRONG)
        return EMU_INVALID_REQUEST_BODY;
    if (seconds < TOKEN_LIFETIME_MIN_S || seconds > TOKEN_LIFETIME_MAX_S)
        return EMU_INVALID_TOKEN_LIFETIME;
    *ret = (uint32_t)seconds;
    return EMU_OK;
}

/* The id is needed unless the device will bring it; both at once contradict each other. */
static enum emu_error read_correlation(const cJSON *object, bool *ret_set_in_client,
                                       struct slice *ret_id)
{
    const enum json_read flag =
        json_bool_or_text(object, "deviceCorrelationIdSetInClient", ret_set_in_client);
    const enum json_read id = json_string(object, "deviceCorrelationId", 0, TEXT_MAX, ret_id);

    if (flag == JSON_WRONG || id == JSON_WRONG)
        return EMU_INVALID_REQUEST_BODY;
    if (*ret_set_in_client)
        return id == JSON_OK ? EMU_INVALID_REQUEST_BODY : EMU_OK;
    return emu_correlation_id_valid(*ret_id) ? EMU_OK : EMU_INVALID_CORRELATION_ID;
}

static enum emu_error read_body(const cJSON *object, struct emu_session_settings *settings,
                                struct slice *ret_correlation_id, struct slice *ret_model)
{
    enum emu_error error = EMU_OK;

    if (!cJSON_IsObject(object) ||
        json_bool_or_text(object, "enableSessionImage", &settings->enable_session_image) ==
            JSON_WRONG ||
        json_string(object, "livenessModelVersion", 1, MODEL_VERSION_MAX, ret_model) == JSON_WRONG)
        return EMU_INVALID_REQUEST_BODY;
    if ((error = read_mode(object, &settings->mode)) ||
        (error = read_token_lifetime(object, &settings->token_lifetime_s)))
        return error;
    return read_correlation(object, &settings->correlation_id_set_in_client, ret_correlation_id);
}

enum emu_error emu_create_decode(struct slice body, struct emu_session_settings *ret)
{
    CLEANUP(json) cJSON *document = NULL;
    const char *why = NULL;
    struct slice correlation_id = {0};
    struct slice model_version = default_model_version;
    struct emu_session_settings settings = {
        .kind = EMU_LIVENESS,
        .attempts_allowed = EMU_ATTEMPTS_MAX,
    };

    if (json_parse(body, &json_limits_request, &document, &why))
        return EMU_BAD_ARGUMENT;
    const enum emu_error error = read_body(document, &settings, &correlation_id, &model_version);
    if (error)
        return error;
    if (correlation_id.data)
        settings.device_correlation_id = xmemdup0(correlation_id.data, correlation_id.len);
    settings.model_version = xmemdup0(model_version.data, model_version.len);
    *ret = settings;
    return EMU_OK;
}
