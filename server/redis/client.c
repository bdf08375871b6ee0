/*
 * The life of a client: wait, connect, greet, be of use, lose it, wait. One timer has the time-out
 * of the phase. Invariant: commands wait for answers in the phase of use only, and `link` and
 * `reader` are there unless it waits.
 */
#include "redis/client.h"

#include "base/buf.h"
#include "base/secret.h"
#include "base/uv_timer.h"
#include "redis/command.h"
#include "redis/greeting.h"
#include "redis/link.h"
#include "redis/pipeline.h"
#include "redis/reader.h"
#include "redis/resolver.h"

#include <stdio.h>
#include <stdlib.h>

enum { BACKOFF_FIRST_MS = 50, BACKOFF_MAX_MS = 2000, PING_EVERY_MS = 5000, GRACE_MS = 1 };
enum { REASON_SIZE = 256, GREETING_MAX = 65536 };
/* what was sent and the kernel has not taken; a memory that was needed once is not kept for ever */
enum { OUTPUT_MAX = 64 * 1024 * 1024, KEPT_MAX = 1024 * 1024 };

enum phase {
    PHASE_WAIT,  /* for the next attempt */
    PHASE_LINK,  /* until bytes can be sent */
    PHASE_GREET, /* until it has answered all of the greeting */
    PHASE_USE,
    PHASE_CLOSED,
};

struct redis_client {
    uv_loop_t *uv;
    struct redis_config config; /* its texts are the copies below */
    struct redis_url url;
    char *ca_file;
    char *channel;
    uv_timer_t timer;
    uv_idle_t idle; /* runs while something is to be written: then the next turn comes at once */
    unsigned handles;
    enum phase phase;
    enum redis_state state;
    char reason[REASON_SIZE];
    unsigned tries; /* since a connection stood for a while */
    unsigned attempts;
    struct redis_resolver *resolver;
    struct redis_link *link;
    struct redis_reader *reader;
    struct redis_greeting greeting;
    struct redis_pipeline pipeline;
    struct buf commands; /* to be written */
    uint64_t used_since; /* when this connection became of use */
    uint64_t heard_at;   /* a subscription: when anything came */
    bool pinged;         /* and nothing came since */
    bool overdue;        /* the time-out is over; what has come meanwhile is read first */
};

static uint64_t now_of(const struct redis_client *client)
{
    return clock_monotonic_ms(client->config.clock);
}

/* ---- what others are told ---- */

/* May close the client. */
static void set_state(struct redis_client *client, enum redis_state state, const char *reason)
{
    if (client->state == state && strcmp(client->reason, reason) == 0) {
        return;
    }
    client->state = state;
    (void)snprintf(client->reason, sizeof client->reason, "%s", reason);
    if (client->config.changed) {
        client->config.changed(client->config.context, state, client->reason);
    }
}

static void answer(const struct redis_pending *pending, const struct redisReply *reply)
{
    if (pending->replied) {
        pending->replied(pending->context, reply);
    }
}

/* ---- losing a connection ---- */

static void on_attempt(uv_timer_t *timer);

static uint64_t backoff(const struct redis_client *client)
{
    uint64_t longest = BACKOFF_MAX_MS;
    if (client->tries < 6) {
        longest = (uint64_t)BACKOFF_FIRST_MS << client->tries;
    }
    uint32_t spread = 0;
    random_fill(client->config.random, &spread, sizeof spread);
    return longest / 2 + spread % (longest / 2 + 1);
}

static void drop_connection(struct redis_client *client, bool gently)
{
    (void)uv_idle_stop(&client->idle);
    client->link = redis_link_close(client->link, gently);
    client->reader = redis_reader_free(client->reader);
    buf_done(&client->commands);
}

/* The connection is gone, or none came about. All under way ends, and the wait begins. May close
 * the client; nobody touches the connection afterwards. */
static void lose(struct redis_client *client, enum redis_state state, const char *reason)
{
    if (client->phase == PHASE_USE && now_of(client) - client->used_since >= BACKOFF_MAX_MS) {
        client->tries = 0;
    }
    drop_connection(client, false);
    client->phase = PHASE_WAIT;
    timer_start(&client->timer, on_attempt, backoff(client), 0);
    client->tries++;
    set_state(client, state, reason);
    struct redis_pending pending;
    while (redis_pipeline_pop(&client->pipeline, &pending)) { /* closing leaves none */
        answer(&pending, NULL);
    }
}

/* ---- time-outs ---- */

static void on_overdue(uv_timer_t *timer);

/* A time-out counts only when the loop has looked once more for what has come: it may be the loop
 * that was late. */
static bool give_grace(struct redis_client *client)
{
    if (client->overdue) {
        return false;
    }
    client->overdue = true;
    timer_start(&client->timer, on_overdue, GRACE_MS, 0);
    return true;
}

static void watch_for(struct redis_client *client, uint64_t ms)
{
    client->overdue = false;
    timer_start(&client->timer, on_overdue, ms, 0);
}

