/* Flows that wait: they are resumed from uv's timers, learn that their client has gone, and are
 * cancelled exactly once when the client is given up. */
#include "seam.h"

static struct seam seam;

static void start(void)
{
    struct listener_config config = seam_config();
    seam = seam_start(&config);
}

TestSuite(waiting, .init = start);

#define GET(path) "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"

static double ask_wait(int fd, unsigned ms)
{
    char request[64];
    (void)snprintf(request, sizeof request, GET("/wait?ms=%u"), ms);
    client_send(fd, request);
    struct answer answer = client_receive(fd, false);
    cr_assert_eq(answer.status, 200);
    double waited = strtod(answer.body + strlen("waited "), NULL);
    answer_done(&answer);
    return waited;
}

Test(waiting, keep_alive_requests_are_answered_from_uv_callbacks_on_a_quiet_connection)
{
    int fd = client_connect(&seam);
    for (unsigned i = 0; i < 50; i++)
        cr_expect_gt(ask_wait(fd, i % 4) + 1, i % 4); /* uv counts whole milliseconds */
    (void)close(fd);
    cr_expect_eq(atomic_load(&seam.shared->resumed), 50);
    seam_stop(&seam);
}

Test(waiting, a_deadline_after_an_idle_stretch_is_neither_early_nor_lost)
{
    int fd = client_connect(&seam);
    (void)ask_wait(fd, 0);
    seam_pause_ms(1200); /* the idle stretch is the condition */
    double waited = ask_wait(fd, 500);
    cr_expect_gt(waited, 499);
    cr_expect_lt(waited, 1500);
    (void)close(fd);
    seam_stop(&seam);
}

Test(waiting, a_half_closed_client_is_seen_as_gone)
{
    int fd = client_connect(&seam);
    client_send(fd, GET("/gone?ms=5"));
    SEAM_EXPECT(&seam.shared->in_flight, 1);
    cr_expect_eq(atomic_load(&seam.shared->gone), 0);
    (void)shutdown(fd, SHUT_WR);
    SEAM_EXPECT(&seam.shared->gone, 1);
    SEAM_EXPECT(&seam.shared->in_flight, 0);
    (void)close(fd);
    seam_stop(&seam);
}

Test(waiting, a_client_gone_behind_pipelined_bytes_is_seen)
{
    int fd = client_connect(&seam);
    client_send(fd, GET("/gone?ms=5") GET("/hello"));
    SEAM_EXPECT(&seam.shared->in_flight, 1);
    (void)close(fd);
    SEAM_EXPECT(&seam.shared->gone, 1);
    SEAM_EXPECT(&seam.shared->connections, 0);
    seam_stop(&seam);
}

Test(waiting, a_reset_client_is_seen_as_gone)
{
    static const struct linger now = {.l_onoff = 1};
    int fd = client_connect(&seam);
    client_send(fd, GET("/gone?ms=5"));
    SEAM_EXPECT(&seam.shared->in_flight, 1);
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    (void)close(fd);
    SEAM_EXPECT(&seam.shared->gone, 1);
    SEAM_EXPECT(&seam.shared->connections, 0);
    seam_stop(&seam);
}

Test(waiting, pipelined_requests_wait_their_turn)
{
    int fd = client_connect(&seam);
    client_send(fd, GET("/wait?ms=30") GET("/hello") GET("/wait?ms=1") GET("/hello"));
    for (int i = 0; i < 4; i++) {
        struct answer answer = client_receive(fd, false);
        cr_expect_eq(answer.status, 200);
        cr_expect_eq(strcmp(answer.body, "hello\n") == 0, i % 2 == 1);
        answer_done(&answer);
    }
    (void)close(fd);
    seam_stop(&seam);
}

