/*
 * The web samples of the vendor (Next, Angular, Vue) and their plain JavaScript one: what they read
 * is there whatever has come of the session, and their sessions are sessions like all others.
 */
#include "support/web_sample.h"

#include <criterion/criterion.h>
#include <string.h>

#define PLAIN    "detectLiveness"
#define VERIFY   "detectLivenessWithVerify"
#define OPERATOR "Authorization: Bearer token-operator"

static const struct slice no_picture = {NULL, 0};

static struct rig rig_with_operator(const char *setting)
{
    return rig_open_set(
        "auth.mode=anonymous,app_token",
        text_of("auth.app_tokens=%s", app_token_entry("ops", "token-operator", "liveness:operate")),
        setting);
}

/* ---- what they read ---- */

/* No sample looks whether what it reads is there. Angular and Vue read the inner copy, Next the
 * session around it. */
static const struct http_answer *expect_readable(const struct http_answer *answer, bool verify)
{
    static const char *const roots[] = {"", "sessionResult."};
    expect_status(answer, 200);
    for (size_t i = 0; i < 2; i++) {
        const char *result = text_of("%sresults.attempts[0].result", roots[i]);
        cr_assert(cJSON_IsObject(json_find(answer->json, result)), "%s", answer->body);
        cr_assert(!verify ||
                      cJSON_IsObject(json_find(answer->json, text_of("%s.verifyResult", result))),
                  "%s", answer->body);
    }
    cr_assert(cJSON_Compare(json_find(answer->json, "results"),
                            json_find(answer->json, "sessionResult.results"), true));
    cr_assert_str_eq(json_text_at(answer->json, "message"), "success");
    static const char *const never[] = {"authToken", "\"digest\"", "sessionImageId"};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        cr_assert_null(strstr(answer->body, never[i]), "%s: %s", never[i], answer->body);
    return answer;
}

/* NULL where the samples find nothing and show a spoof. */
static const char *decision_of(const struct http_answer *answer)
{
    const cJSON *decision =
        json_find(answer->json, "sessionResult.results.attempts[0].result.livenessDecision");
    return cJSON_IsString(decision) ? decision->valuestring : NULL;
}

Test(dialects, a_real_face_is_one)
{
    struct rig rig = rig_open();
    struct story story = sample_begin(&rig, PLAIN);
    play_device(&rig, story.auth_token, SAW_REAL);
    const struct http_answer *answer = expect_readable(sample_result(&rig, &story, PLAIN), false);
    cr_assert_str_eq(decision_of(answer), "realface");
    expect_verdict(answer, "live", true);
    cr_assert_str_eq(json_text_at(answer->json, "sessionId"), story.id);
    cr_assert_str_eq(json_text_at(answer->json, "status"), "Succeeded");
    cr_assert_not_null(json_find(answer->json, "sessionResult.verdict.receipt"));
    expect_soon(emulator_sessions(&rig) == 0);
}

Test(dialects, the_create_answers_what_all_of_them_read)
{
    struct rig rig = rig_open();
    const struct http_answer *created =
        expect_status(sample_create(&rig, PLAIN, SAMPLE_PARAMETERS, no_picture, NULL), 200);
    cr_assert_str_eq(json_text_at(created->json, "message"), "success");
    cr_assert_gt(strlen(json_text_at(created->json, "sessionData.authToken")), 40);
    cr_assert_eq(strlen(json_text_at(created->json, "sessionData.sessionId")), 36);
    cr_assert_str_eq(json_text_at(created->json, "sessionData.status"), "NotStarted");
    cr_assert_gt(json_number_at(created->json, "sessionData.authTokenExpiresInSeconds"), 500);
    cr_assert_null(json_find(created->json, "error"));
}

Test(dialects, a_spoof_is_none)
{
    struct rig rig = rig_open();
    struct story story = sample_begin(&rig, PLAIN);
    play_device(&rig, story.auth_token, SAW_SPOOF);
    const struct http_answer *answer = expect_readable(sample_result(&rig, &story, PLAIN), false);
    cr_assert_str_eq(decision_of(answer), "spoofface");
    expect_verdict(answer, "spoof", false);
}

