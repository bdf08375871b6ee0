/*
 * Resets of devices in the SQLite file: their statements on a connection that is somebody else's.
 * As in sqlite_db.h an operation that returns false takes the whole transaction with it.
 */
#pragma once

#include "base/alloc.h"
#include "store/store.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

struct sqlite_resets;

/* NULL when SQLite refuses; the connection says why. */
struct sqlite_resets *sqlite_resets_open(sqlite3 *connection) MUST_CHECK;
struct sqlite_resets *sqlite_resets_close(struct sqlite_resets *resets);

/* As store_reset_device and store_device_resets. The list is the caller's. */
bool sqlite_resets_add(struct sqlite_resets *resets, const struct device_reset *reset,
                       enum store_result *ret_result) MUST_CHECK;
bool sqlite_resets_list(struct sqlite_resets *resets, int64_t since,
                        struct device_reset **ret_list) MUST_CHECK;
