/*
 * `livenessd verify`: a receipt checked against keys from a file or a URL.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "domain/receipt_check.h"

struct verify_request {
    const char *receipt; /* the token, or "-": standard input */
    const char *jwks;    /* a file, or a URL: https, or http to loopback */
    struct receipt_wanted wanted;
};

/* True, and the claims are appended; or false and ret_why says why not. */
bool verify_receipt(const struct verify_request *request, struct buf *ret_claims, char *ret_why,
                    size_t why_size) MUST_CHECK;
