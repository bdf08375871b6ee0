/*
 * A client that vanishes while its get, completion or delete waits: nothing waits for it any
 * longer than for a client that stays, and what it asked for is done or can be asked for again.
 */
#include "support/leaving.h"

#include <criterion/criterion.h>

enum { TIMEOUT_MS = 1000, SLACK_MS = 5000 };

/* One session and one client for each way to leave. */
struct crowd {
    struct rig rig;
    struct story stories[LEAVE_WAYS];
    const char *digests[LEAVE_WAYS];
    int clients[LEAVE_WAYS];
};

static void crowd_begin(struct crowd *crowd, bool played)
{
    for (unsigned way = 0; way < LEAVE_WAYS; way++) {
        struct story *story = &crowd->stories[way];
        *story = story_begin(&crowd->rig);
        if (played)
            crowd->digests[way] = play_device(&crowd->rig, story->auth_token, SAW_REAL);
    }
}

static int ask(const struct crowd *crowd, const struct story *story, const char *method,
               const char *below, const char *body)
{
    return client_ask(&crowd->rig, method, text_of(SESSIONS_PATH "/%s%s", story->id, below),
                      story->owner, body);
}

static void crowd_ask(struct crowd *crowd, const char *method, const char *below)
{
    for (unsigned way = 0; way < LEAVE_WAYS; way++) {
        const char *digest = crowd->digests[way];
        const char *body = *below ? digest_body(digest) : NULL;
        crowd->clients[way] = ask(crowd, &crowd->stories[way], method, below, body);
    }
}

static void crowd_leave(const struct crowd *crowd)
{
    for (unsigned way = 0; way < LEAVE_WAYS; way++)
        client_leave(crowd->clients[way], (enum leaving)way);
}

static void expect_all_live(const struct crowd *crowd)
{
    for (unsigned way = 0; way < LEAVE_WAYS; way++)
        expect_verdict(story_get(&crowd->rig, &crowd->stories[way]), "live", true);
}

Test(departed_askers, get_that_waited_for_its_poll_slot)
{
    struct crowd crowd = {.rig = rig_open_set("upstream.poll_interval=2s")};
    crowd_begin(&crowd, false);
    for (unsigned way = 0; way < LEAVE_WAYS; way++)
        expect_verdict(story_get(&crowd.rig, &crowd.stories[way]), "pending", false);
    crowd_ask(&crowd, "GET", "");
    expect_soon(requests_in_flight(&crowd.rig) == LEAVE_WAYS);
    cr_assert_eq(sessions_asked(&crowd.rig), LEAVE_WAYS);
    cr_assert_eq(upstream_in_flight(&crowd.rig), 0, "they wait for the poll interval");
    crowd_leave(&crowd);
    /* their look, and the interval after it during which the session stays known */
    cr_assert(wait_until(nothing_left(&crowd.rig), 2 * 2000 + SLACK_MS));
}

Test(departed_askers, get_with_an_upstream_that_never_answers)
{
    struct crowd crowd = {.rig = rig_open_set("upstream.timeout=1s")};
    crowd_begin(&crowd, true);
    emulator_fault(&crowd.rig, "{\"route\":\"get\",\"delayMs\":600000}");
    crowd_ask(&crowd, "GET", "");
    expect_soon(upstream_in_flight(&crowd.rig) == LEAVE_WAYS);
    crowd_leave(&crowd);
    cr_assert(wait_until(nothing_left(&crowd.rig), TIMEOUT_MS + SLACK_MS));
    emulator_faults_clear(&crowd.rig);
    expect_all_live(&crowd);
}

Test(departed_askers, get_that_waited_for_another_look)
{
    struct crowd crowd = {.rig = rig_open_set("upstream.timeout=1s")};
    struct story story = story_begin(&crowd.rig);
    emulator_fault(&crowd.rig, "{\"route\":\"get\",\"delayMs\":600000}");
    int first = ask(&crowd, &story, "GET", "", NULL);
    expect_soon(upstream_in_flight(&crowd.rig) == 1);
    for (unsigned way = 0; way < LEAVE_WAYS; way++)
        crowd.clients[way] = ask(&crowd, &story, "GET", "", NULL);
    expect_soon(requests_in_flight(&crowd.rig) == 1 + LEAVE_WAYS);
    cr_assert_eq(upstream_in_flight(&crowd.rig), 1, "one look at a time");
    client_leave(first, LEAVE_RESET);
    crowd_leave(&crowd);
    cr_assert(wait_until(nothing_left(&crowd.rig), 2 * TIMEOUT_MS + SLACK_MS));
}

