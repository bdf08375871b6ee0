/*
 * Load, apply, save; again on a conflict. Keeps the cache of settled records true.
 */
#include "lifecycle/change.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "lifecycle/cache.h"
#include "lifecycle/waits.h"

#include <string.h>
#include <utlist.h>

struct change {
    struct change *next, *prev;
    struct sessions *sessions;
    char id[UUID_SIZE];
    change_apply *apply;
    change_done *done;
    void *context;
    struct store_call *call;
    struct session_record *record; /* what is being saved; NULL while loading */
    unsigned tries;
};

static struct change *change_free(struct change *change)
{
    DL_DELETE(change->sessions->changes, change);
    session_record_free(change->record);
    free(change);
    return NULL;
}

static void change_finish(struct change *change, enum problem problem, enum session_change what)
{
    change_done *done = change->done;
    void *context = change->context;
    struct session_record *record = TAKE(change->record);
    if (problem != PROBLEM_NONE || !done)
        record = session_record_free(record);
    change_free(change);
    if (done)
        done(context, problem, what, record);
}

static void change_load(struct change *change);

static void change_saved(void *context, enum store_result result, struct session_record *record)
{
    struct change *change = context;
    struct sessions *sessions = change->sessions;
    (void)record;
    change->call = NULL;
    if (result == STORE_CONFLICT && change->done && ++change->tries < CHANGE_TRIES_MAX) {
        change->record = session_record_free(change->record);
        change_load(change);
        return;
    }
    if (result == STORE_UNAVAILABLE || result == STORE_CONFLICT) {
        cache_drop(sessions->cache, change->id); /* what is on disk is not known */
        change_finish(change,
                      result == STORE_CONFLICT ? PROBLEM_CONCURRENT_OPERATION
                                               : PROBLEM_STORE_UNAVAILABLE,
                      SESSION_UNCHANGED);
        return;
    }
    if (result == STORE_NOT_FOUND) {
        cache_drop(sessions->cache, change->id);
        change_finish(change, PROBLEM_SESSION_NOT_FOUND, SESSION_UNCHANGED);
        return;
    }
    change->record->revision++;
    change->record->notes = audit_entries_free(change->record->notes); /* they are stored */
    cache_drop(sessions->cache, change->id);
    sessions_remember(sessions, change->record);
    waits_tell_change(sessions->waits, change->record);
    change_finish(change, PROBLEM_NONE, SESSION_CHANGED);
}

static void change_loaded(void *context, enum store_result result, struct session_record *record)
{
    struct change *change = context;
    change->call = NULL;
    change->record = record; /* NULL when not found: apply is told so */
    if (result == STORE_UNAVAILABLE) {
        change_finish(change, PROBLEM_STORE_UNAVAILABLE, SESSION_UNCHANGED);
        return;
    }
    enum session_change what = SESSION_UNCHANGED;
    enum problem problem = change->apply(change->record, change->context, &what);
    if (problem == PROBLEM_NONE && !change->record)
        problem = PROBLEM_SESSION_NOT_FOUND;
    if (problem != PROBLEM_NONE || what != SESSION_CHANGED) {
        change_finish(change, problem, what);
        return;
    }
    change->call = store_save(change->sessions->config.store, change->record, change_saved, change);
}

static void change_load(struct change *change)
{
    change->call = store_load(change->sessions->config.store, change->id, change_loaded, change);
}

struct change *change_start(struct sessions *sessions, const char *id, change_apply *apply,
                            change_done *done, void *context)
{
    struct change *change = xcalloc(1, sizeof *change);
    change->sessions = sessions;
    memcpy(change->id, id, UUID_SIZE);
    change->apply = apply;
    change->done = done;
    change->context = context;
    DL_APPEND(sessions->changes, change);
    change_load(change);
    return change;
}

void change_cancel(struct change *change)
{
    if (change->record) { /* being saved: stays until the outcome is known, for the cache's sake */
        change->done = NULL;
        return;
    }
    store_cancel(change->call);
    change_free(change);
}

void changes_free(struct sessions *sessions)
{
    struct change *change = NULL, *next = NULL;
    DL_FOREACH_SAFE(sessions->changes, change, next)
    {
        store_cancel(change->call);
        change_free(change);
    }
}
