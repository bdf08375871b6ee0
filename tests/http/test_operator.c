/*
 * What operators ask: lists, audits, session images, faces in them. Nobody else gets any of it, and
 * nobody at all an id of the upstream's.
 */
#include "support/form.h"
#include "support/rig.h"
#include "support/web_sample.h"

#include <criterion/criterion.h>
#include <string.h>

#define OPERATOR "Authorization: Bearer token-operator"
#define APP      "Ocp-Apim-Subscription-Key: token-app"

static struct rig rig_with_operator(const char *one, const char *two)
{
    return rig_open_set("auth.mode=anonymous,app_token",
                        text_of("auth.app_tokens=%s,%s",
                                app_token_entry("ops", "token-operator", "liveness:operate"),
                                app_token_entry("app", "token-app", NULL)),
                        one, two);
}

static const char *url(const struct rig *rig, const char *path)
{
    return daemon_url(rig->server, "http", path);
}

static const struct http_answer *ask(const struct rig *rig, const char *path)
{
    return http_do("GET", url(rig, path), NULL, OPERATOR);
}

#define WITH_IMAGE "{\"livenessOperationMode\":\"Passive\",\"enableSessionImage\":true}"

static struct story begin(const struct rig *rig, const char *body)
{
    const struct http_answer *created =
        expect_status(http_do("POST", url(rig, SESSIONS_PATH), body, APP), 200);
    return (struct story){.id = json_text_at(created->json, "sessionId"),
                          .auth_token = json_text_at(created->json, "authToken"),
                          .owner = APP};
}

static const char *upstream_id(const struct rig *rig)
{
    const struct http_answer *alive =
        http_do("GET", daemon_url(rig->emulator, "emulator", "/emulator/sessions"));
    return json_text_at(alive->json, "sessions[0].sessionId");
}

/* ---- lists ---- */

Test(operator, lists_one_kind_a_page_at_a_time)
{
    struct rig rig = rig_with_operator(NULL, NULL);
    const struct form_field fields[] = {{"livenessOperationMode", "Passive"}, {NULL, NULL}};
    const char *ids[3];
    for (int i = 0; i < 3; i++)
        ids[i] = begin(&rig, PLAIN_CREATE).id;
    expect_status(form_send(url(&rig, VERIFY_PATH), form_plain, fields, picture(2000, 1), NULL),
                  200);
    const struct http_answer *all = expect_status(ask(&rig, SESSIONS_PATH), 200);
    cr_assert_eq(cJSON_GetArraySize(all->json), 3);
    for (int i = 0; i < 3; i++)
        cr_assert_str_eq(json_text_at(all->json, text_of("[%d].id", i)), ids[i]);
    cr_assert_eq(cJSON_GetArraySize(expect_status(ask(&rig, VERIFY_PATH), 200)->json), 1);

    const struct http_answer *page =
        expect_status(ask(&rig, text_of(SESSIONS_PATH "?start=%s&top=1", ids[0])), 200);
    cr_assert_eq(cJSON_GetArraySize(page->json), 1);
    cr_assert_str_eq(json_text_at(page->json, "[0].id"), ids[1]);
    page = expect_status(ask(&rig, text_of(SESSIONS_PATH "?start=%s", ids[2])), 200);
    cr_assert_eq(cJSON_GetArraySize(page->json), 0);
    page = expect_status(ask(&rig, SESSIONS_PATH "?top=&start="), 200);
    cr_assert_eq(cJSON_GetArraySize(page->json), 3);
}

#define CONTROLS_8 "\\u0001\\u0002\\u0001\\u0002\\u0001\\u0002\\u0001\\u0002"
#define CONTROLS_64                                                                                \
    CONTROLS_8 CONTROLS_8 CONTROLS_8 CONTROLS_8 CONTROLS_8 CONTROLS_8 CONTROLS_8 CONTROLS_8

/* Every byte of such an id takes six in JSON. */
Test(operator, lists_sessions_whatever_their_devices_call_themselves)
{
    struct rig rig = rig_with_operator("devices.correlation=passthrough", NULL);
    for (int i = 0; i < 3; i++)
        (void)begin(&rig,
                    "{\"livenessOperationMode\":\"Passive\",\"deviceCorrelationId\":\"" CONTROLS_64
                    "\"}");
    const struct http_answer *all = expect_status(ask(&rig, SESSIONS_PATH), 200);
    cr_assert_eq(cJSON_GetArraySize(all->json), 3);
    cr_assert_eq(strlen(json_text_at(all->json, "[2].deviceCorrelationId")), 64);
}

