/*
 * Settings of a real server: what each version of the Face API cannot keep is refused before
 * anything is opened, and the server speaks the version it is told.
 */
#include "support/command.h"
#include "support/rig.h"

#include <criterion/criterion.h>
#include <string.h>

#define ENDPOINT "upstream.endpoint=https://face.example.org"

struct row {
    const char *version, *set, *why;
};

static const struct row refused[] = {
    {"v1.1-preview.1", "policy.session_image=always", "v1.2-preview.1, v1.2, v1.3-preview.1"},
    {"v1.1-preview.1", "retention.image=1h", "enableSessionImage"},
    {"v1.1-preview.1", "policy.models=2024-11-15", "livenessModelVersion"},
    {"v1.1-preview.1", "policy.verify_confidence_threshold=0.5", "verifyConfidenceThreshold"},
    {"v1.2", "policy.attempts_default=1", "set upstream.api_version to one that has it: v1.3-p"},
    {"v1.2-preview.1", "policy.attempts_max=2", "numberOfClientAttemptsAllowed"},
    {"v1.9", "log.level=info", "'v1.9' is not one of: v1.1-preview.1 v1.2-preview.1 v1.2 v1.3-p"},
    {"v1.2", "policy.token_ttl_min=11m", "longer than policy.token_ttl_default"},
    {"v1.2", "policy.modes=Active", "'Active' is not one of: Passive PassiveActive"},
    {"v1.2", "http.max_upload=1MB", "http.max_upload has no room"},
};

Test(settings_versions, check_and_serve_refuse_the_same)
{
    const char *const environment[] = {"LIVENESSD_UPSTREAM_KEY=k", NULL};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        const struct row *row = &refused[i];
        const char *version = text_of("upstream.api_version=%s", row->version);
        const char *const words[] = {"check", "--set", ENDPOINT, "--set",
                                     version, "--set", row->set, NULL};
        struct finished check = command_run_words(words, environment);
        cr_assert_eq(check.code, 1);
        cr_assert(strstr(check.errors, row->why), "no \"%s\" in: %s", row->why, check.errors);
        const char *errors = NULL;
        cr_assert_eq(daemon_refuses("serve", &words[1], environment, &errors), 1);
        cr_assert(strstr(errors, row->why), "no \"%s\" in: %s", row->why, errors);
    }
}

Test(settings_versions, a_key_and_an_application_are_one_too_many)
{
    const char *const environment[] = {"LIVENESSD_UPSTREAM_KEY=k",
                                       "LIVENESSD_UPSTREAM_ENTRA_CLIENT_SECRET=s", NULL};
    const char *const words[] = {"check",
                                 "--set",
                                 ENDPOINT,
                                 "--set",
                                 "upstream.entra_tenant=t",
                                 "--set",
                                 "upstream.entra_client_id=c",
                                 NULL};
    struct finished check = command_run_words(words, environment);
    cr_assert_eq(check.code, 1);
    cr_assert(strstr(check.errors, "take away the settings of one of them"), "%s", check.errors);
    const char *const only_application[] = {"LIVENESSD_UPSTREAM_ENTRA_CLIENT_SECRET=s", NULL};
    check = command_run_words(words, only_application);
    cr_assert_eq(check.code, 0, "%s", check.errors);
}

Test(settings_versions, the_server_speaks_the_version_it_is_told)
{
    static const struct {
        const char *version, *path;
    } rows[] = {
        {"v1.1-preview.1", "/face/v1.1-preview.1/detectLiveness/singleModal/sessions"},
        {"v1.2-preview.1", "/face/v1.2-preview.1/detectLiveness/singleModal/sessions"},
        {"v1.2", "/face/v1.2/detectLiveness-sessions"},
        {"v1.3-preview.1", "/face/v1.3-preview.1/detectLiveness-sessions"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rig rig = rig_open_set(text_of("upstream.api_version=%s", rows[i].version));
        (void)story_begin(&rig);
        cr_assert_eq(emulator_calls(&rig, "POST", rows[i].path), 1, "%s", rows[i].version);
        cr_assert_eq(emulator_calls(&rig, "POST", "/face"), 1);
        daemon_stop(rig.server);
        daemon_stop(rig.emulator);
    }
}

Test(settings_versions, the_emulator_inside_serves_every_version)
{
    static const char *const versions[] = {"v1.1-preview.1", "v1.2-preview.1", "v1.2",
                                           "v1.3-preview.1"};
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        const char *const arguments[] = {"--set", "upstream.emulator=true",
                                         "--set", "emulator.listen=127.0.0.1:0",
                                         "--set", text_of("upstream.api_version=%s", versions[i]),
                                         NULL};
        struct daemon *server = daemon_start("serve", arguments, NULL);
        expect_status(http_do("POST", daemon_url(server, "http", SESSIONS_PATH), PLAIN_CREATE),
                      200);
        daemon_stop(server);
    }
}
