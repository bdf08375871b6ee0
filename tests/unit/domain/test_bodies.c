/* Promises of domain/bodies.h: what clients may send. */
#include "domain/bodies.h"

#include <criterion/criterion.h>
#include <string.h>

static void expect_text(struct slice found, const char *expected)
{
    cr_expect(slice_equal(found, slice_of(expected)), "%.*s", SLICE_ARGS(found));
}

static enum problem read_create(const char *json, cJSON **document, struct create_request *ret)
{
    const char *sentence = "untouched";
    enum problem problem = create_request_read(&(struct create_input){.body = slice_of(json)},
                                               document, ret, &sentence);
    cr_expect(problem == PROBLEM_NONE ? *document && !sentence : !*document, "%s", json);
    return problem;
}

static enum problem read_completion(const char *json, cJSON **document,
                                    struct completion_request *ret)
{
    const char *sentence = "untouched";
    enum problem problem = completion_request_read(slice_of(json), document, ret, &sentence);
    cr_expect(problem == PROBLEM_NONE ? !sentence : !*document && sentence, "%s", json);
    return problem;
}

#define MODE     "\"livenessOperationMode\":\"Passive\""
#define LONG_64  "1234567890123456789012345678901234567890123456789012345678901234"
#define LONG_576 LONG_64 LONG_64 LONG_64 LONG_64 LONG_64 LONG_64 LONG_64 LONG_64 LONG_64

/* ---- create ---- */

Test(create_request, reads_every_member)
{
    CLEANUP(json) cJSON *document = NULL;
    struct create_request request;
    cr_assert_eq(read_create("{\"livenessOperationMode\":\"PassiveActive\","
                             "\"authTokenTimeToLiveInSeconds\":300,"
                             "\"deviceCorrelationId\":\"phone-7\","
                             "\"deviceCorrelationIdSetInClient\":false,"
                             "\"enableSessionImage\":true,"
                             "\"livenessModelVersion\":\"2024-11-15\","
                             "\"transactionId\":\"order:7_a.b-c\",\"platform\":\"iOS\"}",
                             &document, &request),
                 PROBLEM_NONE);
    cr_expect_str_eq(request.liveness_mode, "PassiveActive");
    cr_expect_eq(request.token_ttl_s, 300);
    expect_text(request.device_correlation_id, "phone-7");
    cr_expect(request.has_enable_session_image && request.enable_session_image);
    expect_text(request.model_version, "2024-11-15");
    expect_text(request.transaction_id, "order:7_a.b-c");
    expect_text(request.platform, "ios");
}

Test(create_request, needs_the_mode_only)
{
    CLEANUP(json) cJSON *document = NULL;
    struct create_request request;
    cr_assert_eq(read_create("{" MODE "}", &document, &request), PROBLEM_NONE);
    cr_expect_str_eq(request.liveness_mode, "Passive");
    cr_expect_eq(request.token_ttl_s, 0);
    cr_expect_null(request.device_correlation_id.data);
    cr_expect_not(request.has_enable_session_image);
    cr_expect_null(request.model_version.data);
    cr_expect_null(request.transaction_id.data);
    cr_expect_null(request.platform.data);
    cr_expect_null(request.user_correlation_id.data);
    cr_expect_null(request.owner_subject.data);
    cr_expect_null(request.verify_image.data);
    cr_expect_eq(request.attempts, 0);
    cr_expect_not(request.set_in_client);
    cr_expect_not(request.send_results_to_client);
    cr_expect_not(request.has_confidence_threshold);
}

Test(create_request, reads_what_later_and_earlier_versions_have)
{
    CLEANUP(json) cJSON *document = NULL;
    struct create_request request;
    cr_assert_eq(read_create("{" MODE ",\"numberOfClientAttemptsAllowed\":3,"
                             "\"userCorrelationId\":\"u-1\",\"ownerSubject\":\"device:7\","
                             "\"deviceCorrelationIdSetInClient\":\"TRUE\","
                             "\"sendResultsToClient\":true,"
                             "\"livenessSingleModalModel\":\"2023-12-20-preview.06\"}",
                             &document, &request),
                 PROBLEM_NONE);
    cr_expect_eq(request.attempts, 3);
    expect_text(request.user_correlation_id, "u-1");
    expect_text(request.owner_subject, "device:7");
    expect_text(request.model_version, "2023-12-20-preview.06");
    cr_expect(request.set_in_client);
    cr_expect(request.send_results_to_client);
}