/* 2024-04-18T07:44:41.1200000+00:00 */
static void expect_service_time(const char *text)
{
    static const char form[] = "0000-00-00T00:00:00.0000000+00:00";
    cr_assert_eq(strlen(text), sizeof form - 1, "%s", text);
    for (size_t i = 0; i < sizeof form - 1; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        cr_assert(form[i] == '0' ? digit : text[i] == form[i], "%s", text);
    }
}

Test(operator, sees_items_in_the_shape_of_the_previews_on_every_path)
{
    struct rig rig = rig_with_operator(NULL, NULL);
    struct story story = begin(&rig, PLAIN_CREATE);
    static const char *const paths[] = {SESSIONS_PATH, FACE_SESSIONS_PATH,
                                        "/face/v1.3-preview.1/detectLiveness-sessions",
                                        "/face/v1.1-preview.1/detectLiveness/singleModal/sessions",
                                        "/face/v1.2-preview.1/detectLiveness/singleModal/sessions"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        const struct http_answer *list = expect_status(ask(&rig, paths[i]), 200);
        cr_assert_str_eq(json_text_at(list->json, "[0].id"), story.id);
        cr_assert_eq(json_number_at(list->json, "[0].authTokenTimeToLiveInSeconds"), 600);
        cr_assert_not(json_bool_at(list->json, "[0].sessionExpired"));
        cr_assert_eq(strlen(json_text_at(list->json, "[0].deviceCorrelationId")), 36);
        expect_service_time(json_text_at(list->json, "[0].createdDateTime"));
        cr_assert_null(strstr(list->body, upstream_id(&rig)));
    }
    play_device(&rig, story.auth_token, SAW_REAL);
    expect_verdict(story_get(&rig, &story), "live", true);
    cr_assert(json_bool_at(ask(&rig, SESSIONS_PATH)->json, "[0].sessionExpired"));
    expect_status(story_delete(&rig, &story), 204);
    cr_assert_eq(cJSON_GetArraySize(ask(&rig, SESSIONS_PATH)->json), 0);
}

Test(operator, is_told_when_a_page_is_none)
{
    struct rig rig = rig_with_operator(NULL, NULL);
    static const char *const wrong[] = {
        "top=0",
        "top=1001",
        "top=-1",
        "top=x",
        "top=1.5",
        "top=99999999999999999999",
        "start=12345678901234567890123456789012345678901234567890123456789012345"};
    struct story story = begin(&rig, PLAIN_CREATE);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        expect_error(ask(&rig, text_of(SESSIONS_PATH "?%s", wrong[i])), 400, "BadArgument");
        expect_error(ask(&rig, text_of(SESSIONS_PATH "/%s/audit?%s", story.id, wrong[i])), 400,
                     "BadArgument");
    }
    expect_status(ask(&rig, SESSIONS_PATH
                      "?start=1234567890123456789012345678901234567890123456789012345678"
                      "901234&top=1000"),
                  200);
}

Test(operator, is_who_has_the_scope)
{
    struct rig rig = rig_with_operator(NULL, NULL);
    struct story story = begin(&rig, PLAIN_CREATE);
    struct story device = story_begin(&rig);
    const char *const paths[] = {
        SESSIONS_PATH,
        VERIFY_PATH,
        text_of(SESSIONS_PATH "/%s/audit", story.id),
        "/api/sessionImages/Ab9tzwpDzqdCk35wWTiIHWJzzPr9fBCNSqBcXnJmDjbI",
        "/face/v1.2-preview.1/session/sessionImages/x",
    };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        expect_error(http_do("GET", url(&rig, paths[i])), 401, "NotAuthenticated");
        expect_error(http_do("GET", url(&rig, paths[i]), NULL, APP), 403, "Forbidden");
        expect_error(http_do("GET", url(&rig, paths[i]), NULL, device.owner), 403, "Forbidden");
    }
    const char *detect = url(&rig, "/api/detect");
    expect_error(http_do("POST", detect, "{\"sessionImageId\":\"x\"}"), 401, "NotAuthenticated");
    expect_error(http_do("POST", detect, "{\"sessionImageId\":\"x\"}", APP), 403, "Forbidden");
}

