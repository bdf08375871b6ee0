/* What a route may rely on, whatever HTTP library serves: answers, headers, shapes, routing. */
#include "seam.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"

static struct seam seam;

static void start(void)
{
    struct listener_config config = seam_config();
    seam = seam_start(&config);
}

TestSuite(seam, .init = start);

/* Asks and compares status and, unless NULL, body. */
static void expect(const char *request, int status, const char *body)
{
    struct answer answer = client_ask(&seam, request);
    cr_expect_eq(answer.status, status, "%.*s: %d", (int)strcspn(request, "\r"), request,
                 answer.status);
    if (body)
        cr_expect_str_eq(answer.body, body);
    answer_done(&answer);
}

/* Whether the answer's body holds the text. */
static void expect_part(const char *request, const char *part)
{
    struct answer answer = client_ask(&seam, request);
    cr_expect(answer.body && strstr(answer.body, part), "%s not in %s", part, answer.text);
    answer_done(&answer);
}

Test(seam, answers_with_the_standard_headers)
{
    struct answer answer = client_ask(&seam, GET("/hello"));
    cr_expect_eq(answer.status, 200);
    cr_expect_str_eq(answer.body, "hello\n");
    cr_expect(answer_says(&answer, "content-length", "6"));
    cr_expect(answer_says(&answer, "content-type", "text/plain"));
    cr_expect(answer_says(&answer, "cache-control", "no-store"));
    cr_expect(answer_says(&answer, "x-content-type-options", "nosniff"));
    cr_expect(answer_says(&answer, "server", NULL));
    char *id = answer_header(&answer, "x-request-id");
    cr_assert_not_null(id);
    cr_expect_eq(strlen(id), 36);
    free(id);
    answer_done(&answer);
    seam_stop(&seam);
}

Test(seam, leaves_a_cache_control_of_the_route_alone)
{
    struct answer answer = client_ask(&seam, GET("/cached"));
    cr_expect(answer_says(&answer, "cache-control", "max-age=60"));
    cr_expect_null(strstr(answer.text, "no-store"));
    answer_done(&answer);
    seam_stop(&seam);
}

Test(seam, answers_204_without_body_and_drops_values_with_control_characters)
{
    struct answer answer = client_ask(&seam, GET("/empty"));
    cr_expect_eq(answer.status, 204);
    cr_expect(answer_says(&answer, "content-length", NULL));
    cr_expect(answer_says(&answer, "transfer-encoding", NULL));
    cr_expect(answer_says(&answer, "x-kept", "yes"));
    cr_expect(answer_says(&answer, "x-dropped", NULL));
    cr_expect(answer_says(&answer, "evil", NULL));
    answer_done(&answer);
    seam_stop(&seam);
}

Test(seam, answers_head_like_get_without_the_body)
{
    int fd = client_connect(&seam);
    client_send(fd, "HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n" GET("/hello"));
    struct answer head = client_receive(fd, true);
    cr_expect_eq(head.status, 200);
    cr_expect(answer_says(&head, "content-length", "6"));
    struct answer get = client_receive(fd, false);
    cr_expect_eq(get.status, 200);
    cr_expect_str_eq(get.body, "hello\n");
    answer_done(&head);
    answer_done(&get);
    (void)close(fd);
    seam_stop(&seam);
}

