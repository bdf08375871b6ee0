/*
 * Who gets the next turn, and who waits no longer. The rate itself is upstream/rate_window.c's.
 * All callbacks run from run_turns, which only libuv calls: at the end of the poll phase or at the
 * start of the next turn, whichever comes first, so that asking costs no sleep and no system call.
 * Invariant: a waiting ticket is in exactly the list its priority names.
 */
#include "upstream/pace.h"

#include "base/alloc.h"
#include "base/uv_timer.h"
#include "upstream/rate_window.h"

#include <assert.h>
#include <stdlib.h>

enum {
    MS_PER_S = 1000,
    TURNS_BEFORE_DELETE = 4, /* of others, while a delete waits */
    LOWEST_SHARE = 5,        /* of the rate and of the queue: one part in so many */
    HANDLES = 3,
    /* lists beside those of the priorities: to be refused, and being refused just now */
    REFUSED = PACE_PRIORITY_COUNT,
    REFUSING,
    LISTS,
};

struct pace {
    uv_idle_t idle; /* keeps the loop from sleeping while there is something to do now */
    uv_check_t check;
    uv_timer_t timer;
    unsigned open_handles;
    bool closed;
    bool held;
    bool soon;         /* idle and check run */
    uint64_t alarm_at; /* when the timer fires; UINT64_MAX: it does not run */
    struct pace_config config;
    uint64_t processes; /* share the rate */
    struct rate_window window;
    struct rate_window lowest_window; /* of PACE_LOWEST alone */
    struct pace_ticket lists[LISTS];  /* circular; these are the heads */
    uint64_t waiting;                 /* in the lists of the priorities */
    uint64_t lowest_waiting;          /* of these in the last one */
    uint64_t paused_until;
    unsigned turns_of_others;
    struct series *length;
};

/* ---- lists ---- */

static struct pace_ticket *list_first(struct pace *pace, unsigned list)
{
    struct pace_ticket *head = &pace->lists[list];
    return head->next == head ? NULL : head->next;
}

static void count_waiting(struct pace *pace, unsigned list, bool more)
{
    if (list < PACE_PRIORITY_COUNT) {
        pace->waiting = more ? pace->waiting + 1 : pace->waiting - 1;
        if (list == PACE_LOWEST)
            pace->lowest_waiting = more ? pace->lowest_waiting + 1 : pace->lowest_waiting - 1;
        if (pace->length) {
            series_set(pace->length, (double)pace->waiting);
        }
    }
}

static void list_append(struct pace *pace, unsigned list, struct pace_ticket *ticket)
{
    struct pace_ticket *head = &pace->lists[list];
    ticket->next = head;
    ticket->previous = head->previous;
    head->previous->next = ticket;
    head->previous = ticket;
    ticket->priority = (enum pace_priority)list;
    ticket->waiting = true;
    count_waiting(pace, list, true);
}

static void list_remove(struct pace *pace, struct pace_ticket *ticket)
{
    assert(ticket->previous && ticket->next);
    ticket->previous->next = ticket->next;
    ticket->next->previous = ticket->previous;
    ticket->next = NULL;
    ticket->previous = NULL;
    ticket->waiting = false;
    count_waiting(pace, ticket->priority, false);
}

/* ---- when ---- */

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t now_ms(const struct pace *pace)
{
    return clock_monotonic_ms(pace->config.clock);
}

/* From when on a ticket may have a turn. */
static uint64_t turn_at(const struct pace *pace)
{
    return pace->held ? UINT64_MAX : later(pace->paused_until, rate_window_free_at(&pace->window));
}

/* The same for those that wait now. */
static uint64_t next_turn_at(const struct pace *pace)
{
    if (pace->waiting > pace->lowest_waiting) {
        return turn_at(pace);
    }
    return later(turn_at(pace), rate_window_free_at(&pace->lowest_window));
}

static uint64_t patience_ends(const struct pace *pace, const struct pace_ticket *ticket)
{
    return ticket->asked_at + pace->config.max_wait_ms;
}

/* Of all tickets: the lists are in the order of asking, so the first ones tell. */
static uint64_t first_patience_ends(struct pace *pace)
{
    uint64_t at = UINT64_MAX;
    for (unsigned list = 0; list < PACE_PRIORITY_COUNT; list++) {
        const struct pace_ticket *ticket = list_first(pace, list);
        at = ticket ? sooner(at, patience_ends(pace, ticket)) : at;
    }
    return at;
}

static void run_soon(struct pace *pace);
static void on_alarm(uv_timer_t *timer);

