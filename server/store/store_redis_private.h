/*
 * What the files of the Redis store share: store_redis.c (calls), store_redis_question.c and
 * store_redis_answer.c (what they send and get), store_redis_check.c (is the server fit),
 * store_redis_trouble.c (what goes wrong), store_redis_news.c (what others did),
 * store_redis_open.c. All of it is the loop's.
 */
#pragma once

#include "redis/client.h"
#include "store/redis_presence.h"
#include "store/redis_row.h"
#include "store/redis_scripts.h"
#include "store/store_private.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#define SCRIPT_NAME(name, flags, text) SCRIPT_##name,

enum redis_script { REDIS_SCRIPTS(SCRIPT_NAME) SCRIPT_COUNT };

struct slice redis_script_text(enum redis_script script);

enum {
    SHA1_HEX_SIZE = 41,
    REDIS_PREFIX_MAX = 64,
    REDIS_RECORDS_MAX = 1000, /* in one answer */
    REDIS_REASONS_MAX = 16,
    REDIS_REASON_SIZE = 256,
};

/* Call lifetime: made by the front, under way until its answer came, freed after the callback. */
struct redis_call {
    struct store_call call;
    struct redis_call *before; /* of those under way */
    struct redis_call *after;
    uint64_t sent_ns;
    bool as_text; /* the server had forgotten the script */
};

/* What is known of the server a connection leads to. */
enum redis_link {
    LINK_DOWN,     /* no connection */
    LINK_CHECKING, /* nothing may be sent yet */
    LINK_GOOD,
    LINK_UNFIT, /* as it is set up, it may lose or refuse what we store: asked again from time to
                   time */
};

/* What the checks have found out, one after the other: store_redis_check.c. */
struct redis_check {
    char policy[32];   /* maxmemory-policy; empty: not told */
    char append[8];    /* "yes", "1": writes to an append-only file; empty: not told */
    char fsync[16];    /* appendfsync; empty: not told */
    unsigned loaded;   /* scripts that were answered for */
    const char *unfit; /* why it is unfit; NULL: it is not */
    bool lasting;      /* that will not heal by itself */
    bool warned;       /* of what may be lost; kept */
};

/* Texts that stay, of reasons that do not: there are few different ones. */
struct redis_reasons {
    char *texts[REDIS_REASONS_MAX];
    size_t count;
};

/* Process lifetime; freed when the loop has let go of the timers. */
struct store_redis {
    struct store store;
    uv_timer_t soon;  /* runs while a refused call is not yet answered, and while opening */
    uv_timer_t again; /* runs while the server is unfit */
    unsigned handles; /* of the two, those not closed */
    struct redis_client *commands;
    struct redis_client *news;
    struct redis_presence *presence;
    enum redis_link link;
    bool ready;
    struct call_queue refused; /* with their results */
    struct redis_call *under_way;
    char instance[REDIS_INSTANCE_SIZE];
    char *prefix;
    uint64_t lease_ms;
    char sha[SCRIPT_COUNT][SHA1_HEX_SIZE];
    struct redis_check check;
    struct redis_reasons reasons;
    char commands_reason[REDIS_REASON_SIZE]; /* why there is no connection, for opening */
    char news_reason[REDIS_REASON_SIZE];
};

static inline struct store_redis *redis_of(struct store *store)
{
    return (struct store_redis *)store;
}

extern const struct store_ops store_redis_ops;

/* Callback of the timer `soon`: answers the refused calls. */
void redis_on_soon(uv_timer_t *timer);

/* The command of a call, in arguments that stay where they are. False when the answer is known
 * already (call->result). */
bool redis_question(struct store_redis *store, struct redis_call *asking,
                    struct redis_arguments *ret_arguments) MUST_CHECK;
/* Reads the answer into the call; what went wrong is said in the log. */
enum store_result redis_answer(struct store_redis *store, struct store_call *call,
                               const struct redisReply *reply);

/* `reply` is an error: not ready from now on, unless it is about the data only. */
void redis_trouble_reply(struct store_redis *store, const struct redisReply *reply);
/* No connection: `reason` is the client's. */
void redis_trouble_link(struct store_redis *store, const char *what, const char *reason, bool down);
/* The server is unfit, for a reason that stays. */
void redis_trouble_unfit(struct store_redis *store, const char *reason);
/* A write was done that would have been refused if any were. */
void redis_trouble_over(struct store_redis *store);
/* What an error says, as a text that stays; `ret_lasting`: it will not heal by itself. */
const char *redis_trouble_text(struct store_redis *store, const struct redisReply *reply,
                               bool *ret_lasting);
/* A copy of `text` that stays as long as the store. */
const char *redis_reason_keep(struct store_redis *store, const char *text);
void redis_reasons_done(struct redis_reasons *reasons);

/* Asks the server how it is set up, and gives it the scripts: the link is good or unfit in the
 * end. */
void redis_check_start(struct store_redis *store);
/* Callback of the timer `again`. */
void redis_on_again(uv_timer_t *timer);

/* Callback of the subscription. */
void redis_on_news(void *context, struct slice payload);
