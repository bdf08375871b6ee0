/*
 * Sealing: AES-256-GCM over OpenSSL EVP. What was sealed can be opened only with the same key and
 * the same associated data, and only whole. Where keys come from is the caller's business.
 */
#pragma once

#include <stdint.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/random.h"
#include "base/slice.h"

/* A sealed text is a nonce, the ciphertext and a tag. */
enum { AEAD_KEY_BYTES = 32, AEAD_NONCE_BYTES = 12, AEAD_TAG_BYTES = 16 };

/* Appends the sealed text to ret, under a fresh nonce. Ends the process when OpenSSL cannot. */
void aead_seal(const uint8_t key[AEAD_KEY_BYTES], const struct random *random,
               struct slice associated, struct slice plain, struct buf *ret);
/* Appends the plain text to ret, which should be a secret buf. 0, or -EBADMSG when anything differs
 * from what was sealed; ret is then as it was. */
int aead_open(const uint8_t key[AEAD_KEY_BYTES], struct slice associated, struct slice sealed,
              struct buf *ret) MUST_CHECK;
