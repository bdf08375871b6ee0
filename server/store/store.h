/*
 * The store: session records that outlive the process. One narrow interface for every kind of
 * store: insert, load, save (compare-and-swap on `revision`), what is due, forget, count, and the
 * intents of creates. What a change means is domain's business (domain/session.h makes the new
 * record from the old one); the store only promises that
 *  - a callback that says STORE_OK comes after the sync that covers the write,
 *  - a save succeeds only on the revision it was made from,
 *  - whatever fails is said as STORE_UNAVAILABLE and the next call is tried afresh,
 *  - no call waits longer than timeout_ms, whatever the disk does.
 *
 * Callbacks run on the loop, never from within the call that started them; each call ends in
 * exactly one callback unless it is cancelled. Times are wall clock milliseconds.
 *
 * There are two kinds: a SQLite file that one process has for itself, and a Redis (or Valkey) that
 * any number of processes share. What only the second can tell and arbitrate stands at the end.
 */
#pragma once

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/limit.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

enum {
    RECORD_HASH_BYTES = 32,
    RECORD_TEXT_SIZE = 65, /* correlation and transaction ids */
    RECORD_WORD_SIZE = 32,
    RECORD_ENDPOINT_SIZE = 256,
    RECORD_RESULTS_MAX = 16384, /* bytes of results_json, and of details_json */
    RECORD_IMAGE_ID_SIZE = 129,
};

enum session_state {
    SESSION_CREATED,  /* upstream session exists, no verdict yet */
    SESSION_SETTLED,  /* the verdict stands */
    SESSION_REMOVED,  /* deleted by its owner or made for a client that left: shown to nobody */
    SESSION_ORPHANED, /* a create cut off: upstream may have a session whose id we never saw */
    SESSION_STATE_COUNT
};

enum session_kind { KIND_LIVENESS, KIND_LIVENESS_WITH_VERIFY };

/* Where the face that a verify session compares with came from. */
enum reference_source {
    REFERENCE_NONE,     /* no verify session */
    REFERENCE_DELEGATE, /* a backend that may create for others */
    REFERENCE_OWNER,    /* the owner's own create request */
    REFERENCE_CLIENT,   /* the device brings it; we never see it */
    REFERENCE_SOURCE_COUNT
};

enum deletion_state {
    DELETION_NONE, /* not wanted yet */
    DELETION_OWED, /* to be tried at deletion_at */
    DELETION_DONE  /* upstream answered 204 or 404, or its 48 h are over */
};

/* What a frontend said with its completion. */
struct session_completion {
    int64_t completed_at; /* 0: none yet */
    bool client_error;    /* it reported an error instead of a result */
    bool has_digest;
    uint8_t digest_hash[RECORD_HASH_BYTES]; /* keyed; of the first digest given */
};

/* The verdict as stored; the words are enums of domain/verdict.h. */
struct session_verdict {
    uint8_t decision;
    uint8_t retry;
    bool accepted;
    bool digest_checked;
    uint32_t reasons;   /* bit mask */
    int32_t attempt_id; /* 0: none */
    bool verified;      /* the attempt has a verifyResult: the three below */
    bool identical;
    int32_t confidence_ppm;  /* matchConfidence in millionths */
    bool image_hash_checked; /* verifyImageHash is that of the image we sent */
    bool client_checked;     /* the device was where it was expected */
};

/* An entry of the audit trail: a text that is ready to be shown (domain/audit_event.h makes it),
 * and what it is found by. */
struct audit_entry {
    struct audit_entry *next;
    char id[UUID_SIZE];      /* version 7, of the time it happened: the order of the trail */
    char session[UUID_SIZE]; /* empty: of none */
    uint8_t tenant[RECORD_HASH_BYTES]; /* whose operators may see it */
    char *text;                        /* a JSON object */
};

/* Of whole lists; NULL is an empty one. */
struct audit_entry *audit_entries_copy(const struct audit_entry *entries) MUST_CHECK;
struct audit_entry *audit_entries_free(struct audit_entry *entries); /* returns NULL */

