/*
 * Every column of a session record, to be filled and compared one by one: what is added to
 * session_columns.h is in the tests at once. `id` and `revision` are no columns.
 */
#pragma once

#include "store/session_columns.h"
#include "store/store.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum column_type { IS_INTEGER, IS_TEXT, IS_UUID, IS_HASH, IS_OWNED };

struct column {
    const char *name;
    enum column_type type;
    size_t at; /* in struct session_record */
    size_t size;
    int64_t value; /* what an integer may be, unless it is a big one */
};

#define MEMBER(member)   (((struct session_record *)0)->member)
/* enums are unsigned, and all have a 1 */
#define VALUE_OF(member) _Generic(MEMBER(member), uint8_t : 201, int32_t : 70000, default : 1)
#define COLUMN(name, member, type)                                                                 \
    {#name, type, offsetof(struct session_record, member), sizeof MEMBER(member), 0},
#define INTEGER_COLUMN(name, member)                                                               \
    {#name, IS_INTEGER, offsetof(struct session_record, member), sizeof MEMBER(member),            \
     VALUE_OF(member)},
#define TEXT_COLUMN(name, member)  COLUMN(name, member, IS_TEXT)
#define HASH_COLUMN(name, member)  COLUMN(name, member, IS_HASH)
#define UUID_COLUMN(name, member)  COLUMN(name, member, IS_UUID)
#define OWNED_COLUMN(name, member) COLUMN(name, member, IS_OWNED)

static const struct column columns[] = {
    SESSION_COLUMNS(INTEGER_COLUMN, TEXT_COLUMN, HASH_COLUMN, UUID_COLUMN, OWNED_COLUMN)};
enum { COLUMNS = sizeof columns / sizeof *columns };

static inline void *column_in(const struct session_record *record, const struct column *column)
{
    return (char *)(uintptr_t)record + column->at;
}

/* Another one for every seed, but of `size` - 1 bytes: letters, and what may need an escape. */
static inline void fill_text(char *text, size_t size, size_t seed)
{
    static const char some[] = "\xC3\xA9{\"k\":\"\\n\\u0000\"}\r\n\t\x01\x7F '%s' $1 ";
    for (size_t i = 0; i + 1 < size; i++) {
        text[i] =
            size > 1000 ? some[(i + seed) % (sizeof some - 1)] : (char)('A' + (i + seed) % 58);
    }
    text[size - 1] = '\0';
}

/* The first eight have all bytes. */
static inline void fill_hash(uint8_t hash[RECORD_HASH_BYTES], size_t seed)
{
    for (size_t i = 0; i < RECORD_HASH_BYTES; i++) {
        hash[i] = (uint8_t)(seed * RECORD_HASH_BYTES + i + seed / 8 * (2 * i + 1));
    }
}

static inline void fill_integer(void *member, const struct column *column, size_t seed)
{
    if (column->size == sizeof(int64_t)) {
        int64_t value = (int64_t)4102488000000 + (int64_t)seed; /* a time to come */
        memcpy(member, &value, sizeof value);
    } else {
        memcpy(member, &column->value, column->size); /* the low bytes come first */
    }
}

/* Puts something that is not zero into a column; texts are as long as they may be. */
static inline void column_fill(struct session_record *record, const struct column *column,
                               size_t seed)
{
    void *member = column_in(record, column);
    switch (column->type) {
    case IS_INTEGER:
        fill_integer(member, column, seed);
        break;
    case IS_TEXT:
        fill_text(member, column->size, seed);
        break;
    case IS_UUID:
        (void)snprintf(member, UUID_SIZE, "%08zx-1234-4567-89ab-cdef01234567", seed);
        break;
    case IS_HASH:
        fill_hash(member, seed);
        break;
    case IS_OWNED:
        *(char **)member = xcalloc(1, RECORD_RESULTS_MAX + 1);
        fill_text(*(char **)member, RECORD_RESULTS_MAX + 1, seed);
        break;
    }
}

/* No two columns of a kind are the same. */
static inline void columns_fill(struct session_record *record, size_t seed)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        column_fill(record, &columns[i], seed + i);
    }
}

static inline void columns_free(struct session_record *record)
{
    free(record->results_json);
    free(record->details_json);
    free(record->flagged_json);
    free(record->sealed_answer);
    free(record->receipt);
    free(record->deletion_receipt);
    record->results_json = record->details_json = NULL;
    record->flagged_json = record->sealed_answer = NULL;
    record->receipt = record->deletion_receipt = NULL;
}

static inline bool column_same(const struct column *column, const struct session_record *a,
                               const struct session_record *b)
{
    const void *mine = column_in(a, column);
    const void *others = column_in(b, column);
    switch (column->type) {
    case IS_TEXT:
    case IS_UUID:
        return strcmp(mine, others) == 0;
    case IS_OWNED:
        mine = *(const char *const *)mine;
        others = *(const char *const *)others;
        return mine == others || (mine && others && strcmp(mine, others) == 0);
    default:
        return memcmp(mine, others, column->size) == 0;
    }
}

static inline void expect_same(const struct session_record *got,
                               const struct session_record *wanted)
{
    cr_expect_str_eq(got->id, wanted->id);
    for (size_t i = 0; i < COLUMNS; i++) {
        cr_expect(column_same(&columns[i], got, wanted), "%s is another one", columns[i].name);
    }
}
