/* Promises of base/uv_timer.h. */
#include "base/uv_timer.h"

#include <criterion/criterion.h>
#include <time.h>

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void note_time(uv_timer_t *timer)
{
    *(uint64_t *)timer->data = now_ns();
}

Test(uv_timer, counts_from_now_and_not_from_the_loops_old_time)
{
    uv_loop_t loop;
    uv_timer_t timer;
    uint64_t fired_ns = 0;
    uv_loop_init(&loop);
    uv_timer_init(&loop, &timer);
    timer.data = &fired_ns;
    /* the loop's time grows old while the process is busy elsewhere */
    uint64_t start = now_ns();
    while (now_ns() - start < 30 * 1000000) {
    }
    uint64_t armed_ns = now_ns();
    timer_start(&timer, note_time, 20, 0);
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_expect_geq(fired_ns - armed_ns, 18 * 1000000, "fired after %llu ns",
                  (unsigned long long)(fired_ns - armed_ns));
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_expect_eq(uv_loop_close(&loop), 0);
}