/* Plain data but for the pointers, which are owned. Zero means "none" everywhere. */
struct session_record {
    char id[UUID_SIZE];
    int64_t revision; /* 1 at insert, one more at every save; the store counts */
    enum session_state state;
    enum session_kind kind;
    uint8_t owner[RECORD_HASH_BYTES];    /* keyed hash of who owns it: domain/principal.h */
    uint8_t delegate[RECORD_HASH_BYTES]; /* of who created it for the owner; zero: the owner did */
    uint8_t tenant[RECORD_HASH_BYTES];   /* keyed hash of the owner's tenant; zero: the local one */
    enum reference_source reference;
    uint8_t image_hash[RECORD_HASH_BYTES]; /* SHA-256 of the reference image: ours, or what upstream
                                              says of one that the device brought; zero: none */
    char upstream_id[UUID_SIZE];           /* empty for an orphan */
    char upstream_endpoint[RECORD_ENDPOINT_SIZE];
    char device_correlation_id[RECORD_TEXT_SIZE]; /* as sent upstream */
    char transaction_id[RECORD_TEXT_SIZE];
    char platform[RECORD_WORD_SIZE];
    uint8_t digest_policy; /* of this session, plus 1: domain/session.h; 0: none was noted */
    uint8_t
        client_network[RECORD_HASH_BYTES]; /* keyed hash of the one the device is expected in:
                                              domain/client_network.h; zero: it may be anywhere */
    int32_t attempts_allowed;
    int64_t created_at;
    int64_t token_expires_at;
    struct session_completion completion;
    /* once settled */
    int64_t settled_at;
    struct session_verdict verdict;
    bool has_upstream_digest;
    uint8_t upstream_digest_hash[RECORD_HASH_BYTES]; /* keyed, for a digest that comes late */
    char status_word[RECORD_WORD_SIZE];
    char model_version[RECORD_WORD_SIZE];
    char session_image_id[RECORD_IMAGE_ID_SIZE]; /* upstream's; empty: there is no image */
    char *results_json;                          /* what an owner may see of `results`, or NULL */
    char *details_json; /* what operators and delegates see of it; NULL: the same */
    char *flagged_json; /* [{"sessionId","attemptId"}], upstream's ids: sessions that abuse
                           monitoring named; NULL: none. Shown translated only */
    /* deletion upstream */
    enum deletion_state deletion;
    int32_t deletion_tries;
    int64_t deletion_at; /* next try while owed, time done once done */
    int64_t forget_at;   /* the record goes then, unless a deletion is owed */
    /* of a create with an Idempotency-Key, until its token expires: domain/idempotency.h */
    uint8_t idempotency_key[RECORD_HASH_BYTES]; /* keyed hash; no two records have the same */
    uint8_t idempotency_request[RECORD_HASH_BYTES];
    char *sealed_answer; /* ciphertext as text, or NULL */
    /* what others can check offline, or NULL: domain/receipt.h */
    char *receipt;
    int64_t receipt_expires_at;
    char *deletion_receipt;
    /* Go into the audit trail with the next insert or save, if that succeeds, and are no part of
     * the record that is stored: a load finds none. */
    struct audit_entry *notes;
};

/* Deep copy on the heap; free with session_record_free (NULL is fine; returns NULL). */
struct session_record *session_record_copy(const struct session_record *record) MUST_CHECK;
struct session_record *session_record_free(struct session_record *record);

enum store_result {
    STORE_OK,
    STORE_NOT_FOUND,
    STORE_CONFLICT,   /* save: the revision has moved on; insert: the id exists */
    STORE_KEY_TAKEN,  /* insert: another record has its idempotency key */
    STORE_MORE,       /* forget, release_keys: done for as many as allowed, more may be due */
    STORE_UNAVAILABLE /* nothing is promised about the write: it may even come to be later */
};

