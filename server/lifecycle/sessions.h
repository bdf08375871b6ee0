/*
 * What outlives a request: the shared parts that creations, looks upstream, changes and deletions
 * work with. Built by app, process lifetime; every other header of this folder takes a
 * `struct sessions`. Nothing here knows HTTP.
 */
#pragma once

#include <stdint.h>
#include <uv.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "domain/session.h"
#include "lifecycle/limits.h"
#include "store/store.h"
#include "upstream/face.h"

struct asker;
struct audit;
struct waits;
struct news;
struct resets;
struct epochs;
struct outbox;
struct reaper;
struct record_cache;
struct creation;
struct revocation;
struct change;

struct sessions_config {
    uv_loop_t *uv;
    struct store *store;
    struct face_client *face;
    const struct clock *clock;
    const struct random *random;
    struct log *log;
    struct metrics *metrics;
    struct session_rules rules;
    struct limits *limits;      /* are told of outcomes; NULL: nobody is limited */
    struct epochs *epochs;      /* kept up to date; NULL: devices are never reset */
    uint64_t poll_interval_ms;  /* between two looks at one session */
    uint64_t look_hold_ms;      /* of a claim, where processes share the store */
    uint64_t repeat_wait_ms;    /* of a create for the first one with its idempotency key */
    int64_t retention_audit_ms; /* of the audit trail; 0: for ever */
    size_t cache_bytes;         /* for settled records; 0 where processes share the store */
};

/* Fields are read by the other files of this folder only. */
struct sessions {
    struct sessions_config config;
    struct record_cache *cache;
    struct asker *asker;
    struct audit *audit;
    struct waits *waits;
    struct news *news;
    struct resets *resets;
    struct outbox *outbox;
    struct reaper *reaper;
    struct creation *creations; /* under way */
    struct creation *creations_by_key;
    struct revocation *revocations; /* of sessions nobody can use, not yet stored */
    struct change *changes;         /* under way */
    struct store_counts counts;     /* as last counted */
    struct store_call *counting;
    struct store_call *forgetting;
    struct store_call *releasing;
    uv_timer_t *housekeeping;
    struct series *created;
    struct series *completed;
    struct series *accepted;
    struct series *abandoned;
    struct series *orphaned;
    struct series *verdicts[DECISION_COUNT];
    struct series *denied[REASON_COUNT];
};

struct sessions *sessions_new(const struct sessions_config *config);
/* Drops what is under way without callbacks; uv handles need turns of the loop to go. */
struct sessions *sessions_free(struct sessions *sessions);

/* Work that must not be cut off is under way: creates, and changes not yet stored. */
bool sessions_busy(const struct sessions *sessions);
/* Of the store, so of all processes that share it. */
struct store_counts sessions_counts(const struct sessions *sessions);
/* How many processes use the store, this one among them; 0: it is not known yet. */
unsigned sessions_peers(const struct sessions *sessions);

/* A settled record from memory, or NULL: the caller then loads it. Valid until the next call into
 * this folder. */
const struct session_record *sessions_cached(struct sessions *sessions, const char *id);
/* Counts a session that has just been settled, and what it costs its owner under the limits, and
 * says so in the log; `request_id` may be NULL. */
void sessions_note_settled(struct sessions *sessions, const struct session_record *record,
                           const char *request_id);
/* Counts the first completion of a session. */
void sessions_note_completed(struct sessions *sessions);
/* Keeps a record that was loaded, if it is settled. */
void sessions_remember(struct sessions *sessions, const struct session_record *record);
