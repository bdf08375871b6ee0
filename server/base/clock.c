/*
 * The system's clocks, the standing clock of tests, and the one way to write a time down.
 */
#include "base/clock.h"

#include <time.h>

enum { MS_PER_S = 1000, NS_PER_MS = 1000000, NS_PER_S = 1000000000 };

static uint64_t system_monotonic_ms(void *context)
{
    (void)context;
    return clock_precise_ns() / NS_PER_MS;
}

static int64_t system_wall_ms(void *context)
{
    (void)context;
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * MS_PER_S + now.tv_nsec / NS_PER_MS;
}

const struct clock *clock_system(void)
{
    static const struct clock system = {system_monotonic_ms, system_wall_ms, NULL};
    return &system;
}

uint64_t clock_precise_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static uint64_t fake_monotonic_ms(void *context)
{
    return ((const struct fake_clock *)context)->monotonic_ms;
}

static int64_t fake_wall_ms(void *context)
{
    return ((const struct fake_clock *)context)->wall_ms;
}

void fake_clock_init(struct fake_clock *fake, int64_t wall_ms)
{
    /* an odd start, so that nobody mixes the two clocks up unnoticed */
    *fake = (struct fake_clock){{fake_monotonic_ms, fake_wall_ms, fake}, 7000, wall_ms};
}

void fake_clock_advance(struct fake_clock *fake, int64_t ms)
{
    fake->monotonic_ms += (uint64_t)ms;
    fake->wall_ms += ms;
}

/* `count` decimal digits, right to left. */
static void put_digits(char *at, int value, int count)
{
    while (count > 0) {
        at[--count] = (char)('0' + value % 10);
        value /= 10;
    }
}

void rfc3339_format(int64_t wall_ms, char ret[RFC3339_SIZE])
{
    static const int64_t last_ms = 253402300799999; /* of the year 9999 */
    int64_t ms = wall_ms < 0 ? 0 : wall_ms;
    ms = ms > last_ms ? last_ms : ms;
    time_t seconds = (time_t)(ms / MS_PER_S);
    struct tm tm = {0};
    (void)gmtime_r(&seconds, &tm);
    static const char pattern[RFC3339_SIZE] = "0000-00-00T00:00:00.000Z";
    for (int i = 0; i < RFC3339_SIZE; i++) {
        ret[i] = pattern[i];
    }
    put_digits(ret, tm.tm_year + 1900, 4);
    put_digits(ret + 5, tm.tm_mon + 1, 2);
    put_digits(ret + 8, tm.tm_mday, 2);
    put_digits(ret + 11, tm.tm_hour, 2);
    put_digits(ret + 14, tm.tm_min, 2);
    put_digits(ret + 17, tm.tm_sec, 2);
    put_digits(ret + 20, (int)(ms % MS_PER_S), 3);
}
