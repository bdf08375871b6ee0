/*
 * The device's side: session start, the camera's sight (singleModal), end of the attempt. Only the
 * addresses and the Bearer token are the real service's; bodies and answers are ours, because its
 * protocol is not public.
 *
 * Whatever a session's state does not allow is 409 ConcurrentOperationConflict, the one code that
 * clients are known to have met here: starting a session that is over (decided, or its attempts
 * used up), a sight before the start or after the end, ending an attempt when none is open.
 *
 * Under the previews the real singleModal answers 204, or 200 with the decision when the create
 * asked for it (sendResultsToClient), and what else it tells the device is unknown. So that a
 * device can be played to the end, resultId and digest stand in the body or, with 204, in the
 * headers x-livenessd-result-id and x-livenessd-digest: both are ours.
 */
#include "base/json.h"
#include "emulator/abuse.h"
#include "emulator/create_body.h"
#include "emulator/preview_json.h"
#include "emulator/routes.h"
#include "emulator/session_json.h"
#include "emulator/target.h"

enum { NOTED_HEADER_MAX = 256 };

/* ---- start ---- */

static enum flow_next begin_start(struct flow *flow)
{
    return emu_call_begin(flow, EMU_START);
}

/* A session whose correlation id is the device's to set gets it now, from {"deviceCorrelationId"};
 * otherwise the body says nothing. */
static enum emu_error take_correlation_id(const struct emulator *emulator,
                                          struct emu_session *session, struct slice body)
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
    CLEANUP(text) char *text = xmemdup0(id.data, id.len);
    if (emulator->abuse_monitoring && emu_abuse_is_flagged(&emulator->sessions, text))
        return EMU_CORRELATION_ID_FLAGGED;
    settings->device_correlation_id = TAKE(text);
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

static void note_start(struct emu_session *session, const struct emu_call *call)
{
    if (session->started_ms == 0)
        session->started_ms = emu_call_now_ms(call);
    session->started_from = call->flow.request->client;
}

static enum flow_next start_session(struct flow *flow)
{
    struct emu_call *call = (struct emu_call *)flow;
    struct emu_session *session = NULL;
    struct emu_target target;

    if (!emu_target_find(call, &target) || !(session = emu_call_session_by_token(call)))
        return FLOW_NEXT;
    const enum emu_error error =
        take_correlation_id(emu_call_emulator(call), session, flow->request->body);
    if (error) {
        emu_call_fail(call, error);
    } else if (!emu_session_start(session)) {
        emu_call_fail(call, EMU_CONFLICT);
    } else {
        note_start(session, call);
        write_started(session, emu_call_answer(call, 200));
    }
    return FLOW_NEXT;
}

const struct flow_step emu_start_steps[] = EMU_CALL_STEPS(begin_start, start_session);

/* ---- singleModal ---- */

static enum flow_next begin_single_modal(struct flow *flow)
{
    return emu_call_begin(flow, EMU_SINGLE_MODAL);
}

/* A header to be kept with the attempt, cut; NULL when there is none. */
static char *note_header(const struct request *request, const char *name)
{
    const struct slice value = request_header(request, name);

    if (!value.data)
        return NULL;
    return xmemdup0(value.data, value.len < NOTED_HEADER_MAX ? value.len : NOTED_HEADER_MAX);
}

static void note_request(struct emu_call *call, enum emu_version version, size_t content_length,
                         struct emu_device_request *ret)
{
    const struct request *request = call->flow.request;

    ret->version = version;
    ret->received_ms = emu_call_now_ms(call);
    ret->content_length = content_length;
    memcpy(ret->request_id, call->request_id, sizeof ret->request_id);
    ret->client_request_id = note_header(request, "client-request-id");
    if (!ret->client_request_id)
        ret->client_request_id = note_header(request, "x-ms-client-request-id");
    ret->content_type = note_header(request, "content-type");
    ret->user_agent = note_header(request, "user-agent");
    ret->client = request->client;
}

/* The device learns {resultId, digest} and no decision; of a failed attempt the error instead of
 * the digest. */
