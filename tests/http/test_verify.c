/*
 * Verify sessions: whose face it is compared with, what the verdict says of it, and that every
 * sender's form is understood.
 */
#include "base/crypto.h"
#include "support/command.h"
#include "support/form.h"
#include "support/rig.h"

#include <criterion/criterion.h>
#include <string.h>

#define BACKEND  "Authorization: Bearer token-backend"
#define OTHER    "Authorization: Bearer token-other"
#define OPERATOR "Authorization: Bearer token-operator"

static struct rig rig_with_backends(const char *setting)
{
    return rig_open_set("auth.mode=anonymous,app_token",
                        text_of("auth.app_tokens=%s,%s,%s",
                                app_token_entry("backend", "token-backend", "liveness:delegate"),
                                app_token_entry("other", "token-other", NULL),
                                app_token_entry("ops", "token-operator", "liveness:operate")),
                        setting);
}

static const struct form_field usual[] = {
    {"livenessOperationMode", "PassiveActive"}, {"deviceCorrelationId", "my-phone"}, {NULL, NULL}};

static const struct http_answer *create_with(const struct rig *rig, const struct form_field *fields,
                                             struct slice image, const char *owner)
{
    const char *const headers[4] = {owner};
    return form_send(daemon_url(rig->server, "http", VERIFY_PATH), form_plain, fields, image,
                     headers);
}

/* The session of a device that brought the picture of its owner's face itself. */
static struct story begin(const struct rig *rig, const struct form_field *fields)
{
    const struct http_answer *created = create_with(rig, fields, picture(2000, 1), NULL);
    expect_status(created, 200);
    return (struct story){
        .id = json_text_at(created->json, "sessionId"),
        .auth_token = json_text_at(created->json, "authToken"),
        .owner = text_of("X-Device-Token: %s", answer_header(created, "x-device-token"))};
}

static const char *verify_url(const struct rig *rig, const char *id, const char *below)
{
    return daemon_url(rig->server, "http", text_of(VERIFY_PATH "/%s%s", id, below));
}

static const struct http_answer *get(const struct rig *rig, const struct story *story)
{
    return http_do("GET", verify_url(rig, story->id, ""), NULL, story->owner);
}

Test(verify, the_form_of_every_sender_is_understood)
{
    struct rig rig = rig_open();
    unsigned senders = 0;
    for (const struct form_style *style = form_styles; style->name; style++, senders++) {
        const struct http_answer *created = form_send(daemon_url(rig.server, "http", VERIFY_PATH),
                                                      style, usual, picture(2000, 1), NULL);
        cr_assert_eq(created->status, 200, "%s: %s", style->name, created->body);
        cr_assert_str_eq(json_text_at(created->json, "results.verifyReferences[0].referenceType"),
                         "image");
        cr_assert_str_eq(json_text_at(created->json, "status"), "NotStarted");
    }
    cr_assert_eq(emulator_calls(&rig, "POST", "/face/v1.2/detectLivenessWithVerify-sessions"),
                 senders);
}

Test(verify, the_same_face_is_accepted)
{
    struct rig rig = rig_open();
    struct story story = begin(&rig, usual);
    const struct http_answer *pending = get(&rig, &story);
    expect_verdict(pending, "pending", false);
    cr_assert_str_eq(json_text_at(pending->json, "verdict.reference"), "owner");
    cr_assert_str_eq(json_text_at(pending->json, "results.verifyReferences[0].referenceType"),
                     "image");
    const char *digest = play_verify_device(&rig, story.auth_token, SAW_REAL);
    const struct http_answer *answer = http_do("POST", verify_url(&rig, story.id, "/completion"),
                                               digest_body(digest), story.owner);
    expect_verdict(answer, "live", true);
    cr_assert(json_bool_at(answer->json, "verdict.verify.isIdentical"));
    cr_assert(json_bool_at(answer->json, "verdict.verify.imageHashChecked"));
    cr_assert(json_bool_at(answer->json, "results.attempts[0].result.verifyResult.isIdentical"));
    cr_assert_null(json_find(answer->json, "results.attempts[0].result.verifyImageHash"),
                   "that is for operators and delegates");
    expect_soon(emulator_sessions(&rig) == 0);
    cr_assert_str_eq(
        json_text_at(get(&rig, &story)->json, "results.verifyReferences[0].referenceType"),
        "image");
}

Test(verify, another_face_is_live_and_not_accepted)
{
    struct rig rig = rig_open();
    struct story story = begin(&rig, usual);
    play_verify_device(&rig, story.auth_token, "{\"matchConfidence\":0.1}");
    const struct http_answer *answer = get(&rig, &story);
    expect_verdict(answer, "live", false);
    cr_assert(has_reason(answer, "not_identical"), "%s", answer->body);
    cr_assert_not(json_bool_at(answer->json, "verdict.verify.isIdentical"));
}

