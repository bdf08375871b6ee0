/*
 * libuv inside libh2o's loop. Two ways lead from h2o's turn into uv_run, and no other exists: uv's
 * own epoll descriptor became readable, or uv has something to do without waiting. Invariant: uv
 * callbacks run only within h2o's turn, so an answer they send is completed before the next sleep,
 * and no HTTP socket is closed between two turns while it is still on h2o's list of pending ones.
 */
#include "http/loop.h"

#include "http/loop_private.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

enum { HOOKS_MAX = 16, SETTLE_WAIT_MS = 10 };

struct hook {
    void (*run)(void *context);
    void *context;
};

struct loop {
    h2o_evloop_t *h2o;
    h2o_timeout_t soon; /* of duration zero */
    h2o_timeout_entry_t due;
    h2o_socket_t *uv_socket; /* a copy of uv's epoll descriptor: each library closes its own */
    uv_loop_t uv;
    uv_async_t keeper; /* without a referenced handle uv_backend_timeout is always 0: a spin */
    struct hook hooks[HOOKS_MAX];
    size_t hook_count;
    bool stopped;
};

static void pump(struct loop *loop)
{
    (void)uv_run(&loop->uv, UV_RUN_NOWAIT);
}

static void on_uv_ready(h2o_socket_t *socket, const char *error)
{
    (void)error;
    pump(socket->data);
}

static void on_uv_due(h2o_timeout_entry_t *entry)
{
    pump(H2O_STRUCT_FROM_MEMBER(struct loop, due, entry));
}

static void on_keeper(uv_async_t *keeper)
{
    (void)keeper;
}

static int start_uv(struct loop *loop)
{
    int error = uv_loop_init(&loop->uv);
    if (error)
        return error;
    error = uv_async_init(&loop->uv, &loop->keeper, on_keeper);
    int fd = error ? -1 : fcntl(uv_backend_fd(&loop->uv), F_DUPFD_CLOEXEC, 0);
    if (fd < 0) {
        error = error ? error : -errno;
        (void)uv_loop_close(&loop->uv);
        return error;
    }
    loop->uv_socket = h2o_evloop_socket_create(loop->h2o, fd, H2O_SOCKET_FLAG_DONT_READ);
    loop->uv_socket->data = loop;
    h2o_socket_read_start(loop->uv_socket, on_uv_ready);
    return 0;
}

struct loop *loop_new(void)
{
    struct loop *loop = xcalloc(1, sizeof *loop);
    int error;
    (void)signal(SIGPIPE, SIG_IGN);
    /* never a request body in a temporary file: it may be somebody's face */
    h2o_socket_buffer_mmap_settings.threshold = SIZE_MAX;
    loop->h2o = h2o_evloop_create();
    error = start_uv(loop);
    if (error) {
        h2o_evloop_destroy(loop->h2o);
        free(loop);
        errno = -error;
        return NULL;
    }
    h2o_timeout_init(loop->h2o, &loop->soon, 0);
    loop->due.cb = on_uv_due;
    return loop;
}

struct loop *loop_free(struct loop *loop)
{
    int error;
    if (!loop)
        return NULL;
    h2o_timeout_unlink(&loop->due);
    h2o_timeout_dispose(loop->h2o, &loop->soon);
    h2o_socket_close(loop->uv_socket);
    uv_close((uv_handle_t *)&loop->keeper, NULL);
    pump(loop);
    error = uv_loop_close(&loop->uv);
    assert(error == 0 && "a uv handle outlived its owner");
    (void)error;
    h2o_evloop_destroy(loop->h2o);
    free(loop);
    return NULL;
}

uv_loop_t *loop_uv(struct loop *loop)
{
    return &loop->uv;
}

h2o_loop_t *loop_h2o(struct loop *loop)
{
    return loop->h2o;
}

static void turn(struct loop *loop, int limit_ms)
{
    for (size_t i = 0; i < loop->hook_count; i++)
        loop->hooks[i].run(loop->hooks[i].context);
    uv_update_time(&loop->uv); /* else the wait already slept is slept again */
    int wait = uv_backend_timeout(&loop->uv);
    if (wait == 0 && !h2o_timeout_is_linked(&loop->due))
        h2o_timeout_link(loop->h2o, &loop->soon, &loop->due);
    if (wait < 0 || wait > limit_ms)
        wait = limit_ms;
    /* any error but EINTR has lost a socket of h2o's list */
    if (h2o_evloop_run(loop->h2o, wait) != 0 && errno != EINTR)
        abort();
}

void loop_run(struct loop *loop)
{
    while (!loop->stopped)
        turn(loop, INT32_MAX);
    loop->stopped = false;
}

void loop_stop(struct loop *loop)
{
    loop->stopped = true;
}

static void count_handle(uv_handle_t *handle, void *count)
{
    (void)handle;
    ++*(unsigned *)count;
}

void loop_settle(struct loop *loop, unsigned limit_ms)
{
    uint64_t end = uv_hrtime() + (uint64_t)limit_ms * 1000000;
    for (;;) {
        unsigned handles = 0;
        uv_walk(&loop->uv, count_handle, &handles);
        if (handles <= 1 || uv_hrtime() >= end)
            break;
        turn(loop, SETTLE_WAIT_MS);
    }
    turn(loop, 0); /* h2o frees a closed socket one turn later */
}

void loop_on_turn_end(struct loop *loop, void (*hook)(void *context), void *context)
{
    assert(loop->hook_count < HOOKS_MAX);
    loop->hooks[loop->hook_count++] = (struct hook){hook, context};
}

/* cppcheck-suppress constParameter ; a function has no const */
void loop_remove_turn_end(struct loop *loop, void (*hook)(void *context), const void *context)
{
    for (size_t i = 0; i < loop->hook_count; i++) {
        if (loop->hooks[i].run != hook || loop->hooks[i].context != context)
            continue;
        loop->hook_count--;
        memmove(loop->hooks + i, loop->hooks + i + 1, (loop->hook_count - i) * sizeof *loop->hooks);
        return;
    }
}
