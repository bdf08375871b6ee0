/*
 * The arithmetic of the pace: when may the next call start, given when the last ones did? Who waits
 * and in which order is upstream/pace.c's. Invariant: any min(rate / share, 10 000) + 1 starts in a
 * row (at least two) span at least the time that rate needs for all but one of them.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { RATE_WINDOW_STARTS_MAX = 10000 };

struct rate_window {
    uint64_t *starts; /* a ring of the last starts, in ms */
    size_t size;
    size_t next;  /* the oldest start, overwritten next */
    size_t count; /* starts in the ring */
    uint64_t span_ms;
};

/* `rate` is calls a second, at least 1; the window allows one part in `share` of it. */
void rate_window_init(struct rate_window *window, uint64_t rate, uint64_t share);
void rate_window_done(struct rate_window *window);
/* Another rate or share from now on, as exact with the starts there were. */
void rate_window_change(struct rate_window *window, uint64_t rate, uint64_t share);
/* From when on a call may start; 0 when at any time. */
uint64_t rate_window_free_at(const struct rate_window *window);
/* A call starts now; not before rate_window_free_at. */
void rate_window_start(struct rate_window *window, uint64_t now_ms);
