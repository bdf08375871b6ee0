/*
 * The registry: families, their series and what is counted. The text exposition is
 * metrics_write.c's. Invariant: a series never moves, so callers may keep it.
 */
#include "base/metrics.h"

#include "base/alloc.h"
#include "base/metrics_private.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

const double metrics_bounds[METRICS_BOUNDS] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                               0.25,   0.5,   1,      2.5,   5,    10,    30};

struct metrics *metrics_new(void)
{
    return xcalloc(1, sizeof(struct metrics));
}

static struct series *series_free(struct series *series, size_t label_count)
{
    for (size_t i = 0; i < label_count; i++) {
        free(series->values[i]);
    }
    free(series);
    return NULL;
}

struct metrics *metrics_free(struct metrics *metrics)
{
    if (!metrics) {
        return NULL;
    }
    while (metrics->first) {
        struct metric *metric = metrics->first;
        metrics->first = metric->next;
        for (size_t i = 0; i < metric->series_count; i++) {
            (void)series_free(metric->series[i], metric->label_count);
        }
        free(metric);
    }
    free(metrics);
    return NULL;
}

static size_t split_labels(const char *labels, struct slice ret[METRICS_LABELS_MAX])
{
    size_t count = 0;
    while (labels && *labels) {
        size_t size = strcspn(labels, ",");
        assert(count < METRICS_LABELS_MAX);
        ret[count++] = (struct slice){labels, size};
        labels += size;
        labels += *labels == ',' ? 1 : 0;
    }
    return count;
}

static struct metric *declare(struct metrics *metrics, enum metric_kind kind, const char *name,
                              const char *help, const char *labels)
{
    struct metric **link = &metrics->first;
    for (; *link; link = &(*link)->next) {
        if (strcmp((*link)->name, name) == 0) {
            assert((*link)->kind == kind);
            return *link;
        }
    }
    struct metric *metric = xcalloc(1, sizeof *metric);
    metric->kind = kind;
    metric->name = name;
    metric->help = help;
    metric->label_count = split_labels(labels, metric->labels);
    *link = metric;
    if (metric->label_count == 0) {
        (void)METRIC_SERIES(metric); /* shown as 0 from the start */
    }
    return metric;
}

struct metric *metrics_counter(struct metrics *metrics, const char *name, const char *help,
                               const char *labels)
{
    return declare(metrics, METRIC_COUNTER, name, help, labels);
}

struct metric *metrics_gauge(struct metrics *metrics, const char *name, const char *help,
                             const char *labels)
{
    return declare(metrics, METRIC_GAUGE, name, help, labels);
}

struct metric *metrics_histogram(struct metrics *metrics, const char *name, const char *help,
                                 const char *labels)
{
    return declare(metrics, METRIC_HISTOGRAM, name, help, labels);
}

/* FNV-1a; the values come from fixed sets, so nobody can aim at it. */
static uint32_t hash_values(const char *const *values, size_t count)
{
    uint32_t hash = 2166136261U;
    for (size_t i = 0; i < count; i++) {
        const char *c = values[i];
        do {
            hash = (hash ^ (unsigned char)*c) * 16777619U;
        } while (*c++);
    }
    return hash;
}

static bool has_values(const struct series *series, const char *const *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(series->values[i], values[i]) != 0) {
            return false;
        }
    }
    return true;
}

static struct series *find_series(const struct metric *metric, uint32_t hash,
                                  const char *const *values)
{
    for (size_t i = 0; i < metric->series_count; i++) {
        if (metric->hashes[i] == hash &&
            has_values(metric->series[i], values, metric->label_count)) {
            return metric->series[i];
        }
    }
    return NULL;
}

static struct series *add_series(struct metric *metric, uint32_t hash, const char *const *values)
{
    struct series *series = xcalloc(1, sizeof *series);
    series->metric = metric;
    for (size_t i = 0; i < metric->label_count; i++) {
        series->values[i] = xstrdup(values[i]);
    }
    metric->hashes[metric->series_count] = hash;
    metric->series[metric->series_count++] = series;
    return series;
}

static struct series *find_or_add(struct metric *metric, const char *const *values, size_t limit)
{
    uint32_t hash = hash_values(values, metric->label_count);
    struct series *series = find_series(metric, hash, values);
    if (!series && metric->series_count < limit) {
        series = add_series(metric, hash, values);
    }
    return series;
}

struct series *metric_series(struct metric *metric, const char *const *values)
{
    struct series *series = find_or_add(metric, values, METRICS_SERIES_MAX - 1);
    if (!series) {
        const char *others[METRICS_LABELS_MAX];
        for (size_t i = 0; i < METRICS_LABELS_MAX; i++) {
            others[i] = "other";
        }
        series = find_or_add(metric, others, METRICS_SERIES_MAX);
    }
    return series;
}

struct series *metric_series_list(struct metric *metric, ...)
{
    const char *values[METRICS_LABELS_MAX];
    va_list args;
    va_start(args, metric);
    for (size_t i = 0; i < metric->label_count; i++) {
        values[i] = va_arg(args, const char *);
        assert(values[i]);
    }
    assert(!va_arg(args, const char *));
    va_end(args);
    return metric_series(metric, values);
}

void series_add(struct series *series, double amount)
{
    assert(series->metric->kind != METRIC_HISTOGRAM);
    if (series->metric->kind == METRIC_GAUGE || amount > 0) {
        series->value += amount;
    }
}

void series_set(struct series *series, double value)
{
    assert(series->metric->kind == METRIC_GAUGE);
    series->value = value;
}

void series_observe(struct series *series, double seconds)
{
    assert(series->metric->kind == METRIC_HISTOGRAM);
    size_t bucket = 0;
    while (bucket < METRICS_BOUNDS && seconds > metrics_bounds[bucket]) {
        bucket++;
    }
    series->buckets[bucket]++;
    series->value += seconds;
}

static uint64_t observation_count(const struct series *series)
{
    uint64_t count = 0;
    for (size_t i = 0; i <= METRICS_BOUNDS; i++) {
        count += series->buckets[i];
    }
    return count;
}

double series_value(const struct series *series)
{
    return series->metric->kind == METRIC_HISTOGRAM ? (double)observation_count(series)
                                                    : series->value;
}

double metrics_total(const struct metrics *metrics, const char *name)
{
    double total = 0;
    for (const struct metric *metric = metrics->first; metric; metric = metric->next) {
        for (size_t i = 0; i < metric->series_count && strcmp(metric->name, name) == 0; i++) {
            total += series_value(metric->series[i]);
        }
    }
    return total;
}

void metrics_on_collect(struct metrics *metrics, void (*collect)(void *context), void *context)
{
    assert(metrics->collector_count < METRICS_COLLECTORS_MAX);
    metrics->collectors[metrics->collector_count++] = (struct collector){collect, context};
}
