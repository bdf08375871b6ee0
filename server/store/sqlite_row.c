/*
 * Moves records in and out of SQLite. What it reads it takes for damaged unless it fits its member:
 * a file can be edited by others. Invariant: row_read(row_bind(r)) equals r.
 */
#include "store/sqlite_row.h"

#include "store/session_columns.h"
#include "store/uuid_bytes.h"

#include <stdlib.h>
#include <string.h>

static bool bind_text(sqlite3_stmt *statement, int at, const char *text)
{
    return sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC) == SQLITE_OK;
}

static bool bind_hash(sqlite3_stmt *statement, int at, const uint8_t hash[RECORD_HASH_BYTES])
{
    static const uint8_t none[RECORD_HASH_BYTES];
    int size = memcmp(hash, none, sizeof none) == 0 ? 0 : RECORD_HASH_BYTES;
    return sqlite3_bind_blob(statement, at, hash, size, SQLITE_STATIC) == SQLITE_OK;
}

/* Ids that 16 bytes cannot give back exactly stay text. */
bool row_bind_uuid(sqlite3_stmt *statement, int at, const char *id)
{
    uint8_t bytes[UUID_BYTES_SIZE];
    bool upper_case = id[strcspn(id, "ABCDEF")] != '\0';
    if (upper_case || !uuid_bytes_parse(id, bytes)) {
        return bind_text(statement, at, id);
    }
    return sqlite3_bind_blob(statement, at, bytes, sizeof bytes, SQLITE_TRANSIENT) == SQLITE_OK;
}

#define BIND_INTEGER(column, member)                                                               \
    bound &= sqlite3_bind_int64(statement, ++at, (sqlite3_int64)record->member) == SQLITE_OK;
#define BIND_TEXT(column, member) bound &= bind_text(statement, ++at, record->member);
#define BIND_HASH(column, member) bound &= bind_hash(statement, ++at, record->member);
#define BIND_UUID(column, member) bound &= row_bind_uuid(statement, ++at, record->member);

int row_bind(sqlite3_stmt *statement, const struct session_record *record)
{
    int at = 0;
    bool bound = true;
    SESSION_COLUMNS(BIND_INTEGER, BIND_TEXT, BIND_HASH, BIND_UUID, BIND_TEXT)
    bound &= row_bind_uuid(statement, ++at, record->id);
    return bound ? at + 1 : 0;
}

static bool read_text(sqlite3_stmt *statement, int at, char *ret, size_t size)
{
    const unsigned char *text = sqlite3_column_text(statement, at);
    size_t length = (size_t)sqlite3_column_bytes(statement, at);
    if (!text || length >= size) {
        return false;
    }
    memcpy(ret, text, length + 1);
    return true;
}

static bool read_hash(sqlite3_stmt *statement, int at, uint8_t ret[RECORD_HASH_BYTES])
{
    const void *bytes = sqlite3_column_blob(statement, at);
    int size = sqlite3_column_bytes(statement, at);
    if (size == RECORD_HASH_BYTES && bytes) {
        memcpy(ret, bytes, RECORD_HASH_BYTES);
    }
    return size == 0 || size == RECORD_HASH_BYTES;
}

static bool read_uuid(sqlite3_stmt *statement, int at, char ret[UUID_SIZE])
{
    if (sqlite3_column_type(statement, at) != SQLITE_BLOB) {
        return read_text(statement, at, ret, UUID_SIZE);
    }
    const void *bytes = sqlite3_column_blob(statement, at);
    if (sqlite3_column_bytes(statement, at) != UUID_BYTES_SIZE || !bytes) {
        return false;
    }
    uuid_bytes_format(bytes, ret);
    return true;
}

static char *read_owned(sqlite3_stmt *statement, int at)
{
    const unsigned char *text = sqlite3_column_text(statement, at);
    return text ? xmemdup0(text, (size_t)sqlite3_column_bytes(statement, at)) : NULL;
}

static bool enums_fit(const struct session_record *record)
{
    return record->state < SESSION_STATE_COUNT && record->kind <= KIND_LIVENESS_WITH_VERIFY &&
           record->deletion <= DELETION_DONE && record->reference < REFERENCE_SOURCE_COUNT;
}

#define READ_INTEGER(column, member)                                                               \
    record->member = (__typeof__(record->member))sqlite3_column_int64(statement, at++);
#define READ_TEXT(column, member)                                                                  \
    fits &= read_text(statement, at++, record->member, sizeof record->member);
#define READ_HASH(column, member)  fits &= read_hash(statement, at++, record->member);
#define READ_UUID(column, member)  fits &= read_uuid(statement, at++, record->member);
#define READ_OWNED(column, member) record->member = read_owned(statement, at++);

struct session_record *row_read(sqlite3_stmt *statement)
{
    struct session_record *record = xcalloc(1, sizeof *record);
    int at = 0;
    bool fits = true;
    SESSION_COLUMNS(READ_INTEGER, READ_TEXT, READ_HASH, READ_UUID, READ_OWNED)
    fits &= read_uuid(statement, at++, record->id);
    record->revision = sqlite3_column_int64(statement, at);
    if (!fits || !enums_fit(record)) {
        return session_record_free(record);
    }
    return record;
}
