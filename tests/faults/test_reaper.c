/*
 * Sessions that nobody completes or asks for: looked at once when their token has expired, settled,
 * deleted; whatever upstream, the disk or a restart do meanwhile.
 */
#include "support/rig.h"

#include <criterion/criterion.h>
#include <errno.h>

enum { TOKEN_S = 600, GRACE_S = 5, DAY_S = 24 * 3600, MANY = 40 };

struct stale {
    struct rig rig;
    struct sync_control *sync;
};

static struct stale open_stale(const char *setting)
{
    struct stale stale = {.sync = sync_control_new()};
    const struct rig_options options = {.settings = {setting}, .sync = stale.sync};
    stale.rig = rig_open_with(&options);
    return stale;
}

/* For the server, and for upstream as well. */
static void let_pass(const struct stale *stale, int seconds)
{
    const struct http_answer *answer =
        http_do("POST", daemon_url(stale->rig.emulator, "emulator", "/emulator/clock"),
                text_of("{\"advanceSeconds\":%d}", seconds));
    expect_status(answer, 200);
    sync_advance_clock(stale->sync, (int64_t)seconds * 1000);
}

static unsigned looks(const struct stale *stale)
{
    return emulator_calls(&stale->rig, "GET", FACE_SESSIONS_PATH);
}

static double reaped(const struct stale *stale)
{
    return metric_value(&stale->rig, "livenessd_sessions_reaped_total");
}

Test(reaper, settles_a_session_that_nobody_began_as_expired)
{
    struct stale stale = open_stale(NULL);
    struct story story = story_begin(&stale.rig);
    let_pass(&stale, TOKEN_S - 1);
    struct story young = story_begin(&stale.rig);
    let_pass(&stale, 1 + GRACE_S);
    expect_soon(reaped(&stale) == 1);
    expect_verdict(story_get(&stale.rig, &story), "expired", false);
    expect_soon(emulator_sessions(&stale.rig) == 1);
    cr_assert_eq(looks(&stale), 1);
    cr_assert_eq(emulator_calls(&stale.rig, "DELETE", FACE_SESSIONS_PATH), 1);
    expect_verdict(story_get(&stale.rig, &young), "pending", false);
}

Test(reaper, leaves_what_has_not_expired_alone)
{
    struct stale stale = open_stale(NULL);
    (void)story_begin(&stale.rig);
    let_pass(&stale, TOKEN_S - 1);
    const char *asked = "operation=\"expired\",result=\"ok\"";
    double before = metric_sum(&stale.rig, "livenessd_store_calls_total", asked);
    expect_soon(metric_sum(&stale.rig, "livenessd_store_calls_total", asked) > before + 1);
    cr_assert_eq(looks(&stale), 0);
    cr_assert_eq(reaped(&stale), 0);
}

Test(reaper, finds_the_verdict_that_nobody_asked_for)
{
    struct stale stale = open_stale(NULL);
    struct story story = story_begin(&stale.rig);
    (void)play_device(&stale.rig, story.auth_token, SAW_REAL);
    let_pass(&stale, TOKEN_S + GRACE_S);
    expect_soon(emulator_sessions(&stale.rig) == 0);
    expect_verdict(story_get(&stale.rig, &story), "live", true);
    cr_assert_eq(looks(&stale), 1);
    cr_assert_eq(reaped(&stale), 1);
}

Test(reaper, settles_without_a_completion_although_a_digest_is_required)
{
    struct stale stale = open_stale("verdict.digest=require");
    struct story story = story_begin(&stale.rig);
    (void)play_device(&stale.rig, story.auth_token, SAW_REAL);
    let_pass(&stale, TOKEN_S + GRACE_S);
    expect_soon(emulator_sessions(&stale.rig) == 0);
    const struct http_answer *answer = story_get(&stale.rig, &story);
    expect_verdict(answer, "live", false);
    cr_assert(has_reason(answer, "digest_missing"));
    cr_assert_eq(looks(&stale), 1);
}

Test(reaper, looks_once_at_each_of_many)
{
    struct stale stale = open_stale(NULL);
    for (unsigned i = 0; i < MANY; i++)
        (void)story_begin(&stale.rig);
    let_pass(&stale, TOKEN_S + GRACE_S);
    expect_soon(emulator_sessions(&stale.rig) == 0);
    expect_soon(reaped(&stale) == MANY);
    cr_assert_eq(looks(&stale), MANY);
    cr_assert_eq(emulator_calls(&stale.rig, "DELETE", FACE_SESSIONS_PATH), MANY);
    expect_soon(metric_value(&stale.rig, "livenessd_sessions_overdue") == 0);
}

