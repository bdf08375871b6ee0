/*
 * Gathering log lines and writing them. What may be logged is decided by log_field_table.h.
 * Invariant: the buffer holds whole lines only, except for the rest of one that a full pipe cut in
 * two; a reader that does not keep up costs lines (counted and said), never memory.
 */
#include "base/log.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/utf8.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FLUSH_BYTES = 16 * 1024, BUFFER_BYTES = 256 * 1024, TEXT_BYTES = 200 };

struct log {
    struct log_head head; /* first: log_enabled looks at it */
    int fd;
    const struct clock *clock;
    struct buf lines;
    uint64_t lost;
};

static const char *const level_names[] = {"error", "warn", "info", "debug"};

static const char *const field_names[LOG_FIELD_COUNT] = {
#define LOG_FIELD(symbol, name) [LOG_##symbol] = (name),
#include "base/log_field_table.h"
#undef LOG_FIELD
};

struct log *log_new(int fd, enum log_level level, const struct clock *clock)
{
    struct log *log = xcalloc(1, sizeof *log);
    *log = (struct log){.head = {level}, .fd = fd, .clock = clock};
    buf_init(&log->lines, BUFFER_BYTES);
    return log;
}

struct log *log_free(struct log *log)
{
    if (log) {
        log_flush(log);
        buf_done(&log->lines);
        free(log);
    }
    return NULL;
}

/* Forgets the first `size` bytes. */
static void drop_written(struct buf *lines, size_t size)
{
    lines->len -= size;
    memmove(lines->data, lines->data + size, lines->len + 1);
}

void log_flush(struct log *log)
{
    if (!log || log->lines.len == 0) {
        return;
    }
    ssize_t written;
    do {
        written = write(log->fd, log->lines.data, log->lines.len);
    } while (written < 0 && errno == EINTR);
    if (written >= 0) {
        /* what a full pipe did not take waits for the next flush */
        drop_written(&log->lines, (size_t)written);
    } else if (errno != EAGAIN) {
        log->lost++;
        buf_reset(&log->lines);
    }
}

static void put_field(struct json_writer *writer, const struct log_field *field)
{
    assert((unsigned)field->name < LOG_FIELD_COUNT);
    const char *name = field_names[field->name];
    switch (field->type) {
    case LOG_TYPE_INTEGER:
        json_put_integer(writer, name, field->integer);
        break;
    case LOG_TYPE_NUMBER:
        if (isfinite(field->number)) {
            json_put_number(writer, name, field->number);
        }
        break;
    case LOG_TYPE_TEXT:
        if (field->text.data) {
            size_t size = utf8_cut(field->text.data, field->text.len, TEXT_BYTES);
            json_put_slice(writer, name, (struct slice){field->text.data, size});
        }
        break;
    }
}

/* Appends one line, or nothing when it does not fit. */
static bool put_line(struct log *log, enum log_level level, const char *event,
                     const struct log_field *fields, size_t count)
{
    char now[RFC3339_SIZE];
    rfc3339_format(clock_wall_ms(log->clock), now);
    struct buf *lines = &log->lines;
    size_t before = lines->len;
    struct json_writer writer = json_writer(lines);
    json_open(&writer, NULL, '{');
    json_put_string(&writer, "ts", now);
    json_put_string(&writer, "level", level_names[level]);
    json_put_string(&writer, "event", event);
    for (size_t i = 0; i < count; i++) {
        put_field(&writer, &fields[i]);
    }
    json_close(&writer, '}');
    buf_putc(lines, '\n');
    if (!buf_failed(lines)) {
        return true;
    }
    lines->failed = false;
    lines->len = before;
    lines->data[before] = '\0';
    return false;
}

void log_write(struct log *log, enum log_level level, const char *event,
               const struct log_field *fields, size_t count)
{
    if (!log_enabled(log, level)) {
        return;
    }
    if (log->lost > 0) {
        const struct log_field lost = LOG_INT(COUNT, (int64_t)log->lost);
        if (put_line(log, LOG_WARN, "log lines lost", &lost, 1)) {
            log->lost = 0;
        }
    }
    if (!put_line(log, level, event, fields, count)) {
        log->lost++;
    }
    if (level == LOG_ERROR || log->lines.len >= FLUSH_BYTES) {
        log_flush(log);
    }
}
