/*
 * Settled records in memory, so that reading a verdict asks no disk: least recently used go first,
 * bounded in bytes. Only for a store that one process has for itself, so that what is here is what
 * is there: every change to a settled record passes cache_put or cache_drop. Where processes share
 * the store the limit is 0, and nothing is kept.
 */
#pragma once

#include <stddef.h>

#include "store/store.h"

struct record_cache;

struct record_cache *cache_new(size_t limit_bytes);
struct record_cache *cache_free(struct record_cache *cache);

/* NULL when it is not here. Valid until the next put or drop. */
const struct session_record *cache_find(struct record_cache *cache, const char *id);
/* Copies; replaces an earlier record of the same id. One larger than the whole cache is not kept.
 */
void cache_put(struct record_cache *cache, const struct session_record *record);
void cache_drop(struct record_cache *cache, const char *id);
