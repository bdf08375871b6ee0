/*
 * A disk that fails every sync: clear answers, nothing lost or left upstream, and recovery by
 * itself.
 */
#include "support/leaving.h"

#include <criterion/criterion.h>
#include <string.h>

struct sick {
    struct rig rig;
    struct sync_control *sync;
};

static struct sick open_sick(void)
{
    struct sick sick = {.sync = sync_control_new()};
    sick.rig = rig_open_with(&(struct rig_options){.sync = sick.sync});
    return sick;
}

static int admin_status(const struct rig *rig, const char *path)
{
    return http_do("GET", daemon_url(rig->server, "admin", path), NULL)->status;
}

/* Nobody but the disk does anything for it. */
static void recover(const struct sick *sick)
{
    cr_assert_eq(admin_status(&sick->rig, "/readyz"), 503);
    cr_assert_eq(admin_status(&sick->rig, "/livez"), 200);
    sync_set(sick->sync, SYNC_PASS);
    expect_soon(admin_status(&sick->rig, "/readyz") == 200);
}

static const struct http_answer *create(const struct rig *rig)
{
    return http_do("POST", daemon_url(rig->server, "http", SESSIONS_PATH), PLAIN_CREATE);
}

Test(store_failure, of_a_create_is_said_and_its_session_deleted)
{
    struct sick sick = open_sick();
    sync_set(sick.sync, SYNC_FAIL);
    const struct http_answer *answer = expect_error(create(&sick.rig), 503, "StoreUnavailable");
    cr_assert_null(json_find(answer->json, "authToken"));
    expect_soon(emulator_sessions(&sick.rig) == 0);
    cr_assert_eq(emulator_calls(&sick.rig, "DELETE", FACE_SESSIONS_PATH), 1);
    cr_assert_eq(metric_value(&sick.rig, "livenessd_sessions_orphaned_total"), 0);
    recover(&sick);
    struct story story = story_begin(&sick.rig);
    const char *digest = play_device(&sick.rig, story.auth_token, SAW_REAL);
    expect_verdict(story_complete(&sick.rig, &story, digest_body(digest)), "live", true);
}

/* Neither stored nor deleted: it is tried again until one of them works. */
Test(store_failure, with_an_upstream_failure_is_made_good_when_both_work_again)
{
    struct sick sick = open_sick();
    sync_set(sick.sync, SYNC_FAIL);
    emulator_fault(&sick.rig, "{\"route\":\"delete\",\"status\":500}");
    expect_error(create(&sick.rig), 503, "StoreUnavailable");
    expect_soon(daemon_log_contains(sick.rig.server, "session not stored"));
    expect_soon(emulator_calls(&sick.rig, "DELETE", FACE_SESSIONS_PATH) >= 1);
    cr_assert_eq(emulator_sessions(&sick.rig), 1);
    emulator_faults_clear(&sick.rig);
    recover(&sick);
    expect_soon(emulator_sessions(&sick.rig) == 0);
}

Test(store_failure, with_an_upstream_failure_and_a_crash_is_counted_as_an_orphan)
{
    struct sick sick = open_sick();
    sync_set(sick.sync, SYNC_FAIL);
    emulator_fault(&sick.rig, "{\"route\":\"delete\",\"status\":500}");
    expect_error(create(&sick.rig), 503, "StoreUnavailable");
    expect_soon(emulator_calls(&sick.rig, "DELETE", FACE_SESSIONS_PATH) >= 1);
    daemon_kill(sick.rig.server);
    sync_set(sick.sync, SYNC_PASS);
    daemon_restart(sick.rig.server);
    expect_soon(metric_value(&sick.rig, "livenessd_sessions_orphaned") +
                    metric_value(&sick.rig, "livenessd_sessions_open") ==
                1);
}

Test(store_failure, of_a_completion_can_be_repeated)
{
    struct sick sick = open_sick();
    struct story story = story_begin(&sick.rig);
    const char *digest = play_device(&sick.rig, story.auth_token, SAW_REAL);
    sync_set(sick.sync, SYNC_FAIL);
    expect_error(story_complete(&sick.rig, &story, digest_body(digest)), 503, "StoreUnavailable");
    recover(&sick);
    expect_verdict(story_complete(&sick.rig, &story, digest_body(digest)), "live", true);
}

