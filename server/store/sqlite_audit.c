/*
 * Appends, lists and drops audit entries. Invariant: every operation leaves its statement reset.
 */
#include "store/sqlite_audit.h"

#include "store/sqlite_row.h"
#include "store/sqlite_statements.h"
#include "store/uuid_bytes.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define STATEMENT_NAME(name, sql) STATEMENT_##name,
#define STATEMENT_SQL(name, sql)  sql,

enum statement { SQLITE_AUDIT_STATEMENTS(STATEMENT_NAME) STATEMENT_COUNT };
static const char *const statement_sql[] = {SQLITE_AUDIT_STATEMENTS(STATEMENT_SQL)};

struct sqlite_audit {
    sqlite3 *connection;
    sqlite3_stmt *statements[STATEMENT_COUNT];
};

struct sqlite_audit *sqlite_audit_open(sqlite3 *connection)
{
    struct sqlite_audit *audit = xcalloc(1, sizeof *audit);
    audit->connection = connection;
    for (size_t i = 0; i < STATEMENT_COUNT; i++) {
        if (sqlite3_prepare_v3(connection, statement_sql[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &audit->statements[i], NULL) != SQLITE_OK) {
            return sqlite_audit_close(audit);
        }
    }
    return audit;
}

struct sqlite_audit *sqlite_audit_close(struct sqlite_audit *audit)
{
    if (audit) {
        for (size_t i = 0; i < STATEMENT_COUNT; i++) {
            (void)sqlite3_finalize(audit->statements[i]);
        }
        free(audit);
    }
    return NULL;
}

static bool run(sqlite3_stmt *statement)
{
    int code = sqlite3_step(statement);
    (void)sqlite3_reset(statement);
    return code == SQLITE_DONE;
}

static bool is_local(const uint8_t tenant[RECORD_HASH_BYTES])
{
    static const uint8_t local[RECORD_HASH_BYTES];
    return memcmp(tenant, local, sizeof local) == 0;
}

static bool bind_tenant(sqlite3_stmt *statement, int at, const uint8_t tenant[RECORD_HASH_BYTES])
{
    return sqlite3_bind_blob(statement, at, tenant, is_local(tenant) ? 0 : RECORD_HASH_BYTES,
                             SQLITE_STATIC) == SQLITE_OK;
}

static bool bind_limit(sqlite3_stmt *statement, size_t limit)
{
    return sqlite3_bind_int64(statement, 2, limit > INT_MAX ? INT_MAX : (int64_t)limit) ==
           SQLITE_OK;
}

static bool bind_session(sqlite3_stmt *statement, int at, const char *session)
{
    return session[0] == '\0' ? sqlite3_bind_zeroblob(statement, at, 0) == SQLITE_OK
                              : row_bind_uuid(statement, at, session);
}

static bool append_one(struct sqlite_audit *audit, const struct audit_entry *entry)
{
    sqlite3_stmt *statement = audit->statements[STATEMENT_APPEND];
    return row_bind_uuid(statement, 1, entry->id) && bind_session(statement, 2, entry->session) &&
           bind_tenant(statement, 3, entry->tenant) &&
           sqlite3_bind_text(statement, 4, entry->text, -1, SQLITE_STATIC) == SQLITE_OK &&
           run(statement);
}

bool sqlite_audit_append(struct sqlite_audit *audit, const struct audit_entry *entries)
{
    bool going = true;
    for (; going && entries; entries = entries->next) {
        going = append_one(audit, entries);
    }
    return going;
}

static bool read_texts(sqlite3_stmt *statement, struct audit_entry **ret_entries)
{
    struct audit_entry **end = ret_entries;
    int code = SQLITE_DONE;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(statement, 0);
        if (text) {
            *end = xcalloc(1, sizeof **end);
            (*end)->text = xstrdup(text);
            end = &(*end)->next;
        }
    }
    (void)sqlite3_reset(statement);
    if (code != SQLITE_DONE) {
        *ret_entries = audit_entries_free(*ret_entries);
    }
    return code == SQLITE_DONE;
}

static enum statement list_statement(const uint8_t tenant[RECORD_HASH_BYTES], const char *session)
{
    if (session[0] != '\0') {
        return STATEMENT_SESSION;
    }
    return is_local(tenant) ? STATEMENT_LOCAL : STATEMENT_TENANT;
}

bool sqlite_audit_list(struct sqlite_audit *audit, const uint8_t tenant[RECORD_HASH_BYTES],
                       const char *session, const char *after, size_t limit,
                       struct audit_entry **ret_entries)
{
    enum statement which = list_statement(tenant, session);
    sqlite3_stmt *statement = audit->statements[which];
    uint8_t from[UUID_BYTES_SIZE];
    *ret_entries = NULL;
    if (!uuid_bytes_after(after, from)) {
        return true;
    }
    return sqlite3_bind_blob(statement, 1, from, sizeof from, SQLITE_TRANSIENT) == SQLITE_OK &&
           bind_limit(statement, limit) &&
           (which == STATEMENT_LOCAL || bind_tenant(statement, 3, tenant)) &&
           (which != STATEMENT_SESSION || row_bind_uuid(statement, 4, session)) &&
           read_texts(statement, ret_entries);
}

bool sqlite_audit_forget(struct sqlite_audit *audit, int64_t until, size_t limit,
                         enum store_result *ret_result)
{
    sqlite3_stmt *statement = audit->statements[STATEMENT_DROP];
    char first[UUID_SIZE];
    uuid7_floor(until, first);
    if (!row_bind_uuid(statement, 1, first) || !bind_limit(statement, limit) || !run(statement)) {
        return false;
    }
    *ret_result = (size_t)sqlite3_changes(audit->connection) < limit ? STORE_OK : STORE_MORE;
    return true;
}
