/*
 * The inside of the metrics registry, for metrics.c and metrics_write.c only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/metrics.h"
#include "base/slice.h"

enum {
    METRICS_LABELS_MAX = 6,
    METRICS_SERIES_MAX = 256, /* a family, the one called "other" included */
    METRICS_BOUNDS = 15,
    METRICS_COLLECTORS_MAX = 16,
};

extern const double metrics_bounds[METRICS_BOUNDS];

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

struct series {
    const struct metric *metric;
    char *values[METRICS_LABELS_MAX];     /* owned */
    double value;                         /* of a histogram: the sum of what was observed */
    uint64_t buckets[METRICS_BOUNDS + 1]; /* not cumulative; the last is above all bounds */
};

struct metric {
    struct metric *next;
    enum metric_kind kind;
    const char *name;
    const char *help;
    struct slice labels[METRICS_LABELS_MAX];
    size_t label_count;
    size_t series_count;
    uint32_t hashes[METRICS_SERIES_MAX];
    struct series *series[METRICS_SERIES_MAX]; /* owned */
};

struct collector {
    void (*collect)(void *context);
    void *context;
};

struct metrics {
    struct metric *first; /* in order of declaration */
    struct collector collectors[METRICS_COLLECTORS_MAX];
    size_t collector_count;
};
