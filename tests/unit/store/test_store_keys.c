/*
 * Idempotency keys in the store: found while the token lives, never twice, and released
 * afterwards.
 */
#include "store_fixture.h"

enum { TTL_MS = 600000 };

static struct fixture it;

static void open_store(void)
{
    fixture_init(&it);
    fixture_open(&it);
}

static void close_store(void)
{
    fixture_done(&it);
}

TestSuite(store_keys, .init = open_store, .fini = close_store, .timeout = 60);

static char sealed[] = "sealed-answer-of-a-create";

/* Of a session that was just created under the key `name`; not copied, so its text is no heap's. */
static struct session_record keyed_record(uint8_t name)
{
    struct session_record record = new_record(&it);
    record.token_expires_at = record.created_at + TTL_MS;
    memset(record.idempotency_key, name, sizeof record.idempotency_key);
    memset(record.idempotency_request, 9, sizeof record.idempotency_request);
    record.sealed_answer = sealed;
    return record;
}

static enum store_result find(uint8_t name, int64_t now)
{
    uint8_t key[RECORD_HASH_BYTES];
    memset(key, name, sizeof key);
    it.record = session_record_free(it.record);
    (void)store_find_key(it.store, key, now, on_done, &it);
    fixture_wait(&it, it.answers + 1);
    return it.result;
}

static enum store_result release(int64_t now, size_t limit)
{
    (void)store_release_keys(it.store, now, limit, on_done, &it);
    fixture_wait(&it, it.answers + 1);
    return it.result;
}

Test(store_keys, find_their_record)
{
    struct session_record one = keyed_record(1);
    struct session_record two = keyed_record(2);
    cr_assert_eq(insert(&it, &one), STORE_OK);
    cr_assert_eq(insert(&it, &two), STORE_OK);
    cr_assert_eq(find(2, noon), STORE_OK);
    cr_expect_str_eq(it.record->id, two.id);
    cr_expect_str_eq(it.record->sealed_answer, sealed);
    cr_expect_eq(memcmp(it.record->idempotency_request, two.idempotency_request, RECORD_HASH_BYTES),
                 0);
    cr_expect_eq(find(3, noon), STORE_NOT_FOUND);
}

Test(store_keys, none_is_no_key)
{
    struct session_record one = new_record(&it);
    struct session_record two = new_record(&it);
    cr_assert_eq(insert(&it, &one), STORE_OK);
    cr_assert_eq(insert(&it, &two), STORE_OK, "many have none");
    cr_expect_eq(find(0, noon), STORE_NOT_FOUND);
}

Test(store_keys, find_nothing_from_the_end_of_the_token_on)
{
    struct session_record one = keyed_record(1);
    cr_assert_eq(insert(&it, &one), STORE_OK);
    cr_expect_eq(find(1, noon + TTL_MS - 1), STORE_OK);
    cr_expect_eq(find(1, noon + TTL_MS), STORE_NOT_FOUND);
}

Test(store_keys, outlive_a_restart)
{
    struct session_record one = keyed_record(1);
    cr_assert_eq(insert(&it, &one), STORE_OK);
    fixture_close(&it);
    fixture_open(&it);
    cr_assert_eq(find(1, noon), STORE_OK);
    cr_expect_str_eq(it.record->sealed_answer, sealed);
}

Test(store_keys, belong_to_one_record)
{
    struct session_record one = keyed_record(1);
    struct session_record two = keyed_record(1);
    cr_assert_eq(insert(&it, &one), STORE_OK);
    cr_expect_eq(insert(&it, &two), STORE_KEY_TAKEN);
    cr_expect_eq(load(&it, two.id), STORE_NOT_FOUND);
    cr_assert_eq(find(1, noon), STORE_OK);
    cr_expect_str_eq(it.record->id, one.id);
}

Test(store_keys, a_conflict_of_keys_leaves_the_rest_of_the_transaction)
{
    struct session_record one = keyed_record(1);
    struct session_record two = keyed_record(1);
    struct session_record three = keyed_record(3);
    cr_assert_eq(insert(&it, &one), STORE_OK);
    unsigned answers = it.answers;
    (void)store_insert(it.store, &two, on_done, &it);
    (void)store_insert(it.store, &three, on_done, &it);
    fixture_wait(&it, answers + 2);
    cr_expect_eq(it.results[STORE_KEY_TAKEN], 1);
    cr_expect_eq(find(3, noon), STORE_OK);
}

Test(store_keys, go_to_a_new_record_when_the_token_has_expired)
{
    struct session_record one = keyed_record(1);
    cr_assert_eq(insert(&it, &one), STORE_OK);
    it.clock.wall_ms += TTL_MS;
    struct session_record two = keyed_record(1);
    cr_assert_eq(insert(&it, &two), STORE_OK);
    cr_assert_eq(find(1, it.clock.wall_ms), STORE_OK);
    cr_expect_str_eq(it.record->id, two.id);
    cr_assert_eq(load(&it, one.id), STORE_OK, "the session itself is kept");
    cr_expect_null(it.record->sealed_answer);
}

Test(store_keys, are_free_once_a_record_has_given_its_own_up)
{
    struct session_record one = keyed_record(1);
    cr_assert_eq(insert(&it, &one), STORE_OK);
    struct session_record removed = new_record(&it);
    memcpy(removed.id, one.id, sizeof removed.id);
    removed.revision = 1;
    cr_assert_eq(save(&it, &removed), STORE_OK);
    struct session_record two = keyed_record(1);
    cr_expect_eq(insert(&it, &two), STORE_OK);
}

Test(store_keys, are_released_at_the_end_of_their_tokens)
{
    struct session_record one = keyed_record(1);
    cr_assert_eq(insert(&it, &one), STORE_OK);
    it.clock.wall_ms += 1000;
    struct session_record two = keyed_record(2);
    cr_assert_eq(insert(&it, &two), STORE_OK);
    cr_assert_eq(release(noon + TTL_MS, 10), STORE_OK);
    cr_expect_eq(find(1, 0), STORE_NOT_FOUND);
    cr_expect_eq(find(2, 0), STORE_OK);
    static const uint8_t none[RECORD_HASH_BYTES];
    cr_assert_eq(load(&it, one.id), STORE_OK);
    cr_expect_null(it.record->sealed_answer);
    cr_expect_eq(memcmp(it.record->idempotency_key, none, sizeof none), 0);
    cr_expect_eq(memcmp(it.record->idempotency_request, none, sizeof none), 0);
}

/* Or it would be written back by whoever loaded the record before. */
Test(store_keys, a_release_is_a_change_of_the_record)
{
    struct session_record one = keyed_record(1);
    cr_assert_eq(insert(&it, &one), STORE_OK);
    cr_assert_eq(release(noon + TTL_MS, 10), STORE_OK);
    one.revision = 1;
    cr_expect_eq(save(&it, &one), STORE_CONFLICT);
}

Test(store_keys, are_released_no_more_at_a_time_than_it_is_told)
{
    for (uint8_t name = 1; name <= 5; name++) {
        struct session_record record = keyed_record(name);
        cr_assert_eq(insert(&it, &record), STORE_OK);
    }
    cr_assert_eq(release(noon + TTL_MS, 3), STORE_MORE);
    unsigned left = 0;
    for (uint8_t name = 1; name <= 5; name++)
        left += find(name, 0) == STORE_OK;
    cr_expect_eq(left, 2);
}
