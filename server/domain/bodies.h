/*
 * What clients send, decoded and checked: pure functions from bytes to requests or problems.
 * Unknown members are ignored and never forwarded.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "base/multipart.h"
#include "base/problem.h"
#include "domain/session.h"

/* The field a client named the model by: the names are of different versions, and so are the models
 * they choose among. */
enum model_field {
    MODEL_FIELD_NONE,
    MODEL_FIELD_STABLE, /* livenessModelVersion */
    MODEL_FIELD_PREVIEW /* livenessSingleModalModel */
};

struct create_request {
    enum session_kind kind;
    const char *liveness_mode;          /* "Passive" or "PassiveActive": literals */
    int64_t token_ttl_s;                /* 0: not given */
    struct slice device_correlation_id; /* data NULL: none; may be over-long or empty: no error */
    bool set_in_client;                 /* deviceCorrelationIdSetInClient */
    struct slice user_correlation_id;   /* data NULL: none; any text */
    bool has_enable_session_image;
    bool enable_session_image;
    struct slice model_version; /* data NULL: none; 1..31 characters of [A-Za-z0-9.-] */
    enum model_field model_field;
    int attempts; /* numberOfClientAttemptsAllowed 1..3; 0: not given ({} and 0 too) */
    bool send_results_to_client; /* previews */
    struct slice transaction_id; /* ours; data NULL: none; 1..64 characters of [A-Za-z0-9._:-] */
    struct slice owner_subject;  /* ours, delegates only; data NULL: none; 1..256 bytes */
    struct slice platform;       /* ours; ios, android or web, else none */
    /* verify sessions */
    struct slice verify_image; /* data NULL: none was sent */
    bool has_confidence_threshold;
    double confidence_threshold; /* 0 to 1 */
};

/* The body of a create as it came. */
struct create_input {
    enum session_kind kind;
    struct slice content_type; /* the whole header value; multipart/form-data, else JSON */
    struct slice body;
    const struct multipart *form; /* when the body has been cut already; then the mode is judged
                                     before the other fields, as the samples do; else NULL */
};

/* Slices point into the body and *ret_document, which the caller deletes after use. Empty body,
 * broken JSON or form, wrong types: INVALID_REQUEST_BODY; unknown or missing mode:
 * INVALID_LIVENESS_MODE (also when it is not a text); lifetime outside 60..86400 or not whole:
 * INVALID_TOKEN_LIFETIME (a text or bool in JSON: INVALID_REQUEST_BODY). deviceCorrelationId
 * together with deviceCorrelationIdSetInClient true: INVALID_REQUEST_BODY. *ret_sentence: NULL, or
 * a static sentence that says more.
 *
 * In a form every field is a text part of its name; a part named Parameters (previews) or
 * CreateLivenessWithVerifySessionRequest (the tutorial) holds JSON whose members count as fields;
 * the image is verifyImage in any case. Names of fields compare as in JSON. */
enum problem create_request_read(const struct create_input *input, cJSON **ret_document,
                                 struct create_request *ret, const char **ret_sentence);

/* An empty body is a completion without anything. Digest: 1..128 characters of [0-9A-Za-z+/=_-];
 * resultId, sdk, platform: texts; error: a text or an object {code,message}. */
enum problem completion_request_read(struct slice body, cJSON **ret_document,
                                     struct completion_request *ret, const char **ret_sentence);

/* Why an operator resets a device: {"reason"}, a text of 1 to 200 characters without control
 * characters. PROBLEM_NONE or PROBLEM_INVALID_REQUEST_BODY. */
enum { RESET_REASON_SIZE = 4 * 200 + 1 };
enum problem reset_request_read(struct slice body, char ret_reason[RESET_REASON_SIZE],
                                const char **ret_sentence);
