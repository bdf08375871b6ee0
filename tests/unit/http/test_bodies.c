/* Bodies and heads that are large, slow, cut off, or announced before they are sent. */
#include "seam.h"

static struct seam seam;

static void start(void)
{
    struct listener_config config = seam_config();
    seam = seam_start(&config);
}

TestSuite(bodies, .init = start);

enum { CAP = 100000 };

static void send_head(int fd, const char *path, const char *framing)
{
    char head[256];
    (void)snprintf(head, sizeof head,
                   "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n%s\r\n\r\n",
                   path, framing);
    client_send(fd, head);
}

static void send_sized(int fd, size_t size)
{
    char framing[64];
    char *body = xcalloc(1, size + 1);
    memset(body, 'a', size);
    (void)snprintf(framing, sizeof framing, "Content-Length: %zu", size);
    send_head(fd, "/echo", framing);
    client_send_bytes(fd, body, size);
    free(body);
}

static void send_chunked(int fd, size_t size)
{
    char line[32], *body = xcalloc(1, size + 1);
    memset(body, 'a', size);
    send_head(fd, "/echo", "Transfer-Encoding: chunked");
    for (size_t at = 0; at < size;) {
        size_t chunk = size - at < 9973 ? size - at : 9973;
        (void)snprintf(line, sizeof line, "%zx\r\n", chunk);
        client_send(fd, line);
        client_send_bytes(fd, body + at, chunk);
        client_send(fd, "\r\n");
        at += chunk;
    }
    client_send(fd, "0\r\n\r\n");
    free(body);
}

/* 200 up to the cap; above it our 413, however much too large. */
static void expect_cap(void (*send_body)(int fd, size_t size))
{
    static const size_t sizes[] = {1,       CAP - 1,    CAP,      CAP + 1,
                                   CAP + 9, CAP + 5000, 10 * CAP, 100 * CAP};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int fd = client_connect(&seam), wanted = sizes[i] <= CAP ? 200 : 413;
        send_body(fd, sizes[i]);
        struct answer answer = client_receive(fd, false);
        cr_expect_eq(answer.status, wanted, "%zu: %d, %s", sizes[i], answer.status,
                     strerror(answer.error));
        if (answer.status == 413) {
            cr_expect(answer_says(&answer, "x-ms-error-code", "BodyTooLarge"));
            cr_expect(answer_says(&answer, "content-type", "application/json; charset=utf-8"));
            cr_expect(strstr(answer.body, "\"code\":\"BodyTooLarge\""));
            cr_expect(answer_says(&answer, "cache-control", "no-store"));
        }
        answer_done(&answer);
        (void)close(fd);
    }
    SEAM_EXPECT(&seam.shared->connections, 0);
}

Test(bodies, are_capped_with_a_content_length)
{
    expect_cap(send_sized);
    seam_stop(&seam);
}

Test(bodies, are_capped_when_chunked)
{
    expect_cap(send_chunked);
    seam_stop(&seam);
}

Test(bodies, are_capped_by_the_route)
{
    int fd = client_connect(&seam);
    send_head(fd, "/small", "Content-Length: 10");
    client_send(fd, "0123456789");
    send_head(fd, "/small", "Content-Length: 11");
    client_send(fd, "0123456789a");
    send_head(fd, "/small", "Content-Length: 1");
    client_send(fd, "0");
    static const int wanted[] = {200, 413, 200};
    for (int i = 0; i < 3; i++) {
        struct answer answer = client_receive(fd, false);
        cr_expect_eq(answer.status, wanted[i], "%d: %d, %s: %s", i, answer.status,
                     strerror(answer.error), answer.text ? answer.text : "");
        answer_done(&answer);
    }
    (void)close(fd);
    seam_stop(&seam);
}

