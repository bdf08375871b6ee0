/*
 * The store over one SQLite file, as the loop sees it: calls go to the thread
 * (store_sqlite_thread.c) and come back through one uv_async, or are given up by the timer
 * (store_sqlite_deadline.c). Opening and closing is store_sqlite_open.c's. Invariant: calls are
 * answered from these two handles and from nowhere else, so no callback runs inside the call that
 * started it.
 */
#include "base/cleanup.h"
#include "store/store_sqlite_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void store_call_answer(struct store_call *call, enum store_result result)
{
    bool ok = result == STORE_OK;
    store_metrics_answer(&call->store->metrics, call->kind, result);
    if (call->cancelled) {
        return;
    }
    call->cancelled = true;
    switch (call->kind) {
    case CALL_DUE:
    case CALL_EXPIRED:
    case CALL_LIST:
    case CALL_FIND_UPSTREAM:
        call->callback.listed(call->context, result, ok ? call->records : NULL,
                              ok ? call->record_count : 0);
        break;
    case CALL_COUNT:
        call->callback.counted(call->context, result, ok ? &call->counts : NULL);
        break;
    case CALL_LOAD:
    case CALL_FIND_KEY:
        call->callback.done(call->context, result, ok ? TAKE(call->record) : NULL);
        break;
    default:
        call->callback.done(call->context, result, NULL);
        break;
    }
}

static void note_trouble(struct store *store, const struct store_call *call)
{
    const struct commit_report *commit = &call->commit;
    if (commit->trouble) {
        store_trouble_say(store, commit->trouble, !commit->committed);
    } else if (commit->there && atomic_load(&store->ready)) {
        store_trouble_over(store);
    }
}

/* A callback may start and cancel calls, and may close the store: the list is then empty. */
void store_deliver(struct store *store)
{
    uv_mutex_lock(&store->lock);
    call_queue_append(&store->delivering, &store->done);
    uv_mutex_unlock(&store->lock);
    struct store_call *call = NULL;
    while ((call = call_queue_pop(&store->delivering))) {
        store_metrics_commit(&store->metrics, &call->commit);
        note_trouble(store, call);
        store_unwatch(store, call);
        if (call->kind != CALL_PROBE) {
            store->waiting--;
            store_metrics_queue(&store->metrics, store->waiting);
        }
        if (!call->late) {
            store_call_answer(call, call->result);
        }
        (void)store_call_free(call);
    }
}

void store_on_answered(uv_async_t *handle)
{
    store_deliver(handle->data);
}

static struct store_call *call_new(struct store *store, enum call_kind kind, void *context)
{
    struct store_call *call = xcalloc(1, sizeof *call);
    call->store = store;
    call->kind = kind;
    call->context = context;
    return call;
}

void store_flush(struct store *store)
{
    if (!store->gathered.head) {
        return;
    }
    uv_mutex_lock(&store->lock);
    if (!store->to_do.head) {
        uv_cond_signal(&store->asked);
    }
    call_queue_append(&store->to_do, &store->gathered);
    uv_mutex_unlock(&store->lock);
}

/* Where answers are delivered from, because too many wait already. */
static void refuse(struct store_call *call)
{
    struct store *store = call->store;
    call->result = STORE_UNAVAILABLE;
    uv_mutex_lock(&store->lock);
    call_queue_push(&store->done, call);
    uv_mutex_unlock(&store->lock);
    (void)uv_async_send(&store->answered);
}

static struct store_call *submit(struct store_call *call)
{
    struct store *store = call->store;
    bool refused = store->waiting >= store->queue_max;
    store->waiting++;
    store_metrics_queue(&store->metrics, store->waiting);
    if (refused) {
        refuse(call);
        return call;
    }
    call_queue_push(&store->gathered, call);
    store_watch(store, call);
    if (!store->by_turn) {
        store_flush(store);
    }
    return call;
}

static struct store_call *write_record(struct store *store, enum call_kind kind,
                                       const struct session_record *record, store_done *done,
                                       void *context)
{
    struct store_call *call = call_new(store, kind, context);
    call->callback.done = done;
    call->record = session_record_copy(record);
    return submit(call);
}

struct store_call *store_insert(struct store *store, const struct session_record *record,
                                store_done *done, void *context)
{
    return write_record(store, CALL_INSERT, record, done, context);
}

