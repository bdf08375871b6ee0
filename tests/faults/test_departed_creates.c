/*
 * A client that vanishes while its create waits. The create goes on, because upstream may have made
 * the session already; what comes of it is deleted, and nothing waits for anybody.
 */
#include "support/leaving.h"

#include <criterion/criterion.h>

/* Upstream's own time is over after this; what livenessd needs besides is little, machines are
 * slow. */
enum { TIMEOUT_MS = 1000, SLACK_MS = 5000 };

static void ask_all_ways(const struct rig *rig, int clients[LEAVE_WAYS])
{
    for (unsigned way = 0; way < LEAVE_WAYS; way++)
        clients[way] = client_ask(rig, "POST", SESSIONS_PATH, NULL, PLAIN_CREATE);
}

static void leave_all_ways(const int clients[LEAVE_WAYS])
{
    for (unsigned way = 0; way < LEAVE_WAYS; way++)
        client_leave(clients[way], (enum leaving)way);
}

/* Every session made for them was deleted, and they were counted. */
static void expect_all_deleted(const struct rig *rig)
{
    expect_soon(emulator_calls(rig, "POST", FACE_SESSIONS_PATH) >= LEAVE_WAYS &&
                emulator_sessions(rig) == 0);
    expect_soon(nothing_left(rig));
    cr_assert_eq(emulator_calls(rig, "DELETE", FACE_SESSIONS_PATH), LEAVE_WAYS);
    cr_assert_eq(metric_value(rig, "livenessd_sessions_abandoned_total"), LEAVE_WAYS);
    cr_assert_eq(metric_value(rig, "livenessd_sessions_orphaned_total"), 0);
}

Test(departed_creates, are_deleted_when_upstream_was_slow)
{
    struct rig rig = rig_open();
    int clients[LEAVE_WAYS];
    emulator_fault(&rig, "{\"route\":\"create\",\"delayMs\":1000,\"after\":true}");
    ask_all_ways(&rig, clients);
    expect_soon(upstream_in_flight(&rig) == LEAVE_WAYS);
    leave_all_ways(clients);
    expect_soon(emulator_sessions(&rig) == LEAVE_WAYS);
    expect_all_deleted(&rig);
}

Test(departed_creates, wait_no_longer_than_the_upstream_timeout)
{
    struct rig rig = rig_open_set("upstream.timeout=1s");
    int clients[LEAVE_WAYS];
    emulator_fault(&rig, "{\"route\":\"create\",\"delayMs\":600000,\"after\":true}");
    ask_all_ways(&rig, clients);
    expect_soon(upstream_in_flight(&rig) == LEAVE_WAYS);
    leave_all_ways(clients);
    cr_assert(wait_until(nothing_left(&rig), TIMEOUT_MS + SLACK_MS));
    cr_assert_eq(metric_value(&rig, "livenessd_sessions_orphaned_total"), LEAVE_WAYS,
                 "upstream may have made a session whose id never came");
}

Test(departed_creates, are_deleted_when_they_waited_in_the_pace_queue)
{
    struct rig rig = rig_open_set("upstream.rate=2", "upstream.queue_wait=30s");
    int clients[LEAVE_WAYS];
    struct story first = story_begin(&rig);
    struct story second = story_begin(&rig);
    ask_all_ways(&rig, clients);
    expect_soon(upstream_queued(&rig) > 0 && requests_in_flight(&rig) == LEAVE_WAYS);
    leave_all_ways(clients);
    expect_soon(emulator_calls(&rig, "DELETE", FACE_SESSIONS_PATH) == LEAVE_WAYS);
    expect_soon(nothing_left(&rig));
    cr_assert_eq(emulator_sessions(&rig), 2, "those of the clients that stayed");
    expect_status(story_get(&rig, &first), 200);
    expect_status(story_get(&rig, &second), 200);
}

Test(departed_creates, whose_wait_in_the_pace_queue_is_over_reach_no_upstream)
{
    struct rig rig = rig_open_set("upstream.queue_wait=500ms");
    int clients[LEAVE_WAYS];
    emulator_fault(&rig, "{\"route\":\"create\",\"status\":429,\"retryAfter\":1,\"count\":1}");
    expect_error(http_do("POST", daemon_url(rig.server, "http", SESSIONS_PATH), PLAIN_CREATE), 503,
                 "UpstreamBusy");
    ask_all_ways(&rig, clients);
    leave_all_ways(clients);
    cr_assert(wait_until(nothing_left(&rig), 500 + SLACK_MS));
    cr_assert_eq(emulator_calls(&rig, "POST", FACE_SESSIONS_PATH), 1);
    cr_assert_eq(metric_value(&rig, "livenessd_sessions_orphaned_total"), 0);
}

Test(departed_creates, are_deleted_when_the_store_was_slow)
{
    struct sync_control *sync = sync_control_new();
    struct rig rig = rig_open_with(&(struct rig_options){.sync = sync});
    int clients[LEAVE_WAYS];
    sync_set(sync, SYNC_HOLD);
    ask_all_ways(&rig, clients);
    expect_soon(sync_waiting(sync) > 0 && emulator_sessions(&rig) == LEAVE_WAYS &&
                upstream_in_flight(&rig) == 0);
    leave_all_ways(clients);
    cr_assert_eq(requests_in_flight(&rig), LEAVE_WAYS);
    sync_set(sync, SYNC_PASS);
    expect_all_deleted(&rig);
}

Test(departed_creates, leave_those_who_stay_alone)
{
    struct rig rig = rig_open();
    emulator_fault(&rig, "{\"route\":\"create\",\"delayMs\":500,\"count\":2}");
    int leaver = client_ask(&rig, "POST", SESSIONS_PATH, NULL, PLAIN_CREATE);
    struct http_pending *stayer =
        http_begin_do("POST", daemon_url(rig.server, "http", SESSIONS_PATH), PLAIN_CREATE);
    expect_soon(upstream_in_flight(&rig) == 2);
    client_leave(leaver, LEAVE_RESET);
    const struct http_answer *answer = expect_status(http_end(stayer), 200);
    expect_soon(emulator_calls(&rig, "DELETE", FACE_SESSIONS_PATH) == 1);
    cr_assert_eq(emulator_sessions(&rig), 1);
    (void)play_device(&rig, json_text_at(answer->json, "authToken"), SAW_REAL);
}
