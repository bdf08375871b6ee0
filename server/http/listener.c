/*
 * The listening socket and the life of a listener: open, pause at the cap, drain, close. Invariant:
 * the library's context goes only after its last connection, from a uv callback, when nothing of
 * the library is on the stack that still needs it.
 */
#include "http/listener.h"

#include "base/uv_timer.h"
#include "http/listener_private.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    BACKLOG = 1024,
    ACCEPTS_PER_EVENT = 16,
    ACCEPT_RETRY_MS = 250,
    DRAIN_EVERY_MS = 10,
    DRAIN_AT_ONCE = 500, /* 15 000 in one go would stall the loop for 120 ms */
};

/* ---- the socket ---- */

static const char *advice(int error)
{
    switch (error) {
    case EADDRINUSE:
        return "; another process listens there: stop it or choose another port";
    case EADDRNOTAVAIL:
        return "; this machine does not have that address";
    case EACCES:
        return "; ports below 1024 need a privilege: choose a higher one";
    default:
        return "";
    }
}

/* The bound descriptor, or -errno. */
static int bind_socket(const struct address *address)
{
    struct sockaddr_storage storage;
    socklen_t length = address_to_sockaddr(address, &storage);
    int on = 1, error;
    int fd = socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(fd, (struct sockaddr *)&storage, length) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    error = errno;
    (void)close(fd);
    return -error;
}

static void on_timer(uv_timer_t *timer);
static void on_accept(h2o_socket_t *socket, const char *error);

static void pause_accepting(struct listener *listener)
{
    listener->paused = true;
    h2o_socket_read_stop(listener->socket);
}

static void resume_accepting(struct listener *listener)
{
    if (!listener->paused || !listener->socket ||
        listener->connection_count >= listener->config.max_connections)
        return;
    listener->paused = false;
    h2o_socket_read_start(listener->socket, on_accept);
}

/* Out of descriptors or memory: the socket stays readable, so asking again at once would spin. */
static void wait_for_resources(struct listener *listener, int error)
{
    if (error != EMFILE && error != ENFILE && error != ENOBUFS && error != ENOMEM)
        return;
    LOG_EVENT(listener->config.log, LOG_WARN, "accept failed",
              LOG_TEXT(LISTENER, listener->config.name), LOG_TEXT(REASON, strerrordesc_np(error)),
              LOG_INT(COUNT, listener->connection_count));
    pause_accepting(listener);
    timer_start(&listener->timer, on_timer, ACCEPT_RETRY_MS, 0);
}

static void on_accept(h2o_socket_t *socket, const char *error)
{
    struct listener *listener = socket->data;
    if (error)
        return;
    for (int i = 0; i < ACCEPTS_PER_EVENT; i++) {
        if (listener->connection_count >= listener->config.max_connections) {
            pause_accepting(listener);
            return;
        }
        h2o_socket_t *accepted = h2o_evloop_socket_accept(socket);
        if (!accepted) {
            wait_for_resources(listener, errno);
            return;
        }
        connection_open(listener, accepted);
    }
}

/* ---- opening ---- */

static void configure_library(struct listener *listener)
{
    h2o_globalconf_t *globalconf = &listener->globalconf;
    const struct listener_config *config = &listener->config;
    h2o_config_init(globalconf);
    globalconf->server_name = h2o_iovec_init(H2O_STRLIT(""));
    reading_configure(listener);
    globalconf->http1.req_timeout = config->request_timeout_ms;
    globalconf->http1.upgrade_to_http2 = 0;
    h2o_hostconf_t *host =
        h2o_config_register_host(globalconf, h2o_iovec_init(H2O_STRLIT("default")), 65535);
    /* no path is registered: what matches none would be answered before any handler */
    h2o_create_handler(&host->fallback_path, sizeof(h2o_handler_t))->on_req = exchange_on_request;
    h2o_create_filter(&host->fallback_path, sizeof(h2o_filter_t))->on_setup_ostream =
        exchange_on_answer;
    h2o_context_init(&listener->context, loop_h2o(listener->loop), globalconf);
    listener->accept = (h2o_accept_ctx_t){.ctx = &listener->context, .hosts = globalconf->hosts};
}

static void make_tables(struct listener *listener)
{
    const struct listener_config *config = &listener->config;
    size_t buckets = 1;
    while (buckets < config->max_connections)
        buckets *= 2;
    listener->buckets = xcalloc(buckets, sizeof *listener->buckets);
    listener->bucket_mask = buckets - 1;
    random_fill(config->random, listener->bucket_key, sizeof listener->bucket_key);
    block_random_init(&listener->random, config->random);
    listener->proxies = xcalloc(config->trusted_proxy_count + 1, sizeof *listener->proxies);
    for (size_t i = 0; i < config->trusted_proxy_count; i++)
        listener->proxies[i] = config->trusted_proxies[i];
}

