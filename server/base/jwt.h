/*
 * Signed tokens: ours (HS256 device tokens, ES256 tokens) and those of identity providers (RS256 to
 * RS512, ES256 to ES512, HS256 under a shared secret). The only includer of libjwt, which trusts a
 * token's own "alg", accepts everything without a key and checks no claim; so here:
 *  - a token over 8 KB, with padding, or not of three base64url parts is refused unparsed;
 *  - the header is decoded first: alg must be one the key may be used with, kid must name one of
 *    the keys, `crit`, keys in the header (jwk, jku, x5c, x5u) and duplicate members are refused,
 *    typ is "JWT", absent, or "at+jwt", unless the caller expects another one and no other;
 *  - signatures are made and checked by OpenSSL with kept key objects over the raw
 *    "header.payload", before libjwt parses anything (it also parses PEM on every call);
 *  - exp, nbf and iat must be whole numbers and are checked against the caller's clock.
 * Issuer, audience and subject are the caller's to check.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/slice.h"

enum jwt_algorithm {
    JWT_HS256,
    JWT_RS256,
    JWT_RS384,
    JWT_RS512,
    JWT_ES256,
    JWT_ES384,
    JWT_ES512,
    JWT_ALGORITHM_COUNT
};
/* A set of algorithms is a mask of these. */
#define JWT_BIT(algorithm) (1U << (algorithm))
enum { JWT_ASYMMETRIC = (1 << JWT_ALGORITHM_COUNT) - 1 - (1 << JWT_HS256) };
enum {
    JWT_KID_SIZE = 64,       /* of our own keys, NUL included */
    JWT_KID_MAX = 255,       /* bytes of other people's */
    JWT_MAX_BYTES = 8192,    /* of a token */
    JWT_HS256_KEY_BYTES = 32 /* of our own keys, and the least of other people's */
};

/* "RS256"; the index of a name in *ret, or false. */
const char *jwt_algorithm_name(enum jwt_algorithm algorithm);
bool jwt_algorithm_find(struct slice name, enum jwt_algorithm *ret);

struct jwt_key;

/* `kid`: 1 to 63 characters of [A-Za-z0-9_-], else NULL. The key bytes are copied and wiped on
 * free. */
struct jwt_key *jwt_key_new_hs256(const char *kid, const uint8_t bytes[JWT_HS256_KEY_BYTES]);
/* A secret shared with an issuer, for checking only: whatever kid a token has. NULL when it is
 * shorter than JWT_HS256_KEY_BYTES. */
struct jwt_key *jwt_key_new_secret(struct slice secret);
/* A fresh P-256 pair. */
struct jwt_key *jwt_key_generate_es256(const char *kid);
/* The P-256 pair of a PEM text (base/ec_pem.h), or NULL when it holds none. Its kid is its
 * thumbprint (RFC 7638). */
struct jwt_key *jwt_key_from_pem(struct slice pem);
/* The same of a public key, or of the public half of a private one: it only checks. */
struct jwt_key *jwt_key_from_public_pem(struct slice pem);
struct jwt_key *jwt_key_free(struct jwt_key *key);
const char *jwt_key_id(const struct jwt_key *key);
/* What it signs with. */
enum jwt_algorithm jwt_key_algorithm(const struct jwt_key *key);

/* Appends the compact form to ret; header {"alg":…,"kid":…} in this order, nothing else.
 * `claims` is a JSON object, the key one that signs. 0, or -EINVAL when it is none, or the token
 * would pass 8 KB. */
int jwt_sign(const struct jwt_key *key, struct slice claims, struct buf *ret) MUST_CHECK;
/* The same with a third member "typ", a literal of ours: what is signed for one purpose is then no
 * use for another (RFC 8725 section 3.11). */
int jwt_sign_typed(const struct jwt_key *key, const char *type, struct slice claims,
                   struct buf *ret) MUST_CHECK;

enum jwt_verdict {
    JWT_VALID,
    JWT_MALFORMED,
    JWT_UNKNOWN_KEY, /* another key might verify it */
    JWT_BAD_SIGNATURE,
    JWT_EXPIRED,
    JWT_NOT_YET,
};

/* Checks `token` against the keys. On JWT_VALID *ret_claims is the payload object, owned by the
 * caller (cJSON_Delete); otherwise it is NULL. A token without exp never expires: callers that need
 * one check for it. */
enum jwt_verdict jwt_verify(const struct jwt_key *const *keys, size_t count, struct slice token,
                            int64_t now_s, int64_t leeway_s, cJSON **ret_claims) MUST_CHECK;

/* ---- the same in two steps, for callers who choose the keys by the issuer ---- */

struct jwt_keys {
    const struct jwt_key *const *list;
    size_t count;
    bool only_one; /* the issuer has no other: a token need not say which. One that does not, and
                      does not verify, is JWT_UNKNOWN_KEY: the issuer may have another by now */
};

/* A token taken apart. Nothing in it is to be believed before jwt_check said JWT_VALID. */
struct jwt_reading {
    struct slice text;
    struct slice header_part;
    struct slice payload_part;
    struct slice signature_part;
    struct slice signed_text; /* header.payload */
    enum jwt_algorithm algorithm;
    struct slice kid;    /* data NULL: none */
    bool has_other_type; /* than "JWT" */
    cJSON *header;
    cJSON *claims; /* NULL: not read yet */
};

/* JWT_VALID when the form and the header are fine, else JWT_MALFORMED. Slices point into `token`,
 * which must outlive *ret; jwt_reading_done in either case. */
enum jwt_verdict jwt_read(struct slice token, struct jwt_reading *ret) MUST_CHECK;
/* For tokens of this type only: typ must be there and say so. */
enum jwt_verdict jwt_read_typed(struct slice token, const char *type,
                                struct jwt_reading *ret) MUST_CHECK;
void jwt_reading_done(struct jwt_reading *reading);
/* Who issued it by its own words, for choosing the keys and nothing else. False when it does not
 * say, or the payload is no clean object. */
bool jwt_claimed_issuer(struct jwt_reading *reading, struct slice *ret) MUST_CHECK;
/* On JWT_VALID reading->claims is the payload object. */
enum jwt_verdict jwt_check(struct jwt_reading *reading, const struct jwt_keys *keys, int64_t now_s,
                           int64_t leeway_s) MUST_CHECK;

DEFINE_CLEANUP(jwt_reading, struct jwt_reading, jwt_reading_done(it))
