/*
 * Two keys and the tokens made with them, for the tests of base/jwt.h. Tokens can be made without
 * jwt_sign too, so that they may be wrong in any way.
 */
#pragma once

#include "base/crypto.h"
#include "base/json.h"
#include "base/jwt.h"
#include "base/jwt_private.h"

#include <criterion/criterion.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

enum { NOW = 1800000000 };

static const uint8_t secret[JWT_HS256_KEY_BYTES] = {1, 2, 3};

struct fixture {
    struct jwt_key *hs256;
    struct jwt_key *es256;
    const struct jwt_key *keys[2];
    struct buf token;
};

static inline struct fixture begin(void)
{
    struct fixture fixture = {.hs256 = jwt_key_new_hs256("device-1", secret),
                              .es256 = jwt_key_generate_es256("emulator_1")};
    fixture.keys[0] = fixture.hs256;
    fixture.keys[1] = fixture.es256;
    buf_init(&fixture.token, 100000);
    return fixture;
}

static inline void end(struct fixture *fixture)
{
    fixture->hs256 = jwt_key_free(fixture->hs256);
    fixture->es256 = jwt_key_free(fixture->es256);
    buf_done(&fixture->token);
}

static inline enum jwt_verdict verdict_with_leeway(const struct fixture *fixture,
                                                   struct slice token, int64_t leeway_s)
{
    cJSON *claims = (cJSON *)1;
    enum jwt_verdict verdict = jwt_verify(fixture->keys, 2, token, NOW, leeway_s, &claims);
    cr_expect_eq(verdict == JWT_VALID, claims != NULL);
    cJSON_Delete(claims);
    return verdict;
}

static inline enum jwt_verdict verdict_of(const struct fixture *fixture, struct slice token)
{
    return verdict_with_leeway(fixture, token, 0);
}

/* header.payload of these texts, and for an HS256 key of ours the right signature. */
static inline struct slice make_hs256(struct fixture *fixture, const char *header,
                                      const char *payload)
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
static inline struct slice make_es256(struct fixture *fixture, const char *header,
                                      const char *payload)
{
    struct buf *token = &fixture->token;
    buf_reset(token);
    base64url_encode(header, strlen(header), token);
    buf_putc(token, '.');
    base64url_encode(payload, strlen(payload), token);
    uint8_t der[EC_DER_MAX];
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

static inline struct slice sign(struct fixture *fixture, const struct jwt_key *key,
                                const char *claims)
{
    buf_reset(&fixture->token);
    cr_assert_eq(jwt_sign(key, slice_of(claims), &fixture->token), 0);
    return buf_slice(&fixture->token);
}

#define HS256_HEADER "{\"alg\":\"HS256\",\"kid\":\"device-1\"}"
