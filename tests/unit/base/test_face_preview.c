/* Promises of base/face_session.h about the previews' answers. */
#include "base/face_session.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define ID   "5f0c7c1e-9a42-4d0b-8a53-6d2f0b6f7a10"
#define HASH "19C0F3A5587BD2E46A7F018B9C3D5E2F60718293A4B5C6D7E8F90123456789AB"
#define GOT(rest)                                                                                  \
    "{\"id\":\"" ID "\",\"createdDateTime\":\"2024-04-18T07:44:41.1200000+00:00\","                \
    "\"sessionExpired\":false,\"deviceCorrelationId\":\"d\",\"authTokenTimeToLiveInSeconds\":"     \
    "600," rest "}"
#define RESULT(rest) GOT("\"status\":\"ResultAvailable\",\"result\":{" rest "}")
#define ENTRY        "\"id\":2,\"sessionId\":\"" ID "\",\"requestId\":\"1c7e\","
#define RECTANGLE    "\"faceRectangle\":{\"top\":300,\"left\":210,\"width\":480,\"height\":560}"
#define BODY(body)   "\"response\":{\"body\":" body ",\"statusCode\":200,\"latencyInMilliseconds\":9}"

static struct face_session session;

static const struct face_attempt *parse(const char *text)
{
    const char *why = "";
    face_session_reset(&session);
    cr_assert_eq(face_session_parse_preview(slice_of(text), &session, &why), 0, "%s: %s", text,
                 why);
    return face_session_newest(&session);
}

static void expect_refused(const char *text)
{
    static struct face_session refused, zeroed;
    const char *why = NULL;
    memset(&refused, 0xAA, sizeof refused);
    cr_expect_lt(face_session_parse_preview(slice_of(text), &refused, &why), 0, "%s", text);
    cr_expect_not_null(why, "%s", text);
    cr_expect_eq(memcmp(&refused, &zeroed, sizeof zeroed), 0, "%s", text);
}

Test(face_preview, reads_the_answer_to_a_create)
{
    cr_expect_null(parse("{\"sessionId\":\"" ID "\",\"authToken\":\"a.b.c\"}"));
    cr_expect_str_eq(session.session_id, ID);
    cr_expect_str_eq(session.auth_token, "a.b.c");
    cr_expect_eq(session.status, FACE_STATUS_NOT_STARTED);
    cr_expect_str_eq(session.status_word, "NotStarted");
    cr_expect_not(session.has_references);
    cr_expect_null(parse("{\"sessionId\":\"" ID
                         "\",\"authToken\":\"a.b.c\",\"verifyImage\":{" RECTANGLE
                         ",\"qualityForRecognition\":\"high\"}}"));
    cr_expect(session.has_references);
    cr_assert_eq(session.reference_count, 1);
    cr_expect_eq(session.references[0].rectangle.top, 300);
    cr_expect_str_eq(session.references[0].quality_word, "high");
    face_session_reset(&session);
}

Test(face_preview, maps_the_words_of_a_session_without_result)
{
    cr_expect_null(parse(GOT("\"status\":\"notstarted\"")));
    cr_expect_eq(session.status, FACE_STATUS_NOT_STARTED);
    cr_expect_str_eq(session.status_word, "NotStarted");
    cr_expect_null(parse(GOT("\"status\":\"Started\",\"result\":null")));
    cr_expect_eq(session.status, FACE_STATUS_RUNNING);
    cr_expect_str_eq(session.status_word, "Running");
    cr_expect_null(session.auth_token);
    cr_expect_null(parse(GOT("\"status\":\"ResultAvailable\"")));
    cr_expect_eq(session.status, FACE_STATUS_UNKNOWN, "announced, and not there");
    cr_expect_null(parse(GOT("\"status\":\"Succeeded\"")));
    cr_expect_eq(session.status, FACE_STATUS_UNKNOWN, "not a word of theirs");
}

Test(face_preview, reads_the_result_as_an_attempt)
{
    const struct face_attempt *attempt = parse(RESULT(ENTRY BODY(
        "{\"livenessDecision\":\"realface\",\"target\":{" RECTANGLE
        ",\"fileName\":\"video.webp\",\"timeOffsetWithinFile\":0,\"imageType\":"
        "\"Color\"},\"modelVersionUsed\":\"2022-10-15-preview.04\",\"verifyResult\":{"
        "\"verifyImage\":{" RECTANGLE ",\"qualityForRecognition\":\"medium\"},"
        "\"matchConfidence\":0.5,\"isIdentical\":true}}") ",\"digest\":\"4B1D\","
                                                          "\"sessionImageId\":\"Aa\","
                                                          "\"verifyImageHash\":\"" HASH "\""));
    cr_assert_not_null(attempt);
    cr_expect_eq(attempt->attempt_id, 2);
    cr_expect_eq(attempt->status, FACE_STATUS_SUCCEEDED);
    cr_expect_str_eq(attempt->status_word, "Succeeded");
    cr_expect(attempt->has_result);
    cr_expect_eq(attempt->decision, FACE_DECISION_REALFACE);
    cr_expect_str_eq(attempt->digest, "4B1D");
    cr_expect_eq(attempt->rectangle.left, 210);
    cr_expect(attempt->has_verify && attempt->is_identical);
    cr_expect_float_eq(attempt->match_confidence, 0.5, 1e-9);
    cr_expect_str_eq(attempt->session_image_id, "Aa");
    cr_expect(attempt->has_image_hash);
    cr_expect_eq(session.status, FACE_STATUS_SUCCEEDED);
    cr_expect_str_eq(session.status_word, "Succeeded");
    cr_expect_str_eq(session.model_version, "2022-10-15-preview.04");
    cr_expect_str_eq(session.references[0].quality_word, "medium");
}

