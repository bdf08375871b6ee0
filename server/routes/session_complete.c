/*
 * POST …/{kind}-sessions/{id}/completion: the frontend's word that the check is over. It is
 * recorded first, then the result is fetched and judged; the answer is that of a GET.
 */
#include "base/cleanup.h"
#include "lifecycle/change.h"
#include "routes/session_flow.h"

static enum flow_next identify(struct flow *flow)
{
    struct look_flow *self = (struct look_flow *)flow;
    return session_identify(flow, &self->principal, self->id);
}

static enum flow_next decode(struct flow *flow)
{
    struct complete_flow *self = (struct complete_flow *)flow;
    const char *sentence = NULL;
    enum problem problem =
        completion_request_read(flow->request->body, &self->document, &self->request, &sentence);
    if (problem != PROBLEM_NONE)
        return flow_fail_detail(flow, problem, &(struct problem_detail){.sentence = sentence});
    return FLOW_NEXT;
}

/* ---- record it, if the caller may ---- */

static enum problem complete_apply(struct session_record *record, void *context,
                                   enum session_change *ret_what)
{
    struct complete_flow *self = context;
    const struct services *services = self->look.flow.request->context;
    struct principal *principal = &self->look.principal;
    enum problem problem = principal_access(principal, record, ACTION_COMPLETE);
    self->first = problem == PROBLEM_NONE && record->completion.completed_at == 0;
    if (problem == PROBLEM_NONE)
        *ret_what = session_complete(record, &self->request, services->rules,
                                     clock_wall_ms(services->clock));
    if (*ret_what == SESSION_CHANGED)
        audit_note(services->sessions->audit, record,
                   &(struct audit_event){.action = AUDIT_COMPLETED, .principal = principal});
    else if (*ret_what == SESSION_CONFLICT)
        audit_refusal(self->look.flow.request, principal, record, PROBLEM_COMPLETION_CONFLICT);
    else
        audit_refusal(self->look.flow.request, principal, record, problem);
    return problem;
}

static void document_forget(struct complete_flow *self)
{
    cJSON_Delete(self->document);
    self->document = NULL;
}

static void recorded(void *context, enum problem problem, enum session_change what,
                     struct session_record *record)
{
    struct complete_flow *self = context;
    self->change = NULL;
    document_forget(self);
    self->look.problem = problem;
    self->what = what;
    self->look.record = record;
    flow_resume(&self->look.flow); /* the steps to the next wait need it */
    session_record_free(record);
}

static void stop_recording(struct flow *flow)
{
    struct complete_flow *self = (struct complete_flow *)flow;
    change_cancel(self->change);
    document_forget(self);
}

static enum flow_next record(struct flow *flow)
{
    struct complete_flow *self = (struct complete_flow *)flow;
    const struct services *services = flow->request->context;
    self->change = change_start(services->sessions, self->look.id, complete_apply, recorded, self);
    flow->cancel = stop_recording;
    return FLOW_WAIT;
}

static enum flow_next judge(struct flow *flow)
{
    struct complete_flow *self = (struct complete_flow *)flow;
    const struct services *services = flow->request->context;
    if (self->look.problem != PROBLEM_NONE)
        return flow_fail(flow, self->look.problem);
    if (self->what == SESSION_CONFLICT)
        return flow_fail(flow, PROBLEM_COMPLETION_CONFLICT);
    const char *platform = self->look.record->platform;
    self->look.at_once = self->what == SESSION_CHANGED;
    if (self->look.at_once && self->first)
        sessions_note_completed(services->sessions);
    LOG_EVENT(services->log, LOG_INFO, "session completed", LOG_TEXT(SESSION, self->look.id),
              LOG_TEXT(REQUEST_ID, flow->request->request_id),
              LOG_TEXT(PLATFORM, platform[0] != '\0' ? platform : NULL));
    return FLOW_NEXT;
}

const struct flow_step session_complete_steps[] = {FLOW_STEP(caller_meet),
                                                   FLOW_STEP(identify),
                                                   FLOW_STEP(look_limit),
                                                   FLOW_STEP(limit_admit),
                                                   FLOW_STEP(look_read_wait),
                                                   FLOW_STEP(decode),
                                                   FLOW_STEP(record),
                                                   FLOW_STEP(judge),
                                                   FLOW_STEP(look_ask),
                                                   FLOW_STEP(look_wait),
                                                   FLOW_STEP(look_translate),
                                                   FLOW_STEP(look_answer),
                                                   FLOW_END};
