/*
 * Checking receipts as whoever gets one should: signature, type, times, and whom it is from and
 * for. What receipts say: domain/receipt.h.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/jwt.h"
#include "base/slice.h"

enum { RECEIPT_LEEWAY_S = 60 };

struct receipt_wanted {
    bool deletion;      /* a deletion receipt and no other; else a receipt and no other */
    bool accepted;      /* one that says yes */
    const char *issuer; /* these three: NULL: any */
    const char *audience;
    const char *transaction;
};

/* True, and the claims as they were signed are appended; or false and *ret_why is a static
 * sentence. */
bool receipt_check(const struct jwt_keys *keys, struct slice token,
                   const struct receipt_wanted *wanted, int64_t now_s, struct buf *ret_claims,
                   const char **ret_why) MUST_CHECK;
