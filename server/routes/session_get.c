/*
 * GET …/detectLiveness-sessions/{id}: the session and its verdict. A settled one comes from memory
 * or the store; one that is not settled is looked at upstream, because frontends ask once only.
 */
#include "base/cleanup.h"
#include "routes/session_flow.h"

#include <string.h>

static enum flow_next identify(struct flow *flow)
{
    struct look_flow *self = (struct look_flow *)flow;
    return session_identify(flow, &self->principal, self->id);
}

/* ---- find ---- */

static void loaded(void *context, enum store_result result, struct session_record *record)
{
    struct look_flow *self = context;
    const struct services *services = self->flow.request->context;
    self->loading = NULL;
    self->load_result = result;
    if (record) {
        sessions_remember(services->sessions, record);
        self->record = record_keep(self->flow.request, record);
        session_record_free(record);
    }
    flow_resume(&self->flow);
}

static void stop_loading(struct flow *flow)
{
    store_cancel(((struct look_flow *)flow)->loading);
}

static enum flow_next find(struct flow *flow)
{
    struct look_flow *self = (struct look_flow *)flow;
    const struct services *services = flow->request->context;
    self->record = sessions_cached(services->sessions, self->id);
    if (self->record)
        return FLOW_NEXT;
    self->loading = store_load(services->store, self->id, loaded, self);
    flow->cancel = stop_loading;
    return FLOW_WAIT;
}

static enum flow_next own(struct flow *flow)
{
    struct look_flow *self = (struct look_flow *)flow;
    if (self->load_result == STORE_UNAVAILABLE)
        return flow_fail(flow, PROBLEM_STORE_UNAVAILABLE);
    enum problem problem = principal_access(&self->principal, self->record, ACTION_GET);
    return problem == PROBLEM_NONE ? FLOW_NEXT : flow_fail(flow, problem);
}

/* ---- look upstream ---- */

static void asked(struct ask_ticket *ticket, enum problem problem, unsigned retry_after_s,
                  const struct session_record *record, const struct face_session *face)
{
    struct look_flow *self =
        (struct look_flow *)((char *)ticket - offsetof(struct look_flow, ticket));
    self->problem = problem;
    self->retry_after_s = retry_after_s;
    if (record)
        self->record = record_keep(self->flow.request, record);
    if (face) {
        self->face = request_alloc(self->flow.request, sizeof *self->face);
        *self->face = *face;
        self->face->auth_token = NULL; /* the look's own */
    }
    flow_resume(&self->flow);
}

static void stop_asking(struct flow *flow)
{
    asker_withdraw(&((struct look_flow *)flow)->ticket);
}

enum flow_next look_ask(struct flow *flow)
{
    struct look_flow *self = (struct look_flow *)flow;
    const struct services *services = flow->request->context;
    if (self->record->state == SESSION_SETTLED)
        return FLOW_NEXT;
    self->ticket.done = asked;
    asker_ask(services->sessions->asker, self->record, self->at_once, flow->request->request_id,
              &self->ticket);
    flow->cancel = stop_asking;
    return FLOW_WAIT;
}

enum flow_next look_answer(struct flow *flow)
{
    struct look_flow *self = (struct look_flow *)flow;
    if (self->problem != PROBLEM_NONE)
        return flow_fail_detail(
            flow, self->problem,
            &(struct problem_detail){.retry_after_seconds = self->retry_after_s});
    session_show(flow->request, self->record, self->face);
    return FLOW_DONE;
}

const struct flow_step session_get_steps[] = {FLOW_STEP(identify),    FLOW_STEP(find),
                                              FLOW_STEP(own),         FLOW_STEP(look_ask),
                                              FLOW_STEP(look_answer), FLOW_END};
