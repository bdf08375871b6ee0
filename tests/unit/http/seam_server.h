/*
 * The server the seam is tested with: a listener with a few routes in a child process, which does
 * what single letters on a socket tell it: d(rain), c(lose), m(etrics), f(lush), s(can), q(uit).
 */
#pragma once

#include "base/clock.h"
#include "base/multipart.h"
#include "base/random.h"
#include "base/uv_timer.h"
#include "http/listener.h"
#include "seam_scan.h"

#include <criterion/criterion.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SEAM_SANITIZED
#endif
#endif
#if defined(SEAM_SANITIZED) || defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#define SEAM_LEAKS() __lsan_do_recoverable_leak_check()
#else
#define SEAM_LEAKS() 0
#endif

enum { SEAM_TEXT = 64 * 1024, SEAM_PATIENCE_MS = 10000 };

struct seam_shared {
    atomic_uint handled, cancelled, resumed, gone, decorated, connections, in_flight;
    atomic_ullong cpu_us;
    atomic_ullong marks;  /* found by a scan */
    char text[SEAM_TEXT]; /* metrics, on demand */
};

struct seam_server {
    struct loop *loop;
    struct listener *listener;
    struct metrics *metrics;
    struct log *log;
    struct seam_shared *shared;
    uv_poll_t commands;
    int command;
    bool closed;
};

struct wait_flow {
    struct flow flow;
    uv_timer_t *timer; /* its own memory: closing it is late */
    uint64_t started_ns;
    uint64_t wanted_ms;
};

static inline struct seam_server *seam_server_of(struct flow *flow)
{
    struct seam_server *server = flow->request->context;
    if (server->closed)
        abort(); /* no route runs after listener_close */
    return server;
}

static inline unsigned long seam_number(struct slice text, unsigned long fallback)
{
    char copy[24] = "";
    if (text.len == 0 || text.len >= sizeof copy)
        return fallback;
    memcpy(copy, text.data, text.len);
    return strtoul(copy, NULL, 10);
}

static inline enum flow_next seam_hello(struct flow *flow)
{
    atomic_fetch_add(&seam_server_of(flow)->shared->handled, 1);
    reply_text(flow->request, 200, "text/plain", SLICE("hello\n"));
    return FLOW_DONE;
}

static inline enum flow_next seam_echo(struct flow *flow)
{
    atomic_fetch_add(&seam_server_of(flow)->shared->handled, 1);
    reply_json(flow->request, 200, flow->request->body);
    return FLOW_DONE;
}

static inline void seam_put_line(struct buf *buf, const char *name, struct slice value)
{
    buf_printf(buf, "%s=%.*s\n", name, SLICE_ARGS(value));
}

/* Says what the seam says about the request. */
static inline enum flow_next seam_who(struct flow *flow)
{
    struct request *request = flow->request;
    char client[ADDRESS_TEXT_SIZE];
    CLEANUP(buf) struct buf body;
    buf_init(&body, 8192);
    address_format(&request->client, false, client);
    seam_put_line(&body, "method", request->method);
    seam_put_line(&body, "path", request->path);
    seam_put_line(&body, "query", request->query);
    seam_put_line(&body, "client", slice_of(client));
    seam_put_line(&body, "trusted", slice_of(request->peer_trusted ? "yes" : "no"));
    seam_put_line(&body, "id", slice_of(request->request_id));
    seam_put_line(&body, "host", request_header(request, "host"));
    seam_put_line(&body, "x-test", request_header(request, "x-test"));
    seam_put_line(&body, "x-test-2", request_header_at(request, "x-test", 1));
    buf_printf(&body, "x-test-count=%zu\n", request_header_count(request, "x-test"));
    seam_put_line(&body, "cookie", request_cookie(request, "livenessd_device"));
    struct slice parameter = request_query(request, "name");
    seam_put_line(&body, "name", parameter.data ? parameter : SLICE("(none)"));
    seam_put_line(&body, "type", request_media_type(request));
    seam_put_line(&body, "param0", request->params[0]);
    seam_put_line(&body, "param1", request->params[1]);
    reply_text(request, 200, "text/plain", buf_slice(&body));
    return FLOW_DONE;
}

