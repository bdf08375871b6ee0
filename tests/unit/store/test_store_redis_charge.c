/*
 * Charges under limits that processes share: two stores over one Redis are one limiter, and what it
 * reckons is what domain/limiter.c reckons.
 */
#include "domain/limiter.h"
#include "redis_fixture.h"

#include <inttypes.h>

static struct redis_fixture it;
static struct store *stores[2];

static void open_stores(void)
{
    redis_fixture_init(&it, redis_server_start(NULL));
    redis_fixture_open(&it);
    stores[0] = it.base.store;
    stores[1] = open_another(&it);
}

static void close_stores(void)
{
    stores[1] = store_close(stores[1]);
    redis_fixture_done(&it);
}

TestSuite(store_redis_charge, .init = open_stores, .fini = close_stores, .timeout = 120);

enum { SECOND = 1000000, KEYS = 3 };

static const struct limit_rule hourly = {.interval_us = 3600ULL * SECOND, .burst = 3};

struct charged {
    unsigned answers;
    unsigned admitted; /* of charges: what they cost */
    enum store_result result;
    size_t count;
    struct limit_standing standings[LIMIT_CHARGES_MAX];
};

static void on_charged(void *context, enum store_result result,
                       const struct limit_standing *standings, size_t count)
{
    struct charged *charged = context;
    charged->answers++;
    charged->result = result;
    charged->admitted += result == STORE_OK;
    charged->count = count;
    cr_assert_eq(standings != NULL, result != STORE_UNAVAILABLE);
    for (size_t i = 0; i < count; i++) {
        charged->standings[i] = standings[i];
    }
}

static struct charged charge(struct store *store, enum store_charging how,
                             const struct limit_charge *charges, size_t count)
{
    struct charged charged = {0};
    (void)store_charge(store, how, charges, count, on_charged, &charged);
    cr_assert_eq(charged.answers, 0, "not from within the call");
    expect_in_time(&it, charged.answers == 1);
    cr_assert(charged.result == STORE_UNAVAILABLE || charged.count == count);
    return charged;
}

static struct limit_charge one_of(struct limit_rule rule, uint64_t key, uint64_t cost)
{
    return (struct limit_charge){.rule = rule, .key = key, .cost = cost};
}

static const char *name_of(uint64_t key)
{
    return text_of(PREFIX "limit:%" PRId64, (int64_t)key);
}

static uint64_t word_of(uint64_t key)
{
    return strtoull(redis_server_ask(it.server, "GET", name_of(key)), NULL, 10);
}

Test(store_redis_charge, two_processes_have_one_burst)
{
    const struct limit_charge wanted = one_of(hourly, UINT64_MAX, 1);
    for (unsigned i = 0; i < 3; i++) {
        struct charged charged = charge(stores[i % 2], STORE_CHARGE, &wanted, 1);
        cr_expect_eq(charged.result, STORE_OK);
        cr_expect_eq(charged.standings[0].remaining, 2 - i);
    }
    for (unsigned i = 0; i < 2; i++) {
        struct charged charged = charge(stores[i], STORE_CHARGE, &wanted, 1);
        cr_expect_eq(charged.result, STORE_CONFLICT);
        cr_expect_gt(charged.standings[0].retry_us, 3590ULL * SECOND);
        cr_expect_leq(charged.standings[0].retry_us, 3600ULL * SECOND);
    }
}

Test(store_redis_charge, all_keys_of_a_request_are_charged_or_none)
{
    const struct limit_rule tight = {.interval_us = 3600ULL * SECOND, .burst = 1};
    const struct limit_charge both[] = {one_of(hourly, 1, 1), one_of(tight, 2, 1)};
    cr_expect_eq(charge(stores[0], STORE_CHARGE, both, 2).result, STORE_OK);
    struct charged refused = charge(stores[1], STORE_CHARGE, both, 2);
    cr_expect_eq(refused.result, STORE_CONFLICT);
    cr_expect_eq(refused.standings[0].remaining, 2, "the first was charged all the same");
    cr_expect_eq(refused.standings[0].retry_us, 0);
    cr_expect_gt(refused.standings[1].retry_us, 0);
}

Test(store_redis_charge, debits_need_no_balance_and_are_bounded)
{
    const struct limit_charge debit = one_of(hourly, 1, 2);
    for (unsigned i = 0; i < 10; i++) {
        cr_expect_eq(charge(stores[i % 2], STORE_DEBIT, &debit, 1).result, STORE_OK);
    }
    const struct limit_charge look = one_of(hourly, 1, 0);
    struct charged charged = charge(stores[0], STORE_CHARGE, &look, 1);
    cr_expect_leq(charged.standings[0].full_us, 2 * hourly.burst * hourly.interval_us);
    cr_expect_gt(charged.standings[0].full_us,
                 2 * hourly.burst * hourly.interval_us - 60ULL * SECOND);
}

