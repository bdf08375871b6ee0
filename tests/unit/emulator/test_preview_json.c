/*
 * Sessions as the previews show them.
 */
#include "base/alloc.h"
#include "emulator/preview_json.h"

#include <criterion/criterion.h>

static struct emu_sessions sessions;
static struct emu_session *session;
static struct fake_random source;
static struct buf text;

static void begin(struct emu_verify *verify)
{
    struct emu_session_settings settings = {
        .kind = verify ? EMU_LIVENESS_WITH_VERIFY : EMU_LIVENESS,
        .attempts_allowed = 3,
        .device_correlation_id = xstrdup("device"),
        .model_version = xstrdup("model"),
        .enable_session_image = true,
        .token_lifetime_s = 600,
        .verify = verify,
    };

    session = emu_sessions_add(&sessions, &settings, &source.random, 1713426281120);
}

static struct emu_verify *reference(void)
{
    struct emu_verify *verify = xcalloc(1, sizeof *verify);

    *verify = (struct emu_verify){
        .has_image = true, .return_image_hash = true, .confidence_threshold = 0.5};
    return verify;
}

static void setup(void)
{
    fake_random_init(&source, 3);
    buf_init(&text, 1 << 16);
    emu_sessions_init(&sessions, 10);
}

static void teardown(void)
{
    emu_sessions_done(&sessions);
    buf_done(&text);
}

TestSuite(preview_json, .init = setup, .fini = teardown);

static cJSON *written(enum emu_version version)
{
    cJSON *document = NULL;
    const char *why = NULL;

    buf_reset(&text);
    emu_preview_write(session, version, session->created_ms, &text);
    cr_assert_eq(json_parse(buf_slice(&text), &json_limits_upstream, &document, &why), 0, "%s",
                 why);
    return document;
}

static void see(const char *body)
{
    struct emu_sight sight;

    cr_assert(emu_session_start(session));
    cr_assert_eq(emu_sight_decode(slice_of(body), &sight), EMU_OK);
    cr_assert_not_null(emu_session_record(session, &sight, &source.random));
}

static const char *word(const cJSON *object, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static const cJSON *at(const cJSON *object, const char *a, const char *b)
{
    return cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(object, a), b);
}

Test(preview_json, shows_a_fresh_session_exactly)
{
    CLEANUP(buf) struct buf expected;

    begin(NULL);
    buf_init(&expected, 4096);
    buf_printf(&expected,
               "{\"id\":\"%s\",\"createdDateTime\":\"2024-04-18T07:44:41.1200000+00:00\","
               "\"sessionExpired\":false,\"deviceCorrelationId\":\"device\","
               "\"authTokenTimeToLiveInSeconds\":600,\"status\":\"NotStarted\"}",
               session->id);
    emu_preview_write(session, EMU_V1_1_PREVIEW_1, session->created_ms + 599999, &text);
    cr_expect_str_eq(text.data, expected.data);
}

Test(preview_json, shows_when_the_token_has_expired)
{
    begin(NULL);
    emu_preview_write(session, EMU_V1_1_PREVIEW_1, session->created_ms + 600000, &text);
    cr_expect_not_null(strstr(text.data, "\"sessionExpired\":true"));
}

Test(preview_json, tells_the_state_in_words_of_its_own)
{
    begin(NULL);
    cr_assert(emu_session_start(session));
    CLEANUP(json) cJSON *started = written(EMU_V1_1_PREVIEW_1);
    cr_expect_str_eq(word(started, "status"), "Started");
    cr_expect_null(cJSON_GetObjectItem(started, "result"));
    see("{\"error\":\"FaceWithMaskDetected\"}");
    CLEANUP(json) cJSON *failed = written(EMU_V1_1_PREVIEW_1);
    cr_expect_str_eq(word(failed, "status"), "ResultAvailable");
}

Test(preview_json, has_the_newest_attempt_for_its_result)
{
    begin(NULL);
    see("{\"error\":\"FaceWithMaskDetected\"}");
    see("{\"livenessDecision\":\"spoofface\"}");
    CLEANUP(json) cJSON *document = written(EMU_V1_1_PREVIEW_1);
    const cJSON *result = cJSON_GetObjectItem(document, "result");
    const cJSON *body = at(result, "response", "body");

    cr_expect_eq(cJSON_GetObjectItem(result, "id")->valueint, 2);
    cr_expect_str_eq(word(result, "sessionId"), session->id);
    cr_expect_str_eq(word(body, "livenessDecision"), "spoofface");
    cr_expect_str_eq(word(body, "modelVersionUsed"), "model");
    cr_expect_str_eq(at(result, "request", "url")->valuestring,
                     "/face/v1.1-preview.1/detectLiveness/singleModal");
    cr_expect_eq(at(result, "response", "statusCode")->valueint, 200);
    cr_expect_null(cJSON_GetObjectItem(result, "sessionImageId"), "v1.2-preview.1 has it");
}

Test(preview_json, shows_an_error_instead_of_a_decision)
{
    begin(NULL);
    see("{\"error\":\"FaceWithMaskDetected\"}");
    CLEANUP(json) cJSON *document = written(EMU_V1_1_PREVIEW_1);
    const cJSON *response = at(document, "result", "response");
    const cJSON *body = cJSON_GetObjectItem(response, "body");

    cr_expect_null(cJSON_GetObjectItem(body, "livenessDecision"));
    cr_expect_str_eq(at(body, "error", "code")->valuestring, "FaceWithMaskDetected");
    cr_expect_eq(cJSON_GetObjectItem(response, "statusCode")->valueint, 400);
}

Test(preview_json, shows_images_since_v1_2)
{
    begin(reference());
    see("{\"matchConfidence\":0.25}");
    CLEANUP(json) cJSON *document = written(EMU_V1_2_PREVIEW_1);
    const cJSON *result = cJSON_GetObjectItem(document, "result");
    const cJSON *verified = at(at(result, "response", "body"), "verifyResult", "isIdentical");

    cr_expect_eq(strlen(word(result, "sessionImageId")), 44);
    cr_expect_eq(strlen(word(result, "verifyImageHash")), 64);
    cr_expect(cJSON_IsFalse(verified));
}

Test(preview_json, answers_a_create_with_the_face_of_the_image)
{
    begin(NULL);
    emu_preview_write_created(session, SLICE("t"), &text);
    cr_expect_null(strstr(text.data, "verifyImage"));
    buf_reset(&text);
    begin(reference());
    emu_preview_write_created(session, SLICE("t"), &text);
    cr_expect_not_null(strstr(text.data, "\"verifyImage\":{\"faceRectangle\":{\"top\":80,"));
    cr_expect_not_null(strstr(text.data, "\"authToken\":\"t\""));
}
