/*
 * The life of a session record as pure functions: each takes the record as it is and makes it what
 * it becomes; whoever calls saves it (compare-and-swap) before anybody is told. What can become of
 * what: the table of session_life.h.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/platform.h"
#include "base/problem.h"
#include "base/random.h"
#include "domain/receipt.h"
#include "domain/verdict.h"
#include "store/store.h"

enum { UPSTREAM_LIFETIME_MS = 48 * 3600 * 1000 }; /* a Face session goes by itself then */

struct session_rules {
    enum digest_policy digest;                  /* of platforms that have none of their own below */
    uint8_t digest_by_platform[PLATFORM_COUNT]; /* enum digest_policy plus 1; 0: none */
    int64_t retention_verdict_ms;
    int64_t retention_image_ms;    /* how long after settling the image can be asked for upstream */
    const uint8_t *seal_key;       /* SHA256_BYTES; keys the digest hashes and image_id_make */
    const uint8_t *other_seal_key; /* hashes and seals may be under this one, too; NULL: none */
    const struct receipt_maker *receipts; /* NULL: none are made */
};

/* What a completion says, decoded. */
struct completion_request {
    bool client_error;
    struct slice digest;         /* data NULL: none */
    struct slice transaction_id; /* data NULL: none */
    struct slice platform;       /* data NULL: none or not one of ios android web */
    struct slice error_code;     /* for the log; data NULL: none */
    struct slice sdk;            /* for the log; data NULL: none */
};

enum session_change { SESSION_UNCHANGED, SESSION_CHANGED, SESSION_CONFLICT };

/* Notes in the draft of a record, whose platform is known, which digest policy applies to it from
 * now on, whatever becomes of the rules. */
void session_fix_policy(struct session_record *draft, const struct session_rules *rules);

/* Records the frontend's word. The first digest stays: another one is SESSION_CONFLICT and changes
 * nothing. On a settled session only the time and the first digest are recorded, and that digest is
 * compared with the upstream's: a wrong one turns the verdict compromised and drops its receipt,
 * the only change a settled verdict knows (not under DIGEST_OFF). A repeat is SESSION_UNCHANGED,
 * and so is everything on a removed or an orphaned record. */
enum session_change session_complete(struct session_record *record,
                                     const struct completion_request *request,
                                     const struct session_rules *rules, int64_t now);

/* Judges what upstream said (face NULL: 404) and, when that settles a SESSION_CREATED record, makes
 * it SESSION_SETTLED with its results and its receipt, and the deletion owed: at once, or when it
 * has a session image after retention_image_ms (never after upstream's own 48 h); done, with a
 * receipt of it, when there is nothing to delete. */
enum session_change session_settle(struct session_record *record, const struct face_session *face,
                                   const struct session_rules *rules, int64_t now);

/* What verdict a pending session shows now (decision pending, retry same_session). */
struct session_verdict session_pending_verdict(void);

/* The owner's delete, or a session made for a client that left: shown to nobody from now on, its
 * results, its receipt and what led to its image gone, its Idempotency-Key free; the deletion is
 * owed at once unless it is done already. Nothing to do for a removed or an orphaned record. */
enum session_change session_remove(struct session_record *record, const struct session_rules *rules,
                                   int64_t now);

/* The create was cut off: what it made upstream, if it did, has no name we know. */
enum session_change session_lose(struct session_record *record);

/* The outcome of a try to delete upstream. Done: the session image is gone, too, and there is a
 * receipt of it. A failed one is tried again after 1 s, 2 s, 4 s … 5 min with up to a quarter of
 * jitter, until the upstream's own 48 h are over. Neither changes a record that owes no deletion.
 */
enum session_change session_deletion_done(struct session_record *record,
                                          enum deletion_outcome outcome,
                                          const struct session_rules *rules, int64_t now);
enum session_change session_deletion_failed(struct session_record *record,
                                            const struct session_rules *rules,
                                            const struct random *random, int64_t now);
