/*
 * All addresses of the emulator: the Face API's, the device's and the control room's.
 */
#include "emulator/routes.h"

#include "emulator/call.h"

/* An upload is a reference image of 6 MB: in a form, or as base64 in the JSON of a sight. */
enum { JSON_BODY_MAX = 64 * 1024, UPLOAD_MAX = 9 * 1024 * 1024, FORM_BODY_MAX = 16 * 1024 };

static const struct emu_place face_places[] = {
#define FACE_ROUTE(method, path, versions, kind, body_types, max_body, steps) {versions, kind},
#include "emulator/face_route_table.h"
#undef FACE_ROUTE
};

#define ROUTE(verb, path, types, max_body, flow_steps, flow)                                       \
    {                                                                                              \
        .method = (verb), .pattern = (path), .body_types = (types), .max_body_bytes = (max_body),  \
        .steps = (flow_steps), .flow_size = sizeof(struct flow)                                    \
    }

/* The rows of the Face API come first: emu_place_of relies on it. */
/* clang-format off */
const struct route emu_routes[] = {
#define FACE_ROUTE(method, path, versions, kind, body_types, max_body, steps)                      \
    ROUTE(method, "/face/{version}" path, body_types, max_body, steps, emu_call),
#include "emulator/face_route_table.h"
#undef FACE_ROUTE

    ROUTE("POST",   "/{tenant}/oauth2/v2.0/token", BODY_FORM, FORM_BODY_MAX, emu_token_steps, emu_call),

    ROUTE("GET",    "/emulator/sessions", BODY_NONE, 0, emu_control_sessions_steps, flow),
    ROUTE("GET",    "/emulator/requests", BODY_NONE, 0, emu_control_requests_steps, flow),
    ROUTE("DELETE", "/emulator/requests", BODY_NONE, 0, emu_control_requests_clear_steps, flow),
    ROUTE("GET",    "/emulator/clock", BODY_NONE, 0, emu_control_clock_steps, flow),
    ROUTE("POST",   "/emulator/clock", BODY_JSON, JSON_BODY_MAX, emu_control_clock_set_steps, flow),
    ROUTE("GET",    "/emulator/faults", BODY_NONE, 0, emu_control_faults_steps, flow),
    ROUTE("POST",   "/emulator/faults", BODY_JSON, JSON_BODY_MAX, emu_control_faults_add_steps, flow),
    ROUTE("DELETE", "/emulator/faults", BODY_NONE, 0, emu_control_faults_clear_steps, flow),
    ROUTE("GET",    "/emulator/options", BODY_NONE, 0, emu_control_options_steps, flow),
    ROUTE("POST",   "/emulator/options", BODY_JSON, JSON_BODY_MAX, emu_control_options_set_steps, flow),
    ROUTE("GET",    "/emulator/entra", BODY_NONE, 0, emu_control_entra_steps, flow),
    ROUTE("POST",   "/emulator/entra", BODY_JSON, JSON_BODY_MAX, emu_control_entra_set_steps, flow),
    {0},
};
/* clang-format on */

struct emu_place emu_place_of(const struct route *route)
{
    const size_t index = (size_t)(route - emu_routes);

    if (index >= sizeof face_places / sizeof *face_places)
        return (struct emu_place){.kind = EMU_KIND_COUNT};
    return face_places[index];
}
