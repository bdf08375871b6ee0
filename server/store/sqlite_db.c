/*
 * One connection and its prepared statements. Invariant: every operation leaves its statement
 * reset, so that no forgotten read keeps the write-ahead log from being moved into the file.
 */
#include "store/sqlite_db.h"

#include "store/sqlite_audit.h"
#include "store/sqlite_resets.h"
#include "store/sqlite_row.h"
#include "store/sqlite_schema.h"
#include "store/sqlite_statements.h"
#include "store/uuid_bytes.h"

#include <limits.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { BUSY_TIMEOUT_MS = 2000 };

#define STATEMENT_NAME(name, sql) STATEMENT_##name,
#define STATEMENT_SQL(name, sql)  sql,

enum statement { SQLITE_STATEMENTS(STATEMENT_NAME) STATEMENT_COUNT };
static const char *const statement_sql[] = {SQLITE_STATEMENTS(STATEMENT_SQL)};

struct sqlite_db {
    sqlite3 *connection;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    struct sqlite_audit *audit;
    struct sqlite_resets *resets;
};

/* synchronous=FULL is the promise of the store: in WAL mode COMMIT returns after the sync. Others
 * (backup, sqlite3) may read and even write beside us, so locks are waited for a little. */
static const char pragmas[] = "PRAGMA journal_mode = WAL;"
                              "PRAGMA synchronous = FULL;"
                              "PRAGMA wal_autocheckpoint = 1000;"
                              "PRAGMA journal_size_limit = 16777216;"
                              "PRAGMA cache_size = -8192;"
                              "PRAGMA mmap_size = 0;"
                              "PRAGMA temp_store = MEMORY;"
                              "PRAGMA secure_delete = ON;"
                              "PRAGMA cell_size_check = ON;"
                              "PRAGMA trusted_schema = OFF;";

static int note_mode(void *context, int count, char **values, char **names)
{
    (void)names;
    bool *wal = context;
    if (count == 1 && values[0] && sqlite3_stricmp(values[0], "wal") == 0) {
        *wal = true;
    }
    return 0;
}

static bool configure(sqlite3 *connection, const char *path, const struct error_text *error)
{
    bool wal = false;
    (void)sqlite3_busy_timeout(connection, BUSY_TIMEOUT_MS);
    (void)sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    if (sqlite3_db_readonly(connection, "main") == 1) {
        error_say(error, "cannot write to %s; check its owner and mode", path);
        return false;
    }
    if (sqlite3_exec(connection, pragmas, note_mode, &wal, NULL) != SQLITE_OK) {
        schema_say_failure(connection, path, error);
        return false;
    }
    if (!wal) {
        error_say(error,
                  "the file system of %s cannot hold a write-ahead log; "
                  "put store.path on a local disk",
                  path);
        return false;
    }
    return true;
}

static bool prepare_all(struct sqlite_db *db, const char *path, const struct error_text *error)
{
    for (size_t i = 0; i < STATEMENT_COUNT; i++) {
        if (sqlite3_prepare_v3(db->connection, statement_sql[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &db->statements[i], NULL) != SQLITE_OK) {
            schema_say_failure(db->connection, path, error);
            return false;
        }
    }
    db->audit = sqlite_audit_open(db->connection);
    db->resets = db->audit ? sqlite_resets_open(db->connection) : NULL;
    if (!db->resets) {
        schema_say_failure(db->connection, path, error);
    }
    return db->resets != NULL;
}

struct sqlite_db *sqlite_db_open(const char *path, const struct error_text *error)
{
    struct sqlite_db *db = xcalloc(1, sizeof *db);
    /* its count of bytes in use costs a lock at every allocation, and nobody asks for it; refused
     * once SQLite runs, when it is done already */
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(path, &db->connection, flags, NULL) != SQLITE_OK) {
        error_say(error, "cannot open %s: %s; check its owner and mode", path,
                  sqlite3_errmsg(db->connection));
        return sqlite_db_close(db);
    }
    if (!configure(db->connection, path, error) ||
        !schema_migrate(db->connection, path, schema_version(), error) ||
        !prepare_all(db, path, error)) {
        return sqlite_db_close(db);
    }
    return db;
}

struct sqlite_db *sqlite_db_close(struct sqlite_db *db)
{
    if (db) {
        for (size_t i = 0; i < STATEMENT_COUNT; i++) {
            (void)sqlite3_finalize(db->statements[i]);
        }
        db->audit = sqlite_audit_close(db->audit);
        db->resets = sqlite_resets_close(db->resets);
        (void)sqlite3_close(db->connection);
        free(db);
    }
    return NULL;
}

