/*
 * AES-256-GCM. A nonce is 96 random bits: a key would have to seal some 2^32 texts before two of
 * them met. Invariant: no byte is handed out before the tag was found right.
 */
#include "base/aead.h"

#include "base/secret.h"

#include <errno.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const unsigned char *bytes_of(struct slice text)
{
    return (const unsigned char *)text.data;
}

/* Begins either direction and takes the associated data in. */
static bool start(EVP_CIPHER_CTX *cipher, bool sealing, const uint8_t *key, const uint8_t *nonce,
                  struct slice associated)
{
    int length = 0;
    return EVP_CipherInit_ex(cipher, EVP_aes_256_gcm(), NULL, key, nonce, sealing) == 1 &&
           EVP_CipherUpdate(cipher, NULL, &length, bytes_of(associated), (int)associated.len) == 1;
}

/* GCM gives as many bytes as it takes; the last call gives none and is where a tag is checked. */
static bool transform(EVP_CIPHER_CTX *cipher, struct slice from, uint8_t *to)
{
    int length = 0;
    return EVP_CipherUpdate(cipher, to, &length, bytes_of(from), (int)from.len) == 1 &&
           EVP_CipherFinal_ex(cipher, to + length, &length) == 1;
}

void aead_seal(const uint8_t key[AEAD_KEY_BYTES], const struct random *random,
               struct slice associated, struct slice plain, struct buf *ret)
{
    uint8_t nonce[AEAD_NONCE_BYTES];
    uint8_t tag[AEAD_TAG_BYTES];
    uint8_t *sealed = xcalloc(1, plain.len + 1);
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    random_fill(random, nonce, sizeof nonce);
    if (plain.len > INT_MAX || !cipher || !start(cipher, true, key, nonce, associated) ||
        !transform(cipher, plain, sealed) ||
        EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, sizeof tag, tag) != 1) {
        abort();
    }
    EVP_CIPHER_CTX_free(cipher);
    buf_append(ret, nonce, sizeof nonce);
    buf_append(ret, sealed, plain.len);
    buf_append(ret, tag, sizeof tag);
    free(sealed);
}

static bool open_checked(const uint8_t *key, struct slice associated, const uint8_t *nonce,
                         struct slice sealed, uint8_t *tag, uint8_t *plain)
{
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    bool opened = cipher && start(cipher, false, key, nonce, associated) &&
                  EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG_BYTES, tag) == 1 &&
                  transform(cipher, sealed, plain);
    EVP_CIPHER_CTX_free(cipher);
    return opened;
}

int aead_open(const uint8_t key[AEAD_KEY_BYTES], struct slice associated, struct slice sealed,
              struct buf *ret)
{
    if (sealed.len < AEAD_NONCE_BYTES + AEAD_TAG_BYTES || sealed.len > INT_MAX) {
        return -EBADMSG;
    }
    uint8_t tag[AEAD_TAG_BYTES];
    struct slice inner = {sealed.data + AEAD_NONCE_BYTES,
                          sealed.len - AEAD_NONCE_BYTES - AEAD_TAG_BYTES};
    memcpy(tag, inner.data + inner.len, sizeof tag);
    uint8_t *plain = xcalloc(1, inner.len + 1);
    bool opened = open_checked(key, associated, bytes_of(sealed), inner, tag, plain);
    if (opened) {
        buf_append(ret, plain, inner.len);
    }
    secret_wipe(plain, inner.len);
    free(plain);
    return opened ? 0 : -EBADMSG;
}
