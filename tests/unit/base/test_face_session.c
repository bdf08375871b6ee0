/* Promises of base/face_session.h. */
#include "base/face_session.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID   "5f0c7c1e-9a42-4d0b-8a53-6d2f0b6f7a10"
#define HEAD "{\"sessionId\":\"" ID "\",\"status\":\"Running\",\"results\":{\"attempts\":"
#define RECTANGLE                                                                                  \
    "\"targets\":{\"color\":{\"faceRectangle\":{\"top\":412,\"left\":-3,\"width\":520,"            \
    "\"height\":604}}}"

/* Parses, or fails the test; freed by drop. */
static struct face_session *parse(const char *text)
{
    struct face_session *session = xcalloc(1, sizeof *session);
    const char *why = "";
    cr_assert_eq(face_session_parse(slice_of(text), session, &why), 0, "%s: %s", text, why);
    return session;
}

static void drop(struct face_session *session)
{
    face_session_done(session);
    free(session);
}

static void expect_refused(const char *text)
{
    static const struct face_session zeroed;
    struct face_session *session = xcalloc(1, sizeof *session);
    const char *why = NULL;
    cr_expect_lt(face_session_parse(slice_of(text), session, &why), 0, "%s", text);
    cr_expect_not_null(why);
    cr_expect_eq(memcmp(session, &zeroed, sizeof zeroed), 0, "zeroed on failure: %s", text);
    free(session);
}

/* One attempt with this text after its id and status. */
static const char *with_attempt(const char *rest)
{
    static char text[4096];
    (void)snprintf(text, sizeof text,
                   HEAD "[{\"attemptId\":1,\"attemptStatus\":\"Succeeded\"%s}]}}", rest);
    return text;
}

Test(face_session, reads_the_answer_to_a_create)
{
    struct face_session *session =
        parse("{\"sessionId\":\"" ID "\",\"authToken\":\"eyJh.b.c\",\"status\":\"NotStarted\","
              "\"modelVersion\":\"2025-05-20\",\"results\":{\"attempts\":[]},"
              "\"isAbuseMonitoringEnabled\":"
              "true}");
    cr_expect_str_eq(session->session_id, ID);
    cr_expect_str_eq(session->auth_token, "eyJh.b.c");
    cr_expect_eq(session->status, FACE_STATUS_NOT_STARTED);
    cr_expect_str_eq(session->status_word, "NotStarted");
    cr_expect_str_eq(session->model_version, "2025-05-20");
    cr_expect_eq(session->attempt_count, 0);
    cr_expect_null(face_session_newest(session));
    drop(session);
}

Test(face_session, reads_attempts_with_result_and_error)
{
    struct face_session *session =
        parse(HEAD "[{\"attemptId\":2,\"attemptStatus\":\"Succeeded\",\"error\":null,\"result\":{"
                   "\"livenessDecision\":\"realFace\"," RECTANGLE ",\"digest\":\"7D0B\","
                   "\"sessionImageId\":\"x\",\"verifyResult\":{\"isIdentical\":true}}},"
                   "{\"attemptId\":1,\"attemptStatus\":\"Failed\",\"error\":{\"code\":"
                   "\"FaceWithMaskDetected\",\"message\":\"Mask.\"," RECTANGLE "}}],"
                   "\"verifyReferences\":[{\"referenceType\":\"image\"}]}}");
    cr_assert_eq(session->attempt_count, 2);
    const struct face_attempt *two = &session->attempts[0];
    cr_expect_eq(two->attempt_id, 2);
    cr_expect_eq(two->status, FACE_STATUS_SUCCEEDED);
    cr_expect(two->has_result);
    cr_expect_not(two->has_error);
    cr_expect_eq(two->decision, FACE_DECISION_REALFACE);
    cr_expect_str_eq(two->decision_word, "realFace");
    cr_expect_str_eq(two->digest, "7D0B");
    cr_expect(two->has_rectangle);
    cr_expect_eq(two->rectangle.top, 412);
    cr_expect_eq(two->rectangle.left, -3);
    cr_expect_eq(two->rectangle.width, 520);
    cr_expect_eq(two->rectangle.height, 604);
    const struct face_attempt *one = &session->attempts[1];
    cr_expect_eq(one->status, FACE_STATUS_FAILED);
    cr_expect(one->has_error);
    cr_expect_not(one->has_result);
    cr_expect_eq(one->decision, FACE_DECISION_NONE);
    cr_expect_str_eq(one->error_code, "FaceWithMaskDetected");
    cr_expect_str_eq(one->error_message, "Mask.");
    cr_expect(one->has_rectangle);
    drop(session);
}

