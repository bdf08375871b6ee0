/*
 * Resets of devices between the store and the memory of this process (domain/epochs.h): read at
 * the start, whenever another process says that it kept one, and now and then in case nobody could
 * say so; kept when an operator asks. Requests never wait for any of this.
 */
#pragma once

#include "base/problem.h"
#include "domain/epochs.h"
#include "lifecycle/sessions.h"

/* Without sessions->config.epochs nothing is ever read. */
struct resets *resets_new(struct sessions *sessions);
struct resets *resets_free(struct resets *resets);

/* Reads them all again. */
void resets_read(struct resets *resets);

/* Lives in the asker's struct; zero it before first use. */
struct reset_ticket {
    void (*done)(struct reset_ticket *ticket); /* runs later, once */
    enum problem problem;
    struct keeping *keeping; /* NULL when it does not wait */
};

/* `note`, of the audit trail, is kept together with it; copied. On disk and in effect here when
 * `done` runs without a problem. PROBLEM_DEVICE_NOT_FOUND; PROBLEM_CONCURRENT_OPERATION: another
 * process was faster; PROBLEM_STORE_UNAVAILABLE. */
void resets_keep(struct resets *resets, const struct device_reset *reset,
                 const struct audit_entry *note, struct reset_ticket *ticket);
/* `done` will not run; the reset goes on. */
void resets_leave(struct reset_ticket *ticket);
