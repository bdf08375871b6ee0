/*
 * Checking signatures, by OpenSSL with kept key objects, over raw text. What the text says is
 * jwt_verify.c's. Invariant: a key checks only with algorithms of its own mask, each over the curve
 * and the digest that the algorithm's name stands for.
 */
#include "base/crypto.h"
#include "base/jwt_private.h"
#include "base/secret.h"

#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <stdlib.h>

const struct jwt_algorithm_info jwt_algorithms[JWT_ALGORITHM_COUNT] = {
    [JWT_HS256] = {"HS256", FAMILY_HMAC, DIGEST_256, NULL, NULL, 0},
    [JWT_RS256] = {"RS256", FAMILY_RSA, DIGEST_256, NULL, NULL, 0},
    [JWT_RS384] = {"RS384", FAMILY_RSA, DIGEST_384, NULL, NULL, 0},
    [JWT_RS512] = {"RS512", FAMILY_RSA, DIGEST_512, NULL, NULL, 0},
    [JWT_ES256] = {"ES256", FAMILY_EC, DIGEST_256, "P-256", "prime256v1", 32},
    [JWT_ES384] = {"ES384", FAMILY_EC, DIGEST_384, "P-384", "secp384r1", 48},
    [JWT_ES512] = {"ES512", FAMILY_EC, DIGEST_512, "P-521", "secp521r1", 66},
};

const char *jwt_algorithm_name(enum jwt_algorithm algorithm)
{
    return jwt_algorithms[algorithm].name;
}

bool jwt_algorithm_find(struct slice name, enum jwt_algorithm *ret)
{
    for (int i = 0; i < JWT_ALGORITHM_COUNT; i++) {
        if (slice_equal(name, slice_of(jwt_algorithms[i].name))) {
            *ret = (enum jwt_algorithm)i;
            return true;
        }
    }
    return false;
}

/* OpenSSL fails these for want of memory only, which ends the process here. */
static void *checked(void *object)
{
    if (!object) {
        abort();
    }
    return object;
}

/* ---- keys that check ---- */

static const EVP_MD *digest_of(enum jwt_digest digest)
{
    switch (digest) {
    case DIGEST_384:
        return EVP_sha384();
    case DIGEST_512:
        return EVP_sha512();
    case DIGEST_256:
    default:
        return EVP_sha256();
    }
}

static EVP_PKEY_CTX *context_for(EVP_PKEY *pair, const struct jwt_algorithm_info *info)
{
    EVP_PKEY_CTX *context = checked(EVP_PKEY_CTX_new(pair, NULL));
    bool ready = EVP_PKEY_verify_init(context) == 1;
    if (info->family == FAMILY_RSA) {
        ready = ready && EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
                EVP_PKEY_CTX_set_signature_md(context, digest_of(info->digest)) == 1;
    }
    if (!ready) {
        abort();
    }
    return context;
}

struct jwt_key *jwt_key_new_public(EVP_PKEY *pair, struct slice kid, unsigned algorithms)
{
    struct jwt_key *key = xcalloc(1, sizeof *key);
    key->pair = pair;
    key->algorithms = algorithms;
    key->kid = kid.data ? xmemdup0(kid.data, kid.len) : NULL;
    for (int i = JWT_ALGORITHM_COUNT; i-- > 0;) {
        const struct jwt_algorithm_info *info = &jwt_algorithms[i];
        if (algorithms & JWT_BIT(i)) {
            key->algorithm = (enum jwt_algorithm)i;
            key->verify[info->digest] = context_for(pair, info);
        }
    }
    return key;
}

struct jwt_key *jwt_key_new_secret(struct slice secret)
{
    if (secret.len < JWT_HS256_KEY_BYTES) {
        return NULL;
    }
    struct jwt_key *key = xcalloc(1, sizeof *key);
    key->algorithms = JWT_BIT(JWT_HS256);
    key->algorithm = JWT_HS256;
    key->any_kid = true;
    key->secret = xmemdup0(secret.data, secret.len);
    key->secret_size = secret.len;
    return key;
}

