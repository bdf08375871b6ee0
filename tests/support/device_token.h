/*
 * Device tokens of any age and device, made with a server's own key.
 */
#pragma once

#include "support/rig.h"

/* The header with a token as the server would have signed it some days ago for this device. */
const char *device_token_of(const struct rig *rig, const char *device_id, int days_ago);
