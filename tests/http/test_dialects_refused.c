/*
 * What is malformed, forbidden or broken on the paths of the web samples: always their shape of an
 * error, whoever notices it, so that a frontend has a sentence to show. Nothing of it gets
 * upstream.
 */
#include "support/raw.h"
#include "support/web_sample.h"

#include <criterion/criterion.h>
#include <string.h>

#define PLAIN  "detectLiveness"
#define VERIFY "detectLivenessWithVerify"
#define FORM   "Content-Type: multipart/form-data; boundary=x"

static const struct slice no_picture = {NULL, 0};

static const char *create_url(const struct rig *rig)
{
    return daemon_url(rig->server, "http", SAMPLE_CREATE_PATH);
}

static const char *result_url(const struct rig *rig, const char *query)
{
    return daemon_url(rig->server, "http", text_of(SAMPLE_RESULT_PATH "%s", query));
}

/* The process lives and serves, and nothing went upstream. */
static void expect_unharmed(const struct rig *rig)
{
    cr_assert_eq(emulator_calls(rig, "POST", "/face"), 0);
    cr_assert_eq(emulator_calls(rig, "GET", "/face"), 0);
    expect_status(sample_create(rig, PLAIN, SAMPLE_PARAMETERS, no_picture, NULL), 200);
}

/* ---- forms ---- */

static const char *message_of(const struct http_answer *answer)
{
    return json_text_at(answer->json, "error.message");
}

