/*
 * The audit trail in the SQLite file: its statements on a connection that is somebody else's. As in
 * sqlite_db.h an operation that returns false takes the whole transaction with it.
 */
#pragma once

#include "base/alloc.h"
#include "store/store.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sqlite_audit;

/* NULL when SQLite refuses; the connection says why. */
struct sqlite_audit *sqlite_audit_open(sqlite3 *connection) MUST_CHECK;
struct sqlite_audit *sqlite_audit_close(struct sqlite_audit *audit);

bool sqlite_audit_append(struct sqlite_audit *audit, const struct audit_entry *entries) MUST_CHECK;
/* As store_audit_list. The list is the caller's. */
bool sqlite_audit_list(struct sqlite_audit *audit, const uint8_t tenant[RECORD_HASH_BYTES],
                       const char *session, const char *after, size_t limit,
                       struct audit_entry **ret_entries) MUST_CHECK;
bool sqlite_audit_forget(struct sqlite_audit *audit, int64_t until, size_t limit,
                         enum store_result *ret_result) MUST_CHECK;
