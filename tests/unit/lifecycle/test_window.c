/* Promises of lifecycle/window.h. */
#include "lifecycle/window.h"

#include <criterion/criterion.h>

Test(window, is_as_wide_as_it_may_be_at_first)
{
    struct window window;
    window_init(&window, 16);
    cr_expect_eq(window_room(&window, 0, 1000), 16);
    cr_expect_eq(window_room(&window, 15, 1000), 1);
    cr_expect_eq(window_room(&window, 16, 1000), 0);
    cr_expect_eq(window_room(&window, 17, 1000), 0);
}

Test(window, pauses_and_halves_when_refused)
{
    struct window window;
    window_init(&window, 16);
    window_refused(&window, 1000);
    cr_expect_eq(window_room(&window, 0, 1000), 0);
    cr_expect_eq(window_room(&window, 0, 1000 + WINDOW_PAUSE_FIRST_MS - 1), 0);
    cr_expect_eq(window_room(&window, 0, 1000 + WINDOW_PAUSE_FIRST_MS), 8);
}

Test(window, takes_the_refusals_of_one_time_as_one)
{
    struct window window;
    window_init(&window, 16);
    for (int i = 0; i < 16; i++)
        window_refused(&window, 1000);
    cr_expect_eq(window_room(&window, 0, 1000 + WINDOW_PAUSE_FIRST_MS), 8);
}

Test(window, pauses_ever_longer_but_never_closes)
{
    struct window window;
    uint64_t now = 1000;
    uint64_t longest = 0;
    window_init(&window, 16);
    for (int i = 0; i < 100; i++) {
        window_refused(&window, now);
        uint64_t pause = window.paused_until - now;
        cr_expect_geq(pause, longest);
        longest = pause;
        now = window.paused_until;
        cr_expect_geq(window_room(&window, 0, now), 1);
    }
    cr_expect_eq(longest, WINDOW_PAUSE_MAX_MS);
    cr_expect_eq(window_room(&window, 0, now), 1);
}

Test(window, opens_again_with_each_success_up_to_its_limit)
{
    struct window window;
    window_init(&window, 4);
    window_refused(&window, 1000);
    window_refused(&window, 3000);
    cr_expect_eq(window_room(&window, 0, 9000), 1);
    window_succeeded(&window);
    cr_expect_eq(window_room(&window, 0, 9000), 2);
    for (int i = 0; i < 10; i++)
        window_succeeded(&window);
    cr_expect_eq(window_room(&window, 0, 9000), 4);
    window_refused(&window, 9000);
    cr_expect_eq(window.paused_until, 9000 + WINDOW_PAUSE_FIRST_MS);
}
