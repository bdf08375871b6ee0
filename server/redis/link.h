/*
 * The way to a server: its name is looked up anew each time, its addresses are tried one after the
 * other, then TLS if wanted; then bytes in and out. Ends for good with the first trouble: trying
 * again, and when, is the owner's business.
 *
 * Invariant: no callback runs from within a function of this header, none after redis_link_close,
 * and `down` is the last.
 */
#pragma once

#include "base/alloc.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct redis_link;
struct redis_resolver;

struct redis_link_config {
    struct redis_resolver *resolver; /* these stay until redis_link_close */
    const char *host;                /* who the peer has to be, for TLS */
    const char *ca_file;
    bool tls;
    unsigned first;      /* the address that is tried first, so that one which takes connections and
                            keeps silent does not stand before the others for ever */
    uint64_t timeout_ms; /* what the addresses share; the whole has no time-out here */
    void *context;
    void (*up)(void *context);
    void (*got)(void *context, struct slice bytes);
    /* refused: it will not heal by itself. `reason` is for people, valid during the callback. */
    void (*down)(void *context, bool refused, const char *reason);
};

struct redis_link *redis_link_open(uv_loop_t *uv, const struct redis_link_config *config);
/* Of one that is up. */
void redis_link_write(struct redis_link *link, struct slice bytes);
/* Bytes written that the kernel has not taken, in their encrypted form if there is one. */
size_t redis_link_pending(const struct redis_link *link);
/* What it waits for, before it is up: to say what took too long. */
const char *redis_link_stage(const struct redis_link *link);
/* As redis_socket_close. */
struct redis_link *redis_link_close(struct redis_link *link, bool gently);
