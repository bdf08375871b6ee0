/*
 * How long the upstream wants us to stay away: the Retry-After header, or the sentence old gateways
 * send instead.
 */
#pragma once

#include <stdint.h>

enum { RETRY_AFTER_MAX_S = 300 };

/* From 1 to RETRY_AFTER_MAX_S; 1 when nothing tells. Both texts may be NULL; `wall_ms` is now, for
 * a header that is a date. */
unsigned retry_after_seconds(const char *header, const char *body, int64_t wall_ms);