Test(dialects, a_verify_session_compares)
{
    struct rig rig = rig_open();
    static const struct {
        const char *saw;
        bool identical;
    } rows[] = {{SAW_REAL, true}, {"{\"matchConfidence\":0.1}", false}};
    for (size_t i = 0; i < 2; i++) {
        struct story story = sample_begin(&rig, VERIFY);
        play_verify_device(&rig, story.auth_token, rows[i].saw);
        const struct http_answer *answer =
            expect_readable(sample_result(&rig, &story, VERIFY), true);
        cr_assert_str_eq(decision_of(answer), "realface");
        const char *path = "results.attempts[0].result.verifyResult.isIdentical";
        cr_assert_eq(json_bool_at(answer->json, path), rows[i].identical);
        expect_verdict(answer, "live", rows[i].identical);
    }
}

Test(dialects, the_kind_of_a_session_is_the_one_it_was_created_with)
{
    struct rig rig = rig_open();
    struct story story = sample_begin(&rig, VERIFY);
    play_verify_device(&rig, story.auth_token, SAW_REAL);
    static const char *const actions[] = {PLAIN, VERIFY, "DETECTLIVENESS", ""};
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        expect_verdict(expect_readable(sample_result(&rig, &story, actions[i]), true), "live",
                       true);
    const char *bare = text_of(SAMPLE_RESULT_PATH "?sessionId=%s", story.id);
    expect_readable(http_do("GET", daemon_url(rig.server, "http", bare), NULL, story.owner), true);
}

Test(dialects, nothing_is_missed_before_during_and_after_a_failed_attempt)
{
    struct rig rig = rig_open();
    for (int verify = 0; verify < 2; verify++) {
        const char *action = verify ? VERIFY : PLAIN;
        struct story story = sample_begin(&rig, action);
        const struct http_answer *answer =
            expect_readable(sample_result(&rig, &story, action), verify);
        expect_verdict(answer, "pending", false);
        cr_assert_null(decision_of(answer));
        cr_assert_str_eq(json_text_at(answer->json, "results.attempts[0].attemptStatus"),
                         "NotStarted");
        expect_status(device_call(&rig, story.auth_token, "session/start", "{}"), 200);
        answer = expect_readable(sample_result(&rig, &story, action), verify);
        cr_assert_null(decision_of(answer));
        (void)(verify ? play_verify_device(&rig, story.auth_token, SAW_MASK)
                      : play_device(&rig, story.auth_token, SAW_MASK));
        answer = expect_readable(sample_result(&rig, &story, action), verify);
        expect_verdict(answer, "pending", false);
        cr_assert_null(decision_of(answer));
        cr_assert_str_eq(json_text_at(answer->json, "results.attempts[0].error.code"),
                         "FaceWithMaskDetected");
    }
}

Test(dialects, a_session_that_nobody_used_can_still_be_read)
{
    struct rig rig = rig_open();
    struct story story = sample_begin(&rig, VERIFY);
    const char *completion =
        daemon_url(rig.server, "http", text_of(VERIFY_PATH "/%s/completion", story.id));
    expect_status(http_do("POST", completion, "{\"error\":\"TimedOut\"}", story.owner), 200);
    const struct http_answer *answer = expect_readable(sample_result(&rig, &story, VERIFY), true);
    expect_verdict(answer, "error", false);
    cr_assert_null(decision_of(answer));
}

Test(dialects, the_retry_button_uses_the_token_again_and_the_newest_attempt_is_first)
{
    struct rig rig = rig_open();
    struct story story = sample_begin(&rig, PLAIN);
    play_device(&rig, story.auth_token, SAW_MASK);
    play_device(&rig, story.auth_token, SAW_REAL);
    const struct http_answer *answer = expect_readable(sample_result(&rig, &story, PLAIN), false);
    cr_assert_str_eq(decision_of(answer), "realface");
    cr_assert_eq(json_number_at(answer->json, "results.attempts[0].attemptId"), 2);
    cr_assert_eq(json_number_at(answer->json, "results.attempts[1].attemptId"), 1);
    cr_assert(cJSON_IsObject(json_find(answer->json, "results.attempts[1].result")));
    expect_verdict(answer, "live", true);
}

