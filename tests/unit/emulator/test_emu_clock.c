/*
 * The emulator's own time.
 */
#include "emulator/emu_clock.h"

#include <criterion/criterion.h>

static struct fake_clock fake;
static struct emu_clock moved;

static void setup(void)
{
    fake_clock_init(&fake, 1000000);
    moved = (struct emu_clock){.base = &fake.clock};
}

TestSuite(emu_clock, .init = setup);

Test(emu_clock, follows_the_wall_clock)
{
    cr_expect_eq(emu_clock_now_ms(&moved), 1000000);
    fake_clock_advance(&fake, 250);
    cr_expect_eq(emu_clock_now_ms(&moved), 1000250);
}

Test(emu_clock, adds_advances_and_replaces_by_an_offset)
{
    cr_expect(emu_clock_advance(&moved, 600));
    cr_expect(emu_clock_advance(&moved, -100));
    cr_expect_eq(emu_clock_now_ms(&moved), 1500000);
    cr_expect(emu_clock_set_offset(&moved, -1));
    cr_expect_eq(emu_clock_now_ms(&moved), 999000);
}

Test(emu_clock, refuses_to_leave_its_range)
{
    cr_expect(emu_clock_set_offset(&moved, EMU_CLOCK_MAX_OFFSET_S));
    cr_expect_not(emu_clock_advance(&moved, 1));
    cr_expect_not(emu_clock_advance(&moved, INT64_MAX));
    cr_expect_not(emu_clock_set_offset(&moved, INT64_MIN));
    cr_expect_eq(moved.offset_s, EMU_CLOCK_MAX_OFFSET_S);
    cr_expect(emu_clock_set_offset(&moved, -EMU_CLOCK_MAX_OFFSET_S));
    cr_expect_not(emu_clock_advance(&moved, INT64_MIN));
}
