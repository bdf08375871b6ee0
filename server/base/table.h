/*
 * uthash with a keyed hash: the library's own is not keyed, so clients who choose keys could make
 * every look-up slow. Include this, never uthash.h.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* SipHash-1-3 under a key drawn when the process first asks. */
uint64_t table_hash(const void *key, size_t size);

#define HASH_FUNCTION(key, size, ret) ((ret) = (unsigned)table_hash((key), (size)))
#define uthash_fatal(message)         abort()

#include <uthash.h>
