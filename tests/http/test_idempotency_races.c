/*
 * Idempotent creates that meet: many at once, a first that fails, is slow, is left by its client or
 * by the server itself.
 */
#include "support/leaving.h"
#include "support/repeating.h"

#include <criterion/criterion.h>

/* ---- the first is under way ---- */

/* A first create that upstream treats so (members of a fault), and that has got there. */
static struct http_pending *first_under_way(const struct rig *rig, const char *owner,
                                            const char *fault)
{
    emulator_fault(rig, text_of("{\"route\":\"create\",%s}", fault));
    struct http_pending *pending = begin_keyed(rig, owner, KEY_ONE);
    expect_soon(upstream_in_flight(rig) == 1);
    return pending;
}

/* Under the same key, with another body. */
static const struct http_answer *create_other(const struct rig *rig, const char *owner)
{
    return create_keyed_at(rig, SESSIONS_PATH, "{\"livenessOperationMode\":\"PassiveActive\"}",
                           owner, KEY_ONE);
}

static void expect_twenty_make_one(const struct rig *rig, const char *owner)
{
    enum { CLIENTS = 20 };
    struct http_pending *pending[CLIENTS];
    for (unsigned i = 0; i < CLIENTS; i++)
        pending[i] = begin_keyed(rig, owner, KEY_ONE);
    const struct http_answer *first = http_end(pending[0]);
    for (unsigned i = 1; i < CLIENTS; i++)
        expect_repeat(first, http_end(pending[i]));
    cr_assert_eq(upstream_creates(rig), 1);
    cr_assert_eq(emulator_sessions(rig), 1);
    cr_assert_eq(metric_value(rig, "livenessd_sessions_created_total"), 1);
}

Test(idempotency_races, twenty_at_once_make_one_session)
{
    struct rig rig = rig_open();
    emulator_fault(&rig, "{\"route\":\"create\",\"delayMs\":500}");
    expect_twenty_make_one(&rig, new_device(&rig));
}

/* Some meet the first under way, some in the store. */
Test(idempotency_races, twenty_at_once_without_a_wait_make_one_session)
{
    struct rig rig = rig_open();
    expect_twenty_make_one(&rig, new_device(&rig));
}

Test(idempotency_races, waits_for_the_first_only_so_long)
{
    struct rig rig = rig_open_set("http.idempotency_wait=100ms");
    const char *owner = new_device(&rig);
    struct http_pending *pending = first_under_way(&rig, owner, "\"delayMs\":3000");
    const struct http_answer *late = create_keyed(&rig, owner, KEY_ONE);
    expect_error(late, 409, "ConcurrentOperationConflict");
    cr_assert_str_eq(answer_header(late, "retry-after"), "1");
    expect_error(create_other(&rig, owner), 422, "IdempotencyMismatch");
    const struct http_answer *first = http_end(pending);
    expect_repeat(first, create_keyed(&rig, owner, KEY_ONE));
    cr_assert_eq(upstream_creates(&rig), 1);
}

Test(idempotency_races, only_so_many_wait_for_a_first)
{
    enum { CLIENTS = 70, WAITING = 64 };
    struct rig rig = rig_open();
    const char *owner = new_device(&rig);
    struct http_pending *pending[CLIENTS];
    emulator_fault(&rig, "{\"route\":\"create\",\"delayMs\":4000}");
    for (unsigned i = 0; i < CLIENTS; i++)
        pending[i] = begin_keyed(&rig, owner, KEY_ONE);
    unsigned served = 0;
    for (unsigned i = 0; i < CLIENTS; i++) {
        const struct http_answer *answer = http_end(pending[i]);
        served += answer->status == 200;
        if (answer->status != 200)
            expect_error(answer, 409, "ConcurrentOperationConflict");
    }
    cr_assert_eq(served, WAITING);
    cr_assert_eq(upstream_creates(&rig), 1);
}

/* Who waited for it is told the same. */
Test(idempotency_races, a_first_that_failed_is_not_kept)
{
    struct rig rig = rig_open();
    const char *owner = new_device(&rig);
    struct http_pending *pending =
        first_under_way(&rig, owner, "\"status\":500,\"delayMs\":2000,\"count\":1");
    struct http_pending *waiting = begin_keyed(&rig, owner, KEY_ONE);
    expect_error(http_end(pending), 502, "UpstreamBroken");
    expect_error(http_end(waiting), 502, "UpstreamBroken");
    expect_status(create_other(&rig, owner), 200);
    expect_error(create_keyed(&rig, owner, KEY_ONE), 422, "IdempotencyMismatch");
    cr_assert_eq(upstream_creates(&rig), 2);
}

Test(idempotency_races, a_refused_first_is_not_kept)
{
    struct rig rig = rig_open();
    const char *owner = new_device(&rig);
    expect_error(create_keyed_at(&rig, SESSIONS_PATH, "{}", owner, KEY_ONE), 400,
                 "InvalidLivenessOperationMode");
    expect_status(create_keyed(&rig, owner, KEY_ONE), 200);
}

/* ---- clients that leave ---- */

static int ask(const struct rig *rig, const char *owner)
{
    return client_ask(rig, "POST", SESSIONS_PATH, text_of("%s\r\n" KEY_ONE, owner), PLAIN_CREATE);
}

