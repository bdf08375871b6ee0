/*
 * Accepted connections: who they are, how many one peer may have, which are idle, how much they
 * hold, and how they end. Requests are exchange.c's. Invariant: a connection is counted from accept
 * until its last descriptor is closed, so the caps bound descriptors, not only the library's part.
 */
#include "http/forwarded.h"
#include "http/listener_private.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SWEEP_EVERY_MS = 50, READER_BYTES = 16 * 1024 };

/* ---- the cap per address ---- */

/* IPv6 clients own a /64 at least, so that is one address. */
static size_t peer_bytes(const struct address *peer)
{
    return peer->v6 ? 8 : 4;
}

static struct connection_list *bucket_of(struct listener *listener, const struct address *peer)
{
    struct slice key = {(const char *)peer->bytes, peer_bytes(peer)};
    uint8_t digest[SHA256_BYTES];
    uint32_t hash;
    hmac_sha256(listener->bucket_key, &key, 1, digest);
    memcpy(&hash, digest, sizeof hash);
    return &listener->buckets[hash & listener->bucket_mask];
}

/* Enters the connection into the table; false when the address has its share already. */
static bool count_for(struct connection *connection, const struct address *who)
{
    struct listener *listener = connection->listener;
    unsigned cap = listener->config.max_connections_per_address, count = 0;
    const struct connection *other;
    if (cap == 0)
        return true;
    struct connection_list *bucket = bucket_of(listener, who);
    LIST_FOREACH(other, bucket, neighbours)
    {
        count += other->counted_for.v6 == who->v6 &&
                 memcmp(other->counted_for.bytes, who->bytes, peer_bytes(who)) == 0;
        if (count >= cap)
            return false;
    }
    LIST_INSERT_HEAD(bucket, connection, neighbours);
    connection->counted = true;
    connection->counted_for = *who;
    return true;
}

bool connection_count_for(struct connection *connection, const struct address *client)
{
    const struct listener *listener = connection->listener;
    if (!connection->trusted || connection->counted ||
        forwarded_is_trusted(listener->proxies, listener->config.trusted_proxy_count, client))
        return true;
    return count_for(connection, client);
}

void connection_let_go(struct connection *connection)
{
    if (connection->trusted && connection->counted) {
        LIST_REMOVE(connection, neighbours);
        connection->counted = false;
    }
}

/* ---- life ---- */

static void on_gone(void *context)
{
    struct connection *connection = context;
    struct listener *listener = connection->listener;
    reading_close(connection);
    LIST_REMOVE(connection, all);
    if (connection->counted)
        LIST_REMOVE(connection, neighbours);
    listener->connection_count--;
    free(connection);
    listener_on_gone(listener);
}

/* The library has closed its descriptor and forgotten the socket. */
static void on_socket_closed(void *context)
{
    struct connection *connection = context;
    connection->socket = NULL;
    if (connection->spare_fd >= 0 && !connection->listener->closing) {
        connection->farewell = farewell_start(loop_uv(connection->listener->loop),
                                              connection->spare_fd, on_gone, connection);
        return;
    }
    if (connection->spare_fd >= 0)
        (void)close(connection->spare_fd);
    on_gone(connection);
}

static void set_options(const struct listener *listener, h2o_socket_t *socket)
{
    unsigned timeout_ms = (unsigned)listener->config.write_timeout_ms;
    if (timeout_ms > 0)
        (void)setsockopt(h2o_socket_get_fd(socket), IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms,
                         sizeof timeout_ms);
}

void connection_open(struct listener *listener, h2o_socket_t *socket)
{
    struct sockaddr_storage peer = {0};
    struct connection *connection = xcalloc(1, sizeof *connection);
    connection->listener = listener;
    connection->socket = socket;
    connection->spare_fd = -1;
    if (h2o_socket_getpeername(socket, (struct sockaddr *)&peer) > 0)
        address_from_sockaddr((struct sockaddr *)&peer, &connection->peer);
    connection->trusted = forwarded_is_trusted(
        listener->proxies, listener->config.trusted_proxy_count, &connection->peer);
    if (!connection->trusted && !count_for(connection, &connection->peer)) {
        account_refused(listener, REFUSED_PER_ADDRESS);
        free(connection);
        h2o_socket_close(socket);
        return;
    }
    LIST_INSERT_HEAD(&listener->connections, connection, all);
    listener->connection_count++;
    account_gauges(listener);
    set_options(listener, socket);
    socket->on_close.cb = on_socket_closed;
    socket->on_close.data = connection;
    h2o_accept(&listener->accept, socket);
    reading_open(connection);
}

