/*
 * Rows whose problems have a shape of their own: it counts for whatever is refused on their path,
 * by whomever, and nowhere else.
 */
#include "seam.h"

#define POST(path, rest) "POST " path " HTTP/1.1\r\nHost: x\r\n" rest
#define JSON             "Content-Type: application/json\r\n"

static struct seam seam;

static void start(void)
{
    struct listener_config config = seam_config();
    config.base_path = "/base";
    config.site = "/base";
    seam = seam_start(&config);
}

TestSuite(shapes, .init = start);

static const struct {
    const char *request;
    int status;
    const char *code;
} shaped[] = {
    {"GET /shaped HTTP/1.1\r\nHost: x\r\n\r\n", 503, "UpstreamBusy"},
    {"GET //SHAPED/?a=b HTTP/1.1\r\nHost: x\r\n\r\n", 503, "UpstreamBusy"},
    {"GET /base/shaped HTTP/1.1\r\nHost: x\r\n\r\n", 503, "UpstreamBusy"},
    {"PUT /shaped HTTP/1.1\r\nHost: x\r\n\r\n", 405, "MethodNotAllowed"},
    {"PUT /base//shaped HTTP/1.1\r\nHost: x\r\n\r\n", 405, "MethodNotAllowed"},
    {"GET /shaped HTTP/1.1\r\n\r\n", 400, "BadArgument"},
    {POST("/shaped", JSON "Content-Length: 11\r\n\r\n01234567890"), 413, "BodyTooLarge"},
    {POST("/shaped", JSON "Content-Length: 9999999\r\n\r\n"), 413, "BodyTooLarge"},
    {POST("/shaped", "Content-Type: a/b\r\nContent-Length: 2\r\n\r\n{}"), 415, "BadArgument"},
    {POST("/shaped", "Transfer-Encoding: chunked\r\n\r\nzz\r\n"), 400, "BadArgument"},
    {POST("/base/shaped", "Transfer-Encoding: chunked\r\n\r\nzz\r\n"), 400, "BadArgument"},
    {POST("/shaped", "Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}"), 400, "BadArgument"},
};

Test(shapes, count_for_all_that_is_refused_on_the_path)
{
    for (size_t i = 0; i < sizeof shaped / sizeof *shaped; i++) {
        char expected[64];
        struct answer answer = client_ask(&seam, shaped[i].request);
        (void)snprintf(expected, sizeof expected, "shaped %s id", shaped[i].code);
        cr_expect_eq(answer.status, shaped[i].status, "%s: %s", shaped[i].request, answer.text);
        cr_expect_str_eq(answer.body, expected, "%s", shaped[i].request);
        cr_expect(answer_says(&answer, "x-ms-error-code", shaped[i].code));
        answer_done(&answer);
    }
    seam_stop(&seam);
}

Test(shapes, are_nobody_elses)
{
    static const char *const requests[] = {
        "GET /fail HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /shaped/more HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /base/shape HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /shaped/../shaped HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET shaped HTTP/1.1\r\nHost: x\r\n\r\n",
        POST("/echo", "Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
    };
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        struct answer answer = client_ask(&seam, requests[i]);
        cr_expect_eq(strncmp(answer.body, "{\"error\":{\"code\":", 17), 0, "%s: %s", requests[i],
                     answer.text);
        answer_done(&answer);
    }
    seam_stop(&seam);
}

Test(shapes, give_way_to_a_problem_document)
{
    struct answer answer = client_ask(&seam, "GET /shaped HTTP/1.1\r\nHost: x\r\n"
                                             "Accept: application/problem+json\r\n\r\n");
    cr_expect(answer_says(&answer, "content-type", "application/problem+json"));
    cr_expect_not_null(strstr(answer.body, "\"type\":\"/base/errors#UpstreamBusy\""), "%s",
                       answer.body);
    answer_done(&answer);
    seam_stop(&seam);
}

Test(shapes, give_way_only_to_what_is_wanted_as_much)
{
    static const struct {
        const char *accept;
        bool document;
    } wishes[] = {
        {"application/json, application/problem+json", true},
        {"application/json;q=0.8, Application/Problem+JSON", true},
        {"application/problem+json, */*", true},
        {"application/json, application/problem+json;q=0.9", false},
        {"*/*, application/problem+json;q=0", false},
        {"application/*", false},
        {"*/*", false},
    };
    for (size_t i = 0; i < sizeof wishes / sizeof *wishes; i++) {
        char request[200];
        (void)snprintf(request, sizeof request,
                       "GET /fail HTTP/1.1\r\nHost: x\r\nAccept: %s\r\n\r\n", wishes[i].accept);
        struct answer answer = client_ask(&seam, request);
        cr_expect_eq(answer_says(&answer, "content-type", "application/problem+json"),
                     wishes[i].document, "%s: %s", wishes[i].accept, answer.text);
        answer_done(&answer);
    }
    seam_stop(&seam);
}
