/*
 * Deletions owed: every session that is settled, removed or abandoned is deleted upstream, tried
 * until upstream says 204 or 404 or its own 48 hours are over. The debt is in the store, so it
 * survives the process; this only works it off, a bounded number at a time.
 */
#pragma once

#include "lifecycle/sessions.h"

enum { OUTBOX_PARALLEL_MAX = 64 };

/* Lives in the waiter's struct; zero it before first use. */
struct outbox_ticket {
    struct outbox_ticket *next, *prev;
    struct deletion *deletion;                  /* NULL when it does not wait */
    void (*done)(struct outbox_ticket *ticket); /* the first try is over, whatever came of it */
};

struct outbox *outbox_new(struct sessions *sessions);
struct outbox *outbox_free(struct outbox *outbox);

/* The record's deletion is owed since just now: tried at once if it is due and there is room, else
 * when it is due. True when `ticket` (may be NULL) waits for the outcome; false: the deletion must
 * wait for its turn. */
bool outbox_push(struct outbox *outbox, const struct session_record *record,
                 struct outbox_ticket *ticket);
void outbox_withdraw(struct outbox_ticket *ticket);
