/*
 * Any bytes as a token, and any bytes as header and payload of a well signed one: no harm, and
 * nothing is taken that is not signed.
 */
#include "base/crypto.h"
#include "base/jwt.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

enum { NOW = 1800000000 };

static const uint8_t secret[JWT_HS256_KEY_BYTES] = {7};

static enum jwt_verdict verify(const struct jwt_key *key, struct slice token)
{
    cJSON *claims = NULL;
    enum jwt_verdict verdict = jwt_verify(&key, 1, token, NOW, 60, &claims);
    if ((verdict == JWT_VALID) != cJSON_IsObject(claims)) {
        abort();
    }
    cJSON_Delete(claims);
    return verdict;
}

/* What stands before the first line feed is the header, the rest the payload. */
static void verify_signed(const struct jwt_key *key, const uint8_t *data, size_t size)
{
    const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
    size_t header_size = end ? (size_t)(end - data) : 0;
    const uint8_t *payload = end ? end + 1 : data;
    CLEANUP(buf) struct buf token;
    buf_init(&token, 1 << 20);
    if (header_size > 0) {
        base64url_encode(data, header_size, &token);
    } else {
        buf_puts(&token, "eyJhbGciOiJIUzI1NiIsImtpZCI6ImsifQ"); /* {"alg":"HS256","kid":"k"} */
    }
    buf_putc(&token, '.');
    base64url_encode(payload, size - (size_t)(payload - data), &token);
    uint8_t mac[SHA256_BYTES];
    HMAC(EVP_sha256(), secret, sizeof secret, (const uint8_t *)token.data, token.len, mac, NULL);
    buf_putc(&token, '.');
    base64url_encode(mac, sizeof mac, &token);
    (void)verify(key, buf_slice(&token));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct jwt_key *hs256;
    static struct jwt_key *es256;
    if (!hs256) {
        hs256 = jwt_key_new_hs256("k", secret);
        es256 = jwt_key_generate_es256("k");
    }
    struct slice token = {(const char *)data, size};
    (void)verify(hs256, token); /* a fuzzer knows the key's bytes and may well sign something */
    if (verify(es256, token) == JWT_VALID) {
        abort();
    }
    verify_signed(hs256, data, size);
    return 0;
}
