/*
 * The numbers of the store. Counted when answers are delivered, because the registry is the loop's.
 */
#include "store/store_private.h"

static const char *const kind_names[CALL_KIND_COUNT] = {
    [CALL_LOAD] = "load",
    [CALL_DUE] = "due",
    [CALL_EXPIRED] = "expired",
    [CALL_COUNT] = "count",
    [CALL_INSERT] = "insert",
    [CALL_SAVE] = "save",
    [CALL_FORGET] = "forget",
    [CALL_LIST] = "list",
    [CALL_FIND_UPSTREAM] = "find_upstream",
    [CALL_PROBE] = "probe",
    [CALL_FIND_KEY] = "find_key",
    [CALL_RELEASE_KEYS] = "release_keys",
    [CALL_AUDIT_LIST] = "audit_list",
    [CALL_AUDIT_APPEND] = "audit_append",
    [CALL_AUDIT_FORGET] = "audit_forget",
    [CALL_DEVICE_RESETS] = "device_resets",
    [CALL_RESET_DEVICE] = "reset_device",
    [CALL_CLAIM_LOOK] = "claim_look",
    [CALL_CHARGE] = "charge",
};

static const char *const result_names[STORE_RESULT_COUNT] = {
    [STORE_OK] = "ok",
    [STORE_NOT_FOUND] = "not_found",
    [STORE_CONFLICT] = "conflict",
    [STORE_KEY_TAKEN] = "key_taken",
    [STORE_MORE] = "more",
    [STORE_UNAVAILABLE] = "unavailable",
};

void store_metrics_init(struct store_metrics *metrics, struct metrics *registry)
{
    if (!registry) {
        return;
    }
    struct metric *calls = metrics_counter(registry, "livenessd_store_calls_total",
                                           "Calls to the store by result.", "operation,result");
    for (size_t kind = 0; kind < CALL_KIND_COUNT; kind++) {
        for (size_t result = 0; result < STORE_RESULT_COUNT; result++) {
            metrics->calls[kind][result] =
                METRIC_SERIES(calls, kind_names[kind], result_names[result]);
        }
    }
    struct metric *commits = metrics_counter(registry, "livenessd_store_commits_total",
                                             "Durable commits by outcome.", "outcome");
    metrics->commits[false] = METRIC_SERIES(commits, "failed");
    metrics->commits[true] = METRIC_SERIES(commits, "ok");
    metrics->commit_duration =
        METRIC_SERIES(metrics_histogram(registry, "livenessd_store_commit_duration_seconds",
                                        "Time of a write transaction, its sync included.", NULL));
    metrics->queue = METRIC_SERIES(
        metrics_gauge(registry, "livenessd_store_queue", "Calls the disk owes an answer.", NULL));
}

void store_metrics_answer(const struct store_metrics *metrics, enum call_kind kind,
                          enum store_result result)
{
    if (metrics->queue) {
        series_add(metrics->calls[kind][result], 1);
    }
}

void store_metrics_commit(const struct store_metrics *metrics, bool committed, uint64_t duration_ns)
{
    if (metrics->queue) {
        series_add(metrics->commits[committed], 1);
        series_observe(metrics->commit_duration, (double)duration_ns / 1e9);
    }
}

void store_metrics_queue(const struct store_metrics *metrics, size_t waiting)
{
    if (metrics->queue) {
        series_set(metrics->queue, (double)waiting);
    }
}
