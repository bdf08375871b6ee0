/*
 * The Face API's own paths and shapes, of every version, over an upstream of every version: a
 * client of any of them works by changing endpoint and key.
 */
#include "support/form.h"
#include "support/rig.h"

#include <criterion/criterion.h>
#include <string.h>

#define KEY "Ocp-Apim-Subscription-Key: token-app"

struct facade {
    const char *version;
    const char *plain, *verify; /* below /face/{version} */
    bool preview;
};

static const struct facade facades[] = {
    {"v1.2", "detectLiveness-sessions", "detectLivenessWithVerify-sessions", false},
    {"v1.3-preview.1", "detectLiveness-sessions", "detectLivenessWithVerify-sessions", false},
    {"v1.1-preview.1", "detectLiveness/singleModal/sessions",
     "detectLivenessWithVerify/singleModal/sessions", true},
    {"v1.2-preview.1", "detectLiveness/singleModal/sessions",
     "detectLivenessWithVerify/singleModal/sessions", true},
};
enum { FACADES = sizeof facades / sizeof *facades };

/* The app token is what a client of the Face API has as its key. */
static struct rig rig_for(const char *upstream_version)
{
    return rig_open_set("auth.mode=app_token",
                        text_of("auth.app_tokens=%s", app_token_entry("app", "token-app", NULL)),
                        text_of("upstream.api_version=%s", upstream_version));
}

static const char *url(const struct rig *rig, const struct facade *facade, const char *below)
{
    return daemon_url(rig->server, "http", text_of("/face/%s/%s", facade->version, below));
}

/* ---- what each shape promises ---- */

static void expect_members(const struct http_answer *answer, const char *const *names)
{
    for (; *names; names++)
        cr_assert_not_null(json_find(answer->json, *names), "no %s: %s", *names, answer->body);
}

static void expect_no_members(const struct http_answer *answer, const char *const *names)
{
    for (; *names; names++)
        cr_assert_null(json_find(answer->json, *names), "%s: %s", *names, answer->body);
}

static void expect_created(const struct facade *facade, const struct http_answer *answer)
{
    static const char *const both[] = {"sessionId", "authToken", "authTokenExpiresInSeconds", NULL};
    static const char *const stable[] = {"status", "results.attempts", NULL};
    static const char *const others[] = {"id", "verdict", NULL};
    expect_status(answer, 200);
    expect_members(answer, both);
    if (facade->preview)
        expect_no_members(answer, stable);
    else
        expect_members(answer, stable);
    expect_no_members(answer, others);
}

static void expect_session(const struct facade *facade, const struct http_answer *answer,
                           const char *id, const char *status, const char *preview_status)
{
    static const char *const preview[] = {"createdDateTime",     "sessionExpired",
                                          "deviceCorrelationId", "authTokenTimeToLiveInSeconds",
                                          "verdict.decision",    NULL};
    static const char *const stable[] = {"results.attempts", "verdict.decision", NULL};
    static const char *const never[] = {"authToken", "result.digest", "digest",
                                        "results.attempts[0].result.digest", NULL};
    expect_status(answer, 200);
    expect_no_members(answer, never);
    expect_members(answer, facade->preview ? preview : stable);
    cr_assert_str_eq(json_text_at(answer->json, facade->preview ? "id" : "sessionId"), id);
    cr_assert_null(json_find(answer->json, facade->preview ? "sessionId" : "id"));
    cr_assert_str_eq(json_text_at(answer->json, "status"),
                     facade->preview ? preview_status : status);
}

static void expect_live(const struct facade *facade, const struct http_answer *answer,
                        const char *id)
{
    expect_session(facade, answer, id, "Succeeded", "ResultAvailable");
    expect_verdict(answer, "live", true);
    if (!facade->preview) {
        cr_assert_str_eq(json_text_at(answer->json, "results.attempts[0].result.livenessDecision"),
                         "realface");
        return;
    }
    cr_assert_eq(json_number_at(answer->json, "result.id"), 1);
    cr_assert_str_eq(json_text_at(answer->json, "result.sessionId"), id);
    cr_assert_eq(json_number_at(answer->json, "result.response.statusCode"), 200);
    cr_assert_str_eq(json_text_at(answer->json, "result.response.body.livenessDecision"),
                     "realface");
    cr_assert_gt(json_number_at(answer->json, "result.response.body.target.faceRectangle.width"),
                 0);
}

