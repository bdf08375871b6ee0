/*
 * The upstream's address as people write or paste it, made into the one form paths are appended to.
 * Regional endpoints and custom subdomains need no distinction: both are hosts that get /face/….
 */
#pragma once

#include "base/alloc.h"

/* scheme://host[:port][/prefix], no trailing slash; https, or http to loopback only. On success 0
 * and *ret is the caller's (free). On failure -EINVAL and *ret_why a static sentence. */
int endpoint_normalise(const char *text, char **ret, const char **ret_why) MUST_CHECK;
