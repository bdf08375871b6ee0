/*
 * What is decided about a session when it is created: the digest policy of its platform, the
 * address its device is expected at; and that what denies is counted.
 */
#include "support/form.h"
#include "support/rig.h"

#include <criterion/criterion.h>
#include <string.h>

#define V1_3        "upstream.api_version=v1.3-preview.1"
#define FROM_AFAR   "X-Forwarded-For: 203.0.113.9"
#define CREATE(end) "{\"livenessOperationMode\":\"Passive\"" end "}"

static const char *all_sessions(const struct rig *rig)
{
    return daemon_url(rig->server, "http", SESSIONS_PATH);
}

static struct story story_of(const struct http_answer *created)
{
    const char *owner = answer_header(expect_status(created, 200), "x-device-token");
    return (struct story){.id = json_text_at(created->json, "sessionId"),
                          .auth_token = json_text_at(created->json, "authToken"),
                          .owner = owner ? text_of("X-Device-Token: %s", owner) : NULL};
}

static struct story begin(const struct rig *rig, const char *body)
{
    return story_of(http_do("POST", all_sessions(rig), body));
}

static double denied(const struct rig *rig, const char *reason)
{
    return metric_value(rig, text_of("livenessd_verdict_denied_total{reason=\"%s\"}", reason));
}

/* ---- the platform ---- */

Test(session_rules, digest_policies_go_by_the_platform)
{
    static const struct {
        const char *create;
        bool settles;
    } rows[] = {
        {CREATE(",\"platform\":\"ios\""), false},    {CREATE(",\"platform\":\"IOS\""), false},
        {CREATE(",\"platform\":\"web\""), true},     {CREATE(",\"platform\":\"amiga\""), true},
        {CREATE(",\"platform\":\"android\""), true}, {CREATE(""), true},
    };
    struct rig rig = rig_open_set("verdict.digest_by_platform=iOS:require,web:off");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct story story = begin(&rig, rows[i].create);
        const char *digest = play_device(&rig, story.auth_token, SAW_REAL);
        expect_verdict(story_get(&rig, &story), rows[i].settles ? "live" : "pending",
                       rows[i].settles);
        if (!rows[i].settles)
            expect_verdict(story_complete(&rig, &story, digest_body(digest)), "live", true);
    }
}

Test(session_rules, a_wrong_digest_means_nothing_where_the_policy_is_off)
{
    struct rig rig = rig_open_set("verdict.digest_by_platform=web:off");
    struct story web = begin(&rig, CREATE(",\"platform\":\"web\""));
    struct story ios = begin(&rig, CREATE(",\"platform\":\"ios\""));
    play_device(&rig, web.auth_token, SAW_REAL);
    play_device(&rig, ios.auth_token, SAW_REAL);
    expect_verdict(story_complete(&rig, &web, digest_body("00")), "live", true);
    expect_verdict(story_complete(&rig, &ios, digest_body("00")), "compromised", false);
    cr_assert_eq(denied(&rig, "digest_mismatch"), 1);
}

/* The platform of a completion comes too late to choose. */
Test(session_rules, a_completion_changes_no_policy)
{
    struct rig rig = rig_open_set("verdict.digest=require", "verdict.digest_by_platform=web:off");
    struct story story = begin(&rig, CREATE(""));
    play_device(&rig, story.auth_token, SAW_REAL);
    const struct http_answer *answer = story_complete(&rig, &story, "{\"platform\":\"web\"}");
    expect_verdict(answer, "live", false);
    cr_assert(has_reason(answer, "digest_missing"), "%s", answer->body);
    cr_assert_eq(denied(&rig, "digest_missing"), 1);
}

Test(session_rules, a_replica_with_other_settings_keeps_a_session_s_policy)
{
    struct rig rig = rig_open_with((&(struct rig_options){
        .redis = true, .settings = {"verdict.digest_by_platform=ios:require"}}));
    struct rig other =
        rig_replica_at(HERE, &rig, &(struct rig_options){.settings = {"verdict.digest=off"}});
    struct story strict = begin(&rig, CREATE(",\"platform\":\"ios\""));
    struct story lax = begin(&other, CREATE(",\"platform\":\"ios\""));
    const char *digest = play_device(&rig, strict.auth_token, SAW_REAL);
    play_device(&rig, lax.auth_token, SAW_REAL);
    expect_verdict(story_get(&other, &strict), "pending", false);
    expect_verdict(story_get(&rig, &lax), "live", true);
    expect_verdict(story_complete(&other, &strict, digest_body(digest)), "live", true);
}

/* ---- the address ---- */

Test(session_rules, a_device_at_its_address_is_accepted)
{
    struct rig rig = rig_open_set(V1_3, "policy.expected_client_ip=on");
    struct story story = begin(&rig, PLAIN_CREATE);
    play_device(&rig, story.auth_token, SAW_REAL);
    const struct http_answer *answer = story_get(&rig, &story);
    expect_verdict(answer, "live", true);
    cr_assert(json_bool_at(answer->json, "verdict.clientAddressChecked"));
    cr_assert_eq(denied(&rig, "client_address_mismatch"), 0);
}

