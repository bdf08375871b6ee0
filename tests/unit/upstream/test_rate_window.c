/*
 * The ring of starts at rates the queue's tests do not reach.
 */
#include "upstream/rate_window.h"

#include <criterion/criterion.h>

/* Starts as fast as allowed; answers how long `count` starts after the first took. */
static uint64_t run_share(uint64_t rate, uint64_t share, uint64_t count)
{
    struct rate_window window;
    rate_window_init(&window, rate, share);
    uint64_t now = 5000;
    for (uint64_t i = 0; i <= count; i++) {
        uint64_t at = rate_window_free_at(&window);
        now = at > now ? at : now;
        rate_window_start(&window, now);
    }
    rate_window_done(&window);
    return now - 5000;
}

static uint64_t run(uint64_t rate, uint64_t count)
{
    return run_share(rate, 1, count);
}

Test(rate_window, the_first_starts_are_free)
{
    cr_assert_eq(run(10, 9), 0);
    cr_assert_eq(run(1000000, 9999), 0);
}

Test(rate_window, the_next_start_waits_until_the_oldest_has_left)
{
    cr_assert_eq(run(1, 1), 1021);
    cr_assert_eq(run(10, 10), 1021);
}

Test(rate_window, keeps_any_rate_and_is_not_far_below_it)
{
    static const uint64_t rates[] = {1, 2, 3, 7, 10, 999, 1000, 10000, 12345, 100000, 1000000};
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        uint64_t ring = rates[i] < RATE_WINDOW_STARTS_MAX ? rates[i] : RATE_WINDOW_STARTS_MAX;
        uint64_t count = 20 * ring;
        uint64_t exact_ms = count * 1000 / rates[i];
        uint64_t took_ms = run(rates[i], count);
        cr_assert_geq(took_ms, exact_ms, "rate %lu", rates[i]);
        cr_assert_leq(took_ms, exact_ms + exact_ms / 5 + 40, "rate %lu", rates[i]);
    }
}

Test(rate_window, a_share_is_never_more_than_its_part)
{
    cr_assert_eq(run_share(10, 5, 2), 1021);
    cr_assert_eq(run_share(10, 5, 1), 0);
    cr_assert_eq(run_share(1, 5, 1), 5101); /* less than one a second */
    cr_assert_eq(run_share(12, 5, 2), 851); /* two in five sixths of a second */
    cr_assert_geq(run_share(1000000, 5, 200000), 1000);
}

Test(rate_window, a_change_keeps_the_newest_starts)
{
    struct rate_window window;
    rate_window_init(&window, 4, 1);
    for (uint64_t now = 5000; now < 5006; now++) {
        uint64_t at = rate_window_free_at(&window);
        rate_window_start(&window, at > now ? at : now);
    }
    /* 5002 5003 6021 6022 */
    rate_window_change(&window, 2, 1);
    cr_expect_eq(rate_window_free_at(&window), 6021 + 1021);
    rate_window_change(&window, 8, 1);
    cr_expect_eq(rate_window_free_at(&window), 0);
    rate_window_start(&window, 6023);
    rate_window_change(&window, 3, 1);
    cr_expect_eq(rate_window_free_at(&window), 6021 + 1021);
    rate_window_change(&window, 1, 5);
    cr_expect_eq(rate_window_free_at(&window), 6023 + 5101);
    rate_window_done(&window);
}
