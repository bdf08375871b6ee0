/*
 * One TCP connection on libuv: bytes in, bytes out in order, and an end that lets what was written
 * go out still. Which address, and what the bytes mean, is the owner's business.
 *
 * Invariant: no callback runs from within a function of this header, none after
 * redis_socket_close, and `ended` is the last.
 */
#pragma once

#include "base/alloc.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <uv.h>

struct redis_socket;

struct redis_socket_events {
    void (*connected)(void *context);
    void (*got)(void *context, struct slice bytes);
    void (*ended)(void *context, int error); /* libuv's: UV_EOF, UV_ECONNREFUSED… */
};

/* Starts to connect. `events` has to stay. */
struct redis_socket *redis_socket_open(uv_loop_t *uv, const struct sockaddr *address,
                                       const struct redis_socket_events *events, void *context);
/* Of one that is connected. What the kernel does not take at once is copied, and wiped when it
 * went. */
void redis_socket_write(struct redis_socket *socket, struct slice bytes);
/* Bytes written that the kernel has not taken. */
size_t redis_socket_pending(const struct redis_socket *socket);
/* Gently: what was written goes out, then the peer may end its side; one and a half seconds for all
 * that, and no longer than 0.3 s without a byte. (A connection that is closed with answers unread
 * is reset, and commands are lost with it.) NULL is fine; returns NULL. */
struct redis_socket *redis_socket_close(struct redis_socket *socket, bool gently);
