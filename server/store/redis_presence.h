/*
 * Who uses a shared store, and what becomes of the creates of a process that is gone. Each process
 * beats: a script notes Redis' time under the process's instance id, gives up those that have not
 * beaten for dead_after_ms, and turns the intents they left into SESSION_ORPHANED records. The
 * intents are a hash an instance in Redis and, for the time when Redis is away, a table here. The
 * connection, readiness and what the log says are the owner's (store_redis.c).
 *
 * Nobody is given up by a process whose own beats were not answered for dead_after_ms on end: after
 * a silence of Redis all beats are old.
 */
#pragma once

#include "base/alloc.h"
#include "redis/client.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

enum { REDIS_INSTANCE_SIZE = 17 };

struct redis_presence_config {
    struct redis_client *client; /* for commands; outlives the presence */
    const char *prefix;          /* copied */
    const char *instance;        /* 16 hex digits; copied */
    unsigned intents_max;        /* at least 1 */
    uint64_t dead_after_ms; /* at least 5; a beat comes every fifth of it, a failed one is tried
                               again after a second at the latest */
    void *context;
    /* What Redis said to a beat or to an intent, NULL when it did not: a beat is a write. */
    void (*answered)(void *context, const struct redisReply *reply);
    /* So many processes use the store, this one among them. Told with the first beat, when it is
     * another number, and after redis_presence_tell. May close the presence. */
    void (*peers)(void *context, unsigned count);
};

struct redis_presence;

/* Sends nothing before redis_presence_connected. */
struct redis_presence *redis_presence_open(uv_loop_t *uv,
                                           const struct redis_presence_config *config);
/* Signs off, unless there are intents left: then the others wait for its beat. Both callbacks are
 * over; the timer needs a turn of the loop to go. NULL is fine; returns NULL. */
struct redis_presence *redis_presence_close(struct redis_presence *presence);

/* The connection stands, for the first time or again. */
void redis_presence_connected(struct redis_presence *presence);
/* Another process came or went ("peers" on the channel): beats, to count anew. */
void redis_presence_beat(struct redis_presence *presence);
/* There is somebody new to be told of the peers. */
void redis_presence_tell(struct redis_presence *presence);

/* As store_intend and store_intent_done; -1 also while there is no connection. */
int redis_presence_intend(struct redis_presence *presence, const char *id,
                          int64_t created_at) MUST_CHECK;
void redis_presence_intent_done(struct redis_presence *presence, int slot);
