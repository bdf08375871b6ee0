/*
 * Who may do what: a session is its owner's alone, and a wrong credential is nobody's.
 */
#include "base/crypto.h"
#include "support/device_token.h"

#include <criterion/criterion.h>
#include <string.h>

/* A setting with two app tokens and an operator's. */
static const char *three_tokens(void)
{
    const char *const tokens[] = {"token-one", "token-two", "token-operator"};
    char hex[3][SHA256_HEX];
    for (size_t i = 0; i < 3; i++) {
        uint8_t hash[SHA256_BYTES];
        sha256(tokens[i], strlen(tokens[i]), hash);
        hex_encode(hash, sizeof hash, hex[i]);
    }
    return text_of("auth.app_tokens=one:%s,two:%s,ops:%s:liveness:operate", hex[0], hex[1], hex[2]);
}

#define ONE      "Authorization: Bearer token-one"
#define TWO      "Authorization: Bearer token-two"
#define OPERATOR "Authorization: Bearer token-operator"

static struct story create_as(const struct rig *rig, const char *owner)
{
    const struct http_answer *created =
        http_do("POST", daemon_url(rig->server, "http", SESSIONS_PATH), PLAIN_CREATE, owner);
    expect_status(created, 200);
    return (struct story){.id = json_text_at(created->json, "sessionId"),
                          .auth_token = json_text_at(created->json, "authToken"),
                          .owner = owner};
}

static void expect_nobodys(const struct rig *rig, struct story story, const char *caller)
{
    story.owner = caller;
    expect_error(story_get(rig, &story), 404, "SessionNotFound");
    expect_error(story_complete(rig, &story, "{}"), 404, "SessionNotFound");
    expect_error(story_delete(rig, &story), 404, "SessionNotFound");
}

Test(ownership, another_device_sees_what_it_would_see_of_no_session)
{
    struct rig rig = rig_open();
    struct story mine = story_begin(&rig);
    struct story yours = story_begin(&rig);
    expect_nobodys(&rig, mine, yours.owner);
    struct story unknown = {.id = "01a20114-a636-7761-8409-aec159ed8510", .owner = yours.owner};
    expect_nobodys(&rig, unknown, yours.owner);
    expect_verdict(story_get(&rig, &mine), "pending", false);
    /* settled sessions come from another place and are as closed */
    play_device(&rig, mine.auth_token, SAW_REAL);
    expect_verdict(story_get(&rig, &mine), "live", true);
    expect_nobodys(&rig, mine, yours.owner);
}

Test(ownership, a_session_route_needs_a_device_token)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    const char *const none[] = {NULL,
                                "X-Device-Token: ", "X-Device-Token: eyJhbGciOiJIUzI1NiJ9.e30.AA",
                                "X-Device-Token: nonsense", "Cookie: livenessd_device=nonsense"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        story.owner = none[i];
        const struct http_answer *refused = story_get(&rig, &story);
        expect_error(refused, 401, "NotAuthenticated");
        cr_assert_not_null(answer_header(refused, "www-authenticate"));
        expect_error(story_complete(&rig, &story, "{}"), 401, "NotAuthenticated");
        expect_error(story_delete(&rig, &story), 401, "NotAuthenticated");
    }
}

