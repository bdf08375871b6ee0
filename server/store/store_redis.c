/*
 * The store that processes share, over a Redis or Valkey server, as the front sees it: a call is
 * one script, sent at once and answered when its reply comes. What cannot be sent is answered from
 * a timer. Invariants: a call is either under way or refused; nothing is sent before the server was
 * found fit.
 *
 * An access list for a user of the server that may do what the store does, and nothing else (with
 * the default prefix):
 *   ACL SETUSER livenessd on >PASSWORD resetkeys ~livenessd:* resetchannels &livenessd:news -@all
 *     +ping +select +info +config|get +script|load +eval +evalsha +subscribe +publish +time +del
 *     +exists +get +set +pttl +pexpire +pexpireat +hget +hset +hmget +hdel +hscan +zadd +zrem
 *     +zrange +zcard +zcount +zscore +sadd +smembers
 */
#include "base/uv_timer.h"
#include "store/store_redis_private.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

static struct redis_call *redis_call_of(struct store_call *call)
{
    return (struct redis_call *)call;
}

/* The callback may close the store: the queue is then empty. */
void redis_on_soon(uv_timer_t *timer)
{
    struct store_redis *store = timer->data;
    struct store_call *call = NULL;
    while ((call = call_queue_pop(&store->refused))) {
        store->store.waiting--;
        store_metrics_queue(&store->store.metrics, store->store.waiting);
        store_call_answer(call, call->result);
        (void)store_call_free(call);
    }
}

static void refuse(struct store_redis *store, struct store_call *call, enum store_result result)
{
    call->result = result;
    call_queue_push(&store->refused, call);
    if (!uv_is_active((uv_handle_t *)&store->soon)) {
        timer_start(&store->soon, redis_on_soon, 0, 0);
    }
}

static void on_reply(void *context, const struct redisReply *reply);

static bool send_call(struct store_redis *store, struct redis_call *asking)
{
    struct redis_arguments arguments;
    return redis_question(store, asking, &arguments) &&
           redis_send(store->commands, arguments.count, arguments.list, on_reply, asking);
}

static void end_call(struct store_redis *store, struct redis_call *asking,
                     const struct redisReply *reply)
{
    struct store_call *call = &asking->call;
    DL_DELETE2(store->under_way, asking, before, after);
    call->result = redis_answer(store, call, reply);
    if (call->kind != CALL_PROBE) {
        store->store.waiting--;
        store_metrics_queue(&store->store.metrics, store->store.waiting);
        if (call_writes(call->kind)) {
            store_metrics_commit(&store->store.metrics, call->result != STORE_UNAVAILABLE,
                                 clock_precise_ns() - asking->sent_ns);
        }
        store_call_answer(call, call->result);
    }
    (void)store_call_free(call);
}

static bool is_forgotten(const struct redisReply *reply)
{
    static const char start[] = "NOSCRIPT";
    return reply && reply->type == REDIS_REPLY_ERROR && reply->len >= sizeof start - 1 &&
           memcmp(reply->str, start, sizeof start - 1) == 0;
}

static void on_reply(void *context, const struct redisReply *reply)
{
    struct redis_call *asking = context;
    struct store_redis *store = redis_of(asking->call.store);
    if (is_forgotten(reply) && !asking->as_text) {
        asking->as_text = true;
        if (send_call(store, asking)) {
            return;
        }
    }
    end_call(store, asking, reply);
}

static bool start_call(struct store_redis *store, struct redis_call *asking)
{
    asking->sent_ns = clock_precise_ns();
    if (store->link != LINK_GOOD || !send_call(store, asking)) {
        return false;
    }
    DL_APPEND2(store->under_way, asking, before, after);
    if (!store->store.by_turn) {
        redis_flush(store->commands);
    }
    return true;
}

static void redis_submit(struct store *base, struct store_call *call)
{
    struct store_redis *store = redis_of(base);
    bool full = base->waiting >= base->queue_max;
    base->waiting++;
    store_metrics_queue(&base->metrics, base->waiting);
    call->result = STORE_UNAVAILABLE;
    if (full || !start_call(store, redis_call_of(call))) {
        refuse(store, call, call->result);
    }
}

static void redis_flush_calls(struct store *base)
{
    redis_flush(redis_of(base)->commands);
}

static bool redis_is_ready(const struct store *base)
{
    return ((const struct store_redis *)base)->ready;
}

static int redis_intend(struct store *base, const char *id, int64_t created_at)
{
    struct store_redis *store = redis_of(base);
    return store->link == LINK_GOOD ? redis_presence_intend(store->presence, id, created_at) : -1;
}

static void redis_intent_done(struct store *base, int slot)
{
    redis_presence_intent_done(redis_of(base)->presence, slot);
}

static bool copy_text(const char *text, char *ret, size_t size)
{
    size_t length = strlen(text);
    if (length >= size) {
        return false;
    }
    memcpy(ret, text, length + 1);
    return true;
}

/* A call that nobody waits for. */
static void redis_looked(struct store *base, const char *id, uint64_t rest_ms,
                         const char *status_word)
{
    struct store_redis *store = redis_of(base);
    struct redis_call *asking = xcalloc(1, sizeof *asking);
    struct store_call *call = &asking->call;
    call->store = base;
    call->kind = CALL_PROBE;
    call->hold_ms = rest_ms;
    if (!copy_text(id, call->id, sizeof call->id) ||
        !copy_text(status_word, call->after, sizeof call->after) || !start_call(store, asking)) {
        (void)store_call_free(call);
    }
}

static void redis_listening(struct store *base)
{
    if (base->listener.peers) {
        redis_presence_tell(redis_of(base)->presence);
    }
}

static void drop_calls(struct store_redis *store)
{
    struct store_call *call = NULL;
    while ((call = call_queue_pop(&store->refused))) {
        (void)store_call_free(call);
    }
    while (store->under_way) {
        struct redis_call *asking = store->under_way;
        DL_DELETE2(store->under_way, asking, before, after);
        (void)store_call_free(&asking->call);
    }
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct store_redis *store = handle->data;
    if (--store->handles == 0) {
        redis_reasons_done(&store->reasons);
        free(store->prefix);
        free(store);
    }
}

/* What was asked goes out still; its answers find nobody. */
static void redis_close_store(struct store *base)
{
    struct store_redis *store = redis_of(base);
    store->presence = redis_presence_close(store->presence);
    store->commands = redis_close(store->commands);
    store->news = redis_close(store->news);
    drop_calls(store);
    uv_close((uv_handle_t *)&store->soon, on_handle_closed);
    uv_close((uv_handle_t *)&store->again, on_handle_closed);
}

const struct store_ops store_redis_ops = {
    .call_size = sizeof(struct redis_call),
    .shared = true,
    .submit = redis_submit,
    .flush = redis_flush_calls,
    .ready = redis_is_ready,
    .intend = redis_intend,
    .intent_done = redis_intent_done,
    .looked = redis_looked,
    .listening = redis_listening,
    .close = redis_close_store,
};