static inline enum flow_next seam_empty(struct flow *flow)
{
    reply_header(flow->request, "x-kept", SLICE("yes"));
    reply_header(flow->request, "x-dropped", SLICE("a\r\nevil: yes"));
    reply_empty(flow->request, 204);
    return FLOW_DONE;
}

static inline enum flow_next seam_cached(struct flow *flow)
{
    reply_header(flow->request, "cache-control", SLICE("max-age=60"));
    reply_json(flow->request, 200, SLICE("{}"));
    return FLOW_DONE;
}

static inline enum flow_next seam_big(struct flow *flow)
{
    size_t size = seam_number(request_query(flow->request, "bytes"), 1);
    char *bytes = request_alloc(flow->request, size);
    memset(bytes, 'x', size);
    reply_text(flow->request, 200, "text/plain", (struct slice){bytes, size});
    return FLOW_DONE;
}

static inline enum flow_next seam_fail(struct flow *flow)
{
    static const struct problem_detail detail = {.retry_after_seconds = 7};
    return flow_fail_detail(flow, PROBLEM_UPSTREAM_BUSY, &detail);
}

static inline enum flow_next seam_denied(struct flow *flow)
{
    return flow_fail(flow, PROBLEM_NOT_AUTHENTICATED);
}

static inline enum flow_next seam_forget(struct flow *flow)
{
    (void)flow;
    return FLOW_NEXT;
}

static inline enum flow_next seam_reset(struct flow *flow)
{
    reply_reset(flow->request);
    return FLOW_DONE;
}

static inline enum flow_next seam_truncated(struct flow *flow)
{
    reply_truncated(flow->request, 200, "application/json", SLICE("{\"a\":"), 100);
    return FLOW_DONE;
}

/* Says how long the body was, and keeps nothing of it. */
static inline enum flow_next seam_swallow(struct flow *flow)
{
    char text[32];
    int length = snprintf(text, sizeof text, "%zu\n", flow->request->body.len);
    atomic_fetch_add(&seam_server_of(flow)->shared->handled, 1);
    reply_text(flow->request, 200, "text/plain", (struct slice){text, (size_t)length});
    return FLOW_DONE;
}

/* Says whether the body was overwritten where it lay. */
static inline enum flow_next seam_wipe(struct flow *flow)
{
    struct slice body = flow->request->body;
    bool wiped = body.len > 0;
    request_body_wipe(flow->request);
    for (size_t i = 0; i < body.len; i++)
        wiped = wiped && body.data[i] == 0;
    wiped = wiped && flow->request->body.len == 0;
    request_body_wipe(flow->request);
    reply_text(flow->request, 200, "text/plain", wiped ? SLICE("wiped") : SLICE("kept"));
    return FLOW_DONE;
}

/* Lists the parts of a multipart body. */
static inline enum flow_next seam_parts(struct flow *flow)
{
    struct request *request = flow->request;
    struct multipart form;
    const char *why = NULL;
    CLEANUP(buf) struct buf body;
    buf_init(&body, 8192);
    if (multipart_parse(request_header(request, "content-type"), request->body, &form, &why) != 0)
        return flow_fail(flow, PROBLEM_BAD_ARGUMENT);
    for (size_t i = 0; i < form.count; i++) {
        buf_put_slice(&body, form.parts[i].name);
        buf_putc(&body, '=');
        buf_put_slice(&body, form.parts[i].content);
        buf_putc(&body, '\n');
    }
    reply_text(request, 200, "text/plain", buf_slice(&body));
    return FLOW_DONE;
}

static inline enum flow_next seam_secret(struct flow *flow)
{
    reply_secret(flow->request, 200, "image/png", SLICE("\x89PNG\0\r\n"));
    return FLOW_DONE;
}

