/*
 * kill -9 of one of two replicas: the other goes on with what it had begun. Its waiters are told,
 * the deletions it held are made, the creates it was cut off in are counted.
 */
#include "support/events.h"
#include "support/leaving.h"
#include "support/repeating.h"
#include "support/replicas.h"

#include <criterion/criterion.h>

TestSuite(replica_dies, .timeout = 280);

/* What a dead replica held is free again after this; long, for slow machines, too. */
enum { TAKEN_OVER_MS = 120000, TOKEN_OVER_MS = 605 * 1000, MANY = 20 };

static struct http_pending *wait_for(const struct rig *rig, const struct story *story)
{
    return http_begin_do("GET", story_url(rig, story, "?wait=15"), NULL, story->owner);
}

/* Which of them looks at a session upstream just now. */
static bool looks(const struct rig *rig)
{
    return upstream_in_flight(rig) > 0;
}

Test(replica_dies, while_it_looks_and_who_waits_at_the_other_is_told)
{
    struct replicas both = replicas_open_set("upstream.timeout=2s");
    struct story story = story_begin(&both.one);
    emulator_fault(&both.one, "{\"route\":\"get\",\"delayMs\":600000}");
    struct events *at_one = events_open(&both.one, &story);
    struct events *at_other = events_open(&both.other, &story);
    expect_soon(looks(&both.one) || looks(&both.other));
    bool one_looks = looks(&both.one);
    daemon_kill(one_looks ? both.one.server : both.other.server);
    emulator_faults_clear(&both.one);
    (void)play_device(&both.one, story.auth_token, SAW_REAL);
    struct events *left = one_looks ? at_other : at_one;
    cr_assert(wait_until(events_ended(left), TAKEN_OVER_MS), "%s", events_text(left));
    expect_events(left, "event: verdict\n", "\"decision\":\"live\"");
}

Test(replica_dies, and_a_completion_at_the_other_does_not_wait_for_it)
{
    struct replicas both = replicas_open_set("upstream.timeout=5s");
    struct story story = story_begin(&both.one);
    emulator_fault(&both.one, "{\"route\":\"get\",\"delayMs\":600000,\"count\":1}");
    struct http_pending *cut = wait_for(&both.one, &story);
    expect_soon(looks(&both.one));
    daemon_kill(both.one.server);
    cr_assert_eq(http_end(cut)->status, 0);
    const char *digest = play_device(&both.other, story.auth_token, SAW_REAL);
    const struct http_answer *answer = NULL;
    expect_soon((answer = story_complete(&both.other, &story, digest_body(digest)))->status ==
                    200 &&
                strcmp(json_text_at(answer->json, "verdict.decision"), "pending") != 0);
    expect_verdict(answer, "live", true);
}

Test(replica_dies, and_the_deletion_it_held_is_made_by_the_other)
{
    struct replicas both = replicas_open_set("upstream.timeout=2s");
    struct story story = story_begin(&both.one);
    emulator_fault(&both.one, "{\"route\":\"delete\",\"delayMs\":600000}");
    struct http_pending *deleting =
        http_begin_do("DELETE", story_url(&both.one, &story, ""), NULL, story.owner);
    expect_soon(looks(&both.one));
    daemon_kill(both.one.server);
    cr_assert_eq(http_end(deleting)->status, 0);
    emulator_faults_clear(&both.one);
    cr_assert_eq(emulator_sessions(&both.one), 1);
    expect_error(story_get(&both.other, &story), 404, "SessionNotFound");
    cr_assert(wait_until(emulator_sessions(&both.one) == 0, TAKEN_OVER_MS));
    expect_soon(metric_value(&both.other, "livenessd_deletions_owed") == 0);
}

Test(replica_dies, and_many_deletions_are_made_by_the_other)
{
    struct replicas both = replicas_open_set("upstream.timeout=2s");
    struct story stories[MANY];
    emulator_fault(&both.one, "{\"route\":\"delete\",\"status\":500}");
    for (unsigned i = 0; i < MANY; i++) {
        stories[i] = story_begin(&both.one);
        (void)play_device(&both.one, stories[i].auth_token, SAW_REAL);
        expect_verdict(story_get(&both.one, &stories[i]), "live", true);
    }
    daemon_kill(both.one.server);
    cr_assert_eq(emulator_sessions(&both.one), MANY);
    emulator_faults_clear(&both.one);
    cr_assert(wait_until(emulator_sessions(&both.one) == 0, TAKEN_OVER_MS));
    for (unsigned i = 0; i < MANY; i++)
        expect_verdict(story_get(&both.other, &stories[i]), "live", true);
}

Test(replica_dies, and_the_creates_it_was_cut_off_in_are_counted_by_the_other)
{
    struct replicas both = replicas_open();
    emulator_fault(&both.one,
                   "{\"route\":\"create\",\"delayMs\":600000,\"after\":true,\"count\":1}");
    struct http_pending *cut =
        http_begin_do("POST", daemon_url(both.one.server, "http", SESSIONS_PATH), PLAIN_CREATE);
    expect_soon(emulator_sessions(&both.one) == 1);
    struct story story = story_begin(&both.other);
    daemon_kill(both.one.server);
    cr_assert_eq(http_end(cut)->status, 0);
    cr_assert(
        wait_until(metric_value(&both.other, "livenessd_sessions_orphaned") == 1, TAKEN_OVER_MS));
    cr_assert(replicas_know(&both.other, 1));
    cr_assert_eq(metric_value(&both.other, "livenessd_sessions_open"), 1);
    daemon_restart(both.one.server);
    expect_soon(replicas_know(&both.other, 2));
    expect_soon(metric_value(&both.one, "livenessd_sessions_orphaned") == 1);
    expect_verdict(story_get(&both.one, &story), "pending", false);
}

Test(replica_dies, and_its_idempotent_creates_are_repeated_by_the_other)
{
    struct replicas both = replicas_open();
    const char *owner = new_device(&both.one);
    const struct http_answer *first = create_keyed(&both.one, owner, KEY_ONE);
    emulator_fault(&both.one, "{\"route\":\"create\",\"delayMs\":600000,\"count\":1}");
    struct http_pending *cut = begin_keyed(&both.one, owner, KEY_TWO);
    expect_soon(looks(&both.one));
    daemon_kill(both.one.server);
    (void)http_end(cut);
    expect_repeat(first, create_keyed(&both.other, owner, KEY_ONE));
    const struct http_answer *second = create_keyed(&both.other, owner, KEY_TWO);
    expect_another(first, second);
    daemon_restart(both.one.server);
    expect_repeat(second, create_keyed(&both.one, owner, KEY_TWO));
}

Test(replica_dies, and_the_sessions_nobody_completed_are_looked_at_once_by_the_other)
{
    struct sync_control *sync = sync_control_new();
    struct replicas both = replicas_open_with(&(struct rig_options){.sync = sync});
    for (unsigned i = 0; i < MANY; i++)
        (void)story_begin(i % 2 == 0 ? &both.one : &both.other);
    daemon_kill(both.one.server);
    sync_advance_clock(sync, TOKEN_OVER_MS);
    expect_soon(metric_value(&both.other, "livenessd_sessions_reaped_total") == MANY);
    expect_soon(emulator_sessions(&both.other) == 0);
    cr_assert_eq(emulator_calls(&both.other, "GET", FACE_SESSIONS_PATH), MANY);
    cr_assert_eq(emulator_calls(&both.other, "DELETE", FACE_SESSIONS_PATH), MANY);
}
