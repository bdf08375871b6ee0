/*
 * The words of operations.
 */
#include "emulator/operation.h"

const char *emu_operation_word(enum emu_operation operation)
{
    static const char *const words[EMU_OPERATION_COUNT] = {
        [EMU_CREATE] = "create",
        [EMU_GET] = "get",
        [EMU_DELETE] = "delete",
        [EMU_LIST] = "list",
        [EMU_AUDIT] = "audit",
        [EMU_IMAGE] = "image",
        [EMU_DETECT] = "detect",
        [EMU_SETTINGS] = "settings",
        [EMU_ASSETS_TOKEN] = "assetsToken",
        [EMU_TOKEN] = "token",
        [EMU_START] = "start",
        [EMU_SINGLE_MODAL] = "singleModal",
        [EMU_ATTEMPT_END] = "attemptEnd",
        [EMU_ANY] = "any",
    };

    return words[operation];
}
