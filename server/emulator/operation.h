/*
 * The operations of the emulated service, as faults name them.
 */
#pragma once

enum emu_operation {
    EMU_CREATE,
    EMU_GET,
    EMU_DELETE,
    EMU_LIST,
    EMU_AUDIT,
    EMU_IMAGE,
    EMU_DETECT,
    EMU_SETTINGS,
    EMU_ASSETS_TOKEN,
    EMU_TOKEN, /* Entra's token endpoint */
    EMU_START,
    EMU_SINGLE_MODAL,
    EMU_ATTEMPT_END,
    EMU_ANY, /* of a fault: every operation */
    EMU_OPERATION_COUNT
};

/* "create", "singleModal"…: static. */
const char *emu_operation_word(enum emu_operation operation);