/* In each row several things are wrong; the samples' servers find the first. */
Test(dialects_refused, forms_are_judged_in_the_order_of_the_samples)
{
    struct rig rig = rig_open();
    static const struct {
        const char *action, *parameters;
        bool picture;
        const char *code, *says;
    } rows[] = {
        {"x", NULL, false, "InvalidRequestBody", "parameters"},
        {VERIFY, NULL, false, "InvalidRequestBody", "parameters"},
        {PLAIN, "", false, "InvalidRequestBody", "parameters"},
        {PLAIN, "{", false, "InvalidRequestBody", "parameters"},
        {PLAIN, "undefined", false, "InvalidRequestBody", "parameters"},
        {PLAIN, "null", false, "InvalidRequestBody", "parameters"},
        {PLAIN, "[]", false, "InvalidRequestBody", "parameters"},
        {PLAIN, "\"{}\"", false, "InvalidRequestBody", "parameters"},
        {PLAIN, "{\"a\":\"\xff\"}", false, "InvalidRequestBody", "parameters"},
        {VERIFY, "{}", false, "NotAllowedByPolicy", "verifyImage"},
        {NULL, "{}", true, "InvalidRequestBody", "Action"},
        {"", "{}", true, "InvalidRequestBody", "Action"},
        {"../persongroups", "{}", true, "InvalidRequestBody", "Action"},
        {"detectLiveness-sessions", "{}", false, "InvalidRequestBody", "Action"},
        {VERIFY, "{\"deviceCorrelationId\":1}", true, "InvalidLivenessOperationMode", "Passive"},
        {PLAIN, "{\"livenessOperationMode\":1}", false, "InvalidLivenessOperationMode", "Passive"},
        {PLAIN, "{\"livenessOperationMode\":\"passive \"}", false, "InvalidLivenessOperationMode",
         "Passive"},
        {PLAIN, "{\"livenessOperationMode\":\"Passive\",\"deviceCorrelationId\":1}", false,
         "InvalidRequestBody", "deviceCorrelationId"},
        {PLAIN, "{\"livenessOperationMode\":\"Passive\",\"userCorrelationId\":{}}", false,
         "InvalidRequestBody", "userCorrelationId"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct http_answer *answer = expect_sample_error(
            sample_create(&rig, rows[i].action, rows[i].parameters,
                          rows[i].picture ? picture(2000, 1) : no_picture, NULL),
            400, rows[i].code);
        cr_assert(strstr(message_of(answer), rows[i].says), "row %zu: %s", i, answer->body);
        cr_assert_not(json_bool_at(answer->json, "error.retryable"));
    }
    expect_unharmed(&rig);
}

Test(dialects_refused, pictures_are_looked_at)
{
    struct rig rig = rig_open();
    static const struct {
        size_t size;
        int status;
        const char *code;
    } rows[] = {
        {0, 400, "InvalidImageSize"},
        {1023, 400, "InvalidImageSize"},
        {(size_t)6 * 1024 * 1024 + 1, 400, "InvalidImageSize"},
        {(size_t)7 * 1024 * 1024, 413, "BodyTooLarge"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct slice image = rows[i].size ? picture(rows[i].size, 1) : SLICE("");
        expect_sample_error(sample_create(&rig, VERIFY, SAMPLE_PARAMETERS, image, NULL),
                            rows[i].status, rows[i].code);
    }
    char *text = keep(xcalloc(1, 2001), free);
    memset(text, 'x', 2000);
    expect_sample_error(sample_create(&rig, VERIFY, SAMPLE_PARAMETERS, slice_of(text), NULL), 400,
                        "InvalidImage");
    expect_unharmed(&rig);
}

#define HEAD_OF(name) "--x\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n"

Test(dialects_refused, forms_that_are_none_are_told_so)
{
    struct rig rig = rig_open();
    static const char *const bodies[] = {
        "",
        "{",
        "--x",
        "--x--",
        "--x--\r\n",
        "--x\r\n--x--\r\n",
        HEAD_OF("Action") "detectLiveness",
        HEAD_OF("Action") "detectLiveness\r\n",
        HEAD_OF("Action") "detectLiveness\r\n--x",
        HEAD_OF("Action") "detectLiveness\r\n--x\r\n",
        HEAD_OF("Action") "detectLiveness\r\n" HEAD_OF("parameters") "{}",
        "--x\r\nContent-Disposition: form-data\r\n\r\ndetectLiveness\r\n--x--\r\n",
        "--x\r\n\r\n\r\n--x--\r\n",
        HEAD_OF("Action") "detectLiveness\r\n" HEAD_OF("action") "detectLiveness\r\n--x--\r\n",
        HEAD_OF("") "\r\n--x--\r\n",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        expect_sample_error(http_do("POST", create_url(&rig), bodies[i], FORM), 400,
                            "InvalidRequestBody");
    static const char *const types[] = {"multipart/form-data", "multipart/form-data; boundary=",
                                        "multipart/form-data; boundary=\"x"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        expect_sample_error(
            http_do("POST", create_url(&rig), "--x--\r\n", text_of("Content-Type: %s", types[i])),
            400, "InvalidRequestBody");
    expect_unharmed(&rig);
}

Test(dialects_refused, nothing_but_a_form_is_taken)
{
    struct rig rig = rig_open();
    static const char *const types[] = {
        "application/json",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/octet-stream",
        "multipart/mixed; boundary=x",
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        expect_sample_error(
            http_do("POST", create_url(&rig), "{}", text_of("Content-Type: %s", types[i])), 415,
            "BadArgument");
    expect_sample_error(http_do("POST", create_url(&rig), NULL), 400, "InvalidRequestBody");
    expect_unharmed(&rig);
}

/* ---- queries ---- */

Test(dialects_refused, queries_are_read_as_they_come)
{
    struct rig rig = rig_open();
    const char *owner = sample_begin(&rig, PLAIN).owner;
    static const struct {
        const char *query;
        int status;
        const char *code;
    } rows[] = {
        {"", 400, "BadArgument"},
        {"?", 400, "BadArgument"},
        {"?action=" PLAIN, 400, "BadArgument"},
        {"?action=" PLAIN "&sessionId=", 400, "BadArgument"},
        {"?action=" PLAIN "&sessionid=x", 400, "BadArgument"},
        {"?action=nothing&sessionId=x", 400, "BadArgument"},
        {"?action=../../persongroups&sessionId=x", 400, "BadArgument"},
        {"?action=" PLAIN "&sessionId=%zz", 400, "BadArgument"},
        {"?action=" PLAIN "&sessionId=undefined", 404, "SessionNotFound"},
        {"?action=" PLAIN "&sessionId=../persongroups", 404, "SessionNotFound"},
        {"?action=" PLAIN "&sessionId=../../v1.3-preview.1/settings/getClientAssetsAccessToken",
         404, "SessionNotFound"},
        {"?action=" PLAIN "&sessionId=%2e%2e%2fpersongroups", 404, "SessionNotFound"},
        {"?action=undefined&sessionId=undefined", 400, "BadArgument"},
        {"?action=" PLAIN "&sessionId=01a20114-a636-7761-8409-aec159ed8510", 404,
         "SessionNotFound"},
        {"?sessionId=01a20114-a636-7761-8409-aec159ed8510%00", 400, "BadArgument"},
        {"?sessionId=01a20114-a636-7761-8409-aec159ed8510/../x", 404, "SessionNotFound"},
        {"?action=" PLAIN "&sessionId=x&wait=soon", 404, "SessionNotFound"},
        {"?action=" PLAIN "&sessionId=01a20114-a636-7761-8409-aec159ed8510&wait=soon", 400,
         "BadArgument"},
    };
    (void)http_do("DELETE", daemon_url(rig.emulator, "emulator", "/emulator/requests"));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct http_answer *answer =
            http_do("GET", result_url(&rig, rows[i].query), NULL, owner);
        cr_assert_eq(answer->status, rows[i].status, "%s: %s", rows[i].query, answer->body);
        expect_sample_error(answer, rows[i].status, rows[i].code);
    }
    expect_unharmed(&rig);
}

/* ---- who may not ---- */

Test(dialects_refused, a_session_of_another_is_an_unknown_one)
{
    struct rig rig = rig_open();
    struct story story = sample_begin(&rig, PLAIN);
    const char *owner = story.owner;
    story.owner = sample_begin(&rig, PLAIN).owner;
    expect_sample_error(sample_result(&rig, &story, PLAIN), 404, "SessionNotFound");
    story.owner = "X-Device-Token: none";
    const struct http_answer *answer =
        expect_sample_error(sample_result(&rig, &story, PLAIN), 401, "NotAuthenticated");
    cr_assert_not_null(answer_header(answer, "www-authenticate"));
    cr_assert_null(answer_header(answer, "set-cookie"), "looking makes no device");
    story.owner = owner;
    expect_status(sample_result(&rig, &story, PLAIN), 200);
}

Test(dialects_refused, a_wrong_credential_is_told_in_their_shape)
{
    struct rig rig = rig_open_set(
        "auth.mode=app_token", text_of("auth.app_tokens=%s", app_token_entry("a", "t0ken", NULL)));
    const char *const wrong[4] = {"Authorization: Bearer wrong"};
    expect_sample_error(sample_create(&rig, PLAIN, SAMPLE_PARAMETERS, no_picture, wrong), 401,
                        "NotAuthenticated");
    expect_sample_error(sample_create(&rig, PLAIN, SAMPLE_PARAMETERS, no_picture, NULL), 401,
                        "NotAuthenticated");
    expect_sample_error(http_do("GET", result_url(&rig, "?sessionId=x"), NULL, wrong[0]), 401,
                        "NotAuthenticated");
    const char *const delegate[4] = {"Authorization: Bearer t0ken"};
    expect_sample_error(
        sample_create(&rig, PLAIN,
                      "{\"livenessOperationMode\":\"Passive\",\"ownerSubject\":\"app:a\"}",
                      no_picture, delegate),
        403, "Forbidden");
    expect_status(sample_create(&rig, PLAIN, SAMPLE_PARAMETERS, no_picture, delegate), 200);
}

/* ---- what the listener refuses ---- */

Test(dialects_refused, other_methods_are_told_in_their_shape)
{
    struct rig rig = rig_open();
    static const char *const methods[] = {"PUT", "DELETE", "PATCH", "BREW"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        const struct http_answer *answer = expect_sample_error(
            http_do(methods[i], create_url(&rig), NULL), 405, "MethodNotAllowed");
        cr_assert_str_eq(answer_header(answer, "allow"), "POST");
        answer = expect_sample_error(http_do(methods[i], result_url(&rig, "?sessionId=x"), NULL),
                                     405, "MethodNotAllowed");
        cr_assert_str_eq(answer_header(answer, "allow"), "GET, HEAD");
    }
    expect_sample_error(
        http_do("POST", daemon_url(rig.server, "http", "//API/getsessionresult/"), NULL), 405,
        "MethodNotAllowed");
    cr_assert_null(
        json_find(http_do("PUT", daemon_url(rig.server, "http", SESSIONS_PATH))->json, "message"),
        "other paths keep their shape");
    expect_error(http_do("POST", daemon_url(rig.server, "http", "/api/generateAccessTokens"), NULL),
                 404, "RouteNotFound");
    expect_unharmed(&rig);
}

/* What was said to these bytes; the connection is closed behind it. */
static const char *said_to(const struct rig *rig, const char *bytes)
{
    int fd = raw_connect(daemon_address(rig->server, "http"));
    raw_send(fd, bytes);
    bool closed = false;
    const char *said = raw_read_all(fd, &closed);
    cr_assert(closed, "%s", said);
    return said;
}

static void expect_said(const char *said, const char *status, const char *code)
{
    const char *body = strstr(said, "\r\n\r\n");
    cr_assert_eq(strncmp(said, text_of("HTTP/1.1 %s ", status), strlen(status) + 10), 0, "%s",
                 said);
    cr_assert(body && strncmp(body + 4, "{\"message\":\"", 12) == 0, "%s", said);
    cr_assert(strstr(body, ",\"token\":null,\"error\":{\"token\":null,\"code\":\""), "%s", said);
    cr_assert(strstr(body, text_of("\"%s\"", code)), "%s", said);
}

Test(dialects_refused, what_is_no_request_to_them_is_told_in_their_shape)
{
    struct rig rig = rig_open();
#define POST_HEAD "POST " SAMPLE_CREATE_PATH " HTTP/1.1\r\nHost: a\r\n"
    expect_said(said_to(&rig, POST_HEAD FORM "\r\nContent-Length: 1073741824\r\n\r\n--x\r\n"),
                "413", "BodyTooLarge");
    expect_said(said_to(&rig, POST_HEAD FORM "\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), "400",
                "BadArgument");
    expect_said(
        said_to(&rig, POST_HEAD FORM "\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"), "400",
        "BadArgument");
    expect_said(said_to(&rig, "GET " SAMPLE_RESULT_PATH "?sessionId=x HTTP/1.1\r\n\r\n"), "400",
                "BadArgument");
    char *many = keep(xcalloc(1, 20 * 1024 + 1), free);
    memset(many, 'a', (size_t)20 * 1024);
    expect_said(said_to(&rig, text_of("GET " SAMPLE_RESULT_PATH "?sessionId=x HTTP/1.1\r\n"
                                      "Host: a\r\nX-Much: %s\r\n\r\n",
                                      many)),
                "431", "HeadTooLarge");
    expect_unharmed(&rig);
}

Test(dialects_refused, a_body_cut_off_harms_nobody)
{
    struct rig rig = rig_open();
    static const char form[] = HEAD_OF("Action") "detectLiveness\r\n" HEAD_OF(
        "parameters") "{\"livenessOperationMode\":\"Passive\"}\r\n--x--\r\n";
    for (size_t size = 0; size < sizeof form; size += 7) {
        int fd = raw_connect(daemon_address(rig.server, "http"));
        raw_send(fd, text_of(POST_HEAD FORM "\r\nContent-Length: %zu\r\n\r\n%.*s", sizeof form,
                             (int)size, form));
        if (size % 2)
            raw_reset(fd);
        else
            raw_half_close(fd);
    }
    expect_unharmed(&rig);
}

/* ---- what breaks behind us ---- */

Test(dialects_refused, what_fails_upstream_is_told_in_their_shape)
{
    struct rig rig = rig_open();
    static const struct {
        const char *fault, *code;
        int status;
        bool retry_after;
    } rows[] = {
        {"\"status\":500", "UpstreamBroken", 502, false},
        {"\"status\":401", "UpstreamDenied", 502, false},
        {"\"status\":403", "UpstreamDenied", 502, false},
        {"\"status\":429,\"retryAfter\":1", "UpstreamBusy", 503, true},
    };
    struct story story = sample_begin(&rig, PLAIN);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        emulator_fault(&rig, text_of("{\"route\":\"any\",%s}", rows[i].fault));
        const struct http_answer *answer =
            expect_sample_error(sample_create(&rig, PLAIN, SAMPLE_PARAMETERS, no_picture, NULL),
                                rows[i].status, rows[i].code);
        cr_assert(!rows[i].retry_after || answer_header(answer, "retry-after"), "%s", answer->head);
        expect_sample_error(sample_result(&rig, &story, PLAIN), rows[i].status, rows[i].code);
        emulator_faults_clear(&rig);
        expect_soon(sample_result(&rig, &story, PLAIN)->status == 200);
    }
    emulator_fault(&rig, "{\"route\":\"create\",\"status\":400,\"code\":\"InvalidImage\"}");
    expect_sample_error(sample_create(&rig, VERIFY, SAMPLE_PARAMETERS, picture(2000, 1), NULL), 400,
                        "InvalidImage");
}

Test(dialects_refused, problem_json_is_given_to_who_asks_for_it)
{
    struct rig rig = rig_open();
    const struct http_answer *answer =
        http_do("GET", result_url(&rig, ""), NULL, "Accept: application/problem+json");
    expect_status(answer, 401);
    cr_assert_eq(strncmp(answer_header(answer, "content-type"), "application/problem+json", 24), 0);
    cr_assert_eq(json_number_at(answer->json, "status"), 401);
    cr_assert_null(json_find(answer->json, "error"));
}