Test(verify, the_clients_threshold_decides_who_is_the_same)
{
    struct rig rig = rig_open();
    const struct form_field strict[] = {
        {"livenessOperationMode", "Passive"}, {"verifyConfidenceThreshold", "0.95"}, {NULL, NULL}};
    struct story story = begin(&rig, strict);
    play_verify_device(&rig, story.auth_token, "{\"matchConfidence\":0.94}");
    expect_verdict(get(&rig, &story), "live", false);
    story = begin(&rig, strict);
    play_verify_device(&rig, story.auth_token, "{\"matchConfidence\":0.96}");
    expect_verdict(get(&rig, &story), "live", true);
}

Test(verify, a_session_is_found_under_the_path_of_the_other_kind)
{
    struct rig rig = rig_open();
    struct story story = begin(&rig, usual);
    const char *digest = play_verify_device(&rig, story.auth_token, SAW_REAL);
    const struct http_answer *answer = story_complete(&rig, &story, digest_body(digest));
    expect_verdict(answer, "live", true);
    cr_assert_not_null(json_find(answer->json, "results.verifyReferences"));
    expect_status(story_delete(&rig, &story), 204);
    expect_error(get(&rig, &story), 404, "SessionNotFound");
}

/* ---- the device brings the picture ---- */

Test(verify, a_picture_that_no_server_saw_needs_the_policy)
{
    struct rig rig = rig_open();
    const char *all = daemon_url(rig.server, "http", VERIFY_PATH);
    const struct http_answer *refused = http_do("POST", all, PLAIN_CREATE);
    expect_error(refused, 400, "NotAllowedByPolicy");
    cr_assert_not_null(strstr(refused->body, "verifyImage"), "%s", refused->body);
    expect_error(create_with(&rig, usual, (struct slice){NULL, 0}, NULL), 400,
                 "NotAllowedByPolicy");
    cr_assert_eq(emulator_sessions(&rig), 0);
}

Test(verify, a_picture_of_the_devices_own_is_named_as_such)
{
    struct rig rig = rig_with_backends("policy.verify_image=client_allowed");
    const struct http_answer *created = expect_status(
        http_do("POST", daemon_url(rig.server, "http", VERIFY_PATH), PLAIN_CREATE, OTHER), 200);
    cr_assert_not_null(json_find(created->json, "results.verifyReferences"));
    CLEANUP(buf) struct buf base64;
    buf_init(&base64, 10000);
    struct slice own = picture(2000, 9);
    base64_encode(own.data, own.len, &base64);
    play_verify_device(&rig, json_text_at(created->json, "authToken"),
                       text_of("{\"verifyImage\":\"%s\"}", base64.data));
    const char *one = verify_url(&rig, json_text_at(created->json, "sessionId"), "");
    const struct http_answer *answer = http_do("GET", one, NULL, OTHER);
    expect_verdict(answer, "live", true);
    cr_assert_str_eq(json_text_at(answer->json, "verdict.reference"), "client");
    cr_assert_not(json_bool_at(answer->json, "verdict.verify.imageHashChecked"));
}

/* ---- a backend brings the picture ---- */

static const char *device_id_of(const struct rig *rig, const char **ret_device)
{
    const struct http_answer *device =
        expect_status(http_do("POST", daemon_url(rig->server, "http", "/api/devices")), 200);
    *ret_device = text_of("X-Device-Token: %s", answer_header(device, "x-device-token"));
    return json_text_at(device->json, "deviceId");
}

static const char *upper_hash(struct slice image)
{
    uint8_t hash[SHA256_BYTES];
    sha256(image.data, image.len, hash);
    const char *hex = "";
    for (size_t i = 0; i < sizeof hash; i++)
        hex = text_of("%s%02X", hex, hash[i]);
    return hex;
}

Test(verify, a_backend_creates_for_a_device_that_then_owns_the_session)
{
    struct rig rig = rig_with_backends(NULL);
    const char *device = NULL;
    const char *subject = text_of("device:%s", device_id_of(&rig, &device));
    const struct form_field fields[] = {
        {"livenessOperationMode", "Passive"}, {"ownerSubject", subject}, {NULL, NULL}};
    const struct http_answer *created =
        expect_status(create_with(&rig, fields, picture(3000, 5), BACKEND), 200);
    const char *id = json_text_at(created->json, "sessionId");
    const char *digest =
        play_verify_device(&rig, json_text_at(created->json, "authToken"), SAW_REAL);

    const char *one = verify_url(&rig, id, "");
    const char *completion = verify_url(&rig, id, "/completion");
    expect_error(http_do("POST", completion, digest_body(digest), BACKEND), 403, "Forbidden");
    expect_error(http_do("POST", completion, digest_body(digest), OTHER), 404, "SessionNotFound");
    const struct http_answer *answer = http_do("POST", completion, digest_body(digest), device);
    expect_verdict(answer, "live", true);
    cr_assert_str_eq(json_text_at(answer->json, "verdict.reference"), "delegate");
    cr_assert_null(json_find(answer->json, "results.attempts[0].result.verifyImageHash"));

    answer = http_do("GET", one, NULL, BACKEND);
    expect_verdict(answer, "live", true);
    cr_assert_str_eq(json_text_at(answer->json, "results.attempts[0].result.verifyImageHash"),
                     upper_hash(picture(3000, 5)));
    expect_error(http_do("GET", one, NULL, OTHER), 404, "SessionNotFound");
    expect_status(http_do("DELETE", one, NULL, BACKEND), 204);
    expect_error(http_do("GET", one, NULL, device), 404, "SessionNotFound");
}

