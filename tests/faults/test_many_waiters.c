/*
 * Many clients that wait, each for a session of its own: what one costs in memory, how long others
 * wait meanwhile and while all are sent home. LIVENESSD_TEST_WAITERS asks for more of them,
 * LIVENESSD_TEST_WAITING_MS for a longer look; the figures are printed.
 */
#include "base/clock.h"
#include "support/events.h"
#include "support/raw.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    WAITERS = 500,
    WAITING_MS = 1000,
    CREATES_AT_ONCE = 32,
    ANSWER_MAX = 256 * 1024,
    ASKING_AT_ONCE = 200
};

struct crowd {
    struct rig rig;
    size_t count;
    const char *owner;
    char (*ids)[37];
    int *clients;
};

/* ---- many sessions of one device ---- */

static const char *create_text(const struct crowd *crowd)
{
    return text_of("POST " SESSIONS_PATH " HTTP/1.1\r\nHost: a\r\n%s\r\n"
                   "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n" PLAIN_CREATE,
                   crowd->owner, strlen(PLAIN_CREATE));
}

/* Creates some over one connection, all under way together. */
static void create_some(struct crowd *crowd, int fd, const char *request, size_t from, size_t count)
{
    static const char member[] = "\"sessionId\":\"";
    static char answers[ANSWER_MAX];
    size_t size = 0, found = 0;
    const char *at = answers;
    for (size_t i = 0; i < count; i++)
        raw_send(fd, request);
    answers[0] = '\0';
    while (found < count) {
        const char *next = strstr(at, member);
        if (next && strlen(next) > sizeof member + 36) {
            memcpy(crowd->ids[from + found++], next + sizeof member - 1, 36);
            at = next + sizeof member;
            continue;
        }
        ssize_t got = recv(fd, answers + size, sizeof answers - 1 - size, 0);
        cr_assert_gt(got, 0, "after %zu sessions: %s", from + found, at);
        size += (size_t)got;
        answers[size] = '\0';
    }
}

static void create_all(struct crowd *crowd)
{
    const char *request = create_text(crowd);
    for (size_t i = 0; i < crowd->count; i += CREATES_AT_ONCE) {
        int fd = raw_connect(daemon_address(crowd->rig.server, "http"));
        size_t left = crowd->count - i;
        create_some(crowd, fd, request, i, left < CREATES_AT_ONCE ? left : CREATES_AT_ONCE);
        (void)close(fd);
    }
}

static void allow_files(void)
{
    struct rlimit files;
    (void)getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &files);
}

static struct crowd crowd_open(void)
{
    struct crowd crowd = {.count = test_number("LIVENESSD_TEST_WAITERS", WAITERS)};
    allow_files();
    crowd.rig = rig_open_set(text_of("http.max_connections=%zu", crowd.count + 100),
                             "http.max_connections_per_address=0", "http.max_wait=10m",
                             "upstream.rate=1000", "log.level=error");
    crowd.owner = story_begin(&crowd.rig).owner;
    crowd.ids = keep(xcalloc(crowd.count, sizeof *crowd.ids), free);
    crowd.clients = keep(xcalloc(crowd.count, sizeof *crowd.clients), free);
    create_all(&crowd);
    return crowd;
}

/* ---- figures ---- */

/* Asks the admin listener again and again for so long, or until it is gone; the slowest answer, in
 * milliseconds. */
static double slowest_ms(const char *address, int64_t ms)
{
    int64_t end = now_ms() + ms;
    int fd = raw_connect(address);
    double slowest = 0;
    char answer[4096];
    ssize_t got = 1;
    while (got > 0 && now_ms() < end) {
        uint64_t began = clock_precise_ns();
        raw_send(fd, "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n");
        got = recv(fd, answer, sizeof answer, 0);
        double took = (double)(clock_precise_ns() - began) / 1e6;
        slowest = got > 0 && took > slowest ? took : slowest;
        give_way();
    }
    (void)close(fd);
    return slowest;
}

/* ---- the story ---- */

static void wait_all(struct crowd *crowd, const char *below)
{
    const char *address = daemon_address(crowd->rig.server, "http");
    for (size_t i = 0; i < crowd->count; i++) {
        char request[1024];
        (void)snprintf(request, sizeof request,
                       "GET " SESSIONS_PATH "/%s%s HTTP/1.1\r\nHost: a\r\n%s\r\n\r\n",
                       crowd->ids[i], below, crowd->owner);
        crowd->clients[i] = raw_connect(address);
        raw_send(crowd->clients[i], request);
        if (i % ASKING_AT_ONCE == 0) /* or the first looks would be too many for the queue */
            expect_soon(waiters(&crowd->rig) == i + 1);
    }
    expect_soon(waiters(&crowd->rig) == crowd->count);
}

/* How many got all they should before their connection ended. */
static size_t count_ended(const struct crowd *crowd, const char *farewell)
{
    static char answer[ANSWER_MAX];
    size_t count = 0;
    for (size_t i = 0; i < crowd->count; i++) {
        size_t size = 0;
        ssize_t got;
        while ((got = recv(crowd->clients[i], answer + size, sizeof answer - 1 - size, 0)) > 0)
            size += (size_t)got;
        answer[size] = '\0';
        count += strstr(answer, farewell) != NULL;
        (void)close(crowd->clients[i]);
    }
    return count;
}

static void many_wait(const char *what, const char *below, const char *farewell)
{
    struct crowd crowd = crowd_open();
    const char *admin = daemon_address(crowd.rig.server, "admin");
    unsigned long before = daemon_memory_kb(crowd.rig.server, "RssAnon:");
    wait_all(&crowd, below);
    double memory = (double)(daemon_memory_kb(crowd.rig.server, "RssAnon:") - before);
    int64_t waiting_ms = (int64_t)test_number("LIVENESSD_TEST_WAITING_MS", WAITING_MS);
    double meanwhile = slowest_ms(admin, waiting_ms);
    cr_assert_eq(waiters(&crowd.rig), crowd.count);
    daemon_signal(crowd.rig.server, SIGTERM);
    double drained = slowest_ms(admin, SOON_MS);
    cr_assert_eq(count_ended(&crowd, farewell), crowd.count);
    int code = -1;
    expect_soon(daemon_ended(crowd.rig.server, &code));
    cr_assert_eq(code, 0);
    printf("%zu clients %s: %.0f bytes each; slowest answer to others %.1f ms, while they are sent "
           "home %.1f ms\n",
           crowd.count, what, memory * 1024 / (double)crowd.count, meanwhile, drained);
}

Test(many_waiters, by_events, .timeout = 600)
{
    many_wait("that follow events", "/events", "event: end\ndata: {\"reason\":\"shutdown\"}");
}

Test(many_waiters, by_long_polls, .timeout = 600)
{
    many_wait("in long polls", "?wait=600", "\"decision\":\"pending\"");
}