static void schedule(struct pace *pace, uint64_t now)
{
    if (pace->closed || pace->soon) {
        return;
    }
    if (list_first(pace, REFUSED)) {
        run_soon(pace);
        return;
    }
    if (pace->waiting == 0) {
        return;
    }
    uint64_t patience = first_patience_ends(pace);
    uint64_t at = sooner(next_turn_at(pace), patience);
    if (at <= now || patience <= pace->paused_until) {
        run_soon(pace);
    } else if (at < pace->alarm_at) {
        pace->alarm_at = at;
        timer_start(&pace->timer, on_alarm, at - now, 0);
    }
}

/* ---- turns ---- */

static void refuse_hopeless(struct pace *pace, uint64_t now)
{
    for (unsigned list = 0; list < PACE_PRIORITY_COUNT; list++) {
        struct pace_ticket *ticket = list_first(pace, list);
        while (ticket && patience_ends(pace, ticket) <= later(now, pace->paused_until)) {
            list_remove(pace, ticket);
            list_append(pace, REFUSED, ticket);
            ticket = list_first(pace, list);
        }
    }
}

/* A guess at when there is room again; at least 1. */
static uint64_t retry_after_ms(const struct pace *pace, uint64_t now)
{
    uint64_t at = pace->held ? now : turn_at(pace);
    uint64_t ms = at > now ? at - now : 0;
    ms += pace->waiting * pace->processes * MS_PER_S / pace->config.rate;
    return ms > 0 ? ms : 1;
}

static void tell_refused(struct pace *pace, uint64_t now)
{
    /* callbacks may ask again and be refused again: those wait for the next run */
    struct pace_ticket *ticket;
    while ((ticket = list_first(pace, REFUSED))) {
        list_remove(pace, ticket);
        list_append(pace, REFUSING, ticket);
    }
    while ((ticket = list_first(pace, REFUSING))) {
        list_remove(pace, ticket);
        ticket->turn(ticket, false, retry_after_ms(pace, now));
    }
}

static struct pace_ticket *choose(struct pace *pace, uint64_t now)
{
    struct pace_ticket *ticket = list_first(pace, PACE_RESULT);
    ticket = ticket ? ticket : list_first(pace, PACE_CREATE);
    struct pace_ticket *delete = list_first(pace, PACE_DELETE);
    if (delete &&(!ticket || pace->turns_of_others >= TURNS_BEFORE_DELETE)) {
        ticket = delete;
    }
    if (!ticket && rate_window_free_at(&pace->lowest_window) <= now) {
        ticket = list_first(pace, PACE_LOWEST);
    }
    return ticket;
}

static struct pace_ticket *take_next(struct pace *pace, uint64_t now)
{
    struct pace_ticket *ticket = choose(pace, now);
    if (!ticket) {
        return NULL;
    }
    pace->turns_of_others = ticket->priority == PACE_DELETE ? 0 : pace->turns_of_others + 1;
    rate_window_start(&pace->window, now);
    if (ticket->priority == PACE_LOWEST) {
        rate_window_start(&pace->lowest_window, now);
    }
    list_remove(pace, ticket);
    return ticket;
}

static void give_turns(struct pace *pace, uint64_t now)
{
    /* looked at again each time: a callback may pause, withdraw or close */
    while (!pace->closed && turn_at(pace) <= now) {
        struct pace_ticket *ticket = take_next(pace, now);
        if (!ticket) {
            return;
        }
        ticket->turn(ticket, true, 0);
    }
}

static void run_turns(struct pace *pace)
{
    pace->soon = false;
    (void)uv_idle_stop(&pace->idle);
    (void)uv_check_stop(&pace->check);
    uint64_t now = now_ms(pace);
    refuse_hopeless(pace, now);
    tell_refused(pace, now);
    give_turns(pace, now);
    schedule(pace, now);
}

static void on_idle(uv_idle_t *idle)
{
    run_turns(idle->data);
}

static void on_check(uv_check_t *check)
{
    run_turns(check->data);
}

static void on_alarm(uv_timer_t *timer)
{
    struct pace *pace = timer->data;
    pace->alarm_at = UINT64_MAX;
    run_turns(pace);
}

static void run_soon(struct pace *pace)
{
    pace->soon = true;
    (void)uv_idle_start(&pace->idle, on_idle);
    (void)uv_check_start(&pace->check, on_check);
}

/* ---- for others ---- */

