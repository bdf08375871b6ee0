/*
 * That the log of every daemon is searched, with what the harness notes by itself.
 */
#include "support/rig.h"
#include "support/unlogged.h"

#include <criterion/criterion.h>

TestSuite(unlogged_daemons, .timeout = 120);

Test(unlogged_daemons, a_log_with_something_noted_is_seen)
{
    char why[UNLOGGED_WHY_SIZE];
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    expect_soon(daemon_log_contains(rig.server, story.id));
    cr_expect_not(daemon_logged_secret(rig.server, why), "%s", why);
    cr_expect_not(daemon_logged_secret(rig.emulator, why), "%s", why);
    unlogged_add(story.id); /* which logs may name */
    cr_expect(daemon_logged_secret(rig.server, why));
    unlogged_forget(story.id);
    cr_expect_not(daemon_logged_secret(rig.server, why), "%s", why);
}

static bool knows(const char *text)
{
    char why[UNLOGGED_WHY_SIZE];
    return unlogged_find(text, why);
}

Test(unlogged_daemons, what_a_story_hands_out_is_noted)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    const struct http_answer *upstream =
        http_do("GET", daemon_url(rig.emulator, "emulator", "/emulator/sessions"));
    const char *digest = play_device(&rig, story.auth_token, SAW_REAL);
    const struct http_answer *answer = story_complete(&rig, &story, digest_body(digest));
    expect_verdict(answer, "live", true);
    const char *const secrets[] = {
        story.auth_token,
        story.owner + sizeof "X-Device-Token:",
        digest,
        json_text_at(answer->json, "verdict.receipt"),
        json_text_at(upstream->json, "sessions[0].sessionId"),
        UPSTREAM_KEY,
    };
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        cr_expect(knows(secrets[i]), "%s", secrets[i]);
    cr_expect_not(knows(story.id));
}
