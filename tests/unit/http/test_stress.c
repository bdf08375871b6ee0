/* Many clients that ask, wait, pipeline and vanish at any point: every answer comes, every flow
 * ends once, and nothing is left. Its worth is the sanitizers it runs under. */
#include "seam.h"

enum { CLIENTS = 8, ROUNDS = 150 };

struct dice {
    struct fake_random random;
};

static unsigned roll(struct dice *dice, unsigned sides)
{
    uint32_t value;
    random_fill(&dice->random.random, &value, sizeof value);
    return value % sides;
}

static const char *const requests[] = {
    "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /wait?ms=0 HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /wait?ms=2 HTTP/1.1\r\nHost: x\r\n\r\n",
    "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    "Content-Length: 4\r\n\r\n1234",
    "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    "Transfer-Encoding: chunked\r\n\r\n4\r\n1234\r\n0\r\n\r\n",
    "GET /big?bytes=200000 HTTP/1.1\r\nHost: x\r\n\r\n",
    "DELETE /items/1 HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n",
};
enum { REQUESTS = sizeof requests / sizeof *requests };

/* A whole exchange, or several pipelined; false when an answer is missing or wrong. */
static bool converse(int fd, struct dice *dice)
{
    static const int wanted[REQUESTS] = {200, 200, 200, 200, 200, 200, 204, 404};
    unsigned kinds[4], count = 1 + roll(dice, 4);
    bool good = true;
    for (unsigned i = 0; i < count; i++) {
        kinds[i] = roll(dice, REQUESTS);
        client_send(fd, requests[kinds[i]]);
    }
    for (unsigned i = 0; i < count && good; i++) {
        struct answer answer = client_receive(fd, false);
        good = answer.status == wanted[kinds[i]];
        answer_done(&answer);
    }
    return good;
}

/* Sends a part of something and leaves, politely or by a reset. */
static void vanish(int fd, struct dice *dice)
{
    static const struct linger now = {.l_onoff = 1};
    const char *request = requests[roll(dice, REQUESTS)];
    client_send_bytes(fd, request, roll(dice, (unsigned)strlen(request) + 1));
    if (roll(dice, 2))
        (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

static int run_client(const struct seam *seam, uint64_t seed)
{
    struct dice dice;
    int fd = -1;
    fake_random_init(&dice.random, seed);
    for (int i = 0; i < ROUNDS; i++) {
        if (fd < 0)
            fd = client_connect(seam);
        if (roll(&dice, 4) > 0) {
            if (!converse(fd, &dice))
                return 1;
            continue;
        }
        vanish(fd, &dice);
        (void)close(fd);
        fd = -1;
    }
    return 0;
}

Test(stress, every_answer_comes_and_nothing_is_left)
{
    struct listener_config config = seam_config();
    config.access_log = false;
    struct seam seam = seam_start(&config);
    pid_t clients[CLIENTS];
    fflush(NULL);
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = fork();
        if (clients[i] == 0)
            _exit(run_client(&seam, (uint64_t)i + 1));
    }
    for (int i = 0; i < CLIENTS; i++) {
        int status = -1;
        cr_assert_eq(waitpid(clients[i], &status, 0), clients[i]);
        cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "client %d: %#x", i, status);
    }
    SEAM_EXPECT(&seam.shared->in_flight, 0);
    SEAM_EXPECT(&seam.shared->connections, 0);
    seam_stop(&seam);
}

/* Asks as fast as it can, until the server has gone. */
static int hammer(const struct seam *seam)
{
    for (;;) {
        struct answer answer = {0};
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(seam->port)};
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
            return 0;
        while (!answer.closed) {
            answer_done(&answer);
            client_send(fd, requests[0]);
            client_send(fd, requests[1]);
            answer = client_receive(fd, false);
        }
        answer_done(&answer);
        (void)close(fd);
    }
}

Test(stress, no_route_runs_after_the_listener_was_closed)
{
    struct listener_config config = seam_config();
    config.access_log = false;
    for (int round = 0; round < 5; round++) {
        struct seam seam = seam_start(&config);
        pid_t clients[CLIENTS];
        fflush(NULL);
        for (int i = 0; i < CLIENTS; i++) {
            clients[i] = fork();
            if (clients[i] == 0)
                _exit(hammer(&seam));
        }
        while (atomic_load(&seam.shared->handled) < 50)
            seam_pause_ms(1);
        seam_command(&seam, 'c'); /* from then on the server aborts when a route runs */
        for (int i = 0; i < CLIENTS; i++)
            (void)waitpid(clients[i], NULL, 0);
        seam_stop(&seam);
    }
}
