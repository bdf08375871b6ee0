/*
 * Telling about upstream calls. Invariant: the labels of all series are fixed here, and what the
 * upstream sent is shown only when it looks like an id.
 */
#include "upstream/face_report.h"

#include <string.h>

enum { APIM_ID_MAX = 64, NS_PER_MS = 1000000 };

static const char *const operation_names[FACE_OPERATION_COUNT] = {"create", "get",    "delete",
                                                                  "image",  "detect", "token"};
static const char *const outcome_names[FACE_OUTCOME_COUNT] = {
    "ok",     "not_found", "denied",           "bad_image", "busy",
    "broken", "timeout",   "refused_by_queue", "cancelled"};

/* How the upstream is, as the last answers showed. */
static void declare_health(struct face_report *report, struct metrics *metrics)
{
    report->last_success = METRIC_SERIES(metrics_gauge(
        metrics, "livenessd_upstream_last_success_timestamp_seconds",
        "When a call was last answered as it should be, in Unix time; 0: never", NULL));
    report->last_failure = METRIC_SERIES(metrics_gauge(
        metrics, "livenessd_upstream_last_failure_timestamp_seconds",
        "When a call was last denied, refused as busy, broken or timed out; 0: never", NULL));
    report->denied = METRIC_SERIES(metrics_gauge(
        metrics, "livenessd_upstream_denied",
        "1 while the last call that showed it was denied: wrong credentials, or no access", NULL));
}

void face_report_init(struct face_report *report, struct log *log, struct metrics *metrics,
                      const struct clock *clock)
{
    *report = (struct face_report){.log = log, .clock = clock};
    if (!metrics) {
        return;
    }
    struct metric *requests =
        metrics_counter(metrics, "livenessd_upstream_requests_total",
                        "Upstream calls by operation and outcome", "operation,outcome");
    struct metric *duration =
        metrics_histogram(metrics, "livenessd_upstream_request_duration_seconds",
                          "Time of an upstream call, without its wait for a turn", "operation");
    struct metric *queue_wait =
        metrics_histogram(metrics, "livenessd_upstream_queue_wait_seconds",
                          "Time an upstream call waited for its turn or refusal", "operation");
    report->in_flight = METRIC_SERIES(metrics_gauge(metrics, "livenessd_upstream_in_flight",
                                                    "Upstream calls sent and not answered", NULL));
    declare_health(report, metrics);
    for (unsigned i = 0; i < FACE_OPERATION_COUNT; i++) {
        for (unsigned j = 0; j < FACE_OUTCOME_COUNT; j++) {
            report->requests[i][j] = METRIC_SERIES(requests, operation_names[i], outcome_names[j]);
        }
        report->duration[i] = METRIC_SERIES(duration, operation_names[i]);
        report->queue_wait[i] = METRIC_SERIES(queue_wait, operation_names[i]);
    }
}

static const char *sane_id(const char *text)
{
    if (!text) {
        return NULL;
    }
    size_t size = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-");
    return size > 0 && size <= APIM_ID_MAX && text[size] == '\0' ? text : NULL;
}

static bool is_success(const struct face_report_call *call)
{
    return call->outcome == FACE_OUTCOME_OK || call->outcome == FACE_OUTCOME_NOT_FOUND ||
           call->outcome == FACE_OUTCOME_BAD_IMAGE;
}

static bool is_failure(const struct face_report_call *call)
{
    return call->outcome == FACE_OUTCOME_DENIED || call->outcome == FACE_OUTCOME_BUSY ||
           call->outcome == FACE_OUTCOME_BROKEN || call->outcome == FACE_OUTCOME_TIMEOUT;
}

/* A token that was given says nothing yet about who it is for. */
static void note_health(const struct face_report *report, const struct face_report_call *call)
{
    double now = (double)clock_wall_ms(report->clock) / 1e3;
    if (is_success(call) && call->operation != FACE_TOKEN) {
        series_set(report->last_success, now);
        series_set(report->denied, 0);
    } else if (is_failure(call)) {
        series_set(report->last_failure, now);
        series_set(report->denied,
                   call->outcome == FACE_OUTCOME_DENIED ? 1 : series_value(report->denied));
    }
}

void face_report_call(const struct face_report *report, const struct face_report_call *call)
{
    if (report->in_flight) {
        note_health(report, call);
        series_add(report->requests[call->operation][call->outcome], 1);
        series_observe(report->queue_wait[call->operation], (double)call->waited_ms / 1e3);
        if (call->sent) {
            series_observe(report->duration[call->operation], (double)call->duration_ns / 1e9);
        }
    }
    LOG_EVENT(
        report->log, LOG_INFO, "upstream call",
        LOG_TEXT(OPERATION, operation_names[call->operation]),
        LOG_TEXT(OUTCOME, outcome_names[call->outcome]), LOG_INT(UPSTREAM_STATUS, call->status),
        LOG_INT(DURATION_MS, (int64_t)(call->duration_ns / NS_PER_MS)),
        LOG_INT(WAITED_MS, (int64_t)call->waited_ms), LOG_TEXT(REQUEST_ID, call->request_id),
        LOG_TEXT(APIM_REQUEST_ID, sane_id(call->apim_request_id)), LOG_TEXT(REASON, call->why));
}

void face_report_in_flight(const struct face_report *report, unsigned count)
{
    if (report->in_flight) {
        series_set(report->in_flight, count);
    }
}