/* ---- what they send ---- */

Test(dialects, no_id_of_theirs_is_an_error)
{
    const char *const ids[] = {
        "",
        ",\"deviceCorrelationId\":null,\"userCorrelationId\":null",
        ",\"deviceCorrelationId\":\"undefined\",\"userCorrelationId\":\"undefined\"",
        ",\"deviceCorrelationId\":\"\",\"userCorrelationId\":\"\"",
        ",\"deviceCorrelationId\":\"default\"",
        ",\"deviceCorrelationId\":\"qX6EHC1+p9JkWzT8uVn0bSgy2mR7aLd3fNhOeUiKvB4=\"",
        text_of(",\"deviceCorrelationId\":\"%070d\"", 1),
        ",\"userCorrelationId\":\"gr\\u00fc\\u00df dich \\ud83d\\ude00\"",
    };
    struct rig rig = rig_open_set("limits.enabled=false");
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        const char *parameters = text_of("{\"livenessOperationMode\":\"Passive\"%s}", ids[i]);
        const struct http_answer *created =
            sample_create(&rig, PLAIN, parameters, no_picture, NULL);
        cr_assert_eq(created->status, 200, "%s: %s", ids[i], created->body);
        created = sample_create(&rig, VERIFY, parameters, picture(2000, 1), NULL);
        cr_assert_eq(created->status, 200, "%s: %s", ids[i], created->body);
    }
}

Test(dialects, names_of_parts_and_kinds_are_taken_in_any_case_and_any_form)
{
    struct rig rig = rig_open();
    static const struct form_field fields[] = {
        {"ACTION", "detectlivenesswithverify"}, {"Parameters", SAMPLE_PARAMETERS}, {NULL, NULL}};
    for (const struct form_style *style = form_styles; style->name; style++) {
        if (style->json_name) /* one part for all */
            continue;
        const struct http_answer *created =
            form_send(daemon_url(rig.server, "http", "//API/GenerateAccessToken/"), style, fields,
                      picture(2000, 1), NULL);
        cr_assert_eq(created->status, 200, "%s: %s", style->name, created->body);
    }
}

Test(dialects, the_action_and_not_the_picture_says_what_is_wanted)
{
    struct rig rig = rig_open_set("policy.verify_image=client_allowed");
    expect_status(sample_create(&rig, PLAIN, SAMPLE_PARAMETERS, picture(10, 1), NULL), 200);
    cr_assert_eq(emulator_calls(&rig, "POST", FACE_SESSIONS_PATH), 1);
    const struct http_answer *created =
        expect_status(sample_create(&rig, VERIFY, SAMPLE_PARAMETERS, no_picture, NULL), 200);
    cr_assert_eq(emulator_calls(&rig, "POST", "/face/v1.2/detectLivenessWithVerify-sessions"), 1);
    struct story story = {
        .id = json_text_at(created->json, "sessionData.sessionId"),
        .owner = text_of("X-Device-Token: %s", answer_header(created, "x-device-token"))};
    const struct http_answer *answer = expect_readable(sample_result(&rig, &story, VERIFY), true);
    cr_assert_str_eq(json_text_at(answer->json, "verdict.reference"), "client");
    expect_sample_error(
        sample_create(&rig, VERIFY, "{\"livenessOperationMode\":\"x\"}", no_picture, NULL), 400,
        "InvalidLivenessOperationMode");
}