Test(seam, shows_the_request_as_it_came)
{
    static const char request[] =
        "GET //Who//?name=a%20b+c%2Fd&x=1 HTTP/1.1\r\nHost: h.example\r\nX-Test: one \t\r\n"
        "X-TEST: two\r\nCookie: a=b; livenessd_device=tok.en\r\n"
        "Cookie: livenessd_device=later\r\nContent-Type: Application/JSON; charset=utf-8\r\n\r\n";
    struct answer answer = client_ask(&seam, request);
    static const char *const lines[] = {
        "method=GET\n",
        "path=/Who/\n",
        "query=name=a%20b+c%2Fd&x=1\n",
        "name=a b c/d\n",
        "x-test=one\n",
        "x-test-2=two\n",
        "x-test-count=2\n",
        "cookie=tok.en\n",
        "host=h.example\n",
        "type=application/json\n",
        "client=127.0.0.1\n",
        "trusted=no\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        cr_expect(strstr(answer.body, lines[i]), "%s not in %s", lines[i], answer.body);
    answer_done(&answer);
    seam_stop(&seam);
}

Test(seam, gives_no_value_for_a_malformed_query)
{
    expect_part(GET("/who?name=%zz"), "name=(none)\n");
    expect_part(GET("/who?name=a%"), "name=(none)\n");
    expect_part(GET("/who?name=%00"), "name=(none)\n");
    expect_part(GET("/who?Name=1"), "name=(none)\n");
    expect_part(GET("/who?namex=1&name="), "name=\n");
    expect_part(GET("/who?"), "name=(none)\n");
    seam_stop(&seam);
}

Test(seam, routes_in_any_case_and_over_repeated_slashes)
{
    expect(GET("/HELLO"), 200, "hello\n");
    expect(GET("///hello//"), 200, "hello\n");
    expect(GET("/hello/?"), 200, "hello\n");
    expect_part(GET("/Items/AbC"), "param0=AbC\n");
    expect_part(GET("/items/a/parts/b%20c"), "param1=b%20c\n");
    seam_stop(&seam);
}

Test(seam, refuses_targets_that_could_be_read_in_two_ways)
{
    static const char *const targets[] = {
        "*",          "a:1",         "http://evil/hello",
        "?x",         "hello",       "/a%2fb",
        "/a%2Fb",     "/hello%00",   "/a%5cb",
        "/a\\b",      "/x/../hello", "/x/./hello",
        "/..",        "/%2e%2e/x",   "/x/.%2E/hello",
        "/hello/%2e", "/hello%zz",   "/hello%",
        "/hello%2",   "/hello#x",
    };
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        char request[128];
        (void)snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", targets[i]);
        expect(request, 400, NULL);
    }
    expect("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 400, NULL);
    expect("CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n", 400, NULL);
    cr_expect_eq(atomic_load(&seam.shared->handled), 0);
    seam_stop(&seam);
}

Test(seam, answers_an_unknown_path_in_the_error_shape)
{
    struct answer answer = client_ask(&seam, GET("/nothing/here"));
    cr_expect_eq(answer.status, 404);
    cr_expect(answer_says(&answer, "x-ms-error-code", "RouteNotFound"));
    cr_expect(answer_says(&answer, "content-type", "application/json; charset=utf-8"));
    cr_expect(strstr(answer.body, "\"code\":\"RouteNotFound\""));
    char *id = answer_header(&answer, "x-request-id");
    cr_expect(strstr(answer.body, id));
    free(id);
    answer_done(&answer);
    seam_stop(&seam);
}

Test(seam, answers_rfc_9457_when_asked_for)
{
    struct answer answer = client_ask(&seam, "GET /nothing HTTP/1.1\r\nHost: x\r\n"
                                             "Accept: text/html, Application/Problem+JSON\r\n\r\n");
    cr_expect(answer_says(&answer, "content-type", "application/problem+json"));
    cr_expect(strstr(answer.body, "\"status\":404"));
    answer_done(&answer);
    seam_stop(&seam);
}

Test(seam, names_the_methods_of_a_path)
{
    static const struct {
        const char *request, *allow;
    } cases[] = {
        {"PUT /hello HTTP/1.1\r\nHost: x\r\n\r\n", "GET, HEAD"},
        {"OPTIONS /items/1 HTTP/1.1\r\nHost: x\r\n\r\n", "GET, HEAD, DELETE"},
        {"get /hello HTTP/1.1\r\nHost: x\r\n\r\n", "GET, HEAD"},
        {"GET /echo HTTP/1.1\r\nHost: x\r\n\r\n", "POST"},
        {"HEAD /echo HTTP/1.1\r\nHost: x\r\n\r\n", "POST"},
        {"DELETE /who/ HTTP/1.1\r\nHost: x\r\n\r\n", "GET, HEAD, POST"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct answer answer = client_ask(&seam, cases[i].request);
        cr_expect_eq(answer.status, 405, "%s", cases[i].request);
        cr_expect(answer_says(&answer, "allow", cases[i].allow), "%s", answer.text);
        cr_expect(answer_says(&answer, "x-ms-error-code", "MethodNotAllowed"));
        answer_done(&answer);
    }
    seam_stop(&seam);
}

#define POST(type, body) "POST /echo HTTP/1.1\r\nHost: x\r\n" type "Content-Length: " body

Test(seam, takes_only_the_media_types_of_the_route)
{
    expect(POST("Content-Type: application/json\r\n", "2\r\n\r\n{}"), 200, "{}");
    expect(POST("Content-Type: APPLICATION/json ; charset=utf-8\r\n", "2\r\n\r\n{}"), 200, "{}");
    expect(POST("Content-Type: multipart/form-data; boundary=x\r\n", "2\r\n\r\n--"), 200, "--");
    expect(POST("Content-Type: text/plain\r\n", "2\r\n\r\n{}"), 415, NULL);
    expect(POST("Content-Type: application/jsonx\r\n", "2\r\n\r\n{}"), 415, NULL);
    expect(POST("", "2\r\n\r\n{}"), 415, NULL);
    expect(POST("", "0\r\n\r\n"), 200, "");
    expect(POST("Content-Type: text/plain\r\n", "0\r\n\r\n"), 200, "");
    expect("POST /echo HTTP/1.1\r\nHost: x\r\n\r\n", 200, "");
    seam_stop(&seam);
}

Test(seam, ignores_a_body_where_the_route_takes_none)
{
    int fd = client_connect(&seam);
    client_send(fd, "GET /hello HTTP/1.1\r\nHost: x\r\nContent-Type: a/b\r\nContent-Length: 3\r\n"
                    "\r\nabc" GET("/hello"));
    for (int i = 0; i < 2; i++) {
        struct answer answer = client_receive(fd, false);
        cr_expect_str_eq(answer.body, "hello\n");
        answer_done(&answer);
    }
    (void)close(fd);
    seam_stop(&seam);
}

Test(seam, carries_code_and_retry_after_of_a_problem)
{
    struct answer answer = client_ask(&seam, GET("/fail"));
    cr_expect_eq(answer.status, 503);
    cr_expect(answer_says(&answer, "retry-after", "7"));
    cr_expect(answer_says(&answer, "x-ms-error-code", "UpstreamBusy"));
    cr_expect(strstr(answer.body, "\"retryAfterSeconds\":7"));
    answer_done(&answer);
    answer = client_ask(&seam, GET("/denied"));
    cr_expect_eq(answer.status, 401);
    cr_expect(answer_says(&answer, "www-authenticate", "Bearer"));
    answer_done(&answer);
    seam_stop(&seam);
}

Test(seam, answers_500_for_a_flow_that_forgot_to_answer)
{
    expect(GET("/forget"), 500, NULL);
    seam_stop(&seam);
}

Test(seam, takes_no_request_id_from_strangers)
{
    struct answer answer =
        client_ask(&seam, "GET /who HTTP/1.1\r\nHost: x\r\nX-Request-Id: chosen-by-me-12\r\n"
                          "X-Forwarded-For: 192.0.2.1\r\nForwarded: for=192.0.2.2\r\n\r\n");
    cr_expect_null(strstr(answer.text, "chosen-by-me-12"));
    cr_expect(strstr(answer.body, "client=127.0.0.1\n"));
    answer_done(&answer);
    seam_stop(&seam);
}

Test(seam, can_cut_a_connection_with_a_reset)
{
    int fd = client_connect(&seam);
    client_send(fd, GET("/reset"));
    struct answer answer = client_receive(fd, false);
    cr_expect_eq(answer.len, 0, "%s", answer.text);
    cr_expect_eq(answer.error, ECONNRESET, "%s", strerror(answer.error));
    answer_done(&answer);
    (void)close(fd);
    SEAM_EXPECT(&seam.shared->connections, 0);
    seam_stop(&seam);
}

Test(seam, can_promise_more_than_it_sends)
{
    int fd = client_connect(&seam);
    client_send(fd, GET("/truncated"));
    struct answer answer = client_receive(fd, false);
    cr_expect_eq(answer.status, 200);
    cr_expect(answer_says(&answer, "content-length", "100"));
    cr_expect_str_eq(answer.body, "{\"a\":");
    cr_expect(answer.closed && answer.error == 0);
    answer_done(&answer);
    (void)close(fd);
    seam_stop(&seam);
}

Test(seam, writes_one_log_line_a_request_and_counts_it)
{
    expect(GET("/items/secret-id?secret-query"), 200, NULL);
    expect(GET("/secret-path"), 404, NULL);
    expect("SECRET /hello HTTP/1.1\r\nHost: x\r\n\r\n", 405, NULL);
    SEAM_EXPECT(&seam.shared->in_flight, 0);
    char *log = seam_log(&seam);
    cr_expect(strstr(log, "\"event\":\"request\",\"listener\":\"test\",\"request_id\":\""), "%s",
              log);
    cr_expect(strstr(log, "\"method\":\"GET\",\"route\":\"/items/{id}\",\"status\":200"), "%s",
              log);
    cr_expect(strstr(log, "\"route\":\"-\",\"status\":404,\"code\":\"RouteNotFound\""), "%s", log);
    cr_expect(strstr(log, "\"method\":\"OTHER\",\"route\":\"-\",\"status\":405"), "%s", log);
    cr_expect(strstr(log, "\"client\":\"127.0.0.0/24\""), "%s", log);
    cr_expect_null(strcasestr(log, "secret"), "%s", log);
    free(log);
    seam_command(&seam, 'm');
    const char *metrics = seam.shared->text;
    cr_expect(strstr(metrics, "livenessd_http_requests_total{listener=\"test\",method=\"GET\","
                              "route=\"/items/{id}\",code=\"200\"} 1"),
              "%s", metrics);
    cr_expect(strstr(metrics, "livenessd_http_request_duration_seconds_count{listener=\"test\","
                              "route=\"/items/{id}\"} 1"));
    cr_expect(strstr(metrics, "livenessd_http_requests_in_flight{listener=\"test\"} 0"));
    cr_expect_null(strcasestr(metrics, "secret"));
    seam_stop(&seam);
}
