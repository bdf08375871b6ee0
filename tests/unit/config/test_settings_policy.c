/* Promises of config/settings.h about policies, and what versions of the Face API can keep. */
#include "config/settings_spec.h"
#include "config/settings_versions.h"
#include "domain/policy.h"
#include "settings_fixture.h"
#include "upstream/face_version.h"

#define LIST(...) ((const char *const[]){"upstream.emulator=true", __VA_ARGS__, NULL})

static void expect_valid(const char *const *sets)
{
    struct loaded loaded = load_source(&(struct settings_source){.sets = sets});
    cr_expect_eq(loaded.result, 0, "%s", errors_of(&loaded));
    unload(&loaded);
}

static void expect_refused(const char *const *sets, const char *why)
{
    struct loaded loaded = load_source(&(struct settings_source){.sets = sets});
    expect_error(&loaded, why);
}

/* ---- what others know, too ---- */

Test(settings_policy, knows_of_versions_what_the_upstream_client_knows)
{
    CLEANUP(buf) struct buf words;
    buf_init(&words, 256);
    cr_assert_eq((int)SETTINGS_VERSIONS, (int)FACE_VERSION_COUNT);
    for (size_t i = 0; i < FACE_VERSION_COUNT; i++) {
        const struct face_version_info *face = &face_versions[i];
        const struct settings_version *ours = &settings_versions[i];
        const bool threshold = ours->fields & VERSION_THRESHOLD;
        const unsigned any = face->fields & face->form_fields;
        buf_printf(&words, "%s%s", i > 0 ? " " : "", face->name);
        cr_expect_str_eq(ours->name, face->name);
        cr_expect_eq((ours->fields & VERSION_SESSION_IMAGE) != 0,
                     (any & FACE_FIELD_SESSION_IMAGE) != 0);
        cr_expect_eq((ours->fields & VERSION_MODEL) != 0, (any & FACE_FIELD_MODEL) != 0);
        cr_expect_eq((ours->fields & VERSION_ATTEMPTS) != 0, (any & FACE_FIELD_ATTEMPTS) != 0);
        cr_expect_eq((ours->fields & VERSION_CLIENT_ADDRESS) != 0,
                     (face->fields & FACE_FIELD_CLIENT_ADDRESS) != 0);
        cr_expect_eq(threshold, (face->form_fields & FACE_FIELD_THRESHOLD) != 0);
        /* previews send a create without an image as JSON, later ones as a form */
        cr_expect_eq((ours->fields & VERSION_THRESHOLD_ALONE) != 0, threshold && !face->preview);
        cr_expect_eq(ours->attempts_allowed, (unsigned)face->attempts_default);
    }
    cr_expect_str_eq(setting_specs[SETTING_upstream_api_version].words, words.data);
}

