/*
 * The ring of starts. Times are whole milliseconds cut off below, so two of them may lie almost one
 * millisecond closer than they look: the span is rounded up and one more is added. Upstream counts
 * when calls arrive, and the first of a second may take longer than the last, by a connection to be
 * made: a fiftieth is left for that, or a queue that is never empty would be told 429 now and then.
 */
#include "upstream/rate_window.h"

#include "base/alloc.h"

#include <assert.h>
#include <stdlib.h>

enum { MS_PER_S = 1000, SLACK_PART = 50 };

void rate_window_init(struct rate_window *window, uint64_t rate, uint64_t share)
{
    assert(rate > 0 && share > 0);
    uint64_t starts = rate < share ? 1 : rate / share;
    size_t size = starts < RATE_WINDOW_STARTS_MAX ? (size_t)starts : RATE_WINDOW_STARTS_MAX;
    uint64_t exact_ms = (size * MS_PER_S * share + rate - 1) / rate;
    *window = (struct rate_window){
        .starts = xcalloc(size, sizeof *window->starts),
        .size = size,
        .span_ms = exact_ms + exact_ms / SLACK_PART + 1,
    };
}

void rate_window_done(struct rate_window *window)
{
    free(window->starts);
    *window = (struct rate_window){0};
}

/* No more starts than the old ring holds lie within its span, so the newer ones are all that the
 * new one can want to know. */
void rate_window_change(struct rate_window *window, uint64_t rate, uint64_t share)
{
    struct rate_window changed;
    rate_window_init(&changed, rate, share);
    size_t kept = window->count < changed.size ? window->count : changed.size;
    for (size_t i = 0; i < kept; i++) {
        size_t age = kept - i;
        changed.starts[i] = window->starts[(window->next + window->size - age) % window->size];
    }
    changed.count = kept;
    changed.next = kept < changed.size ? kept : 0;
    free(window->starts);
    *window = changed;
}

uint64_t rate_window_free_at(const struct rate_window *window)
{
    return window->count < window->size ? 0 : window->starts[window->next] + window->span_ms;
}

void rate_window_start(struct rate_window *window, uint64_t now_ms)
{
    assert(now_ms >= rate_window_free_at(window));
    window->starts[window->next] = now_ms;
    window->next = window->next + 1 < window->size ? window->next + 1 : 0;
    window->count += window->count < window->size ? 1 : 0;
}
