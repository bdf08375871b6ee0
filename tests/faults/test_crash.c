/*
 * kill -9, and what has to be there when the server is started again on the same store. The
 * emulator lives on.
 */
#include "support/leaving.h"

#include <criterion/criterion.h>

static void crash(const struct rig *rig)
{
    daemon_kill(rig->server);
    daemon_restart(rig->server);
}

/* Counted when the server starts. */
static void expect_orphans(const struct rig *rig, unsigned count)
{
    expect_soon(metric_value(rig, "livenessd_sessions_orphaned") == count);
}

static struct http_pending *begin_create(const struct rig *rig)
{
    return http_begin_do("POST", daemon_url(rig->server, "http", SESSIONS_PATH), PLAIN_CREATE);
}

/* ---- what was answered ---- */

Test(crash, leaves_an_answered_create_usable)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    crash(&rig);
    expect_verdict(story_get(&rig, &story), "pending", false);
    const char *digest = play_device(&rig, story.auth_token, SAW_REAL);
    expect_verdict(story_complete(&rig, &story, digest_body(digest)), "live", true);
    expect_soon(emulator_sessions(&rig) == 0);
}

Test(crash, leaves_a_completion_final)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    expect_verdict(story_complete(&rig, &story, digest_body("first")), "pending", false);
    crash(&rig);
    expect_error(story_complete(&rig, &story, digest_body("second")), 409, "CompletionConflict");
    (void)play_device(&rig, story.auth_token, SAW_REAL);
    expect_verdict(story_get(&rig, &story), "compromised", false);
}

Test(crash, leaves_an_answered_verdict_as_it_was)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    const char *digest = play_device(&rig, story.auth_token, SAW_REAL);
    const struct http_answer *before = story_complete(&rig, &story, digest_body(digest));
    expect_verdict(before, "live", true);
    crash(&rig);
    const struct http_answer *after = story_get(&rig, &story);
    cr_assert_str_eq(after->body, before->body);
    expect_soon(emulator_sessions(&rig) == 0);
}

Test(crash, leaves_a_verdict_learned_by_get_as_it_was)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    (void)play_device(&rig, story.auth_token, SAW_SPOOF);
    const struct http_answer *before = story_get(&rig, &story);
    expect_verdict(before, "spoof", false);
    crash(&rig);
    cr_assert_str_eq(story_get(&rig, &story)->body, before->body);
}

Test(crash, brings_no_deleted_session_back)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    expect_status(story_delete(&rig, &story), 204);
    crash(&rig);
    expect_error(story_get(&rig, &story), 404, "SessionNotFound");
}

/* ---- deletions owed ---- */

/* Owed before and after, done once upstream lets it, and that is not forgotten either. */
static void expect_debt_is_paid(const struct rig *rig)
{
    cr_assert_eq(emulator_sessions(rig), 1);
    crash(rig);
    expect_soon(metric_value(rig, "livenessd_deletions_owed") == 1);
    cr_assert_eq(emulator_sessions(rig), 1);
    emulator_faults_clear(rig);
    expect_soon(emulator_sessions(rig) == 0);
    expect_soon(daemon_log_contains(rig->server, "\"outcome\":\"ok\""));
    daemon_stop(rig->server);
    daemon_restart(rig->server);
    expect_soon(metric_value(rig, "livenessd_sessions_orphaned") == 0);
    cr_assert_eq(metric_value(rig, "livenessd_deletions_owed"), 0);
}

Test(crash, forgets_no_deletion_owed_by_our_delete)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    emulator_fault(&rig, "{\"route\":\"delete\",\"status\":500}");
    expect_status(story_delete(&rig, &story), 204);
    expect_debt_is_paid(&rig);
}

Test(crash, forgets_no_deletion_owed_after_a_verdict)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    emulator_fault(&rig, "{\"route\":\"delete\",\"kind\":\"reset\"}");
    (void)play_device(&rig, story.auth_token, SAW_REAL);
    expect_verdict(story_get(&rig, &story), "live", true);
    expect_debt_is_paid(&rig);
    expect_verdict(story_get(&rig, &story), "live", true);
}

