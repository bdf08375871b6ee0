/*
 * Settled records in memory: found, replaced, dropped, bounded, least recently used first.
 */
#include "lifecycle/cache.h"

#include <criterion/criterion.h>
#include <stdio.h>

enum { ROOMY = 1024 * 1024 };

static struct session_record record_of(unsigned number)
{
    struct session_record record = {.state = SESSION_SETTLED, .revision = 1};
    (void)snprintf(record.id, sizeof record.id, "01900000-0000-7000-8000-%012x", number);
    return record;
}

static bool holds(struct record_cache *cache, unsigned number)
{
    struct session_record record = record_of(number);
    return cache_find(cache, record.id) != NULL;
}

static void put(struct record_cache *cache, unsigned number)
{
    struct session_record record = record_of(number);
    cache_put(cache, &record);
}

Test(cache, finds_a_copy_of_what_was_put)
{
    struct record_cache *cache = cache_new(ROOMY);
    char results[] = "{\"attempts\":[]}";
    struct session_record record = record_of(7);
    record.results_json = results;
    cache_put(cache, &record);
    results[0] = '!';
    const struct session_record *found = cache_find(cache, record.id);
    cr_assert_not_null(found);
    cr_assert_str_eq(found->results_json, "{\"attempts\":[]}");
    cr_assert_null(cache_find(cache, "01900000-0000-7000-8000-000000000008"));
    cr_assert_null(cache_find(cache, "short"));
    cr_assert_null(cache_free(cache));
}

Test(cache, holds_the_last_record_put_under_an_id)
{
    struct record_cache *cache = cache_new(ROOMY);
    struct session_record record = record_of(1);
    cache_put(cache, &record);
    record.revision = 2;
    cache_put(cache, &record);
    cr_assert_eq(cache_find(cache, record.id)->revision, 2);
    cache_drop(cache, record.id);
    cr_assert_null(cache_find(cache, record.id));
    cache_drop(cache, record.id);
    cache_free(cache);
}

Test(cache, drops_the_least_recently_used_record_when_full)
{
    enum { BYTES_OF_ABOUT_TEN = 10 * (sizeof(struct session_record) + 100) };
    struct record_cache *cache = cache_new(BYTES_OF_ABOUT_TEN);
    put(cache, 0);
    for (unsigned i = 1; i < 1000; i++) {
        put(cache, i);
        cr_assert(holds(cache, 0), "used after every put, still gone after %u", i);
    }
    unsigned held = 0;
    for (unsigned i = 0; i < 1000; i++)
        held += holds(cache, i);
    cr_assert_geq(held, 5u);
    cr_assert_leq(held, 10u);
    cr_assert(holds(cache, 999));
    cr_assert_not(holds(cache, 1));
    cache_free(cache);
}

Test(cache, keeps_nothing_that_is_larger_than_itself)
{
    struct record_cache *cache = cache_new(16);
    put(cache, 1);
    cr_assert_not(holds(cache, 1));
    cache_free(cache);
}
