/*
 * Walks through the open sessions with an expired token in the order of expiry and looks at each
 * once a walk. The walk's end is the present: it waits there for what expires next. Those that
 * failed are reached by walking again from the beginning, ever later while that helps none; so
 * nothing needs to be remembered of them, and they hold up nobody.
 */
#include "lifecycle/reaper.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/uv_timer.h"
#include "lifecycle/asker.h"
#include "lifecycle/audit.h"
#include "lifecycle/change.h"
#include "lifecycle/window.h"

#include <stddef.h>
#include <string.h>
#include <utlist.h>

enum {
    LOOK_EVERY_MS = 1000,
    LOOK_SPREAD_MS = 1000, /* so that what expires together on many servers is not asked together */
    WALK_AGAIN_FIRST_MS = 1000,
    WALK_AGAIN_MAX_MS = 5 * 60 * 1000,
    WALK_ANYWAY_MS = 10 * 60 * 1000, /* for what a clock that was set back has hidden */
};

struct reaping {
    struct reaping *next, *prev;
    struct reaper *reaper;
    char id[UUID_SIZE];
    struct ask_ticket ticket;
    struct change *change; /* NULL: the ticket waits */
};

struct reaper {
    struct sessions *sessions;
    struct reaping *reapings; /* under way */
    unsigned active;
    struct window window;
    struct store_call *listing;
    size_t listing_limit;
    struct store_position position;
    bool at_end;          /* nothing is behind the position but what expires from now on */
    bool failed;          /* one did, since the walk began */
    uint64_t again_at;    /* monotonic: the next walk */
    uint64_t again_after; /* how long after a failure */
    uv_timer_t *timer;
    struct series *reaped;
};

static uint64_t monotonic_ms(const struct reaper *reaper)
{
    return clock_monotonic_ms(reaper->sessions->config.clock);
}

static void reaping_free(struct reaping *reaping)
{
    DL_DELETE(reaping->reaper->reapings, reaping);
    reaping->reaper->active--;
    free(reaping);
}

/* ---- which are next ---- */

static void walk_again(struct reaper *reaper, uint64_t now)
{
    bool longer = reaper->failed && reaper->again_after < WALK_AGAIN_MAX_MS / 2;
    if (longer)
        reaper->again_after *= 2;
    else
        reaper->again_after = reaper->failed ? WALK_AGAIN_MAX_MS : WALK_AGAIN_FIRST_MS;
    reaper->failed = false;
    reaper->at_end = false;
    reaper->position = (struct store_position){0};
    reaper->again_at = now + WALK_ANYWAY_MS;
}

static void reaping_start(struct reaper *reaper, const struct session_record *record);

static void reaper_listed(void *context, enum store_result result,
                          struct session_record *const *records, size_t count)
{
    struct reaper *reaper = context;
    reaper->listing = NULL;
    if (result != STORE_OK)
        return;
    reaper->at_end = count < reaper->listing_limit;
    for (size_t i = 0; i < count; i++) {
        reaper->position.token_expires_at = records[i]->token_expires_at;
        memcpy(reaper->position.id, records[i]->id, UUID_SIZE);
        reaping_start(reaper, records[i]);
    }
}

static void reaper_look(struct reaper *reaper)
{
    const struct sessions_config *config = &reaper->sessions->config;
    uint64_t now = monotonic_ms(reaper);
    unsigned room = window_room(&reaper->window, reaper->active, now);
    if (reaper->listing || room == 0)
        return;
    if (reaper->at_end && now >= reaper->again_at)
        walk_again(reaper, now);
    reaper->listing_limit = room;
    reaper->listing = store_expired(config->store, clock_wall_ms(config->clock) - REAPER_GRACE_MS,
                                    &reaper->position, room, reaper_listed, reaper);
}

static void reaper_tick(uv_timer_t *timer)
{
    struct reaper *reaper = timer->data;
    uint32_t roll;
    reaper_look(reaper);
    random_fill(reaper->sessions->config.random, &roll, sizeof roll);
    timer_start(timer, reaper_tick, LOOK_EVERY_MS + roll % LOOK_SPREAD_MS, 0);
}

/* ---- one session ---- */

static void reaping_failed(struct reaping *reaping, bool refused)
{
    struct reaper *reaper = reaping->reaper;
    uint64_t now = monotonic_ms(reaper);
    if (!reaper->failed && reaper->again_at > now + reaper->again_after)
        reaper->again_at = now + reaper->again_after;
    reaper->failed = true;
    if (refused)
        window_refused(&reaper->window, now);
}

static void reaping_finish(struct reaping *reaping)
{
    struct reaper *reaper = reaping->reaper;
    reaping_free(reaping);
    if (!reaper->at_end)
        reaper_look(reaper);
}

static bool is_settled(enum problem problem, const struct session_record *record)
{
    return problem == PROBLEM_NONE && record->state != SESSION_CREATED;
}

