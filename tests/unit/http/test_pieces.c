/* Answers in pieces: cut off in the middle, endless, or slow; and clients that do not stay. */
#include "seam.h"

static struct seam seam;

static void start(void)
{
    struct listener_config config = seam_config();
    seam = seam_start(&config);
}

TestSuite(pieces, .init = start);

static void ask(int fd, const char *method, const char *target)
{
    char request[256];
    (void)snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: x\r\n\r\n", method, target);
    client_send(fd, request);
}

static int asked(const char *target)
{
    int fd = client_connect(&seam);
    ask(fd, "GET", target);
    return fd;
}

/* The connection is as good as before. */
static void expect_hello(int fd)
{
    ask(fd, "GET", "/hello");
    struct answer answer = client_receive(fd, false);
    cr_expect_eq(answer.status, 200);
    answer_done(&answer);
}

Test(pieces, a_reset_midway_comes_after_the_head_and_half_of_the_body)
{
    static const size_t sizes[] = {1, 2, 10, 999, 50000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char target[64], length[32];
        (void)snprintf(target, sizeof target, "/midway?bytes=%zu", sizes[i]);
        (void)snprintf(length, sizeof length, "%zu", sizes[i]);
        int fd = asked(target);
        struct answer answer = client_receive(fd, false);
        cr_expect_eq(answer.status, 200);
        cr_expect(answer_says(&answer, "content-length", length));
        cr_expect_eq(answer.error, ECONNRESET);
        cr_expect_eq(strlen(answer.body), sizes[i] / 2);
        answer_done(&answer);
        (void)close(fd);
    }
    SEAM_EXPECT(&seam.shared->connections, 0);
    SEAM_EXPECT(&seam.shared->in_flight, 0);
    seam_stop(&seam);
}

/* Reads the head, then counts the rest of the body; all of it but its beginning are spaces. */
static size_t read_spaces(int fd, size_t wanted)
{
    enum { PIECE = 1 << 16 };
    char *piece = xcalloc(1, PIECE);
    size_t count = 0;
    while (count < wanted) {
        ssize_t got = recv(fd, piece, wanted - count < PIECE ? wanted - count : PIECE, 0);
        if (got <= 0)
            break;
        for (ssize_t i = 0; i < got; i++)
            cr_assert_eq(piece[i], ' ');
        count += (size_t)got;
    }
    free(piece);
    return count;
}

static void read_head(int fd, const char *beginning)
{
    struct answer answer = client_receive(fd, true); /* up to the end of the head */
    cr_assert_eq(answer.status, 200);
    while (strlen(answer.body) < strlen(beginning)) {
        cr_assert(client_more(fd, &answer, 1));
        answer.body = strstr(answer.text, "\r\n\r\n") + 4;
    }
    cr_expect_str_eq(answer.body, beginning);
    answer_done(&answer);
}

Test(pieces, a_huge_answer_is_as_long_as_it_says_and_takes_little_memory, .timeout = 60)
{
    enum { HUGE_BYTES = 100 << 20 };
    int fd = client_connect(&seam);
    expect_hello(fd);
    long before = seam_resident_bytes(&seam);
    ask(fd, "GET", "/huge?bytes=104857600");
    read_head(fd, "{\"a\":1}");
    cr_expect_eq(read_spaces(fd, HUGE_BYTES - 7), HUGE_BYTES - 7);
    cr_expect_lt(seam_resident_bytes(&seam) - before, 10 << 20);
    expect_hello(fd);
    (void)close(fd);
    seam_stop(&seam);
}

Test(pieces, a_huge_answer_may_be_small)
{
    static const char *const bodies[] = {"", "{", "{\"a\":1}", "{\"a\":1} ", "{\"a\":1}  "};
    static const int sizes[] = {0, 1, 7, 8, 9};
    int fd = client_connect(&seam);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char target[32];
        (void)snprintf(target, sizeof target, "/huge?bytes=%d", sizes[i]);
        ask(fd, "GET", target);
        struct answer answer = client_receive(fd, false);
        cr_expect_eq(answer.status, 200);
        cr_expect_str_eq(answer.body, bodies[i]);
        answer_done(&answer);
    }
    (void)close(fd);
    seam_stop(&seam);
}

