/* Promises of base/jwt.h, and an attack on each. */
#include "base/crypto.h"
#include "base/json.h"
#include "base/jwt.h"
#include "base/jwt_private.h"
#include "base/random.h"

#include <criterion/criterion.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOW = 1800000000 };

static const uint8_t secret[JWT_HS256_KEY_BYTES] = {1, 2, 3};

struct fixture {
    struct jwt_key *hs256;
    struct jwt_key *es256;
    const struct jwt_key *keys[2];
    struct buf token;
};

static struct fixture begin(void)
{
    struct fixture fixture = {.hs256 = jwt_key_new_hs256("device-1", secret),
                              .es256 = jwt_key_generate_es256("emulator_1")};
    fixture.keys[0] = fixture.hs256;
    fixture.keys[1] = fixture.es256;
    buf_init(&fixture.token, 100000);
    return fixture;
}

static void end(struct fixture *fixture)
{
    fixture->hs256 = jwt_key_free(fixture->hs256);
    fixture->es256 = jwt_key_free(fixture->es256);
    buf_done(&fixture->token);
}

static enum jwt_verdict verdict_with_leeway(const struct fixture *fixture, struct slice token,
                                            int64_t leeway_s)
{
    cJSON *claims = (cJSON *)1;
    enum jwt_verdict verdict = jwt_verify(fixture->keys, 2, token, NOW, leeway_s, &claims);
    cr_expect_eq(verdict == JWT_VALID, claims != NULL);
    cJSON_Delete(claims);
    return verdict;
}

static enum jwt_verdict verdict_of(const struct fixture *fixture, struct slice token)
{
    return verdict_with_leeway(fixture, token, 0);
}

/* header.payload of these texts, and for an HS256 key of ours the right signature. */
static struct slice make_hs256(struct fixture *fixture, const char *header, const char *payload)
{
    struct buf *token = &fixture->token;
    buf_reset(token);
    base64url_encode(header, strlen(header), token);
    buf_putc(token, '.');
    base64url_encode(payload, strlen(payload), token);
    uint8_t mac[SHA256_BYTES];
    HMAC(EVP_sha256(), secret, sizeof secret, (const unsigned char *)token->data, token->len, mac,
         NULL);
    buf_putc(token, '.');
    base64url_encode(mac, sizeof mac, token);
    return buf_slice(token);
}

/* The same for the ES256 key, without the help of jwt_sign. */
static struct slice make_es256(struct fixture *fixture, const char *header, const char *payload)
{
    struct buf *token = &fixture->token;
    buf_reset(token);
    base64url_encode(header, strlen(header), token);
    buf_putc(token, '.');
    base64url_encode(payload, strlen(payload), token);
    uint8_t der[ES256_DER_MAX];
    size_t size = sizeof der;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, fixture->es256->pair);
    cr_assert_eq(
        EVP_DigestSign(context, der, &size, (const unsigned char *)token->data, token->len), 1);
    EVP_MD_CTX_free(context);
    const uint8_t *at = der;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)size);
    uint8_t raw[64];
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), raw, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), raw + 32, 32);
    ECDSA_SIG_free(pair);
    buf_putc(token, '.');
    base64url_encode(raw, sizeof raw, token);
    return buf_slice(token);
}

static struct slice sign(struct fixture *fixture, const struct jwt_key *key, const char *claims)
{
    buf_reset(&fixture->token);
    cr_assert_eq(jwt_sign(key, slice_of(claims), &fixture->token), 0);
    return buf_slice(&fixture->token);
}

#define HS256_HEADER "{\"alg\":\"HS256\",\"kid\":\"device-1\"}"

Test(jwt, what_is_signed_verifies_and_gives_its_claims)
{
    struct fixture fixture = begin();
    const struct jwt_key *const both[] = {fixture.hs256, fixture.es256};
    for (size_t i = 0; i < 2; i++) {
        struct slice token =
            sign(&fixture, both[i], "{\"sub\":\"x\\u00e4\",\"exp\":1800000001,\"n\":{\"a\":[1]}}");
        cJSON *claims = NULL;
        cr_assert_eq(jwt_verify(fixture.keys, 2, token, NOW, 0, &claims), JWT_VALID);
        struct slice subject = {NULL, 0};
        cr_expect_eq(json_string(claims, "sub", 1, 9, &subject), JSON_OK);
        cr_expect(slice_equal(subject, SLICE("x\xC3\xA4")));
        cr_expect(json_has(claims, "n"));
        cJSON_Delete(claims);
    }
    end(&fixture);
}

