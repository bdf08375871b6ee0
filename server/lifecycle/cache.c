/*
 * Settled records in memory: a uthash table whose insertion order is the order of use. Ids are ours
 * and verified as UUIDs before they come here, but clients choose which unknown ones they ask for;
 * only records that exist are entered, so no client can choose the table's keys.
 */
#include "lifecycle/cache.h"

#include "base/alloc.h"
#include "base/table.h"

#include <assert.h>
#include <string.h>

struct entry {
    UT_hash_handle hh;
    size_t bytes;
    struct session_record *record; /* its id is the key */
};

struct record_cache {
    struct entry *entries; /* least recently used first */
    size_t bytes;
    size_t limit_bytes;
};

struct record_cache *cache_new(size_t limit_bytes)
{
    struct record_cache *cache = xcalloc(1, sizeof *cache);
    cache->limit_bytes = limit_bytes;
    return cache;
}

static void entry_drop(struct record_cache *cache, struct entry *entry)
{
    HASH_DEL(cache->entries, entry);
    cache->bytes -= entry->bytes;
    session_record_free(entry->record);
    free(entry);
}

static void oldest_drop(struct record_cache *cache)
{
    struct entry *oldest = cache->entries;
    assert(!oldest->hh.prev); /* the table's head is the first of its order */
    entry_drop(cache, oldest);
}

struct record_cache *cache_free(struct record_cache *cache)
{
    if (!cache)
        return NULL;
    while (cache->entries)
        oldest_drop(cache);
    free(cache);
    return NULL;
}

static struct entry *entry_find(struct record_cache *cache, const char *id)
{
    struct entry *entry = NULL;
    HASH_FIND(hh, cache->entries, id, UUID_SIZE - 1, entry);
    return entry;
}

static void entry_append(struct record_cache *cache, struct entry *entry)
{
    HASH_ADD_KEYPTR(hh, cache->entries, entry->record->id, UUID_SIZE - 1, entry);
}

const struct session_record *cache_find(struct record_cache *cache, const char *id)
{
    if (strlen(id) != UUID_SIZE - 1)
        return NULL;
    struct entry *entry = entry_find(cache, id);
    if (!entry)
        return NULL;
    if (entry->hh.next) { /* not the last: move it there */
        HASH_DEL(cache->entries, entry);
        entry_append(cache, entry);
    }
    return entry->record;
}

static size_t text_bytes(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

void cache_put(struct record_cache *cache, const struct session_record *record)
{
    cache_drop(cache, record->id);
    size_t bytes = sizeof(struct entry) + sizeof *record + text_bytes(record->results_json) +
                   text_bytes(record->details_json) + text_bytes(record->flagged_json) +
                   text_bytes(record->receipt);
    if (bytes > cache->limit_bytes)
        return;
    while (cache->entries && cache->bytes + bytes > cache->limit_bytes)
        oldest_drop(cache);
    struct entry *entry = xcalloc(1, sizeof *entry);
    entry->bytes = bytes;
    entry->record = session_record_copy(record);
    free(TAKE(entry->record->sealed_answer)); /* only the store is asked for these */
    free(TAKE(entry->record->deletion_receipt));
    entry_append(cache, entry);
    cache->bytes += bytes;
}

void cache_drop(struct record_cache *cache, const char *id)
{
    struct entry *entry = entry_find(cache, id);
    if (entry)
        entry_drop(cache, entry);
}
