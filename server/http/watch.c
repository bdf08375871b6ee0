/*
 * Noticing that a client leaves while its flow waits, which the library does not: the same
 * descriptor is watched a second time, for nothing but its end. Costs a few system calls, so only
 * long waits ask for it. Invariant: a watch is stopped before the library closes the descriptor.
 */
#include "http/listener_private.h"

#include <stdlib.h>

struct watch {
    uv_poll_t poll; /* closing it is late, so it has memory of its own */
    struct exchange *exchange;
};

static void on_closed(uv_handle_t *poll)
{
    free(poll->data);
}

void watch_stop(struct exchange *exchange)
{
    struct watch *watch = exchange->watch;
    exchange->watch = NULL;
    if (!watch)
        return;
    (void)uv_poll_stop(&watch->poll);
    uv_close((uv_handle_t *)&watch->poll, on_closed);
}

/* A half-closed connection counts: nobody who still listens does that. */
static void on_departure(uv_poll_t *poll, int status, int events)
{
    const struct watch *watch = poll->data;
    struct exchange *exchange = watch->exchange;
    (void)status;
    (void)events;
    watch_stop(exchange);
    exchange_depart(exchange);
}

bool request_may_wait(struct request *request)
{
    struct exchange *exchange = exchange_of(request);
    if (connection_count_for(exchange->connection, &request->client))
        return true;
    account_refused(exchange->listener, REFUSED_PER_ADDRESS);
    return false;
}

void request_watch(struct request *request)
{
    struct exchange *exchange = exchange_of(request);
    const struct listener *listener = exchange->listener;
    exchange->patient = true;
    if (exchange->watch)
        return;
    struct watch *watch = xcalloc(1, sizeof *watch);
    watch->exchange = exchange;
    watch->poll.data = watch;
    if (uv_poll_init(loop_uv(listener->loop), &watch->poll,
                     h2o_socket_get_fd(exchange->connection->socket)) != 0) {
        free(watch); /* a kernel short of memory: the wait ends by its own deadline */
        return;
    }
    exchange->watch = watch;
    if (uv_poll_start(&watch->poll, UV_DISCONNECT, on_departure) != 0)
        watch_stop(exchange);
}
