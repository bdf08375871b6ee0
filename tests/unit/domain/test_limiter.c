/*
 * The limiter against its promises, and against a model that is slow and obvious: a bucket of
 * tokens that is refilled microsecond by microsecond.
 */
#include "base/random.h"
#include "domain/limiter.h"

#include <criterion/criterion.h>
#include <string.h>

enum { KEYS = 4, SECOND = 1000000 };

static const uint64_t dawn = 1000000000; /* when tests begin, us */

static struct limit_charge charge_of(struct limit_rule rule, uint64_t key, uint64_t cost)
{
    return (struct limit_charge){.rule = rule, .key = key, .cost = cost};
}

static bool charge_one(struct limiter *limiter, uint64_t now, struct limit_charge charge,
                       struct limit_standing *ret)
{
    return limiter_charge(limiter, now, &charge, 1, ret);
}

static unsigned admitted_of(struct limiter *limiter, uint64_t now, struct limit_charge charge,
                            unsigned tries)
{
    struct limit_standing standing;
    unsigned admitted = 0;
    while (tries-- > 0)
        admitted += charge_one(limiter, now, charge, &standing);
    return admitted;
}

Test(limiter, admits_the_burst_at_once_and_then_one_an_interval)
{
    struct limiter *limiter = limiter_new(100);
    struct limit_charge charge = charge_of(limit_rule_of(6, 600ULL * SECOND, 3), 1, 1);
    cr_expect_eq(admitted_of(limiter, dawn, charge, 10), 3);
    cr_expect_eq(admitted_of(limiter, dawn + 100ULL * SECOND - 1, charge, 10), 0);
    cr_expect_eq(admitted_of(limiter, dawn + 100ULL * SECOND, charge, 10), 1);
    cr_expect_eq(admitted_of(limiter, dawn + 10000ULL * SECOND, charge, 10), 3);
    limiter_free(limiter);
}

Test(limiter, says_when_to_come_back_and_means_it)
{
    struct limiter *limiter = limiter_new(100);
    struct limit_charge charge = charge_of(limit_rule_of(7, 60ULL * SECOND, 5), 1, 2);
    struct limit_standing standing;
    (void)admitted_of(limiter, dawn, charge, 2);
    cr_assert_not(charge_one(limiter, dawn, charge, &standing));
    cr_expect_eq(standing.remaining, 1);
    cr_assert_gt(standing.retry_us, 0);
    cr_expect_not(
        charge_one(limiter, dawn + standing.retry_us - 1, charge, &(struct limit_standing){0}));
    cr_expect(charge_one(limiter, dawn + standing.retry_us, charge, &standing));
    limiter_free(limiter);
}

Test(limiter, charges_all_keys_of_a_request_or_none)
{
    struct limiter *limiter = limiter_new(100);
    struct limit_charge both[] = {charge_of(limit_rule_of(1, SECOND, 5), 1, 1),
                                  charge_of(limit_rule_of(1, SECOND, 2), 2, 1)};
    struct limit_standing standing[2];
    cr_expect(limiter_charge(limiter, dawn, both, 2, standing));
    cr_expect(limiter_charge(limiter, dawn, both, 2, standing));
    cr_expect_not(limiter_charge(limiter, dawn, both, 2, standing));
    cr_expect_eq(standing[0].remaining, 3, "the first was charged although the second refused");
    cr_expect_eq(standing[0].retry_us, 0);
    cr_expect_gt(standing[1].retry_us, 0);
    limiter_free(limiter);
}

Test(limiter, a_rule_that_is_off_admits_everything_and_keeps_nothing)
{
    struct limiter *limiter = limiter_new(100);
    cr_expect_eq(admitted_of(limiter, dawn, charge_of(limit_rule_of(0, SECOND, 1), 1, 9), 50), 50);
    cr_expect_eq(limiter_keys(limiter), 0);
    limiter_free(limiter);
}

Test(limiter, what_costs_more_than_the_burst_is_never_admitted)
{
    struct limiter *limiter = limiter_new(100);
    struct limit_standing standing;
    cr_expect_not(
        charge_one(limiter, dawn, charge_of(limit_rule_of(1, SECOND, 2), 1, 3), &standing));
    cr_expect_eq(standing.retry_us, UINT64_MAX);
    limiter_free(limiter);
}

Test(limiter, looking_costs_nothing)
{
    struct limiter *limiter = limiter_new(100);
    struct limit_standing standing;
    cr_expect(charge_one(limiter, dawn, charge_of(limit_rule_of(1, SECOND, 2), 1, 0), &standing));
    cr_expect_eq(standing.remaining, 2);
    cr_expect_eq(limiter_keys(limiter), 0);
    limiter_free(limiter);
}