static void watch_commands(struct redis_client *client)
{
    const struct redis_pending *first = redis_pipeline_first(&client->pipeline);
    uint64_t age = first ? now_of(client) - first->since : 0;
    if (!first) {
        client->overdue = false; /* the next command starts the timer */
    } else if (age < client->config.timeout_ms) {
        watch_for(client, client->config.timeout_ms - age);
    } else if (!give_grace(client)) {
        lose(client, REDIS_UNREACHABLE, "no answer to a command in time");
    }
}

static void watch_subscription(struct redis_client *client)
{
    static const struct slice ping[] = {SLICE_INIT("PING")};
    uint64_t silent = now_of(client) - client->heard_at;
    if (client->pinged) {
        if (!give_grace(client)) {
            lose(client, REDIS_UNREACHABLE, "the subscription has gone silent");
        }
    } else if (silent < PING_EVERY_MS) {
        watch_for(client, PING_EVERY_MS - silent);
    } else {
        client->pinged = true;
        redis_command_put(&client->commands, 1, ping);
        redis_flush(client);
        watch_for(client, client->config.timeout_ms);
    }
}

static void on_overdue(uv_timer_t *timer)
{
    struct redis_client *client = timer->data;
    if (client->phase != PHASE_USE) {
        char reason[REASON_SIZE];
        (void)snprintf(reason, sizeof reason, "no connection in time: %s took too long",
                       redis_link_stage(client->link));
        lose(client, REDIS_UNREACHABLE, reason);
    } else if (client->config.channel) {
        watch_subscription(client);
    } else {
        watch_commands(client);
    }
}

/* ---- answers ---- */

/* False: the connection is gone, and with it the reader; or the client is closed. */
typedef bool take_reply(struct redis_client *client, const struct redisReply *reply);

static bool take_welcome(struct redis_client *client, const struct redisReply *reply)
{
    const char *reason = NULL;
    switch (redis_greeting_judge(&client->greeting, reply, &reason)) {
    case REDIS_WELCOME_MORE:
        return true;
    case REDIS_WELCOME_LATER:
        lose(client, REDIS_UNREACHABLE, reason);
        return false;
    case REDIS_WELCOME_REFUSED:
        lose(client, REDIS_REFUSED, reason);
        return false;
    case REDIS_WELCOME_DONE:
        break;
    }
    client->phase = PHASE_USE;
    client->used_since = client->heard_at = now_of(client);
    (void)uv_timer_stop(&client->timer);
    if (client->config.channel) {
        watch_for(client, PING_EVERY_MS);
    }
    set_state(client, REDIS_CONNECTED, "");
    return client->phase == PHASE_USE;
}

static bool take_answer(struct redis_client *client, const struct redisReply *reply)
{
    struct redis_pending pending;
    if (!redis_pipeline_pop(&client->pipeline, &pending)) {
        lose(client, REDIS_UNREACHABLE, "connection lost: an answer came that nobody asked for");
        return false;
    }
    answer(&pending, reply);
    return client->phase == PHASE_USE;
}

static bool is_message(const struct redisReply *reply)
{
    return reply->type == REDIS_REPLY_ARRAY && reply->elements == 3 &&
           reply->element[0]->type == REDIS_REPLY_STRING &&
           reply->element[2]->type == REDIS_REPLY_STRING &&
           slice_equal((struct slice){reply->element[0]->str, reply->element[0]->len},
                       SLICE("message"));
}

/* All else are answers to PING, of whatever form; that they came is what counts. */
static bool take_message(struct redis_client *client, const struct redisReply *reply)
{
    if (is_message(reply) && client->config.message) {
        const struct redisReply *payload = reply->element[2];
        client->config.message(client->config.context, (struct slice){payload->str, payload->len});
    }
    return client->phase == PHASE_USE;
}

static take_reply *taker_of(const struct redis_client *client)
{
    if (client->phase == PHASE_GREET) {
        return take_welcome;
    }
    return client->config.channel ? take_message : take_answer;
}

static void garbled(struct redis_client *client)
{
    if (client->phase == PHASE_GREET) {
        lose(client, REDIS_REFUSED, "what answers is no Redis");
    } else {
        lose(client, REDIS_UNREACHABLE, "connection lost: an answer that cannot be read");
    }
}

static void on_got(void *context, struct slice bytes)
{
    struct redis_client *client = context;
    struct redisReply *reply = NULL;
    if (client->config.channel) {
        client->heard_at = now_of(client);
        client->pinged = false;
    }
    bool sound = redis_reader_feed(client->reader, bytes);
    while (sound && (sound = redis_reader_next(client->reader, &reply)) && reply) {
        bool goes_on = taker_of(client)(client, reply);
        freeReplyObject(reply);
        if (!goes_on) {
            return;
        }
    }
    if (!sound) {
        garbled(client);
    }
}

/* ---- connecting ---- */

