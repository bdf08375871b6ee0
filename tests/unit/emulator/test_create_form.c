/*
 * Forms of a create, as every kind of client sends them, and the JSON they stand for.
 */
#include "emulator/create_form.h"

#include <criterion/criterion.h>

static struct buf json;

static void setup(void)
{
    buf_init(&json, 64 * 1024);
}

static void teardown(void)
{
    buf_done(&json);
}

TestSuite(create_form, .init = setup, .fini = teardown);

static struct slice image;

static enum emu_error read_as(enum emu_version version, bool strict, const char *body)
{
    buf_reset(&json);
    image = (struct slice){0};
    return emu_create_form_read(SLICE("multipart/form-data; boundary=B"), slice_of(body), version,
                                strict, &json, &image);
}

static enum emu_error read_form(const char *body)
{
    return read_as(EMU_V1_2, false, body);
}

#define PART(name)      "--B\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n"
#define NEXT            "\r\n"
#define END             "\r\n--B--\r\n"
#define ONE(name, text) PART(name) text END

Test(create_form, gives_members_their_types)
{
    cr_assert_eq(
        read_form(PART("livenessOperationMode") "Passive" NEXT PART(
            "enableSessionImage") "True" NEXT PART("authTokenTimeToLiveInSeconds") "600" NEXT
                      PART("verifyConfidenceThreshold") "0.75" END),
        EMU_OK);
    cr_expect_str_eq(json.data,
                     "{\"livenessOperationMode\":\"Passive\",\"enableSessionImage\":true,"
                     "\"authTokenTimeToLiveInSeconds\":600,\"verifyConfidenceThreshold\":0.75}");
}

Test(create_form, keeps_a_wrong_type_for_the_reader_to_refuse)
{
    cr_assert_eq(read_form(ONE("enableSessionImage", "yes")), EMU_OK);
    cr_expect_str_eq(json.data, "{\"enableSessionImage\":\"yes\"}");
    cr_assert_eq(read_form(ONE("authTokenTimeToLiveInSeconds", "600,\"x\":1")), EMU_OK);
    cr_expect_str_eq(json.data, "{\"authTokenTimeToLiveInSeconds\":\"600,\\\"x\\\":1\"}");
    cr_assert_eq(read_form(ONE("authTokenTimeToLiveInSeconds", "")), EMU_OK);
    cr_expect_str_eq(json.data, "{\"authTokenTimeToLiveInSeconds\":\"\"}");
}

Test(create_form, ignores_parts_it_does_not_know)
{
    cr_assert_eq(
        read_form(PART("favouriteColour") "blue" NEXT PART("livenessOperationMode") "Passive" END),
        EMU_OK);
    cr_expect_str_eq(json.data, "{\"livenessOperationMode\":\"Passive\"}");
}

Test(create_form, knows_parts_and_the_image_in_any_case)
{
    cr_assert_eq(
        read_form(PART("LIVENESSoperationMODE") "Passive" NEXT PART("VerifyImage") "bytes" END),
        EMU_OK);
    cr_expect_str_eq(json.data, "{\"livenessOperationMode\":\"Passive\"}");
    cr_expect(slice_equal(image, SLICE("bytes")));
    cr_assert_eq(read_form(ONE("verifyImage", "")), EMU_OK);
    cr_expect_not_null(image.data, "an empty image is an image");
    cr_assert_eq(read_form(ONE("x", "")), EMU_OK);
    cr_expect_null(image.data);
}

Test(create_form, spreads_json_parts)
{
    cr_assert_eq(
        read_form(PART("enableSessionImage") "true" NEXT PART(
            "Parameters") " { \"livenessOperationMode\": \"Passive\", \"a\": {} }\r\n" END),
        EMU_OK);
    cr_expect_str_eq(json.data, "{\"enableSessionImage\":true,"
                                "\"livenessOperationMode\": \"Passive\", \"a\": {}}");
    cr_assert_eq(read_form(ONE("CreateLivenessWithVerifySessionRequest", "{}")), EMU_OK);
    cr_expect_str_eq(json.data, "{}");
}

Test(create_form, refuses_json_parts_that_are_no_object)
{
    static const char *const bad[] = {
        ONE("Parameters", ""),
        ONE("Parameters", "[]"),
        ONE("Parameters", "\"livenessOperationMode\""),
        ONE("Parameters", "{\"deviceCorrelationId\":\"d\","),
        ONE("Parameters", "{},\"a\":{}"),
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_eq(read_form(bad[i]), EMU_INVALID_REQUEST_BODY, "%s", bad[i]);
}

Test(create_form, has_json_parts_only_where_they_belong_when_strict)
{
    cr_expect_eq(read_as(EMU_V1_2, true, ONE("Parameters", "{}")), EMU_INVALID_REQUEST_BODY);
    cr_expect_eq(read_as(EMU_V1_2_PREVIEW_1, true, ONE("Parameters", "{}")), EMU_OK);
    cr_expect_eq(
        read_as(EMU_V1_2_PREVIEW_1, true, ONE("CreateLivenessWithVerifySessionRequest", "{}")),
        EMU_INVALID_REQUEST_BODY);
}

Test(create_form, refuses_what_is_no_form)
{
    cr_expect_eq(read_form(""), EMU_INVALID_REQUEST_BODY);
    cr_expect_eq(read_form("{}"), EMU_INVALID_REQUEST_BODY);
    cr_expect_eq(read_form(PART("a") "never ends"), EMU_INVALID_REQUEST_BODY);
    cr_expect_eq(read_form(PART("verifyImage") "a" NEXT PART("VerifyImage") "b" END),
                 EMU_INVALID_REQUEST_BODY);
}