Test(face_session, an_attempt_may_have_neither_result_nor_error)
{
    struct face_session *session = parse(with_attempt(",\"result\":null,\"error\":null"));
    cr_expect_not(session->attempts[0].has_result);
    cr_expect_not(session->attempts[0].has_error);
    cr_expect_str_empty(session->attempts[0].digest);
    drop(session);
    drop(parse(with_attempt("")));
}

Test(face_session, the_newest_attempt_is_the_largest_id_wherever_it_stands)
{
    struct face_session *session = parse(
        HEAD "[{\"attemptId\":1,\"attemptStatus\":\"Failed\"},{\"attemptId\":3,"
             "\"attemptStatus\":\"Running\"},{\"attemptId\":2,\"attemptStatus\":\"Failed\"}]}}");
    cr_assert_not_null(face_session_newest(session));
    cr_expect_eq(face_session_newest(session)->attempt_id, 3);
    drop(session);
}

Test(face_session, words_are_known_in_any_case_and_otherwise_unknown)
{
    cr_expect_eq(face_status_from(SLICE("NotStarted")), FACE_STATUS_NOT_STARTED);
    cr_expect_eq(face_status_from(SLICE("running")), FACE_STATUS_RUNNING);
    cr_expect_eq(face_status_from(SLICE("SUCCEEDED")), FACE_STATUS_SUCCEEDED);
    cr_expect_eq(face_status_from(SLICE("Failed")), FACE_STATUS_FAILED);
    cr_expect_eq(face_status_from(SLICE("canceled")), FACE_STATUS_CANCELED);
    static const char *const unknown[] = {"", "Succeeded ", "Succeede", "Succeededx", "Expired"};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        cr_expect_eq(face_status_from(slice_of(unknown[i])), FACE_STATUS_UNKNOWN, "%s", unknown[i]);
    }
}

static enum face_decision decision_of(const char *result)
{
    char rest[1000];
    (void)snprintf(rest, sizeof rest, ",\"result\":{%s}", result);
    struct face_session *session = parse(with_attempt(rest));
    enum face_decision decision = session->attempts[0].decision;
    drop(session);
    return decision;
}

Test(face_session, decisions_are_known_in_any_case_and_otherwise_unknown)
{
    cr_expect_eq(decision_of("\"livenessDecision\":\"REALFACE\""), FACE_DECISION_REALFACE);
    cr_expect_eq(decision_of("\"livenessDecision\":\"spoofface\""), FACE_DECISION_SPOOFFACE);
    cr_expect_eq(decision_of("\"livenessDecision\":\"Uncertain\""), FACE_DECISION_UNCERTAIN);
    cr_expect_eq(decision_of("\"livenessDecision\":\"maybe\""), FACE_DECISION_UNKNOWN);
    cr_expect_eq(decision_of("\"livenessDecision\":\"\""), FACE_DECISION_UNKNOWN);
    cr_expect_eq(decision_of("\"livenessDecision\":null"), FACE_DECISION_NONE);
    cr_expect_eq(decision_of("\"digest\":\"x\""), FACE_DECISION_NONE);
}

Test(face_session, a_word_that_only_begins_like_a_known_one_is_unknown)
{
    /* longer than what is kept of a word: the whole of it is judged, not the rest after cutting */
    char result[200];
    (void)snprintf(result, sizeof result, "\"livenessDecision\":\"realface%0100d\"", 0);
    cr_expect_eq(decision_of(result), FACE_DECISION_UNKNOWN);
}

Test(face_session, an_empty_token_is_none)
{
    struct face_session *session = parse("{\"sessionId\":\"" ID "\",\"authToken\":\"\","
                                         "\"status\":\"x\",\"results\":{\"attempts\":[]}}");
    cr_expect_null(session->auth_token);
    cr_expect_eq(session->status, FACE_STATUS_UNKNOWN);
    drop(session);
    session = xcalloc(1, sizeof *session);
    drop(session); /* a zeroed one */
}

static void expect_token(size_t size, char c, bool taken)
{
    CLEANUP(buf) struct buf text;
    buf_init(&text, 20000);
    buf_puts(&text, "{\"authToken\":\"");
    for (size_t i = 0; i < size; i++) {
        buf_putc(&text, c);
    }
    buf_puts(&text, "\",\"sessionId\":\"" ID "\",\"status\":\"x\",\"results\":{\"attempts\":[]}}");
    if (taken) {
        struct face_session *session = parse(text.data);
        cr_expect_eq(strlen(session->auth_token), size);
        drop(session);
    } else {
        expect_refused(text.data);
    }
}

Test(face_session, tokens_are_printable_and_bounded)
{
    expect_token(1, '~', true);
    expect_token(FACE_TOKEN_MAX, 'a', true);
    expect_token(FACE_TOKEN_MAX + 1, 'a', false);
    expect_token(10, ' ', false);
    expect_token(10, '\x7F', false);
}

