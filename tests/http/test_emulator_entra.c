/*
 * An application's way in without a key: the token endpoint, and its tokens on the data plane.
 */
#include "support/emulated.h"

#include <criterion/criterion.h>
#include <string.h>

#define TOKEN_PATH "/72f988bf-86f1-41af-91ab-2d7cd011db47/oauth2/v2.0/token"
#define FORM       "Content-Type: application/x-www-form-urlencoded"
#define GRANT      "grant_type=client_credentials"
#define CLIENT     "client_id=0d6b9f0a-0000-4000-8000-000000000001"
#define SECRET     "client_secret=s3cret%2B%2Fof+the+app"
#define SCOPE      "scope=https%3A%2F%2Fcognitiveservices.azure.com%2F.default"
#define GOOD_FORM  GRANT "&" CLIENT "&" SECRET "&" SCOPE

static const struct http_answer *ask(const struct daemon *emulator, const char *form)
{
    return http_do("POST", emulated_url(emulator, TOKEN_PATH), form, FORM);
}

/* A header with a fresh token. */
static const char *bearer(const struct daemon *emulator)
{
    const struct http_answer *answer = expect_status(ask(emulator, GOOD_FORM), 200);
    return text_of("Authorization: Bearer %s", json_text_at(answer->json, "access_token"));
}

static const struct http_answer *create_with(const struct daemon *emulator, const char *header)
{
    return http_do("POST", emulated_url(emulator, FACE_SESSIONS), FACE_PLAIN, header);
}

Test(emulator_entra, gives_tokens_that_open_the_data_plane)
{
    struct daemon *emulator = emulate_plain();
    const struct http_answer *answer = expect_status(ask(emulator, GOOD_FORM), 200);
    cr_assert_str_eq(json_text_at(answer->json, "token_type"), "Bearer");
    cr_assert_eq(json_number_at(answer->json, "expires_in"), 3599);
    cr_assert_eq(json_number_at(answer->json, "ext_expires_in"), 3599);
    cr_assert_str_eq(answer_header(answer, "cache-control"), "no-store");
    const char *token = json_text_at(answer->json, "access_token");
    const struct http_answer *created =
        expect_status(create_with(emulator, text_of("Authorization: Bearer %s", token)), 200);
    const char *url = emulated_url(
        emulator, text_of(FACE_SESSIONS "/%s", json_text_at(created->json, "sessionId")));
    expect_status(http_do("GET", url, NULL, text_of("authorization: bearer %s", token)), 200);
    expect_status(http_do("DELETE", url, NULL, text_of("Authorization: Bearer %s", token)), 204);
}

Test(emulator_entra, takes_the_fields_in_any_order_and_ignores_others)
{
    struct daemon *emulator = emulate_plain();
    expect_status(ask(emulator, "x=1&" SCOPE "&" SECRET "&" CLIENT "&client_info=1&" GRANT), 200);
    expect_status(http_do("POST", emulated_url(emulator, "//contoso/OAuth2/V2.0/token/"), GOOD_FORM,
                          FORM "; charset=utf-8"),
                  200);
}

