/*
 * The common steps of a call. Invariant: the answer's memory is released on both ways out, sending
 * and cancelling, and the timer outlives a cancelled call by itself.
 */
#include "emulator/call.h"

#include "base/secret.h"
#include "base/uv_timer.h"
#include "emulator/answer.h"
#include "emulator/token.h"

#include <stdio.h>

enum { BODY_MAX = 64 * 1024 };

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

struct buf *emu_call_answer(struct emu_call *call, int status)
{
    call->status = status;
    call->code = (struct slice){0};
    buf_reset(&call->body);
    return &call->body;
}

void emu_call_fail(struct emu_call *call, enum emu_error error)
{
    const struct emu_error_info *info = emu_error_info(error);

    emu_error_write(slice_of(info->code), info->message, emu_call_answer(call, info->status));
    call->code = slice_of(info->code);
}

/* Moves the body out of the call, whose memory may go while the answer is sent. */
static struct buf take_answer(struct emu_call *call)
{
    struct emulator *emulator = emu_call_emulator(call);
    struct buf body = call->body;

    call->body = (struct buf){0};
    emu_request_log_set_status(&emulator->requests, call->log_number, call->status);
    return body;
}

static void put_headers(struct emu_call *call)
{
    const struct emulator *emulator = emu_call_emulator(call);
    char text[24];

    (void)snprintf(text, sizeof text, "%llu",
                   (unsigned long long)(clock_monotonic_ms(emulator->clock.base) - call->begun_ms));
    reply_header(call->flow.request, "x-envoy-upstream-service-time", slice_of(text));
    if (call->fault.retry_after_s == 0)
        return;
    (void)snprintf(text, sizeof text, "%u", call->fault.retry_after_s);
    reply_header(call->flow.request, "retry-after", slice_of(text));
}

static enum flow_next send_answer(struct emu_call *call)
{
    CLEANUP(secret_buf) struct buf body = take_answer(call);

    put_headers(call);
    emu_reply(call->flow.request, call->status, call->code, buf_slice(&body));
    return FLOW_DONE;
}

/* ---- faults ---- */

/* The code the service would give this status; numbers are the gateway's way. */
static struct slice default_code(struct emu_call *call)
{
    char *code = call->fault.code;

    if (code[0] == '\0')
        (void)snprintf(code, sizeof call->fault.code, "%d", call->fault.status);
    if (call->fault.status == 500 && slice_equal(slice_of(code), SLICE("500")))
        return SLICE("Unspecified");
    return slice_of(code);
}

static enum flow_next send_error(struct emu_call *call)
{
    const struct slice code = default_code(call);

    emu_error_write(code, "This answer is a fault that was put on the emulator.",
                    emu_call_answer(call, call->fault.status));
    call->code = code;
    return send_answer(call);
}

static enum flow_next send_reset(struct emu_call *call)
{
    buf_wipe(&call->body);
    reply_reset(call->flow.request);
    return FLOW_DONE;
}

static enum flow_next send_garbage(struct emu_call *call)
{
    int status = call->fault.status;

    if (status == 0)
        status = call->status ? call->status : 200;
    buf_puts(emu_call_answer(call, status), "\x1f\x8b{\"sessionId\": <html>]\xff\xfe");
    return send_answer(call);
}

static enum flow_next send_truncated(struct emu_call *call)
{
    struct request *request = call->flow.request;

    if (call->body.len == 0)
        buf_puts(emu_call_answer(call, 200), "{\"sessionId\":\"00000000-0000-4000-8000-000000\"}");
    if (call->fault.status)
        call->status = call->fault.status;
    put_headers(call);
    const int status = call->status;
    CLEANUP(secret_buf) struct buf body = take_answer(call);
    reply_truncated(request, status, "application/json; charset=utf-8",
                    (struct slice){body.data, body.len / 2}, body.len);
    return FLOW_DONE;
}

static enum flow_next send_spoiled(struct emu_call *call)
{
    switch (call->fault.kind) {
    case EMU_FAULT_RESET:
        return send_reset(call);
    case EMU_FAULT_GARBAGE:
        return send_garbage(call);
    case EMU_FAULT_TRUNCATED:
        return send_truncated(call);
    default:
        return send_error(call);
    }
}

/* ---- the steps ---- */

enum flow_next emu_call_begin(struct flow *flow, enum emu_operation operation)
{
    struct emu_call *call = call_of(flow);
    struct emulator *emulator = emu_call_emulator(call);

    buf_init_secret(&call->body, BODY_MAX);
    call->begun_ms = clock_monotonic_ms(emulator->clock.base);
    call->log_number =
        emu_request_log_add(&emulator->requests, flow->request->method, flow->request->path);
    emu_faults_take(&emulator->faults, operation, &call->fault);
    if (call->fault.after || call->fault.delay_ms == 0)
        return FLOW_NEXT;
    return wait_for(call, call->fault.delay_ms);
}

enum flow_next emu_call_spoil(struct flow *flow)
{
    struct emu_call *call = call_of(flow);

    if (call->fault.after || !emu_fault_spoils(&call->fault))
        return FLOW_NEXT;
    return send_spoiled(call);
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
        return send_spoiled(call);
    return send_answer(call);
}

/* ---- what operations need ---- */

bool emu_call_check_key(struct emu_call *call)
{
    const struct request *request = call->flow.request;
    const char *expected = emu_call_emulator(call)->key;
    const struct slice key = request_header(request, "ocp-apim-subscription-key");

    if (request_header_count(request, "ocp-apim-subscription-key") == 1 && key.len > 0 &&
        (!expected || secret_equal(key.data, key.len, expected, strlen(expected))))
        return true;
    emu_call_fail(call, EMU_UNAUTHORIZED);
    return false;
}

struct emu_session *emu_call_session_by_path(struct emu_call *call, enum emu_kind kind)
{
    struct emu_session *session = emu_sessions_find(
        &emu_call_emulator(call)->sessions, call->flow.request->params[0], emu_call_now_ms(call));

    if (session && session->settings.kind == kind)
        return session;
    emu_call_fail(call, EMU_SESSION_NOT_FOUND);
    return NULL;
}

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
