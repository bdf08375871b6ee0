/*
 * What does not get through nginx to livenessd, and what nginx then says: it has the shape of
 * livenessd's errors, and nothing gets through that the two of them read differently.
 */
#include "base/problem.h"
#include "support/form.h"
#include "support/log_lines.h"
#include "support/nginx.h"
#include "support/raw.h"
#include "support/rig.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define TRUSTED "http.trusted_proxies=127.0.0.1"

enum { MAX_BODY = 64 * 1024 };

/* ---- framing ---- */

/* What a wrong reading would take for a request of its own. */
#define HIDDEN "GET /errors HTTP/1.1\r\nHost: a\r\n\r\n"

struct framing {
    const char *what;
    const char *head; /* after the request line */
    const char *body;
    bool passes; /* nginx has one reading of it and writes that anew for livenessd */
};

#define HIDDEN_SIZE "33"
#define TAIL_SIZE   "38" /* with the last chunk before it */

static const struct framing framings[] = {
    {"Content-Length and Transfer-Encoding",
     "Host: a\r\nContent-Length: " TAIL_SIZE "\r\nTransfer-Encoding: chunked\r\n\r\n",
     "0\r\n\r\n" HIDDEN, false},
    {"Transfer-Encoding and Content-Length",
     "Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: " TAIL_SIZE "\r\n\r\n",
     "0\r\n\r\n" HIDDEN, false},
    {"two Content-Length, long first",
     "Host: a\r\nContent-Length: " HIDDEN_SIZE "\r\nContent-Length: 0\r\n\r\n", HIDDEN, false},
    {"two Content-Length, short first",
     "Host: a\r\nContent-Length: 0\r\nContent-Length: " HIDDEN_SIZE "\r\n\r\n", HIDDEN, false},
    {"a list as Content-Length", "Host: a\r\nContent-Length: 0, " HIDDEN_SIZE "\r\n\r\n", HIDDEN,
     false},
    {"Transfer-Encoding twice",
     "Host: a\r\nTransfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n",
     "0\r\n\r\n" HIDDEN, false},
    {"another Transfer-Encoding", "Host: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
     "0\r\n\r\n" HIDDEN, false},
    {"a space before the colon", "Host: a\r\nTransfer-Encoding : chunked\r\n\r\n",
     "0\r\n\r\n" HIDDEN, false},
    {"obs-fold",
     "Host: a\r\nX-Folded: a\r\n Content-Length: 0\r\nContent-Length: " HIDDEN_SIZE "\r\n\r\n",
     HIDDEN, false},
    {"no Host", "Content-Length: " HIDDEN_SIZE "\r\n\r\n", HIDDEN, false},
    {"two Host", "Host: a\r\nHost: b\r\nContent-Length: " HIDDEN_SIZE "\r\n\r\n", HIDDEN, false},
    {"bare LF everywhere", "Host: a\nContent-Length: " HIDDEN_SIZE "\n\n", HIDDEN, true},
    {"bare LF once", "Host: a\r\nX-Other: b\nContent-Length: " HIDDEN_SIZE "\r\n\r\n", HIDDEN,
     true},
    {"bare LF between chunks", "Host: a\r\nTransfer-Encoding: chunked\r\n\r\n",
     "21\n" HIDDEN "\n0\n\n", true},
    {"chunk extensions", "Host: a\r\nTransfer-Encoding: chunked\r\n\r\n",
     "21;a=\"0\"\r\n" HIDDEN "\r\n0;b\r\n\r\n", true},
};

/* Sends it, alone or behind a good request; the answer to it. */
static const char *answer_to(const char *address, const struct framing *framing, bool behind)
{
    const char *first = "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n";
    int fd = raw_connect(address);
    raw_send(fd, text_of("%sPOST " SESSIONS_PATH " HTTP/1.1\r\nContent-Type: application/json\r\n"
                         "Connection: close\r\n%s%s",
                         behind ? first : "", framing->head, framing->body));
    bool closed = false;
    const char *said = raw_read_all(fd, &closed);
    cr_assert(closed, "%s: stays open", framing->what);
    if (behind) {
        cr_assert_eq(strncmp(said, "HTTP/1.1 404 ", 13), 0, "%s: %s", framing->what, said);
        said = strstr(said + 1, "HTTP/1.1 ");
        cr_assert_not_null(said, "%s: no answer behind the first", framing->what);
    }
    cr_assert_null(strstr(said + 1, "HTTP/1.1 "), "%s: one answer too many", framing->what);
    return said;
}

