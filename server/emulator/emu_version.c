/*
 * The version table.
 */
#include "emulator/emu_version.h"

static const struct emu_version_info versions[EMU_VERSION_COUNT] = {
    [EMU_V1_1_PREVIEW_1] = {.name = "v1.1-preview.1",
                            .preview = true,
                            .default_model = "2022-10-15-preview.04",
                            .attempts_default = 3},
    [EMU_V1_2_PREVIEW_1] = {.name = "v1.2-preview.1",
                            .preview = true,
                            .images = true,
                            .model_field = "livenessSingleModalModel",
                            .default_model = "2023-12-20-preview.06",
                            .attempts_default = 3},
    [EMU_V1_2] = {.name = "v1.2",
                  .images = true,
                  .model_field = "livenessModelVersion",
                  .default_model = "2025-05-20",
                  .attempts_default = 3},
    [EMU_V1_3_PREVIEW_1] = {.name = "v1.3-preview.1",
                            .images = true,
                            .abuse = true,
                            .model_field = "livenessModelVersion",
                            .default_model = "2025-05-20",
                            .attempts_default = 1},
};

const struct emu_version_info *emu_version_info(enum emu_version version)
{
    return &versions[version];
}

bool emu_version_find(struct slice name, enum emu_version *ret)
{
    for (enum emu_version i = EMU_V1_1_PREVIEW_1; i < EMU_VERSION_COUNT; i++) {
        if (slice_equal_nocase(name, slice_of(versions[i].name))) {
            *ret = i;
            return true;
        }
    }
    return false;
}
