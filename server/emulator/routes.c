/*
 * All addresses of the emulator: the Face API's, the device's and the control room's.
 */
#include "emulator/routes.h"

#include "emulator/call.h"

enum { JSON_BODY_MAX = 64 * 1024 };

#define FACE "/face/v1.2"

/* clang-format off */
const struct route emu_routes[] = {
    {"POST",   FACE "/detectLiveness-sessions",      BODY_JSON, JSON_BODY_MAX, emu_create_steps,       sizeof(struct emu_call)},
    {"GET",    FACE "/detectLiveness-sessions/{id}", BODY_NONE, 0,             emu_get_steps,          sizeof(struct emu_call)},
    {"DELETE", FACE "/detectLiveness-sessions/{id}", BODY_NONE, 0,             emu_delete_steps,       sizeof(struct emu_call)},

    {"POST",   FACE "/session/start",                BODY_JSON, JSON_BODY_MAX, emu_start_steps,        sizeof(struct emu_call)},
    {"POST",   FACE "/detectLiveness/singleModal",   BODY_JSON, JSON_BODY_MAX, emu_single_modal_steps, sizeof(struct emu_call)},
    {"POST",   FACE "/session/attempt/end",          BODY_NONE, 0,             emu_attempt_end_steps,  sizeof(struct emu_call)},

    {"GET",    "/emulator/sessions", BODY_NONE, 0,             emu_control_sessions_steps,       sizeof(struct flow)},
    {"GET",    "/emulator/requests", BODY_NONE, 0,             emu_control_requests_steps,       sizeof(struct flow)},
    {"DELETE", "/emulator/requests", BODY_NONE, 0,             emu_control_requests_clear_steps, sizeof(struct flow)},
    {"GET",    "/emulator/clock",    BODY_NONE, 0,             emu_control_clock_steps,          sizeof(struct flow)},
    {"POST",   "/emulator/clock",    BODY_JSON, JSON_BODY_MAX, emu_control_clock_set_steps,      sizeof(struct flow)},
    {"GET",    "/emulator/faults",   BODY_NONE, 0,             emu_control_faults_steps,         sizeof(struct flow)},
    {"POST",   "/emulator/faults",   BODY_JSON, JSON_BODY_MAX, emu_control_faults_add_steps,     sizeof(struct flow)},
    {"DELETE", "/emulator/faults",   BODY_NONE, 0,             emu_control_faults_clear_steps,   sizeof(struct flow)},
    {0},
};
/* clang-format on */
