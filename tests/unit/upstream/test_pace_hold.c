/* The pace queue while there is nothing to send with, and refusing: on a standing clock. */
#include "upstream/pace.h"

#include <criterion/criterion.h>
#include <string.h>

enum { TICKETS = 8 };

struct asker {
    struct pace_ticket ticket; /* the first member */
    bool granted, refused;
    uint64_t retry_after_ms;
};

static struct {
    uv_loop_t uv;
    struct fake_clock clock;
    struct pace *pace;
    struct asker askers[TICKETS];
} it;

static void setup(void)
{
    memset(&it, 0, sizeof it);
    cr_assert_eq(uv_loop_init(&it.uv), 0);
    fake_clock_init(&it.clock, 0);
    struct pace_config config = {1000, TICKETS, 2000, &it.clock.clock, NULL};
    it.pace = pace_new(&it.uv, &config);
}

static void teardown(void)
{
    it.pace = pace_free(it.pace);
    uv_run(&it.uv, UV_RUN_DEFAULT);
    cr_assert_eq(uv_loop_close(&it.uv), 0);
}

static void on_turn(struct pace_ticket *ticket, bool granted, uint64_t retry_after_ms)
{
    struct asker *asker = (struct asker *)ticket;
    cr_assert_not(asker->granted || asker->refused, "one callback a ticket");
    asker->granted = granted;
    asker->refused = !granted;
    asker->retry_after_ms = retry_after_ms;
}

static void turn(void)
{
    uv_run(&it.uv, UV_RUN_NOWAIT);
    uv_run(&it.uv, UV_RUN_NOWAIT);
}

static void ask_each_priority(void)
{
    for (unsigned i = 0; i < PACE_PRIORITY_COUNT; i++) {
        pace_ask(it.pace, &it.askers[i].ticket, (enum pace_priority)i, on_turn);
    }
}

TestSuite(pace_hold, .init = setup, .fini = teardown);

Test(pace_hold, nobody_has_a_turn_until_it_ends)
{
    pace_hold(it.pace, true);
    ask_each_priority();
    turn();
    cr_assert_eq(pace_waiting(it.pace), PACE_PRIORITY_COUNT);
    pace_hold(it.pace, false);
    cr_assert_not(it.askers[0].granted, "not from within");
    turn();
    for (unsigned i = 0; i < PACE_PRIORITY_COUNT; i++) {
        cr_expect(it.askers[i].granted);
    }
}

Test(pace_hold, patience_ends_all_the_same)
{
    pace_hold(it.pace, true);
    ask_each_priority();
    turn();
    fake_clock_advance(&it.clock, 2000);
    pace_pause(it.pace, 0);
    turn();
    for (unsigned i = 0; i < PACE_PRIORITY_COUNT; i++) {
        cr_expect(it.askers[i].refused);
        cr_expect_gt(it.askers[i].retry_after_ms, 0);
        cr_expect_lt(it.askers[i].retry_after_ms, 10000, "no overflow");
    }
}

Test(pace_hold, all_that_wait_can_be_refused)
{
    pace_hold(it.pace, true);
    ask_each_priority();
    pace_refuse_all(it.pace);
    cr_assert_not(it.askers[0].refused, "not from within");
    cr_assert_eq(pace_waiting(it.pace), 0);
    turn();
    for (unsigned i = 0; i < PACE_PRIORITY_COUNT; i++) {
        cr_expect(it.askers[i].refused);
    }
}

Test(pace_hold, a_refused_ticket_takes_nobodys_turn)
{
    pace_refuse(it.pace, &it.askers[0].ticket, on_turn);
    pace_refuse(it.pace, &it.askers[1].ticket, on_turn);
    pace_ask(it.pace, &it.askers[2].ticket, PACE_CREATE, on_turn);
    pace_withdraw(it.pace, &it.askers[1].ticket);
    cr_assert_not(it.askers[0].refused, "not from within");
    turn();
    cr_expect(it.askers[0].refused);
    cr_expect_not(it.askers[1].refused);
    cr_expect(it.askers[2].granted);
}
