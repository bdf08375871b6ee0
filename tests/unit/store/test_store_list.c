/*
 * What operators ask the store: pages of one kind, and whose an upstream id is.
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

TestSuite(store_list, .init = open_store, .fini = close_store, .timeout = 60);

static const uint8_t acme[RECORD_HASH_BYTES] = {1};
static const uint8_t zenith[RECORD_HASH_BYTES] = {2};

static void insert_of(const uint8_t *tenant, const char *id, enum session_kind kind,
                      enum session_state state)
{
    struct session_record record = new_record(&it);
    SET_TEXT(record.id, id);
    memcpy(record.tenant, tenant, sizeof record.tenant);
    record.kind = kind;
    record.state = state;
    cr_assert_eq(insert(&it, &record), STORE_OK);
}

static void insert_as(const char *id, enum session_kind kind, enum session_state state)
{
    insert_of(local_tenant, id, kind, state);
}

static size_t list_of(const uint8_t *tenant, enum session_kind kind, const char *after,
                      size_t limit)
{
    (void)store_list(it.store, kind, tenant, after, limit, on_listed, &it);
    fixture_wait(&it, it.answers + 1);
    cr_assert_eq(it.result, STORE_OK);
    return it.listed_count;
}

static size_t list(enum session_kind kind, const char *after, size_t limit)
{
    return list_of(local_tenant, kind, after, limit);
}

#define ID(n) "0000000" #n "-0000-7000-8000-000000000000"

/* Not in the order of their ids. */
static void insert_some(void)
{
    insert_as(ID(3), KIND_LIVENESS, SESSION_SETTLED);
    insert_as(ID(1), KIND_LIVENESS, SESSION_CREATED);
    insert_as(ID(2), KIND_LIVENESS_WITH_VERIFY, SESSION_CREATED);
    insert_as(ID(4), KIND_LIVENESS, SESSION_REMOVED);
    insert_as(ID(5), KIND_LIVENESS, SESSION_ORPHANED);
    insert_as(ID(6), KIND_LIVENESS, SESSION_CREATED);
    insert_as(ID(7), KIND_LIVENESS_WITH_VERIFY, SESSION_SETTLED);
    insert_as(ID(8), KIND_LIVENESS_WITH_VERIFY, SESSION_REMOVED);
}

Test(store_list, shows_one_kind_in_the_order_of_ids)
{
    insert_some();
    cr_assert_eq(list(KIND_LIVENESS, "", 10), 3);
    cr_expect_str_eq(it.listed[0], ID(1));
    cr_expect_str_eq(it.listed[1], ID(3));
    cr_expect_str_eq(it.listed[2], ID(6));
    cr_assert_eq(list(KIND_LIVENESS_WITH_VERIFY, "", 10), 2);
    cr_expect_str_eq(it.listed[0], ID(2));
    cr_expect_str_eq(it.listed[1], ID(7));
}

Test(store_list, goes_on_behind_the_id_it_is_given)
{
    insert_some();
    cr_assert_eq(list(KIND_LIVENESS, ID(1), 1), 1);
    cr_expect_str_eq(it.listed[0], ID(3));
    cr_assert_eq(list(KIND_LIVENESS, ID(3), 1), 1);
    cr_expect_str_eq(it.listed[0], ID(6));
    cr_expect_eq(list(KIND_LIVENESS, ID(6), 1), 0);
}

Test(store_list, takes_any_text_to_go_on_behind)
{
    insert_some();
    cr_expect_eq(list(KIND_LIVENESS, "00000003", 10), 2);
    cr_expect_eq(list(KIND_LIVENESS, "00000003-", 10), 2);
    cr_expect_eq(list(KIND_LIVENESS, "00000003:", 10), 1);
    cr_expect_eq(list(KIND_LIVENESS, ID(3) "0123456789abcdef0123456789", 10), 1);
    cr_expect_eq(list(KIND_LIVENESS, "!", 10), 3);
    cr_expect_eq(list(KIND_LIVENESS, "zzz", 10), 0);
    cr_expect_eq(list(KIND_LIVENESS, "", 0), 0);
}

Test(store_list, shows_one_tenant_s_alone)
{
    insert_some();
    insert_of(acme, "00000009-0000-7000-8000-000000000000", KIND_LIVENESS, SESSION_SETTLED);
    insert_of(zenith, "00000002-0000-7000-8000-000000000001", KIND_LIVENESS, SESSION_CREATED);
    insert_of(acme, "00000002-0000-7000-8000-000000000002", KIND_LIVENESS, SESSION_CREATED);
    insert_of(acme, "00000002-0000-7000-8000-000000000003", KIND_LIVENESS_WITH_VERIFY,
              SESSION_CREATED);
    insert_of(acme, "00000002-0000-7000-8000-000000000004", KIND_LIVENESS, SESSION_REMOVED);
    cr_expect_eq(list(KIND_LIVENESS, "", 10), 3);
    cr_expect_eq(list(KIND_LIVENESS_WITH_VERIFY, "", 10), 2);
    cr_assert_eq(list_of(acme, KIND_LIVENESS, "", 10), 2);
    cr_expect_str_eq(it.listed[0], "00000002-0000-7000-8000-000000000002");
    cr_expect_str_eq(it.listed[1], ID(9));
    cr_expect_eq(list_of(acme, KIND_LIVENESS, "", 1), 1);
    cr_expect_eq(list_of(acme, KIND_LIVENESS, it.listed[0], 10), 1);
    cr_expect_eq(list_of(acme, KIND_LIVENESS_WITH_VERIFY, "", 10), 1);
    cr_expect_eq(list_of(zenith, KIND_LIVENESS, "", 10), 1);
    cr_expect_eq(list_of(zenith, KIND_LIVENESS_WITH_VERIFY, "", 10), 0);
    static const uint8_t nobody[RECORD_HASH_BYTES] = {3};
    cr_expect_eq(list_of(nobody, KIND_LIVENESS, "", 10), 0);
}

static size_t find(const char *const *ids, size_t id_count)
{
    (void)store_find_upstream(it.store, ids, id_count, on_listed, &it);
    fixture_wait(&it, it.answers + 1);
    cr_assert_eq(it.result, STORE_OK);
    return it.listed_count;
}

Test(store_list, finds_records_by_upstream_ids)
{
    struct session_record records[3];
    for (size_t i = 0; i < 3; i++) {
        records[i] = new_record(&it);
        cr_assert_eq(insert(&it, &records[i]), STORE_OK);
    }
    const char *const ids[] = {records[2].upstream_id, "89abcdef-1234-4123-8123-456789abcdef",
                               records[0].upstream_id};
    cr_assert_eq(find(ids, 3), 2);
    bool first_is_0 = strcmp(it.listed[0], records[0].id) == 0;
    cr_expect_str_eq(it.listed[first_is_0 ? 0 : 1], records[0].id);
    cr_expect_str_eq(it.listed[first_is_0 ? 1 : 0], records[2].id);
    cr_expect_eq(find(ids, 2), 1);
    cr_expect_eq(find(ids + 1, 1), 0, "what was asked before is forgotten");
    cr_expect_eq(find(ids, 0), 0);
}

Test(store_list, finds_no_orphan_and_nothing_by_a_text_that_is_no_id)
{
    struct session_record orphan = new_record(&it);
    orphan.upstream_id[0] = '\0';
    cr_assert_eq(insert(&it, &orphan), STORE_OK);
    const char *const ids[] = {"", "x", "89abcdef-1234-4123-8123-456789abcdef0123456789"};
    cr_expect_eq(find(ids, 3), 0);
}