Test(face_session, refuses_sessions_without_what_is_required)
{
    static const char *const bad[] = {
        "",
        "[]",
        "null",
        "{}",
        "{\"status\":\"x\",\"results\":{\"attempts\":[]}}",
        "{\"sessionId\":\"" ID "\",\"results\":{\"attempts\":[]}}",
        "{\"sessionId\":\"" ID "\",\"status\":\"x\"}",
        "{\"sessionId\":\"" ID "\",\"status\":\"x\",\"results\":{}}",
        "{\"sessionId\":\"" ID "\",\"status\":\"x\",\"results\":null}",
        "{\"sessionId\":\"" ID "\",\"status\":\"x\",\"results\":[]}",
        "{\"sessionId\":\"" ID "\",\"status\":\"x\",\"results\":{\"attempts\":{}}}",
        "{\"sessionId\":\"" ID "\",\"status\":\"x\",\"results\":{\"attempts\":null}}",
        "{\"sessionId\":\"" ID "\",\"status\":1,\"results\":{\"attempts\":[]}}",
        "{\"sessionId\":\"" ID "\",\"status\":null,\"results\":{\"attempts\":[]}}",
        "{\"sessionId\":\"" ID "\",\"status\":\"x\",\"authToken\":1,\"results\":{\"attempts\":[]}}",
        "{\"sessionId\":\"" ID
        "\",\"status\":\"x\",\"modelVersion\":1,\"results\":{\"attempts\":[]}}",
        "{\"sessionId\":\"" ID "\",\"status\":\"x\",\"authToken\":\"secret\",\"results\":{}}",
        "{\"SessionId\":\"" ID "\",\"status\":\"x\",\"results\":{\"attempts\":[]}}",
        "{\"sessionId\":\"" ID "\",\"status\":\"x\",\"results\":{\"attempts\":[]}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        expect_refused(bad[i]);
    }
}

Test(face_session, refuses_ids_that_are_no_uuid)
{
    static const char *const bad[] = {"\"\"",
                                      "1",
                                      "null",
                                      "\"../../x\"",
                                      "\"5f0c7c1e-9a42-4d0b-8a53-6d2f0b6f7a1\"",
                                      "\"5f0c7c1e-9a42-4d0b-8a53-6d2f0b6f7a100\"",
                                      "\"5f0c7c1e-9a42-4d0b-8a53-6d2f0b6f7a1g\"",
                                      "\"5f0c7c1e09a42-4d0b-8a53-6d2f0b6f7a10\"",
                                      "\"5f0c7c1e-9a42-4d0b-8a53-6d2f0b6f7a1/\"",
                                      "\"5f0c7c1e--a42-4d0b-8a53-6d2f0b6f7a10\""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[200];
        (void)snprintf(text, sizeof text,
                       "{\"sessionId\":%s,\"status\":\"x\",\"results\":{\"attempts\":[]}}", bad[i]);
        expect_refused(text);
    }
    drop(parse("{\"sessionId\":\"5F0C7C1E-9A42-4D0B-8A53-6D2F0B6F7A10\",\"status\":\"x\","
               "\"results\":{\"attempts\":[]}}"));
}

Test(face_session, refuses_attempts_that_are_not_whole)
{
    static const char *const bad[] = {
        "[1]",
        "[null]",
        "[[]]",
        "[{}]",
        "[{\"attemptId\":1}]",
        "[{\"attemptStatus\":\"x\"}]",
        "[{\"attemptId\":0,\"attemptStatus\":\"x\"}]",
        "[{\"attemptId\":-1,\"attemptStatus\":\"x\"}]",
        "[{\"attemptId\":1.5,\"attemptStatus\":\"x\"}]",
        "[{\"attemptId\":\"1\",\"attemptStatus\":\"x\"}]",
        "[{\"attemptId\":2147483648,\"attemptStatus\":\"x\"}]",
        "[{\"attemptId\":1,\"attemptStatus\":null}]",
        "[{\"attemptId\":1,\"attemptStatus\":2}]",
        "[{\"attemptId\":1,\"attemptStatus\":\"x\"},{\"attemptId\":1,\"attemptStatus\":\"y\"}]",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[400];
        (void)snprintf(text, sizeof text, HEAD "%s}}", bad[i]);
        expect_refused(text);
    }
}