Test(create_request, takes_what_frontends_really_send)
{
    static const char *const rows[] = {
        "{\"livenessOperationMode\":\"passiveactive\",\"enableSessionImage\":\"true\"}",
        "{\"livenessOperationMode\":\"PASSIVE\",\"enableSessionImage\":\"False\"}",
        "{" MODE ",\"deviceCorrelationId\":\"\"}",
        "{" MODE ",\"deviceCorrelationId\":null}",
        "{" MODE ",\"deviceCorrelationId\":\"" LONG_64 "5\"}",
        "{" MODE ",\"deviceCorrelationId\":\"undefined\",\"userCorrelationId\":\"u\"}",
        "{" MODE ",\"deviceCorrelationIdSetInClient\":true}",
        "{" MODE ",\"deviceCorrelationIdSetInClient\":\"true\",\"deviceCorrelationId\":null}",
        "{" MODE ",\"sendResultsToClient\":false,\"unknown\":{\"a\":[1,2]}}",
        "{" MODE ",\"numberOfClientAttemptsAllowed\":{}}",
        "{" MODE ",\"numberOfClientAttemptsAllowed\":0}",
        "{" MODE ",\"numberOfClientAttemptsAllowed\":null}",
        "{" MODE ",\"verifyConfidenceThreshold\":7,\"verifyImage\":7}",
        "{" MODE ",\"userCorrelationId\":\"" LONG_64 LONG_64 "\"}",
        "{" MODE ",\"livenessModelVersion\":null,\"livenessSingleModalModel\":\"m\"}",
        "{" MODE ",\"authTokenTimeToLiveInSeconds\":null,\"enableSessionImage\":null}",
        "{" MODE ",\"authTokenTimeToLiveInSeconds\":60}",
        "{" MODE ",\"authTokenTimeToLiveInSeconds\":86400}",
        "{" MODE ",\"authTokenTimeToLiveInSeconds\":6e2}",
        "{" MODE ",\"platform\":\"fridge\"}",
        "{" MODE ",\"transactionId\":\"" LONG_64 "\"}",
        "  {" MODE "}\r\n",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP(json) cJSON *document = NULL;
        struct create_request request;
        cr_expect_eq(read_create(rows[i], &document, &request), PROBLEM_NONE, "%s", rows[i]);
    }
}

Test(create_request, an_unknown_platform_is_none)
{
    CLEANUP(json) cJSON *document = NULL;
    struct create_request request;
    cr_assert_eq(read_create("{" MODE ",\"platform\":\"fridge\"}", &document, &request),
                 PROBLEM_NONE);
    cr_expect_null(request.platform.data);
}

