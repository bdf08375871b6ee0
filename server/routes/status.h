/*
 * How the server is, gathered once for those who ask at the admin listener: /readyz, and /status as
 * JSON or as a page. Nothing in it is a secret or an id of a client.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "routes/services.h"

struct status {
    const char *reason; /* why it is not ready; NULL: it is */
    const char *version;
    int64_t now; /* wall clock, ms, as the next */
    int64_t started_at;
    struct store_counts sessions;
    struct {
        uint64_t created, completed, settled, accepted; /* sessions, since it started */
        uint64_t limited;                               /* requests */
    } checks;
    bool shared_store;
    bool store_ready;
    unsigned peers;
    struct {
        const char *version;     /* of its API */
        int64_t last_success_at; /* wall clock, ms; 0: never, as the next */
        int64_t last_failure_at;
        bool denied; /* as far as is known */
        unsigned queue;
        unsigned in_flight;
    } upstream;
    unsigned connections;
    unsigned waiters;
    const char *receipt_key; /* id of the one that signs */
};

/* NULL, or why no traffic should come here. Never asks upstream. */
const char *status_reason(const struct services *services);
/* Valid during this turn of the loop. */
void status_gather(const struct services *services, struct status *ret);
void status_write_json(const struct status *status, struct buf *ret);
/* The page, with what is essential as text; its script shows more. `skeleton` is the page's file,
 * which has a mark where that text goes. */
void status_write_page(const struct status *status, struct slice skeleton, struct buf *ret);
