/*
 * A piece of somebody else's text: not NUL-terminated, not owned, valid as long as its source.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

struct slice {
    const char *data;
    size_t len;
};

#define SLICE(literal) ((struct slice)SLICE_INIT(literal))
/* For static tables. */
#define SLICE_INIT(literal)                                                                        \
    {                                                                                              \
        "" literal, sizeof(literal) - 1                                                            \
    }
/* For printf's "%.*s". */
#define SLICE_ARGS(s) (int)(s).len, (s).data ? (s).data : ""

static inline struct slice slice_of(const char *text)
{
    return (struct slice){text, text ? strlen(text) : 0};
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* ASCII case is ignored, as HTTP and the Face API do for names. */
static inline bool slice_equal_nocase(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || strncasecmp(a.data, b.data, a.len) == 0);
}
