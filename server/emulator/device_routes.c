/*
 * The device's side: session start, the camera's sight (singleModal), end of the attempt. Only the
 * addresses and the Bearer token are the real service's; bodies and answers are ours, because its
 * protocol is not public.
 *
 * Whatever a session's state does not allow is 409 ConcurrentOperationConflict, the one code that
 * clients are known to have met here: starting a session that is over (decided, or its attempts
 * used up), a sight before the start or after the end, ending an attempt when none is open.
 */
#include "base/json.h"
#include "emulator/call.h"
#include "emulator/create_body.h"
#include "emulator/routes.h"
#include "emulator/session_json.h"

/* ---- start ---- */

static enum flow_next begin_start(struct flow *flow)
{
    return emu_call_begin(flow, EMU_START);
}

/* A session whose correlation id is the device's to set gets it now, from {"deviceCorrelationId"};
 * otherwise the body says nothing. */
static enum emu_error take_correlation_id(struct emu_session *session, struct slice body)
{
    CLEANUP(json) cJSON *document = NULL;
    const char *why = NULL;
    struct slice id = {0};
    struct emu_session_settings *settings = &session->settings;

    if (body.len > 0 && json_parse(body, &json_limits_request, &document, &why))
        return EMU_BAD_ARGUMENT;
    if (!settings->correlation_id_set_in_client || settings->device_correlation_id)
        return EMU_OK;
    if (json_string(document, "deviceCorrelationId", 1, 4096, &id) != JSON_OK ||
        !emu_correlation_id_valid(id))
        return EMU_INVALID_CORRELATION_ID;
    settings->device_correlation_id = xmemdup0(id.data, id.len);
    return EMU_OK;
}

static void write_started(const struct emu_session *session, struct buf *ret)
{
    struct json_writer writer = json_writer(ret);

    json_open(&writer, NULL, '{');
    json_put_string(&writer, "sessionId", session->id);
    json_put_string(&writer, "livenessOperationMode", emu_mode_word(session->settings.mode));
    json_put_string(&writer, "modelVersion", session->settings.model_version);
    json_put_integer(&writer, "attemptsLeft", emu_session_attempts_left(session));
    json_close(&writer, '}');
}

static enum flow_next start_session(struct flow *flow)
{
    struct emu_call *call = (struct emu_call *)flow;
    struct emu_session *session = emu_call_session_by_token(call);

    if (!session)
        return FLOW_NEXT;
    const enum emu_error error = take_correlation_id(session, flow->request->body);
    if (error)
        emu_call_fail(call, error);
    else if (!emu_session_start(session))
        emu_call_fail(call, EMU_CONFLICT);
    else
        write_started(session, emu_call_answer(call, 200));
    return FLOW_NEXT;
}

const struct flow_step emu_start_steps[] = {
    FLOW_STEP(begin_start),   FLOW_STEP(emu_call_spoil), FLOW_STEP(start_session),
    FLOW_STEP(emu_call_hold), FLOW_STEP(emu_call_send),  FLOW_END,
};

/* ---- singleModal ---- */

static enum flow_next begin_single_modal(struct flow *flow)
{
    return emu_call_begin(flow, EMU_SINGLE_MODAL);
}

/* The device learns {resultId, digest} and no decision; of a failed attempt the error instead of
 * the digest. */
static void write_attempt(const struct emu_attempt *attempt, struct buf *ret)
{
    struct json_writer writer = json_writer(ret);
    char digest[EMU_DIGEST_HEX_SIZE];

    emu_digest_format(attempt->digest, digest);
    json_open(&writer, NULL, '{');
    json_put_string(&writer, "resultId", attempt->result_id);
    if (attempt->sight.error) {
        json_open(&writer, "error", '{');
        json_put_string(&writer, "code", attempt->sight.error->code);
        json_put_string(&writer, "message", attempt->sight.error->message);
        json_close(&writer, '}');
    } else {
        json_put_string(&writer, "digest", digest);
    }
    json_close(&writer, '}');
}

/* From here on the attempt is what GET shows. */
static enum flow_next record_sight(struct flow *flow)
{
    struct emu_call *call = (struct emu_call *)flow;
    struct emu_session *session = emu_call_session_by_token(call);
    struct emu_sight sight;

    if (!session)
        return FLOW_NEXT;
    const enum emu_error error = emu_sight_decode(flow->request->body, &sight);
    if (error) {
        emu_call_fail(call, error);
        return FLOW_NEXT;
    }
    const struct emu_attempt *attempt =
        emu_session_record(session, &sight, emu_call_emulator(call)->random);
    if (attempt)
        write_attempt(attempt, emu_call_answer(call, 200));
    else
        emu_call_fail(call, EMU_CONFLICT);
    return FLOW_NEXT;
}

const struct flow_step emu_single_modal_steps[] = {
    FLOW_STEP(begin_single_modal), FLOW_STEP(emu_call_spoil), FLOW_STEP(record_sight),
    FLOW_STEP(emu_call_hold),      FLOW_STEP(emu_call_send),  FLOW_END,
};

/* ---- attempt/end ---- */

static enum flow_next begin_attempt_end(struct flow *flow)
{
    return emu_call_begin(flow, EMU_ATTEMPT_END);
}

static enum flow_next end_attempt(struct flow *flow)
{
    struct emu_call *call = (struct emu_call *)flow;
    struct emu_session *session = emu_call_session_by_token(call);

    if (!session)
        return FLOW_NEXT;
    if (emu_session_end_attempt(session))
        write_started(session, emu_call_answer(call, 200));
    else
        emu_call_fail(call, EMU_CONFLICT);
    return FLOW_NEXT;
}

const struct flow_step emu_attempt_end_steps[] = {
    FLOW_STEP(begin_attempt_end), FLOW_STEP(emu_call_spoil), FLOW_STEP(end_attempt),
    FLOW_STEP(emu_call_hold),     FLOW_STEP(emu_call_send),  FLOW_END,
};
