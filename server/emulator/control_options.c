/*
 * The control room's switches: what the command line says, changed at run time, and how long
 * Entra's tokens live. Every set answers like the get; members that are absent stay as they are.
 */
#include "base/json.h"
#include "emulator/answer.h"
#include "emulator/emulator_private.h"
#include "emulator/entra.h"
#include "emulator/routes.h"
#include "http/flow.h"

enum { SHOWN_MAX = 4096 };

static enum flow_next refuse(struct flow *flow, const char *why)
{
    emu_reply_error(flow->request, EMU_INVALID_REQUEST_BODY, why);
    return FLOW_DONE;
}

/* ---- options ---- */

static enum flow_next show_options(struct flow *flow)
{
    CLEANUP(buf) struct buf body;
    const struct emulator *emulator = flow->request->context;

    buf_init(&body, SHOWN_MAX);
    struct json_writer writer = json_writer(&body);
    json_open(&writer, NULL, '{');
    json_put_bool(&writer, "strict", emulator->strict);
    json_put_bool(&writer, "tutorialPaths", emulator->tutorial_paths);
    json_put_bool(&writer, "gatewayErrors", emulator->gateway_errors);
    json_put_integer(&writer, "rateLimit", emulator->rate.limit);
    json_close(&writer, '}');
    emu_reply(flow->request, 200, (struct slice){0}, buf_slice(&body));
    return FLOW_DONE;
}

struct switches {
    bool strict, tutorial_paths, gateway_errors;
    int64_t rate_limit;
};

static bool read_switches(struct slice body, struct switches *ret)
{
    CLEANUP(json) cJSON *document = NULL;
    const char *why = NULL;

    return json_parse(body, &json_limits_request, &document, &why) == 0 &&
           json_bool(document, "strict", &ret->strict) != JSON_WRONG &&
           json_bool(document, "tutorialPaths", &ret->tutorial_paths) != JSON_WRONG &&
           json_bool(document, "gatewayErrors", &ret->gateway_errors) != JSON_WRONG &&
           json_integer(document, "rateLimit", 0, EMU_RATE_LIMIT_MAX, &ret->rate_limit) !=
               JSON_WRONG;
}

static enum flow_next set_options(struct flow *flow)
{
    struct emulator *emulator = flow->request->context;
    struct switches switches = {
        .strict = emulator->strict,
        .tutorial_paths = emulator->tutorial_paths,
        .gateway_errors = emulator->gateway_errors,
        .rate_limit = emulator->rate.limit,
    };

    if (!read_switches(flow->request->body, &switches))
        return refuse(flow, "The body has to be {\"strict\"?,\"tutorialPaths\"?,\"gatewayErrors\"?:"
                            "true or false,\"rateLimit\"?:calls a second, 0 for no limit}.");
    emulator->strict = switches.strict;
    emulator->tutorial_paths = switches.tutorial_paths;
    emulator->gateway_errors = switches.gateway_errors;
    emulator->rate = (struct emu_rate){.limit = (unsigned)switches.rate_limit};
    return FLOW_NEXT;
}

const struct flow_step emu_control_options_steps[] = {FLOW_STEP(show_options), FLOW_END};
const struct flow_step emu_control_options_set_steps[] = {FLOW_STEP(set_options),
                                                          FLOW_STEP(show_options), FLOW_END};

/* ---- Entra ---- */

static enum flow_next show_entra(struct flow *flow)
{
    CLEANUP(buf) struct buf body;
    const struct emulator *emulator = flow->request->context;

    buf_init(&body, SHOWN_MAX);
    struct json_writer writer = json_writer(&body);
    json_open(&writer, NULL, '{');
    json_put_integer(&writer, "expiresInSeconds", emulator->entra.lifetime_s);
    json_close(&writer, '}');
    emu_reply(flow->request, 200, (struct slice){0}, buf_slice(&body));
    return FLOW_DONE;
}

static enum flow_next set_entra(struct flow *flow)
{
    CLEANUP(json) cJSON *document = NULL;
    struct emulator *emulator = flow->request->context;
    const char *why = NULL;
    int64_t lifetime_s = 0;

    if (json_parse(flow->request->body, &json_limits_request, &document, &why) ||
        json_integer(document, "expiresInSeconds", 1, EMU_ENTRA_LIFETIME_MAX_S, &lifetime_s) !=
            JSON_OK)
        return refuse(flow, "The body has to be {\"expiresInSeconds\":N}, N from 1 to 86400.");
    emulator->entra.lifetime_s = (uint32_t)lifetime_s;
    return FLOW_NEXT;
}

const struct flow_step emu_control_entra_steps[] = {FLOW_STEP(show_entra), FLOW_END};
const struct flow_step emu_control_entra_set_steps[] = {FLOW_STEP(set_entra), FLOW_STEP(show_entra),
                                                        FLOW_END};
