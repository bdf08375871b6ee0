/*
 * What the settings let frontends choose.
 */
#pragma once

#include "config/settings.h"
#include "domain/policy.h"

/* Points into the settings. */
struct create_policy policy_of_settings(const struct settings *settings);
/* What of session_rules.digest_by_platform is the platform's. */
uint8_t platform_digest_of(const struct settings *settings, enum platform platform);
