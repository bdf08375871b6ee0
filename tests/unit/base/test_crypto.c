/* Promises of base/crypto.h. */
#include "base/crypto.h"

#include "base/random.h"

#include <criterion/criterion.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

static void expect_sha256(const char *text, const char *hex)
{
    uint8_t digest[SHA256_BYTES];
    char found[SHA256_HEX];
    sha256(text, strlen(text), digest);
    hex_encode(digest, sizeof digest, found);
    cr_expect_str_eq(found, hex);
}

Test(crypto, sha256_agrees_with_fips_180)
{
    expect_sha256("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect_sha256("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

Test(crypto, hmac_puts_the_length_before_each_part)
{
    uint8_t key[SHA256_BYTES];
    memset(key, 7, sizeof key);
    const struct slice parts[] = {SLICE("ab"), SLICE("")};
    static const char framed[] = "\0\0\0\0\0\0\0\2ab\0\0\0\0\0\0\0\0";
    uint8_t found[SHA256_BYTES];
    uint8_t expected[SHA256_BYTES];
    hmac_sha256(key, parts, 2, found);
    HMAC(EVP_sha256(), key, sizeof key, (const unsigned char *)framed, sizeof framed - 1, expected,
         NULL);
    cr_expect_eq(memcmp(found, expected, sizeof found), 0);
}

Test(crypto, hmac_tells_differently_cut_parts_apart)
{
    uint8_t key[SHA256_BYTES] = {1};
    uint8_t a[SHA256_BYTES];
    uint8_t b[SHA256_BYTES];
    uint8_t c[SHA256_BYTES];
    hmac_sha256(key, (const struct slice[]){SLICE("ab"), SLICE("c")}, 2, a);
    hmac_sha256(key, (const struct slice[]){SLICE("a"), SLICE("bc")}, 2, b);
    hmac_sha256(key, (const struct slice[]){SLICE("abc")}, 1, c);
    cr_expect_neq(memcmp(a, b, sizeof a), 0);
    cr_expect_neq(memcmp(a, c, sizeof a), 0);
    cr_expect_neq(memcmp(b, c, sizeof a), 0);
    key[0] = 2;
    hmac_sha256(key, (const struct slice[]){SLICE("a"), SLICE("bc")}, 2, a);
    cr_expect_neq(memcmp(a, b, sizeof a), 0);
}

Test(crypto, hmac_of_a_long_message_is_the_hmac_of_the_framed_text)
{
    enum { PART = 5000 };
    uint8_t key[SHA256_BYTES] = {3};
    char *framed = xcalloc(1, 8 + PART);
    framed[6] = (char)(PART >> 8);
    framed[7] = (char)(PART & 0xFF);
    memset(framed + 8, 'x', PART);
    uint8_t found[SHA256_BYTES];
    uint8_t expected[SHA256_BYTES];
    hmac_sha256(key, &(struct slice){framed + 8, PART}, 1, found);
    HMAC(EVP_sha256(), key, sizeof key, (const unsigned char *)framed, 8 + PART, expected, NULL);
    cr_expect_eq(memcmp(found, expected, sizeof found), 0);
    hmac_sha256(key, NULL, 0, found);
    free(framed);
}

Test(crypto, hex_reads_back_in_either_case)
{
    static const uint8_t bytes[] = {0x00, 0x09, 0xAF, 0xFF};
    char text[9];
    uint8_t back[4] = {0};
    hex_encode(bytes, sizeof bytes, text);
    cr_expect_str_eq(text, "0009afff");
    cr_expect_eq(hex_decode(SLICE("0009aFFf"), back, 4), 0);
    cr_expect_eq(memcmp(bytes, back, 4), 0);
}

Test(crypto, hex_refuses_other_sizes_and_characters_untouched)
{
    static const struct slice wrong[] = {
        SLICE_INIT(""),           SLICE_INIT("0009aff"),  SLICE_INIT("0009afff0"),
        SLICE_INIT("0009afffff"), SLICE_INIT("0009afg0"), SLICE_INIT("0009af 0"),
        SLICE_INIT("0009af0\0"),  SLICE_INIT("@@@@@@@@"), SLICE_INIT("````````"),
        SLICE_INIT("::::::::"),   SLICE_INIT("0x09afff"),
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        uint8_t back[4] = {1, 2, 3, 4};
        cr_expect_lt(hex_decode(wrong[i], back, 4), 0, "%.*s", SLICE_ARGS(wrong[i]));
        cr_expect_eq(memcmp(back, "\1\2\3\4", 4), 0);
    }
}

Test(crypto, base64url_agrees_with_rfc_4648)
{
    static const char *const cases[][2] = {
        {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
        {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xFB\xFF\xBF", "-_-_"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEANUP(buf) struct buf encoded;
        CLEANUP(buf) struct buf decoded;
        buf_init(&encoded, 64);
        buf_init(&decoded, 64);
        base64url_encode(cases[i][0], strlen(cases[i][0]), &encoded);
        cr_expect(slice_equal(buf_slice(&encoded), slice_of(cases[i][1])), "%s", cases[i][1]);
        cr_expect_eq(base64url_decode(slice_of(cases[i][1]), &decoded), 0);
        cr_expect(slice_equal(buf_slice(&decoded), slice_of(cases[i][0])), "%s", cases[i][1]);
    }
}

Test(crypto, base64url_decode_is_strict)
{
    static const char *const wrong[] = {
        "Z",    "Zg==", "Zg=",   "Zh",   "Zm9",   "Zm+v",     "Zm/v", "Z g",
        "Zg\n", " Zg",  "Zm9vZ", "Zm8=", "Zm9v=", "\xC3\xA4", "A===", "Zm9vYmF"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CLEANUP(buf) struct buf decoded;
        buf_init(&decoded, 64);
        cr_expect_lt(base64url_decode(slice_of(wrong[i]), &decoded), 0, "%s", wrong[i]);
    }
}

Test(crypto, base64_agrees_with_rfc_4648)
{
    static const char *const cases[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xFB\xFF\xBF", "+/+/"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEANUP(buf) struct buf encoded;
        CLEANUP(buf) struct buf decoded;
        buf_init(&encoded, 64);
        buf_init(&decoded, 64);
        base64_encode(cases[i][0], strlen(cases[i][0]), &encoded);
        cr_expect(slice_equal(buf_slice(&encoded), slice_of(cases[i][1])), "%s", cases[i][1]);
        cr_expect_eq(base64_decode(slice_of(cases[i][1]), &decoded), 0);
        cr_expect(slice_equal(buf_slice(&decoded), slice_of(cases[i][0])), "%s", cases[i][1]);
    }
}

Test(crypto, base64_decode_is_strict)
{
    static const char *const wrong[] = {"=",        "==",   "====",     "Zg",      "Zg=",
                                        "Zh==",     "Zm9=", "Z===",     "-_-_",    "Zg==\n",
                                        "Zg= =",    "Z g=", "Zg==Zg==", "A=B=",    "Zm9vYg===",
                                        "Zg==    ", "Zm9",  "Zm8",      "Zm8=Zm8="};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CLEANUP(buf) struct buf decoded;
        buf_init(&decoded, 64);
        cr_expect_lt(base64_decode(slice_of(wrong[i]), &decoded), 0, "%s", wrong[i]);
    }
}

Test(crypto, base64_round_trips_every_size)
{
    for (size_t size = 0; size < 100; size++) {
        uint8_t bytes[100];
        for (size_t i = 0; i < size; i++) {
            bytes[i] = (uint8_t)(i * 37 + size);
        }
        CLEANUP(buf) struct buf encoded;
        CLEANUP(buf) struct buf decoded;
        buf_init(&encoded, 200);
        buf_init(&decoded, size);
        base64_encode(bytes, size, &encoded);
        cr_assert_eq(encoded.len, (size + 2) / 3 * 4);
        cr_assert_eq(base64_decode(buf_slice(&encoded), &decoded), 0);
        cr_assert(slice_equal(buf_slice(&decoded), (struct slice){(const char *)bytes, size}));
    }
}

Test(crypto, base64url_round_trips_every_size)
{
    struct fake_random fake;
    fake_random_init(&fake, 11);
    for (size_t size = 0; size < 100; size++) {
        uint8_t bytes[100];
        random_fill(&fake.random, bytes, size);
        CLEANUP(buf) struct buf encoded;
        CLEANUP(buf) struct buf decoded;
        buf_init(&encoded, 200);
        buf_init(&decoded, size);
        base64url_encode(bytes, size, &encoded);
        cr_assert_eq(base64url_decode(buf_slice(&encoded), &decoded), 0);
        cr_assert(slice_equal(buf_slice(&decoded), (struct slice){(const char *)bytes, size}));
    }
}

Test(crypto, base64url_decode_fails_when_the_buffer_is_too_small)
{
    CLEANUP(buf) struct buf decoded;
    buf_init(&decoded, 5);
    cr_expect_lt(base64url_decode(SLICE("Zm9vYmFy"), &decoded), 0);
}
