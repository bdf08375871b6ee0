/*
 * Creates that are repeated under an Idempotency-Key: one session, one answer; who and what does
 * not count as a repeat; what is kept of it. Repeats of a first that is under way:
 * test_idempotency_races.c.
 */
#include "support/command.h"
#include "support/form.h"
#include "support/repeating.h"

#include <criterion/criterion.h>
#include <string.h>

#define APP   "Authorization: Bearer token-app"
#define OTHER "Authorization: Bearer token-other"

static const struct form_field passive[] = {{"livenessOperationMode", "Passive"}, {NULL, NULL}};

static struct rig rig_with_apps(const char *setting)
{
    return rig_open_set("auth.mode=anonymous,app_token",
                        text_of("auth.app_tokens=%s,%s", app_token_entry("app", "token-app", NULL),
                                app_token_entry("other", "token-other", NULL)),
                        "policy.verify_image=client_allowed", setting);
}

/* ---- the same answer ---- */

Test(idempotency, is_honoured_on_every_create_route)
{
    static const char *const routes[] = {
        SESSIONS_PATH,
        VERIFY_PATH,
        "/face/v1.2/detectLiveness-sessions",
        "/face/v1.2/detectLivenessWithVerify-sessions",
        "/face/v1.3-preview.1/detectLiveness-sessions",
        "/face/v1.3-preview.1/detectLivenessWithVerify-sessions",
        "/face/v1.1-preview.1/detectLiveness/singleModal/sessions",
        "/face/v1.1-preview.1/detectLivenessWithVerify/singleModal/sessions",
        "/face/v1.2-preview.1/detectLiveness/singleModal/sessions",
        "/face/v1.2-preview.1/detectLivenessWithVerify/singleModal/sessions",
    };
    enum { ROUTES = sizeof routes / sizeof *routes };
    struct rig rig = rig_with_apps(NULL);
    for (unsigned i = 0; i < ROUTES; i++) {
        const char *key = text_of("Idempotency-Key: route %u", i);
        const struct http_answer *first = create_keyed_at(&rig, routes[i], PLAIN_CREATE, APP, key);
        expect_repeat(first, create_keyed_at(&rig, routes[i], PLAIN_CREATE, APP, key));
        cr_assert_eq(emulator_calls(&rig, "POST", "/face/v1.2/"), i + 1);
    }
}

Test(idempotency, a_session_of_a_repeat_can_be_used)
{
    struct rig rig = rig_open();
    const char *owner = new_device(&rig);
    (void)create_keyed(&rig, owner, KEY_ONE);
    const struct http_answer *repeat = create_keyed(&rig, owner, KEY_ONE);
    struct story story = {.id = json_text_at(repeat->json, "sessionId"),
                          .auth_token = json_text_at(repeat->json, "authToken"),
                          .owner = owner};
    const char *digest = play_device(&rig, story.auth_token, SAW_REAL);
    expect_verdict(story_complete(&rig, &story, digest_body(digest)), "live", true);
}

Test(idempotency, looks_at_what_the_body_says_not_at_its_bytes)
{
    struct rig rig = rig_open();
    const char *owner = new_device(&rig);
    const struct http_answer *first = create_keyed_at(
        &rig, SESSIONS_PATH, "{\"livenessOperationMode\":\"Passive\",\"transactionId\":\"t1\"}",
        owner, KEY_ONE);
    const char *same = " {\"unknown\": [1], \"transactionId\": \"t1\",\n"
                       "  \"livenessOperationMode\": \"passive\"}";
    expect_repeat(first, create_keyed_at(&rig, SESSIONS_PATH, same, owner, KEY_ONE));
    expect_repeat(first, create_keyed_at(&rig, FACE_SESSIONS_PATH, same, owner, KEY_ONE));
    cr_assert_eq(upstream_creates(&rig), 1);
}

Test(idempotency, looks_at_a_picture_not_at_the_form_around_it)
{
    struct rig rig = rig_open();
    const char *const headers[4] = {new_device(&rig), KEY_ONE};
    const char *url = daemon_url(rig.server, "http", VERIFY_PATH);
    const struct http_answer *first =
        form_send(url, form_plain, passive, picture(200000, 1), headers);
    for (const struct form_style *style = form_styles; style->name; style++)
        expect_repeat(first, form_send(url, style, passive, picture(200000, 1), headers));
    expect_error(form_send(url, form_plain, passive, picture(200000, 2), headers), 422,
                 "IdempotencyMismatch");
    cr_assert_eq(emulator_calls(&rig, "POST", "/face/v1.2/"), 1);
}

