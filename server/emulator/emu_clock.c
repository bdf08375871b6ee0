/*
 * Wall clock plus offset. The offset is bounded, so that no sum of times can overflow.
 */
#include "emulator/emu_clock.h"

int64_t emu_clock_now_ms(const struct emu_clock *clock)
{
    return clock_wall_ms(clock->base) + clock->offset_s * 1000;
}

bool emu_clock_set_offset(struct emu_clock *clock, int64_t offset_s)
{
    if (offset_s < -EMU_CLOCK_MAX_OFFSET_S || offset_s > EMU_CLOCK_MAX_OFFSET_S)
        return false;
    clock->offset_s = offset_s;
    return true;
}

bool emu_clock_advance(struct emu_clock *clock, int64_t seconds)
{
    int64_t offset_s = 0;

    return !__builtin_add_overflow(clock->offset_s, seconds, &offset_s) &&
           emu_clock_set_offset(clock, offset_s);
}
