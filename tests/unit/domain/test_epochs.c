/*
 * Devices that were reset are found by every id they had, within their tenant.
 */
#include "domain/epochs.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const uint8_t key[SHA256_BYTES] = {7};
static const uint8_t local[RECORD_HASH_BYTES];
static const uint8_t acme[RECORD_HASH_BYTES] = {1};

static struct device_reset reset(struct epochs *epochs, const uint8_t *tenant, const char *id)
{
    struct device_reset made;
    epochs_next(epochs, key, tenant, id, 1000, &made);
    epochs_add(epochs, &made);
    return made;
}

Test(epochs, say_nothing_of_a_device_that_was_never_reset)
{
    struct epochs *epochs = epochs_new();
    cr_expect_null(epochs_find(epochs, local, "phone"));
    cr_expect_null(epochs_find(NULL, local, "phone"));
    cr_expect_not(epochs_known(epochs));
    epochs_replace(epochs, NULL);
    cr_expect(epochs_known(epochs));
    epochs_free(epochs);
}

Test(epochs, each_give_another_id_the_same_wherever_it_is_made)
{
    struct epochs *epochs = epochs_new();
    struct device_reset first = reset(epochs, local, "phone");
    struct device_reset second = reset(epochs, local, "phone");
    cr_expect_eq(first.epoch, 1);
    cr_expect_eq(second.epoch, 2);
    cr_expect_str_neq(first.id, second.id);
    cr_expect_str_eq(epochs_find(epochs, local, "phone"), second.id);
    struct epochs *others = epochs_new();
    cr_expect_str_eq(reset(others, local, "phone").id, first.id);
    epochs_free(others);
    epochs_free(epochs);
}

Test(epochs, find_a_device_by_any_id_it_had)
{
    struct epochs *epochs = epochs_new();
    struct device_reset first = reset(epochs, local, "phone");
    struct device_reset second = reset(epochs, local, first.id);
    cr_expect_str_eq(second.base, "phone");
    cr_expect_eq(second.epoch, 2);
    cr_expect_eq(reset(epochs, local, first.id).epoch, 3);
    cr_expect_eq(reset(epochs, local, second.id).epoch, 4);
    epochs_free(epochs);
}

Test(epochs, are_a_tenant_s_own)
{
    struct epochs *epochs = epochs_new();
    struct device_reset ours = reset(epochs, local, "phone");
    cr_expect_null(epochs_find(epochs, acme, "phone"));
    struct device_reset theirs = reset(epochs, acme, "phone");
    cr_expect_eq(theirs.epoch, 1);
    cr_expect_str_neq(theirs.id, ours.id);
    cr_expect_str_eq(reset(epochs, acme, ours.id).base, ours.id, "an id of nobody there");
    epochs_free(epochs);
}

Test(epochs, may_be_read_in_any_order)
{
    struct epochs *epochs = epochs_new();
    struct device_reset first = reset(epochs, local, "phone");
    struct device_reset second = reset(epochs, local, "phone");
    second.next = &first;
    epochs_replace(epochs, &second);
    cr_expect_eq(epochs_count(epochs), 2);
    cr_expect_str_eq(epochs_find(epochs, local, "phone"), second.id);
    first.next = &second;
    second.next = NULL;
    epochs_replace(epochs, &first);
    cr_expect_str_eq(epochs_find(epochs, local, "phone"), second.id);
    epochs_free(epochs);
}

Test(epochs, are_bounded)
{
    struct epochs *epochs = epochs_new();
    char name[RECORD_TEXT_SIZE];
    for (int i = 0; i <= DEVICE_RESETS_MAX; i++) {
        (void)snprintf(name, sizeof name, "phone-%d", i);
        (void)reset(epochs, local, name);
    }
    cr_expect(epochs_full(epochs));
    cr_expect_eq(epochs_count(epochs), DEVICE_RESETS_MAX);
    cr_expect_null(epochs_find(epochs, local, name));
    epochs_free(epochs);
}