Test(idempotency, shows_the_answer_of_then_though_the_session_went_on)
{
    struct rig rig = rig_open();
    const char *const headers[4] = {new_device(&rig), KEY_ONE};
    const char *url = daemon_url(rig.server, "http", VERIFY_PATH);
    const struct http_answer *first =
        form_send(url, form_plain, passive, picture(2000, 1), headers);
    const char *id = json_text_at(first->json, "sessionId");
    play_verify_device(&rig, json_text_at(first->json, "authToken"), SAW_REAL);
    expect_verdict(http_do("GET", text_of("%s/%s", url, id), NULL, headers[0]), "live", true);
    expect_repeat(first, form_send(url, form_plain, passive, picture(2000, 1), headers));
}

Test(idempotency, the_time_left_is_counted_anew)
{
    struct sync_control *sync = sync_control_new();
    struct rig rig = rig_open_with(&(struct rig_options){.sync = sync});
    const char *owner = new_device(&rig);
    const struct http_answer *first = create_keyed(&rig, owner, KEY_ONE);
    sync_advance_clock(sync, 100000);
    const struct http_answer *repeat = create_keyed(&rig, owner, KEY_ONE);
    expect_repeat(first, repeat);
    cr_assert_leq(json_number_at(repeat->json, "authTokenExpiresInSeconds"),
                  json_number_at(first->json, "authTokenExpiresInSeconds") - 100);
}

/* ---- no repeat ---- */

Test(idempotency, another_body_under_the_key_is_refused)
{
    struct rig rig = rig_open();
    static const char *const bodies[] = {
        "{\"livenessOperationMode\":\"PassiveActive\"}",
        "{\"livenessOperationMode\":\"Passive\",\"transactionId\":\"t1\"}",
        "{\"livenessOperationMode\":\"Passive\",\"deviceCorrelationId\":\"\"}",
        "{\"livenessOperationMode\":\"Passive\",\"authTokenTimeToLiveInSeconds\":601}",
        "{\"livenessOperationMode\":\"Passive\",\"platform\":\"web\"}",
    };
    const char *owner = new_device(&rig);
    const struct http_answer *first = create_keyed(&rig, owner, KEY_ONE);
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        expect_error(create_keyed_at(&rig, SESSIONS_PATH, bodies[i], owner, KEY_ONE), 422,
                     "IdempotencyMismatch");
    expect_error(create_keyed_at(&rig, "/face/v1.1-preview.1/detectLiveness/singleModal/sessions",
                                 PLAIN_CREATE, owner, KEY_ONE),
                 422, "IdempotencyMismatch");
    expect_repeat(first, create_keyed(&rig, owner, KEY_ONE));
    cr_assert_eq(upstream_creates(&rig), 1);
}

Test(idempotency, keys_of_different_principals_never_meet)
{
    struct rig rig = rig_with_apps(NULL);
    const char *const owners[] = {new_device(&rig), new_device(&rig), APP, OTHER};
    const struct http_answer *firsts[4];
    for (size_t i = 0; i < 4; i++)
        firsts[i] = create_keyed(&rig, owners[i], KEY_ONE);
    for (size_t i = 0; i < 4; i++) {
        expect_repeat(firsts[i], create_keyed(&rig, owners[i], KEY_ONE));
        expect_another(firsts[i], firsts[(i + 1) % 4]);
    }
    cr_assert_eq(upstream_creates(&rig), 4);
}

Test(idempotency, another_key_or_none_makes_another_session)
{
    struct rig rig = rig_open();
    const char *owner = new_device(&rig);
    const struct http_answer *first = create_keyed(&rig, owner, KEY_ONE);
    expect_another(first, create_keyed(&rig, owner, KEY_TWO));
    expect_another(first, create_keyed(&rig, owner, "Idempotency-Key: 7F0C2F5E-ONE"));
    expect_another(first, create_keyed(&rig, owner, NULL));
    cr_assert_eq(upstream_creates(&rig), 4);
}