struct store_call *store_save(struct store *store, const struct session_record *record,
                              store_done *done, void *context)
{
    return write_record(store, CALL_SAVE, record, done, context);
}

struct store_call *store_load(struct store *store, const char *id, store_done *done, void *context)
{
    struct store_call *call = call_new(store, CALL_LOAD, context);
    call->callback.done = done;
    /* an id that is too long stays empty: it names nothing, like every other malformed one */
    size_t size = strlen(id) + 1;
    if (size <= sizeof call->id) {
        memcpy(call->id, id, size);
    }
    return submit(call);
}

struct store_call *store_due(struct store *store, int64_t now, size_t limit, store_listed *done,
                             void *context)
{
    struct store_call *call = call_new(store, CALL_DUE, context);
    call->callback.listed = done;
    call->now = now;
    call->limit = limit;
    return submit(call);
}

struct store_call *store_expired(struct store *store, int64_t until,
                                 const struct store_position *after, size_t limit,
                                 store_listed *done, void *context)
{
    struct store_call *call = call_new(store, CALL_EXPIRED, context);
    call->callback.listed = done;
    call->now = until;
    call->position = *after;
    call->limit = limit;
    return submit(call);
}

struct store_call *store_list(struct store *store, enum session_kind kind,
                              const uint8_t tenant[RECORD_HASH_BYTES], const char *after,
                              size_t limit, store_listed *done, void *context)
{
    struct store_call *call = call_new(store, CALL_LIST, context);
    call->callback.listed = done;
    call->session_kind = kind;
    call->limit = limit;
    memcpy(call->key, tenant, sizeof call->key);
    memcpy(call->after, after, strnlen(after, sizeof call->after - 1));
    return submit(call);
}

struct store_call *store_find_upstream(struct store *store, const char *const *upstream_ids,
                                       size_t count, store_listed *done, void *context)
{
    assert(count <= STORE_FIND_MAX);
    struct store_call *call = call_new(store, CALL_FIND_UPSTREAM, context);
    call->callback.listed = done;
    call->upstream_ids = xcalloc(count + 1, sizeof *call->upstream_ids);
    for (size_t i = 0; i < count; i++) {
        size_t size = strlen(upstream_ids[i]) + 1;
        if (size > 1 && size <= UUID_SIZE) { /* an orphan's is empty */
            memcpy(call->upstream_ids[call->upstream_id_count++], upstream_ids[i], size);
        }
    }
    return submit(call);
}

struct store_call *store_forget(struct store *store, int64_t now, size_t limit, store_done *done,
                                void *context)
{
    struct store_call *call = call_new(store, CALL_FORGET, context);
    call->callback.done = done;
    call->now = now;
    call->limit = limit;
    return submit(call);
}

struct store_call *store_find_key(struct store *store, const uint8_t key[RECORD_HASH_BYTES],
                                  int64_t now, store_done *done, void *context)
{
    struct store_call *call = call_new(store, CALL_FIND_KEY, context);
    call->callback.done = done;
    call->now = now;
    memcpy(call->key, key, sizeof call->key);
    return submit(call);
}

struct store_call *store_release_keys(struct store *store, int64_t now, size_t limit,
                                      store_done *done, void *context)
{
    struct store_call *call = call_new(store, CALL_RELEASE_KEYS, context);
    call->callback.done = done;
    call->now = now;
    call->limit = limit;
    return submit(call);
}

struct store_call *store_count(struct store *store, store_counted *done, void *context)
{
    struct store_call *call = call_new(store, CALL_COUNT, context);
    call->callback.counted = done;
    call->now = clock_wall_ms(store->clock);
    return submit(call);
}

void store_cancel(struct store_call *call)
{
    call->cancelled = true;
}

bool store_ready(const struct store *store)
{
    return atomic_load(&store->ready);
}

int store_intend(struct store *store, const char *id, int64_t created_at)
{
    struct intent intent = {.created_at = created_at};
    bool valid = uuid_bytes_parse(id, intent.id);
    assert(valid); /* ids are made here, never taken from clients */
    return valid ? intents_take(store->intents, &intent) : -1;
}

void store_intent_done(struct store *store, int slot)
{
    intents_release(store->intents, slot);
}
