/*
 * The Accept header (RFC 9110 section 12.5.1): which of two media types a client would rather have.
 */
#pragma once

#include <stdbool.h>

#include "base/slice.h"

/* Whether the header's value prefers `type` to `other`, both in lower case as "text/html"; false
 * when it has no preference, names neither, or is absent. Of two with the same weight the one that
 * is named is preferred to the one that only a wildcard covers. Parameters but `q` are passed over,
 * what is malformed up to the next comma. */
bool accept_prefers(struct slice accept, const char *type, const char *other);