Test(verify, a_backend_creates_for_the_installs_of_an_app)
{
    struct rig rig = rig_with_backends(NULL);
    const char *all = daemon_url(rig.server, "http", SESSIONS_PATH);
    const char *body = "{\"livenessOperationMode\":\"Passive\",\"ownerSubject\":\"app:other\"}";
    const struct http_answer *created = expect_status(http_do("POST", all, body, BACKEND), 200);
    const char *one = text_of("%s/%s", all, json_text_at(created->json, "sessionId"));
    expect_verdict(http_do("GET", one, NULL, OTHER), "pending", false);
    expect_verdict(http_do("GET", one, NULL, BACKEND), "pending", false);
    expect_verdict(http_do("POST", text_of("%s/completion", one), "{}", OTHER), "pending", false);
}

Test(verify, nobody_else_creates_for_others)
{
    struct rig rig = rig_with_backends(NULL);
    const char *all = daemon_url(rig.server, "http", SESSIONS_PATH);
    const char *body = "{\"livenessOperationMode\":\"Passive\",\"ownerSubject\":\"app:other\"}";
    expect_error(http_do("POST", all, body, OTHER), 403, "Forbidden");
    expect_error(http_do("POST", all, body, OPERATOR), 403, "Forbidden");
    expect_error(http_do("POST", all, body), 403, "Forbidden");
    static const char *const wrong[] = {"app:nobody", "device:", "device:x", "other", ""};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *of =
            text_of("{\"livenessOperationMode\":\"Passive\",\"ownerSubject\":\"%s\"}", wrong[i]);
        expect_error(http_do("POST", all, of, BACKEND), 400, "InvalidRequestBody");
    }
    cr_assert_eq(emulator_sessions(&rig), 0);
}

/* ---- what stays of a picture ---- */

Test(verify, nothing_stays_of_a_picture_but_its_hash)
{
    struct rig rig = rig_open_set("log.level=debug", "retention.image=1h");
    static const char marker[] = "M4rker-in-the-face";
    char bytes[3000];
    memcpy(bytes, picture(sizeof bytes, 7).data, sizeof bytes);
    memcpy(bytes + 100, marker, sizeof marker - 1);
    const struct http_answer *created =
        expect_status(create_with(&rig, usual, (struct slice){bytes, sizeof bytes}, NULL), 200);
    play_verify_device(&rig, json_text_at(created->json, "authToken"), SAW_REAL);
    const char *one = verify_url(&rig, json_text_at(created->json, "sessionId"), "");
    expect_verdict(http_do("GET", one, NULL,
                           text_of("X-Device-Token: %s", answer_header(created, "x-device-token"))),
                   "live", true);
    cr_assert_not(daemon_log_contains(rig.server, marker));
    cr_assert_not(folder_holds(daemon_folder(rig.server), marker));
    cr_assert_not(folder_holds(rig_store_folder(&rig), marker));
    cr_assert(folder_holds(rig_store_folder(&rig), "realface"), "there is nothing to look at");
}

/* ---- pictures that are none ---- */

Test(verify, pictures_are_checked_before_anything_is_sent)
{
    struct rig rig = rig_open();
    static const char text[4000] = "<svg>";
    expect_error(create_with(&rig, usual, picture(1023, 1), NULL), 400, "InvalidImageSize");
    expect_error(create_with(&rig, usual, (struct slice){text, 4000}, NULL), 400, "InvalidImage");
    expect_error(create_with(&rig, usual, (struct slice){"", 0}, NULL), 400, "InvalidImageSize");
    cr_assert_eq(emulator_calls(&rig, "POST", "/face"), 0);
    expect_status(create_with(&rig, usual, picture(1024, 1), NULL), 200);
    expect_status(create_with(&rig, usual, picture((size_t)6 * 1024 * 1024, 1), NULL), 200);
}

Test(verify, a_picture_without_one_face_is_the_clients_mistake)
{
    struct rig rig = rig_open();
    char bytes[3000];
    memcpy(bytes, picture(sizeof bytes, 3).data, sizeof bytes);
    static const char faces[] = "livenessd-faces=2";
    memcpy(bytes + 20, faces, sizeof faces - 1);
    expect_error(create_with(&rig, usual, (struct slice){bytes, sizeof bytes}, NULL), 400,
                 "InvalidImage");
    cr_assert_eq(emulator_sessions(&rig), 0);
}
