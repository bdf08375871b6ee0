/*
 * DELETE …/{kind}-sessions/{id}: gone here at once, and upstream as soon as it answers; the
 * answer waits for the first try, so that 204 normally means gone there too.
 */
#include "lifecycle/change.h"
#include "routes/session_flow.h"

#include <stddef.h>

static enum flow_next identify(struct flow *flow)
{
    struct delete_flow *self = (struct delete_flow *)flow;
    return session_identify(flow, &self->principal, self->id);
}

static enum flow_next limit(struct flow *flow)
{
    const struct delete_flow *self = (const struct delete_flow *)flow;
    return limit_reading(flow, &self->principal, self->id);
}

/* ---- remove here, if the caller may ---- */

static enum problem remove_apply(struct session_record *record, void *context,
                                 enum session_change *ret_what)
{
    struct delete_flow *self = context;
    const struct services *services = self->flow.request->context;
    enum problem problem = principal_access(&self->principal, record, ACTION_DELETE);
    if (problem == PROBLEM_NONE)
        *ret_what = session_remove(record, services->rules, clock_wall_ms(services->clock));
    if (*ret_what == SESSION_CHANGED)
        audit_note(services->sessions->audit, record,
                   &(struct audit_event){.action = AUDIT_DELETED, .principal = &self->principal});
    audit_refusal(self->flow.request, &self->principal, record, problem);
    return problem;
}

static void removed(void *context, enum problem problem, enum session_change what,
                    struct session_record *record)
{
    struct delete_flow *self = context;
    (void)what;
    self->change = NULL;
    self->problem = problem;
    if (record)
        self->record = record_keep(self->flow.request, record);
    session_record_free(record);
    flow_resume(&self->flow);
}

static void stop_removing(struct flow *flow)
{
    change_cancel(((struct delete_flow *)flow)->change);
}

static enum flow_next remove_here(struct flow *flow)
{
    struct delete_flow *self = (struct delete_flow *)flow;
    const struct services *services = flow->request->context;
    self->change = change_start(services->sessions, self->id, remove_apply, removed, self);
    flow->cancel = stop_removing;
    return FLOW_WAIT;
}

/* ---- and there ---- */

static void tried(struct outbox_ticket *ticket)
{
    struct delete_flow *self =
        (struct delete_flow *)((char *)ticket - offsetof(struct delete_flow, ticket));
    flow_resume(&self->flow);
}

static void stop_waiting(struct flow *flow)
{
    outbox_withdraw(&((struct delete_flow *)flow)->ticket);
}

static enum flow_next remove_there(struct flow *flow)
{
    struct delete_flow *self = (struct delete_flow *)flow;
    const struct services *services = flow->request->context;
    if (self->problem != PROBLEM_NONE)
        return flow_fail(flow, self->problem);
    LOG_EVENT(services->log, LOG_INFO, "session removed", LOG_TEXT(SESSION, self->id),
              LOG_TEXT(REQUEST_ID, flow->request->request_id),
              LOG_TEXT(PRINCIPAL, caller_word(&self->principal)));
    self->ticket.done = tried;
    if (!outbox_push(services->sessions->outbox, self->record, &self->ticket))
        return FLOW_NEXT;
    flow->cancel = stop_waiting;
    return FLOW_WAIT;
}

static enum flow_next answer(struct flow *flow)
{
    reply_empty(flow->request, path_is_preview(flow->request) ? 200 : 204);
    return FLOW_DONE;
}

const struct flow_step session_delete_steps[] = {
    FLOW_STEP(caller_meet), FLOW_STEP(identify),     FLOW_STEP(limit),  FLOW_STEP(limit_admit),
    FLOW_STEP(remove_here), FLOW_STEP(remove_there), FLOW_STEP(answer), FLOW_END};
