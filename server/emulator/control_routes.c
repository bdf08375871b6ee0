/*
 * The control room: what tests ask the emulator about itself and tell it to do. No key is asked
 * for, no fault hits it and none of it is in the request log.
 */
#include "base/json.h"
#include "emulator/answer.h"
#include "emulator/emulator_private.h"
#include "emulator/routes.h"
#include "http/flow.h"

/* 200 000 sessions or 100 000 requests, escaped in the worst way, stay below. */
enum { LIST_MAX = 256 * 1024 * 1024, SMALL_MAX = 64 * 1024 };

static enum flow_next reply_buf(struct flow *flow, const struct buf *body)
{
    if (buf_failed(body))
        emu_reply_error(flow->request, EMU_INTERNAL, NULL);
    else
        emu_reply(flow->request, 200, (struct slice){0}, buf_slice(body));
    return FLOW_DONE;
}

static enum flow_next reply_done(struct flow *flow)
{
    reply_empty(flow->request, 204);
    return FLOW_DONE;
}

static enum flow_next refuse(struct flow *flow, const char *why)
{
    emu_reply_error(flow->request, EMU_INVALID_REQUEST_BODY, why);
    return FLOW_DONE;
}

/* ---- sessions ---- */

static void write_session(struct json_writer *writer, const struct emu_session *session)
{
    json_open(writer, NULL, '{');
    json_put_string(writer, "sessionId", session->id);
    json_put_string(writer, "kind", emu_kind_word(session->settings.kind));
    json_put_string(writer, "status", emu_status_word(session->status));
    if (session->settings.device_correlation_id)
        json_put_string(writer, "deviceCorrelationId", session->settings.device_correlation_id);
    json_close(writer, '}');
}

static enum flow_next list_sessions(struct flow *flow)
{
    CLEANUP(buf) struct buf body;
    struct emulator *emulator = flow->request->context;

    buf_init(&body, LIST_MAX);
    struct json_writer writer = json_writer(&body);
    emu_sessions_sweep(&emulator->sessions, emu_clock_now_ms(&emulator->clock));
    json_open(&writer, NULL, '{');
    json_open(&writer, "sessions", '[');
    for (const struct emu_session *session = emulator->sessions.oldest; session;
         session = session->newer)
        write_session(&writer, session);
    json_close(&writer, ']');
    json_close(&writer, '}');
    return reply_buf(flow, &body);
}

const struct flow_step emu_control_sessions_steps[] = {FLOW_STEP(list_sessions), FLOW_END};

/* ---- requests ---- */

static enum flow_next list_requests(struct flow *flow)
{
    CLEANUP(buf) struct buf body;
    const struct emulator *emulator = flow->request->context;

    buf_init(&body, LIST_MAX);
    emu_request_log_write(&emulator->requests, &body);
    return reply_buf(flow, &body);
}

static enum flow_next clear_requests(struct flow *flow)
{
    struct emulator *emulator = flow->request->context;

    emu_request_log_clear(&emulator->requests);
    return reply_done(flow);
}

const struct flow_step emu_control_requests_steps[] = {FLOW_STEP(list_requests), FLOW_END};
const struct flow_step emu_control_requests_clear_steps[] = {FLOW_STEP(clear_requests), FLOW_END};

/* ---- clock ---- */

static enum flow_next show_clock(struct flow *flow)
{
    CLEANUP(buf) struct buf body;
    const struct emulator *emulator = flow->request->context;
    char now[RFC3339_SIZE];

    rfc3339_format(emu_clock_now_ms(&emulator->clock), now);
    buf_init(&body, SMALL_MAX);
    struct json_writer writer = json_writer(&body);
    json_open(&writer, NULL, '{');
    json_put_string(&writer, "now", now);
    json_put_integer(&writer, "offsetSeconds", emulator->clock.offset_s);
    json_close(&writer, '}');
    return reply_buf(flow, &body);
}

static bool move_clock(struct emu_clock *clock, struct slice body)
{
    CLEANUP(json) cJSON *document = NULL;
    const char *why = NULL;
    int64_t seconds = 0;
    const int64_t most = 2LL * EMU_CLOCK_MAX_OFFSET_S;

    if (json_parse(body, &json_limits_request, &document, &why))
        return false;
    const enum json_read advance = json_integer(document, "advanceSeconds", -most, most, &seconds);
    const enum json_read offset = json_integer(document, "offsetSeconds", -most, most, &seconds);
    if (advance == JSON_OK && offset == JSON_ABSENT)
        return emu_clock_advance(clock, seconds);
    if (offset == JSON_OK && advance == JSON_ABSENT)
        return emu_clock_set_offset(clock, seconds);
    return false;
}

static enum flow_next set_clock(struct flow *flow)
{
    struct emulator *emulator = flow->request->context;

    if (!move_clock(&emulator->clock, flow->request->body))
        return refuse(flow, "The body has to be {\"advanceSeconds\":N} or {\"offsetSeconds\":N}, "
                            "N a whole number, at most ten years.");
    return FLOW_NEXT;
}

const struct flow_step emu_control_clock_steps[] = {FLOW_STEP(show_clock), FLOW_END};
const struct flow_step emu_control_clock_set_steps[] = {FLOW_STEP(set_clock), FLOW_STEP(show_clock),
                                                        FLOW_END};

/* ---- faults ---- */

static enum flow_next list_faults(struct flow *flow)
{
    CLEANUP(buf) struct buf body;
    const struct emulator *emulator = flow->request->context;

    buf_init(&body, SMALL_MAX);
    emu_faults_write(&emulator->faults, &body);
    return reply_buf(flow, &body);
}

static enum flow_next add_fault(struct flow *flow)
{
    CLEANUP(json) cJSON *document = NULL;
    struct emulator *emulator = flow->request->context;
    struct emu_fault fault;
    const char *why = NULL;

    if (json_parse(flow->request->body, &json_limits_request, &document, &why) ||
        !emu_fault_read(document, &fault, &why))
        return refuse(flow, why);
    if (!emu_faults_add(&emulator->faults, &fault))
        return refuse(flow, "There are as many faults as there can be: clear them first.");
    return FLOW_NEXT;
}

static enum flow_next clear_faults(struct flow *flow)
{
    struct emulator *emulator = flow->request->context;

    emu_faults_clear(&emulator->faults);
    return reply_done(flow);
}

const struct flow_step emu_control_faults_steps[] = {FLOW_STEP(list_faults), FLOW_END};
const struct flow_step emu_control_faults_add_steps[] = {FLOW_STEP(add_fault),
                                                         FLOW_STEP(list_faults), FLOW_END};
const struct flow_step emu_control_faults_clear_steps[] = {FLOW_STEP(clear_faults), FLOW_END};