/* Whether the upstream keeps a picture of the session, as an operator sees it. */
static bool has_image(const struct rig *rig, const char *parameters)
{
    const struct http_answer *created =
        expect_status(sample_create(rig, PLAIN, parameters, no_picture, NULL), 200);
    play_device(rig, json_text_at(created->json, "sessionData.authToken"), SAW_REAL);
    const char *path = text_of(SAMPLE_RESULT_PATH "?action=" PLAIN "&sessionId=%s",
                               json_text_at(created->json, "sessionData.sessionId"));
    const struct http_answer *answer =
        http_do("GET", daemon_url(rig->server, "http", path), NULL, OPERATOR);
    expect_verdict(answer, "live", true);
    return json_find(answer->json, "results.attempts[0].result.sessionImageId") != NULL;
}

Test(dialects, every_session_keeps_its_image_unless_somebody_says_otherwise)
{
    struct rig rig = rig_with_operator("retention.image=1h");
    cr_assert(has_image(&rig, SAMPLE_PARAMETERS));
    cr_assert_not(
        has_image(&rig, "{\"livenessOperationMode\":\"Passive\",\"enableSessionImage\":false}"));
    struct rig never = rig_with_operator("policy.session_image=never");
    cr_assert_not(has_image(&never, SAMPLE_PARAMETERS));
}

/* ---- sessions like all others ---- */

Test(dialects, a_session_is_the_same_under_every_root)
{
    struct rig rig = rig_open();
    struct story story = sample_begin(&rig, PLAIN);
    play_device(&rig, story.auth_token, SAW_REAL);
    const struct http_answer *mine = sample_result(&rig, &story, PLAIN);
    const struct http_answer *other = story_get(&rig, &story);
    expect_verdict(other, "live", true);
    cr_assert(cJSON_Compare(json_at(mine->json, "sessionResult"), other->json, true), "%s %s",
              mine->body, other->body);
    struct story theirs = story_begin(&rig);
    expect_verdict(sample_result(&rig, &theirs, PLAIN), "pending", false);
    expect_status(story_delete(&rig, &story), 204);
    expect_sample_error(sample_result(&rig, &story, PLAIN), 404, "SessionNotFound");
}

Test(dialects, a_session_costs_three_calls)
{
    struct rig rig = rig_open();
    struct story story = sample_begin(&rig, PLAIN);
    play_device(&rig, story.auth_token, SAW_REAL);
    for (int i = 0; i < 5; i++)
        expect_verdict(sample_result(&rig, &story, PLAIN), "live", true);
    expect_soon(emulator_sessions(&rig) == 0);
    cr_assert_eq(emulator_calls(&rig, "POST", FACE_SESSIONS_PATH), 1);
    cr_assert_eq(emulator_calls(&rig, "GET", FACE_SESSIONS_PATH), 1);
    cr_assert_eq(emulator_calls(&rig, "DELETE", FACE_SESSIONS_PATH), 1);
}

Test(dialects, who_asks_may_wait)
{
    struct rig rig = rig_open();
    struct story story = sample_begin(&rig, PLAIN);
    const char *path =
        text_of(SAMPLE_RESULT_PATH "?action=%s&sessionId=%s&wait=15", PLAIN, story.id);
    struct http_pending *waiting =
        http_begin_do("GET", daemon_url(rig.server, "http", path), NULL, story.owner);
    expect_soon(metric_value(&rig, "livenessd_waiters") == 1);
    const char *digest = play_device(&rig, story.auth_token, SAW_REAL);
    expect_verdict(story_complete(&rig, &story, digest_body(digest)), "live", true);
    expect_verdict(expect_readable(http_end(waiting), false), "live", true);
}

