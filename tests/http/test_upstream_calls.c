/*
 * What a session costs upstream, counted by the emulator: create, one result, delete; however many
 * ask.
 */
#include "support/rig.h"

#include <criterion/criterion.h>

enum { CROWD = 50 };

static unsigned session_calls(const struct rig *rig)
{
    return emulator_calls(rig, "POST", "/face/v1.2/detectLiveness-sessions") +
           emulator_calls(rig, "GET", "/face/v1.2/detectLiveness-sessions") +
           emulator_calls(rig, "DELETE", "/face/v1.2/detectLiveness-sessions");
}

Test(upstream_calls, are_three_when_the_attempt_is_over_before_the_first_question)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    const char *digest = play_device(&rig, story.auth_token, SAW_REAL);
    expect_verdict(story_complete(&rig, &story, digest_body(digest)), "live", true);
    for (int i = 0; i < CROWD; i++)
        expect_verdict(story_get(&rig, &story), "live", true);
    expect_verdict(story_complete(&rig, &story, digest_body(digest)), "live", true);
    expect_soon(emulator_sessions(&rig) == 0);
    cr_assert_eq(session_calls(&rig), 3);
}

Test(upstream_calls, are_three_when_a_crowd_asks_at_once)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    struct http_pending *crowd[CROWD];
    play_device(&rig, story.auth_token, SAW_REAL);
    emulator_fault(&rig, "{\"route\":\"get\",\"delayMs\":300,\"count\":1}");
    for (int i = 0; i < CROWD; i++)
        crowd[i] = http_begin_do("GET", story_url(&rig, &story, ""), NULL, story.owner);
    for (int i = 0; i < CROWD; i++)
        expect_verdict(http_end(crowd[i]), "live", true);
    expect_soon(emulator_sessions(&rig) == 0);
    cr_assert_eq(session_calls(&rig), 3);
}

Test(upstream_calls, of_one_session_keep_the_poll_interval_apart)
{
    struct rig rig = rig_open_set("upstream.poll_interval=300ms");
    struct story story = story_begin(&rig);
    double seconds = 0;
    for (int i = 0; i < 4; i++) { /* each is answered from a look of its own */
        const struct http_answer *answer = story_get(&rig, &story);
        expect_verdict(answer, "pending", false);
        seconds += answer->seconds;
    }
    cr_assert_eq(emulator_calls(&rig, "GET", "/face/v1.2/detectLiveness-sessions"), 4);
    cr_assert_geq(seconds, 0.85, "four looks took %.3f s", seconds);
}

Test(upstream_calls, of_a_completion_do_not_wait_for_the_poll_interval)
{
    struct rig rig = rig_open_set("upstream.poll_interval=60s");
    struct story story = story_begin(&rig);
    expect_verdict(story_get(&rig, &story), "pending", false);
    const char *digest = play_device(&rig, story.auth_token, SAW_REAL);
    expect_verdict(story_complete(&rig, &story, digest_body(digest)), "live", true);
}
