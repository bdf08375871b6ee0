/*
 * The operations of the Face API and of its devices: FACE_ROUTE(method, path below /face/{version},
 * versions that have it, kind of session, body types, largest body, steps). The first parameter of
 * a route is the version, the second the id. No include guard: this is an X-macro table.
 */
/* clang-format off */
FACE_ROUTE("POST",   "/detectLiveness-sessions",                EMU_SINCE_V1_2, EMU_LIVENESS, BODY_JSON, JSON_BODY_MAX, emu_create_steps)
FACE_ROUTE("GET",    "/detectLiveness-sessions/{id}",           EMU_SINCE_V1_2, EMU_LIVENESS, BODY_NONE, 0, emu_get_steps)
FACE_ROUTE("DELETE", "/detectLiveness-sessions/{id}",           EMU_SINCE_V1_2, EMU_LIVENESS, BODY_NONE, 0, emu_delete_steps)
FACE_ROUTE("POST",   "/detectLivenessWithVerify-sessions",      EMU_SINCE_V1_2, EMU_LIVENESS_WITH_VERIFY, BODY_JSON | BODY_MULTIPART, UPLOAD_MAX, emu_create_steps)
FACE_ROUTE("GET",    "/detectLivenessWithVerify-sessions/{id}", EMU_SINCE_V1_2, EMU_LIVENESS_WITH_VERIFY, BODY_NONE, 0, emu_get_steps)
FACE_ROUTE("DELETE", "/detectLivenessWithVerify-sessions/{id}", EMU_SINCE_V1_2, EMU_LIVENESS_WITH_VERIFY, BODY_NONE, 0, emu_delete_steps)

FACE_ROUTE("GET",    "/livenessSessions/{id}/result",           EMU_ONLY_TUTORIAL, EMU_KIND_COUNT, BODY_NONE, 0, emu_get_steps)
FACE_ROUTE("DELETE", "/livenessSessions/{id}",                  EMU_ONLY_TUTORIAL, EMU_LIVENESS, BODY_NONE, 0, emu_delete_steps)
FACE_ROUTE("DELETE", "/livenessWithVerifySessions/{id}",        EMU_ONLY_TUTORIAL, EMU_LIVENESS_WITH_VERIFY, BODY_NONE, 0, emu_delete_steps)
FACE_ROUTE("POST",   "/createLivenessWithVerifySession",        EMU_ONLY_TUTORIAL, EMU_LIVENESS_WITH_VERIFY, BODY_JSON | BODY_MULTIPART, UPLOAD_MAX, emu_create_steps)

FACE_ROUTE("POST",   "/detectLiveness/singleModal/sessions",                      EMU_PREVIEWS, EMU_LIVENESS, BODY_JSON, JSON_BODY_MAX, emu_create_steps)
FACE_ROUTE("GET",    "/detectLiveness/singleModal/sessions",                      EMU_PREVIEWS, EMU_LIVENESS, BODY_NONE, 0, emu_list_steps)
FACE_ROUTE("GET",    "/detectLiveness/singleModal/sessions/{id}",                 EMU_PREVIEWS, EMU_LIVENESS, BODY_NONE, 0, emu_get_steps)
FACE_ROUTE("DELETE", "/detectLiveness/singleModal/sessions/{id}",                 EMU_PREVIEWS, EMU_LIVENESS, BODY_NONE, 0, emu_delete_steps)
FACE_ROUTE("GET",    "/detectLiveness/singleModal/sessions/{id}/audit",           EMU_PREVIEWS, EMU_LIVENESS, BODY_NONE, 0, emu_audit_steps)
FACE_ROUTE("POST",   "/detectLivenessWithVerify/singleModal/sessions",            EMU_PREVIEWS, EMU_LIVENESS_WITH_VERIFY, BODY_JSON | BODY_MULTIPART, UPLOAD_MAX, emu_create_steps)
FACE_ROUTE("GET",    "/detectLivenessWithVerify/singleModal/sessions",            EMU_PREVIEWS, EMU_LIVENESS_WITH_VERIFY, BODY_NONE, 0, emu_list_steps)
FACE_ROUTE("GET",    "/detectLivenessWithVerify/singleModal/sessions/{id}",       EMU_PREVIEWS, EMU_LIVENESS_WITH_VERIFY, BODY_NONE, 0, emu_get_steps)
FACE_ROUTE("DELETE", "/detectLivenessWithVerify/singleModal/sessions/{id}",       EMU_PREVIEWS, EMU_LIVENESS_WITH_VERIFY, BODY_NONE, 0, emu_delete_steps)
FACE_ROUTE("GET",    "/detectLivenessWithVerify/singleModal/sessions/{id}/audit", EMU_PREVIEWS, EMU_LIVENESS_WITH_VERIFY, BODY_NONE, 0, emu_audit_steps)

FACE_ROUTE("GET",    "/sessionImages/{id}",               EMU_SINCE_V1_2,          EMU_KIND_COUNT, BODY_NONE, 0, emu_image_steps)
FACE_ROUTE("GET",    "/session/sessionImages/{id}",       EMU_ONLY_V1_2_PREVIEW_1, EMU_KIND_COUNT, BODY_NONE, 0, emu_image_steps)
FACE_ROUTE("POST",   "/detect",                           EMU_WITH_IMAGES,         EMU_KIND_COUNT, BODY_JSON, JSON_BODY_MAX, emu_detect_steps)
FACE_ROUTE("GET",    "/settings",                         EMU_ONLY_V1_3_PREVIEW_1, EMU_KIND_COUNT, BODY_NONE, 0, emu_settings_get_steps)
FACE_ROUTE("PATCH",  "/settings",                         EMU_ONLY_V1_3_PREVIEW_1, EMU_KIND_COUNT, BODY_JSON, JSON_BODY_MAX, emu_settings_patch_steps)
FACE_ROUTE("GET",    "/settings/getClientAssetsAccessToken", EMU_ONLY_V1_3_PREVIEW_1, EMU_KIND_COUNT, BODY_NONE, 0, emu_assets_token_steps)

FACE_ROUTE("POST",   "/session/start",                        EMU_EVERY_VERSION, EMU_KIND_COUNT, BODY_JSON, JSON_BODY_MAX, emu_start_steps)
FACE_ROUTE("POST",   "/detectLiveness/singleModal",           EMU_EVERY_VERSION, EMU_LIVENESS, BODY_JSON, UPLOAD_MAX, emu_single_modal_steps)
FACE_ROUTE("POST",   "/detectLivenessWithVerify/singleModal", EMU_EVERY_VERSION, EMU_LIVENESS_WITH_VERIFY, BODY_JSON, UPLOAD_MAX, emu_single_modal_steps)
FACE_ROUTE("POST",   "/session/attempt/end",                  EMU_EVERY_VERSION, EMU_KIND_COUNT, BODY_NONE, 0, emu_attempt_end_steps)
/* clang-format on */
