/*
 * What the snippets of the official liveness tutorial send, language by language: its paths that
 * stand in no specification, its part names, its texts for booleans. Requests of our own writing.
 */
#include "support/emulated.h"

#include <criterion/criterion.h>
#include <string.h>

#define BOUNDARY       "tutorial-boundary-7f3a"
#define MULTIPART      "Content-Type: multipart/form-data; boundary=" BOUNDARY
#define VERIFY_PATH    FACE_V1_2 "/detectLivenessWithVerify-sessions"
#define CURLS_PATH     FACE_V1_2 "/detectLivenesswithVerify-sessions"
#define TUTORIALS_PATH FACE_V1_2 "/createLivenessWithVerifySession"

/* The image of a person: the first bytes say JPEG, nobody looks further. */
static const char *image(void)
{
    return text_of("\xff\xd8\xff\xe0%02048d", 1);
}

static const char *form(const char *parameters_head, const char *parameters, const char *image_head)
{
    return text_of("--" BOUNDARY "\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n"
                   "--" BOUNDARY "\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n"
                   "--" BOUNDARY "--\r\n",
                   parameters_head, parameters, image_head, image());
}

static const struct http_answer *post_form(const struct daemon *emulator, const char *path,
                                           const char *body)
{
    return http_do("POST", emulated_url(emulator, path), body, KEY_HEADER, MULTIPART);
}

/* One attempt that shows a real face, under the path of the kind of session. */
static void play(const struct daemon *emulator, const struct http_answer *created, const char *look)
{
    static const char *const start = FACE_V1_2 "/session/start";
    const char *bearer =
        text_of("Authorization: Bearer %s", json_text_at(created->json, "authToken"));
    expect_status(http_do("POST", emulated_url(emulator, start),
                          "{\"deviceCorrelationId\":\"from-the-device\"}", bearer),
                  200);
    expect_status(http_do("POST", emulated_url(emulator, look), "{}", bearer), 200);
}

static void play_plain(const struct daemon *emulator, const struct http_answer *created)
{
    play(emulator, created, FACE_V1_2 "/detectLiveness/singleModal");
}

static void play_verify(const struct daemon *emulator, const struct http_answer *created)
{
    play(emulator, created, FACE_V1_2 "/detectLivenessWithVerify/singleModal");
}

static const char *session_path(const char *format, const struct http_answer *created)
{
    return text_of("%s%s%s", FACE_V1_2 "/", format, json_text_at(created->json, "sessionId"));
}

static void expect_deleted(const struct daemon *emulator, const char *path)
{
    expect_status(face_call(emulator, "DELETE", path, NULL), 204);
    expect_face_error(face_call(emulator, "DELETE", path, NULL), 404, "SessionNotFound");
}

/* ---- plain sessions ---- */

/* As the scripts do it: the right path to create, the tutorial's own afterwards. */
static void run_plain_script(const char *create)
{
    struct daemon *emulator = emulate("--tutorial-paths");
    const struct http_answer *created =
        expect_status(face_call(emulator, "POST", FACE_SESSIONS, create), 200);
    const char *path = session_path("livenessSessions/", created);
    const char *result_path = text_of("%s/result", path);
    const struct http_answer *early =
        expect_status(face_call(emulator, "GET", result_path, NULL), 200);
    cr_assert_str_eq(json_text_at(early->json, "status"), "NotStarted");
    play_plain(emulator, created);
    const struct http_answer *result =
        expect_status(face_call(emulator, "GET", result_path, NULL), 200);
    cr_assert_str_eq(json_text_at(result->json, "status"), "Succeeded");
    cr_assert_str_eq(json_text_at(result->json, "results.attempts[0].result.livenessDecision"),
                     "realface");
    expect_deleted(emulator, path);
    expect_face_error(face_call(emulator, "GET", result_path, NULL), 404, "SessionNotFound");
}

Test(emulator_tutorial, python_plain)
{
    run_plain_script("{\"livenessOperationMode\": \"PassiveActive\", "
                     "\"deviceCorrelationIdSetInClient\": true, \"enableSessionImage\": true, "
                     "\"authTokenTimeToLiveInSeconds\": 600}");
}