Test(face_session, refuses_results_and_errors_of_another_form)
{
    static const char *const bad[] = {
        ",\"result\":1",
        ",\"result\":[]",
        ",\"error\":\"x\"",
        ",\"result\":{},\"error\":{\"code\":\"x\",\"message\":\"y\"}",
        ",\"result\":{\"livenessDecision\":1}",
        ",\"result\":{\"livenessDecision\":true}",
        ",\"result\":{\"digest\":1}",
        ",\"result\":{\"targets\":1}",
        ",\"result\":{\"targets\":{\"color\":[]}}",
        ",\"result\":{\"targets\":{\"color\":{\"faceRectangle\":1}}}",
        ",\"result\":{\"targets\":{\"color\":{\"faceRectangle\":{\"top\":1,\"left\":1,\"width\":1}}"
        "}}",
        ",\"result\":{\"targets\":{\"color\":{\"faceRectangle\":{\"top\":1,\"left\":1,\"width\":1,"
        "\"height\":\"1\"}}}}",
        ",\"result\":{\"targets\":{\"color\":{\"faceRectangle\":{\"top\":1,\"left\":1,\"width\":1,"
        "\"height\":3000000000}}}}",
        ",\"error\":{}",
        ",\"error\":{\"code\":\"x\"}",
        ",\"error\":{\"message\":\"x\"}",
        ",\"error\":{\"code\":1,\"message\":\"x\"}",
        ",\"error\":{\"code\":\"x\",\"message\":\"y\",\"targets\":\"z\"}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        expect_refused(with_attempt(bad[i]));
    }
}

static void put_attempts(struct buf *text, int count)
{
    buf_puts(text, HEAD "[");
    for (int i = 1; i <= count; i++) {
        buf_printf(text, "%s{\"attemptId\":%d,\"attemptStatus\":\"Failed\"}", i > 1 ? "," : "", i);
    }
    buf_puts(text, "]}}");
}

Test(face_session, takes_sixteen_attempts_and_no_more)
{
    CLEANUP(buf) struct buf text;
    buf_init(&text, 10000);
    put_attempts(&text, FACE_ATTEMPTS_MAX);
    drop(parse(text.data));
    buf_reset(&text);
    put_attempts(&text, FACE_ATTEMPTS_MAX + 1);
    expect_refused(text.data);
}

Test(face_session, cuts_what_is_shown_but_never_a_digest)
{
    char rest[1000];
    (void)snprintf(rest, sizeof rest, ",\"error\":{\"code\":\"%060d\",\"message\":\"%0300d\"}", 0,
                   0);
    struct face_session *session = parse(with_attempt(rest));
    cr_expect_eq(strlen(session->attempts[0].error_code), FACE_CODE_SIZE - 1);
    cr_expect_eq(strlen(session->attempts[0].error_message), FACE_MESSAGE_SIZE - 1);
    drop(session);
    (void)snprintf(rest, sizeof rest, ",\"result\":{\"digest\":\"%0128d\"}", 0);
    session = parse(with_attempt(rest));
    cr_expect_eq(strlen(session->attempts[0].digest), 128);
    drop(session);
    (void)snprintf(rest, sizeof rest, ",\"result\":{\"digest\":\"%0129d\"}", 0);
    expect_refused(with_attempt(rest));
}

Test(face_session, shows_owners_what_is_allowed_newest_first)
{
    struct face_session *session = parse(
        HEAD "[{\"attemptId\":1,\"attemptStatus\":\"Failed\",\"error\":{\"code\":\"X\",\"message\":"
             "\"a \\\"b\\\"\"}},{\"attemptId\":3,\"attemptStatus\":\"Running\"},{\"attemptId\":2,"
             "\"attemptStatus\":\"Succeeded\",\"result\":{\"livenessDecision\":\"spoofface\","
             "\"digest\":\"DIGEST\",\"sessionImageId\":\"IMAGE\"," RECTANGLE "}}]}}");
    CLEANUP(buf) struct buf text;
    buf_init(&text, 4096);
    face_session_write_results(session, &text);
    cr_expect_str_eq(
        text.data,
        "{\"attempts\":[{\"attemptId\":3,\"attemptStatus\":\"Running\"},{\"attemptId\":2,"
        "\"attemptStatus\":\"Succeeded\",\"result\":{\"livenessDecision\":\"spoofface\"," RECTANGLE
        "}},{\"attemptId\":1,\"attemptStatus\":\"Failed\",\"error\":{\"code\":\"X\",\"message\":"
        "\"a \\\"b\\\"\"}}]}");
    drop(session);
}

Test(face_session, shows_an_empty_list_where_nothing_was_tried)
{
    struct face_session *session = parse(HEAD "[]}}");
    CLEANUP(buf) struct buf text;
    buf_init(&text, 4096);
    face_session_write_results(session, &text);
    cr_expect_str_eq(text.data, "{\"attempts\":[]}");
    drop(session);
}