static const struct {
    const char *json;
    enum problem problem;
} bad_creates[] = {
    {"", PROBLEM_INVALID_REQUEST_BODY},
    {" ", PROBLEM_INVALID_REQUEST_BODY},
    {"{", PROBLEM_INVALID_REQUEST_BODY},
    {"{" MODE ",}", PROBLEM_INVALID_REQUEST_BODY},
    {"{" MODE "} x", PROBLEM_INVALID_REQUEST_BODY},
    {"{" MODE "," MODE "}", PROBLEM_INVALID_REQUEST_BODY},
    {"{'livenessOperationMode':'Passive'}", PROBLEM_INVALID_REQUEST_BODY},
    {"{\"livenessOperationMode\":\"Pass\\u0000ive\"}", PROBLEM_INVALID_REQUEST_BODY},
    {"{\"livenessOperationMode\":\"\xff\"}", PROBLEM_INVALID_REQUEST_BODY},
    {"null", PROBLEM_INVALID_REQUEST_BODY},
    {"[]", PROBLEM_INVALID_REQUEST_BODY},
    {"\"Passive\"", PROBLEM_INVALID_REQUEST_BODY},
    {"7", PROBLEM_INVALID_REQUEST_BODY},
    {"[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]", PROBLEM_INVALID_REQUEST_BODY},
    {"{}", PROBLEM_INVALID_LIVENESS_MODE},
    {"{\"livenessOperationMode\":null}", PROBLEM_INVALID_LIVENESS_MODE},
    {"{\"livenessOperationMode\":7}", PROBLEM_INVALID_LIVENESS_MODE},
    {"{\"livenessOperationMode\":[\"Passive\"]}", PROBLEM_INVALID_LIVENESS_MODE},
    {"{\"livenessOperationMode\":\"\"}", PROBLEM_INVALID_LIVENESS_MODE},
    {"{\"livenessOperationMode\":\"Active\"}", PROBLEM_INVALID_LIVENESS_MODE},
    {"{\"livenessOperationMode\":\"Passive \"}", PROBLEM_INVALID_LIVENESS_MODE},
    {"{\"LivenessOperationMode\":\"Passive\"}", PROBLEM_INVALID_LIVENESS_MODE},
    {"{" MODE ",\"authTokenTimeToLiveInSeconds\":59}", PROBLEM_INVALID_TOKEN_LIFETIME},
    {"{" MODE ",\"authTokenTimeToLiveInSeconds\":86401}", PROBLEM_INVALID_TOKEN_LIFETIME},
    {"{" MODE ",\"authTokenTimeToLiveInSeconds\":0}", PROBLEM_INVALID_TOKEN_LIFETIME},
    {"{" MODE ",\"authTokenTimeToLiveInSeconds\":-600}", PROBLEM_INVALID_TOKEN_LIFETIME},
    {"{" MODE ",\"authTokenTimeToLiveInSeconds\":600.5}", PROBLEM_INVALID_TOKEN_LIFETIME},
    {"{" MODE ",\"authTokenTimeToLiveInSeconds\":1e300}", PROBLEM_INVALID_TOKEN_LIFETIME},
    {"{" MODE ",\"authTokenTimeToLiveInSeconds\":\"600\"}", PROBLEM_INVALID_REQUEST_BODY},
    {"{" MODE ",\"authTokenTimeToLiveInSeconds\":true}", PROBLEM_INVALID_REQUEST_BODY},
    {"{" MODE ",\"authTokenTimeToLiveInSeconds\":{}}", PROBLEM_INVALID_REQUEST_BODY},
    {"{" MODE ",\"deviceCorrelationId\":7}", PROBLEM_INVALID_REQUEST_BODY},
    {"{" MODE ",\"deviceCorrelationId\":[]}", PROBLEM_INVALID_REQUEST_BODY},
    {"{" MODE ",\"deviceCorrelationIdSetInClient\":1}", PROBLEM_INVALID_REQUEST_BODY},
    {"{" MODE ",\"deviceCorrelationIdSetInClient\":\"yes\"}", PROBLEM_INVALID_REQUEST_BODY},
    {"{" MODE ",\"deviceCorrelationIdSetInClient\":true,\"deviceCorrelationId\":\"a\"}",
     PROBLEM_INVALID_REQUEST_BODY},
    {"{" MODE ",\"enableSessionImage\":1}", PROBLEM_INVALID_REQUEST_BODY},
    {"{" MODE ",\"enableSessionImage\":\"1\"}", PROBLEM_INVALID_REQUEST_BODY},
    {"{" MODE ",\"livenessModelVersion\":20241115}", PROBLEM_INVALID_REQUEST_BODY},
    {"{" MODE ",\"livenessModelVersion\":\"\"}", PROBLEM_INVALID_REQUEST_BODY},
    {"{" MODE ",\"livenessModelVersion\":\"2024/11\"}", PROBLEM_INVALID_REQUEST_BODY},
    {"{" MODE ",\"livenessModelVersion\":\"12345678901234567890123456789012\"}",
     PROBLEM_INVALID_REQUEST_BODY},
    {"{" MODE ",\"transactionId\":\"\"}", PROBLEM_INVALID_REQUEST_BODY},
    {"{" MODE ",\"transactionId\":\"a b\"}", PROBLEM_INVALID_REQUEST_BODY},
    {"{" MODE ",\"transactionId\":7}", PROBLEM_INVALID_REQUEST_BODY},
    {"{" MODE ",\"transactionId\":\"" LONG_64 "5\"}", PROBLEM_INVALID_REQUEST_BODY},
    {"{" MODE ",\"platform\":1}", PROBLEM_INVALID_REQUEST_BODY},
    {"{" MODE ",\"numberOfClientAttemptsAllowed\":4}", PROBLEM_INVALID_REQUEST_BODY},
    {"{" MODE ",\"numberOfClientAttemptsAllowed\":-1}", PROBLEM_INVALID_REQUEST_BODY},
    {"{" MODE ",\"numberOfClientAttemptsAllowed\":1.5}", PROBLEM_INVALID_REQUEST_BODY},
    {"{" MODE ",\"numberOfClientAttemptsAllowed\":\"2\"}", PROBLEM_INVALID_REQUEST_BODY},
    {"{" MODE ",\"numberOfClientAttemptsAllowed\":true}", PROBLEM_INVALID_REQUEST_BODY},
    {"{" MODE ",\"numberOfClientAttemptsAllowed\":[]}", PROBLEM_INVALID_REQUEST_BODY},
    {"{" MODE ",\"userCorrelationId\":7}", PROBLEM_INVALID_REQUEST_BODY},
    {"{" MODE ",\"ownerSubject\":\"\"}", PROBLEM_INVALID_REQUEST_BODY},
    {"{" MODE ",\"ownerSubject\":\"" LONG_576 "123456789012345678901234 \"}",
     PROBLEM_INVALID_REQUEST_BODY},
    {"{" MODE ",\"sendResultsToClient\":\"yes\"}", PROBLEM_INVALID_REQUEST_BODY},
    {"{" MODE ",\"livenessSingleModalModel\":7}", PROBLEM_INVALID_REQUEST_BODY},
};

