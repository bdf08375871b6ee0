/*
 * Tokens that verified, known again by their SHA-256, with what they said of their bearer. Bounded:
 * a new one takes the place of the least recently used of its eight neighbours. Whether an entry
 * still counts (expiry, exchanged keys) is for bearer.c to say.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/crypto.h"

struct bearer_identity {
    uint8_t owner[SHA256_BYTES];
    uint8_t tenant[SHA256_BYTES]; /* zero: the local one */
    uint8_t
        other_owner[SHA256_BYTES]; /* the same under the other keys; both zero: there are none */
    uint8_t other_tenant[SHA256_BYTES];
    uint8_t
        subject[SHA256_BYTES]; /* who it is, under the tenant key: the same as long as that is */
    unsigned scopes;
    unsigned issuer; /* its place in the settings */
};

struct bearer_cached {
    uint8_t hash[SHA256_BYTES];
    struct bearer_identity identity;
    int64_t expires_at_s; /* 0: an empty place */
    unsigned generation;  /* of the issuer's keys when it verified */
    uint32_t used;
};

struct bearer_cache;

/* Room for so many tokens, rounded up to whole neighbourhoods; 0 keeps none. */
struct bearer_cache *bearer_cache_new(size_t entries);
struct bearer_cache *bearer_cache_free(struct bearer_cache *cache);
/* NULL: not there. Valid until the next call. */
const struct bearer_cached *bearer_cache_find(struct bearer_cache *cache,
                                              const uint8_t hash[SHA256_BYTES]);
/* Copies; replaces the entry of the same hash. */
void bearer_cache_keep(struct bearer_cache *cache, const struct bearer_cached *entry);
