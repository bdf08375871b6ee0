/*
 * Signed tokens: HS256 (ours: device tokens) and ES256 (the emulator's auth tokens). The only
 * includer of libjwt, which trusts a token's own "alg", accepts everything without a key and checks
 * no claim; so here:
 *  - a token over 8 KB, with padding, or not of three base64url parts is refused unparsed;
 *  - the header is decoded first: alg must be the key's own, kid must name one of the keys, `crit`
 *    and duplicate members are refused, typ is "JWT", absent, or "at+jwt" with ES256;
 *  - ES256 signatures are made and checked by OpenSSL EVP with kept key objects over the raw
 *    "header.payload" (libjwt parses PEM on every call); HS256 ones are checked by libjwt;
 *  - exp, nbf and iat must be whole numbers and are checked against the caller's clock.
 * Issuer, audience and subject are the caller's to check.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/slice.h"

enum jwt_algorithm { JWT_HS256, JWT_ES256 };
enum { JWT_KID_SIZE = 64, JWT_MAX_BYTES = 8192, JWT_HS256_KEY_BYTES = 32 };

struct jwt_key;

/* `kid`: 1 to 63 characters of [A-Za-z0-9_-], else NULL. The key bytes are copied and wiped on
 * free. */
struct jwt_key *jwt_key_new_hs256(const char *kid, const uint8_t bytes[JWT_HS256_KEY_BYTES]);
/* A fresh P-256 pair. */
struct jwt_key *jwt_key_generate_es256(const char *kid);
struct jwt_key *jwt_key_free(struct jwt_key *key);
const char *jwt_key_id(const struct jwt_key *key);
enum jwt_algorithm jwt_key_algorithm(const struct jwt_key *key);

/* Appends the compact form to ret; header {"alg":…,"kid":…} in this order, nothing else.
 * `claims` is a JSON object. 0, or -EINVAL when it is none, or the token would pass 8 KB. */
int jwt_sign(const struct jwt_key *key, struct slice claims, struct buf *ret) MUST_CHECK;

enum jwt_verdict {
    JWT_VALID,
    JWT_MALFORMED,
    JWT_UNKNOWN_KEY,
    JWT_BAD_SIGNATURE,
    JWT_EXPIRED,
    JWT_NOT_YET,
};

/* Checks `token` against the keys. On JWT_VALID *ret_claims is the payload object, owned by the
 * caller (cJSON_Delete); otherwise it is NULL. A token without exp never expires: callers that need
 * one check for it. */
enum jwt_verdict jwt_verify(const struct jwt_key *const *keys, size_t count, struct slice token,
                            int64_t now_s, int64_t leeway_s, cJSON **ret_claims) MUST_CHECK;