struct pace *pace_new(uv_loop_t *uv, const struct pace_config *config)
{
    struct pace *pace = xcalloc(1, sizeof *pace);
    pace->config = *config;
    pace->alarm_at = UINT64_MAX;
    pace->processes = 1;
    for (unsigned list = 0; list < LISTS; list++) {
        pace->lists[list].next = &pace->lists[list];
        pace->lists[list].previous = &pace->lists[list];
    }
    rate_window_init(&pace->window, config->rate, 1);
    rate_window_init(&pace->lowest_window, config->rate, LOWEST_SHARE);
    (void)uv_idle_init(uv, &pace->idle);
    (void)uv_check_init(uv, &pace->check);
    (void)uv_timer_init(uv, &pace->timer);
    pace->idle.data = pace;
    pace->check.data = pace;
    pace->timer.data = pace;
    pace->open_handles = HANDLES;
    if (config->metrics) {
        pace->length =
            METRIC_SERIES(metrics_gauge(config->metrics, "livenessd_upstream_queue_length",
                                        "Upstream calls waiting for a turn", NULL));
        series_set(METRIC_SERIES(metrics_gauge(config->metrics, "livenessd_upstream_rate_limit",
                                               "Upstream calls a second that are allowed, to all "
                                               "processes that share the store",
                                               NULL)),
                   (double)config->rate);
    }
    return pace;
}

static void on_closed(uv_handle_t *handle)
{
    struct pace *pace = handle->data;
    if (--pace->open_handles == 0) {
        rate_window_done(&pace->window);
        rate_window_done(&pace->lowest_window);
        free(pace);
    }
}

struct pace *pace_free(struct pace *pace)
{
    if (!pace) {
        return NULL;
    }
    pace->closed = true;
    for (unsigned list = 0; list < LISTS; list++) {
        struct pace_ticket *ticket;
        while ((ticket = list_first(pace, list))) {
            list_remove(pace, ticket);
        }
    }
    uv_close((uv_handle_t *)&pace->idle, on_closed);
    uv_close((uv_handle_t *)&pace->check, on_closed);
    uv_close((uv_handle_t *)&pace->timer, on_closed);
    return NULL;
}

/* Looks that can wait have room of their own, so that they keep nobody out. */
static bool has_room(const struct pace *pace, enum pace_priority priority)
{
    uint64_t max = pace->config.queue_max;
    if (priority == PACE_LOWEST) {
        return pace->lowest_waiting < later(max / LOWEST_SHARE, 1);
    }
    return pace->waiting - pace->lowest_waiting < max;
}

void pace_ask(struct pace *pace, struct pace_ticket *ticket, enum pace_priority priority,
              void (*turn)(struct pace_ticket *ticket, bool granted, uint64_t retry_after_ms))
{
    assert(!ticket->waiting && priority < PACE_PRIORITY_COUNT);
    uint64_t now = now_ms(pace);
    ticket->turn = turn;
    ticket->asked_at = now;
    list_append(pace, has_room(pace, priority) ? (unsigned)priority : REFUSED, ticket);
    schedule(pace, now);
}

bool pace_raise(struct pace *pace, struct pace_ticket *ticket, enum pace_priority priority)
{
    if (!ticket->waiting || ticket->priority >= PACE_PRIORITY_COUNT) {
        return false;
    }
    if (ticket->priority != priority) {
        list_remove(pace, ticket);
        pace_ask(pace, ticket, priority, ticket->turn);
    }
    return true;
}

void pace_refuse(struct pace *pace, struct pace_ticket *ticket,
                 void (*turn)(struct pace_ticket *ticket, bool granted, uint64_t retry_after_ms))
{
    assert(!ticket->waiting);
    uint64_t now = now_ms(pace);
    ticket->turn = turn;
    ticket->asked_at = now;
    list_append(pace, REFUSED, ticket);
    schedule(pace, now);
}

void pace_refuse_all(struct pace *pace)
{
    for (unsigned list = 0; list < PACE_PRIORITY_COUNT; list++) {
        struct pace_ticket *ticket;
        while ((ticket = list_first(pace, list))) {
            list_remove(pace, ticket);
            list_append(pace, REFUSED, ticket);
        }
    }
    schedule(pace, now_ms(pace));
}

void pace_hold(struct pace *pace, bool held)
{
    pace->held = held;
    schedule(pace, now_ms(pace));
}

void pace_withdraw(struct pace *pace, struct pace_ticket *ticket)
{
    if (ticket->waiting) {
        list_remove(pace, ticket);
    }
}

void pace_pause(struct pace *pace, uint64_t ms)
{
    uint64_t now = now_ms(pace);
    pace->paused_until = later(pace->paused_until, now + ms);
    schedule(pace, now);
}

void pace_share(struct pace *pace, unsigned processes)
{
    uint64_t rate = pace->config.rate, share = processes > 0 ? processes : 1;
    if (share == pace->processes) {
        return;
    }
    pace->processes = share;
    if (rate >= share) { /* the part that is no whole call is nobody's */
        rate_window_change(&pace->window, rate / share, 1);
    } else {
        rate_window_change(&pace->window, rate, share);
    }
    rate_window_change(&pace->lowest_window, rate, share * LOWEST_SHARE);
    schedule(pace, now_ms(pace));
}

uint64_t pace_waiting(const struct pace *pace)
{
    return pace->waiting;
}