/* When a deletion fails, deletion_at is not further off than this: counting looks no further. */
enum { DELETION_RETRY_WITHIN_MS = 10 * 60 * 1000 };

struct store_counts {
    int64_t open;           /* SESSION_CREATED */
    int64_t overdue;        /* of those, token expired by the store's clock */
    int64_t owed;           /* deletions due or tried in vain, but none put off to a later time */
    int64_t oldest_owed_at; /* created_at of the oldest of them, 0 when none */
    int64_t orphaned;
};

/* A device got another correlation id. */
enum { DEVICE_RESETS_MAX = 16384 }; /* that are kept */
#define DEVICE_RESET_KEPT_MS (INT64_C(400) * 24 * 3600 * 1000)
struct device_reset {
    struct device_reset *next;
    uint8_t tenant[RECORD_HASH_BYTES]; /* whose device it is; zero: the local one's */
    char base[RECORD_TEXT_SIZE];       /* its id before the first reset */
    uint32_t epoch;                    /* how many there were, this one among them */
    char id[RECORD_TEXT_SIZE];         /* since */
    int64_t at;
};
struct device_reset *device_resets_free(struct device_reset *resets); /* a list; returns NULL */

struct store;
struct store_call;

struct store_config {
    const char *path; /* of the SQLite file; made with mode 0600 when new */
    /* Redis instead: a URL as in base/redis_url.h (a secret; copied and wiped), or NULL */
    const char *redis_url;
    const char *redis_ca_file; /* certificates to trust; NULL or empty: the system's */
    const char *redis_prefix;  /* of every key and channel */
    uint64_t lease_ms;       /* Redis: how long store_due and a save leave a deletion to one process
                              */
    uint64_t dead_after_ms;  /* Redis: a process that was not heard of for so long is given up; 0:
                                10 s */
    size_t queue_max;        /* calls the disk owes an answer; above it STORE_UNAVAILABLE */
    uint64_t timeout_ms;     /* of a call, then STORE_UNAVAILABLE; at least 1 */
    unsigned intents_max;    /* creates between intent and record; at least 1 */
    bool by_turn;            /* calls start at store_flush, all of a turn together: fewer syncs and
                                wake-ups under load; else each starts at once */
    struct metrics *metrics; /* livenessd_store_…; may be NULL */
    struct log *log;         /* says why the disk fails; may be NULL */
    const struct clock *clock;
};

/* SQLite: opens, migrates, turns what intents an earlier process left into SESSION_ORPHANED
 * records, starts the thread; a second process on the same path is refused. Redis: connects and
 * checks how it is set up; refuses what will not heal by itself (credentials, certificate, an
 * evicting maxmemory-policy), and starts unready when nobody answers; intents of processes that are
 * gone are adopted by those that live. Blocks, and turns the loop meanwhile; at start-up only. On
 * failure NULL and ret_error says what, where, what to do. */
struct store *store_open(uv_loop_t *uv, const struct store_config *config, char *ret_error,
                         size_t error_size);
/* Finishes what is queued (callbacks do not run any more), stops the thread, closes. The uv handles
 * need turns of the loop to go (loop_settle). A thread that a disk holds longer than timeout_ms is
 * left behind with its memory and its files, so the process has to end then. */
struct store *store_close(struct store *store);
/* Hands over what was asked since the last time: at the end of every turn of the loop. */
void store_flush(struct store *store);
/* False from a failed write or a call that was not answered in time until a write succeeds (the
 * store tries by itself about once a second). */
bool store_ready(const struct store *store);

/* `record` is NULL unless a load said STORE_OK; it then belongs to the callee. */
typedef void store_done(void *context, enum store_result result, struct session_record *record);
typedef void store_listed(void *context, enum store_result result,
                          struct session_record *const *records, size_t count);
typedef void store_counted(void *context, enum store_result result,
                           const struct store_counts *counts);

/* Records are copied. An insert takes its idempotency key from a record whose token had expired
 * when this one was created. */