/* Looks that can wait get a fifth of the rate, so the queue before upstream refuses some of them.
 */
Test(reaper, looks_once_at_each_when_upstream_allows_few_calls)
{
    struct stale stale = open_stale("upstream.rate=50");
    for (unsigned i = 0; i < MANY; i++)
        (void)story_begin(&stale.rig);
    let_pass(&stale, TOKEN_S + GRACE_S);
    expect_soon(reaped(&stale) == MANY);
    expect_soon(emulator_sessions(&stale.rig) == 0);
    cr_assert_eq(looks(&stale), MANY);
}

Test(reaper, goes_on_after_a_restart)
{
    struct stale stale = open_stale(NULL);
    struct story story = story_begin(&stale.rig);
    daemon_kill(stale.rig.server);
    let_pass(&stale, TOKEN_S + GRACE_S);
    daemon_restart(stale.rig.server);
    expect_soon(emulator_sessions(&stale.rig) == 0);
    expect_verdict(story_get(&stale.rig, &story), "expired", false);
    cr_assert_eq(looks(&stale), 1);
}

Test(reaper, tries_again_when_upstream_fails)
{
    struct stale stale = open_stale(NULL);
    struct story story = story_begin(&stale.rig);
    emulator_fault(&stale.rig, "{\"route\":\"get\",\"status\":500}");
    let_pass(&stale, TOKEN_S + GRACE_S);
    expect_soon(looks(&stale) >= 2);
    expect_soon(metric_value(&stale.rig, "livenessd_sessions_overdue") == 1);
    const struct http_answer *status =
        http_do("GET", daemon_url(stale.rig.server, "admin", "/status"));
    cr_assert_eq(json_number_at(status->json, "sessions.overdue"), 1);
    cr_assert_eq(reaped(&stale), 0);
    emulator_faults_clear(&stale.rig);
    expect_soon(emulator_sessions(&stale.rig) == 0);
    expect_verdict(story_get(&stale.rig, &story), "expired", false);
}

/* More than it looks at together fail, and the ones behind them are reached all the same. */
Test(reaper, does_not_let_some_that_fail_hold_up_the_others)
{
    struct stale stale = open_stale(NULL);
    for (unsigned i = 0; i < MANY; i++)
        (void)story_begin(&stale.rig);
    emulator_fault(&stale.rig, "{\"route\":\"get\",\"status\":500,\"probability\":0.5}");
    let_pass(&stale, TOKEN_S + GRACE_S);
    expect_soon(2 * reaped(&stale) >= MANY);
    emulator_faults_clear(&stale.rig);
    expect_soon(reaped(&stale) == MANY);
    expect_soon(emulator_sessions(&stale.rig) == 0);
}

Test(reaper, settles_without_a_look_what_upstream_has_forgotten_by_itself)
{
    struct stale stale = open_stale(NULL);
    struct story story = story_begin(&stale.rig);
    daemon_kill(stale.rig.server);
    let_pass(&stale, 2 * DAY_S);
    daemon_restart(stale.rig.server);
    expect_soon(reaped(&stale) == 1);
    const struct http_answer *answer = story_get(&stale.rig, &story);
    expect_verdict(answer, "expired", false);
    cr_assert(has_reason(answer, "session_gone"));
    cr_assert_eq(looks(&stale), 0);
    cr_assert_eq(emulator_calls(&stale.rig, "DELETE", FACE_SESSIONS_PATH), 0);
}

static void set_full(const struct stale *stale, bool full)
{
    if (stale->rig.redis)
        (void)redis_server_ask(stale->rig.redis, "CONFIG", "SET", "maxmemory", full ? "1" : "0");
    else
        sync_fail_writes(stale->sync, full ? ENOSPC : 0);
}

Test(reaper, waits_for_a_full_store)
{
    static const char failed[] = "result=\"unavailable\"";
    struct stale stale = open_stale(NULL);
    struct story story = story_begin(&stale.rig);
    set_full(&stale, true);
    let_pass(&stale, TOKEN_S + GRACE_S);
    expect_soon(metric_sum(&stale.rig, "livenessd_store_calls_total", failed) >= 1);
    cr_assert_eq(emulator_sessions(&stale.rig), 1, "what is not stored is not deleted upstream");
    set_full(&stale, false);
    expect_soon(emulator_sessions(&stale.rig) == 0);
    expect_verdict(story_get(&stale.rig, &story), "expired", false);
}
