/*
 * What the loop's side of the SQLite store (store_sqlite.c) and its thread (store_sqlite_thread.c)
 * share. Members are marked with who may touch them: [loop], [thread], [lock] under the lock,
 * [const] after open.
 */
#pragma once

#include "store/intents.h"
#include "store/sqlite_db.h"
#include "store/store.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

/* The first ones only read. */
enum call_kind {
    CALL_LOAD,
    CALL_DUE,
    CALL_EXPIRED,
    CALL_COUNT,
    CALL_LIST,
    CALL_FIND_UPSTREAM,
    CALL_FIND_KEY,
    CALL_INSERT,
    CALL_SAVE,
    CALL_FORGET,
    CALL_RELEASE_KEYS,
    CALL_PROBE, /* the thread's own */
    CALL_KIND_COUNT
};

static inline bool call_writes(enum call_kind kind)
{
    return kind >= CALL_INSERT;
}

/* Of the transaction a call was in; said once a transaction, by its first call. */
struct commit_report {
    bool there; /* it wrote */
    bool committed;
    uint64_t duration_ns;
    const char *trouble; /* what SQLite said, also of a transaction that only read; NULL: none */
};

/* Call lifetime: made by whoever asks, handed to the thread, handed back, freed after the callback.
 * Until it is handed back the loop touches none but its own members and those that are asked. */
struct store_call {
    struct store_call *next;
    struct store *store;
    enum call_kind kind;
    bool cancelled; /* [loop] the callback is not to run, or has run */
    /* store_sqlite_deadline.c */
    struct store_call *younger; /* [loop] */
    uint64_t deadline_ms;       /* [loop] */
    bool watched;               /* [loop] */
    bool late;                  /* [loop] answered for the thread, which still has it */
    union {
        store_done *done;
        store_listed *listed;
        store_counted *counted;
    } callback;
    void *context;
    /* what is asked */
    char id[UUID_SIZE];
    uint8_t key[RECORD_HASH_BYTES]; /* of a list: the tenant */
    struct session_record *record;  /* to write, or what a load found */
    int64_t now;
    struct store_position position;
    size_t limit;
    enum session_kind session_kind;
    char after[UUID_SIZE + 1]; /* what sorts behind a UUID's length makes no difference */
    char (*upstream_ids)[UUID_SIZE];
    size_t upstream_id_count;
    /* what is answered */
    enum store_result result;
    struct session_record **records;
    size_t record_count;
    struct store_counts counts;
    struct commit_report commit;
};

/* First in, first out. */
struct call_queue {
    struct store_call *head;
    struct store_call *tail;
};

void call_queue_push(struct call_queue *queue, struct store_call *call);
struct store_call *call_queue_pop(struct call_queue *queue); /* NULL when empty */
/* `more` is empty afterwards. */
void call_queue_append(struct call_queue *queue, struct call_queue *more);
struct store_call *store_call_free(struct store_call *call);

enum { STORE_RESULT_COUNT = STORE_UNAVAILABLE + 1 };

struct store_metrics { /* all NULL without a registry */
    struct series *calls[CALL_KIND_COUNT][STORE_RESULT_COUNT];
    struct series *commits[2];
    struct series *commit_duration;
    struct series *queue;
};

void store_metrics_init(struct store_metrics *metrics, struct metrics *registry);
void store_metrics_answer(const struct store_metrics *metrics, enum call_kind kind,
                          enum store_result result);
void store_metrics_commit(const struct store_metrics *metrics, const struct commit_report *commit);
void store_metrics_queue(const struct store_metrics *metrics, size_t waiting);

/* What the log has said of it. */
struct store_trouble {
    const char *reason;   /* the last one */
    uint64_t quiet_until; /* it is not said again */
    bool down;            /* nothing has been written since */
};

/* Says that, and why, the store fails; not the same all the time. */
void store_trouble_say(struct store *store, const char *reason, bool down);
/* Something was written. */
void store_trouble_over(struct store *store);

/* Process lifetime; freed when the loop has let go of the handles. */
struct store {
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
    struct store_call *oldest;    /* [loop] of those watched, by age */
    struct store_call *youngest;  /* [loop] */
    bool closing;                 /* [lock] */
    bool ended;                   /* [lock] the thread touches nothing any more */
    bool left_behind;             /* [lock] closed although the thread has not ended */
    size_t waiting;               /* [loop] calls made and not yet handed back */
    size_t queue_max;             /* [const] */
    bool by_turn;                 /* [const] */
    uint64_t timeout_ms;          /* [const] */
    const struct clock *clock;    /* [const] */
    atomic_bool ready;            /* written by the thread, and by the loop under the lock */
    struct sqlite_db *db;         /* [thread] */
    uint64_t probe_at_ns;         /* [thread] */
    struct intents *intents;      /* [loop] */
    struct store_metrics metrics; /* [loop] */
    struct store_trouble trouble; /* [loop] */
    struct log *log;              /* [const] */
};

/* Callback of the async handle: tells the callers. */
void store_on_answered(uv_async_t *handle);
/* Tells the callers what the thread has answered until now. */
void store_deliver(struct store *store);
/* Tells one caller; the call is not touched afterwards, the callback may have ended it. */
void store_call_answer(struct store_call *call, enum store_result result);

/* From here on the call is answered within the timeout. */
void store_watch(struct store *store, struct store_call *call);
/* The thread has answered it; calls that are not watched are left alone. */
void store_unwatch(struct store *store, struct store_call *call);
/* Callback of the timer. */
void store_on_deadline(uv_timer_t *timer);

/* Body of the thread; `argument` is the store. Ends once closing is set and nothing is left to do.
 */
void store_thread_main(void *argument);
