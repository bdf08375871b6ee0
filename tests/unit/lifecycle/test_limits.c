/*
 * Where limits are decided: in the process's own table, in a store that processes share, and what
 * happens while that one fails.
 */
#include "domain/verdict.h"
#include "fake_store.h"
#include "lifecycle/limits.h"

enum { SECOND_MS = 1000, SETTLE_TURNS = 20 };

static struct world {
    uv_loop_t uv;
    struct fake_clock clock;
    struct metrics *metrics;
    struct limits *limits;
    unsigned told;
} it;

static bool not_ready(const struct store *store)
{
    (void)store;
    return false;
}

static void done(struct limits_ticket *ticket)
{
    (void)ticket;
    it.told++;
}

static void turn(void)
{
    uv_run(&it.uv, UV_RUN_NOWAIT);
    fake_store_turn();
}

static void world_open(bool shared, bool refuse)
{
    static const uint8_t key[SHA256_BYTES] = {7};
    struct limits_config config = {
        .uv = &it.uv,
        .store = &fake_store.base,
        .clock = &it.clock.clock,
        .book = {.policies = {[LIMIT_CREATE_DEVICE] = {6, 600, 3},
                              [LIMIT_CREATE_PRINCIPAL] = {60, 3600, 20},
                              [LIMIT_CREATE_ADDRESS] = {60, 60, 30},
                              [LIMIT_READ] = {1, 1, 2},
                              [LIMIT_FAILED_AUTH] = {10, 60, 4}},
                 .spoof_cost = 3},
        .keys_max = 1000,
        .refuse_without_store = refuse,
    };
    memset(&it, 0, sizeof it);
    cr_assert_eq(uv_loop_init(&it.uv), 0);
    fake_clock_init(&it.clock, 1700000000000);
    it.clock.monotonic_ms = 5000;
    it.metrics = metrics_new();
    fake_store_open();
    fake_ops.shared = shared;
    fake_ops.ready = fake_ready;
    fake_store.held[CALL_CHARGE] = true;
    limit_book_close(&config.book, key);
    config.metrics = it.metrics;
    it.limits = limits_new(&config);
}

static void world_close(void)
{
    it.limits = limits_free(it.limits);
    fake_store_close();
    for (int i = 0; i < SETTLE_TURNS; i++)
        uv_run(&it.uv, UV_RUN_NOWAIT);
    cr_expect_eq(uv_loop_close(&it.uv), 0, "handles are left on the loop");
    it.metrics = metrics_free(it.metrics);
}

static void open_own(void)
{
    world_open(false, false);
}

static void open_shared(void)
{
    world_open(true, false);
}

static void open_strict(void)
{
    world_open(true, true);
}

static const struct principal somebody = {.kind = PRINCIPAL_JWT, .owner = {1}};
static const struct address nowhere = {.bytes = {192, 0, 2, 1}};
static const struct address elsewhere = {.bytes = {192, 0, 2, 2}};

static struct limits_ticket reading(void)
{
    struct limits_ticket ticket = {.done = done};
    limit_bill_read(limits_book(it.limits), &somebody, NULL, &ticket.bill);
    return ticket;
}

static bool admits_at_once(void)
{
    struct limits_ticket ticket = reading();
    cr_assert(limits_charge(it.limits, &ticket));
    return ticket.verdict == LIMITS_ADMITTED;
}

static struct session_record settled(enum decision decision, bool accepted)
{
    return (struct session_record){
        .owner = {1},
        .device_correlation_id = "device",
        .verdict = {.decision = (uint8_t)decision, .accepted = accepted}};
}

/* How many creates the device may still begin at once; nothing is charged. */
static uint64_t device_left(void)
{
    const struct session_record draft = settled(DECISION_PENDING, false);
    struct limits_ticket ticket = {.done = done};
    limit_bill_create(limits_book(it.limits), &(struct limit_create){.draft = &draft},
                      &ticket.bill);
    for (size_t i = 0; i < ticket.bill.count; i++)
        ticket.bill.charges[i].cost = 0;
    cr_assert(limits_charge(it.limits, &ticket));
    return ticket.bill.standings[0].remaining;
}

