/*
 * Filling the store of a server that runs no more, for tests that need more records than requests
 * can make in time.
 */
#pragma once

#include "store/store.h"
#include "support/daemon.h"

/* A session with an id of its own that was created just now and is open, like those of clients. */
struct session_record stored_session(void);
/* Stores `count` records; `fill` makes each (from stored_session()). Fails the test when one cannot
 * be stored. */
void stored_fill(const struct daemon *daemon, size_t count,
                 void (*fill)(struct session_record *record, size_t index, void *context),
                 void *context);
