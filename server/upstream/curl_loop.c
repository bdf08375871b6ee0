/*
 * Joining libcurl's sockets and time-outs with libuv's. libcurl tells through two callbacks what it
 * waits for and is told through curl_multi_socket_action what happened; it is never called from
 * within its own callbacks. Invariant: an fd has at most one watch, and none once it is closed.
 */
#include "upstream/curl_loop.h"

#include "base/alloc.h"
#include "base/uv_timer.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FIRST_SLOTS = 64 };

struct watch {
    uv_poll_t poll;
    struct curl_loop *loop;
    int fd;
    int wanted;  /* by libcurl: UV_READABLE and UV_WRITABLE */
    int watched; /* by libuv */
    bool kept; /* a connection that stands: its closing is told to us. libcurl closes others (failed
                  connects, pipes of its resolver) without a word once it has lost interest */
};

struct slot {
    struct watch *watch; /* or NULL */
};

struct curl_loop {
    uv_loop_t *uv;
    uv_timer_t timer;
    CURLM *multi;
    struct slot *slots; /* by fd */
    size_t slot_count;
    bool reaping;
};

/* ---- watches ---- */

static struct watch *watch_find(const struct curl_loop *loop, int fd)
{
    return (size_t)fd < loop->slot_count ? loop->slots[fd].watch : NULL;
}

static void reserve_slots(struct curl_loop *loop, size_t count)
{
    if (count <= loop->slot_count) {
        return;
    }
    size_t larger = loop->slot_count > 0 ? loop->slot_count : FIRST_SLOTS;
    while (larger < count) {
        larger *= 2;
    }
    loop->slots = xrealloc(loop->slots, larger * sizeof *loop->slots);
    for (size_t i = loop->slot_count; i < larger; i++) {
        loop->slots[i].watch = NULL;
    }
    loop->slot_count = larger;
}

/* NULL when the kernel refuses; the transfer then ends by its time-out. */
static struct watch *watch_open(struct curl_loop *loop, int fd, bool kept)
{
    struct watch *watch = xcalloc(1, sizeof *watch);
    *watch = (struct watch){.loop = loop, .fd = fd, .kept = kept};
    if (uv_poll_init(loop->uv, &watch->poll, fd) != 0) {
        free(watch);
        return NULL;
    }
    watch->poll.data = watch;
    reserve_slots(loop, (size_t)fd + 1);
    loop->slots[fd].watch = watch;
    return watch;
}

static void on_watch_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void watch_close(struct watch *watch)
{
    watch->loop->slots[watch->fd].watch = NULL;
    uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
}

static void on_ready(uv_poll_t *poll, int status, int events);

static void watch_update(struct watch *watch)
{
    bool idle = watch->wanted == 0 && watch->watched == UV_READABLE;
    if (watch->wanted == watch->watched || idle) {
        return;
    }
    if (watch->wanted == 0) {
        (void)uv_poll_stop(&watch->poll);
    } else {
        (void)uv_poll_start(&watch->poll, watch->wanted, on_ready);
    }
    watch->watched = watch->wanted;
}

/* ---- libcurl's callbacks ---- */

static int on_interest(CURL *easy, curl_socket_t fd, int what, void *context, void *unused)
{
    (void)easy;
    (void)unused;
    struct curl_loop *loop = context;
    struct watch *watch = watch_find(loop, fd);
    if (what == CURL_POLL_REMOVE && watch && !watch->kept) {
        watch_close(watch);
        return 0;
    }
    if (!watch && what != CURL_POLL_REMOVE) {
        watch = watch_open(loop, fd, false);
    }
    if (watch) {
        int readable = what == CURL_POLL_IN || what == CURL_POLL_INOUT ? UV_READABLE : 0;
        int writable = what == CURL_POLL_OUT || what == CURL_POLL_INOUT ? UV_WRITABLE : 0;
        watch->wanted = readable | writable;
        watch_update(watch);
    }
    return 0;
}

static curl_socket_t on_open(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)purpose;
    struct curl_transfer *transfer = context;
    transfer->connects = true;
    /* -1 is CURL_SOCKET_BAD */
    return socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                  address->protocol);
}

static int on_close(void *context, curl_socket_t fd)
{
    struct watch *watch = watch_find(context, fd);
    if (watch) {
        watch_close(watch);
    }
    return close(fd);
}

static void on_timeout(uv_timer_t *timer);

static int on_timer(CURLM *multi, long timeout_ms, void *context)
{
    (void)multi;
    struct curl_loop *loop = context;
    if (timeout_ms < 0) {
        (void)uv_timer_stop(&loop->timer);
    } else {
        timer_start(&loop->timer, on_timeout, (uint64_t)timeout_ms, 0);
    }
    return 0;
}

/* ---- driving ---- */

