/*
 * Allocation that cannot fail: the process ends instead, with a line on standard error. How much a
 * client can make us allocate is bounded by the callers.
 */
#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *memory)
{
    if (!memory) {
        (void)fputs("livenessd: out of memory\n", stderr);
        abort();
    }
    return memory;
}

void *xcalloc(size_t count, size_t size)
{
    /* a zero size may give NULL, which callers would take for "nothing there" */
    if (count == 0 || size == 0) {
        count = size = 1;
    }
    return checked(calloc(count, size));
}

void *xrealloc(void *memory, size_t size)
{
    return checked(realloc(memory, size > 0 ? size : 1));
}

char *xstrdup(const char *text)
{
    return xmemdup0(text, strlen(text));
}

char *xmemdup0(const void *bytes, size_t size)
{
    char *copy = checked(malloc(size + 1));
    if (size > 0) {
        memcpy(copy, bytes, size);
    }
    copy[size] = '\0';
    return copy;
}
