/*
 * What an upstream answer means: status, headers and body become a face_answer. Pure: sends
 * nothing, pauses nothing, logs nothing. Only the exact statuses the Face API documents count as
 * success.
 */
#pragma once

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "upstream/face.h"

enum face_operation {
    FACE_CREATE,
    FACE_GET,
    FACE_DELETE,
    FACE_IMAGE,
    FACE_DETECT,
    FACE_TOKEN, /* not the Face API's: the access token's for it */
    FACE_OPERATION_COUNT
};

enum face_outcome {
    FACE_OUTCOME_OK,
    FACE_OUTCOME_NOT_FOUND,
    FACE_OUTCOME_DENIED,
    FACE_OUTCOME_BAD_IMAGE,
    FACE_OUTCOME_BUSY,
    FACE_OUTCOME_BROKEN,
    FACE_OUTCOME_TIMEOUT,
    FACE_OUTCOME_REFUSED, /* by our own queue */
    FACE_OUTCOME_CANCELLED,
    FACE_OUTCOME_COUNT
};

struct face_reply {
    enum face_operation operation;
    bool preview;         /* of the version */
    const char *asked_id; /* of a get */
    CURLcode result;
    bool sent;               /* the request may have reached the upstream */
    bool sent_image;         /* a create: it had a reference image */
    int status;              /* 0: no status line came */
    struct slice body;       /* NUL-terminated */
    const char *retry_after; /* header, or NULL */
    const char *error_code;  /* header x-ms-error-code, or NULL */
    int64_t wall_ms;
};

/* `ret` is zeroed before; its session is the caller's (face_session_reset), its content points into
 * the body. *ret_why is a static sentence for the log, or NULL. */
enum face_outcome face_judge(const struct face_reply *reply, struct face_answer *ret,
                             const char **ret_why);
