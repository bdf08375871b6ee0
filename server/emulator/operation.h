/*
 * The operations of the emulated service, as faults name them.
 */
#pragma once

enum emu_operation {
    EMU_CREATE,
    EMU_GET,
    EMU_DELETE,
    EMU_START,
    EMU_SINGLE_MODAL,
    EMU_ATTEMPT_END,
    EMU_ANY, /* of a fault: every operation */
    EMU_OPERATION_COUNT
};
