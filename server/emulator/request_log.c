/*
 * A ring of entries that grows up to its maximum. Numbers of entries only ever grow, so that a late
 * answer never completes somebody else's entry.
 */
#include "emulator/request_log.h"

#include "base/json.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 256 };

void emu_request_log_init(struct emu_request_log *log, size_t max)
{
    *log = (struct emu_request_log){.max = max};
}

static struct emu_logged_request *entry_at(const struct emu_request_log *log, uint64_t number)
{
    assert(log->capacity > 0);
    return &log->entries[number % log->capacity];
}

static void drop_oldest(struct emu_request_log *log)
{
    struct emu_logged_request *entry = entry_at(log, log->first++);

    free(entry->path);
    *entry = (struct emu_logged_request){0};
}

void emu_request_log_clear(struct emu_request_log *log)
{
    while (log->first < log->end)
        drop_oldest(log);
}

void emu_request_log_done(struct emu_request_log *log)
{
    emu_request_log_clear(log);
    free(log->entries);
    *log = (struct emu_request_log){0};
}

/* Entries move because their place is their number modulo the capacity. */
static void grow(struct emu_request_log *log)
{
    size_t capacity = log->capacity ? log->capacity * 2 : FIRST_CAPACITY;

    if (capacity > log->max)
        capacity = log->max;
    struct emu_logged_request *entries = xcalloc(capacity, sizeof *entries);
    for (uint64_t i = log->first; i < log->end; i++)
        entries[i % capacity] = *entry_at(log, i);
    free(log->entries);
    log->entries = entries;
    log->capacity = capacity;
}

static size_t at_most(size_t size, size_t limit)
{
    return size < limit ? size : limit;
}

uint64_t emu_request_log_add(struct emu_request_log *log, struct slice method, struct slice path)
{
    if (log->end - log->first == log->capacity && log->capacity < log->max)
        grow(log);
    if (log->end - log->first == log->max)
        drop_oldest(log);
    struct emu_logged_request *entry = entry_at(log, log->end);
    memcpy(entry->method, method.data, at_most(method.len, sizeof entry->method - 1));
    entry->path = xmemdup0(path.data, at_most(path.len, EMU_LOGGED_PATH_MAX));
    return log->end++;
}

void emu_request_log_set_status(struct emu_request_log *log, uint64_t number, int status)
{
    if (number >= log->first && number < log->end)
        entry_at(log, number)->status = status;
}

void emu_request_log_write(const struct emu_request_log *log, struct buf *ret)
{
    struct json_writer writer = json_writer(ret);

    json_open(&writer, NULL, '{');
    json_open(&writer, "requests", '[');
    for (uint64_t i = log->first; i < log->end; i++) {
        const struct emu_logged_request *entry = entry_at(log, i);
        json_open(&writer, NULL, '{');
        json_put_string(&writer, "method", entry->method);
        json_put_string(&writer, "path", entry->path);
        json_put_integer(&writer, "status", entry->status);
        json_close(&writer, '}');
    }
    json_close(&writer, ']');
    json_close(&writer, '}');
}
