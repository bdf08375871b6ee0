/*
 * The endpoints of one or two steps; all their flows are a plain struct flow.
 */
#pragma once

#include "http/flow.h"

extern const struct flow_step errors_get_steps[]; /* errors.c */
extern const struct flow_step receipt_keys_get_steps[];
extern const struct flow_step openapi_get_steps[];
extern const struct flow_step demo_page_steps[]; /* demo.c, up to demo_component */
extern const struct flow_step demo_file_steps[];
extern const struct flow_step demo_settings_steps[];
extern const struct flow_step demo_frame_steps[];
extern const struct flow_step demo_component_steps[];
extern const struct flow_step livez_get_steps[]; /* admin.c, as the rest */
extern const struct flow_step readyz_get_steps[];
extern const struct flow_step metrics_get_steps[];
extern const struct flow_step status_get_steps[]; /* status.c, as the rest */
extern const struct flow_step status_file_steps[];
extern const struct flow_step status_lead_steps[];
