/*
 * One `waiting` a session that clients wait for: its tickets, what is known of it, and the timer of
 * the next look or the next ticket's end. Who is to be told something is put into one queue, which
 * is worked off a slice a turn. Invariant: a waiting has tickets, or is being told from.
 */
#include "lifecycle/waits.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/table.h"
#include "base/uv_timer.h"
#include "lifecycle/asker.h"
#include "lifecycle/results.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

enum {
    SLICE = 50,            /* a reply takes some 20 us */
    TELL_EVERY_MS = 1,     /* at 0 libuv would go on in the same turn */
    UNTIL_GRAIN_MS = 100,  /* waits that end within this end together */
    QUIET_EVERY_MS = 5000, /* no completion yet */
    COMPLETED_FIRST_MS = 500,
    COMPLETED_LAST_MS = 5000,
};

struct waiting {
    UT_hash_handle hh;
    struct waits *waits;
    char id[UUID_SIZE];
    struct session_record *record;
    struct face_session *face;         /* no longer than its attempts; NULL: not known */
    char request_id[RECORD_TEXT_SIZE]; /* of whoever came last */
    struct wait_ticket *tickets;
    struct ask_ticket ask;
    uint64_t pause_ms; /* before the next look */
    uint64_t look_at;  /* monotonic */
    uint64_t alarm_at; /* when the timer fires */
    bool telling;
    uv_timer_t timer;
};

struct waits {
    struct sessions *sessions;
    struct waiting *waitings;
    struct wait_ticket *queue;
    bool draining;
    uv_timer_t *teller;
    unsigned count;
    struct series *gauge;
};

static uint64_t now_ms(const struct waits *waits)
{
    return clock_monotonic_ms(waits->sessions->config.clock);
}

static void count_tickets(struct waits *waits, int more)
{
    waits->count = (unsigned)((int)waits->count + more);
    series_set(waits->gauge, waits->count);
}

/* ---- what is known ---- */

static void know_record(struct waiting *waiting, const struct session_record *record)
{
    struct session_record *old = waiting->record; /* may be the one we are told */
    waiting->record = session_record_copy(record);
    session_record_free(old);
}

static void know_face(struct waiting *waiting, const struct face_session *face)
{
    struct face_session *old = waiting->face; /* likewise */
    waiting->face = face ? results_copy(face) : NULL;
    free(old);
}

/* All that is known of a look of another process; what else was known still holds. */
static void know_word(struct waiting *waiting, const char *word)
{
    const struct session_record *record = waiting->record;
    struct face_session *face = waiting->face;
    if (!face) {
        face = xcalloc(1, offsetof(struct face_session, attempts));
        memcpy(face->model_version, record->model_version, sizeof record->model_version);
        results_complete(record, face);
        waiting->face = face;
    }
    (void)snprintf(face->status_word, sizeof face->status_word, "%s", word);
    face->status = face_status_from(slice_of(word));
}

static bool is_completed(const struct waiting *waiting)
{
    return waiting->record->completion.completed_at != 0;
}

/* ---- ends ---- */

static void waiting_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void waiting_close(struct waiting *waiting)
{
    HASH_DEL(waiting->waits->waitings, waiting);
    asker_withdraw(&waiting->ask);
    waiting->record = session_record_free(waiting->record);
    know_face(waiting, NULL);
    uv_close((uv_handle_t *)&waiting->timer, waiting_closed);
}

static void ticket_remove(struct waiting *waiting, struct wait_ticket *ticket)
{
    struct waits *waits = waiting->waits;
    if (ticket->due)
        DL_DELETE2(waits->queue, ticket, told_prev, told_next);
    DL_DELETE(waiting->tickets, ticket);
    ticket->due = false;
    ticket->waiting = NULL;
    count_tickets(waits, -1);
}

static void waiting_drop_if_idle(struct waiting *waiting)
{
    if (!waiting->tickets && !waiting->telling)
        waiting_close(waiting);
}

void waits_leave(struct wait_ticket *ticket)
{
    struct waiting *waiting = ticket->waiting;
    if (!waiting)
        return;
    ticket_remove(waiting, ticket);
    waiting_drop_if_idle(waiting);
}

/* ---- telling ---- */

static void on_teller(uv_timer_t *timer);

static void ticket_queue(struct wait_ticket *ticket, enum wait_news news)
{
    struct waits *waits = ticket->waiting->waits;
    if (ticket->due) { /* what ends it stays */
        ticket->news = ticket->news == WAIT_LOOKED ? news : ticket->news;
        return;
    }
    ticket->news = news;
    ticket->due = true;
    DL_APPEND2(waits->queue, ticket, told_prev, told_next);
    if (!uv_is_active((uv_handle_t *)waits->teller))
        timer_start(waits->teller, on_teller, TELL_EVERY_MS, 0);
}

