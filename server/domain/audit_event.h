/*
 * What the audit trail says: who did what to which session, and how it ended, as a JSON object. A
 * pure function of what happened; the trail itself is lifecycle/audit.h's. Nobody is named:
 * callers, devices and networks are keyed hashes, the same for the same one in all entries of an
 * installation, and no other value that a client chose but an operator's reason gets in.
 *
 *   id, at      of the entry; at is RFC 3339
 *   action      below
 *   caller      device, app_token, jwt (whoever owns the session, or would), operator, delegate,
 *               server (nobody asked), unknown (no valid credential)
 *   subject     of the caller, absent for the server; of an unknown one it is the network's
 *   owner       of a session made for somebody else
 *   session, kind, device
 *   outcome     what came of it: a decision; how a deletion ended
 *   accepted    of a session that was settled
 *   code        why it was refused, as answered
 *   limit       which one was hit
 *   reason      of a reset
 *   receipt     of a deletion upstream
 *   count       how many such events the entry stands for, when it is more than itself
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/buf.h"
#include "base/problem.h"
#include "base/random.h"
#include "domain/principal.h"
#include "store/store.h"

enum { AUDIT_TEXT_MAX = 8192, AUDIT_PSEUDONYM_SIZE = 17 };

#define AUDIT_ACTIONS(X)                                                                           \
    X(CREATED, "created")                                                                          \
    X(COMPLETED, "completed")                                                                      \
    X(SETTLED, "settled")                                                                          \
    X(READ, "read")                                                                                \
    X(DELETED, "deleted")            /* here, and owed upstream */                                 \
    X(ABANDONED, "abandoned")        /* made for a client that had left: owed upstream */          \
    X(ORPHANED, "orphaned")          /* a create cut off: upstream may have a session */           \
    X(DELETION, "deletion_recorded") /* gone upstream */                                           \
    X(ATTEMPTS_READ, "attempts_read")                                                              \
    X(IMAGE_READ, "image_read")                                                                    \
    X(FACES_DETECTED, "faces_detected")                                                            \
    X(LISTED, "listed")                                                                            \
    X(TRAIL_READ, "trail_read")                                                                    \
    X(RESET, "reset")                                                                              \
    X(REFUSED, "refused")                                                                          \
    X(LIMITED, "limited")

#define AUDIT_ACTION(symbol, word) AUDIT_##symbol,
enum audit_action { AUDIT_ACTIONS(AUDIT_ACTION) AUDIT_ACTION_COUNT };
#undef AUDIT_ACTION

const char *audit_action_word(enum audit_action action);

/* What is zero or NULL is not known, or is not said. */
struct audit_event {
    enum audit_action action;
    const struct principal *principal;   /* NULL: the server, or `client` */
    const struct address *client;        /* whose credential was none */
    const struct session_record *record; /* which session; the entry is of its tenant */
    enum problem problem;                /* why not */
    const char *outcome;
    const char *limit;
    const char *device;  /* correlation id; NULL: the record's, if the action is about it */
    struct slice reason; /* cut when it is long */
    const char *receipt;
    uint32_t count; /* above 1 it is said */
};

/* Short keyed hash; `what` keeps different kinds of names apart. */
void audit_pseudonym(const uint8_t key[SHA256_BYTES], const char *what, struct slice name,
                     char ret[AUDIT_PSEUDONYM_SIZE]);
/* Of whoever the event is about: a caller or a network. Empty for the server. */
void audit_subject(const uint8_t key[SHA256_BYTES], const struct audit_event *event,
                   char ret[AUDIT_PSEUDONYM_SIZE]);
/* On the heap, with an id of the caller's. NULL when it would be too long. */
struct audit_entry *audit_entry_make(const uint8_t key[SHA256_BYTES], const char id[UUID_SIZE],
                                     int64_t at, const struct audit_event *event);