Test(face_preview, a_result_may_lack_all_but_its_status)
{
    const struct face_attempt *attempt = parse(RESULT(BODY("{}")));
    cr_expect_eq(attempt->attempt_id, 1);
    cr_expect_eq(attempt->decision, FACE_DECISION_NONE);
    cr_expect_str_empty(attempt->digest);
    cr_expect_not(attempt->has_verify);
    cr_expect_not(attempt->has_rectangle);
}

Test(face_preview, attempt_ids_that_do_not_fit_are_one)
{
    static const char *const ids[] = {"0", "-1", "4294967296", "1.5", "\"7\"", "null"};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        char text[1000];
        (void)snprintf(text, sizeof text, RESULT("\"id\":%s," BODY("{}")), ids[i]);
        cr_expect_eq(parse(text)->attempt_id, 1, "%s", ids[i]);
    }
}

Test(face_preview, failures_are_errors_whatever_their_body)
{
    static const struct {
        const char *text, *code, *message;
    } rows[] = {
        {RESULT(ENTRY "\"response\":{\"body\":{\"error\":{\"code\":\"FaceWithMaskDetected\","
                      "\"message\":\"Mask.\"}},\"statusCode\":400}"),
         "FaceWithMaskDetected", "Mask."},
        {RESULT(ENTRY BODY("{\"error\":{\"code\":\"Late\",\"message\":\"m\"}}")), "Late", "m"},
        {RESULT(ENTRY "\"response\":{\"statusCode\":500}"), "500", ""},
        {RESULT(ENTRY "\"response\":{\"body\":\"text\",\"statusCode\":408}"), "408", ""},
        {RESULT(ENTRY "\"response\":{\"body\":{\"error\":{\"code\":5}},\"statusCode\":409}"), "409",
         ""},
        {RESULT(ENTRY "\"response\":{\"body\":{\"livenessDecision\":\"realface\"},"
                      "\"statusCode\":401}"),
         "401", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct face_attempt *attempt = parse(rows[i].text);
        cr_expect(attempt->has_error, "%zu", i);
        cr_expect_not(attempt->has_result, "%zu", i);
        cr_expect_eq(attempt->decision, FACE_DECISION_NONE, "%zu", i);
        cr_expect_eq(attempt->status, FACE_STATUS_FAILED, "%zu", i);
        cr_expect_eq(session.status, FACE_STATUS_RUNNING, "%zu", i);
        cr_expect_str_eq(attempt->error_code, rows[i].code, "%zu", i);
        cr_expect_str_eq(attempt->error_message, rows[i].message, "%zu", i);
    }
}

Test(face_preview, refuses_what_is_not_whole)
{
    static const char *const bad[] = {
        "",
        "[]",
        "{}",
        "{\"authToken\":\"a\"}",
        "{\"sessionId\":\"x\",\"authToken\":\"a\"}",
        "{\"sessionId\":null,\"id\":\"" ID "\",\"status\":\"Started\"}",
        "{\"sessionId\":\"" ID "\",\"authToken\":1}",
        "{\"sessionId\":\"" ID "\",\"authToken\":\"secret\",\"verifyImage\":1}",
        "{\"sessionId\":\"" ID "\",\"authToken\":\"s\",\"verifyImage\":{\"faceRectangle\":1}}",
        "{\"id\":\"" ID "\"}",
        "{\"id\":\"../x\",\"status\":\"Started\"}",
        GOT("\"status\":1"),
        GOT("\"status\":\"ResultAvailable\",\"result\":[]"),
        RESULT(""),
        RESULT("\"response\":1"),
        RESULT("\"response\":{\"body\":{}}"),
        RESULT("\"response\":{\"body\":{},\"statusCode\":\"200\"}"),
        RESULT("\"response\":{\"body\":{},\"statusCode\":1000}"),
        RESULT("\"response\":{\"body\":\"x\",\"statusCode\":200}"),
        RESULT("\"response\":{\"statusCode\":200}"),
        RESULT("\"sessionId\":1," BODY("{}")),
        RESULT("\"sessionId\":\"5f0c7c1e-9a42-4d0b-8a53-6d2f0b6f7a11\"," BODY("{}")),
        RESULT("\"digest\":1," BODY("{}")),
        RESULT("\"verifyImageHash\":\"x\"," BODY("{}")),
        RESULT(BODY("{\"livenessDecision\":1}")),
        RESULT(BODY("{\"modelVersionUsed\":1}")),
        RESULT(BODY("{\"target\":1}")),
        RESULT(BODY("{\"target\":{\"faceRectangle\":{}}}")),
        RESULT(BODY("{\"verifyResult\":1}")),
        RESULT(BODY("{\"verifyResult\":{\"isIdentical\":\"true\"}}")),
        RESULT(BODY("{\"verifyResult\":{\"verifyImage\":1}}")),
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        expect_refused(bad[i]);
    }
}