Test(crash, forgets_no_deletion_owed_for_a_client_that_left)
{
    struct rig rig = rig_open();
    emulator_fault(&rig, "{\"route\":\"delete\",\"status\":503}");
    emulator_fault(&rig, "{\"route\":\"create\",\"delayMs\":300}");
    int client = client_ask(&rig, "POST", SESSIONS_PATH, NULL, PLAIN_CREATE);
    expect_soon(upstream_in_flight(&rig) == 1);
    client_leave(client, LEAVE_CLOSE);
    expect_soon(metric_value(&rig, "livenessd_sessions_abandoned_total") == 1);
    expect_soon(emulator_calls(&rig, "DELETE", FACE_SESSIONS_PATH) > 0);
    expect_debt_is_paid(&rig);
}

/* ---- creates cut off ---- */

Test(crash, counts_a_create_that_it_cut_off)
{
    struct rig rig = rig_open();
    emulator_fault(&rig, "{\"route\":\"create\",\"delayMs\":600000,\"after\":true}");
    struct http_pending *cut = begin_create(&rig);
    expect_soon(emulator_sessions(&rig) == 1);
    crash(&rig);
    cr_assert_eq(http_end(cut)->status, 0);
    expect_orphans(&rig, 1);
    crash(&rig);
    expect_orphans(&rig, 1);
}

Test(crash, counts_no_create_that_was_stored)
{
    struct rig rig = rig_open();
    (void)story_begin(&rig);
    crash(&rig);
    expect_soon(metric_value(&rig, "livenessd_sessions_open") == 1);
    expect_orphans(&rig, 0);
}

Test(crash, before_the_record_was_synced_leaves_a_record_or_an_orphan)
{
    struct sync_control *sync = sync_control_new();
    struct rig rig = rig_open_with(&(struct rig_options){.sync = sync});
    sync_set(sync, SYNC_HOLD);
    struct http_pending *cut = begin_create(&rig);
    expect_soon(sync_waiting(sync) > 0 && emulator_sessions(&rig) == 1);
    daemon_kill(rig.server);
    cr_assert_eq(http_end(cut)->status, 0);
    sync_set(sync, SYNC_PASS);
    daemon_restart(rig.server);
    expect_soon(metric_value(&rig, "livenessd_sessions_orphaned") +
                    metric_value(&rig, "livenessd_sessions_open") ==
                1);
}

/* A create whose answer is spoiled is an error for the client, and deleted or counted. */
static void expect_cut_answer_is_known(const char *fault)
{
    struct rig rig = rig_open();
    emulator_fault(&rig, fault);
    expect_error(http_end(begin_create(&rig)), 502, "UpstreamBroken");
    emulator_faults_clear(&rig);
    expect_soon(emulator_sessions(&rig) == 0 ||
                metric_value(&rig, "livenessd_sessions_orphaned_total") == 1);
    unsigned left = emulator_sessions(&rig);
    cr_assert_eq(metric_value(&rig, "livenessd_sessions_orphaned_total"), left);
    crash(&rig);
    expect_orphans(&rig, left);
    (void)story_begin(&rig);
}

Test(cut_create, reset)
{
    expect_cut_answer_is_known("{\"route\":\"create\",\"kind\":\"reset\",\"after\":true}");
}

Test(cut_create, truncated)
{
    expect_cut_answer_is_known("{\"route\":\"create\",\"kind\":\"truncated\"}");
}

Test(cut_create, garbage)
{
    expect_cut_answer_is_known("{\"route\":\"create\",\"kind\":\"garbage\"}");
}

Test(cut_create, server_error)
{
    expect_cut_answer_is_known("{\"route\":\"create\",\"status\":500,\"after\":true}");
}

Test(cut_create, refused_before_it_was_made_is_no_orphan)
{
    struct rig rig = rig_open();
    emulator_fault(&rig, "{\"route\":\"create\",\"status\":403}");
    expect_error(http_end(begin_create(&rig)), 502, "UpstreamDenied");
    crash(&rig);
    expect_soon(metric_value(&rig, "livenessd_sessions_open") == 0);
    expect_orphans(&rig, 0);
}
