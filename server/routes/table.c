/*
 * The one table of all routes. The session resources are mounted below /api and below every version
 * of the Face API, with that version's paths and shapes, so that its clients work by changing
 * endpoint and key.
 */
#include "routes/table.h"

#include "routes/session_flow.h"
#include "routes/small_routes.h"

#define ROUTE(method_, pattern_, bodies_, variant_, name_, flow_)                                  \
    {                                                                                              \
        .method = (method_), .pattern = (pattern_), .body_types = (bodies_),                       \
        .variant = (variant_), .steps = name_##_steps, .flow_size = sizeof(flow_)                  \
    }

/* What there is of one kind of sessions. */
#define SESSION_ROUTES(sessions, bodies, variant)                                                  \
    ROUTE("POST", sessions, bodies, variant, session_create, struct create_flow),                  \
        ROUTE("GET", sessions "/{id}", BODY_NONE, variant, session_get, struct look_flow),         \
        ROUTE("GET", sessions "/{id}/events", BODY_NONE, variant, session_events,                  \
              struct events_flow),                                                                 \
        ROUTE("POST", sessions "/{id}/completion", BODY_JSON, variant, session_complete,           \
              struct complete_flow),                                                               \
        ROUTE("DELETE", sessions "/{id}", BODY_NONE, variant, session_delete, struct delete_flow), \
        ROUTE("GET", sessions, BODY_NONE, variant, session_list, struct list_flow),                \
        ROUTE("GET", sessions "/{id}/audit", BODY_NONE, variant, session_audit, struct audit_flow)

#define PLAIN_AND_VERIFY(plain, verify, variant)                                                   \
    SESSION_ROUTES(plain, BODY_JSON, variant),                                                     \
        SESSION_ROUTES(verify, BODY_JSON | BODY_MULTIPART, (variant) | PATH_VERIFY)

#define SESSIONS(root)                                                                             \
    PLAIN_AND_VERIFY(root "/detectLiveness-sessions", root "/detectLivenessWithVerify-sessions", 0)
#define PREVIEW_SESSIONS(root)                                                                     \
    PLAIN_AND_VERIFY(root "/detectLiveness/singleModal/sessions",                                  \
                     root "/detectLivenessWithVerify/singleModal/sessions", PATH_PREVIEW)

#define IMAGES(root, images)                                                                       \
    ROUTE("GET", root images "/{id}", BODY_NONE, 0, image_get, struct image_flow),                 \
        ROUTE("POST", root "/detect", BODY_JSON, 0, image_detect, struct image_flow)

/* What the servers of the vendor's samples for the web have. */
#define SAMPLE(method_, pattern_, bodies_, name_, flow_)                                           \
    {                                                                                              \
        .method = (method_), .pattern = (pattern_), .body_types = (bodies_),                       \
        .variant = PATH_SAMPLE, .write_problem = problem_write_sample, .steps = name_##_steps,     \
        .flow_size = sizeof(flow_)                                                                 \
    }

const struct route routes_public[] = {
    /* ROUTES_OF_DEMO of these */
    ROUTE("GET", "/demo", BODY_NONE, 0, demo_page, struct flow),
    ROUTE("GET", "/demo/settings.json", BODY_NONE, 0, demo_settings, struct flow),
    ROUTE("GET", "/demo/face-ui", BODY_NONE, 0, demo_frame, struct flow),
    ROUTE("GET", "/demo/face-ui/{file*}", BODY_NONE, 0, demo_component, struct flow),
    ROUTE("GET", "/demo/{file}", BODY_NONE, 0, demo_file, struct flow),
    /* and all others */
    SESSIONS("/api"),
    SESSIONS("/face/v1.2"),
    SESSIONS("/face/v1.3-preview.1"),
    PREVIEW_SESSIONS("/face/v1.1-preview.1"),
    PREVIEW_SESSIONS("/face/v1.2-preview.1"),
    IMAGES("/api", "/sessionImages"),
    IMAGES("/face/v1.2", "/sessionImages"),
    IMAGES("/face/v1.3-preview.1", "/sessionImages"),
    IMAGES("/face/v1.2-preview.1", "/session/sessionImages"), /* v1.1-preview.1 has none */
    SAMPLE("POST", "/api/generateAccessToken", BODY_MULTIPART, session_create, struct create_flow),
    SAMPLE("GET", "/api/getSessionResult", BODY_NONE, sample_result, struct look_flow),
    ROUTE("POST", "/api/devices", BODY_NONE, 0, device_create, struct device_flow),
    ROUTE("GET", "/api/audit", BODY_NONE, 0, trail_get, struct trail_flow),
    ROUTE("POST", "/api/devices/{id}/reset", BODY_JSON, 0, device_reset, struct reset_flow),
    ROUTE("GET", "/.well-known/jwks.json", BODY_NONE, 0, receipt_keys_get, struct flow),
    ROUTE("GET", "/errors", BODY_NONE, 0, errors_get, struct flow),
    ROUTE("GET", "/openapi.json", BODY_NONE, 0, openapi_get, struct flow),
    {.method = NULL},
};

const struct route routes_admin[] = {
    ROUTE("GET", "/livez", BODY_NONE, 0, livez_get, struct flow),
    ROUTE("GET", "/readyz", BODY_NONE, 0, readyz_get, struct flow),
    ROUTE("GET", "/healthz", BODY_NONE, 0, readyz_get, struct flow),
    ROUTE("GET", "/metrics", BODY_NONE, 0, metrics_get, struct flow),
    ROUTE("GET", "/errors", BODY_NONE, 0, errors_get, struct flow),
    ROUTE("GET", "/status", BODY_NONE, 0, status_get, struct flow),
    ROUTE("GET", "/status/{file}", BODY_NONE, 0, status_file, struct flow),
    ROUTE("GET", "/", BODY_NONE, 0, status_lead, struct flow),
    {.method = NULL},
};
