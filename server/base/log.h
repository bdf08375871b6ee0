/*
 * JSON log lines, one an event: {"ts","level","event", fields…}. Only the fields of
 * log_field_table.h can be written, so that no token, key, digest, image, full address or raw id
 * can slip in: there is no field for them. Lines are gathered and written with one write(2) at
 * log_flush (end of a loop turn), at 16 KB, and at once for errors.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

enum log_field_name {
#define LOG_FIELD(symbol, name) LOG_##symbol,
#include "base/log_field_table.h"
#undef LOG_FIELD
    LOG_FIELD_COUNT
};

enum log_type { LOG_TYPE_TEXT, LOG_TYPE_INTEGER, LOG_TYPE_NUMBER };

struct log_field {
    enum log_field_name name;
    enum log_type type;
    struct slice text;
    int64_t integer;
    double number;
};

#define LOG_TEXT(symbol, value)                                                                    \
    ((struct log_field){.name = LOG_##symbol, .type = LOG_TYPE_TEXT, .text = slice_of(value)})
#define LOG_SLICE(symbol, value)                                                                   \
    ((struct log_field){.name = LOG_##symbol, .type = LOG_TYPE_TEXT, .text = (value)})
#define LOG_INT(symbol, value)                                                                     \
    ((struct log_field){.name = LOG_##symbol, .type = LOG_TYPE_INTEGER, .integer = (value)})
#define LOG_NUM(symbol, value)                                                                     \
    ((struct log_field){.name = LOG_##symbol, .type = LOG_TYPE_NUMBER, .number = (value)})

struct clock;
struct log;

/* Writes to fd, which stays the caller's. Freed by log_free, which flushes. */
struct log *log_new(int fd, enum log_level level, const struct clock *clock);
struct log *log_free(struct log *log);
void log_flush(struct log *log);

static inline bool log_enabled(const struct log *log, enum log_level level);

/* `event` is a short literal in the past tense ("session created"). Text fields that are NULL are
 * left out; text over 200 bytes is cut. Accepts a NULL log (does nothing). */
void log_write(struct log *log, enum log_level level, const char *event,
               const struct log_field *fields, size_t count);

#define LOG_EVENT(log, level, event, ...)                                                          \
    do {                                                                                           \
        if (log_enabled((log), (level))) {                                                         \
            const struct log_field fields_[] = {__VA_ARGS__};                                      \
            log_write((log), (level), (event), fields_, sizeof fields_ / sizeof *fields_);         \
        }                                                                                          \
    } while (0)

/* The start of struct log, so that the level check costs no call. */
struct log_head {
    enum log_level level;
};

static inline bool log_enabled(const struct log *log, enum log_level level)
{
    return log && level <= ((const struct log_head *)log)->level;
}
