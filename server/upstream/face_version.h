/*
 * What each version of the Face API has: paths, shapes and fields (specification: Face.json of
 * preview/v1.1-preview.1, preview/v1.2-preview.1, stable/v1.2, preview/v1.3-preview.1). One table,
 * so that no field ever goes to a version that lacks it. The routes read it too: the facade offers
 * every version.
 */
#pragma once

#include <stdbool.h>

#include "base/face_session.h"
#include "base/slice.h"

enum face_version {
    FACE_V1_1_PREVIEW_1,
    FACE_V1_2_PREVIEW_1,
    FACE_V1_2,
    FACE_V1_3_PREVIEW_1,
    FACE_VERSION_COUNT
};

/* Fields of a create that not every version has. */
enum face_field {
    FACE_FIELD_SESSION_IMAGE = 1 << 0, /* enableSessionImage */
    FACE_FIELD_MODEL = 1 << 1,         /* livenessModelVersion; livenessSingleModalModel before */
    FACE_FIELD_VERIFY_HASH = 1 << 2,   /* returnVerifyImageHash */
    FACE_FIELD_THRESHOLD = 1 << 3,     /* verifyConfidenceThreshold */
    FACE_FIELD_SEND_RESULTS = 1 << 4,  /* sendResultsToClient */
    FACE_FIELD_ATTEMPTS = 1 << 5,      /* numberOfClientAttemptsAllowed */
    FACE_FIELD_USER_CORRELATION = 1 << 6, /* userCorrelationId, …SetInClient */
    FACE_FIELD_CLIENT_ADDRESS = 1 << 7,   /* expectedClientIpAddress */
};

struct face_version_info {
    const char *name;     /* the path segment: "v1.2" */
    bool preview;         /* …/singleModal/sessions, id, Started, DELETE 200, list and audit,
                             multipart of Parameters + VerifyImage */
    bool detect;          /* POST /detect by sessionImageId */
    unsigned fields;      /* of enum face_field, in a JSON create */
    unsigned form_fields; /* in a multipart create */
    const char *model_field;
    const char *image_path; /* "/sessionImages", "/session/sessionImages", or NULL: none */
    int attempts_default;   /* what a session allows when nothing is asked for */
    int attempts_max;
};

extern const struct face_version_info face_versions[FACE_VERSION_COUNT];

/* The path of sessions below /face/{version}: "/detectLiveness-sessions",
 * "/detectLivenessWithVerify/singleModal/sessions". Static. */
const char *face_sessions_path(enum face_version version, enum face_kind kind);
