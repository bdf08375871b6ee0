/*
 * Sessions without end, made and settled round after round, each round forgotten during the next:
 * neither the server's memory nor its database grows with how many there have been, and reading one
 * takes as long as ever. LIVENESSD_TEST_SETTLED asks for more of them; the figures are printed.
 */
#include "base/clock.h"
#include "base/random.h"
#include "support/raw.h"
#include "support/repeating.h"
#include "support/sync.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    SETTLED = 20000,
    ROUNDS = 5,
    WARM = 2, /* rounds until all is as large as it gets: the second forgets the first */
    CLIENTS = 32,
    READS = 1000,
    MEMORY_SLACK_KB = 2048,
    NEWEST = 100,               /* these are in memory */
    RETENTION_MS = 3600 * 1000, /* longer than a round takes */
    ROUND_END_MS = 240000,
    LOOK_EVERY_MS = 100,
    ANSWER_MAX = 8192,
};

/* Makes one session after the other over a connection of its own: creates it, and says that the
 * check came to nothing, which settles it. */
struct client {
    int fd;
    char id[UUID_SIZE]; /* empty: its create is under way */
    size_t size;
    char answer[ANSWER_MAX];
};

struct load {
    struct rig rig;
    struct sync_control *sync;
    const char *owner;
    const char *create;                /* the whole request */
    size_t of_a_round, begun, settled; /* in this round */
    char (*ids)[UUID_SIZE];            /* of this round, in the order of settling */
    struct client clients[CLIENTS];
};

/* ---- requests ---- */

