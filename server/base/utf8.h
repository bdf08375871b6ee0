/*
 * UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, nothing above U+10FFFF.
 */
#pragma once

#include <stddef.h>

/* Bytes of the well-formed character at `text` of `size` bytes (1 to 4), or 0 when there is none.
 */
size_t utf8_length(const char *text, size_t size);
/* The longest beginning of at most `limit` bytes that does not cut a character in two. */
size_t utf8_cut(const char *text, size_t size, size_t limit);
