/* Promises of base/problem.h, for every line of the table. */
#include "base/json.h"
#include "base/problem.h"

#include <criterion/criterion.h>
#include <string.h>

static cJSON *parse(const struct buf *buf)
{
    cJSON *json = NULL;
    const char *why = "";
    cr_assert_not(buf_failed(buf));
    cr_assert_eq(json_parse(buf_slice(buf), &json_limits_request, &json, &why), 0, "%s: %s",
                 buf->data, why);
    return json;
}

static void expect_member(const cJSON *object, const char *name, const char *expected)
{
    struct slice text = {NULL, 0};
    cr_expect_eq(json_string(object, name, 0, 1000, &text), JSON_OK, "%s", name);
    cr_expect(slice_equal(text, slice_of(expected)), "%s: %.*s", name, SLICE_ARGS(text));
}

Test(problem, every_line_of_the_table_is_sound)
{
    for (int i = PROBLEM_NONE + 1; i < PROBLEM_COUNT; i++) {
        const struct problem_info *info = problem_info((enum problem)i);
        cr_expect(info->status >= 400 && info->status <= 599, "%s", info->symbol);
        cr_expect_gt(strlen(info->code), 0);
        cr_expect_eq(strspn(info->code, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"),
                     strlen(info->code), "%s is an anchor and a header value", info->code);
        const char *const texts[] = {info->sentence, info->cause, info->frontend,
                                     info->operator_text};
        for (size_t text = 0; text < sizeof texts / sizeof *texts; text++) {
            cr_assert_gt(strlen(texts[text]), 1, "%s lacks a text", info->symbol);
            cr_expect_eq(texts[text][strlen(texts[text]) - 1], '.', "%s", texts[text]);
        }
        cr_expect_eq(info->retryable, info->advice == ADVICE_RETRY, "%s", info->symbol);
        cr_expect(!info->retryable || info->status == 409 || info->status == 429 ||
                      info->status >= 500,
                  "%s: repeating a client's mistake does not help", info->code);
    }
}

Test(problem, a_code_and_status_occur_once)
{
    for (int i = PROBLEM_NONE + 1; i < PROBLEM_COUNT; i++) {
        for (int k = i + 1; k < PROBLEM_COUNT; k++) {
            const struct problem_info *one = problem_info((enum problem)i);
            const struct problem_info *two = problem_info((enum problem)k);
            cr_expect(one->status != two->status || strcmp(one->code, two->code) != 0, "%s",
                      one->code);
        }
    }
}

Test(problem, face_shape_has_what_frontends_read)
{
    CLEANUP(buf) struct buf buf;
    buf_init(&buf, 4096);
    const struct problem_detail detail = {.request_id = "r-1", .retry_after_seconds = 3};
    problem_write_face(PROBLEM_UPSTREAM_BUSY, &detail, &buf);
    CLEANUP(json) cJSON *json = parse(&buf);
    const cJSON *error = NULL;
    cr_assert_eq(json_object(json, "error", &error), JSON_OK);
    expect_member(error, "code", "UpstreamBusy");
    expect_member(error, "message", problem_info(PROBLEM_UPSTREAM_BUSY)->sentence);
    expect_member(error, "requestId", "r-1");
    expect_member(error, "help", "/errors#UpstreamBusy");
    expect_member(error, "advice", "retry");
    bool retryable = false;
    int64_t seconds = 0;
    cr_expect_eq(json_bool(error, "retryable", &retryable), JSON_OK);
    cr_expect(retryable);
    cr_expect_eq(json_integer(error, "retryAfterSeconds", 0, 100, &seconds), JSON_OK);
    cr_expect_eq(seconds, 3);
}

Test(problem, details_left_out_are_absent)
{
    CLEANUP(buf) struct buf buf;
    buf_init(&buf, 4096);
    const struct problem_detail detail = {.sentence = "ttl \"x\" is wrong."};
    problem_write_face(PROBLEM_INVALID_TOKEN_LIFETIME, &detail, &buf);
    CLEANUP(json) cJSON *json = parse(&buf);
    const cJSON *error = NULL;
    cr_assert_eq(json_object(json, "error", &error), JSON_OK);
    expect_member(error, "message", "ttl \"x\" is wrong.");
    cr_expect_not(json_has(error, "retryAfterSeconds"));
    cr_expect_not(json_has(error, "requestId"));
    buf_reset(&buf);
    problem_write_face(PROBLEM_INTERNAL, NULL, &buf);
    cJSON_Delete(parse(&buf));
}

Test(problem, rfc9457_shape_has_its_members)
{
    CLEANUP(buf) struct buf buf;
    buf_init(&buf, 4096);
    const struct problem_detail detail = {.request_id = "r-2", .sentence = "Bad host."};
    problem_write_rfc9457(PROBLEM_BAD_ARGUMENT, &detail, &buf);
    CLEANUP(json) cJSON *json = parse(&buf);
    expect_member(json, "type", "/errors#BadArgument");
    expect_member(json, "title", problem_info(PROBLEM_BAD_ARGUMENT)->sentence);
    expect_member(json, "detail", "Bad host.");
    expect_member(json, "code", "BadArgument");
    expect_member(json, "advice", "fix_request");
    expect_member(json, "requestId", "r-2");
    int64_t status = 0;
    cr_expect_eq(json_integer(json, "status", 0, 999, &status), JSON_OK);
    cr_expect_eq(status, 400);
    cr_expect(json_has(json, "retryable"));
    buf_reset(&buf);
    problem_write_rfc9457(PROBLEM_INTERNAL, NULL, &buf);
    cJSON_Delete(parse(&buf));
}

Test(problem, the_samples_shape_has_the_message_twice_and_a_token_that_is_none)
{
    CLEANUP(buf) struct buf buf;
    buf_init(&buf, 4096);
    const struct problem_detail detail = {.request_id = "r-1", .retry_after_seconds = 3};
    problem_write_sample(PROBLEM_RATE_LIMITED, &detail, &buf);
    CLEANUP(json) cJSON *json = parse(&buf);
    const cJSON *error = NULL;
    cr_assert_eq(json_object(json, "error", &error), JSON_OK);
    expect_member(json, "message", problem_info(PROBLEM_RATE_LIMITED)->sentence);
    expect_member(error, "message", problem_info(PROBLEM_RATE_LIMITED)->sentence);
    expect_member(error, "code", "RateLimited");
    expect_member(error, "requestId", "r-1");
    expect_member(error, "help", "/errors#RateLimited");
    cr_expect_not_null(strstr(buf.data, "\",\"token\":null,\"error\":{\"token\":null,"));
    int64_t seconds = 0;
    cr_expect_eq(json_integer(error, "retryAfterSeconds", 0, 100, &seconds), JSON_OK);
    cr_expect_eq(seconds, 3);
}

Test(problem, help_begins_with_the_site)
{
    static const char *const sites[] = {"/live", "https://x.example",
                                        "https://x.example:8443/live"};
    for (size_t i = 0; i < sizeof sites / sizeof *sites; i++) {
        CLEANUP(buf) struct buf buf;
        CLEANUP(buf) struct buf help;
        buf_init(&buf, 4096);
        buf_init(&help, 200);
        buf_printf(&help, "%s/errors#Forbidden", sites[i]);
        const struct problem_detail detail = {.site = sites[i]};
        problem_write_face(PROBLEM_FORBIDDEN, &detail, &buf);
        CLEANUP(json) cJSON *face = parse(&buf);
        const cJSON *error = NULL;
        cr_assert_eq(json_object(face, "error", &error), JSON_OK);
        expect_member(error, "help", help.data);
        buf_reset(&buf);
        problem_write_rfc9457(PROBLEM_FORBIDDEN, &detail, &buf);
        CLEANUP(json) cJSON *rfc = parse(&buf);
        expect_member(rfc, "type", help.data);
    }
}