static inline enum flow_next seam_midway(struct flow *flow)
{
    size_t size = seam_number(request_query(flow->request, "bytes"), 10);
    char *bytes = request_alloc(flow->request, size);
    memset(bytes, 'm', size);
    reply_reset_midway(flow->request, 200, "application/json", (struct slice){bytes, size});
    return FLOW_DONE;
}

static inline enum flow_next seam_huge(struct flow *flow)
{
    size_t size = seam_number(request_query(flow->request, "bytes"), 10);
    reply_huge(flow->request, 200, "application/json", SLICE("{\"a\":1}"), size);
    return FLOW_DONE;
}

static inline enum flow_next seam_drip(struct flow *flow)
{
    size_t interval_ms = seam_number(request_query(flow->request, "ms"), 0);
    reply_drip(flow->request, 200, "application/json", SLICE("{\"a\":1}"), interval_ms);
    return FLOW_DONE;
}

static inline void seam_on_timer_closed(uv_handle_t *timer)
{
    free(timer);
}

static inline void seam_close_timer(struct wait_flow *wait)
{
    uv_close((uv_handle_t *)wait->timer, seam_on_timer_closed);
    wait->timer = NULL;
}

static inline void seam_on_time(uv_timer_t *timer)
{
    struct wait_flow *wait = timer->data;
    atomic_fetch_add(&seam_server_of(&wait->flow)->shared->resumed, 1);
    seam_close_timer(wait);
    flow_resume(&wait->flow);
}

static inline void seam_cancel(struct flow *flow)
{
    atomic_fetch_add(&seam_server_of(flow)->shared->cancelled, 1);
    seam_close_timer((struct wait_flow *)flow);
}

static inline enum flow_next seam_wait(struct flow *flow)
{
    struct wait_flow *wait = (struct wait_flow *)flow;
    wait->timer = xcalloc(1, sizeof *wait->timer);
    (void)uv_timer_init(loop_uv(seam_server_of(flow)->loop), wait->timer);
    wait->timer->data = wait;
    wait->started_ns = clock_precise_ns();
    wait->wanted_ms = seam_number(request_query(flow->request, "ms"), 0);
    timer_start(wait->timer, seam_on_time, wait->wanted_ms, 0);
    flow->cancel = seam_cancel;
    return FLOW_WAIT;
}

static inline enum flow_next seam_say_waited(struct flow *flow)
{
    struct wait_flow *wait = (struct wait_flow *)flow;
    char text[64];
    double ms = (double)(clock_precise_ns() - wait->started_ns) / 1e6;
    int length = snprintf(text, sizeof text, "waited %.3f\n", ms);
    reply_text(flow->request, 200, "text/plain", (struct slice){text, (size_t)length});
    return FLOW_DONE;
}

static inline enum flow_next seam_look(struct flow *flow)
{
    if (request_client_gone(flow->request)) {
        atomic_fetch_add(&seam_server_of(flow)->shared->gone, 1);
        reply_empty(flow->request, 204);
        return FLOW_DONE;
    }
    flow->step = flow->request->route->steps; /* once more */
    return FLOW_NEXT;
}

