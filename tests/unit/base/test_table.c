/*
 * The keyed hash under every table.
 */
#include "base/table.h"

#include <criterion/criterion.h>
#include <string.h>

Test(table, hashes_equal_bytes_alike_and_others_differently)
{
    char text[64];
    memset(text, 'x', sizeof text);
    for (size_t size = 0; size < sizeof text; size++) {
        uint64_t hash = table_hash(text, size);
        cr_assert_eq(hash, table_hash(text, size));
        cr_assert_neq(hash, table_hash(text, size + 1));
        text[size / 2] ^= 1;
        if (size > 0)
            cr_assert_neq(hash, table_hash(text, size));
        text[size / 2] ^= 1;
    }
}

Test(table, spreads_keys_that_differ_in_one_byte_over_all_buckets)
{
    enum { BUCKETS = 64, KEYS = 64 * 256 };
    unsigned buckets[BUCKETS] = {0};
    char key[] = "01900000-0000-7000-8000-000000000000";
    for (unsigned i = 0; i < KEYS; i++) {
        key[35] = (char)('!' + i % 90);
        key[34] = (char)('!' + i / 90 % 90);
        key[33] = (char)('!' + i / 8100);
        buckets[table_hash(key, sizeof key - 1) % BUCKETS]++;
    }
    for (unsigned i = 0; i < BUCKETS; i++) {
        cr_assert_gt(buckets[i], KEYS / BUCKETS / 2);
        cr_assert_lt(buckets[i], KEYS / BUCKETS * 2);
    }
}
