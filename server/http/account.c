/*
 * What the operator sees of requests: metrics by route pattern, and one log line each. Invariant:
 * label values and log fields come from our tables, never from the client.
 */
#include "http/listener_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { STATUS_TEXT = 12 };

static const char *const refusals[] = {"guard", "body_memory", "per_address"};

void account_open(struct listener *listener)
{
    struct account *account = &listener->account;
    struct metrics *metrics = listener->config.metrics;
    const char *name = listener->config.name;
    while (listener->config.routes[account->route_count].method)
        account->route_count++;
    if (!metrics)
        return;
    account->routes = xcalloc(account->route_count + 1, sizeof *account->routes);
    account->requests = metrics_counter(metrics, "livenessd_http_requests_total",
                                        "HTTP requests answered.", "listener,method,route,code");
    account->durations = metrics_histogram(metrics, "livenessd_http_request_duration_seconds",
                                           "Time from the complete request to its last byte sent.",
                                           "listener,route");
    account->refused =
        metrics_counter(metrics, "livenessd_http_refused_total",
                        "What the listener refused before any route.", "listener,reason");
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        (void)METRIC_SERIES(account->refused, name, refusals[i]);
    account->in_flight =
        METRIC_SERIES(metrics_gauge(metrics, "livenessd_http_requests_in_flight",
                                    "Requests whose answer is not complete yet.", "listener"),
                      name);
    account->connections = METRIC_SERIES(
        metrics_gauge(metrics, "livenessd_http_connections", "Open connections.", "listener"),
        name);
}

void account_close(struct listener *listener)
{
    struct account *account = &listener->account;
    if (account->in_flight) {
        series_set(account->in_flight, 0);
        series_set(account->connections, 0);
    }
    free(account->routes);
    *account = (struct account){0};
    listener->config.log = NULL;
}

void account_gauges(struct listener *listener)
{
    if (!listener->account.in_flight)
        return;
    series_set(listener->account.in_flight, listener->in_flight);
    series_set(listener->account.connections, listener->connection_count);
}

void account_refused(struct listener *listener, enum refusal why)
{
    if (listener->account.refused)
        series_add(METRIC_SERIES(listener->account.refused, listener->config.name, refusals[why]),
                   1);
}

void account_begin(struct exchange *exchange)
{
    exchange->started_ns = clock_precise_ns();
}

static const char *method_label(struct slice method)
{
    static const char *const known[] = {"GET",   "POST",    "DELETE",  "HEAD", "PUT",
                                        "PATCH", "OPTIONS", "CONNECT", "TRACE"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (slice_equal(method, slice_of(known[i])))
            return known[i];
    return "OTHER";
}

static struct series *find_series(struct account *account, const char *listener, const char *method,
                                  const struct route *route, int status)
{
    char code[STATUS_TEXT];
    (void)snprintf(code, sizeof code, "%d", status);
    return METRIC_SERIES(account->requests, listener, method, route ? route->pattern : "-", code);
}

/* The registry's look-up is by text; what a route answers repeats itself, so it is kept. */
static struct series *request_series(struct exchange *exchange, struct route_series *route_series,
                                     const char *method)
{
    struct listener *listener = exchange->listener;
    const struct route *route = exchange->request.route;
    for (size_t i = 0; i < STATUS_SLOTS; i++) {
        if (!route_series->requests[i].method) {
            route_series->requests[i].method = method;
            route_series->requests[i].status = exchange->status;
            route_series->requests[i].series = find_series(
                &listener->account, listener->config.name, method, route, exchange->status);
        }
        if (route_series->requests[i].status == exchange->status &&
            route_series->requests[i].method == method)
            return route_series->requests[i].series;
    }
    return find_series(&listener->account, listener->config.name, method, route, exchange->status);
}

static void count(struct exchange *exchange, const char *method, double seconds)
{
    struct listener *listener = exchange->listener;
    struct account *account = &listener->account;
    const struct route *route = exchange->request.route;
    size_t index = route ? (size_t)(route - listener->config.routes) : account->route_count;
    struct route_series *series = &account->routes[index];
    if (!series->duration)
        series->duration =
            METRIC_SERIES(account->durations, listener->config.name, route ? route->pattern : "-");
    series_add(request_series(exchange, series, method), 1);
    if (!exchange->patient)
        series_observe(series->duration, seconds);
}

static void write_line(const struct exchange *exchange, const char *method, double seconds)
{
    const struct request *request = &exchange->request;
    const char *code =
        exchange->problem != PROBLEM_NONE ? problem_info(exchange->problem)->code : NULL;
    char client[ADDRESS_TEXT_SIZE];
    address_format_masked(&request->client, client);
    LOG_EVENT(exchange->listener->config.log, LOG_INFO, "request",
              LOG_TEXT(LISTENER, exchange->listener->config.name),
              LOG_TEXT(REQUEST_ID, request->request_id), LOG_TEXT(METHOD, method),
              LOG_TEXT(ROUTE, request->route ? request->route->pattern : "-"),
              LOG_INT(STATUS, exchange->status), LOG_TEXT(CODE, code),
              LOG_TEXT(LIMIT, request->limit), LOG_NUM(DURATION_MS, round(seconds * 1e6) / 1e3),
              LOG_INT(BYTES_IN, (int64_t)exchange->bytes_in),
              LOG_INT(BYTES_OUT, (int64_t)exchange->bytes_out), LOG_TEXT(CLIENT, client));
}

void account_end(struct exchange *exchange)
{
    const struct listener *listener = exchange->listener;
    const char *method = method_label(exchange->request.method);
    double seconds;
    if (exchange->accounted)
        return;
    exchange->accounted = true;
    if (exchange->status == 0)
        exchange->status = STATUS_CLIENT_GONE;
    seconds = (double)(clock_precise_ns() - exchange->started_ns) / 1e9;
    if (listener->account.routes)
        count(exchange, method, seconds);
    if (listener->config.access_log && log_enabled(listener->config.log, LOG_INFO))
        write_line(exchange, method, seconds);
}
