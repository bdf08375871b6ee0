/* Multipart bodies: gone when they have been used, and never more than the memory for them. */
#include "uploads.h"

TestSuite(upload_memory, .init = start_uploads);

static void expect_no_marks(const char *when)
{
    seam_command(&seam, 's');
    cr_expect_eq(atomic_load(&seam.shared->marks), 0, "%s: %llu", when,
                 (unsigned long long)atomic_load(&seam.shared->marks));
}

Test(upload_memory, leave_no_trace_in_memory)
{
    static const size_t sizes[] = {100, 5000, 50000, UPLOAD};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int chunked = 0; chunked < 2; chunked++) {
            int fd = client_connect(&seam);
            send_body(fd, "/upload", MULTIPART, sizes[i], chunked);
            expect_status(fd, 200);
            expect_no_marks("kept alive");
            send_body(fd, "/upload", MULTIPART, sizes[i], chunked);
            client_send(fd, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
            expect_status(fd, 200);
            expect_status(fd, 200);
            expect_no_marks("followed by another");
            (void)close(fd);
        }
    seam_stop(&seam);
}

/* The scan is worth nothing if it does not see bodies that are kept. */
Test(upload_memory, are_seen_by_the_scan_while_they_arrive)
{
    int fd = client_connect(&seam);
    char *body = marked(UPLOAD / 2);
    send_length(fd, "/upload", MULTIPART, UPLOAD);
    client_send_bytes(fd, body, UPLOAD / 2);
    wait_until_read();
    seam_command(&seam, 's');
    cr_expect_gt(atomic_load(&seam.shared->marks), 100);
    (void)close(fd);
    free(body);
    seam_stop(&seam);
}

Test(upload_memory, that_never_arrive_whole_leave_no_trace)
{
    static const char *const framings[] = {"Content-Length: 1000000", "Transfer-Encoding: chunked"};
    for (int chunked = 0; chunked < 2; chunked++) {
        int fd = client_connect(&seam);
        char *body = marked(UPLOAD / 2);
        send_head(fd, "/upload", MULTIPART, framings[chunked]);
        if (chunked)
            send_chunks(fd, body, UPLOAD / 2, 8000);
        else
            client_send_bytes(fd, body, UPLOAD / 2);
        wait_until_read();
        (void)close(fd);
        SEAM_EXPECT(&seam.shared->connections, 0);
        expect_no_marks("client gone");
        free(body);
    }
    seam_stop(&seam);
}

Test(upload_memory, refused_or_too_slow_leave_no_trace)
{
    seam_stop(&seam);
    struct listener_config config = seam_config();
    config.max_upload_bytes = UPLOAD;
    config.request_timeout_ms = 300;
    seam = seam_start(&config);
    char *body = marked(UPLOAD);
    int fd = client_connect(&seam);
    send_length(fd, "/upload", MULTIPART, UPLOAD);
    client_send_bytes(fd, body, UPLOAD - 1);
    cr_expect(client_sees_close(fd), "the rest never came");
    (void)close(fd);
    SEAM_EXPECT(&seam.shared->connections, 0);
    expect_no_marks("timed out");
    fd = client_connect(&seam);
    send_body(fd, "/parts", MULTIPART, UPLOAD, true);
    expect_status(fd, 400);
    (void)close(fd);
    expect_no_marks("not multipart");
    fd = client_connect(&seam);
    send_head(fd, "/upload", MULTIPART, "Transfer-Encoding: chunked");
    send_chunks(fd, body, 500000, 10000);
    client_send(fd, "zz\r\n");
    expect_status(fd, 400);
    (void)close(fd);
    SEAM_EXPECT(&seam.shared->connections, 0);
    expect_no_marks("broken");
    free(body);
    seam_stop(&seam);
}

