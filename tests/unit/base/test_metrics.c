/* Promises of base/metrics.h. */
#include "base/metrics.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

struct exposition {
    struct metrics *metrics;
    struct buf text;
};

static const char *write_text(struct exposition *exposition)
{
    buf_reset(&exposition->text);
    metrics_write(exposition->metrics, &exposition->text);
    cr_assert_not(buf_failed(&exposition->text));
    return exposition->text.data ? exposition->text.data : "";
}

static struct exposition begin(void)
{
    struct exposition exposition = {.metrics = metrics_new()};
    buf_init(&exposition.text, 1 << 20);
    return exposition;
}

static void end(struct exposition *exposition)
{
    buf_done(&exposition->text);
    cr_expect_null(metrics_free(exposition->metrics));
}

Test(metrics, an_empty_registry_writes_nothing)
{
    struct exposition exposition = begin();
    cr_expect_str_empty(write_text(&exposition));
    end(&exposition);
    cr_expect_null(metrics_free(NULL));
}

Test(metrics, counters_and_gauges_in_order_of_declaration)
{
    struct exposition exposition = begin();
    struct metric *requests = metrics_counter(exposition.metrics, "livenessd_requests_total",
                                              "Requests answered.", "route,code");
    struct metric *waiters =
        metrics_gauge(exposition.metrics, "livenessd_waiters", "Waiting.", NULL);
    metrics_counter(exposition.metrics, "livenessd_unused_total", "Never counted.", "kind");
    series_add(METRIC_SERIES(requests, "/api", "200"), 1);
    series_add(METRIC_SERIES(requests, "/api", "404"), 1);
    series_add(METRIC_SERIES(requests, "/api", "200"), 2);
    series_set(METRIC_SERIES(waiters), 4.5);
    cr_expect_str_eq(write_text(&exposition),
                     "# HELP livenessd_requests_total Requests answered.\n"
                     "# TYPE livenessd_requests_total counter\n"
                     "livenessd_requests_total{route=\"/api\",code=\"200\"} 3\n"
                     "livenessd_requests_total{route=\"/api\",code=\"404\"} 1\n"
                     "# HELP livenessd_waiters Waiting.\n"
                     "# TYPE livenessd_waiters gauge\n"
                     "livenessd_waiters 4.5\n");
    end(&exposition);
}

Test(metrics, a_family_without_labels_is_there_from_the_start)
{
    struct exposition exposition = begin();
    struct metric *metric = metrics_counter(exposition.metrics, "a_total", "A.", NULL);
    cr_expect_not_null(strstr(write_text(&exposition), "\na_total 0\n"));
    series_add(METRIC_SERIES(metric), 1);
    cr_expect_not_null(strstr(write_text(&exposition), "\na_total 1\n"));
    end(&exposition);
}

Test(metrics, histograms_are_cumulative)
{
    struct exposition exposition = begin();
    struct metric *metric = metrics_histogram(exposition.metrics, "a_seconds", "A.", "route");
    struct series *series = METRIC_SERIES(metric, "/x");
    series_observe(series, 0.0005); /* on the bound: le means at most */
    series_observe(series, 0.0006);
    series_observe(series, 2);
    series_observe(series, 31);
    const char *text = write_text(&exposition);
    static const char *const lines[] = {
        "# TYPE a_seconds histogram\n",
        "\na_seconds_bucket{route=\"/x\",le=\"0.0005\"} 1\n",
        "\na_seconds_bucket{route=\"/x\",le=\"0.001\"} 2\n",
        "\na_seconds_bucket{route=\"/x\",le=\"1\"} 2\n",
        "\na_seconds_bucket{route=\"/x\",le=\"2.5\"} 3\n",
        "\na_seconds_bucket{route=\"/x\",le=\"30\"} 3\n",
        "\na_seconds_bucket{route=\"/x\",le=\"+Inf\"} 4\n",
        "\na_seconds_sum{route=\"/x\"} 33.0011\n",
        "\na_seconds_count{route=\"/x\"} 4\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        cr_expect_not_null(strstr(text, lines[i]), "%s in\n%s", lines[i], text);
    }
    cr_expect_float_eq(series_value(series), 4, 0);
    end(&exposition);
}

Test(metrics, a_histogram_without_labels_has_le_only)
{
    struct exposition exposition = begin();
    struct metric *metric = metrics_histogram(exposition.metrics, "a_seconds", "A.", NULL);
    series_observe(METRIC_SERIES(metric), 100);
    const char *text = write_text(&exposition);
    cr_expect_not_null(strstr(text, "\na_seconds_bucket{le=\"30\"} 0\n"));
    cr_expect_not_null(strstr(text, "\na_seconds_bucket{le=\"+Inf\"} 1\n"));
    cr_expect_not_null(strstr(text, "\na_seconds_sum 100\n"));
    end(&exposition);
}

Test(metrics, declaring_a_name_twice_gives_the_first)
{
    struct exposition exposition = begin();
    struct metric *first = metrics_counter(exposition.metrics, "a_total", "A.", "kind");
    cr_expect_eq(metrics_counter(exposition.metrics, "a_total", "B.", "kind"), first);
    end(&exposition);
}

