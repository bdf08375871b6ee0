/*
 * Any bytes as a token, and any bytes as header and claims of one that is well signed: no harm,
 * nobody is let in by a token that is not signed, and a token that is remembered says the same as
 * it did the first time.
 */
#include "base/crypto.h"
#include "domain/bearer.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

enum { NOW = 1800000000 };

static const uint8_t owner_key[SHA256_BYTES] = {7};
static const char secret[] = "0123456789abcdef0123456789abcdef";

static void demand(bool held)
{
    if (!held) {
        abort();
    }
}

/* One issuer with a secret, one with public keys nobody here can sign with. */
static struct bearers *make_bearers(void)
{
    static struct issuer_entry entries[2];
    static const char document[] = "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"e\","
                                   "\"x\":\"axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY\","
                                   "\"y\":\"T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU\"}]}";
    char why[ISSUER_WHY_SIZE];
    const char *problem = NULL;
    demand(issuer_entry_read(SLICE("issuer=h audience=a secret_file=s tenant=t.u scopes=scope+r.s"),
                             1, &entries[0], why));
    demand(issuer_entry_read(SLICE("issuer=p audience=a jwks=k"), 2, &entries[1], why));
    const struct bearers_config config = {.issuers = entries,
                                          .count = 2,
                                          .owner_key = owner_key,
                                          .leeway_s = 60,
                                          .cache_entries = 64};
    struct bearers *bearers = bearers_new(&config);
    bearers_set_keys(bearers, 0, jwk_set_of_secret(slice_of(secret)));
    struct jwk_set *keys = jwk_set_read(slice_of(document), JWT_ASYMMETRIC, &problem);
    demand(keys != NULL);
    bearers_set_keys(bearers, 1, keys);
    return bearers;
}

static void verify(struct bearers *bearers, struct slice token)
{
    struct bearer_identity first;
    struct bearer_identity again;
    enum bearer_verdict verdict = bearer_verify(bearers, token, NOW, &first);
    if (verdict == BEARER_VALID) {
        demand(first.issuer == 0 && first.scopes <= (SCOPE_OPERATE | SCOPE_DELEGATE));
        demand(bearer_looks_like(token));
    }
    demand(bearer_verify(bearers, token, NOW, &again) == verdict);
    demand(verdict != BEARER_VALID || memcmp(&first, &again, sizeof first) == 0);
}

/* What stands before the first line feed is the header, the rest the claims. */
static void verify_signed(struct bearers *bearers, const uint8_t *data, size_t size)
{
    const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
    size_t header_size = end ? (size_t)(end - data) : 0;
    const uint8_t *claims = end ? end + 1 : data;
    CLEANUP(buf) struct buf token;
    buf_init(&token, 1 << 20);
    if (header_size > 0) {
        base64url_encode(data, header_size, &token);
    } else {
        buf_puts(&token, "eyJhbGciOiJIUzI1NiJ9"); /* {"alg":"HS256"} */
    }
    buf_putc(&token, '.');
    base64url_encode(claims, size - (size_t)(claims - data), &token);
    uint8_t mac[SHA256_BYTES];
    HMAC(EVP_sha256(), secret, (int)strlen(secret), (const uint8_t *)token.data, token.len, mac,
         NULL);
    buf_putc(&token, '.');
    base64url_encode(mac, sizeof mac, &token);
    verify(bearers, buf_slice(&token));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bearers *bearers;
    if (!bearers) {
        bearers = make_bearers();
    }
    verify(bearers, (struct slice){(const char *)data, size});
    verify_signed(bearers, data, size);
    return 0;
}
