/*
 * Memory from the heap. Running out of it ends the process: h2o does the same, and a half-handled
 * shortage is a path no test reaches. What a client can make us allocate is bounded elsewhere
 * (caps of `struct buf`, body sizes, connection counts).
 */
#pragma once

#include <stddef.h>

#define MUST_CHECK              __attribute__((warn_unused_result))
#define PRINTF_LIKE(text, args) __attribute__((format(printf, text, args)))

/* Zeroed memory; never NULL. Freed with free(). */
void *xcalloc(size_t count, size_t size) MUST_CHECK;
void *xrealloc(void *memory, size_t size) MUST_CHECK;
/* Copies, NUL-terminated; never NULL. Freed with free(). */
char *xstrdup(const char *text) MUST_CHECK;
char *xmemdup0(const void *bytes, size_t size) MUST_CHECK;
