/*
 * GET …/{kind}-sessions/{id}/audit: a session's attempts as the previews' audit entries, for
 * operators. A session that is not settled is looked at first, as by a GET.
 */
#include "routes/session_flow.h"

static enum flow_next identify(struct flow *flow)
{
    struct look_flow *self = (struct look_flow *)flow;
    struct page *page = &((struct audit_flow *)flow)->page;
    enum problem problem = operator_identify(flow->request, &self->principal);
    if (problem != PROBLEM_NONE)
        return flow_fail(flow, problem);
    if (!page_read(flow->request, page))
        return flow_fail_detail(flow, PROBLEM_BAD_ARGUMENT,
                                &(struct problem_detail){.sentence = page_sentence});
    if (!session_id_read(flow->request->params[0], self->id))
        return flow_fail(flow, PROBLEM_SESSION_NOT_FOUND);
    return FLOW_NEXT;
}

static enum flow_next own(struct flow *flow)
{
    struct look_flow *self = (struct look_flow *)flow;
    if (self->load_result == STORE_UNAVAILABLE)
        return flow_fail(flow, PROBLEM_STORE_UNAVAILABLE);
    enum problem problem = principal_access(&self->principal, self->record, ACTION_OPERATE);
    audit_refusal(flow->request, &self->principal, self->record, problem);
    return problem == PROBLEM_NONE ? FLOW_NEXT : flow_fail(flow, problem);
}

static enum flow_next answer(struct flow *flow)
{
    struct look_flow *self = (struct look_flow *)flow;
    const struct page *page = &((struct audit_flow *)flow)->page;
    if (self->problem != PROBLEM_NONE)
        return flow_fail_detail(
            flow, self->problem,
            &(struct problem_detail){.retry_after_seconds = self->retry_after_s});
    const struct session_view view = {.services = flow->request->context,
                                      .record = self->record,
                                      .face = self->face,
                                      .details = true};
    CLEANUP(buf) struct buf body;
    buf_init(&body, SESSION_BODY_MAX);
    preview_write_audit(&view, page, &body);
    if (buf_failed(&body))
        return flow_fail(flow, PROBLEM_INTERNAL);
    audit_say_read(view.services->sessions->audit, AUDIT_ATTEMPTS_READ, &self->principal,
                   self->record);
    reply_json(flow->request, 200, buf_slice(&body));
    return FLOW_DONE;
}

const struct flow_step session_audit_steps[] = {
    FLOW_STEP(caller_meet), FLOW_STEP(identify),  FLOW_STEP(look_limit),
    FLOW_STEP(limit_admit), FLOW_STEP(look_find), FLOW_STEP(own),
    FLOW_STEP(look_ask),    FLOW_STEP(answer),    FLOW_END};
