/*
 * A set-associative table without a single pointer: nothing to walk, nothing to free, and whoever
 * has many valid tokens only pushes out neighbours. Its hash needs no key: it is SHA-256 over texts
 * that an issuer signed.
 */
#include "domain/bearer_cache.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

enum { NEIGHBOURS = 8 };

struct bearer_cache {
    size_t sets;   /* neighbourhoods */
    uint32_t uses; /* so far; wrapping round only makes the choice worse for a while */
    struct bearer_cached places[];
};

struct bearer_cache *bearer_cache_new(size_t entries)
{
    size_t sets = (entries + NEIGHBOURS - 1) / NEIGHBOURS;
    struct bearer_cache *cache =
        xcalloc(1, sizeof *cache + sets * NEIGHBOURS * sizeof(struct bearer_cached));
    cache->sets = sets;
    return cache;
}

struct bearer_cache *bearer_cache_free(struct bearer_cache *cache)
{
    free(cache);
    return NULL;
}

/* The first of the places where a token can be; NULL when there are none. */
static struct bearer_cached *neighbourhood(struct bearer_cache *cache,
                                           const uint8_t hash[SHA256_BYTES])
{
    uint64_t number;
    memcpy(&number, hash, sizeof number);
    return cache->sets > 0 ? &cache->places[number % cache->sets * NEIGHBOURS] : NULL;
}

static struct bearer_cached *find(struct bearer_cached *places, const uint8_t hash[SHA256_BYTES])
{
    for (size_t i = 0; places && i < NEIGHBOURS; i++) {
        if (places[i].expires_at_s != 0 && memcmp(places[i].hash, hash, SHA256_BYTES) == 0) {
            return &places[i];
        }
    }
    return NULL;
}

const struct bearer_cached *bearer_cache_find(struct bearer_cache *cache,
                                              const uint8_t hash[SHA256_BYTES])
{
    struct bearer_cached *found = find(neighbourhood(cache, hash), hash);
    if (found) {
        found->used = ++cache->uses;
    }
    return found;
}

static struct bearer_cached *least_used(struct bearer_cached *places)
{
    struct bearer_cached *least = places;
    for (size_t i = 0; i < NEIGHBOURS; i++) {
        if (places[i].expires_at_s == 0) {
            return &places[i];
        }
        if (places[i].used < least->used) {
            least = &places[i];
        }
    }
    return least;
}

void bearer_cache_keep(struct bearer_cache *cache, const struct bearer_cached *entry)
{
    struct bearer_cached *places = neighbourhood(cache, entry->hash);
    if (!places) {
        return;
    }
    struct bearer_cached *place = find(places, entry->hash);
    place = place ? place : least_used(places);
    *place = *entry;
    place->used = ++cache->uses;
}
