/*
 * The one table of all routes. The session resources are mounted twice, so that clients of the Face
 * API work by changing endpoint and key.
 */
#include "routes/table.h"

#include "routes/session_flow.h"
#include "routes/small_routes.h"

#define ROUTE(method_, pattern_, bodies_, name_, flow_)                                            \
    {                                                                                              \
        .method = (method_), .pattern = (pattern_), .body_types = (bodies_),                       \
        .steps = name_##_steps, .flow_size = sizeof(flow_)                                         \
    }

#define SESSION_ROUTES(sessions)                                                                   \
    ROUTE("POST", sessions, BODY_JSON, session_create, struct create_flow),                        \
        ROUTE("GET", sessions "/{id}", BODY_NONE, session_get, struct look_flow),                  \
        ROUTE("DELETE", sessions "/{id}", BODY_NONE, session_delete, struct delete_flow),          \
        ROUTE("POST", sessions "/{id}/completion", BODY_JSON, session_complete,                    \
              struct complete_flow)

const struct route routes_public[] = {
    SESSION_ROUTES("/api/detectLiveness-sessions"),
    SESSION_ROUTES("/face/v1.2/detectLiveness-sessions"),
    ROUTE("POST", "/api/devices", BODY_NONE, device_create, struct flow),
    ROUTE("GET", "/errors", BODY_NONE, errors_get, struct flow),
    {.method = NULL},
};

const struct route routes_admin[] = {
    ROUTE("GET", "/livez", BODY_NONE, livez_get, struct flow),
    ROUTE("GET", "/readyz", BODY_NONE, readyz_get, struct flow),
    ROUTE("GET", "/healthz", BODY_NONE, readyz_get, struct flow),
    ROUTE("GET", "/metrics", BODY_NONE, metrics_get, struct flow),
    ROUTE("GET", "/status", BODY_NONE, status_get, struct flow),
    {.method = NULL},
};
