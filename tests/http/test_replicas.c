/*
 * Two replicas over one Redis are one server to their clients: what one did the other knows at
 * once, and who waits at one is told what happens at the other.
 */
#include "support/events.h"
#include "support/leaving.h"
#include "support/repeating.h"
#include "support/replicas.h"

#include <criterion/criterion.h>

TestSuite(replicas, .timeout = 180);

enum { ROUNDS = 5, NEWS_MS = 1000 };

static struct http_pending *wait_for(const struct rig *rig, const struct story *story)
{
    return http_begin_do("GET", story_url(rig, story, "?wait=15"), NULL, story->owner);
}

/* ---- one server to its clients ---- */

Test(replicas, take_the_steps_of_one_story_in_turn)
{
    struct replicas both = replicas_open();
    struct story story = story_begin(&both.one);
    expect_verdict(story_get(&both.other, &story), "pending", false);
    const char *digest = play_device(&both.one, story.auth_token, SAW_REAL);
    const struct http_answer *told = story_complete(&both.other, &story, digest_body(digest));
    expect_verdict(told, "live", true);
    cr_assert_str_eq(story_get(&both.one, &story)->body, told->body);
    cr_assert_str_eq(story_get(&both.other, &story)->body, told->body);
    expect_soon(emulator_sessions(&both.one) == 0);
    cr_assert_eq(emulator_calls(&both.one, "DELETE", FACE_SESSIONS_PATH), 1);
}

Test(replicas, hand_out_device_tokens_that_hold_at_both)
{
    struct replicas both = replicas_open();
    const char *owner = new_device(&both.one);
    const char *sessions = daemon_url(both.other.server, "http", SESSIONS_PATH);
    const struct http_answer *created = http_do("POST", sessions, PLAIN_CREATE, owner);
    expect_status(created, 200);
    cr_assert_null(answer_header(created, "x-device-token"), "a device that was known");
    struct story story = {.id = json_text_at(created->json, "sessionId"), .owner = owner};
    expect_verdict(story_get(&both.one, &story), "pending", false);
    story.owner = new_device(&both.other);
    expect_error(story_get(&both.one, &story), 404, "SessionNotFound");
}

Test(replicas, hold_to_the_first_digest_wherever_it_was_given)
{
    struct replicas both = replicas_open();
    struct story story = story_begin(&both.one);
    expect_verdict(story_complete(&both.one, &story, digest_body("first")), "pending", false);
    expect_error(story_complete(&both.other, &story, digest_body("second")), 409,
                 "CompletionConflict");
    (void)play_device(&both.one, story.auth_token, SAW_REAL);
    expect_verdict(story_get(&both.other, &story), "compromised", false);
    expect_verdict(story_get(&both.one, &story), "compromised", false);
}

/* The only change that a settled verdict knows. */
Test(replicas, show_no_verdict_that_the_other_has_changed)
{
    struct replicas both = replicas_open();
    struct story story = story_begin(&both.one);
    (void)play_device(&both.one, story.auth_token, SAW_REAL);
    expect_verdict(story_get(&both.one, &story), "live", true);
    expect_verdict(story_get(&both.other, &story), "live", true);
    expect_verdict(story_complete(&both.other, &story, digest_body("wrong")), "compromised", false);
    expect_verdict(story_get(&both.one, &story), "compromised", false);
}

Test(replicas, know_each_others_deletions_at_once)
{
    struct replicas both = replicas_open();
    struct story open = story_begin(&both.one);
    struct story settled = story_begin(&both.one);
    (void)play_device(&both.one, settled.auth_token, SAW_REAL);
    expect_verdict(story_get(&both.one, &settled), "live", true);
    expect_verdict(story_get(&both.one, &open), "pending", false);
    expect_status(story_delete(&both.other, &open), 204);
    expect_error(story_get(&both.one, &open), 404, "SessionNotFound");
    expect_status(story_delete(&both.other, &settled), 204);
    expect_error(story_get(&both.one, &settled), 404, "SessionNotFound");
    expect_error(story_delete(&both.one, &settled), 404, "SessionNotFound");
    expect_soon(emulator_sessions(&both.one) == 0);
}

Test(replicas, serve_on_when_one_of_them_is_stopped)
{
    struct replicas both = replicas_open();
    struct story story = story_begin(&both.one);
    struct events *events = events_open(&both.one, &story);
    expect_soon(waiters(&both.one) == 1);
    daemon_stop(both.one.server);
    expect_events(events, "event: end\ndata: {\"reason\":\"shutdown\"}\n\n");
    expect_soon(replicas_know(&both.other, 1));
    events = events_open(&both.other, &story); /* as a client does that connects again */
    const char *digest = play_device(&both.other, story.auth_token, SAW_REAL);
    expect_verdict(story_complete(&both.other, &story, digest_body(digest)), "live", true);
    expect_events(events, "event: verdict\n", "\"decision\":\"live\"");
}

/* ---- who waits ---- */

/* Milliseconds from the completion at the other until who waits here has the verdict. */
static int64_t news_ms(const struct replicas *both)
{
    struct story story = story_begin(&both->one);
    struct http_pending *polling = wait_for(&both->one, &story);
    struct events *events = events_open(&both->one, &story);
    expect_soon(waiters(&both->one) == 2);
    const char *digest = play_device(&both->one, story.auth_token, SAW_REAL);
    expect_verdict(story_complete(&both->other, &story, digest_body(digest)), "live", true);
    int64_t completed = now_ms();
    expect_verdict(http_end(polling), "live", true);
    expect_events(events, "event: verdict\n", "\"decision\":\"live\"");
    return now_ms() - completed;
}