/* Runs a statement that gives no rows. The result code, with its extension. */
static int run(struct sqlite_db *db, enum statement which)
{
    int code = sqlite3_step(db->statements[which]);
    if (code != SQLITE_DONE && code != SQLITE_ROW) {
        code = sqlite3_extended_errcode(db->connection);
    }
    (void)sqlite3_reset(db->statements[which]);
    return code;
}

const char *sqlite_db_trouble(const struct sqlite_db *db)
{
    return sqlite3_errstr(sqlite3_extended_errcode(db->connection));
}

bool sqlite_db_damaged(const struct sqlite_db *db)
{
    return sqlite3_errcode(db->connection) == SQLITE_CORRUPT;
}

bool sqlite_db_begin(struct sqlite_db *db, bool writes)
{
    return run(db, writes ? STATEMENT_BEGIN_WRITE : STATEMENT_BEGIN_READ) == SQLITE_DONE;
}

bool sqlite_db_commit(struct sqlite_db *db)
{
    return run(db, STATEMENT_COMMIT) == SQLITE_DONE;
}

void sqlite_db_rollback(struct sqlite_db *db)
{
    /* SQLite rolls back by itself after some failures */
    if (!sqlite3_get_autocommit(db->connection)) {
        (void)run(db, STATEMENT_ROLLBACK);
    }
}

struct sqlite_audit *sqlite_db_audit(const struct sqlite_db *db)
{
    return db->audit;
}

struct sqlite_resets *sqlite_db_resets(const struct sqlite_db *db)
{
    return db->resets;
}

int64_t sqlite_db_changes(const struct sqlite_db *db)
{
    return sqlite3_total_changes64(db->connection);
}

static bool bind_key(sqlite3_stmt *statement, const uint8_t key[RECORD_HASH_BYTES], int64_t now)
{
    return sqlite3_bind_blob(statement, 1, key, RECORD_HASH_BYTES, SQLITE_STATIC) == SQLITE_OK &&
           sqlite3_bind_int64(statement, 2, now) == SQLITE_OK;
}

/* The key is the record's to have when the one before has expired but was not yet cleared. */
static bool make_way(struct sqlite_db *db, const struct session_record *record)
{
    static const uint8_t none[RECORD_HASH_BYTES];
    sqlite3_stmt *statement = db->statements[STATEMENT_RELEASE_ONE_KEY];
    return memcmp(record->idempotency_key, none, sizeof none) == 0 ||
           (bind_key(statement, record->idempotency_key, record->created_at) &&
            run(db, STATEMENT_RELEASE_ONE_KEY) == SQLITE_DONE);
}

bool sqlite_db_insert(struct sqlite_db *db, const struct session_record *record,
                      enum store_result *ret_result)
{
    if (!make_way(db, record) || row_bind(db->statements[STATEMENT_INSERT], record) == 0) {
        return false;
    }
    int code = run(db, STATEMENT_INSERT);
    if (code == SQLITE_CONSTRAINT_PRIMARYKEY) {
        *ret_result = STORE_CONFLICT;
        return true;
    }
    if (code == SQLITE_CONSTRAINT_UNIQUE) {
        *ret_result = STORE_KEY_TAKEN;
        return true;
    }
    *ret_result = STORE_OK;
    return code == SQLITE_DONE && sqlite_audit_append(db->audit, record->notes);
}

/* False when SQLite refuses; an id that is no UUID names no row. */
static bool bind_id(sqlite3_stmt *statement, const char *id, bool *ret_valid)
{
    uint8_t bytes[UUID_BYTES_SIZE];
    *ret_valid = uuid_bytes_parse(id, bytes);
    return !*ret_valid ||
           sqlite3_bind_blob(statement, 1, bytes, sizeof bytes, SQLITE_TRANSIENT) == SQLITE_OK;
}

