/*
 * What a frontend may choose: each setting of policy.*, what it refuses and how that is said, and
 * what gets upstream when a frontend leaves a choice open.
 */
#include "support/form.h"
#include "support/rig.h"

#include <criterion/criterion.h>
#include <string.h>

#define BODY(members) "{\"livenessOperationMode\":\"Passive\"" members "}"

static const struct http_answer *create(const struct rig *rig, const char *body)
{
    return http_do("POST", daemon_url(rig->server, "http", SESSIONS_PATH), body);
}

static const struct http_answer *create_verify(const struct rig *rig,
                                               const struct form_field *fields, size_t size)
{
    return form_send(daemon_url(rig->server, "http", VERIFY_PATH), form_plain, fields,
                     picture(size, 1), NULL);
}

/* Refused before anything is sent, in a sentence that says what is allowed. */
static void expect_policy(const struct http_answer *answer, const char *allowed)
{
    expect_error(answer, 400, "NotAllowedByPolicy");
    cr_assert(strstr(json_text_at(answer->json, "error.message"), allowed), "%s", answer->body);
}

Test(policy, modes_are_named)
{
    struct rig rig = rig_open_set("policy.modes=PassiveActive");
    expect_policy(create(&rig, BODY("")), "PassiveActive");
    expect_status(create(&rig, "{\"livenessOperationMode\":\"passiveactive\"}"), 200);
    expect_error(create(&rig, "{\"livenessOperationMode\":\"Active\"}"), 400,
                 "InvalidLivenessOperationMode");
    cr_assert_eq(emulator_calls(&rig, "POST", "/face"), 1);
}

Test(policy, token_lifetimes_are_named)
{
    struct rig rig = rig_open_set("policy.token_ttl_min=2m", "policy.token_ttl_max=20m",
                                  "policy.token_ttl_default=5m");
    expect_policy(create(&rig, BODY(",\"authTokenTimeToLiveInSeconds\":119")), "120");
    expect_policy(create(&rig, BODY(",\"authTokenTimeToLiveInSeconds\":1201")), "1200");
    expect_error(create(&rig, BODY(",\"authTokenTimeToLiveInSeconds\":59")), 400,
                 "InvalidTokenLifetime");
    const struct http_answer *created =
        expect_status(create(&rig, BODY(",\"authTokenTimeToLiveInSeconds\":1200")), 200);
    cr_assert_gt(json_number_at(created->json, "authTokenExpiresInSeconds"), 1190);
    created = expect_status(create(&rig, BODY("")), 200);
    double left = json_number_at(created->json, "authTokenExpiresInSeconds");
    cr_assert(left <= 300 && left > 290, "%f", left);
}

Test(policy, models_are_named)
{
    struct rig rig = rig_open_set("policy.models=2025-05-20,2024-11-15");
    const struct http_answer *refused =
        create(&rig, BODY(",\"livenessModelVersion\":\"2022-10-15\""));
    expect_policy(refused, "2025-05-20");
    expect_policy(refused, "2024-11-15");
    const struct http_answer *created =
        expect_status(create(&rig, BODY(",\"livenessModelVersion\":\"2024-11-15\"")), 200);
    cr_assert_str_eq(json_text_at(created->json, "modelVersion"), "2024-11-15");
    created = expect_status(create(&rig, BODY("")), 200);
    cr_assert_str_eq(json_text_at(created->json, "modelVersion"), "2025-05-20");
}

Test(policy, session_images_may_be_forbidden)
{
    struct rig rig = rig_open_set("policy.session_image=never");
    expect_policy(create(&rig, BODY(",\"enableSessionImage\":true")), "false");
    expect_status(create(&rig, BODY(",\"enableSessionImage\":false")), 200);
    expect_status(create(&rig, BODY("")), 200);
}

Test(policy, session_images_may_be_kept_always)
{
    struct rig rig = rig_open_set("policy.session_image=always");
    expect_policy(create(&rig, BODY(",\"enableSessionImage\":false")), "true");
    expect_status(create(&rig, BODY("")), 200);
}