struct store_call *store_insert(struct store *store, const struct session_record *record,
                                store_done *done, void *context);
/* `id` may be any text, in either case; what is no UUID is not found. */
struct store_call *store_load(struct store *store, const char *id, store_done *done, void *context);
struct store_call *store_save(struct store *store, const struct session_record *record,
                              store_done *done, void *context);
/* Records with a deletion owed and deletion_at <= now, oldest first, at most `limit`; the records
 * are the store's and go after the callback. A shared store leaves each of them to the caller for
 * lease_ms, in which nobody else is told of it: ask for no more than can be begun. The same goes
 * for an insert or save that makes a deletion due at once. */
struct store_call *store_due(struct store *store, int64_t now, size_t limit, store_listed *done,
                             void *context);
/* Where a walk through the open sessions has come to; all zero: the beginning. */
struct store_position {
    int64_t token_expires_at;
    char id[UUID_SIZE];
};
/* Open sessions (SESSION_CREATED) with a token that expired at `until` or before, in the order of
 * expiry (among equals in any, but always the same one), from behind `after`, at most `limit`.
 * Those without an expiry are left out. */
struct store_call *store_expired(struct store *store, int64_t until,
                                 const struct store_position *after, size_t limit,
                                 store_listed *done, void *context);
/* Drops up to `limit` records with forget_at <= now and no deletion owed. */
struct store_call *store_forget(struct store *store, int64_t now, size_t limit, store_done *done,
                                void *context);
/* The record that has this idempotency key and a token that expires after `now`. */
struct store_call *store_find_key(struct store *store, const uint8_t key[RECORD_HASH_BYTES],
                                  int64_t now, store_done *done, void *context);
/* Takes idempotency key, request and sealed answer from up to `limit` records whose tokens expired
 * at `now` or before. */
struct store_call *store_release_keys(struct store *store, int64_t now, size_t limit,
                                      store_done *done, void *context);
struct store_call *store_count(struct store *store, store_counted *done, void *context);
/* What can be shown of one kind (SESSION_CREATED and SESSION_SETTLED) and one tenant, ascending by
 * id from the first after `after` ("" : from the beginning; any text, compared as such), at most
 * `limit`. Sessions of the local tenant are found by passing over the others: slow where they are
 * rare among many. */
struct store_call *store_list(struct store *store, enum session_kind kind,
                              const uint8_t tenant[RECORD_HASH_BYTES], const char *after,
                              size_t limit, store_listed *done, void *context);
/* The records of these upstream ids, as far as there are any, in no order. Looks at every record:
 * for the rare questions of operators. */
enum { STORE_FIND_MAX = 16 };
struct store_call *store_find_upstream(struct store *store, const char *const *upstream_ids,
                                       size_t count, store_listed *done, void *context);
/* The audit trail, append-only. At most STORE_AUDIT_MAX entries at a time, and as notes of a record
 * STORE_NOTES_MAX; they are copied. One that is there already (by its id) is no
 * error, so an append that was not answered can be made again. */
enum { STORE_AUDIT_MAX = 16, STORE_NOTES_MAX = 4 };
struct store_call *store_audit_append(struct store *store, const struct audit_entry *entries,
                                      store_done *done, void *context);
/* `entries` have only their texts; the store's, they go after the callback. */
typedef void store_audited(void *context, enum store_result result,
                           const struct audit_entry *entries);
/* Of one tenant, of one session unless `session` is empty, ascending by id from the first after
 * `after` ("": from the beginning; any text, compared as such), at most `limit`. */
struct store_call *store_audit_list(struct store *store, const uint8_t tenant[RECORD_HASH_BYTES],
                                    const char *session, const char *after, size_t limit,
                                    store_audited *done, void *context);
/* Drops up to `limit` entries from before `until`; STORE_MORE: there are others. */
struct store_call *store_audit_forget(struct store *store, int64_t until, size_t limit,
                                      store_done *done, void *context);
/* The callback will not run; the operation itself goes on. */
void store_cancel(struct store_call *call);

