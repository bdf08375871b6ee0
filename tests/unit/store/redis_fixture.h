/*
 * Stores over a redis-server of the test's own, on one loop: the fixture's, and others beside it.
 * What the fixture's store says in the log and what each hears of the others is kept.
 */
#pragma once

#include "store_fixture.h"
#include "support/redis_server.h"
#include "support/support.h"

#include <fcntl.h>
#include <signal.h>

#define PREFIX "livenessd:"

/* What a store was told of the others. */
struct heard {
    unsigned changed;
    unsigned looked;
    unsigned missed;
    unsigned peers;
    char id[UUID_SIZE];
    char status_word[RECORD_WORD_SIZE];
};

struct redis_fixture {
    struct fixture base;
    struct redis_server *server;
    struct log *log;
    int log_fd;
    struct heard heard;
    struct store_config config; /* of the fixture's store */
    char url[256];
};

static inline void on_changed(void *context, const char *id)
{
    struct heard *heard = context;
    heard->changed++;
    SET_TEXT(heard->id, id);
}

static inline void on_looked(void *context, const char *id, const char *status_word)
{
    struct heard *heard = context;
    heard->looked++;
    SET_TEXT(heard->id, id);
    SET_TEXT(heard->status_word, status_word);
}

static inline void on_missed(void *context)
{
    struct heard *heard = context;
    heard->missed++;
}

static inline void on_peers(void *context, unsigned count)
{
    struct heard *heard = context;
    heard->peers = count;
}

static inline void listen_to(struct store *store, struct heard *heard)
{
    store_listen(store, &(struct store_listener){.changed = on_changed,
                                                 .looked = on_looked,
                                                 .missed = on_missed,
                                                 .peers = on_peers,
                                                 .context = heard});
}

/* A log in a file without a name. */
static inline void redis_fixture_init(struct redis_fixture *it, struct redis_server *server)
{
    (void)signal(SIGPIPE, SIG_IGN);
    memset(it, 0, sizeof *it);
    fixture_init(&it->base);
    it->server = server;
    it->log_fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    cr_assert_geq(it->log_fd, 0);
    it->log = log_new(it->log_fd, LOG_DEBUG, &it->base.clock.clock);
    SET_TEXT(it->url, redis_server_url(server, NULL));
    it->config = fixture_config(&it->base);
    it->config.path = NULL;
    it->config.redis_url = it->url;
    it->config.redis_prefix = PREFIX;
    it->config.log = it->log;
    it->config.clock = clock_system();
}

static inline void redis_fixture_done(struct redis_fixture *it)
{
    fixture_done(&it->base);
    it->log = log_free(it->log);
    (void)close(it->log_fd);
}

/* NULL, with base.error, when it cannot be opened. */
static inline struct store *redis_fixture_try(struct redis_fixture *it)
{
    it->base.error[0] = '\0';
    it->base.store = store_open(&it->base.loop, &it->config, it->base.error, sizeof it->base.error);
    return it->base.store;
}

static inline void redis_fixture_open(struct redis_fixture *it)
{
    cr_assert_not_null(redis_fixture_try(it), "%s", it->base.error);
}

/* Another process's, in effect; closed by the caller. */
static inline struct store *open_another(struct redis_fixture *it)
{
    struct store *store =
        store_open(&it->base.loop, &it->config, it->base.error, sizeof it->base.error);
    cr_assert_not_null(store, "%s", it->base.error);
    return store;
}

/* What follows is done by `store`; returns the one that did until now. */
static inline struct store *act_as(struct redis_fixture *it, struct store *store)
{
    struct store *before = it->base.store;
    it->base.store = store;
    return before;
}

static inline bool turned(struct redis_fixture *it)
{
    (void)uv_run(&it->base.loop, UV_RUN_NOWAIT);
    return true;
}

/* Turns the loop until it is so. */
#define expect_in_time(it, condition) expect_soon(turned(it) && (condition))

/* What the fixture's store, and those opened beside it, have said so far. */
static inline const char *log_text(struct redis_fixture *it)
{
    static char content[65536];
    log_flush(it->log);
    ssize_t size = pread(it->log_fd, content, sizeof content - 1, 0);
    cr_assert_geq(size, 0);
    content[size] = '\0';
    return content;
}

static inline bool log_says(struct redis_fixture *it, const char *text)
{
    return strstr(log_text(it), text) != NULL;
}

/* Is there, under the prefix? */
static inline bool key_exists(struct redis_fixture *it, const char *name)
{
    return strcmp(redis_server_ask(it->server, "EXISTS", text_of(PREFIX "%s", name)), "1") == 0;
}

static inline bool is_member(struct redis_fixture *it, const char *index, const char *id)
{
    return *redis_server_ask(it->server, "ZSCORE", text_of(PREFIX "%s", index), id) != '\0';
}

/* Names of all keys that have `part` in them. */
static inline const char *keys_with(struct redis_fixture *it, const char *part)
{
    return redis_server_ask(it->server, "KEYS", text_of(PREFIX "*%s*", part));
}
