/*
 * Walking through the open sessions whose token has expired, page by page, and counting them.
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

TestSuite(store_expired, .init = open_store, .fini = close_store, .timeout = 60);

static struct session_record insert_expiring(int64_t expires_at, enum session_state state)
{
    struct session_record record = new_record(&it);
    record.token_expires_at = expires_at;
    record.state = state;
    cr_assert_eq(insert(&it, &record), STORE_OK);
    return record;
}

static struct store_position position_of(const struct session_record *record)
{
    struct store_position position = {.token_expires_at = record->token_expires_at};
    memcpy(position.id, record->id, UUID_SIZE);
    return position;
}

static size_t expired(int64_t until, const struct store_position *after, size_t limit)
{
    (void)store_expired(it.store, until, after, limit, on_listed, &it);
    fixture_wait(&it, it.answers + 1);
    cr_assert_eq(it.result, STORE_OK);
    return it.listed_count;
}

static const struct store_position beginning = {0};

Test(store_expired, lists_open_sessions_in_the_order_of_expiry)
{
    struct session_record third = insert_expiring(noon, SESSION_CREATED);
    struct session_record first = insert_expiring(noon - 20, SESSION_CREATED);
    struct session_record second = insert_expiring(noon - 10, SESSION_CREATED);
    (void)insert_expiring(noon + 1, SESSION_CREATED);
    (void)insert_expiring(0, SESSION_CREATED);
    (void)insert_expiring(noon - 10, SESSION_SETTLED);
    (void)insert_expiring(noon - 10, SESSION_REMOVED);
    (void)insert_expiring(noon - 10, SESSION_ORPHANED);
    cr_assert_eq(expired(noon, &beginning, 10), 3);
    cr_expect_str_eq(it.listed[0], first.id);
    cr_expect_str_eq(it.listed[1], second.id);
    cr_expect_str_eq(it.listed[2], third.id);
    cr_expect_eq(expired(noon - 21, &beginning, 10), 0);
}

/* Each page begins behind the last record of the one before; nothing comes twice, nothing is left
 * out, also among those that expire together. */
Test(store_expired, goes_on_page_by_page)
{
    enum { COUNT = 10, PAGE = 3 };
    struct store_position positions[COUNT];
    bool seen[COUNT] = {false};
    for (size_t i = 0; i < COUNT; i++) {
        struct session_record record = insert_expiring(noon - (i < 8 ? 5 : 4), SESSION_CREATED);
        positions[i] = position_of(&record);
    }
    struct store_position position = {0};
    size_t total = 0;
    size_t got = 0;
    do {
        got = expired(noon, &position, PAGE);
        for (size_t i = 0; i < got; i++) {
            size_t which = 0;
            while (which < COUNT && strcmp(positions[which].id, it.listed[i]) != 0)
                which++;
            cr_assert_lt(which, COUNT);
            cr_expect_not(seen[which], "twice");
            seen[which] = true;
            position = positions[which];
        }
        total += got;
    } while (got == PAGE);
    cr_expect_eq(total, COUNT);
}

Test(store_expired, goes_on_behind_a_record_that_was_settled_or_forgotten_since)
{
    struct session_record one = insert_expiring(noon - 20, SESSION_CREATED);
    struct session_record other = insert_expiring(noon - 20, SESSION_CREATED);
    struct session_record third = insert_expiring(noon - 10, SESSION_CREATED);
    cr_assert_eq(expired(noon, &beginning, 1), 1);
    bool one_is_first = strcmp(it.listed[0], one.id) == 0;
    struct session_record first = one_is_first ? one : other;
    struct session_record second = one_is_first ? other : one;
    struct store_position position = position_of(&first);
    first.state = SESSION_SETTLED;
    first.revision = 1;
    first.forget_at = noon - 1;
    cr_assert_eq(save(&it, &first), STORE_OK);
    cr_assert_eq(expired(noon, &position, 10), 2);
    cr_expect_str_eq(it.listed[0], second.id);
    cr_assert_eq(forget(&it, noon, 10), STORE_OK);
    cr_assert_geq(expired(noon, &position, 10), 1);
    cr_expect_str_eq(it.listed[it.listed_count - 1], third.id);
}

Test(store_expired, are_counted_by_the_clock_of_the_store)
{
    (void)insert_expiring(noon, SESSION_CREATED);
    (void)insert_expiring(noon + 10, SESSION_CREATED);
    (void)insert_expiring(0, SESSION_CREATED);
    (void)insert_expiring(noon, SESSION_SETTLED);
    cr_expect_eq(count(&it)->overdue, 1);
    cr_expect_eq(it.counts.open, 3);
    fake_clock_advance(&it.clock, 10);
    cr_expect_eq(count(&it)->overdue, 2);
}
