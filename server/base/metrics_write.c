/*
 * The Prometheus text exposition of the registry, families in order of declaration.
 */
#include "base/metrics_private.h"

#include <math.h>

static const char *const kind_names[] = {"counter", "gauge", "histogram"};

/* Escapes as the exposition format asks: in help texts a quote stands for itself. */
static void put_escaped(struct buf *ret, const char *text, bool is_label)
{
    for (; *text; text++) {
        if (*text == '\n') {
            buf_puts(ret, "\\n");
        } else if (*text == '\\') {
            buf_puts(ret, "\\\\");
        } else if (*text == '"' && is_label) {
            buf_puts(ret, "\\\"");
        } else {
            buf_putc(ret, *text);
        }
    }
}

/* {route="…",le="…"}; `bound` is NULL where there is no le. Without labels: nothing. */
static void put_labels(struct buf *ret, const struct series *series, const double *bound)
{
    const struct metric *metric = series->metric;
    char before = '{';
    for (size_t i = 0; i < metric->label_count; i++) {
        buf_putc(ret, before);
        buf_put_slice(ret, metric->labels[i]);
        buf_puts(ret, "=\"");
        put_escaped(ret, series->values[i], true);
        buf_putc(ret, '"');
        before = ',';
    }
    if (bound) {
        buf_putc(ret, before);
        buf_puts(ret, "le=\"");
        buf_put_number(ret, *bound);
        buf_putc(ret, '"');
        before = ',';
    }
    if (before == ',') {
        buf_putc(ret, '}');
    }
}

static void put_sample(struct buf *ret, const struct series *series, const char *suffix,
                       const double *bound, double value)
{
    buf_puts(ret, series->metric->name);
    buf_puts(ret, suffix);
    put_labels(ret, series, bound);
    buf_putc(ret, ' ');
    buf_put_number(ret, value);
    buf_putc(ret, '\n');
}

static void put_histogram(struct buf *ret, const struct series *series)
{
    uint64_t count = 0;
    for (size_t i = 0; i <= METRICS_BOUNDS; i++) {
        double bound = i < METRICS_BOUNDS ? metrics_bounds[i] : HUGE_VAL;
        count += series->buckets[i];
        put_sample(ret, series, "_bucket", &bound, (double)count);
    }
    put_sample(ret, series, "_sum", NULL, series->value);
    put_sample(ret, series, "_count", NULL, (double)count);
}

static void put_family(struct buf *ret, const struct metric *metric)
{
    buf_printf(ret, "# HELP %s ", metric->name);
    put_escaped(ret, metric->help, false);
    buf_printf(ret, "\n# TYPE %s %s\n", metric->name, kind_names[metric->kind]);
    for (size_t i = 0; i < metric->series_count; i++) {
        if (metric->kind == METRIC_HISTOGRAM) {
            put_histogram(ret, metric->series[i]);
        } else {
            put_sample(ret, metric->series[i], "", NULL, metric->series[i]->value);
        }
    }
}

void metrics_write(struct metrics *metrics, struct buf *ret)
{
    for (size_t i = 0; i < metrics->collector_count; i++) {
        metrics->collectors[i].collect(metrics->collectors[i].context);
    }
    for (const struct metric *metric = metrics->first; metric; metric = metric->next) {
        if (metric->series_count > 0) {
            put_family(ret, metric);
        }
    }
}
