/*
 * The framing guard: judges the raw request head before any handler, because libh2o accepts what
 * lets a request be smuggled past a proxy. Pure function over bytes.
 */
#pragma once

#include <stddef.h>

#include "base/slice.h"

enum guard_verdict {
    GUARD_PASS,
    GUARD_REFUSE,   /* 400 and close */
    GUARD_TOO_LARGE /* 431 and close */
};

/* `head` starts at the request line (one empty line before it is skipped) and reaches at least to
 * the empty line that ends it. Refuses: Content-Length with Transfer-Encoding, more than one of
 * either, a Content-Length that is not 1*DIGIT, a Transfer-Encoding other than "chunked", or any in
 * HTTP/1.0, obs-fold, a missing, empty or repeated Host in HTTP/1.1 (repeated or malformed in 1.0),
 * bare LF, bare CR, NUL and other control bytes, white space before a colon, empty or non-token
 * header names, HTTP versions other than 1.0 and 1.1. (RFC 9112 sections 2.2, 3.2, 5, 6; RFC 9110
 * section 5.) An Upgrade to h2c passes: it is ignored and answered in HTTP/1.1, as common clients
 * that offer it on every request expect.
 * *ret_why: a static sentence. */
enum guard_verdict guard_head(struct slice head, size_t max_head_bytes, const char **ret_why);
