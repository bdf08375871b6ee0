/*
 * The thread that owns the SQLite file: takes all that is queued, runs it in order in one
 * transaction, and answers all of it after the commit. Reads wait as well, because they may have
 * seen what is not yet on the disk. Invariant: no answer but STORE_UNAVAILABLE leaves a transaction
 * that did not commit.
 */
#include "store/sqlite_audit.h"
#include "store/sqlite_resets.h"
#include "store/store_sqlite_private.h"

#include <stdlib.h>

static const uint64_t probe_interval_ns = 1000000000;

/* False when the transaction has to be rolled back. */
static bool run_call(struct sqlite_db *db, struct store_call *call)
{
    call->result = STORE_OK;
    switch (call->kind) {
    case CALL_LOAD:
        return sqlite_db_load(db, call->id, &call->result, &call->record);
    case CALL_DUE:
        return sqlite_db_due(db, call->now, call->limit, &call->records, &call->record_count);
    case CALL_EXPIRED:
        return sqlite_db_expired(db, call->now, &call->position, call->limit, &call->records,
                                 &call->record_count);
    case CALL_LIST:
        return sqlite_db_list(db, call->session_kind, call->key, call->after, call->limit,
                              &call->records, &call->record_count);
    case CALL_FIND_UPSTREAM:
        return sqlite_db_find_upstream(db, (const char(*)[UUID_SIZE])call->upstream_ids,
                                       call->upstream_id_count, &call->records,
                                       &call->record_count);
    case CALL_COUNT:
        return sqlite_db_count(db, call->now, &call->counts);
    case CALL_INSERT:
        return sqlite_db_insert(db, call->record, &call->result);
    case CALL_SAVE:
        return sqlite_db_save(db, call->record, &call->result);
    case CALL_FORGET:
        return sqlite_db_forget(db, call->now, call->limit, &call->result);
    case CALL_FIND_KEY:
        return sqlite_db_find_key(db, call->key, call->now, &call->result, &call->record);
    case CALL_RELEASE_KEYS:
        return sqlite_db_release_keys(db, call->now, call->limit, &call->result);
    case CALL_AUDIT_APPEND:
        return sqlite_audit_append(sqlite_db_audit(db), call->entries);
    case CALL_AUDIT_LIST:
        return sqlite_audit_list(sqlite_db_audit(db), call->key, call->id, call->after, call->limit,
                                 &call->entries);
    case CALL_AUDIT_FORGET:
        return sqlite_audit_forget(sqlite_db_audit(db), call->now, call->limit, &call->result);
    case CALL_DEVICE_RESETS:
        return sqlite_resets_list(sqlite_db_resets(db), call->now, &call->resets);
    case CALL_RESET_DEVICE:
        return sqlite_resets_add(sqlite_db_resets(db), call->resets, &call->result) &&
               (call->result != STORE_OK ||
                sqlite_audit_append(sqlite_db_audit(db), call->entries));
    case CALL_PROBE:
        return sqlite_db_probe(db);
    case CALL_CLAIM_LOOK: /* of a shared store */
    case CALL_CHARGE:
    case CALL_KIND_COUNT:
        break;
    }
    return false;
}

/* A page that cannot be read is the trouble of those who read it, and of nobody else. */
static bool run_on(struct sqlite_db *db, struct store_call *call, const char **ret_trouble)
{
    if (run_call(db, call)) {
        return true;
    }
    if (call_writes(call->kind) || !sqlite_db_damaged(db)) {
        return false;
    }
    *ret_trouble = sqlite_db_trouble(db);
    call->result = STORE_UNAVAILABLE;
    return true;
}

static bool run_transaction(struct sqlite_db *db, const struct call_queue *batch, bool writes,
                            const char **ret_trouble)
{
    bool going = sqlite_db_begin(db, writes);
    for (struct store_call *call = batch->head; going && call; call = call->next) {
        going = run_on(db, call, ret_trouble);
    }
    if (!going || !sqlite_db_commit(db)) {
        *ret_trouble = sqlite_db_trouble(db);
        sqlite_db_rollback(db);
        return false;
    }
    return true;
}

static void say_unavailable(const struct call_queue *batch)
{
    for (struct store_call *call = batch->head; call; call = call->next) {
        call->result = STORE_UNAVAILABLE;
    }
}

static bool any_writes(const struct call_queue *batch)
{
    for (const struct store_call *call = batch->head; call; call = call->next) {
        if (call_writes(call->kind)) {
            return true;
        }
    }
    return false;
}

static void hand_back(struct sqlite_store *store, struct call_queue *batch)
{
    uv_mutex_lock(&store->lock);
    call_queue_append(&store->done, batch);
    if (!store->left_behind) { /* under the lock, or the handle could go in between */
        (void)uv_async_send(&store->answered);
    }
    uv_mutex_unlock(&store->lock);
}

static void run_batch(struct sqlite_store *store, struct call_queue *batch)
{
    bool writes = any_writes(batch);
    int64_t changes_before = sqlite_db_changes(store->db);
    uint64_t started_ns = clock_precise_ns();
    const char *trouble = NULL;
    bool committed = run_transaction(store->db, batch, writes, &trouble);
    uint64_t ended_ns = clock_precise_ns();
    if (!committed) {
        say_unavailable(batch);
        atomic_store(&store->ready, false);
        store->probe_at_ns = ended_ns + probe_interval_ns;
    } else if (batch->head->kind == CALL_PROBE || sqlite_db_changes(store->db) != changes_before) {
        /* a commit that changed nothing touched no disk and proves nothing */
        atomic_store(&store->ready, true);
    }
    sqlite_call_of(batch->head)->commit =
        (struct commit_report){writes, committed, ended_ns - started_ns, trouble};
    hand_back(store, batch);
}

static void probe(struct sqlite_store *store)
{
    struct sqlite_call *call = xcalloc(1, sizeof *call);
    call->base.store = &store->base;
    call->base.kind = CALL_PROBE;
    call->base.cancelled = true; /* nobody is to be told */
    struct call_queue batch = {0};
    call_queue_push(&batch, &call->base);
    run_batch(store, &batch);
}

/* False when there will be nothing more to do. An empty batch means that a probe is due. */
static bool wait_for_calls(struct sqlite_store *store, struct call_queue *ret_batch)
{
    uv_mutex_lock(&store->lock);
    while (!store->to_do.head && !store->closing) {
        if (atomic_load(&store->ready)) {
            uv_cond_wait(&store->asked, &store->lock);
        } else if (uv_cond_timedwait(&store->asked, &store->lock, probe_interval_ns) != 0) {
            break;
        }
    }
    bool more = store->to_do.head || !store->closing;
    call_queue_append(ret_batch, &store->to_do);
    uv_mutex_unlock(&store->lock);
    return more;
}

void sqlite_store_thread_main(void *argument)
{
    struct sqlite_store *store = argument;
    struct call_queue batch = {0};
    while (wait_for_calls(store, &batch)) {
        if (batch.head) {
            run_batch(store, &batch);
        }
        /* reads alone could come so often that no wait ever ends: the clock decides */
        if (!atomic_load(&store->ready) && clock_precise_ns() >= store->probe_at_ns) {
            probe(store);
        }
    }
    uv_mutex_lock(&store->lock);
    store->ended = true;
    uv_cond_signal(&store->ending);
    uv_mutex_unlock(&store->lock);
}