static void put_receipt(struct json_writer *writer, const struct emu_attempt *attempt)
{
    char digest[EMU_DIGEST_HEX_SIZE];

    json_put_string(writer, "resultId", attempt->result_id);
    if (attempt->sight.error)
        return;
    emu_digest_format(attempt->digest, digest);
    json_put_string(writer, "digest", digest);
}

static void write_attempt(const struct emu_attempt *attempt, struct buf *ret)
{
    struct json_writer writer = json_writer(ret);

    json_open(&writer, NULL, '{');
    put_receipt(&writer, attempt);
    if (attempt->sight.error) {
        json_open(&writer, "error", '{');
        json_put_string(&writer, "code", attempt->sight.error->code);
        json_put_string(&writer, "message", attempt->sight.error->message);
        json_close(&writer, '}');
    }
    json_close(&writer, '}');
}

static void write_preview_attempt(const struct emu_session *session,
                                  const struct emu_attempt *attempt, struct buf *ret)
{
    struct json_writer writer = json_writer(ret);

    json_open(&writer, NULL, '{');
    emu_preview_put_result(&writer, session, attempt);
    put_receipt(&writer, attempt);
    json_close(&writer, '}');
}

static void answer_without_body(struct emu_call *call, const struct emu_attempt *attempt)
{
    reply_header(call->flow.request, "x-livenessd-result-id", slice_of(attempt->result_id));
    if (!attempt->sight.error) {
        char digest[EMU_DIGEST_HEX_SIZE];
        emu_digest_format(attempt->digest, digest);
        reply_header(call->flow.request, "x-livenessd-digest", slice_of(digest));
    }
    (void)emu_call_answer(call, 204);
}

static void answer_attempt(struct emu_call *call, const struct emu_target *target,
                           const struct emu_session *session, const struct emu_attempt *attempt)
{
    if (!target->info->preview)
        write_attempt(attempt, emu_call_answer(call, 200));
    else if (session->settings.send_results_to_client)
        write_preview_attempt(session, attempt, emu_call_answer(call, 200));
    else
        answer_without_body(call, attempt);
}

/* From here on the attempt is what GET shows. */
static void record_sight(struct emu_call *call, const struct emu_target *target,
                         struct emu_session *session)
{
    struct emulator *emulator = emu_call_emulator(call);
    struct request *request = call->flow.request;
    const size_t content_length = request->body.len;
    struct emu_sight sight;
    const enum emu_error error = emu_sight_decode(request->body, &sight);

    request_body_wipe(request);
    if (error) {
        emu_call_fail(call, error);
        return;
    }
    struct emu_attempt *attempt = emu_session_record(session, &sight, emulator->random);
    if (!attempt) {
        emu_call_fail(call, EMU_CONFLICT);
        return;
    }
    note_request(call, target->version, content_length, &attempt->request);
    emu_abuse_judge(&emulator->sessions, session, attempt);
    answer_attempt(call, target, session, attempt);
}

static enum flow_next take_sight(struct flow *flow)
{
    struct emu_call *call = (struct emu_call *)flow;
    struct emu_session *session = NULL;
    struct emu_target target;

    if (!emu_target_find(call, &target) || !(session = emu_call_session_by_token(call)))
        return FLOW_NEXT;
    if (session->settings.kind == target.kind)
        record_sight(call, &target, session);
    else
        emu_call_fail(call, EMU_SESSION_NOT_FOUND);
    return FLOW_NEXT;
}

const struct flow_step emu_single_modal_steps[] = EMU_CALL_STEPS(begin_single_modal, take_sight);

/* ---- attempt/end ---- */

static enum flow_next begin_attempt_end(struct flow *flow)
{
    return emu_call_begin(flow, EMU_ATTEMPT_END);
}

static enum flow_next end_attempt(struct flow *flow)
{
    struct emu_call *call = (struct emu_call *)flow;
    struct emu_session *session = NULL;
    struct emu_target target;

    if (!emu_target_find(call, &target) || !(session = emu_call_session_by_token(call)))
        return FLOW_NEXT;
    if (emu_session_end_attempt(session))
        write_started(session, emu_call_answer(call, 200));
    else
        emu_call_fail(call, EMU_CONFLICT);
    return FLOW_NEXT;
}

const struct flow_step emu_attempt_end_steps[] = EMU_CALL_STEPS(begin_attempt_end, end_attempt);
