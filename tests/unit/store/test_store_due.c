/*
 * What is due, and what is forgotten.
 */
#include "store_fixture.h"

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

TestSuite(store_due, .init = open_store, .fini = close_store, .timeout = 60);

static void insert_owed(const char *id_end, int64_t deletion_at, int64_t created_at)
{
    struct session_record record = new_record(&it);
    memcpy(record.id + UUID_SIZE - 1 - strlen(id_end), id_end, strlen(id_end));
    record.deletion = DELETION_OWED;
    record.deletion_at = deletion_at;
    record.created_at = created_at;
    cr_assert_eq(insert(&it, &record), STORE_OK);
}

static bool ends_with(const char *id, const char *id_end)
{
    return strcmp(id + strlen(id) - strlen(id_end), id_end) == 0;
}

static void insert_four(void)
{
    insert_owed("03", noon + 30, noon);
    insert_owed("01", noon + 10, noon);
    insert_owed("04", noon + 40, noon);
    insert_owed("02", noon + 20, noon);
    struct session_record other = new_record(&it);
    cr_assert_eq(insert(&it, &other), STORE_OK);
}

Test(store_due, lists_the_oldest_first)
{
    insert_four();
    cr_expect_eq(due(&it, noon + 9, 10), 0);
    cr_assert_eq(due(&it, noon + 30, 10), 3);
    cr_expect(ends_with(it.listed[0], "01"));
    cr_expect(ends_with(it.listed[1], "02"));
    cr_expect(ends_with(it.listed[2], "03"));
}

Test(store_due, lists_no_more_than_it_is_told)
{
    insert_four();
    cr_expect_eq(due(&it, noon + 1000, 0), 0);
    cr_assert_eq(due(&it, noon + 1000, 2), 2);
    cr_expect(ends_with(it.listed[0], "01"));
    cr_expect(ends_with(it.listed[1], "02"));
}

Test(store_due, lists_all_when_it_is_told)
{
    insert_four();
    cr_assert_eq(due(&it, noon + 1000, SIZE_MAX), 4);
    cr_expect(ends_with(it.listed[3], "04"));
}

/* Whoever was told of it may be gone. */
Test(store_due, lists_again_what_nobody_has_dealt_with)
{
    insert_four();
    cr_assert_eq(due(&it, noon + 1000, 10), 4);
    cr_expect_eq(due(&it, noon + 1000 + LEASE_MS, 10), 4);
}

Test(store_due, goes_by_what_was_saved_last)
{
    struct session_record record = new_record(&it);
    cr_assert_eq(insert(&it, &record), STORE_OK);
    record.deletion = DELETION_OWED;
    record.deletion_at = noon + 50;
    record.revision = 1;
    cr_assert_eq(save(&it, &record), STORE_OK);
    cr_expect_eq(due(&it, noon + 49, 10), 0);
    cr_assert_eq(due(&it, noon + 50, 10), 1);
    record.deletion_at = noon + 5000; /* tried in vain */
    record.deletion_tries = 1;
    record.revision = 2;
    cr_assert_eq(save(&it, &record), STORE_OK);
    cr_expect_eq(due(&it, noon + 4999, 10), 0);
    cr_expect_eq(due(&it, noon + 5000, 10), 1);
    record.deletion = DELETION_DONE;
    record.revision = 3;
    cr_assert_eq(save(&it, &record), STORE_OK);
    cr_expect_eq(due(&it, noon + 1000000, 10), 0);
    cr_expect_eq(count(&it)->owed, 0);
}

static void insert_to_forget(char id[UUID_SIZE], int64_t forget_at, enum deletion_state deletion)
{
    struct session_record record = new_record(&it);
    record.forget_at = forget_at;
    record.deletion = deletion;
    memcpy(id, record.id, UUID_SIZE);
    cr_assert_eq(insert(&it, &record), STORE_OK);
}

