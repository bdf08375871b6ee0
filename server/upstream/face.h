/*
 * The Face API as typed operations over libcurl's multi interface on libuv. Plain liveness sessions
 * of v1.2; paths are built from our own records, never from client text.
 *
 * Every call passes the pace queue, has a total time limit, and ends in exactly one callback,
 * unless it is cancelled. A create cannot be cancelled: the session would exist, be paid for, and
 * never be deleted. Keys and tokens are wiped.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/clock.h"
#include "base/face_session.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/problem.h"
#include "base/random.h"

struct face_config {
    const char *endpoint;    /* https://…; trailing slashes and a path prefix are fine */
    const char *api_version; /* "v1.2" */
    const char *key;         /* Ocp-Apim-Subscription-Key */
    uint64_t connect_timeout_ms;
    uint64_t timeout_ms; /* of a call, without its wait for a turn */
    size_t max_answer_bytes;
    uint64_t rate; /* see upstream/pace.h */
    uint64_t queue_max;
    uint64_t queue_wait_ms;
    struct log *log;
    struct metrics *metrics; /* livenessd_upstream_requests_total{operation,outcome}, …duration… */
    const struct clock *clock;
    const struct random *random;
};

struct face_client;
struct face_call;

/* NULL and ret_error when the endpoint or the key is none. */
struct face_client *face_client_new(uv_loop_t *uv, const struct face_config *config,
                                    char *ret_error, size_t error_size);
/* Calls under way are dropped without a callback. uv handles need turns of the loop to go. Not from
 * within a callback of a call. */
struct face_client *face_client_free(struct face_client *client);
/* The endpoint as normalised: scheme, host, port, prefix, no trailing slash. */
const char *face_client_endpoint(const struct face_client *client);
/* Calls waiting or under way. */
unsigned face_client_busy(const struct face_client *client);

/* What a create sends; texts are copied. */
struct face_create {
    const char *liveness_mode; /* "Passive" or "PassiveActive" */
    const char *device_correlation_id;
    int64_t token_ttl_s; /* 0: left to the upstream (600) */
    bool has_enable_session_image;
    bool enable_session_image;
    const char *model_version; /* or NULL */
};

struct face_answer {
    enum problem problem;   /* PROBLEM_NONE: done. Mapped as the design's error table says */
    bool not_found;         /* get: the session is gone (problem is PROBLEM_SESSION_NOT_FOUND);
                               delete: it was gone already (problem is NONE) */
    bool maybe_performed;   /* a failed create after which upstream may hold a session */
    unsigned retry_after_s; /* with UPSTREAM_BUSY; at least 1 then */
    /* create and get, when problem is NONE. After a create whose answer was no good otherwise, its
     * session_id may be there: that session exists and should be deleted */
    struct face_session session;
};

/* The answer is valid during the callback only; auth_token may be taken (TAKE). */
typedef void face_done(void *context, struct face_answer *answer);

/* `request_id` goes upstream as x-ms-client-request-id and into the log line of the call. */
void face_create_session(struct face_client *client, const struct face_create *create,
                         const char *request_id, face_done *done, void *context);
struct face_call *face_get_session(struct face_client *client, const char *upstream_id,
                                   const char *request_id, face_done *done, void *context);
struct face_call *face_delete_session(struct face_client *client, const char *upstream_id,
                                      const char *request_id, face_done *done, void *context);
/* For gets and deletes: the callback will not run. */
void face_cancel(struct face_call *call);
