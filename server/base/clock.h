/*
 * Time as a dependency: everything that asks for it gets a clock handed in, so tests can own it.
 * Waiting and rates use the monotonic clock; what is stored or shown uses the wall clock.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct clock {
    uint64_t (*monotonic_ms)(void *context);
    int64_t (*wall_ms)(void *context); /* milliseconds since 1970-01-01T00:00:00Z */
    void *context;
};

/* CLOCK_MONOTONIC and CLOCK_REALTIME. Process lifetime. */
const struct clock *clock_system(void);

static inline uint64_t clock_monotonic_ms(const struct clock *clock)
{
    return clock->monotonic_ms(clock->context);
}

static inline int64_t clock_wall_ms(const struct clock *clock)
{
    return clock->wall_ms(clock->context);
}

/* A clock that stands where it was put. */
struct fake_clock {
    struct clock clock;
    uint64_t monotonic_ms;
    int64_t wall_ms;
};
void fake_clock_init(struct fake_clock *fake, int64_t wall_ms);
void fake_clock_advance(struct fake_clock *fake, int64_t ms);

enum { RFC3339_SIZE = sizeof "2026-01-02T03:04:05.678Z" };
/* UTC with milliseconds (RFC 3339), NUL-terminated. */
void rfc3339_format(int64_t wall_ms, char ret[RFC3339_SIZE]);
/* Nanoseconds of CLOCK_MONOTONIC, for measuring durations only. */
uint64_t clock_precise_ns(void);
