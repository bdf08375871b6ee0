/* Promises of base/face_session.h about images, hashes, flagged sessions and references. */
#include "base/face_session.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define ID    "5f0c7c1e-9a42-4d0b-8a53-6d2f0b6f7a10"
#define OTHER "9b2f0a77-1c1e-4f4d-8f34-0d7b7b1b9e55"
#define THIRD "9b2f0a77-1c1e-4f4d-8f34-0d7b7b1b9e66"
#define HEAD  "{\"sessionId\":\"" ID "\",\"status\":\"Succeeded\",\"results\":{"
#define ATTEMPT(rest)                                                                              \
    HEAD "\"attempts\":[{\"attemptId\":1,\"attemptStatus\":\"Succeeded\"" rest "}]}}"
#define REFERENCES(list)  HEAD "\"attempts\":[],\"verifyReferences\":" list "}}"
#define HASH              "19C0F3A5587BD2E46A7F018B9C3D5E2F60718293A4B5C6D7E8F90123456789AB"
#define RECTANGLE         "\"faceRectangle\":{\"top\":120,\"left\":96,\"width\":240,\"height\":310}"
#define FLAG(id, attempt) "{\"attemptId\":" attempt ",\"sessionId\":\"" id "\"}"
#define ABUSE(detected, flags)                                                                     \
    "\"abuseMonitoringResult\":{\"isAbuseDetected\":" detected ",\"otherFlaggedSessions\":" flags  \
    "}"

static struct face_session session;

static const struct face_attempt *parse(const char *text)
{
    const char *why = "";
    face_session_reset(&session);
    cr_assert_eq(face_session_parse(slice_of(text), &session, &why), 0, "%s: %s", text, why);
    return face_session_newest(&session);
}

static void expect_refused(const char *text)
{
    static struct face_session refused, zeroed;
    const char *why = NULL;
    memset(&refused, 0xAA, sizeof refused);
    cr_expect_lt(face_session_parse(slice_of(text), &refused, &why), 0, "%s", text);
    cr_expect_not_null(why, "%s", text);
    cr_expect_eq(memcmp(&refused, &zeroed, sizeof zeroed), 0, "%s", text);
}

Test(face_attempt, reads_image_id_and_hash)
{
    const struct face_attempt *attempt =
        parse(ATTEMPT(",\"result\":{\"digest\":\"d\",\"sessionImageId\":\"AaTW-_\","
                      "\"verifyImageHash\":\"" HASH "\"}"));
    cr_expect_str_eq(attempt->session_image_id, "AaTW-_");
    cr_expect(attempt->has_image_hash);
    cr_expect_eq(attempt->image_hash[0], 0x19);
    cr_expect_eq(attempt->image_hash[31], 0xAB);
    attempt = parse(ATTEMPT(",\"result\":{\"sessionImageId\":null,\"verifyImageHash\":null}"));
    cr_expect_str_empty(attempt->session_image_id);
    cr_expect_not(attempt->has_image_hash);
}

Test(face_attempt, never_cuts_what_is_compared_or_asked_for)
{
    char text[1000];
    (void)snprintf(text, sizeof text, ATTEMPT(",\"result\":{\"sessionImageId\":\"%0128d\"}"), 0);
    cr_expect_eq(strlen(parse(text)->session_image_id), 128);
    (void)snprintf(text, sizeof text, ATTEMPT(",\"result\":{\"sessionImageId\":\"%0129d\"}"), 0);
    expect_refused(text);
    expect_refused(ATTEMPT(",\"result\":{\"sessionImageId\":1}"));
    expect_refused(ATTEMPT(",\"result\":{\"verifyImageHash\":1}"));
    expect_refused(ATTEMPT(",\"result\":{\"verifyImageHash\":\"19C0\"}"));
    expect_refused(ATTEMPT(",\"result\":{\"verifyImageHash\":\"" HASH "00\"}"));
    expect_refused(ATTEMPT(",\"result\":{\"verifyImageHash\":\"G" HASH "\"}"));
}

