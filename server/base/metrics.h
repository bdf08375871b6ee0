/*
 * The metrics registry and its Prometheus text exposition (version 0.0.4). Label values come from
 * fixed sets (route patterns, operations, outcomes), never from clients; each metric holds a
 * bounded number of series, the rest goes to one series whose labels all say "other". One thread
 * only: the loop's.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct metrics;
struct metric; /* a family: name, help, label names */
struct series; /* one set of label values; valid as long as the registry */

struct metrics *metrics_new(void);
struct metrics *metrics_free(struct metrics *metrics);

/* Names follow Prometheus: livenessd_…, base units, _total for counters. `labels` is at most six,
 * comma-separated ("route,code"), or NULL; a family without labels is exposed as 0 from the start.
 * All texts are literals. Declaring a name twice returns the first. */
struct metric *metrics_counter(struct metrics *metrics, const char *name, const char *help,
                               const char *labels);
struct metric *metrics_gauge(struct metrics *metrics, const char *name, const char *help,
                             const char *labels);
/* Bounds in seconds from 0.5 ms to 30 s. */
struct metric *metrics_histogram(struct metrics *metrics, const char *name, const char *help,
                                 const char *labels);

/* The series with these label values, made when new; as many values as the family has labels. */
struct series *metric_series(struct metric *metric, const char *const *values);
/* The same as a list that ends with NULL; METRIC_SERIES(metric, "a", "b") adds the NULL. */
struct series *metric_series_list(struct metric *metric, ...) __attribute__((sentinel));
#define METRIC_SERIES(...) metric_series_list(__VA_ARGS__, (const char *)NULL)

void series_add(struct series *series, double amount); /* gauge, or counter: it only grows */
void series_set(struct series *series, double value);  /* gauge */
void series_observe(struct series *series, double seconds);
double series_value(const struct series *series); /* counter, gauge, or a histogram's count */

/* Called before each exposition, to set gauges from what they describe. */
void metrics_on_collect(struct metrics *metrics, void (*collect)(void *context), void *context);
void metrics_write(struct metrics *metrics, struct buf *ret);

/* What the series of a family add up to, of a histogram the number of observations; 0 when there is
 * no such family. Gauges that are set before an exposition are as the last one found them. */
double metrics_total(const struct metrics *metrics, const char *name);
