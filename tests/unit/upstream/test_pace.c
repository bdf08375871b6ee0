/*
 * The pace queue on a standing clock. Its timer counts real time and so never fires here: a pause
 * of nothing makes the queue look at the clock again.
 */
#include "upstream/pace.h"

#include <criterion/criterion.h>
#include <string.h>

enum { TICKETS = 64 };

struct fixture;

struct asker {
    struct pace_ticket ticket; /* the first member */
    struct fixture *fixture;
    char name;
    bool granted;
    bool refused;
    uint64_t retry_after_ms;
    struct asker *withdraws; /* in its callback */
    bool asks_again;
    bool pauses;
};

struct fixture {
    uv_loop_t uv;
    struct fake_clock clock;
    struct metrics *metrics;
    struct pace *pace;
    struct asker askers[TICKETS];
    size_t asked;
    char order[4096]; /* names of the granted */
    size_t granted;
    bool in_ask;
};

static void setup(struct fixture *it, uint64_t rate, uint64_t queue_max, uint64_t max_wait_ms)
{
    memset(it, 0, sizeof *it);
    cr_assert_eq(uv_loop_init(&it->uv), 0);
    fake_clock_init(&it->clock, 0);
    it->metrics = metrics_new();
    struct pace_config config = {rate, queue_max, max_wait_ms, &it->clock.clock, it->metrics};
    it->pace = pace_new(&it->uv, &config);
}

static void teardown(struct fixture *it)
{
    it->pace = pace_free(it->pace);
    uv_run(&it->uv, UV_RUN_DEFAULT);
    cr_assert_eq(uv_loop_close(&it->uv), 0);
    it->metrics = metrics_free(it->metrics);
}

static void on_turn(struct pace_ticket *ticket, bool granted, uint64_t retry_after_ms)
{
    struct asker *asker = (struct asker *)ticket;
    struct fixture *it = asker->fixture;
    cr_assert_not(it->in_ask, "no callback from within the call that asks");
    cr_assert_not(ticket->waiting);
    cr_assert_not(asker->granted || asker->refused, "one callback a ticket");
    asker->granted = granted;
    asker->refused = !granted;
    asker->retry_after_ms = retry_after_ms;
    if (granted && it->granted < sizeof it->order - 1) {
        it->order[it->granted++] = asker->name;
    }
    if (asker->withdraws) {
        pace_withdraw(it->pace, &asker->withdraws->ticket);
    }
    if (asker->pauses) {
        pace_pause(it->pace, 1000);
    }
    if (asker->asks_again) {
        asker->granted = asker->refused = false;
        pace_ask(it->pace, ticket, PACE_CREATE, on_turn);
    }
}

static struct asker *ask(struct fixture *it, enum pace_priority priority)
{
    struct asker *asker = &it->askers[it->asked++];
    cr_assert_leq(it->asked, TICKETS);
    asker->fixture = it;
    asker->name = "rcdl"[priority];
    it->in_ask = true;
    pace_ask(it->pace, &asker->ticket, priority, on_turn);
    it->in_ask = false;
    return asker;
}

static void ask_many(struct fixture *it, enum pace_priority priority, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        (void)ask(it, priority);
    }
}

static void turn(struct fixture *it)
{
    uv_run(&it->uv, UV_RUN_NOWAIT);
    uv_run(&it->uv, UV_RUN_NOWAIT);
}

static void advance(struct fixture *it, int64_t ms)
{
    fake_clock_advance(&it->clock, ms);
    pace_pause(it->pace, 0);
    turn(it);
}

Test(pace, grants_at_the_next_turn_of_the_loop)
{
    static struct fixture it;
    setup(&it, 10, 10, 2000);
    struct asker *asker = ask(&it, PACE_CREATE);
    cr_assert_not(asker->granted);
    cr_assert_eq(pace_waiting(it.pace), 1);
    uv_run(&it.uv, UV_RUN_NOWAIT);
    cr_assert(asker->granted);
    cr_assert_eq(pace_waiting(it.pace), 0);
    teardown(&it);
}

