/*
 * The version table.
 */
#include "upstream/face_version.h"

#define V1_3_FORM_FIELDS (FACE_FIELD_SESSION_IMAGE | FACE_FIELD_MODEL | FACE_FIELD_ATTEMPTS)
#define V1_3_FIELDS                                                                                \
    (FACE_FIELD_SESSION_IMAGE | FACE_FIELD_MODEL | FACE_FIELD_ATTEMPTS |                           \
     FACE_FIELD_USER_CORRELATION | FACE_FIELD_CLIENT_ADDRESS)
#define VERIFY_FIELDS (FACE_FIELD_VERIFY_HASH | FACE_FIELD_THRESHOLD)

/* clang-format off */
const struct face_version_info face_versions[FACE_VERSION_COUNT] = {
    [FACE_V1_1_PREVIEW_1] = {
        .name = "v1.1-preview.1", .preview = true,
        .fields = FACE_FIELD_SEND_RESULTS,
        .form_fields = FACE_FIELD_SEND_RESULTS,
        .attempts_default = 3, .attempts_max = 3,
    },
    [FACE_V1_2_PREVIEW_1] = {
        .name = "v1.2-preview.1", .preview = true,
        .fields = FACE_FIELD_SEND_RESULTS | FACE_FIELD_SESSION_IMAGE | FACE_FIELD_MODEL,
        .form_fields = FACE_FIELD_SEND_RESULTS | FACE_FIELD_SESSION_IMAGE | FACE_FIELD_MODEL | VERIFY_FIELDS,
        .model_field = "livenessSingleModalModel", .image_path = "/session/sessionImages",
        .detect = true, .attempts_default = 3, .attempts_max = 3,
    },
    [FACE_V1_2] = {
        .name = "v1.2",
        .fields = FACE_FIELD_SESSION_IMAGE | FACE_FIELD_MODEL,
        .form_fields = FACE_FIELD_SESSION_IMAGE | FACE_FIELD_MODEL | VERIFY_FIELDS,
        .model_field = "livenessModelVersion", .image_path = "/sessionImages",
        .detect = true, .attempts_default = 3, .attempts_max = 3,
    },
    [FACE_V1_3_PREVIEW_1] = {
        .name = "v1.3-preview.1",
        .fields = V1_3_FIELDS,
        .form_fields = V1_3_FORM_FIELDS | VERIFY_FIELDS,
        .model_field = "livenessModelVersion", .image_path = "/sessionImages",
        .detect = true, .attempts_default = 1, .attempts_max = 3,
    },
};
/* clang-format on */

const char *face_sessions_path(enum face_version version, enum face_kind kind)
{
    static const char *const paths[2][2] = {
        {"/detectLiveness-sessions", "/detectLivenessWithVerify-sessions"},
        {"/detectLiveness/singleModal/sessions", "/detectLivenessWithVerify/singleModal/sessions"},
    };
    return paths[face_versions[version].preview][kind];
}
