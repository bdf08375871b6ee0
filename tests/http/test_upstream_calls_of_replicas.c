/*
 * What a session costs upstream when its clients are spread over two replicas, counted by the
 * emulator: as much as with one. Every look is made by one replica, and both answer from it.
 */
#include "support/events.h"
#include "support/replicas.h"

#include <criterion/criterion.h>

TestSuite(upstream_calls_of_replicas, .timeout = 180);

enum { TABS = 50, TOKEN_OVER_MS = 605 * 1000, MANY = 20 };

static unsigned session_calls(const struct replicas *both)
{
    return emulator_calls(&both->one, "POST", FACE_SESSIONS_PATH) +
           emulator_calls(&both->one, "GET", FACE_SESSIONS_PATH) +
           emulator_calls(&both->one, "DELETE", FACE_SESSIONS_PATH);
}

/* Clients are sent to the replicas in turn. */
static const struct rig *in_turn(const struct replicas *both, unsigned i)
{
    return i % 2 == 0 ? &both->one : &both->other;
}

/* Calls that a session may cost whose clients asked all the time since then. */
static unsigned bound(int64_t since_ms, unsigned interval_ms)
{
    return 3 + (unsigned)((now_ms() - since_ms + interval_ms - 1) / interval_ms);
}

static void complete_at(const struct rig *rig, const struct story *story)
{
    const char *digest = play_device(rig, story->auth_token, SAW_REAL);
    expect_verdict(story_complete(rig, story, digest_body(digest)), "live", true);
}

Test(upstream_calls_of_replicas, are_three_when_the_attempt_is_over_before_the_first_question)
{
    struct replicas both = replicas_open();
    struct story story = story_begin(&both.one);
    complete_at(&both.other, &story);
    for (unsigned i = 0; i < TABS; i++)
        expect_verdict(story_get(in_turn(&both, i), &story), "live", true);
    expect_soon(emulator_sessions(&both.one) == 0);
    cr_assert_eq(session_calls(&both), 3);
}

Test(upstream_calls_of_replicas, are_three_when_a_crowd_asks_at_once)
{
    struct replicas both = replicas_open();
    struct story story = story_begin(&both.one);
    struct http_pending *crowd[TABS];
    struct events *events[TABS];
    play_device(&both.one, story.auth_token, SAW_REAL);
    emulator_fault(&both.one, "{\"route\":\"get\",\"delayMs\":300,\"count\":1}");
    for (unsigned i = 0; i < TABS; i++) {
        const struct rig *rig = in_turn(&both, i);
        crowd[i] = http_begin_do("GET", story_url(rig, &story, i % 3 == 0 ? "" : "?wait=15"), NULL,
                                 story.owner);
        events[i] = events_open(rig, &story);
    }
    for (unsigned i = 0; i < TABS; i++) {
        expect_verdict(http_end(crowd[i]), "live", true);
        expect_events(events[i], "event: verdict\n");
    }
    expect_soon(emulator_sessions(&both.one) == 0);
    cr_assert_eq(session_calls(&both), 3);
}

Test(upstream_calls_of_replicas, of_a_client_that_polls_are_bounded_by_the_interval)
{
    struct replicas both = replicas_open_set("upstream.poll_interval=400ms");
    int64_t began = now_ms();
    struct story story = story_begin(&both.one);
    struct http_pending *pending[2];
    while (now_ms() < began + 4000) { /* at both together: each has to leave the other its turn */
        for (unsigned i = 0; i < 2; i++)
            pending[i] =
                http_begin_do("GET", story_url(in_turn(&both, i), &story, ""), NULL, story.owner);
        for (unsigned i = 0; i < 2; i++)
            expect_verdict(http_end(pending[i]), "pending", false);
    }
    cr_assert_leq(session_calls(&both), bound(began, 400));
    complete_at(&both.other, &story);
    expect_soon(emulator_sessions(&both.one) == 0);
    cr_assert_leq(session_calls(&both), bound(began, 400));
}

Test(upstream_calls_of_replicas, of_a_crowd_that_waits_from_the_beginning_are_those_of_one)
{
    struct replicas both = replicas_open_set("upstream.poll_interval=1s");
    int64_t began = now_ms();
    struct story story = story_begin(&both.one);
    struct http_pending *tabs[TABS];
    struct events *events[TABS];
    for (unsigned i = 0; i < TABS; i++) {
        const struct rig *rig = in_turn(&both, i);
        events[i] = events_open(rig, &story);
        tabs[i] = http_begin_do("GET", story_url(rig, &story, "?wait=15"), NULL, story.owner);
    }
    expect_soon(waiters(&both.one) == TABS && waiters(&both.other) == TABS);
    cr_assert_leq(session_calls(&both), bound(began, 1000));
    complete_at(&both.other, &story);
    for (unsigned i = 0; i < TABS; i++) {
        expect_verdict(http_end(tabs[i]), "live", true);
        expect_events(events[i], "event: verdict\n");
    }
    expect_soon(emulator_sessions(&both.one) == 0);
    cr_assert_leq(session_calls(&both), bound(began, 1000));
}

/* Two looks, one from each, would be two in five seconds. */
Test(upstream_calls_of_replicas, of_waiting_alone_are_one_in_five_seconds)
{
    enum { TWICE_MS = 2 * 5000, PATIENCE_MS = 60000 };
    struct replicas both = replicas_open();
    struct story story = story_begin(&both.one);
    int64_t began = now_ms();
    struct events *events[2];
    for (unsigned i = 0; i < 2; i++)
        events[i] = events_open(in_turn(&both, i), &story);
    expect_soon(waiters(&both.one) == 1 && waiters(&both.other) == 1);
    /* the create, the first question of each client, and two looks since */
    cr_assert(wait_until(session_calls(&both) >= 5, PATIENCE_MS));
    cr_assert_geq(now_ms() - began, TWICE_MS);
    for (unsigned i = 0; i < 2; i++)
        events_leave(events[i]);
    expect_soon(waiters(&both.one) == 0 && waiters(&both.other) == 0);
    unsigned calls = session_calls(&both);
    expect_throughout(session_calls(&both) == calls, 1000);
}

Test(upstream_calls_of_replicas, of_clients_that_never_complete_are_three_each)
{
    struct sync_control *sync = sync_control_new();
    struct replicas both = replicas_open_with(&(struct rig_options){.sync = sync});
    for (unsigned i = 0; i < MANY; i++)
        (void)story_begin(in_turn(&both, i));
    sync_advance_clock(sync, TOKEN_OVER_MS);
    expect_soon(replicas_metric(&both, "livenessd_sessions_reaped_total") == MANY);
    expect_soon(emulator_sessions(&both.one) == 0);
    expect_throughout(session_calls(&both) == 3 * MANY, 1000);
}
