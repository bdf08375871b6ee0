/* The joined loop as libuv's users see it. HTTP on it is tested by test_waiting.c. */
#include "base/clock.h"
#include "base/uv_timer.h"
#include "http/loop.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

struct bench {
    struct loop *loop;
    uv_timer_t timer;
    uv_async_t async;
    unsigned timers, asyncs, turns, early;
    unsigned wanted;
    uint64_t armed_ns;
};

static uint64_t cpu_us(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
           (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static void stop_loop(uv_timer_t *timer)
{
    struct bench *bench = timer->data;
    bench->timers++;
    loop_stop(bench->loop);
}

static void count_turn(void *context)
{
    ((struct bench *)context)->turns++;
}

static void open_bench(struct bench *bench)
{
    *bench = (struct bench){.loop = loop_new()};
    cr_assert_not_null(bench->loop);
    (void)uv_timer_init(loop_uv(bench->loop), &bench->timer);
    bench->timer.data = bench;
}

static void close_bench(struct bench *bench)
{
    uv_close((uv_handle_t *)&bench->timer, NULL);
    loop_settle(bench->loop, 1000);
    cr_expect_null(loop_free(bench->loop));
}

Test(loop, can_be_run_again_after_a_stop)
{
    struct bench bench;
    open_bench(&bench);
    for (int i = 0; i < 3; i++) {
        timer_start(&bench.timer, stop_loop, 2, 0);
        loop_run(bench.loop);
    }
    cr_expect_eq(bench.timers, 3);
    close_bench(&bench);
}

Test(loop, sleeps_between_events)
{
    struct bench bench;
    open_bench(&bench);
    loop_on_turn_end(bench.loop, count_turn, &bench);
    timer_start(&bench.timer, stop_loop, 700, 0);
    uint64_t start_us = cpu_us(), start_ns = clock_precise_ns();
    loop_run(bench.loop);
    cr_expect_geq(clock_precise_ns() - start_ns, 699000000);
    cr_expect_lt(cpu_us() - start_us, 20000);
    cr_expect_leq(bench.turns, 10, "%u turns", bench.turns);
    close_bench(&bench);
}

Test(loop, wakes_no_one_without_uv_handles_but_sleeps)
{
    struct loop *loop = loop_new();
    uint64_t start_us = cpu_us(), start_ns = clock_precise_ns();
    loop_settle(loop, 300); /* nothing is left: returns at once instead of spinning */
    cr_expect_lt(clock_precise_ns() - start_ns, 100000000);
    cr_expect_lt(cpu_us() - start_us, 50000);
    cr_expect_null(loop_free(loop));
}

static void on_async(uv_async_t *async)
{
    struct bench *bench = async->data;
    if (++bench->asyncs == bench->wanted)
        loop_stop(bench->loop);
}

static void *send_asyncs(void *context)
{
    struct bench *bench = context;
    volatile unsigned *seen = &bench->asyncs;
    for (unsigned i = 0; i < bench->wanted; i++) {
        (void)uv_async_send(&bench->async);
        while (__atomic_load_n(seen, __ATOMIC_RELAXED) <= i)
            (void)sched_yield();
    }
    return NULL;
}

Test(loop, is_woken_by_other_threads_every_time)
{
    struct bench bench;
    pthread_t thread;
    open_bench(&bench);
    bench.wanted = 500;
    (void)uv_async_init(loop_uv(bench.loop), &bench.async, on_async);
    bench.async.data = &bench;
    cr_assert_eq(pthread_create(&thread, NULL, send_asyncs, &bench), 0);
    loop_run(bench.loop);
    (void)pthread_join(thread, NULL);
    cr_expect_eq(bench.asyncs, 500);
    uv_close((uv_handle_t *)&bench.async, NULL);
    close_bench(&bench);
}

static void rearm(uv_timer_t *timer)
{
    struct bench *bench = timer->data;
    uint64_t waited_us = (clock_precise_ns() - bench->armed_ns) / 1000;
    bench->early += waited_us + 1000 < bench->timers % 4 * 1000;
    if (++bench->timers == bench->wanted) {
        loop_stop(bench->loop);
        return;
    }
    bench->armed_ns = clock_precise_ns();
    timer_start(timer, rearm, bench->timers % 4, 0);
}

static void ignore_signal(int number)
{
    (void)number;
}

Test(loop, loses_nothing_to_interrupting_signals)
{
    struct bench bench;
    struct sigaction action = {.sa_handler = ignore_signal};
    struct itimerval often = {{0, 500}, {0, 500}}, never = {{0, 0}, {0, 0}};
    open_bench(&bench);
    bench.wanted = 400;
    (void)sigaction(SIGALRM, &action, NULL);
    (void)setitimer(ITIMER_REAL, &often, NULL);
    bench.armed_ns = clock_precise_ns();
    timer_start(&bench.timer, rearm, 0, 0);
    loop_run(bench.loop);
    (void)setitimer(ITIMER_REAL, &never, NULL);
    cr_expect_eq(bench.timers, 400);
    cr_expect_eq(bench.early, 0);
    close_bench(&bench);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct bench *bench = handle->data;
    cr_expect_eq(number, SIGUSR1);
    loop_stop(bench->loop);
}

static void raise_signal(uv_timer_t *timer)
{
    (void)timer;
    (void)raise(SIGUSR1);
}

Test(loop, hears_signals_through_uv)
{
    struct bench bench;
    uv_signal_t handle;
    open_bench(&bench);
    (void)uv_signal_init(loop_uv(bench.loop), &handle);
    handle.data = &bench;
    cr_assert_eq(uv_signal_start(&handle, on_signal, SIGUSR1), 0);
    timer_start(&bench.timer, raise_signal, 5, 0);
    loop_run(bench.loop);
    uv_close((uv_handle_t *)&handle, NULL);
    close_bench(&bench);
}

static void close_late(uv_timer_t *timer)
{
    uv_close((uv_handle_t *)timer, NULL);
}

Test(loop, settles_when_the_last_handle_is_closed)
{
    struct bench bench;
    open_bench(&bench);
    timer_start(&bench.timer, close_late, 50, 0);
    uint64_t start_ns = clock_precise_ns();
    loop_settle(bench.loop, 5000);
    uint64_t took_ns = clock_precise_ns() - start_ns;
    cr_expect(took_ns >= 49000000 && took_ns < 2000000000, "%lu", (unsigned long)took_ns);
    cr_expect_null(loop_free(bench.loop));
}

Test(loop, settling_gives_up_in_time)
{
    struct bench bench;
    open_bench(&bench);
    uint64_t start_ns = clock_precise_ns();
    loop_settle(bench.loop, 60);
    uint64_t took_ns = clock_precise_ns() - start_ns;
    cr_expect(took_ns >= 59000000 && took_ns < 2000000000, "%lu", (unsigned long)took_ns);
    close_bench(&bench);
}
