/*
 * A preview as upstream tells the newest attempt only: what follows from several all the same.
 */
#include "support/rig.h"

#include <criterion/criterion.h>

#define PREVIEW "upstream.api_version=v1.1-preview.1"

Test(preview_upstream, a_failed_attempt_leaves_the_token_for_another)
{
    struct rig rig = rig_open_set(PREVIEW);
    struct story story = story_begin(&rig);
    (void)play_device(&rig, story.auth_token, SAW_MASK);
    expect_verdict(story_get(&rig, &story), "pending", false);
    (void)play_device(&rig, story.auth_token, SAW_MASK);
    expect_verdict(story_get(&rig, &story), "pending", false);
    const char *digest = play_device(&rig, story.auth_token, SAW_REAL);
    expect_verdict(story_complete(&rig, &story, digest_body(digest)), "live", true);
}

Test(preview_upstream, the_third_failed_attempt_is_the_last)
{
    struct rig rig = rig_open_set(PREVIEW);
    struct story story = story_begin(&rig);
    for (int i = 0; i < 3; i++)
        (void)play_device(&rig, story.auth_token, SAW_MASK);
    const struct http_answer *answer = story_get(&rig, &story);
    expect_verdict(answer, "error", false);
    cr_assert(has_reason(answer, "attempt_error"));
    expect_soon(emulator_sessions(&rig) == 0);
}

Test(preview_upstream, a_failed_attempt_ends_the_session_when_the_frontend_gives_up)
{
    struct rig rig = rig_open_set(PREVIEW);
    struct story story = story_begin(&rig);
    (void)play_device(&rig, story.auth_token, SAW_MASK);
    expect_verdict(story_complete(&rig, &story, "{\"error\":\"FaceWithMaskDetected\"}"), "error",
                   false);
}