Test(dialects, a_page_of_ours_needs_nothing_but_its_cookie)
{
    struct rig rig = rig_open_set("http.public_url=https://live.example");
    const char *const page[4] = {"Sec-Fetch-Site: same-origin", "Origin: https://live.example"};
    const struct http_answer *created =
        expect_status(sample_create(&rig, PLAIN, SAMPLE_PARAMETERS, no_picture, page), 200);
    cr_assert_null(answer_header(created, "x-device-token"), "its scripts need not see it");
    const char *cookie = answer_header(created, "set-cookie");
    cr_assert_not_null(cookie);
    cookie = text_of("Cookie: %.*s", (int)strcspn(cookie, ";"), cookie);
    struct story story = {.id = json_text_at(created->json, "sessionData.sessionId"),
                          .owner = cookie};
    expect_readable(sample_result(&rig, &story, PLAIN), false);
    const char *const again[4] = {page[0], page[1], cookie};
    expect_status(sample_create(&rig, PLAIN, SAMPLE_PARAMETERS, no_picture, again), 200);
    const char *const foreign[4] = {"Origin: https://evil.example", cookie};
    expect_sample_error(sample_create(&rig, PLAIN, SAMPLE_PARAMETERS, no_picture, foreign), 403,
                        "OriginNotAllowed");
    const char *const nowhere[4] = {cookie};
    expect_sample_error(sample_create(&rig, PLAIN, SAMPLE_PARAMETERS, no_picture, nowhere), 403,
                        "OriginNotAllowed");
}

Test(dialects, a_page_of_another_origin_asks_before_it_reads)
{
    struct rig rig = rig_open_set("cors.origins=https://app.example");
    static const char *const paths[] = {SAMPLE_RESULT_PATH "?action=" PLAIN "&sessionId=x",
                                        SESSIONS_PATH "/x"};
    for (size_t i = 0; i < 2; i++) {
        const struct http_answer *answer =
            http_do("OPTIONS", daemon_url(rig.server, "http", paths[i]), NULL,
                    "Origin: https://app.example", "Access-Control-Request-Method: GET",
                    "Access-Control-Request-Headers: content-type,x-device-token");
        expect_status(answer, 204);
        cr_assert_str_eq(answer_header(answer, "access-control-allow-origin"),
                         "https://app.example");
        const char *allowed = answer_header(answer, "access-control-allow-headers");
        cr_assert(allowed && strstr(allowed, "content-type") &&
                      strstr(allowed, "x-ms-azsdk-telemetry"),
                  "%s", answer->head);
    }
    struct story story = sample_begin(&rig, PLAIN);
    const struct http_answer *refused =
        http_do("GET", daemon_url(rig.server, "http", SAMPLE_RESULT_PATH), NULL, story.owner,
                "Origin: https://app.example");
    expect_sample_error(refused, 400, "BadArgument");
    cr_assert_str_eq(answer_header(refused, "access-control-allow-origin"), "https://app.example");
}

Test(dialects, a_create_can_be_repeated)
{
    struct rig rig = rig_open();
    struct story device = story_begin(&rig);
    const char *const headers[4] = {device.owner, "Idempotency-Key: 7f1c"};
    const struct http_answer *first =
        expect_status(sample_create(&rig, PLAIN, SAMPLE_PARAMETERS, no_picture, headers), 200);
    const struct http_answer *second =
        expect_status(sample_create(&rig, PLAIN, SAMPLE_PARAMETERS, no_picture, headers), 200);
    cr_assert_str_eq(json_text_at(second->json, "sessionData.sessionId"),
                     json_text_at(first->json, "sessionData.sessionId"));
    cr_assert_str_eq(json_text_at(second->json, "sessionData.authToken"),
                     json_text_at(first->json, "sessionData.authToken"));
    expect_sample_error(
        sample_create(&rig, PLAIN, "{\"livenessOperationMode\":\"Passive\"}", no_picture, headers),
        422, "IdempotencyMismatch");
    expect_error(http_do("POST", daemon_url(rig.server, "http", SESSIONS_PATH),
                         "{\"livenessOperationMode\":\"PassiveActive\","
                         "\"deviceCorrelationId\":\"b5f2aa07-9d40-\",\"enableSessionImage\":true}",
                         headers[0], headers[1]),
                 422, "IdempotencyMismatch");
    const char *const nobody[4] = {headers[1]};
    expect_sample_error(sample_create(&rig, PLAIN, SAMPLE_PARAMETERS, no_picture, nobody), 400,
                        "DeviceTokenRequired");
}

