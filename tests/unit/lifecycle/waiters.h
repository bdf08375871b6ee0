/*
 * Clients that wait: each counts what it hears.
 */
#pragma once

#include "lifecycle_world.h"

enum {
    CROWD = 130, /* more than are told in one turn */
    SOON = 1000,
    LONG = 600 * 1000,
    NEWS_COUNT = WAIT_DRAINED + 1,
};

struct waiter {
    struct wait_ticket ticket;
    struct world *world;
    unsigned heard[NEWS_COUNT]; /* how often of each news */
    bool had_face;              /* when it heard last, */
    enum session_state state;   /* and what the record was then */
    void (*then)(struct waiter *self, const struct session_record *record);
    struct waiter *other;
};

static inline unsigned heard_in_all(const struct waiter *waiter)
{
    unsigned count = 0;
    for (int news = 0; news < NEWS_COUNT; news++)
        count += waiter->heard[news];
    return count;
}

static inline unsigned ends(const struct waiter *waiter)
{
    return heard_in_all(waiter) - waiter->heard[WAIT_LOOKED];
}

static inline void told(struct wait_ticket *ticket, enum wait_news news,
                        const struct session_record *record, const struct face_session *face)
{
    struct waiter *self = (struct waiter *)ticket;
    cr_assert_eq(news != WAIT_LOOKED, ticket->waiting == NULL);
    self->heard[news]++;
    self->had_face = face != NULL;
    self->state = record->state;
    if (self->then)
        self->then(self, record);
}

static inline void wait_for(struct world *it, struct waiter *waiter,
                            const struct session_record *record, uint64_t ms)
{
    waiter->world = it;
    waiter->ticket.told = told;
    unsigned before = heard_in_all(waiter);
    waits_join(it->sessions->waits, record, NULL, "request",
               clock_monotonic_ms(it->sessions->config.clock) + ms, &waiter->ticket);
    cr_assert_eq(heard_in_all(waiter), before, "told from within the call");
}

static inline void crowd_waits(struct world *it, struct waiter crowd[CROWD],
                               const struct session_record *record, uint64_t ms)
{
    for (int i = 0; i < CROWD; i++) {
        crowd[i] = (struct waiter){.ticket.every = i % 2};
        wait_for(it, &crowd[i], record, ms);
    }
}

static inline bool all_ended(const struct waiter crowd[CROWD])
{
    for (int i = 0; i < CROWD; i++)
        if (ends(&crowd[i]) == 0)
            return false;
    return true;
}

static inline void expect_each_once(const struct waiter crowd[CROWD], enum wait_news news)
{
    for (int i = 0; i < CROWD; i++) {
        cr_expect_eq(ends(&crowd[i]), 1);
        cr_expect_eq(crowd[i].heard[news], 1);
    }
}

static inline double waiting(struct world *it)
{
    return metric_value(&it->files, "livenessd_waiters");
}

/* The loop has so many handles again, and the sessions are forgotten. */
static inline void expect_nothing_left(struct world *it, unsigned handles_before)
{
    cr_expect_eq(waiting(it), 0);
    pass(it, POLL_INTERVAL_MS);
    cr_expect_eq(asker_active(it->sessions->asker), 0);
    cr_expect_eq(handles(it), handles_before);
}

static inline struct face_call *next_look(struct world *it)
{
    struct face_call *call = fake_call(&it->face, FACE_LOOK);
    return call ? call : fake_call(&it->face, FACE_GET);
}

static inline unsigned looks(const struct world *it)
{
    return it->face.started[FACE_GET] + it->face.started[FACE_LOOK];
}
