/*
 * Two replicas over one Redis under load, and kill -9 of either, of both or of Redis at random
 * moments: what was answered before is there after, unchanged; every session whose id reached Redis
 * is in the end deleted upstream; what else lives there are creates that were cut off, and those
 * are counted. LIVENESSD_TEST_CRASHES asks for more kills, and the figures are printed.
 */
#include "base/random.h"
#include "support/replicas.h"
#include "support/visits.h"

#include <criterion/criterion.h>
#include <stdio.h>

enum {
    CLIENTS = 8,
    CRASHES = 10,
    SAMPLE = 40, /* of older sessions, looked at after each crash; all are at the end */
    MOMENT_MIN_MS = 40,
    MOMENT_SPREAD_MS = 400,
    TOKEN_OVER_MS = 610 * 1000,
    ALL_OVER_MS = 120000 /* until the last debt of the dead is paid by the living */
};

enum victim { ONE, OTHER, BOTH, REDIS, VICTIMS };

struct crashes {
    struct sync_control *sync;
    struct replicas both;
    struct rig rigs[2]; /* the same, for the clients */
    struct visits *visits;
    unsigned killed[VICTIMS];
};

static uint32_t roll_below(uint32_t limit)
{
    uint32_t roll;
    random_fill(random_system(), &roll, sizeof roll);
    return roll % limit;
}

/* Load for a random time. */
static void run_for_a_moment(const struct crashes *crashes, bool excused)
{
    int64_t end = now_ms() + MOMENT_MIN_MS + roll_below(MOMENT_SPREAD_MS);
    while (now_ms() < end) {
        visits_turn(crashes->visits, excused);
        give_way();
    }
}

static bool is_ready(const struct rig *rig)
{
    return http_do("GET", daemon_url(rig->server, "admin", "/readyz"))->status == 200;
}

/* While Redis is dead both replicas live, and refuse. */
static void kill_redis(const struct crashes *crashes)
{
    const struct replicas *both = &crashes->both;
    redis_server_kill(both->one.redis);
    run_for_a_moment(crashes, true);
    visits_rest(crashes->visits, true);
    redis_server_restart(both->one.redis);
    expect_soon(is_ready(&both->one) && is_ready(&both->other));
}

/* The load goes on at whoever lives. */
static void kill_servers(const struct crashes *crashes, enum victim victim)
{
    const struct replicas *both = &crashes->both;
    if (victim != OTHER)
        daemon_kill(both->one.server);
    if (victim != ONE)
        daemon_kill(both->other.server);
    run_for_a_moment(crashes, false);
    if (victim != OTHER)
        daemon_restart(both->one.server);
    if (victim != ONE)
        daemon_restart(both->other.server);
    visits_rest(crashes->visits, false);
}

static void crash(struct crashes *crashes, size_t number)
{
    static const enum victim victims[] = {ONE, REDIS, OTHER, BOTH, OTHER, REDIS, ONE};
    enum victim victim = victims[number % (sizeof victims / sizeof *victims)];
    run_for_a_moment(crashes, false);
    if (victim == REDIS)
        kill_redis(crashes);
    else
        kill_servers(crashes, victim);
    crashes->killed[victim]++;
}

static unsigned orphaned(const struct rig *rig)
{
    return (unsigned)metric_value(rig, "livenessd_sessions_orphaned");
}

static bool owes_nothing(const struct rig *rig)
{
    return metric_sum(rig, "livenessd_store_calls_total", "operation=\"count\"") > 0 &&
           metric_value(rig, "livenessd_sessions_open") == 0 &&
           metric_value(rig, "livenessd_deletions_owed") == 0;
}

static void open_crashes(struct crashes *crashes)
{
    crashes->sync = sync_control_new();
    /* what a killed replica held is held for about as long as a call upstream may take; and answers
     * are compared after the leap of the clock, too */
    const struct rig_options options = {.sync = crashes->sync,
                                        .settings = {"upstream.timeout=2s", "receipt.lifetime=1h"}};
    crashes->both = replicas_open_with(&options);
    /* so that every kill meets some calls upstream */
    emulator_fault(&crashes->both.one, "{\"route\":\"create\",\"delayMs\":25,\"after\":true}");
    emulator_fault(&crashes->both.one, "{\"route\":\"delete\",\"delayMs\":25}");
    crashes->rigs[0] = crashes->both.one;
    crashes->rigs[1] = crashes->both.other;
    crashes->visits = visits_new(crashes->rigs, 2, CLIENTS);
}

/* All the dead are forgotten and their creates counted, and nothing is owed any more. What is
 * counted may be some seconds old. */
static void expect_all_over(const struct crashes *crashes)
{
    const struct replicas *both = &crashes->both;
    sync_advance_clock(crashes->sync, TOKEN_OVER_MS);
    cr_assert(
        wait_until(replicas_know(&both->one, 2) && replicas_know(&both->other, 2), ALL_OVER_MS));
    cr_assert(wait_until(owes_nothing(&both->one) && owes_nothing(&both->other), ALL_OVER_MS));
    expect_soon(emulator_sessions(&both->one) <= orphaned(&both->one));
    expect_soon(orphaned(&both->one) == orphaned(&both->other));
}

Test(crash_replicas, change_nothing_that_was_answered, .timeout = 3000)
{
    size_t count = test_number("LIVENESSD_TEST_CRASHES", CRASHES);
    struct crashes *crashes = keep(xcalloc(1, sizeof *crashes), free);
    size_t first = roll_below(VICTIMS);
    open_crashes(crashes);
    const struct replicas *both = &crashes->both;
    struct visits *visits = crashes->visits;
    for (size_t i = 0; i < count; i++) {
        crash(crashes, i + first);
        const struct rig *rig = i % 2 == 0 ? &both->one : &both->other;
        visits_expect_some(visits, rig, SAMPLE);
        visits_expect_new(visits, rig);
    }
    cr_assert_gt(visits_count(visits), 0U);
    expect_all_over(crashes);
    unsigned left = emulator_sessions(&both->one);
    cr_assert_leq(orphaned(&both->one), visits_cut_off(visits) + visits_excused(visits));
    cr_assert_leq(orphaned(&both->one), count * CLIENTS, "more than were under way at the kills");
    visits_expect_all(visits, &both->other);
    printf("%zu crashes (one %u, other %u, both %u, Redis %u): %u sessions as they were, "
           "%u creates cut off, %u refused while Redis was dead, %u orphaned, %u of them "
           "upstream\n",
           count, crashes->killed[ONE], crashes->killed[OTHER], crashes->killed[BOTH],
           crashes->killed[REDIS], visits_count(visits), visits_cut_off(visits),
           visits_excused(visits), orphaned(&both->one), left);
    daemon_stop(both->one.server);
    daemon_stop(both->other.server);
    visits_expect_rest_unknown(&both->one);
}