Test(policy, attempts_are_capped_where_there_is_a_choice)
{
    struct rig rig = rig_open_set("upstream.api_version=v1.3-preview.1", "policy.attempts_max=2",
                                  "policy.attempts_default=2");
    expect_policy(create(&rig, BODY(",\"numberOfClientAttemptsAllowed\":3")), "2");
    struct story story = story_begin(&rig);
    play_device(&rig, story.auth_token, SAW_MASK);
    expect_verdict(story_get(&rig, &story), "pending", false);
    play_device(&rig, story.auth_token, SAW_MASK);
    expect_verdict(story_get(&rig, &story), "error", false);
}

Test(policy, attempts_asked_for_are_attempts_had)
{
    struct rig rig = rig_open_set("upstream.api_version=v1.3-preview.1");
    struct story one = story_begin(&rig); /* the default */
    play_device(&rig, one.auth_token, SAW_MASK);
    expect_verdict(story_get(&rig, &one), "error", false);
    const struct http_answer *created =
        expect_status(create(&rig, BODY(",\"numberOfClientAttemptsAllowed\":3")), 200);
    struct story three = {
        .id = json_text_at(created->json, "sessionId"),
        .auth_token = json_text_at(created->json, "authToken"),
        .owner = text_of("X-Device-Token: %s", answer_header(created, "x-device-token"))};
    for (int i = 0; i < 2; i++) {
        play_device(&rig, three.auth_token, SAW_MASK);
        expect_verdict(story_get(&rig, &three), "pending", false);
    }
    play_device(&rig, three.auth_token, SAW_REAL);
    expect_verdict(story_get(&rig, &three), "live", true);
}

static bool upstream_has_device_id(const struct rig *rig)
{
    const struct http_answer *alive =
        http_do("GET", daemon_url(rig->emulator, "emulator", "/emulator/sessions"));
    const cJSON *id = json_find(alive->json, "sessions[0].deviceCorrelationId");
    return cJSON_IsString(id) && id->valuestring[0] != '\0';
}

Test(policy, an_id_is_minted_even_when_the_client_wants_to_set_it)
{
    struct rig rig = rig_open();
    expect_status(create(&rig, BODY(",\"deviceCorrelationIdSetInClient\":true")), 200);
    cr_assert(upstream_has_device_id(&rig));
}

Test(policy, clients_may_be_let_set_the_id)
{
    struct rig rig = rig_open_set("policy.set_in_client=true");
    expect_status(create(&rig, BODY(",\"deviceCorrelationIdSetInClient\":true")), 200);
    cr_assert_not(upstream_has_device_id(&rig));
}

Test(policy, reference_images_have_a_cap)
{
    struct rig rig = rig_open_set("policy.verify_image_max=100KB");
    const struct form_field fields[] = {{"livenessOperationMode", "Passive"}, {NULL, NULL}};
    expect_status(create_verify(&rig, fields, (size_t)100 * 1024), 200);
    expect_error(create_verify(&rig, fields, (size_t)100 * 1024 + 1), 400, "InvalidImageSize");
}

Test(policy, a_threshold_cannot_be_undercut)
{
    struct rig rig = rig_open_set("policy.verify_confidence_threshold=0.8");
    const struct form_field lower[] = {
        {"livenessOperationMode", "Passive"}, {"verifyConfidenceThreshold", "0.79"}, {NULL, NULL}};
    const struct form_field none[] = {{"livenessOperationMode", "Passive"}, {NULL, NULL}};
    expect_policy(create_verify(&rig, lower, 2000), "0.8");
    const struct http_answer *created = expect_status(create_verify(&rig, none, 2000), 200);
    play_verify_device(&rig, json_text_at(created->json, "authToken"),
                       "{\"matchConfidence\":0.79}");
    const char *one = daemon_url(
        rig.server, "http", text_of(VERIFY_PATH "/%s", json_text_at(created->json, "sessionId")));
    const struct http_answer *answer = http_do(
        "GET", one, NULL, text_of("X-Device-Token: %s", answer_header(created, "x-device-token")));
    expect_verdict(answer, "live", false);
    cr_assert(has_reason(answer, "not_identical"), "%s", answer->body);
}
