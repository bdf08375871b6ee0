/*
 * Beats and intents over the command connection. Every write is a script or a single command that
 * may be repeated: what was sent when a connection was lost is sent again when the next one stands.
 * Invariant: an intent is sent behind a beat that is young enough for nobody to have given this
 * process up in between.
 */
#include "store/redis_presence.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/uv_timer.h"
#include "store/store.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    RETRY_MS = 1000,
    CHUNK = 64, /* intents in one command */
    NUMBER_SIZE = 24
};

/* After this long upstream has dropped the session by itself. */
static const int64_t orphan_keep_ms = (int64_t)48 * 60 * 60 * 1000;

/*
 * ARGV: prefix, own instance, dead_after_ms, since when beats are answered on end (Redis' time, 0:
 * not yet known), the state of an orphan, orphan_keep_ms. Answers the number of instances, whether
 * this one was still among them, and since when. Bounded: what is left over is the next beat's.
 */
static const char beat_script[] =
    "#!lua\n"
    "local prefix, me, dead_after, since = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])\n"
    "local time = redis.call('TIME')\n"
    "local now = time[1] * 1000 + math.floor(time[2] / 1000)\n"
    "local instances = prefix .. 'instances'\n"
    "local last = tonumber(redis.call('ZSCORE', instances, me))\n"
    "redis.call('ZADD', instances, now, me)\n"
    "redis.call('PEXPIRE', prefix .. 'intents:' .. me, ARGV[6])\n"
    "if since == 0 or not last or last > now or now - last > dead_after then since = now end\n"
    "local news = not last\n"
    /* a clock that was set back: they have to grow old from here */
    "for _, ahead in ipairs(redis.call('ZRANGE', instances, '(' .. now, '+inf', 'BYSCORE',\n"
    "        'LIMIT', 0, 16)) do\n"
    "    redis.call('ZADD', instances, now, ahead)\n"
    "end\n"
    "local function adopt(id, created_at)\n"
    "    local key, forget_at = prefix .. 'session:' .. id, created_at + ARGV[6]\n"
    "    if forget_at <= now or redis.call('EXISTS', key) == 1 then return end\n"
    "    redis.call('HSET', key, 'state', ARGV[5], 'created_at', created_at,\n"
    "        'forget_at', forget_at, 'revision', 1)\n"
    "    redis.call('PEXPIREAT', key, forget_at + 3600000)\n"
    "    redis.call('ZADD', prefix .. 'orphaned', created_at, id)\n"
    "    redis.call('ZADD', prefix .. 'forget', forget_at, id)\n"
    "end\n"
    "local dead = {}\n"
    "if now - since >= dead_after then\n"
    "    dead = redis.call('ZRANGE', instances, '-inf', now - dead_after, 'BYSCORE',\n"
    "        'LIMIT', 0, 16)\n"
    "end\n"
    "for _, who in ipairs(dead) do\n"
    "    local left = prefix .. 'intents:' .. who\n"
    "    local cursor, done, some = '0', 0, nil\n"
    "    repeat\n"
    "        cursor, some = unpack(redis.call('HSCAN', left, cursor, 'COUNT', 100))\n"
    "        for i = 1, #some, 2 do\n"
    "            adopt(some[i], tonumber(some[i + 1]) or 0)\n"
    "            redis.call('HDEL', left, some[i])\n"
    "        end\n"
    "        done = done + #some\n"
    "    until cursor == '0' or done >= 500\n"
    "    if redis.call('EXISTS', left) == 0 then\n"
    "        redis.call('ZREM', instances, who)\n"
    "        news = true\n"
    "    end\n"
    "end\n"
    "if news then redis.call('PUBLISH', prefix .. 'news', me .. ' peers') end\n"
    "return {redis.call('ZCARD', instances), last and 1 or 0, since}\n";

struct intent {
    char id[UUID_SIZE]; /* empty: free */
    int64_t created_at;
};

/* Lives until the loop has let go of the timer. */
struct redis_presence {
    struct redis_presence_config config;
    char *prefix;
    char *instance;
    char *intents_key;
    uv_timer_t timer;
    unsigned beating; /* so many beats are under way */
    bool again;       /* one more is wanted */
    bool stale;       /* the hash in Redis is not what the table says */
    int64_t since;    /* Redis' time since when each beat was answered; 0: the last one was not */
    uint64_t sent_ns; /* the last beat */
    unsigned told;    /* peers; 0: nobody yet */
    struct intent *intents;
    int *free_slots; /* a stack */
    unsigned free_count;
};