Test(upload_memory, a_listener_that_closes_takes_them_with_it)
{
    int fd = client_connect(&seam), other = client_connect(&seam);
    char *body = marked(UPLOAD / 2);
    send_length(fd, "/upload", MULTIPART, UPLOAD);
    client_send_bytes(fd, body, UPLOAD / 2);
    send_head(other, "/upload", MULTIPART, "Transfer-Encoding: chunked\r\nExpect: 100-continue");
    wait_until_read();
    seam_command(&seam, 'c');
    cr_expect(client_sees_close(fd));
    seam_stop(&seam);
    (void)close(fd);
    (void)close(other);
    free(body);
}

Test(upload_memory, bodies_are_overwritten_when_a_route_asks)
{
    static const char *const types[] = {JSON, MULTIPART};
    for (size_t i = 0; i < 2; i++)
        for (int chunked = 0; chunked < 2; chunked++) {
            int fd = client_connect(&seam);
            send_body(fd, "/wipe", types[i], 90000, chunked);
            client_send(fd, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
            struct answer answer = client_receive(fd, false);
            cr_expect_str_eq(answer.body, "wiped");
            answer_done(&answer);
            expect_status(fd, 200);
            (void)close(fd);
        }
    seam_stop(&seam);
}

/* ---- how much they may hold ---- */

/* 50 times 100 MB are announced: nobody is cut for it, and nothing is allocated. */
Test(upload_memory, announcing_a_body_costs_the_server_nothing)
{
    enum { CLIENTS = 50 };
    int clients[CLIENTS];
    seam_stop(&seam);
    struct listener_config config = seam_config();
    config.max_upload_bytes = 100 << 20;
    config.body_memory_bytes = (size_t)8 << 30;
    seam = seam_start(&config);
    int fd = client_connect(&seam);
    client_send(fd, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_status(fd, 200);
    long before = seam_resident_bytes(&seam);
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = client_connect(&seam);
        send_length(clients[i], "/upload", MULTIPART, 100 << 20);
    }
    send_body(fd, "/upload", MULTIPART, 10 << 20, false);
    expect_status(fd, 200);
    SEAM_EXPECT(&seam.shared->connections, CLIENTS + 1);
    cr_expect_lt(seam_resident_bytes(&seam) - before, 20 << 20);
    for (int i = 0; i < CLIENTS; i++)
        (void)close(clients[i]);
    (void)close(fd);
    seam_stop(&seam);
}

/* Four uploads fit, with their heads and a little. */
static void start_small(void)
{
    seam_stop(&seam);
    struct listener_config config = seam_config();
    config.max_upload_bytes = UPLOAD;
    config.body_memory_bytes = 4 * (size_t)UPLOAD + 5000;
    seam = seam_start(&config);
}

/* Announced, and sent but for the end. */
static int hold(size_t sent)
{
    char *body = marked(sent);
    int fd = client_connect(&seam);
    send_length(fd, "/upload", MULTIPART, UPLOAD);
    client_send_bytes(fd, body, sent);
    wait_until_read();
    free(body);
    return fd;
}

static void finish(int fd, size_t sent)
{
    char *body = marked(UPLOAD);
    client_send_bytes(fd, body, UPLOAD - sent);
    expect_status(fd, 200);
    free(body);
}

static void expect_busy(int fd)
{
    struct answer answer = client_receive(fd, false);
    cr_assert_eq(answer.status, 503, "%d, %s: %s", answer.status, strerrorname_np(answer.error),
                 answer.text ? answer.text : "");
    cr_expect(answer_says(&answer, "x-ms-error-code", "ServerBusy"));
    cr_expect(answer_says(&answer, "retry-after", "1"));
    cr_expect(answer_says(&answer, "connection", "close"));
    cr_expect(strstr(answer.body, "\"retryable\":true"), "%s", answer.body);
    answer_done(&answer);
    cr_expect(client_sees_close(fd));
    (void)close(fd);
}

/* As most clients do: all is sent before the answer is read. */
static void expect_upload_busy(void)
{
    int fd = client_connect(&seam);
    send_body(fd, "/upload", MULTIPART, UPLOAD, false);
    expect_busy(fd);
}

Test(upload_memory, the_upload_too_many_is_told_to_come_again)
{
    enum { SENT = 3000 }; /* what was announced counts, however slowly it comes */
    int held[4];
    start_small();
    for (int i = 0; i < 4; i++)
        held[i] = hold(SENT);
    expect_upload_busy();
    int fd = client_connect(&seam);
    send_head(fd, "/upload", MULTIPART, "Content-Length: 1000000\r\nExpect: 100-continue");
    expect_busy(fd);
    expect_answer("/upload", MULTIPART, UPLOAD + 5000, false, 413); /* that will never fit */
    expect_answer("/upload", MULTIPART, 1000, false, 200);
    expect_answer("/upload", JSON, CAP, false, 200);
    for (int i = 0; i < 4; i++)
        finish(held[i], SENT);
    seam_command(&seam, 'm');
    cr_expect(strstr(seam.shared->text,
                     "livenessd_http_refused_total{listener=\"test\",reason=\"body_memory\"} 2"));
    expect_answer("/upload", MULTIPART, UPLOAD, false, 200);
    for (int i = 0; i < 4; i++)
        (void)close(held[i]);
    seam_stop(&seam);
}

Test(upload_memory, what_was_promised_is_free_again_when_the_client_goes)
{
    int held[4];
    start_small();
    for (int i = 0; i < 4; i++)
        held[i] = hold(UPLOAD - 1);
    expect_upload_busy();
    (void)close(held[0]);
    SEAM_EXPECT(&seam.shared->connections, 3);
    expect_answer("/upload", MULTIPART, UPLOAD, false, 200);
    for (int i = 1; i < 4; i++)
        (void)close(held[i]);
    seam_stop(&seam);
}

/* The library has the second head before we see it. */
Test(upload_memory, the_upload_too_many_may_come_right_after_another_request)
{
    static const char two_requests[] =
        "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"
        "POST /upload HTTP/1.1\r\nHost: x\r\nContent-Type: " MULTIPART "\r\n"
        "Content-Length: 1000000\r\n\r\n";
    int held[3];
    start_small();
    for (int i = 0; i < 3; i++)
        held[i] = hold(1);
    for (int i = 0; i < 2; i++) {
        int fd = client_connect(&seam);
        client_send(fd, two_requests);
        expect_status(fd, 200);
        wait_until_read();
        expect_upload_busy(); /* the second upload of that connection is promised its memory */
        finish(fd, 0);
        (void)close(fd);
        SEAM_EXPECT(&seam.shared->connections, 3);
    }
    int last = hold(1), fd = client_connect(&seam);
    client_send(fd, two_requests);
    expect_status(fd, 200);
    expect_busy(fd);
    (void)close(last);
    for (int i = 0; i < 3; i++)
        (void)close(held[i]);
    seam_stop(&seam);
}

/* Nobody knows how large a chunked body gets, so they are cut; who was promised room keeps it. */
Test(upload_memory, together_stay_within_the_memory_for_bodies)
{
    enum { CLIENTS = 8, PART = 900000 };
    int clients[CLIENTS], cut = 0;
    start_small();
    char *body = marked(PART);
    int held = hold(PART);
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = client_connect(&seam);
        send_head(clients[i], "/upload", MULTIPART, "Transfer-Encoding: chunked");
        send_chunks(clients[i], body, PART, PART);
        wait_until_read();
    }
    for (int waited = 0; atomic_load(&seam.shared->connections) > 4 && waited < SEAM_PATIENCE_MS;
         waited += 10) {
        seam_pause_ms(10);
        wait_until_read();
    }
    cr_expect_leq(atomic_load(&seam.shared->connections), 4);
    for (int i = 0; i < CLIENTS; i++) {
        char byte;
        cut += recv(clients[i], &byte, 1, MSG_DONTWAIT) < 0 && errno == ECONNRESET;
        (void)close(clients[i]);
    }
    cr_expect_geq(cut, 5);
    finish(held, PART);
    (void)close(held);
    free(body);
    seam_stop(&seam);
}
