/*
 * The admin listener: /livez (the process), /readyz (may traffic come here? never an upstream
 * call), /metrics, /status.
 */
#include "base/json.h"
#include "base/metrics.h"
#include "routes/services.h"
#include "routes/small_routes.h"

enum { METRICS_MAX = 4 * 1024 * 1024 };

static enum flow_next livez(struct flow *flow)
{
    reply_json(flow->request, 200, SLICE("{\"status\":\"alive\"}"));
    return FLOW_DONE;
}

static const char *not_ready_because(const struct services *services)
{
    if (services->draining)
        return "draining";
    if (!store_ready(services->store))
        return "store unavailable";
    if (services->authority->epochs && !epochs_known(services->authority->epochs))
        return "resets of devices not yet read";
    if (services->issuers && issuers_lacking(services->issuers))
        return "keys of an issuer unavailable";
    return NULL;
}

static enum flow_next readyz(struct flow *flow)
{
    const char *reason = not_ready_because(flow->request->context);
    CLEANUP(buf) struct buf body;
    buf_init(&body, 256);
    struct json_writer json = json_writer(&body);
    json_open(&json, NULL, '{');
    json_put_string(&json, "status", reason ? "not ready" : "ready");
    if (reason)
        json_put_string(&json, "reason", reason);
    json_close(&json, '}');
    reply_json(flow->request, reason ? 503 : 200, buf_slice(&body));
    return FLOW_DONE;
}

static enum flow_next metrics(struct flow *flow)
{
    const struct services *services = flow->request->context;
    CLEANUP(buf) struct buf body;
    buf_init(&body, METRICS_MAX);
    metrics_write(services->metrics, &body);
    if (buf_failed(&body))
        return flow_fail(flow, PROBLEM_INTERNAL);
    reply_text(flow->request, 200, "text/plain; version=0.0.4; charset=utf-8", buf_slice(&body));
    return FLOW_DONE;
}

static void put_store(const struct services *services, struct json_writer *json)
{
    json_open(json, "store", '{');
    json_put_string(json, "kind", store_is_shared(services->store) ? "redis" : "sqlite");
    json_put_bool(json, "ready", store_ready(services->store));
    json_put_integer(json, "peers", sessions_peers(services->sessions));
    json_close(json, '}');
}

static enum flow_next status(struct flow *flow)
{
    const struct services *services = flow->request->context;
    struct store_counts counts = sessions_counts(services->sessions);
    const char *reason = not_ready_because(services);
    int64_t now = clock_wall_ms(services->clock);
    CLEANUP(buf) struct buf body;
    buf_init(&body, 4096);
    struct json_writer json = json_writer(&body);
    json_open(&json, NULL, '{');
    json_put_string(&json, "version", LIVENESSD_VERSION);
    json_put_string(&json, "status", reason ? reason : "ready");
    json_put_integer(&json, "uptimeSeconds", (now - services->started_at) / 1000);
    json_open(&json, "sessions", '{');
    json_put_integer(&json, "open", counts.open);
    json_put_integer(&json, "overdue", counts.overdue);
    json_put_integer(&json, "orphaned", counts.orphaned);
    json_put_integer(&json, "deletionsOwed", counts.owed);
    json_put_integer(&json, "oldestOwedSeconds",
                     counts.oldest_owed_at ? (now - counts.oldest_owed_at) / 1000 : 0);
    json_close(&json, '}');
    put_store(services, &json);
    json_close(&json, '}');
    reply_json(flow->request, 200, buf_slice(&body));
    return FLOW_DONE;
}

const struct flow_step livez_get_steps[] = {FLOW_STEP(livez), FLOW_END};
const struct flow_step readyz_get_steps[] = {FLOW_STEP(readyz), FLOW_END};
const struct flow_step metrics_get_steps[] = {FLOW_STEP(metrics), FLOW_END};
const struct flow_step status_get_steps[] = {FLOW_STEP(status), FLOW_END};
