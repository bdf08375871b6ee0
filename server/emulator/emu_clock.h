/*
 * The emulator's own time: the wall clock plus an offset that tests move, so that a token's ten
 * minutes and a session's 48 hours pass in no time. Delays of answers do not follow it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

enum { EMU_CLOCK_MAX_OFFSET_S = 10 * 366 * 24 * 3600 };

struct emu_clock {
    const struct clock *base;
    int64_t offset_s;
};

int64_t emu_clock_now_ms(const struct emu_clock *clock);
/* False, and nothing changed, when the offset would leave ± EMU_CLOCK_MAX_OFFSET_S. */
bool emu_clock_set_offset(struct emu_clock *clock, int64_t offset_s);
bool emu_clock_advance(struct emu_clock *clock, int64_t seconds);
