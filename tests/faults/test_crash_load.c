/*
 * kill -9 at random moments under load: what was answered before is there after, unchanged; every
 * session that reached our disk is in the end deleted upstream; what else lives there are creates
 * that a kill cut off, and those are counted. LIVENESSD_TEST_CRASHES asks for more kills, and the
 * figures are printed.
 */
#include "base/random.h"
#include "support/visits.h"

#include <criterion/criterion.h>
#include <stdio.h>

enum {
    CLIENTS = 8,
    CRASHES = 10,
    SAMPLE = 100, /* of older sessions, looked at after each crash; all are at the end */
    ALIVE_MIN_MS = 40,
    ALIVE_SPREAD_MS = 300,
    TOKEN_OVER_MS = 610 * 1000
};

static void run_until_crash(const struct rig *rig, struct visits *visits)
{
    uint32_t roll;
    random_fill(random_system(), &roll, sizeof roll);
    int64_t end = now_ms() + ALIVE_MIN_MS + roll % ALIVE_SPREAD_MS;
    while (now_ms() < end) {
        visits_turn(visits, false);
        give_way();
    }
    daemon_kill(rig->server);
    visits_rest(visits, false);
}

static unsigned orphaned(const struct rig *rig)
{
    return (unsigned)metric_value(rig, "livenessd_sessions_orphaned");
}

/* Counted when it starts and every few seconds. */
static bool has_counted(const struct rig *rig)
{
    return metric_sum(rig, "livenessd_store_calls_total", "operation=\"count\"") > 0;
}

static bool owes_nothing(const struct rig *rig)
{
    return has_counted(rig) && metric_value(rig, "livenessd_sessions_open") == 0 &&
           metric_value(rig, "livenessd_deletions_owed") == 0;
}

Test(crash_load, changes_nothing_that_was_answered, .timeout = 3000)
{
    size_t crashes = test_number("LIVENESSD_TEST_CRASHES", CRASHES);
    struct sync_control *sync = sync_control_new();
    /* answers are compared after the leap of the clock, too */
    const struct rig_options options = {.sync = sync, .settings = {"receipt.lifetime=1h"}};
    struct rig rig = rig_open_with(&options);
    struct visits *visits = visits_new(&rig, 1, CLIENTS);
    for (size_t i = 0; i < crashes; i++) {
        unsigned before = visits_cut_off(visits);
        unsigned orphans_before = i == 0 ? 0 : orphaned(&rig);
        run_until_crash(&rig, visits);
        daemon_restart(rig.server);
        visits_expect_some(visits, &rig, SAMPLE);
        visits_expect_new(visits, &rig);
        expect_soon(has_counted(&rig));
        cr_assert_leq(orphaned(&rig), orphans_before + visits_cut_off(visits) - before);
    }
    cr_assert_gt(visits_count(visits), 0U);
    /* records of creates that were stored, but not answered before the kill */
    sync_advance_clock(sync, TOKEN_OVER_MS);
    expect_soon(owes_nothing(&rig));
    unsigned left = emulator_sessions(&rig);
    cr_assert_leq(left, orphaned(&rig));
    visits_expect_all(visits, &rig);
    printf("%zu crashes: %u sessions as they were, %u creates cut off, %u orphaned, %u of them "
           "upstream\n",
           crashes, visits_count(visits), visits_cut_off(visits), orphaned(&rig), left);
    daemon_stop(rig.server);
    visits_expect_rest_unknown(&rig);
}
