/*
 * Works off the deletions owed: a push tries at once; those whose next try is due are looked for
 * once a second, and as soon as there is room while there were more than there was room for.
 */
#include "lifecycle/outbox.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/uv_timer.h"
#include "lifecycle/audit.h"
#include "lifecycle/change.h"
#include "lifecycle/window.h"

#include <string.h>
#include <utlist.h>

enum {
    LOOK_EVERY_MS = 1000,
    /* those under way are still owed in the store: enough to see past them */
    LOOK_LIMIT = 2 * OUTBOX_PARALLEL_MAX,
};

struct deletion {
    struct deletion *next, *prev;
    struct outbox *outbox;
    char id[UUID_SIZE];
    struct outbox_ticket *tickets;
    struct face_call *call;
    struct change *change;
    int64_t gone_at;               /* upstream forgets the session by itself */
    bool done;                     /* upstream has no such session any more, */
    enum deletion_outcome outcome; /* for this reason */
};

struct outbox {
    struct sessions *sessions;
    struct deletion *deletions; /* under way */
    unsigned active;
    struct window window;
    struct store_call *looking;
    size_t looking_for; /* so many at most */
    bool more;          /* are due than were found room for */
    uv_timer_t *timer;
};

static void outbox_tick(uv_timer_t *timer);
static void outbox_look(struct outbox *outbox);

struct outbox *outbox_new(struct sessions *sessions)
{
    struct outbox *outbox = xcalloc(1, sizeof *outbox);
    outbox->sessions = sessions;
    window_init(&outbox->window, OUTBOX_PARALLEL_MAX);
    outbox->timer = xcalloc(1, sizeof *outbox->timer);
    uv_timer_init(sessions->config.uv, outbox->timer);
    outbox->timer->data = outbox;
    timer_start(outbox->timer, outbox_tick, 0, LOOK_EVERY_MS);
    return outbox;
}

static void deletion_free(struct deletion *deletion)
{
    DL_DELETE(deletion->outbox->deletions, deletion);
    deletion->outbox->active--;
    free(deletion);
}

static void timer_closed(uv_handle_t *handle)
{
    free(handle);
}

struct outbox *outbox_free(struct outbox *outbox)
{
    if (!outbox)
        return NULL;
    struct deletion *deletion = NULL, *next = NULL;
    DL_FOREACH_SAFE(outbox->deletions, deletion, next)
    {
        if (deletion->call)
            face_cancel(deletion->call);
        if (deletion->change)
            change_cancel(deletion->change);
        deletion_free(deletion);
    }
    if (outbox->looking)
        store_cancel(outbox->looking);
    uv_close((uv_handle_t *)outbox->timer, timer_closed);
    free(outbox);
    return NULL;
}

/* ---- one deletion ---- */

static void deletion_tell(struct deletion *deletion)
{
    while (deletion->tickets) {
        struct outbox_ticket *ticket = deletion->tickets;
        DL_DELETE(deletion->tickets, ticket);
        ticket->deletion = NULL;
        ticket->done(ticket);
    }
}

static enum problem deletion_apply(struct session_record *record, void *context,
                                   enum session_change *ret_what)
{
    struct deletion *deletion = context;
    const struct sessions_config *config = &deletion->outbox->sessions->config;
    if (!record)
        return PROBLEM_NONE;
    int64_t now = clock_wall_ms(config->clock);
    *ret_what = deletion->done
                    ? session_deletion_done(record, deletion->outcome, &config->rules, now)
                    : session_deletion_failed(record, &config->rules, config->random, now);
    if (*ret_what == SESSION_CHANGED && record->deletion == DELETION_DONE)
        audit_note_deletion(deletion->outbox->sessions->audit, record,
                            deletion->done ? deletion->outcome : DELETION_BY_AGE);
    return PROBLEM_NONE;
}

/* Looks for the next ones when half of the room is free: a look finds those under way, too. */
static void deletion_finish(struct deletion *deletion)
{
    struct outbox *outbox = deletion->outbox;
    deletion_free(deletion);
    if (outbox->more && outbox->active <= outbox->window.size / 2)
        outbox_look(outbox);
}

/* When this could not be stored the debt stays as it is on disk: it will be tried again, and
 * upstream will answer 404; but not at once, or a full disk would cost a call for each debt. */
static void deletion_stored(void *context, enum problem problem, enum session_change what,
                            struct session_record *record)
{
    struct deletion *deletion = context;
    struct outbox *outbox = deletion->outbox;
    (void)what;
    deletion->change = NULL;
    if (problem == PROBLEM_STORE_UNAVAILABLE)
        window_refused(&outbox->window, clock_monotonic_ms(outbox->sessions->config.clock));
    session_record_free(record);
    deletion_finish(deletion);
}

