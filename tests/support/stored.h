/*
 * The store of a server that runs no more: filling it, for tests that need more records than
 * requests can make in time, and asking it what requests cannot ask.
 */
#pragma once

#include "store/store.h"
#include "support/rig.h"

/* A session with an id of its own that was created just now and is open, like those of clients. */
struct session_record stored_session(void);
/* Stores `count` records; `fill` makes each (from stored_session()). Fails the test when one cannot
 * be stored. */
void stored_fill(const struct rig *rig, size_t count,
                 void (*fill)(struct session_record *record, size_t index, void *context),
                 void *context);
/* How many records it has of these upstream sessions. */
size_t stored_known(const struct rig *rig, const char *const *upstream_ids, size_t count);