Test(emulator_entra, refuses_in_the_form_of_oauth)
{
    struct daemon *emulator = emulate_plain();
    static const struct {
        const char *form;
        int status;
        const char *error;
    } rows[] = {
        {"", 400, "invalid_request"},
        {CLIENT "&" SECRET "&" SCOPE, 400, "invalid_request"},
        {"grant_type=password&" CLIENT "&" SECRET "&" SCOPE, 400, "unsupported_grant_type"},
        {GRANT "&" CLIENT "&" SECRET, 400, "invalid_request"},
        {GRANT "&" CLIENT "&" SECRET "&scope=openid", 400, "invalid_scope"},
        {GRANT "&" CLIENT "&" SECRET "&scope=https%3A%2F%2Fmanagement.azure.com%2F.default", 400,
         "invalid_scope"},
        {GRANT "&" SECRET "&" SCOPE, 400, "invalid_request"},
        {GRANT "&client_id=&" SECRET "&" SCOPE, 400, "invalid_request"},
        {GRANT "&" CLIENT "&" SCOPE, 401, "invalid_client"},
        {GRANT "&" CLIENT "&client_secret=&" SCOPE, 401, "invalid_client"},
        {GRANT "&" CLIENT "&client_secret=guessed&" SCOPE, 401, "invalid_client"},
        {GRANT "&" CLIENT "&client_secret=%zz&" SCOPE, 401, "invalid_client"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct http_answer *answer =
            expect_status(ask(emulator, rows[i].form), rows[i].status);
        cr_assert_str_eq(json_text_at(answer->json, "error"), rows[i].error, "%s", rows[i].form);
        cr_assert_str_not_empty(json_text_at(answer->json, "error_description"));
        cr_assert_null(answer_header(answer, "x-ms-error-code"));
    }
}

Test(emulator_entra, bounds_what_it_reads)
{
    struct daemon *emulator = emulate_plain();
    char *large = text_of("%s&client_secret=%03000d&%s", GRANT "&" CLIENT, 1, SCOPE);
    expect_status(ask(emulator, large), 401);
    expect_status(ask(emulator, text_of("%s&x=%020000d", GOOD_FORM, 1)), 413);
    expect_status(http_do("POST", emulated_url(emulator, TOKEN_PATH), "{}"), 415);
    expect_status(http_do("POST", emulated_url(emulator, text_of("/%0200d/oauth2/v2.0/token", 1)),
                          GOOD_FORM, FORM),
                  400);
}

Test(emulator_entra, without_a_configured_secret_takes_any)
{
    struct daemon *emulator = daemon_start("emulate", NULL, NULL);
    expect_status(ask(emulator, GRANT "&" CLIENT "&client_secret=any&" SCOPE), 200);
    expect_status(ask(emulator, GRANT "&" CLIENT "&client_secret=&" SCOPE), 401);
}

Test(emulator_entra, tokens_expire_on_the_emulators_clock)
{
    struct daemon *emulator = emulate_plain();
    const char *token = bearer(emulator);
    (void)control(emulator, "/emulator/clock", "{\"advanceSeconds\":3500}");
    expect_status(create_with(emulator, token), 200);
    (void)control(emulator, "/emulator/clock", "{\"advanceSeconds\":99}");
    expect_face_error(create_with(emulator, token), 401, "401");
    expect_status(create_with(emulator, bearer(emulator)), 200);
}

Test(emulator_entra, gives_shorter_tokens_when_told)
{
    struct daemon *emulator = emulate_plain();
    const struct http_answer *shown =
        control(emulator, "/emulator/entra", "{\"expiresInSeconds\":60}");
    cr_assert_str_eq(shown->body, "{\"expiresInSeconds\":60}");
    const struct http_answer *answer = expect_status(ask(emulator, GOOD_FORM), 200);
    cr_assert_eq(json_number_at(answer->json, "expires_in"), 60);
    (void)control(emulator, "/emulator/clock", "{\"advanceSeconds\":60}");
    expect_face_error(create_with(emulator, text_of("Authorization: Bearer %s",
                                                    json_text_at(answer->json, "access_token"))),
                      401, "401");
    static const char *const bad[] = {"{}", "{\"expiresInSeconds\":0}",
                                      "{\"expiresInSeconds\":86401}",
                                      "{\"expiresInSeconds\":\"60\"}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_face_error(http_do("POST", emulated_url(emulator, "/emulator/entra"), bad[i]), 400,
                          "InvalidRequestBody");
}

Test(emulator_entra, tokens_and_device_tokens_do_not_stand_for_each_other)
{
    struct daemon *emulator = emulate_plain();
    const char *application = bearer(emulator);
    const struct http_answer *created = expect_status(create_with(emulator, application), 200);
    const char *device =
        text_of("Authorization: Bearer %s", json_text_at(created->json, "authToken"));
    expect_face_error(create_with(emulator, device), 401, "401");
    const char *start = emulated_url(emulator, FACE_V1_2 "/session/start");
    expect_face_error(http_do("POST", start, "{}", application), 401, "401");
    expect_status(http_do("POST", start, "{}", device), 200);
    expect_face_error(
        http_do("POST", emulated_url(emulator, FACE_SESSIONS), FACE_PLAIN, application, device),
        401, "401");
}

Test(emulator_entra, can_be_disturbed_like_every_route)
{
    struct daemon *emulator = emulate_plain();
    (void)control(emulator, "/emulator/faults",
                  "{\"route\":\"token\",\"status\":503,\"retryAfter\":2,\"count\":1}");
    const struct http_answer *answer = expect_status(ask(emulator, GOOD_FORM), 503);
    cr_assert_str_eq(json_text_at(answer->json, "error"), "temporarily_unavailable");
    cr_assert_str_eq(answer_header(answer, "retry-after"), "2");
    (void)control(emulator, "/emulator/faults",
                  "{\"route\":\"token\",\"kind\":\"wrongTypes\",\"count\":1}");
    cr_assert(cJSON_IsNumber(json_at(ask(emulator, GOOD_FORM)->json, "access_token")));
    expect_status(ask(emulator, GOOD_FORM), 200);
}

Test(emulator_entra, never_logs_a_secret)
{
    struct daemon *emulator = emulate_plain();
    (void)bearer(emulator);
    expect_status(ask(emulator, GRANT "&" CLIENT "&client_secret=guessed&" SCOPE), 401);
    expect_soon(daemon_log_contains(emulator, "\"status\":401"));
    cr_assert_not(daemon_log_contains(emulator, "s3cret"));
    cr_assert_not(daemon_log_contains(emulator, "guessed"));
    cr_assert_not(daemon_log_contains(emulator, "eyJ"));
    const struct http_answer *log =
        http_do("GET", emulated_url(emulator, "/emulator/requests"), NULL);
    cr_assert_not_null(strstr(log->body, TOKEN_PATH), "%s", log->body);
}
