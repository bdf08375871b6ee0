/*
 * Several pace queues that share one rate, as processes do that know of each other only how many
 * they are: on one standing clock, each with more to do than it may.
 */
#include "upstream/pace.h"

#include <criterion/criterion.h>
#include <string.h>

enum { PROCESSES_MAX = 16, TICKETS = 40, LOWEST_MAX = TICKETS / 5, GRANTS_MAX = 8192 };

struct process {
    struct pace *pace;
    struct pace_ticket tickets[TICKETS];
};

static struct {
    uv_loop_t uv;
    struct fake_clock clock;
    struct process processes[PROCESSES_MAX];
    unsigned count;
    uint64_t at[GRANTS_MAX]; /* when calls were granted, by whomever */
    size_t granted;
} it;

static void setup(unsigned processes, uint64_t rate)
{
    memset(&it, 0, sizeof it);
    cr_assert_eq(uv_loop_init(&it.uv), 0);
    fake_clock_init(&it.clock, 0);
    it.count = processes;
    for (unsigned i = 0; i < processes; i++) {
        struct pace_config config = {rate, TICKETS, UINT32_MAX, &it.clock.clock, NULL};
        it.processes[i].pace = pace_new(&it.uv, &config);
    }
}

static void teardown(void)
{
    for (unsigned i = 0; i < it.count; i++) {
        it.processes[i].pace = pace_free(it.processes[i].pace);
    }
    uv_run(&it.uv, UV_RUN_DEFAULT);
    cr_assert_eq(uv_loop_close(&it.uv), 0);
}

static void share(unsigned processes)
{
    for (unsigned i = 0; i < it.count; i++) {
        pace_share(it.processes[i].pace, processes);
    }
}

static void on_turn(struct pace_ticket *ticket, bool granted, uint64_t retry_after_ms)
{
    (void)ticket;
    (void)retry_after_ms;
    cr_assert(granted);
    cr_assert_lt(it.granted, GRANTS_MAX);
    it.at[it.granted++] = it.clock.monotonic_ms;
}

/* The timers count real time and so never fire here: a pause of nothing makes a queue look at the
 * clock again. */
static void turn(unsigned active, enum pace_priority priority)
{
    size_t most = priority == PACE_LOWEST ? LOWEST_MAX : TICKETS; /* as many as have room */
    for (unsigned i = 0; i < active; i++) {
        struct process *process = &it.processes[i];
        for (size_t j = 0; j < most; j++) {
            if (!process->tickets[j].waiting) {
                pace_ask(process->pace, &process->tickets[j], priority, on_turn);
            }
        }
        pace_pause(process->pace, 0);
    }
    uv_run(&it.uv, UV_RUN_NOWAIT);
    uv_run(&it.uv, UV_RUN_NOWAIT);
}

/* The first `active` processes have work without end. */
static void work(unsigned active, enum pace_priority priority, int64_t ms, int64_t step_ms)
{
    for (int64_t spent = 0; spent < ms; spent += step_ms) {
        turn(active, priority);
        fake_clock_advance(&it.clock, step_ms);
    }
}

/* No more than `most` grants lie within any second. */
static void expect_at_most(size_t most)
{
    for (size_t i = most; i < it.granted; i++) {
        cr_assert_gt(it.at[i] - it.at[i - most], 1000, "grant %zu at %lu", i,
                     (unsigned long)it.at[i]);
    }
}

Test(pace_share, all_together_keep_the_rate_in_every_second)
{
    static const struct {
        unsigned processes;
        uint64_t rate;
    } rows[] = {{1, 10}, {2, 10}, {3, 10}, {4, 10}, {7, 10}, {10, 10}, {2, 1}, {16, 50}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned processes = rows[i].processes;
        uint64_t each = rows[i].rate / processes;
        if (each == 0) {
            continue;
        }
        setup(processes, rows[i].rate);
        share(processes);
        work(processes, PACE_CREATE, 20000, 13);
        expect_at_most(rows[i].rate);
        cr_expect_geq(it.granted, each * processes * 19, "each has its whole calls, row %zu", i);
        teardown();
    }
}

Test(pace_share, more_processes_than_calls_a_second_have_one_in_some_seconds_each)
{
    enum { PROCESSES = 16, RATE = 10, MS = 60000 };
    setup(PROCESSES, RATE);
    share(PROCESSES);
    work(PROCESSES, PACE_CREATE, MS, 100);
    cr_expect_leq(it.granted, RATE * (MS / 1000) + PROCESSES);
    cr_expect_geq(it.granted, RATE * (MS / 1000) * 9 / 10);
    teardown();
}

Test(pace_share, one_process_alone_in_a_crowd_still_has_its_part)
{
    setup(1, 1);
    share(5); /* one call in five seconds */
    work(1, PACE_RESULT, 60000, 100);
    cr_expect_geq(it.granted, 11);
    cr_expect_leq(it.granted, 12);
    for (size_t i = 1; i < it.granted; i++) {
        cr_expect_geq(it.at[i] - it.at[i - 1], 5000);
    }
    teardown();
}

Test(pace_share, what_went_before_counts_when_the_share_changes)
{
    static const unsigned shares[] = {1, 2, 5, 1, 3, 10, 2, 0, 7, 1};
    setup(1, 10);
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        share(shares[i]);
        work(1, PACE_CREATE, 700, 7);
    }
    expect_at_most(10);
    teardown();
}

Test(pace_share, a_smaller_share_holds_at_once)
{
    setup(1, 10);
    work(1, PACE_CREATE, 100, 10);
    cr_assert_eq(it.granted, 10);
    share(5);
    work(1, PACE_CREATE, 2900, 10);
    cr_expect_eq(it.granted, 10 + 2 * 2, "two a second, and the ten come first");
    share(1);
    turn(1, PACE_CREATE);
    cr_expect_geq(it.granted, 10 + 2 * 2 + 8, "a larger one does, too");
    expect_at_most(10);
    teardown();
}

Test(pace_share, what_can_wait_takes_a_fifth_of_the_shared_rate)
{
    setup(2, 10);
    share(2);
    work(2, PACE_LOWEST, 20000, 13);
    expect_at_most(2);
    cr_expect_geq(it.granted, 36);
    teardown();
}

Test(pace_share, wakes_by_itself_when_the_share_grows)
{
    setup(1, 40);
    it.processes[0].pace = pace_free(it.processes[0].pace);
    struct pace_config config = {40, TICKETS, UINT32_MAX, clock_system(), NULL};
    it.processes[0].pace = pace_new(&it.uv, &config);
    struct process *process = &it.processes[0];
    pace_share(process->pace, 40 * 600); /* the second call in ten minutes */
    for (size_t i = 0; i < 3; i++) {
        pace_ask(process->pace, &process->tickets[i], PACE_CREATE, on_turn);
    }
    while (it.granted == 0) {
        uv_run(&it.uv, UV_RUN_ONCE);
    }
    pace_share(process->pace, 1);
    while (it.granted < 3) {
        uv_run(&it.uv, UV_RUN_ONCE);
    }
    teardown();
}