Test(pieces, a_slow_answer_arrives_whole)
{
    static const char *const targets[] = {"/drip", "/drip?ms=1", "/drip?ms=20"};
    int fd = client_connect(&seam);
    for (size_t i = 0; i < 3; i++) {
        ask(fd, "GET", targets[i]);
        struct answer answer = client_receive(fd, false);
        cr_expect_eq(answer.status, 200);
        cr_expect(answer_says(&answer, "content-length", "7"));
        cr_expect(answer_says(&answer, "content-type", "application/json"));
        cr_expect_str_eq(answer.body, "{\"a\":1}");
        answer_done(&answer);
    }
    expect_hello(fd);
    (void)close(fd);
    seam_stop(&seam);
}

Test(pieces, a_slow_answer_begins_with_its_head_alone)
{
    int fd = asked("/drip?ms=3600000");
    char byte;
    read_head(fd, "");
    cr_expect_lt(recv(fd, &byte, 1, MSG_DONTWAIT), 0);
    cr_expect_eq(errno, EAGAIN);
    (void)close(fd);
    seam_stop(&seam);
}

Test(pieces, heads_are_answered_without_any)
{
    static const char *const targets[] = {"/midway", "/huge?bytes=1000000", "/drip?ms=60000"};
    for (size_t i = 0; i < 3; i++) {
        int fd = client_connect(&seam);
        ask(fd, "HEAD", targets[i]);
        struct answer answer = client_receive(fd, true);
        cr_expect_eq(answer.status, 200, "%s", targets[i]);
        answer_done(&answer);
        if (i > 0)
            expect_hello(fd);
        (void)close(fd);
    }
    SEAM_EXPECT(&seam.shared->in_flight, 0);
    seam_stop(&seam);
}

static const char *const unfinished[] = {"/huge?bytes=1000000000000", "/drip?ms=5", "/drip",
                                         "/midway?bytes=20000000"};
enum { UNFINISHED = sizeof unfinished / sizeof *unfinished };

Test(pieces, clients_that_leave_end_them)
{
    for (size_t i = 0; i < UNFINISHED; i++)
        for (int reads = 0; reads < 3; reads++) {
            struct linger at_once = {1, 0};
            int fd = asked(unfinished[i]);
            char byte;
            if (reads > 0)
                (void)recv(fd, &byte, 1, 0);
            if (reads > 1) /* a reset instead of FIN */
                (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
            (void)close(fd);
        }
    SEAM_EXPECT(&seam.shared->connections, 0);
    SEAM_EXPECT(&seam.shared->in_flight, 0);
    seam_stop(&seam);
}

/* Some of them wait for a timer, some for a client that takes nothing. */
Test(pieces, a_listener_that_closes_ends_them)
{
    enum { ROUNDS = 3 };
    int clients[ROUNDS][UNFINISHED + 1];
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < UNFINISHED; i++)
            clients[round][i] = asked(unfinished[i]);
        clients[round][UNFINISHED] = asked("/drip?ms=3600000");
        if (round == 1)
            read_head(clients[round][UNFINISHED], "");
    }
    seam_command(&seam, 'c');
    seam_stop(&seam);
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i <= UNFINISHED; i++)
            (void)close(clients[round][i]);
}

Test(pieces, a_process_that_ends_ends_them)
{
    int slow = asked("/drip?ms=3600000"), endless = asked(unfinished[0]);
    read_head(slow, "");
    seam_stop(&seam);
    (void)close(slow);
    (void)close(endless);
}

Test(pieces, a_listener_that_drains_lets_them_finish)
{
    int fd = asked("/drip?ms=10");
    read_head(fd, "");
    seam_command(&seam, 'd');
    struct answer answer = {0};
    while (client_more(fd, &answer, 100)) {
    }
    cr_expect_str_eq(answer.text, "{\"a\":1}");
    answer_done(&answer);
    (void)close(fd);
    SEAM_EXPECT(&seam.shared->connections, 0);
    seam_stop(&seam);
}

Test(pieces, are_in_the_access_log_once_with_what_was_sent)
{
    int fd = asked("/drip");
    struct answer answer = client_receive(fd, false);
    answer_done(&answer);
    (void)close(fd);
    SEAM_EXPECT(&seam.shared->connections, 0);
    char *log = seam_log(&seam);
    const char *line = strstr(log, "\"route\":\"/drip\"");
    cr_assert(line, "%s", log);
    cr_expect_null(strstr(line + 1, "\"route\":\"/drip\""));
    cr_expect(strstr(log, "\"bytes_out\":7"), "%s", log);
    free(log);
    seam_stop(&seam);
}