Test(waiting, closing_the_listener_cancels_each_flow_once)
{
    int fds[20];
    for (int i = 0; i < 20; i++) {
        fds[i] = client_connect(&seam);
        client_send(fds[i], i % 2 ? "POST /wait?ms=60000 HTTP/1.1\r\nHost: x\r\n"
                                    "Content-Length: 2\r\n\r\n{}" GET("/hello")
                                  : GET("/wait?ms=60000"));
    }
    SEAM_EXPECT(&seam.shared->in_flight, 20);
    seam_command(&seam, 'c');
    cr_expect_eq(atomic_load(&seam.shared->cancelled), 20); /* before listener_close returned */
    for (int i = 0; i < 20; i++) {
        cr_expect(client_sees_close(fds[i]));
        (void)close(fds[i]);
    }
    cr_expect_eq(atomic_load(&seam.shared->resumed), 0);
    cr_expect_eq(atomic_load(&seam.shared->handled), 0);
    seam_stop(&seam);
}

Test(waiting, closing_the_listener_ends_connections_in_every_state)
{
    int idle = client_connect(&seam), half = client_connect(&seam), body = client_connect(&seam);
    int slow = client_connect(&seam), refused = client_connect(&seam);
    client_send(half, "GET /hel");
    client_send(body, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\nabc");
    client_send(slow, GET("/big?bytes=30000000"));
    client_send(refused, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 999999\r\n\r\nabc");
    struct answer answer = client_receive(refused, false);
    cr_expect_eq(answer.status, 413);
    answer_done(&answer);
    SEAM_EXPECT(&seam.shared->connections, 5);
    SEAM_EXPECT(&seam.shared->in_flight, 1);
    seam_command(&seam, 'c');
    cr_expect(client_sees_close(idle) && client_sees_close(half) && client_sees_close(body));
    (void)close(idle), (void)close(half), (void)close(body), (void)close(slow);
    (void)close(refused);
    seam_stop(&seam);
}

Test(waiting, draining_closes_idle_connections_and_finishes_the_others)
{
    int idle[3], busy = client_connect(&seam), uploading = client_connect(&seam);
    for (int i = 0; i < 3; i++) {
        idle[i] = client_connect(&seam);
        client_send(idle[i], GET("/hello"));
        struct answer answer = client_receive(idle[i], false);
        cr_expect(answer_says(&answer, "connection", "keep-alive"));
        answer_done(&answer);
    }
    client_send(busy, GET("/wait?ms=1000"));
    client_send(uploading, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                           "Content-Length: 2\r\n\r\n{");
    SEAM_EXPECT(&seam.shared->in_flight, 1);
    SEAM_EXPECT(&seam.shared->connections, 5);
    seam_pause_ms(20);
    seam_command(&seam, 'd');
    for (int i = 0; i < 3; i++) {
        cr_expect(client_sees_close(idle[i]));
        (void)close(idle[i]);
    }
    cr_expect_eq(atomic_load(&seam.shared->in_flight), 1, "idle ones end before the busy one");
    int late = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(seam.port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    cr_expect_neq(connect(late, (struct sockaddr *)&to, sizeof to), 0);
    client_send(uploading, "}");
    struct answer upload = client_receive(uploading, false);
    struct answer waited = client_receive(busy, false);
    cr_expect_eq(upload.status, 200);
    cr_expect_eq(waited.status, 200);
    cr_expect(answer_says(&upload, "connection", "close"));
    cr_expect(answer_says(&waited, "connection", "close"));
    cr_expect(client_sees_close(busy) && client_sees_close(uploading));
    answer_done(&upload);
    answer_done(&waited);
    SEAM_EXPECT(&seam.shared->connections, 0);
    (void)close(busy), (void)close(uploading), (void)close(late);
    seam_stop(&seam);
}

Test(waiting, an_idle_server_uses_no_cpu)
{
    int fd = client_connect(&seam);
    (void)ask_wait(fd, 1);
    seam_command(&seam, 'f');
    unsigned long long before = atomic_load(&seam.shared->cpu_us);
    seam_pause_ms(1500); /* the stretch that is measured */
    seam_command(&seam, 'f');
    unsigned long long used = atomic_load(&seam.shared->cpu_us) - before;
    cr_expect_lt(used, 20000, "%llu us of CPU while idle", used);
    (void)close(fd);
    seam_stop(&seam);
}
