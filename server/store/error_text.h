/*
 * Why something could not be opened, in words for whoever starts the daemon. Used at start-up only.
 */
#pragma once

#include "base/alloc.h"

#include <stddef.h>

struct error_text {
    char *text; /* NUL-terminated once said; may be NULL when size is 0 */
    size_t size;
};

/* Cuts what does not fit. */
void error_say(const struct error_text *error, const char *format, ...) PRINTF_LIKE(2, 3);
