/*
 * The end of sessions that nobody completed or asked for: when the token has expired they are
 * looked at upstream, once, which settles them and owes the deletion. A look that fails is made
 * again, ever later, until upstream's own 48 hours are over; then the session is settled as gone
 * without one. What is to be looked at is read from the store, so a restart forgets nothing; asker
 * and change do the rest. Invariant: a bounded number is under way, and memory does not grow with
 * what waits.
 */
#pragma once

#include "lifecycle/sessions.h"

enum {
    REAPER_PARALLEL_MAX = 16,
    REAPER_GRACE_MS = 5000 /* after the expiry: for an attempt begun just before it */
};

struct reaper *reaper_new(struct sessions *sessions);
struct reaper *reaper_free(struct reaper *reaper);
