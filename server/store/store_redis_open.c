/*
 * Opening the Redis store: two connections, one for commands, one that listens to the others.
 * Blocks until it is known how both fare. Invariant: what will not heal by itself is found here, or
 * the store opens, ready or not.
 */
#include "base/crypto.h"
#include "base/uv_timer.h"
#include "store/store_redis_private.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
    OPEN_MS = 5000,
    DEAD_AFTER_MS = 10000,
    COMMANDS_EXTRA = 256, /* checks, beats, ends of looks */
    TIMERS = 2
};

static void keep_text(char ret[REDIS_REASON_SIZE], const char *reason)
{
    (void)snprintf(ret, REDIS_REASON_SIZE, "%s", reason);
}

static void on_commands_changed(void *context, enum redis_state state, const char *reason)
{
    struct store_redis *store = context;
    keep_text(store->commands_reason, reason);
    if (state == REDIS_CONNECTED) {
        redis_check_start(store);
        return;
    }
    store->link = LINK_DOWN;
    redis_trouble_link(store,
                       state == REDIS_REFUSED ? "Redis cannot be used" : "Redis is not reached",
                       reason, true);
}

/* What was said while nobody listened is lost. */
static void on_news_changed(void *context, enum redis_state state, const char *reason)
{
    struct store_redis *store = context;
    const struct store_listener *listener = &store->store.listener;
    keep_text(store->news_reason, reason);
    if (state != REDIS_CONNECTED && store->link != LINK_DOWN) {
        redis_trouble_link(store, "Redis does not tell what other processes do", reason, false);
    }
    if (state == REDIS_CONNECTED && listener->missed) {
        listener->missed(listener->context);
    }
}

static void on_presence_answered(void *context, const struct redisReply *reply)
{
    struct store_redis *store = context;
    if (reply && reply->type == REDIS_REPLY_ERROR) {
        redis_trouble_reply(store, reply);
    } else if (reply && store->link == LINK_GOOD) {
        redis_trouble_over(store);
    }
}

static void on_peers(void *context, unsigned count)
{
    const struct store_redis *store = context;
    const struct store_listener *listener = &store->store.listener;
    if (listener->peers) {
        listener->peers(listener->context, count);
    }
}

static void init_timer(uv_loop_t *uv, struct store_redis *store, uv_timer_t *timer)
{
    int failure = uv_timer_init(uv, timer);
    assert(failure == 0);
    (void)failure;
    timer->data = store;
}

static struct store_redis *store_new(uv_loop_t *uv, const struct store_config *config)
{
    uint8_t instance[(REDIS_INSTANCE_SIZE - 1) / 2];
    struct store_redis *store = xcalloc(1, sizeof *store);
    assert(strlen(config->redis_prefix) <= REDIS_PREFIX_MAX);
    store_init(&store->store, &store_redis_ops, config);
    store->prefix = xstrdup(config->redis_prefix);
    store->lease_ms = config->lease_ms;
    random_fill(random_system(), instance, sizeof instance);
    hex_encode(instance, sizeof instance, store->instance);
    init_timer(uv, store, &store->soon);
    init_timer(uv, store, &store->again);
    store->handles = TIMERS;
    return store;
}

static void connect_both(uv_loop_t *uv, struct store_redis *store,
                         const struct store_config *config, const struct redis_url *url)
{
    char channel[REDIS_REASON_SIZE];
    (void)snprintf(channel, sizeof channel, "%snews", config->redis_prefix);
    struct redis_config redis = {
        .url = url,
        .ca_file = config->redis_ca_file,
        .timeout_ms = config->timeout_ms,
        .commands_max = config->queue_max + 2 * (size_t)config->intents_max + COMMANDS_EXTRA,
        .clock = config->clock,
        .random = random_system(),
        .context = store,
        .changed = on_commands_changed,
    };
    store->commands = redis_open(uv, &redis);
    redis.channel = channel;
    redis.changed = on_news_changed;
    redis.message = redis_on_news;
    store->news = redis_open(uv, &redis);
    store->presence = redis_presence_open(
        uv, &(struct redis_presence_config){
                .client = store->commands,
                .prefix = store->prefix,
                .instance = store->instance,
                .intents_max = config->intents_max,
                .dead_after_ms = config->dead_after_ms > 0 ? config->dead_after_ms : DEAD_AFTER_MS,
                .context = store,
                .answered = on_presence_answered,
                .peers = on_peers,
            });
}

static bool is_settled(const struct store_redis *store)
{
    enum redis_state commands = redis_state(store->commands);
    return redis_state(store->news) != REDIS_CONNECTING && commands != REDIS_CONNECTING &&
           (commands != REDIS_CONNECTED || store->link != LINK_CHECKING);
}

static void await_first_state(uv_loop_t *uv, struct store_redis *store, uint64_t timeout_ms)
{
    timer_start(&store->soon, redis_on_soon, timeout_ms < OPEN_MS ? timeout_ms : OPEN_MS, 0);
    while (!is_settled(store) && uv_is_active((uv_handle_t *)&store->soon)) {
        (void)uv_run(uv, UV_RUN_ONCE);
    }
    (void)uv_timer_stop(&store->soon);
}

/* Why the store is of no use, and will not be before somebody does something; NULL: it is. */
static const char *find_refusal(const struct store_redis *store)
{
    if (redis_state(store->commands) == REDIS_REFUSED) {
        return store->commands_reason;
    }
    if (store->link == LINK_UNFIT && store->check.lasting) {
        return store->check.unfit;
    }
    return redis_state(store->news) == REDIS_REFUSED ? store->news_reason : NULL;
}

struct store *store_redis_open(uv_loop_t *uv, const struct store_config *config,
                               const struct error_text *error)
{
    struct redis_url url = {0};
    const char *wrong = redis_url_parse(slice_of(config->redis_url), &url);
    if (wrong) {
        redis_url_done(&url);
        error_say(error, "store.redis_url: %s", wrong);
        return NULL;
    }
    struct store_redis *store = store_new(uv, config);
    connect_both(uv, store, config, &url);
    redis_url_done(&url);
    await_first_state(uv, store, config->timeout_ms);
    const char *refusal = find_refusal(store);
    if (refusal) {
        error_say(error, "cannot keep sessions in the Redis of store.redis_url: %s", refusal);
        return store_close(&store->store);
    }
    return &store->store;
}
