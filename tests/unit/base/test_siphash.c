/*
 * The keyed hash under tables and limits.
 */
#include "base/siphash.h"

#include <criterion/criterion.h>

/* Of an implementation that is not ours (the compiler of another language): key 00 01 … 0f. */
Test(siphash, is_the_function_that_others_know)
{
    const uint64_t key[2] = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
    cr_expect_eq(siphash(key, "", 0), 0xabac0158050fc4dc);
}

Test(siphash, depends_on_every_bit_of_the_key)
{
    static const char text[] = "somebody";
    uint64_t key[2] = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
    const uint64_t hash = siphash(key, text, sizeof text);
    for (unsigned bit = 0; bit < 128; bit++) {
        key[bit / 64] ^= 1ULL << (bit % 64);
        cr_expect_neq(siphash(key, text, sizeof text), hash, "bit %u", bit);
        key[bit / 64] ^= 1ULL << (bit % 64);
    }
}