Test(departed_askers, get_that_waited_for_the_store)
{
    struct sync_control *sync = sync_control_new();
    struct crowd crowd = {.rig = rig_open_with(&(struct rig_options){.sync = sync})};
    crowd_begin(&crowd, true);
    sync_set(sync, SYNC_HOLD);
    struct http_pending *creating =
        http_begin_do("POST", daemon_url(crowd.rig.server, "http", SESSIONS_PATH), PLAIN_CREATE);
    expect_soon(sync_waiting(sync) > 0);
    crowd_ask(&crowd, "GET", "");
    expect_soon(requests_in_flight(&crowd.rig) == 1 + LEAVE_WAYS);
    crowd_leave(&crowd);
    sync_set(sync, SYNC_PASS);
    expect_status(http_end(creating), 200);
    expect_soon(nothing_left(&crowd.rig));
    expect_all_live(&crowd);
}

Test(departed_askers, get_whose_verdict_was_being_stored)
{
    struct sync_control *sync = sync_control_new();
    struct crowd crowd = {.rig = rig_open_with(&(struct rig_options){.sync = sync})};
    crowd_begin(&crowd, true);
    sync_set(sync, SYNC_HOLD);
    crowd_ask(&crowd, "GET", "");
    expect_soon(sync_waiting(sync) > 0 && requests_in_flight(&crowd.rig) == LEAVE_WAYS);
    crowd_leave(&crowd);
    sync_set(sync, SYNC_PASS);
    expect_soon(nothing_left(&crowd.rig));
    expect_soon(emulator_sessions(&crowd.rig) == 0);
    expect_all_live(&crowd);
}

Test(departed_askers, completion_that_waited_for_the_store)
{
    struct sync_control *sync = sync_control_new();
    struct crowd crowd = {.rig = rig_open_with(&(struct rig_options){.sync = sync})};
    crowd_begin(&crowd, true);
    sync_set(sync, SYNC_HOLD);
    crowd_ask(&crowd, "POST", "/completion");
    expect_soon(sync_waiting(sync) > 0 && requests_in_flight(&crowd.rig) == LEAVE_WAYS);
    crowd_leave(&crowd);
    sync_set(sync, SYNC_PASS);
    expect_soon(nothing_left(&crowd.rig));
    expect_all_live(&crowd);
}

Test(departed_askers, completion_with_an_upstream_that_never_answers)
{
    struct crowd crowd = {.rig = rig_open_set("upstream.timeout=1s")};
    crowd_begin(&crowd, true);
    emulator_fault(&crowd.rig, "{\"route\":\"get\",\"delayMs\":600000}");
    crowd_ask(&crowd, "POST", "/completion");
    expect_soon(upstream_in_flight(&crowd.rig) == LEAVE_WAYS);
    crowd_leave(&crowd);
    cr_assert(wait_until(nothing_left(&crowd.rig), TIMEOUT_MS + SLACK_MS));
    emulator_faults_clear(&crowd.rig);
    expect_all_live(&crowd);
    for (unsigned way = 0; way < LEAVE_WAYS; way++)
        expect_error(story_complete(&crowd.rig, &crowd.stories[way], digest_body("other")), 409,
                     "CompletionConflict");
}

Test(departed_askers, delete_that_waited_for_the_store)
{
    struct sync_control *sync = sync_control_new();
    struct crowd crowd = {.rig = rig_open_with(&(struct rig_options){.sync = sync})};
    crowd_begin(&crowd, false);
    sync_set(sync, SYNC_HOLD);
    crowd_ask(&crowd, "DELETE", "");
    expect_soon(sync_waiting(sync) > 0 && requests_in_flight(&crowd.rig) == LEAVE_WAYS);
    crowd_leave(&crowd);
    sync_set(sync, SYNC_PASS);
    expect_soon(nothing_left(&crowd.rig));
    expect_soon(emulator_sessions(&crowd.rig) == 0);
    for (unsigned way = 0; way < LEAVE_WAYS; way++)
        expect_error(story_get(&crowd.rig, &crowd.stories[way]), 404, "SessionNotFound");
}

Test(departed_askers, delete_with_an_upstream_that_never_answers)
{
    struct crowd crowd = {.rig = rig_open_set("upstream.timeout=1s")};
    crowd_begin(&crowd, false);
    emulator_fault(&crowd.rig, "{\"route\":\"delete\",\"delayMs\":600000}");
    crowd_ask(&crowd, "DELETE", "");
    expect_soon(upstream_in_flight(&crowd.rig) == LEAVE_WAYS);
    crowd_leave(&crowd);
    emulator_faults_clear(&crowd.rig);
    cr_assert(wait_until(nothing_left(&crowd.rig), TIMEOUT_MS + SLACK_MS));
    expect_soon(emulator_sessions(&crowd.rig) == 0);
}
