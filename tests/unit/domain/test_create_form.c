/* Promises of domain/bodies.h about creates that come as forms, and about verify sessions. */
#include "domain/bodies.h"

#include <criterion/criterion.h>
#include <string.h>

#define TYPE "multipart/form-data; boundary=b"
#define END  "--b--\r\n"
#define PART(name, content)                                                                        \
    "--b\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" content "\r\n"
#define FILE_PART(name, content)                                                                   \
    "--b\r\nContent-Disposition: form-data; name=\"" name "\"; filename=\"f\"\r\n"                 \
    "Content-Type: application/octet-stream\r\n\r\n" content "\r\n"
#define MODE PART("livenessOperationMode", "PassiveActive")

static enum problem read_form(struct slice body, cJSON **document, struct create_request *ret,
                              const char **ret_sentence)
{
    const struct create_input input = {
        .kind = KIND_LIVENESS_WITH_VERIFY, .content_type = SLICE(TYPE), .body = body};
    enum problem problem = create_request_read(&input, document, ret, ret_sentence);
    cr_expect(problem == PROBLEM_NONE ? *document && !*ret_sentence : !*document, "%.*s",
              SLICE_ARGS(body));
    return problem;
}

static void expect_text(struct slice found, const char *expected)
{
    cr_expect(slice_equal(found, slice_of(expected)), "%.*s", SLICE_ARGS(found));
}

Test(create_form, reads_every_field)
{
    CLEANUP(json) cJSON *document = NULL;
    struct create_request request;
    const char *sentence;
    cr_assert_eq(
        read_form(
            SLICE(MODE PART("authTokenTimeToLiveInSeconds", "300") PART(
                "deviceCorrelationId", "phone-7") PART("deviceCorrelationIdSetInClient", "False")
                      PART("userCorrelationId", "user \xc3\xa9") PART("enableSessionImage", "TRUE")
                          PART("livenessModelVersion", "2024-11-15")
                              PART("numberOfClientAttemptsAllowed", "2")
                                  PART("sendResultsToClient", "true") PART("transactionId", "t-1")
                                      PART("ownerSubject", "app:shop") PART("platform", "web")
                                          PART("verifyConfidenceThreshold", "0.75")
                                              FILE_PART("verifyImage", "GIF89a") END),
            &document, &request, &sentence),
        PROBLEM_NONE);
    cr_expect_eq(request.kind, KIND_LIVENESS_WITH_VERIFY);
    cr_expect_str_eq(request.liveness_mode, "PassiveActive");
    cr_expect_eq(request.token_ttl_s, 300);
    expect_text(request.device_correlation_id, "phone-7");
    cr_expect_not(request.set_in_client);
    expect_text(request.user_correlation_id, "user \xc3\xa9");
    cr_expect(request.has_enable_session_image && request.enable_session_image);
    expect_text(request.model_version, "2024-11-15");
    cr_expect_eq(request.attempts, 2);
    cr_expect(request.send_results_to_client);
    expect_text(request.transaction_id, "t-1");
    expect_text(request.owner_subject, "app:shop");
    expect_text(request.platform, "web");
    cr_expect(request.has_confidence_threshold && request.confidence_threshold == 0.75);
    expect_text(request.verify_image, "GIF89a");
}

Test(create_form, the_image_is_a_piece_of_the_body)
{
    static const char body[] = MODE FILE_PART("verifyImage", "GIF\0\r\n--x") END;
    CLEANUP(json) cJSON *document = NULL;
    struct create_request request;
    const char *sentence;
    cr_assert_eq(read_form(SLICE(MODE FILE_PART("verifyImage", "GIF\0\r\n--x") END), &document,
                           &request, &sentence),
                 PROBLEM_NONE);
    const struct create_input input = {.kind = KIND_LIVENESS_WITH_VERIFY,
                                       .content_type = SLICE(TYPE),
                                       .body = {body, sizeof body - 1}};
    cJSON_Delete(document);
    cr_assert_eq(create_request_read(&input, &document, &request, &sentence), PROBLEM_NONE);
    cr_expect_geq(request.verify_image.data, body);
    cr_expect_leq(request.verify_image.data + request.verify_image.len, body + sizeof body);
    cr_expect(slice_equal(request.verify_image, SLICE("GIF\0\r\n--x")));
}