Test(face_attempt, reads_flagged_sessions_in_both_places_once)
{
    static const char *const rows[] = {
        ATTEMPT("," ABUSE("true", "[" FLAG(OTHER, "1") "," FLAG(THIRD, "2") "]")),
        ATTEMPT(",\"result\":{" ABUSE("true", "[" FLAG(OTHER, "1") "," FLAG(THIRD, "2") "]") "}"),
        ATTEMPT("," ABUSE("true", "[" FLAG(OTHER, "1") "]") ",\"result\":{" ABUSE(
            "true", "[" FLAG(OTHER, "1") "," FLAG(THIRD, "2") "]") "}"),
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct face_attempt *attempt = parse(rows[i]);
        cr_expect(attempt->abuse_detected, "%zu", i);
        cr_assert_eq(attempt->flagged_count, 2, "%zu", i);
        cr_expect_str_eq(attempt->flagged[0].session_id, OTHER);
        cr_expect_eq(attempt->flagged[0].attempt_id, 1);
        cr_expect_str_eq(attempt->flagged[1].session_id, THIRD);
        cr_expect_eq(attempt->flagged[1].attempt_id, 2);
    }
    cr_expect_eq(parse(ATTEMPT("," ABUSE("true", "null")))->flagged_count, 0);
}

Test(face_attempt, keeps_a_bounded_number_of_flagged_sessions)
{
    CLEANUP(buf) struct buf text;
    buf_init(&text, 20000);
    buf_puts(&text, HEAD "\"attempts\":[{\"attemptId\":1,\"attemptStatus\":\"Succeeded\","
                         "\"abuseMonitoringResult\":{\"isAbuseDetected\":true,"
                         "\"otherFlaggedSessions\":[");
    for (int i = 0; i < 100; i++) {
        buf_printf(&text, "%s{\"attemptId\":%d,\"sessionId\":\"" OTHER "\"}", i ? "," : "", i);
    }
    buf_puts(&text, "]}}]}}");
    cr_expect_eq(parse(text.data)->flagged_count, FACE_FLAGGED_MAX);
}

Test(face_attempt, a_flag_typed_as_object_by_mistake_does_not_break_the_answer)
{
    cr_expect_not(parse(ATTEMPT("," ABUSE("{}", "[]")))->abuse_detected);
    cr_expect_not(parse(ATTEMPT(",\"result\":{" ABUSE("{}", "null") "}"))->abuse_detected);
    cr_expect(parse(ATTEMPT("," ABUSE("{}", "[" FLAG(OTHER, "1") "]")))->abuse_detected,
              "the others found tell");
    cr_expect_not(parse(ATTEMPT("," ABUSE("false", "[" FLAG(OTHER, "1") "]")))->abuse_detected);
}

Test(face_attempt, refuses_flags_of_another_form)
{
    expect_refused(ATTEMPT("," ABUSE("true", "{}")));
    expect_refused(ATTEMPT("," ABUSE("true", "[1]")));
    expect_refused(ATTEMPT("," ABUSE("true", "[{}]")));
    expect_refused(ATTEMPT("," ABUSE("true", "[{\"attemptId\":1,\"sessionId\":\"../x\"}]")));
    expect_refused(ATTEMPT("," ABUSE("true", "[{\"sessionId\":\"" OTHER "\"}]")));
    expect_refused(ATTEMPT("," ABUSE("true", "[" FLAG(OTHER, "\"1\"") "]")));
    expect_refused(ATTEMPT("," ABUSE("[]", "[]")));
    expect_refused(ATTEMPT("," ABUSE("1", "[]")));
}

Test(face_attempt, reads_references)
{
    (void)parse(REFERENCES("[{\"referenceType\":\"image\"," RECTANGLE
                           ",\"qualityForRecognition\":\"high\"},{\"referenceType\":\"Color\"}]"));
    cr_expect(session.has_references);
    cr_assert_eq(session.reference_count, 2);
    cr_expect(session.references[0].has_rectangle);
    cr_expect_eq(session.references[0].rectangle.height, 310);
    cr_expect_str_eq(session.references[0].quality_word, "high");
    cr_expect_not(session.references[1].has_rectangle);
    cr_expect_str_empty(session.references[1].quality_word);
    (void)parse(REFERENCES("[]"));
    cr_expect(session.has_references);
    cr_expect_eq(session.reference_count, 0);
    (void)parse(REFERENCES("null"));
    cr_expect_not(session.has_references);
    (void)parse(REFERENCES("[{},{},{},{},{},{}]"));
    cr_expect_eq(session.reference_count, FACE_REFERENCES_MAX);
}