static bool ask(struct redis_presence *presence, size_t count, const struct slice *arguments,
                redis_replied *replied)
{
    return redis_send(presence->config.client, count, arguments, replied, presence);
}

static struct slice number(int64_t value, char text[NUMBER_SIZE])
{
    (void)snprintf(text, NUMBER_SIZE, "%" PRId64, value);
    return slice_of(text);
}

static void on_intent(void *context, const struct redisReply *reply)
{
    struct redis_presence *presence = context;
    presence->stale |= !reply || reply->type == REDIS_REPLY_ERROR;
    presence->config.answered(presence->config.context, reply);
}

/* The next intents in use from *slot on, which moves behind them; true when nothing went wrong. */
static bool send_chunk(struct redis_presence *presence, struct slice key, unsigned *slot)
{
    struct slice arguments[2 + 2 * CHUNK] = {SLICE("HSET"), key};
    char created_at[CHUNK][NUMBER_SIZE];
    size_t count = 0;
    for (; *slot < presence->config.intents_max && count < CHUNK; ++*slot) {
        const struct intent *intent = &presence->intents[*slot];
        if (intent->id[0] != '\0') {
            arguments[2 + 2 * count] = slice_of(intent->id);
            arguments[3 + 2 * count] = number(intent->created_at, created_at[count]);
            count++;
        }
    }
    return count == 0 || ask(presence, 2 + 2 * count, arguments, on_intent);
}

/* Makes the hash in Redis what the table says. */
static void send_all(struct redis_presence *presence)
{
    struct slice key = slice_of(presence->intents_key);
    bool sent = ask(presence, 2, (const struct slice[]){SLICE("DEL"), key}, NULL);
    unsigned slot = 0;
    while (sent && slot < presence->config.intents_max) {
        sent = send_chunk(presence, key, &slot);
    }
    presence->stale = !sent;
}

static void send_beat(struct redis_presence *presence);

static void on_timer(uv_timer_t *timer)
{
    struct redis_presence *presence = timer->data;
    timer_start(timer, on_timer, presence->config.dead_after_ms / 5, 0);
    send_beat(presence);
}

static bool beat_answered(struct redis_presence *presence, const struct redisReply *reply)
{
    bool good = reply && reply->type == REDIS_REPLY_ARRAY && reply->elements == 3;
    presence->since = good ? reply->element[2]->integer : 0;
    if (!good && presence->config.dead_after_ms / 5 > RETRY_MS) {
        timer_start(&presence->timer, on_timer, RETRY_MS, 0);
    }
    return good;
}

static void tell(struct redis_presence *presence, unsigned count)
{
    if (count != presence->told) {
        presence->told = count;
        presence->config.peers(presence->config.context, count); /* may have closed it */
    }
}

static void on_beat(void *context, const struct redisReply *reply)
{
    struct redis_presence *presence = context;
    presence->beating--;
    bool good = beat_answered(presence, reply);
    bool given_up = good && reply->element[1]->integer == 0; /* or the first beat of all */
    if (good && (given_up || presence->stale)) {
        send_all(presence);
    }
    if (presence->again && reply) {
        send_beat(presence);
    }
    presence->config.answered(presence->config.context, reply);
    if (good) {
        tell(presence, (unsigned)reply->element[0]->integer);
    }
}

static void send_another_beat(struct redis_presence *presence)
{
    char dead_after[NUMBER_SIZE];
    char since[NUMBER_SIZE];
    char state[NUMBER_SIZE];
    char keep[NUMBER_SIZE];
    const struct slice arguments[] = {
        SLICE("EVAL"),
        {beat_script, sizeof beat_script - 1},
        SLICE("0"),
        slice_of(presence->prefix),
        slice_of(presence->instance),
        number((int64_t)presence->config.dead_after_ms, dead_after),
        number(presence->since, since),
        number(SESSION_ORPHANED, state),
        number(orphan_keep_ms, keep),
    };
    presence->sent_ns = clock_precise_ns();
    presence->beating += ask(presence, sizeof arguments / sizeof *arguments, arguments, on_beat);
}

static void send_beat(struct redis_presence *presence)
{
    presence->again = presence->beating > 0;
    if (!presence->again) {
        send_another_beat(presence);
    }
}

static char *join(const char *head, const char *middle, const char *tail)
{
    size_t size = strlen(head) + strlen(middle) + strlen(tail) + 1;
    char *text = xcalloc(1, size);
    (void)snprintf(text, size, "%s%s%s", head, middle, tail);
    return text;
}

