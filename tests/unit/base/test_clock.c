/* Promises of base/clock.h. */
#include "base/clock.h"

#include <criterion/criterion.h>
#include <time.h>

static void expect_time(int64_t wall_ms, const char *text)
{
    char found[RFC3339_SIZE];
    rfc3339_format(wall_ms, found);
    cr_expect_str_eq(found, text);
}

Test(clock, writes_times_as_rfc_3339)
{
    expect_time(0, "1970-01-01T00:00:00.000Z");
    expect_time(1, "1970-01-01T00:00:00.001Z");
    expect_time(951782399999, "2000-02-28T23:59:59.999Z");
    expect_time(951868799000, "2000-02-29T23:59:59.000Z");
    expect_time(1767323045678, "2026-01-02T03:04:05.678Z");
    expect_time(4107542400000, "2100-03-01T00:00:00.000Z");
}

Test(clock, clamps_times_that_do_not_fit)
{
    expect_time(-1, "1970-01-01T00:00:00.000Z");
    expect_time(INT64_MIN, "1970-01-01T00:00:00.000Z");
    expect_time(INT64_MAX, "9999-12-31T23:59:59.999Z");
}

Test(clock, a_fake_clock_moves_only_when_told)
{
    struct fake_clock fake;
    fake_clock_init(&fake, 1000000);
    uint64_t start = clock_monotonic_ms(&fake.clock);
    cr_expect_eq(clock_wall_ms(&fake.clock), 1000000);
    cr_expect_eq(clock_monotonic_ms(&fake.clock), start);
    fake_clock_advance(&fake, 250);
    cr_expect_eq(clock_wall_ms(&fake.clock), 1000250);
    cr_expect_eq(clock_monotonic_ms(&fake.clock), start + 250);
}

Test(clock, the_system_clock_is_the_systems)
{
    const struct clock *clock = clock_system();
    int64_t before_s = (int64_t)time(NULL);
    int64_t now_ms = clock_wall_ms(clock);
    cr_expect_geq(now_ms, before_s * 1000);
    cr_expect_leq(now_ms, (before_s + 60) * 1000);
    uint64_t first = clock_monotonic_ms(clock);
    uint64_t precise_ns = clock_precise_ns();
    cr_expect_geq(precise_ns / 1000000, first);
    cr_expect_geq(clock_monotonic_ms(clock), first);
}
