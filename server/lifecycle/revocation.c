/*
 * Revocations: a change of the record, again after a while when the store fails or others change it
 * all the time. They are few: one for a client that left within the moment between the insert and
 * its answer.
 */
#include "lifecycle/revocation.h"

#include "base/alloc.h"
#include "base/uv_timer.h"
#include "lifecycle/audit.h"
#include "lifecycle/change.h"
#include "lifecycle/outbox.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

enum { AGAIN_MS = 1000 };

struct revocation {
    struct revocation *next, *prev;
    struct sessions *sessions;
    char id[UUID_SIZE];
    uv_timer_t *timer; /* the next try */
};

static void timer_closed(uv_handle_t *handle)
{
    free(handle);
}

static void revocation_free(struct revocation *revocation)
{
    DL_DELETE(revocation->sessions->revocations, revocation);
    uv_close((uv_handle_t *)revocation->timer, timer_closed);
    free(revocation);
}

static void revocation_try(uv_timer_t *timer);

static enum problem revocation_apply(struct session_record *record, void *context,
                                     enum session_change *ret_what)
{
    const struct revocation *revocation = context;
    const struct sessions_config *config = &revocation->sessions->config;
    if (record)
        *ret_what = session_remove(record, &config->rules, clock_wall_ms(config->clock));
    if (*ret_what == SESSION_CHANGED)
        audit_note(revocation->sessions->audit, record,
                   &(struct audit_event){.action = AUDIT_ABANDONED});
    return PROBLEM_NONE;
}

static void revocation_done(void *context, enum problem problem, enum session_change what,
                            struct session_record *record)
{
    struct revocation *revocation = context;
    (void)what;
    if (problem == PROBLEM_STORE_UNAVAILABLE || problem == PROBLEM_CONCURRENT_OPERATION) {
        timer_start(revocation->timer, revocation_try, AGAIN_MS, 0);
        return;
    }
    if (record)
        outbox_push(revocation->sessions->outbox, record, NULL);
    session_record_free(record);
    revocation_free(revocation);
}

static void revocation_try(uv_timer_t *timer)
{
    struct revocation *revocation = timer->data;
    change_start(revocation->sessions, revocation->id, revocation_apply, revocation_done,
                 revocation);
}

void revocation_start(struct sessions *sessions, const char *id)
{
    struct revocation *revocation = xcalloc(1, sizeof *revocation);
    revocation->sessions = sessions;
    memcpy(revocation->id, id, UUID_SIZE);
    revocation->timer = xcalloc(1, sizeof *revocation->timer);
    revocation->timer->data = revocation;
    uv_timer_init(sessions->config.uv, revocation->timer);
    DL_APPEND(sessions->revocations, revocation);
    series_add(sessions->abandoned, 1);
    revocation_try(revocation->timer);
}

bool revocation_under_way(const struct sessions *sessions, const char *id)
{
    const struct revocation *revocation = NULL;
    DL_FOREACH(sessions->revocations, revocation)
    if (strcmp(revocation->id, id) == 0)
        return true;
    return false;
}

void revocations_free(struct sessions *sessions)
{
    struct revocation *revocation = NULL, *next = NULL;
    DL_FOREACH_SAFE(sessions->revocations, revocation, next)
    revocation_free(revocation);
}