Test(nginx_refusals, ambiguous_framing_smuggles_nothing)
{
    struct rig rig = rig_open_set(TRUSTED);
    struct nginx *nginx = nginx_start(rig.server);
    int passed = 0;
    cr_assert_eq(strlen(HIDDEN), strtoul(HIDDEN_SIZE, NULL, 10));
    for (size_t i = 0; i < 2 * sizeof framings / sizeof *framings; i++) {
        const struct framing *framing = &framings[i / 2];
        const char *said = answer_to(nginx_address(nginx), framing, i % 2);
        const char *code = framing->passes ? "\"InvalidRequestBody\"" : "\"BadArgument\"";
        cr_assert_eq(strncmp(said, "HTTP/1.1 400 ", 13), 0, "%s: %s", framing->what, said);
        cr_assert_not_null(strstr(said, code), "%s: %s", framing->what, said);
        passed += (framing->passes ? 1 : 0) + (i % 2 ? 1 : 0);
    }
    expect_soon(cJSON_GetArraySize(nginx_requests(nginx)) ==
                3 * sizeof framings / sizeof *framings);
    nginx_stop(nginx);
    daemon_stop(rig.server);
    const cJSON *line = NULL, *forwarded = nginx_requests(nginx);
    cr_assert_eq(cJSON_GetArraySize(requests_logged(rig.server)), passed);
    cr_assert_eq(lines_with(requests_logged(rig.server), "route", "/errors"), 0);
    cJSON_ArrayForEach (line, requests_logged(rig.server))
        cr_assert_eq(lines_with(forwarded, "request_id", json_text_at(line, "request_id")), 1);
    cr_assert_eq(emulator_calls(&rig, "POST", FACE_SESSIONS_PATH), 0);
}

/* ---- what nginx answers itself ---- */

/* A create of this size. */
static const char *create_of_size(int size)
{
    return text_of("%-*s", size, PLAIN_CREATE);
}

typedef void write_problem(enum problem problem, const struct problem_detail *detail,
                           struct buf *ret);

static const char *said_by_livenessd(write_problem *write, enum problem problem,
                                     const char *request_id)
{
    CLEANUP(buf) struct buf body;
    buf_init(&body, 1024);
    write(problem, &(struct problem_detail){.request_id = request_id}, &body);
    return text_of("%.*s", SLICE_ARGS(buf_slice(&body)));
}

/* What livenessd would say itself, to the letter, and nothing about versions. */
static void expect_written_at(struct place place, const struct http_answer *answer,
                              enum problem problem, write_problem *write)
{
    const struct problem_info *info = problem_info(problem);
    expect_error_at(place, answer, info->status, info->code);
    cr_assert_str_eq(answer->body,
                     said_by_livenessd(write, problem, answer_header(answer, "x-request-id")));
    cr_assert_str_eq(answer_header(answer, "content-type"), "application/json; charset=utf-8");
    cr_assert_str_eq(answer_header(answer, "cache-control"), "no-store");
    cr_assert_str_eq(answer_header(answer, "x-content-type-options"), "nosniff");
    cr_assert_str_eq(answer_header(answer, "server"), "nginx");
    cr_assert_not_null(answer_header(answer, "strict-transport-security"));
}
#define expect_problem(answer, problem) expect_written_at(HERE, answer, problem, problem_write_face)
/* On the paths of the web samples. */
#define expect_sample_problem(answer, problem)                                                     \
    expect_written_at(HERE, answer, problem, problem_write_sample)

