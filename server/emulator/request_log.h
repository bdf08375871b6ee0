/*
 * The last calls the emulated service got, in the order they came, for tests to count. An entry is
 * made when the call arrives and completed when it is answered: a status of 0 was never answered
 * (still waiting, cut off by a fault, or given up by its client).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"

enum { EMU_LOGGED_REQUESTS_MAX = 100000, EMU_LOGGED_PATH_MAX = 200, EMU_LOGGED_METHOD_SIZE = 16 };

struct emu_logged_request {
    char method[EMU_LOGGED_METHOD_SIZE];
    char *path; /* owned, cut to EMU_LOGGED_PATH_MAX bytes */
    int status;
};

struct emu_request_log {
    struct emu_logged_request *entries; /* owned; a ring */
    size_t capacity;                    /* grows up to max */
    size_t max;
    uint64_t first, end; /* numbers of the oldest entry and of the next one; never reused */
};

void emu_request_log_init(struct emu_request_log *log, size_t max);
void emu_request_log_done(struct emu_request_log *log);
/* The number of the new entry; the oldest goes when the log is full. */
uint64_t emu_request_log_add(struct emu_request_log *log, struct slice method, struct slice path);
/* Does nothing when the entry is gone. */
void emu_request_log_set_status(struct emu_request_log *log, uint64_t number, int status);
void emu_request_log_clear(struct emu_request_log *log);
/* {"requests":[{"method","path","status"},…]}, oldest first. */
void emu_request_log_write(const struct emu_request_log *log, struct buf *ret);
