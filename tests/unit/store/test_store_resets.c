/*
 * Resets of devices in the store: kept once an epoch, the first one only of a device that is known,
 * each tenant's apart, for as long as promised, over a restart.
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

TestSuite(store_resets, .init = open_store, .fini = close_store, .timeout = 60);

static const uint8_t local[RECORD_HASH_BYTES];
static const uint8_t acme[RECORD_HASH_BYTES] = {1, 2};

enum { DAY_MS = 24 * 3600 * 1000 };
static const int64_t now = 1800000000000;

static void know(const uint8_t *tenant, const char *device)
{
    struct session_record record = new_record(&it);
    memcpy(record.tenant, tenant, sizeof record.tenant);
    SET_TEXT(record.device_correlation_id, device);
    record.forget_at = now + DAY_MS;
    cr_assert_eq(insert(&it, &record), STORE_OK);
}

static const struct audit_entry *note; /* goes with resets; NULL: none */

static enum store_result reset_at(const uint8_t *tenant, const char *base, uint32_t epoch,
                                  const char *id, int64_t at)
{
    struct device_reset reset = {.epoch = epoch, .at = at};
    memcpy(reset.tenant, tenant, sizeof reset.tenant);
    SET_TEXT(reset.base, base);
    SET_TEXT(reset.id, id);
    (void)store_reset_device(it.store, &reset, note, on_done, &it);
    fixture_wait(&it, it.answers + 1);
    return it.result;
}

static enum store_result reset(const uint8_t *tenant, const char *base, uint32_t epoch,
                               const char *id)
{
    return reset_at(tenant, base, epoch, id, now);
}

static struct device_reset listed[8];
static size_t listed_count;

static void on_resets(void *context, enum store_result result, const struct device_reset *resets)
{
    for (listed_count = 0; resets && listed_count < 8; resets = resets->next)
        listed[listed_count++] = *resets;
    on_done(context, result, NULL);
}

static size_t list_since(int64_t since)
{
    (void)store_device_resets(it.store, since, on_resets, &it);
    fixture_wait(&it, it.answers + 1);
    cr_assert_eq(it.result, STORE_OK);
    return listed_count;
}

Test(store_resets, are_listed_as_they_were_kept)
{
    know(acme, "a phone of acme");
    cr_assert_eq(list_since(0), 0);
    cr_assert_eq(reset(acme, "a phone of acme", 1, "second"), STORE_OK);
    cr_assert_eq(list_since(0), 1);
    cr_expect_arr_eq(listed[0].tenant, acme, sizeof acme);
    cr_expect_str_eq(listed[0].base, "a phone of acme");
    cr_expect_eq(listed[0].epoch, 1);
    cr_expect_str_eq(listed[0].id, "second");
    cr_expect_eq(listed[0].at, now);
}

Test(store_resets, are_refused_for_a_device_of_nobody_or_another_tenant)
{
    know(local, "phone");
    cr_expect_eq(reset(local, "another", 1, "x"), STORE_NOT_FOUND);
    cr_expect_eq(reset(acme, "phone", 1, "x"), STORE_NOT_FOUND);
    cr_expect_eq(list_since(0), 0);
    cr_expect_eq(reset(local, "phone", 1, "x"), STORE_OK);
}

Test(store_resets, happen_once_an_epoch)
{
    know(local, "phone");
    cr_expect_eq(reset(local, "phone", 1, "second"), STORE_OK);
    cr_expect_eq(reset(local, "phone", 1, "second"), STORE_CONFLICT);
    cr_expect_eq(reset(local, "phone", 2, "third"), STORE_OK);
    cr_expect_eq(list_since(0), 2);
}

static unsigned trail;

static void on_audited(void *context, enum store_result result, const struct audit_entry *entries)
{
    for (trail = 0; entries; entries = entries->next)
        trail++;
    on_done(context, result, NULL);
}

static unsigned trail_of(const uint8_t *tenant)
{
    (void)store_audit_list(it.store, tenant, "", "", 100, on_audited, &it);
    fixture_wait(&it, it.answers + 1);
    cr_assert_eq(it.result, STORE_OK);
    return trail;
}

Test(store_resets, are_in_the_trail_if_and_only_if_they_are_kept)
{
    static char text[] = "{}";
    struct audit_entry entry = {.text = text};
    memcpy(entry.tenant, acme, sizeof acme);
    SET_TEXT(entry.id, "00000001-0000-7000-8000-000000000000");
    note = &entry;
    know(acme, "phone");
    cr_expect_eq(reset(acme, "another", 1, "x"), STORE_NOT_FOUND);
    cr_expect_eq(trail_of(acme), 0);
    cr_expect_eq(reset(acme, "phone", 1, "second"), STORE_OK);
    cr_expect_eq(trail_of(acme), 1);
    SET_TEXT(entry.id, "00000002-0000-7000-8000-000000000000");
    cr_expect_eq(reset(acme, "phone", 1, "second"), STORE_CONFLICT);
    cr_expect_eq(trail_of(acme), 1);
}

Test(store_resets, outlive_the_process)
{
    know(local, "phone");
    cr_expect_eq(reset(local, "phone", 1, "second"), STORE_OK);
    fixture_close(&it);
    fixture_open(&it);
    cr_expect_eq(list_since(0), 1);
}

Test(store_resets, are_forgotten_with_a_later_one_when_they_are_old)
{
    know(local, "phone");
    know(local, "other");
    cr_expect_eq(reset_at(local, "phone", 1, "second", now - DEVICE_RESET_KEPT_MS - 1), STORE_OK);
    cr_expect_eq(list_since(now - DEVICE_RESET_KEPT_MS), 0);
    cr_expect_eq(list_since(0), 1);
    cr_expect_eq(reset(local, "other", 1, "third"), STORE_OK);
    cr_expect_eq(list_since(0), 1);
    cr_expect_str_eq(listed[0].base, "other");
}
