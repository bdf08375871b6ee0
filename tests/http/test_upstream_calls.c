/*
 * What a session costs upstream, counted by the emulator: create, one result, delete; however many
 * ask.
 */
#include "support/events.h"

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

Test(upstream_calls, are_three_however_many_wait_for_what_is_over)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    struct http_pending *tabs[CROWD];
    struct events *events[CROWD];
    play_device(&rig, story.auth_token, SAW_REAL);
    emulator_fault(&rig, "{\"route\":\"get\",\"delayMs\":300,\"count\":1}");
    for (int i = 0; i < CROWD; i++) {
        tabs[i] = http_begin_do("GET", story_url(&rig, &story, "?wait=15"), NULL, story.owner);
        events[i] = events_open(&rig, &story);
    }
    for (int i = 0; i < CROWD; i++) {
        expect_verdict(http_end(tabs[i]), "live", true);
        expect_events(events[i], "event: verdict\n");
    }
    expect_soon(emulator_sessions(&rig) == 0);
    cr_assert_eq(session_calls(&rig), 3);
}

static unsigned bound(int64_t since_ms, unsigned interval_ms)
{
    return 3 + (unsigned)((now_ms() - since_ms + interval_ms - 1) / interval_ms);
}

Test(upstream_calls, of_a_client_that_polls_are_bounded_by_the_interval)
{
    struct rig rig = rig_open_set("upstream.poll_interval=400ms");
    int64_t began = now_ms();
    struct story story = story_begin(&rig);
    while (now_ms() < began + 2000) {
        expect_verdict(story_get(&rig, &story), "pending", false);
        give_way();
    }
    cr_assert_leq(session_calls(&rig), bound(began, 400));
    const char *digest = play_device(&rig, story.auth_token, SAW_REAL);
    expect_verdict(story_complete(&rig, &story, digest_body(digest)), "live", true);
    expect_soon(emulator_sessions(&rig) == 0);
    cr_assert_leq(session_calls(&rig), bound(began, 400));
}

/* Five looks an interval apart, then one in five intervals. */
Test(upstream_calls, of_a_client_that_polls_for_long_become_few)
{
    enum { INTERVAL_MS = 100, EAGER = 5, LONG_MS = 4000 };
    struct rig rig = rig_open_set("upstream.poll_interval=100ms");
    struct story story = story_begin(&rig);
    int64_t began = now_ms();
    while (now_ms() < began + LONG_MS) {
        expect_verdict(story_get(&rig, &story), "pending", false);
        give_way();
    }
    int64_t later_ms = now_ms() - began - (int64_t)EAGER * INTERVAL_MS;
    cr_assert_leq(emulator_calls(&rig, "GET", "/face/v1.2/detectLiveness-sessions"),
                  EAGER + 2 + later_ms / (5 * INTERVAL_MS));
    const char *digest = play_device(&rig, story.auth_token, SAW_REAL);
    expect_verdict(story_complete(&rig, &story, digest_body(digest)), "live", true);
}

Test(upstream_calls, of_a_crowd_that_waits_from_the_beginning_are_those_of_one)
{
    struct rig rig = rig_open_set("upstream.poll_interval=1s");
    int64_t began = now_ms();
    struct story story = story_begin(&rig);
    struct events *events[CROWD];
    struct http_pending *tabs[CROWD];
    for (int i = 0; i < CROWD; i++) {
        events[i] = events_open(&rig, &story);
        tabs[i] = http_begin_do("GET", story_url(&rig, &story, "?wait=15"), NULL, story.owner);
    }
    expect_soon(waiters(&rig) == 2 * CROWD);
    cr_assert_leq(session_calls(&rig), bound(began, 1000));
    const char *digest = play_device(&rig, story.auth_token, SAW_REAL);
    expect_verdict(story_complete(&rig, &story, digest_body(digest)), "live", true);
    for (int i = 0; i < CROWD; i++) {
        expect_verdict(http_end(tabs[i]), "live", true);
        expect_events(events[i], "event: verdict\n");
    }
    expect_soon(emulator_sessions(&rig) == 0);
    cr_assert_leq(session_calls(&rig), bound(began, 1000));
}

Test(upstream_calls, of_waiting_alone_are_one_in_five_seconds)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    int64_t began = now_ms();
    struct events *events = events_open(&rig, &story);
    expect_soon(waiters(&rig) == 1);
    expect_soon(session_calls(&rig) >= 3); /* the create, the first look and the next one */
    cr_assert_geq(now_ms() - began, 5000);
    events_leave(events);
    expect_soon(waiters(&rig) == 0);
    unsigned calls = session_calls(&rig);
    expect_throughout(session_calls(&rig) == calls, 1000);
}

/* Sessions that everybody waits for and nobody comes to do keep no other from being created. */
Test(upstream_calls, of_those_who_wait_keep_no_create_waiting)
{
    enum { OTHERS = 20, RATE = 10 };
    struct rig rig = rig_open_set("upstream.rate=10");
    for (int i = 0; i < OTHERS; i++) {
        struct story story = story_begin(&rig);
        (void)events_open(&rig, &story);
        expect_soon((int)waiters(&rig) == i + 1);
    }
    int64_t began = now_ms();
    unsigned before = emulator_calls(&rig, "GET", FACE_SESSIONS_PATH);
    while (now_ms() < began + 6000)
        (void)story_begin(&rig);
    unsigned looks = emulator_calls(&rig, "GET", FACE_SESSIONS_PATH) - before;
    unsigned allowed = (unsigned)((now_ms() - began) * RATE / 5 / 1000) + 2;
    cr_assert_leq(looks, allowed, "%u looks, %u allowed", looks, allowed);
}
