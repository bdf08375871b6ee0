/*
 * From settings to the policy of creates. A default is what the version of the Face API that is
 * spoken does by itself.
 */
#include "app_policy.h"

#include "upstream/face.h"

struct create_policy policy_of_settings(const struct settings *settings)
{
    const struct face_version_info *version = &face_versions[settings->upstream_api_version];
    int attempts = (int)settings->policy_attempts_default;
    if (!(version->fields & FACE_FIELD_ATTEMPTS))
        attempts = 0;
    else if (attempts == 0)
        attempts = version->attempts_default;
    return (struct create_policy){
        .modes = settings->policy_modes,
        .token_ttl_min_s = (int64_t)settings->policy_token_ttl_min / 1000,
        .token_ttl_max_s = (int64_t)settings->policy_token_ttl_max / 1000,
        .token_ttl_default_s = (int64_t)settings->policy_token_ttl_default / 1000,
        .session_image = (enum policy_image)settings->policy_session_image,
        .attempts_max = (int)settings->policy_attempts_max,
        .attempts_default = attempts,
        .models = (const char *const *)settings->policy_models.items,
        .model_count = settings->policy_models.count,
        .set_in_client = settings->policy_set_in_client,
        .verify_image = (enum policy_verify_image)settings->policy_verify_image,
        .verify_image_max_bytes = settings->policy_verify_image_max,
        .has_confidence_threshold = settings->policy_verify_confidence_threshold.given,
        .confidence_threshold = settings->policy_verify_confidence_threshold.value,
    };
}

uint8_t platform_digest_of(const struct settings *settings, enum platform platform)
{
    return (uint8_t)(settings_digest_of(settings, platform) + 1);
}
