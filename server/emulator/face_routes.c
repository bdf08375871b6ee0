/*
 * The Face API's operations on plain liveness sessions: create, get, delete.
 */
#include "emulator/answer.h"
#include "emulator/call.h"
#include "emulator/create_body.h"
#include "emulator/routes.h"
#include "emulator/session_json.h"
#include "emulator/token.h"

/* ---- create ---- */

static enum flow_next begin_create(struct flow *flow)
{
    return emu_call_begin(flow, EMU_CREATE);
}

static void answer_created(struct emu_call *call, const struct emu_session *session)
{
    CLEANUP(secret_buf) struct buf token;
    const struct emulator *emulator = emu_call_emulator(call);

    buf_init_secret(&token, JWT_MAX_BYTES);
    if (emu_token_mint(emulator->token_key, emulator->random, session, &token))
        emu_call_fail(call, EMU_INTERNAL);
    else
        emu_session_write(session, buf_slice(&token), emu_call_answer(call, 200));
}

static enum flow_next create_session(struct flow *flow)
{
    struct emu_call *call = (struct emu_call *)flow;
    struct emulator *emulator = emu_call_emulator(call);
    struct emu_session_settings settings;

    if (!emu_call_check_key(call))
        return FLOW_NEXT;
    const enum emu_error error = emu_create_decode(flow->request->body, &settings);
    if (error) {
        emu_call_fail(call, error);
        return FLOW_NEXT;
    }
    answer_created(call, emu_sessions_add(&emulator->sessions, &settings, emulator->random,
                                          emu_call_now_ms(call)));
    return FLOW_NEXT;
}

const struct flow_step emu_create_steps[] = {
    FLOW_STEP(begin_create),  FLOW_STEP(emu_call_spoil), FLOW_STEP(create_session),
    FLOW_STEP(emu_call_hold), FLOW_STEP(emu_call_send),  FLOW_END,
};

/* ---- get ---- */

static enum flow_next begin_get(struct flow *flow)
{
    return emu_call_begin(flow, EMU_GET);
}

static enum flow_next get_session(struct flow *flow)
{
    struct emu_call *call = (struct emu_call *)flow;
    const struct emu_session *session = NULL;

    if (emu_call_check_key(call) && (session = emu_call_session_by_path(call, EMU_LIVENESS)))
        emu_session_write(session, SLICE(""), emu_call_answer(call, 200));
    return FLOW_NEXT;
}

const struct flow_step emu_get_steps[] = {
    FLOW_STEP(begin_get),     FLOW_STEP(emu_call_spoil), FLOW_STEP(get_session),
    FLOW_STEP(emu_call_hold), FLOW_STEP(emu_call_send),  FLOW_END,
};

/* ---- delete ---- */

static enum flow_next begin_delete(struct flow *flow)
{
    return emu_call_begin(flow, EMU_DELETE);
}

/* The token dies with the session it names. */
static enum flow_next delete_session(struct flow *flow)
{
    struct emu_call *call = (struct emu_call *)flow;
    struct emu_session *session = NULL;

    if (emu_call_check_key(call) && (session = emu_call_session_by_path(call, EMU_LIVENESS))) {
        emu_sessions_remove(&emu_call_emulator(call)->sessions, session);
        (void)emu_call_answer(call, 204);
    }
    return FLOW_NEXT;
}

const struct flow_step emu_delete_steps[] = {
    FLOW_STEP(begin_delete),  FLOW_STEP(emu_call_spoil), FLOW_STEP(delete_session),
    FLOW_STEP(emu_call_hold), FLOW_STEP(emu_call_send),  FLOW_END,
};
