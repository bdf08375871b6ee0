/*
 * SHA-256, HMAC-SHA-256, hex and base64. Signatures are base/jwt's.
 * SHA-256 by OpenSSL's own functions for it, which 3.0 calls deprecated: EVP looks the algorithm up
 * under locks at every call, which costs more than the hash of a token does.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "base/crypto.h"

#include "base/secret.h"

#include <errno.h>
#include <openssl/sha.h>
#include <string.h>

enum { BLOCK_BYTES = 64, INNER_PAD = 0x36, OUTER_PAD = 0x5c };

void sha256(const void *bytes, size_t size, uint8_t ret[SHA256_BYTES])
{
    SHA256_CTX hash;
    SHA256_Init(&hash);
    SHA256_Update(&hash, bytes, size);
    SHA256_Final(ret, &hash);
}

static void start_padded(SHA256_CTX *hash, const uint8_t key[SHA256_BYTES], uint8_t pad)
{
    uint8_t block[BLOCK_BYTES];
    memset(block, pad, sizeof block);
    for (size_t i = 0; i < SHA256_BYTES; i++) {
        block[i] ^= key[i];
    }
    SHA256_Init(hash);
    SHA256_Update(hash, block, sizeof block);
    secret_wipe(block, sizeof block);
}

static void add_part(SHA256_CTX *hash, struct slice part)
{
    uint8_t length[sizeof(uint64_t)];
    for (size_t i = 0; i < sizeof length; i++) {
        length[i] = (uint8_t)((uint64_t)part.len >> (56 - 8 * i));
    }
    SHA256_Update(hash, length, sizeof length);
    SHA256_Update(hash, part.data, part.len);
}

/* RFC 2104. */
void hmac_sha256(const uint8_t key[SHA256_BYTES], const struct slice *parts, size_t count,
                 uint8_t ret[SHA256_BYTES])
{
    SHA256_CTX hash;
    uint8_t inner[SHA256_BYTES];
    start_padded(&hash, key, INNER_PAD);
    for (size_t i = 0; i < count; i++) {
        add_part(&hash, parts[i]);
    }
    SHA256_Final(inner, &hash);
    start_padded(&hash, key, OUTER_PAD);
    SHA256_Update(&hash, inner, sizeof inner);
    SHA256_Final(ret, &hash);
    secret_wipe(inner, sizeof inner);
    secret_wipe(&hash, sizeof hash);
}

void hex_encode(const uint8_t *bytes, size_t size, char *ret)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        *ret++ = digits[bytes[i] >> 4];
        *ret++ = digits[bytes[i] & 15];
    }
    *ret = '\0';
}

/* 16 for anything but a hex digit. */
static unsigned hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return (unsigned)(c - '0');
    }
    if (c >= 'a' && c <= 'f') {
        return (unsigned)(c - 'a') + 10;
    }
    return c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10 : 16;
}

int hex_decode(struct slice text, uint8_t *ret, size_t size)
{
    if (text.len / 2 != size || text.len % 2 != 0) {
        return -EINVAL;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (hex_digit(text.data[i]) > 15) {
            return -EINVAL;
        }
    }
    for (size_t i = 0; i < size; i++) {
        ret[i] = (uint8_t)(hex_digit(text.data[2 * i]) << 4 | hex_digit(text.data[2 * i + 1]));
    }
    return 0;
}

/* ---- base64 in two alphabets, which differ in the last two digits ---- */

static void encode(const char *digits, const void *bytes, size_t size, bool padded, struct buf *ret)
{
    const uint8_t *at = bytes;
    for (; size > 0; at += 3) {
        uint32_t bits = (uint32_t)at[0] << 16;
        if (size > 1) {
            bits |= (uint32_t)at[1] << 8;
        }
        if (size > 2) {
            bits |= at[2];
        }
        char group[4] = {digits[bits >> 18], digits[bits >> 12 & 63], digits[bits >> 6 & 63],
                         digits[bits & 63]};
        if (size < 3) {
            buf_append(ret, group, size + 1);
            buf_append(ret, "==", padded ? 3 - size : 0);
            break;
        }
        buf_append(ret, group, 4);
        size -= 3;
    }
}

void base64url_encode(const void *bytes, size_t size, struct buf *ret)
{
    encode("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", bytes, size, false,
           ret);
}

void base64_encode(const void *bytes, size_t size, struct buf *ret)
{
    encode("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", bytes, size, true,
           ret);
}

/* `last` holds the digits for 62 and 63. */
static int digit_of(char c, const char last[2])
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    if (c == last[0]) {
        return 62;
    }
    return c == last[1] ? 63 : -1;
}

/* Decodes up to four digits; false on a foreign character or set bits past the last byte. */
static bool decode_group(const char *text, size_t count, const char last[2], struct buf *ret)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < 4; i++) {
        int digit = i < count ? digit_of(text[i], last) : 0;
        if (digit < 0) {
            return false;
        }
        bits = bits << 6 | (uint32_t)digit;
    }
    size_t size = count - 1;
    if ((bits & (0xFFFFFFU >> (8 * size))) != 0) {
        return false;
    }
    char bytes[3] = {(char)(bits >> 16), (char)(bits >> 8), (char)bits};
    buf_append(ret, bytes, size);
    return true;
}

static int decode(struct slice text, const char last[2], struct buf *ret)
{
    if (text.len % 4 == 1) {
        return -EINVAL;
    }
    for (size_t at = 0; at < text.len; at += 4) {
        size_t count = text.len - at < 4 ? text.len - at : 4;
        if (!decode_group(text.data + at, count, last, ret)) {
            return -EINVAL;
        }
    }
    return buf_failed(ret) ? -EINVAL : 0;
}

int base64url_decode(struct slice text, struct buf *ret)
{
    return decode(text, "-_", ret);
}

int base64_decode(struct slice text, struct buf *ret)
{
    if (text.len % 4 != 0) {
        return -EINVAL;
    }
    for (int padding = 0; padding < 2 && text.len > 0 && text.data[text.len - 1] == '=';
         padding++) {
        text.len--;
    }
    return decode(text, "+/", ret);
}