static void start_socket(struct listener *listener, int fd)
{
    struct sockaddr_storage bound = {0};
    socklen_t length = sizeof bound;
    (void)getsockname(fd, (struct sockaddr *)&bound, &length);
    address_from_sockaddr((struct sockaddr *)&bound, &listener->address);
    listener->socket =
        h2o_evloop_socket_create(loop_h2o(listener->loop), fd, H2O_SOCKET_FLAG_DONT_READ);
    listener->socket->data = listener;
    h2o_socket_read_start(listener->socket, on_accept);
}

struct listener *listener_open(struct loop *loop, const struct address *address,
                               const struct listener_config *config, char *ret_error,
                               size_t error_size)
{
    assert(config->max_connections > 0);
    int fd = bind_socket(address);
    if (fd < 0) {
        char text[ADDRESS_TEXT_SIZE];
        address_format(address, true, text);
        (void)snprintf(ret_error, error_size, "%s: cannot listen on %s: %s%s", config->name, text,
                       strerrordesc_np(-fd), advice(-fd));
        return NULL;
    }
    struct listener *listener = xcalloc(1, sizeof *listener);
    listener->config = *config;
    listener->loop = loop;
    LIST_INIT(&listener->connections);
    LIST_INIT(&listener->restarted);
    make_tables(listener);
    (void)uv_timer_init(loop_uv(loop), &listener->timer);
    listener->timer.data = listener;
    pulse_open(listener);
    account_open(listener);
    configure_library(listener);
    start_socket(listener, fd);
    loop_on_turn_end(loop, connection_sweep, listener);
    loop_on_turn_end(loop, reading_on_turn_end, listener);
    return listener;
}

struct address listener_address(const struct listener *listener)
{
    return listener->address;
}

unsigned listener_in_flight(const struct listener *listener)
{
    return listener->in_flight;
}

unsigned listener_connections(const struct listener *listener)
{
    return listener->connection_count;
}

/* ---- ending ---- */

static void stop_accepting(struct listener *listener)
{
    if (!listener->socket)
        return;
    h2o_socket_read_stop(listener->socket);
    h2o_socket_close(listener->socket);
    listener->socket = NULL;
}

static void shut_idle(struct listener *listener)
{
    struct connection *connection;
    unsigned shut = 0;
    LIST_FOREACH(connection, &listener->connections, all)
    {
        if (!connection_is_idle(connection))
            continue;
        connection_shut(connection);
        if (++shut == DRAIN_AT_ONCE)
            return;
    }
}

static void free_listener(uv_handle_t *pulse)
{
    struct listener *listener = H2O_STRUCT_FROM_MEMBER(struct listener, pulse.timer, pulse);
    h2o_multithread_queue_t *queue = listener->context.queue;
    loop_remove_turn_end(listener->loop, reading_on_turn_end, listener);
    h2o_context_dispose(&listener->context);
    free(queue); /* the library forgets to */
    h2o_config_dispose(&listener->globalconf);
    free(listener->buckets);
    free(listener->proxies);
    free(listener);
}

/* One after the other: libuv calls back in no order that is promised. */
static void close_pulse(uv_handle_t *timer)
{
    struct listener *listener = timer->data;
    uv_close((uv_handle_t *)&listener->pulse.timer, free_listener);
}

static void on_timer(uv_timer_t *timer)
{
    struct listener *listener = timer->data;
    if (listener->closing) {
        if (listener->connection_count == 0)
            uv_close((uv_handle_t *)timer, close_pulse);
        return;
    }
    if (!listener->draining) {
        resume_accepting(listener);
        return;
    }
    shut_idle(listener);
    timer_start(timer, on_timer, DRAIN_EVERY_MS, 0);
}

void listener_on_gone(struct listener *listener)
{
    account_gauges(listener);
    if (listener->closing)
        timer_start(&listener->timer, on_timer, 0, 0);
    else
        resume_accepting(listener);
}

void listener_drain(struct listener *listener)
{
    if (listener->draining)
        return;
    listener->draining = true;
    stop_accepting(listener);
    timer_start(&listener->timer, on_timer, 0, 0);
}

struct listener *listener_close(struct listener *listener)
{
    struct connection *connection;
    if (!listener || listener->closing)
        return NULL;
    listener->draining = listener->closing = true;
    stop_accepting(listener);
    loop_remove_turn_end(listener->loop, connection_sweep, listener);
    LIST_FOREACH(connection, &listener->connections, all)
    {
        if (connection->exchange)
            exchange_abandon(connection->exchange);
        else
            connection_shut(connection);
        connection_end_farewell(connection);
    }
    account_close(listener);
    /* also wakes the loop, should this have been called between two of its runs */
    timer_start(&listener->timer, on_timer, 0, 0);
    return NULL;
}
