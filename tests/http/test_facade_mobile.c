/*
 * The vendor's mobile samples, which call the Face API themselves with a key in the app: they work
 * with us by changing endpoint and key. What each of them sends and reads, byte for byte.
 */
#include "support/form.h"
#include "support/raw.h"
#include "support/rig.h"

#include <criterion/criterion.h>
#include <string.h>

#define KEY        "Ocp-Apim-Subscription-Key: token-app"
#define TELEMETRY  "X-MS-AZSDK-Telemetry: sample=swift-face-ios-sdk;appversion=1.1"
#define JSON_UTF8  "Content-Type: application/json; charset=UTF-8"
#define PLAIN      "/face/v1.2/detectLiveness-sessions"
#define VERIFY     "/face/v1.2/detectLivenessWithVerify-sessions"
#define ANDROID_ID "3f2a9c71-5b1e-9d04-3f2a-9c715b1e9d04"
#define PLAIN_STORY                                                                                \
    "{\"livenessOperationMode\":\"PassiveActive\",\"deviceCorrelationId\":\"" ANDROID_ID           \
    "\",\"userCorrelationId\":\"8d7f0b5e-1d6f-4c07-9a1c-0f5d3a6f2b11\"}"

static struct rig rig_for_app(const char *setting)
{
    return rig_open_set("auth.mode=app_token",
                        text_of("auth.app_tokens=%s", app_token_entry("app", "token-app", NULL)),
                        setting);
}

static const char *url(const struct rig *rig, const char *path)
{
    return daemon_url(rig->server, "http", path);
}

/* The token; *ret_one is where the session is asked for. All samples read both at the top. */
static const char *token_of(const struct rig *rig, const char *all,
                            const struct http_answer *created, const char **ret_one)
{
    expect_status(created, 200); /* not 201: Flutter takes nothing else */
    *ret_one = url(rig, text_of("%s/%s", all, json_text_at(created->json, "sessionId")));
    return json_text_at(created->json, "authToken");
}

static void expect_result(const struct http_answer *answer, const char *decision)
{
    expect_status(answer, 200);
    cr_assert_str_eq(json_text_at(answer->json, "results.attempts[0].result.livenessDecision"),
                     decision);
}

/* ---- plain sessions ---- */

struct sender {
    const char *name;
    const char *path;       /* of the create, as the endpoint of the settings makes it */
    const char *create[4];  /* headers */
    const char *request[4]; /* of the GET */
    const char *body;
};

static const struct sender senders[] = {
    {"Kotlin", PLAIN, {JSON_UTF8, "Transfer-Encoding: chunked"}, {JSON_UTF8}, PLAIN_STORY},
    {"Kotlin with a slash behind its endpoint",
     "/" PLAIN,
     {JSON_UTF8, "Transfer-Encoding: chunked"},
     {JSON_UTF8},
     PLAIN_STORY},
    {"Swift", PLAIN, {"Content-Type: application/json", TELEMETRY}, {NULL}, PLAIN_STORY},
    {"Flutter",
     PLAIN,
     {JSON_UTF8},
     {JSON_UTF8},
     "{\"livenessOperationMode\":\"Passive\",\"deviceCorrelationId\":\"1234567890\","
     "\"userCorrelationId\":\"0987654321\"}"},
    {"React Native",
     PLAIN,
     {JSON_UTF8},
     {JSON_UTF8},
     "{\"livenessOperationMode\":\"PassiveActive\",\"deviceCorrelationId\":\"1234567890\","
     "\"userCorrelationId\":\"1234567890\"}"},
    {"MAUI", PLAIN, {"Content-Type: application/json; charset=utf-8"}, {NULL}, PLAIN_STORY},
};

static const struct http_answer *send_with(const char *method, const char *where, const char *body,
                                           const char *const headers[4])
{
    struct http_request request = {.method = method, .url = where, .body = body, .headers = {KEY}};
    for (size_t i = 0; i < 4 && headers[i]; i++)
        request.headers[i + 1] = headers[i];
    return http_send(&request);
}

Test(facade_mobile, plain_sessions_of_every_sample_work)
{
    struct rig rig = rig_for_app(NULL);
    for (size_t i = 0; i < sizeof senders / sizeof *senders; i++) {
        const struct sender *sender = &senders[i];
        const char *one = NULL;
        const struct http_answer *created =
            send_with("POST", url(&rig, sender->path), sender->body, sender->create);
        cr_assert_eq(created->status, 200, "%s: %s", sender->name, created->body);
        const char *token = token_of(&rig, sender->path, created, &one);
        play_device(&rig, token, SAW_REAL);
        expect_result(send_with("GET", one, NULL, sender->request), "realface");
    }
}

Test(facade_mobile, every_sample_works_below_a_base_path)
{
    struct rig rig = rig_for_app("http.base_path=/team/liveness");
    for (size_t i = 0; i < sizeof senders / sizeof *senders; i++) {
        const struct sender *sender = &senders[i];
        const char *one = NULL;
        const char *path = text_of("/team/liveness%s", sender->path);
        const struct http_answer *created =
            send_with("POST", url(&rig, path), sender->body, sender->create);
        cr_assert_eq(created->status, 200, "%s: %s", sender->name, created->body);
        (void)token_of(&rig, path, created, &one);
        expect_status(send_with("GET", one, NULL, sender->request), 200);
    }
}

/* ---- verify sessions ---- */

static const struct form_field phone[] = {{"livenessOperationMode", "PassiveActive"},
                                          {"deviceCorrelationId", ANDROID_ID},
                                          {"userCorrelationId", "user-7"},
                                          {NULL, NULL}};
static const char *const phone_headers[4] = {KEY, TELEMETRY};

