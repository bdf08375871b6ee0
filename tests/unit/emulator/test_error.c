/*
 * The refusals: every one that the service's documents name, in both forms.
 */
#include "emulator/error.h"

#include <criterion/criterion.h>

Test(error, has_the_documented_codes_and_statuses)
{
    static const struct {
        enum emu_error error;
        int status;
        const char *code;
    } rows[] = {
        {EMU_INVALID_REQUEST_BODY, 400, "InvalidRequestBody"},
        {EMU_INVALID_TOKEN_LIFETIME, 400, "InvalidTokenLifetime"},
        {EMU_INVALID_MODE, 400, "InvalidLivenessOperationMode"},
        {EMU_INVALID_CORRELATION_ID, 400, "InvalidDeviceCorrelationId"},
        {EMU_BAD_ARGUMENT, 400, "BadArgument"},
        {EMU_INVALID_IMAGE, 400, "InvalidImage"},
        {EMU_INVALID_IMAGE_SIZE, 400, "InvalidImageSize"},
        {EMU_UNAUTHORIZED, 401, "401"},
        {EMU_UNAUTHORIZED_PREVIEW, 401, "Unspecified"},
        {EMU_UNSUPPORTED_FEATURE, 403, "UnsupportedFeature"},
        {EMU_SESSION_NOT_FOUND, 404, "SessionNotFound"},
        {EMU_RESOURCE_NOT_FOUND, 404, "404"},
        {EMU_CONFLICT, 409, "ConcurrentOperationConflict"},
        {EMU_MEDIA_TYPE, 415, "BadArgument"},
        {EMU_TOO_MANY_REQUESTS, 429, "429"},
        {EMU_INTERNAL, 500, "Unspecified"},
        {EMU_UNAVAILABLE, 503, "503"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct emu_error_info *info = emu_error_info(rows[i].error);
        cr_expect_eq(info->status, rows[i].status, "%s", rows[i].code);
        cr_expect_str_eq(info->code, rows[i].code);
        cr_expect_neq(info->message[0], '\0');
    }
    cr_expect_str_eq(emu_error_info(EMU_RESOURCE_NOT_FOUND)->message, "Resource not found");
    cr_expect_str_eq(emu_error_info(EMU_MEDIA_TYPE)->message, "Invalid Media Type.");
}

Test(error, is_written_with_its_code_or_as_the_gateway_does)
{
    CLEANUP(buf) struct buf text;

    buf_init(&text, 4096);
    emu_error_write(SLICE("SessionNotFound"), "It is \"gone\".", &text);
    cr_expect_str_eq(
        text.data,
        "{\"error\":{\"code\":\"SessionNotFound\",\"message\":\"It is \\\"gone\\\".\"}}");
    buf_reset(&text);
    emu_error_write_gateway(429, "Later.", &text);
    cr_expect_str_eq(text.data, "{\"error\":{\"statusCode\":429,\"message\":\"Later.\"}}");
}