static void expect_header(struct slice token, const char *expected)
{
    const char *dot = memchr(token.data, '.', token.len);
    CLEANUP(buf) struct buf header;
    buf_init(&header, 1000);
    cr_assert_eq(base64url_decode((struct slice){token.data, (size_t)(dot - token.data)}, &header),
                 0);
    cr_expect_str_eq(header.data, expected);
}

Test(jwt, the_header_is_algorithm_and_key_and_nothing_else)
{
    struct fixture fixture = begin();
    expect_header(sign(&fixture, fixture.hs256, "{}"), HS256_HEADER);
    expect_header(sign(&fixture, fixture.es256, "{}"),
                  "{\"alg\":\"ES256\",\"kid\":\"emulator_1\"}");
    cr_expect_str_eq(jwt_key_id(fixture.es256), "emulator_1");
    cr_expect_eq(jwt_key_algorithm(fixture.es256), JWT_ES256);
    cr_expect_eq(jwt_key_algorithm(fixture.hs256), JWT_HS256);
    end(&fixture);
}

Test(jwt, signing_appends_and_refuses_what_is_no_object)
{
    struct fixture fixture = begin();
    buf_puts(&fixture.token, "Bearer ");
    static const char *const wrong[] = {"", "[]", "1", "{", "{\"a\":1,\"a\":2}", "{} x"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_expect_lt(jwt_sign(fixture.hs256, slice_of(wrong[i]), &fixture.token), 0, "%s",
                     wrong[i]);
    }
    cr_expect_str_eq(fixture.token.data, "Bearer ");
    cr_expect_eq(jwt_sign(fixture.hs256, SLICE("{}"), &fixture.token), 0);
    cr_expect_eq(strncmp(fixture.token.data, "Bearer eyJ", 10), 0);
    CLEANUP(buf) struct buf small;
    buf_init(&small, 20);
    cr_expect_lt(jwt_sign(fixture.hs256, SLICE("{}"), &small), 0);
    end(&fixture);
}

Test(jwt, signing_refuses_to_make_a_token_nobody_takes)
{
    struct fixture fixture = begin();
    CLEANUP(buf) struct buf claims;
    buf_init(&claims, 10000);
    buf_printf(&claims, "{\"a\":\"%07000d\"}", 1);
    cr_expect_lt(jwt_sign(fixture.es256, buf_slice(&claims), &fixture.token), 0);
    cr_expect_eq(fixture.token.len, 0);
    end(&fixture);
}

Test(jwt, key_ids_are_plain_words)
{
    static const char *const wrong[] = {
        "",
        "a b",
        "a\"",
        "a.b",
        "\xC3\xA4",
        "a/b",
        "1234567890123456789012345678901234567890123456789012345678901234"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_expect_null(jwt_key_new_hs256(wrong[i], secret), "%s", wrong[i]);
        cr_expect_null(jwt_key_generate_es256(wrong[i]), "%s", wrong[i]);
    }
    struct jwt_key *key = jwt_key_new_hs256(
        "123456789012345678901234567890123456789012345678901234567890123", secret);
    cr_expect_not_null(key);
    cr_expect_null(jwt_key_free(key));
    cr_expect_null(jwt_key_free(NULL));
}

Test(jwt, our_hs256_is_everybodys_hs256)
{
    struct fixture fixture = begin();
    CLEANUP(buf) struct buf ours;
    buf_init(&ours, 1000);
    cr_assert_eq(jwt_sign(fixture.hs256, SLICE("{\"a\":1}"), &ours), 0);
    struct slice theirs = make_hs256(&fixture, HS256_HEADER, "{\"a\":1}");
    cr_expect(slice_equal(buf_slice(&ours), theirs));
    end(&fixture);
}

