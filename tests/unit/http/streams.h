/*
 * A server of answers written by and by, and clients that read them. What goes on in it is counted
 * in the seam's shared memory: `resumed` ends by the flow itself, `cancelled` departures.
 */
#pragma once

#include "seam.h"

struct tick_flow {
    struct flow flow;
    uv_timer_t *timer;
    unsigned left;
    size_t bytes;
};

static inline void tick_stop(struct tick_flow *self)
{
    uv_close((uv_handle_t *)self->timer, seam_on_timer_closed);
    self->timer = NULL;
}

static inline void tick_cancel(struct flow *flow)
{
    atomic_fetch_add(&seam_server_of(flow)->shared->cancelled, 1);
    tick_stop((struct tick_flow *)flow);
}

static inline void tick_on_time(uv_timer_t *timer)
{
    struct tick_flow *self = timer->data;
    struct request *request = self->flow.request;
    if (self->left > 0) {
        char *piece = xcalloc(1, self->bytes + 1);
        memset(piece, 'p', self->bytes);
        piece[self->bytes - 1] = '\n';
        reply_stream_write(request, (struct slice){piece, self->bytes});
        free(piece);
        self->left--;
        return;
    }
    tick_stop(self);
    flow_resume(&self->flow);
}

static inline unsigned long tick_number(struct flow *flow, const char *name, unsigned long fallback)
{
    return seam_number(request_query(flow->request, name), fallback);
}

/* /stream?pieces=&bytes=&ms= */
static inline enum flow_next tick_begin(struct flow *flow)
{
    struct tick_flow *self = (struct tick_flow *)flow;
    self->left = (unsigned)tick_number(flow, "pieces", 3);
    self->bytes = tick_number(flow, "bytes", 8);
    uint64_t every_ms = tick_number(flow, "ms", 1);
    atomic_fetch_add(&seam_server_of(flow)->shared->handled, 1);
    reply_header(flow->request, "x-accel-buffering", SLICE("no"));
    if (!reply_stream_begin(flow->request, "text/event-stream", ":\n"))
        return FLOW_DONE;
    reply_stream_write(flow->request, SLICE("first\n"));
    request_watch(flow->request);
    self->timer = xcalloc(1, sizeof *self->timer);
    (void)uv_timer_init(loop_uv(seam_server_of(flow)->loop), self->timer);
    self->timer->data = self;
    timer_start(self->timer, tick_on_time, every_ms, every_ms > 0 ? every_ms : 1);
    flow->cancel = tick_cancel;
    return FLOW_WAIT;
}

static inline enum flow_next tick_end(struct flow *flow)
{
    atomic_fetch_add(&seam_server_of(flow)->shared->resumed, 1);
    reply_stream_end(flow->request);
    return FLOW_DONE;
}

/* Watches its client, then waits as /wait does. */
static inline enum flow_next watch_client(struct flow *flow)
{
    atomic_fetch_add(&seam_server_of(flow)->shared->handled, 1);
    request_watch(flow->request);
    request_watch(flow->request); /* once more is no more */
    return FLOW_NEXT;
}

static const struct flow_step tick_steps[] = {FLOW_STEP(tick_begin), FLOW_STEP(tick_end), FLOW_END};
static const struct flow_step watch_steps[] = {FLOW_STEP(watch_client), FLOW_STEP(seam_wait),
                                               FLOW_STEP(seam_say_waited), FLOW_END};

static const struct route stream_routes[] = {
    {.method = "GET",
     .pattern = "/stream",
     .steps = tick_steps,
     .flow_size = sizeof(struct tick_flow)},
    {.method = "GET",
     .pattern = "/watched",
     .steps = watch_steps,
     .flow_size = sizeof(struct wait_flow)},
    {.method = "GET", .pattern = "/hello", .steps = seam_hello_steps},
    {.method = NULL},
};

static inline struct seam streams_start(uint64_t heartbeat_ms)
{
    struct listener_config config = seam_config();
    config.routes = stream_routes;
    config.heartbeat_ms = heartbeat_ms;
    config.max_connections = 400;
    return seam_start(&config);
}

/* Reads to the end of the connection. */
static inline struct answer client_drink(int fd)
{
    struct answer answer = {0};
    while (client_more(fd, &answer, 65536))
        ;
    const char *head = answer.text ? strstr(answer.text, "\r\n\r\n") : NULL;
    answer.body = head ? answer.text + (head - answer.text) + 4 : NULL;
    return answer;
}

#define STREAM_GET(path)     "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"
#define STREAM_GET_1_0(path) "GET " path " HTTP/1.0\r\nHost: x\r\n\r\n"