/* ---- the whole way ---- */

static void end_story(const struct facade *facade, const char *one)
{
    const struct http_answer *gone = http_do("DELETE", one, NULL, KEY);
    expect_status(gone, facade->preview ? 200 : 204);
    cr_assert_eq(gone->body_size, 0);
    expect_error(http_do("DELETE", one, NULL, KEY), 404, "SessionNotFound");
    expect_error(http_do("GET", one, NULL, KEY), 404, "SessionNotFound");
}

static void plain_story(const struct rig *rig, const struct facade *facade)
{
    const char *all = url(rig, facade, facade->plain);
    const struct http_answer *created = http_do("POST", all, PLAIN_CREATE, KEY);
    expect_created(facade, created);
    const char *id = json_text_at(created->json, "sessionId");
    const char *token = json_text_at(created->json, "authToken");
    const char *one = text_of("%s/%s", all, id);
    expect_session(facade, http_do("GET", one, NULL, KEY), id, "NotStarted", "NotStarted");
    expect_status(device_call(rig, token, "session/start", "{}"), 200);
    expect_session(facade, http_do("GET", one, NULL, KEY), id, "Running", "Started");
    const char *digest = play_device(rig, token, SAW_REAL);
    expect_live(facade, http_do("POST", text_of("%s/completion", one), digest_body(digest), KEY),
                id);
    expect_live(facade, http_do("GET", one, NULL, KEY), id);
    end_story(facade, one);
}

static void expect_reference(const struct facade *facade, const struct http_answer *created)
{
    const char *reference = facade->preview ? "verifyImage" : "results.verifyReferences[0]";
    cr_assert_gt(json_number_at(created->json, text_of("%s.faceRectangle.width", reference)), 0);
    cr_assert_str_eq(json_text_at(created->json, text_of("%s.qualityForRecognition", reference)),
                     "high");
}

static void verify_story(const struct rig *rig, const struct facade *facade,
                         const struct form_style *style)
{
    static const struct form_field fields[] = {{"livenessOperationMode", "Passive"}, {NULL, NULL}};
    const char *const headers[4] = {KEY};
    const char *all = url(rig, facade, facade->verify);
    const struct http_answer *created = form_send(all, style, fields, picture(2000, 1), headers);
    expect_created(facade, created);
    expect_reference(facade, created);
    const char *id = json_text_at(created->json, "sessionId");
    const char *one = text_of("%s/%s", all, id);
    const char *digest =
        play_verify_device(rig, json_text_at(created->json, "authToken"), SAW_REAL);
    const struct http_answer *answer =
        http_do("POST", text_of("%s/completion", one), digest_body(digest), KEY);
    expect_live(facade, answer, id);
    const char *result = facade->preview ? "result.response.body" : "results.attempts[0].result";
    cr_assert(json_bool_at(answer->json, text_of("%s.verifyResult.isIdentical", result)));
    end_story(facade, one);
}

static void every_story(const char *upstream_version)
{
    struct rig rig = rig_for(upstream_version);
    for (size_t i = 0; i < FACADES; i++) {
        plain_story(&rig, &facades[i]);
        /* old clients send their old form to new versions and the other way round */
        verify_story(&rig, &facades[i], form_plain);
        verify_story(&rig, &facades[i], form_plain + 5);
    }
    expect_soon(emulator_sessions(&rig) == 0);
    cr_assert_gt(emulator_calls(&rig, "POST", text_of("/face/%s/", upstream_version)), 0);
}

Test(facade, speaks_every_version_over_v1_2)
{
    every_story("v1.2");
}

Test(facade, speaks_every_version_over_v1_3_preview_1)
{
    every_story("v1.3-preview.1");
}

Test(facade, speaks_every_version_over_v1_2_preview_1)
{
    every_story("v1.2-preview.1");
}

Test(facade, speaks_every_version_over_v1_1_preview_1)
{
    every_story("v1.1-preview.1");
}

/* ---- details ---- */