Test(dialects, limits_count_them_with_all_others)
{
    struct rig rig = rig_open_set("limits.enabled=true", "limits.create_device=2/1h burst 2",
                                  "limits.read=1/1h burst 2");
    struct story story = story_begin(&rig);
    const char *const headers[4] = {story.owner};
    expect_status(sample_create(&rig, PLAIN, SAMPLE_PARAMETERS, no_picture, headers), 200);
    const struct http_answer *refused = expect_sample_error(
        sample_create(&rig, PLAIN, SAMPLE_PARAMETERS, no_picture, headers), 429, "RateLimited");
    cr_assert_gt(strlen(answer_header(refused, "retry-after")), 0);
    cr_assert_gt(json_number_at(refused->json, "error.retryAfterSeconds"), 0);
    cr_assert_not_null(answer_header(refused, "ratelimit"));
    expect_status(story_get(&rig, &story), 200);
    expect_status(sample_result(&rig, &story, PLAIN), 200);
    refused = expect_sample_error(sample_result(&rig, &story, PLAIN), 429, "RateLimited");
    cr_assert_gt(strlen(answer_header(refused, "retry-after")), 0);
}

static bool trail_has(const struct rig *rig, const char *session, const char *action)
{
    const char *path = text_of("/api/audit?session=%s", session);
    const struct http_answer *trail =
        http_do("GET", daemon_url(rig->server, "http", path), NULL, OPERATOR);
    const cJSON *entry = NULL;
    cJSON_ArrayForEach (entry, json_at(expect_status(trail, 200)->json, "entries"))
        if (strcmp(json_text_at(entry, "action"), action) == 0)
            return true;
    return false;
}

Test(dialects, the_trail_and_the_metrics_tell_of_them)
{
    struct rig rig = rig_with_operator(NULL);
    struct story story = sample_begin(&rig, PLAIN);
    play_device(&rig, story.auth_token, SAW_REAL);
    expect_verdict(sample_result(&rig, &story, PLAIN), "live", true);
    expect_soon(trail_has(&rig, story.id, "created") && trail_has(&rig, story.id, "settled"));
    cr_assert_gt(
        metric_sum(&rig, "livenessd_http_requests_total", "route=\"" SAMPLE_CREATE_PATH "\""), 0);
    cr_assert_gt(
        metric_sum(&rig, "livenessd_http_requests_total", "route=\"" SAMPLE_RESULT_PATH "\""), 0);
}

/* ---- a path in front ---- */

Test(dialects, all_of_it_is_found_below_a_base_path)
{
    struct rig rig = rig_open_set("http.base_path=/liveness/v1");
    static const struct form_field fields[] = {
        {"Action", VERIFY}, {"parameters", SAMPLE_PARAMETERS}, {NULL, NULL}};
    static const char *const bases[] = {"/liveness/v1", "//Liveness//v1/", ""};
    for (size_t i = 0; i < sizeof bases / sizeof *bases; i++) {
        const char *create =
            daemon_url(rig.server, "http", text_of("%s" SAMPLE_CREATE_PATH, bases[i]));
        const struct http_answer *created =
            form_send(create, form_plain, fields, picture((size_t)2 * 1024 * 1024, 1), NULL);
        expect_status(created, 200);
        struct story story = {
            .owner = text_of("X-Device-Token: %s", answer_header(created, "x-device-token"))};
        const char *one = text_of("%s" VERIFY_PATH "/%s", bases[i],
                                  json_text_at(created->json, "sessionData.sessionId"));
        expect_status(http_do("GET", daemon_url(rig.server, "http", one), NULL, story.owner), 200);
        const struct http_answer *refused = http_do("GET", create, NULL);
        expect_sample_error(refused, 405, "MethodNotAllowed");
        cr_assert_str_eq(json_text_at(refused->json, "error.help"),
                         "/liveness/v1/errors#MethodNotAllowed");
    }
    expect_error(http_do("GET", daemon_url(rig.server, "http", "/livenes/v1/errors")), 404,
                 "RouteNotFound");
    expect_status(http_do("GET", daemon_url(rig.server, "http", "/liveness/v1/errors")), 200);
}