static double limited(enum limit_name name)
{
    struct metric *metric = metrics_counter(it.metrics, "livenessd_limited_total", "", "limit");
    return series_value(METRIC_SERIES(metric, limit_word(name)));
}

/* ---- the own table ---- */

TestSuite(limits_own, .init = open_own, .fini = world_close, .timeout = 60);

Test(limits_own, decide_at_once)
{
    cr_expect(admits_at_once());
    cr_expect(admits_at_once());
    cr_expect_not(admits_at_once());
    cr_expect_eq(limited(LIMIT_READ), 1);
    fake_clock_advance(&it.clock, SECOND_MS);
    cr_expect(admits_at_once());
    cr_expect_not(admits_at_once());
    cr_expect_eq(it.told, 0);
    cr_expect_eq(fake_store.call_count, 0);
}

Test(limits_own, admit_what_is_charged_nothing)
{
    struct limits_ticket ticket = {.done = done};
    cr_assert(limits_charge(it.limits, &ticket));
    cr_expect_eq(ticket.verdict, LIMITS_ADMITTED);
}

Test(limits_own, give_back_what_was_admitted_and_nothing_else)
{
    struct limits_ticket ticket = reading();
    cr_expect(admits_at_once());
    cr_assert(limits_charge(it.limits, &ticket));
    limits_give_back(&ticket);
    cr_expect_eq(ticket.bill.standings[0].full_us, 1000000, "as if it had not been charged");
    cr_expect(admits_at_once());
    struct limits_ticket refused = reading();
    cr_assert(limits_charge(it.limits, &refused));
    cr_assert_eq(refused.verdict, LIMITS_REFUSED);
    limits_give_back(&refused);
    cr_expect_not(admits_at_once());
    struct limits_ticket none = {0};
    limits_give_back(&none);
}

Test(limits_own, a_spoof_costs_thrice_and_an_accepted_session_nothing)
{
    const struct session_record spoof = settled(DECISION_SPOOF, false);
    const struct session_record live = settled(DECISION_LIVE, true);
    const struct session_record refused = settled(DECISION_LIVE, false);
    cr_expect_eq(device_left(), 3);
    limits_note_outcome(it.limits, &spoof);
    cr_expect_eq(device_left(), 1, "two more than the create cost");
    limits_note_outcome(it.limits, &refused);
    cr_expect_eq(device_left(), 1);
    limits_note_outcome(it.limits, &live);
    cr_expect_eq(device_left(), 2);
    for (int i = 0; i < 5; i++)
        limits_note_outcome(it.limits, &live);
    cr_expect_eq(device_left(), 3, "never above the burst");
}

Test(limits_own, look_at_no_credential_from_where_too_many_were_wrong)
{
    struct limits_ticket refused = {0};
    for (int i = 0; i < 4; i++) {
        cr_assert(limits_may_try(it.limits, &nowhere, &refused), "after %d", i);
        limits_note_failure(it.limits, &nowhere);
    }
    cr_expect_not(limits_may_try(it.limits, &nowhere, &refused));
    struct limit_refusal refusal;
    cr_assert(limit_bill_refusal(&refused.bill, &refusal));
    cr_expect_eq(refusal.name, LIMIT_FAILED_AUTH);
    cr_expect_eq(refusal.retry_after_s, 6);
    cr_expect_eq(limited(LIMIT_FAILED_AUTH), 1);
    cr_expect(limits_may_try(it.limits, &elsewhere, &refused));
    fake_clock_advance(&it.clock, 5999);
    cr_expect_not(limits_may_try(it.limits, &nowhere, &refused));
    fake_clock_advance(&it.clock, 1);
    cr_expect(limits_may_try(it.limits, &nowhere, &refused));
}

Test(limits_own, looking_costs_nothing)
{
    struct limits_ticket refused = {0};
    for (int i = 0; i < 100; i++)
        cr_assert(limits_may_try(it.limits, &nowhere, &refused));
}

