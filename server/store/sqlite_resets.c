/*
 * Adds and lists resets. Invariant: every operation leaves its statement reset.
 */
#include "store/sqlite_resets.h"

#include "store/sqlite_statements.h"

#include <stdlib.h>
#include <string.h>

#define STATEMENT_NAME(name, sql) STATEMENT_##name,
#define STATEMENT_SQL(name, sql)  sql,

enum statement { SQLITE_RESET_STATEMENTS(STATEMENT_NAME) STATEMENT_COUNT };
static const char *const statement_sql[] = {SQLITE_RESET_STATEMENTS(STATEMENT_SQL)};

struct sqlite_resets {
    sqlite3 *connection;
    sqlite3_stmt *statements[STATEMENT_COUNT];
};

struct sqlite_resets *sqlite_resets_open(sqlite3 *connection)
{
    struct sqlite_resets *resets = xcalloc(1, sizeof *resets);
    resets->connection = connection;
    for (size_t i = 0; i < STATEMENT_COUNT; i++) {
        if (sqlite3_prepare_v3(connection, statement_sql[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &resets->statements[i], NULL) != SQLITE_OK) {
            return sqlite_resets_close(resets);
        }
    }
    return resets;
}

struct sqlite_resets *sqlite_resets_close(struct sqlite_resets *resets)
{
    if (resets) {
        for (size_t i = 0; i < STATEMENT_COUNT; i++) {
            (void)sqlite3_finalize(resets->statements[i]);
        }
        free(resets);
    }
    return NULL;
}

/* The local tenant is empty, as in the sessions' table. */
static bool bind_device(sqlite3_stmt *statement, const struct device_reset *reset)
{
    static const uint8_t local[RECORD_HASH_BYTES];
    int size = memcmp(reset->tenant, local, sizeof local) == 0 ? 0 : RECORD_HASH_BYTES;
    return sqlite3_bind_blob(statement, 1, reset->tenant, size, SQLITE_STATIC) == SQLITE_OK &&
           sqlite3_bind_text(statement, 2, reset->base, -1, SQLITE_STATIC) == SQLITE_OK;
}

static bool is_known(struct sqlite_resets *resets, const struct device_reset *reset,
                     bool *ret_known)
{
    sqlite3_stmt *statement = resets->statements[STATEMENT_SEEN];
    if (!bind_device(statement, reset)) {
        return false;
    }
    int code = sqlite3_step(statement);
    (void)sqlite3_reset(statement);
    *ret_known = code == SQLITE_ROW;
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

static bool add(struct sqlite_resets *resets, const struct device_reset *reset)
{
    sqlite3_stmt *statement = resets->statements[STATEMENT_ADD];
    bool bound = bind_device(statement, reset) &&
                 sqlite3_bind_int64(statement, 3, reset->epoch) == SQLITE_OK &&
                 sqlite3_bind_text(statement, 4, reset->id, -1, SQLITE_STATIC) == SQLITE_OK &&
                 sqlite3_bind_int64(statement, 5, reset->at) == SQLITE_OK;
    int code = bound ? sqlite3_step(statement) : SQLITE_ERROR;
    (void)sqlite3_reset(statement);
    return code == SQLITE_DONE;
}

static bool drop_old(struct sqlite_resets *resets, int64_t until)
{
    sqlite3_stmt *statement = resets->statements[STATEMENT_DROP];
    bool bound = sqlite3_bind_int64(statement, 1, until) == SQLITE_OK;
    int code = bound ? sqlite3_step(statement) : SQLITE_ERROR;
    (void)sqlite3_reset(statement);
    return code == SQLITE_DONE;
}

bool sqlite_resets_add(struct sqlite_resets *resets, const struct device_reset *reset,
                       enum store_result *ret_result)
{
    bool known = true;
    if (reset->epoch == 1 && !is_known(resets, reset, &known)) {
        return false;
    }
    if (!known) {
        *ret_result = STORE_NOT_FOUND;
        return true;
    }
    if (!drop_old(resets, reset->at - DEVICE_RESET_KEPT_MS) || !add(resets, reset)) {
        return false;
    }
    *ret_result = sqlite3_changes(resets->connection) == 1 ? STORE_OK : STORE_CONFLICT;
    return true;
}

static void read_text(sqlite3_stmt *statement, int column, char ret[RECORD_TEXT_SIZE])
{
    const char *text = (const char *)sqlite3_column_text(statement, column);
    if (text) {
        memcpy(ret, text, strnlen(text, RECORD_TEXT_SIZE - 1));
    }
}

static struct device_reset *read_reset(sqlite3_stmt *statement)
{
    struct device_reset *reset = xcalloc(1, sizeof *reset);
    const void *tenant = sqlite3_column_blob(statement, 0);
    if (tenant && sqlite3_column_bytes(statement, 0) == RECORD_HASH_BYTES) {
        memcpy(reset->tenant, tenant, RECORD_HASH_BYTES);
    }
    read_text(statement, 1, reset->base);
    reset->epoch = (uint32_t)sqlite3_column_int64(statement, 2);
    read_text(statement, 3, reset->id);
    reset->at = sqlite3_column_int64(statement, 4);
    return reset;
}

bool sqlite_resets_list(struct sqlite_resets *resets, int64_t since, struct device_reset **ret_list)
{
    sqlite3_stmt *statement = resets->statements[STATEMENT_LIST];
    struct device_reset *list = NULL;
    *ret_list = NULL;
    if (sqlite3_bind_int64(statement, 1, since) != SQLITE_OK ||
        sqlite3_bind_int64(statement, 2, DEVICE_RESETS_MAX) != SQLITE_OK) {
        return false;
    }
    int code = SQLITE_DONE;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        struct device_reset *reset = read_reset(statement);
        reset->next = list;
        list = reset;
    }
    (void)sqlite3_reset(statement);
    if (code != SQLITE_DONE) {
        (void)device_resets_free(list);
        return false;
    }
    *ret_list = list;
    return true;
}
