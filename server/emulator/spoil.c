/*
 * The end of a call: headers, the log's status, and what faults make of the answer. Invariant: the
 * body is taken out of the call first, whose memory may go while the answer is sent.
 */
#include "emulator/spoil.h"

#include "emulator/answer.h"
#include "emulator/entra.h"
#include "emulator/gate.h"
#include "emulator/wrong_types.h"

#include <stdio.h>

static const char json_type[] = "application/json; charset=utf-8";

/* ---- sending ---- */

static bool is_billed(const struct emu_call *call)
{
    return call->status < 300 &&
           (call->operation == EMU_DETECT || call->operation == EMU_SINGLE_MODAL);
}

static void put_number(struct emu_call *call, const char *name, uint64_t number)
{
    char text[24];

    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    reply_header(call->flow.request, name, slice_of(text));
}

static void put_headers(struct emu_call *call)
{
    const struct emulator *emulator = emu_call_emulator(call);
    struct request *request = call->flow.request;

    if (call->code.data)
        reply_header(request, "x-ms-error-code", call->code);
    if (call->retry_after_s)
        put_number(call, "retry-after", call->retry_after_s);
    if (call->operation == EMU_TOKEN)
        return;
    emu_put_gateway_headers(request, call->request_id);
    put_number(call, "x-envoy-upstream-service-time",
               clock_monotonic_ms(emulator->clock.base) - call->begun_ms);
    if (is_billed(call))
        reply_header(request, "csp-billing-usage", SLICE("CognitiveServices.Face.Transaction=1"));
}

static struct buf take_answer(struct emu_call *call)
{
    struct emulator *emulator = emu_call_emulator(call);
    struct buf body = call->body;

    put_headers(call);
    call->body = (struct buf){0};
    emu_request_log_set_status(&emulator->requests, call->log_number, call->status);
    return body;
}

static const char *type_of(const struct emu_call *call)
{
    return call->content_type ? call->content_type : json_type;
}

enum flow_next emu_call_reply(struct emu_call *call)
{
    struct request *request = call->flow.request;
    const int status = call->status;
    const char *type = type_of(call);
    CLEANUP(secret_buf) struct buf body = take_answer(call);

    if (body.len == 0)
        reply_empty(request, status);
    else
        reply_secret(request, status, type, buf_slice(&body));
    return FLOW_DONE;
}

/* ---- errors ---- */

/* The code the service gives this status; where it has several, or none, the number, which is its
 * gateway's way. */
static struct slice code_of(struct emu_call *call)
{
    char *code = call->fault.code;

    if (code[0])
        return slice_of(code);
    switch (call->fault.status) {
    case 401:
        return slice_of(emu_error_info(emu_unauthorized_at(call->flow.request->path))->code);
    case 403:
        return slice_of(emu_error_info(EMU_UNSUPPORTED_FEATURE)->code);
    case 409:
        return slice_of(emu_error_info(EMU_CONFLICT)->code);
    case 415:
        return slice_of(emu_error_info(EMU_MEDIA_TYPE)->code);
    case 500:
        return slice_of(emu_error_info(EMU_INTERNAL)->code);
    default:
        (void)snprintf(code, sizeof call->fault.code, "%d", call->fault.status);
        return slice_of(code);
    }
}

static bool is_in_gateway_form(const struct emu_call *call)
{
    const struct emu_fault *fault = &call->fault;

    return fault->gateway || (emu_call_emulator(call)->gateway_errors && !fault->code[0] &&
                              (fault->status == 403 || fault->status == 429));
}

static const char fault_sentence[] = "This answer is a fault that was put on the emulator.";

/* What the service says with this status and code; of what it never says, that it is a fault. */
static const char *message_of(int status, struct slice code)
{
    for (enum emu_error error = EMU_OK + 1; error < EMU_ERROR_COUNT; error++) {
        const struct emu_error_info *info = emu_error_info(error);
        if (info->status == status && slice_equal(slice_of(info->code), code))
            return info->message;
    }
    return fault_sentence;
}

static enum flow_next send_error(struct emu_call *call)
{
    const struct emu_fault *fault = &call->fault;

    if (call->operation == EMU_TOKEN) {
        emu_oauth_error_write(fault->code[0] ? fault->code : "temporarily_unavailable",
                              fault_sentence, emu_call_answer(call, fault->status));
    } else if (is_in_gateway_form(call)) {
        emu_call_fail_gateway(call, fault->status, fault->retry_after_s);
    } else if (fault->status == 429 && !fault->code[0]) {
        emu_call_fail_rate(call, fault->retry_after_s);
    } else {
        const struct slice code = code_of(call);
        emu_error_write(code, message_of(fault->status, code),
                        emu_call_answer(call, fault->status));
        call->code = code;
    }
    return emu_call_reply(call);
}

/* ---- spoiled answers ---- */

static enum flow_next send_reset(struct emu_call *call)
{
    buf_wipe(&call->body);
    reply_reset(call->flow.request);
    return FLOW_DONE;
}

static enum flow_next send_garbage(struct emu_call *call)
{
    const int status = call->status;

    buf_puts(emu_call_answer(call, status), "\x1f\x8b{\"sessionId\": <html>]\xff\xfe");
    return emu_call_reply(call);
}

static enum flow_next send_wrong_types(struct emu_call *call)
{
    CLEANUP(secret_buf) struct buf right = call->body;

    buf_init_secret(&call->body, right.limit_bytes);
    emu_wrong_types_write(buf_slice(&right), &call->body);
    return emu_call_reply(call);
}

/* The kinds that the listener cuts, stretches or slows down. */
static enum flow_next send_mangled(struct emu_call *call)
{
    struct request *request = call->flow.request;
    const struct emu_fault fault = call->fault;
    const int status = call->status;
    const char *type = type_of(call);
    CLEANUP(secret_buf) struct buf body = take_answer(call);
    const struct slice all = buf_slice(&body);

    if (fault.kind == EMU_FAULT_HUGE)
        reply_huge(request, status, type, all, fault.size_bytes);
    else if (fault.kind == EMU_FAULT_DRIP)
        reply_drip(request, status, type, all, fault.interval_ms);
    else if (fault.kind == EMU_FAULT_RESET_MIDWAY)
        reply_reset_midway(request, status, type, all);
    else
        reply_truncated(request, status, type, (struct slice){all.data, all.len / 2}, all.len);
    return FLOW_DONE;
}

/* Something to spoil: the operation's answer, or one of the same kind when it had no body. */
static void complete_answer(struct emu_call *call)
{
    if (call->body.len == 0)
        buf_puts(emu_call_answer(call, 200),
                 "{\"sessionId\":\"00000000-0000-4000-8000-000000000000\",\"authToken\":\"\","
                 "\"status\":\"NotStarted\",\"results\":{\"attempts\":[]}}");
    if (call->fault.status)
        call->status = call->fault.status;
}

enum flow_next emu_call_reply_spoiled(struct emu_call *call)
{
    call->retry_after_s = call->fault.retry_after_s;
    if (call->fault.kind == EMU_FAULT_RESET)
        return send_reset(call);
    if (call->fault.kind == EMU_FAULT_PLAIN)
        return send_error(call);
    complete_answer(call);
    switch (call->fault.kind) {
    case EMU_FAULT_GARBAGE:
        return send_garbage(call);
    case EMU_FAULT_WRONG_TYPES:
        return send_wrong_types(call);
    default:
        return send_mangled(call);
    }
}
