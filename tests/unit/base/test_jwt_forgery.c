/* Damaged, forged and misshapen tokens against base/jwt.h. */
#include "base/random.h"
#include "jwt_fixture.h"

#include <stdlib.h>
#include <string.h>

Test(jwt_forgery, refuses_an_empty_signature)
{
    struct fixture fixture = begin();
    const struct jwt_key *const both[] = {fixture.hs256, fixture.es256};
    for (size_t i = 0; i < 2; i++) {
        struct slice token = sign(&fixture, both[i], "{}");
        const char *last = memrchr(token.data, '.', token.len);
        token.len = (size_t)(last - token.data) + 1;
        cr_expect_eq(verdict_of(&fixture, token), JWT_BAD_SIGNATURE);
        token.len--;
        cr_expect_eq(verdict_of(&fixture, token), JWT_MALFORMED);
    }
    end(&fixture);
}

Test(jwt_forgery, refuses_payloads_that_are_no_clean_object)
{
    struct fixture fixture = begin();
    static const char *const payloads[] = {"",
                                           "[]",
                                           "1",
                                           "\"x\"",
                                           "null",
                                           "{",
                                           "{}x",
                                           "{\"a\":1,\"a\":1}",
                                           "{\"sub\":\"a\",\"sub\":\"b\"}",
                                           "{\"a\":\"\\u0000\"}",
                                           "{\"a\":\"\xFF\"}",
                                           "{\"a\":01}",
                                           "{\"a\":{\"b\":1,\"b\":1}}"};
    for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++) {
        enum jwt_verdict verdict =
            verdict_of(&fixture, make_hs256(&fixture, HS256_HEADER, payloads[i]));
        cr_expect(verdict == JWT_MALFORMED || verdict == JWT_BAD_SIGNATURE, "%s", payloads[i]);
    }
    cr_expect_eq(
        verdict_of(&fixture, make_hs256(&fixture, HS256_HEADER, "{\"sub\":\"a\",\"sub\":\"b\"}")),
        JWT_MALFORMED);
    end(&fixture);
}

Test(jwt_forgery, refuses_padding_and_other_spellings_of_base64)
{
    struct fixture fixture = begin();
    const struct jwt_key *const both[] = {fixture.hs256, fixture.es256};
    for (size_t i = 0; i < 2; i++) {
        static const char *const tails[] = {"=", "==", "====", "\n", " ", "A", ".", ".A", "%3D"};
        for (size_t k = 0; k < sizeof tails / sizeof *tails; k++) {
            (void)sign(&fixture, both[i], "{}");
            buf_puts(&fixture.token, tails[k]);
            cr_expect_neq(verdict_of(&fixture, buf_slice(&fixture.token)), JWT_VALID, "%s",
                          tails[k]);
        }
        /* the unused bits of the last character: another text for the same signature */
        struct slice token = sign(&fixture, both[i], "{}");
        fixture.token.data[token.len - 1]++;
        cr_expect_eq(verdict_of(&fixture, token), JWT_BAD_SIGNATURE);
    }
    end(&fixture);
}

Test(jwt_forgery, refuses_texts_of_another_form)
{
    struct fixture fixture = begin();
    static const struct slice texts[] = {
        SLICE_INIT(""),
        SLICE_INIT("."),
        SLICE_INIT(".."),
        SLICE_INIT("..."),
        SLICE_INIT("a.b"),
        SLICE_INIT("a.b.c"),
        SLICE_INIT("e30.e30.e30"),
        SLICE_INIT("e30.e30."),
        SLICE_INIT("....."),
        SLICE_INIT("\0.\0.\0"),
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        cr_expect_eq(verdict_of(&fixture, texts[i]), JWT_MALFORMED, "case %zu", i);
    }
    cr_expect_eq(verdict_of(&fixture, (struct slice){NULL, 0}), JWT_MALFORMED);
    struct slice token = sign(&fixture, fixture.hs256, "{}");
    fixture.token.data[token.len - 3] = '\0';
    cr_expect_eq(verdict_of(&fixture, token), JWT_BAD_SIGNATURE);
    end(&fixture);
}

Test(jwt_forgery, refuses_tokens_over_8_kilobytes_though_well_signed)
{
    struct fixture fixture = begin();
    CLEANUP(buf) struct buf payload;
    buf_init(&payload, 10000);
    buf_printf(&payload, "{\"a\":\"%06900d\"}", 1);
    struct slice token = make_hs256(&fixture, HS256_HEADER, payload.data);
    cr_assert_gt(token.len, 9000);
    cr_expect_eq(verdict_of(&fixture, token), JWT_MALFORMED);
    buf_reset(&payload);
    buf_printf(&payload, "{\"a\":\"%06000d\"}", 1);
    token = make_hs256(&fixture, HS256_HEADER, payload.data);
    cr_assert_lt(token.len, 8193);
    cr_expect_eq(verdict_of(&fixture, token), JWT_VALID);
    end(&fixture);
}