/* The one row of a statement whose parameters are bound, if there is one. */
static bool read_record(sqlite3_stmt *statement, enum store_result *ret_result,
                        struct session_record **ret_record)
{
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        /* one damaged row must not take the others' answers with it */
        *ret_record = row_read(statement);
        *ret_result = *ret_record ? STORE_OK : STORE_UNAVAILABLE;
    } else {
        *ret_result = STORE_NOT_FOUND;
    }
    (void)sqlite3_reset(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

bool sqlite_db_load(struct sqlite_db *db, const char *id, enum store_result *ret_result,
                    struct session_record **ret_record)
{
    sqlite3_stmt *statement = db->statements[STATEMENT_LOAD];
    bool valid = false;
    if (!bind_id(statement, id, &valid)) {
        return false;
    }
    if (!valid) {
        *ret_result = STORE_NOT_FOUND;
        return true;
    }
    return read_record(statement, ret_result, ret_record);
}

bool sqlite_db_find_key(struct sqlite_db *db, const uint8_t key[RECORD_HASH_BYTES], int64_t now,
                        enum store_result *ret_result, struct session_record **ret_record)
{
    sqlite3_stmt *statement = db->statements[STATEMENT_FIND_KEY];
    return bind_key(statement, key, now) && read_record(statement, ret_result, ret_record);
}

static bool exists(struct sqlite_db *db, const char *id, bool *ret_exists)
{
    sqlite3_stmt *statement = db->statements[STATEMENT_EXISTS];
    bool valid = false;
    *ret_exists = false;
    if (!bind_id(statement, id, &valid)) {
        return false;
    }
    if (!valid) {
        return true;
    }
    int code = run(db, STATEMENT_EXISTS);
    *ret_exists = code == SQLITE_ROW;
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

bool sqlite_db_save(struct sqlite_db *db, const struct session_record *record,
                    enum store_result *ret_result)
{
    sqlite3_stmt *statement = db->statements[STATEMENT_SAVE];
    int at = row_bind(statement, record);
    if (at == 0 || sqlite3_bind_int64(statement, at, record->revision) != SQLITE_OK ||
        run(db, STATEMENT_SAVE) != SQLITE_DONE) {
        return false;
    }
    if (sqlite3_changes(db->connection) == 1) {
        *ret_result = STORE_OK;
        return sqlite_audit_append(db->audit, record->notes);
    }
    bool there = false;
    bool asked = exists(db, record->id, &there);
    *ret_result = there ? STORE_CONFLICT : STORE_NOT_FOUND;
    return asked;
}

static int64_t row_limit(size_t limit)
{
    return limit > INT_MAX ? INT_MAX : (int64_t)limit;
}

static bool bind_until(sqlite3_stmt *statement, int64_t now, size_t limit)
{
    return sqlite3_bind_int64(statement, 1, now) == SQLITE_OK &&
           sqlite3_bind_int64(statement, 2, row_limit(limit)) == SQLITE_OK;
}

static void free_records(struct session_record **records, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        (void)session_record_free(records[i]);
    }
    free(records);
}

/* All rows of a statement whose parameters are bound. */
static bool read_records(sqlite3_stmt *statement, struct session_record ***ret_records,
                         size_t *ret_count)
{
    struct session_record **records = NULL;
    size_t count = 0;
    size_t room = 0;
    int code = SQLITE_DONE;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        if (count == room) {
            room = room == 0 ? 8 : 2 * room;
            records = xrealloc(records, room * sizeof(struct session_record *));
        }
        records[count] = row_read(statement);
        count += records[count] ? 1 : 0;
    }
    (void)sqlite3_reset(statement);
    if (code != SQLITE_DONE) {
        free_records(records, count);
        return false;
    }
    *ret_records = records;
    *ret_count = count;
    return true;
}

bool sqlite_db_due(struct sqlite_db *db, int64_t now, size_t limit,
                   struct session_record ***ret_records, size_t *ret_count)
{
    sqlite3_stmt *statement = db->statements[STATEMENT_DUE];
    return bind_until(statement, now, limit) && read_records(statement, ret_records, ret_count);
}

/* A record that is gone leaves the others that expired in the same millisecond to the next walk. */
bool sqlite_db_expired(struct sqlite_db *db, int64_t until, const struct store_position *after,
                       size_t limit, struct session_record ***ret_records, size_t *ret_count)
{
    sqlite3_stmt *statement = db->statements[STATEMENT_EXPIRED];
    return sqlite3_bind_int64(statement, 1, until) == SQLITE_OK &&
           sqlite3_bind_int64(statement, 2, after->token_expires_at) == SQLITE_OK &&
           row_bind_uuid(statement, 3, after->id) &&
           sqlite3_bind_int64(statement, 4, row_limit(limit)) == SQLITE_OK &&
           read_records(statement, ret_records, ret_count);
}

/* The statement for lists of this tenant, with what only some of them ask bound; the next parameter
 * is *ret_at. */
static sqlite3_stmt *list_statement(struct sqlite_db *db, enum session_kind kind,
                                    const uint8_t tenant[RECORD_HASH_BYTES], int *ret_at)
{
    static const uint8_t local[RECORD_HASH_BYTES];
    sqlite3_stmt *statement = db->statements[STATEMENT_LIST_TENANT];
    if (memcmp(tenant, local, sizeof local) == 0) {
        *ret_at = 1;
        return db->statements[kind == KIND_LIVENESS ? STATEMENT_LIST_PLAIN : STATEMENT_LIST_VERIFY];
    }
    *ret_at = 3;
    bool bound =
        sqlite3_bind_blob(statement, 1, tenant, RECORD_HASH_BYTES, SQLITE_TRANSIENT) == SQLITE_OK &&
        sqlite3_bind_int64(statement, 2, (sqlite3_int64)kind) == SQLITE_OK;
    return bound ? statement : NULL;
}

