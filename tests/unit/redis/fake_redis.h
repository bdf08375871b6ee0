/*
 * Something on a port that speaks as it is told, on the loop of the test: an answer to the first
 * words of a connection, another to all that comes after, whole or byte by byte, then goes on,
 * closes or resets.
 */
#pragma once

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

/* What a good server says to a greeting without password and database. */
#define WELCOME "+OK\r\n+PONG\r\n"

enum { FAKE_PEERS = 64 };

enum fake_end { FAKE_STAYS, FAKE_CLOSES, FAKE_RESETS };

struct fake_script {
    const char *first; /* NULL: silence */
    const char *then;
    size_t then_size;  /* 0: strlen */
    bool drips;        /* byte by byte, each in a turn of its own */
    enum fake_end end; /* after `then` was said; after `first` when there is no `then` */
    bool ends_at_once; /* before anything is said */
};

struct fake_peer {
    uv_tcp_t tcp;
    uv_idle_t drip;
    struct fake *fake;
    bool greeted;
    bool last; /* what it says ends the script */
    bool closed;
    const char *left; /* to be said */
    size_t left_size;
};

struct fake {
    uv_tcp_t listener;
    uint16_t port;
    struct fake_script script;
    struct fake_peer peers[FAKE_PEERS];
    unsigned connections;
    unsigned ended; /* by the other side */
    char input[65536];
    size_t heard; /* bytes, of all connections */
};

static inline void fake_close_peer(struct fake_peer *peer, bool reset)
{
    if (!peer->closed) {
        peer->closed = true;
        uv_close((uv_handle_t *)&peer->drip, NULL);
        if (!reset || uv_tcp_close_reset(&peer->tcp, NULL) != 0) {
            uv_close((uv_handle_t *)&peer->tcp, NULL);
        }
    }
}

static inline void fake_end_peer(struct fake_peer *peer)
{
    const struct fake_script *script = &peer->fake->script;
    if (script->end != FAKE_STAYS && peer->last) {
        fake_close_peer(peer, script->end == FAKE_RESETS);
    }
}

static inline void fake_on_drip(uv_idle_t *idle)
{
    struct fake_peer *peer = idle->data;
    size_t size = peer->fake->script.drips && peer->left_size > 1 ? 1 : peer->left_size;
    uv_buf_t part = uv_buf_init((char *)(uintptr_t)peer->left, (unsigned)size);
    int written = uv_try_write((uv_stream_t *)&peer->tcp, &part, 1);
    if (written > 0) {
        peer->left += written;
        peer->left_size -= (size_t)written;
    }
    if (peer->left_size == 0 || (written < 0 && written != UV_EAGAIN)) {
        uv_idle_stop(idle);
        fake_end_peer(peer);
    }
}

static inline void fake_say(struct fake_peer *peer, const char *text, size_t size)
{
    peer->left = text;
    peer->left_size = size > 0 ? size : strlen(text);
    uv_idle_start(&peer->drip, fake_on_drip);
}

static inline void fake_on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
    struct fake_peer *peer = handle->data;
    (void)suggested;
    *ret = uv_buf_init(peer->fake->input, sizeof peer->fake->input);
}

static inline void fake_on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *bytes)
{
    struct fake_peer *peer = stream->data;
    struct fake *fake = peer->fake;
    (void)bytes;
    if (got < 0) {
        fake->ended++;
        fake_close_peer(peer, false);
        return;
    }
    fake->heard += (size_t)got;
    bool first = !peer->greeted;
    peer->greeted = true;
    peer->last = !first || !fake->script.then;
    if (first && fake->script.first) {
        fake_say(peer, fake->script.first, 0);
    } else if (!first && fake->script.then) {
        fake_say(peer, fake->script.then, fake->script.then_size);
    }
}

static inline void fake_on_connection(uv_stream_t *listener, int status)
{
    struct fake *fake = listener->data;
    cr_assert_eq(status, 0);
    cr_assert_lt(fake->connections, FAKE_PEERS);
    struct fake_peer *peer = &fake->peers[fake->connections++];
    peer->fake = fake;
    peer->tcp.data = peer->drip.data = peer;
    (void)uv_tcp_init(listener->loop, &peer->tcp);
    (void)uv_idle_init(listener->loop, &peer->drip);
    cr_assert_eq(uv_accept(listener, (uv_stream_t *)&peer->tcp), 0);
    (void)uv_tcp_nodelay(&peer->tcp, 1);
    if (fake->script.ends_at_once) {
        fake_close_peer(peer, fake->script.end == FAKE_RESETS);
    } else {
        (void)uv_read_start((uv_stream_t *)&peer->tcp, fake_on_room, fake_on_read);
    }
}

static inline void fake_start(struct fake *fake, uv_loop_t *loop)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    int size = sizeof address;
    memset(fake, 0, sizeof *fake);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    (void)uv_tcp_init(loop, &fake->listener);
    fake->listener.data = fake;
    cr_assert_eq(uv_tcp_bind(&fake->listener, (struct sockaddr *)&address, 0), 0);
    cr_assert_eq(uv_listen((uv_stream_t *)&fake->listener, 16, fake_on_connection), 0);
    cr_assert_eq(uv_tcp_getsockname(&fake->listener, (struct sockaddr *)&address, &size), 0);
    fake->port = ntohs(address.sin_port);
}

static inline void fake_stop(struct fake *fake)
{
    uv_close((uv_handle_t *)&fake->listener, NULL);
    for (unsigned i = 0; i < fake->connections; i++) {
        fake_close_peer(&fake->peers[i], false);
    }
}
