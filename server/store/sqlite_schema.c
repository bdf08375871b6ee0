/*
 * Migrations of the SQLite file. Scripts that were released once are never changed; a change of the
 * tables is a new script at the end. Which columns hold which member: session_columns.h.
 */
#include "store/sqlite_schema.h"

#include "store/store.h"

#include <assert.h>
#include <stdio.h>

/* The scripts spell these as numbers. */
_Static_assert(SESSION_CREATED == 0 && SESSION_ORPHANED == 3 && DELETION_OWED == 1 &&
                   KIND_LIVENESS_WITH_VERIFY == 1,
               "see indexes");

static const char *const migrations[] = {
    /* With row ids new rows fill the last page of their b-tree, where WITHOUT ROWID would share
     * rows out anew among its last pages: more bytes to sync for a create. Ids are UUIDs of version
     * 7, so in their index new ones go to the end too. The other indexes are partial: each holds
     * only the rows somebody still waits for. Those that are counted hold their condition's column
     * as well, or counting would look up every row. */
    "CREATE TABLE session ("
    " id BLOB NOT NULL PRIMARY KEY,"
    " revision INTEGER NOT NULL,"
    " state INTEGER NOT NULL,"
    " kind INTEGER NOT NULL,"
    " owner BLOB NOT NULL,"
    " upstream_id BLOB NOT NULL,"
    " upstream_endpoint TEXT NOT NULL,"
    " device_correlation_id TEXT NOT NULL,"
    " transaction_id TEXT NOT NULL,"
    " platform TEXT NOT NULL,"
    " attempts_allowed INTEGER NOT NULL,"
    " created_at INTEGER NOT NULL,"
    " token_expires_at INTEGER NOT NULL,"
    " completed_at INTEGER NOT NULL,"
    " completion_client_error INTEGER NOT NULL,"
    " completion_has_digest INTEGER NOT NULL,"
    " completion_digest_hash BLOB NOT NULL,"
    " settled_at INTEGER NOT NULL,"
    " verdict_decision INTEGER NOT NULL,"
    " verdict_retry INTEGER NOT NULL,"
    " verdict_accepted INTEGER NOT NULL,"
    " verdict_digest_checked INTEGER NOT NULL,"
    " verdict_reasons INTEGER NOT NULL,"
    " verdict_attempt_id INTEGER NOT NULL,"
    " has_upstream_digest INTEGER NOT NULL,"
    " upstream_digest_hash BLOB NOT NULL,"
    " status_word TEXT NOT NULL,"
    " model_version TEXT NOT NULL,"
    " results_json TEXT,"
    " deletion INTEGER NOT NULL,"
    " deletion_at INTEGER NOT NULL,"
    " deletion_tries INTEGER NOT NULL,"
    " forget_at INTEGER NOT NULL"
    ");"
    "CREATE INDEX session_owed ON session (deletion, deletion_at, created_at) WHERE deletion = 1;"
    "CREATE INDEX session_forget ON session (forget_at) WHERE forget_at > 0 AND deletion <> 1;"
    "CREATE INDEX session_open ON session (state, token_expires_at) WHERE state = 0;"
    "CREATE INDEX session_orphaned ON session (state, created_at) WHERE state = 3;"
    "PRAGMA application_id = " SCHEMA_APPLICATION_ID_SQL ";",
    /* Verify sessions, delegates, session images. Added at the end, so that no row is written anew.
     * The index is for listing verify sessions among many plain ones; creates of plain ones do not
     * touch it. */
    "ALTER TABLE session ADD COLUMN delegate BLOB NOT NULL DEFAULT x'';"
    "ALTER TABLE session ADD COLUMN reference INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE session ADD COLUMN image_hash BLOB NOT NULL DEFAULT x'';"
    "ALTER TABLE session ADD COLUMN verdict_verified INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE session ADD COLUMN verdict_identical INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE session ADD COLUMN verdict_confidence_ppm INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE session ADD COLUMN verdict_image_hash_checked INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE session ADD COLUMN details_json TEXT;"
    "ALTER TABLE session ADD COLUMN flagged_json TEXT;"
    "ALTER TABLE session ADD COLUMN session_image_id TEXT NOT NULL DEFAULT '';"
    "CREATE INDEX session_verify ON session (id) WHERE kind = 1;",
    /* Idempotency keys. Creates without one touch neither index. */
    "ALTER TABLE session ADD COLUMN idempotency_key BLOB NOT NULL DEFAULT x'';"
    "ALTER TABLE session ADD COLUMN idempotency_request BLOB NOT NULL DEFAULT x'';"
    "ALTER TABLE session ADD COLUMN sealed_answer TEXT;"
    "CREATE UNIQUE INDEX session_key ON session (idempotency_key) WHERE idempotency_key <> x'';"
    "CREATE INDEX session_key_end ON session (token_expires_at) WHERE idempotency_key <> x'';",
    /* Tenants. Creates of the local one do not touch the index. */
    "ALTER TABLE session ADD COLUMN tenant BLOB NOT NULL DEFAULT x'';"
    "CREATE INDEX session_tenant ON session (tenant, kind, id)"
    " WHERE tenant <> x'';",
    /* Receipts. */
    "ALTER TABLE session ADD COLUMN receipt TEXT;"
    "ALTER TABLE session ADD COLUMN receipt_expires_at INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE session ADD COLUMN deletion_receipt TEXT;",
    /* What was decided about a session when it was created. */
    "ALTER TABLE session ADD COLUMN digest_policy INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE session ADD COLUMN client_network BLOB NOT NULL DEFAULT x'';"
    "ALTER TABLE session ADD COLUMN verdict_client_checked INTEGER NOT NULL DEFAULT 0;",
    /* The audit trail, in the order of its ids, which is that of time: what is appended fills the
     * last page. Those of other tenants than the local one are in an index of their own. */
    "CREATE TABLE audit ("
    " id BLOB NOT NULL PRIMARY KEY,"
    " session BLOB NOT NULL,"
    " tenant BLOB NOT NULL,"
    " entry TEXT NOT NULL"
    ") WITHOUT ROWID;"
    "CREATE INDEX audit_session ON audit (session, id) WHERE session <> x'';"
    "CREATE INDEX audit_tenant ON audit (tenant, id) WHERE tenant <> x'';",
    /* Resets of devices. */
    "CREATE TABLE device_reset ("
    " tenant BLOB NOT NULL,"
    " base TEXT NOT NULL,"
    " epoch INTEGER NOT NULL,"
    " id TEXT NOT NULL,"
    " at INTEGER NOT NULL,"
    " PRIMARY KEY (tenant, base, epoch)"
    ") WITHOUT ROWID;",
};