Test(emulator_tutorial, javascript_plain)
{
    run_plain_script("{\"livenessOperationMode\":\"PassiveActive\","
                     "\"deviceCorrelationId\":\"723d6d03-ef33-40a8-9682-23a1feb7bcc\","
                     "\"enableSessionImage\":true}");
}

/* curl on Linux creates a plain session under the path of the other kind, then goes on under the
 * right one. */
Test(emulator_tutorial, curl_plain)
{
    struct daemon *emulator = emulate("--tutorial-paths");
    const struct http_answer *created =
        expect_status(face_call(emulator, "POST", CURLS_PATH,
                                "{\"livenessOperationMode\":\"passiveactive\","
                                "\"deviceCorrelationId\":\"723d6d03-ef33-40a8-9682-23a1feb7bccd\","
                                "\"enableSessionImage\":\"true\"}"),
                      200);
    play_verify(emulator, created);
    const char *path = session_path("detectLiveness-sessions/", created);
    expect_status(face_call(emulator, "GET", path, NULL), 200);
    expect_deleted(emulator, path);
}

/* ---- sessions with verification ---- */

static void run_verify_script(const char *body)
{
    struct daemon *emulator = emulate("--tutorial-paths");
    const struct http_answer *created =
        expect_status(post_form(emulator, TUTORIALS_PATH, body), 200);
    play_verify(emulator, created);
    const struct http_answer *result = expect_status(
        face_call(emulator, "GET", text_of("%s/result", session_path("livenessSessions/", created)),
                  NULL),
        200);
    cr_assert(json_bool_at(result->json, "results.attempts[0].verifyResult.isIdentical"));
    cr_assert_eq(
        json_number_at(result->json, "results.attempts[0].verifyResult.matchConfidence"),
        json_number_at(result->json, "results.attempts[0].result.verifyResult.matchConfidence"));
    cr_assert_not_null(json_find(result->json, "results.verifyReferences[0].faceRectangle"));
    expect_deleted(emulator, session_path("livenessWithVerifySessions/", created));
}

#define VERIFY_CREATE                                                                              \
    "{\"livenessOperationMode\": \"PassiveActive\", "                                              \
    "\"deviceCorrelationId\": \"723d6d03-ef33-40a8-9682-23a1feb7bcc\", "                           \
    "\"enableSessionImage\": true}"

Test(emulator_tutorial, python_verify)
{
    run_verify_script(form("name=\"CreateLivenessWithVerifySessionRequest\"; "
                           "filename=\"request.json\"\r\nContent-Type: application/json",
                           VERIFY_CREATE,
                           "name=\"VerifyImage\"; filename=\"face.jpg\"\r\n"
                           "Content-Type: image/jpeg"));
}

Test(emulator_tutorial, javascript_verify)
{
    run_verify_script(form("name=\"CreateLivenessWithVerifySessionRequest\"; filename=\"blob\"\r\n"
                           "Content-Type: application/json",
                           VERIFY_CREATE,
                           "name=\"VerifyImage\"; filename=\"blob\"\r\n"
                           "Content-Type: application/octet-stream"));
}

Test(emulator_tutorial, curl_verify)
{
    struct daemon *emulator = emulate("--tutorial-paths");
    const struct http_answer *created = expect_status(
        post_form(emulator, CURLS_PATH,
                  form("name=\"Parameters\"",
                       "{\"livenessOperationMode\": \"passiveactive\", "
                       "\"deviceCorrelationId\": \"723d6d03-ef33-40a8-9682-23a1feb7bccd\"}",
                       "name=\"VerifyImage\"; filename=\"face.jpg\"\r\nContent-Type: image/jpeg")),
        200);
    play_verify(emulator, created);
    const char *path = session_path("detectLivenesswithVerify-sessions/", created);
    const struct http_answer *result = expect_status(face_call(emulator, "GET", path, NULL), 200);
    cr_assert(json_bool_at(result->json, "results.attempts[0].result.verifyResult.isIdentical"));
    expect_deleted(emulator, path);
}

/* On Windows the shell cuts the JSON off within: no service can make sense of that. */
Test(emulator_tutorial, json_that_a_shell_has_cut_is_refused)
{
    struct daemon *emulator = emulate("--tutorial-paths");
    expect_face_error(
        post_form(emulator, CURLS_PATH,
                  form("name=\"Parameters\"",
                       "{\"livenessOperationMode\": \"passiveactive\", "
                       "\"deviceCorrelationId\": \"723d6d03-ef33-40a8-9682-23a1feb7bccd\",",
                       "name=\"VerifyImage\"; filename=\"face.jpg\"\r\nContent-Type: image/jpeg")),
        400, "InvalidRequestBody");
}