Test(store_redis_charge, a_refund_never_goes_above_the_burst)
{
    const struct limit_charge wanted = one_of(hourly, 1, 1);
    cr_expect_eq(charge(stores[0], STORE_REFUND, &wanted, 1).result, STORE_OK);
    cr_expect_not(key_exists(&it, "limit:1"));
    cr_expect_eq(charge(stores[0], STORE_CHARGE, &wanted, 1).standings[0].remaining, 2);
    for (unsigned i = 0; i < 5; i++) {
        (void)charge(stores[1], STORE_REFUND, &wanted, 1);
    }
    cr_expect_not(key_exists(&it, "limit:1"), "a key with all of its burst is forgotten");
    cr_expect_eq(charge(stores[0], STORE_CHARGE, &wanted, 1).standings[0].remaining, 2);
}

Test(store_redis_charge, what_costs_more_than_the_burst_is_never_admitted)
{
    const struct limit_charge wanted = one_of(hourly, 1, 4);
    struct charged charged = charge(stores[0], STORE_CHARGE, &wanted, 1);
    cr_expect_eq(charged.result, STORE_CONFLICT);
    cr_expect_eq(charged.standings[0].retry_us, UINT64_MAX);
}

Test(store_redis_charge, keys_go_by_themselves_once_their_burst_is_there_again)
{
    const struct limit_rule quick = {.interval_us = 200000, .burst = 3};
    const struct limit_charge wanted[] = {one_of(quick, 1, 2), one_of(hourly, 2, 1)};
    cr_expect_eq(charge(stores[0], STORE_CHARGE, wanted, 2).result, STORE_OK);
    const char *left = redis_server_ask(it.server, "PTTL", name_of(2));
    long ttl_ms = strtol(left, NULL, 10);
    cr_expect(ttl_ms > 3500000 && ttl_ms <= 3600001, "%s", left);
    expect_soon(!key_exists(&it, "limit:1"));
}

/* As after a clock that was set back, or a longer limit in the settings before. */
Test(store_redis_charge, a_word_from_too_far_in_the_future_is_an_empty_burst)
{
    static const char *const far[] = {"8000000000000000", "inf", "nan"};
    for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
        const struct limit_charge wanted = one_of(hourly, 1, 1);
        (void)redis_server_ask(it.server, "SET", name_of(1), far[i]);
        struct charged charged = charge(stores[0], STORE_CHARGE, &wanted, 1);
        cr_expect_eq(charged.result, STORE_CONFLICT);
        cr_expect_eq(charged.standings[0].full_us, 3 * hourly.interval_us);
        charged = charge(stores[1], STORE_CHARGE, &wanted, 1);
        cr_expect_lt(charged.standings[0].full_us, 3 * hourly.interval_us, "it does not end: %s",
                     far[i]);
    }
}

Test(store_redis_charge, what_is_no_word_counts_as_none)
{
    const struct limit_charge wanted = one_of(hourly, 1, 1);
    (void)redis_server_ask(it.server, "SET", name_of(1), "no number");
    cr_expect_eq(charge(stores[0], STORE_CHARGE, &wanted, 1).standings[0].remaining, 2);
    (void)redis_server_ask(it.server, "DEL", name_of(1));
    (void)redis_server_ask(it.server, "HSET", name_of(1), "a", "hash");
    cr_expect_eq(charge(stores[0], STORE_CHARGE, &wanted, 1).standings[0].remaining, 2);
    cr_expect_gt(word_of(1), 0);
}

Test(store_redis_charge, a_full_redis_weighs_on)
{
    const struct limit_charge wanted = one_of(hourly, 1, 1);
    (void)redis_server_ask(it.server, "CONFIG", "SET", "maxmemory", "1");
    cr_expect_eq(charge(stores[0], STORE_CHARGE, &wanted, 1).result, STORE_OK);
    cr_expect(store_ready(stores[0]));
}

Test(store_redis_charge, without_a_redis_nothing_is_decided)
{
    const struct limit_charge wanted = one_of(hourly, 1, 1);
    redis_server_kill(it.server);
    cr_expect_eq(charge(stores[0], STORE_CHARGE, &wanted, 1).result, STORE_UNAVAILABLE);
}

/* ---- the same arithmetic ---- */

