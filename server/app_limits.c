/*
 * From settings to limits.
 */
#include "app_limits.h"

enum { MS_PER_S = 1000, CALLS_A_SESSION = 3 };

static struct limit_policy policy_of(const struct settings_limit *limit)
{
    return (struct limit_policy){
        .count = limit->count, .window_s = limit->per_ms / MS_PER_S, .burst = limit->burst};
}

/* What upstream can take, unless somebody knows better. */
static struct limit_policy policy_of_total(const struct settings *settings)
{
    if (settings->limits_create_total.given)
        return policy_of(&settings->limits_create_total);
    return (struct limit_policy){.count = settings->upstream_rate,
                                 .window_s = CALLS_A_SESSION,
                                 .burst = settings->upstream_rate};
}

struct limits *limits_of_settings(const struct settings *settings,
                                  const struct app_limits_config *config)
{
    struct limits_config limits = {
        .uv = config->uv,
        .store = config->store,
        .clock = clock_system(),
        .metrics = config->metrics,
        .book = {.policies = {[LIMIT_CREATE_DEVICE] = policy_of(&settings->limits_create_device),
                              [LIMIT_CREATE_PRINCIPAL] =
                                  policy_of(&settings->limits_create_principal),
                              [LIMIT_CREATE_ADDRESS] = policy_of(&settings->limits_create_address),
                              [LIMIT_CREATE_TOTAL] = policy_of_total(settings),
                              [LIMIT_READ] = policy_of(&settings->limits_read),
                              [LIMIT_FAILED_AUTH] = policy_of(&settings->limits_failed_auth)},
                 .spoof_cost = settings->limits_spoof_cost,
                 .passthrough = settings->devices_correlation == CORRELATION_PASSTHROUGH},
        .keys_max = settings->limits_max_keys,
        .refuse_without_store = settings->limits_store_down == STORE_DOWN_REFUSE,
    };
    if (!settings->limits_enabled)
        return NULL;
    limit_book_close(&limits.book, config->key);
    return limits_new(&limits);
}