Test(create_request, refuses_bad_bodies_by_their_proper_name)
{
    for (size_t i = 0; i < sizeof bad_creates / sizeof *bad_creates; i++) {
        CLEANUP(json) cJSON *document = NULL;
        struct create_request request = {.token_ttl_s = 77};
        cr_expect_eq(read_create(bad_creates[i].json, &document, &request), bad_creates[i].problem,
                     "%s", bad_creates[i].json);
        cr_expect_eq(request.token_ttl_s, 77, "%s", bad_creates[i].json);
    }
}

Test(create_request, refuses_a_body_without_end)
{
    enum { SIZE = 70000 };
    static char body[SIZE + 1];
    memset(body, ' ', SIZE);
    memcpy(body, "{" MODE "}", sizeof "{" MODE "}" - 1);
    CLEANUP(json) cJSON *document = NULL;
    struct create_request request;
    cr_expect_eq(read_create(body, &document, &request), PROBLEM_INVALID_REQUEST_BODY);
}

Test(create_request, says_in_a_sentence_what_is_wrong)
{
    cJSON *document = NULL;
    struct create_request request;
    const char *sentence = NULL;
    (void)create_request_read(&(struct create_input){.body = SLICE("{")}, &document, &request,
                              &sentence);
    cr_expect_str_eq(sentence, "The request body is not valid JSON.");
    (void)create_request_read(
        &(struct create_input){.body = SLICE("{" MODE ",\"enableSessionImage\":7}")}, &document,
        &request, &sentence);
    cr_expect_str_eq(sentence, "enableSessionImage must be true or false.");
    (void)create_request_read(
        &(struct create_input){.body = SLICE("{" MODE ",\"authTokenTimeToLiveInSeconds\":\"7\"}")},
        &document, &request, &sentence);
    cr_expect_str_eq(sentence, "authTokenTimeToLiveInSeconds must be a number.");
    (void)create_request_read(&(struct create_input){.body = SLICE("{}")}, &document, &request,
                              &sentence);
    cr_expect_null(sentence, "the problem's own sentence says enough");
}