/* Intents: a create that is about to be sent upstream is noted so that it survives a kill of the
 * process; no sync is waited for. store_intend returns a slot >= 0, or -1 when all are taken.
 * The slot is given back once the record is stored or the create surely did not happen. */
int store_intend(struct store *store, const char *id, int64_t created_at) MUST_CHECK;
void store_intent_done(struct store *store, int slot);

/* Resets of devices since then; no more than DEVICE_RESETS_MAX, of more the newest; in no order.
 * The list goes after the callback. */
typedef void store_resets_listed(void *context, enum store_result result,
                                 const struct device_reset *resets);
struct store_call *store_device_resets(struct store *store, int64_t since,
                                       store_resets_listed *done, void *context);
/* Keeps a reset (`next` is not looked at), and forgets those that are older than it by
 * DEVICE_RESET_KEPT_MS. STORE_NOT_FOUND: it is the first of its device, and none of the tenant's
 * sessions that are known has the id (looks at every record of a file). STORE_CONFLICT: the device
 * has a reset of this epoch already. `notes` go into the audit trail with it, or not at all;
 * copied, NULL: none. */
struct store_call *store_reset_device(struct store *store, const struct device_reset *reset,
                                      const struct audit_entry *notes, store_done *done,
                                      void *context);

/* ---- stores that processes share ---- */

/* False: everything below is not for this store, and must not be called but for store_listen. */
bool store_is_shared(const struct store *store);

/* What others did. Any member may be NULL. */
struct store_listener {
    /* The record was changed by another process. */
    void (*changed)(void *context, const char *id);
    /* Another process looked at the open session upstream: `status_word` is what it saw, empty when
     * it saw nothing. */
    void (*looked)(void *context, const char *id, const char *status_word);
    /* Another process has kept a reset of a device. */
    void (*resets)(void *context);
    /* Some of this may have been missed (a lost connection). */
    void (*missed)(void *context);
    /* So many processes use the store now, this one among them; at least 1. Told once soon after
     * store_listen, then when it changes. */
    void (*peers)(void *context, unsigned count);
    void *context;
};
/* Copied; NULL: none any more. */
void store_listen(struct store *store, const struct store_listener *listener);

/* Asks for the right to look at an open session upstream, so that one process does. STORE_OK: it is
 * the caller's for hold_ms, or until store_looked. STORE_CONFLICT: another process looks, or looked
 * a moment ago, which does not stop an `urgent` one; ask again after retry_ms, or when it is told
 * to have looked. STORE_NOT_FOUND: the session is not open (any more): load it. */
typedef void store_claimed(void *context, enum store_result result, uint64_t retry_ms);
struct store_call *store_claim_look(struct store *store, const char *id, bool urgent,
                                    uint64_t hold_ms, store_claimed *done, void *context);
/* The look is over: the others are told, and have to wait for rest_ms (0: not at all). Not waited
 * for: a claim whose end is lost runs out. */
void store_looked(struct store *store, const char *id, uint64_t rest_ms, const char *status_word);

/* What the limiter of domain/limiter.h does, by the store's own clock and for all processes.
 * STORE_CHARGE: all are charged, STORE_OK, or none, STORE_CONFLICT. STORE_DEBIT: they are charged
 * whether there is enough or not; a key never owes more than twice its burst. STORE_REFUND: given
 * back, never above the burst. A key whose burst is all there again is forgotten. */
enum store_charging { STORE_CHARGE, STORE_DEBIT, STORE_REFUND };
/* `standings`: of each charge, afterwards; NULL with STORE_UNAVAILABLE. */
typedef void store_charged(void *context, enum store_result result,
                           const struct limit_standing *standings, size_t count);
/* At least one charge and at most LIMIT_CHARGES_MAX, under rules that are on; they are copied. */
struct store_call *store_charge(struct store *store, enum store_charging how,
                                const struct limit_charge *charges, size_t count,
                                store_charged *done, void *context);
