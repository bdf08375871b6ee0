/*
 * Lists of resets on the heap. What a reset means is domain/epochs.h's.
 */
#include "store/store.h"

#include <stdlib.h>

struct device_reset *device_resets_free(struct device_reset *resets)
{
    while (resets) {
        struct device_reset *next = resets->next;
        free(resets);
        resets = next;
    }
    return NULL;
}
