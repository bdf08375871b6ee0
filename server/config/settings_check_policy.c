/*
 * Policies that contradict themselves, that no request could fit, or that the chosen version of the
 * Face API cannot keep. A default is no promise: only what somebody has set is held against the
 * version.
 */
#include "config/settings_draft.h"
#include "config/settings_versions.h"

enum { UPLOAD_APART = 64 * 1024, MODEL_MAX = 31, NAMES_LIMIT = 128 };

#define PREVIEW_FIELDS (VERSION_SESSION_IMAGE | VERSION_MODEL | VERSION_THRESHOLD)
#define STABLE_FIELDS  (PREVIEW_FIELDS | VERSION_THRESHOLD_ALONE)

const struct settings_version settings_versions[SETTINGS_VERSIONS] = {
    {.name = "v1.1-preview.1", .attempts_allowed = 3},
    {.name = "v1.2-preview.1", .fields = PREVIEW_FIELDS, .attempts_allowed = 3},
    {.name = "v1.2", .fields = STABLE_FIELDS, .attempts_allowed = 3},
    {.name = "v1.3-preview.1",
     .fields = STABLE_FIELDS | VERSION_ATTEMPTS | VERSION_CLIENT_ADDRESS,
     .attempts_allowed = 1},
};

/* ---- what a version lacks ---- */

/* A setting that needs a field of the API, when it is not what does without. */
struct need {
    int index;
    bool needed;
    enum settings_version_field field;
    const char *name;
};

static void check_need(struct settings_draft *draft, const struct need *need)
{
    const struct settings_version *version =
        &settings_versions[draft->settings.upstream_api_version];
    if (!need->needed || !draft_is_set(draft, need->index) || draft_is_broken(draft, need->index) ||
        draft_is_broken(draft, SETTING_upstream_api_version) || (version->fields & need->field)) {
        return;
    }
    CLEANUP(buf) struct buf names;
    buf_init(&names, NAMES_LIMIT);
    for (size_t i = 0; i < SETTINGS_VERSIONS; i++) {
        if (settings_versions[i].fields & need->field) {
            buf_printf(&names, "%s%s", names.len > 0 ? ", " : "", settings_versions[i].name);
        }
    }
    draft_error(draft, draft_origin(draft, need->index),
                "needs %s, which version %s of the Face API does not have; set "
                "upstream.api_version to one that has it: %.*s",
                need->name, version->name, SLICE_ARGS(buf_slice(&names)));
}

static void check_version(struct settings_draft *draft)
{
    enum { IMAGE_ALWAYS = 1, CLIENT_ALLOWED = 1 };
    const struct settings *settings = &draft->settings;
    const struct settings_version *version = &settings_versions[settings->upstream_api_version];
    const unsigned allowed = version->attempts_allowed;
    const bool threshold_alone = settings->policy_verify_confidence_threshold.given &&
                                 settings->policy_verify_image == CLIENT_ALLOWED &&
                                 (version->fields & VERSION_THRESHOLD);
    const struct need needs[] = {
        {SETTING_policy_session_image, settings->policy_session_image == IMAGE_ALWAYS,
         VERSION_SESSION_IMAGE, "enableSessionImage"},
        {SETTING_retention_image, settings->retention_image > 0, VERSION_SESSION_IMAGE,
         "enableSessionImage"},
        {SETTING_policy_models, settings->policy_models.count > 0, VERSION_MODEL,
         "livenessModelVersion"},
        {SETTING_policy_verify_confidence_threshold,
         settings->policy_verify_confidence_threshold.given, VERSION_THRESHOLD,
         "verifyConfidenceThreshold"},
        {SETTING_policy_verify_confidence_threshold, threshold_alone, VERSION_THRESHOLD_ALONE,
         "verifyConfidenceThreshold for a face that the device brings (policy.verify_image is "
         "client_allowed)"},
        {SETTING_policy_attempts_default,
         settings->policy_attempts_default != 0 && settings->policy_attempts_default != allowed,
         VERSION_ATTEMPTS, "numberOfClientAttemptsAllowed"},
        {SETTING_policy_attempts_max, settings->policy_attempts_max < allowed, VERSION_ATTEMPTS,
         "numberOfClientAttemptsAllowed"},
        {SETTING_policy_expected_client_ip, settings->policy_expected_client_ip != 0,
         VERSION_CLIENT_ADDRESS, "expectedClientIpAddress"},
    };
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
        check_need(draft, &needs[i]);
    }
}

/* ---- what contradicts itself ---- */

static bool are_fine(const struct settings_draft *draft, int a, int b)
{
    return !draft_is_broken(draft, a) && !draft_is_broken(draft, b);
}

