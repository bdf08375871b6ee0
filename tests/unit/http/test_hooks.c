/* What the owner of a listener may add: headers to every answer, and its own error shape. */
#include "seam.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"

static void decorate(struct request *request)
{
    struct seam_server *server = request->context;
    atomic_fetch_add(&server->shared->decorated, 1);
    reply_header(request, "x-decorated", slice_of(request->request_id));
}

static void write_problem(struct request *request, enum problem problem,
                          const struct problem_detail *detail)
{
    CLEANUP(buf) struct buf body;
    buf_init(&body, 1024);
    buf_printf(&body, "own %s %s", problem_info(problem)->code,
               detail->sentence ? detail->sentence : "-");
    reply_text(request, problem_info(problem)->status, "text/own", buf_slice(&body));
}

static struct seam seam;

static void start(void)
{
    struct listener_config config = seam_config();
    config.decorate = decorate;
    config.problem = write_problem;
    seam = seam_start(&config);
}

TestSuite(hooks, .init = start);

static const struct {
    const char *request;
    int status;
    const char *body; /* NULL: the route's own */
} cases[] = {
    {GET("/hello"), 200, NULL},
    {GET("/fail"), 503, NULL},
    {GET("/empty"), 204, NULL},
    {GET("/nowhere"), 404, "own RouteNotFound -"},
    {"PUT /hello HTTP/1.1\r\nHost: x\r\n\r\n", 405, "own MethodNotAllowed -"},
    {GET("/../hello"), 400, "own BadArgument -"},
    {"GET /hello HTTP/1.1\r\n\r\n", 400, "own BadArgument The Host header is missing or empty."},
    {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}", 415, "own BadArgument -"},
    {"POST /small HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n01234567890", 413,
     "own BodyTooLarge -"},
    {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n", 413,
     "own BodyTooLarge -"},
    {"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400,
     "own BadArgument -"},
};
enum { CASES = sizeof cases / sizeof *cases };

Test(hooks, see_every_answer)
{
    for (size_t i = 0; i < CASES; i++) {
        struct answer answer = client_ask(&seam, cases[i].request);
        char *id = answer_header(&answer, "x-request-id");
        cr_expect_eq(answer.status, cases[i].status, "%s: %s", cases[i].request, answer.text);
        cr_assert_not_null(id);
        cr_expect(answer_says(&answer, "x-decorated", id), "%s", answer.text);
        if (cases[i].body) {
            cr_expect_str_eq(answer.body, cases[i].body);
            cr_expect(answer_says(&answer, "content-type", "text/own"));
        }
        free(id);
        answer_done(&answer);
    }
    SEAM_EXPECT(&seam.shared->decorated, CASES);
    SEAM_EXPECT(&seam.shared->connections, 0);
    seam_stop(&seam);
}

Test(hooks, do_not_hide_the_problem_from_the_log)
{
    struct answer answer = client_ask(&seam, GET("/nowhere"));
    answer_done(&answer);
    SEAM_EXPECT(&seam.shared->in_flight, 0);
    char *log = seam_log(&seam);
    cr_expect(strstr(log, "\"status\":404,\"code\":\"RouteNotFound\""), "%s", log);
    free(log);
    seam_stop(&seam);
}