struct connection *connection_of(h2o_req_t *library)
{
    return library->conn->callbacks->get_socket(library->conn)->on_close.data;
}

bool connection_is_idle(const struct connection *connection)
{
    h2o_socket_t *socket = connection->socket;
    int unread = 0;
    return socket && !connection->exchange && !connection->cut && socket->input->size == 0 &&
           !h2o_socket_is_writing(socket) &&
           (ioctl(h2o_socket_get_fd(socket), FIONREAD, &unread) != 0 || unread == 0);
}

void connection_shut(struct connection *connection)
{
    connection->cut = true;
    if (connection->socket)
        (void)shutdown(h2o_socket_get_fd(connection->socket), SHUT_RDWR);
}

void connection_reset(struct connection *connection)
{
    static const struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    int fd = h2o_socket_get_fd(connection->socket);
    connection->cut = true;
    /* dissolving the association sends the reset now; closing with a zero linger time would do it
     * too, but only the library may close */
    if (connect(fd, &nobody, sizeof nobody) != 0)
        (void)shutdown(fd, SHUT_RDWR);
}

void connection_keep_for_farewell(struct connection *connection)
{
    if (connection->spare_fd < 0)
        connection->spare_fd = fcntl(h2o_socket_get_fd(connection->socket), F_DUPFD_CLOEXEC, 0);
}

void connection_end_farewell(struct connection *connection)
{
    if (connection->farewell)
        farewell_stop(connection->farewell);
}

/* ---- the memory of bodies ---- */

static size_t held_bytes(const struct connection *connection)
{
    const h2o_buffer_t *input = connection->socket ? connection->socket->input : NULL;
    if (!input || !input->bytes)
        return 0;
    return reading_is_mapped(connection) ? input->size : input->capacity;
}

bool connection_reserve(struct connection *connection, size_t bytes)
{
    size_t free_bytes = connection->listener->config.body_memory_bytes;
    const struct connection *other;
    LIST_FOREACH(other, &connection->listener->connections, all)
    {
        size_t held = other == connection ? 0 : held_bytes(other);
        size_t taken = held > other->reading.reserved ? held : other->reading.reserved;
        if (taken > free_bytes)
            return false;
        free_bytes -= taken;
    }
    if (bytes > free_bytes)
        return false;
    connection->reading.reserved = bytes;
    return true;
}

/* What is held beyond what was promised. */
static size_t surplus_bytes(const struct connection *connection)
{
    size_t held = held_bytes(connection), reserved = connection->reading.reserved;
    return held > reserved ? held - reserved : 0;
}

static int by_surplus(const void *a, const void *b)
{
    size_t left = surplus_bytes(*(struct connection *const *)a);
    size_t right = surplus_bytes(*(struct connection *const *)b);
    return (left < right) - (left > right);
}

/* Requests already complete are left alone: their memory goes with their answer. */
static void cut_fattest(struct listener *listener, size_t total)
{
    struct connection **readers = xcalloc(listener->connection_count, sizeof(struct connection *));
    struct connection *connection;
    size_t count = 0;
    LIST_FOREACH(connection, &listener->connections, all)
    {
        if (!connection->exchange && held_bytes(connection) > READER_BYTES)
            readers[count++] = connection;
    }
    qsort(readers, count, sizeof(struct connection *), by_surplus);
    for (size_t i = 0; i < count && total > listener->config.body_memory_bytes; i++) {
        total -= held_bytes(readers[i]);
        if (readers[i]->cut)
            continue;
        connection_reset(readers[i]);
        account_refused(listener, REFUSED_BODY_MEMORY);
    }
    free(readers);
}

void connection_sweep(void *context)
{
    struct listener *listener = context;
    const struct connection *connection;
    uint64_t now_ms = uv_now(loop_uv(listener->loop));
    size_t total = 0;
    if (!listener->read_since || now_ms - listener->swept_at_ms < SWEEP_EVERY_MS)
        return;
    listener->swept_at_ms = now_ms;
    listener->read_since = false;
    LIST_FOREACH(connection, &listener->connections, all)
    total += held_bytes(connection);
    if (total > listener->config.body_memory_bytes)
        cut_fattest(listener, total);
}
