/*
 * The body of a create: every refusal with its code, every leniency.
 */
#include "base/buf.h"
#include "emulator/create_body.h"

#include <criterion/criterion.h>

struct refusal {
    const char *body;
    enum emu_error error;
};

static enum emu_error decode(const char *body, struct emu_session_settings *ret)
{
    const struct emu_create create = {.version = EMU_V1_2, .body = slice_of(body)};

    *ret = (struct emu_session_settings){0};
    return emu_create_decode(&create, ret);
}

Test(create_body, fills_in_defaults)
{
    struct emu_session_settings settings;

    cr_assert_eq(
        decode("{\"livenessOperationMode\":\"Passive\",\"deviceCorrelationId\":\"d\"}", &settings),
        EMU_OK);
    cr_expect_eq(settings.kind, EMU_LIVENESS);
    cr_expect_eq(settings.mode, EMU_PASSIVE);
    cr_expect_str_eq(settings.device_correlation_id, "d");
    cr_expect_eq(settings.token_lifetime_s, 600);
    cr_expect_eq(settings.attempts_allowed, 3);
    cr_expect_not(settings.correlation_id_set_in_client);
    cr_expect_not(settings.enable_session_image);
    cr_expect_str_eq(settings.model_version, "2025-05-20");
    emu_session_settings_done(&settings);
}

Test(create_body, reads_every_member)
{
    struct emu_session_settings settings;

    cr_assert_eq(
        decode("{\"livenessOperationMode\":\"passiveactive\",\"enableSessionImage\":\"True\","
               "\"deviceCorrelationIdSetInClient\":\"true\",\"deviceCorrelationId\":null,"
               "\"authTokenTimeToLiveInSeconds\":86400,"
               "\"livenessModelVersion\":\"2024-11-15\",\"userCorrelationId\":5}",
               &settings),
        EMU_OK);
    cr_expect_eq(settings.mode, EMU_PASSIVE_ACTIVE);
    cr_expect(settings.enable_session_image);
    cr_expect(settings.correlation_id_set_in_client);
    cr_expect_null(settings.device_correlation_id);
    cr_expect_eq(settings.token_lifetime_s, 86400);
    cr_expect_str_eq(settings.model_version, "2024-11-15");
    emu_session_settings_done(&settings);
}

#define MODE   "\"livenessOperationMode\":\"Passive\""
#define DEVICE "\"deviceCorrelationId\":\"d\""

static const struct refusal refusals[] = {
    {"", EMU_BAD_ARGUMENT},
    {"{", EMU_BAD_ARGUMENT},
    {"{" MODE "," DEVICE ",}", EMU_BAD_ARGUMENT},
    {"[]", EMU_INVALID_REQUEST_BODY},
    {"\"Passive\"", EMU_INVALID_REQUEST_BODY},
    {"{" DEVICE "}", EMU_INVALID_MODE},
    {"{\"livenessOperationMode\":\"\"," DEVICE "}", EMU_INVALID_MODE},
    {"{\"livenessOperationMode\":\"Active\"," DEVICE "}", EMU_INVALID_MODE},
    {"{\"livenessOperationMode\":1," DEVICE "}", EMU_INVALID_REQUEST_BODY},
    {"{" MODE "," DEVICE ",\"authTokenTimeToLiveInSeconds\":59}", EMU_INVALID_TOKEN_LIFETIME},
    {"{" MODE "," DEVICE ",\"authTokenTimeToLiveInSeconds\":86401}", EMU_INVALID_TOKEN_LIFETIME},
    {"{" MODE "," DEVICE ",\"authTokenTimeToLiveInSeconds\":-600}", EMU_INVALID_TOKEN_LIFETIME},
    {"{" MODE "," DEVICE ",\"authTokenTimeToLiveInSeconds\":\"600\"}", EMU_INVALID_REQUEST_BODY},
    {"{" MODE "," DEVICE ",\"authTokenTimeToLiveInSeconds\":600.5}", EMU_INVALID_REQUEST_BODY},
    {"{" MODE "," DEVICE ",\"enableSessionImage\":1}", EMU_INVALID_REQUEST_BODY},
    {"{" MODE "," DEVICE ",\"enableSessionImage\":\"yes\"}", EMU_INVALID_REQUEST_BODY},
    {"{" MODE "," DEVICE ",\"livenessModelVersion\":20241115}", EMU_INVALID_REQUEST_BODY},
    {"{" MODE "," DEVICE ",\"deviceCorrelationIdSetInClient\":2}", EMU_INVALID_REQUEST_BODY},
    {"{" MODE "," DEVICE ",\"deviceCorrelationIdSetInClient\":true}", EMU_INVALID_REQUEST_BODY},
    {"{" MODE ",\"deviceCorrelationId\":\"\",\"deviceCorrelationIdSetInClient\":true}",
     EMU_INVALID_REQUEST_BODY},
    {"{" MODE ",\"deviceCorrelationId\":7}", EMU_INVALID_REQUEST_BODY},
    {"{" MODE "}", EMU_INVALID_CORRELATION_ID},
    {"{" MODE ",\"deviceCorrelationId\":null}", EMU_INVALID_CORRELATION_ID},
    {"{" MODE ",\"deviceCorrelationId\":\"\"}", EMU_INVALID_CORRELATION_ID},
    {"{" MODE ",\"deviceCorrelationIdSetInClient\":false}", EMU_INVALID_CORRELATION_ID},
};

Test(create_body, refuses_with_the_services_codes)
{
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        struct emu_session_settings settings;
        const enum emu_error error = decode(refusals[i].body, &settings);
        cr_expect_eq(error, refusals[i].error, "%s: %s", refusals[i].body,
                     error ? emu_error_info(error)->code : "accepted");
        emu_session_settings_done(&settings);
    }
}

Test(create_body, counts_characters_of_the_correlation_id)
{
    char id[4 * 65 + 1] = "";
    size_t length = 0;

    for (unsigned i = 0; i < 64; i++, length += 2)
        memcpy(id + length, "\xc3\xa9", 2);
    cr_expect(emu_correlation_id_valid((struct slice){id, length}));
    id[length] = 'x';
    cr_expect_not(emu_correlation_id_valid((struct slice){id, length + 1}));
    cr_expect_not(emu_correlation_id_valid(SLICE("")));
    cr_expect_not(emu_correlation_id_valid((struct slice){0}));
    cr_expect(emu_correlation_id_valid(SLICE("your_device_correlation_id")));
}
