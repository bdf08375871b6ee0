/*
 * Nothing is answered before the sync that covers it: syncs are held, and so is the answer.
 */
#include "support/leaving.h"

#include <criterion/criterion.h>

/* An answer that did not wait would be there by then. */
enum { A_WHILE_MS = 200 };

struct held {
    struct rig rig;
    struct sync_control *sync;
};

static struct held open_held(void)
{
    struct held held = {.sync = sync_control_new()};
    held.rig = rig_open_with(&(struct rig_options){.sync = held.sync});
    return held;
}

static struct http_pending *begin_create(const struct rig *rig)
{
    return http_begin_do("POST", daemon_url(rig->server, "http", SESSIONS_PATH), PLAIN_CREATE);
}

/* The request has come to a sync, and is not answered while that lasts. */
static void expect_waits_for_sync(const struct held *held, struct http_pending *pending)
{
    expect_soon(sync_waiting(held->sync) > 0 || http_answered(pending));
    cr_assert_not(http_answered(pending), "answered without a sync");
    expect_throughout(!http_answered(pending), A_WHILE_MS);
    cr_assert_gt(sync_waiting(held->sync), 0U);
}

static const struct http_answer *let_go(const struct held *held, struct http_pending *pending)
{
    sync_set(held->sync, SYNC_PASS);
    return http_end(pending);
}

Test(durability, a_create_is_answered_after_its_sync)
{
    struct held held = open_held();
    sync_set(held.sync, SYNC_HOLD);
    struct http_pending *creating = begin_create(&held.rig);
    expect_waits_for_sync(&held, creating);
    expect_status(let_go(&held, creating), 200);
}

/* Group commit must not answer a create with the sync of the one before it. */
Test(durability, a_create_that_came_during_a_sync_waits_for_its_own)
{
    struct held held = open_held();
    sync_set(held.sync, SYNC_HOLD);
    struct http_pending *first = begin_create(&held.rig);
    expect_waits_for_sync(&held, first);
    unsigned calls = sync_calls(held.sync);
    struct http_pending *second = begin_create(&held.rig);
    expect_soon(emulator_sessions(&held.rig) == 2 && upstream_in_flight(&held.rig) == 0);
    expect_throughout(!http_answered(first) && !http_answered(second), A_WHILE_MS);
    sync_set(held.sync, SYNC_PASS);
    expect_status(http_end(first), 200);
    expect_status(http_end(second), 200);
    cr_assert_gt(sync_calls(held.sync), calls);
}

Test(durability, a_completion_is_answered_after_its_sync)
{
    struct held held = open_held();
    struct story story = story_begin(&held.rig);
    sync_set(held.sync, SYNC_HOLD);
    struct http_pending *completing =
        http_begin_do("POST", story_url(&held.rig, &story, "/completion"), "{}", story.owner);
    expect_waits_for_sync(&held, completing);
    expect_verdict(let_go(&held, completing), "pending", false);
}

/* The look upstream is slow, so that the completion itself is stored before syncs are held. */
Test(durability, a_verdict_of_a_completion_is_answered_after_its_sync)
{
    struct held held = open_held();
    struct story story = story_begin(&held.rig);
    const char *digest = play_device(&held.rig, story.auth_token, SAW_REAL);
    emulator_fault(&held.rig, "{\"route\":\"get\",\"delayMs\":1000}");
    struct http_pending *completing = http_begin_do(
        "POST", story_url(&held.rig, &story, "/completion"), digest_body(digest), story.owner);
    expect_soon(upstream_in_flight(&held.rig) == 1);
    sync_set(held.sync, SYNC_HOLD);
    expect_waits_for_sync(&held, completing);
    cr_assert_eq(emulator_calls(&held.rig, "DELETE", FACE_SESSIONS_PATH), 0,
                 "upstream's session goes after the verdict is on disk");
    expect_verdict(let_go(&held, completing), "live", true);
    expect_soon(emulator_sessions(&held.rig) == 0);
}

Test(durability, a_verdict_of_a_get_is_answered_after_its_sync)
{
    struct held held = open_held();
    struct story story = story_begin(&held.rig);
    (void)play_device(&held.rig, story.auth_token, SAW_REAL);
    sync_set(held.sync, SYNC_HOLD);
    struct http_pending *getting =
        http_begin_do("GET", story_url(&held.rig, &story, ""), NULL, story.owner);
    expect_waits_for_sync(&held, getting);
    struct http_pending *other =
        http_begin_do("GET", story_url(&held.rig, &story, ""), NULL, story.owner);
    expect_throughout(!http_answered(getting) && !http_answered(other), A_WHILE_MS);
    cr_assert_eq(emulator_calls(&held.rig, "DELETE", FACE_SESSIONS_PATH), 0,
                 "upstream's session goes after the verdict is on disk");
    expect_verdict(let_go(&held, getting), "live", true);
    expect_verdict(http_end(other), "live", true);
}

/* It changes a verdict that was settled without it. */
Test(durability, a_digest_that_comes_late_is_answered_after_its_sync)
{
    struct held held = open_held();
    struct story story = story_begin(&held.rig);
    (void)play_device(&held.rig, story.auth_token, SAW_REAL);
    expect_verdict(story_get(&held.rig, &story), "live", true);
    expect_soon(records_changed(&held.rig) == 2);
    sync_set(held.sync, SYNC_HOLD);
    struct http_pending *completing = http_begin_do(
        "POST", story_url(&held.rig, &story, "/completion"), digest_body("wrong"), story.owner);
    expect_waits_for_sync(&held, completing);
    expect_verdict(let_go(&held, completing), "compromised", false);
    expect_verdict(story_get(&held.rig, &story), "compromised", false);
}

Test(durability, a_delete_is_answered_after_its_sync)
{
    struct held held = open_held();
    struct story story = story_begin(&held.rig);
    sync_set(held.sync, SYNC_HOLD);
    struct http_pending *deleting =
        http_begin_do("DELETE", story_url(&held.rig, &story, ""), NULL, story.owner);
    expect_waits_for_sync(&held, deleting);
    expect_status(let_go(&held, deleting), 204);
    cr_assert_eq(emulator_sessions(&held.rig), 0);
}
