/*
 * The connection, and its two ends: ours, gentle or not, and the peer's. What fails within a call
 * is told by the timer one turn later. Invariant: `queued` holds something only while `writing`
 * does.
 */
#include "redis/socket.h"

#include "base/buf.h"
#include "base/secret.h"
#include "base/uv_timer.h"

#include <stdlib.h>
#include <string.h>

enum { INPUT_SIZE = 65536, FAREWELL_MS = 300, FAREWELL_ROUNDS = 5 };
/* the owner stays below it; a memory that was needed once is not kept for ever */
enum { OUTPUT_MAX = 96 * 1024 * 1024, KEPT_MAX = 1024 * 1024 };

struct redis_socket {
    uv_tcp_t tcp;
    uv_timer_t timer; /* tells `error`, or watches over the farewell */
    uv_connect_t connect;
    uv_write_t write;
    uv_shutdown_t shutdown;
    const struct redis_socket_events *events;
    void *context;
    bool connected;
    bool over;        /* has been told */
    bool leaving;     /* nothing is told any more */
    int error;        /* to be told */
    unsigned rounds;  /* of the farewell */
    size_t left;      /* to be sent at the start of this one */
    bool heard;       /* anything in this one */
    unsigned handles; /* not yet closed */
    struct buf writing;
    struct buf queued;
    char input[INPUT_SIZE];
};

/* ---- the end ---- */

static void on_closed(uv_handle_t *handle)
{
    struct redis_socket *socket = handle->data;
    if (--socket->handles == 0) {
        buf_done(&socket->writing);
        buf_done(&socket->queued);
        secret_wipe(socket->input, sizeof socket->input);
        free(socket);
    }
}

static void close_now(struct redis_socket *socket)
{
    if (!uv_is_closing((uv_handle_t *)&socket->tcp)) {
        uv_close((uv_handle_t *)&socket->tcp, on_closed);
        uv_close((uv_handle_t *)&socket->timer, on_closed);
    }
}

static void tell_end(struct redis_socket *socket, int error)
{
    if (socket->leaving) {
        close_now(socket);
    } else if (!socket->over) {
        socket->over = true;
        (void)uv_read_stop((uv_stream_t *)&socket->tcp);
        socket->events->ended(socket->context, error);
    }
}

static void on_late_failure(uv_timer_t *timer)
{
    struct redis_socket *socket = timer->data;
    tell_end(socket, socket->error);
}

static void fail_later(struct redis_socket *socket, int error)
{
    if (socket->error == 0 && !socket->leaving) {
        socket->error = error;
        timer_start(&socket->timer, on_late_failure, 0, 0);
    }
}

static void on_shutdown(uv_shutdown_t *shutdown, int status)
{
    if (status < 0) {
        close_now(shutdown->data);
    }
}

/* Says that no more comes, once all has gone out. */
static void half_close(struct redis_socket *socket)
{
    if (socket->writing.len == 0 &&
        uv_shutdown(&socket->shutdown, (uv_stream_t *)&socket->tcp, on_shutdown) != 0) {
        close_now(socket);
    }
}

static void farewell(struct redis_socket *socket);

static void on_farewell(uv_timer_t *timer)
{
    struct redis_socket *socket = timer->data;
    bool goes_on = socket->heard || redis_socket_pending(socket) < socket->left;
    if (goes_on && ++socket->rounds < FAREWELL_ROUNDS) {
        farewell(socket);
    } else {
        close_now(socket);
    }
}

static void farewell(struct redis_socket *socket)
{
    socket->left = redis_socket_pending(socket);
    socket->heard = false;
    timer_start(&socket->timer, on_farewell, FAREWELL_MS, 0);
}

struct redis_socket *redis_socket_close(struct redis_socket *socket, bool gently)
{
    if (!socket || socket->leaving) {
        return NULL;
    }
    socket->leaving = true;
    if (gently && socket->connected && !socket->over && socket->error == 0) {
        farewell(socket);
        half_close(socket);
    } else {
        close_now(socket);
    }
    return NULL;
}

/* ---- out ---- */

static void on_written(uv_write_t *write, int status);

