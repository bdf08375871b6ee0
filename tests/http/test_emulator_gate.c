/*
 * The emulated service's door: keys, the rate limit, the headers of every answer, both forms of
 * refusal, and the switches.
 */
#include "support/emulated.h"

#include <criterion/criterion.h>
#include <string.h>

Test(emulator_gate, takes_either_key_and_no_other)
{
    struct daemon *emulator = emulate_plain();
    const char *url = emulated_url(emulator, FACE_SESSIONS);
    expect_status(http_do("POST", url, FACE_PLAIN, KEY_HEADER), 200);
    expect_status(http_do("POST", url, FACE_PLAIN, SECOND_KEY_HEADER), 200);
    expect_status(http_do("POST", url, FACE_PLAIN, "OCP-APIM-SUBSCRIPTION-KEY: " EMULATED_KEY),
                  200);
    expect_face_error(http_do("POST", url, FACE_PLAIN), 401, "401");
    expect_face_error(
        http_do("POST", url, FACE_PLAIN, "Ocp-Apim-Subscription-Key: " EMULATED_KEY "x"), 401,
        "401");
    expect_face_error(http_do("POST", url, FACE_PLAIN, "Ocp-Apim-Subscription-Key;"), 401, "401");
    expect_face_error(http_do("POST", url, FACE_PLAIN, KEY_HEADER, SECOND_KEY_HEADER), 401, "401");
    expect_face_error(http_do("POST", url, FACE_PLAIN, "Authorization: Bearer " EMULATED_KEY), 401,
                      "401");
}

Test(emulator_gate, without_keys_takes_any_that_is_not_empty)
{
    struct daemon *emulator = daemon_start("emulate", NULL, NULL);
    const char *url = emulated_url(emulator, FACE_SESSIONS);
    expect_status(http_do("POST", url, FACE_PLAIN, "Ocp-Apim-Subscription-Key: whatever"), 200);
    expect_face_error(http_do("POST", url, FACE_PLAIN, "Ocp-Apim-Subscription-Key;"), 401, "401");
    expect_face_error(http_do("POST", url, FACE_PLAIN), 401, "401");
}

