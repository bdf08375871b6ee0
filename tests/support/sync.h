/*
 * Steering the disk and the clock of a daemon that was started with sync_environment(): holding and
 * failing its syncs, failing its writes, letting time pass.
 */
#pragma once

#include "support/support.h"
#include "support/sync_shim.h"

struct sync_control;

struct sync_control *sync_control_new(void);
/* For daemon_start: preloads the shim. Until the test ends. */
const char *const *sync_environment(const struct sync_control *sync);
void sync_set(struct sync_control *sync, enum sync_mode mode);
/* Writes of the store fail with this errno (ENOSPC, EROFS, …); 0: no more. */
void sync_fail_writes(struct sync_control *sync, int error);
/* The daemon's wall clock is ahead by so much more, also that of one started later. */
void sync_advance_clock(struct sync_control *sync, int64_t ms);
/* How many syncs are held just now. */
unsigned sync_waiting(const struct sync_control *sync);
unsigned sync_calls(const struct sync_control *sync);
