/*
 * The limits that the settings ask for.
 */
#pragma once

#include <stdint.h>
#include <uv.h>

#include "base/metrics.h"
#include "config/settings.h"
#include "lifecycle/limits.h"
#include "store/store.h"

struct app_limits_config {
    uv_loop_t *uv;
    struct store *store;
    const uint8_t *key; /* SHA256_BYTES; replicas share it */
    struct metrics *metrics;
};

/* NULL when nobody is to be limited. */
struct limits *limits_of_settings(const struct settings *settings,
                                  const struct app_limits_config *config);