/* The connection this transfer made stays open: watched from now on until libcurl closes it. */
static void keep_connection(const struct curl_transfer *transfer)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    if (curl_easy_getinfo(transfer->easy, CURLINFO_ACTIVESOCKET, &fd) == CURLE_OK &&
        fd != CURL_SOCKET_BAD && !watch_find(transfer->loop, fd)) {
        (void)watch_open(transfer->loop, fd, true);
    }
}

static void reap(struct curl_loop *loop)
{
    int left;
    const CURLMsg *message;
    loop->reaping = true;
    while ((message = curl_multi_info_read(loop->multi, &left))) {
        if (message->msg != CURLMSG_DONE) {
            continue;
        }
        /* the message dies with the removal */
        CURL *easy = message->easy_handle;
        CURLcode result = message->data.result;
        struct curl_transfer *transfer = NULL;
        (void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&transfer);
        if (transfer->connects) {
            keep_connection(transfer); /* afterwards libcurl does not know it any more */
        }
        (void)curl_multi_remove_handle(loop->multi, easy);
        transfer->running = false;
        transfer->finished(transfer, result);
    }
    loop->reaping = false;
}

static void drive(struct curl_loop *loop, curl_socket_t fd, int events)
{
    int running;
    /* our callbacks never refuse, so only a lack of memory or a defect is left */
    if (curl_multi_socket_action(loop->multi, fd, events, &running) != CURLM_OK) {
        abort();
    }
    reap(loop);
}

static void on_timeout(uv_timer_t *timer)
{
    drive(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct watch *watch = poll->data;
    struct curl_loop *loop = watch->loop;
    int fd = watch->fd;
    if (status < 0 || watch->wanted == 0) {
        /* broken, or spoken to while idle (mostly closed by the peer): libcurl finds out when it
         * next uses the connection; watching on would not let the loop sleep */
        (void)uv_poll_stop(poll);
        watch->watched = 0;
    }
    if (watch->wanted == 0) {
        return;
    }
    int flags = status < 0 ? CURL_CSELECT_ERR : 0;
    flags |= (events & UV_READABLE) != 0 ? CURL_CSELECT_IN : 0;
    flags |= (events & UV_WRITABLE) != 0 ? CURL_CSELECT_OUT : 0;
    drive(loop, fd, flags);
    /* libcurl tells changes only, and does not know of the stop above */
    if (watch_find(loop, fd) == watch) {
        watch_update(watch);
    }
}

/* ---- for others ---- */

struct curl_loop *curl_loop_new(uv_loop_t *uv, unsigned kept_connections)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        abort();
    }
    struct curl_loop *loop = xcalloc(1, sizeof *loop);
    loop->uv = uv;
    loop->multi = curl_multi_init();
    if (!loop->multi) {
        abort();
    }
    (void)uv_timer_init(uv, &loop->timer);
    loop->timer.data = loop;
    (void)curl_multi_setopt(loop->multi, CURLMOPT_SOCKETFUNCTION, on_interest);
    (void)curl_multi_setopt(loop->multi, CURLMOPT_SOCKETDATA, loop);
    (void)curl_multi_setopt(loop->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    (void)curl_multi_setopt(loop->multi, CURLMOPT_TIMERDATA, loop);
    (void)curl_multi_setopt(loop->multi, CURLMOPT_MAXCONNECTS, (long)kept_connections);
    (void)curl_multi_setopt(loop->multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
    return loop;
}

static void on_loop_closed(uv_handle_t *handle)
{
    free(handle->data);
}

struct curl_loop *curl_loop_free(struct curl_loop *loop)
{
    if (!loop) {
        return NULL;
    }
    assert(!loop->reaping);
    (void)curl_multi_cleanup(loop->multi); /* closes the kept connections through on_close */
    curl_global_cleanup();
    free(loop->slots);
    uv_close((uv_handle_t *)&loop->timer, on_loop_closed);
    return NULL;
}

void curl_loop_adopt(struct curl_loop *loop, struct curl_transfer *transfer)
{
    CURL *easy = transfer->easy;
    transfer->loop = loop;
    (void)curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    (void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    (void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
    (void)curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    (void)curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, loop); /* outlives the transfer */
}

void curl_loop_start(struct curl_transfer *transfer)
{
    struct curl_loop *loop = transfer->loop;
    assert(!transfer->running && !loop->reaping);
    if (curl_multi_add_handle(loop->multi, transfer->easy) != CURLM_OK) {
        abort();
    }
    transfer->running = true;
    transfer->connects = false;
    /* else the request would go out one turn of the loop later */
    drive(loop, CURL_SOCKET_TIMEOUT, 0);
}

void curl_loop_stop(struct curl_transfer *transfer)
{
    if (transfer->running) {
        transfer->running = false;
        (void)curl_multi_remove_handle(transfer->loop->multi, transfer->easy);
    }
}
