/*
 * SIGTERM: no more traffic comes, what is under way is finished in time, the exit code is 0.
 */
#include "support/leaving.h"
#include "support/raw.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

enum { AT_ONCE_MS = 5000 };

static struct http_pending *begin_create(const struct rig *rig)
{
    struct http_pending *pending =
        http_begin_do("POST", daemon_url(rig->server, "http", SESSIONS_PATH), PLAIN_CREATE);
    expect_soon(upstream_in_flight(rig) == 1);
    return pending;
}

/* Says so where traffic is directed from, and takes none. */
static void expect_draining(const struct rig *rig)
{
    const char *ready = daemon_url(rig->server, "admin", "/readyz");
    expect_soon(http_do("GET", ready, NULL)->status == 503);
    cr_assert_str_eq(json_text_at(http_do("GET", ready, NULL)->json, "reason"), "draining");
    expect_status(http_do("GET", daemon_url(rig->server, "admin", "/livez"), NULL), 200);
    const struct http_answer *refused =
        http_do("GET", daemon_url(rig->server, "http", "/errors"), NULL);
    cr_assert_eq(refused->status, 0);
}

static void expect_ends(const struct rig *rig, int64_t within_ms)
{
    int code = -1;
    cr_assert(wait_until(daemon_ended(rig->server, &code), within_ms), "it still runs");
    cr_assert_eq(code, 0, "exit code %d", code);
}

Test(drain, finishes_what_is_under_way_and_takes_no_more)
{
    struct rig rig = rig_open();
    emulator_fault(&rig, "{\"route\":\"create\",\"delayMs\":1500}");
    struct http_pending *creating = begin_create(&rig);
    daemon_signal(rig.server, SIGTERM);
    expect_draining(&rig);
    const struct http_answer *answer = expect_status(http_end(creating), 200);
    cr_assert_str_eq(answer_header(answer, "connection"), "close");
    expect_ends(&rig, AT_ONCE_MS);
    daemon_restart(rig.server);
    expect_status(
        http_do("GET",
                daemon_url(rig.server, "http",
                           text_of(SESSIONS_PATH "/%s", json_text_at(answer->json, "sessionId"))),
                NULL, text_of("X-Device-Token: %s", answer_header(answer, "x-device-token"))),
        200);
}

Test(drain, ends_at_once_when_idle)
{
    struct rig rig = rig_open();
    int idle = raw_connect(daemon_address(rig.server, "http"));
    int halfway = raw_connect(daemon_address(rig.server, "http"));
    raw_send(halfway, "POST " SESSIONS_PATH " HTTP/1.1\r\nHost: test\r\nContent-Le");
    expect_soon(metric_value(&rig, "livenessd_http_connections{listener=\"http\"}") == 2);
    daemon_signal(rig.server, SIGTERM);
    expect_ends(&rig, AT_ONCE_MS);
    bool closed = false;
    cr_assert_str_empty(raw_read_all(idle, &closed));
    cr_assert(closed);
    cr_assert_str_empty(raw_read_all(halfway, &closed));
    cr_assert(closed);
}

Test(drain, on_SIGINT_is_the_same)
{
    struct rig rig = rig_open();
    daemon_signal(rig.server, SIGINT);
    expect_ends(&rig, AT_ONCE_MS);
}

Test(drain, finishes_the_create_of_a_client_that_left)
{
    struct rig rig = rig_open();
    emulator_fault(&rig, "{\"route\":\"create\",\"delayMs\":1000,\"after\":true}");
    int client = client_ask(&rig, "POST", SESSIONS_PATH, NULL, PLAIN_CREATE);
    expect_soon(upstream_in_flight(&rig) == 1);
    client_leave(client, LEAVE_RESET);
    daemon_signal(rig.server, SIGTERM);
    expect_ends(&rig, AT_ONCE_MS);
    daemon_restart(rig.server);
    expect_soon(emulator_sessions(&rig) == 0);
    cr_assert_eq(metric_value(&rig, "livenessd_sessions_orphaned"), 0);
}

Test(drain, lasts_no_longer_than_drain_timeout)
{
    struct rig rig = rig_open_set("drain_timeout=500ms");
    emulator_fault(&rig, "{\"route\":\"create\",\"delayMs\":600000,\"after\":true}");
    struct http_pending *creating = begin_create(&rig);
    int64_t begun = now_ms();
    daemon_signal(rig.server, SIGTERM);
    expect_ends(&rig, 500 + AT_ONCE_MS);
    cr_assert_geq(now_ms() - begun, 500);
    (void)http_end(creating);
    daemon_restart(rig.server);
    expect_soon(metric_value(&rig, "livenessd_sessions_orphaned") == 1);
}

Test(drain, is_ended_by_a_second_signal)
{
    struct rig rig = rig_open_set("drain_timeout=10m");
    emulator_fault(&rig, "{\"route\":\"get\",\"delayMs\":600000}");
    struct story story = story_begin(&rig);
    struct http_pending *getting =
        http_begin_do("GET", story_url(&rig, &story, ""), NULL, story.owner);
    expect_soon(upstream_in_flight(&rig) == 1);
    daemon_signal(rig.server, SIGTERM);
    expect_draining(&rig);
    daemon_signal(rig.server, SIGTERM);
    expect_ends(&rig, AT_ONCE_MS);
    const struct http_answer *cut = http_end(getting);
    cr_assert(cut->status == 0 || cut->status == 503, "status %d", cut->status);
}

Test(drain, is_not_what_SIGPIPE_and_SIGHUP_do)
{
    (void)signal(SIGPIPE, SIG_DFL); /* the server would inherit that it is ignored */
    (void)signal(SIGHUP, SIG_DFL);
    struct rig rig = rig_open();
    daemon_signal(rig.server, SIGPIPE);
    daemon_signal(rig.server, SIGHUP);
    expect_status(http_do("GET", daemon_url(rig.server, "admin", "/readyz"), NULL), 200);
    struct story story = story_begin(&rig);
    expect_status(story_delete(&rig, &story), 204);
}

Test(drain, is_survived_by_a_client_that_resets_while_it_is_answered)
{
    struct rig rig = rig_open();
    for (unsigned i = 0; i < 20; i++) {
        int client = client_ask(&rig, "GET", "/errors", NULL, NULL);
        client_leave(client, LEAVE_RESET);
    }
    expect_soon(nothing_left(&rig));
    (void)story_begin(&rig);
}