struct redis_presence *redis_presence_open(uv_loop_t *uv,
                                           const struct redis_presence_config *config)
{
    struct redis_presence *presence = xcalloc(1, sizeof *presence);
    presence->config = *config;
    presence->prefix = xstrdup(config->prefix);
    presence->instance = xstrdup(config->instance);
    presence->intents_key = join(config->prefix, "intents:", config->instance);
    presence->intents = xcalloc(config->intents_max, sizeof *presence->intents);
    presence->free_slots = xcalloc(config->intents_max, sizeof *presence->free_slots);
    while (presence->free_count < config->intents_max) {
        presence->free_slots[presence->free_count] =
            (int)(config->intents_max - 1 - presence->free_count);
        presence->free_count++;
    }
    int failure = uv_timer_init(uv, &presence->timer);
    assert(failure == 0);
    (void)failure;
    presence->timer.data = presence;
    return presence;
}

/* What is not sent for lack of a connection is the others' to find out. */
static void sign_off(struct redis_presence *presence)
{
    CLEANUP(text) char *instances = join(presence->prefix, "instances", "");
    CLEANUP(text) char *channel = join(presence->prefix, "news", "");
    CLEANUP(text) char *message = join(presence->instance, " peers", "");
    const struct slice drop[] = {SLICE("DEL"), slice_of(presence->intents_key)};
    const struct slice leave[] = {SLICE("ZREM"), slice_of(instances), slice_of(presence->instance)};
    const struct slice say[] = {SLICE("PUBLISH"), slice_of(channel), slice_of(message)};
    (void)(ask(presence, 2, drop, NULL) && ask(presence, 3, leave, NULL) &&
           ask(presence, 3, say, NULL));
}

static void on_closed(uv_handle_t *handle)
{
    struct redis_presence *presence = handle->data;
    free(presence->prefix);
    free(presence->instance);
    free(presence->intents_key);
    free(presence->intents);
    free(presence->free_slots);
    free(presence);
}

struct redis_presence *redis_presence_close(struct redis_presence *presence)
{
    if (presence) {
        if (presence->free_count == presence->config.intents_max) {
            sign_off(presence);
        }
        uv_close((uv_handle_t *)&presence->timer, on_closed);
    }
    return NULL;
}

void redis_presence_connected(struct redis_presence *presence)
{
    presence->since = 0;
    presence->stale = true; /* what was under way may be lost */
    timer_start(&presence->timer, on_timer, presence->config.dead_after_ms / 5, 0);
    send_beat(presence);
}

void redis_presence_beat(struct redis_presence *presence)
{
    send_beat(presence);
}

void redis_presence_tell(struct redis_presence *presence)
{
    presence->told = 0;
    send_beat(presence);
}

/* A process that was stopped for a while may have been given up: it comes back with a beat, also
 * when one from before is not answered yet. Not by the loop's clock, which stood as well. */
static void stay_known(struct redis_presence *presence)
{
    uint64_t age_ms = (clock_precise_ns() - presence->sent_ns) / 1000000;
    if (age_ms > presence->config.dead_after_ms / 2) {
        send_another_beat(presence);
    }
}

int redis_presence_intend(struct redis_presence *presence, const char *id, int64_t created_at)
{
    char text[NUMBER_SIZE];
    const struct slice arguments[] = {SLICE("HSET"), slice_of(presence->intents_key), slice_of(id),
                                      number(created_at, text)};
    if (presence->free_count == 0) {
        return -1;
    }
    stay_known(presence);
    if (!ask(presence, 4, arguments, on_intent)) {
        return -1;
    }
    int slot = presence->free_slots[--presence->free_count];
    struct intent *intent = &presence->intents[slot];
    (void)snprintf(intent->id, sizeof intent->id, "%s", id);
    intent->created_at = created_at;
    return slot;
}

void redis_presence_intent_done(struct redis_presence *presence, int slot)
{
    assert(slot >= 0 && (unsigned)slot < presence->config.intents_max);
    struct intent *intent = &presence->intents[slot];
    assert(intent->id[0] != '\0');
    const struct slice arguments[] = {SLICE("HDEL"), slice_of(presence->intents_key),
                                      slice_of(intent->id)};
    presence->stale |= !ask(presence, 3, arguments, NULL);
    intent->id[0] = '\0';
    presence->free_slots[presence->free_count++] = slot;
}
