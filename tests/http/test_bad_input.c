/*
 * What clients get wrong: each row names the status and the code it is answered with, and the
 * process keeps serving.
 */
#include "support/raw.h"
#include "support/rig.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

struct row {
    const char *body;
    int status;
    const char *code; /* NULL: no error */
};

#define MODE "\"livenessOperationMode\":\"Passive\""

static const struct row creates[] = {
    /* broken or no JSON */
    {"{", 400, "InvalidRequestBody"},
    {"", 400, "InvalidRequestBody"},
    {"null", 400, "InvalidRequestBody"},
    {"[]", 400, "InvalidRequestBody"},
    {"\"text\"", 400, "InvalidRequestBody"},
    {"{" MODE "} trailing", 400, "InvalidRequestBody"},
    {"{" MODE ",}", 400, "InvalidRequestBody"},
    {"{" MODE "," MODE "}", 400, "InvalidRequestBody"},
    {"{" MODE ",\"a\":\"\\u0000\"}", 400, "InvalidRequestBody"},
    {"{" MODE ",\"a\":\"\xff\xfe\"}", 400, "InvalidRequestBody"},
    {"{" MODE ",\"a\":[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]}", 400, "InvalidRequestBody"},
    /* the mode */
    {"{}", 400, "InvalidLivenessOperationMode"},
    {"{\"livenessOperationMode\":\"Active\"}", 400, "InvalidLivenessOperationMode"},
    {"{\"livenessOperationMode\":\"\"}", 400, "InvalidLivenessOperationMode"},
    {"{\"livenessOperationMode\":1}", 400, "InvalidLivenessOperationMode"},
    {"{\"LivenessOperationMode\":\"Passive\"}", 400, "InvalidLivenessOperationMode"},
    /* the lifetime */
    {"{" MODE ",\"authTokenTimeToLiveInSeconds\":59}", 400, "InvalidTokenLifetime"},
    {"{" MODE ",\"authTokenTimeToLiveInSeconds\":60}", 200, NULL},
    {"{" MODE ",\"authTokenTimeToLiveInSeconds\":86400}", 200, NULL},
    {"{" MODE ",\"authTokenTimeToLiveInSeconds\":86401}", 400, "InvalidTokenLifetime"},
    {"{" MODE ",\"authTokenTimeToLiveInSeconds\":60.5}", 400, "InvalidTokenLifetime"},
    {"{" MODE ",\"authTokenTimeToLiveInSeconds\":\"600\"}", 400, "InvalidRequestBody"},
    /* other members of a wrong type */
    {"{" MODE ",\"deviceCorrelationId\":5}", 400, "InvalidRequestBody"},
    {"{" MODE ",\"userCorrelationId\":{}}", 400, "InvalidRequestBody"},
    {"{" MODE ",\"enableSessionImage\":\"perhaps\"}", 400, "InvalidRequestBody"},
    {"{" MODE ",\"numberOfClientAttemptsAllowed\":{}}", 200, NULL},
    {"{" MODE ",\"ownerSubject\":\"app:tests\"}", 403, "Forbidden"},
    {"{" MODE ",\"enableSessionImage\":\"true\"}", 200, NULL},
    {"{" MODE ",\"deviceCorrelationId\":\"a\",\"deviceCorrelationIdSetInClient\":true}", 400,
     "InvalidRequestBody"},
    /* a device id of any length is fine: upstream gets a pseudonym */
    {"{" MODE ",\"deviceCorrelationId\":\"\"}", 200, NULL},
    {"{" MODE ",\"deviceCorrelationId\":"
     "\"12345678901234567890123456789012345678901234567890123456789012345\"}",
     200, NULL},
    /* unknown members are ignored */
    {"{" MODE ",\"anything\":{\"any\":[null]}}", 200, NULL},
};

Test(bad_input, each_wrong_create_is_told_what_is_wrong)
{
    struct rig rig = rig_open();
    const char *all = daemon_url(rig.server, "http", SESSIONS_PATH);
    for (size_t i = 0; i < sizeof creates / sizeof *creates; i++) {
        const struct row *row = &creates[i];
        const struct http_answer *answer = http_do("POST", all, row->body);
        cr_assert_eq(answer->status, row->status, "%s: %d %s", row->body, answer->status,
                     answer->body);
        if (row->code)
            expect_error(answer, row->status, row->code);
    }
    unsigned good = 0;
    for (size_t i = 0; i < sizeof creates / sizeof *creates; i++)
        good += creates[i].status == 200;
    cr_assert_eq(emulator_calls(&rig, "POST", FACE_SESSIONS_PATH), good,
                 "a wrong create went upstream");
}