Test(jwt, refuses_algorithm_none)
{
    struct fixture fixture = begin();
    static const char *const headers[] = {
        "{\"alg\":\"none\"}", "{\"alg\":\"none\",\"kid\":\"device-1\"}",
        "{\"alg\":\"None\",\"kid\":\"device-1\"}", "{\"alg\":\"NONE\",\"kid\":\"emulator_1\"}"};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        struct slice token = make_hs256(&fixture, headers[i], "{\"sub\":\"x\"}");
        cr_expect_eq(verdict_of(&fixture, token), JWT_MALFORMED, "%s", headers[i]);
        const char *last = memrchr(token.data, '.', token.len);
        token.len = (size_t)(last - token.data) + 1; /* with an empty signature */
        cr_expect_eq(verdict_of(&fixture, token), JWT_MALFORMED, "%s", headers[i]);
    }
    end(&fixture);
}

Test(jwt, refuses_an_empty_signature)
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

Test(jwt, refuses_one_algorithm_under_the_others_key)
{
    struct fixture fixture = begin();
    cr_expect_eq(
        verdict_of(&fixture,
                   make_hs256(&fixture, "{\"alg\":\"HS256\",\"kid\":\"emulator_1\"}", "{}")),
        JWT_UNKNOWN_KEY);
    cr_expect_eq(verdict_of(&fixture,
                            make_hs256(&fixture, "{\"alg\":\"ES256\",\"kid\":\"device-1\"}", "{}")),
                 JWT_UNKNOWN_KEY);
    cr_expect_eq(
        verdict_of(&fixture,
                   make_hs256(&fixture, "{\"alg\":\"ES256\",\"kid\":\"emulator_1\"}", "{}")),
        JWT_BAD_SIGNATURE);
    end(&fixture);
}

Test(jwt, keys_of_the_same_name_keep_their_own_algorithm)
{
    struct fixture fixture = begin();
    struct jwt_key *twin = jwt_key_generate_es256("device-1");
    const struct jwt_key *const keys[] = {fixture.hs256, twin};
    cJSON *claims = NULL;
    struct slice token = sign(&fixture, twin, "{}");
    cr_expect_eq(jwt_verify(keys, 2, token, NOW, 0, &claims), JWT_VALID);
    cJSON_Delete(claims);
    token = sign(&fixture, fixture.hs256, "{}");
    cr_expect_eq(jwt_verify(keys, 2, token, NOW, 0, &claims), JWT_VALID);
    cJSON_Delete(claims);
    jwt_key_free(twin);
    end(&fixture);
}

Test(jwt, refuses_other_algorithms)
{
    struct fixture fixture = begin();
    static const char *const names[] = {"HS384", "HS512",  "RS256", "ES384", "PS256",
                                        "hs256", "HS256 ", "",      "EdDSA"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char header[100];
        (void)snprintf(header, sizeof header, "{\"alg\":\"%s\",\"kid\":\"device-1\"}", names[i]);
        cr_expect_eq(verdict_of(&fixture, make_hs256(&fixture, header, "{}")), JWT_MALFORMED, "%s",
                     names[i]);
    }
    end(&fixture);
}

Test(jwt, refuses_missing_and_unknown_key_ids)
{
    struct fixture fixture = begin();
    cr_expect_eq(verdict_of(&fixture, make_hs256(&fixture, "{\"alg\":\"HS256\"}", "{}")),
                 JWT_MALFORMED);
    cr_expect_eq(
        verdict_of(&fixture, make_hs256(&fixture, "{\"alg\":\"HS256\",\"kid\":null}", "{}")),
        JWT_MALFORMED);
    cr_expect_eq(verdict_of(&fixture, make_hs256(&fixture, "{\"alg\":\"HS256\",\"kid\":1}", "{}")),
                 JWT_MALFORMED);
    cr_expect_eq(
        verdict_of(&fixture, make_hs256(&fixture, "{\"alg\":\"HS256\",\"kid\":\"x\"}", "{}")),
        JWT_UNKNOWN_KEY);
    cr_expect_eq(verdict_of(&fixture,
                            make_hs256(&fixture, "{\"alg\":\"HS256\",\"kid\":\"Device-1\"}", "{}")),
                 JWT_UNKNOWN_KEY);
    cJSON *claims = NULL;
    cr_expect_eq(jwt_verify(NULL, 0, make_hs256(&fixture, HS256_HEADER, "{}"), NOW, 0, &claims),
                 JWT_UNKNOWN_KEY);
    end(&fixture);
}