Test(jwt_forgery, notices_every_changed_character)
{
    struct fixture fixture = begin();
    const struct jwt_key *const both[] = {fixture.hs256, fixture.es256};
    for (size_t i = 0; i < 2; i++) {
        struct slice token = sign(&fixture, both[i], "{\"sub\":\"x\",\"exp\":1800000100}");
        for (size_t at = 0; at < token.len; at++) {
            char before = fixture.token.data[at];
            fixture.token.data[at] = before == 'A' ? 'B' : 'A';
            cr_assert_neq(verdict_of(&fixture, token), JWT_VALID, "position %zu", at);
            fixture.token.data[at] = before;
        }
        cr_assert_eq(verdict_of(&fixture, token), JWT_VALID);
    }
    end(&fixture);
}

Test(jwt_forgery, refuses_another_keys_signature)
{
    struct fixture fixture = begin();
    static const uint8_t other_secret[JWT_HS256_KEY_BYTES] = {9};
    struct jwt_key *others[] = {jwt_key_new_hs256("device-1", other_secret),
                                jwt_key_generate_es256("emulator_1")};
    for (size_t i = 0; i < 2; i++) {
        cr_expect_eq(verdict_of(&fixture, sign(&fixture, others[i], "{}")), JWT_BAD_SIGNATURE);
        jwt_key_free(others[i]);
    }
    end(&fixture);
}

/* The token's signature exchanged for these bytes. */
static enum jwt_verdict verdict_with_signature(struct fixture *fixture, const uint8_t *bytes,
                                               size_t size)
{
    struct slice token = sign(fixture, fixture->es256, "{}");
    const char *last = memrchr(token.data, '.', token.len);
    fixture->token.len = (size_t)(last - token.data) + 1;
    base64url_encode(bytes, size, &fixture->token);
    return verdict_of(fixture, buf_slice(&fixture->token));
}

Test(jwt_forgery, refuses_es256_signatures_of_another_size_or_outside_the_curve)
{
    struct fixture fixture = begin();
    uint8_t bytes[128];
    memset(bytes, 0xFF, sizeof bytes);
    for (size_t size = 0; size <= sizeof bytes; size++) {
        cr_expect_eq(verdict_with_signature(&fixture, bytes, size), JWT_BAD_SIGNATURE, "%zu", size);
    }
    memset(bytes, 0, sizeof bytes);
    cr_expect_eq(verdict_with_signature(&fixture, bytes, 64), JWT_BAD_SIGNATURE);
    bytes[31] = bytes[63] = 1;
    cr_expect_eq(verdict_with_signature(&fixture, bytes, 64), JWT_BAD_SIGNATURE);
    end(&fixture);
}

Test(jwt_forgery, takes_es256_signatures_with_leading_zeros)
{
    struct fixture fixture = begin();
    /* one in 128 has a zero at the start of r or s: DER drops it, JWS must not */
    for (int i = 0; i < 300; i++) {
        cr_assert_eq(verdict_of(&fixture, sign(&fixture, fixture.es256, "{}")), JWT_VALID);
    }
    end(&fixture);
}

Test(jwt_forgery, random_texts_are_refused)
{
    static const char alphabet[] = "ABCDEFabcdef0123-_.....=eyJ{}\"\n\0\xFF";
    struct fixture fixture = begin();
    struct fake_random fake;
    fake_random_init(&fake, 99);
    for (int i = 0; i < 20000; i++) {
        uint8_t bytes[64];
        random_fill(&fake.random, bytes, sizeof bytes);
        size_t size = bytes[0] % sizeof bytes;
        for (size_t k = 0; k < size; k++) {
            bytes[k] = i % 2 ? bytes[k] : (uint8_t)alphabet[bytes[k] % (sizeof alphabet - 1)];
        }
        cr_assert_neq(verdict_of(&fixture, (struct slice){(const char *)bytes, size}), JWT_VALID);
    }
    end(&fixture);
}

Test(jwt_forgery, randomly_damaged_tokens_are_refused)
{
    struct fixture fixture = begin();
    struct fake_random fake;
    fake_random_init(&fake, 100);
    CLEANUP(buf) struct buf whole;
    buf_init(&whole, 1000);
    cr_assert_eq(jwt_sign(fixture.hs256, SLICE("{\"sub\":\"x\"}"), &whole), 0);
    for (int i = 0; i < 5000; i++) {
        uint16_t places[3];
        random_fill(&fake.random, places, sizeof places);
        char *copy = xmemdup0(whole.data, whole.len);
        for (size_t k = 0; k < 3; k++) {
            copy[places[k] % whole.len] = (char)(places[k] >> 8);
        }
        size_t size = whole.len - places[0] % 3;
        if (memcmp(copy, whole.data, whole.len) != 0) {
            cr_assert_neq(verdict_of(&fixture, (struct slice){copy, size}), JWT_VALID, "%s", copy);
        }
        free(copy);
    }
    end(&fixture);
}