/* Errors stand where somebody wrote something, if it is only the other one of the two. */
static const char *origin_of(const struct settings_draft *draft, int index, int other)
{
    return draft_origin(draft,
                        draft_is_set(draft, index) || !draft_is_set(draft, other) ? index : other);
}

static void check_lifetime(struct settings_draft *draft, int index, uint64_t lifetime_ms)
{
    if (lifetime_ms % 1000 != 0 && !draft_is_broken(draft, index)) {
        draft_error(draft, draft_origin(draft, index), "is not a whole number of seconds");
    }
}

static void check_lifetimes(struct settings_draft *draft)
{
    const struct settings *settings = &draft->settings;
    check_lifetime(draft, SETTING_policy_token_ttl_min, settings->policy_token_ttl_min);
    check_lifetime(draft, SETTING_policy_token_ttl_max, settings->policy_token_ttl_max);
    check_lifetime(draft, SETTING_policy_token_ttl_default, settings->policy_token_ttl_default);
    if (settings->policy_token_ttl_min > settings->policy_token_ttl_default &&
        are_fine(draft, SETTING_policy_token_ttl_min, SETTING_policy_token_ttl_default)) {
        draft_error(
            draft, origin_of(draft, SETTING_policy_token_ttl_min, SETTING_policy_token_ttl_default),
            "policy.token_ttl_min is longer than policy.token_ttl_default");
    }
    if (settings->policy_token_ttl_default > settings->policy_token_ttl_max &&
        are_fine(draft, SETTING_policy_token_ttl_max, SETTING_policy_token_ttl_default)) {
        draft_error(
            draft, origin_of(draft, SETTING_policy_token_ttl_max, SETTING_policy_token_ttl_default),
            "policy.token_ttl_default is longer than policy.token_ttl_max");
    }
}

static void check_attempts(struct settings_draft *draft)
{
    const struct settings *settings = &draft->settings;
    if (settings->policy_attempts_default > settings->policy_attempts_max &&
        are_fine(draft, SETTING_policy_attempts_max, SETTING_policy_attempts_default)) {
        draft_error(draft,
                    origin_of(draft, SETTING_policy_attempts_default, SETTING_policy_attempts_max),
                    "policy.attempts_default is larger than policy.attempts_max");
    }
}

static bool is_model(const char *text)
{
    static const char characters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
    size_t len = strlen(text);
    return len > 0 && len <= MODEL_MAX && strspn(text, characters) == len;
}

static void check_models(struct settings_draft *draft)
{
    const struct settings_list *models = &draft->settings.policy_models;
    for (size_t i = 0; i < models->count; i++) {
        if (!is_model(models->items[i])) {
            draft_error(draft, draft_origin(draft, SETTING_policy_models),
                        "'%.80s' is not a model version of 1 to 31 letters, digits, '.' and '-', "
                        "such as 2024-11-15",
                        models->items[i]);
        }
    }
}

static void check_image_room(struct settings_draft *draft)
{
    const struct settings *settings = &draft->settings;
    if (settings->http_max_upload < settings->policy_verify_image_max + UPLOAD_APART &&
        are_fine(draft, SETTING_http_max_upload, SETTING_policy_verify_image_max)) {
        draft_error(draft,
                    origin_of(draft, SETTING_http_max_upload, SETTING_policy_verify_image_max),
                    "http.max_upload has no room for an image of policy.verify_image_max and 64KB "
                    "of fields");
    }
    if (settings->upstream_image_memory < settings->policy_verify_image_max &&
        are_fine(draft, SETTING_upstream_image_memory, SETTING_policy_verify_image_max)) {
        draft_error(
            draft, origin_of(draft, SETTING_upstream_image_memory, SETTING_policy_verify_image_max),
            "upstream.image_memory has no room for one image of policy.verify_image_max");
    }
}

static void check_retention(struct settings_draft *draft)
{
    enum { IMAGE_NEVER = 2 };
    const struct settings *settings = &draft->settings;
    if (settings->retention_image > 0 && settings->policy_session_image == IMAGE_NEVER &&
        are_fine(draft, SETTING_retention_image, SETTING_policy_session_image)) {
        draft_error(draft, draft_origin(draft, SETTING_retention_image),
                    "keeps images, and policy.session_image is never");
    }
    if (settings->retention_image > settings->retention_verdict &&
        are_fine(draft, SETTING_retention_image, SETTING_retention_verdict)) {
        draft_error(draft, origin_of(draft, SETTING_retention_image, SETTING_retention_verdict),
                    "retention.image is longer than retention.verdict: nobody could ask for the "
                    "image of a session that is forgotten");
    }
}

void settings_check_policy(struct settings_draft *draft)
{
    check_version(draft);
    check_lifetimes(draft);
    check_attempts(draft);
    check_models(draft);
    check_image_room(draft);
    check_retention(draft);
    settings_check_platforms(draft);
}