Test(jwt, refuses_headers_it_does_not_fully_understand)
{
    struct fixture fixture = begin();
    static const char *const headers[] = {
        "{\"alg\":\"HS256\",\"kid\":\"device-1\",\"crit\":[\"x\"]}",
        "{\"alg\":\"HS256\",\"kid\":\"device-1\",\"crit\":null}",
        "{\"alg\":\"HS256\",\"kid\":\"device-1\",\"crit\":[]}",
        "{\"alg\":\"none\",\"alg\":\"HS256\",\"kid\":\"device-1\"}",
        "{\"alg\":\"HS256\",\"alg\":\"HS256\",\"kid\":\"device-1\"}",
        "{\"alg\":\"HS256\",\"kid\":\"device-1\",\"kid\":\"device-1\"}",
        "{\"alg\":\"HS256\",\"kid\":\"device-1\",\"typ\":\"JOSE\"}",
        "{\"alg\":\"HS256\",\"kid\":\"device-1\",\"typ\":1}",
        "{\"alg\":\"HS256\",\"kid\":\"device-1\",\"typ\":null}",
        "{\"alg\":\"HS256\",\"kid\":\"device-1\",\"typ\":\"at+jwt\"}", /* ES256 only */
        "[\"HS256\"]",
        "\"HS256\"",
        "",
        "{\"alg\":\"HS256\",\"kid\":\"device-1\"",
        "{\"alg\":[\"HS256\"],\"kid\":\"device-1\"}",
        "{\"Alg\":\"HS256\",\"kid\":\"device-1\"}",
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        cr_expect_eq(verdict_of(&fixture, make_hs256(&fixture, headers[i], "{}")), JWT_MALFORMED,
                     "%s", headers[i]);
    }
    end(&fixture);
}

Test(jwt, takes_harmless_headers)
{
    struct fixture fixture = begin();
    static const char *const headers[] = {
        "{\"typ\":\"JWT\",\"alg\":\"HS256\",\"kid\":\"device-1\"}",
        "{\"typ\":\"jwt\",\"kid\":\"device-1\",\"alg\":\"HS256\"}",
        "{\"alg\":\"HS256\",\"kid\":\"device-1\",\"x5t\":\"y\",\"jwk\":{}}",
        " { \"alg\" : \"HS256\" , \"kid\" : \"device-1\" } ",
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        cr_expect_eq(verdict_of(&fixture, make_hs256(&fixture, headers[i], "{}")), JWT_VALID, "%s",
                     headers[i]);
    }
    end(&fixture);
}

Test(jwt, es256_headers_are_judged_like_the_others)
{
    static const struct {
        const char *header;
        enum jwt_verdict verdict;
    } cases[] = {
        {"{\"alg\":\"ES256\",\"kid\":\"emulator_1\"}", JWT_VALID},
        {"{\"alg\":\"ES256\",\"kid\":\"emulator_1\",\"typ\":\"JWT\"}", JWT_VALID},
        {"{\"alg\":\"ES256\",\"kid\":\"emulator_1\",\"typ\":\"at+jwt\"}", JWT_VALID},
        {"{\"alg\":\"ES256\",\"kid\":\"emulator_1\",\"typ\":\"AT+JWT\"}", JWT_VALID},
        {"{\"alg\":\"ES256\",\"kid\":\"emulator_1\",\"typ\":\"JWS\"}", JWT_MALFORMED},
        {"{\"alg\":\"ES256\",\"kid\":\"emulator_1\",\"crit\":[\"exp\"]}", JWT_MALFORMED},
        {"{\"alg\":\"ES256\",\"kid\":\"emulator_1\",\"alg\":\"ES256\"}", JWT_MALFORMED},
        {"{\"alg\":\"ES256\",\"kid\":\"device-1\"}", JWT_UNKNOWN_KEY},
        {"{\"alg\":\"HS256\",\"kid\":\"emulator_1\"}", JWT_UNKNOWN_KEY},
        {"{\"alg\":\"HS256\",\"kid\":\"device-1\"}", JWT_BAD_SIGNATURE},
        {"{\"alg\":\"none\",\"kid\":\"emulator_1\"}", JWT_MALFORMED},
    };
    struct fixture fixture = begin();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice token = make_es256(&fixture, cases[i].header, "{\"exp\":1800000001}");
        cr_expect_eq(verdict_of(&fixture, token), cases[i].verdict, "%s", cases[i].header);
        token = make_es256(&fixture, cases[i].header, "{\"exp\":1800000000}");
        cr_expect_neq(verdict_of(&fixture, token), JWT_VALID, "%s", cases[i].header);
        token = make_es256(&fixture, cases[i].header, "{\"a\":1,\"a\":2}");
        cr_expect_neq(verdict_of(&fixture, token), JWT_VALID, "%s", cases[i].header);
    }
    end(&fixture);
}