Test(metrics, the_same_values_are_the_same_series)
{
    struct exposition exposition = begin();
    struct metric *metric = metrics_counter(exposition.metrics, "a_total", "A.", "x,y");
    struct series *series = METRIC_SERIES(metric, "a", "b");
    char a[] = "a";
    const char *values[] = {a, "b"};
    cr_expect_eq(metric_series(metric, values), series);
    a[0] = 'z'; /* the registry keeps copies */
    cr_expect_eq(METRIC_SERIES(metric, "a", "b"), series);
    cr_expect_neq(METRIC_SERIES(metric, "b", "a"), series);
    cr_expect_neq(METRIC_SERIES(metric, "ab", ""), series);
    end(&exposition);
}

Test(metrics, escapes_labels_and_help)
{
    struct exposition exposition = begin();
    struct metric *metric = metrics_counter(exposition.metrics, "a_total", "A \"b\" \\ \n.", "x");
    series_add(METRIC_SERIES(metric, "q\"b\\n\n"), 1);
    const char *text = write_text(&exposition);
    cr_expect_not_null(strstr(text, "# HELP a_total A \"b\" \\\\ \\n.\n"), "%s", text);
    cr_expect_not_null(strstr(text, "\na_total{x=\"q\\\"b\\\\n\\n\"} 1\n"), "%s", text);
    end(&exposition);
}

Test(metrics, too_many_series_become_one_called_other)
{
    struct exposition exposition = begin();
    struct metric *metric = metrics_counter(exposition.metrics, "a_total", "A.", "x,y");
    struct series *first = METRIC_SERIES(metric, "v0", "y");
    for (int i = 0; i < 1000; i++) {
        char value[16];
        (void)snprintf(value, sizeof value, "v%d", i);
        series_add(METRIC_SERIES(metric, value, "y"), 1);
    }
    const char *text = write_text(&exposition);
    size_t lines = 0;
    for (const char *at = strstr(text, "\na_total{"); at; at = strstr(at + 1, "\na_total{")) {
        lines++;
    }
    cr_expect_eq(lines, 256);
    cr_expect_not_null(strstr(text, "\na_total{x=\"other\",y=\"other\"} 745\n"));
    cr_expect_eq(METRIC_SERIES(metric, "v0", "y"), first, "those made before stay");
    cr_expect_eq(METRIC_SERIES(metric, "v999", "y"), METRIC_SERIES(metric, "other", "other"));
    end(&exposition);
}

static void set_gauge(void *context)
{
    series_set(context, 42);
}

Test(metrics, collectors_run_before_each_exposition)
{
    struct exposition exposition = begin();
    struct metric *metric = metrics_gauge(exposition.metrics, "a", "A.", NULL);
    metrics_on_collect(exposition.metrics, set_gauge, METRIC_SERIES(metric));
    cr_expect_not_null(strstr(write_text(&exposition), "\na 42\n"));
    end(&exposition);
}

Test(metrics, gauges_may_be_no_number)
{
    struct exposition exposition = begin();
    struct metric *metric = metrics_gauge(exposition.metrics, "a", "A.", NULL);
    series_set(METRIC_SERIES(metric), NAN);
    cr_expect_not_null(strstr(write_text(&exposition), "\na NaN\n"));
    series_set(METRIC_SERIES(metric), -3);
    series_add(METRIC_SERIES(metric), -1);
    cr_expect_not_null(strstr(write_text(&exposition), "\na -4\n"));
    end(&exposition);
}

Test(metrics, counters_never_shrink)
{
    struct exposition exposition = begin();
    struct metric *metric = metrics_counter(exposition.metrics, "a_total", "A.", NULL);
    series_add(METRIC_SERIES(metric), 2);
    series_add(METRIC_SERIES(metric), -1);
    series_add(METRIC_SERIES(metric), NAN);
    cr_expect_float_eq(series_value(METRIC_SERIES(metric)), 2, 0);
    end(&exposition);
}

Test(metrics, large_counters_keep_their_digits)
{
    struct exposition exposition = begin();
    struct metric *metric = metrics_counter(exposition.metrics, "a_total", "A.", NULL);
    series_add(METRIC_SERIES(metric), 1234567890123);
    series_add(METRIC_SERIES(metric), 1);
    cr_expect_not_null(strstr(write_text(&exposition), "\na_total 1234567890124\n"));
    end(&exposition);
}

Test(metrics, a_family_adds_up)
{
    struct metrics *metrics = metrics_new();
    struct metric *counter = metrics_counter(metrics, "livenessd_a_total", "A.", "x");
    series_add(METRIC_SERIES(counter, "one"), 2);
    series_add(METRIC_SERIES(counter, "two"), 3);
    struct metric *histogram = metrics_histogram(metrics, "livenessd_b_seconds", "B.", "x");
    series_observe(METRIC_SERIES(histogram, "one"), 7);
    series_observe(METRIC_SERIES(histogram, "two"), 7);
    cr_expect_float_eq(metrics_total(metrics, "livenessd_a_total"), 5, 1e-9);
    cr_expect_float_eq(metrics_total(metrics, "livenessd_b_seconds"), 2, 1e-9);
    cr_expect_float_eq(metrics_total(metrics, "livenessd_a"), 0, 1e-9);
    metrics_free(metrics);
}
