/*
 * The device's auth token works until we say that the session is over, and not after.
 */
#include "support/rig.h"

#include <criterion/criterion.h>

static int start_status(const struct rig *rig, const struct story *story)
{
    return device_call(rig, story->auth_token, "session/start", "{}")->status;
}

Test(token_end, works_before_our_delete_and_not_after)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    cr_assert_eq(start_status(&rig, &story), 200);
    emulator_fault(&rig, "{\"route\":\"delete\",\"delayMs\":300}"); /* the answer waits for it */
    expect_status(story_delete(&rig, &story), 204);
    cr_assert_eq(start_status(&rig, &story), 401);
    expect_error(story_get(&rig, &story), 404, "SessionNotFound");
    expect_error(story_delete(&rig, &story), 404, "SessionNotFound");
}

Test(token_end, comes_soon_after_the_verdict)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    const char *digest = play_device(&rig, story.auth_token, SAW_REAL);
    expect_verdict(story_complete(&rig, &story, digest_body(digest)), "live", true);
    expect_soon(start_status(&rig, &story) == 401);
    cr_assert_eq(emulator_sessions(&rig), 0);
    expect_verdict(story_get(&rig, &story), "live", true);
}

Test(token_end, of_a_settled_session_that_is_deleted_too)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    (void)play_device(&rig, story.auth_token, SAW_SPOOF);
    expect_verdict(story_get(&rig, &story), "spoof", false);
    expect_status(story_delete(&rig, &story), 204);
    cr_assert_eq(start_status(&rig, &story), 401);
    expect_error(story_get(&rig, &story), 404, "SessionNotFound");
}

/* The deletion here is not put off by an upstream that is: 204 says that it is owed. */
Test(token_end, comes_when_upstream_works_again)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    emulator_fault(&rig, "{\"route\":\"delete\",\"status\":500}");
    expect_status(story_delete(&rig, &story), 204);
    expect_error(story_get(&rig, &story), 404, "SessionNotFound");
    cr_assert_eq(emulator_sessions(&rig), 1);
    emulator_faults_clear(&rig);
    expect_soon(emulator_sessions(&rig) == 0);
    cr_assert_eq(start_status(&rig, &story), 401);
}
