/*
 * UUIDs as they lie on disk: 16 bytes instead of 36 characters.
 */
#pragma once

#include "base/alloc.h"
#include "base/random.h"

#include <stdbool.h>
#include <stdint.h>

enum { UUID_BYTES_SIZE = 16 };

/* Reads the 8-4-4-4-12 form in either case; false, with ret undefined, for anything else. */
bool uuid_bytes_parse(const char *text, uint8_t ret[UUID_BYTES_SIZE]) MUST_CHECK;
/* The first UUID whose lower-case text sorts behind `text`, which may be any; false when there is
 * none. */
bool uuid_bytes_after(const char *text, uint8_t ret[UUID_BYTES_SIZE]) MUST_CHECK;
/* Lower case. */
void uuid_bytes_format(const uint8_t bytes[UUID_BYTES_SIZE], char ret[UUID_SIZE]);
