/* What would let a request be smuggled past a proxy is answered 400 and the connection closed,
 * alone and behind a good request on the same connection; what is sound passes, in any pieces. */
#include "seam.h"

#define END  "\r\n\r\n"
#define GOOD "GET /hello HTTP/1.1\r\nHost: x" END
#define BODY "Content-Type: application/json\r\n"

static struct seam seam;

static void start(void)
{
    struct listener_config config = seam_config();
    seam = seam_start(&config);
}

TestSuite(framing, .init = start);

static const char *const bad[] = {
    /* Content-Length and Transfer-Encoding */
    "POST /echo HTTP/1.1\r\nHost: x\r\n" BODY "Content-Length: 5\r\nTransfer-Encoding: chunked" END
    "0" END,
    "POST /echo HTTP/1.1\r\nHost: x\r\n" BODY "Transfer-Encoding: chunked\r\nContent-Length: 5" END
    "0" END,
    /* several lengths */
    "POST /echo HTTP/1.1\r\nHost: x\r\n" BODY "Content-Length: 2\r\nContent-Length: 3" END "{}",
    "POST /echo HTTP/1.1\r\nHost: x\r\n" BODY "Content-Length: 2\r\nContent-Length: 2" END "{}",
    "POST /echo HTTP/1.1\r\nHost: x\r\n" BODY "Content-Length: 2, 2" END "{}",
    "POST /echo HTTP/1.1\r\nHost: x\r\n" BODY "Content-Length: +2" END "{}",
    "POST /echo HTTP/1.1\r\nHost: x\r\n" BODY "Content-Length: -2" END "{}",
    "POST /echo HTTP/1.1\r\nHost: x\r\n" BODY "Content-Length: 0x2" END "{}",
    "POST /echo HTTP/1.1\r\nHost: x\r\n" BODY "Content-Length:" END "{}",
    "POST /echo HTTP/1.1\r\nHost: x\r\n" BODY "Content-Length: 99999999999999999999999" END "{}",
    /* encodings */
    "POST /echo HTTP/1.1\r\nHost: x\r\n" BODY
    "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked" END "0" END,
    "POST /echo HTTP/1.1\r\nHost: x\r\n" BODY
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked" END "0" END,
    "POST /echo HTTP/1.1\r\nHost: x\r\n" BODY "Transfer-Encoding: identity" END,
    "POST /echo HTTP/1.1\r\nHost: x\r\n" BODY "Transfer-Encoding: gzip, chunked" END "0" END,
    "POST /echo HTTP/1.1\r\nHost: x\r\n" BODY "Transfer-Encoding: xchunked" END "0" END,
    "POST /echo HTTP/1.1\r\nHost: x\r\n" BODY "Transfer-Encoding: \x0b"
    "chunked" END "0" END,
    "POST /echo HTTP/1.0\r\nHost: x\r\n" BODY "Transfer-Encoding: chunked" END "0" END,
    /* lines */
    "GET /hello HTTP/1.1\r\nHost: x\r\nX-A: b\r\n c" END,
    "GET /hello HTTP/1.1\r\nHost: x\r\n X-A: b" END,
    "GET /hello HTTP/1.1\r\n\tHost: x" END,
    "GET /hello HTTP/1.1\nHost: x\n\n",
    "GET /hello HTTP/1.1\r\nHost: x\nX-A: b" END,
    "GET /hello HTTP/1.1\r\nHost: x\r\n\n",
    "GET /hello HTTP/1.1\r\nHost: x\r\nX-A: b\rc" END,
    "GET /hello HTTP/1.1\r\nHost : x" END,
    "GET /hello HTTP/1.1\r\nHost: x\r\nX-A : b" END,
    "GET /hello HTTP/1.1\r\nHost: x\r\n: b" END,
    "GET /hello HTTP/1.1\r\nHost: x\r\nX A: b" END,
    "GET /hello HTTP/1.1\r\nHost: x\r\nX(A): b" END,
    "GET /hello HTTP/1.1\r\nHost: x\r\nno colon" END,
    "GET /hello HTTP/1.1\r\nHost: x\r\nX-A: b\x01" END,
    /* hosts */
    "GET /hello HTTP/1.1" END,
    "GET /hello HTTP/1.1\r\nHost:" END,
    "GET /hello HTTP/1.1\r\nHost: x\r\nHost: y" END,
    "GET /hello HTTP/1.1\r\nHost: x\r\nHost: x" END,
    "GET /hello HTTP/1.1\r\nHost: x y" END,
    "GET /hello HTTP/1.1\r\nHost: x/y" END,
    "GET /hello HTTP/1.1\r\nHost: u@x" END,
    "GET /hello HTTP/1.1\r\nHost: x:8a" END,
    "GET /hello HTTP/1.1\r\nHost: [::1" END,
    "GET /hello HTTP/1.1\r\nHost: :80" END,
    "GET /hello HTTP/1.0\r\nHost: x\r\nHost: y" END,
    "GET /hello HTTP/1.0\r\nHost: x y" END,
    /* request lines and versions */
    "GET  /hello HTTP/1.1\r\nHost: x" END,
    "GET /hello  HTTP/1.1\r\nHost: x" END,
    "GET /hel lo HTTP/1.1\r\nHost: x" END,
    " GET /hello HTTP/1.1\r\nHost: x" END,
    "G(T /hello HTTP/1.1\r\nHost: x" END,
    "GET /hello HTTP/1.2\r\nHost: x" END,
    "GET /hello HTTP/2.0\r\nHost: x" END,
    "GET /hello http/1.1\r\nHost: x" END,
    "GET /hello\r\nHost: x" END,
    "\nGET /hello HTTP/1.1\r\nHost: x" END,
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
};