Test(pace, sleeps_when_there_is_nothing_to_do)
{
    static struct fixture it;
    setup(&it, 2, 10, 60000);
    cr_assert_eq(uv_backend_timeout(&it.uv), 0); /* no handle runs: nothing to wait for */
    ask_many(&it, PACE_CREATE, 3);
    turn(&it);
    cr_assert_eq(it.granted, 2);
    int timeout = uv_backend_timeout(&it.uv);
    cr_assert(timeout > 900 && timeout <= 1021, "%d", timeout);
    teardown(&it);
}

Test(pace, results_go_first_then_creates_then_deletes)
{
    static struct fixture it;
    setup(&it, 10, 100, 2000);
    ask_many(&it, PACE_DELETE, 1);
    ask_many(&it, PACE_CREATE, 2);
    ask_many(&it, PACE_RESULT, 2);
    turn(&it);
    cr_assert_str_eq(it.order, "rrccd");
    teardown(&it);
}

Test(pace, every_fifth_turn_is_a_deletes)
{
    static struct fixture it;
    setup(&it, 100, 100, 2000);
    ask_many(&it, PACE_RESULT, 6);
    ask_many(&it, PACE_CREATE, 6);
    ask_many(&it, PACE_DELETE, 4);
    turn(&it);
    cr_assert_str_eq(it.order, "rrrrdrrccdccccdd");
    teardown(&it);
}

Test(pace, what_can_wait_goes_last_and_takes_a_fifth_of_the_rate)
{
    static struct fixture it;
    setup(&it, 10, 100, 60000);
    ask_many(&it, PACE_LOWEST, 10);
    ask_many(&it, PACE_DELETE, 3);
    ask_many(&it, PACE_CREATE, 2);
    turn(&it);
    cr_assert_str_eq(it.order, "ccdddll");
    advance(&it, 500);
    cr_assert_eq(it.granted, 7, "its share is used up though the rate is not");
    advance(&it, 521);
    cr_assert_str_eq(it.order, "ccdddllll");
    teardown(&it);
}

Test(pace, what_can_wait_wakes_the_queue_by_itself)
{
    static struct fixture it;
    setup(&it, 100, 100, 60000);
    const struct clock *clock = clock_system();
    struct pace_config config = {100, 1000, 60000, clock, NULL};
    struct pace *pace = pace_new(&it.uv, &config);
    for (size_t i = 0; i < 21; i++) {
        it.askers[i].fixture = &it;
        it.askers[i].name = 'l';
        pace_ask(pace, &it.askers[i].ticket, PACE_LOWEST, on_turn);
    }
    while (it.granted < 21)
        uv_run(&it.uv, UV_RUN_ONCE);
    pace_free(pace);
    teardown(&it);
}

Test(pace, what_can_wait_keeps_nobody_out_of_the_queue)
{
    static struct fixture it;
    setup(&it, 1, 10, 2000);
    pace_pause(it.pace, 1000);
    ask_many(&it, PACE_LOWEST, 3);
    ask_many(&it, PACE_CREATE, 11);
    turn(&it);
    cr_assert_not(it.askers[1].refused);
    cr_assert(it.askers[2].refused, "a fifth of the queue");
    cr_assert_not(it.askers[12].refused);
    cr_assert(it.askers[13].refused);
    teardown(&it);
}

Test(pace, what_could_wait_may_become_urgent)
{
    static struct fixture it;
    setup(&it, 10, 10, 2000);
    struct asker *asker = ask(&it, PACE_LOWEST);
    ask_many(&it, PACE_CREATE, 1);
    cr_assert(pace_raise(it.pace, &asker->ticket, PACE_RESULT));
    turn(&it);
    cr_assert_str_eq(it.order, "lc");
    cr_assert_not(pace_raise(it.pace, &asker->ticket, PACE_RESULT), "it has had its turn");
    teardown(&it);
}

