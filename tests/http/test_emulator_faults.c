/*
 * Faults put on the emulated service, as a client meets them.
 */
#include "support/emulated.h"
#include "support/raw.h"

#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

static void put(const struct daemon *emulator, const char *fault)
{
    (void)control(emulator, "/emulator/faults", fault);
}

static const struct http_answer *create(const struct daemon *emulator)
{
    return face_call(emulator, "POST", FACE_SESSIONS, FACE_PLAIN);
}

static size_t sessions(const struct daemon *emulator)
{
    const struct http_answer *answer =
        expect_status(http_do("GET", emulated_url(emulator, "/emulator/sessions"), NULL), 200);
    return (size_t)cJSON_GetArraySize(json_at(answer->json, "sessions"));
}

/* ---- refusals ---- */

Test(emulator_faults, of_a_status_have_the_code_the_service_gives_it)
{
    struct daemon *emulator = emulate_plain();
    static const struct {
        int status;
        const char *code;
    } rows[] = {
        {400, "400"},
        {401, "401"},
        {403, "UnsupportedFeature"},
        {404, "404"},
        {409, "ConcurrentOperationConflict"},
        {415, "BadArgument"},
        {429, "429"},
        {500, "Unspecified"},
        {503, "503"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        put(emulator, text_of("{\"route\":\"create\",\"count\":1,\"status\":%d}", rows[i].status));
        expect_face_error(create(emulator), rows[i].status, rows[i].code);
    }
    put(emulator, "{\"route\":\"create\",\"count\":1,\"status\":429,\"retryAfter\":7}");
    const struct http_answer *answer = expect_face_error(create(emulator), 429, "429");
    cr_assert_str_eq(answer_header(answer, "retry-after"), "7");
    expect_status(create(emulator), 200);
    cr_assert_eq(sessions(emulator), 1);
}

Test(emulator_faults, have_the_gateways_form_when_asked)
{
    struct daemon *emulator = emulate_plain();
    put(emulator, "{\"route\":\"create\",\"count\":1,\"status\":403,\"gateway\":true}");
    put(emulator,
        "{\"route\":\"create\",\"count\":1,\"status\":429,\"retryAfter\":26,\"gateway\":true}");
    const struct http_answer *quota = expect_status(create(emulator), 403);
    cr_assert_eq(json_number_at(quota->json, "error.statusCode"), 403);
    cr_assert_null(json_find(quota->json, "error.code"));
    cr_assert_null(answer_header(quota, "x-ms-error-code"));
    const struct http_answer *rate = expect_status(create(emulator), 429);
    cr_assert_eq(json_number_at(rate->json, "error.statusCode"), 429);
    cr_assert_not_null(strstr(rate->body, "Try again in 26 seconds."), "%s", rate->body);
    cr_assert_null(answer_header(rate, "retry-after"));
}

Test(emulator_faults, follow_the_switch_of_gateway_errors_unless_they_have_a_code)
{
    struct daemon *emulator = emulate("--gateway-errors");
    put(emulator, "{\"route\":\"create\",\"count\":1,\"status\":403}");
    put(emulator, "{\"route\":\"create\",\"count\":1,\"status\":403,\"code\":\"Own\"}");
    put(emulator, "{\"route\":\"create\",\"count\":1,\"status\":500}");
    cr_assert_eq(json_number_at(expect_status(create(emulator), 403)->json, "error.statusCode"),
                 403);
    expect_face_error(create(emulator), 403, "Own");
    expect_face_error(create(emulator), 500, "Unspecified");
}

/* ---- time ---- */

Test(emulator_faults, delay_by_at_least_what_they_say)
{
    struct daemon *emulator = emulate_plain();
    put(emulator, "{\"route\":\"create\",\"delayMs\":150,\"jitterMs\":20}");
    for (unsigned i = 0; i < 3; i++)
        cr_assert_geq(expect_status(create(emulator), 200)->seconds, 0.15);
}

Test(emulator_faults, drip_a_whole_answer)
{
    struct daemon *emulator = emulate_plain();
    put(emulator, "{\"route\":\"create\",\"kind\":\"drip\",\"intervalMs\":1,\"count\":1}");
    const struct http_answer *answer = expect_status(create(emulator), 200);
    cr_assert_eq(strlen(json_text_at(answer->json, "sessionId")), 36);
    cr_assert_geq(answer->seconds, 0.2, "%zu bytes in %f s", answer->body_size, answer->seconds);
    expect_status(create(emulator), 200);
}

Test(emulator_faults, drip_to_a_client_that_leaves)
{
    struct daemon *emulator = emulate_plain();
    put(emulator, "{\"route\":\"create\",\"kind\":\"drip\",\"intervalMs\":60000,\"count\":1}");
    struct http_pending *pending =
        http_begin_do("POST", emulated_url(emulator, FACE_SESSIONS), FACE_PLAIN, KEY_HEADER);
    expect_soon(sessions(emulator) == 1);
    http_leave(pending);
    expect_status(create(emulator), 200);
}

/* ---- bodies ---- */

Test(emulator_faults, give_every_value_another_type)
{
    struct daemon *emulator = emulate_plain();
    put(emulator, "{\"route\":\"create\",\"kind\":\"wrongTypes\",\"count\":1}");
    const struct http_answer *answer = expect_status(create(emulator), 200);
    cr_assert(cJSON_IsNumber(json_at(answer->json, "sessionId")));
    cr_assert(cJSON_IsNumber(json_at(answer->json, "authToken")));
    cr_assert(cJSON_IsNumber(json_at(answer->json, "status")));
    cr_assert(cJSON_IsObject(json_at(answer->json, "results.attempts")));
    cr_assert_eq(sessions(emulator), 1);
}

Test(emulator_faults, spoil_an_answer_without_body_with_one)
{
    struct daemon *emulator = emulate_plain();
    const char *id = json_text_at(create(emulator)->json, "sessionId");
    put(emulator, "{\"route\":\"delete\",\"kind\":\"wrongTypes\",\"count\":1}");
    const struct http_answer *answer =
        expect_status(face_call(emulator, "DELETE", text_of(FACE_SESSIONS "/%s", id), NULL), 200);
    cr_assert(cJSON_IsNumber(json_at(answer->json, "sessionId")));
    cr_assert_eq(sessions(emulator), 0);
}

Test(emulator_faults, make_an_answer_as_large_as_they_say)
{
    struct daemon *emulator = emulate_plain();
    put(emulator, "{\"route\":\"create\",\"kind\":\"huge\",\"sizeBytes\":3000000,\"count\":1}");
    const struct http_answer *answer = expect_status(create(emulator), 200);
    cr_assert_eq(answer->body_size, 3000000);
    cr_assert_eq(answer->body[0], '{');
    cr_assert_eq(answer->body[answer->body_size - 1], ' ');
}

/* How many bytes come until the other side closes; they are not kept. */
static size_t count_bytes(int fd)
{
    static char chunk[65536];
    size_t size = 0;
    for (ssize_t got; (got = read(fd, chunk, sizeof chunk)) > 0;)
        size += (size_t)got;
    (void)close(fd);
    return size;
}

Test(emulator_faults, make_an_answer_of_100_megabytes, .timeout = 120)
{
    struct daemon *emulator = emulate_plain();
    put(emulator, "{\"route\":\"get\",\"kind\":\"huge\",\"count\":1}");
    int fd = raw_connect(daemon_address(emulator, "emulator"));
    raw_send(fd, "GET " UNKNOWN_SESSION
                 " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" KEY_HEADER "\r\n\r\n");
    const size_t size = count_bytes(fd);
    cr_assert(size > 100000000 && size < 100010000, "%zu bytes", size);
    expect_status(create(emulator), 200);
}

Test(emulator_faults, send_garbage_and_half_answers)
{
    struct daemon *emulator = emulate_plain();
    put(emulator, "{\"route\":\"create\",\"kind\":\"garbage\",\"count\":1}");
    cr_assert_null(expect_status(create(emulator), 200)->json);
    put(emulator, "{\"route\":\"create\",\"kind\":\"truncated\",\"count\":1}");
    const struct http_answer *half = create(emulator);
    cr_assert_eq(half->status, 0);
    cr_assert_not_null(strstr(half->head, "200 OK"));
    cr_assert_gt(half->body_size, 0);
    cr_assert_null(half->json);
    cr_assert_eq(sessions(emulator), 2);
}

/* ---- resets ---- */

Test(emulator_faults, reset_before_any_answer)
{
    struct daemon *emulator = emulate_plain();
    put(emulator, "{\"route\":\"create\",\"kind\":\"reset\",\"count\":1}");
    const struct http_answer *answer = create(emulator);
    cr_assert_eq(answer->status, 0);
    cr_assert_str_empty(answer->head);
    cr_assert_eq(sessions(emulator), 0, "nothing was performed");
    put(emulator, "{\"route\":\"create\",\"kind\":\"reset\",\"after\":true,\"count\":1}");
    cr_assert_eq(create(emulator)->status, 0);
    cr_assert_eq(sessions(emulator), 1);
}

Test(emulator_faults, reset_midway_after_the_head_and_a_part_of_the_body)
{
    struct daemon *emulator = emulate_plain();
    put(emulator, "{\"route\":\"create\",\"kind\":\"resetMidway\",\"count\":1}");
    const struct http_answer *answer = create(emulator);
    cr_assert_eq(answer->status, 0);
    cr_assert_not_null(strstr(answer->head, "200 OK"), "%s", answer->head);
    cr_assert_null(answer->json);
    cr_assert_eq(sessions(emulator), 1);
    expect_status(create(emulator), 200);
}

/* ---- which calls ---- */

Test(emulator_faults, hit_by_probability)
{
    struct daemon *emulator = emulate_plain();
    put(emulator, "{\"route\":\"create\",\"status\":500,\"probability\":0}");
    for (unsigned i = 0; i < 5; i++)
        expect_status(create(emulator), 200);
    put(emulator, "{\"route\":\"create\",\"status\":502,\"probability\":0.5}");
    expect_soon(create(emulator)->status == 502);
    expect_soon(create(emulator)->status == 200);
}

Test(emulator_faults, are_refused_when_they_make_no_sense)
{
    struct daemon *emulator = emulate_plain();
    static const char *const bad[] = {
        "{}",
        "{\"route\":\"nowhere\",\"status\":500}",
        "{\"route\":\"get\",\"kind\":\"slow\"}",
        "{\"route\":\"get\",\"kind\":\"huge\",\"sizeBytes\":4000000000}",
        "{\"route\":\"get\",\"status\":500,\"probability\":2}",
        "{\"route\":\"get\",\"status\":500,\"gateway\":true}",
        "{\"route\":\"get\"",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_face_error(http_do("POST", emulated_url(emulator, "/emulator/faults"), bad[i]), 400,
                          "InvalidRequestBody");
    const struct http_answer *list =
        http_do("GET", emulated_url(emulator, "/emulator/faults"), NULL);
    cr_assert_str_eq(list->body, "{\"faults\":[]}");
}