/* `fd` shall see 400, then the end: nothing behind the bad request is served. */
static void expect_refusal(int fd, const char *request)
{
    struct answer answer = client_receive(fd, false);
    cr_expect_eq(answer.status, 400, "%s: %s", request, answer.text);
    cr_expect(answer_says(&answer, "connection", "close"), "%s", request);
    answer_done(&answer);
    cr_expect(client_sees_close(fd), "still open after %s", request);
}

Test(framing, refuses_and_closes)
{
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int fd = client_connect(&seam);
        client_send(fd, bad[i]);
        client_send(fd, GOOD);
        expect_refusal(fd, bad[i]);
        (void)close(fd);
    }
    cr_expect_eq(atomic_load(&seam.shared->handled), 0);
    SEAM_EXPECT(&seam.shared->connections, 0);
    seam_stop(&seam);
}

Test(framing, refuses_the_second_request_of_a_pipeline)
{
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char pipeline[1024];
        int fd = client_connect(&seam);
        (void)snprintf(pipeline, sizeof pipeline, "%s%s%s", GOOD, bad[i], GOOD);
        client_send(fd, pipeline);
        struct answer first = client_receive(fd, false);
        cr_expect_eq(first.status, 200, "before %s", bad[i]);
        answer_done(&first);
        expect_refusal(fd, bad[i]);
        (void)close(fd);
    }
    cr_expect_eq(atomic_load(&seam.shared->handled), sizeof bad / sizeof *bad);
    seam_stop(&seam);
}

Test(framing, refuses_nul_in_the_head)
{
    static const char request[] = "GET /hello HTTP/1.1\r\nHost: x\r\nX-A: a\0b" END;
    int fd = client_connect(&seam);
    client_send_bytes(fd, request, sizeof request - 1);
    expect_refusal(fd, "NUL");
    (void)close(fd);
    seam_stop(&seam);
}

Test(framing, answers_a_refusal_in_the_error_shape_with_a_request_id)
{
    struct answer answer = client_ask(&seam, "GET /hello HTTP/1.1\r\nHost: x\r\nHost: y" END);
    cr_expect_eq(answer.status, 400);
    cr_expect(answer_says(&answer, "x-ms-error-code", "BadArgument"));
    cr_expect(strstr(answer.body, "Host header is repeated"));
    char *id = answer_header(&answer, "x-request-id");
    cr_expect_not_null(id);
    free(id);
    answer_done(&answer);
    seam_command(&seam, 'm');
    cr_expect(strstr(seam.shared->text,
                     "livenessd_http_refused_total{listener=\"test\",reason=\"guard\"} 1"));
    seam_stop(&seam);
}

static const struct {
    const char *request, *body;
} good[] = {
    {GOOD, "hello\n"},
    {"\r\n" GOOD, "hello\n"},
    {"GET /hello HTTP/1.0" END, "hello\n"},
    {"GET /hello HTTP/1.1\r\nHost: [::1]:8080" END, "hello\n"},
    {"GET /hello HTTP/1.1\r\nhost:x.example:80\r\nX-Empty:\r\nX-Utf: \xc3\xa4\tb" END, "hello\n"},
    {"POST /echo HTTP/1.1\r\nHost: x\r\n" BODY "Content-Length: 2" END "{}", "{}"},
    {"POST /echo HTTP/1.1\r\nHost: x\r\n" BODY "Content-Length:   002" END "{}", "{}"},
    {"POST /echo HTTP/1.1\r\nHost: x\r\n" BODY "Transfer-Encoding: chunked" END
     "3\r\n{\"a\r\n4;x=y\r\n\":1}\r\n0" END,
     "{\"a\":1}"},
    {"POST /echo HTTP/1.1\r\nHost: x\r\n" BODY "Transfer-Encoding: Chunked" END
     "2\r\n{}\r\n0\r\nTrailer: x" END,
     "{}"},
};

Test(framing, takes_sound_requests_byte_by_byte)
{
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int fd = client_connect(&seam), on = 1;
        (void)setsockopt(fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &on, sizeof on);
        for (const char *at = good[i].request; *at; at++)
            client_send_bytes(fd, at, 1);
        struct answer answer = client_receive(fd, false);
        cr_expect_eq(answer.status, 200, "%s", good[i].request);
        cr_expect_str_eq(answer.body, good[i].body);
        answer_done(&answer);
        (void)close(fd);
    }
    seam_stop(&seam);
}

Test(framing, serves_a_pipeline_in_order)
{
    CLEANUP(buf) struct buf pipeline;
    int fd = client_connect(&seam);
    buf_init(&pipeline, 1 << 20);
    for (int round = 0; round < 20; round++)
        for (size_t i = 0; i < sizeof good / sizeof *good; i++)
            if (!strstr(good[i].request, "HTTP/1.0"))
                buf_puts(&pipeline, good[i].request);
    client_send_bytes(fd, pipeline.data, pipeline.len);
    for (int round = 0; round < 20; round++)
        for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
            if (strstr(good[i].request, "HTTP/1.0"))
                continue;
            struct answer answer = client_receive(fd, false);
            cr_assert_eq(answer.status, 200, "%s", answer.text);
            cr_assert_str_eq(answer.body, good[i].body);
            answer_done(&answer);
        }
    (void)close(fd);
    seam_stop(&seam);
}

Test(framing, never_speaks_http2)
{
    struct answer answer = client_ask(
        &seam, "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\n"
               "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA" END);
    cr_expect_eq(answer.status, 200);
    cr_expect_eq(strncmp(answer.text, "HTTP/1.1", 8), 0);
    cr_expect(answer_says(&answer, "upgrade", NULL));
    answer_done(&answer);
    seam_stop(&seam);
}