Test(limiter, a_refund_never_goes_above_the_burst)
{
    struct limiter *limiter = limiter_new(100);
    struct limit_charge charge = charge_of(limit_rule_of(1, SECOND, 3), 1, 1);
    limiter_refund(limiter, dawn, &charge);
    cr_expect_eq(admitted_of(limiter, dawn, charge, 10), 3);
    limiter_refund(limiter, dawn, &charge);
    cr_expect_eq(admitted_of(limiter, dawn, charge, 10), 1);
    for (int i = 0; i < 10; i++)
        limiter_refund(limiter, dawn, &charge);
    cr_expect_eq(admitted_of(limiter, dawn, charge, 10), 3);
    limiter_free(limiter);
}

Test(limiter, a_debit_needs_no_balance_and_is_bounded)
{
    struct limiter *limiter = limiter_new(100);
    struct limit_charge charge = charge_of(limit_rule_of(1, SECOND, 3), 1, 2);
    struct limit_standing standing;
    for (int i = 0; i < 100; i++)
        limiter_debit(limiter, dawn, &charge);
    cr_expect_not(charge_one(limiter, dawn, charge, &standing));
    cr_expect_eq(standing.full_us, 6ULL * SECOND);
    cr_expect_eq(admitted_of(limiter, dawn + 5ULL * SECOND, charge, 10), 1);
    limiter_free(limiter);
}

Test(limiter, a_look_says_how_a_charge_would_end_and_costs_nothing)
{
    struct limiter *limiter = limiter_new(100);
    struct limit_charge charge = charge_of(limit_rule_of(1, SECOND, 2), 1, 1);
    for (int i = 0; i < 5; i++) {
        struct limit_standing standing = limiter_look(limiter, dawn, &charge);
        cr_expect_eq(standing.retry_us, 0);
        cr_expect_eq(standing.remaining, 1);
    }
    cr_assert_eq(admitted_of(limiter, dawn, charge, 5), 2);
    cr_expect_eq(limiter_look(limiter, dawn, &charge).retry_us, SECOND);
    cr_expect_eq(limiter_look(limiter, dawn + SECOND, &charge).retry_us, 0);
    limiter_free(limiter);
}

Test(limiter, is_raised_to_what_others_know_and_never_lowered)
{
    struct limiter *limiter = limiter_new(100);
    struct limit_charge charge = charge_of(limit_rule_of(1, SECOND, 3), 1, 1);
    limiter_raise(limiter, dawn, &charge, 2ULL * SECOND);
    cr_expect_eq(limiter_look(limiter, dawn, &charge).remaining, 0);
    limiter_raise(limiter, dawn, &charge, SECOND);
    cr_expect_eq(limiter_look(limiter, dawn, &charge).remaining, 0);
    limiter_raise(limiter, dawn, &charge, UINT64_MAX);
    cr_expect_eq(limiter_look(limiter, dawn, &charge).full_us, 6ULL * SECOND, "as by debits");
    limiter_free(limiter);
}

/* tests/bench/limiter.c measures more of them, and how long one stops the others. */
Test(limiter, a_key_takes_at_most_forty_bytes, .timeout = 120)
{
    enum { MANY = 100000 };
    struct fake_random random;
    struct limiter *limiter = limiter_new(MANY);
    fake_random_init(&random, 11);
    for (size_t i = 0; i < MANY; i++) {
        uint64_t key;
        random_fill(&random.random, &key, sizeof key);
        (void)admitted_of(limiter, dawn, charge_of(limit_rule_of(1, SECOND, 3), key, 1), 1);
    }
    cr_assert_eq(limiter_keys(limiter), MANY);
    cr_expect_leq(limiter_bytes(limiter), 40UL * MANY, "%zu bytes", limiter_bytes(limiter));
    limiter_free(limiter);
}

Test(limiter, sweeping_drops_those_with_all_of_their_burst_only)
{
    struct limiter *limiter = limiter_new(1000);
    struct limit_rule quick = limit_rule_of(1, SECOND, 3),
                      slow = limit_rule_of(1, 60ULL * SECOND, 3);
    for (uint64_t key = 1; key <= 100; key++)
        (void)admitted_of(limiter, dawn, charge_of(key % 2 ? quick : slow, key * 7919, 1), 1);
    cr_assert_eq(limiter_keys(limiter), 100);
    for (int i = 0; i < 10; i++)
        limiter_sweep(limiter, dawn + 2ULL * SECOND, 10);
    cr_expect_eq(limiter_keys(limiter), 50);
    limiter_free(limiter);
}

Test(limiter, never_keeps_more_keys_than_it_may)
{
    struct limiter *limiter = limiter_new(64);
    struct limit_rule rule = limit_rule_of(1, SECOND, 3);
    for (uint64_t key = 1; key <= 10000; key++) {
        (void)admitted_of(limiter, dawn + key, charge_of(rule, key * 0x9E3779B97F4A7C15ULL, 1), 1);
        cr_assert_leq(limiter_keys(limiter), 64);
    }
    limiter_free(limiter);
}

