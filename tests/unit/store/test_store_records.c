/*
 * Records come back as they were written, whole, and by whoever wrote them last. Compared column by
 * column, so that a column added to session_columns.h is tested as well.
 */
#include "record_columns.h"
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

TestSuite(store_records, .init = open_store, .fini = close_store, .timeout = 60);

/* Everything is there, and different; seeds far from each other share no value. */
static struct session_record full_record(size_t seed)
{
    struct session_record record = new_record(&it);
    columns_fill(&record, seed);
    return record;
}

Test(store_records, have_columns_for_every_member)
{
    struct session_record full = full_record(1);
    static const struct session_record none;
    for (size_t i = 0; i < COLUMNS; i++) {
        cr_expect_not(column_same(&columns[i], &full, &none), "%s", columns[i].name);
    }
    /* what lies between the columns is what they leave out: id, revision, notes, and holes */
    uint8_t covered[sizeof full] = {0};
    for (size_t i = 0; i < COLUMNS; i++) {
        memset(covered + columns[i].at, 1, columns[i].size);
    }
    memset(covered + offsetof(struct session_record, id), 1, sizeof full.id);
    memset(covered + offsetof(struct session_record, revision), 1, sizeof full.revision);
    memset(covered + offsetof(struct session_record, notes), 1, sizeof(struct audit_entry *));
    size_t hole = 0;
    for (size_t i = 0; i < sizeof full; i++) {
        hole = covered[i] ? 0 : hole + 1;
        cr_expect_lt(hole, sizeof(int64_t), "a member at %zu has no column", i);
    }
    columns_free(&full);
}

Test(store_records, come_back_whole)
{
    struct session_record record = full_record(1);
    record.verdict.reasons = 0xF0000001U;
    record.verdict.attempt_id = -7;
    cr_assert_eq(insert(&it, &record), STORE_OK);
    cr_assert_eq(load(&it, record.id), STORE_OK);
    expect_same(it.record, &record);
    cr_expect_eq(it.record->revision, 1);
    columns_free(&record);
}

Test(store_records, come_back_with_one_column_alone)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        struct session_record record = {0};
        uuid7(&it.random.random, noon, record.id);
        column_fill(&record, &columns[i], 100 + i);
        cr_assert_eq(insert(&it, &record), STORE_OK, "%s", columns[i].name);
        cr_assert_eq(load(&it, record.id), STORE_OK, "%s", columns[i].name);
        expect_same(it.record, &record);
        columns_free(&record);
    }
}

static void save_and_compare(const struct session_record *record, const char *name)
{
    cr_assert_eq(save(&it, record), STORE_OK, "%s", name);
    cr_assert_eq(load(&it, record->id), STORE_OK, "%s", name);
    expect_same(it.record, record);
    cr_expect_eq(it.record->revision, record->revision + 1);
}

Test(store_records, are_what_was_saved_last_and_no_more)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        struct session_record record = full_record(1000 * i);
        struct session_record bare = {0};
        memcpy(bare.id, record.id, sizeof bare.id);
        column_fill(&bare, &columns[i], 1000 * i + 500);
        cr_assert_eq(insert(&it, &bare), STORE_OK, "%s", columns[i].name);
        record.revision = 1;
        save_and_compare(&record, columns[i].name);
        bare.revision = 2;
        save_and_compare(&bare, columns[i].name);
        columns_free(&record);
        columns_free(&bare);
    }
}

Test(store_records, have_any_bytes_in_hashes)
{
    for (size_t seed = 0; seed < 256 / RECORD_HASH_BYTES; seed++) {
        struct session_record record = new_record(&it);
        for (size_t i = 0; i < COLUMNS; i++) {
            if (columns[i].type == IS_HASH) {
                column_fill(&record, &columns[i], seed);
            }
        }
        cr_assert_eq(insert(&it, &record), STORE_OK);
        cr_assert_eq(load(&it, record.id), STORE_OK);
        expect_same(it.record, &record);
    }
}

Test(store_records, come_back_with_ids_that_are_no_uuids)
{
    struct session_record record = new_record(&it);
    SET_TEXT(record.upstream_id, "ABCDEF01-2345-4789-8ABC-DEF012345678");
    cr_assert_eq(insert(&it, &record), STORE_OK);
    cr_assert_eq(load(&it, record.id), STORE_OK);
    cr_expect_str_eq(it.record->upstream_id, record.upstream_id);

    struct session_record orphan = new_record(&it);
    orphan.upstream_id[0] = '\0';
    cr_assert_eq(insert(&it, &orphan), STORE_OK);
    cr_assert_eq(load(&it, orphan.id), STORE_OK);
    cr_expect_str_empty(it.record->upstream_id);
}