Test(pace, one_priority_is_served_in_the_order_of_asking)
{
    static struct fixture it;
    setup(&it, 100, 100, 2000);
    for (int i = 0; i < 5; i++) {
        ask(&it, PACE_DELETE)->name = (char)('A' + i);
    }
    turn(&it);
    cr_assert_str_eq(it.order, "ABCDE");
    teardown(&it);
}

/* Asks without end and moves the clock by `step_ms`; no stretch of rate + 1 grants may be shorter
 * than a second. */
static void check_rate(uint64_t rate, int64_t step_ms)
{
    enum { GRANTS = 3000 };
    static uint64_t at[GRANTS];
    static struct fixture it;
    setup(&it, rate, 1000, 60000);
    size_t count = 0;
    while (count < GRANTS - rate) {
        for (size_t i = 0; i < TICKETS; i++) {
            if (!it.askers[i].ticket.waiting) {
                it.askers[i] = (struct asker){.fixture = &it, .name = 'c'};
                pace_ask(it.pace, &it.askers[i].ticket, PACE_CREATE, on_turn);
            }
        }
        it.granted = 0;
        advance(&it, step_ms);
        for (size_t i = 0; i < it.granted; i++) {
            at[count++] = it.clock.monotonic_ms;
        }
    }
    for (size_t i = rate; i < count; i++) {
        cr_assert_gt(at[i] - at[i - rate], 1000, "grant %zu", i);
    }
    /* and not far below the rate either */
    double seconds = (double)(at[count - 1] - at[0]) / 1000;
    double most = step_ms < 1000 ? 1.1 : 2.1;
    cr_assert_leq(seconds, (double)count / (double)rate * most);
    teardown(&it);
}

Test(pace, never_exceeds_the_rate_in_any_second)
{
    check_rate(1, 100);
    check_rate(10, 7);
    check_rate(50, 33);
    check_rate(50, 1021);
}

Test(pace, refuses_what_the_full_queue_cannot_hold)
{
    static struct fixture it;
    setup(&it, 10, 3, 2000);
    ask_many(&it, PACE_CREATE, 3);
    struct asker *fourth = ask(&it, PACE_RESULT);
    cr_assert_not(fourth->refused);
    turn(&it);
    cr_assert(fourth->refused);
    cr_assert_geq(fourth->retry_after_ms, 1);
    cr_assert_eq(it.granted, 3);
    teardown(&it);
}

Test(pace, refuses_after_the_longest_wait)
{
    static struct fixture it;
    setup(&it, 1, 10, 500);
    struct asker *first = ask(&it, PACE_CREATE);
    struct asker *second = ask(&it, PACE_CREATE);
    turn(&it);
    cr_assert(first->granted);
    advance(&it, 499);
    cr_assert_not(second->refused);
    advance(&it, 1);
    cr_assert(second->refused);
    cr_assert(second->retry_after_ms >= 500 && second->retry_after_ms <= 521);
    teardown(&it);
}

Test(pace, wakes_by_itself_for_a_turn_and_for_a_refusal)
{
    static struct fixture it;
    setup(&it, 100, 10, 30);
    it.pace = pace_free(it.pace);
    struct pace_config config = {40, 100, 60000, clock_system(), NULL};
    it.pace = pace_new(&it.uv, &config);
    ask_many(&it, PACE_CREATE, 41);
    uv_run(&it.uv, UV_RUN_DEFAULT); /* until no handle is active any more */
    cr_assert_eq(it.granted, 41);
    it.pace = pace_free(it.pace);
    config = (struct pace_config){1, 100, 20, clock_system(), NULL};
    it.pace = pace_new(&it.uv, &config);
    it.asked = 0;
    ask_many(&it, PACE_CREATE, 0);
    it.askers[0] = it.askers[1] = (struct asker){0};
    ask_many(&it, PACE_CREATE, 2);
    uv_run(&it.uv, UV_RUN_DEFAULT);
    cr_assert(it.askers[0].granted);
    cr_assert(it.askers[1].refused);
    teardown(&it);
}