/* Trouble that the next session will have as well, so that it does not even have to be tried. */
static bool is_general(enum problem problem)
{
    return problem == PROBLEM_UPSTREAM_BUSY || problem == PROBLEM_UPSTREAM_DENIED ||
           problem == PROBLEM_UPSTREAM_TIMEOUT || problem == PROBLEM_UPSTREAM_BROKEN ||
           problem == PROBLEM_STORE_UNAVAILABLE;
}

static void reaping_asked(struct ask_ticket *ticket, enum problem problem, unsigned retry_after_s,
                          const struct session_record *record, const struct face_session *face)
{
    struct reaping *reaping = (struct reaping *)((char *)ticket - offsetof(struct reaping, ticket));
    struct reaper *reaper = reaping->reaper;
    (void)retry_after_s;
    (void)face;
    if (is_settled(problem, record) && !ticket->elsewhere)
        series_add(reaper->reaped, 1);
    if (is_settled(problem, record) || problem == PROBLEM_SESSION_NOT_FOUND) /* removed meanwhile */
        window_succeeded(&reaper->window);
    else
        reaping_failed(reaping, is_general(problem));
    reaping_finish(reaping);
}

static enum problem gone_apply(struct session_record *record, void *context,
                               enum session_change *ret_what)
{
    const struct reaping *reaping = context;
    const struct sessions_config *config = &reaping->reaper->sessions->config;
    if (record)
        *ret_what = session_settle(record, NULL, &config->rules, clock_wall_ms(config->clock));
    if (*ret_what == SESSION_CHANGED)
        audit_note_settled(reaping->reaper->sessions->audit, record);
    return PROBLEM_NONE;
}

static void gone_done(void *context, enum problem problem, enum session_change what,
                      struct session_record *record)
{
    struct reaping *reaping = context;
    struct sessions *sessions = reaping->reaper->sessions;
    if (problem == PROBLEM_STORE_UNAVAILABLE || problem == PROBLEM_CONCURRENT_OPERATION)
        reaping_failed(reaping, is_general(problem));
    if (problem == PROBLEM_NONE && what == SESSION_CHANGED) {
        series_add(reaping->reaper->reaped, 1);
        sessions_note_settled(sessions, record, NULL);
    }
    session_record_free(record);
    reaping_finish(reaping);
}

static bool is_under_way(const struct reaper *reaper, const char *id)
{
    const struct reaping *reaping = NULL;
    DL_FOREACH(reaper->reapings, reaping)
    if (strcmp(reaping->id, id) == 0)
        return true;
    return false;
}

static void reaping_start(struct reaper *reaper, const struct session_record *record)
{
    struct sessions *sessions = reaper->sessions;
    if (is_under_way(reaper, record->id)) /* since the walk before this one */
        return;
    struct reaping *reaping = xcalloc(1, sizeof *reaping);
    reaping->reaper = reaper;
    reaping->ticket.done = reaping_asked;
    memcpy(reaping->id, record->id, UUID_SIZE);
    DL_APPEND(reaper->reapings, reaping);
    reaper->active++;
    int64_t gone_at = record->created_at + UPSTREAM_LIFETIME_MS;
    if (clock_wall_ms(sessions->config.clock) >= gone_at)
        reaping->change = change_start(sessions, reaping->id, gone_apply, gone_done, reaping);
    else
        asker_ask(sessions->asker, record, ASK_LOWEST, record->id, &reaping->ticket);
}

/* ---- start and end ---- */

struct reaper *reaper_new(struct sessions *sessions)
{
    struct reaper *reaper = xcalloc(1, sizeof *reaper);
    reaper->sessions = sessions;
    window_init(&reaper->window, REAPER_PARALLEL_MAX);
    walk_again(reaper, monotonic_ms(reaper));
    reaper->reaped = METRIC_SERIES(metrics_counter(
        sessions->config.metrics, "livenessd_sessions_reaped_total",
        "Sessions settled because their token had expired and nobody asked.", NULL));
    reaper->timer = xcalloc(1, sizeof *reaper->timer);
    uv_timer_init(sessions->config.uv, reaper->timer);
    reaper->timer->data = reaper;
    timer_start(reaper->timer, reaper_tick, 0, 0);
    return reaper;
}

static void timer_closed(uv_handle_t *handle)
{
    free(handle);
}

struct reaper *reaper_free(struct reaper *reaper)
{
    if (!reaper)
        return NULL;
    struct reaping *reaping = NULL, *next = NULL;
    DL_FOREACH_SAFE(reaper->reapings, reaping, next)
    {
        if (reaping->change)
            change_cancel(reaping->change);
        else
            asker_withdraw(&reaping->ticket);
        reaping_free(reaping);
    }
    if (reaper->listing)
        store_cancel(reaper->listing);
    uv_close((uv_handle_t *)reaper->timer, timer_closed);
    free(reaper);
    return NULL;
}
