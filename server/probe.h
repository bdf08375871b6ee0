/*
 * Asks the daemon's own admin listener whether it is ready, for containers' health checks.
 */
#pragma once

#include <stdbool.h>

#include "base/address.h"
#include "base/buf.h"

/* Waits at most three seconds. False: `ret_reason` says why not. */
bool probe_ready(const struct address *admin, struct buf *ret_reason);
