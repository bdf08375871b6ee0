/*
 * The Face API's operations on sessions of both kinds: create, get, delete. What the version is
 * decides the shape, not what the session was created under.
 */
#include "emulator/abuse.h"
#include "emulator/create_body.h"
#include "emulator/preview_json.h"
#include "emulator/routes.h"
#include "emulator/session_json.h"
#include "emulator/target.h"
#include "emulator/token.h"

/* ---- create ---- */

static enum flow_next begin_create(struct flow *flow)
{
    return emu_call_begin(flow, EMU_CREATE);
}

static bool is_multipart(struct request *request)
{
    return slice_equal(request_media_type(request), SLICE("multipart/form-data"));
}

/* Since v1.2 a create with verify is a form; JSON without an image is what the previews had. */
static enum emu_error decode_create(struct request *request, const struct emu_target *target,
                                    bool strict, struct emu_session_settings *ret)
{
    const struct emu_create create = {
        .version = target->version,
        .kind = target->kind,
        .strict = strict,
        .multipart = is_multipart(request),
        .content_type = request_header(request, "content-type"),
        .body = request->body,
    };

    if (strict && target->kind == EMU_LIVENESS_WITH_VERIFY && !target->info->preview &&
        !create.multipart)
        return EMU_MEDIA_TYPE;
    return emu_create_decode(&create, ret);
}

static void answer_created(struct emu_call *call, const struct emu_target *target,
                           const struct emu_session *session)
{
    CLEANUP(secret_buf) struct buf token;
    const struct emulator *emulator = emu_call_emulator(call);

    buf_init_secret(&token, JWT_MAX_BYTES);
    if (emu_token_mint(emulator->token_key, emulator->random, session, &token))
        emu_call_fail(call, EMU_INTERNAL);
    else if (target->info->preview)
        emu_preview_write_created(session, buf_slice(&token), emu_call_answer(call, 200));
    else
        emu_session_write(session, target->version, buf_slice(&token), emu_call_answer(call, 200));
}

static bool is_flagged(const struct emulator *emulator, const struct emu_session_settings *settings)
{
    return emulator->abuse_monitoring &&
           emu_abuse_is_flagged(&emulator->sessions, settings->device_correlation_id);
}

static enum flow_next create_session(struct flow *flow)
{
    struct emu_call *call = (struct emu_call *)flow;
    struct emulator *emulator = emu_call_emulator(call);
    struct emu_session_settings settings;
    struct emu_target target;

    if (!emu_target_admit(call, &target))
        return FLOW_NEXT;
    const enum emu_error error = decode_create(flow->request, &target, emulator->strict, &settings);
    request_body_wipe(flow->request);
    if (error) {
        emu_call_fail(call, error);
        return FLOW_NEXT;
    }
    if (is_flagged(emulator, &settings)) {
        emu_session_settings_done(&settings);
        emu_call_fail(call, EMU_CORRELATION_ID_FLAGGED);
        return FLOW_NEXT;
    }
    struct emu_session *session =
        emu_sessions_add(&emulator->sessions, &settings, emulator->random, emu_call_now_ms(call));
    session->abuse_monitored = emulator->abuse_monitoring;
    answer_created(call, &target, session);
    return FLOW_NEXT;
}

const struct flow_step emu_create_steps[] = EMU_CALL_STEPS(begin_create, create_session);

/* ---- get ---- */

static enum flow_next begin_get(struct flow *flow)
{
    return emu_call_begin(flow, EMU_GET);
}

static enum flow_next get_session(struct flow *flow)
{
    struct emu_call *call = (struct emu_call *)flow;
    const struct emu_session *session = NULL;
    struct emu_target target;

    if (!emu_target_admit(call, &target) || !(session = emu_target_session(call, &target)))
        return FLOW_NEXT;
    struct buf *answer = emu_call_answer(call, 200);
    if (target.info->preview)
        emu_preview_write(session, target.version, emu_call_now_ms(call), answer);
    else if (emu_call_emulator(call)->tutorial_paths && target.version == EMU_V1_2)
        emu_session_write_for_tutorial(session, answer);
    else
        emu_session_write(session, target.version, SLICE(""), answer);
    return FLOW_NEXT;
}

const struct flow_step emu_get_steps[] = EMU_CALL_STEPS(begin_get, get_session);

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
    struct emu_target target;

    if (emu_target_admit(call, &target) && (session = emu_target_session(call, &target))) {
        emu_sessions_remove(&emu_call_emulator(call)->sessions, session);
        (void)emu_call_answer(call, target.info->preview ? 200 : 204);
    }
    return FLOW_NEXT;
}

const struct flow_step emu_delete_steps[] = EMU_CALL_STEPS(begin_delete, delete_session);
