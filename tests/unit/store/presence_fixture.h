/*
 * Processes that share a store: the test's own, which may have more than one store, real ones that
 * can be killed and stopped, and ghosts that exist in Redis only.
 */
#pragma once

#include "redis_fixture.h"

#include <inttypes.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { INTENTS = 3, TOLD_MAX = 32, DEAD_AFTER_MS = 1000 };

static struct redis_fixture it;

/* What a store was told of its peers, one after the other. */
struct told {
    unsigned counts[TOLD_MAX];
    size_t count;
};

static inline void on_told(void *context, unsigned count)
{
    struct told *told = context;
    cr_assert_lt(told->count, TOLD_MAX);
    told->counts[told->count++] = count;
}

static inline void listen_for_peers(struct store *store, struct told *told)
{
    store_listen(store, &(struct store_listener){.peers = on_told, .context = told});
    cr_expect_eq(told->count, 0, "no callback runs inside the call");
}

static inline unsigned last_told(const struct told *told)
{
    return told->count > 0 ? told->counts[told->count - 1] : 0;
}

static inline void start_with(struct redis_server *server)
{
    redis_fixture_init(&it, server);
    it.config.dead_after_ms = DEAD_AFTER_MS;
}

static inline void start(void)
{
    start_with(redis_server_start(NULL));
}

#define ask(...)           redis_server_ask(it.server, __VA_ARGS__)
#define asked(wanted, ...) (strcmp(ask(__VA_ARGS__), (wanted)) == 0)

/* One of the keys of the store. */
#define INSTANCES (PREFIX "instances")

static inline const char *key(const char *name, const char *instance)
{
    return text_of(PREFIX "%s%s", name, instance);
}

/* Of the only process there is. */
static inline const char *only_instance(void)
{
    expect_in_time(&it, asked("1", "ZCARD", INSTANCES));
    return ask("ZRANGE", INSTANCES, "0", "0");
}

/* Without a process behind it; its last beat is long ago. */
static const char *const ghost = "0123456789abcdef";

static inline void add_ghost(void)
{
    (void)ask("ZADD", INSTANCES, "1", ghost);
}

static inline void leave_intent(const char *id, int64_t created_at)
{
    (void)ask("HSET", key("intents:", ghost), id, text_of("%" PRId64, created_at));
}

static inline bool ghost_is_gone(void)
{
    return !is_member(&it, "instances", ghost) && !key_exists(&it, text_of("intents:%s", ghost));
}

static inline void make_ids(char ids[INTENTS][UUID_SIZE])
{
    for (size_t i = 0; i < INTENTS; i++) {
        uuid7(&it.base.random.random, noon, ids[i]);
    }
}

static inline void intend_all(struct store *store, char ids[INTENTS][UUID_SIZE], int slots[INTENTS])
{
    for (int i = 0; i < INTENTS; i++) {
        slots[i] = store_intend(store, ids[i], noon + i);
        cr_assert_geq(slots[i], 0);
    }
}

static inline void expect_orphan(const char *id, int64_t created_at)
{
    cr_assert_eq(load(&it.base, id), STORE_OK);
    const struct session_record *record = it.base.record;
    cr_expect_eq(record->state, SESSION_ORPHANED);
    cr_expect_eq(record->created_at, created_at);
    cr_expect_eq(record->forget_at, created_at + 48LL * 3600 * 1000);
    cr_expect_eq(record->deletion, DELETION_NONE);
    cr_expect_eq(record->revision, 1);
    cr_expect_str_empty(record->upstream_id);
}

static inline bool orphans_are(int64_t wanted)
{
    return count(&it.base)->orphaned == wanted;
}

/* Until every process that lives has beaten some times more. */
static inline void let_them_beat(void)
{
    for (int i = 0; i < 3; i++) {
        const char *before = ask("ZRANGE", INSTANCES, "0", "0", "WITHSCORES");
        expect_in_time(&it, !asked(before, "ZRANGE", INSTANCES, "0", "0", "WITHSCORES"));
    }
}

/* ---- a process of its own ---- */

struct life {
    pid_t pid;
    int orders; /* a byte: store the record of the first intent */
    int reports;
};

static inline void do_order(int orders, int reports, const char *id)
{
    struct pollfd waiting = {.fd = orders, .events = POLLIN};
    char order = 0;
    if (poll(&waiting, 1, 0) != 1 || read(orders, &order, 1) != 1) {
        return;
    }
    struct session_record record = {.created_at = noon};
    memcpy(record.id, id, UUID_SIZE);
    char answer = (char)('0' + insert(&it.base, &record));
    if (write(reports, &answer, 1) != 1) {
        _exit(3);
    }
}

static inline _Noreturn void live(char ids[INTENTS][UUID_SIZE], int orders, int reports)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (uv_loop_init(&it.base.loop) != 0 || !redis_fixture_try(&it)) {
        _exit(1);
    }
    for (int i = 0; i < INTENTS; i++) {
        if (store_intend(it.base.store, ids[i], noon + i) < 0) {
            _exit(2);
        }
    }
    for (;;) {
        do_order(orders, reports, ids[0]);
        give_way();
        (void)turned(&it);
    }
}

/* Returns once its intents are in Redis. Before the fixture's store is opened: a loop does not
 * outlive a fork. */
static inline struct life begin_life(char ids[INTENTS][UUID_SIZE])
{
    int orders[2];
    int reports[2];
    cr_assert_eq(pipe(orders), 0);
    cr_assert_eq(pipe(reports), 0);
    pid_t pid = fork();
    if (pid == 0) {
        live(ids, orders[0], reports[1]);
    }
    (void)close(orders[0]);
    (void)close(reports[1]);
    struct life life = {pid, orders[1], reports[0]};
    expect_soon(asked("3", "HLEN", key("intents:", only_instance())));
    return life;
}

static inline void end_life(const struct life *life)
{
    cr_assert_eq(kill(life->pid, SIGKILL), 0);
    cr_assert_eq(waitpid(life->pid, NULL, 0), life->pid);
    (void)close(life->orders);
    (void)close(life->reports);
}

static inline enum store_result order_insert(const struct life *life)
{
    char answer = 0;
    struct pollfd waiting = {.fd = life->reports, .events = POLLIN};
    cr_assert_eq(write(life->orders, "i", 1), 1);
    expect_in_time(&it, poll(&waiting, 1, 0) == 1);
    cr_assert_eq(read(life->reports, &answer, 1), 1);
    return (enum store_result)(answer - '0');
}
