/*
 * A session as the Face API shows it.
 */
#include "base/json.h"
#include "emulator/session_json.h"

#include <criterion/criterion.h>
#include <ctype.h>

static struct emu_sessions sessions;
static struct emu_session *session;
static struct fake_random source;
static struct buf text;

static void setup(void)
{
    struct emu_session_settings settings = {
        .attempts_allowed = 3,
        .model_version = xstrdup("2025-05-20"),
    };

    fake_random_init(&source, 3);
    buf_init(&text, 1 << 16);
    emu_sessions_init(&sessions, 10);
    session = emu_sessions_add(&sessions, &settings, &source.random, 0);
}

static void teardown(void)
{
    emu_sessions_done(&sessions);
    buf_done(&text);
}

TestSuite(session_json, .init = setup, .fini = teardown);

static cJSON *written(void)
{
    cJSON *document = NULL;
    const char *why = NULL;

    buf_reset(&text);
    emu_session_write(session, EMU_V1_2, SLICE(""), &text);
    cr_assert_eq(json_parse(buf_slice(&text), &json_limits_upstream, &document, &why), 0, "%s",
                 why);
    return document;
}

static void see(const char *body)
{
    struct emu_sight sight;

    cr_assert_eq(emu_sight_decode(slice_of(body), &sight), EMU_OK);
    cr_assert_not_null(emu_session_record(session, &sight, &source.random));
}

Test(session_json, shows_a_fresh_session_exactly)
{
    CLEANUP(buf) struct buf expected;

    buf_init(&expected, 4096);
    buf_printf(&expected,
               "{\"sessionId\":\"%s\",\"authToken\":\"t.o.k\",\"status\":\"NotStarted\","
               "\"modelVersion\":\"2025-05-20\",\"results\":{\"attempts\":[]}}",
               session->id);
    emu_session_write(session, EMU_V1_2, SLICE("t.o.k"), &text);
    cr_expect_str_eq(text.data, expected.data);
}

Test(session_json, shows_attempts_newest_first_with_error_or_result)
{
    cr_assert(emu_session_start(session));
    see("{\"error\":\"FaceWithMaskDetected\"}");
    see("{\"livenessDecision\":\"spoofface\"}");
    CLEANUP(json) cJSON *document = written();
    const cJSON *attempts =
        cJSON_GetObjectItem(cJSON_GetObjectItem(document, "results"), "attempts");

    cr_assert_eq(cJSON_GetArraySize(attempts), 2);
    const cJSON *newest = cJSON_GetArrayItem(attempts, 0);
    const cJSON *oldest = cJSON_GetArrayItem(attempts, 1);
    cr_expect_eq(cJSON_GetObjectItem(newest, "attemptId")->valueint, 2);
    cr_expect_str_eq(cJSON_GetObjectItem(newest, "attemptStatus")->valuestring, "Succeeded");
    cr_expect_null(cJSON_GetObjectItem(newest, "error"));
    const cJSON *result = cJSON_GetObjectItem(newest, "result");
    cr_expect_str_eq(cJSON_GetObjectItem(result, "livenessDecision")->valuestring, "spoofface");
    cr_expect_not_null(cJSON_GetObjectItem(result, "targets"));
    cr_expect_str_eq(cJSON_GetObjectItem(oldest, "attemptStatus")->valuestring, "Failed");
    cr_expect_null(cJSON_GetObjectItem(oldest, "result"));
    const cJSON *error = cJSON_GetObjectItem(oldest, "error");
    cr_expect_str_eq(cJSON_GetObjectItem(error, "message")->valuestring,
                     "Mask detected on face image.");
    const cJSON *color = cJSON_GetObjectItem(cJSON_GetObjectItem(error, "targets"), "color");
    cr_expect_eq(cJSON_GetArraySize(cJSON_GetObjectItem(color, "faceRectangle")), 4);
}

Test(session_json, shows_the_digest_as_64_upper_case_hex_digits)
{
    cr_assert(emu_session_start(session));
    see("{}");
    CLEANUP(json) cJSON *document = written();
    const cJSON *attempts =
        cJSON_GetObjectItem(cJSON_GetObjectItem(document, "results"), "attempts");
    const cJSON *result = cJSON_GetObjectItem(cJSON_GetArrayItem(attempts, 0), "result");
    const char *digest = cJSON_GetObjectItem(result, "digest")->valuestring;

    cr_expect_eq(strlen(digest), 64);
    for (const char *c = digest; *c; c++)
        cr_expect(isdigit((unsigned char)*c) || (*c >= 'A' && *c <= 'F'));
}