static void queue_all(struct waiting *waiting, enum wait_news news)
{
    struct wait_ticket *ticket = NULL;
    DL_FOREACH(waiting->tickets, ticket)
    if (news != WAIT_LOOKED || ticket->every)
        ticket_queue(ticket, news);
}

/* The ticket may be gone afterwards. */
static void ticket_tell(struct wait_ticket *ticket)
{
    struct waiting *waiting = ticket->waiting;
    enum wait_news news = ticket->news;
    bool settled = waiting->record->state != SESSION_CREATED;
    const struct face_session *face = ticket->has_face && !settled ? waiting->face : NULL;
    waiting->telling = true;
    if (news == WAIT_LOOKED) {
        DL_DELETE2(waiting->waits->queue, ticket, told_prev, told_next);
        ticket->due = false;
    } else {
        ticket_remove(waiting, ticket);
    }
    ticket->told(ticket, news, waiting->record, face);
    waiting->telling = false;
    waiting_drop_if_idle(waiting);
}

static void on_teller(uv_timer_t *timer)
{
    struct waits *waits = timer->data;
    for (int told = 0; waits->queue && told < SLICE; told++)
        ticket_tell(waits->queue);
    if (waits->queue && !uv_is_active((uv_handle_t *)timer))
        timer_start(timer, on_teller, TELL_EVERY_MS, 0);
}

/* ---- looking ---- */

static void on_alarm(uv_timer_t *timer);

static void set_alarm(struct waiting *waiting, uint64_t at)
{
    uint64_t now = now_ms(waiting->waits);
    if (at >= waiting->alarm_at)
        return;
    waiting->alarm_at = at;
    timer_start(&waiting->timer, on_alarm, at > now ? at - now : 0, 0);
}

static uint64_t first_pause_ms(const struct waiting *waiting)
{
    uint64_t half = waiting->waits->sessions->config.poll_interval_ms / 2;
    return half > COMPLETED_FIRST_MS ? half : COMPLETED_FIRST_MS;
}

static void look_after(struct waiting *waiting, uint64_t pause_ms)
{
    waiting->look_at = now_ms(waiting->waits) + pause_ms;
    set_alarm(waiting, waiting->look_at);
}

/* A look is over: it takes longer every time. */
static void plan_look(struct waiting *waiting)
{
    look_after(waiting, is_completed(waiting) ? waiting->pause_ms : QUIET_EVERY_MS);
    if (is_completed(waiting) && waiting->pause_ms < COMPLETED_LAST_MS)
        waiting->pause_ms =
            waiting->pause_ms * 2 < COMPLETED_LAST_MS ? waiting->pause_ms * 2 : COMPLETED_LAST_MS;
}

/* Of a look that found it pending the waiting has heard as everybody else has. */
static void on_asked(struct ask_ticket *ask, enum problem problem, unsigned retry_after_s,
                     const struct session_record *record, const struct face_session *face)
{
    struct waiting *waiting = (struct waiting *)((char *)ask - offsetof(struct waiting, ask));
    (void)retry_after_s;
    (void)face;
    if (problem == PROBLEM_SESSION_NOT_FOUND)
        queue_all(waiting, WAIT_GONE);
    else if (problem != PROBLEM_NONE)
        plan_look(waiting);
    else
        waits_tell_change(waiting->waits, record);
}

static void look(struct waiting *waiting)
{
    struct sessions *sessions = waiting->waits->sessions;
    bool soon = is_completed(waiting) && waiting->pause_ms < COMPLETED_LAST_MS;
    waiting->look_at = UINT64_MAX; /* until it is over */
    if (waiting->ask.asking || waiting->record->state != SESSION_CREATED)
        return;
    waiting->ask.done = on_asked;
    waiting->ask.hears_others = true;
    asker_ask(sessions->asker, waiting->record, soon ? ASK_AT_ONCE : ASK_LOWEST,
              waiting->request_id, &waiting->ask);
}

static void on_alarm(uv_timer_t *timer)
{
    struct waiting *waiting = timer->data;
    uint64_t now = now_ms(waiting->waits), next = UINT64_MAX;
    struct wait_ticket *ticket = NULL;
    waiting->alarm_at = UINT64_MAX;
    if (waiting->look_at <= now)
        look(waiting);
    DL_FOREACH(waiting->tickets, ticket)
    {
        if (ticket->until <= now)
            ticket_queue(ticket, WAIT_OVER);
        else
            next = ticket->until < next ? ticket->until : next;
    }
    next = waiting->look_at < next ? waiting->look_at : next;
    if (next != UINT64_MAX)
        set_alarm(waiting, next);
}

/* ---- what others learn ---- */

static struct waiting *waiting_find(const struct waits *waits, const char *id)
{
    struct waiting *waiting = NULL;
    HASH_FIND(hh, waits->waitings, id, UUID_SIZE - 1, waiting);
    return waiting;
}

static void tell_look(struct waiting *waiting)
{
    struct wait_ticket *ticket = NULL;
    DL_FOREACH(waiting->tickets, ticket)
    ticket->has_face = waiting->face != NULL;
    queue_all(waiting, WAIT_LOOKED);
}