/* ---- the switch ---- */

Test(emulator_tutorial, attempts_stay_newest_first)
{
    struct daemon *emulator = emulate("--tutorial-paths");
    const struct http_answer *created =
        expect_status(face_call(emulator, "POST", FACE_SESSIONS, FACE_PLAIN), 200);
    const char *bearer =
        text_of("Authorization: Bearer %s", json_text_at(created->json, "authToken"));
    const char *look = emulated_url(emulator, FACE_V1_2 "/detectLiveness/singleModal");
    expect_status(http_do("POST", emulated_url(emulator, FACE_V1_2 "/session/start"), "{}", bearer),
                  200);
    expect_status(http_do("POST", look, "{\"error\":\"FaceWithMaskDetected\"}", bearer), 200);
    expect_status(http_do("POST", look, "{}", bearer), 200);
    const struct http_answer *result = face_call(
        emulator, "GET", text_of("%s/result", session_path("livenessSessions/", created)), NULL);
    cr_assert_eq(json_number_at(result->json, "results.attempts[0].attemptId"), 2);
    cr_assert_eq(json_number_at(result->json, "results.attempts[1].attemptId"), 1);
    cr_assert_null(json_find(result->json, "results.attempts[0].verifyResult"));
}

static void expect_unknown(const struct daemon *emulator, const char *id)
{
    const struct http_answer *answers[] = {
        face_call(emulator, "GET", text_of(FACE_V1_2 "/livenessSessions/%s/result", id), NULL),
        face_call(emulator, "DELETE", text_of(FACE_V1_2 "/livenessSessions/%s", id), NULL),
        face_call(emulator, "DELETE", text_of(FACE_V1_2 "/livenessWithVerifySessions/%s", id),
                  NULL),
        post_form(emulator, TUTORIALS_PATH, form("name=\"Parameters\"", "{}", "name=\"x\"")),
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        expect_face_error(answers[i], 404, "404");
        cr_assert_str_eq(json_text_at(answers[i]->json, "error.message"), "Resource not found");
    }
}

Test(emulator_tutorial, its_paths_are_unknown_unless_asked_for)
{
    struct daemon *emulator = emulate_plain();
    const struct http_answer *created = expect_status(
        post_form(emulator, VERIFY_PATH,
                  form("name=\"Parameters\"", VERIFY_CREATE,
                       "name=\"VerifyImage\"; filename=\"face.jpg\"\r\nContent-Type: image/jpeg")),
        200);
    const char *id = json_text_at(created->json, "sessionId");
    expect_unknown(emulator, id);
    play_verify(emulator, created);
    const char *path = text_of(VERIFY_PATH "/%s", id);
    const struct http_answer *result = expect_status(face_call(emulator, "GET", path, NULL), 200);
    cr_assert_not_null(json_find(result->json, "results.attempts[0].result.verifyResult"));
    cr_assert_null(json_find(result->json, "results.attempts[0].verifyResult"));
    expect_face_error(face_call(emulator, "GET", text_of(FACE_SESSIONS "/%s", id), NULL), 404,
                      "SessionNotFound");
    (void)control(emulator, "/emulator/options", "{\"tutorialPaths\":true}");
    expect_status(
        face_call(emulator, "GET", text_of(FACE_V1_2 "/livenessSessions/%s/result", id), NULL),
        200);
}

Test(emulator_tutorial, its_paths_are_those_of_v1_2_only)
{
    struct daemon *emulator = emulate("--tutorial-paths");
    expect_face_error(
        face_call(emulator, "GET", "/face/v1.3-preview.1/livenessSessions/x/result", NULL), 404,
        "404");
    expect_face_error(face_call(emulator, "GET", FACE_V1_2 "/livenessSessions/x/result", NULL), 404,
                      "SessionNotFound");
    expect_face_error(
        http_do("GET", emulated_url(emulator, FACE_V1_2 "/livenessSessions/x/result"), NULL), 401,
        "401");
}
