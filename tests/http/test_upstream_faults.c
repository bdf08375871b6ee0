/*
 * An upstream that is down, slow, refuses, or answers nonsense: each way is named by its status and
 * code, nothing of it reaches the client, and the process keeps serving.
 */
#include "support/rig.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

struct row {
    const char *fault; /* what follows the route in the emulator's words */
    int status;
    const char *code;
    bool retryable;
};

static const struct row rows[] = {
    {"\"status\":401", 502, "UpstreamDenied", false},
    {"\"status\":403", 502, "UpstreamDenied", false},
    {"\"status\":400,\"code\":\"InvalidRequestBody\"", 502, "UpstreamBroken", true},
    {"\"status\":409", 502, "UpstreamBroken", true},
    {"\"status\":500", 502, "UpstreamBroken", true},
    {"\"status\":299", 502, "UpstreamBroken", true},
    {"\"kind\":\"garbage\"", 502, "UpstreamBroken", true},
    {"\"kind\":\"truncated\"", 502, "UpstreamBroken", true},
    {"\"kind\":\"reset\"", 502, "UpstreamBroken", true},
    {"\"kind\":\"reset\",\"after\":true", 502, "UpstreamBroken", true},
    {"\"delayMs\":30000", 504, "UpstreamTimeout", true},
    {"\"status\":503,\"retryAfter\":1", 503, "UpstreamBusy", true},
    {"\"status\":429,\"retryAfter\":1", 503, "UpstreamBusy", true},
};
enum { ROWS = sizeof rows / sizeof *rows };

#define PATIENCE "upstream.timeout=2s"

static void put_fault(const struct rig *rig, const char *route, const char *fault)
{
    emulator_fault(rig, text_of("{\"route\":\"%s\",\"count\":1,%s}", route, fault));
}

static void expect_row(const struct http_answer *answer, const struct row *row)
{
    cr_assert_eq(answer->status, row->status, "%s: %d %s", row->fault, answer->status,
                 answer->body);
    expect_error(answer, row->status, row->code);
    cr_assert_eq(json_bool_at(answer->json, "error.retryable"), row->retryable, "%s", row->fault);
    cr_assert_null(strstr(answer->body, "html"), "upstream's words reach the client");
    if (row->status != 503)
        return;
    const char *header = answer_header(answer, "retry-after");
    cr_assert(header && strtol(header, NULL, 10) >= 1, "%s: no Retry-After", row->fault);
    cr_assert_geq(json_number_at(answer->json, "error.retryAfterSeconds"), 1);
}

static const struct http_answer *create(const struct rig *rig)
{
    return http_do("POST", daemon_url(rig->server, "http", SESSIONS_PATH), PLAIN_CREATE);
}

Test(upstream_faults, of_a_create_are_named_and_pass)
{
    struct rig rig = rig_open_set(PATIENCE);
    for (size_t i = 0; i < ROWS; i++) {
        put_fault(&rig, "create", rows[i].fault);
        expect_row(create(&rig), &rows[i]);
        /* after a Retry-After the queue pauses that long */
        expect_soon(create(&rig)->status == 200);
    }
}

Test(upstream_faults, of_a_get_are_named_and_the_result_is_there_afterwards)
{
    struct rig rig = rig_open_set(PATIENCE);
    for (size_t i = 0; i < ROWS; i++) {
        struct story story = story_begin(&rig);
        play_device(&rig, story.auth_token, SAW_REAL);
        put_fault(&rig, "get", rows[i].fault);
        if (strstr(rows[i].fault, "reset")) /* a reset on a kept connection is tried once more */
            put_fault(&rig, "get", rows[i].fault);
        expect_row(i % 2 ? story_get(&rig, &story) : story_complete(&rig, &story, "{}"), &rows[i]);
        emulator_faults_clear(&rig);
        expect_soon(story_get(&rig, &story)->status == 200);
        expect_verdict(story_get(&rig, &story), "live", true);
    }
}

