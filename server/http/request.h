/*
 * What a route sees of a request and how it answers: the seam. Nothing of the HTTP library shows
 * through, so that another one can take its place; tests/unit/http/ holds what the seam promises.
 *
 * Lifetime: a request lives until its answer has been sent or its client is given up; slices point
 * into it. Exactly one reply_… call ends it, and is a tail call: the request may be gone after it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/problem.h"
#include "base/slice.h"

enum { REQUEST_PARAMS_MAX = 4, REQUEST_ID_SIZE = 65 };

struct route;

struct request {
    struct slice method; /* upper case */
    struct slice path;   /* raw, repeated slashes collapsed, without the query */
    struct slice query;  /* raw, without '?' */
    struct slice body;
    const struct route *route;
    struct slice params[REQUEST_PARAMS_MAX]; /* values of the route's {…}, in order, raw */
    char request_id[REQUEST_ID_SIZE];
    struct address client; /* the peer, or what a trusted proxy says */
    bool peer_trusted;     /* the peer is a trusted proxy */
    void *context;         /* the listener's */
    void *notes;           /* the route's own; NULL at first */
    void *limiting;        /* likewise, of the limits */
    const char *limit;     /* which one refused it, for the access log; NULL: none */
    struct log *log;
};

/* The value of a header, or an empty slice with data NULL. `name` in lower case. Of a repeated
 * header the first. */
struct slice request_header(const struct request *request, const char *name);
/* The value of the header's occurrence `index`, or data NULL when there are no more. */
struct slice request_header_at(const struct request *request, const char *name, size_t index);
/* How many times the header occurs: credentials that are repeated are refused. */
size_t request_header_count(const struct request *request, const char *name);
/* The value of a cookie, or data NULL. */
struct slice request_cookie(const struct request *request, const char *name);
/* The value of a query parameter, percent-decoded into request memory; data NULL when absent or
 * malformed. Names are case-sensitive. */
struct slice request_query(struct request *request, const char *name);
/* The media type of the body in lower case without parameters, data NULL when absent. */
struct slice request_media_type(struct request *request);
/* Memory that lives as long as the request; zeroed. */
void *request_alloc(struct request *request, size_t size);
/* Overwrites the body where it was received; request->body is empty afterwards. For bodies with
 * biometric data, as soon as they have been used. What a multipart body occupied is overwritten or
 * given back to the kernel in any case, also when it never arrives whole. */
void request_body_wipe(struct request *request);
/* Where the page that sent it comes from: the listener's own origin (without one, whatever Host
 * names, if that is this machine: an origin of http and a loopback name), one of those listed with
 * the listener, or any other; "null" and a repeated header are others. */
enum request_origin { ORIGIN_NONE, ORIGIN_OWN, ORIGIN_LISTED, ORIGIN_FOREIGN };
enum request_origin request_origin(const struct request *request);
/* From now on the client's departure (a close, a reset, a half-close) calls the flow's cancel door
 * as soon as it is known. For long waits: costs a few system calls. */
void request_watch(struct request *request);
/* To be asked before a long wait: false when the client's address has as many connections already
 * as the listener allows it. That of a proxy counts for the client it speaks for, until its request
 * is done. */
bool request_may_wait(struct request *request);
/* Whether the client has closed or half-closed its connection. libh2o does not notice while a route
 * waits. */
bool request_client_gone(const struct request *request);

/* Adds a header to the answer. `name` is a lower-case literal, `value` is copied. Values with
 * control characters are dropped whole. */
void reply_header(struct request *request, const char *name, struct slice value);
/* Sends. The body is copied. Status 204 and 304 send no body. */
void reply_json(struct request *request, int status, struct slice body);
/* As reply_json, for a body that holds a secret: our copy is wiped once it has been sent. */
void reply_secret_json(struct request *request, int status, struct slice body);
void reply_text(struct request *request, int status, const char *content_type, struct slice body);
/* As reply_text, for a body that outlives every request: it is not copied. */
void reply_static(struct request *request, int status, const char *content_type, struct slice body);
/* As reply_text, and wiped once sent: images. */
void reply_secret(struct request *request, int status, const char *content_type, struct slice body);
void reply_empty(struct request *request, int status);
/* The listener's error shape (Face, or RFC 9457 when Accept asks for application/problem+json),
 * with x-ms-error-code, Retry-After when given, WWW-Authenticate on 401. `detail` may be NULL; its
 * request_id is filled in. */
void reply_problem(struct request *request, enum problem problem,
                   const struct problem_detail *detail);

/* An answer written by and by, status 200; the connection ends with it. Unlike with the others the
 * request goes on: the flow may wait, is cancelled when the client leaves, and calls
 * reply_stream_end as its tail call. False: only the head was asked for and has been sent, the
 * request may be gone. Else the head goes with the first piece, which had better come at once.
 * `heartbeat` (static, or NULL for none) is written every 15 s. */
bool reply_stream_begin(struct request *request, const char *content_type, const char *heartbeat);
/* Copies. A client that leaves too much untaken is cut, and the flow cancelled later. */
void reply_stream_write(struct request *request, struct slice piece);
void reply_stream_end(struct request *request);

/* Faults, for the emulator: cuts the connection with a reset, at once or after the head and half of
 * the body were sent; sends a head that declares `declared_bytes` and less body than that, then
 * closes; sends `size` bytes of which all after `body` are spaces; or sends the body a byte every
 * `interval_ms`. The last two hold a bounded piece of the answer in memory. */
void reply_reset(struct request *request);
void reply_reset_midway(struct request *request, int status, const char *content_type,
                        struct slice body);
void reply_huge(struct request *request, int status, const char *content_type, struct slice body,
                uint64_t size);
void reply_drip(struct request *request, int status, const char *content_type, struct slice body,
                uint64_t interval_ms);
void reply_truncated(struct request *request, int status, const char *content_type,
                     struct slice body, size_t declared_bytes);
