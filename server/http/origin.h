/*
 * Pages of other origins: which of them may call, what they are told of the answers, and preflights
 * (the CORS protocol of the Fetch standard). Every answer of the listener passes here, so that
 * pages can read errors too. Whether a request may do something because of where it comes from is
 * the routes' to say. Invariant: an origin is echoed only when it is listed, byte by byte.
 */
#pragma once

#include <stddef.h>

#include "http/request.h"

/* What a listener with pages in front of it is told. Process lifetime. */
struct origins {
    const char *own;           /* as browsers spell it; empty: known by Host, on loopback only */
    const char *const *listed; /* likewise; never "*" or "null" */
    size_t count;
};

struct exchange;

/* Adds what the request's origin is to know to the head of an answer. */
void origin_decorate(struct exchange *exchange);
/* Whether the request is an OPTIONS for a path that there is. `allow` lists its methods, as for a
 * 405; empty: there is none. */
bool origin_asks_options(const struct exchange *exchange, const char *allow);
/* Answers it, preflight or not: nobody needs a credential to ask. */
void origin_answer_options(struct exchange *exchange, const char *allow);