Test(store_records, are_copied_when_the_call_is_made)
{
    struct session_record record = new_record(&it);
    record.results_json = xstrdup("{\"attempts\":[]}");
    (void)store_insert(it.store, &record, on_done, &it);
    memset(record.results_json, 'x', strlen(record.results_json));
    columns_free(&record);
    record.attempts_allowed = 99;
    fixture_wait(&it, 1);
    cr_assert_eq(load(&it, record.id), STORE_OK);
    cr_expect_eq(it.record->attempts_allowed, 3);
    cr_expect_str_eq(it.record->results_json, "{\"attempts\":[]}");
}

Test(store_records, are_not_found_under_other_ids)
{
    struct session_record record = new_record(&it);
    cr_expect_eq(load(&it, record.id), STORE_NOT_FOUND);
    cr_expect_null(it.record);
    cr_expect_eq(save(&it, &record), STORE_NOT_FOUND);
    cr_expect_eq(load(&it, ""), STORE_NOT_FOUND);
    cr_expect_eq(load(&it, "../../etc/passwd"), STORE_NOT_FOUND);
    cr_expect_eq(load(&it, "00000000-0000-7000-8000-00000000000g"), STORE_NOT_FOUND);
    cr_expect_eq(load(&it, "00000000-0000-7000-8000-000000000000-and-more"), STORE_NOT_FOUND);
    cr_expect(store_ready(it.store));
}

Test(store_records, are_found_by_their_ids_in_upper_case)
{
    struct session_record record = new_record(&it);
    cr_assert_eq(insert(&it, &record), STORE_OK);
    char upper[UUID_SIZE];
    for (size_t i = 0; i < UUID_SIZE; i++) {
        upper[i] = (char)(record.id[i] >= 'a' ? record.id[i] - 'a' + 'A' : record.id[i]);
    }
    cr_assert_eq(load(&it, upper), STORE_OK);
    cr_expect_str_eq(it.record->id, record.id);
}

Test(store_records, are_not_inserted_twice)
{
    struct session_record record = new_record(&it);
    cr_assert_eq(insert(&it, &record), STORE_OK);
    record.attempts_allowed = 99;
    cr_expect_eq(insert(&it, &record), STORE_CONFLICT);
    cr_assert_eq(load(&it, record.id), STORE_OK);
    cr_expect_eq(it.record->attempts_allowed, 3);
}

Test(store_records, are_saved_by_one_of_two)
{
    struct session_record record = new_record(&it);
    cr_assert_eq(insert(&it, &record), STORE_OK);
    cr_assert_eq(load(&it, record.id), STORE_OK);
    struct session_record first = *it.record;
    struct session_record second = *it.record;
    first.attempts_allowed = 1;
    second.attempts_allowed = 2;
    unsigned before = it.answers;
    (void)store_save(it.store, &first, on_done, &it);
    (void)store_save(it.store, &second, on_done, &it);
    fixture_wait(&it, before + 2);
    cr_expect_eq(it.result, STORE_CONFLICT);
    cr_assert_eq(load(&it, record.id), STORE_OK);
    cr_expect_eq(it.record->attempts_allowed, 1);
    cr_expect_eq(it.record->revision, 2);
    second.revision = 2;
    cr_expect_eq(save(&it, &second), STORE_OK);
}

Test(store_records, are_not_changed_from_any_other_revision)
{
    struct session_record record = new_record(&it);
    cr_assert_eq(insert(&it, &record), STORE_OK);
    record.revision = 1;
    cr_assert_eq(save(&it, &record), STORE_OK);
    record.attempts_allowed = 99;
    record.state = SESSION_SETTLED;
    record.deletion = DELETION_OWED;
    static const int64_t others[] = {0, 1, 3, -1, 12, INT64_MAX};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        record.revision = others[i];
        cr_expect_eq(save(&it, &record), STORE_CONFLICT, "%zu", i);
    }
    cr_assert_eq(load(&it, record.id), STORE_OK);
    cr_expect_eq(it.record->attempts_allowed, 3);
    cr_expect_eq(it.record->revision, 2);
    cr_expect_eq(count(&it)->open, 1);
    cr_expect_eq(it.counts.owed, 0);
}

Test(store_records, outlive_a_restart)
{
    struct session_record record = full_record(1);
    cr_assert_eq(insert(&it, &record), STORE_OK);
    record.revision = 1;
    cr_assert_eq(save(&it, &record), STORE_OK);
    fixture_close(&it);
    fixture_open(&it);
    cr_assert_eq(load(&it, record.id), STORE_OK);
    expect_same(it.record, &record);
    cr_expect_eq(it.record->revision, 2);
    cr_expect_eq(due(&it, noon + 86400000, 10), 1);
    cr_expect_eq(count(&it)->owed, 1);
    columns_free(&record);
}