bool sqlite_db_list(struct sqlite_db *db, enum session_kind kind,
                    const uint8_t tenant[RECORD_HASH_BYTES], const char *after, size_t limit,
                    struct session_record ***ret_records, size_t *ret_count)
{
    int at;
    sqlite3_stmt *statement = list_statement(db, kind, tenant, &at);
    uint8_t from[UUID_BYTES_SIZE];
    if (!uuid_bytes_after(after, from)) {
        *ret_records = NULL;
        *ret_count = 0;
        return true;
    }
    return statement &&
           sqlite3_bind_blob(statement, at, from, sizeof from, SQLITE_TRANSIENT) == SQLITE_OK &&
           sqlite3_bind_int64(statement, at + 1, row_limit(limit)) == SQLITE_OK &&
           read_records(statement, ret_records, ret_count);
}

bool sqlite_db_find_upstream(struct sqlite_db *db, const char (*upstream_ids)[UUID_SIZE],
                             size_t count, struct session_record ***ret_records, size_t *ret_count)
{
    sqlite3_stmt *statement = db->statements[STATEMENT_FIND_UPSTREAM];
    bool bound = true;
    for (size_t i = 0; i < STORE_FIND_MAX; i++) {
        int at = (int)i + 1;
        /* NULL is equal to nothing */
        bound &= i < count ? row_bind_uuid(statement, at, upstream_ids[i])
                           : sqlite3_bind_null(statement, at) == SQLITE_OK;
    }
    return bound && read_records(statement, ret_records, ret_count);
}

/* Changes up to `limit` rows that are due. */
static bool run_some(struct sqlite_db *db, enum statement which, int64_t now, size_t limit,
                     enum store_result *ret_result)
{
    if (!bind_until(db->statements[which], now, limit) || run(db, which) != SQLITE_DONE) {
        return false;
    }
    *ret_result = (size_t)sqlite3_changes(db->connection) < limit ? STORE_OK : STORE_MORE;
    return true;
}

bool sqlite_db_release_keys(struct sqlite_db *db, int64_t now, size_t limit,
                            enum store_result *ret_result)
{
    return run_some(db, STATEMENT_RELEASE_KEYS, now, limit, ret_result);
}

bool sqlite_db_forget(struct sqlite_db *db, int64_t now, size_t limit,
                      enum store_result *ret_result)
{
    return run_some(db, STATEMENT_FORGET, now, limit, ret_result);
}

/* The one row of a count; `ret_second` may be NULL. */
static bool count_rows(struct sqlite_db *db, enum statement which, int64_t *ret_count,
                       int64_t *ret_second)
{
    sqlite3_stmt *statement = db->statements[which];
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        *ret_count = sqlite3_column_int64(statement, 0);
        if (ret_second) {
            *ret_second = sqlite3_column_int64(statement, 1);
        }
    }
    (void)sqlite3_reset(statement);
    return code == SQLITE_ROW;
}

/* Those that are due, and those to be tried again soon. */
static bool count_owed(struct sqlite_db *db, int64_t now, struct store_counts *ret_counts)
{
    sqlite3_stmt *due = db->statements[STATEMENT_COUNT_OWED];
    sqlite3_stmt *failed = db->statements[STATEMENT_FAILED];
    int64_t count = 0;
    int64_t oldest_at = 0;
    if (sqlite3_bind_int64(due, 1, now) != SQLITE_OK ||
        sqlite3_bind_int64(failed, 1, now) != SQLITE_OK ||
        sqlite3_bind_int64(failed, 2, now + DELETION_RETRY_WITHIN_MS) != SQLITE_OK ||
        !count_rows(db, STATEMENT_COUNT_OWED, &ret_counts->owed, &ret_counts->oldest_owed_at) ||
        !count_rows(db, STATEMENT_FAILED, &count, &oldest_at)) {
        return false;
    }
    ret_counts->owed += count;
    if (ret_counts->oldest_owed_at == 0 || (count > 0 && oldest_at < ret_counts->oldest_owed_at)) {
        ret_counts->oldest_owed_at = oldest_at;
    }
    return true;
}

bool sqlite_db_count(struct sqlite_db *db, int64_t now, struct store_counts *ret_counts)
{
    return sqlite3_bind_int64(db->statements[STATEMENT_COUNT_OVERDUE], 1, now) == SQLITE_OK &&
           count_rows(db, STATEMENT_COUNT_OVERDUE, &ret_counts->overdue, NULL) &&
           count_rows(db, STATEMENT_COUNT_OPEN, &ret_counts->open, NULL) &&
           count_owed(db, now, ret_counts) &&
           count_rows(db, STATEMENT_COUNT_ORPHANED, &ret_counts->orphaned, NULL);
}

bool sqlite_db_probe(struct sqlite_db *db)
{
    return run(db, STATEMENT_PROBE) == SQLITE_DONE;
}
