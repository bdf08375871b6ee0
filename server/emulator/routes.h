/*
 * The steps of the emulator's routes, for the one table in routes.c.
 */
#pragma once

#include "emulator/sessions.h"
#include "http/router.h"

extern const struct route emu_routes[];

/* What the table says of a route of the Face API besides. */
struct emu_place {
    unsigned versions;  /* bits of enum emu_versions */
    enum emu_kind kind; /* EMU_KIND_COUNT: none */
};

/* `route` is a row of emu_routes; a control route is in no version. */
struct emu_place emu_place_of(const struct route *route);

/* The steps of a call (call.h) are always the same but for two. */
#define EMU_CALL_STEPS(begin, operation)                                                           \
    {                                                                                              \
        FLOW_STEP(begin), FLOW_STEP(emu_call_spoil), FLOW_STEP(operation),                         \
            FLOW_STEP(emu_call_hold), FLOW_STEP(emu_call_send), FLOW_END                           \
    }

extern const struct flow_step emu_create_steps[];
extern const struct flow_step emu_get_steps[];
extern const struct flow_step emu_delete_steps[];
extern const struct flow_step emu_list_steps[];
extern const struct flow_step emu_audit_steps[];
extern const struct flow_step emu_image_steps[];
extern const struct flow_step emu_detect_steps[];
extern const struct flow_step emu_settings_get_steps[];
extern const struct flow_step emu_settings_patch_steps[];
extern const struct flow_step emu_assets_token_steps[];

extern const struct flow_step emu_start_steps[];
extern const struct flow_step emu_single_modal_steps[];
extern const struct flow_step emu_attempt_end_steps[];

extern const struct flow_step emu_token_steps[];

extern const struct flow_step emu_control_sessions_steps[];
extern const struct flow_step emu_control_requests_steps[];
extern const struct flow_step emu_control_requests_clear_steps[];
extern const struct flow_step emu_control_clock_steps[];
extern const struct flow_step emu_control_clock_set_steps[];
extern const struct flow_step emu_control_faults_steps[];
extern const struct flow_step emu_control_faults_add_steps[];
extern const struct flow_step emu_control_faults_clear_steps[];
extern const struct flow_step emu_control_options_steps[];
extern const struct flow_step emu_control_options_set_steps[];
extern const struct flow_step emu_control_entra_steps[];
extern const struct flow_step emu_control_entra_set_steps[];