Test(pace, pauses_and_refuses_who_cannot_wait_that_long)
{
    static struct fixture it;
    setup(&it, 10, 10, 2000);
    struct asker *early = ask(&it, PACE_CREATE);
    pace_pause(it.pace, 5000);
    turn(&it);
    cr_assert(early->refused);
    cr_assert_eq(early->retry_after_ms, 5000);
    advance(&it, 3500);
    struct asker *late = ask(&it, PACE_CREATE);
    turn(&it);
    cr_assert_not(late->granted || late->refused);
    advance(&it, 1499);
    cr_assert_not(late->granted);
    advance(&it, 1);
    cr_assert(late->granted);
    teardown(&it);
}

Test(pace, a_shorter_pause_does_not_end_a_longer_one)
{
    static struct fixture it;
    setup(&it, 10, 10, 9000);
    struct asker *asker = ask(&it, PACE_CREATE);
    pace_pause(it.pace, 3000);
    pace_pause(it.pace, 10);
    advance(&it, 2999);
    cr_assert_not(asker->granted);
    advance(&it, 1);
    cr_assert(asker->granted);
    teardown(&it);
}

Test(pace, a_pause_from_a_callback_holds_the_rest)
{
    static struct fixture it;
    setup(&it, 10, 10, 9000);
    ask(&it, PACE_CREATE)->pauses = true;
    struct asker *second = ask(&it, PACE_CREATE);
    turn(&it);
    cr_assert_eq(it.granted, 1);
    advance(&it, 1000);
    cr_assert(second->granted);
    teardown(&it);
}

Test(pace, a_withdrawn_ticket_has_no_turn_and_costs_none)
{
    static struct fixture it;
    setup(&it, 2, 10, 2000);
    struct asker *gone = ask(&it, PACE_CREATE);
    ask_many(&it, PACE_CREATE, 2);
    pace_withdraw(it.pace, &gone->ticket);
    pace_withdraw(it.pace, &gone->ticket);
    turn(&it);
    cr_assert_not(gone->granted || gone->refused);
    cr_assert_eq(it.granted, 2);
    teardown(&it);
}

Test(pace, callbacks_may_withdraw_others)
{
    static struct fixture it;
    setup(&it, 10, 2, 2000);
    struct asker *granted = ask(&it, PACE_CREATE);
    granted->withdraws = ask(&it, PACE_CREATE);
    struct asker *refused = ask(&it, PACE_CREATE);
    refused->withdraws = ask(&it, PACE_CREATE);
    turn(&it);
    cr_assert(granted->granted);
    cr_assert(refused->refused);
    cr_assert_not(granted->withdraws->granted);
    cr_assert_not(refused->withdraws->refused);
    teardown(&it);
}

Test(pace, asking_again_after_a_refusal_does_not_hold_the_loop)
{
    static struct fixture it;
    setup(&it, 10, 10, 2000);
    pace_pause(it.pace, 100000);
    ask(&it, PACE_CREATE)->asks_again = true;
    turn(&it); /* would not return */
    cr_assert_eq(pace_waiting(it.pace), 1);
    teardown(&it);
}

Test(pace, forgets_waiting_tickets_when_freed)
{
    static struct fixture it;
    setup(&it, 1, 2, 2000);
    ask_many(&it, PACE_CREATE, 5);
    teardown(&it);
    for (size_t i = 0; i < 5; i++) {
        cr_assert_not(it.askers[i].granted || it.askers[i].refused);
        cr_assert_not(it.askers[i].ticket.waiting);
    }
}

Test(pace, shows_its_length)
{
    static struct fixture it;
    setup(&it, 2, 10, 2000);
    ask_many(&it, PACE_CREATE, 5);
    turn(&it);
    struct series *length =
        METRIC_SERIES(metrics_gauge(it.metrics, "livenessd_upstream_queue_length", "", NULL));
    cr_assert_eq(series_value(length), 3);
    teardown(&it);
}
