/*
 * Deciding under the limits of domain/limits.h: at once in this process's own table, or later in
 * the store where processes share one. A store that fails decides nothing: then the own table does,
 * or nobody is let through, as the settings say. Knows neither HTTP nor who asks.
 *
 * Wrong credentials are looked for in the own table only, so that a right one waits for nothing;
 * each failure is counted in the shared store, too, and what the others counted comes back with it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/clock.h"
#include "base/metrics.h"
#include "domain/limits.h"
#include "store/store.h"

struct limits_config {
    uv_loop_t *uv;
    struct store *store;
    const struct clock *clock;
    struct metrics *metrics;
    struct limit_book book;
    size_t keys_max;           /* of the own table */
    bool refuse_without_store; /* else the own table decides while a shared store fails */
};

struct limits;

struct limits *limits_new(const struct limits_config *config);
/* Drops what is under way without callbacks; the timer needs turns of the loop to go. */
struct limits *limits_free(struct limits *limits);
const struct limit_book *limits_book(const struct limits *limits);

enum limits_verdict { LIMITS_ADMITTED, LIMITS_REFUSED, LIMITS_UNAVAILABLE };

/* Lives in the asker's struct; zero it before first use. */
struct limits_ticket {
    struct limit_bill bill;                     /* what to charge; with standings when decided */
    void (*done)(struct limits_ticket *ticket); /* runs later, once, unless it was decided at once
                                                 */
    enum limits_verdict verdict;
    uint64_t decided_ms;     /* monotonic */
    struct limits *limits;   /* these and what follows are the limits' own */
    struct store_call *call; /* NULL when it does not wait */
    bool here;               /* decided in the own table */
};

/* True: decided already, `done` will not run. An empty bill is admitted. */
bool limits_charge(struct limits *limits, struct limits_ticket *ticket) MUST_CHECK;
/* `done` will not run; whether it is charged is not known. */
void limits_leave(struct limits_ticket *ticket);
/* What an admitted ticket was charged is given back. */
void limits_give_back(struct limits_ticket *ticket);

/* Whether a credential from there is looked at, at all. False: who shows one gets the refusal of
 * the ticket's bill. */
bool limits_may_try(struct limits *limits, const struct address *address,
                    struct limits_ticket *ret_refused) MUST_CHECK;
void limits_note_failure(struct limits *limits, const struct address *address);

/* A session has settled, and that is stored: its outcome is charged or rewarded. */
void limits_note_outcome(struct limits *limits, const struct session_record *record);