/* ---- audits ---- */

Test(operator, reads_a_sessions_attempts_newest_first)
{
    struct rig rig = rig_with_operator(NULL, NULL);
    struct story story = begin(&rig, PLAIN_CREATE);
    const char *audit = text_of(SESSIONS_PATH "/%s/audit", story.id);
    cr_assert_eq(cJSON_GetArraySize(expect_status(ask(&rig, audit), 200)->json), 0);
    play_device(&rig, story.auth_token, SAW_MASK);
    const struct http_answer *entries = expect_status(ask(&rig, audit), 200);
    cr_assert_eq(cJSON_GetArraySize(entries->json), 1, "%s", entries->body);
    cr_assert_str_eq(json_text_at(entries->json, "[0].response.body.error.code"),
                     "FaceWithMaskDetected");
    play_device(&rig, story.auth_token, SAW_REAL);
    for (int settled = 0; settled < 2; settled++) {
        entries = expect_status(ask(&rig, audit), 200);
        cr_assert_eq(cJSON_GetArraySize(entries->json), 2);
        cr_assert_eq(json_number_at(entries->json, "[0].id"), 2);
        cr_assert_str_eq(json_text_at(entries->json, "[0].sessionId"), story.id);
        cr_assert_str_eq(json_text_at(entries->json, "[0].response.body.livenessDecision"),
                         "realface");
        cr_assert_eq(json_number_at(entries->json, "[0].response.statusCode"), 200);
        cr_assert_eq(json_number_at(entries->json, "[1].id"), 1);
        cr_assert_null(json_find(entries->json, "[0].digest"), "nobody gets a digest");
    }
    entries = expect_status(ask(&rig, text_of("%s?start=1", audit)), 200);
    cr_assert_eq(cJSON_GetArraySize(entries->json), 1);
    entries = expect_status(ask(&rig, text_of("%s?top=1", audit)), 200);
    cr_assert_eq(json_number_at(entries->json, "[0].id"), 2);
    expect_error(ask(&rig, SESSIONS_PATH "/01a20114-a636-7761-8409-aec159ed8510/audit"), 404,
                 "SessionNotFound");
}

/* ---- images ---- */

static const char *image_id_of(const struct http_answer *answer)
{
    return json_text_at(answer->json, "results.attempts[0].result.sessionImageId");
}

Test(operator, fetches_the_image_as_long_as_it_is_kept)
{
    struct rig rig = rig_with_operator("retention.image=1h", NULL);
    struct story story = begin(&rig, WITH_IMAGE);
    const char *upstream = upstream_id(&rig);
    play_device(&rig, story.auth_token, SAW_REAL);
    const struct http_answer *owners = story_get(&rig, &story);
    expect_verdict(owners, "live", true);
    cr_assert_null(strstr(owners->body, "sessionImageId"), "%s", owners->body);

    story.owner = OPERATOR;
    const char *id = image_id_of(story_get(&rig, &story));
    cr_assert_eq(strlen(id), 44);
    static const char *const roots[] = {"/api/sessionImages", "/face/v1.2/sessionImages",
                                        "/face/v1.3-preview.1/sessionImages",
                                        "/face/v1.2-preview.1/session/sessionImages"};
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
        const struct http_answer *image =
            expect_status(ask(&rig, text_of("%s/%s", roots[i], id)), 200);
        cr_assert_str_eq(answer_header(image, "content-type"), "application/octet-stream");
        cr_assert_gt(image->body_size, 100);
        cr_assert_eq(memcmp(image->body, "\xFF\xD8\xFF", 3), 0, "a JPEG");
    }
    expect_error(ask(&rig, text_of("/face/v1.1-preview.1/session/sessionImages/%s", id)), 404,
                 "RouteNotFound");
    cr_assert_eq(emulator_sessions(&rig), 1, "it is kept for its image");
    cr_assert_null(strstr(story_get(&rig, &story)->body, upstream));

    expect_status(story_delete(&rig, &story), 204);
    expect_error(ask(&rig, text_of("/api/sessionImages/%s", id)), 404, "SessionNotFound");
    expect_soon(emulator_sessions(&rig) == 0);
}

