/*
 * What is sealed opens with the same key and associated data only, and only as it was sealed.
 */
#include "base/aead.h"
#include "base/crypto.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t key[AEAD_KEY_BYTES] = {1, 2, 3};

struct box {
    struct fake_random random;
    struct buf sealed;
    struct buf opened;
};

static void box_init(struct box *box, struct slice plain)
{
    fake_random_init(&box->random, 1);
    buf_init(&box->sealed, 4096);
    buf_init_secret(&box->opened, 4096);
    aead_seal(key, &box->random.random, SLICE("of it"), plain, &box->sealed);
}

static void box_done(struct box *box)
{
    buf_done(&box->sealed);
    buf_wipe(&box->opened);
}

Test(aead, opens_what_it_sealed)
{
    struct box box;
    box_init(&box, SLICE("a secret"));
    cr_expect_eq(box.sealed.len, AEAD_NONCE_BYTES + 8 + AEAD_TAG_BYTES);
    cr_expect_null(memmem(box.sealed.data, box.sealed.len, "secret", 6));
    cr_assert_eq(aead_open(key, SLICE("of it"), buf_slice(&box.sealed), &box.opened), 0);
    cr_expect_str_eq(box.opened.data, "a secret");
    box_done(&box);
}

/* As another implementation of AES-256-GCM sealed it, under the nonce 0, 1, 2 … 11. */
Test(aead, opens_what_others_sealed)
{
    static const char hex[] = "000102030405060708090a0b"
                              "e4efa2f58de524c12ad2a766f63fc8ac0e78239c4d3785af";
    uint8_t sealed[(sizeof hex - 1) / 2];
    struct buf opened;
    buf_init_secret(&opened, 64);
    cr_assert_eq(hex_decode(slice_of(hex), sealed, sizeof sealed), 0);
    cr_assert_eq(aead_open(key, SLICE("of it"), (struct slice){(const char *)sealed, sizeof sealed},
                           &opened),
                 0);
    cr_expect_str_eq(opened.data, "a secret");
    buf_wipe(&opened);
}

Test(aead, seals_nothing_too)
{
    struct box box;
    box_init(&box, SLICE(""));
    cr_assert_eq(aead_open(key, SLICE("of it"), buf_slice(&box.sealed), &box.opened), 0);
    cr_expect_eq(box.opened.len, 0);
    box_done(&box);
}

Test(aead, never_seals_the_same_way_twice)
{
    struct box box;
    box_init(&box, SLICE("a secret"));
    struct buf again;
    buf_init(&again, 4096);
    aead_seal(key, &box.random.random, SLICE("of it"), SLICE("a secret"), &again);
    cr_expect_neq(memcmp(again.data, box.sealed.data, AEAD_NONCE_BYTES), 0);
    cr_expect_neq(memcmp(again.data + AEAD_NONCE_BYTES, box.sealed.data + AEAD_NONCE_BYTES, 8), 0);
    buf_done(&again);
    box_done(&box);
}

Test(aead, refuses_whatever_was_changed)
{
    struct box box;
    box_init(&box, SLICE("a secret"));
    for (size_t i = 0; i < box.sealed.len; i++) {
        box.sealed.data[i] ^= 0x10;
        cr_expect_eq(aead_open(key, SLICE("of it"), buf_slice(&box.sealed), &box.opened), -EBADMSG,
                     "byte %zu", i);
        box.sealed.data[i] ^= 0x10;
    }
    cr_expect_eq(box.opened.len, 0);
    box_done(&box);
}

Test(aead, refuses_every_shorter_text)
{
    struct box box;
    box_init(&box, SLICE("a secret"));
    for (size_t length = 0; length < box.sealed.len; length++) {
        char *shorter = xmemdup0(box.sealed.data, length);
        cr_expect_eq(aead_open(key, SLICE("of it"), (struct slice){shorter, length}, &box.opened),
                     -EBADMSG, "%zu bytes", length);
        free(shorter);
    }
    box_done(&box);
}

Test(aead, refuses_another_key_and_other_associated_data)
{
    static const uint8_t other[AEAD_KEY_BYTES] = {1, 2, 4};
    struct box box;
    box_init(&box, SLICE("a secret"));
    struct slice sealed = buf_slice(&box.sealed);
    cr_expect_eq(aead_open(other, SLICE("of it"), sealed, &box.opened), -EBADMSG);
    cr_expect_eq(aead_open(key, SLICE("of It"), sealed, &box.opened), -EBADMSG);
    cr_expect_eq(aead_open(key, SLICE(""), sealed, &box.opened), -EBADMSG);
    box_done(&box);
}
