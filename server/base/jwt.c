/*
 * Signing keys and signing. What checks signatures is jwt_signature.c's. libjwt always writes a typ
 * member and sorts, so signed texts are put together here; it signs nothing.
 */
#include "base/jwt.h"

#include "base/crypto.h"
#include "base/json.h"
#include "base/jwt_private.h"

#include <assert.h>
#include <errno.h>
#include <openssl/ec.h>
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

static bool is_kid(const char *kid)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    size_t size = strlen(kid);
    return size > 0 && size < JWT_KID_SIZE && strspn(kid, allowed) == size;
}

/* `type` NULL: without. */
static void put_header(const struct jwt_key *key, const char *type, struct buf *ret)
{
    CLEANUP(buf) struct buf header;
    buf_init(&header, JWT_MAX_BYTES);
    struct json_writer writer = json_writer(&header);
    json_open(&writer, NULL, '{');
    json_put_string(&writer, "alg", jwt_algorithm_name(key->algorithm));
    json_put_string(&writer, "kid", key->kid);
    if (type) {
        json_put_string(&writer, "typ", type);
    }
    json_close(&writer, '}');
    base64url_encode(header.data, header.len, ret);
}

static struct jwt_key *key_new(enum jwt_algorithm algorithm, const char *kid)
{
    if (!is_kid(kid)) {
        return NULL;
    }
    struct jwt_key *key = xcalloc(1, sizeof *key);
    key->algorithms = JWT_BIT(algorithm);
    key->algorithm = algorithm;
    key->kid = xstrdup(kid);
    CLEANUP(buf) struct buf header;
    buf_init(&header, JWT_MAX_BYTES);
    put_header(key, NULL, &header);
    key->header = xstrdup(header.data);
    return key;
}

struct jwt_key *jwt_key_new_hs256(const char *kid, const uint8_t bytes[JWT_HS256_KEY_BYTES])
{
    struct jwt_key *key = key_new(JWT_HS256, kid);
    if (key) {
        key->secret = xmemdup0(bytes, JWT_HS256_KEY_BYTES);
        key->secret_size = JWT_HS256_KEY_BYTES;
    }
    return key;
}

struct jwt_key *jwt_key_generate_es256(const char *kid)
{
    return is_kid(kid) ? jwt_key_new_pair(checked(EVP_EC_gen("P-256")), kid) : NULL;
}

struct jwt_key *jwt_key_new_pair(EVP_PKEY *pair, const char *kid)
{
    struct jwt_key *key = checked(key_new(JWT_ES256, kid));
    key->pair = pair;
    key->sign = checked(EVP_PKEY_CTX_new(key->pair, NULL));
    key->verify[DIGEST_256] = checked(EVP_PKEY_CTX_new(key->pair, NULL));
    if (EVP_PKEY_sign_init(key->sign) != 1 || EVP_PKEY_verify_init(key->verify[DIGEST_256]) != 1) {
        abort();
    }
    return key;
}

const char *jwt_key_id(const struct jwt_key *key)
{
    return key->kid;
}

enum jwt_algorithm jwt_key_algorithm(const struct jwt_key *key)
{
    return key->algorithm;
}

/* Writes the signature over `text` and returns its size. */
static size_t make_signature(const struct jwt_key *key, struct slice text,
                             uint8_t ret[ES256_SIGNATURE])
{
    const uint8_t *bytes = (const uint8_t *)text.data;
    if (key->algorithm == JWT_HS256) {
        if (!HMAC(EVP_sha256(), key->secret, (int)key->secret_size, bytes, text.len, ret, NULL)) {
            abort();
        }
        return SHA256_BYTES;
    }
    uint8_t digest[SHA256_BYTES];
    uint8_t der[EC_DER_MAX];
    size_t size = sizeof der;
    sha256(bytes, text.len, digest);
    if (EVP_PKEY_sign(key->sign, der, &size, digest, sizeof digest) != 1) {
        abort();
    }
    ec_raw_from_der(der, size, ES256_COORDINATE, ret);
    return ES256_SIGNATURE;
}

static bool is_object(struct slice claims)
{
    static const struct json_limits limits = {JWT_MAX_BYTES, 16, 1024};
    const char *why;
    CLEANUP(json) cJSON *json = NULL;
    return json_parse(claims, &limits, &json, &why) == 0 && cJSON_IsObject(json);
}

/* `token` holds the header. */
static int sign(const struct jwt_key *key, struct slice claims, struct buf *token, struct buf *ret)
{
    if (!is_object(claims)) {
        return -EINVAL;
    }
    buf_putc(token, '.');
    base64url_encode(claims.data, claims.len, token);
    if (buf_failed(token)) {
        return -EINVAL;
    }
    uint8_t signature[ES256_SIGNATURE];
    size_t size = make_signature(key, buf_slice(token), signature);
    buf_putc(token, '.');
    base64url_encode(signature, size, token);
    if (buf_failed(token)) {
        return -EINVAL;
    }
    buf_put_slice(ret, buf_slice(token));
    return buf_failed(ret) ? -EINVAL : 0;
}

int jwt_sign(const struct jwt_key *key, struct slice claims, struct buf *ret)
{
    assert(key->header);
    CLEANUP(secret_buf) struct buf token;
    buf_init_secret(&token, JWT_MAX_BYTES);
    buf_puts(&token, key->header);
    return sign(key, claims, &token, ret);
}

int jwt_sign_typed(const struct jwt_key *key, const char *type, struct slice claims,
                   struct buf *ret)
{
    assert(key->header);
    CLEANUP(secret_buf) struct buf token;
    buf_init_secret(&token, JWT_MAX_BYTES);
    put_header(key, type, &token);
    return sign(key, claims, &token, ret);
}
