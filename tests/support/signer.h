/*
 * An identity provider's pen, independent of what is tested: makes keys, publishes them as JWKs and
 * signs any text as any token, right or wrong, by OpenSSL. Header only, for unit tests and
 * end-to-end tests alike.
 */
#pragma once

#include "base/crypto.h"

#include <criterion/criterion.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <string.h>

struct signer {
    EVP_PKEY *key;
    size_t coordinate; /* of an EC key; 0: RSA */
    const char *curve; /* its JWK name */
    const char *usual; /* the algorithm it usually signs with */
};

static inline struct signer signer_rsa(unsigned bits)
{
    return (struct signer){.key = EVP_RSA_gen(bits), .usual = "RS256"};
}

static inline struct signer signer_ec(const char *curve)
{
    size_t bits = strcmp(curve, "P-256") == 0 ? 256 : strcmp(curve, "P-384") == 0 ? 384 : 521;
    return (struct signer){
        .key = EVP_EC_gen(curve),
        .coordinate = (bits + 7) / 8,
        .curve = curve,
        .usual = bits == 256   ? "ES256"
                 : bits == 384 ? "ES384"
                               : "ES512",
    };
}

static inline void signer_done(struct signer *signer)
{
    EVP_PKEY_free(signer->key);
    signer->key = NULL;
}

static inline void signer_put_number(const struct signer *signer, const char *parameter,
                                     size_t size, struct buf *ret)
{
    BIGNUM *number = NULL;
    uint8_t bytes[1024];
    cr_assert_eq(EVP_PKEY_get_bn_param(signer->key, parameter, &number), 1);
    int used = size ? BN_bn2binpad(number, bytes, (int)size) : BN_bn2bin(number, bytes);
    BN_free(number);
    cr_assert_gt(used, 0);
    base64url_encode(bytes, (size_t)used, ret);
}

/* Appends the public JWK: kty, its numbers, kid unless NULL, and `more` (",\"use\":\"sig\"" or "").
 */
static inline void signer_put_jwk(const struct signer *signer, const char *kid, const char *more,
                                  struct buf *ret)
{
    if (signer->coordinate) {
        buf_printf(ret, "{\"kty\":\"EC\",\"crv\":\"%s\",\"x\":\"", signer->curve);
        signer_put_number(signer, OSSL_PKEY_PARAM_EC_PUB_X, signer->coordinate, ret);
        buf_puts(ret, "\",\"y\":\"");
        signer_put_number(signer, OSSL_PKEY_PARAM_EC_PUB_Y, signer->coordinate, ret);
    } else {
        buf_puts(ret, "{\"kty\":\"RSA\",\"n\":\"");
        signer_put_number(signer, OSSL_PKEY_PARAM_RSA_N, 0, ret);
        buf_puts(ret, "\",\"e\":\"");
        signer_put_number(signer, OSSL_PKEY_PARAM_RSA_E, 0, ret);
    }
    buf_puts(ret, "\"");
    if (kid) {
        buf_printf(ret, ",\"kid\":\"%s\"", kid);
    }
    buf_printf(ret, "%s}", more);
}

static inline const EVP_MD *signer_digest(const char *algorithm)
{
    const char *bits = algorithm + 2;
    return strcmp(bits, "384") == 0   ? EVP_sha384()
           : strcmp(bits, "512") == 0 ? EVP_sha512()
                                      : EVP_sha256();
}

static inline void signer_put_ec(const struct signer *signer, const uint8_t *der, size_t size,
                                 struct buf *ret)
{
    uint8_t raw[132];
    int want = (int)signer->coordinate;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)size);
    cr_assert_not_null(pair);
    cr_assert_eq(BN_bn2binpad(ECDSA_SIG_get0_r(pair), raw, want), want);
    cr_assert_eq(BN_bn2binpad(ECDSA_SIG_get0_s(pair), raw + want, want), want);
    ECDSA_SIG_free(pair);
    base64url_encode(raw, 2 * signer->coordinate, ret);
}

/* Appends the signature over `text` with the digest of `algorithm`; "PS…" uses PSS. */
static inline void signer_put_signature(const struct signer *signer, const char *algorithm,
                                        struct slice text, struct buf *ret)
{
    uint8_t signature[1024];
    size_t size = sizeof signature;
    EVP_PKEY_CTX *options = NULL;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    cr_assert_eq(EVP_DigestSignInit(context, &options, signer_digest(algorithm), NULL, signer->key),
                 1);
    if (algorithm[0] == 'P') {
        EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING);
        EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST);
    }
    cr_assert_eq(EVP_DigestSign(context, signature, &size, (const uint8_t *)text.data, text.len),
                 1);
    EVP_MD_CTX_free(context);
    if (signer->coordinate) {
        signer_put_ec(signer, signature, size, ret);
    } else {
        base64url_encode(signature, size, ret);
    }
}

static inline void signer_put_text(const char *header, const char *payload, struct buf *ret)
{
    base64url_encode(header, strlen(header), ret);
    buf_putc(ret, '.');
    base64url_encode(payload, strlen(payload), ret);
}

/* Appends a token of exactly this header and payload, signed with the algorithm. */
static inline void signer_put_token(const struct signer *signer, const char *algorithm,
                                    const char *header, const char *payload, struct buf *ret)
{
    size_t from = ret->len;
    signer_put_text(header, payload, ret);
    struct slice text = {ret->data + from, ret->len - from};
    struct buf signature;
    buf_init(&signature, 2048);
    signer_put_signature(signer, algorithm, text, &signature);
    buf_putc(ret, '.');
    buf_put_slice(ret, buf_slice(&signature));
    buf_done(&signature);
}

/* The same as HS256 under a secret. */
static inline void signer_put_hs256(struct slice secret, const char *header, const char *payload,
                                    struct buf *ret)
{
    uint8_t mac[SHA256_BYTES];
    size_t from = ret->len;
    signer_put_text(header, payload, ret);
    HMAC(EVP_sha256(), secret.data, (int)secret.len, (const uint8_t *)ret->data + from,
         ret->len - from, mac, NULL);
    buf_putc(ret, '.');
    base64url_encode(mac, sizeof mac, ret);
}
