/*
 * JWKs of our own P-256 keys (RFC 7517), and their names (RFC 7638). Reading other people's is
 * jwk.c's. Invariant: nothing but the point is ever asked of a key here.
 */
#include "base/crypto.h"
#include "base/jwk.h"
#include "base/jwt_private.h"

#include <assert.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <stdlib.h>
#include <string.h>

enum { COORDINATE_TEXT = 43, THUMBPRINT_TEXT_MAX = 256 };

/* A coordinate in base64url, all 32 bytes of it. */
static void put_coordinate(const EVP_PKEY *key, const char *parameter, struct buf *ret)
{
    BIGNUM *number = NULL;
    uint8_t bytes[ES256_COORDINATE];
    if (EVP_PKEY_get_bn_param(key, parameter, &number) != 1 ||
        BN_bn2binpad(number, bytes, sizeof bytes) != (int)sizeof bytes) {
        abort(); /* out of memory, or no P-256 key */
    }
    BN_free(number);
    base64url_encode(bytes, sizeof bytes, ret);
}

struct point {
    struct buf x, y;
};

static void point_read(const EVP_PKEY *key, struct point *ret)
{
    buf_init(&ret->x, COORDINATE_TEXT);
    buf_init(&ret->y, COORDINATE_TEXT);
    put_coordinate(key, OSSL_PKEY_PARAM_EC_PUB_X, &ret->x);
    put_coordinate(key, OSSL_PKEY_PARAM_EC_PUB_Y, &ret->y);
}

static void point_done(struct point *point)
{
    buf_done(&point->x);
    buf_done(&point->y);
}

/* The members and their order are the standard's; none needs an escape. */
void jwk_thumbprint(const EVP_PKEY *key, char ret[JWK_THUMBPRINT_SIZE])
{
    struct point point;
    uint8_t digest[SHA256_BYTES];
    CLEANUP(buf) struct buf text;
    CLEANUP(buf) struct buf name;
    buf_init(&text, THUMBPRINT_TEXT_MAX);
    buf_init(&name, JWK_THUMBPRINT_SIZE);
    point_read(key, &point);
    buf_printf(&text, "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}", point.x.data,
               point.y.data);
    point_done(&point);
    sha256(text.data, text.len, digest);
    base64url_encode(digest, sizeof digest, &name);
    assert(name.len == JWK_THUMBPRINT_SIZE - 1);
    memcpy(ret, name.data, JWK_THUMBPRINT_SIZE);
}

void jwk_put(const struct jwt_key *key, struct json_writer *writer)
{
    struct point point;
    point_read(key->pair, &point);
    json_open(writer, NULL, '{');
    json_put_string(writer, "kty", "EC");
    json_put_string(writer, "crv", "P-256");
    json_put_slice(writer, "x", buf_slice(&point.x));
    json_put_slice(writer, "y", buf_slice(&point.y));
    json_put_string(writer, "kid", key->kid);
    json_put_string(writer, "use", "sig");
    json_put_string(writer, "alg", jwt_algorithm_name(JWT_ES256));
    json_close(writer, '}');
    point_done(&point);
}
