/*
 * What the settings let frontends choose.
 */
#pragma once

#include "config/settings.h"
#include "domain/policy.h"

/* Points into the settings. */
struct create_policy policy_of_settings(const struct settings *settings);