static void start_write(struct redis_socket *socket)
{
    struct buf free_one = socket->writing;
    socket->writing = socket->queued;
    socket->queued = free_one;
    uv_buf_t bytes = uv_buf_init(socket->writing.data, (unsigned)socket->writing.len);
    int error = uv_write(&socket->write, (uv_stream_t *)&socket->tcp, &bytes, 1, on_written);
    if (error != 0) {
        fail_later(socket, error);
    }
}

static void on_written(uv_write_t *write, int status)
{
    struct redis_socket *socket = write->data;
    secret_wipe(socket->writing.data, socket->writing.len);
    buf_reset(&socket->writing);
    if (socket->writing.capacity > KEPT_MAX) {
        buf_done(&socket->writing);
    }
    if (status < 0) {
        tell_end(socket, status);
    } else if (socket->queued.len > 0) {
        start_write(socket);
    } else if (socket->leaving) {
        half_close(socket);
    }
}

/* libuv's type knows no bytes that are only read. */
static char *as_libuv_wants(const char *bytes)
{
    char *same = NULL;
    memcpy(&same, &bytes, sizeof same);
    return same;
}

/* What is left of the bytes after the kernel took what it could. */
static struct slice write_now(struct redis_socket *socket, struct slice bytes)
{
    while (bytes.len > 0) {
        uv_buf_t part = {.base = as_libuv_wants(bytes.data), .len = bytes.len};
        int written = uv_try_write((uv_stream_t *)&socket->tcp, &part, 1);
        if (written == UV_EAGAIN || written == 0) {
            break;
        }
        if (written < 0) {
            fail_later(socket, written);
            return (struct slice){bytes.data, 0};
        }
        bytes = (struct slice){bytes.data + written, bytes.len - (size_t)written};
    }
    return bytes;
}

void redis_socket_write(struct redis_socket *socket, struct slice bytes)
{
    if (!socket->connected || socket->over || socket->leaving || socket->error != 0) {
        return;
    }
    bool idle = socket->writing.len == 0;
    struct slice left = idle ? write_now(socket, bytes) : bytes;
    if (left.len == 0) {
        return;
    }
    buf_put_slice(&socket->queued, left);
    if (buf_failed(&socket->queued)) {
        fail_later(socket, UV_ENOBUFS);
    } else if (idle) {
        start_write(socket);
    }
}

size_t redis_socket_pending(const struct redis_socket *socket)
{
    return socket->queued.len + uv_stream_get_write_queue_size((const uv_stream_t *)&socket->tcp);
}

/* ---- in ---- */

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
    (void)suggested;
    struct redis_socket *socket = handle->data;
    *ret = uv_buf_init(socket->input, sizeof socket->input);
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *bytes)
{
    struct redis_socket *socket = stream->data;
    socket->heard = true;
    if (got < 0) {
        tell_end(socket, (int)got);
    } else if (got > 0 && !socket->leaving) {
        socket->events->got(socket->context, (struct slice){bytes->base, (size_t)got});
    }
}

static void on_connected(uv_connect_t *connect, int status)
{
    struct redis_socket *socket = connect->data;
    if (socket->leaving) {
        return;
    }
    if (status == 0) {
        status = uv_read_start((uv_stream_t *)&socket->tcp, on_room, on_read);
    }
    if (status != 0) {
        tell_end(socket, status);
        return;
    }
    (void)uv_tcp_nodelay(&socket->tcp, 1); /* only slower without */
    socket->connected = true;
    socket->events->connected(socket->context);
}

struct redis_socket *redis_socket_open(uv_loop_t *uv, const struct sockaddr *address,
                                       const struct redis_socket_events *events, void *context)
{
    struct redis_socket *socket = xcalloc(1, sizeof *socket);
    socket->events = events;
    socket->context = context;
    buf_init_secret(&socket->writing, OUTPUT_MAX);
    buf_init_secret(&socket->queued, OUTPUT_MAX);
    if (uv_tcp_init(uv, &socket->tcp) != 0 || uv_timer_init(uv, &socket->timer) != 0) {
        abort(); /* neither asks the kernel for anything */
    }
    socket->handles = 2;
    socket->tcp.data = socket->timer.data = socket;
    socket->connect.data = socket->write.data = socket->shutdown.data = socket;
    int error = uv_tcp_connect(&socket->connect, &socket->tcp, address, on_connected);
    if (error != 0) {
        fail_later(socket, error);
    }
    return socket;
}
