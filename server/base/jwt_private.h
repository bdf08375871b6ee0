/*
 * The inside of a signing key, for jwt.c and jwt_verify.c only.
 */
#pragma once

#include <openssl/evp.h>

#include "base/jwt.h"

enum { ES256_COORDINATE = 32, ES256_SIGNATURE = 2 * ES256_COORDINATE, ES256_DER_MAX = 72 };

struct jwt_key {
    enum jwt_algorithm algorithm;
    char kid[JWT_KID_SIZE];
    char *header;                        /* owned: {"alg":…,"kid":…} in base64url */
    uint8_t secret[JWT_HS256_KEY_BYTES]; /* HS256 only */
    EVP_PKEY *pair;                      /* ES256 only */
    EVP_PKEY_CTX *sign;                  /* kept ready: setting one up costs more than signing */
    EVP_PKEY_CTX *verify;
};

/* Verifies r||s of 64 bytes over the raw signed text. */
bool jwt_key_check_es256(const struct jwt_key *key, struct slice signed_text,
                         const uint8_t signature[ES256_SIGNATURE]) MUST_CHECK;
const char *jwt_algorithm_name(enum jwt_algorithm algorithm);
