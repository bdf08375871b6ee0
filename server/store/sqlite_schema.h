/*
 * The tables of the SQLite store and how older files become today's. The version is SQLite's
 * user_version: the number of migrations a file has been through.
 */
#pragma once

#include "base/alloc.h"
#include "store/error_text.h"

#include <sqlite3.h>
#include <stdbool.h>

/* "lvnd" as SQLite's application_id: says whose file it is. */
#define SCHEMA_APPLICATION_ID     1819700836
#define SCHEMA_TEXT_OF_(value)    #value
#define SCHEMA_TEXT_OF(value)     SCHEMA_TEXT_OF_(value)
/* The same in a statement. */
#define SCHEMA_APPLICATION_ID_SQL SCHEMA_TEXT_OF(SCHEMA_APPLICATION_ID)

/* The version this program writes. */
int schema_version(void);
/* Brings the file up to `version`, each step in a transaction of its own. False, with the error
 * said, when the file is newer, belongs to another program, or cannot be read or written. */
bool schema_migrate(sqlite3 *db, const char *path, int version,
                    const struct error_text *error) MUST_CHECK;
/* Says why SQLite refused the file, and what to do. */
void schema_say_failure(sqlite3 *db, const char *path, const struct error_text *error);
