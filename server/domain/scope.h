/*
 * What a credential allows beyond sessions of one's own, as the words of settings and tokens say
 * it.
 */
#pragma once

#include <stdbool.h>

#include "base/slice.h"

enum scope { SCOPE_OPERATE = 1, SCOPE_DELEGATE = 2 };

/* Adds the scope that the word names; false when it names none. */
static inline bool scope_add(struct slice word, unsigned *scopes)
{
    if (slice_equal(word, SLICE("liveness:operate"))) {
        *scopes |= SCOPE_OPERATE;
        return true;
    }
    if (slice_equal(word, SLICE("liveness:delegate"))) {
        *scopes |= SCOPE_DELEGATE;
        return true;
    }
    return false;
}
