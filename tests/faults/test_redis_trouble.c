/*
 * A Redis that dies, hangs, is full, read-only, forgetful or locked: said clearly and in bounded
 * time, nothing promised that is not there, and over by itself once Redis works again.
 */
#include "support/events.h"
#include "support/leaving.h"
#include "support/rig.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(redis_trouble, .timeout = 180);

/* store.timeout, and what slow machines need besides. */
enum { TIMEOUT_MS = 2000, SLACK_MS = 5000, CROWD = 10 };

/* A server, and what it has promised before the trouble. */
struct troubled {
    struct rig rig;
    struct story open;    /* nobody has begun */
    struct story played;  /* the device is done, nobody has asked */
    struct story settled; /* its verdict was told */
    struct story owed;    /* deleted here, upstream does not let it go */
};

/* redis_do(&rig, "CONFIG", "SET", …): has to be answered OK. */
#define redis_do(rig, ...)                                                                         \
    cr_assert_str_eq(redis_server_ask((rig)->redis, __VA_ARGS__), "OK", "%s", #__VA_ARGS__)

static const struct http_answer *create(const struct rig *rig)
{
    return http_do("POST", daemon_url(rig->server, "http", SESSIONS_PATH), PLAIN_CREATE);
}

static int admin_status(const struct rig *rig, const char *path)
{
    return http_do("GET", daemon_url(rig->server, "admin", path), NULL)->status;
}

static struct troubled open_troubled(void)
{
    const struct rig_options options = {.redis = true,
                                        .settings = {"store.timeout=2s", "drain_timeout=2s"}};
    struct troubled it = {.rig = rig_open_with(&options)};
    it.open = story_begin(&it.rig);
    it.played = story_begin(&it.rig);
    (void)play_device(&it.rig, it.played.auth_token, SAW_REAL);
    it.settled = story_begin(&it.rig);
    (void)play_device(&it.rig, it.settled.auth_token, SAW_SPOOF);
    expect_verdict(story_get(&it.rig, &it.settled), "spoof", false);
    expect_soon(emulator_sessions(&it.rig) == 2);
    it.owed = story_begin(&it.rig);
    emulator_fault(&it.rig, "{\"route\":\"delete\",\"status\":500}");
    expect_status(story_delete(&it.rig, &it.owed), 204);
    return it;
}

/* A create is refused in time and says when to come again; nothing of it stays upstream. */
static void expect_refused_create(const struct rig *rig)
{
    const struct http_answer *answer = create(rig);
    expect_error(answer, 503, "StoreUnavailable");
    cr_assert_not_null(answer_header(answer, "retry-after"), "%s", answer->head);
    cr_assert_null(json_find(answer->json, "authToken"));
    cr_assert_lt(answer->seconds, (TIMEOUT_MS + SLACK_MS) / 1000.0);
}

/* Not ready, alive, and the log says why. */
static void expect_trouble(const struct troubled *it, const char *why)
{
    expect_soon(admin_status(&it->rig, "/readyz") == 503);
    expect_refused_create(&it->rig);
    const struct http_answer *answer = story_get(&it->rig, &it->played);
    expect_error(answer, 503, "StoreUnavailable");
    cr_assert_null(json_find(answer->json, "verdict"));
    cr_assert_lt(answer->seconds, (TIMEOUT_MS + SLACK_MS) / 1000.0);
    cr_assert_eq(admin_status(&it->rig, "/readyz"), 503);
    cr_assert_eq(admin_status(&it->rig, "/livez"), 200);
    expect_soon(daemon_log_contains(it->rig.server, "\"event\":\"store failed\""));
    if (!wait_until(daemon_log_contains(it->rig.server, why), SOON_MS))
        fail_at(HERE, "no \"%s\" in %s", why, daemon_log(it->rig.server));
    emulator_faults_clear(&it->rig);
}

/* By itself; and every promise stands. */
static void expect_recovery(const struct troubled *it)
{
    const struct rig *rig = &it->rig;
    expect_soon(admin_status(rig, "/readyz") == 200);
    expect_soon(daemon_log_contains(rig->server, "\"event\":\"store works again\""));
    expect_verdict(story_get(rig, &it->open), "pending", false);
    expect_verdict(story_get(rig, &it->played), "live", true);
    expect_verdict(story_get(rig, &it->settled), "spoof", false);
    expect_error(story_get(rig, &it->owed), 404, "SessionNotFound");
    struct story story = story_begin(rig);
    emulator_faults_clear(rig);
    expect_soon(emulator_sessions(rig) == 2); /* the open one and the new one */
    expect_status(story_delete(rig, &story), 204);
    const char *digest = play_device(rig, it->open.auth_token, SAW_REAL);
    expect_verdict(story_complete(rig, &it->open, digest_body(digest)), "live", true);
    expect_soon(emulator_sessions(rig) == 0);
    expect_soon(metric_value(rig, "livenessd_deletions_owed") == 0);
    expect_soon(metric_value(rig, "livenessd_sessions_open") == 0);
}

Test(redis_trouble, of_one_that_died_is_over_when_it_is_back)
{
    struct troubled it = open_troubled();
    redis_server_kill(it.rig.redis);
    expect_trouble(&it, "Redis is not reached");
    redis_server_restart(it.rig.redis);
    expect_recovery(&it);
}

Test(redis_trouble, of_one_that_hangs_is_over_when_it_goes_on)
{
    struct troubled it = open_troubled();
    redis_server_halt(it.rig.redis);
    expect_trouble(&it, "Redis is not reached");
    redis_server_continue(it.rig.redis);
    expect_recovery(&it);
}

Test(redis_trouble, of_a_full_one_is_over_when_there_is_room)
{
    struct troubled it = open_troubled();
    redis_do(&it.rig, "CONFIG", "SET", "maxmemory", "1");
    expect_trouble(&it, "Redis is full");
    redis_do(&it.rig, "CONFIG", "SET", "maxmemory", "0");
    expect_recovery(&it);
}

Test(redis_trouble, of_a_read_only_one_is_over_when_it_is_master)
{
    struct troubled it = open_troubled();
    redis_do(&it.rig, "CONFIG", "SET", "replica-serve-stale-data", "yes");
    redis_do(&it.rig, "REPLICAOF", "127.0.0.1", "1");
    expect_trouble(&it, "has to lead to the primary");
    redis_do(&it.rig, "REPLICAOF", "NO", "ONE");
    expect_recovery(&it);
}

Test(redis_trouble, is_none_when_its_scripts_are_flushed)
{
    struct troubled it = open_troubled();
    redis_do(&it.rig, "SCRIPT", "FLUSH");
    expect_status(create(&it.rig), 200);
    redis_do(&it.rig, "SCRIPT", "FLUSH");
    expect_verdict(story_get(&it.rig, &it.played), "live", true);
    redis_do(&it.rig, "SCRIPT", "FLUSH");
    expect_status(story_delete(&it.rig, &it.open), 204);
    cr_assert_eq(admin_status(&it.rig, "/readyz"), 200);
    cr_assert_not(daemon_log_contains(it.rig.server, "\"event\":\"store failed\""));
    emulator_faults_clear(&it.rig);
    expect_soon(emulator_sessions(&it.rig) == 1);
}

Test(redis_trouble, of_a_password_that_changed_is_over_when_it_is_right_again)
{
    struct troubled it = open_troubled();
    redis_do(&it.rig, "ACL", "SETUSER", "default", "resetpass", ">another");
    (void)redis_server_ask(it.rig.redis, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    (void)redis_server_ask(it.rig.redis, "CLIENT", "KILL", "TYPE", "pubsub");
    expect_trouble(&it, "password");
    redis_do(&it.rig, "ACL", "SETUSER", "default", "resetpass", "nopass");
    expect_recovery(&it);
}

/* ---- what is under way when it happens ---- */

Test(redis_trouble, ends_every_request_under_way_in_time)
{
    struct troubled it = open_troubled();
    struct http_pending *pending[CROWD];
    emulator_fault(&it.rig, "{\"route\":\"create\",\"delayMs\":500}");
    for (unsigned i = 0; i < CROWD; i++)
        pending[i] =
            http_begin_do("POST", daemon_url(it.rig.server, "http", SESSIONS_PATH), PLAIN_CREATE);
    expect_soon(upstream_in_flight(&it.rig) == CROWD);
    redis_server_halt(it.rig.redis);
    for (unsigned i = 0; i < CROWD; i++) {
        const struct http_answer *answer = http_end(pending[i]);
        expect_error(answer, 503, "StoreUnavailable");
        cr_assert_lt(answer->seconds, (500 + TIMEOUT_MS + SLACK_MS) / 1000.0);
    }
    expect_soon(requests_in_flight(&it.rig) == 0);
    redis_server_continue(it.rig.redis);
    expect_recovery(&it);
}

static struct http_pending *wait_for(const struct troubled *it, const char *seconds)
{
    return http_begin_do("GET", story_url(&it->rig, &it->open, text_of("?wait=%s", seconds)), NULL,
                         it->open.owner);
}

/* With the verdict, or when its time is over with what is known. */
static void expect_wait_ends(struct http_pending *waiting)
{
    const struct http_answer *answer = http_end(waiting);
    cr_assert(answer->status == 200 || answer->status == 503, "%d", answer->status);
    cr_assert_lt(answer->seconds, (15000 + SLACK_MS) / 1000.0);
}

Test(redis_trouble, is_outlasted_by_those_who_wait)
{
    struct troubled it = open_troubled();
    struct events *events = events_open(&it.rig, &it.open);
    struct http_pending *shorter = wait_for(&it, "2"), *longer = wait_for(&it, "15");
    expect_soon(waiters(&it.rig) == 3);
    redis_server_kill(it.rig.redis);
    expect_soon(admin_status(&it.rig, "/readyz") == 503);
    (void)play_device(&it.rig, it.open.auth_token, SAW_REAL);
    expect_wait_ends(shorter);
    redis_server_restart(it.rig.redis);
    expect_soon(admin_status(&it.rig, "/readyz") == 200);
    expect_verdict(story_get(&it.rig, &it.open), "live", true);
    expect_wait_ends(longer);
    expect_events(events, "event: verdict\n", "\"decision\":\"live\"");
    expect_soon(waiters(&it.rig) == 0);
}

/* What Redis did before it died is found again, not done twice. */
Test(redis_trouble, of_a_save_in_doubt_changes_no_verdict)
{
    struct troubled it = open_troubled();
    const char *digest = play_device(&it.rig, it.open.auth_token, SAW_REAL);
    for (unsigned i = 0; i < 4; i++) {
        struct http_pending *completing =
            http_begin_do("POST", story_url(&it.rig, &it.open, "/completion"), digest_body(digest),
                          it.open.owner);
        redis_server_kill(it.rig.redis);
        const struct http_answer *answer = http_end(completing);
        cr_assert(answer->status == 200 || answer->status == 503, "%d", answer->status);
        redis_server_restart(it.rig.redis);
        expect_soon(admin_status(&it.rig, "/readyz") == 200);
        if (answer->status == 200)
            expect_verdict(story_get(&it.rig, &it.open), "live", true);
    }
    expect_verdict(story_complete(&it.rig, &it.open, digest_body(digest)), "live", true);
}

/* Half-way between upstream and the record: deleted upstream in the end, or counted. */
Test(redis_trouble, leaves_no_unknown_session_upstream)
{
    struct troubled it = open_troubled();
    emulator_faults_clear(&it.rig);
    expect_soon(emulator_sessions(&it.rig) == 2);
    emulator_fault(&it.rig, "{\"route\":\"create\",\"delayMs\":500,\"count\":1}");
    struct http_pending *creating =
        http_begin_do("POST", daemon_url(it.rig.server, "http", SESSIONS_PATH), PLAIN_CREATE);
    expect_soon(upstream_in_flight(&it.rig) == 1);
    redis_server_kill(it.rig.redis);
    expect_error(http_end(creating), 503, "StoreUnavailable");
    expect_soon(emulator_sessions(&it.rig) == 2);
    redis_server_restart(it.rig.redis);
    expect_recovery(&it);
    cr_assert_eq(metric_value(&it.rig, "livenessd_sessions_orphaned"), 0);
}

Test(redis_trouble, does_not_keep_the_server_from_stopping_well)
{
    struct troubled it = open_troubled();
    redis_server_halt(it.rig.redis);
    expect_refused_create(&it.rig);
    daemon_stop(it.rig.server);
}
