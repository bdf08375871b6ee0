/*
 * Sees wiping: secret_wipe ends in explicit_bzero, which is this one here. Not in a header two
 * files of one program include.
 */
#pragma once

#include <string.h>

static struct {
    const char *needle; /* what has to be among the wiped bytes to count */
    size_t size;
    unsigned count;
} wiped;

void explicit_bzero(void *bytes, size_t size)
{
    const void *before = bytes;
    __asm__ __volatile__("" : "+r"(before)); /* gcc holds that it is only written to */
    if (wiped.needle && memmem(before, size, wiped.needle, wiped.size)) {
        wiped.count++;
    }
    memset(bytes, 0, size);
    __asm__ __volatile__("" : : "r"(bytes) : "memory");
}

static inline void watch_for(const char *needle, size_t size)
{
    wiped.needle = needle;
    wiped.size = size;
    wiped.count = 0;
}