/* They ask again by themselves after two seconds only, so that once is enough to tell. */
Test(replicas, tell_who_waits_without_being_asked_again)
{
    struct replicas both = replicas_open();
    int64_t fastest = INT64_MAX;
    for (unsigned i = 0; i < ROUNDS && fastest >= NEWS_MS; i++) {
        int64_t took = news_ms(&both);
        fastest = took < fastest ? took : fastest;
    }
    cr_assert_lt(fastest, NEWS_MS, "the fastest verdict took %lld ms", (long long)fastest);
}

Test(replicas, tell_who_waits_each_status_that_the_other_saw)
{
    struct replicas both = replicas_open();
    struct story story = story_begin(&both.one);
    struct events *events = events_open(&both.one, &story);
    expect_soon(events_has(events, "{\"status\":\"NotStarted\"}"));
    device_call(&both.one, story.auth_token, "session/start", "{}");
    expect_verdict(story_get(&both.other, &story), "pending", false);
    expect_soon(events_has(events, "{\"status\":\"Running\"}"));
    expect_status(story_delete(&both.other, &story), 204);
    expect_events(events, "event: end\ndata: {\"reason\":\"removed\"}\n\n");
}

Test(replicas, end_the_wait_for_a_session_that_the_other_deletes)
{
    struct replicas both = replicas_open();
    struct story story = story_begin(&both.one);
    struct http_pending *waiting = wait_for(&both.one, &story);
    expect_soon(waiters(&both.one) == 1);
    expect_status(story_delete(&both.other, &story), 204);
    expect_error(http_end(waiting), 404, "SessionNotFound");
    expect_soon(waiters(&both.one) == 0);
}

/* ---- creates that are repeated ---- */

Test(replicas, repeat_each_others_creates)
{
    struct replicas both = replicas_open();
    const char *owner = new_device(&both.one);
    const struct http_answer *first = create_keyed(&both.one, owner, KEY_ONE);
    expect_repeat(first, create_keyed(&both.other, owner, KEY_ONE));
    expect_repeat(first, create_keyed(&both.one, owner, KEY_ONE));
    const char *active = "{\"livenessOperationMode\":\"PassiveActive\"}";
    expect_error(create_keyed_at(&both.other, SESSIONS_PATH, active, owner, KEY_ONE), 422,
                 "IdempotencyMismatch");
    expect_another(first, create_keyed(&both.other, owner, KEY_TWO));
    cr_assert_eq(upstream_creates(&both.one), 2);
}

/* One session is all that stays of it, whatever each is told first. */
Test(replicas, make_one_session_of_a_create_that_comes_to_both)
{
    enum { CLIENTS = 10 };
    struct replicas both = replicas_open();
    const char *owner = new_device(&both.one);
    struct http_pending *pending[2 * CLIENTS];
    emulator_fault(&both.one, "{\"route\":\"create\",\"delayMs\":300}");
    for (unsigned i = 0; i < 2 * CLIENTS; i++)
        pending[i] = begin_keyed(i % 2 == 0 ? &both.one : &both.other, owner, KEY_ONE);
    const struct http_answer *kept = NULL;
    for (unsigned i = 0; i < 2 * CLIENTS; i++) {
        const struct http_answer *answer = http_end(pending[i]);
        if (answer->status != 200)
            expect_error(answer, 409, "ConcurrentOperationConflict");
        else if (kept)
            expect_repeat(kept, answer);
        else
            kept = answer;
    }
    cr_assert_not_null(kept, "somebody has it");
    expect_repeat(kept, create_keyed(&both.one, owner, KEY_ONE));
    expect_repeat(kept, create_keyed(&both.other, owner, KEY_ONE));
    expect_soon(emulator_sessions(&both.one) == 1);
    (void)play_device(&both.one, json_text_at(kept->json, "authToken"), SAW_REAL);
}

/* ---- what upstream allows ---- */

/* Both want all that upstream allows; together they stay within it. */
Test(replicas, share_the_rate_that_upstream_allows)
{
    enum { CREATES = 60 };
    struct http_pending *pending[CREATES];
    /* more than the rate, since connecting holds up some calls; far less than twice the rate */
    const struct rig_options options = {
        .settings = {"upstream.rate=20", "upstream.queue_wait=30s"},
        .emulator = {"--rate-limit", "30"},
    };
    struct replicas both = replicas_open_with(&options);
    for (unsigned i = 0; i < CREATES; i++) {
        const struct rig *rig = i % 2 == 0 ? &both.one : &both.other;
        const char *url = daemon_url(rig->server, "http", SESSIONS_PATH);
        pending[i] = http_begin_do("POST", url, PLAIN_CREATE);
    }
    for (unsigned i = 0; i < CREATES; i++)
        expect_status(http_end(pending[i]), 200);
    static const char refused[] = "outcome=\"busy\"";
    static const char family[] = "livenessd_upstream_requests_total";
    cr_assert_eq(metric_sum(&both.one, family, refused), 0);
    cr_assert_eq(metric_sum(&both.other, family, refused), 0);
}
