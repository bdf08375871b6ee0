/*
 * Long polls: an answer is held until the session is settled, whoever finds out, and no longer than
 * was asked for or is allowed.
 */
#include "support/events.h"
#include "support/leaving.h"

#include <criterion/criterion.h>
#include <string.h>

static struct http_pending *wait_for(const struct rig *rig, const struct story *story,
                                     const char *seconds)
{
    return http_begin_do("GET", story_url(rig, story, text_of("?wait=%s", seconds)), NULL,
                         story->owner);
}

Test(waiting, ends_when_somebody_else_completes)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    struct http_pending *waiting = wait_for(&rig, &story, "15");
    expect_soon(waiters(&rig) == 1);
    cr_assert_not(http_answered(waiting));
    const char *digest = play_device(&rig, story.auth_token, SAW_REAL);
    expect_verdict(story_complete(&rig, &story, digest_body(digest)), "live", true);
    expect_verdict(http_end(waiting), "live", true);
    expect_soon(waiters(&rig) == 0);
}

Test(waiting, ends_when_somebody_else_looks)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    struct http_pending *waiting = wait_for(&rig, &story, "15");
    expect_soon(waiters(&rig) == 1);
    play_device(&rig, story.auth_token, SAW_SPOOF);
    expect_verdict(story_get(&rig, &story), "spoof", false);
    expect_verdict(http_end(waiting), "spoof", false);
}

Test(waiting, costs_a_settled_session_nothing)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    const char *digest = play_device(&rig, story.auth_token, SAW_REAL);
    expect_verdict(story_complete(&rig, &story, digest_body(digest)), "live", true);
    const struct http_answer *answer = http_end(wait_for(&rig, &story, "15"));
    expect_verdict(answer, "live", true);
    cr_assert_lt(answer->seconds, 10);
}

Test(waiting, looks_by_itself_after_a_completion_that_came_too_early)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    expect_verdict(story_complete(&rig, &story, "{}"), "pending", false);
    struct http_pending *waiting = wait_for(&rig, &story, "15");
    expect_soon(waiters(&rig) == 1);
    play_device(&rig, story.auth_token, SAW_REAL);
    expect_verdict(http_end(waiting), "live", true);
}

Test(waiting, looks_by_itself_though_nobody_completes)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    struct http_pending *waiting = wait_for(&rig, &story, "15");
    expect_soon(waiters(&rig) == 1);
    play_device(&rig, story.auth_token, SAW_REAL);
    expect_verdict(http_end(waiting), "live", true); /* after 5 s */
}

Test(waiting, a_completion_may_wait_as_well)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    struct http_pending *waiting = http_begin_do("POST", story_url(&rig, &story, "/completion"),
                                                 "{}", story.owner, "Prefer: wait=15");
    expect_soon(waiters(&rig) == 1);
    play_device(&rig, story.auth_token, SAW_REAL);
    const struct http_answer *answer = http_end(waiting);
    expect_verdict(answer, "live", true);
    cr_assert_str_eq(answer_header(answer, "preference-applied"), "wait=15");
}

Test(waiting, ends_with_what_is_known_when_the_time_is_over)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    const struct http_answer *answer = http_end(wait_for(&rig, &story, "1"));
    expect_verdict(answer, "pending", false);
    cr_assert_str_eq(json_text_at(answer->json, "status"), "NotStarted");
    cr_assert_geq(answer->seconds, 0.99);
    cr_assert_null(answer_header(answer, "preference-applied"));
    device_call(&rig, story.auth_token, "session/start", "{}");
    answer = http_end(wait_for(&rig, &story, "1"));
    cr_assert_str_eq(json_text_at(answer->json, "status"), "Running");
}

Test(waiting, is_no_longer_than_allowed)
{
    struct rig rig = rig_open_set("http.max_wait=1s");
    struct story story = story_begin(&rig);
    const char *url = story_url(&rig, &story, "");
    const struct http_answer *answer = http_do(
        "GET", url, NULL, story.owner, "Prefer: respond-async, Wait = \"999999999999\"; x=1");
    expect_verdict(answer, "pending", false);
    cr_assert_str_eq(answer_header(answer, "preference-applied"), "wait=1");
    cr_assert(answer->seconds >= 0.99 && answer->seconds < 15, "%f", answer->seconds);
}

Test(waiting, may_be_preferred_in_every_form_there_is)
{
    static const char *const lines[][2] = {{"Prefer: respond-async", "Prefer: wait=1"},
                                           {"Prefer: foo=\"a, wait=9\"; b", "PREFER: Wait=\"1\""},
                                           {"Prefer: wait=1, wait=9", "Prefer: wait=9"},
                                           {"Prefer: =\"", "Prefer: x y, wait = 1 ; z"}};
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        const struct http_answer *answer = http_do("GET", story_url(&rig, &story, ""), NULL,
                                                   story.owner, lines[i][0], lines[i][1]);
        expect_verdict(answer, "pending", false);
        cr_assert_str_eq(answer_header(answer, "preference-applied"), "wait=1", "%zu", i);
        cr_assert_geq(answer->seconds, 0.99);
    }
}

