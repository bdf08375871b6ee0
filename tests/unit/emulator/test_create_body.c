/*
 * The body of a create: every refusal with its code, every leniency.
 */
#include "base/buf.h"
#include "emulator/create_body.h"
#include "pictures.h"

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

/* ---- versions ---- */

static enum emu_error decode_as(enum emu_version version, bool strict, enum emu_kind kind,
                                const char *body, struct emu_session_settings *ret)
{
    const struct emu_create create = {
        .version = version, .kind = kind, .strict = strict, .body = slice_of(body)};

    *ret = (struct emu_session_settings){0};
    return emu_create_decode(&create, ret);
}

/* A member that is wrong where it is known is ignored where it is not. */
static const struct {
    const char *member;
    unsigned known_in; /* bits of enum emu_version */
} version_members[] = {
    {"\"sendResultsToClient\":5", EMU_PREVIEWS},
    {"\"enableSessionImage\":5", EMU_WITH_IMAGES},
    {"\"livenessSingleModalModel\":5", EMU_ONLY_V1_2_PREVIEW_1},
    {"\"livenessModelVersion\":5", EMU_SINCE_V1_2},
    {"\"returnVerifyImageHash\":5", EMU_WITH_IMAGES},
    {"\"verifyConfidenceThreshold\":1.5", EMU_WITH_IMAGES},
    {"\"numberOfClientAttemptsAllowed\":4", EMU_ONLY_V1_3_PREVIEW_1},
    {"\"userCorrelationId\":\"\"", EMU_ONLY_V1_3_PREVIEW_1},
    {"\"userCorrelationIdSetInClient\":5", EMU_ONLY_V1_3_PREVIEW_1},
    {"\"expectedClientIpAddress\":\"here\"", EMU_ONLY_V1_3_PREVIEW_1},
};

Test(create_body, reads_of_each_version_what_it_has)
{
    for (size_t i = 0; i < sizeof version_members / sizeof *version_members; i++) {
        for (enum emu_version version = EMU_V1_1_PREVIEW_1; version < EMU_VERSION_COUNT;
             version++) {
            CLEANUP(buf) struct buf body;
            struct emu_session_settings settings;
            const bool known = (version_members[i].known_in & 1U << version) != 0;

            buf_init(&body, 1024);
            buf_printf(&body, "{" MODE "," DEVICE ",%s}", version_members[i].member);
            cr_expect_eq(decode_as(version, false, EMU_LIVENESS_WITH_VERIFY, body.data, &settings),
                         known ? EMU_INVALID_REQUEST_BODY : EMU_OK, "%s in %s", body.data,
                         emu_version_info(version)->name);
            emu_session_settings_done(&settings);
        }
    }
}

Test(create_body, reads_what_v1_3_added)
{
    struct emu_session_settings settings;

    cr_assert_eq(decode_as(EMU_V1_3_PREVIEW_1, false, EMU_LIVENESS,
                           "{" MODE "," DEVICE ",\"numberOfClientAttemptsAllowed\":2,"
                           "\"userCorrelationId\":\"u\",\"expectedClientIpAddress\":"
                           "\"203.0.113.0/24\"}",
                           &settings),
                 EMU_OK);
    cr_expect_eq(settings.attempts_allowed, 2);
    cr_assert_not_null(settings.user);
    cr_expect_str_eq(settings.user->correlation_id, "u");
    cr_expect_str_eq(settings.user->expected_address, "203.0.113.0/24");
    emu_session_settings_done(&settings);
}

Test(create_body, takes_a_broken_number_of_attempts_for_the_default)
{
    static const char *const members[] = {"{}", "0", "null"};

    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        CLEANUP(buf) struct buf body;
        struct emu_session_settings settings;

        buf_init(&body, 1024);
        buf_printf(&body, "{" MODE "," DEVICE ",\"numberOfClientAttemptsAllowed\":%s}", members[i]);
        cr_expect_eq(decode_as(EMU_V1_3_PREVIEW_1, true, EMU_LIVENESS, body.data, &settings),
                     EMU_OK);
        cr_expect_eq(settings.attempts_allowed, 1);
        emu_session_settings_done(&settings);
    }
}

Test(create_body, wants_no_user_id_where_the_device_brings_it)
{
    static const char device_brings[] =
        "{" MODE "," DEVICE ",\"userCorrelationIdSetInClient\":true}";
    static const char both[] = "{" MODE "," DEVICE ",\"userCorrelationIdSetInClient\":true,"
                               "\"userCorrelationId\":\"u\"}";
    struct emu_session_settings settings;

    cr_expect_eq(decode_as(EMU_V1_3_PREVIEW_1, false, EMU_LIVENESS, device_brings, &settings),
                 EMU_OK);
    emu_session_settings_done(&settings);
    cr_expect_eq(decode_as(EMU_V1_3_PREVIEW_1, false, EMU_LIVENESS, both, &settings),
                 EMU_INVALID_REQUEST_BODY);
}

Test(create_body, takes_no_text_for_a_boolean_when_strict)
{
    static const char body[] = "{" MODE "," DEVICE ",\"enableSessionImage\":\"true\"}";
    struct emu_session_settings settings;

    cr_expect_eq(decode_as(EMU_V1_2, true, EMU_LIVENESS, body, &settings),
                 EMU_INVALID_REQUEST_BODY);
    cr_expect_eq(decode_as(EMU_V1_2, false, EMU_LIVENESS, body, &settings), EMU_OK);
    emu_session_settings_done(&settings);
}

