/*
 * The inside of a key, for the files of base/ that make, use and check with keys: jwt*.c and jwk.c.
 */
#pragma once

#include <openssl/evp.h>

#include "base/jwt.h"

enum {
    ES256_COORDINATE = 32,
    ES256_SIGNATURE = 2 * ES256_COORDINATE,
    EC_COORDINATE_MAX = 66,
    EC_DER_MAX = 144, /* two numbers of 66 bytes and their heads */
    RSA_BITS_MIN = 2048,
    RSA_BITS_MAX = 8192,
    SIGNATURE_MAX = RSA_BITS_MAX / 8
};

enum jwt_family { FAMILY_HMAC, FAMILY_RSA, FAMILY_EC };
enum jwt_digest { DIGEST_256, DIGEST_384, DIGEST_512, DIGEST_COUNT };

struct jwt_algorithm_info {
    const char *name;
    enum jwt_family family;
    enum jwt_digest digest;
    const char *curve; /* its JWK name; NULL: none */
    const char *group; /* its OpenSSL name */
    size_t coordinate; /* bytes of a coordinate of the curve */
};

extern const struct jwt_algorithm_info jwt_algorithms[JWT_ALGORITHM_COUNT];

struct jwt_key {
    unsigned algorithms;          /* what it may be used with */
    enum jwt_algorithm algorithm; /* what it signs with; of keys that only check the first */
    char *kid;                    /* NULL: none */
    bool any_kid;                 /* checks tokens whatever key they name */
    char *header;                 /* {"alg":…,"kid":…} in base64url; NULL: it does not sign */
    char *secret;                 /* HS256 only */
    size_t secret_size;
    EVP_PKEY *pair;
    EVP_PKEY_CTX *sign; /* kept ready: setting one up costs more than signing */
    EVP_PKEY_CTX *verify[DIGEST_COUNT];
};

/* A key that checks tokens with these algorithms, all of its family; takes `pair` over. `kid` is
 * copied; data NULL: none. */
struct jwt_key *jwt_key_new_public(EVP_PKEY *pair, struct slice kid, unsigned algorithms);

/* A P-256 pair that signs; takes `pair` over. `kid` is one of ours. */
struct jwt_key *jwt_key_new_pair(EVP_PKEY *pair, const char *kid);

/* The thumbprint of a P-256 key (RFC 7638), NUL-terminated. */
enum { JWK_THUMBPRINT_SIZE = 44 };
void jwk_thumbprint(const EVP_PKEY *key, char ret[JWK_THUMBPRINT_SIZE]);

/* Whether `signature` is the key's over the raw text, by this algorithm, which the key has. */
bool jwt_key_check(const struct jwt_key *key, enum jwt_algorithm algorithm, struct slice text,
                   struct slice signature) MUST_CHECK;

/* Two numbers of `coordinate` bytes (RFC 7518 section 3.4) as DER. 0 when they are none the curve
 * can have. */
size_t ec_der_from_raw(const uint8_t *raw, size_t coordinate, uint8_t ret[EC_DER_MAX]);
/* The other way round; DER of OpenSSL's making. */
void ec_raw_from_der(const uint8_t *der, size_t size, size_t coordinate, uint8_t *ret);
