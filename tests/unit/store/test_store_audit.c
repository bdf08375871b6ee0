/*
 * The audit trail: entries come in the order of their ids, a page at a time, to their own tenant
 * alone; a record's notes are there when the record is, and only then.
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

TestSuite(store_audit, .init = open_store, .fini = close_store, .timeout = 60);

static const uint8_t acme[RECORD_HASH_BYTES] = {1};
static const uint8_t zenith[RECORD_HASH_BYTES] = {0, 2};

#define ENTRY(n)   "0000000" #n "-0000-7000-8000-000000000000"
#define SESSION(n) "1000000" #n "-0000-7000-8000-000000000000"

static struct audit_entry *entry_of(const uint8_t *tenant, const char *id, const char *session,
                                    const char *text)
{
    struct audit_entry *entry = xcalloc(1, sizeof *entry);
    SET_TEXT(entry->id, id);
    SET_TEXT(entry->session, session);
    memcpy(entry->tenant, tenant, sizeof entry->tenant);
    entry->text = xstrdup(text);
    return entry;
}

static enum store_result append(struct audit_entry *entries)
{
    (void)store_audit_append(it.store, entries, on_done, &it);
    (void)audit_entries_free(entries);
    fixture_wait(&it, it.answers + 1);
    return it.result;
}

static void append_one(const uint8_t *tenant, const char *id, const char *session, const char *text)
{
    cr_assert_eq(append(entry_of(tenant, id, session, text)), STORE_OK);
}

static char found[1024]; /* the texts of the last list, one after the other */

static void on_audited(void *context, enum store_result result, const struct audit_entry *entries)
{
    found[0] = '\0';
    for (; entries; entries = entries->next) {
        size_t used = strlen(found);
        (void)snprintf(found + used, sizeof found - used, "%s", entries->text);
    }
    on_done(context, result, NULL);
}

static const char *list_of(const uint8_t *tenant, const char *session, const char *after,
                           size_t limit)
{
    (void)store_audit_list(it.store, tenant, session, after, limit, on_audited, &it);
    fixture_wait(&it, it.answers + 1);
    cr_assert_eq(it.result, STORE_OK);
    return found;
}

static const char *list(void)
{
    return list_of(local_tenant, "", "", 100);
}

static enum store_result forget_until(int64_t until, size_t limit)
{
    (void)store_audit_forget(it.store, until, limit, on_done, &it);
    fixture_wait(&it, it.answers + 1);
    return it.result;
}

Test(store_audit, is_empty_at_first)
{
    cr_assert_str_empty(list());
    cr_assert_str_empty(list_of(acme, "", "", 10));
}

/* Not appended in the order of their ids. */
static void append_some(void)
{
    struct audit_entry *first = entry_of(local_tenant, ENTRY(3), SESSION(1), "{3}");
    first->next = entry_of(local_tenant, ENTRY(1), SESSION(1), "{1}");
    first->next->next = entry_of(local_tenant, ENTRY(2), "", "{2 of \"none\" }");
    cr_assert_eq(append(first), STORE_OK);
    append_one(local_tenant, ENTRY(5), SESSION(2), "{5}");
}

Test(store_audit, is_in_the_order_of_ids)
{
    append_some();
    cr_assert_str_eq(list(), "{1}{2 of \"none\" }{3}{5}");
}

Test(store_audit, is_read_a_page_at_a_time)
{
    append_some();
    cr_expect_str_eq(list_of(local_tenant, "", "", 1), "{1}");
    cr_expect_str_eq(list_of(local_tenant, "", ENTRY(1), 2), "{2 of \"none\" }{3}");
    cr_expect_str_eq(list_of(local_tenant, "", ENTRY(4), 2), "{5}", "of none that is there");
    cr_expect_str_eq(list_of(local_tenant, "", ENTRY(5), 2), "");
    cr_expect_str_eq(list_of(local_tenant, "", "00000002", 2), "{2 of \"none\" }{3}", "any text");
    cr_expect_str_eq(list_of(local_tenant, "", "zebra", 2), "");
}

Test(store_audit, is_read_of_one_session)
{
    append_some();
    cr_expect_str_eq(list_of(local_tenant, SESSION(1), "", 10), "{1}{3}");
    cr_expect_str_eq(list_of(local_tenant, SESSION(1), ENTRY(1), 10), "{3}");
    cr_expect_str_eq(list_of(local_tenant, SESSION(1), "", 1), "{1}");
    cr_expect_str_eq(list_of(local_tenant, SESSION(2), "", 10), "{5}");
    cr_expect_str_eq(list_of(local_tenant, SESSION(3), "", 10), "");
}

Test(store_audit, shows_each_tenant_its_own)
{
    append_some();
    append_one(acme, ENTRY(4), SESSION(4), "{acme}");
    append_one(zenith, ENTRY(6), SESSION(6), "{zenith}");
    cr_expect_str_eq(list(), "{1}{2 of \"none\" }{3}{5}");
    cr_expect_str_eq(list_of(acme, "", "", 10), "{acme}");
    cr_expect_str_eq(list_of(acme, "", ENTRY(4), 10), "");
    cr_expect_str_eq(list_of(zenith, "", "", 10), "{zenith}");
    cr_expect_str_eq(list_of(acme, SESSION(4), "", 10), "{acme}");
    cr_expect_str_eq(list_of(zenith, SESSION(4), "", 10), "");
    cr_expect_str_eq(list_of(local_tenant, SESSION(4), "", 10), "");
    cr_expect_str_eq(list_of(acme, SESSION(1), "", 10), "");
}