Test(waiting, that_is_switched_off_is_none)
{
    struct rig rig = rig_open_set("http.max_wait=0s");
    struct story story = story_begin(&rig);
    const struct http_answer *answer =
        http_do("GET", story_url(&rig, &story, ""), NULL, story.owner, "Prefer: wait=5");
    expect_verdict(answer, "pending", false);
    cr_assert_null(answer_header(answer, "preference-applied"));
}

Test(waiting, refuses_what_is_no_time_and_ignores_no_preference)
{
    static const char *const bad[] = {"x", "-1", "1.5", "1s", "%20", "1%00"};
    static const char *const ignored[] = {
        "Prefer: wait",    "Prefer: wait=x",         "Prefer: wait=0",
        "Prefer: wait=-1", "Prefer: wait=x, wait=9", "Prefer: return=minimal",
        "Prefer: ,;=",     "Prefer: wait=\"",        "Prefer: wait=\"9",
        "Prefer;"};
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    for (size_t i = 0; i < 5; i++)
        expect_error(http_end(wait_for(&rig, &story, bad[i])), 400, "BadArgument");
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++) {
        const struct http_answer *answer =
            http_do("GET", story_url(&rig, &story, ""), NULL, story.owner, ignored[i]);
        expect_verdict(answer, "pending", false);
        cr_assert_null(answer_header(answer, "preference-applied"), "%s", ignored[i]);
    }
    expect_verdict(http_end(wait_for(&rig, &story, "")), "pending", false);
    expect_verdict(http_end(wait_for(&rig, &story, "0")), "pending", false);
}

Test(waiting, is_for_the_owner_only)
{
    struct rig rig = rig_open();
    struct story mine = story_begin(&rig), other = story_begin(&rig);
    struct story stolen = {.id = mine.id, .owner = other.owner};
    expect_error(http_end(wait_for(&rig, &stolen, "15")), 404, "SessionNotFound");
}

Test(waiting, ends_when_the_session_is_deleted)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    struct http_pending *waiting = wait_for(&rig, &story, "15");
    expect_soon(waiters(&rig) == 1);
    expect_status(story_delete(&rig, &story), 204);
    expect_error(http_end(waiting), 404, "SessionNotFound");
}

Test(waiting, outlasts_trouble_upstream)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    emulator_fault(&rig, "{\"route\":\"get\",\"status\":500,\"count\":1}");
    struct http_pending *waiting = wait_for(&rig, &story, "15");
    expect_soon(waiters(&rig) == 1);
    const char *digest = play_device(&rig, story.auth_token, SAW_REAL);
    expect_verdict(story_complete(&rig, &story, digest_body(digest)), "live", true);
    expect_verdict(http_end(waiting), "live", true);
}

Test(waiting, says_what_is_wrong_when_upstream_never_answered_well)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    emulator_fault(&rig, "{\"route\":\"get\",\"status\":500}");
    const struct http_answer *answer = http_end(wait_for(&rig, &story, "1"));
    cr_assert_geq(answer->status, 502);
    cr_assert_geq(answer->seconds, 0.99);
}

Test(waiting, knows_the_previews_shape)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    const char *url = daemon_url(
        rig.server, "http",
        text_of("/face/v1.2-preview.1/detectLiveness/singleModal/sessions/%s?wait=15", story.id));
    struct http_pending *waiting = http_begin_do("GET", url, NULL, story.owner);
    expect_soon(waiters(&rig) == 1);
    const char *digest = play_device(&rig, story.auth_token, SAW_REAL);
    expect_verdict(story_complete(&rig, &story, digest_body(digest)), "live", true);
    const struct http_answer *answer = http_end(waiting);
    cr_assert_str_eq(json_text_at(answer->json, "status"), "ResultAvailable");
}

Test(waiting, leaves_nothing_of_clients_that_leave)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    for (unsigned way = 0; way < LEAVE_WAYS; way++) {
        int fd = client_ask(&rig, "GET", text_of(SESSIONS_PATH "/%s?wait=15", story.id),
                            story.owner, NULL);
        expect_soon(waiters(&rig) == 1);
        client_leave(fd, (enum leaving)way);
        expect_soon(waiters(&rig) == 0);
        expect_soon(requests_in_flight(&rig) == 0);
    }
    expect_soon(nothing_left(&rig));
}

Test(waiting, ends_well_when_the_server_does)
{
    enum { CROWD = 20 };
    struct rig rig = rig_open();
    struct http_pending *waiting[CROWD];
    for (int i = 0; i < CROWD; i++) {
        struct story story = story_begin(&rig);
        waiting[i] = wait_for(&rig, &story, "15");
    }
    expect_soon(waiters(&rig) == CROWD);
    daemon_stop(rig.server);
    for (int i = 0; i < CROWD; i++)
        expect_verdict(http_end(waiting[i]), "pending", false);
}