Test(store_failure, of_a_verdict_hides_it_and_keeps_the_session_upstream)
{
    struct sick sick = open_sick();
    struct story story = story_begin(&sick.rig);
    (void)play_device(&sick.rig, story.auth_token, SAW_REAL);
    sync_set(sick.sync, SYNC_FAIL);
    const struct http_answer *answer =
        expect_error(story_get(&sick.rig, &story), 503, "StoreUnavailable");
    cr_assert_null(json_find(answer->json, "verdict"));
    expect_error(story_get(&sick.rig, &story), 503, "StoreUnavailable");
    cr_assert_eq(emulator_sessions(&sick.rig), 1);
    recover(&sick);
    expect_verdict(story_get(&sick.rig, &story), "live", true);
    expect_soon(emulator_sessions(&sick.rig) == 0);
}

Test(store_failure, of_a_delete_can_be_repeated)
{
    struct sick sick = open_sick();
    struct story story = story_begin(&sick.rig);
    sync_set(sick.sync, SYNC_FAIL);
    expect_error(story_delete(&sick.rig, &story), 503, "StoreUnavailable");
    cr_assert_eq(emulator_sessions(&sick.rig), 1);
    recover(&sick);
    expect_status(story_get(&sick.rig, &story), 200);
    expect_status(story_delete(&sick.rig, &story), 204);
    cr_assert_eq(emulator_sessions(&sick.rig), 0);
}

Test(store_failure, hides_no_verdict_that_was_settled_before)
{
    struct sick sick = open_sick();
    struct story story = story_begin(&sick.rig);
    (void)play_device(&sick.rig, story.auth_token, SAW_REAL);
    expect_verdict(story_get(&sick.rig, &story), "live", true);
    expect_soon(records_changed(&sick.rig) == 2);
    sync_set(sick.sync, SYNC_FAIL);
    expect_error(create(&sick.rig), 503, "StoreUnavailable");
    expect_verdict(story_get(&sick.rig, &story), "live", true);
    recover(&sick);
}

/* The mark that a deletion is done cannot be stored: it is done again, and upstream says 404. */
Test(store_failure, of_a_done_deletion_leaves_no_debt)
{
    struct sick sick = open_sick();
    struct story story = story_begin(&sick.rig);
    emulator_fault(&sick.rig, "{\"route\":\"delete\",\"delayMs\":1000,\"count\":1}");
    struct http_pending *deleting =
        http_begin_do("DELETE", story_url(&sick.rig, &story, ""), NULL, story.owner);
    expect_soon(upstream_in_flight(&sick.rig) == 1);
    sync_set(sick.sync, SYNC_FAIL);
    expect_status(http_end(deleting), 204);
    expect_soon(admin_status(&sick.rig, "/readyz") == 503);
    recover(&sick);
    expect_soon(emulator_calls(&sick.rig, "DELETE", FACE_SESSIONS_PATH) >= 2);
    expect_soon(nothing_left(&sick.rig));
    daemon_stop(sick.rig.server);
    daemon_restart(sick.rig.server);
    expect_soon(metric_sum(&sick.rig, "livenessd_store_calls_total", "operation=\"count\"") > 0);
    cr_assert_eq(metric_value(&sick.rig, "livenessd_deletions_owed"), 0);
}

Test(store_failure, survives_a_crash_during_it)
{
    struct sick sick = open_sick();
    struct story story = story_begin(&sick.rig);
    sync_set(sick.sync, SYNC_FAIL);
    expect_error(create(&sick.rig), 503, "StoreUnavailable");
    daemon_kill(sick.rig.server);
    sync_set(sick.sync, SYNC_PASS);
    daemon_restart(sick.rig.server);
    (void)play_device(&sick.rig, story.auth_token, SAW_REAL);
    expect_verdict(story_get(&sick.rig, &story), "live", true);
}

Test(store_failure, does_not_keep_the_server_from_stopping_well)
{
    struct sick sick = open_sick();
    sync_set(sick.sync, SYNC_FAIL);
    expect_error(create(&sick.rig), 503, "StoreUnavailable");
    daemon_stop(sick.rig.server);
}

Test(store_failure, at_the_first_start_is_said)
{
    struct sync_control *sync = sync_control_new();
    const char *const *shim = sync_environment(sync);
    const char *environment[] = {"LIVENESSD_UPSTREAM_KEY=" UPSTREAM_KEY, shim[0], shim[1], NULL};
    const char *arguments[] = {"--set", "upstream.endpoint=http://127.0.0.1:9", NULL};
    const char *said = NULL;
    sync_set(sync, SYNC_FAIL);
    cr_assert_eq(daemon_refuses("serve", arguments, environment, &said), 1, "it said: %s", said);
    cr_assert_not_null(strstr(said, "livenessd: "), "it said: %s", said);
}
