/*
 * Pictures that are none but look like some to whoever reads the first bytes: a kind's beginning, a
 * text, and zeros up to the size.
 */
#pragma once

#include "base/alloc.h"
#include "base/buf.h"

#define PNG_BEGINNING  "\x89PNG\r\n\x1a\n"
#define JPEG_BEGINNING "\xff\xd8\xff\xe0"

/* The caller frees it (buf_done). */
static inline struct buf picture(const char *beginning, const char *text, size_t size)
{
    struct buf bytes;
    const size_t before = strlen(beginning) + strlen(text);

    buf_init(&bytes, (size_t)16 << 20);
    buf_puts(&bytes, beginning);
    buf_puts(&bytes, text);
    if (size > before) {
        CLEANUP(text) char *zeros = xcalloc(1, size - before);
        buf_append(&bytes, zeros, size - before);
    }
    return bytes;
}
