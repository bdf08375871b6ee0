/*
 * The pace queue: every upstream call waits here for its turn. Results go first, then creates, then
 * deletes, but every fifth turn is a delete's if one waits (else they starve: with creates first,
 * ten minutes at triple load make thousands of paid sessions and hardly a verdict). Last come looks
 * that can wait: they get turns nobody else wants, at most a fifth of the rate and of the queue.
 * In any stretch of min(rate, 10 000) calls the average never exceeds `rate` calls a second.
 * Bounded in length and wait. Processes that share the rate have a queue each: no word passes
 * between them but how many they are.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/clock.h"
#include "base/metrics.h"

enum pace_priority { PACE_RESULT, PACE_CREATE, PACE_DELETE, PACE_LOWEST, PACE_PRIORITY_COUNT };

struct pace_config {
    uint64_t rate;        /* calls a second */
    uint64_t queue_max;   /* tickets waiting */
    uint64_t max_wait_ms; /* then refused */
    const struct clock *clock;
    struct metrics *metrics; /* livenessd_upstream_queue_…; may be NULL */
};

/* Lives in the caller's struct; zero it before first use. */
struct pace_ticket {
    struct pace_ticket *next, *previous;
    /* `granted`: the call may go out now. Else *retry_after_ms says when to try again. */
    void (*turn)(struct pace_ticket *ticket, bool granted, uint64_t retry_after_ms);
    enum pace_priority priority;
    uint64_t asked_at;
    bool waiting;
};

struct pace;

struct pace *pace_new(uv_loop_t *uv, const struct pace_config *config);
/* Waiting tickets are forgotten without a callback. The uv handles need turns of the loop to go. */
struct pace *pace_free(struct pace *pace);

/* `turn` runs later, never from within this call. */
void pace_ask(struct pace *pace, struct pace_ticket *ticket, enum pace_priority priority,
              void (*turn)(struct pace_ticket *ticket, bool granted, uint64_t retry_after_ms));
/* Whether the ticket still waits for its turn; then it waits with this priority from now on, behind
 * those that do already. */
bool pace_raise(struct pace *pace, struct pace_ticket *ticket, enum pace_priority priority);
/* The ticket is refused, later like any other: for calls that fail before they are sent. */
void pace_refuse(struct pace *pace, struct pace_ticket *ticket,
                 void (*turn)(struct pace_ticket *ticket, bool granted, uint64_t retry_after_ms));
/* All that wait are refused. */
void pace_refuse_all(struct pace *pace);
/* While held nobody has a turn (there is no credential to send with); waits stay bounded. */
void pace_hold(struct pace *pace, bool held);
/* The ticket's turn will not come. No effect on one that does not wait. */
void pace_withdraw(struct pace *pace, struct pace_ticket *ticket);
/* No turn before `ms` from now (Retry-After); waiting tickets whose wait would be over by then are
 * refused at once. Never shortens a pause. */
void pace_pause(struct pace *pace, uint64_t ms);
/* From now on the rate is shared among so many processes (0 counts as 1). Each has its part in
 * whole calls a second, so that all together keep the rate in every second; where there are more
 * processes than calls each has one in so many seconds, which all together keep on average. */
void pace_share(struct pace *pace, unsigned processes);
uint64_t pace_waiting(const struct pace *pace);
