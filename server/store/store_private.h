/*
 * What the front (store.c) and the two kinds of store share. The front turns each public function
 * into a call, which is plain data: what is asked, who is to be told, and later the answer. A kind
 * takes calls and answers each once, from the loop and never from within `submit`. Everything here
 * is the loop's, but for a call's question and answer while a kind has handed it to a thread.
 */
#pragma once

#include "store/error_text.h"
#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

/* The first ones only read. */
enum call_kind {
    CALL_LOAD,
    CALL_EXPIRED,
    CALL_COUNT,
    CALL_LIST,
    CALL_FIND_UPSTREAM,
    CALL_FIND_KEY,
    CALL_AUDIT_LIST,
    CALL_DEVICE_RESETS,
    CALL_DUE,    /* writes its lease where the store is shared */
    CALL_CHARGE, /* of a shared store; writes what need not last */
    CALL_INSERT,
    CALL_SAVE,
    CALL_FORGET,
    CALL_RELEASE_KEYS,
    CALL_AUDIT_APPEND,
    CALL_AUDIT_FORGET,
    CALL_RESET_DEVICE,
    CALL_CLAIM_LOOK,
    CALL_PROBE, /* a kind's own */
    CALL_KIND_COUNT
};

static inline bool call_writes(enum call_kind kind)
{
    return kind >= CALL_INSERT;
}

/* What a charge asks and is answered. */
struct store_charges {
    enum store_charging how;
    size_t count;
    struct limit_charge charges[LIMIT_CHARGES_MAX];
    struct limit_standing standings[LIMIT_CHARGES_MAX];
};

/* The first member of a kind's own struct. Freed by store_call_free after it was answered. */
struct store_call {
    struct store_call *next; /* the kind's */
    struct store *store;
    enum call_kind kind;
    bool cancelled; /* the callback is not to run, or has run */
    union {
        store_done *done;
        store_listed *listed;
        store_counted *counted;
        store_claimed *claimed;
        store_audited *audited;
        store_charged *charged;
        store_resets_listed *resets_listed;
    } callback;
    void *context;
    /* what is asked */
    char id[UUID_SIZE];             /* of an audit list: the session, or empty */
    uint8_t key[RECORD_HASH_BYTES]; /* of a list: the tenant */
    struct session_record *record;  /* to write, or what a load found */
    int64_t now;
    struct store_position position;
    size_t limit;
    enum session_kind session_kind;
    char after[UUID_SIZE + 1]; /* what sorts behind a UUID's length makes no difference */
    char (*upstream_ids)[UUID_SIZE];
    size_t upstream_id_count;
    struct device_reset *resets;    /* to keep, or what was found */
    struct audit_entry *entries;    /* to append, or what an audit list found */
    bool urgent;                    /* claim */
    uint64_t hold_ms;               /* claim */
    struct store_charges *charging; /* NULL unless it is a charge */
    /* what is answered */
    enum store_result result;
    struct session_record **records;
    size_t record_count;
    struct store_counts counts;
    uint64_t retry_ms; /* claim */
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
/* NULL is fine; returns NULL. */
struct store_call *store_call_free(struct store_call *call);

/* What a kind of store does. */
struct store_ops {
    size_t call_size; /* of its own call struct */
    bool shared;
    /* Takes the call: asks at once or, by turn, at the next flush. Has to count it (store->waiting)
     * and to answer it within timeout_ms; one above queue_max is answered STORE_UNAVAILABLE. */
    void (*submit)(struct store *store, struct store_call *call);
    void (*flush)(struct store *store);
    bool (*ready)(const struct store *store);
    int (*intend)(struct store *store, const char *id, int64_t created_at);
    void (*intent_done)(struct store *store, int slot);
    void (*looked)(struct store *store, const char *id, uint64_t rest_ms,
                   const char *status_word); /* NULL unless shared */
    void (*listening)(struct store *store);  /* the listener is new: tells it of its peers */
    void (*close)(struct store *store);
};

enum { STORE_RESULT_COUNT = STORE_UNAVAILABLE + 1 };

struct store_metrics { /* all NULL without a registry */
    struct series *calls[CALL_KIND_COUNT][STORE_RESULT_COUNT];
    struct series *commits[2];
    struct series *commit_duration;
    struct series *queue;
};

/* What the log has said of it. */
struct store_trouble {
    const char *reason;   /* the last one */
    uint64_t quiet_until; /* it is not said again */
    bool down;            /* nothing has been written since */
};

/* The first member of a kind's own struct; filled by store_init. */
struct store {
    const struct store_ops *ops;
    size_t waiting; /* calls made and not yet handed back */
    size_t queue_max;
    bool by_turn;
    uint64_t timeout_ms;
    const struct clock *clock;
    struct log *log;
    struct store_metrics metrics;
    struct store_trouble trouble;
    struct store_listener listener;
};

void store_init(struct store *store, const struct store_ops *ops,
                const struct store_config *config);
/* Tells the caller, unless it has cancelled; counts. The callback may end anything: the call is
 * still there afterwards (free it), the store's state has to be looked at afresh. */
void store_call_answer(struct store_call *call, enum store_result result);

void store_metrics_init(struct store_metrics *metrics, struct metrics *registry);
void store_metrics_answer(const struct store_metrics *metrics, enum call_kind kind,
                          enum store_result result);
/* A transaction or a script that wrote. */
void store_metrics_commit(const struct store_metrics *metrics, bool committed,
                          uint64_t duration_ns);
void store_metrics_queue(const struct store_metrics *metrics, size_t waiting);

/* Says that, and why, the store fails; not the same all the time. `reason` is a text that stays. */
void store_trouble_say(struct store *store, const char *reason, bool down);
/* Something was written. */
void store_trouble_over(struct store *store);

/* As store_open. */
struct store *store_sqlite_open(uv_loop_t *uv, const struct store_config *config,
                                const struct error_text *error) MUST_CHECK;
struct store *store_redis_open(uv_loop_t *uv, const struct store_config *config,
                               const struct error_text *error) MUST_CHECK;
