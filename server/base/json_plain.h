/*
 * The characters that a JSON text holds as they are, which is nearly all of what is read and
 * written.
 */
#pragma once

#include <stddef.h>

/* How many bytes from the start on are printable ASCII but neither quote nor backslash. */
size_t json_plain_run(const char *text, size_t size);
