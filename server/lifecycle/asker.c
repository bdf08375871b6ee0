/*
 * Looks and who asks for them. What the store's claims and other processes have to say in it is
 * asker_shared.c's.
 */
#include "lifecycle/asker.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/uv_timer.h"
#include "lifecycle/asker_private.h"
#include "lifecycle/audit.h"
#include "lifecycle/change.h"
#include "lifecycle/outbox.h"
#include "lifecycle/results.h"
#include "lifecycle/waits.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

struct asker *asker_new(struct sessions *sessions)
{
    struct asker *asker = xcalloc(1, sizeof *asker);
    asker->sessions = sessions;
    return asker;
}

static void asking_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void asking_close(struct asking *asking)
{
    HASH_DEL(asking->asker->askings, asking);
    if (asking->call)
        face_cancel(asking->call);
    if (asking->settling)
        change_cancel(asking->settling);
    claim_drop(&asking->claim);
    free(asking->face);
    asking->record = session_record_free(asking->record);
    uv_close((uv_handle_t *)&asking->timer, asking_closed);
}

struct asker *asker_free(struct asker *asker)
{
    if (!asker)
        return NULL;
    while (asker->askings)
        asking_close(asker->askings);
    free(asker);
    return NULL;
}

/* ---- who has been looked at often ---- */

static struct eagerness *eagerness_of(struct asking *asking)
{
    uint64_t key = table_hash(asking->id, UUID_SIZE - 1);
    struct eagerness *eagerness = &asking->asker->eagerness[key % EAGER_SLOTS];
    if (eagerness->key != key)
        *eagerness = (struct eagerness){.key = key};
    return eagerness;
}

/* Whoever polls a few sessions that nothing becomes of would have all of the rate, before those who
 * create. What a completion has said is looked for eagerly again. */
static enum ask_urgency temper(struct asking *asking, enum ask_urgency urgency)
{
    struct eagerness *eagerness = eagerness_of(asking);
    if (urgency == ASK_AT_ONCE && !eagerness->completed)
        *eagerness = (struct eagerness){.key = eagerness->key, .completed = true};
    asking->patient = eagerness->looks >= EAGER_LOOKS;
    return asking->patient ? ASK_LOWEST : urgency;
}

static uint64_t interval_ms(const struct asking *asking)
{
    uint64_t interval = asking->asker->sessions->config.poll_interval_ms;
    return asking->patient ? interval * PATIENT_INTERVALS : interval;
}

/* ---- a look ---- */

static void asking_due(uv_timer_t *timer);

void asking_schedule(struct asking *asking)
{
    struct sessions *sessions = asking->asker->sessions;
    if (asking->claim.call || asking->call || asking->settling)
        return;
    bool urgent = asking->urgency == ASK_AT_ONCE;
    uint64_t now = clock_monotonic_ms(sessions->config.clock);
    uint64_t due = asking->last_look_at + interval_ms(asking);
    uint64_t at = !urgent && asking->last_look_at != 0 ? due : 0;
    uint64_t claim_at = claim_due_at(&asking->claim, urgent);
    at = claim_at > at ? claim_at : at;
    timer_start(&asking->timer, asking_due, at > now ? at - now : 0, 0);
}

void asking_release(struct asking *asking, const char *status_word)
{
    struct sessions *sessions = asking->asker->sessions;
    uint64_t now = clock_monotonic_ms(sessions->config.clock);
    uint64_t due = asking->last_look_at + sessions->config.poll_interval_ms;
    bool rest = asking->last_look_at != 0 && due > now;
    claim_end(&asking->claim, rest ? due - now : 0, status_word);
}

void asking_calm(struct asking *asking)
{
    asking->urgency = ASK_LOWEST;
    asking->claim.refused_since = 0;
}

/* A callback may ask again or withdraw others, so the head is taken each time. */
void asking_answer(struct asking *asking, enum problem problem, unsigned retry_after_s,
                   const struct session_record *record, const struct face_session *face)
{
    while (asking->answering) {
        struct ask_ticket *ticket = asking->answering;
        DL_DELETE(asking->answering, ticket);
        ticket->asking = NULL;
        ticket->done(ticket, problem, retry_after_s, record ? record : asking->record, face);
    }
}

static enum problem settle_apply(struct session_record *record, void *context,
                                 enum session_change *ret_what)
{
    struct asking *asking = context;
    struct sessions *sessions = asking->asker->sessions;
    if (!record || record->state == SESSION_REMOVED || record->state == SESSION_ORPHANED)
        return PROBLEM_SESSION_NOT_FOUND;
    if (asking->face)
        results_complete(record, asking->face);
    *ret_what = session_settle(record, asking->face, &sessions->config.rules,
                               clock_wall_ms(sessions->config.clock));
    if (*ret_what == SESSION_CHANGED)
        audit_note_settled(sessions->audit, record);
    return PROBLEM_NONE;
}

