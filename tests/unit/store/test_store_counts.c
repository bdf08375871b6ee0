/*
 * What the store counts for metrics and status.
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

TestSuite(store_counts, .init = open_store, .fini = close_store, .timeout = 60);

static void insert_owed(int64_t deletion_at, int32_t tries, int64_t created_at)
{
    struct session_record record = new_record(&it);
    record.deletion = DELETION_OWED;
    record.deletion_at = deletion_at;
    record.deletion_tries = tries;
    record.created_at = created_at;
    cr_assert_eq(insert(&it, &record), STORE_OK);
}

Test(store_counts, what_is_open_owed_and_orphaned)
{
    cr_expect_eq(count(&it)->oldest_owed_at, 0);
    insert_owed(noon - 1, 0, noon - 5);
    insert_owed(noon, 0, noon - 3);
    struct session_record settled = new_record(&it);
    settled.state = SESSION_SETTLED;
    cr_assert_eq(insert(&it, &settled), STORE_OK);
    struct session_record orphan = new_record(&it);
    orphan.state = SESSION_ORPHANED;
    cr_assert_eq(insert(&it, &orphan), STORE_OK);
    const struct store_counts *counts = count(&it);
    cr_expect_eq(counts->open, 2);
    cr_expect_eq(counts->owed, 2);
    cr_expect_eq(counts->oldest_owed_at, noon - 5);
    cr_expect_eq(counts->orphaned, 1);
}

Test(store_counts, no_deletion_that_is_put_off)
{
    insert_owed(noon + 1, 0, noon - 9);
    insert_owed(noon + 3600000, 0, noon - 8);
    cr_expect_eq(count(&it)->owed, 0);
    cr_expect_eq(count(&it)->oldest_owed_at, 0);
    insert_owed(noon + 300000, 1, noon - 7);
    cr_expect_eq(count(&it)->owed, 1, "it should be gone, and is not");
    cr_expect_eq(count(&it)->oldest_owed_at, noon - 7);
    insert_owed(noon, 3, noon - 6);
    cr_expect_eq(count(&it)->owed, 2, "none is counted twice");
    cr_expect_eq(count(&it)->oldest_owed_at, noon - 7);
    it.clock.wall_ms = noon + 1;
    (void)due(&it, noon + 1, 10); /* which is when a shared store looks what has come up */
    cr_expect_eq(count(&it)->owed, 3);
    cr_expect_eq(count(&it)->oldest_owed_at, noon - 9);
}