Test(jwt, refuses_payloads_that_are_no_clean_object)
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

Test(jwt, refuses_padding_and_other_spellings_of_base64)
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

Test(jwt, refuses_texts_of_another_form)
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

Test(jwt, refuses_tokens_over_8_kilobytes_though_well_signed)
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

Test(jwt, notices_every_changed_character)
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

Test(jwt, refuses_another_keys_signature)
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

Test(jwt, refuses_es256_signatures_of_another_size_or_outside_the_curve)
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

Test(jwt, takes_es256_signatures_with_leading_zeros)
{
    struct fixture fixture = begin();
    /* one in 128 has a zero at the start of r or s: DER drops it, JWS must not */
    for (int i = 0; i < 300; i++) {
        cr_assert_eq(verdict_of(&fixture, sign(&fixture, fixture.es256, "{}")), JWT_VALID);
    }
    end(&fixture);
}

static enum jwt_verdict verdict_of_claims(struct fixture *fixture, const char *claims,
                                          int64_t leeway_s)
{
    enum jwt_verdict one =
        verdict_with_leeway(fixture, sign(fixture, fixture->hs256, claims), leeway_s);
    enum jwt_verdict two =
        verdict_with_leeway(fixture, sign(fixture, fixture->es256, claims), leeway_s);
    cr_expect_eq(one, two, "%s", claims);
    return one;
}

Test(jwt, checks_times_against_the_callers_clock)
{
    static const struct {
        const char *claims;
        int64_t leeway_s;
        enum jwt_verdict verdict;
    } cases[] = {
        {"{}", 0, JWT_VALID},
        {"{\"exp\":1800000001}", 0, JWT_VALID},
        {"{\"exp\":1800000000}", 0, JWT_EXPIRED},
        {"{\"exp\":1799999999}", 0, JWT_EXPIRED},
        {"{\"exp\":0}", 60, JWT_EXPIRED},
        {"{\"exp\":-1}", 60, JWT_EXPIRED},
        {"{\"exp\":1799999941}", 60, JWT_VALID},
        {"{\"exp\":1799999940}", 60, JWT_EXPIRED},
        {"{\"nbf\":1800000000}", 0, JWT_VALID},
        {"{\"nbf\":1800000001}", 0, JWT_NOT_YET},
        {"{\"nbf\":1800000060}", 60, JWT_VALID},
        {"{\"nbf\":1800000061}", 60, JWT_NOT_YET},
        {"{\"iat\":1800000000}", 0, JWT_VALID},
        {"{\"iat\":1800000061}", 60, JWT_NOT_YET},
        {"{\"exp\":9007199254740991,\"nbf\":-9007199254740991}", 60, JWT_VALID},
    };
    struct fixture fixture = begin();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_expect_eq(verdict_of_claims(&fixture, cases[i].claims, cases[i].leeway_s),
                     cases[i].verdict, "%s", cases[i].claims);
    }
    end(&fixture);
}

Test(jwt, times_are_whole_numbers)
{
    static const char *const values[] = {
        "\"1900000000\"", "1900000000.5",     "1900000000.0", "null", "true", "[1900000000]", "{}",
        "1e400",          "9007199254740993", "19e8"};
    static const char *const names[] = {"exp", "nbf", "iat"};
    struct fixture fixture = begin();
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        for (size_t k = 0; k < 3; k++) {
            char payload[100];
            (void)snprintf(payload, sizeof payload, "{\"%s\":%s}", names[k], values[i]);
            enum jwt_verdict verdict =
                verdict_of(&fixture, make_hs256(&fixture, HS256_HEADER, payload));
            /* libjwt itself refuses a number that overflows, as it does a wrong signature */
            cr_expect(verdict == JWT_MALFORMED ||
                          (verdict == JWT_BAD_SIGNATURE && strstr(values[i], "e400")),
                      "%s", payload);
        }
    }
    end(&fixture);
}

Test(jwt, random_texts_are_refused)
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

Test(jwt, randomly_damaged_tokens_are_refused)
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
