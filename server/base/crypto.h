/*
 * Hashes, keyed hashes and text encodings, over OpenSSL EVP.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/slice.h"

enum { SHA256_BYTES = 32, SHA256_HEX = 65 };

void sha256(const void *bytes, size_t size, uint8_t ret[SHA256_BYTES]);
/* HMAC-SHA-256 over the parts, each preceded by its length as 8 big-endian bytes, so that
 * ("ab","c") and ("a","bc") differ. */
void hmac_sha256(const uint8_t key[SHA256_BYTES], const struct slice *parts, size_t count,
                 uint8_t ret[SHA256_BYTES]);

/* Lower-case hex, NUL-terminated; ret has 2 * size + 1 bytes. */
void hex_encode(const uint8_t *bytes, size_t size, char *ret);
/* Either case; 0, or -EINVAL unless text is exactly 2 * size hex digits. */
int hex_decode(struct slice text, uint8_t *ret, size_t size) MUST_CHECK;

/* RFC 4648 section 5 without padding. */
void base64url_encode(const void *bytes, size_t size, struct buf *ret);
/* RFC 4648 section 4, padded. */
void base64_encode(const void *bytes, size_t size, struct buf *ret);
/* Section 4: padding required, white space refused. 0 or -EINVAL. */
int base64_decode(struct slice text, struct buf *ret) MUST_CHECK;
/* Strict: no padding, no white space, no non-zero trailing bits. 0 or -EINVAL. */
int base64url_decode(struct slice text, struct buf *ret) MUST_CHECK;
