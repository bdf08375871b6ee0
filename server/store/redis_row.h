/*
 * A session record as the members of a hash: written as arguments of a script, read from what a
 * script answers. What it reads it takes for damaged unless we can have written it: others can
 * write into the same Redis. Invariant: redis_row_read(redis_row_write(r)) equals r.
 */
#pragma once

#include "base/alloc.h"
#include "base/slice.h"
#include "redis/client.h"
#include "store/session_columns.h"
#include "store/store.h"

#include <stddef.h>
#include <stdint.h>

#define ROW_INDEX(column, member) ROW_##column,

enum row_column {
    SESSION_COLUMNS(ROW_INDEX, ROW_INDEX, ROW_INDEX, ROW_INDEX, ROW_INDEX) ROW_COLUMNS
};

enum {
    ROW_ELEMENTS = ROW_COLUMNS + 1, /* revision, then the columns */
    ROW_OWNED_MAX = 65536,          /* bytes of a text on the heap */
    /* of one command: a script's own, at most STORE_FIND_MAX ids, or a record */
    ARGUMENTS_MAX = 2 * ROW_COLUMNS + 32,
    ARGUMENT_NUMBERS_MAX = ROW_COLUMNS + 16,
    ARGUMENT_NUMBER_SIZE = sizeof "-9223372036854775808",
    ARGUMENT_KEY_SIZE = 160,
};

/* The arguments of a command. Texts have to live until it is sent; numbers are kept here. */
struct redis_arguments {
    size_t count;
    struct slice list[ARGUMENTS_MAX];
    size_t number_count;
    char numbers[ARGUMENT_NUMBERS_MAX][ARGUMENT_NUMBER_SIZE];
    char key[ARGUMENT_KEY_SIZE]; /* for one that is made up for the command */
};

void arguments_put(struct redis_arguments *arguments, struct slice text);
void arguments_put_number(struct redis_arguments *arguments, int64_t number);

/* Column and value of every member that is neither zero nor empty. */
void redis_row_write(struct redis_arguments *arguments, const struct session_record *record);
/* Revision and columns, as a command that reads them all. */
void redis_row_ask(struct redis_arguments *arguments);
/* Of an array with ROW_ELEMENTS and one more: the id, when `id` is NULL. NULL when it cannot have
 * been written by us. The caller's, who frees it. */
struct session_record *redis_row_read(const struct redisReply *row, const char *id) MUST_CHECK;
