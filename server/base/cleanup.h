/*
 * Cleanup attributes for synchronous functions. CLEANUP(free_char) char *p = …; frees p on every
 * way out; `return TAKE(p)` hands it over instead.
 */
#pragma once

#include <stdlib.h>
#include <unistd.h>

#define CLEANUP(kind) __attribute__((cleanup(cleanup_##kind)))

/* The value of a pointer, which becomes NULL: ownership moves to whoever gets it. */
#define TAKE(pointer)                                                                              \
    (__extension__({                                                                               \
        __typeof__(pointer) taken_ = (pointer);                                                    \
        (pointer) = NULL;                                                                          \
        taken_;                                                                                    \
    }))

/* NOLINTBEGIN(bugprone-macro-parentheses): a type and a statement cannot stand in them */
/* DEFINE_CLEANUP(buf, struct buf, buf_done(it)) declares cleanup_buf for CLEANUP(buf). */
#define DEFINE_CLEANUP(kind, type, statement)                                                      \
    static inline void cleanup_##kind(type *it)                                                    \
    {                                                                                              \
        statement;                                                                                 \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

DEFINE_CLEANUP(text, char *, free(*it))
/* NOLINTNEXTLINE(readability-non-const-parameter): the attribute passes it so */
DEFINE_CLEANUP(fd, int, if (*it >= 0) close(*it))
