/*
 * A disk that hangs: callers wait no longer than store.timeout, the server can be stopped, and what
 * the disk does late does no harm.
 */
#include "support/leaving.h"

#include <criterion/criterion.h>
#include <signal.h>

/* store.timeout, and what slow machines need besides. */
enum { TIMEOUT_MS = 500, SLACK_MS = 5000 };

struct hung {
    struct rig rig;
    struct sync_control *sync;
};

static struct hung open_hanging(void)
{
    struct hung hung = {.sync = sync_control_new()};
    const struct rig_options options = {.sync = hung.sync,
                                        .settings = {"store.timeout=500ms", "drain_timeout=1s"}};
    hung.rig = rig_open_with(&options);
    return hung;
}

static int ready_status(const struct rig *rig)
{
    return http_do("GET", daemon_url(rig->server, "admin", "/readyz"), NULL)->status;
}

static const struct http_answer *create(const struct rig *rig)
{
    return http_do("POST", daemon_url(rig->server, "http", SESSIONS_PATH), PLAIN_CREATE);
}

static void expect_in_time(const struct http_answer *answer)
{
    expect_error(answer, 503, "StoreUnavailable");
    cr_assert_lt(answer->seconds, (TIMEOUT_MS + SLACK_MS) / 1000.0);
}

static void recover(const struct hung *hung)
{
    cr_assert_eq(ready_status(&hung->rig), 503);
    sync_set(hung->sync, SYNC_PASS);
    expect_soon(ready_status(&hung->rig) == 200);
}

Test(store_hang, ends_a_create_in_time_and_its_session)
{
    struct hung hung = open_hanging();
    sync_set(hung.sync, SYNC_HOLD);
    expect_in_time(create(&hung.rig));
    expect_soon(emulator_sessions(&hung.rig) == 0);
    cr_assert_gt(sync_waiting(hung.sync), 0U, "the disk hangs still");
    recover(&hung);
    (void)story_begin(&hung.rig);
}

Test(store_hang, leaves_nothing_of_clients_that_vanish)
{
    struct hung hung = open_hanging();
    int clients[LEAVE_WAYS];
    sync_set(hung.sync, SYNC_HOLD);
    for (unsigned way = 0; way < LEAVE_WAYS; way++)
        clients[way] = client_ask(&hung.rig, "POST", SESSIONS_PATH, NULL, PLAIN_CREATE);
    expect_soon(emulator_calls(&hung.rig, "POST", FACE_SESSIONS_PATH) == LEAVE_WAYS);
    for (unsigned way = 0; way < LEAVE_WAYS; way++)
        client_leave(clients[way], (enum leaving)way);
    cr_assert(wait_until(nothing_left(&hung.rig), TIMEOUT_MS + SLACK_MS));
    cr_assert_eq(emulator_sessions(&hung.rig), 0);
    recover(&hung);
}

Test(store_hang, ends_a_completion_in_time_and_it_can_be_repeated)
{
    struct hung hung = open_hanging();
    struct story story = story_begin(&hung.rig);
    const char *digest = play_device(&hung.rig, story.auth_token, SAW_REAL);
    sync_set(hung.sync, SYNC_HOLD);
    expect_in_time(story_complete(&hung.rig, &story, digest_body(digest)));
    expect_in_time(story_get(&hung.rig, &story));
    recover(&hung);
    expect_verdict(story_complete(&hung.rig, &story, digest_body(digest)), "live", true);
    expect_soon(emulator_sessions(&hung.rig) == 0);
}

Test(store_hang, hides_a_verdict_until_it_is_stored)
{
    struct hung hung = open_hanging();
    struct story story = story_begin(&hung.rig);
    (void)play_device(&hung.rig, story.auth_token, SAW_SPOOF);
    sync_set(hung.sync, SYNC_HOLD);
    expect_in_time(story_get(&hung.rig, &story));
    cr_assert_eq(emulator_sessions(&hung.rig), 1, "the verdict is not on disk");
    recover(&hung);
    expect_verdict(story_get(&hung.rig, &story), "spoof", false);
    expect_soon(emulator_sessions(&hung.rig) == 0);
}

Test(store_hang, hides_no_verdict_that_was_settled_before)
{
    struct hung hung = open_hanging();
    struct story story = story_begin(&hung.rig);
    (void)play_device(&hung.rig, story.auth_token, SAW_REAL);
    expect_verdict(story_get(&hung.rig, &story), "live", true);
    expect_soon(records_changed(&hung.rig) == 2);
    sync_set(hung.sync, SYNC_HOLD);
    expect_in_time(create(&hung.rig));
    expect_verdict(story_get(&hung.rig, &story), "live", true);
    recover(&hung);
}

/* A verdict that the disk changes late is not shown as it was from memory. */
Test(store_hang, of_a_late_digest_shows_the_changed_verdict_afterwards)
{
    struct hung hung = open_hanging();
    struct story story = story_begin(&hung.rig);
    (void)play_device(&hung.rig, story.auth_token, SAW_REAL);
    expect_verdict(story_get(&hung.rig, &story), "live", true);
    expect_soon(records_changed(&hung.rig) == 2);
    sync_set(hung.sync, SYNC_HOLD);
    expect_in_time(story_complete(&hung.rig, &story, digest_body("wrong")));
    recover(&hung);
    expect_verdict(story_get(&hung.rig, &story), "compromised", false);
}

/* Whether the disk has done it late or not: in the end it is done. */
Test(store_hang, ends_a_delete_in_time)
{
    struct hung hung = open_hanging();
    struct story story = story_begin(&hung.rig);
    sync_set(hung.sync, SYNC_HOLD);
    expect_in_time(story_delete(&hung.rig, &story));
    recover(&hung);
    int again = story_delete(&hung.rig, &story)->status;
    cr_assert(again == 204 || again == 404, "status %d", again);
    expect_soon(emulator_sessions(&hung.rig) == 0);
}

Test(store_hang, keeps_the_server_from_stopping_no_longer_than_its_timeouts)
{
    struct hung hung = open_hanging();
    int code = -1;
    sync_set(hung.sync, SYNC_HOLD);
    expect_in_time(create(&hung.rig));
    daemon_signal(hung.rig.server, SIGTERM);
    cr_assert(wait_until(daemon_ended(hung.rig.server, &code), 1000 + TIMEOUT_MS + SLACK_MS));
    cr_assert_eq(code, 0, "exit code %d", code);
    cr_assert_eq(emulator_sessions(&hung.rig), 0);
}