struct jwt_key *jwt_key_free(struct jwt_key *key)
{
    if (key) {
        EVP_PKEY_CTX_free(key->sign);
        for (int i = 0; i < DIGEST_COUNT; i++) {
            EVP_PKEY_CTX_free(key->verify[i]);
        }
        EVP_PKEY_free(key->pair);
        free(key->header);
        free(key->kid);
        secret_wipe(key->secret, key->secret_size);
        free(key->secret);
        free(key);
    }
    return NULL;
}

/* ---- r and s ---- */

size_t ec_der_from_raw(const uint8_t *raw, size_t coordinate, uint8_t ret[EC_DER_MAX])
{
    ECDSA_SIG *pair = checked(ECDSA_SIG_new());
    BIGNUM *r = checked(BN_bin2bn(raw, (int)coordinate, NULL));
    BIGNUM *s = checked(BN_bin2bn(raw + coordinate, (int)coordinate, NULL));
    (void)ECDSA_SIG_set0(pair, r, s); /* takes both over */
    int size = i2d_ECDSA_SIG(pair, NULL);
    bool fits = size > 0 && size <= EC_DER_MAX;
    if (fits) {
        uint8_t *at = ret;
        size = i2d_ECDSA_SIG(pair, &at);
    }
    ECDSA_SIG_free(pair);
    return fits && size > 0 ? (size_t)size : 0;
}

void ec_raw_from_der(const uint8_t *der, size_t size, size_t coordinate, uint8_t *ret)
{
    ECDSA_SIG *pair = checked(d2i_ECDSA_SIG(NULL, &der, (long)size));
    int want = (int)coordinate;
    if (BN_bn2binpad(ECDSA_SIG_get0_r(pair), ret, want) != want ||
        BN_bn2binpad(ECDSA_SIG_get0_s(pair), ret + coordinate, want) != want) {
        abort();
    }
    ECDSA_SIG_free(pair);
}

/* ---- checking ---- */

static size_t make_digest(enum jwt_digest digest, struct slice text, uint8_t ret[EVP_MAX_MD_SIZE])
{
    unsigned size = 0;
    if (digest == DIGEST_256) { /* much the cheapest */
        sha256(text.data, text.len, ret);
        return SHA256_BYTES;
    }
    if (EVP_Digest(text.data, text.len, ret, &size, digest_of(digest), NULL) != 1) {
        abort();
    }
    return size;
}

static bool check_hmac(const struct jwt_key *key, struct slice text, struct slice signature)
{
    uint8_t mac[SHA256_BYTES];
    if (!HMAC(EVP_sha256(), key->secret, (int)key->secret_size, (const uint8_t *)text.data,
              text.len, mac, NULL)) {
        abort();
    }
    return secret_equal(mac, sizeof mac, signature.data, signature.len);
}

static bool check_ec(const struct jwt_key *key, const struct jwt_algorithm_info *info,
                     struct slice text, struct slice signature)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    uint8_t der[EC_DER_MAX];
    if (signature.len != 2 * info->coordinate) {
        return false;
    }
    size_t der_size = ec_der_from_raw((const uint8_t *)signature.data, info->coordinate, der);
    size_t size = make_digest(info->digest, text, digest);
    return der_size > 0 &&
           EVP_PKEY_verify(key->verify[info->digest], der, der_size, digest, size) == 1;
}

static bool check_rsa(const struct jwt_key *key, const struct jwt_algorithm_info *info,
                      struct slice text, struct slice signature)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    if (signature.len != (size_t)EVP_PKEY_get_size(key->pair)) {
        return false;
    }
    size_t size = make_digest(info->digest, text, digest);
    return EVP_PKEY_verify(key->verify[info->digest], (const uint8_t *)signature.data,
                           signature.len, digest, size) == 1;
}

bool jwt_key_check(const struct jwt_key *key, enum jwt_algorithm algorithm, struct slice text,
                   struct slice signature)
{
    const struct jwt_algorithm_info *info = &jwt_algorithms[algorithm];
    if (!(key->algorithms & JWT_BIT(algorithm))) {
        return false;
    }
    if (info->family == FAMILY_HMAC) {
        return check_hmac(key, text, signature);
    }
    bool fine = info->family == FAMILY_RSA ? check_rsa(key, info, text, signature)
                                           : check_ec(key, info, text, signature);
    if (!fine) {
        ERR_clear_error(); /* or who next speaks TLS in this thread finds it */
    }
    return fine;
}