static void on_up(void *context)
{
    struct redis_client *client = context;
    struct buf words;
    buf_init_secret(&words, GREETING_MAX);
    redis_greeting_write(&client->greeting, &client->url, client->config.channel, &words);
    client->phase = PHASE_GREET;
    redis_link_write(client->link, buf_slice(&words));
    buf_wipe(&words);
}

static void on_down(void *context, bool refused, const char *reason)
{
    struct redis_client *client = context;
    /* what refuses us after a connection stood will say so again at the next attempt */
    bool stays = refused && client->phase != PHASE_USE;
    char copy[REASON_SIZE]; /* the text is the link's, which goes */
    (void)snprintf(copy, sizeof copy, "%s", reason);
    lose(client, stays ? REDIS_REFUSED : REDIS_UNREACHABLE, copy);
}

static void on_attempt(uv_timer_t *timer)
{
    struct redis_client *client = timer->data;
    struct redis_link_config link = {
        .resolver = client->resolver,
        .host = client->url.host,
        .ca_file = client->config.ca_file,
        .tls = client->url.tls,
        .first = client->attempts++,
        .timeout_ms = client->config.timeout_ms,
        .context = client,
        .up = on_up,
        .got = on_got,
        .down = on_down,
    };
    client->phase = PHASE_LINK;
    client->pinged = false;
    client->reader = redis_reader_new();
    client->link = redis_link_open(client->uv, &link);
    watch_for(client, client->config.timeout_ms);
}

/* ---- for others ---- */

static void on_idle(uv_idle_t *idle)
{
    redis_flush(idle->data);
}

static char *copy_text(const char *text)
{
    return text && *text ? xstrdup(text) : NULL;
}

struct redis_client *redis_open(uv_loop_t *uv, const struct redis_config *config)
{
    struct redis_client *client = xcalloc(1, sizeof *client);
    client->uv = uv;
    client->config = *config;
    client->url = *config->url;
    client->config.url = &client->url;
    client->config.ca_file = client->ca_file = copy_text(config->ca_file);
    client->config.channel = client->channel = copy_text(config->channel);
    client->resolver = redis_resolver_new(uv, client->url.host, client->url.port);
    redis_pipeline_init(&client->pipeline, config->commands_max);
    buf_init(&client->commands, OUTPUT_MAX);
    if (uv_timer_init(uv, &client->timer) != 0 || uv_idle_init(uv, &client->idle) != 0) {
        abort(); /* neither asks the kernel for anything */
    }
    client->handles = 2;
    client->timer.data = client->idle.data = client;
    timer_start(&client->timer, on_attempt, 0, 0);
    return client;
}

static void on_closed(uv_handle_t *handle)
{
    struct redis_client *client = handle->data;
    if (--client->handles > 0) {
        return;
    }
    /* only now: a callback that closed the client returns into its reading */
    client->reader = redis_reader_free(client->reader);
    redis_pipeline_done(&client->pipeline);
    buf_done(&client->commands);
    redis_url_done(&client->url);
    free(client->ca_file);
    free(client->channel);
    free(client);
}

struct redis_client *redis_close(struct redis_client *client)
{
    if (!client || client->phase == PHASE_CLOSED) {
        return NULL;
    }
    redis_flush(client);
    client->phase = PHASE_CLOSED;
    client->state = REDIS_UNREACHABLE;
    redis_pipeline_clear(&client->pipeline);
    client->link = redis_link_close(client->link, true);
    client->resolver = redis_resolver_free(client->resolver);
    uv_close((uv_handle_t *)&client->timer, on_closed);
    uv_close((uv_handle_t *)&client->idle, on_closed);
    return NULL;
}

enum redis_state redis_state(const struct redis_client *client)
{
    return client->state;
}

void redis_flush(struct redis_client *client)
{
    (void)uv_idle_stop(&client->idle);
    if (client->commands.len == 0 || client->phase != PHASE_USE) {
        return;
    }
    redis_link_write(client->link, buf_slice(&client->commands));
    if (client->commands.capacity > KEPT_MAX) {
        buf_done(&client->commands);
    } else {
        buf_reset(&client->commands);
    }
}

bool redis_send(struct redis_client *client, size_t count, const struct slice *arguments,
                redis_replied *replied, void *context)
{
    if (client->phase != PHASE_USE || client->config.channel ||
        redis_pipeline_full(&client->pipeline)) {
        return false;
    }
    size_t room = redis_command_room(count, arguments);
    size_t taken = client->commands.len + redis_link_pending(client->link);
    if (room > OUTPUT_MAX || taken > OUTPUT_MAX - room) {
        return false;
    }
    if (client->commands.len == 0) {
        (void)uv_idle_start(&client->idle, on_idle);
    }
    redis_command_put(&client->commands, count, arguments);
    struct redis_pending pending = {replied, context, now_of(client)};
    redis_pipeline_push(&client->pipeline, &pending);
    bool first = client->pipeline.count == 1;
    if (!uv_is_active((uv_handle_t *)&client->timer) || (first && client->overdue)) {
        watch_for(client, client->config.timeout_ms);
    }
    return true;
}