static const struct flow_step seam_hello_steps[] = {FLOW_STEP(seam_hello), FLOW_END};
static const struct flow_step seam_echo_steps[] = {FLOW_STEP(seam_echo), FLOW_END};
static const struct flow_step seam_who_steps[] = {FLOW_STEP(seam_who), FLOW_END};
static const struct flow_step seam_empty_steps[] = {FLOW_STEP(seam_empty), FLOW_END};
static const struct flow_step seam_cached_steps[] = {FLOW_STEP(seam_cached), FLOW_END};
static const struct flow_step seam_big_steps[] = {FLOW_STEP(seam_big), FLOW_END};
static const struct flow_step seam_fail_steps[] = {FLOW_STEP(seam_fail), FLOW_END};
static const struct flow_step seam_denied_steps[] = {FLOW_STEP(seam_denied), FLOW_END};
static const struct flow_step seam_forget_steps[] = {FLOW_STEP(seam_forget), FLOW_END};
static const struct flow_step seam_reset_steps[] = {FLOW_STEP(seam_reset), FLOW_END};
static const struct flow_step seam_swallow_steps[] = {FLOW_STEP(seam_swallow), FLOW_END};
static const struct flow_step seam_wipe_steps[] = {FLOW_STEP(seam_wipe), FLOW_END};
static const struct flow_step seam_parts_steps[] = {FLOW_STEP(seam_parts), FLOW_END};
static const struct flow_step seam_secret_steps[] = {FLOW_STEP(seam_secret), FLOW_END};
static const struct flow_step seam_midway_steps[] = {FLOW_STEP(seam_midway), FLOW_END};
static const struct flow_step seam_huge_steps[] = {FLOW_STEP(seam_huge), FLOW_END};
static const struct flow_step seam_drip_steps[] = {FLOW_STEP(seam_drip), FLOW_END};
static const struct flow_step seam_truncated_steps[] = {FLOW_STEP(seam_truncated), FLOW_END};
static const struct flow_step seam_wait_steps[] = {FLOW_STEP(seam_wait), FLOW_STEP(seam_say_waited),
                                                   FLOW_END};
static const struct flow_step seam_gone_steps[] = {FLOW_STEP(seam_wait), FLOW_STEP(seam_look),
                                                   FLOW_END};

static inline void seam_write_problem(enum problem problem, const struct problem_detail *detail,
                                      struct buf *ret)
{
    buf_printf(ret, "shaped %s %s", problem_info(problem)->code, detail->request_id ? "id" : "-");
}

static const struct route seam_routes[] = {
    {.method = "GET", .pattern = "/hello", .steps = seam_hello_steps},
    {.method = "POST",
     .pattern = "/echo",
     .body_types = BODY_JSON | BODY_MULTIPART,
     .steps = seam_echo_steps,
     .flow_size = sizeof(struct flow)},
    {.method = "POST",
     .pattern = "/small",
     .body_types = BODY_JSON,
     .max_body_bytes = 10,
     .steps = seam_echo_steps},
    {.method = "GET", .pattern = "/who", .steps = seam_who_steps},
    {.method = "POST", .pattern = "/who", .steps = seam_who_steps},
    {.method = "GET", .pattern = "/items/{id}", .steps = seam_who_steps},
    {.method = "DELETE", .pattern = "/items/{id}", .steps = seam_empty_steps},
    {.method = "GET", .pattern = "/items/{id}/parts/{part}", .steps = seam_who_steps},
    {.method = "GET", .pattern = "/empty", .steps = seam_empty_steps},
    {.method = "GET", .pattern = "/cached", .steps = seam_cached_steps},
    {.method = "GET", .pattern = "/big", .steps = seam_big_steps},
    {.method = "GET", .pattern = "/fail", .steps = seam_fail_steps},
    {.method = "GET", .pattern = "/denied", .steps = seam_denied_steps},
    {.method = "GET", .pattern = "/forget", .steps = seam_forget_steps},
    {.method = "GET", .pattern = "/reset", .steps = seam_reset_steps},
    {.method = "GET", .pattern = "/truncated", .steps = seam_truncated_steps},
    {.method = "POST",
     .pattern = "/upload",
     .body_types = BODY_JSON | BODY_MULTIPART,
     .steps = seam_swallow_steps},
    {.method = "POST", .pattern = "/plain", .body_types = BODY_JSON, .steps = seam_swallow_steps},
    {.method = "POST",
     .pattern = "/wipe",
     .body_types = BODY_JSON | BODY_MULTIPART,
     .steps = seam_wipe_steps},
    {.method = "POST",
     .pattern = "/parts",
     .body_types = BODY_MULTIPART,
     .steps = seam_parts_steps},
    {.method = "POST", .pattern = "/form", .body_types = BODY_FORM, .steps = seam_echo_steps},
    {.method = "GET", .pattern = "/secret", .steps = seam_secret_steps},
    {.method = "GET", .pattern = "/midway", .steps = seam_midway_steps},
    {.method = "GET", .pattern = "/huge", .steps = seam_huge_steps},
    {.method = "GET", .pattern = "/drip", .steps = seam_drip_steps},
    {.method = "GET",
     .pattern = "/wait",
     .steps = seam_wait_steps,
     .flow_size = sizeof(struct wait_flow)},
    {.method = "POST",
     .pattern = "/wait",
     .steps = seam_wait_steps,
     .flow_size = sizeof(struct wait_flow)},
    {.method = "GET",
     .pattern = "/gone",
     .steps = seam_gone_steps,
     .flow_size = sizeof(struct wait_flow)},
    {.method = "GET",
     .pattern = "/shaped",
     .write_problem = seam_write_problem,
     .steps = seam_fail_steps},
    {.method = "POST",
     .pattern = "/shaped",
     .body_types = BODY_JSON,
     .max_body_bytes = 10,
     .write_problem = seam_write_problem,
     .steps = seam_echo_steps},
    {.method = NULL},
};

