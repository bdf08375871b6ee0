/*
 * GET /status of the admin listener: JSON, or the page for people when they would rather have that,
 * and the page's files below it.
 */
#include "routes/status.h"

#include "base/json.h"
#include "domain/receipt.h"
#include "http/accept.h"
#include "routes/page.h"
#include "routes/small_routes.h"
#include "upstream/face_version.h"
#include "web/assets.h"

#include <stdio.h>

enum { STATUS_MAX = 4096, PAGE_MAX = 64 * 1024, NAME_SIZE = 64 };

#define PAGE_POLICY                                                                                \
    "script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "                    \
    "require-trusted-types-for 'script'; trusted-types 'none'"

/* ---- gathering ---- */

const char *status_reason(const struct services *services)
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

static uint64_t total_of(const struct services *services, const char *metric)
{
    return (uint64_t)metrics_total(services->metrics, metric);
}

static unsigned count_of(const struct services *services, const char *metric)
{
    return (unsigned)total_of(services, metric);
}

static int64_t time_of(const struct services *services, const char *metric)
{
    return (int64_t)(metrics_total(services->metrics, metric) * 1e3);
}

static void gather_checks(const struct services *services, struct status *ret)
{
    ret->checks.created = total_of(services, "livenessd_sessions_created_total");
    ret->checks.completed = total_of(services, "livenessd_sessions_completed_total");
    ret->checks.settled = total_of(services, "livenessd_verdicts_total");
    ret->checks.accepted = total_of(services, "livenessd_verdicts_accepted_total");
    ret->checks.limited = total_of(services, "livenessd_limited_total");
}

static void gather_upstream(const struct services *services, struct status *ret)
{
    ret->upstream.version = face_versions[services->version].name;
    ret->upstream.last_success_at =
        time_of(services, "livenessd_upstream_last_success_timestamp_seconds");
    ret->upstream.last_failure_at =
        time_of(services, "livenessd_upstream_last_failure_timestamp_seconds");
    ret->upstream.denied = count_of(services, "livenessd_upstream_denied") > 0;
    ret->upstream.queue = count_of(services, "livenessd_upstream_queue_length");
    ret->upstream.in_flight = count_of(services, "livenessd_upstream_in_flight");
}

void status_gather(const struct services *services, struct status *ret)
{
    const struct receipt_maker *receipts = services->rules->receipts;
    *ret = (struct status){
        .reason = status_reason(services),
        .version = LIVENESSD_VERSION,
        .now = clock_wall_ms(services->clock),
        .started_at = services->started_at,
        .sessions = sessions_counts(services->sessions),
        .shared_store = store_is_shared(services->store),
        .store_ready = store_ready(services->store),
        .peers = sessions_peers(services->sessions),
        .connections = count_of(services, "livenessd_http_connections"),
        .waiters = count_of(services, "livenessd_waiters"),
        .receipt_key = receipts ? jwt_key_id(receipts->key) : NULL,
    };
    gather_checks(services, ret);
    gather_upstream(services, ret);
}

/* ---- JSON ---- */

/* How long ago; null: never. */
static void put_age(struct json_writer *json, const char *name, int64_t now, int64_t then)
{
    if (then > 0)
        json_put_integer(json, name, now > then ? (now - then) / 1000 : 0);
    else
        json_put_raw(json, name, SLICE("null"));
}

static void put_checks(const struct status *status, struct json_writer *json)
{
    json_open(json, "checks", '{');
    json_put_integer(json, "created", (int64_t)status->checks.created);
    json_put_integer(json, "completed", (int64_t)status->checks.completed);
    json_put_integer(json, "settled", (int64_t)status->checks.settled);
    json_put_integer(json, "accepted", (int64_t)status->checks.accepted);
    json_put_integer(json, "limited", (int64_t)status->checks.limited);
    json_close(json, '}');
}

static void put_sessions(const struct status *status, struct json_writer *json)
{
    const struct store_counts *counts = &status->sessions;
    json_open(json, "sessions", '{');
    json_put_integer(json, "open", counts->open);
    json_put_integer(json, "overdue", counts->overdue);
    json_put_integer(json, "orphaned", counts->orphaned);
    json_put_integer(json, "deletionsOwed", counts->owed);
    json_put_integer(json, "oldestOwedSeconds",
                     counts->oldest_owed_at ? (status->now - counts->oldest_owed_at) / 1000 : 0);
    json_close(json, '}');
}

