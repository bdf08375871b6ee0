/*
 * The version table.
 */
#include "emulator/emu_version.h"

#include <criterion/criterion.h>

Test(emu_version, finds_every_version_in_any_case_and_no_other)
{
    static const char *const unknown[] = {"", "v1.0", "v1.3", "v1.2-preview.2", "v1.2 ", "1.2"};
    enum emu_version version = EMU_VERSION_COUNT;

    for (enum emu_version i = EMU_V1_1_PREVIEW_1; i < EMU_VERSION_COUNT; i++) {
        cr_assert(emu_version_find(slice_of(emu_version_info(i)->name), &version));
        cr_expect_eq(version, i);
    }
    cr_assert(emu_version_find(SLICE("V1.1-PREVIEW.1"), &version));
    cr_expect_eq(version, EMU_V1_1_PREVIEW_1);
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        cr_expect_not(emu_version_find(slice_of(unknown[i]), &version), "%s", unknown[i]);
    cr_expect_eq(version, EMU_V1_1_PREVIEW_1, "untouched");
}

Test(emu_version, allows_one_attempt_in_v1_3_and_three_before)
{
    cr_expect_eq(emu_version_info(EMU_V1_1_PREVIEW_1)->attempts_default, 3);
    cr_expect_eq(emu_version_info(EMU_V1_2_PREVIEW_1)->attempts_default, 3);
    cr_expect_eq(emu_version_info(EMU_V1_2)->attempts_default, 3);
    cr_expect_eq(emu_version_info(EMU_V1_3_PREVIEW_1)->attempts_default, 1);
}