Test(nginx_refusals, a_body_above_the_cap_is_refused_in_our_words)
{
    struct rig rig = rig_open_set(TRUSTED);
    struct nginx *nginx = nginx_start(rig.server);
    const char *all = nginx_url(nginx, SESSIONS_PATH);
    const char *chunked = "Transfer-Encoding: chunked";
    expect_status(http_do("POST", all, create_of_size(MAX_BODY)), 200);
    expect_status(http_do("POST", all, create_of_size(MAX_BODY), chunked), 200);
    unsigned before = emulator_calls(&rig, "POST", FACE_SESSIONS_PATH);
    expect_problem(http_do("POST", all, create_of_size(MAX_BODY + 1)), PROBLEM_BODY_TOO_LARGE);
    expect_problem(http_do("POST", all, create_of_size(10 * 1024 * 1024), chunked),
                   PROBLEM_BODY_TOO_LARGE);
    cr_assert_eq(emulator_calls(&rig, "POST", FACE_SESSIONS_PATH), before);
    cr_assert_null(strstr(nginx_error_log(nginx), "temporary file"), "a body was on disk: %s",
                   nginx_error_log(nginx));
}

Test(nginx_refusals, an_upload_above_its_cap_is_refused_in_our_words)
{
    static const struct form_field usual[] = {{"livenessOperationMode", "Passive"}, {NULL, NULL}};
    struct rig rig = rig_open_set(TRUSTED);
    struct nginx *nginx = nginx_start(rig.server);
    struct slice image = picture((size_t)7 * 1024 * 1024, 1);
    for (const struct form_style *style = form_styles; style->name; style++)
        expect_problem(form_send(nginx_url(nginx, VERIFY_PATH), style, usual, image, NULL),
                       PROBLEM_BODY_TOO_LARGE);
    expect_sample_problem(
        form_send(nginx_url(nginx, "/api/generateAccessToken"), form_plain, usual, image, NULL),
        PROBLEM_BODY_TOO_LARGE);
    const char *below = nginx_url(nginx, VERIFY_PATH "/1");
    expect_problem(form_send(below, form_plain, usual, picture(100000, 1), NULL),
                   PROBLEM_BODY_TOO_LARGE);
    cr_assert_eq(emulator_calls(&rig, "POST", "/face"), 0);
    cr_assert_null(strstr(nginx_error_log(nginx), "temporary file"), "a picture was on disk: %s",
                   nginx_error_log(nginx));
}

Test(nginx_refusals, what_it_cannot_read_is_refused_in_our_words)
{
    struct rig rig = rig_open_set(TRUSTED);
    struct nginx *nginx = nginx_start(rig.server);
    const char *all = nginx_url(nginx, SESSIONS_PATH);
    expect_problem(http_do("GET", all, NULL, text_of("X-Big: %010000d", 1)),
                   PROBLEM_HEAD_TOO_LARGE);
    expect_problem(http_do("TRACE", all), PROBLEM_METHOD_NOT_ALLOWED);
    expect_problem(http_do("POST", all, PLAIN_CREATE, "Transfer-Encoding: gzip"),
                   PROBLEM_BAD_ARGUMENT);
}

Test(nginx_refusals, livenessd_down_is_a_502)
{
    struct rig rig = rig_open_set(TRUSTED);
    struct nginx *nginx = nginx_start(rig.server);
    const char *all = nginx_url(nginx, SESSIONS_PATH);
    expect_status(http_do("POST", all, PLAIN_CREATE), 200);
    daemon_stop(rig.server);
    expect_problem(http_do("POST", all, PLAIN_CREATE), PROBLEM_SERVER_UNREACHABLE);
    expect_problem(http_do("GET", all), PROBLEM_SERVER_UNREACHABLE);
    const char *result = nginx_url(nginx, "/api//getSessionResult?action=detectLiveness");
    expect_sample_problem(http_do("GET", result), PROBLEM_SERVER_UNREACHABLE);
}

Test(nginx_refusals, livenessd_hanging_is_a_504)
{
    struct rig rig = rig_open_set(TRUSTED);
    struct nginx *nginx = nginx_start_with(rig.server, .replace = "proxy_read_timeout 45s;",
                                           .by = "proxy_read_timeout 1s;");
    daemon_signal(rig.server, SIGSTOP);
    const struct http_answer *answer =
        http_do("POST", nginx_url(nginx, SESSIONS_PATH), PLAIN_CREATE);
    daemon_signal(rig.server, SIGCONT);
    expect_problem(answer, PROBLEM_SERVER_TIMEOUT);
}
