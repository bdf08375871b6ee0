/*
 * Public keys of others: a JWKS document (RFC 7517) into keys that tokens are checked with; and
 * ours, for others to read. Keys come in by OpenSSL's own importer, once; what is no key of ours to
 * use is passed over and counted, never fatal: other services publish theirs in the same document.
 *
 * Used are RSA keys of 2048 to 8192 bits with an odd public exponent from 65537 on, and points on
 * P-256, P-384 and P-521; `use` is "sig" or absent, `key_ops` has "verify" or is absent, `alg` is
 * one of ours that fits the key, or absent. Passed over are private and symmetric keys, keys
 * without a kid unless there is no other, and a kid's second key for the same algorithm.
 */
#pragma once

#include "base/jwt.h"

enum { JWK_SET_MAX_BYTES = 64 * 1024, JWK_SET_MAX_KEYS = 100 };

struct jwk_set {
    struct jwt_key **list;
    size_t count;
    bool only_one;      /* the document has one key, whatever it is */
    size_t refused;     /* keys passed over */
    const char *reason; /* why the first of them was: a static sentence; NULL: none was */
};

/* The keys of a document that may be used with one of `algorithms` (JWT_BIT). NULL when there is
 * none, or it is no JWKS document: *ret_why is a static sentence then. */
struct jwk_set *jwk_set_read(struct slice document, unsigned algorithms, const char **ret_why);
/* The set of one shared secret, or NULL as jwt_key_new_secret. */
struct jwk_set *jwk_set_of_secret(struct slice secret);
struct jwk_set *jwk_set_free(struct jwk_set *set);

/* Our own: the public half of a P-256 key as an object with use and alg, for a document that others
 * check our signatures with. */
void jwk_put(const struct jwt_key *key, struct json_writer *writer);

static inline struct jwt_keys jwk_set_keys(const struct jwk_set *set)
{
    return (struct jwt_keys){.list = (const struct jwt_key *const *)set->list,
                             .count = set->count,
                             .only_one = set->only_one};
}
