/*
 * The limits there are, and what a request is charged under them: which limits, whose keys, how
 * much. Weighing is the limiter's business (domain/limiter.h), or a shared store's; where and when
 * is lifecycle/limits.h's.
 *
 * Keys are keyed hashes over limit and subject, the same in every process with the same key. The
 * subjects: the device (its correlation id, as the record has it), whoever owns the session, the
 * network address (IPv6 by /64). Nothing an anonymous client sends chooses a key.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/buf.h"
#include "base/crypto.h"
#include "base/limit.h"
#include "domain/principal.h"
#include "store/store.h"

enum limit_name {
    LIMIT_CREATE_DEVICE,
    LIMIT_CREATE_PRINCIPAL,
    LIMIT_CREATE_ADDRESS,
    LIMIT_CREATE_TOTAL, /* upstream's quota: told to nobody but in a refusal */
    LIMIT_READ,
    LIMIT_FAILED_AUTH,
    LIMIT_NAME_COUNT
};

/* "create_device", for logs and metrics. */
const char *limit_word(enum limit_name name);

/* `count` in `window_s`, `burst` at once; count 0: off. */
struct limit_policy {
    uint64_t count;
    uint64_t window_s;
    uint64_t burst;
};

enum { LIMIT_TOLD_SIZE = 80 };

struct limit_book {
    struct limit_policy policies[LIMIT_NAME_COUNT];
    uint64_t spoof_cost;
    bool passthrough; /* correlation ids are the clients' own */
    /* limit_book_close */
    uint64_t key[2];
    char told[LIMIT_NAME_COUNT][LIMIT_TOLD_SIZE]; /* as RateLimit-Policy says it */
};

/* When all else stands in the book: its key, from one of the server's, and what is said of it. */
void limit_book_close(struct limit_book *book, const uint8_t key[SHA256_BYTES]);

/* What is charged together. */
struct limit_bill {
    size_t count; /* 0: nothing is limited */
    enum limit_name names[LIMIT_CHARGES_MAX];
    struct limit_charge charges[LIMIT_CHARGES_MAX];
    struct limit_standing standings[LIMIT_CHARGES_MAX]; /* once it was decided */
};

/* A create: the draft of the record says whose it will be. */
struct limit_create {
    const struct session_record *draft;
    enum principal_kind owner;     /* an app stands for many: no limit of a principal's */
    const struct address *address; /* NULL: a backend creates for others, its address is nobody's */
    bool new_device;               /* made for this request, which costs its address one more */
};
void limit_bill_create(const struct limit_book *book, const struct limit_create *create,
                       struct limit_bill *ret);
/* A device token for somebody without one. */
void limit_bill_device(const struct limit_book *book, const struct address *address,
                       struct limit_bill *ret);
/* Whatever else is asked of sessions. For an app, that stands for many, each session by itself;
 * `session_id` may be NULL. */
void limit_bill_read(const struct limit_book *book, const struct principal *principal,
                     const char *session_id, struct limit_bill *ret);
/* A credential that proved wrong. */
void limit_bill_failure(const struct limit_book *book, const struct address *address,
                        struct limit_bill *ret);

/* What a session's outcome changes for its device and its owner. */
enum limit_outcome { LIMIT_OUTCOME_NONE, LIMIT_OUTCOME_REFUND, LIMIT_OUTCOME_DEBIT };
enum limit_outcome limit_bill_outcome(const struct limit_book *book,
                                      const struct session_record *record, struct limit_bill *ret);

/* ---- what is said of it ---- */

/* Which of them refused, of several the one that takes longest. */
struct limit_refusal {
    enum limit_name name;
    unsigned retry_after_s; /* at least 1 */
};
bool limit_bill_refusal(const struct limit_bill *bill, struct limit_refusal *ret);
/* A sentence that a frontend may show. */
void limit_write_sentence(const struct limit_refusal *refusal, struct buf *ret);
/* The values of RateLimit-Policy and RateLimit (IETF draft ratelimit-headers), so long after it was
 * decided; without the total's, and nothing when no other is left. */
void limit_write_policies(const struct limit_book *book, const struct limit_bill *bill,
                          struct buf *ret);
void limit_write_standings(const struct limit_bill *bill, uint64_t elapsed_us, struct buf *ret);
/* The charges were given back: the standings are what they would have been without. */
void limit_bill_forgive(struct limit_bill *bill);
