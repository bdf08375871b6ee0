/*
 * What clients send, decoded and checked: pure functions from bytes to requests or problems.
 * Unknown members are ignored and never forwarded.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "base/problem.h"
#include "domain/session.h"

struct create_request {
    const char *liveness_mode;          /* "Passive" or "PassiveActive": literals */
    int64_t token_ttl_s;                /* 0: not given */
    struct slice device_correlation_id; /* data NULL: none; may be over-long or empty: no error */
    bool has_enable_session_image;
    bool enable_session_image;
    struct slice model_version;  /* data NULL: none; 1..31 characters of [A-Za-z0-9.-] */
    struct slice transaction_id; /* ours; data NULL: none; 1..64 characters of [A-Za-z0-9._:-] */
    struct slice platform;       /* ours; ios, android or web, else none */
};

/* Slices point into *ret_document, which the caller deletes after use. Empty body, broken JSON,
 * wrong types: INVALID_REQUEST_BODY; unknown or missing mode: INVALID_LIVENESS_MODE (also when it
 * is not a text); lifetime outside 60..86400 or not whole: INVALID_TOKEN_LIFETIME (a text or bool:
 * INVALID_REQUEST_BODY). deviceCorrelationId together with deviceCorrelationIdSetInClient true:
 * INVALID_REQUEST_BODY. *ret_sentence: NULL, or a static sentence that says more. */
enum problem create_request_read(struct slice body, cJSON **ret_document,
                                 struct create_request *ret, const char **ret_sentence);

/* An empty body is a completion without anything. Digest: 1..128 characters of [0-9A-Za-z+/=_-];
 * resultId, sdk, platform: texts; error: a text or an object {code,message}. */
enum problem completion_request_read(struct slice body, cJSON **ret_document,
                                     struct completion_request *ret, const char **ret_sentence);
