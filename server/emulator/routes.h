/*
 * The steps of the emulator's routes, for the one table in routes.c.
 */
#pragma once

#include "http/router.h"

extern const struct route emu_routes[];

extern const struct flow_step emu_create_steps[];
extern const struct flow_step emu_get_steps[];
extern const struct flow_step emu_delete_steps[];

extern const struct flow_step emu_start_steps[];
extern const struct flow_step emu_single_modal_steps[];
extern const struct flow_step emu_attempt_end_steps[];

extern const struct flow_step emu_control_sessions_steps[];
extern const struct flow_step emu_control_requests_steps[];
extern const struct flow_step emu_control_requests_clear_steps[];
extern const struct flow_step emu_control_clock_steps[];
extern const struct flow_step emu_control_clock_set_steps[];
extern const struct flow_step emu_control_faults_steps[];
extern const struct flow_step emu_control_faults_add_steps[];
extern const struct flow_step emu_control_faults_clear_steps[];
