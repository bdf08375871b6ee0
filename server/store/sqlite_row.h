/*
 * A session record as a row: bound to a statement's parameters, read from its result.
 */
#pragma once

#include "base/alloc.h"
#include "store/store.h"

#include <sqlite3.h>
#include <stdbool.h>

/* Binds every column of session_columns.h from parameter 1 on, then the id. The record has to live
 * until the statement is reset. The number of the next parameter, or 0 when SQLite refuses. */
int row_bind(sqlite3_stmt *statement, const struct session_record *record) MUST_CHECK;
/* Binds a UUID as it lies on disk; the text has to live until the statement is reset. */
bool row_bind_uuid(sqlite3_stmt *statement, int at, const char *id) MUST_CHECK;
/* The columns of session_columns.h from column 0 on, then id and revision. NULL when the row cannot
 * have been written by us. The caller's, who frees it. */
struct session_record *row_read(sqlite3_stmt *statement) MUST_CHECK;
