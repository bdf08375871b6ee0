/*
 * What each version of the emulated Face API has. The server keeps a table of its own: what both
 * believe is written down twice on purpose.
 */
#pragma once

#include <stdbool.h>

#include "base/slice.h"

enum emu_version {
    EMU_V1_1_PREVIEW_1,
    EMU_V1_2_PREVIEW_1,
    EMU_V1_2,
    EMU_V1_3_PREVIEW_1,
    EMU_VERSION_COUNT
};

/* Sets of versions, for the table of routes. */
enum emu_versions {
    EMU_ONLY_V1_2_PREVIEW_1 = 1U << EMU_V1_2_PREVIEW_1,
    EMU_ONLY_V1_3_PREVIEW_1 = 1U << EMU_V1_3_PREVIEW_1,
    EMU_PREVIEWS = 1U << EMU_V1_1_PREVIEW_1 | 1U << EMU_V1_2_PREVIEW_1, /* the old shape */
    EMU_SINCE_V1_2 = 1U << EMU_V1_2 | 1U << EMU_V1_3_PREVIEW_1,
    EMU_WITH_IMAGES = EMU_ONLY_V1_2_PREVIEW_1 | EMU_SINCE_V1_2,
    EMU_EVERY_VERSION = EMU_PREVIEWS | EMU_SINCE_V1_2,
    EMU_TUTORIAL = 1U << EMU_VERSION_COUNT, /* besides: only while tutorial paths are served */
    EMU_ONLY_TUTORIAL = 1U << EMU_V1_2 | EMU_TUTORIAL,
};

struct emu_version_info {
    const char *name;        /* the path segment */
    const char *model_field; /* NULL: the model cannot be chosen */
    const char *default_model;
    unsigned attempts_default;
    bool preview; /* the shape before v1.2: `id`, ResultAvailable, audit entries */
    bool images;  /* enableSessionImage, returnVerifyImageHash, verifyConfidenceThreshold */
    bool abuse;   /* what v1.3 added: attempts, user ids, client addresses, settings */
};

const struct emu_version_info *emu_version_info(enum emu_version version);
/* False when there is no such version. Any case. */
bool emu_version_find(struct slice name, enum emu_version *ret);