Test(settings_policy, has_its_words_in_the_order_of_the_policy_s)
{
    static const struct {
        const char *set;
        unsigned modes;
        enum policy_image image;
        enum policy_verify_image verify;
    } rows[] = {
        {"policy.modes=Passive", POLICY_PASSIVE, POLICY_IMAGE_CLIENT, POLICY_VERIFY_IMAGE_REQUIRED},
        {"policy.modes=PassiveActive", POLICY_PASSIVE_ACTIVE, POLICY_IMAGE_CLIENT,
         POLICY_VERIFY_IMAGE_REQUIRED},
        {"policy.session_image=always", POLICY_PASSIVE | POLICY_PASSIVE_ACTIVE, POLICY_IMAGE_ALWAYS,
         POLICY_VERIFY_IMAGE_REQUIRED},
        {"policy.session_image=never", POLICY_PASSIVE | POLICY_PASSIVE_ACTIVE, POLICY_IMAGE_NEVER,
         POLICY_VERIFY_IMAGE_REQUIRED},
        {"policy.verify_image=client_allowed", POLICY_PASSIVE | POLICY_PASSIVE_ACTIVE,
         POLICY_IMAGE_CLIENT, POLICY_VERIFY_IMAGE_CLIENT_ALLOWED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct loaded loaded = load_set(rows[i].set);
        cr_assert_eq(loaded.result, 0, "%s", errors_of(&loaded));
        cr_expect_eq(loaded.settings.policy_modes, rows[i].modes);
        cr_expect_eq(loaded.settings.policy_session_image, (unsigned)rows[i].image);
        cr_expect_eq(loaded.settings.policy_verify_image, (unsigned)rows[i].verify);
        unload(&loaded);
    }
}

/* ---- versions ---- */

static const char v11[] = "upstream.api_version=v1.1-preview.1";
static const char v12p[] = "upstream.api_version=v1.2-preview.1";
static const char v12[] = "upstream.api_version=v1.2";
static const char v13[] = "upstream.api_version=v1.3-preview.1";

Test(settings_policy, refuses_what_the_version_cannot_keep)
{
    static const char image[] =
        "needs enableSessionImage, which version v1.1-preview.1 of the Face "
        "API does not have; set upstream.api_version to one that has it: "
        "v1.2-preview.1, v1.2, v1.3-preview.1";
    expect_refused(LIST(v11, "policy.session_image=always"), image);
    expect_refused(LIST(v11, "retention.image=1h"), image);
    expect_refused(LIST(v11, "policy.models=2024-11-15"), "--set policy.models: needs liveness");
    expect_refused(LIST(v11, "policy.verify_confidence_threshold=0.5"),
                   "needs verifyConfidenceThreshold, which version v1.1-preview.1");
    const char *const without[] = {v11, v12p, v12};
    for (size_t i = 0; i < 3; i++) {
        static const char attempts[] = "needs numberOfClientAttemptsAllowed, which";
        expect_refused(LIST(without[i], "policy.attempts_default=1"), attempts);
        expect_refused(LIST(without[i], "policy.attempts_default=2"), attempts);
        expect_refused(LIST(without[i], "policy.attempts_max=2"),
                       "one that has it: v1.3-preview.1");
        expect_valid(LIST(without[i], "policy.attempts_default=3", "policy.attempts_max=3"));
        expect_valid(LIST(without[i], "policy.attempts_default=0"));
        expect_valid(LIST(without[i], "policy.session_image=never"));
    }
}

Test(settings_policy, takes_every_policy_that_the_version_can_keep)
{
    const char *const versions[] = {v12p, v12, v13};
    for (size_t i = 0; i < 3; i++) {
        expect_valid(LIST(versions[i], "policy.session_image=always", "retention.image=1h",
                          "policy.models=2024-11-15,2025-05-20",
                          "policy.verify_confidence_threshold=0.5"));
    }
    expect_valid(LIST(v11, "policy.set_in_client=true"));
    expect_valid(LIST(v13, "policy.attempts_default=2", "policy.attempts_max=2"));
}

Test(settings_policy, refuses_a_threshold_that_a_device_s_image_escapes)
{
    expect_refused(
        LIST(v12p, "policy.verify_confidence_threshold=0.9", "policy.verify_image=client_allowed"),
        "one that has it: v1.2, v1.3-preview.1");
    expect_valid(
        LIST(v12, "policy.verify_confidence_threshold=0.9", "policy.verify_image=client_allowed"));
}

Test(settings_policy, defaults_suit_every_version)
{
    for (size_t i = 0; i < SETTINGS_VERSIONS; i++) {
        char set[100];
        (void)snprintf(set, sizeof set, "upstream.api_version=%s", settings_versions[i].name);
        expect_valid(LIST(set));
    }
    expect_refused(LIST("upstream.api_version=v1.3"),
                   "'v1.3' is not one of: v1.1-preview.1 v1.2-preview.1 v1.2 ");
}

/* ---- contradictions ---- */

Test(settings_policy, wants_lifetimes_in_order)
{
    expect_valid(
        LIST("policy.token_ttl_min=2m", "policy.token_ttl_default=2m", "policy.token_ttl_max=2m"));
    expect_refused(LIST("policy.token_ttl_min=11m"),
                   "--set policy.token_ttl_min: policy.token_ttl_min is longer than "
                   "policy.token_ttl_default");
    expect_refused(LIST("policy.token_ttl_max=9m"),
                   "--set policy.token_ttl_max: policy.token_ttl_default is longer than "
                   "policy.token_ttl_max");
    expect_refused(LIST("policy.token_ttl_default=90500ms"), "is not a whole number of seconds");
    expect_refused(LIST("policy.token_ttl_min=59s"), "out of range: 1m to 1d");
    expect_refused(LIST("policy.token_ttl_max=25h"), "out of range: 1m to 1d");
}

Test(settings_policy, wants_attempts_in_order)
{
    expect_refused(LIST(v13, "policy.attempts_default=3", "policy.attempts_max=2"),
                   "policy.attempts_default is larger than policy.attempts_max");
    expect_refused(LIST("policy.attempts_max=4"), "out of range: 1 to 3");
}

Test(settings_policy, wants_models_that_could_be_some)
{
    expect_refused(LIST("policy.models=2024/11"), "--set policy.models: '2024/11' is not a model");
    expect_refused(LIST("policy.models=12345678901234567890123456789012"), "is not a model");
    expect_valid(LIST("policy.models=1234567890123456789012345678901"));
}

Test(settings_policy, wants_room_for_the_largest_image)
{
    expect_refused(LIST("http.max_upload=6207KB"), "--set http.max_upload: http.max_upload has no");
    expect_valid(LIST("http.max_upload=6208KB"));
    expect_refused(LIST("http.max_upload=1MB", "policy.verify_image_max=961KB"), "has no room");
    expect_valid(LIST("http.max_upload=1MB", "policy.verify_image_max=960KB"));
    expect_refused(LIST("upstream.image_memory=6143KB"), "upstream.image_memory has no room");
    expect_valid(LIST("upstream.image_memory=6MB"));
    expect_refused(LIST("policy.verify_image_max=7MB"), "out of range: 1KB to 6MB");
}

Test(settings_policy, wants_images_that_somebody_could_ask_for)
{
    expect_valid(LIST("retention.image=24h"));
    expect_refused(LIST("retention.image=25h"), "retention.image is longer than retention.verdict");
    expect_valid(LIST("retention.image=48h", "retention.verdict=48h"));
    expect_refused(LIST("retention.image=49h", "retention.verdict=60h"), "out of range: 0s to 2d");
    expect_refused(LIST("retention.image=1h", "policy.session_image=never"),
                   "--set retention.image: keeps images, and policy.session_image is never");
}

Test(settings_policy, does_not_report_a_refused_value_again)
{
    expect_refused(LIST("upstream.api_version=v9", "policy.attempts_default=3"), "'v9' is not one");
    expect_refused(LIST("policy.token_ttl_min=soon"), "'soon' is not a duration");
    expect_refused(LIST("policy.verify_image_max=big", "http.max_upload=1MB"), "'big' is not a");
}