void waits_tell_look(struct waits *waits, const struct session_record *record,
                     const struct face_session *face)
{
    struct waiting *waiting = waiting_find(waits, record->id);
    if (!waiting)
        return;
    know_face(waiting, face);
    tell_look(waiting);
    plan_look(waiting);
}

void waits_tell_looked(struct waits *waits, const char *id, const char *status_word)
{
    struct waiting *waiting = waiting_find(waits, id);
    if (!waiting || waiting->record->state != SESSION_CREATED)
        return;
    if (status_word[0] != '\0') {
        know_word(waiting, status_word);
        tell_look(waiting);
    }
    plan_look(waiting);
}

void waits_tell_gone(struct waits *waits, const char *id)
{
    struct waiting *waiting = waiting_find(waits, id);
    if (waiting)
        queue_all(waiting, WAIT_GONE);
}

void waits_tell_change(struct waits *waits, const struct session_record *record)
{
    struct waiting *waiting = waiting_find(waits, record->id);
    if (!waiting)
        return;
    bool completed = is_completed(waiting);
    know_record(waiting, record);
    if (record->state == SESSION_SETTLED) {
        queue_all(waiting, WAIT_SETTLED);
    } else if (record->state != SESSION_CREATED) {
        queue_all(waiting, WAIT_GONE);
    } else if (!completed && is_completed(waiting)) {
        waiting->pause_ms = first_pause_ms(waiting); /* from the look of whoever completed it */
        look_after(waiting, waiting->pause_ms);
    }
}

bool waits_has(const struct waits *waits, const char *id)
{
    return waiting_find(waits, id) != NULL;
}

void waits_each(const struct waits *waits, void (*each)(void *context, const char *id),
                void *context)
{
    for (const struct waiting *waiting = waits->waitings; waiting; waiting = waiting->hh.next)
        each(context, waiting->id);
}

/* ---- joining ---- */

static struct waiting *waiting_new(struct waits *waits, const struct session_record *record)
{
    struct waiting *waiting = xcalloc(1, sizeof *waiting);
    waiting->waits = waits;
    waiting->alarm_at = UINT64_MAX;
    waiting->record = session_record_copy(record);
    waiting->pause_ms = first_pause_ms(waiting);
    uv_timer_init(waits->sessions->config.uv, &waiting->timer);
    waiting->timer.data = waiting;
    memcpy(waiting->id, record->id, UUID_SIZE);
    HASH_ADD(hh, waits->waitings, id, UUID_SIZE - 1, waiting);
    plan_look(waiting);
    return waiting;
}

void waits_join(struct waits *waits, const struct session_record *record,
                const struct face_session *face, const char *request_id, uint64_t until,
                struct wait_ticket *ticket)
{
    struct waiting *waiting = waiting_find(waits, record->id);
    if (!waiting)
        waiting = waiting_new(waits, record);
    if (face)
        know_face(waiting, face);
    strncpy(waiting->request_id, request_id, sizeof waiting->request_id - 1);
    ticket->waiting = waiting;
    ticket->has_face = face != NULL;
    ticket->until = (until + UNTIL_GRAIN_MS - 1) / UNTIL_GRAIN_MS * UNTIL_GRAIN_MS;
    DL_APPEND(waiting->tickets, ticket);
    count_tickets(waits, 1);
    if (waits->draining)
        ticket_queue(ticket, WAIT_DRAINED);
    else if (waiting->record->state != SESSION_CREATED)
        ticket_queue(ticket, waiting->record->state == SESSION_SETTLED ? WAIT_SETTLED : WAIT_GONE);
    else
        set_alarm(waiting, ticket->until);
}

void waits_drain(struct waits *waits)
{
    waits->draining = true;
    for (struct waiting *waiting = waits->waitings; waiting; waiting = waiting->hh.next)
        queue_all(waiting, WAIT_DRAINED);
}

/* ---- start and end ---- */

struct waits *waits_new(struct sessions *sessions)
{
    struct waits *waits = xcalloc(1, sizeof *waits);
    waits->sessions = sessions;
    waits->gauge =
        METRIC_SERIES(metrics_gauge(sessions->config.metrics, "livenessd_waiters",
                                    "Clients waiting for a session to be settled.", NULL));
    waits->teller = xcalloc(1, sizeof *waits->teller);
    uv_timer_init(sessions->config.uv, waits->teller);
    waits->teller->data = waits;
    return waits;
}

static void teller_closed(uv_handle_t *handle)
{
    free(handle);
}

struct waits *waits_free(struct waits *waits)
{
    if (!waits)
        return NULL;
    while (waits->waitings) {
        struct waiting *waiting = waits->waitings;
        while (waiting->tickets)
            ticket_remove(waiting, waiting->tickets);
        waiting_close(waiting);
    }
    uv_close((uv_handle_t *)waits->teller, teller_closed);
    free(waits);
    return NULL;
}
