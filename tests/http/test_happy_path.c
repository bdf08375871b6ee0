/*
 * The main job from end to end, over both mounts and with every kind of credential.
 */
#include "base/crypto.h"
#include "support/rig.h"

#include <criterion/criterion.h>
#include <string.h>

#define APP_TOKEN "app-token-of-the-tests-1"

/* "auth.app_tokens" with the token above. */
static const char *app_token_setting(void)
{
    uint8_t hash[SHA256_BYTES];
    char hex[SHA256_HEX];
    sha256(APP_TOKEN, strlen(APP_TOKEN), hash);
    hex_encode(hash, sizeof hash, hex);
    return text_of("auth.app_tokens=tests:%s", hex);
}

/* Create, check, complete, read, delete at this mount, as whoever the header says. */
static void whole_story(const struct rig *rig, const char *mount, const char *owner)
{
    const char *all = daemon_url(rig->server, "http", mount);
    const struct http_answer *created =
        expect_status(http_do("POST", all, PLAIN_CREATE, owner), 200);
    const char *one = text_of("%s/%s", all, json_text_at(created->json, "sessionId"));
    if (!owner)
        owner = text_of("X-Device-Token: %s", answer_header(created, "x-device-token"));
    expect_verdict(http_do("GET", one, NULL, owner), "pending", false);
    const char *digest = play_device(rig, json_text_at(created->json, "authToken"), SAW_REAL);
    expect_verdict(http_do("POST", text_of("%s/completion", one), digest_body(digest), owner),
                   "live", true);
    expect_verdict(http_do("GET", one, NULL, owner), "live", true);
    expect_status(http_do("DELETE", one, NULL, owner), 204);
    expect_error(http_do("GET", one, NULL, owner), 404, "SessionNotFound");
    expect_error(http_do("DELETE", one, NULL, owner), 404, "SessionNotFound");
}

Test(happy_path, a_new_device_goes_the_whole_way_under_api)
{
    struct rig rig = rig_open();
    whole_story(&rig, SESSIONS_PATH, NULL);
    expect_soon(emulator_sessions(&rig) == 0);
}

Test(happy_path, a_new_device_goes_the_whole_way_under_face)
{
    struct rig rig = rig_open();
    whole_story(&rig, FACE_SESSIONS_PATH, NULL);
    expect_soon(emulator_sessions(&rig) == 0);
}

Test(happy_path, app_tokens_work_as_bearer_and_as_subscription_key)
{
    struct rig rig = rig_open_set("auth.mode=app_token", app_token_setting());
    whole_story(&rig, SESSIONS_PATH, "Authorization: Bearer " APP_TOKEN);
    whole_story(&rig, FACE_SESSIONS_PATH, "Ocp-Apim-Subscription-Key: " APP_TOKEN);
}

Test(happy_path, the_cookie_is_a_credential_as_good_as_the_header)
{
    struct rig rig = rig_open();
    const char *all = daemon_url(rig.server, "http", SESSIONS_PATH);
    const struct http_answer *created = expect_status(http_do("POST", all, PLAIN_CREATE), 200);
    const char *cookie = answer_header(created, "set-cookie");
    cr_assert_not_null(cookie);
    cr_assert(strstr(cookie, "HttpOnly") && strstr(cookie, "SameSite=Lax"), "%s", cookie);
    const char *one = text_of("%s/%s", all, json_text_at(created->json, "sessionId"));
    const char *header = text_of("Cookie: %.*s", (int)strcspn(cookie, ";"), cookie);
    expect_verdict(http_do("GET", one, NULL, header), "pending", false);
}

Test(happy_path, a_device_may_ask_for_its_token_first)
{
    struct rig rig = rig_open();
    const struct http_answer *device =
        expect_status(http_do("POST", daemon_url(rig.server, "http", "/api/devices")), 200);
    cr_assert_gt(json_number_at(device->json, "expiresInSeconds"), 0);
    const char *owner = text_of("X-Device-Token: %s", answer_header(device, "x-device-token"));
    const struct http_answer *created =
        http_do("POST", daemon_url(rig.server, "http", SESSIONS_PATH), PLAIN_CREATE, owner);
    expect_status(created, 200);
    cr_assert_null(answer_header(created, "x-device-token"), "a known device got a new token");
    struct story story = {.id = json_text_at(created->json, "sessionId"), .owner = owner};
    expect_verdict(story_get(&rig, &story), "pending", false);
}

Test(happy_path, the_answer_of_a_create_is_what_frontends_expect)
{
    struct rig rig = rig_open();
    const struct http_answer *created =
        http_do("POST", daemon_url(rig.server, "http", SESSIONS_PATH),
                "{\"livenessOperationMode\":\"passiveactive\",\"authTokenTimeToLiveInSeconds\":900,"
                "\"deviceCorrelationId\":\"\",\"sendResultsToClient\":\"false\",\"unknown\":[1]}");
    expect_status(created, 200);
    cr_assert_eq(strlen(json_text_at(created->json, "sessionId")), 36);
    cr_assert_eq(strncmp(json_text_at(created->json, "authToken"), "eyJ", 3), 0);
    double left = json_number_at(created->json, "authTokenExpiresInSeconds");
    cr_assert(left > 890 && left <= 900, "%f", left);
    cr_assert_str_eq(json_text_at(created->json, "status"), "NotStarted");
    cr_assert_eq(cJSON_GetArraySize(json_at(created->json, "results.attempts")), 0);
    cr_assert_str_eq(answer_header(created, "cache-control"), "no-store");
    cr_assert_str_eq(answer_header(created, "x-content-type-options"), "nosniff");
    cr_assert_not_null(answer_header(created, "x-request-id"));
    cr_assert_null(answer_header(created, "server"));
}

Test(happy_path, the_client_never_sees_upstreams_id_token_or_digest)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    const struct http_answer *upstream =
        http_do("GET", daemon_url(rig.emulator, "emulator", "/emulator/sessions"));
    const char *upstream_id = json_text_at(upstream->json, "sessions[0].sessionId");
    const char *digest = play_device(&rig, story.auth_token, SAW_REAL);
    const struct http_answer *shown = story_complete(&rig, &story, digest_body(digest));
    expect_verdict(shown, "live", true);
    cr_assert_str_neq(story.id, upstream_id);
    cr_assert_null(strstr(shown->body, upstream_id));
    cr_assert_null(strstr(shown->body, digest));
    cr_assert_null(strstr(shown->body, story.auth_token));
}

Test(happy_path, paths_match_in_any_case_and_with_repeated_slashes)
{
    struct rig rig = rig_open();
    expect_status(http_do("POST", daemon_url(rig.server, "http", "//API//detectliveness-SESSIONS/"),
                          PLAIN_CREATE),
                  200);
    expect_status(http_do("POST",
                          daemon_url(rig.server, "http", FACE_SESSIONS_PATH "?api-version=x"),
                          PLAIN_CREATE),
                  200);
}
