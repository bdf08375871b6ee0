/*
 * POST /api/devices/{deviceCorrelationId}/reset: after a person has looked at what a device was
 * blamed for, or its token was stolen, an operator of its tenant gives it another correlation id
 * and ends its tokens. The id is the one that records and lists show, old or new.
 */
#include "lifecycle/resets.h"
#include "routes/session_flow.h"

#include <string.h>

/* What URLs write as %XX. False for what cannot be an id. */
static bool read_id(struct slice raw, char ret[RECORD_TEXT_SIZE])
{
    size_t length = 0;
    for (size_t i = 0; i < raw.len; i++) {
        uint8_t byte = (uint8_t)raw.data[i];
        if (byte == '%') {
            if (raw.len - i < 3 || hex_decode((struct slice){raw.data + i + 1, 2}, &byte, 1) != 0)
                return false;
            i += 2;
        }
        if (byte == 0 || length >= RECORD_TEXT_SIZE - 1)
            return false;
        ret[length++] = (char)byte;
    }
    ret[length] = '\0';
    return length > 0;
}

static enum flow_next identify(struct flow *flow)
{
    struct reset_flow *self = (struct reset_flow *)flow;
    const char *sentence = NULL;
    enum problem problem = operator_identify(flow->request, &self->principal);
    if (problem != PROBLEM_NONE)
        return flow_fail(flow, problem);
    problem = reset_request_read(flow->request->body, self->reason, &sentence);
    if (problem != PROBLEM_NONE)
        return flow_fail_detail(flow, problem, &(struct problem_detail){.sentence = sentence});
    return FLOW_NEXT;
}

static enum flow_next limit(struct flow *flow)
{
    return limit_reading(flow, &((struct reset_flow *)flow)->principal, NULL);
}

/* ---- keep it ---- */

static void kept(struct reset_ticket *ticket)
{
    struct reset_flow *self =
        (struct reset_flow *)((char *)ticket - offsetof(struct reset_flow, ticket));
    flow_resume(&self->flow);
}

static void leave(struct flow *flow)
{
    resets_leave(&((struct reset_flow *)flow)->ticket);
}

static enum flow_next reset(struct flow *flow)
{
    struct reset_flow *self = (struct reset_flow *)flow;
    const struct services *services = flow->request->context;
    const struct authority *authority = services->authority;
    char id[RECORD_TEXT_SIZE];
    if (!read_id(flow->request->params[0], id))
        return flow_fail(flow, PROBLEM_DEVICE_NOT_FOUND);
    if (!epochs_known(authority->epochs) || epochs_full(authority->epochs))
        return flow_fail(flow, PROBLEM_STORE_UNAVAILABLE);
    epochs_next(authority->epochs, authority->correlation_key, self->principal.tenant, id,
                clock_wall_ms(services->clock), &self->reset);
    struct audit_entry *note = audit_make(services->sessions->audit,
                                          &(struct audit_event){.action = AUDIT_RESET,
                                                                .principal = &self->principal,
                                                                .device = self->reset.base,
                                                                .reason = slice_of(self->reason)});
    self->ticket.done = kept;
    resets_keep(services->sessions->resets, &self->reset, note, &self->ticket);
    (void)audit_entries_free(note);
    flow->cancel = leave;
    return FLOW_WAIT;
}

static enum flow_next answer(struct flow *flow)
{
    struct reset_flow *self = (struct reset_flow *)flow;
    const struct services *services = flow->request->context;
    if (self->ticket.problem != PROBLEM_NONE)
        return flow_fail(flow, self->ticket.problem);
    LOG_EVENT(services->log, LOG_INFO, "device reset",
              LOG_TEXT(REQUEST_ID, flow->request->request_id),
              LOG_TEXT(PRINCIPAL, caller_word(&self->principal)));
    reply_empty(flow->request, 204);
    return FLOW_DONE;
}

const struct flow_step device_reset_steps[] = {
    FLOW_STEP(caller_meet), FLOW_STEP(identify), FLOW_STEP(limit), FLOW_STEP(limit_admit),
    FLOW_STEP(reset),       FLOW_STEP(answer),   FLOW_END};
