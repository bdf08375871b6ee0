/*
 * A listener: one address, one route table. HTTP/1.1 cleartext only; HTTP/2 cannot be switched on
 * (rapid reset and MadeYouReset both work on libh2o 2.2.5). Every answer carries X-Request-Id,
 * Cache-Control: no-store (unless the route set its own), X-Content-Type-Options: nosniff, no
 * Server.
 *
 * Bounds: at max_connections the listening socket is paused (it is level-triggered and would spin)
 * and resumed when one closes; per address likewise, but refused by close; bodies over all
 * connections of one listener share body_memory_bytes: an upload whose announced length does not
 * fit beside the others' is answered 503, and should bodies of unknown length exceed it all the
 * same, the fattest reader is cut first; TCP_USER_TIMEOUT ends readers that take nothing.
 */
#pragma once

#include "base/address.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "http/loop.h"
#include "http/origin.h"
#include "http/request.h"
#include "http/router.h"

struct listener_config {
    const char *name;           /* "http", "admin", "emulator": literal, for logs and metrics */
    const struct route *routes; /* process lifetime */
    const char *base_path;      /* what may stand in front of every path; NULL: nothing */
    const char *site;           /* in front of the paths of links in errors; NULL: nothing */
    void *context;              /* becomes request->context */
    size_t max_head_bytes;      /* above: 431 */
    size_t max_body_bytes;      /* above: 413 */
    size_t max_upload_bytes;    /* the same for multipart bodies; 0: max_body_bytes */
    size_t body_memory_bytes;
    unsigned max_connections;
    unsigned max_connections_per_address; /* 0: no cap; trusted proxies are exempt */
    uint64_t request_timeout_ms;          /* for head and body together, and for idle keep-alive */
    uint64_t write_timeout_ms;            /* TCP_USER_TIMEOUT */
    uint64_t heartbeat_ms;                /* of reply_stream_begin; 0: 15 s */
    /* Whose pages may call; OPTIONS is answered then. NULL: there are no pages in front of it. */
    const struct origins *origins;
    const struct cidr *trusted_proxies;
    size_t trusted_proxy_count;
    bool access_log; /* one line a request at level info */
    /* Adds headers to every answer, problems included, before it is sent; may be NULL. */
    void (*decorate)(struct request *request);
    /* Writes a problem the listener found itself (404, 405, 413, 415, 400, 503) in another shape
     * than reply_problem; may be NULL. Must reply. */
    void (*problem)(struct request *request, enum problem problem,
                    const struct problem_detail *detail);
    struct log *log;
    struct metrics *metrics; /* may be NULL */
    const struct clock *clock;
    const struct random *random;
};

struct listener;

/* Binds and accepts. On failure NULL and ret_error (with errno's text) says what is wrong, where
 * and what to do; `config` is copied. */
struct listener *listener_open(struct loop *loop, const struct address *address,
                               const struct listener_config *config, char *ret_error,
                               size_t error_size);
/* The address as bound (port 0 is replaced). */
struct address listener_address(const struct listener *listener);

/* Stops accepting and closes connections as they fall idle (idle ones at once); answers say
 * Connection: close. */
void listener_drain(struct listener *listener);
/* Requests whose answer is not complete yet. */
unsigned listener_in_flight(const struct listener *listener);
unsigned listener_connections(const struct listener *listener);
/* Ends every connection, cancelling waiting flows, and frees. Log, metrics, clock and context are
 * not touched after it has returned. Turns of the loop are needed before the last memory goes: call
 * loop_settle before loop_free. Never called from within a flow's step. Returns NULL. */
struct listener *listener_close(struct listener *listener);
