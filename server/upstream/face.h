/*
 * The Face API as typed operations over libcurl's multi interface on libuv, in the version that is
 * configured (upstream/face_version.h); paths are built from our own records, never from client
 * text.
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
#include "upstream/face_version.h"

/* How we say who we are: a key, with a second one to go on with while the first is renewed, or an
 * Entra application's secret. Texts are copied; NULL or empty: none. */
struct face_credentials {
    const char *key; /* Ocp-Apim-Subscription-Key */
    const char *key2;
    const char *entra_authority; /* https://login.microsoftonline.com; http to loopback only */
    const char *entra_tenant;
    const char *entra_client_id;
    const char *entra_client_secret; /* when there is one, no key is used */
};

struct face_config {
    const char *endpoint; /* https://…; trailing slashes and a path prefix are fine */
    enum face_version version;
    struct face_credentials credentials;
    uint64_t connect_timeout_ms;
    uint64_t timeout_ms; /* of a call, without its wait for a turn */
    size_t max_answer_bytes;
    size_t max_image_bytes;    /* of a session image */
    size_t image_memory_bytes; /* reference images that creates under way may hold in all */
    uint64_t rate;             /* see upstream/pace.h */
    uint64_t queue_max;
    uint64_t queue_wait_ms;
    struct log *log;
    struct metrics *metrics; /* livenessd_upstream_requests_total{operation,outcome}, …duration… */
    const struct clock *clock;
    const struct random *random;
};

struct face_client;
struct face_call;

/* NULL and ret_error when the endpoint is none or there are no credentials. */
struct face_client *face_client_new(uv_loop_t *uv, const struct face_config *config,
                                    char *ret_error, size_t error_size);
/* New credentials (their file changed): for every call from now on. False, and the old ones stay,
 * when they are none; ret_error says why. */
bool face_client_set_credentials(struct face_client *client,
                                 const struct face_credentials *credentials, char *ret_error,
                                 size_t error_size) MUST_CHECK;
/* Calls under way are dropped without a callback. uv handles need turns of the loop to go. Not from
 * within a callback of a call. */
struct face_client *face_client_free(struct face_client *client);
/* The endpoint as normalised: scheme, host, port, prefix, no trailing slash. */
const char *face_client_endpoint(const struct face_client *client);
/* So many processes make calls at the rate together (upstream/pace.h). */
void face_client_share(struct face_client *client, unsigned processes);
/* Calls waiting or under way. */
unsigned face_client_busy(const struct face_client *client);

/* What a create sends; texts and the image are copied. A field the version lacks is left out, and
 * the log says so. */
struct face_create {
    enum face_kind kind;
    const char *liveness_mode;         /* "Passive" or "PassiveActive" */
    const char *device_correlation_id; /* NULL: the device will set it (…SetInClient: true) */
    const char *user_correlation_id;   /* or NULL */
    int64_t token_ttl_s;               /* 0: left to the upstream (600) */
    bool has_enable_session_image;
    bool enable_session_image;
    const char *model_version;      /* or NULL */
    int attempts;                   /* numberOfClientAttemptsAllowed; 0: left to the upstream */
    const char *expected_client_ip; /* an address or CIDR block, or NULL */
    bool send_results_to_client;
    /* FACE_LIVENESS_WITH_VERIFY; the image's hash is always asked for */
    struct slice verify_image; /* data NULL: the device will bring it */
    bool has_confidence_threshold;
    double confidence_threshold; /* 0 to 1 */
};

/* What to look for in a session image; names and values of POST /detect. Checked by
 * face_detect_read, so that nothing else of a client's query gets upstream. */
struct face_detect {
    const char *detection_model;   /* static; NULL: upstream's default */
    const char *recognition_model; /* static or NULL */
    unsigned attributes;           /* bits of a list of its own */
    bool return_face_id, return_landmarks, return_recognition_model;
    bool has_return_face_id;
    int64_t face_id_ttl_s; /* 0: not said */
};

/* Reads one query parameter; false when name or value is none of the Face API's. */
bool face_detect_read(struct slice name, struct slice value, struct face_detect *ret) MUST_CHECK;

struct face_answer {
    enum problem problem; /* PROBLEM_NONE: done. Mapped as the design's error table says; a create's
                             image that upstream refuses is INVALID_IMAGE or INVALID_IMAGE_SIZE */
    bool not_found;       /* get: the session is gone (problem is PROBLEM_SESSION_NOT_FOUND);
                             delete: it was gone already (problem is NONE) */
    bool maybe_performed; /* a failed create after which upstream may hold a session */
    bool blamed; /* a failed create that upstream understood and would not do for this caller */
    unsigned retry_after_s; /* with UPSTREAM_BUSY; at least 1 then */
    /* create and get, when problem is NONE. After a create whose answer was no good otherwise, its
     * session_id may be there: that session exists and should be deleted */
    struct face_session session;
    struct slice content; /* image: its bytes; detect: the JSON array; wiped after the callback */
};

/* The answer is valid during the callback only; auth_token may be taken (TAKE). */
typedef void face_done(void *context, struct face_answer *answer);

/* `request_id` goes upstream as x-ms-client-request-id and into the log line of the call. */
void face_create_session(struct face_client *client, const struct face_create *create,
                         const char *request_id, face_done *done, void *context);
struct face_call *face_get_session(struct face_client *client, enum face_kind kind,
                                   const char *upstream_id, const char *request_id, face_done *done,
                                   void *context);
/* The same when nobody is in a hurry: it goes last, and such calls never take more than a fifth of
 * the rate. */
struct face_call *face_look_at_session(struct face_client *client, enum face_kind kind,
                                       const char *upstream_id, const char *request_id,
                                       face_done *done, void *context);
/* Whether a get is not sent yet, so that its answer will be younger than now; then, when `hurry`,
 * it waits among those of face_get_session. */
bool face_is_unsent(struct face_call *call, bool hurry);
struct face_call *face_delete_session(struct face_client *client, enum face_kind kind,
                                      const char *upstream_id, const char *request_id,
                                      face_done *done, void *context);
/* Both need a version that has them (face_versions), else PROBLEM_ROUTE_NOT_FOUND. */
struct face_call *face_get_image(struct face_client *client, const char *upstream_image_id,
                                 const char *request_id, face_done *done, void *context);
struct face_call *face_detect_image(struct face_client *client, const char *upstream_image_id,
                                    const struct face_detect *detect, const char *request_id,
                                    face_done *done, void *context);
/* For all but creates: the callback will not run. */
void face_cancel(struct face_call *call);
