/*
 * Signing keys and signing. Verification is jwt_verify.c's. libjwt always writes a typ member and
 * sorts, so signed texts are put together here; it signs nothing.
 */
#include "base/jwt.h"

#include "base/crypto.h"
#include "base/json.h"
#include "base/jwt_private.h"
#include "base/secret.h"

#include <errno.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

/* OpenSSL fails these for want of memory only, which ends the process here. */
static void *checked(void *object)
{
    if (!object) {
        abort();
    }
    return object;
}

const char *jwt_algorithm_name(enum jwt_algorithm algorithm)
{
    return algorithm == JWT_HS256 ? "HS256" : "ES256";
}

static bool is_kid(const char *kid)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    size_t size = strlen(kid);
    return size > 0 && size < JWT_KID_SIZE && strspn(kid, allowed) == size;
}

static struct jwt_key *key_new(enum jwt_algorithm algorithm, const char *kid)
{
    if (!is_kid(kid)) {
        return NULL;
    }
    struct jwt_key *key = xcalloc(1, sizeof *key);
    key->algorithm = algorithm;
    memcpy(key->kid, kid, strlen(kid));
    CLEANUP(buf) struct buf header;
    CLEANUP(buf) struct buf encoded;
    buf_init(&header, JWT_MAX_BYTES);
    buf_init(&encoded, JWT_MAX_BYTES);
    struct json_writer writer = json_writer(&header);
    json_open(&writer, NULL, '{');
    json_put_string(&writer, "alg", jwt_algorithm_name(algorithm));
    json_put_string(&writer, "kid", kid);
    json_close(&writer, '}');
    base64url_encode(header.data, header.len, &encoded);
    key->header = xstrdup(encoded.data);
    return key;
}

struct jwt_key *jwt_key_new_hs256(const char *kid, const uint8_t bytes[JWT_HS256_KEY_BYTES])
{
    struct jwt_key *key = key_new(JWT_HS256, kid);
    if (key) {
        memcpy(key->secret, bytes, sizeof key->secret);
    }
    return key;
}

struct jwt_key *jwt_key_generate_es256(const char *kid)
{
    struct jwt_key *key = key_new(JWT_ES256, kid);
    if (!key) {
        return NULL;
    }
    key->pair = checked(EVP_EC_gen("P-256"));
    key->sign = checked(EVP_PKEY_CTX_new(key->pair, NULL));
    key->verify = checked(EVP_PKEY_CTX_new(key->pair, NULL));
    if (EVP_PKEY_sign_init(key->sign) != 1 || EVP_PKEY_verify_init(key->verify) != 1) {
        abort();
    }
    return key;
}

struct jwt_key *jwt_key_free(struct jwt_key *key)
{
    if (key) {
        EVP_PKEY_CTX_free(key->sign);
        EVP_PKEY_CTX_free(key->verify);
        EVP_PKEY_free(key->pair);
        free(key->header);
        secret_wipe(key, sizeof *key);
        free(key);
    }
    return NULL;
}

const char *jwt_key_id(const struct jwt_key *key)
{
    return key->kid;
}

enum jwt_algorithm jwt_key_algorithm(const struct jwt_key *key)
{
    return key->algorithm;
}

/* JWS wants r||s (RFC 7518 section 3.4), OpenSSL gives DER. */
static void raw_from_der(const uint8_t *der, size_t size, uint8_t ret[ES256_SIGNATURE])
{
    ECDSA_SIG *pair = checked(d2i_ECDSA_SIG(NULL, &der, (long)size));
    if (BN_bn2binpad(ECDSA_SIG_get0_r(pair), ret, ES256_COORDINATE) != ES256_COORDINATE ||
        BN_bn2binpad(ECDSA_SIG_get0_s(pair), ret + ES256_COORDINATE, ES256_COORDINATE) !=
            ES256_COORDINATE) {
        abort();
    }
    ECDSA_SIG_free(pair);
}

/* 0 when r or s is no number the curve can have. */
static size_t der_from_raw(const uint8_t raw[ES256_SIGNATURE], uint8_t ret[ES256_DER_MAX])
{
    ECDSA_SIG *pair = checked(ECDSA_SIG_new());
    BIGNUM *r = checked(BN_bin2bn(raw, ES256_COORDINATE, NULL));
    BIGNUM *s = checked(BN_bin2bn(raw + ES256_COORDINATE, ES256_COORDINATE, NULL));
    (void)ECDSA_SIG_set0(pair, r, s); /* takes both over */
    int size = i2d_ECDSA_SIG(pair, NULL);
    bool fits = size > 0 && size <= ES256_DER_MAX;
    if (fits) {
        uint8_t *at = ret;
        size = i2d_ECDSA_SIG(pair, &at);
    }
    ECDSA_SIG_free(pair);
    return fits && size > 0 ? (size_t)size : 0;
}

bool jwt_key_check_es256(const struct jwt_key *key, struct slice signed_text,
                         const uint8_t signature[ES256_SIGNATURE])
{
    uint8_t digest[SHA256_BYTES];
    uint8_t der[ES256_DER_MAX];
    size_t size = der_from_raw(signature, der);
    sha256(signed_text.data, signed_text.len, digest);
    return size > 0 && EVP_PKEY_verify(key->verify, der, size, digest, sizeof digest) == 1;
}

/* Writes the signature over `text` and returns its size. */
static size_t make_signature(const struct jwt_key *key, struct slice text,
                             uint8_t ret[ES256_SIGNATURE])
{
    const uint8_t *bytes = (const uint8_t *)text.data;
    if (key->algorithm == JWT_HS256) {
        if (!HMAC(EVP_sha256(), key->secret, sizeof key->secret, bytes, text.len, ret, NULL)) {
            abort();
        }
        return SHA256_BYTES;
    }
    uint8_t digest[SHA256_BYTES];
    uint8_t der[ES256_DER_MAX];
    size_t size = sizeof der;
    sha256(bytes, text.len, digest);
    if (EVP_PKEY_sign(key->sign, der, &size, digest, sizeof digest) != 1) {
        abort();
    }
    raw_from_der(der, size, ret);
    return ES256_SIGNATURE;
}

static bool is_object(struct slice claims)
{
    static const struct json_limits limits = {JWT_MAX_BYTES, 16, 1024};
    const char *why;
    CLEANUP(json) cJSON *json = NULL;
    return json_parse(claims, &limits, &json, &why) == 0 && cJSON_IsObject(json);
}

int jwt_sign(const struct jwt_key *key, struct slice claims, struct buf *ret)
{
    if (!is_object(claims)) {
        return -EINVAL;
    }
    CLEANUP(secret_buf) struct buf token;
    buf_init_secret(&token, JWT_MAX_BYTES);
    buf_puts(&token, key->header);
    buf_putc(&token, '.');
    base64url_encode(claims.data, claims.len, &token);
    if (buf_failed(&token)) {
        return -EINVAL;
    }
    uint8_t signature[ES256_SIGNATURE];
    size_t size = make_signature(key, buf_slice(&token), signature);
    buf_putc(&token, '.');
    base64url_encode(signature, size, &token);
    if (buf_failed(&token)) {
        return -EINVAL;
    }
    buf_put_slice(ret, buf_slice(&token));
    return buf_failed(ret) ? -EINVAL : 0;
}