static const struct row completions[] = {
    {"{", 400, "InvalidRequestBody"},
    {"[]", 400, "InvalidRequestBody"},
    {"{\"digest\":5}", 400, "InvalidRequestBody"},
    {"{\"digest\":\"\"}", 400, "InvalidRequestBody"},
    {"{\"digest\":\"not a digest\"}", 400, "InvalidRequestBody"},
    {"{\"error\":5}", 400, "InvalidRequestBody"},
    {"", 200, NULL},
    {"{\"digest\":null,\"unknown\":1}", 200, NULL},
};

Test(bad_input, each_wrong_completion_is_told_what_is_wrong)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    for (size_t i = 0; i < sizeof completions / sizeof *completions; i++) {
        const struct row *row = &completions[i];
        const struct http_answer *answer = story_complete(&rig, &story, row->body);
        cr_assert_eq(answer->status, row->status, "%s: %d %s", row->body, answer->status,
                     answer->body);
        if (row->code)
            expect_error(answer, row->status, row->code);
    }
    expect_verdict(story_get(&rig, &story), "pending", false);
}

Test(bad_input, the_emulator_refuses_a_device_id_that_is_missing_empty_or_too_long)
{
    struct rig rig = rig_open();
    const char *all = daemon_url(rig.emulator, "emulator", FACE_SESSIONS_PATH);
    const char *const bodies[] = {
        PLAIN_CREATE, "{" MODE ",\"deviceCorrelationId\":\"\"}",
        "{" MODE ",\"deviceCorrelationId\":"
        "\"12345678901234567890123456789012345678901234567890123456789012345\"}"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        const struct http_answer *refused =
            http_do("POST", all, bodies[i], "Ocp-Apim-Subscription-Key: " UPSTREAM_KEY);
        expect_status(refused, 400);
        cr_assert_str_eq(json_text_at(refused->json, "error.code"), "InvalidDeviceCorrelationId");
    }
}

Test(bad_input, a_body_of_ten_megabytes_is_too_large)
{
    struct rig rig = rig_open();
    size_t size = (size_t)10 * 1024 * 1024;
    char *body = keep(xcalloc(1, size + 1), free);
    memset(body, ' ', size);
    expect_error(http_do("POST", daemon_url(rig.server, "http", SESSIONS_PATH), body), 413,
                 "BodyTooLarge");
    expect_error(http_do("POST", daemon_url(rig.server, "http", SESSIONS_PATH), body,
                         "Transfer-Encoding: chunked"),
                 413, "BodyTooLarge");
    (void)story_begin(&rig);
}

Test(bad_input, media_types_methods_and_addresses_are_checked)
{
    struct rig rig = rig_open();
    const char *all = daemon_url(rig.server, "http", SESSIONS_PATH);
    const char *const wrong[] = {"Content-Type: text/plain", "Content-Type: application/xml",
                                 "Content-Type: multipart/form-data; boundary=x",
                                 "Content-Type: application/json5"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        expect_error(http_do("POST", all, PLAIN_CREATE, wrong[i]), 415, "BadArgument");
    expect_status(
        http_do("POST", all, PLAIN_CREATE, "Content-Type: Application/JSON; charset=UTF-8"), 200);

    const struct http_answer *method = http_do("PUT", all, PLAIN_CREATE);
    expect_error(method, 405, "MethodNotAllowed");
    cr_assert_str_eq(answer_header(method, "allow"), "POST, GET, HEAD");
    expect_error(http_do("GET", daemon_url(rig.server, "http", "/")), 404, "RouteNotFound");
    expect_error(http_do("GET", daemon_url(rig.server, "http", "/api/nothing")), 404,
                 "RouteNotFound");
    expect_error(http_do("GET", daemon_url(rig.server, "http", "/metrics")), 404, "RouteNotFound");
}

Test(bad_input, an_id_that_cannot_be_one_is_an_unknown_session)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    const char *const ids[] = {"1", "..%2e", "01a20114-a636-7761-8409-aec159ed851",
                               "01a20114-a636-7761-8409-aec159ed85100",
                               "zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz"};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        struct story unknown = {.id = ids[i], .owner = story.owner};
        expect_error(story_get(&rig, &unknown), 404, "SessionNotFound");
    }
}

