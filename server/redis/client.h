/*
 * A connection to a Redis or Valkey server that mends itself: name look-up, TCP, TLS, AUTH, SELECT,
 * then commands in a pipeline, answered in order; after a loss again, ever later up to 2 s, spread
 * at random. One client is for commands, or for one subscription. What commands mean is the
 * caller's business.
 *
 * While there is no connection nothing is queued: redis_send says so. A command without an answer
 * after timeout_ms costs the connection: every command under way then ends with NULL, which means
 * that nobody knows whether it was done; `changed` comes before that. No callback runs from within
 * a function of this header, and each callback may call any of them, redis_close too. SIGPIPE has
 * to be ignored.
 */
#pragma once

#include "base/alloc.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/redis_url.h"
#include "base/slice.h"

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

/* hiredis names a flag of its own connections so, which are not used here */
#undef REDIS_CONNECTED

enum redis_state {
    REDIS_CONNECTING,  /* no attempt has ended yet */
    REDIS_CONNECTED,   /* commands may be sent; a subscription stands */
    REDIS_UNREACHABLE, /* trying again: nobody there, no answer in time, connection lost, loading */
    REDIS_REFUSED,     /* trying again, but it will not heal by itself: credentials, certificate,
                          database number, no Redis */
};

struct redis_config {
    const struct redis_url *url; /* copied, as all texts here, and wiped at the end */
    const char *ca_file;         /* NULL or empty: the system's; read at each attempt */
    uint64_t timeout_ms;         /* of connecting, all steps together; of each command */
    size_t commands_max;         /* under way */
    const char *channel; /* NULL: for commands; else a subscription of this, which is checked
                            with PING so that a dead peer is noticed within timeout_ms + 5 s */
    const struct clock *clock;
    const struct random *random;
    void *context;
    /* The state is another one, or the reason is. `reason` is a short text for people, without
     * secrets, valid during the callback; empty when connected. */
    void (*changed)(void *context, enum redis_state state, const char *reason);
    void (*message)(void *context, struct slice payload); /* of a subscription */
};

struct redis_client;

/* Starts to connect. */
struct redis_client *redis_open(uv_loop_t *uv, const struct redis_config *config);
/* What was sent goes out still while the loop turns: for 1.5 s, and no longer than 0.3 s
 * without a byte. No callback runs any more. NULL is fine; returns NULL. */
struct redis_client *redis_close(struct redis_client *client);

enum redis_state redis_state(const struct redis_client *client);

/* `reply` is valid during the callback only; NULL: no answer will come. It may be of type
 * REDIS_REPLY_ERROR. One of more than 32 MB or 262144 elements costs the connection. */
typedef void redis_replied(void *context, const struct redisReply *reply);
/* Copies the arguments. False: not connected, commands_max are under way, or 64 MB wait to be
 * written; `replied` will not run. `replied` may be NULL. */
bool redis_send(struct redis_client *client, size_t count, const struct slice *arguments,
                redis_replied *replied, void *context) MUST_CHECK;
/* Writes what was sent since the last time: at the end of a turn of the loop. What nobody flushes
 * is written in the next turn. */
void redis_flush(struct redis_client *client);
