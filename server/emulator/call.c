/*
 * The common steps of a call. Leaves to gate.c who may call, to spoil.c how the answer leaves.
 * Invariant: the answer's memory is released on both ways out, sending and cancelling, and the
 * timer outlives a cancelled call by itself.
 */
#include "emulator/call.h"

#include "base/uv_timer.h"
#include "emulator/gate.h"
#include "emulator/spoil.h"
#include "emulator/token.h"

#include <stdlib.h>

/* The largest answers are an image and a list of 1000 sessions. */
enum { BODY_MAX = 8 * 1024 * 1024 };

struct emu_wait {
    uv_timer_t timer;
    struct emu_call *call;
};

static struct emu_call *call_of(struct flow *flow)
{
    return (struct emu_call *)flow;
}

struct emulator *emu_call_emulator(const struct emu_call *call)
{
    return call->flow.request->context;
}

int64_t emu_call_now_ms(const struct emu_call *call)
{
    return emu_clock_now_ms(&emu_call_emulator(call)->clock);
}

/* ---- waiting ---- */

static void free_wait(uv_handle_t *handle)
{
    free(handle->data);
}

static void end_wait(struct emu_call *call)
{
    struct emu_wait *wait = TAKE(call->wait);

    uv_close((uv_handle_t *)&wait->timer, free_wait);
}

static void on_wait_over(uv_timer_t *timer)
{
    struct emu_wait *wait = timer->data;
    struct emu_call *call = wait->call;

    end_wait(call);
    flow_resume(&call->flow);
}

static void forget(struct flow *flow)
{
    struct emu_call *call = call_of(flow);

    end_wait(call);
    buf_wipe(&call->body);
}

static enum flow_next wait_for(struct emu_call *call, uint32_t delay_ms)
{
    struct emu_wait *wait = xcalloc(1, sizeof *wait);

    uv_timer_init(loop_uv(emu_call_emulator(call)->loop), &wait->timer);
    wait->timer.data = wait;
    wait->call = call;
    call->wait = wait;
    call->flow.cancel = forget;
    timer_start(&wait->timer, on_wait_over, delay_ms, 0);
    return FLOW_WAIT;
}

/* ---- the answer ---- */

struct buf *emu_call_answer_as(struct emu_call *call, int status, const char *content_type)
{
    call->status = status;
    call->code = (struct slice){0};
    call->content_type = content_type;
    buf_reset(&call->body);
    return &call->body;
}

struct buf *emu_call_answer(struct emu_call *call, int status)
{
    return emu_call_answer_as(call, status, NULL);
}

void emu_call_fail(struct emu_call *call, enum emu_error error)
{
    if (error == EMU_UNAUTHORIZED)
        error = emu_unauthorized_at(call->flow.request->path);
    const struct emu_error_info *info = emu_error_info(error);

    emu_error_write(slice_of(info->code), info->message, emu_call_answer(call, info->status));
    call->code = slice_of(info->code);
}

/* ---- the steps ---- */

/* Entra is another service with limits of its own. */
static bool is_throttled(struct emu_call *call)
{
    uint32_t retry_after_s = 0;

    if (call->operation == EMU_TOKEN ||
        emu_rate_admit(&emu_call_emulator(call)->rate, call->begun_ms, &retry_after_s))
        return false;
    emu_call_throttle(call, retry_after_s);
    return true;
}

enum flow_next emu_call_begin(struct flow *flow, enum emu_operation operation)
{
    struct emu_call *call = call_of(flow);
    struct emulator *emulator = emu_call_emulator(call);

    buf_init_secret(&call->body, BODY_MAX);
    uuid4(emulator->random, call->request_id);
    call->operation = operation;
    call->begun_ms = clock_monotonic_ms(emulator->clock.base);
    call->log_number =
        emu_request_log_add(&emulator->requests, flow->request->method, flow->request->path);
    if (is_throttled(call))
        return emu_call_reply(call);
    emu_faults_take(&emulator->faults, operation, emulator->random, &call->fault);
    if (call->fault.after || call->fault.delay_ms == 0)
        return FLOW_NEXT;
    return wait_for(call, call->fault.delay_ms);
}

enum flow_next emu_call_spoil(struct flow *flow)
{
    struct emu_call *call = call_of(flow);

    if (call->fault.after || !emu_fault_spoils(&call->fault))
        return FLOW_NEXT;
    return emu_call_reply_spoiled(call);
}

enum flow_next emu_call_hold(struct flow *flow)
{
    struct emu_call *call = call_of(flow);

    if (buf_failed(&call->body))
        emu_call_fail(call, EMU_INTERNAL);
    if (!call->fault.after || call->fault.delay_ms == 0)
        return FLOW_NEXT;
    return wait_for(call, call->fault.delay_ms);
}

enum flow_next emu_call_send(struct flow *flow)
{
    struct emu_call *call = call_of(flow);

    if (emu_fault_spoils(&call->fault))
        return emu_call_reply_spoiled(call);
    return emu_call_reply(call);
}

/* ---- what operations need ---- */

struct emu_session *emu_call_session_by_token(struct emu_call *call)
{
    struct emulator *emulator = emu_call_emulator(call);
    const struct request *request = call->flow.request;
    const int64_t now_ms = emu_call_now_ms(call);
    struct emu_session *session = NULL;
    char id[UUID_SIZE];

    if (request_header_count(request, "authorization") == 1 &&
        emu_token_check(emulator->token_key, request_header(request, "authorization"), now_ms, id))
        session = emu_sessions_find(&emulator->sessions, slice_of(id), now_ms);
    if (!session)
        emu_call_fail(call, EMU_UNAUTHORIZED);
    return session;
}