/* ---- completion ---- */

Test(completion_request, may_be_empty)
{
    static const char *const rows[] = {"", "{}", "{\"digest\":null,\"error\":null}",
                                       "{\"unknown\":1}"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP(json) cJSON *document = NULL;
        struct completion_request request;
        cr_expect_eq(read_completion(rows[i], &document, &request), PROBLEM_NONE, "%s", rows[i]);
        cr_expect_not(request.client_error);
        cr_expect_null(request.digest.data);
        cr_expect_null(request.transaction_id.data);
        cr_expect_null(request.platform.data);
        cr_expect_null(request.error_code.data);
        cr_expect_null(request.sdk.data);
    }
}

Test(completion_request, reads_every_member)
{
    CLEANUP(json) cJSON *document = NULL;
    struct completion_request request;
    cr_assert_eq(read_completion("{\"digest\":\"7D0B6E+/=_-a\",\"resultId\":\"r\","
                                 "\"transactionId\":\"t-1\",\"sdk\":\"1.4.0\","
                                 "\"platform\":\"android\",\"error\":{\"code\":\"TimedOut\","
                                 "\"message\":\"m\"}}",
                                 &document, &request),
                 PROBLEM_NONE);
    expect_text(request.digest, "7D0B6E+/=_-a");
    expect_text(request.transaction_id, "t-1");
    expect_text(request.sdk, "1.4.0");
    expect_text(request.platform, "android");
    expect_text(request.error_code, "TimedOut");
    cr_expect(request.client_error);
}

Test(completion_request, an_error_is_a_text_or_an_object)
{
    static const struct {
        const char *json;
        bool is_error;
        const char *code;
    } rows[] = {
        {"{\"error\":\"TimedOut\"}", true, "TimedOut"},
        {"{\"error\":{\"code\":\"TimedOut\"}}", true, "TimedOut"},
        {"{\"error\":{\"message\":\"m\"}}", true, ""},
        {"{\"error\":{\"code\":null}}", true, ""},
        {"{\"error\":{}}", true, ""},
        {"{\"error\":\"\"}", false, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP(json) cJSON *document = NULL;
        struct completion_request request;
        cr_assert_eq(read_completion(rows[i].json, &document, &request), PROBLEM_NONE);
        cr_expect_eq(request.client_error, rows[i].is_error, "%s", rows[i].json);
        expect_text(request.error_code, rows[i].code);
    }
}

#define DIGEST_128 LONG_64 LONG_64

Test(completion_request, refuses_bad_bodies)
{
    static const char *const rows[] = {
        "{",
        " ",
        "[]",
        "null",
        "{\"digest\":\"A\",\"digest\":\"B\"}",
        "{\"digest\":\"\"}",
        "{\"digest\":7}",
        "{\"digest\":\"A B\"}",
        "{\"digest\":\"A\\n\"}",
        "{\"digest\":\"\xc3\xa9\"}",
        "{\"digest\":\"" DIGEST_128 "5\"}",
        "{\"resultId\":7}",
        "{\"sdk\":{}}",
        "{\"platform\":[]}",
        "{\"transactionId\":\"a/b\"}",
        "{\"error\":true}",
        "{\"error\":false}",
        "{\"error\":7}",
        "{\"error\":[]}",
        "{\"error\":{\"code\":7}}",
        "{\"error\":{\"code\":\"c\",\"message\":{}}}",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP(json) cJSON *document = NULL;
        struct completion_request request;
        cr_expect_eq(read_completion(rows[i], &document, &request), PROBLEM_INVALID_REQUEST_BODY,
                     "%s", rows[i]);
    }
}

Test(completion_request, takes_the_longest_digest)
{
    CLEANUP(json) cJSON *document = NULL;
    struct completion_request request;
    cr_assert_eq(read_completion("{\"digest\":\"" DIGEST_128 "\"}", &document, &request),
                 PROBLEM_NONE);
    cr_expect_eq(request.digest.len, 128U);
}
