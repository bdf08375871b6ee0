/*
 * PEM texts of EC P-256 private keys, over OpenSSL. Where they are kept is the callers' business.
 * Invariant: no copy of a key is left in memory of OpenSSL's or ours.
 */
#include "base/ec_pem.h"

#include <limits.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

void ec_pem_generate(struct buf *ret)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    BIO *bio = BIO_new(BIO_s_secmem()); /* wiped when freed */
    if (!key || !bio || PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1) {
        abort(); /* out of memory, or no default provider */
    }
    char *pem = NULL;
    long size = BIO_get_mem_data(bio, &pem);
    buf_append(ret, pem, (size_t)size);
    BIO_free(bio);
    EVP_PKEY_free(key);
}

bool ec_pem_is_private_key(struct slice text)
{
    if (text.len == 0 || text.len > INT_MAX) {
        return false;
    }
    char no_passphrase[] = ""; /* else OpenSSL asks for one on the terminal */
    BIO *bio = BIO_new_mem_buf(text.data, (int)text.len);
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, no_passphrase) : NULL;
    char group[32] = "";
    size_t len = 0;
    bool fine = key && EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
                EVP_PKEY_get_group_name(key, group, sizeof group, &len) == 1 &&
                strcmp(group, "prime256v1") == 0;
    EVP_PKEY_free(key);
    BIO_free(bio);
    return fine;
}
