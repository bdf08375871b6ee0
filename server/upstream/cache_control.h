/*
 * How long an answer may be used by the word of who gave it: Cache-Control and Age (RFC 9111).
 */
#pragma once

#include <stdint.h>

enum { CACHE_LIFETIME_UNKNOWN = -1, CACHE_LIFETIME_MAX_S = 366 * 24 * 3600 };

/* Seconds left, at most CACHE_LIFETIME_MAX_S; 0 when it is not to be kept or too old by now;
 * CACHE_LIFETIME_UNKNOWN when nothing tells. Both texts may be NULL. */
int64_t cache_lifetime_s(const char *cache_control, const char *age);
