/*
 * application/x-www-form-urlencoded (the URL Standard's): what OAuth token requests are made of.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"

/* Appends the value of the first field of that name, decoded ('+' is a space). False, and nothing
 * appended, when there is none or its value is malformed. */
bool form_field(struct slice body, const char *name, struct buf *ret);
/* Appends name=value, encoded, after an '&' unless it is the first. */
void form_put(struct buf *body, const char *name, struct slice value);