static inline void seam_publish(void *context)
{
    struct seam_server *server = context;
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    atomic_store(&server->shared->cpu_us,
                 (unsigned long long)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
                     (unsigned long long)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec));
    if (server->listener) {
        atomic_store(&server->shared->connections, listener_connections(server->listener));
        atomic_store(&server->shared->in_flight, listener_in_flight(server->listener));
    }
    log_flush(server->log);
}

static inline void seam_write_metrics(struct seam_server *server)
{
    CLEANUP(buf) struct buf text;
    buf_init(&text, SEAM_TEXT);
    metrics_write(server->metrics, &text);
    memcpy(server->shared->text, text.data, text.len + 1);
}

static inline void seam_on_command(uv_poll_t *poll, int status, int events)
{
    struct seam_server *server = poll->data;
    char command = 'q';
    (void)status, (void)events;
    if (read(server->command, &command, 1) != 1)
        command = 'q';
    if (command == 'd')
        listener_drain(server->listener);
    if (command == 'c') {
        server->listener = listener_close(server->listener);
        server->closed = true;
    }
    if (command == 's')
        seam_scan(&server->shared->marks);
    if (command == 'm')
        seam_write_metrics(server);
    if (command == 'q')
        loop_stop(server->loop);
    seam_publish(server);
    if (write(server->command, &command, 1) != 1)
        loop_stop(server->loop);
}

static inline int seam_serve(struct seam_server *server, const struct listener_config *config,
                             int log_fd)
{
    struct listener_config own = *config;
    struct address address = {.bytes = {127, 0, 0, 1}};
    char error[256];
    server->loop = loop_new();
    server->metrics = metrics_new();
    server->log = log_new(log_fd, LOG_INFO, clock_system());
    own.context = server;
    own.metrics = server->metrics;
    own.log = server->log;
    server->listener = listener_open(server->loop, &address, &own, error, sizeof error);
    if (!server->listener) {
        fprintf(stderr, "%s\n", error);
        return 1;
    }
    (void)uv_poll_init(loop_uv(server->loop), &server->commands, server->command);
    server->commands.data = server;
    (void)uv_poll_start(&server->commands, UV_READABLE, seam_on_command);
    loop_on_turn_end(server->loop, seam_publish, server);
    uint16_t port = listener_address(server->listener).port;
    if (write(server->command, &port, sizeof port) != sizeof port)
        return 1;
    loop_run(server->loop);
    server->listener = listener_close(server->listener);
    uv_close((uv_handle_t *)&server->commands, NULL);
    loop_settle(server->loop, SEAM_PATIENCE_MS);
    server->loop = loop_free(server->loop);
    server->metrics = metrics_free(server->metrics);
    server->log = log_free(server->log);
    return SEAM_LEAKS();
}