Test(upstream_faults, of_a_delete_leave_a_deletion_that_is_owed_until_done)
{
    struct rig rig = rig_open_set(PATIENCE);
    for (size_t i = 0; i < ROWS; i++) {
        struct story story = story_begin(&rig);
        put_fault(&rig, "delete", rows[i].fault);
        expect_status(story_delete(&rig, &story), 204);
        expect_error(story_get(&rig, &story), 404, "SessionNotFound");
    }
    expect_soon(emulator_sessions(&rig) == 0);
    expect_soon(metric_value(&rig, "livenessd_deletions_owed") == 0);
}

Test(upstream_faults, a_create_that_upstream_does_not_know_is_broken)
{
    struct rig rig = rig_open();
    put_fault(&rig, "create", "\"status\":404");
    expect_error(create(&rig), 502, "UpstreamBroken");
    (void)story_begin(&rig);
}

Test(upstream_faults, a_session_that_upstream_has_lost_is_expired)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    put_fault(&rig, "get", "\"status\":404,\"code\":\"SessionNotFound\"");
    const struct http_answer *answer = story_get(&rig, &story);
    expect_verdict(answer, "expired", false);
    cr_assert(has_reason(answer, "session_gone"), "%s", answer->body);
    expect_verdict(story_get(&rig, &story), "expired", false);
}

Test(upstream_faults, a_delete_that_upstream_does_not_know_is_done)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    put_fault(&rig, "delete", "\"status\":404,\"after\":true");
    expect_status(story_delete(&rig, &story), 204);
    expect_soon(metric_value(&rig, "livenessd_deletions_owed") == 0);
    cr_assert_eq(emulator_calls(&rig, "DELETE", FACE_SESSIONS_PATH), 1);
}

Test(upstream_faults, an_upstream_that_is_down_is_broken_and_comes_back)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    daemon_stop(rig.emulator);
    expect_error(create(&rig), 502, "UpstreamBroken");
    expect_error(story_get(&rig, &story), 502, "UpstreamBroken");
    expect_status(story_delete(&rig, &story), 204);
    expect_status(http_do("GET", daemon_url(rig.server, "admin", "/readyz")), 200);
    cr_assert_eq(metric_value(&rig, "livenessd_http_requests_in_flight{listener=\"http\"}"), 0);
}

Test(upstream_faults, a_create_is_never_sent_twice)
{
    struct rig rig = rig_open();
    for (unsigned i = 0; i < 3; i++) {
        (void)story_begin(&rig); /* leaves a connection to be used again */
        put_fault(&rig, "create", "\"kind\":\"reset\",\"after\":true");
        expect_error(create(&rig), 502, "UpstreamBroken");
        cr_assert_eq(emulator_calls(&rig, "POST", FACE_SESSIONS_PATH), 2 * i + 2);
    }
}

Test(upstream_faults, retry_after_pauses_the_queue)
{
    struct rig rig = rig_open_set("upstream.queue_wait=100ms");
    put_fault(&rig, "create", "\"status\":429,\"retryAfter\":3");
    const struct http_answer *first = create(&rig);
    expect_error(first, 503, "UpstreamBusy");
    cr_assert_str_eq(answer_header(first, "retry-after"), "3");
    unsigned calls = emulator_calls(&rig, "POST", FACE_SESSIONS_PATH);
    expect_error(create(&rig), 503, "UpstreamBusy");
    cr_assert_eq(emulator_calls(&rig, "POST", FACE_SESSIONS_PATH), calls,
                 "a call went out during the pause");
    expect_soon(create(&rig)->status == 200);
}

Test(upstream_faults, a_wrong_key_is_upstream_denied)
{
    struct rig rig = rig_open_with(
        (&(struct rig_options){.environment = {"LIVENESSD_UPSTREAM_KEY=not-the-key"}}));
    expect_error(create(&rig), 502, "UpstreamDenied");
}