Test(create_form, takes_the_image_s_name_in_any_case)
{
    static const char *const bodies[] = {
        MODE FILE_PART("verifyImage", "x") END, MODE FILE_PART("VerifyImage", "x") END,
        MODE FILE_PART("VERIFYIMAGE", "x") END,
        MODE PART("verifyImage", "x") END, /* without a file name */
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        CLEANUP(json) cJSON *document = NULL;
        struct create_request request;
        const char *sentence;
        cr_expect_eq(read_form(slice_of(bodies[i]), &document, &request, &sentence), PROBLEM_NONE);
        expect_text(request.verify_image, "x");
    }
}

Test(create_form, an_image_may_be_missing_or_empty)
{
    CLEANUP(json) cJSON *document = NULL;
    struct create_request request;
    const char *sentence;
    cr_assert_eq(read_form(SLICE(MODE END), &document, &request, &sentence), PROBLEM_NONE);
    cr_expect_null(request.verify_image.data);
    cJSON_Delete(document);
    cr_assert_eq(
        read_form(SLICE(MODE FILE_PART("verifyImage", "") END), &document, &request, &sentence),
        PROBLEM_NONE);
    cr_expect_not_null(request.verify_image.data, "sent, if empty");
    cr_expect_eq(request.verify_image.len, 0U);
}

Test(create_form, takes_a_preview_s_or_the_tutorial_s_json_part)
{
    static const char *const bodies[] = {
        PART("Parameters", "{\"livenessOperationMode\":\"Passive\",\"deviceCorrelationId\":\"p\","
                           "\"enableSessionImage\":\"true\"}") END,
        FILE_PART("CreateLivenessWithVerifySessionRequest",
                  "{\"livenessOperationMode\":\"passive\",\"deviceCorrelationId\":\"p\","
                  "\"enableSessionImage\":true}") FILE_PART("VerifyImage", "x") END,
        PART("parameters", "  {\"livenessOperationMode\":\"Passive\",\"enableSessionImage\":true,"
                           "\"deviceCorrelationId\":\"p\"}\r\n") END,
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        CLEANUP(json) cJSON *document = NULL;
        struct create_request request;
        const char *sentence;
        cr_assert_eq(read_form(slice_of(bodies[i]), &document, &request, &sentence), PROBLEM_NONE,
                     "%s", bodies[i]);
        cr_expect_str_eq(request.liveness_mode, "Passive");
        expect_text(request.device_correlation_id, "p");
        cr_expect(request.enable_session_image);
    }
}

Test(create_form, a_field_wins_over_the_json_part)
{
    CLEANUP(json) cJSON *document = NULL;
    struct create_request request;
    const char *sentence;
    cr_assert_eq(
        read_form(SLICE(MODE PART("Parameters", "{\"livenessOperationMode\":\"Passive\","
                                                "\"authTokenTimeToLiveInSeconds\":99}") END),
                  &document, &request, &sentence),
        PROBLEM_NONE);
    cr_expect_str_eq(request.liveness_mode, "PassiveActive");
    cr_expect_eq(request.token_ttl_s, 99);
}

Test(create_form, empty_parts_are_none_but_an_empty_device_is_a_device)
{
    CLEANUP(json) cJSON *document = NULL;
    struct create_request request;
    const char *sentence;
    cr_assert_eq(read_form(SLICE(MODE PART("deviceCorrelationId", "") PART(
                               "authTokenTimeToLiveInSeconds", "") PART("enableSessionImage", "")
                                     PART("livenessModelVersion", "") PART("transactionId", "")
                                         PART("verifyConfidenceThreshold", "") END),
                           &document, &request, &sentence),
                 PROBLEM_NONE);
    cr_expect_not_null(request.device_correlation_id.data);
    cr_expect_eq(request.device_correlation_id.len, 0U);
    cr_expect_eq(request.token_ttl_s, 0);
    cr_expect_not(request.has_enable_session_image);
    cr_expect_null(request.model_version.data);
    cr_expect_not(request.has_confidence_threshold);
}

Test(create_form, an_empty_owner_is_refused_and_not_taken_for_none)
{
    cJSON *document = NULL;
    struct create_request request;
    const char *sentence;
    cr_assert_eq(
        read_form(SLICE(MODE PART("ownerSubject", "") END), &document, &request, &sentence),
        PROBLEM_INVALID_REQUEST_BODY);
    cr_expect(strstr(sentence, "ownerSubject"), "%s", sentence);
}