/* Asks for a first create that takes so long upstream, and leaves meanwhile. */
static void ask_and_leave(const struct rig *rig, const char *owner, int ms, enum leaving way)
{
    emulator_fault(rig, text_of("{\"route\":\"create\",\"delayMs\":%d,\"count\":1}", ms));
    int client = ask(rig, owner);
    expect_soon(upstream_in_flight(rig) == 1);
    client_leave(client, way);
}

Test(idempotency_races, the_session_of_a_client_that_left_goes_to_whoever_repeats_in_time)
{
    struct rig rig = rig_open();
    const char *owner = new_device(&rig);
    ask_and_leave(&rig, owner, 1500, LEAVE_RESET);
    const struct http_answer *repeat = create_keyed(&rig, owner, KEY_ONE);
    expect_repeat(repeat, create_keyed(&rig, owner, KEY_ONE));
    cr_assert_eq(upstream_creates(&rig), 1);
    expect_soon(nothing_left(&rig));
    cr_assert_eq(emulator_sessions(&rig), 1);
    cr_assert_eq(metric_value(&rig, "livenessd_sessions_abandoned_total"), 0);
    (void)play_device(&rig, json_text_at(repeat->json, "authToken"), SAW_REAL);
}

Test(idempotency_races, a_revoked_session_is_repeated_to_nobody)
{
    for (unsigned way = 0; way < LEAVE_WAYS; way++) {
        struct rig rig = rig_open();
        const char *owner = new_device(&rig);
        ask_and_leave(&rig, owner, 300, (enum leaving)way);
        expect_soon(metric_value(&rig, "livenessd_sessions_abandoned_total") == 1);
        expect_soon(emulator_calls(&rig, "DELETE", FACE_SESSIONS_PATH) == 1);
        const struct http_answer *repeat = create_keyed(&rig, owner, KEY_ONE);
        expect_repeat(repeat, create_keyed(&rig, owner, KEY_ONE));
        cr_assert_eq(upstream_creates(&rig), 2);
        cr_assert_eq(emulator_sessions(&rig), 1);
        (void)play_device(&rig, json_text_at(repeat->json, "authToken"), SAW_REAL);
    }
}

Test(idempotency_races, a_repeat_that_leaves_takes_nothing_away)
{
    struct rig rig = rig_open();
    const char *owner = new_device(&rig);
    struct http_pending *pending = first_under_way(&rig, owner, "\"delayMs\":1000,\"count\":1");
    int client = ask(&rig, owner);
    expect_soon(requests_in_flight(&rig) == 2);
    client_leave(client, LEAVE_RESET);
    const struct http_answer *first = http_end(pending);
    expect_repeat(first, create_keyed(&rig, owner, KEY_ONE));
    expect_soon(nothing_left(&rig));
    cr_assert_eq(emulator_sessions(&rig), 1);
}

/* ---- the server's own end ---- */

Test(idempotency_races, outlives_a_restart)
{
    struct rig rig = rig_open();
    const char *owner = new_device(&rig);
    const struct http_answer *first = create_keyed(&rig, owner, KEY_ONE);
    daemon_stop(rig.server);
    daemon_restart(rig.server);
    expect_repeat(first, create_keyed(&rig, owner, KEY_ONE));
    daemon_kill(rig.server);
    daemon_restart(rig.server);
    expect_repeat(first, create_keyed(&rig, owner, KEY_ONE));
    expect_error(create_other(&rig, owner), 422, "IdempotencyMismatch");
    cr_assert_eq(upstream_creates(&rig), 1);
}

Test(idempotency_races, a_first_that_was_killed_is_none)
{
    struct rig rig = rig_open();
    const char *owner = new_device(&rig);
    struct http_pending *pending = first_under_way(&rig, owner, "\"delayMs\":60000,\"count\":1");
    daemon_kill(rig.server);
    (void)http_end(pending);
    daemon_restart(rig.server);
    const struct http_answer *second = create_keyed(&rig, owner, KEY_ONE);
    expect_repeat(second, create_keyed(&rig, owner, KEY_ONE));
}

/* The write was given up and its session deleted, and then it reached the disk after all. */
Test(idempotency_races, a_create_that_was_stored_too_late_is_repeated_to_nobody)
{
    struct sync_control *sync = sync_control_new();
    const struct rig_options options = {.sync = sync, .settings = {"store.timeout=500ms"}};
    struct rig rig = rig_open_with(&options);
    const char *owner = new_device(&rig);
    const struct http_answer *repeat = NULL, *again = NULL;
    struct http_pending *pending = first_under_way(&rig, owner, "\"delayMs\":2000,\"count\":1");
    sync_set(sync, SYNC_HOLD);
    expect_error(http_end(pending), 503, "StoreUnavailable");
    expect_soon(emulator_sessions(&rig) == 0);
    sync_set(sync, SYNC_PASS);
    expect_soon((repeat = create_keyed(&rig, owner, KEY_ONE))->status == 200);
    (void)play_device(&rig, json_text_at(repeat->json, "authToken"), SAW_REAL);
    /* a disk that others keep busy may take longer than the short time-out here */
    expect_soon((again = create_keyed(&rig, owner, KEY_ONE))->status == 200);
    expect_repeat(repeat, again);
}