Test(store_audit, takes_an_entry_once)
{
    append_some();
    append_some();
    cr_assert_str_eq(list(), "{1}{2 of \"none\" }{3}{5}");
}

Test(store_audit, takes_as_many_at_once_as_it_says)
{
    struct audit_entry *entries = NULL;
    for (int i = 0; i < STORE_AUDIT_MAX; i++) {
        char id[UUID_SIZE];
        uuid7(&it.random.random, noon, id);
        struct audit_entry *entry = entry_of(acme, id, SESSION(1), "{}");
        entry->next = entries;
        entries = entry;
    }
    cr_assert_eq(append(entries), STORE_OK);
    cr_assert_eq(strlen(list_of(acme, "", "", 100)), (size_t)2 * STORE_AUDIT_MAX);
}

Test(store_audit, outlives_the_process)
{
    append_some();
    fixture_close(&it);
    fixture_open(&it);
    cr_assert_str_eq(list(), "{1}{2 of \"none\" }{3}{5}");
}

/* ---- notes of records ---- */

static void note(struct session_record *record, const char *id, const char *text)
{
    struct audit_entry *entry = entry_of(record->tenant, id, record->id, text);
    entry->next = record->notes;
    record->notes = entry;
}

static void drop_notes(struct session_record *record)
{
    record->notes = audit_entries_free(record->notes);
}

Test(store_audit, takes_what_is_noted_with_an_insert)
{
    struct session_record record = new_record(&it);
    note(&record, ENTRY(1), "{created}");
    cr_assert_eq(insert(&it, &record), STORE_OK);
    cr_expect_str_eq(list_of(local_tenant, record.id, "", 10), "{created}");
    cr_assert_eq(load(&it, record.id), STORE_OK);
    cr_expect_null(it.record->notes);
    drop_notes(&record);
    note(&record, ENTRY(2), "{created twice}");
    cr_assert_eq(insert(&it, &record), STORE_CONFLICT);
    cr_expect_str_eq(list(), "{created}");
    drop_notes(&record);
}

Test(store_audit, takes_what_is_noted_with_a_save)
{
    struct session_record record = new_record(&it);
    memcpy(record.tenant, acme, sizeof record.tenant);
    cr_assert_eq(insert(&it, &record), STORE_OK);
    record.revision = 1;
    for (int i = 0; i < STORE_NOTES_MAX; i++) {
        char id[UUID_SIZE];
        uuid7(&it.random.random, noon, id);
        note(&record, id, "{saved}");
    }
    cr_assert_eq(save(&it, &record), STORE_OK);
    cr_expect_str_eq(list_of(acme, "", "", 10), "{saved}{saved}{saved}{saved}");
    drop_notes(&record);
    note(&record, ENTRY(9), "{too late}");
    cr_assert_eq(save(&it, &record), STORE_CONFLICT);
    cr_expect_str_eq(list_of(acme, "", "", 10), "{saved}{saved}{saved}{saved}");
    cr_expect_str_eq(list(), "");
    drop_notes(&record);
}

Test(store_audit, takes_nothing_for_a_record_that_is_not_there)
{
    struct session_record record = new_record(&it);
    record.revision = 1;
    note(&record, ENTRY(1), "{saved}");
    cr_assert_eq(save(&it, &record), STORE_NOT_FOUND);
    cr_expect_str_eq(list(), "");
    drop_notes(&record);
}

/* ---- retention ---- */

static void append_at(const uint8_t *tenant, int64_t at, const char *text)
{
    char id[UUID_SIZE];
    uuid7(&it.random.random, at, id);
    append_one(tenant, id, SESSION(1), text);
}

Test(store_audit, forgets_what_is_older_a_slice_at_a_time)
{
    append_at(local_tenant, noon, "{1}");
    append_at(local_tenant, noon + 1, "{2}");
    append_at(local_tenant, noon + 2, "{3}");
    append_at(acme, noon, "{acme 1}");
    append_at(acme, noon + 2, "{acme 2}");
    cr_expect_eq(forget_until(noon, 10), STORE_OK);
    cr_expect_str_eq(list(), "{1}{2}{3}");
    while (forget_until(noon + 2, 1) == STORE_MORE) {
    }
    cr_assert_eq(it.result, STORE_OK);
    cr_expect_str_eq(list(), "{3}");
    cr_expect_str_eq(list_of(local_tenant, SESSION(1), "", 10), "{3}");
    cr_expect_str_eq(list_of(acme, "", "", 10), "{acme 2}");
    cr_expect_eq(forget_until(noon + 3, 10), STORE_OK);
    cr_expect_str_eq(list(), "");
    cr_expect_str_eq(list_of(acme, SESSION(1), "", 10), "");
}

Test(store_audit, keeps_entries_of_sessions_that_are_forgotten)
{
    struct session_record record = new_record(&it);
    record.forget_at = noon;
    note(&record, ENTRY(1), "{created}");
    cr_assert_eq(insert(&it, &record), STORE_OK);
    drop_notes(&record);
    cr_assert_eq(forget(&it, noon, 10), STORE_OK);
    cr_assert_eq(load(&it, record.id), STORE_NOT_FOUND);
    cr_expect_str_eq(list_of(local_tenant, record.id, "", 10), "{created}");
}