Test(operator, finds_no_image_that_is_not_kept)
{
    struct rig rig = rig_with_operator(NULL, NULL);
    struct story story = begin(&rig, WITH_IMAGE);
    play_device(&rig, story.auth_token, SAW_REAL);
    story.owner = OPERATOR;
    const struct http_answer *answer = story_get(&rig, &story);
    expect_verdict(answer, "live", true);
    expect_soon(emulator_sessions(&rig) == 0);
    const cJSON *id = json_find(answer->json, "results.attempts[0].result.sessionImageId");
    if (cJSON_IsString(id))
        expect_error(ask(&rig, text_of("/api/sessionImages/%s", id->valuestring)), 404,
                     "SessionNotFound");
}

Test(operator, gets_nothing_for_ids_that_are_not_ours)
{
    struct rig rig = rig_with_operator("retention.image=1h", NULL);
    struct story story = begin(&rig, WITH_IMAGE);
    play_device(&rig, story.auth_token, SAW_REAL);
    story.owner = OPERATOR;
    char id[64];
    strncpy(id, image_id_of(story_get(&rig, &story)), sizeof id - 1);
    id[43] = id[43] == 'A' ? 'E' : 'A';
    const char *const wrong[] = {id, "x", "Ab9tzwpDzqdCk35wWTiIHWJzzPr9fBCNSqBcXnJmDjbI", story.id};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        expect_error(ask(&rig, text_of("/api/sessionImages/%s", wrong[i])), 404, "SessionNotFound");
        expect_error(http_do("POST", url(&rig, "/api/detect"),
                             text_of("{\"sessionImageId\":\"%s\"}", wrong[i]), OPERATOR),
                     404, "SessionNotFound");
    }
    cr_assert_eq(emulator_calls(&rig, "GET", "/face/v1.2/sessionImages"), 0);
}