Test(create_form, takes_what_frontends_really_send)
{
    static const char *const bodies[] = {
        MODE PART("deviceCorrelationId", "undefined") END,
        MODE PART("deviceCorrelationIdSetInClient", "true") END,
        MODE PART("deviceCorrelationIdSetInClient", "true") PART("deviceCorrelationId", "") END,
        MODE PART("numberOfClientAttemptsAllowed", "0") END,
        MODE PART("numberOfClientAttemptsAllowed", "{}") END,
        MODE PART("returnVerifyImageHash", "maybe") PART("unknown", "x") END,
        MODE PART("livenessSingleModalModel", "2023-12-20-preview.06") END,
        PART("livenessOperationMode", "passiveactive") END "\r\n",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        CLEANUP(json) cJSON *document = NULL;
        struct create_request request;
        const char *sentence;
        cr_expect_eq(read_form(slice_of(bodies[i]), &document, &request, &sentence), PROBLEM_NONE,
                     "%s: %s", bodies[i], sentence);
        cr_expect_eq(request.attempts, 0);
    }
}

static const struct {
    const char *body;
    enum problem problem;
} bad_forms[] = {
    {"", PROBLEM_INVALID_REQUEST_BODY},
    {"{}", PROBLEM_INVALID_REQUEST_BODY},
    {"{\"livenessOperationMode\":\"Passive\"}", PROBLEM_INVALID_REQUEST_BODY},
    {MODE, PROBLEM_INVALID_REQUEST_BODY}, /* cut off */
    {MODE MODE END, PROBLEM_INVALID_REQUEST_BODY},
    {PART("other", "x") END, PROBLEM_INVALID_LIVENESS_MODE},
    {PART("livenessOperationMode", "") END, PROBLEM_INVALID_LIVENESS_MODE},
    {PART("livenessOperationMode", "\"Passive\"") END, PROBLEM_INVALID_LIVENESS_MODE},
    {PART("LivenessOperationMode", "Passive") END, PROBLEM_INVALID_LIVENESS_MODE},
    {MODE PART("authTokenTimeToLiveInSeconds", "59") END, PROBLEM_INVALID_TOKEN_LIFETIME},
    {MODE PART("authTokenTimeToLiveInSeconds", "86401") END, PROBLEM_INVALID_TOKEN_LIFETIME},
    {MODE PART("authTokenTimeToLiveInSeconds", "600.5") END, PROBLEM_INVALID_TOKEN_LIFETIME},
    {MODE PART("authTokenTimeToLiveInSeconds", "soon") END, PROBLEM_INVALID_REQUEST_BODY},
    {MODE PART("authTokenTimeToLiveInSeconds", "600,\"x\":1") END, PROBLEM_INVALID_REQUEST_BODY},
    {MODE PART("authTokenTimeToLiveInSeconds", "600 601") END, PROBLEM_INVALID_REQUEST_BODY},
    {MODE PART("enableSessionImage", "1") END, PROBLEM_INVALID_REQUEST_BODY},
    {MODE PART("deviceCorrelationIdSetInClient", "true") PART("deviceCorrelationId", "a") END,
     PROBLEM_INVALID_REQUEST_BODY},
    {MODE PART("numberOfClientAttemptsAllowed", "4") END, PROBLEM_INVALID_REQUEST_BODY},
    {MODE PART("numberOfClientAttemptsAllowed", "two") END, PROBLEM_INVALID_REQUEST_BODY},
    {MODE PART("verifyConfidenceThreshold", "1.01") END, PROBLEM_INVALID_REQUEST_BODY},
    {MODE PART("verifyConfidenceThreshold", "-0.1") END, PROBLEM_INVALID_REQUEST_BODY},
    {MODE PART("verifyConfidenceThreshold", "high") END, PROBLEM_INVALID_REQUEST_BODY},
    {MODE PART("Parameters", "") END, PROBLEM_INVALID_REQUEST_BODY},
    {MODE PART("Parameters", "[]") END, PROBLEM_INVALID_REQUEST_BODY},
    {MODE PART("Parameters", "{},\"transactionId\":\"t\"") END, PROBLEM_INVALID_REQUEST_BODY},
    {MODE PART("Parameters", "{\"authTokenTimeToLiveInSeconds\":59}") END,
     PROBLEM_INVALID_TOKEN_LIFETIME},
    {MODE PART("Parameters", "{\"deviceCorrelationId\":7}") END, PROBLEM_INVALID_REQUEST_BODY},
};

