/*
 * The main job from end to end.
 */
#include "support/rig.h"

#include <criterion/criterion.h>

Test(happy_path, a_real_face_is_accepted)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    const char *digest = play_device(&rig, story.auth_token, SAW_REAL);
    expect_verdict(story_complete(&rig, &story, digest_body(digest)), "live", true);
}
