/*
 * The admin listener: /livez (the process), /readyz (may traffic come here? never an upstream
 * call), /metrics. /status is status.c's.
 */
#include "base/json.h"
#include "base/metrics.h"
#include "routes/small_routes.h"
#include "routes/status.h"

enum { METRICS_MAX = 4 * 1024 * 1024 };

static enum flow_next livez(struct flow *flow)
{
    reply_json(flow->request, 200, SLICE("{\"status\":\"alive\"}"));
    return FLOW_DONE;
}

static enum flow_next readyz(struct flow *flow)
{
    const char *reason = status_reason(flow->request->context);
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

const struct flow_step livez_get_steps[] = {FLOW_STEP(livez), FLOW_END};
const struct flow_step readyz_get_steps[] = {FLOW_STEP(readyz), FLOW_END};
const struct flow_step metrics_get_steps[] = {FLOW_STEP(metrics), FLOW_END};