static double keys_now(void)
{
    struct buf text;
    buf_init(&text, 1 << 16);
    metrics_write(it.metrics, &text);
    const char *name = "\nlivenessd_limiter_keys ";
    const char *line = strstr(text.data, name);
    cr_assert_not_null(line);
    double keys = strtod(line + strlen(name), NULL);
    buf_done(&text);
    return keys;
}

/* What is full again goes by itself; then nothing wakes an idle process. */
Test(limits_own, are_swept_by_a_timer_that_rests_when_there_is_nothing)
{
    cr_expect_not(uv_loop_alive(&it.uv), "a timer runs");
    cr_expect(admits_at_once());
    cr_expect_eq(keys_now(), 1);
    fake_clock_advance(&it.clock, 10000);
    while (keys_now() > 0)
        uv_run(&it.uv, UV_RUN_ONCE);
    cr_expect_not(uv_loop_alive(&it.uv), "a timer runs");
}

/* ---- the shared store ---- */

TestSuite(limits_shared, .init = open_shared, .fini = world_close, .timeout = 60);

/* The charge that waits. */
static const struct store_charges *asked(void)
{
    static const struct store_charges none;
    const struct store_call *call = pending(CALL_CHARGE);
    cr_assert_not_null(call);
    return call ? call->charging : &none;
}

/* Answers it as a store would. */
static void store_says(enum store_result result, uint64_t full_us, uint64_t retry_us)
{
    struct store_call *call = pending(CALL_CHARGE);
    cr_assert_not_null(call);
    if (!call)
        return;
    for (size_t i = 0; i < call->charging->count; i++)
        call->charging->standings[i] =
            (struct limit_standing){.full_us = full_us, .retry_us = retry_us};
    fake_answer_call(call, result);
}

Test(limits_shared, decide_later)
{
    struct limits_ticket ticket = reading();
    cr_assert_not(limits_charge(it.limits, &ticket));
    cr_expect_eq(asked()->how, STORE_CHARGE);
    cr_expect_eq(asked()->charges[0].key, ticket.bill.charges[0].key);
    store_says(STORE_OK, 700000, 0);
    cr_expect_eq(it.told, 1);
    cr_expect_eq(ticket.verdict, LIMITS_ADMITTED);
    cr_expect_eq(ticket.bill.standings[0].full_us, 700000);
    struct limits_ticket refused = reading();
    cr_assert_not(limits_charge(it.limits, &refused));
    store_says(STORE_CONFLICT, 700000, 5);
    cr_expect_eq(refused.verdict, LIMITS_REFUSED);
    cr_expect_eq(refused.bill.standings[0].retry_us, 5);
    cr_expect_eq(limited(LIMIT_READ), 1);
}

Test(limits_shared, who_leaves_is_told_nothing)
{
    struct limits_ticket ticket = reading();
    cr_assert_not(limits_charge(it.limits, &ticket));
    limits_leave(&ticket);
    limits_leave(&ticket);
    turn();
    cr_expect_null(pending(CALL_CHARGE));
    cr_expect_eq(it.told, 0);
}

Test(limits_shared, are_decided_here_while_the_store_fails)
{
    struct limits_ticket ticket = reading();
    cr_assert_not(limits_charge(it.limits, &ticket));
    store_says(STORE_UNAVAILABLE, 0, 0);
    cr_expect_eq(it.told, 1);
    cr_expect_eq(ticket.verdict, LIMITS_ADMITTED);
    cr_expect_eq(ticket.bill.standings[0].full_us, 1000000);
    fake_ops.ready = not_ready;
    cr_expect(admits_at_once(), "without asking");
    cr_expect_not(admits_at_once());
    cr_expect_eq(fake_store.asked[CALL_CHARGE], 1);
}