Test(face_attempt, refuses_references_of_another_form)
{
    expect_refused(REFERENCES("{}"));
    expect_refused(REFERENCES("[1]"));
    expect_refused(REFERENCES("[null]"));
    expect_refused(REFERENCES("[{\"faceRectangle\":[]}]"));
    expect_refused(REFERENCES("[{\"faceRectangle\":{\"top\":1}}]"));
    expect_refused(REFERENCES("[{\"qualityForRecognition\":1}]"));
}

Test(face_attempt, a_parser_may_be_given_a_used_session)
{
    (void)parse(ATTEMPT("," ABUSE("true", "[" FLAG(OTHER, "1") "]")));
    session.auth_token = NULL;
    const char *why;
    cr_assert_eq(face_session_parse(slice_of(ATTEMPT(",\"result\":{}")), &session, &why), 0);
    const struct face_attempt *attempt = face_session_newest(&session);
    cr_expect_not(attempt->abuse_detected);
    cr_expect_eq(attempt->flagged_count, 0);
    cr_expect_not(session.has_references);
}

Test(face_attempt, reset_leaves_zeros)
{
    static const struct face_session zeroed;
    (void)parse(ATTEMPT(",\"result\":{\"digest\":\"DIGEST\"}"));
    face_session_reset(&session);
    cr_expect_eq(memcmp(&session, &zeroed, sizeof zeroed), 0);
}

/* ---- showing ---- */

#define SHOWN                                                                                      \
    HEAD "\"attempts\":[{\"attemptId\":3,\"attemptStatus\":\"Failed\",\"error\":{\"code\":\"c\","  \
         "\"message\":\"m\"}},{\"attemptId\":2,\"attemptStatus\":\"Succeeded\",\"result\":{"       \
         "\"livenessDecision\":\"realface\",\"digest\":\"DIGEST\",\"sessionImageId\":\"THEIRS2\"," \
         "\"verifyImageHash\":\"" HASH "\"}," ABUSE(                                               \
             "true", "[" FLAG(OTHER, "1") "]") "},{\"attemptId\":1,\"attemptStatus\":"             \
                                               "\"Succeeded\",\"result\":{\"sessionImageId\":"     \
                                               "\"THEIRS1\"}}],\"verifyReferences\":[{" RECTANGLE  \
                                               ",\"qualityForRecognition\":\"low\"}"               \
                                               "]}}"
#define ERROR_SHOWN                                                                                \
    "{\"attemptId\":3,\"attemptStatus\":\"Failed\",\"error\":{\"code\":\"c\",\"message\":\"m\"}}"
#define LAST_SHOWN "{\"attemptId\":1,\"attemptStatus\":\"Succeeded\",\"result\":{}}"
#define REFERENCES_SHOWN                                                                           \
    "[{\"referenceType\":\"image\"," RECTANGLE ",\"qualityForRecognition\":\"low\"}]"
#define ABUSE_SHOWN "\"abuseMonitoringResult\":{\"isAbuseDetected\":true}"
#define SECOND_SHOWN(extra)                                                                        \
    "{\"attemptId\":2,\"attemptStatus\":\"Succeeded\"," ABUSE_SHOWN                                \
    ",\"result\":{\"livenessDecision\":\"realface\"" extra "," ABUSE_SHOWN "}}"

Test(face_attempt, owners_see_references_but_no_ids_and_hashes)
{
    CLEANUP(buf) struct buf text;
    buf_init(&text, 4096);
    (void)parse(SHOWN);
    face_session_write_results(&session, &text);
    cr_expect_str_eq(text.data,
                     "{\"attempts\":[" ERROR_SHOWN
                     "," SECOND_SHOWN("") "," LAST_SHOWN "],\"verifyReferences\":" REFERENCES_SHOWN
                                          "}");
}

Test(face_attempt, operators_see_our_image_id_and_the_hash)
{
    CLEANUP(buf) struct buf text;
    buf_init(&text, 4096);
    (void)parse(SHOWN);
    face_session_write_details(&session, "OURS", &text);
    cr_expect_str_eq(text.data,
                     "{\"attempts\":[" ERROR_SHOWN "," SECOND_SHOWN(
                         ",\"sessionImageId\":\"OURS\",\"verifyImageHash\":\"" HASH
                         "\"") "," LAST_SHOWN "],\"verifyReferences\":" REFERENCES_SHOWN "}");
    buf_reset(&text);
    face_session_write_details(&session, NULL, &text);
    cr_expect_null(strstr(text.data, "sessionImageId"));
    cr_expect_null(strstr(text.data, "THEIRS"));
    cr_expect_null(strstr(text.data, "DIGEST"));
}

