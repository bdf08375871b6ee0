/* Answers that a flow writes by and by: they arrive as they are written, and end for good. */
#include "streams.h"

static struct answer ask(const struct seam *seam, const char *request)
{
    int fd = client_connect(seam);
    client_send(fd, request);
    struct answer answer = client_drink(fd);
    (void)close(fd);
    return answer;
}

Test(feed, sends_each_piece_as_a_chunk_and_closes)
{
    struct seam seam = streams_start(0);
    struct answer answer = ask(&seam, STREAM_GET("/stream?pieces=2&bytes=4"));
    cr_expect(answer_says(&answer, "content-type", "text/event-stream"));
    cr_expect(answer_says(&answer, "x-accel-buffering", "no"));
    cr_expect(answer_says(&answer, "cache-control", "no-store"));
    cr_expect(answer_says(&answer, "connection", "close"), "%s", answer.text);
    cr_expect_str_eq(answer.body, "6\r\nfirst\n\r\n4\r\nppp\n\r\n4\r\nppp\n\r\n0\r\n\r\n");
    answer_done(&answer);
    SEAM_EXPECT(&seam.shared->connections, 0);
    cr_expect_eq(atomic_load(&seam.shared->resumed), 1);
    cr_expect_eq(atomic_load(&seam.shared->cancelled), 0);
    seam_stop(&seam);
}

Test(feed, an_old_proxy_gets_the_bytes_as_they_are)
{
    struct seam seam = streams_start(0);
    struct answer answer = ask(&seam, STREAM_GET_1_0("/stream?pieces=2&bytes=4"));
    cr_expect_str_eq(answer.body, "first\nppp\nppp\n");
    answer_done(&answer);
    seam_stop(&seam);
}

Test(feed, the_first_piece_arrives_at_once)
{
    struct seam seam = streams_start(0);
    int fd = client_connect(&seam);
    client_send(fd, STREAM_GET("/stream?ms=60000"));
    struct answer answer = client_receive(fd, false);
    cr_expect_eq(answer.status, 200);
    while (!strstr(answer.text, "first\n"))
        cr_assert(client_more(fd, &answer, 64));
    answer_done(&answer);
    (void)close(fd);
    SEAM_EXPECT(&seam.shared->cancelled, 1);
    seam_stop(&seam);
}

Test(feed, ends_without_another_piece)
{
    struct seam seam = streams_start(0);
    struct answer chunked = ask(&seam, STREAM_GET("/stream?pieces=0"));
    struct answer plain = ask(&seam, STREAM_GET_1_0("/stream?pieces=0"));
    cr_expect_str_eq(chunked.body, "6\r\nfirst\n\r\n0\r\n\r\n");
    cr_expect_str_eq(plain.body, "first\n");
    answer_done(&chunked);
    answer_done(&plain);
    SEAM_EXPECT(&seam.shared->connections, 0);
    seam_stop(&seam);
}

Test(feed, whoever_asks_for_the_head_gets_no_more)
{
    struct seam seam = streams_start(0);
    struct answer answer = ask(&seam, "HEAD /stream HTTP/1.1\r\nHost: x\r\n\r\n");
    cr_expect_eq(seam_number((struct slice){answer.text + 9, 3}, 0), 200);
    cr_expect_str_eq(answer.body, "");
    answer_done(&answer);
    SEAM_EXPECT(&seam.shared->in_flight, 0);
    cr_expect_eq(atomic_load(&seam.shared->resumed) + atomic_load(&seam.shared->cancelled), 0);
    seam_stop(&seam);
}

Test(feed, a_reader_that_takes_nothing_is_cut)
{
    struct seam seam = streams_start(0);
    int fd = client_connect(&seam), small = 4096;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    client_send(fd, STREAM_GET("/stream?pieces=1000000&bytes=16000&ms=0"));
    SEAM_EXPECT(&seam.shared->cancelled, 1);
    SEAM_EXPECT(&seam.shared->connections, 0);
    cr_expect_eq(atomic_load(&seam.shared->resumed), 0);
    (void)close(fd);
    seam_stop(&seam);
}

Test(feed, a_departure_is_seen_at_once_without_a_byte_being_written)
{
    struct seam seam = streams_start(0);
    int fd = client_connect(&seam);
    client_send(fd, STREAM_GET("/stream?ms=60000"));
    SEAM_EXPECT(&seam.shared->handled, 1);
    (void)close(fd);
    SEAM_EXPECT(&seam.shared->cancelled, 1);
    SEAM_EXPECT(&seam.shared->connections, 0);
    seam_stop(&seam);
}

static size_t count_lines(const struct answer *answer, char first)
{
    size_t count = 0;
    cr_assert_not_null(answer->body);
    for (const char *at = strstr(answer->body, "\n"); at; at = strstr(at + 1, "\n"))
        count += at[-1] == first;
    return count;
}

Test(feed, a_quiet_one_is_kept_alive_by_heartbeats)
{
    struct seam seam = streams_start(150);
    int fd = client_connect(&seam);
    client_send(fd, STREAM_GET_1_0("/stream?ms=700&pieces=1&bytes=2"));
    struct answer answer = client_drink(fd);
    cr_expect_geq(count_lines(&answer, ':'), 3, "%s", answer.body);
    answer_done(&answer);
    (void)close(fd);
    seam_stop(&seam);
}

Test(feed, heartbeats_of_many_do_not_come_together)
{
    enum { CLIENTS = 60 };
    struct seam seam = streams_start(60000);
    struct pollfd clients[CLIENTS];
    for (int i = 0; i < CLIENTS; i++) {
        int fd = client_connect(&seam);
        client_send(fd, STREAM_GET_1_0("/stream?ms=600000"));
        struct answer answer = client_receive(fd, true);
        while (!strstr(answer.text, "first\n"))
            cr_assert(client_more(fd, &answer, 1));
        answer_done(&answer);
        clients[i] = (struct pollfd){.fd = fd, .events = POLLIN};
    }
    int beaten = poll(clients, CLIENTS, SEAM_PATIENCE_MS);
    cr_expect_gt(beaten, 0);
    cr_expect_leq(beaten, CLIENTS / 2);
    for (int i = 0; i < CLIENTS; i++)
        (void)close(clients[i].fd);
    SEAM_EXPECT(&seam.shared->connections, 0);
    seam_stop(&seam);
}

Test(feed, closing_the_listener_cancels_each_flow_once)
{
    enum { CLIENTS = 20 };
    struct seam seam = streams_start(0);
    int fds[CLIENTS];
    for (int i = 0; i < CLIENTS; i++) {
        fds[i] = client_connect(&seam);
        client_send(fds[i],
                    i % 2 ? STREAM_GET("/stream?ms=60000") : STREAM_GET("/watched?ms=60000"));
    }
    SEAM_EXPECT(&seam.shared->handled, CLIENTS);
    seam_command(&seam, 'c');
    cr_expect_eq(atomic_load(&seam.shared->cancelled), CLIENTS);
    for (int i = 0; i < CLIENTS; i++) {
        struct answer answer = client_drink(fds[i]);
        answer_done(&answer);
        (void)close(fds[i]);
    }
    cr_expect_eq(atomic_load(&seam.shared->resumed), 0);
    seam_stop(&seam);
}