static void send_request(const struct load *load, int fd, const char *method, const char *id,
                         const char *below, const char *body)
{
    char request[1024];
    (void)snprintf(request, sizeof request,
                   "%s " SESSIONS_PATH "/%s%s HTTP/1.1\r\nHost: a\r\n%s\r\n"
                   "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                   method, id, below, load->owner, strlen(body), body);
    raw_send(fd, request);
}

/* Reads some more of the answer; its status once it is whole, else 0. */
static int receive(struct client *client)
{
    ssize_t got = recv(client->fd, client->answer + client->size, ANSWER_MAX - 1 - client->size, 0);
    if (got <= 0)
        fail_at(HERE, "cut off: %s", client->answer);
    client->size += (size_t)got;
    client->answer[client->size] = '\0';
    const char *end = strstr(client->answer, "\r\n\r\n");
    const char *length = end ? strcasestr(client->answer, "\r\ncontent-length:") : NULL;
    if (!length || client->size < (size_t)(end + 4 - client->answer) +
                                      strtoul(strchr(length, ':') + 1, NULL, 10))
        return 0;
    client->size = 0;
    return (int)strtol(client->answer + sizeof "HTTP/1.1", NULL, 10);
}

/* ---- making sessions ---- */

static void begin_next(struct load *load, struct client *client)
{
    client->id[0] = '\0';
    if (load->begun == load->of_a_round)
        return;
    load->begun++;
    raw_send(client->fd, load->create);
}

static void go_on(struct load *load, struct client *client)
{
    static const char member[] = "\"sessionId\":\"";
    if (client->id[0] != '\0') {
        memcpy(load->ids[load->settled++], client->id, UUID_SIZE);
        begin_next(load, client);
        return;
    }
    const char *id = strstr(client->answer, member);
    if (!id || strlen(id) < sizeof member + UUID_SIZE)
        fail_at(HERE, "no session: %s", client->answer);
    memcpy(client->id, id + sizeof member - 1, UUID_SIZE - 1);
    send_request(load, client->fd, "POST", client->id, "/completion", "{\"error\":\"TimedOut\"}");
}

static void make_round(struct load *load)
{
    struct pollfd readable[CLIENTS];
    load->begun = load->settled = 0;
    for (size_t i = 0; i < CLIENTS; i++) {
        readable[i] = (struct pollfd){.fd = load->clients[i].fd, .events = POLLIN};
        begin_next(load, &load->clients[i]);
    }
    while (load->settled < load->of_a_round) {
        if (poll(readable, CLIENTS, SOON_MS) <= 0)
            fail_at(HERE, "nobody is answered after %zu sessions", load->settled);
        for (size_t i = 0; i < CLIENTS; i++) {
            if (!readable[i].revents)
                continue;
            int status = receive(&load->clients[i]);
            if (status != 0 && status != 200)
                fail_at(HERE, "refused: %s", load->clients[i].answer);
            if (status != 0)
                go_on(load, &load->clients[i]);
        }
    }
}

/* ---- figures ---- */

/* Of reading one session, in microseconds. */
struct reads {
    double p50, p99;
    double cpu; /* of the server: other work on the machine makes it wait, not work */
};

struct figures {
    unsigned long memory_kb;
    int64_t rows, pages;
    struct reads memory, store;
};

static int read_one(const struct load *load, struct client *client, const char *id)
{
    int status = 0;
    send_request(load, client->fd, "GET", id, "", "");
    while (status == 0)
        status = receive(client);
    return status;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double cpu_us(const struct load *load)
{
    return metric_value(&load->rig, "process_cpu_seconds_total") * 1e6;
}

/* Reads sessions of this round at random, from number `from` on. */
static struct reads time_reads(struct load *load, size_t from, size_t count)
{
    static double took_us[READS];
    double cpu_before = cpu_us(load);
    for (size_t i = 0; i < READS; i++) {
        uint32_t roll;
        random_fill(random_system(), &roll, sizeof roll);
        uint64_t began = clock_precise_ns();
        int status = read_one(load, &load->clients[0], load->ids[from + roll % count]);
        took_us[i] = (double)(clock_precise_ns() - began) / 1e3;
        cr_assert_eq(status, 200, "%s", load->clients[0].answer);
    }
    double cpu = cpu_us(load) - cpu_before;
    qsort(took_us, READS, sizeof took_us[0], compare);
    return (struct reads){took_us[READS / 2], took_us[READS * 99 / 100], cpu / READS};
}

/* The first column of the first row: what the database holds, whether or not it is in its file yet.
 */
static int64_t ask_database(const struct load *load, const char *sql)
{
    sqlite3 *database = NULL;
    sqlite3_stmt *statement = NULL;
    const char *path = text_of("%s/livenessd.db", daemon_folder(load->rig.server));
    cr_assert_eq(sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    (void)sqlite3_busy_timeout(database, SOON_MS);
    cr_assert_eq(sqlite3_prepare_v2(database, sql, -1, &statement, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_step(statement), SQLITE_ROW, "%s", sqlite3_errmsg(database));
    int64_t value = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    (void)sqlite3_close(database);
    return value;
}

static struct figures measure(struct load *load)
{
    struct figures figures = {.memory_kb = daemon_memory_kb(load->rig.server, "RssAnon:"),
                              .rows = ask_database(load, "SELECT count(*) FROM session"),
                              .pages = ask_database(load, "PRAGMA page_count")};
    figures.memory = time_reads(load, load->of_a_round - NEWEST, NEWEST);
    figures.store = time_reads(load, 0, load->of_a_round / 2);
    return figures;
}

static void show_reads(const char *where, const struct reads *it)
{
    printf("; read from %s in %.0f us (p99 %.0f, CPU %.0f)", where, it->p50, it->p99, it->cpu);
}

static void show(size_t count, const struct figures *it)
{
    printf("%zu settled: %lu kB of memory, %lld rows in %lld pages", count, it->memory_kb,
           (long long)it->rows, (long long)it->pages);
    show_reads("memory", &it->memory);
    show_reads("the store", &it->store);
    printf("\n");
}

/* ---- the story ---- */

static void open_load(struct load *load)
{
    const char *asan = secure_getenv("ASAN_OPTIONS");
    /* what is freed would be kept, and look as if it grew */
    (void)setenv(
        "ASAN_OPTIONS",
        text_of("%s:quarantine_size_mb=1:thread_local_quarantine_size_kb=64", asan ? asan : ""), 1);
    load->sync = sync_control_new();
    const struct rig_options settings = {.settings = {"upstream.rate=1000000",
                                                      "retention.verdict=1h", "retention.audit=1h",
                                                      "store.cache=1MB", "log.level=error"},
                                         .sync = load->sync};
    load->rig = rig_open_with(&settings);
    load->of_a_round = test_number("LIVENESSD_TEST_SETTLED", SETTLED) / ROUNDS;
    load->ids = keep(xcalloc(load->of_a_round, sizeof *load->ids), free);
    load->owner = new_device(&load->rig);
    load->create = text_of("POST " SESSIONS_PATH " HTTP/1.1\r\nHost: a\r\n%s\r\nContent-Type: "
                           "application/json\r\nContent-Length: %zu\r\n\r\n" PLAIN_CREATE,
                           load->owner, strlen(PLAIN_CREATE));
    for (size_t i = 0; i < CLIENTS; i++)
        load->clients[i].fd = raw_connect(daemon_address(load->rig.server, "http"));
}

static double count_deleted(const struct load *load)
{
    return metric_sum(&load->rig, "livenessd_upstream_requests_total",
                      "operation=\"delete\",outcome=\"ok\"");
}

/* All are deleted upstream, and those of the round before forgotten here. */
static void await_end(const struct load *load, size_t count)
{
    int64_t late = now_ms() + ROUND_END_MS;
    while (count_deleted(load) != (double)count ||
           ask_database(load, "SELECT count(*) FROM session") != (int64_t)load->of_a_round) {
        cr_assert_lt(now_ms(), late, "%.0f of %zu deleted, %lld kept", count_deleted(load), count,
                     (long long)ask_database(load, "SELECT count(*) FROM session"));
        (void)wait_until(false, LOOK_EVERY_MS);
    }
}

Test(many_settled, leave_nothing_behind, .timeout = 3000)
{
    struct load *load = keep(xcalloc(1, sizeof *load), free);
    struct figures after[ROUNDS];
    size_t count = 0;
    int64_t began = now_ms();
    open_load(load);
    for (size_t round = 0; round < ROUNDS; round++) {
        make_round(load);
        count += load->of_a_round;
        await_end(load, count);
        after[round] = measure(load);
        show(count, &after[round]);
        sync_advance_clock(load->sync, RETENTION_MS);
    }
    printf("%zu sessions in %.0f s\n", count, (double)(now_ms() - began) / 1000);
    const struct figures *warm = &after[WARM - 1], *last = &after[ROUNDS - 1];
    cr_assert_leq(last->memory_kb, warm->memory_kb + warm->memory_kb / 10 + MEMORY_SLACK_KB);
    cr_assert_leq(last->pages, after[0].pages * 5 / 2, "two rounds are there at most");
    cr_assert_eq(metric_sum(&load->rig, "livenessd_verdicts_total", NULL), (double)count);
    cr_assert_eq(emulator_sessions(&load->rig), 0);
    for (size_t i = 0; i < CLIENTS; i++)
        (void)close(load->clients[i].fd);
}
