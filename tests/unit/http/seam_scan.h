/*
 * Looking through the memory of this process for what the tests sent: what a server must not keep.
 */
#pragma once

#include "base/alloc.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the tests send where a face would be: SEAM_MARK bytes that stand nowhere in the program. */
enum { SEAM_MARK = 16 };

static inline void seam_mark(char mark[SEAM_MARK])
{
    for (int i = 0; i < SEAM_MARK; i++)
        mark[i] = (char)(0x91 + i * 53);
}

static inline unsigned seam_count_marks(const char *bytes, size_t size)
{
    unsigned found = 0;
    for (const char *at = bytes; (at = memchr(at, 0x91, size - (size_t)(at - bytes))) != NULL;
         at++) {
        size_t same = 1;
        size_t rest = size - (size_t)(at - bytes);
        while (same < SEAM_MARK && same < rest && at[same] == (char)(0x91 + (int)same * 53))
            same++;
        found += same == SEAM_MARK;
    }
    return found;
}

/* Looks for the mark in all memory that can be written, the freed part of the heap included. The
 * stack is left out: binding a library's function when it is first called stores the vector
 * registers there, and what memmem or memcpy had in them. */
static inline void seam_scan(atomic_ullong *ret_found)
{
    enum { PIECE = 1 << 20 };
    static const size_t largest = (size_t)1 << 30; /* above: the sanitizer's shadow */
    FILE *maps = fopen("/proc/self/maps", "re");
    FILE *memory = fopen("/proc/self/mem", "re");
    char line[512], *piece = xcalloc(1, PIECE);
    unsigned long long from, to, found = 0;
    while (maps && memory && fgets(line, sizeof line, maps)) {
        char *end;
        from = strtoull(line, &end, 16);
        to = strtoull(end + 1, &end, 16);
        if (strncmp(end, " rw", 3) != 0 || to - from > largest || strstr(end, "[stack]"))
            continue;
        for (; from < to; from += PIECE) {
            ssize_t got =
                pread(fileno(memory), piece, to - from < PIECE ? to - from : PIECE, (off_t)from);
            if (got > 0)
                found += seam_count_marks(piece, (size_t)got);
            explicit_bzero(piece, PIECE);
        }
    }
    atomic_store(ret_found, found);
    (void)fclose(maps);
    (void)fclose(memory);
    free(piece);
}
