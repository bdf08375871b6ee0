/*
 * What v1.3 added beside sessions: the resource's settings, and the token for the packages of the
 * client SDKs, which opens nothing here.
 */
#include "base/crypto.h"
#include "base/json.h"
#include "emulator/routes.h"
#include "emulator/target.h"

enum { ASSETS_TOKEN_BYTES = 48, ASSETS_TOKEN_LIFETIME_MS = 24 * 3600 * 1000, TOKEN_TEXT_MAX = 256 };

/* ---- settings ---- */

static enum flow_next begin_settings(struct flow *flow)
{
    return emu_call_begin(flow, EMU_SETTINGS);
}

static void write_settings(bool enabled, struct buf *ret)
{
    struct json_writer writer = json_writer(ret);

    json_open(&writer, NULL, '{');
    json_open(&writer, "livenessAbuseMonitoring", '{');
    json_put_bool(&writer, "enabled", enabled);
    json_close(&writer, '}');
    json_close(&writer, '}');
}

static enum flow_next get_settings(struct flow *flow)
{
    struct emu_call *call = (struct emu_call *)flow;
    struct emu_target target;

    if (emu_target_admit(call, &target))
        write_settings(emu_call_emulator(call)->abuse_monitoring, emu_call_answer(call, 200));
    return FLOW_NEXT;
}

const struct flow_step emu_settings_get_steps[] = EMU_CALL_STEPS(begin_settings, get_settings);

/* A member that clients with a broken model send as an empty object changes nothing. */
static enum emu_error read_enabled(const cJSON *object, bool strict, bool *ret)
{
    const cJSON *empty = NULL;
    const bool is_object = json_object(object, "enabled", &empty) == JSON_OK;
    const enum json_read read =
        strict ? json_bool(object, "enabled", ret) : json_bool_or_text(object, "enabled", ret);

    return read == JSON_WRONG && !is_object ? EMU_INVALID_REQUEST_BODY : EMU_OK;
}

/* Either {"livenessAbuseMonitoring":{"enabled":…}} or, from an older draft, {"enabled":…}. */
static enum emu_error read_settings(struct slice body, bool strict, bool *ret)
{
    CLEANUP(json) cJSON *document = NULL;
    const char *why = NULL;
    const cJSON *monitoring = NULL;

    if (json_parse(body, &json_limits_request, &document, &why))
        return EMU_BAD_ARGUMENT;
    switch (json_object(document, "livenessAbuseMonitoring", &monitoring)) {
    case JSON_OK:
        return read_enabled(monitoring, strict, ret);
    case JSON_ABSENT:
        return read_enabled(document, strict, ret);
    default:
        return EMU_INVALID_REQUEST_BODY;
    }
}

static enum flow_next patch_settings(struct flow *flow)
{
    struct emu_call *call = (struct emu_call *)flow;
    struct emulator *emulator = emu_call_emulator(call);
    struct emu_target target;

    if (!emu_target_admit(call, &target))
        return FLOW_NEXT;
    const enum emu_error error =
        read_settings(flow->request->body, emulator->strict, &emulator->abuse_monitoring);
    if (error)
        emu_call_fail(call, error);
    else
        write_settings(emulator->abuse_monitoring, emu_call_answer(call, 200));
    return FLOW_NEXT;
}

const struct flow_step emu_settings_patch_steps[] = EMU_CALL_STEPS(begin_settings, patch_settings);

/* ---- token ---- */

static enum flow_next begin_assets_token(struct flow *flow)
{
    return emu_call_begin(flow, EMU_ASSETS_TOKEN);
}

static void write_assets_token(const struct random *random, int64_t now_ms, struct buf *ret)
{
    CLEANUP(secret_buf) struct buf token;
    CLEANUP(secret_buf) struct buf encoded;
    struct json_writer writer = json_writer(ret);
    uint8_t bytes[ASSETS_TOKEN_BYTES];
    char expiry[RFC3339_SIZE];

    buf_init_secret(&token, TOKEN_TEXT_MAX);
    buf_init_secret(&encoded, TOKEN_TEXT_MAX);
    random_fill(random, bytes, sizeof bytes);
    base64url_encode(bytes, sizeof bytes, &token);
    base64_encode(token.data, token.len, &encoded);
    rfc3339_format(now_ms + ASSETS_TOKEN_LIFETIME_MS, expiry);
    json_open(&writer, NULL, '{');
    json_put_string(&writer, "expiry", expiry);
    json_put_slice(&writer, "accessToken", buf_slice(&token));
    json_put_slice(&writer, "base64AccessToken", buf_slice(&encoded));
    json_close(&writer, '}');
}

static enum flow_next give_assets_token(struct flow *flow)
{
    struct emu_call *call = (struct emu_call *)flow;
    struct emu_target target;

    if (emu_target_admit(call, &target))
        write_assets_token(emu_call_emulator(call)->random, emu_call_now_ms(call),
                           emu_call_answer(call, 200));
    return FLOW_NEXT;
}

const struct flow_step emu_assets_token_steps[] =
    EMU_CALL_STEPS(begin_assets_token, give_assets_token);
