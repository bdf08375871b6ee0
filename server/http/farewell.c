/*
 * Lingering close (RFC 9112 section 9.6): FIN, then discard until the peer's FIN or the time is
 * over. Invariant: no memory grows with what the client sends.
 */
#include "http/farewell.h"

#include "base/alloc.h"
#include "base/uv_timer.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINGER_MS = 3000, LINGER_BLOCK = 4096, LINGER_READS = 64 };

struct farewell {
    uv_poll_t poll;
    uv_timer_t timer;
    int fd;
    bool polled;
    unsigned open_handles;
    void (*done)(void *context);
    void *context;
};

static void on_closed(uv_handle_t *handle)
{
    struct farewell *farewell = handle->data;
    if (--farewell->open_handles > 0)
        return;
    (void)close(farewell->fd);
    farewell->done(farewell->context);
    free(farewell);
}

void farewell_stop(struct farewell *farewell)
{
    if (uv_is_closing((uv_handle_t *)&farewell->timer))
        return;
    uv_close((uv_handle_t *)&farewell->timer, on_closed);
    if (farewell->polled)
        uv_close((uv_handle_t *)&farewell->poll, on_closed);
}

static void on_time_over(uv_timer_t *timer)
{
    farewell_stop(timer->data);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct farewell *farewell = poll->data;
    ssize_t got = -1;
    (void)events;
    errno = EIO;
    for (int i = 0; status == 0 && i < LINGER_READS; i++) {
        /* thrown away by the kernel: it may be somebody's face */
        /* cppcheck-suppress nullPointer ; MSG_TRUNC takes none, see tcp(7) */
        got = recv(farewell->fd, NULL, LINGER_BLOCK, MSG_DONTWAIT | MSG_TRUNC);
        if (got <= 0)
            break;
    }
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
        farewell_stop(farewell);
}

struct farewell *farewell_start(uv_loop_t *loop, int fd, void (*done)(void *context), void *context)
{
    struct farewell *farewell = xcalloc(1, sizeof *farewell);
    farewell->fd = fd;
    farewell->done = done;
    farewell->context = context;
    farewell->timer.data = farewell->poll.data = farewell;
    (void)shutdown(fd, SHUT_WR);
    (void)uv_timer_init(loop, &farewell->timer); /* cannot fail */
    farewell->polled = uv_poll_init(loop, &farewell->poll, fd) == 0 &&
                       uv_poll_start(&farewell->poll, UV_READABLE, on_readable) == 0;
    farewell->open_handles = farewell->polled ? 2 : 1;
    /* a kernel short of memory watches nothing more: then there is no lingering */
    timer_start(&farewell->timer, on_time_over, farewell->polled ? LINGER_MS : 0, 0);
    return farewell;
}
