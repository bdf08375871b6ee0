/*
 * Moves records in and out of Redis, where everything is text: integers in decimal, hashes as their
 * 32 bytes. What is left out reads as zero.
 */
#include "store/redis_row.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void arguments_put(struct redis_arguments *arguments, struct slice text)
{
    assert(arguments->count < ARGUMENTS_MAX);
    arguments->list[arguments->count++] = text;
}

void arguments_put_number(struct redis_arguments *arguments, int64_t number)
{
    assert(arguments->number_count < ARGUMENT_NUMBERS_MAX);
    char *text = arguments->numbers[arguments->number_count++];
    (void)snprintf(text, ARGUMENT_NUMBER_SIZE, "%" PRId64, number);
    arguments_put(arguments, slice_of(text));
}

static void put_integer(struct redis_arguments *arguments, struct slice column, int64_t value)
{
    if (value != 0) {
        arguments_put(arguments, column);
        arguments_put_number(arguments, value);
    }
}

static void put_text(struct redis_arguments *arguments, struct slice column, const char *text)
{
    if (*text != '\0') {
        arguments_put(arguments, column);
        arguments_put(arguments, slice_of(text));
    }
}

static void put_hash(struct redis_arguments *arguments, struct slice column,
                     const uint8_t hash[RECORD_HASH_BYTES])
{
    static const uint8_t none[RECORD_HASH_BYTES];
    if (memcmp(hash, none, sizeof none) != 0) {
        arguments_put(arguments, column);
        arguments_put(arguments, (struct slice){(const char *)hash, RECORD_HASH_BYTES});
    }
}

/* An empty one is not the same as none. */
static void put_owned(struct redis_arguments *arguments, struct slice column, const char *text)
{
    if (text) {
        arguments_put(arguments, column);
        arguments_put(arguments, slice_of(text));
    }
}

#define PUT_INTEGER(column, member) put_integer(arguments, SLICE(#column), (int64_t)record->member);
#define PUT_TEXT(column, member)    put_text(arguments, SLICE(#column), record->member);
#define PUT_HASH(column, member)    put_hash(arguments, SLICE(#column), record->member);
#define PUT_OWNED(column, member)   put_owned(arguments, SLICE(#column), record->member);

void redis_row_write(struct redis_arguments *arguments, const struct session_record *record)
{
    SESSION_COLUMNS(PUT_INTEGER, PUT_TEXT, PUT_HASH, PUT_TEXT, PUT_OWNED)
}

#define PUT_NAME(column, member) arguments_put(arguments, SLICE(#column));

void redis_row_ask(struct redis_arguments *arguments)
{
    arguments_put(arguments, SLICE("revision"));
    SESSION_COLUMNS(PUT_NAME, PUT_NAME, PUT_NAME, PUT_NAME, PUT_NAME)
}

/* Of an element that is a text or missing (then empty); false for anything else. */
static bool element_text(const struct redisReply *element, struct slice *ret_text)
{
    *ret_text = element->type == REDIS_REPLY_STRING ? (struct slice){element->str, element->len}
                                                    : (struct slice){"", 0};
    return element->type == REDIS_REPLY_STRING || element->type == REDIS_REPLY_NIL;
}

/* Decimal, as arguments_put_number writes it; an empty text is 0. */
static bool parse_integer(struct slice text, int64_t *ret)
{
    bool negative = text.len > 1 && text.data[0] == '-';
    int64_t value = 0;
    for (size_t i = negative; i < text.len; i++) {
        int digit = text.data[i] - '0';
        if (digit < 0 || digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, negative ? -digit : digit, &value)) {
            return false;
        }
    }
    *ret = value;
    return true;
}

static bool read_integer(const struct redisReply *element, int64_t *ret)
{
    struct slice text;
    return element_text(element, &text) && parse_integer(text, ret);
}

static bool copy_text(struct slice text, char *ret, size_t size)
{
    if (text.len >= size || memchr(text.data, '\0', text.len)) {
        return false;
    }
    memcpy(ret, text.data, text.len);
    ret[text.len] = '\0';
    return true;
}

static bool read_text(const struct redisReply *element, char *ret, size_t size)
{
    struct slice text;
    return element_text(element, &text) && copy_text(text, ret, size);
}

static bool read_hash(const struct redisReply *element, uint8_t ret[RECORD_HASH_BYTES])
{
    struct slice bytes;
    if (!element_text(element, &bytes) || (bytes.len != 0 && bytes.len != RECORD_HASH_BYTES)) {
        return false;
    }
    memcpy(ret, bytes.data, bytes.len);
    return true;
}

static bool read_owned(const struct redisReply *element, char **ret)
{
    struct slice text;
    if (!element_text(element, &text) || text.len > ROW_OWNED_MAX ||
        memchr(text.data, '\0', text.len)) {
        return false;
    }
    *ret = element->type == REDIS_REPLY_STRING ? xmemdup0(text.data, text.len) : NULL;
    return true;
}

static bool enums_fit(const struct session_record *record)
{
    return record->state < SESSION_STATE_COUNT && record->kind <= KIND_LIVENESS_WITH_VERIFY &&
           record->deletion <= DELETION_DONE && record->reference < REFERENCE_SOURCE_COUNT;
}

/* A number that its member cannot hold comes back as another one. */
#define READ_INTEGER(column, member)                                                               \
    {                                                                                              \
        int64_t value = 0;                                                                         \
        fits &= read_integer(*at++, &value);                                                       \
        record->member = (__typeof__(record->member))value;                                        \
        fits &= (int64_t)record->member == value;                                                  \
    }
#define READ_TEXT(column, member)  fits &= read_text(*at++, record->member, sizeof record->member);
#define READ_HASH(column, member)  fits &= read_hash(*at++, record->member);
#define READ_OWNED(column, member) fits &= read_owned(*at++, &record->member);

static bool read_id(const struct redisReply *element, const char *id, char ret[UUID_SIZE])
{
    bool fits = id ? copy_text(slice_of(id), ret, UUID_SIZE) : read_text(element, ret, UUID_SIZE);
    return fits && *ret != '\0';
}

struct session_record *redis_row_read(const struct redisReply *row, const char *id)
{
    if (row->type != REDIS_REPLY_ARRAY || row->elements != ROW_ELEMENTS + (id ? 0 : 1)) {
        return NULL;
    }
    struct session_record *record = xcalloc(1, sizeof *record);
    struct redisReply *const *at = row->element;
    bool fits = read_integer(*at++, &record->revision) && record->revision > 0;
    SESSION_COLUMNS(READ_INTEGER, READ_TEXT, READ_HASH, READ_TEXT, READ_OWNED)
    fits &= read_id(id ? NULL : *at, id, record->id);
    if (!fits || !enums_fit(record)) {
        return session_record_free(record);
    }
    return record;
}