/* Upstream, or the queue before it, had no time for it: that is no failed try of this one. It stays
 * due, and all of them wait a little. */
static bool deletion_is_put_off(struct deletion *deletion, enum problem problem)
{
    struct outbox *outbox = deletion->outbox;
    const struct clock *clock = outbox->sessions->config.clock;
    if (deletion->done)
        window_succeeded(&outbox->window);
    if (problem != PROBLEM_UPSTREAM_BUSY)
        return false;
    window_refused(&outbox->window, clock_monotonic_ms(clock));
    return clock_wall_ms(clock) < deletion->gone_at;
}

static void deletion_answered(void *context, struct face_answer *answer)
{
    struct deletion *deletion = context;
    deletion->call = NULL;
    deletion->done = answer->problem == PROBLEM_NONE;
    deletion->outcome = answer->not_found ? DELETION_NOT_FOUND : DELETION_BY_US;
    deletion_tell(deletion);
    if (deletion_is_put_off(deletion, answer->problem)) {
        deletion_finish(deletion);
        return;
    }
    deletion->change = change_start(deletion->outbox->sessions, deletion->id, deletion_apply,
                                    deletion_stored, deletion);
}

static struct deletion *deletion_find(struct outbox *outbox, const char *id)
{
    struct deletion *deletion = NULL;
    DL_FOREACH(outbox->deletions, deletion)
    if (strcmp(deletion->id, id) == 0)
        return deletion;
    return NULL;
}

static struct deletion *deletion_start(struct outbox *outbox, const struct session_record *record)
{
    struct deletion *deletion = xcalloc(1, sizeof *deletion);
    deletion->outbox = outbox;
    memcpy(deletion->id, record->id, UUID_SIZE);
    deletion->gone_at = record->created_at + UPSTREAM_LIFETIME_MS;
    DL_APPEND(outbox->deletions, deletion);
    outbox->active++;
    deletion->call =
        face_delete_session(outbox->sessions->config.face, (enum face_kind)record->kind,
                            record->upstream_id, record->id, deletion_answered, deletion);
    return deletion;
}

/* ---- which are due ---- */

static unsigned outbox_room(const struct outbox *outbox)
{
    uint64_t now = clock_monotonic_ms(outbox->sessions->config.clock);
    return window_room(&outbox->window, outbox->active, now);
}

static void outbox_listed(void *context, enum store_result result,
                          struct session_record *const *records, size_t count)
{
    struct outbox *outbox = context;
    outbox->looking = NULL;
    if (result != STORE_OK)
        return;
    outbox->more = count == outbox->looking_for;
    for (size_t i = 0; i < count; i++) {
        if (deletion_find(outbox, records[i]->id))
            continue;
        if (outbox_room(outbox) == 0) {
            outbox->more = true;
            return;
        }
        deletion_start(outbox, records[i]);
    }
}

/* A shared store leaves to this process what it names, and names nothing that is under way. */
static void outbox_look(struct outbox *outbox)
{
    const struct sessions_config *config = &outbox->sessions->config;
    unsigned room = outbox_room(outbox);
    if (outbox->looking || room == 0)
        return;
    outbox->looking_for = store_is_shared(config->store) ? room : LOOK_LIMIT;
    outbox->looking = store_due(config->store, clock_wall_ms(config->clock), outbox->looking_for,
                                outbox_listed, outbox);
}

static void outbox_tick(uv_timer_t *timer)
{
    outbox_look(timer->data);
}

bool outbox_push(struct outbox *outbox, const struct session_record *record,
                 struct outbox_ticket *ticket)
{
    const struct clock *clock = outbox->sessions->config.clock;
    if (record->deletion != DELETION_OWED || record->deletion_at > clock_wall_ms(clock))
        return false; /* none, or one that waits: for its next try, or for whoever wants the image
                       */
    struct deletion *deletion = deletion_find(outbox, record->id);
    if (!deletion && outbox_room(outbox) == 0) {
        outbox->more = true; /* the next look finds it */
        return false;
    }
    if (!deletion)
        deletion = deletion_start(outbox, record);
    if (!ticket || !deletion->call)
        return false;
    ticket->deletion = deletion;
    DL_APPEND(deletion->tickets, ticket);
    return true;
}

void outbox_withdraw(struct outbox_ticket *ticket)
{
    if (!ticket->deletion)
        return;
    DL_DELETE(ticket->deletion->tickets, ticket);
    ticket->deletion = NULL;
}
