/*
 * A store, and a loop that is turned until what was asked is answered. Every answer is counted and
 * the last one kept. The store is on a real file in a folder of its own, or, when the environment
 * says LIVENESSD_TEST_STORE=redis, on a real redis-server of its own: tests that include this and
 * are named for neither kind run on both.
 */
#pragma once

#include "store/store.h"
#include "support/redis_server.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
    char folder[64];
    char path[128];
    char error[512];
    struct redis_server *server; /* NULL: the store is a file */
    uv_loop_t loop;
    struct fake_clock clock;
    struct fake_random random;
    struct metrics *metrics;
    struct store *store;
    /* answers */
    unsigned answers;
    unsigned results[STORE_UNAVAILABLE + 1]; /* how many of each */
    enum store_result result;                /* the last one */
    struct session_record *record;           /* of the last load */
    struct store_counts counts;
    char listed[16][UUID_SIZE];
    size_t listed_count;
};

#define SET_TEXT(array, text) ((void)snprintf((array), sizeof(array), "%s", (text)))

/* To come: what expires by Redis' clock is not to go while a test runs. */
static const int64_t noon = 4102488000000;
/* Records are of this one unless a test says otherwise. */
static const uint8_t local_tenant[RECORD_HASH_BYTES];

enum { LEASE_MS = 1000 };

static inline struct store_config fixture_config(struct fixture *it)
{
    return (struct store_config){
        .path = it->path,
        .redis_url = it->server ? redis_server_url(it->server, NULL) : NULL,
        .redis_prefix = "test:",
        .lease_ms = LEASE_MS,
        .queue_max = 1000,
        .timeout_ms = 10000,
        .intents_max = 8,
        .metrics = it->metrics,
        .clock = &it->clock.clock,
    };
}

/* NULL, with it->error, when the store cannot be opened. */
static inline struct store *fixture_try_open(struct fixture *it)
{
    struct store_config config = fixture_config(it);
    it->error[0] = '\0';
    it->store = store_open(&it->loop, &config, it->error, sizeof it->error);
    return it->store;
}

static inline void fixture_open(struct fixture *it)
{
    cr_assert_not_null(fixture_try_open(it), "%s", it->error);
}

static inline void fixture_close(struct fixture *it)
{
    it->store = store_close(it->store);
    uv_run(&it->loop, UV_RUN_DEFAULT);
}

static inline bool on_redis(void)
{
    const char *kind = getenv("LIVENESSD_TEST_STORE");
    return kind && strcmp(kind, "redis") == 0;
}

/* A folder and a loop, and a server if need be; no store yet. */
static inline void fixture_init(struct fixture *it)
{
    memset(it, 0, sizeof *it);
    it->server = on_redis() ? redis_server_start(NULL) : NULL;
    SET_TEXT(it->folder, "/tmp/test_store_XXXXXX");
    cr_assert_not_null(mkdtemp(it->folder));
    (void)snprintf(it->path, sizeof it->path, "%s/sessions.db", it->folder);
    cr_assert_eq(uv_loop_init(&it->loop), 0);
    fake_clock_init(&it->clock, noon);
    fake_random_init(&it->random, 7);
    it->metrics = metrics_new();
}

static inline void remove_folder(const char *folder)
{
    DIR *entries = opendir(folder);
    struct dirent *entry = NULL;
    while (entries && (entry = readdir(entries))) {
        (void)unlinkat(dirfd(entries), entry->d_name, 0);
    }
    if (entries) {
        (void)closedir(entries);
    }
    (void)rmdir(folder);
}

static inline void fixture_done(struct fixture *it)
{
    fixture_close(it);
    cr_expect_eq(uv_loop_close(&it->loop), 0, "handles are left on the loop");
    it->record = session_record_free(it->record);
    it->metrics = metrics_free(it->metrics);
    remove_folder(it->folder);
}

static inline void on_done(void *context, enum store_result result, struct session_record *record)
{
    struct fixture *it = context;
    it->answers++;
    it->results[result]++;
    it->result = result;
    if (record) {
        it->record = session_record_free(it->record);
        it->record = record;
    }
}

static inline void on_listed(void *context, enum store_result result,
                             struct session_record *const *records, size_t count)
{
    struct fixture *it = context;
    on_done(it, result, NULL);
    it->listed_count = count;
    cr_assert_leq(count, sizeof it->listed / sizeof *it->listed);
    for (size_t i = 0; i < count; i++) {
        memcpy(it->listed[i], records[i]->id, UUID_SIZE);
    }
}

static inline void on_counted(void *context, enum store_result result,
                              const struct store_counts *counts)
{
    struct fixture *it = context;
    on_done(it, result, NULL);
    it->counts = counts ? *counts : (struct store_counts){0};
}

/* Turns the loop until there were so many answers in all. The test program's own limit ends a wait
 * for an answer that never comes. */
static inline void fixture_wait(struct fixture *it, unsigned answers)
{
    while (it->answers < answers) {
        uv_run(&it->loop, UV_RUN_ONCE);
    }
}

/* For what is not to happen. */
static inline void fixture_turn_often(struct fixture *it)
{
    for (int i = 0; i < 1000; i++) {
        uv_run(&it->loop, UV_RUN_NOWAIT);
    }
}

static inline enum store_result insert(struct fixture *it, const struct session_record *record)
{
    (void)store_insert(it->store, record, on_done, it);
    fixture_wait(it, it->answers + 1);
    return it->result;
}

static inline enum store_result save(struct fixture *it, const struct session_record *record)
{
    (void)store_save(it->store, record, on_done, it);
    fixture_wait(it, it->answers + 1);
    return it->result;
}

/* The record is in it->record, which is NULL unless the answer is STORE_OK. */
static inline enum store_result load(struct fixture *it, const char *id)
{
    it->record = session_record_free(it->record);
    (void)store_load(it->store, id, on_done, it);
    fixture_wait(it, it->answers + 1);
    return it->result;
}

static inline size_t due(struct fixture *it, int64_t now, size_t limit)
{
    (void)store_due(it->store, now, limit, on_listed, it);
    fixture_wait(it, it->answers + 1);
    cr_assert_eq(it->result, STORE_OK);
    return it->listed_count;
}

static inline enum store_result forget(struct fixture *it, int64_t now, size_t limit)
{
    (void)store_forget(it->store, now, limit, on_done, it);
    fixture_wait(it, it->answers + 1);
    return it->result;
}

static inline const struct store_counts *count(struct fixture *it)
{
    (void)store_count(it->store, on_counted, it);
    fixture_wait(it, it->answers + 1);
    cr_assert_eq(it->result, STORE_OK);
    return &it->counts;
}

/* A session that was just created. */
static inline struct session_record new_record(struct fixture *it)
{
    struct session_record record = {.state = SESSION_CREATED, .created_at = it->clock.wall_ms};
    uuid7(&it->random.random, it->clock.wall_ms, record.id);
    uuid4(&it->random.random, record.upstream_id);
    SET_TEXT(record.upstream_endpoint, "https://face.example");
    record.attempts_allowed = 3;
    return record;
}

/* The value of a series in the exposition ("name{labels}"), or -1. */
static inline double metric_value(struct fixture *it, const char *series)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    metrics_write(it->metrics, &text);
    char line[256];
    (void)snprintf(line, sizeof line, "\n%s ", series);
    const char *found = strstr(text.data, line);
    double value = found ? strtod(found + strlen(line), NULL) : -1;
    buf_done(&text);
    return value;
}
