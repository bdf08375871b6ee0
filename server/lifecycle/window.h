/*
 * How many upstream calls work that nobody waits for has under way at once. What upstream, or the
 * queue before it, refuses halves the number and pauses the work, ever longer while nothing else
 * comes; each call that went well allows one more again. So the work takes what is left over,
 * whatever the rate is. Invariant: 1 <= size <= max.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { WINDOW_PAUSE_FIRST_MS = 1000, WINDOW_PAUSE_MAX_MS = 16 * 1000 };

struct window {
    unsigned size;
    unsigned max;
    uint64_t pause_ms;     /* the next one */
    uint64_t paused_until; /* monotonic */
};

static inline void window_init(struct window *window, unsigned max)
{
    *window = (struct window){.size = max, .max = max, .pause_ms = WINDOW_PAUSE_FIRST_MS};
}

static inline void window_succeeded(struct window *window)
{
    window->pause_ms = WINDOW_PAUSE_FIRST_MS;
    if (window->size < window->max)
        window->size++;
}

/* Refusals during a pause are of calls that were under way when it began: they count as one. */
static inline void window_refused(struct window *window, uint64_t now)
{
    if (now < window->paused_until)
        return;
    if (window->size > 1)
        window->size /= 2;
    window->paused_until = now + window->pause_ms;
    if (window->pause_ms < WINDOW_PAUSE_MAX_MS / 2)
        window->pause_ms *= 2;
    else
        window->pause_ms = WINDOW_PAUSE_MAX_MS;
}

/* How many more may begin now. */
static inline unsigned window_room(const struct window *window, unsigned active, uint64_t now)
{
    return now < window->paused_until || active >= window->size ? 0 : window->size - active;
}