Test(limiter, makes_room_with_those_that_owe_nothing_before_those_that_do)
{
    struct limiter *limiter = limiter_new(16);
    struct limit_rule quick = limit_rule_of(1, 1000, 3),
                      slow = limit_rule_of(1, 600ULL * SECOND, 1);
    struct limit_charge abuser = charge_of(slow, 5000, 1);
    cr_assert_eq(admitted_of(limiter, dawn, abuser, 5), 1);
    for (uint64_t key = 1; key <= 1000; key++)
        (void)admitted_of(limiter, dawn + key * 2000, charge_of(quick, key * 977, 1), 1);
    cr_expect_eq(admitted_of(limiter, dawn + 3ULL * SECOND, abuser, 5), 0, "forgotten too soon");
    limiter_free(limiter);
}

/* ---- against the model ---- */

struct bucket {
    struct limit_rule rule;
    uint64_t tokens_us; /* tokens, each worth an interval */
    uint64_t at;
};

static void bucket_fill(struct bucket *bucket, uint64_t now)
{
    uint64_t most = bucket->rule.burst * bucket->rule.interval_us;
    bucket->tokens_us += now - bucket->at;
    bucket->tokens_us = bucket->tokens_us < most ? bucket->tokens_us : most;
    bucket->at = now;
}

static bool bucket_has(struct bucket *bucket, uint64_t now, uint64_t cost)
{
    bucket_fill(bucket, now);
    return bucket->tokens_us >= cost * bucket->rule.interval_us;
}

static uint64_t roll(struct fake_random *random, uint64_t below)
{
    uint64_t value = 0;
    random_fill(&random->random, &value, sizeof value);
    return value % below;
}

struct play {
    struct fake_random random;
    struct limiter *limiter;
    struct bucket buckets[KEYS];
    uint64_t now;
    uint64_t spent[KEYS]; /* charged, less what was given back */
};

static struct limit_charge play_charge(struct play *play, uint64_t key)
{
    return charge_of(play->buckets[key].rule, 1000 + key, roll(&play->random, 4));
}

static void play_request(struct play *play)
{
    struct limit_charge charges[KEYS];
    struct limit_standing standing[KEYS];
    size_t first = roll(&play->random, KEYS), count = 1 + roll(&play->random, KEYS - first);
    bool expected = true;
    for (size_t i = 0; i < count; i++) {
        charges[i] = play_charge(play, first + i);
        expected &= bucket_has(&play->buckets[first + i], play->now, charges[i].cost);
    }
    cr_assert_eq(limiter_charge(play->limiter, play->now, charges, count, standing), expected);
    for (size_t i = 0; i < count; i++) {
        struct bucket *bucket = &play->buckets[first + i];
        if (expected) {
            bucket->tokens_us -= charges[i].cost * bucket->rule.interval_us;
            play->spent[first + i] += charges[i].cost;
        }
        cr_assert_eq(standing[i].remaining, bucket->tokens_us / bucket->rule.interval_us);
    }
}

static void play_refund(struct play *play)
{
    size_t key = roll(&play->random, KEYS);
    struct bucket *bucket = &play->buckets[key];
    struct limit_charge charge = charge_of(bucket->rule, 1000 + key, 1);
    if (play->spent[key] == 0)
        return;
    play->spent[key]--;
    limiter_refund(play->limiter, play->now, &charge);
    bucket_fill(bucket, play->now);
    bucket->tokens_us += bucket->rule.interval_us;
    bucket_fill(bucket, play->now);
}

static void play_run(struct play *play, uint64_t seed)
{
    fake_random_init(&play->random, seed);
    play->limiter = limiter_new(1000);
    play->now = dawn;
    for (size_t i = 0; i < KEYS; i++) {
        struct limit_rule rule =
            limit_rule_of(1 + roll(&play->random, 20), 1 + roll(&play->random, 5000000),
                          1 + roll(&play->random, 9));
        play->buckets[i] = (struct bucket){rule, rule.burst * rule.interval_us, dawn};
        play->spent[i] = 0;
    }
    for (int step = 0; step < 2000; step++) {
        play->now += roll(&play->random, 3) ? roll(&play->random, 400000) : 0;
        if (roll(&play->random, 5) == 0)
            play_refund(play);
        else
            play_request(play);
        if (roll(&play->random, 7) == 0)
            limiter_sweep(play->limiter, play->now, roll(&play->random, 5));
        for (size_t i = 0; i < KEYS; i++)
            cr_assert_leq(play->spent[i],
                          play->buckets[i].rule.burst +
                              (play->now - dawn) / play->buckets[i].rule.interval_us);
    }
    play->limiter = limiter_free(play->limiter);
}

Test(limiter, agrees_with_buckets_of_tokens_over_any_interleaving, .timeout = 120)
{
    static struct play play;
    for (uint64_t seed = 1; seed <= 100; seed++)
        play_run(&play, seed);
}