Test(create_body, makes_a_verify_session_without_an_image)
{
    struct emu_session_settings settings;

    cr_assert_eq(
        decode_as(EMU_V1_2, false, EMU_LIVENESS_WITH_VERIFY, "{" MODE "," DEVICE "}", &settings),
        EMU_OK);
    cr_assert_not_null(settings.verify);
    cr_expect_not(settings.verify->has_image);
    cr_expect_float_eq(settings.verify->confidence_threshold, 0.5, 1e-9);
    emu_session_settings_done(&settings);
}

/* ---- forms ---- */

#define PART(name) "--B\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n"
#define FORM       PART("livenessOperationMode") "Passive\r\n" PART("deviceCorrelationId") "d\r\n"

static enum emu_error decode_form(const char *fields, const struct buf *image,
                                  struct emu_session_settings *ret)
{
    CLEANUP(buf) struct buf body;

    buf_init(&body, (size_t)16 << 20);
    buf_puts(&body, fields);
    if (image) {
        buf_puts(&body, PART("verifyImage"));
        buf_put_slice(&body, buf_slice(image));
        buf_puts(&body, "\r\n");
    }
    buf_puts(&body, "--B--\r\n");
    const struct emu_create create = {
        .version = EMU_V1_2,
        .kind = EMU_LIVENESS_WITH_VERIFY,
        .multipart = true,
        .content_type = SLICE("multipart/form-data; boundary=B"),
        .body = buf_slice(&body),
    };
    *ret = (struct emu_session_settings){0};
    return emu_create_decode(&create, ret);
}

Test(create_body, keeps_of_the_image_its_hash)
{
    CLEANUP(buf) struct buf image = picture(PNG_BEGINNING, "", 2000);
    struct emu_session_settings settings;
    uint8_t hash[SHA256_BYTES];

    cr_assert_eq(decode_form(FORM PART("returnVerifyImageHash") "true\r\n" PART(
                                 "verifyConfidenceThreshold") "0.9\r\n",
                             &image, &settings),
                 EMU_OK);
    sha256(image.data, image.len, hash);
    cr_expect(settings.verify->has_image);
    cr_expect(settings.verify->return_image_hash);
    cr_expect_float_eq(settings.verify->confidence_threshold, 0.9, 1e-9);
    cr_expect_eq(memcmp(settings.verify->image_hash, hash, sizeof hash), 0);
    emu_session_settings_done(&settings);
}

Test(create_body, refuses_images_with_the_services_codes)
{
    CLEANUP(buf) struct buf small = picture(PNG_BEGINNING, "", 1000);
    CLEANUP(buf) struct buf large = picture(PNG_BEGINNING, "", 6 * 1024 * 1024 + 1);
    CLEANUP(buf) struct buf page = picture("<html>", "", 2000);
    CLEANUP(buf) struct buf crowd = picture(PNG_BEGINNING, "livenessd-faces=2", 2000);
    CLEANUP(buf) struct buf nobody = picture(PNG_BEGINNING, "livenessd-faces=0", 2000);
    struct emu_session_settings settings;

    cr_expect_eq(decode_form(FORM, &small, &settings), EMU_INVALID_IMAGE_SIZE);
    cr_expect_eq(decode_form(FORM, &large, &settings), EMU_INVALID_IMAGE_SIZE);
    cr_expect_eq(decode_form(FORM, &page, &settings), EMU_INVALID_IMAGE);
    cr_expect_eq(decode_form(FORM, &crowd, &settings), EMU_INVALID_IMAGE);
    cr_expect_eq(decode_form(FORM, &nobody, &settings), EMU_INVALID_IMAGE);
}

Test(create_body, refuses_forms_with_the_codes_of_json)
{
    struct emu_session_settings settings;

    cr_expect_eq(decode_form("", NULL, &settings), EMU_INVALID_MODE);
    cr_expect_eq(decode_form(PART("deviceCorrelationId") "d\r\n", NULL, &settings),
                 EMU_INVALID_MODE);
    cr_expect_eq(decode_form(FORM PART("authTokenTimeToLiveInSeconds") "59\r\n", NULL, &settings),
                 EMU_INVALID_TOKEN_LIFETIME);
    cr_expect_eq(decode_form(FORM PART("authTokenTimeToLiveInSeconds") "ten\r\n", NULL, &settings),
                 EMU_INVALID_REQUEST_BODY);
    cr_expect_eq(decode_form(FORM PART("authTokenTimeToLiveInSeconds") "--1\r\n", NULL, &settings),
                 EMU_INVALID_REQUEST_BODY);
    cr_expect_eq(decode_form(FORM PART("enableSessionImage") "1\r\n", NULL, &settings),
                 EMU_INVALID_REQUEST_BODY);
    cr_expect_eq(
        decode_form(FORM PART("Parameters") "{\"deviceCorrelationId\":\"d\"}\r\n", NULL, &settings),
        EMU_INVALID_REQUEST_BODY, "the same member twice");
}