Test(operator, has_faces_looked_for_in_the_image)
{
    struct rig rig = rig_with_operator("retention.image=1h", NULL);
    struct story story = begin(&rig, WITH_IMAGE);
    play_device(&rig, story.auth_token, SAW_REAL);
    story.owner = OPERATOR;
    const char *body = text_of("{\"sessionImageId\":\"%s\"}", image_id_of(story_get(&rig, &story)));
    static const char *const roots[] = {"/api", "/face/v1.2", "/face/v1.3-preview.1",
                                        "/face/v1.2-preview.1"};
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
        const struct http_answer *faces =
            http_do("POST", url(&rig, text_of("%s/detect", roots[i])), body, OPERATOR);
        expect_status(faces, 200);
        cr_assert_gt(json_number_at(faces->json, "[0].faceRectangle.width"), 0);
    }
    const struct http_answer *faces =
        http_do("POST",
                url(&rig, "/api/detect?recognitionModel=recognition_04&returnRecognitionModel=true"
                          "&returnFaceId=false&unknown=1&faceIdTimeToLive="),
                body, OPERATOR);
    expect_status(faces, 200);
    cr_assert_str_eq(json_text_at(faces->json, "[0].recognitionModel"), "recognition_04");
    cr_assert_null(json_find(faces->json, "[0].faceId"));
    static const char *const wrong[] = {"recognitionModel=recognition_99", "returnFaceId=perhaps",
                                        "faceIdTimeToLive=5", "returnFaceAttributes=soul",
                                        "detectionModel=detection_01%26x%3D1"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        expect_error(
            http_do("POST", url(&rig, text_of("/api/detect?%s", wrong[i])), body, OPERATOR), 400,
            "BadArgument");
    static const char *const bodies[] = {"{}", "{", "", "[]", "{\"sessionImageId\":5}"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        expect_error(http_do("POST", url(&rig, "/api/detect"), bodies[i], OPERATOR), 400,
                     "BadArgument");
}

Test(operator, is_told_when_upstream_fails)
{
    struct rig rig = rig_with_operator("retention.image=1h", NULL);
    struct story story = begin(&rig, WITH_IMAGE);
    play_device(&rig, story.auth_token, SAW_REAL);
    story.owner = OPERATOR;
    const char *id = image_id_of(story_get(&rig, &story));
    emulator_fault(&rig, "{\"route\":\"any\",\"status\":404}");
    expect_error(ask(&rig, text_of("/api/sessionImages/%s", id)), 404, "SessionNotFound");
    emulator_faults_clear(&rig);
    emulator_fault(&rig, "{\"route\":\"any\",\"kind\":\"reset\"}");
    expect_status(ask(&rig, text_of("/api/sessionImages/%s", id)), 502);
    emulator_faults_clear(&rig);
    expect_status(ask(&rig, text_of("/api/sessionImages/%s", id)), 200);
}

Test(operator, who_waits_for_an_image_does_not_hold_up_the_end)
{
    struct rig rig = rig_with_operator("retention.image=1h", "drain_timeout=1s");
    struct story story = begin(&rig, WITH_IMAGE);
    play_device(&rig, story.auth_token, SAW_REAL);
    story.owner = OPERATOR;
    const char *id = image_id_of(story_get(&rig, &story));
    emulator_fault(&rig, "{\"route\":\"any\",\"delayMs\":8000}");
    struct http_pending *image =
        http_begin_do("GET", url(&rig, text_of("/api/sessionImages/%s", id)), NULL, OPERATOR);
    struct http_pending *faces = http_begin_do(
        "POST", url(&rig, "/api/detect"), text_of("{\"sessionImageId\":\"%s\"}", id), OPERATOR);
    expect_soon(emulator_calls(&rig, "GET", "/face/v1.2/sessionImages") == 1 &&
                emulator_calls(&rig, "POST", "/face/v1.2/detect") >= 2); /* a create, too */
    daemon_stop(rig.server);
    cr_assert_neq(http_end(image)->status, 200);
    cr_assert_neq(http_end(faces)->status, 200);
}

/* ---- flagged sessions ---- */

static void monitor_abuse(const struct rig *rig)
{
    expect_status(http_do("PATCH",
                          daemon_url(rig->emulator, "emulator", "/face/v1.3-preview.1/settings"),
                          "{\"livenessAbuseMonitoring\":{\"enabled\":true}}",
                          "Ocp-Apim-Subscription-Key: " UPSTREAM_KEY),
                  200);
}

Test(operator, sees_flagged_sessions_by_our_ids)
{
    struct rig rig = rig_with_operator("upstream.api_version=v1.3-preview.1", NULL);
    monitor_abuse(&rig);
    struct story first = begin(&rig, PLAIN_CREATE);
    struct story second = story_begin(&rig);
    const char *same_face = "{\"faceId\":\"one\"}";
    play_device(&rig, first.auth_token, same_face);
    play_device(&rig, second.auth_token, same_face);
    const struct http_answer *owners = story_get(&rig, &second);
    expect_verdict(owners, "live", false);
    cr_assert(has_reason(owners, "abuse_detected"), "%s", owners->body);
    cr_assert_null(strstr(owners->body, "otherFlaggedSessions"));
    second.owner = OPERATOR;
    const struct http_answer *seen[] = {story_get(&rig, &second),
                                        sample_result(&rig, &second, "detectLiveness")};
    for (size_t i = 0; i < 2; i++) {
        const char *abuse = "results.attempts[0].abuseMonitoringResult";
        const char *flagged = text_of("%s.otherFlaggedSessions[0]", abuse);
        const cJSON *json = seen[i]->json;
        cr_assert_str_eq(json_text_at(json, text_of("%s.sessionId", flagged)), first.id);
        cr_assert_eq(json_number_at(json, text_of("%s.attemptId", flagged)), 1);
        cr_assert(json_bool_at(json, text_of("%s.isAbuseDetected", abuse)));
    }
}

/* The plain JavaScript sample looks for it one level deeper than the service says it. */
Test(operator, what_is_flagged_is_found_where_the_samples_look)
{
    static const char deeper[] = "results.attempts[0].result.abuseMonitoringResult.isAbuseDetected";
    struct rig rig = rig_with_operator("upstream.api_version=v1.3-preview.1", NULL);
    monitor_abuse(&rig);
    struct story first = story_begin(&rig);
    struct story second = story_begin(&rig);
    play_device(&rig, first.auth_token, "{\"faceId\":\"one\"}");
    play_device(&rig, second.auth_token, "{\"faceId\":\"one\"}");
    cr_assert(json_bool_at(story_get(&rig, &second)->json, deeper));
    cr_assert(json_bool_at(sample_result(&rig, &second, "detectLiveness")->json, deeper));
    struct story other = story_begin(&rig);
    play_device(&rig, other.auth_token, "{\"faceId\":\"two\"}");
    cr_assert_null(json_find(story_get(&rig, &other)->json, deeper));
}