/* Else what a replica counted by itself would be given back from what others counted. */
Test(limits_shared, give_back_where_it_was_charged)
{
    struct limits_ticket there = reading();
    cr_assert_not(limits_charge(it.limits, &there));
    store_says(STORE_OK, 1000000, 0);
    limits_give_back(&there);
    cr_assert_eq(asked()->how, STORE_REFUND);
    store_says(STORE_OK, 0, 0);
    fake_ops.ready = not_ready;
    struct limits_ticket here = reading();
    cr_assert(limits_charge(it.limits, &here));
    limits_give_back(&here);
    cr_expect_null(pending(CALL_CHARGE));
    cr_expect(admits_at_once());
    cr_expect(admits_at_once());
    cr_expect_not(admits_at_once());
}

Test(limits_shared, charge_outcomes_there_or_here_while_the_store_fails)
{
    const struct session_record spoof = settled(DECISION_SPOOF, false);
    const struct session_record live = settled(DECISION_LIVE, true);
    limits_note_outcome(it.limits, &spoof);
    cr_assert_eq(asked()->how, STORE_DEBIT);
    cr_expect_eq(asked()->charges[0].cost, 2);
    store_says(STORE_OK, 0, 0);
    limits_note_outcome(it.limits, &live);
    cr_assert_eq(asked()->how, STORE_REFUND);
    store_says(STORE_OK, 0, 0);
    fake_ops.ready = not_ready;
    cr_expect_eq(device_left(), 3, "nothing was charged here");
    limits_note_outcome(it.limits, &spoof);
    store_says(STORE_UNAVAILABLE, 0, 0);
    cr_expect_eq(device_left(), 1);
}

Test(limits_shared, learn_of_wrong_credentials_that_others_saw)
{
    struct limits_ticket refused = {0};
    cr_assert(limits_may_try(it.limits, &nowhere, &refused));
    cr_expect_null(pending(CALL_CHARGE), "a right credential waits for nothing");
    limits_note_failure(it.limits, &nowhere);
    cr_assert_eq(asked()->how, STORE_DEBIT);
    cr_expect(limits_may_try(it.limits, &nowhere, &refused));
    store_says(STORE_OK, 24000000, 0);
    cr_expect_not(limits_may_try(it.limits, &nowhere, &refused), "the others saw three");
    cr_expect(limits_may_try(it.limits, &elsewhere, &refused));
}

Test(limits_shared, count_wrong_credentials_without_a_store)
{
    struct limits_ticket refused = {0};
    for (int i = 0; i < 4; i++) {
        cr_assert(limits_may_try(it.limits, &nowhere, &refused));
        limits_note_failure(it.limits, &nowhere);
        store_says(STORE_UNAVAILABLE, 0, 0);
    }
    cr_expect_not(limits_may_try(it.limits, &nowhere, &refused));
}

Test(limits_shared, end_while_calls_are_under_way)
{
    const struct session_record spoof = settled(DECISION_SPOOF, false);
    limits_note_outcome(it.limits, &spoof);
    limits_note_failure(it.limits, &nowhere);
    cr_expect_eq(pending_count(CALL_CHARGE), 2);
}

/* ---- nobody without the store ---- */

TestSuite(limits_strict, .init = open_strict, .fini = world_close, .timeout = 60);

Test(limits_strict, let_nobody_through_while_the_store_fails)
{
    struct limits_ticket ticket = reading();
    cr_assert_not(limits_charge(it.limits, &ticket));
    store_says(STORE_UNAVAILABLE, 0, 0);
    cr_expect_eq(ticket.verdict, LIMITS_UNAVAILABLE);
    limits_give_back(&ticket);
    cr_expect_null(pending(CALL_CHARGE));
    fake_ops.ready = not_ready;
    struct limits_ticket later = reading();
    cr_assert(limits_charge(it.limits, &later));
    cr_expect_eq(later.verdict, LIMITS_UNAVAILABLE);
    cr_expect_eq(limited(LIMIT_READ), 0);
}

Test(limits_strict, count_wrong_credentials_all_the_same)
{
    struct limits_ticket refused = {0};
    for (int i = 0; i < 4; i++) {
        limits_note_failure(it.limits, &nowhere);
        store_says(STORE_UNAVAILABLE, 0, 0);
    }
    cr_expect_not(limits_may_try(it.limits, &nowhere, &refused));
}
