/*
 * PEM texts of EC P-256 keys, over OpenSSL. Where they are kept is the callers' business.
 * Invariant: no copy of a private key is left in memory of OpenSSL's or ours.
 */
#include "base/ec_pem.h"

#include "base/jwt_private.h"

#include <errno.h>
#include <limits.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading ---- */

static bool is_p256(const EVP_PKEY *key)
{
    char group[32] = "";
    size_t len = 0;
    return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
           EVP_PKEY_get_group_name(key, group, sizeof group, &len) == 1 &&
           strcmp(group, "prime256v1") == 0;
}

static EVP_PKEY *read_with(struct slice text,
                           EVP_PKEY *(*reader)(BIO *, EVP_PKEY **, pem_password_cb *, void *))
{
    char no_passphrase[] = ""; /* else OpenSSL asks for one on the terminal */
    if (text.len == 0 || text.len > INT_MAX) {
        return NULL;
    }
    BIO *bio = BIO_new_mem_buf(text.data, (int)text.len);
    EVP_PKEY *key = bio ? reader(bio, NULL, NULL, no_passphrase) : NULL;
    BIO_free(bio);
    if (!key || !is_p256(key)) {
        ERR_clear_error();
        EVP_PKEY_free(key);
        return NULL;
    }
    return key;
}

static EVP_PKEY *read_private(struct slice text)
{
    return read_with(text, PEM_read_bio_PrivateKey);
}

static EVP_PKEY *read_either(struct slice text)
{
    EVP_PKEY *key = read_private(text);
    return key ? key : read_with(text, PEM_read_bio_PUBKEY);
}

struct jwt_key *jwt_key_from_pem(struct slice pem)
{
    char kid[JWK_THUMBPRINT_SIZE];
    EVP_PKEY *pair = read_private(pem);
    if (!pair) {
        return NULL;
    }
    jwk_thumbprint(pair, kid);
    return jwt_key_new_pair(pair, kid);
}

struct jwt_key *jwt_key_from_public_pem(struct slice pem)
{
    char kid[JWK_THUMBPRINT_SIZE];
    EVP_PKEY *key = read_either(pem);
    if (!key) {
        return NULL;
    }
    jwk_thumbprint(key, kid);
    return jwt_key_new_public(key, slice_of(kid), JWT_BIT(JWT_ES256));
}

/* ---- writing ---- */

static void put_all(BIO *bio, struct buf *ret)
{
    char *pem = NULL;
    long size = BIO_get_mem_data(bio, &pem);
    buf_append(ret, pem, (size_t)size);
    BIO_free(bio);
}

void ec_pem_generate(struct buf *ret)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    BIO *bio = BIO_new(BIO_s_secmem()); /* wiped when freed */
    if (!key || !bio || PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1) {
        abort(); /* out of memory, or no default provider */
    }
    put_all(bio, ret);
    EVP_PKEY_free(key);
}

int ec_pem_put_public(struct slice text, struct buf *ret)
{
    EVP_PKEY *key = read_either(text);
    if (!key) {
        return -EINVAL;
    }
    BIO *bio = BIO_new(BIO_s_mem());
    if (!bio || PEM_write_bio_PUBKEY(bio, key) != 1) {
        abort(); /* out of memory */
    }
    put_all(bio, ret);
    EVP_PKEY_free(key);
    return 0;
}
