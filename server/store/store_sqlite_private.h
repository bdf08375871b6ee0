/*
 * What the loop's side of the SQLite store (store_sqlite.c) and its thread (store_sqlite_thread.c)
 * share. Members are marked with who may touch them: [loop], [thread], [lock] under the lock,
 * [const] after open. Of the bases, what is const after open is anybody's and the rest the loop's.
 */
#pragma once

#include "store/intents.h"
#include "store/sqlite_db.h"
#include "store/store_private.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

/* Of the transaction a call was in; said once a transaction, by its first call. */
struct commit_report {
    bool there; /* it wrote */
    bool committed;
    uint64_t duration_ns;
    const char *trouble; /* what SQLite said, also of a transaction that only read; NULL: none */
};

/* Call lifetime: made by whoever asks, handed to the thread, handed back, freed after the callback.
 * Until it is handed back the loop touches none but `cancelled`, its own members and those that are
 * asked. */
struct sqlite_call {
    struct store_call base;
    /* store_sqlite_deadline.c */
    struct sqlite_call *younger; /* [loop] */
    uint64_t deadline_ms;        /* [loop] */
    bool watched;                /* [loop] */
    bool late;                   /* [loop] answered for the thread, which still has it */
    struct commit_report commit;
};

/* Process lifetime; freed when the loop has let go of the handles. */
struct sqlite_store {
    struct store base;
    uv_async_t answered; /* any thread; keeps the loop alive */
    uv_timer_t deadline; /* [loop] runs while a call is watched */
    unsigned handles;    /* [loop] of the two, those not closed */
    uv_thread_t thread;
    uv_mutex_t lock;
    uv_cond_t asked;              /* there is something to do, or nothing any more */
    uv_cond_t ending;             /* ended */
    struct call_queue gathered;   /* [loop] not yet with the thread */
    struct call_queue to_do;      /* [lock] */
    struct call_queue done;       /* [lock] */
    struct call_queue delivering; /* [loop] */
    struct sqlite_call *oldest;   /* [loop] of those watched, by age */
    struct sqlite_call *youngest; /* [loop] */
    bool listening;               /* [loop] the listener is to be told of its peers */
    bool closing;                 /* [lock] */
    bool ended;                   /* [lock] the thread touches nothing any more */
    bool left_behind;             /* [lock] closed although the thread has not ended */
    atomic_bool ready;            /* written by the thread, and by the loop under the lock */
    struct sqlite_db *db;         /* [thread] */
    uint64_t probe_at_ns;         /* [thread] */
    struct intents *intents;      /* [loop] */
};

static inline struct sqlite_store *sqlite_store_of(struct store *store)
{
    return (struct sqlite_store *)store;
}

static inline struct sqlite_call *sqlite_call_of(struct store_call *call)
{
    return (struct sqlite_call *)call;
}

extern const struct store_ops sqlite_store_ops;

/* store_sqlite_open.c */
void sqlite_store_close(struct store *store);

/* Callback of the async handle: tells the callers, and a new listener. */
void sqlite_store_on_answered(uv_async_t *handle);
/* Tells the callers what the thread has answered until now. */
void sqlite_store_deliver(struct sqlite_store *store);

/* From here on the call is answered within the timeout. */
void sqlite_store_watch(struct sqlite_store *store, struct sqlite_call *call);
/* The thread has answered it; calls that are not watched are left alone. */
void sqlite_store_unwatch(struct sqlite_store *store, struct sqlite_call *call);
/* Callback of the timer. */
void sqlite_store_on_deadline(uv_timer_t *timer);

/* Body of the thread; `argument` is the store. Ends once closing is set and nothing is left to do.
 */
void sqlite_store_thread_main(void *argument);
