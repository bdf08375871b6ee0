/*
 * The Prefer header (RFC 7240): what a client would like and can do without. So nothing in it is
 * ever an error: what is malformed is passed over up to the next comma.
 */
#pragma once

#include <stdbool.h>

#include "base/slice.h"

enum { PREFERENCE_SIZE = 32 };

/* Whether one line of the header states this preference, in any case, and its value without quotes;
 * empty when it has none, or one too long for us to have a use for. The first of several counts.
 * Parameters of preferences are passed over. */
bool preference_find(struct slice line, struct slice name, char ret_value[PREFERENCE_SIZE]);