int schema_version(void)
{
    return (int)(sizeof migrations / sizeof *migrations);
}

void schema_say_failure(sqlite3 *db, const char *path, const struct error_text *error)
{
    switch (sqlite3_errcode(db)) {
    case SQLITE_NOTADB:
        error_say(error, "%s is not a SQLite database; move it away or choose another store.path",
                  path);
        break;
    case SQLITE_CORRUPT:
        error_say(error, "%s is damaged (%s); restore a backup, or move it away to start empty",
                  path, sqlite3_errmsg(db));
        break;
    default:
        error_say(error, "cannot use %s as the store: %s", path, sqlite3_errmsg(db));
        break;
    }
}

/* The first column of the first row; false when SQLite refuses. */
static bool read_number(sqlite3 *db, const char *sql, int64_t *ret)
{
    sqlite3_stmt *statement = NULL;
    bool found = sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
                 sqlite3_step(statement) == SQLITE_ROW;
    if (found) {
        *ret = sqlite3_column_int64(statement, 0);
    }
    (void)sqlite3_finalize(statement);
    return found;
}

/* An empty file may be anybody's; one with tables has to say that it is ours. */
static bool is_ours(sqlite3 *db, const char *path, int64_t version, const struct error_text *error)
{
    int64_t application = 0;
    int64_t tables = 0;
    if (!read_number(db, "PRAGMA application_id", &application) ||
        !read_number(db, "SELECT count(*) FROM sqlite_schema", &tables)) {
        schema_say_failure(db, path, error);
        return false;
    }
    bool empty = application == 0 && version == 0 && tables == 0;
    if (!empty && application != SCHEMA_APPLICATION_ID) {
        error_say(error, "%s is the SQLite database of another program; choose another store.path",
                  path);
        return false;
    }
    return true;
}

static bool migrate_one(sqlite3 *db, int from)
{
    char set_version[64];
    (void)snprintf(set_version, sizeof set_version, "PRAGMA user_version = %d; COMMIT", from + 1);
    return sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK &&
           sqlite3_exec(db, migrations[from], NULL, NULL, NULL) == SQLITE_OK &&
           sqlite3_exec(db, set_version, NULL, NULL, NULL) == SQLITE_OK;
}

bool schema_migrate(sqlite3 *db, const char *path, int version, const struct error_text *error)
{
    assert(version <= schema_version());
    int64_t found = 0;
    if (!read_number(db, "PRAGMA user_version", &found)) {
        schema_say_failure(db, path, error);
        return false;
    }
    if (!is_ours(db, path, found, error)) {
        return false;
    }
    if (found > schema_version() || found < 0) {
        error_say(error,
                  "%s was written by a newer livenessd (schema %lld, this one knows %d); "
                  "start that version, or choose another store.path",
                  path, (long long)found, schema_version());
        return false;
    }
    for (int from = (int)found; from < version; from++) {
        if (!migrate_one(db, from)) {
            schema_say_failure(db, path, error);
            (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
            return false;
        }
    }
    return true;
}