Test(session_rules, a_device_elsewhere_is_denied_counted_and_logged)
{
    struct rig rig =
        rig_open_set(V1_3, "policy.expected_client_ip=on", "http.trusted_proxies=127.0.0.0/8");
    struct story story = story_of(http_do("POST", all_sessions(&rig), PLAIN_CREATE, FROM_AFAR));
    const struct http_answer *upstream =
        http_do("GET", daemon_url(rig.emulator, "emulator", "/emulator/requests"));
    cr_assert_eq(upstream->status, 200);
    play_device(&rig, story.auth_token, SAW_REAL);
    const struct http_answer *answer = story_get(&rig, &story);
    expect_verdict(answer, "live", false);
    cr_assert(has_reason(answer, "client_address_mismatch"), "%s", answer->body);
    cr_assert_not(json_bool_at(answer->json, "verdict.clientAddressChecked"));
    cr_assert_str_eq(json_text_at(answer->json, "verdict.retry"), "new_session");
    cr_assert_eq(denied(&rig, "client_address_mismatch"), 1);
    expect_soon(daemon_log_contains(rig.server, "\"reason\":\"client_address_mismatch\""));
    cr_assert_not(daemon_log_contains(rig.server, "203.0.113.9"),
                  "the address is nobody's business");
    cr_assert_null(strstr(answer->body, "203.0.113.9"));
}

/* Whoever no proxy of ours vouches for is where their connection comes from. */
Test(session_rules, an_address_that_a_client_names_itself_counts_for_nothing)
{
    struct rig rig = rig_open_set(V1_3, "policy.expected_client_ip=on");
    struct story story = story_of(http_do("POST", all_sessions(&rig), PLAIN_CREATE, FROM_AFAR));
    play_device(&rig, story.auth_token, SAW_REAL);
    expect_verdict(story_get(&rig, &story), "live", true);
}

Test(session_rules, verify_sessions_are_expected_at_their_address_too)
{
    struct rig rig =
        rig_open_set(V1_3, "policy.expected_client_ip=on", "http.trusted_proxies=127.0.0.0/8");
    const struct form_field fields[] = {{"livenessOperationMode", "Passive"}, {NULL, NULL}};
    struct story story =
        story_of(form_send(daemon_url(rig.server, "http", VERIFY_PATH), form_plain, fields,
                           picture(2000, 1), (const char *const[4]){FROM_AFAR}));
    play_verify_device(&rig, story.auth_token, SAW_REAL);
    const struct http_answer *answer =
        http_do("GET", daemon_url(rig.server, "http", text_of(VERIFY_PATH "/%s", story.id)), NULL,
                story.owner);
    expect_verdict(answer, "live", false);
    cr_assert(has_reason(answer, "client_address_mismatch"), "%s", answer->body);
}

Test(session_rules, a_backend_may_be_elsewhere_than_its_devices)
{
    struct rig rig = rig_open_set(
        V1_3, "policy.expected_client_ip=on", "http.trusted_proxies=127.0.0.0/8",
        "auth.mode=app_token",
        text_of("auth.app_tokens=%s", app_token_entry("b", "t0ken", "liveness:delegate")));
    struct story story = story_of(http_do("POST", all_sessions(&rig), PLAIN_CREATE, FROM_AFAR,
                                          "Authorization: Bearer t0ken"));
    story.owner = "Authorization: Bearer t0ken";
    play_device(&rig, story.auth_token, SAW_REAL);
    const struct http_answer *answer = story_get(&rig, &story);
    expect_verdict(answer, "live", true);
    cr_assert_null(strstr(answer->body, "clientAddressChecked"));
}

/* ---- what denies is counted ---- */

Test(session_rules, abuse_denies_and_is_counted)
{
    struct rig rig = rig_open_set(V1_3);
    expect_status(http_do("PATCH",
                          daemon_url(rig.emulator, "emulator", "/face/v1.3-preview.1/settings"),
                          "{\"livenessAbuseMonitoring\":{\"enabled\":true}}",
                          "Ocp-Apim-Subscription-Key: " UPSTREAM_KEY),
                  200);
    struct story story = begin(&rig, PLAIN_CREATE);
    play_device(&rig, story.auth_token, "{\"abuse\":true}");
    const struct http_answer *answer = story_get(&rig, &story);
    expect_verdict(answer, "live", false);
    cr_assert(has_reason(answer, "abuse_detected"), "%s", answer->body);
    cr_assert(json_bool_at(answer->json, "verdict.abuse.detected"));
    cr_assert_str_eq(json_text_at(answer->json, "verdict.retry"), "stop");
    cr_assert_eq(denied(&rig, "abuse_detected"), 1);
    cr_assert_eq(metric_sum(&rig, "livenessd_verdict_denied_total", NULL), 1);
    expect_soon(daemon_log_contains(rig.server, "\"reason\":\"abuse_detected\""));
}

Test(session_rules, an_accepted_verdict_is_not_counted_as_denied)
{
    struct rig rig = rig_open();
    struct story good = begin(&rig, PLAIN_CREATE);
    play_device(&rig, good.auth_token, SAW_REAL);
    expect_verdict(story_get(&rig, &good), "live", true);
    cr_assert_eq(metric_sum(&rig, "livenessd_verdict_denied_total", NULL), 0);
    struct story bad = begin(&rig, PLAIN_CREATE);
    play_device(&rig, bad.auth_token, SAW_SPOOF);
    expect_verdict(story_get(&rig, &bad), "spoof", false);
    cr_assert_eq(denied(&rig, "spoof"), 1);
}
