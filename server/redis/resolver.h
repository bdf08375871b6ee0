/*
 * Looks one name up, again and again, without ever holding the loop up: not while it runs, and not
 * when it is closed. libuv's own look-up cannot be given up once it runs, and a loop with one
 * cannot be closed; a name server that does not answer would then hold up the end of the process.
 *
 * Invariant: at most one look-up runs; who asks meanwhile gets its result.
 */
#pragma once

#include "base/alloc.h"

#include <netdb.h>
#include <stdint.h>
#include <uv.h>

struct redis_resolver;

/* `found` becomes the callee's (freeaddrinfo); NULL: none, and why. */
typedef void redis_resolved(void *context, struct addrinfo *found, const char *trouble);

struct redis_resolver *redis_resolver_new(uv_loop_t *uv, const char *host, uint16_t port);
/* Who waits is not told any more. NULL is fine; returns NULL. */
struct redis_resolver *redis_resolver_free(struct redis_resolver *resolver);

/* Tells later, once; there must be nobody else who waits. */
void redis_resolver_ask(struct redis_resolver *resolver, redis_resolved *resolved, void *context);
/* Who waits, if anybody, is not told. */
void redis_resolver_forget(struct redis_resolver *resolver);
