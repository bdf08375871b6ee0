/*
 * The store that the settings ask for.
 */
#pragma once

#include <stddef.h>
#include <uv.h>

#include "base/log.h"
#include "base/metrics.h"
#include "config/settings.h"
#include "store/store.h"

/* How long a look upstream, or a deletion, is one process's where several share the store: as long
 * as the call may take, so that another one goes on soon after a process has died in it. */
uint64_t hold_ms_of(const struct settings *settings);

/* As store_open. */
struct store *store_of_settings(uv_loop_t *uv, const struct settings *settings, struct log *log,
                                struct metrics *metrics, char *ret_error, size_t error_size);
