/*
 * The store over one SQLite file, as the loop sees it: calls go to the thread
 * (store_sqlite_thread.c) and come back through one uv_async, or are given up by the timer
 * (store_sqlite_deadline.c). Opening and closing is store_sqlite_open.c's. Invariant: calls are
 * answered from these two handles and from nowhere else, so no callback runs inside the call that
 * started it.
 */
#include "store/store_sqlite_private.h"

#include <assert.h>
#include <stdlib.h>

static void note_commit(struct sqlite_store *store, const struct commit_report *commit)
{
    if (commit->there) {
        store_metrics_commit(&store->base.metrics, commit->committed, commit->duration_ns);
    }
    if (commit->trouble) {
        store_trouble_say(&store->base, commit->trouble, !commit->committed);
    } else if (commit->there && atomic_load(&store->ready)) {
        store_trouble_over(&store->base);
    }
}

/* A callback may start and cancel calls, and may close the store: the list is then empty. */
void sqlite_store_deliver(struct sqlite_store *store)
{
    uv_mutex_lock(&store->lock);
    call_queue_append(&store->delivering, &store->done);
    uv_mutex_unlock(&store->lock);
    struct store_call *call = NULL;
    while ((call = call_queue_pop(&store->delivering))) {
        struct sqlite_call *own = sqlite_call_of(call);
        note_commit(store, &own->commit);
        sqlite_store_unwatch(store, own);
        if (call->kind != CALL_PROBE) {
            store->base.waiting--;
            store_metrics_queue(&store->base.metrics, store->base.waiting);
        }
        if (!own->late) {
            store_call_answer(call, call->result);
        }
        (void)store_call_free(call);
    }
}

/* Nobody else has this file open. */
static void tell_peers(struct sqlite_store *store)
{
    const struct store_listener *listener = &store->base.listener;
    store->listening = false;
    if (listener->peers) {
        listener->peers(listener->context, 1);
    }
}

void sqlite_store_on_answered(uv_async_t *handle)
{
    struct sqlite_store *store = handle->data;
    sqlite_store_deliver(store);
    if (store->listening) { /* the memory is still there when a callback has closed the store */
        tell_peers(store);
    }
}

static void on_listening(struct store *store)
{
    struct sqlite_store *own = sqlite_store_of(store);
    own->listening = true;
    (void)uv_async_send(&own->answered);
}

static void flush(struct store *store)
{
    struct sqlite_store *own = sqlite_store_of(store);
    if (!own->gathered.head) {
        return;
    }
    uv_mutex_lock(&own->lock);
    if (!own->to_do.head) {
        uv_cond_signal(&own->asked);
    }
    call_queue_append(&own->to_do, &own->gathered);
    uv_mutex_unlock(&own->lock);
}

/* Where answers are delivered from, because too many wait already. */
static void refuse(struct sqlite_store *store, struct store_call *call)
{
    call->result = STORE_UNAVAILABLE;
    uv_mutex_lock(&store->lock);
    call_queue_push(&store->done, call);
    uv_mutex_unlock(&store->lock);
    (void)uv_async_send(&store->answered);
}

static void submit(struct store *store, struct store_call *call)
{
    struct sqlite_store *own = sqlite_store_of(store);
    bool refused = store->waiting >= store->queue_max;
    store->waiting++;
    store_metrics_queue(&store->metrics, store->waiting);
    if (refused) {
        refuse(own, call);
        return;
    }
    call_queue_push(&own->gathered, call);
    sqlite_store_watch(own, sqlite_call_of(call));
    if (!store->by_turn) {
        flush(store);
    }
}

static bool ready(const struct store *store)
{
    return atomic_load(&((const struct sqlite_store *)store)->ready);
}

static int intend(struct store *store, const char *id, int64_t created_at)
{
    struct intent intent = {.created_at = created_at};
    bool valid = uuid_bytes_parse(id, intent.id);
    assert(valid); /* ids are made here, never taken from clients */
    return valid ? intents_take(sqlite_store_of(store)->intents, &intent) : -1;
}

static void intent_done(struct store *store, int slot)
{
    intents_release(sqlite_store_of(store)->intents, slot);
}

const struct store_ops sqlite_store_ops = {
    .call_size = sizeof(struct sqlite_call),
    .submit = submit,
    .flush = flush,
    .ready = ready,
    .intend = intend,
    .intent_done = intent_done,
    .listening = on_listening,
    .close = sqlite_store_close,
};