Test(face_attempt, references_are_a_list_by_themselves)
{
    CLEANUP(buf) struct buf text;
    buf_init(&text, 4096);
    (void)parse(SHOWN);
    face_session_write_references(&session, &text);
    cr_expect_str_eq(text.data, REFERENCES_SHOWN);
    buf_reset(&text);
    (void)parse(REFERENCES("[]"));
    face_session_write_references(&session, &text);
    cr_expect_str_eq(text.data, "[]");
}

/* ---- for readers that look at no status ---- */

static void expect_filled(const char *json, enum face_kind kind, const char *image_id,
                          const char *results)
{
    CLEANUP(buf) struct buf text;
    buf_init(&text, 4096);
    (void)parse(json);
    face_session_write_filled(&session, kind, image_id, &text);
    cr_expect_str_eq(text.data, results);
}

#define NO_ATTEMPT(result)                                                                         \
    "{\"attemptId\":1,\"attemptStatus\":\"NotStarted\",\"result\":" result "}"

Test(face_attempt, where_nothing_was_tried_there_is_an_attempt_without_a_decision)
{
    expect_filled(HEAD "\"attempts\":[]}}", FACE_LIVENESS, NULL,
                  "{\"attempts\":[" NO_ATTEMPT("{}") "]}");
    expect_filled(HEAD "\"attempts\":[]}}", FACE_LIVENESS_WITH_VERIFY, NULL,
                  "{\"attempts\":[" NO_ATTEMPT("{\"verifyResult\":{}}") "]}");
}

Test(face_attempt, filled_attempts_have_results_and_lose_nothing)
{
    expect_filled(
        SHOWN, FACE_LIVENESS, NULL,
        "{\"attempts\":[{\"attemptId\":3,\"attemptStatus\":\"Failed\",\"error\":{\"code\":"
        "\"c\",\"message\":\"m\"},\"result\":{}}," SECOND_SHOWN(
            "") "," LAST_SHOWN "],\"verifyReferences\":" REFERENCES_SHOWN "}");
    expect_filled(HEAD "\"attempts\":[{\"attemptId\":1,\"attemptStatus\":\"Running\"}]}}",
                  FACE_LIVENESS, NULL,
                  "{\"attempts\":[{\"attemptId\":1,\"attemptStatus\":\"Running\",\"result\":{}}]}");
}

Test(face_attempt, filled_results_of_verify_sessions_have_a_verify_result)
{
    expect_filled(HEAD "\"attempts\":[{\"attemptId\":1,\"attemptStatus\":\"Succeeded\",\"result\":{"
                       "\"livenessDecision\":\"spoofface\"}}]}}",
                  FACE_LIVENESS_WITH_VERIFY, NULL,
                  "{\"attempts\":[{\"attemptId\":1,\"attemptStatus\":\"Succeeded\",\"result\":{"
                  "\"livenessDecision\":\"spoofface\",\"verifyResult\":{}}}]}");
    expect_filled(HEAD "\"attempts\":[{\"attemptId\":1,\"attemptStatus\":\"Succeeded\",\"result\":{"
                       "\"verifyResult\":{\"isIdentical\":true,\"matchConfidence\":0.5}}}]}}",
                  FACE_LIVENESS_WITH_VERIFY, NULL,
                  "{\"attempts\":[{\"attemptId\":1,\"attemptStatus\":\"Succeeded\",\"result\":{"
                  "\"verifyResult\":{\"matchConfidence\":0.5,\"isIdentical\":true}}}]}");
}

Test(face_attempt, filled_results_show_operators_what_they_may_see)
{
    CLEANUP(buf) struct buf text;
    buf_init(&text, 4096);
    (void)parse(SHOWN);
    face_session_write_filled(&session, FACE_LIVENESS, "OURS", &text);
    cr_expect_not_null(strstr(text.data, "\"sessionImageId\":\"OURS\""));
    cr_expect_not_null(strstr(text.data, "\"verifyImageHash\":\"" HASH "\""));
    cr_expect_null(strstr(text.data, "THEIRS"));
    cr_expect_null(strstr(text.data, "DIGEST"));
}