Test(bad_input, a_deleted_session_is_gone)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    expect_status(story_delete(&rig, &story), 204);
    expect_error(story_get(&rig, &story), 404, "SessionNotFound");
    expect_error(story_complete(&rig, &story, "{}"), 404, "SessionNotFound");
    expect_error(story_delete(&rig, &story), 404, "SessionNotFound");
}

Test(bad_input, problem_json_is_given_to_who_asks_for_it)
{
    struct rig rig = rig_open();
    const struct http_answer *answer = http_do("GET", daemon_url(rig.server, "http", "/nothing"),
                                               NULL, "Accept: application/problem+json");
    expect_status(answer, 404);
    cr_assert_eq(strncmp(answer_header(answer, "content-type"), "application/problem+json", 24), 0);
    cr_assert_str_eq(answer_header(answer, "x-ms-error-code"), "RouteNotFound");
    cr_assert_eq(json_number_at(answer->json, "status"), 404);
}

/* The head of a create whose framing can be read in two ways; the body is what follows. */
static const char *const ambiguous[] = {
    "Host: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "Host: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
    "Host: a\r\nTransfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "Host: a\r\nX-Folded: a\r\n b\r\nContent-Length: 2\r\n\r\n{}",
    "Content-Length: 2\r\n\r\n{}",
    "Host: a\r\nHost: b\r\nContent-Length: 2\r\n\r\n{}",
    "Host: a\nContent-Length: 2\n\n{}",
};

Test(bad_input, ambiguous_framing_is_refused_and_the_connection_closed)
{
    struct rig rig = rig_open();
    const char *address = daemon_address(rig.server, "http");
    const char *first = "GET /errors HTTP/1.1\r\nHost: a\r\n\r\n";
    for (size_t i = 0; i < 2 * sizeof ambiguous / sizeof *ambiguous; i++) {
        const char *bad = text_of("POST " SESSIONS_PATH " HTTP/1.1\r\n"
                                  "Content-Type: application/json\r\n%s",
                                  ambiguous[i / 2]);
        bool closed = false;
        int fd = raw_connect(address);
        raw_send(fd, text_of("%s%s"
                             "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n",
                             i % 2 ? first : "", bad));
        const char *said = raw_read_all(fd, &closed);
        cr_assert(closed, "row %zu stays open: %s", i / 2, said);
        if (i % 2) {
            cr_assert_eq(strncmp(said, "HTTP/1.1 200 ", 13), 0, "row %zu: %.40s", i / 2, said);
            said = strstr(said + 1, "HTTP/1.1 ");
            cr_assert_not_null(said, "row %zu: the second got no answer", i / 2);
        }
        cr_assert_eq(strncmp(said, "HTTP/1.1 400 ", 13), 0, "row %zu: %s", i / 2, said);
        cr_assert_null(strstr(said + 1, "HTTP/1.1 "), "row %zu: answered what follows", i / 2);
    }
    cr_assert_eq(emulator_calls(&rig, "POST", FACE_SESSIONS_PATH), 0);
    (void)story_begin(&rig);
}

Test(bad_input, http2_cannot_be_switched_on)
{
    struct rig rig = rig_open();
    const char *address = daemon_address(rig.server, "http");
    int fd = raw_connect(address);
    raw_send(fd, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    const char *said = raw_read_all(fd, NULL);
    cr_assert(said[0] == '\0' || strncmp(said, "HTTP/1.1 400", 12) == 0, "%s", said);
    fd = raw_connect(address);
    raw_send(fd, "GET /errors HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings, close\r\n"
                 "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n");
    said = raw_read_all(fd, NULL);
    cr_assert_eq(strncmp(said, "HTTP/1.1 ", 9), 0, "%.60s", said);
    cr_assert_neq(strncmp(said, "HTTP/1.1 101", 12), 0, "%.60s", said);
}