Test(facade, shows_a_failed_attempt_as_the_previews_do)
{
    struct rig rig = rig_for("v1.2");
    const struct facade *facade = &facades[2];
    const char *all = url(&rig, facade, facade->plain);
    const struct http_answer *created = http_do("POST", all, PLAIN_CREATE, KEY);
    const char *one = text_of("%s/%s", all, json_text_at(created->json, "sessionId"));
    play_device(&rig, json_text_at(created->json, "authToken"), SAW_MASK);
    const struct http_answer *answer =
        http_do("POST", text_of("%s/completion", one), "{\"error\":\"FaceWithMaskDetected\"}", KEY);
    expect_verdict(answer, "error", false);
    cr_assert_str_eq(json_text_at(answer->json, "status"), "ResultAvailable");
    cr_assert_str_eq(json_text_at(answer->json, "result.response.body.error.code"),
                     "FaceWithMaskDetected");
    cr_assert_null(json_find(answer->json, "result.response.statusCode"));
}

Test(facade, has_no_path_that_a_version_has_not)
{
    struct rig rig = rig_for("v1.2");
    static const char *const wrong[] = {
        "/face/v1.1-preview.1/detectLiveness-sessions",
        "/face/v1.2-preview.1/detectLivenessWithVerify-sessions",
        "/face/v1.2/detectLiveness/singleModal/sessions",
        "/face/v1.3-preview.1/detectLivenessWithVerify/singleModal/sessions",
        "/face/v1.0/detectLiveness-sessions",
        "/face/v1.4/detectLiveness-sessions",
        "/face/detectLiveness-sessions",
        "/face/v1.2/sessionImages",
        "/face/v1.2/session/sessionImages/x",
        "/face/v1.1-preview.1/detect",
        "/api/detectLiveness/singleModal/sessions",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        expect_error(http_do("POST", daemon_url(rig.server, "http", wrong[i]), PLAIN_CREATE, KEY),
                     404, "RouteNotFound");
    cr_assert_eq(emulator_calls(&rig, "POST", "/face"), 0);
}

Test(facade, matches_paths_in_any_case_and_with_any_slashes)
{
    struct rig rig = rig_for("v1.2");
    static const char *const ways[] = {
        "//face//v1.2//detectliveness-sessions/",
        "/FACE/V1.2/DETECTLIVENESS-SESSIONS",
        "/face/V1.1-Preview.1/detectliveness/singlemodal/SESSIONS",
    };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        expect_status(http_do("POST", daemon_url(rig.server, "http", ways[i]), PLAIN_CREATE, KEY),
                      200);
}

Test(facade, takes_json_where_the_device_brings_the_picture)
{
    struct rig rig =
        rig_open_set("auth.mode=app_token", "policy.verify_image=client_allowed",
                     text_of("auth.app_tokens=%s", app_token_entry("app", "token-app", NULL)));
    for (size_t i = 0; i < FACADES; i++) {
        const struct http_answer *created =
            http_do("POST", url(&rig, &facades[i], facades[i].verify), PLAIN_CREATE, KEY);
        expect_created(&facades[i], created);
        cr_assert_null(json_find(created->json, "verifyImage"));
    }
}

Test(facade, takes_the_old_name_of_the_model)
{
    struct rig rig = rig_for("v1.2-preview.1");
    const struct facade *facade = &facades[3];
    const char *body = "{\"livenessOperationMode\":\"Passive\","
                       "\"livenessSingleModalModel\":\"2022-10-15-preview.04\","
                       "\"sendResultsToClient\":true}";
    const struct http_answer *created =
        http_do("POST", url(&rig, facade, facade->plain), body, KEY);
    expect_created(facade, created);
    const char *one = url(
        &rig, facade, text_of("%s/%s", facade->plain, json_text_at(created->json, "sessionId")));
    play_device(&rig, json_text_at(created->json, "authToken"), SAW_REAL);
    const struct http_answer *answer = http_do("GET", one, NULL, KEY);
    expect_verdict(answer, "live", true);
    cr_assert_str_eq(json_text_at(answer->json, "result.response.body.modelVersionUsed"),
                     "2022-10-15-preview.04");
}
