/*
 * GET /api/getSessionResult?action=&sessionId=: the result as the web samples ask for it. Some read
 * the session at the top of the answer and some in sessionResult; none looks whether what it reads
 * is there, so all of it always is. The kind of a session is its record's, whatever `action` says.
 */
#include "base/json.h"
#include "domain/sample_form.h"
#include "routes/session_flow.h"

static const struct problem_detail no_id = {.sentence = "The query needs a sessionId."};
static const struct problem_detail bad_action = {
    .sentence = "action must be detectLiveness or detectLivenessWithVerify."};

static enum flow_next identify(struct flow *flow)
{
    struct look_flow *self = (struct look_flow *)flow;
    struct slice action = request_query(flow->request, "action");
    struct slice id = request_query(flow->request, "sessionId");
    enum session_kind kind;
    enum problem problem = caller_identify(flow->request, false, &self->principal);
    if (problem != PROBLEM_NONE)
        return flow_fail(flow, problem);
    if (id.len == 0)
        return flow_fail_detail(flow, PROBLEM_BAD_ARGUMENT, &no_id);
    if (action.len > 0 && !sample_kind_read(action, &kind))
        return flow_fail_detail(flow, PROBLEM_BAD_ARGUMENT, &bad_action);
    if (!session_id_read(id, self->id))
        return flow_fail(flow, PROBLEM_SESSION_NOT_FOUND);
    return FLOW_NEXT;
}

/* The last bracket of what was written is taken back, to go on within it. */
void sample_write_session(const struct session_view *view, struct buf *ret)
{
    struct session_view filled = *view;
    filled.filled = true;
    CLEANUP(buf) struct buf session;
    buf_init(&session, ret->limit_bytes);
    session_write(&filled, &session);
    if (buf_failed(&session) || session.len == 0) {
        ret->failed = true;
        return;
    }
    buf_append(ret, session.data, session.len - 1);
    struct json_writer json = {.buf = ret, .comma = true};
    json_put_raw(&json, "sessionResult", buf_slice(&session));
    json_put_string(&json, "message", "success");
    json_close(&json, '}');
}

const struct flow_step sample_result_steps[] = {
    FLOW_STEP(caller_meet),    FLOW_STEP(identify),       FLOW_STEP(look_limit),
    FLOW_STEP(limit_admit),    FLOW_STEP(look_read_wait), FLOW_STEP(look_find),
    FLOW_STEP(look_own),       FLOW_STEP(look_ask),       FLOW_STEP(look_wait),
    FLOW_STEP(look_translate), FLOW_STEP(look_answer),    FLOW_END};
