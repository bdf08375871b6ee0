/*
 * Secrets: wiped when released, compared in constant time, never in a log.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

/* explicit_bzero; accepts NULL with size 0. */
void secret_wipe(void *bytes, size_t size);
/* Wipes and frees a NUL-terminated secret; accepts NULL; returns NULL. */
char *secret_free(char *text);
/* Time depends on the sizes only, never on the content. */
bool secret_equal(const void *a, size_t a_size, const void *b, size_t b_size);