Test(store_due, forgets_what_is_over_but_nothing_owed)
{
    char ids[5][UUID_SIZE];
    insert_to_forget(ids[0], 0, DELETION_NONE); /* never */
    insert_to_forget(ids[1], noon + 1, DELETION_OWED);
    insert_to_forget(ids[2], noon + 2, DELETION_DONE);
    insert_to_forget(ids[3], noon + 3, DELETION_NONE);
    insert_to_forget(ids[4], noon + 4, DELETION_NONE);
    cr_expect_eq(forget(&it, noon + 3, 10), STORE_OK);
    cr_expect_eq(load(&it, ids[0]), STORE_OK);
    cr_expect_eq(load(&it, ids[1]), STORE_OK);
    cr_expect_eq(load(&it, ids[2]), STORE_NOT_FOUND);
    cr_expect_eq(load(&it, ids[3]), STORE_NOT_FOUND);
    cr_expect_eq(load(&it, ids[4]), STORE_OK);
}

Test(store_due, forgets_no_more_than_it_is_told)
{
    char ids[3][UUID_SIZE];
    for (int i = 0; i < 3; i++) {
        insert_to_forget(ids[i], noon + 3 - i, DELETION_NONE);
    }
    cr_expect_eq(forget(&it, noon + 10, 2), STORE_MORE);
    cr_expect_eq(load(&it, ids[0]), STORE_OK, "the youngest stays");
    cr_expect_eq(load(&it, ids[1]), STORE_NOT_FOUND);
    cr_expect_eq(load(&it, ids[2]), STORE_NOT_FOUND);
    cr_expect_eq(forget(&it, noon + 10, 2), STORE_OK, "there is no more");
    cr_expect_eq(load(&it, ids[0]), STORE_NOT_FOUND);
}

Test(store_due, forgets_by_what_was_saved_last)
{
    struct session_record record = new_record(&it);
    record.forget_at = noon;
    cr_assert_eq(insert(&it, &record), STORE_OK);
    record.forget_at = noon + 100;
    record.revision = 1;
    cr_assert_eq(save(&it, &record), STORE_OK);
    cr_assert_eq(forget(&it, noon + 99, 10), STORE_OK);
    cr_expect_eq(load(&it, record.id), STORE_OK);
    record.deletion = DELETION_OWED;
    record.deletion_at = noon + 100000;
    record.revision = 2;
    cr_assert_eq(save(&it, &record), STORE_OK);
    cr_assert_eq(forget(&it, noon + 1000, 10), STORE_OK);
    cr_expect_eq(load(&it, record.id), STORE_OK, "not while a deletion is owed");
    record.deletion = DELETION_DONE;
    record.revision = 3;
    cr_assert_eq(save(&it, &record), STORE_OK);
    cr_assert_eq(forget(&it, noon + 100, 10), STORE_OK);
    cr_expect_eq(load(&it, record.id), STORE_NOT_FOUND);
}

/* Whatever leads to a record leads nowhere once it is gone. */
Test(store_due, leaves_no_trace_of_what_is_forgotten)
{
    const struct store_position start = {0};
    struct session_record record = new_record(&it);
    record.token_expires_at = noon + 10;
    record.forget_at = noon + 20;
    memset(record.idempotency_key, 7, sizeof record.idempotency_key);
    cr_assert_eq(insert(&it, &record), STORE_OK);
    cr_assert_eq(forget(&it, noon + 20, 10), STORE_OK);
    cr_expect_eq(count(&it)->open, 0);
    (void)store_list(it.store, KIND_LIVENESS, local_tenant, "", 10, on_listed, &it);
    fixture_wait(&it, it.answers + 1);
    cr_expect_eq(it.listed_count, 0);
    (void)store_expired(it.store, noon + 20, &start, 10, on_listed, &it);
    fixture_wait(&it, it.answers + 1);
    cr_expect_eq(it.listed_count, 0);
    const char *const upstream[] = {record.upstream_id};
    (void)store_find_upstream(it.store, upstream, 1, on_listed, &it);
    fixture_wait(&it, it.answers + 1);
    cr_expect_eq(it.listed_count, 0);
    (void)store_find_key(it.store, record.idempotency_key, noon, on_done, &it);
    fixture_wait(&it, it.answers + 1);
    cr_expect_eq(it.result, STORE_NOT_FOUND);
    cr_expect_eq(insert(&it, &record), STORE_OK, "its id and its key are free");
    cr_expect_eq(count(&it)->open, 1);
}