Test(idempotency, keys_have_1_to_255_printable_characters_and_come_once)
{
    struct rig rig = rig_with_apps(NULL);
    const char *longest = text_of("Idempotency-Key: %0255d", 0);
    expect_repeat(create_keyed(&rig, APP, longest), create_keyed(&rig, APP, longest));
    const char *const wrong[] = {
        "Idempotency-Key;", /* how curl sends an empty one */
        text_of("Idempotency-Key: %0256d", 0),
        "Idempotency-Key: schl\xc3\xbcssel",
        "Idempotency-Key: a\tb",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        expect_error(create_keyed(&rig, APP, wrong[i]), 400, "BadArgument");
    expect_error(http_do("POST", daemon_url(rig.server, "http", SESSIONS_PATH), PLAIN_CREATE, APP,
                         KEY_ONE, KEY_ONE),
                 400, "BadArgument");
    cr_assert_eq(upstream_creates(&rig), 1);
}

Test(idempotency, an_anonymous_caller_must_be_a_device_already)
{
    struct rig rig = rig_open();
    const char *const owners[] = {"X-Other: 1", "X-Device-Token: no.such.token",
                                  "Cookie: livenessd_device=no.such.token"};
    for (size_t i = 0; i < sizeof owners / sizeof *owners; i++) {
        const struct http_answer *refused = create_keyed(&rig, owners[i], KEY_ONE);
        expect_error(refused, 400, "DeviceTokenRequired");
        cr_assert_null(answer_header(refused, "x-device-token"));
        cr_assert_null(answer_header(refused, "set-cookie"));
    }
    expect_error(create_keyed(&rig, "Authorization: Bearer nobody", KEY_ONE), 401,
                 "NotAuthenticated");
    cr_assert_eq(upstream_creates(&rig), 0);
}

Test(idempotency, ends_with_the_session)
{
    struct rig rig = rig_open();
    struct story story = {.owner = new_device(&rig)};
    const struct http_answer *first = create_keyed(&rig, story.owner, KEY_ONE);
    story.id = json_text_at(first->json, "sessionId");
    expect_status(story_delete(&rig, &story), 204);
    const struct http_answer *second = create_keyed(&rig, story.owner, KEY_ONE);
    expect_another(first, second);
    expect_repeat(second, create_keyed(&rig, story.owner, KEY_ONE));
    cr_assert_eq(upstream_creates(&rig), 2);
}

/* At once, not when somebody gets round to clearing it. */
Test(idempotency, ends_with_the_token)
{
    struct sync_control *sync = sync_control_new();
    struct rig rig = rig_open_with(&(struct rig_options){.sync = sync});
    const char *owner = new_device(&rig);
    const struct http_answer *first = create_keyed(&rig, owner, KEY_ONE);
    sync_advance_clock(sync, 599000);
    expect_repeat(first, create_keyed(&rig, owner, KEY_ONE));
    sync_advance_clock(sync, 2000);
    const struct http_answer *second = create_keyed(&rig, owner, KEY_ONE);
    expect_another(first, second);
    expect_repeat(second, create_keyed(&rig, owner, KEY_ONE));
}

/* ---- what is kept ---- */

Test(idempotency, neither_key_nor_token_is_readable_in_store_or_log)
{
    struct rig rig = rig_open_set("log.level=debug");
    const char *owner = new_device(&rig);
    const struct http_answer *first = create_keyed(&rig, owner, KEY_ONE);
    expect_repeat(first, create_keyed(&rig, owner, KEY_ONE));
    expect_soon(daemon_log_contains(rig.server, "create repeated"));
    const char *const secrets[] = {json_text_at(first->json, "authToken"), "7f0c2f5e-one"};
    for (size_t i = 0; i < 2; i++) {
        cr_expect_not(daemon_log_contains(rig.server, secrets[i]));
        cr_expect_not(folder_holds(rig_store_folder(&rig), secrets[i]));
    }
    const char *pseudonym = json_text_at(
        http_do("GET", daemon_url(rig.emulator, "emulator", "/emulator/sessions"))->json,
        "sessions[0].deviceCorrelationId");
    cr_expect(folder_holds(rig_store_folder(&rig), pseudonym), "there is nothing to look at");
    const char *id = json_text_at(first->json, "sessionId");
    cr_expect(daemon_log_contains(rig.server, id));
}
