/*
 * The front of the store: each public function becomes a call, which the kind of store that was
 * opened takes and answers. What a call means is the kinds' business. Invariant: a call is complete
 * before it is submitted, and belongs to the kind from then on.
 */
#include "store/store.h"

#include "store/store_private.h"

#include <assert.h>
#include <string.h>

void store_init(struct store *store, const struct store_ops *ops, const struct store_config *config)
{
    store->ops = ops;
    store->queue_max = config->queue_max;
    store->by_turn = config->by_turn;
    store->timeout_ms = config->timeout_ms;
    store->clock = config->clock;
    store->log = config->log;
    store_metrics_init(&store->metrics, config->metrics);
}

struct store *store_open(uv_loop_t *uv, const struct store_config *config, char *ret_error,
                         size_t error_size)
{
    const struct error_text error = {ret_error, error_size};
    if (error_size > 0) {
        *ret_error = '\0';
    }
    return config->redis_url ? store_redis_open(uv, config, &error)
                             : store_sqlite_open(uv, config, &error);
}

struct store *store_close(struct store *store)
{
    if (store) {
        store->listener = (struct store_listener){0};
        store->ops->close(store);
    }
    return NULL;
}

void store_flush(struct store *store)
{
    store->ops->flush(store);
}

bool store_ready(const struct store *store)
{
    return store->ops->ready(store);
}

static struct store_call *call_new(struct store *store, enum call_kind kind, void *context)
{
    struct store_call *call = xcalloc(1, store->ops->call_size);
    call->store = store;
    call->kind = kind;
    call->context = context;
    return call;
}

static struct store_call *submit(struct store_call *call)
{
    call->store->ops->submit(call->store, call);
    return call;
}

/* An id that is too long stays empty: it names nothing, like every other malformed one. */
static void set_id(struct store_call *call, const char *id)
{
    size_t size = strlen(id) + 1;
    if (size <= sizeof call->id) {
        memcpy(call->id, id, size);
    }
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
    set_id(call, id);
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

struct store_call *store_audit_append(struct store *store, const struct audit_entry *entries,
                                      store_done *done, void *context)
{
    struct store_call *call = call_new(store, CALL_AUDIT_APPEND, context);
    call->callback.done = done;
    call->entries = audit_entries_copy(entries);
    return submit(call);
}

struct store_call *store_audit_list(struct store *store, const uint8_t tenant[RECORD_HASH_BYTES],
                                    const char *session, const char *after, size_t limit,
                                    store_audited *done, void *context)
{
    struct store_call *call = call_new(store, CALL_AUDIT_LIST, context);
    call->callback.audited = done;
    call->limit = limit;
    set_id(call, session);
    memcpy(call->key, tenant, sizeof call->key);
    memcpy(call->after, after, strnlen(after, sizeof call->after - 1));
    return submit(call);
}

struct store_call *store_audit_forget(struct store *store, int64_t until, size_t limit,
                                      store_done *done, void *context)
{
    struct store_call *call = call_new(store, CALL_AUDIT_FORGET, context);
    call->callback.done = done;
    call->now = until;
    call->limit = limit;
    return submit(call);
}

struct store_call *store_device_resets(struct store *store, int64_t since,
                                       store_resets_listed *done, void *context)
{
    struct store_call *call = call_new(store, CALL_DEVICE_RESETS, context);
    call->callback.resets_listed = done;
    call->now = since;
    return submit(call);
}

struct store_call *store_reset_device(struct store *store, const struct device_reset *reset,
                                      const struct audit_entry *notes, store_done *done,
                                      void *context)
{
    struct store_call *call = call_new(store, CALL_RESET_DEVICE, context);
    call->callback.done = done;
    call->resets = xcalloc(1, sizeof *call->resets);
    *call->resets = *reset;
    call->resets->next = NULL;
    call->entries = audit_entries_copy(notes);
    return submit(call);
}

int store_intend(struct store *store, const char *id, int64_t created_at)
{
    return store->ops->intend(store, id, created_at);
}

void store_intent_done(struct store *store, int slot)
{
    store->ops->intent_done(store, slot);
}

bool store_is_shared(const struct store *store)
{
    return store->ops->shared;
}

void store_listen(struct store *store, const struct store_listener *listener)
{
    store->listener = listener ? *listener : (struct store_listener){0};
    store->ops->listening(store);
}

struct store_call *store_claim_look(struct store *store, const char *id, bool urgent,
                                    uint64_t hold_ms, store_claimed *done, void *context)
{
    assert(store->ops->shared);
    struct store_call *call = call_new(store, CALL_CLAIM_LOOK, context);
    call->callback.claimed = done;
    set_id(call, id);
    call->urgent = urgent;
    call->hold_ms = hold_ms;
    return submit(call);
}

struct store_call *store_charge(struct store *store, enum store_charging how,
                                const struct limit_charge *charges, size_t count,
                                store_charged *done, void *context)
{
    assert(store->ops->shared);
    assert(count > 0 && count <= LIMIT_CHARGES_MAX);
    struct store_call *call = call_new(store, CALL_CHARGE, context);
    call->callback.charged = done;
    call->charging = xcalloc(1, sizeof *call->charging);
    call->charging->how = how;
    call->charging->count = count;
    memcpy(call->charging->charges, charges, count * sizeof *charges);
    return submit(call);
}

void store_looked(struct store *store, const char *id, uint64_t rest_ms, const char *status_word)
{
    assert(store->ops->shared);
    store->ops->looked(store, id, rest_ms, status_word);
}