Test(ownership, a_wrong_credential_never_becomes_anonymous)
{
    struct rig rig = rig_open_set("auth.mode=anonymous,app_token", three_tokens());
    const char *all = daemon_url(rig.server, "http", SESSIONS_PATH);
    const char *const wrong[] = {"Authorization: Bearer token-none",
                                 "Authorization: Basic dG9rZW4tb25lOg==",
                                 "Authorization: Bearer ",
                                 "Authorization: token-one",
                                 "Ocp-Apim-Subscription-Key: token-none",
                                 "Ocp-Apim-Subscription-Key: token-onetoken-one"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        expect_error(http_do("POST", all, PLAIN_CREATE, wrong[i]), 401, "NotAuthenticated");
    expect_error(http_do("POST", all, PLAIN_CREATE, ONE, TWO), 401, "NotAuthenticated");
    expect_error(http_do("POST", all, PLAIN_CREATE, ONE, "Ocp-Apim-Subscription-Key: token-two"),
                 401, "NotAuthenticated");
    cr_assert_eq(emulator_calls(&rig, "POST", FACE_SESSIONS_PATH), 0);
    expect_status(http_do("POST", all, PLAIN_CREATE), 200);
    expect_status(http_do("POST", all, PLAIN_CREATE, ONE), 200);
}

Test(ownership, without_anonymous_mode_a_create_needs_a_token)
{
    struct rig rig = rig_open_set("auth.mode=app_token", three_tokens());
    const char *all = daemon_url(rig.server, "http", SESSIONS_PATH);
    expect_error(http_do("POST", all, PLAIN_CREATE), 401, "NotAuthenticated");
    expect_error(http_do("POST", daemon_url(rig.server, "http", "/api/devices")), 404,
                 "RouteNotFound");
    cr_assert_eq(emulator_calls(&rig, "POST", FACE_SESSIONS_PATH), 0);
}

Test(ownership, app_tokens_do_not_share_sessions)
{
    struct rig rig = rig_open_set("auth.mode=app_token", three_tokens());
    struct story story = create_as(&rig, ONE);
    expect_nobodys(&rig, story, TWO);
    expect_verdict(story_get(&rig, &story), "pending", false);
}

Test(ownership, an_operator_reads_and_deletes_but_does_not_complete)
{
    struct rig rig = rig_open_set("auth.mode=app_token", three_tokens());
    struct story story = create_as(&rig, ONE);
    story.owner = OPERATOR;
    expect_verdict(story_get(&rig, &story), "pending", false);
    expect_error(story_complete(&rig, &story, "{}"), 403, "Forbidden");
    expect_status(story_delete(&rig, &story), 204);
    story.owner = ONE;
    expect_error(story_get(&rig, &story), 404, "SessionNotFound");
}

Test(ownership, upstream_gets_a_pseudonym_that_follows_the_device)
{
    struct rig rig = rig_open();
    struct story first = story_begin(&rig);
    const char *body =
        "{\"livenessOperationMode\":\"Passive\",\"deviceCorrelationId\":\"my-own-id\"}";
    expect_status(http_do("POST", daemon_url(rig.server, "http", SESSIONS_PATH), body, first.owner),
                  200);
    (void)story_begin(&rig);
    const struct http_answer *upstream =
        http_do("GET", daemon_url(rig.emulator, "emulator", "/emulator/sessions"));
    const char *a = json_text_at(upstream->json, "sessions[0].deviceCorrelationId");
    const char *again = json_text_at(upstream->json, "sessions[1].deviceCorrelationId");
    const char *other = json_text_at(upstream->json, "sessions[2].deviceCorrelationId");
    cr_assert_str_eq(a, again);
    cr_assert_str_neq(a, other);
    cr_assert_null(strstr(upstream->body, "my-own-id"));
}

#define DEVICE "0b9d4c1e-7a52-4a35-9d0f-3f1f6a1f2b3c"

Test(ownership, an_expired_device_token_counts_as_none)
{
    struct rig rig = rig_open();
    struct story story = {.id = "01a20114-a636-7761-8409-aec159ed8510"};
    story.owner = device_token_of(&rig, DEVICE, 179);
    expect_error(story_get(&rig, &story), 404, "SessionNotFound");
    story.owner = device_token_of(&rig, DEVICE, 181);
    expect_error(story_get(&rig, &story), 401, "NotAuthenticated");
    expect_error(story_complete(&rig, &story, "{}"), 401, "NotAuthenticated");
    expect_error(story_delete(&rig, &story), 401, "NotAuthenticated");
    /* a create mints a new one instead */
    const struct http_answer *created =
        http_do("POST", daemon_url(rig.server, "http", SESSIONS_PATH), PLAIN_CREATE, story.owner);
    expect_status(created, 200);
    cr_assert_not_null(answer_header(created, "x-device-token"));
}