Test(create_form, refuses_bad_forms_by_their_proper_name)
{
    for (size_t i = 0; i < sizeof bad_forms / sizeof *bad_forms; i++) {
        CLEANUP(json) cJSON *document = NULL;
        struct create_request request = {.token_ttl_s = 77};
        const char *sentence;
        cr_expect_eq(read_form(slice_of(bad_forms[i].body), &document, &request, &sentence),
                     bad_forms[i].problem, "%s", bad_forms[i].body);
        cr_expect_eq(request.token_ttl_s, 77);
        cr_expect(bad_forms[i].problem != PROBLEM_INVALID_REQUEST_BODY || sentence);
    }
}

Test(create_form, a_nul_or_bytes_that_are_no_text_crash_nothing)
{
    CLEANUP(json) cJSON *document = NULL;
    struct create_request request;
    const char *sentence;
    cr_expect_eq(read_form(SLICE(MODE PART("userCorrelationId", "a\0b") END), &document, &request,
                           &sentence),
                 PROBLEM_INVALID_REQUEST_BODY);
    cr_expect_eq(read_form(SLICE(MODE PART("userCorrelationId", "\xff\xfe") END), &document,
                           &request, &sentence),
                 PROBLEM_NONE);
}

Test(create_form, fields_without_end_are_refused)
{
    enum { LONG = 70000 };
    static char body[LONG + 400];
    CLEANUP(buf) struct buf text;
    buf_init(&text, sizeof body);
    buf_puts(&text, MODE "--b\r\nContent-Disposition: form-data; name=userCorrelationId\r\n\r\n");
    memset(body, 'x', LONG);
    buf_append(&text, body, LONG);
    buf_puts(&text, "\r\n" END);
    CLEANUP(json) cJSON *document = NULL;
    struct create_request request;
    const char *sentence;
    cr_expect_eq(read_form(buf_slice(&text), &document, &request, &sentence),
                 PROBLEM_INVALID_REQUEST_BODY);
}

/* ---- what the kind of session changes ---- */

static enum problem read_as(enum session_kind kind, struct slice type, struct slice body,
                            cJSON **document, struct create_request *ret)
{
    const struct create_input input = {.kind = kind, .content_type = type, .body = body};
    const char *sentence;
    return create_request_read(&input, document, ret, &sentence);
}

Test(create_kind, a_plain_session_knows_nothing_of_comparing)
{
    CLEANUP(json) cJSON *document = NULL;
    struct create_request request;
    cr_expect_eq(read_as(KIND_LIVENESS, SLICE(TYPE),
                         SLICE(MODE PART("verifyConfidenceThreshold", "7")
                                   FILE_PART("verifyImage", "x") END),
                         &document, &request),
                 PROBLEM_NONE);
    cr_expect_null(request.verify_image.data);
    cr_expect_not(request.has_confidence_threshold);
}

Test(create_kind, a_verify_session_may_come_as_json)
{
    CLEANUP(json) cJSON *document = NULL;
    struct create_request request;
    cr_expect_eq(read_as(KIND_LIVENESS_WITH_VERIFY, SLICE("application/json; charset=utf-8"),
                         SLICE("{\"livenessOperationMode\":\"Passive\","
                               "\"verifyConfidenceThreshold\":1,\"verifyImage\":\"aGk=\"}"),
                         &document, &request),
                 PROBLEM_NONE);
    cr_expect_null(request.verify_image.data, "JSON brings no image");
    cr_expect(request.has_confidence_threshold && request.confidence_threshold == 1);
}

Test(create_kind, only_a_form_is_read_as_one)
{
    static const char *const types[] = {"MULTIPART/Form-Data; boundary=b",
                                        "multipart/form-data ;boundary=\"b\"",
                                        "multipart/form-data;boundary=b"};
    static const char *const others[] = {"multipart/form-data2; boundary=b", "multipart/mixed", "",
                                         "application/json; multipart/form-data"};
    CLEANUP(json) cJSON *document = NULL;
    struct create_request request;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        cr_expect_eq(
            read_as(KIND_LIVENESS, slice_of(types[i]), SLICE(MODE END), &document, &request),
            PROBLEM_NONE, "%s", types[i]);
        cJSON_Delete(document);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        cr_expect_eq(read_as(KIND_LIVENESS, slice_of(others[i]),
                             SLICE("{\"livenessOperationMode\":\"Passive\"}"), &document, &request),
                     PROBLEM_NONE, "%s", others[i]);
        cJSON_Delete(document);
    }
    document = NULL;
    cr_expect_eq(
        read_as(KIND_LIVENESS, SLICE("multipart/form-data"), SLICE(MODE END), &document, &request),
        PROBLEM_INVALID_REQUEST_BODY, "no boundary");
}
