/* Departures of clients whose flows wait long: seen at once, told once, and of no harm to those who
 * stay. */
#include "streams.h"

static struct seam seam;

static void start(void)
{
    seam = streams_start(0);
}

TestSuite(watch, .init = start);

enum leaving { LEAVE_CLOSE, LEAVE_RESET, LEAVE_HALF };

static void leave(int fd, enum leaving how)
{
    static const struct linger now = {.l_onoff = 1};
    if (how == LEAVE_RESET)
        (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    if (how == LEAVE_HALF)
        (void)shutdown(fd, SHUT_WR);
    else
        (void)close(fd);
}

Test(watch, every_way_of_leaving_is_seen_at_once)
{
    int half = -1;
    for (enum leaving how = LEAVE_CLOSE; how <= LEAVE_HALF; how++) {
        int fd = client_connect(&seam);
        client_send(fd, STREAM_GET("/watched?ms=60000"));
        SEAM_EXPECT(&seam.shared->handled, how + 1);
        leave(fd, how);
        half = fd;
        SEAM_EXPECT(&seam.shared->cancelled, how + 1);
        SEAM_EXPECT(&seam.shared->in_flight, 0);
    }
    cr_expect(client_sees_close(half));
    (void)close(half);
    SEAM_EXPECT(&seam.shared->connections, 0);
    cr_expect_eq(atomic_load(&seam.shared->resumed), 0);
    seam_stop(&seam);
}

Test(watch, a_departure_is_logged_as_such)
{
    int fd = client_connect(&seam);
    client_send(fd, STREAM_GET("/watched?ms=60000"));
    SEAM_EXPECT(&seam.shared->handled, 1);
    (void)close(fd);
    SEAM_EXPECT(&seam.shared->connections, 0);
    char *log = seam_log(&seam);
    cr_expect(strstr(log, "\"status\":499"), "%s", log);
    free(log);
    seam_stop(&seam);
}

Test(watch, bytes_behind_a_wait_are_no_departure)
{
    int fd = client_connect(&seam);
    client_send(fd, STREAM_GET("/watched?ms=60") STREAM_GET("/hello"));
    for (int i = 0; i < 2; i++) {
        struct answer answer = client_receive(fd, false);
        cr_expect_eq(answer.status, 200);
        answer_done(&answer);
    }
    (void)close(fd);
    SEAM_EXPECT(&seam.shared->connections, 0);
    cr_expect_eq(atomic_load(&seam.shared->cancelled), 0);
    seam_stop(&seam);
}

Test(watch, a_connection_goes_on_after_its_waits)
{
    int fd = client_connect(&seam);
    for (int i = 0; i < 5; i++) {
        client_send(fd, i % 2 ? STREAM_GET("/hello") : STREAM_GET("/watched?ms=20"));
        struct answer answer = client_receive(fd, false);
        cr_expect_eq(answer.status, 200);
        cr_expect_not(answer_says(&answer, "connection", "close"));
        answer_done(&answer);
    }
    client_send(fd, STREAM_GET("/watched?ms=60000"));
    SEAM_EXPECT(&seam.shared->handled, 6);
    (void)close(fd);
    SEAM_EXPECT(&seam.shared->cancelled, 1);
    seam_stop(&seam);
}

/* ---- at any point ---- */

enum { CLIENTS = 8, ROUNDS = 120 };

static unsigned roll(struct fake_random *dice, unsigned sides)
{
    uint32_t value;
    random_fill(&dice->random, &value, sizeof value);
    return value % sides;
}

static int run_client(uint64_t seed)
{
    static const char *const requests[] = {
        STREAM_GET("/stream?pieces=5&bytes=3000&ms=1"),
        STREAM_GET_1_0("/stream?pieces=5&bytes=3&ms=2"),
        STREAM_GET("/stream?pieces=40&bytes=9000&ms=0"),
        STREAM_GET("/watched?ms=3"),
        STREAM_GET("/watched?ms=3") STREAM_GET("/stream?pieces=1"),
        STREAM_GET("/hello") STREAM_GET("/watched?ms=60000"),
    };
    struct fake_random dice;
    fake_random_init(&dice, seed);
    for (int i = 0; i < ROUNDS; i++) {
        int fd = client_connect(&seam);
        client_send(fd, requests[roll(&dice, 6)]);
        seam_pause_ms((int)roll(&dice, 6));
        char some[512];
        if (roll(&dice, 2))
            (void)!recv(fd, some, sizeof some, MSG_DONTWAIT);
        enum leaving how = (enum leaving)roll(&dice, 3);
        leave(fd, how);
        if (how == LEAVE_HALF)
            (void)close(fd);
    }
    return 0;
}

Test(watch, clients_that_leave_at_any_point_leave_nothing_behind)
{
    pid_t clients[CLIENTS];
    fflush(NULL);
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = fork();
        if (clients[i] == 0)
            _exit(run_client((uint64_t)i + 1));
    }
    for (int i = 0; i < CLIENTS; i++) {
        int status = -1;
        cr_assert_eq(waitpid(clients[i], &status, 0), clients[i]);
        cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    SEAM_EXPECT(&seam.shared->in_flight, 0);
    SEAM_EXPECT(&seam.shared->connections, 0);
    seam_stop(&seam);
}