Test(emulator_gate, tells_a_wrong_key_as_each_version_does)
{
    struct daemon *emulator = emulate_plain();
    static const struct {
        const char *path, *code;
    } rows[] = {
        {"/face/v1.2/detectLiveness-sessions/x", "401"},
        {"/face/v1.3-preview.1/detectLiveness-sessions/x", "401"},
        {"/face/v1.1-preview.1/detectLiveness/singleModal/sessions/x", "Unspecified"},
        {"/face/v1.2-preview.1/detectLiveness/singleModal/sessions/x", "Unspecified"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_face_error(http_do("GET", emulated_url(emulator, rows[i].path), NULL), 401,
                          rows[i].code);
}

/* ---- headers ---- */

static void expect_header(const struct http_answer *answer, const char *name, const char *value)
{
    const char *header = answer_header(answer, name);
    cr_assert(header && strcmp(header, value) == 0, "%s: %s, expected %s", name,
              header ? header : "missing", value);
}

static void expect_gateway_headers(const struct http_answer *answer)
{
    const char *id = answer_header(answer, "apim-request-id");
    cr_assert(id && strlen(id) == 36, "apim-request-id: %s", id ? id : "missing");
    expect_header(answer, "strict-transport-security",
                  "max-age=31536000; includeSubDomains; preload");
    expect_header(answer, "x-content-type-options", "nosniff");
    expect_header(answer, "x-livenessd-emulator", "1");
    if (answer->body_size > 0)
        expect_header(answer, "content-type", "application/json; charset=utf-8");
}

Test(emulator_gate, puts_the_gateways_headers_on_every_answer)
{
    struct daemon *emulator = emulate_plain();
    const struct http_answer *created =
        expect_status(face_call(emulator, "POST", FACE_SESSIONS, FACE_PLAIN), 200);
    const char *path = text_of(FACE_SESSIONS "/%s", json_text_at(created->json, "sessionId"));
    const struct http_answer *answers[] = {
        created,
        face_call(emulator, "GET", path, NULL),
        face_call(emulator, "DELETE", path, NULL),
        face_call(emulator, "GET", path, NULL),
        face_call(emulator, "POST", FACE_SESSIONS, "{"),
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        expect_gateway_headers(answers[i]);
        cr_assert_not_null(answer_header(answers[i], "x-envoy-upstream-service-time"));
        cr_assert_null(answer_header(answers[i], "csp-billing-usage"));
        cr_assert(i == 0 || strcmp(answer_header(answers[i], "apim-request-id"),
                                   answer_header(answers[i - 1], "apim-request-id")) != 0);
    }
    expect_gateway_headers(face_call(emulator, "GET", "/face/v1.2/nothing", NULL));
    cr_assert_null(answer_header(http_do("GET", emulated_url(emulator, "/emulator/clock"), NULL),
                                 "apim-request-id"));
}

Test(emulator_gate, tells_what_a_look_by_the_camera_costs)
{
    struct daemon *emulator = emulate_plain();
    const struct http_answer *created = face_call(emulator, "POST", FACE_SESSIONS, FACE_PLAIN);
    const char *bearer =
        text_of("Authorization: Bearer %s", json_text_at(created->json, "authToken"));
    const char *look = emulated_url(emulator, FACE_V1_2 "/detectLiveness/singleModal");
    cr_assert_null(answer_header(
        expect_face_error(http_do("POST", look, "{}", bearer), 409, "ConcurrentOperationConflict"),
        "csp-billing-usage"));
    expect_status(http_do("POST", emulated_url(emulator, FACE_V1_2 "/session/start"), "{}", bearer),
                  200);
    expect_header(expect_status(http_do("POST", look, "{}", bearer), 200), "csp-billing-usage",
                  "CognitiveServices.Face.Transaction=1");
}

Test(emulator_gate, answers_unknown_routes_as_the_gateway_does)
{
    struct daemon *emulator = emulate_plain();
    static const char *const rows[][2] = {
        {"GET", "/face/v1.2/livenessSessions/x/result"},
        {"PUT", "/face/v1.2/detectLiveness-sessions"},
        {"GET", "/face/v9.9/detectLiveness-sessions/x"},
        {"GET", "/face/v1.2"},
        {"GET", "/elsewhere"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct http_answer *answer = face_call(emulator, rows[i][0], rows[i][1], NULL);
        expect_face_error(answer, 404, "404");
        cr_assert_str_eq(answer->body,
                         "{\"error\":{\"code\":\"404\",\"message\":\"Resource not found\"}}");
    }
}

Test(emulator_gate, matches_paths_in_any_case_and_with_repeated_slashes)
{
    struct daemon *emulator = emulate_plain();
    expect_status(face_call(emulator, "POST", "//face//v1.2/detectliveness-Sessions", FACE_PLAIN),
                  200);
    expect_status(face_call(emulator, "POST", "/FACE/V1.2/DETECTLIVENESS-SESSIONS/", FACE_PLAIN),
                  200);
}

/* ---- the rate limit ---- */

/* A call without credentials, as good as any other for counting. */
static const struct http_answer *knock(const struct daemon *emulator)
{
    return http_do("GET", emulated_url(emulator, UNKNOWN_SESSION), NULL);
}

Test(emulator_gate, refuses_more_calls_a_second_than_its_limit)
{
    struct daemon *emulator = emulate("--rate-limit", "1");
    const struct http_answer *answer = NULL;
    expect_soon((answer = knock(emulator))->status == 429);
    expect_face_error(answer, 429, "429");
    expect_header(answer, "retry-after", "1");
    cr_assert_not_null(strstr(answer->body, "retry after 1 second"), "%s", answer->body);
    cr_assert_not_null(answer_header(answer, "apim-request-id"));
    expect_soon(face_call(emulator, "GET", UNKNOWN_SESSION, NULL)->status == 404);
}

Test(emulator_gate, limits_devices_too_and_neither_the_control_room_nor_entra)
{
    struct daemon *emulator = emulate("--rate-limit", "1");
    expect_soon(http_do("POST", emulated_url(emulator, FACE_V1_2 "/session/start"), "{}",
                        "Authorization: Bearer dead")
                    ->status == 429);
    for (unsigned i = 0; i < 20; i++) {
        expect_status(http_do("GET", emulated_url(emulator, "/emulator/requests"), NULL), 200);
        expect_status(http_do("POST", emulated_url(emulator, "/t/oauth2/v2.0/token"), "a=b",
                              "Content-Type: application/x-www-form-urlencoded"),
                      400);
    }
}

Test(emulator_gate, tells_the_limit_as_its_gateway_when_asked)
{
    struct daemon *emulator = emulate("--rate-limit", "1", "--gateway-errors");
    const struct http_answer *answer = NULL;
    expect_soon((answer = knock(emulator))->status == 429);
    cr_assert_str_eq(answer->body,
                     "{\"error\":{\"statusCode\":429,\"message\":\"Rate limit is exceeded. Try "
                     "again in 1 seconds.\"}}");
    cr_assert_null(answer_header(answer, "x-ms-error-code"));
    cr_assert_null(answer_header(answer, "retry-after"));
}

/* ---- switches ---- */

static void expect_options(const struct http_answer *answer, const char *json)
{
    expect_status(answer, 200);
    cr_assert_str_eq(answer->body, json);
}

Test(emulator_gate, shows_and_takes_options_at_run_time)
{
    struct daemon *emulator = emulate("--strict", "--rate-limit", "7");
    const char *url = emulated_url(emulator, "/emulator/options");
    expect_options(http_do("GET", url, NULL),
                   "{\"strict\":true,\"tutorialPaths\":false,\"gatewayErrors\":false,"
                   "\"rateLimit\":7}");
    expect_options(http_do("POST", url, "{\"gatewayErrors\":true,\"rateLimit\":0}"),
                   "{\"strict\":true,\"tutorialPaths\":false,\"gatewayErrors\":true,"
                   "\"rateLimit\":0}");
    expect_options(http_do("POST", url, "{\"strict\":false,\"tutorialPaths\":true}"),
                   "{\"strict\":false,\"tutorialPaths\":true,\"gatewayErrors\":true,"
                   "\"rateLimit\":0}");
    static const char *const bad[] = {"[]",
                                      "{\"strict\":\"yes\"}",
                                      "{\"rateLimit\":-1}",
                                      "{\"rateLimit\":1.5}",
                                      "{\"rateLimit\":1000001}",
                                      "{"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_face_error(http_do("POST", url, bad[i]), 400, "InvalidRequestBody");
    expect_options(http_do("GET", url, NULL),
                   "{\"strict\":false,\"tutorialPaths\":true,\"gatewayErrors\":true,"
                   "\"rateLimit\":0}");
}

Test(emulator_gate, limits_from_now_on_when_switched_on_at_run_time)
{
    struct daemon *emulator = emulate_plain();
    for (unsigned i = 0; i < 20; i++)
        expect_face_error(knock(emulator), 401, "401");
    control(emulator, "/emulator/options", "{\"rateLimit\":1}");
    expect_soon(knock(emulator)->status == 429);
    control(emulator, "/emulator/options", "{\"rateLimit\":0}");
    for (unsigned i = 0; i < 20; i++)
        expect_face_error(knock(emulator), 401, "401");
}

Test(emulator_gate, logs_refused_calls_with_the_others)
{
    struct daemon *emulator = emulate("--rate-limit", "1");
    expect_soon(knock(emulator)->status == 429);
    const struct http_answer *log =
        expect_status(http_do("GET", emulated_url(emulator, "/emulator/requests"), NULL), 200);
    cr_assert_not_null(strstr(log->body, "\"status\":429"), "%s", log->body);
    cr_assert_null(strstr(log->body, "/emulator/"), "%s", log->body);
}