static uint64_t roll(uint64_t below)
{
    uint64_t bits = 0;
    random_fill(&it.base.random.random, &bits, sizeof bits);
    return bits % below;
}

/* Redis' time at the answer: a word says when, and the standing how long until then. 0: none of
 * them is there any more. */
static uint64_t time_of(const struct charged *charged, const struct limit_charge *charges)
{
    for (size_t i = 0; i < charged->count; i++) {
        uint64_t word = charged->standings[i].full_us > 0 ? word_of(charges[i].key) : 0;
        if (word > 0) {
            return word - charged->standings[i].full_us;
        }
    }
    return 0;
}

static void expect_same(const struct charged *charged, const struct limit_standing *standings)
{
    for (size_t i = 0; i < charged->count; i++) {
        cr_assert_eq(charged->standings[i].remaining, standings[i].remaining);
        cr_assert_eq(charged->standings[i].full_us, standings[i].full_us);
        cr_assert_eq(charged->standings[i].retry_us, standings[i].retry_us);
    }
}

/* Something is asked of either store and then of the model, at the same time. */
static void play_step(struct limiter *model, enum store_charging how,
                      const struct limit_charge *charges, size_t count, uint64_t *at)
{
    struct limit_standing standings[KEYS];
    struct charged charged = charge(stores[roll(2)], how, charges, count);
    uint64_t then = time_of(&charged, charges);
    *at = then > 0 ? then : *at;
    if (how == STORE_CHARGE && then > 0) {
        bool admitted = limiter_charge(model, *at, charges, count, standings);
        cr_assert_eq(admitted, charged.result == STORE_OK);
        expect_same(&charged, standings);
    }
    for (size_t i = 0; i < count && how == STORE_DEBIT; i++) {
        limiter_debit(model, *at, &charges[i]);
    }
    for (size_t i = 0; i < count && how == STORE_REFUND; i++) {
        limiter_refund(model, *at, &charges[i]);
    }
    cr_assert(how == STORE_CHARGE || charged.result == STORE_OK);
}

Test(store_redis_charge, reckons_as_the_limiter_does)
{
    enum { STEPS = 150 };
    static const struct limit_rule rules[KEYS] = {
        {.interval_us = 100003, .burst = 5},
        {.interval_us = 77777ULL * SECOND + 1, .burst = 20},
        {.interval_us = 31536000ULL * SECOND / 1000, .burst = 1000},
    };
    static const enum store_charging ways[] = {STORE_CHARGE, STORE_CHARGE, STORE_CHARGE,
                                               STORE_REFUND, STORE_DEBIT};
    struct limiter *model = limiter_new(100);
    uint64_t at = 0;
    for (unsigned step = 0; step < STEPS; step++) {
        struct limit_charge charges[KEYS];
        size_t count = 1 + roll(KEYS);
        for (size_t i = 0; i < count; i++) {
            charges[i] = one_of(rules[i], i + 1, roll(4));
        }
        play_step(model, ways[roll(sizeof ways / sizeof *ways)], charges, count, &at);
    }
    limiter_free(model);
}

/* ---- the promise ---- */

/* Over any interleaving of two processes: what was admitted less what was given back is at most the
 * burst and what comes back in the time. */
Test(store_redis_charge, admits_no_more_than_burst_and_rate_over_two_processes)
{
    enum { ROUNDS = 60, AT_ONCE = 20, INTERVAL_US = 7000, BURST = 9 };
    const struct limit_charge wanted =
        one_of((struct limit_rule){.interval_us = INTERVAL_US, .burst = BURST}, 1, 1);
    struct charged charged = {0};
    struct charged refunded = {0};
    uint64_t refunds = 0;
    uint64_t asked = 0;
    uint64_t began_ns = clock_precise_ns();
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned charges = 1 + (unsigned)roll(AT_ONCE);
        for (unsigned i = 0; i < charges; i++, asked++) {
            (void)store_charge(stores[roll(2)], STORE_CHARGE, &wanted, 1, on_charged, &charged);
        }
        if (roll(3) == 0) {
            refunds++;
            (void)store_charge(stores[roll(2)], STORE_REFUND, &wanted, 1, on_charged, &refunded);
        }
        expect_in_time(&it, charged.answers == asked && refunded.answers == refunds);
        uint64_t elapsed_us = (clock_precise_ns() - began_ns) / 1000;
        cr_assert_leq(charged.admitted - refunds, BURST + elapsed_us / INTERVAL_US + 1);
    }
    cr_expect_gt(asked, charged.admitted, "nothing was refused");
}