static void settle_done(void *context, enum problem problem, enum session_change what,
                        struct session_record *record)
{
    struct asking *asking = context;
    struct sessions *sessions = asking->asker->sessions;
    asking->settling = NULL;
    if (problem == PROBLEM_NONE && what == SESSION_CHANGED) {
        sessions_note_settled(sessions, record, asking->request_id);
        outbox_push(sessions->outbox, record, NULL);
    }
    bool pending = problem == PROBLEM_NONE && record->state == SESSION_CREATED;
    unsigned retry_after_s = problem == PROBLEM_NONE ? 0 : problem_info(problem)->retryable;
    asking->answering = TAKE(asking->current);
    if (!pending && problem != PROBLEM_STORE_UNAVAILABLE) { /* nothing newer can be learned */
        DL_CONCAT(asking->answering, asking->later);
        asking->later = NULL;
    }
    struct face_session *face = TAKE(asking->face);
    asking_release(asking, pending && face ? face->status_word : "");
    asking_schedule(asking);
    if (pending)
        waits_tell_look(sessions->waits, record, face);
    asking_answer(asking, problem, retry_after_s, record, pending ? face : NULL);
    free(face);
    session_record_free(record);
}

static void look_answered(void *context, struct face_answer *answer)
{
    struct asking *asking = context;
    asking->call = NULL;
    if (answer->problem == PROBLEM_NONE || answer->not_found) {
        if (!answer->not_found)
            asking->face = results_copy(&answer->session);
        asking->settling =
            change_start(asking->asker->sessions, asking->id, settle_apply, settle_done, asking);
        return;
    }
    asking->answering = TAKE(asking->current);
    asking_release(asking, "");
    asking_schedule(asking);
    asking_answer(asking, answer->problem, answer->retry_after_s, NULL, NULL);
}

void asking_look(struct asking *asking)
{
    struct sessions *sessions = asking->asker->sessions;
    bool idle = asking->urgency == ASK_LOWEST;
    if (!idle)
        eagerness_of(asking)->looks++;
    asking->current = TAKE(asking->later);
    asking->urgency = ASK_LOWEST;
    asking->last_look_at = clock_monotonic_ms(sessions->config.clock);
    asking->call = (idle ? face_look_at_session : face_get_session)(
        sessions->config.face, asking->kind, asking->upstream_id, asking->request_id, look_answered,
        asking);
}

static void asking_due(uv_timer_t *timer)
{
    struct asking *asking = timer->data;
    if (!asking->later) /* nobody came within the poll interval */
        asking_close(asking);
    else if (claim_is_needed(&asking->claim))
        claim_ask(&asking->claim, asking->urgency == ASK_AT_ONCE);
    else
        asking_look(asking);
}

/* ---- tickets ---- */

struct asking *asking_find(const struct asker *asker, const char *id)
{
    struct asking *asking = NULL;
    HASH_FIND(hh, asker->askings, id, UUID_SIZE - 1, asking);
    return asking;
}

static struct asking *asking_for(struct asker *asker, const struct session_record *record)
{
    struct asking *asking = asking_find(asker, record->id);
    if (asking)
        return asking;
    asking = xcalloc(1, sizeof *asking);
    asking->asker = asker;
    memcpy(asking->id, record->id, UUID_SIZE);
    claim_init(&asking->claim, asker->sessions, asking->id, asking_claimed);
    memcpy(asking->upstream_id, record->upstream_id, UUID_SIZE);
    asking->kind = (enum face_kind)record->kind;
    uv_timer_init(asker->sessions->config.uv, &asking->timer);
    asking->timer.data = asking;
    HASH_ADD(hh, asker->askings, id, UUID_SIZE - 1, asking);
    return asking;
}

void asker_ask(struct asker *asker, const struct session_record *record, enum ask_urgency urgency,
               const char *request_id, struct ask_ticket *ticket)
{
    struct asking *asking = asking_for(asker, record);
    urgency = temper(asking, urgency);
    strncpy(asking->request_id, request_id, sizeof asking->request_id - 1);
    struct session_record *old = asking->record; /* may be the one asked with */
    asking->record = session_record_copy(record);
    session_record_free(old);
    ticket->asking = asking;
    ticket->elsewhere = false;
    if (asking->call && face_is_unsent(asking->call, urgency > ASK_LOWEST)) {
        DL_APPEND(asking->current, ticket);
        return;
    }
    DL_APPEND(asking->later, ticket);
    asking->urgency = urgency > asking->urgency ? urgency : asking->urgency;
    asking_schedule(asking);
}

static bool list_has(const struct ask_ticket *list, const struct ask_ticket *ticket)
{
    while (list && list != ticket)
        list = list->next;
    return list != NULL;
}

void asker_withdraw(struct ask_ticket *ticket)
{
    struct asking *asking = ticket->asking;
    if (!asking)
        return;
    ticket->asking = NULL;
    if (list_has(asking->current, ticket))
        DL_DELETE(asking->current, ticket);
    else if (list_has(asking->later, ticket))
        DL_DELETE(asking->later, ticket);
    else
        DL_DELETE(asking->answering, ticket);
    if (!asking->later)
        asking_calm(asking);
    if (asking->call && !asking->current) { /* a look for nobody */
        face_cancel(asking->call);
        asking->call = NULL;
        asking_release(asking, "");
        asking_schedule(asking);
    }
}

unsigned asker_active(const struct asker *asker)
{
    return HASH_COUNT(asker->askings);
}