Test(facade_mobile, verify_sessions_of_every_sample_work)
{
    struct rig rig = rig_for_app(NULL);
    static const char *const paths[] = {VERIFY, "/" VERIFY};
    for (const struct form_style *style = form_styles; style->name; style++) {
        const char *one = NULL, *path = paths[(style - form_styles) % 2];
        const struct http_answer *created =
            form_send(url(&rig, path), style, phone, picture(2000, 1), phone_headers);
        cr_assert_eq(created->status, 200, "%s: %s", style->name, created->body);
        play_verify_device(&rig, token_of(&rig, path, created, &one), SAW_REAL);
        const struct http_answer *answer = http_do("GET", one, NULL, KEY, JSON_UTF8);
        expect_result(answer, "realface");
        const char *verify = "results.attempts[0].result.verifyResult";
        cr_assert(json_bool_at(answer->json, text_of("%s.isIdentical", verify)));
        cr_assert_gt(json_number_at(answer->json, text_of("%s.matchConfidence", verify)), 0);
    }
}

/* "Set image in client": the form comes without a picture. */
Test(facade_mobile, the_device_may_bring_the_picture_where_the_policy_lets_it)
{
    static const struct slice none = {NULL, 0};
    struct rig lax = rig_for_app("policy.verify_image=client_allowed");
    struct rig strict = rig_for_app(NULL);
    for (const struct form_style *style = form_styles; style->name; style++) {
        const char *one = NULL;
        const struct http_answer *created =
            form_send(url(&lax, VERIFY), style, phone, none, phone_headers);
        cr_assert_eq(created->status, 200, "%s: %s", style->name, created->body);
        (void)token_of(&lax, VERIFY, created, &one);
        cr_assert_str_eq(json_text_at(http_do("GET", one, NULL, KEY)->json, "verdict.reference"),
                         "client");
        expect_error(form_send(url(&strict, VERIFY), style, phone, none, phone_headers), 400,
                     "NotAllowedByPolicy");
    }
    cr_assert_eq(emulator_calls(&strict, "POST", "/face"), 0);
}

/* ---- when it fails ---- */

Test(facade_mobile, the_code_of_a_failed_attempt_is_where_flutter_reads_it_and_the_token_lives_on)
{
    struct rig rig = rig_for_app(NULL);
    const char *one = NULL;
    const char *token =
        token_of(&rig, PLAIN, http_do("POST", url(&rig, PLAIN), PLAIN_STORY, KEY, JSON_UTF8), &one);
    play_device(&rig, token, SAW_MASK);
    const struct http_answer *answer = expect_status(http_do("GET", one, NULL, KEY), 200);
    cr_assert_str_eq(json_text_at(answer->json, "results.attempts[0].error.code"),
                     "FaceWithMaskDetected");
    cr_assert_null(json_find(answer->json, "results.attempts[0].result"), "as the service says it");
    play_device(&rig, token, SAW_REAL);
    answer = http_do("GET", one, NULL, KEY);
    expect_result(answer, "realface");
    cr_assert_eq(json_number_at(answer->json, "results.attempts[0].attemptId"), 2);
}

/* Android reads a body of every error and fails at an empty one. */
Test(facade_mobile, errors_have_a_body_and_the_services_shape)
{
    struct rig rig = rig_for_app(NULL);
    const char *chunked = "Transfer-Encoding: chunked";
    static const char *const bodies[] = {"", "{", "[]", "\xff", "{\"livenessOperationMode\":{}}"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        const struct http_answer *answer =
            http_do("POST", url(&rig, "/" PLAIN), bodies[i], KEY, chunked, JSON_UTF8);
        cr_assert_eq(answer->status, 400, "%s: %s", bodies[i], answer->body);
        cr_assert_null(json_find(answer->json, "message"), "%s", answer->body);
        cr_assert_gt(strlen(json_text_at(answer->json, "error.message")), 0);
    }
    expect_error(
        http_do("POST", url(&rig, PLAIN), PLAIN_STORY, chunked, "Ocp-Apim-Subscription-Key: wrong"),
        401, "NotAuthenticated");
    expect_error(http_do("GET", url(&rig, PLAIN "/undefined"), NULL, KEY), 404, "SessionNotFound");
    expect_error(http_do("GET", url(&rig, PLAIN "/"), NULL, KEY), 403, "Forbidden");
    expect_error(http_do("POST", url(&rig, VERIFY), "x", KEY, "Content-Type: multipart/form-data"),
                 400, "InvalidRequestBody");
    cr_assert_eq(emulator_calls(&rig, "POST", "/face"), 0);
}

/* ---- chunks ---- */

#define CREATE_HEAD                                                                                \
    "POST /" PLAIN " HTTP/1.1\r\nHost: a\r\n" KEY "\r\n" JSON_UTF8                                 \
    "\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"

Test(facade_mobile, chunks_of_any_size_are_one_body)
{
    struct rig rig = rig_for_app(NULL);
    const char *chunks = "";
    for (const char *at = PLAIN_STORY; *at; at++)
        chunks = text_of("%s1\r\n%c\r\n", chunks, *at);
    const char *const ways[] = {
        text_of("%s0\r\n\r\n", chunks),
        text_of("%zx\r\n%s\r\n0\r\n\r\n", strlen(PLAIN_STORY), PLAIN_STORY),
        text_of("%zX;a=b\r\n%s\r\n0\r\n\r\n", strlen(PLAIN_STORY), PLAIN_STORY),
    };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        int fd = raw_connect(daemon_address(rig.server, "http"));
        raw_send(fd, text_of(CREATE_HEAD "%s", ways[i]));
        const char *said = raw_read_all(fd, NULL);
        cr_assert_eq(strncmp(said, "HTTP/1.1 200 ", 13), 0, "%zu: %s", i, said);
    }
}