static void put_store(const struct status *status, struct json_writer *json)
{
    json_open(json, "store", '{');
    json_put_string(json, "kind", status->shared_store ? "redis" : "sqlite");
    json_put_bool(json, "ready", status->store_ready);
    json_put_integer(json, "peers", status->peers);
    json_close(json, '}');
}

static void put_upstream(const struct status *status, struct json_writer *json)
{
    json_open(json, "upstream", '{');
    json_put_string(json, "apiVersion", status->upstream.version);
    put_age(json, "lastSuccessSeconds", status->now, status->upstream.last_success_at);
    put_age(json, "lastFailureSeconds", status->now, status->upstream.last_failure_at);
    json_put_bool(json, "denied", status->upstream.denied);
    json_put_integer(json, "queue", status->upstream.queue);
    json_put_integer(json, "underWay", status->upstream.in_flight);
    json_close(json, '}');
}

void status_write_json(const struct status *status, struct buf *ret)
{
    struct json_writer json = json_writer(ret);
    json_open(&json, NULL, '{');
    json_put_string(&json, "version", status->version);
    json_put_string(&json, "status", status->reason ? status->reason : "ready");
    json_put_integer(&json, "uptimeSeconds", (status->now - status->started_at) / 1000);
    put_checks(status, &json);
    put_sessions(status, &json);
    put_store(status, &json);
    put_upstream(status, &json);
    json_put_integer(&json, "connections", status->connections);
    json_put_integer(&json, "waiters", status->waiters);
    if (status->receipt_key)
        json_put_string(&json, "receiptKey", status->receipt_key);
    json_close(&json, '}');
}

/* ---- routes ---- */

static enum flow_next send_to(struct flow *flow, struct slice place)
{
    reply_header(flow->request, "location", place);
    reply_empty(flow->request, 302);
    return FLOW_DONE;
}

static enum flow_next show_page(struct flow *flow, const struct status *status)
{
    struct slice path = flow->request->path;
    struct asset skeleton;
    if (path.data[path.len - 1] == '/') /* what is relative to it would be elsewhere */
        return send_to(flow, SLICE("../status"));
    CLEANUP(buf) struct buf page;
    buf_init(&page, PAGE_MAX);
    if (asset_find(SLICE("status/index.html"), &skeleton))
        status_write_page(status, skeleton.body, &page);
    if (buf_failed(&page) || page.len == 0)
        return flow_fail(flow, PROBLEM_INTERNAL);
    page_reply(flow->request, PAGE_POLICY, NULL, buf_slice(&page));
    return FLOW_DONE;
}

static enum flow_next show(struct flow *flow)
{
    struct status status;
    status_gather(flow->request->context, &status);
    if (accept_prefers(request_header(flow->request, "accept"), "text/html", "application/json"))
        return show_page(flow, &status);
    CLEANUP(buf) struct buf body;
    buf_init(&body, STATUS_MAX);
    status_write_json(&status, &body);
    if (buf_failed(&body))
        return flow_fail(flow, PROBLEM_INTERNAL);
    reply_json(flow->request, 200, buf_slice(&body));
    return FLOW_DONE;
}

static enum flow_next show_file(struct flow *flow)
{
    struct slice file = flow->request->params[0];
    char name[NAME_SIZE];
    struct asset asset;
    int length = snprintf(name, sizeof name, "status/%.*s", SLICE_ARGS(file));
    bool fits = length > 0 && (size_t)length < sizeof name;
    if (!fits || slice_equal(file, SLICE("index.html")) || !asset_find(slice_of(name), &asset))
        return flow_fail(flow, PROBLEM_ROUTE_NOT_FOUND);
    reply_header(flow->request, "cross-origin-resource-policy", SLICE("same-origin"));
    reply_static(flow->request, 200, asset.type, asset.body);
    return FLOW_DONE;
}

static enum flow_next lead(struct flow *flow)
{
    return send_to(flow, SLICE("status"));
}

const struct flow_step status_get_steps[] = {FLOW_STEP(show), FLOW_END};
const struct flow_step status_file_steps[] = {FLOW_STEP(show_file), FLOW_END};
const struct flow_step status_lead_steps[] = {FLOW_STEP(lead), FLOW_END};