Test(bodies, that_are_broken_get_our_400)
{
    int fd = client_connect(&seam);
    send_head(fd, "/echo", "Transfer-Encoding: chunked");
    client_send(fd, "zz\r\n");
    struct answer answer = client_receive(fd, false);
    cr_expect_eq(answer.status, 400);
    cr_expect(answer_says(&answer, "x-ms-error-code", "BadArgument"));
    cr_expect(answer_says(&answer, "connection", "close"));
    answer_done(&answer);
    cr_expect(client_sees_close(fd));
    (void)close(fd);
    seam_stop(&seam);
}

Test(bodies, are_asked_for_after_expect_100_continue)
{
    int fd = client_connect(&seam);
    send_head(fd, "/echo", "Content-Length: 2\r\nExpect: 100-continue");
    struct answer interim = client_receive(fd, false);
    cr_expect_eq(interim.status, 100);
    client_send(fd, "{}");
    struct answer answer = client_receive(fd, false);
    cr_expect_eq(answer.status, 200);
    cr_expect_str_eq(answer.body, "{}");
    answer_done(&interim);
    answer_done(&answer);
    (void)close(fd);
    seam_stop(&seam);
}

Test(bodies, too_large_are_refused_instead_of_asked_for)
{
    int fd = client_connect(&seam);
    send_head(fd, "/echo", "Content-Length: 10000000\r\nExpect: 100-continue");
    struct answer answer = client_receive(fd, false);
    cr_expect_eq(answer.status, 413);
    answer_done(&answer);
    cr_expect(client_sees_close(fd));
    (void)close(fd);
    seam_stop(&seam);
}

Test(bodies, with_an_unknown_expectation_are_refused_in_our_shape)
{
    int fd = client_connect(&seam);
    send_head(fd, "/echo", "Content-Length: 2\r\nExpect: miracles");
    struct answer answer = client_receive(fd, false);
    cr_expect_eq(answer.status, 417);
    cr_expect(answer_says(&answer, "x-ms-error-code", "BadArgument"));
    cr_expect(answer_says(&answer, "content-type", "application/json; charset=utf-8"));
    answer_done(&answer);
    (void)close(fd);
    seam_stop(&seam);
}

Test(bodies, cut_off_in_the_middle_leave_nothing_behind)
{
    int fd = client_connect(&seam);
    send_head(fd, "/echo", "Content-Length: 5000");
    client_send(fd, "only this");
    SEAM_EXPECT(&seam.shared->connections, 1);
    (void)close(fd);
    SEAM_EXPECT(&seam.shared->connections, 0);
    cr_expect_eq(atomic_load(&seam.shared->handled), 0);
    seam_stop(&seam);
}

Test(bodies, heads_that_are_too_large_get_431)
{
    static const size_t fillers[] = {3000, 4096, 60000};
    static const int wanted[] = {200, 431, 431};
    for (size_t i = 0; i < 3; i++) {
        char *request = xcalloc(1, fillers[i] + 100);
        int length = snprintf(request, 100, "GET /hello HTTP/1.1\r\nHost: x\r\nX-Filler: ");
        memset(request + length, 'f', fillers[i]);
        memcpy(request + length + fillers[i], "\r\n\r\n", 4);
        struct answer answer = client_ask(&seam, request);
        cr_expect_eq(answer.status, wanted[i], "%zu", fillers[i]);
        if (wanted[i] == 431) {
            cr_expect(answer_says(&answer, "x-ms-error-code", "HeadTooLarge"));
            cr_expect(answer_says(&answer, "connection", "close"));
        }
        answer_done(&answer);
        free(request);
    }
    seam_stop(&seam);
}

Test(bodies, heads_with_too_many_fields_are_refused)
{
    CLEANUP(buf) struct buf request;
    buf_init(&request, 1 << 16);
    buf_puts(&request, "GET /hello HTTP/1.1\r\nHost: x\r\n");
    for (int i = 0; i < 150; i++)
        buf_printf(&request, "A%d: b\r\n", i);
    buf_puts(&request, "\r\n");
    struct answer answer = client_ask(&seam, request.data);
    cr_expect_eq(answer.status, 400);
    answer_done(&answer);
    seam_stop(&seam);
}
