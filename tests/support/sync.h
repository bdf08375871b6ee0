/*
 * Holding and failing the syncs of a daemon that was started with sync_environment().
 */
#pragma once

#include "support/support.h"
#include "support/sync_shim.h"

struct sync_control;

struct sync_control *sync_control_new(void);
/* For daemon_start: preloads the shim. Until the test ends. */
const char *const *sync_environment(const struct sync_control *sync);
void sync_set(struct sync_control *sync, enum sync_mode mode);
/* How many syncs are held just now. */
unsigned sync_waiting(const struct sync_control *sync);
unsigned sync_calls(const struct sync_control *sync);
