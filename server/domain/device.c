/*
 * Device tokens and pseudonyms. How a token travels (cookie, header) is the routes' business, who
 * owns what principal.c's. Invariant: the cache holds only tokens that verified, found by the
 * SHA-256 of their whole text, so a forged token never meets it.
 */
#include "domain/device.h"

#include "base/json.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    TOKEN_VERSION = 1,
    TOKEN_MAX_BYTES = 512,
    CLAIMS_MAX_BYTES = 128,
    CACHE_ENTRIES =
        4096, /* a power of two; direct-mapped: a collision costs one more verification */
    CLOCK_LEEWAY_S = 60,
    CLIENT_ID_MAX = 64,
};

struct cached_token {
    uint8_t hash[SHA256_BYTES];
    char id[UUID_SIZE]; /* empty: no entry */
    int64_t expires_at_s;
};

struct device_tokens {
    struct jwt_key *key;
    struct jwt_key *other; /* or NULL */
    const struct random *random;
    struct cached_token cache[CACHE_ENTRIES];
};

struct device_tokens *device_tokens_new(const char *kid, const uint8_t key[SHA256_BYTES],
                                        const struct random *random)
{
    struct device_tokens *tokens = xcalloc(1, sizeof *tokens);
    tokens->key = jwt_key_new_hs256(kid, key);
    tokens->random = random;
    return tokens;
}

void device_tokens_accept(struct device_tokens *tokens, const char *kid,
                          const uint8_t key[SHA256_BYTES])
{
    assert(!tokens->other);
    tokens->other = jwt_key_new_hs256(kid, key);
}

struct device_tokens *device_tokens_free(struct device_tokens *tokens)
{
    if (tokens) {
        jwt_key_free(tokens->key);
        jwt_key_free(tokens->other);
        free(tokens);
    }
    return NULL;
}

void device_token_sign(struct device_tokens *tokens, int64_t now_s, const char *device_id,
                       struct buf *ret_token)
{
    CLEANUP(buf) struct buf claims;
    buf_init(&claims, CLAIMS_MAX_BYTES);
    struct json_writer writer = json_writer(&claims);
    json_open(&writer, NULL, '{');
    json_put_integer(&writer, "v", TOKEN_VERSION);
    json_put_string(&writer, "did", device_id);
    json_put_integer(&writer, "iat", now_s);
    json_close(&writer, '}');
    int signed_now = jwt_sign(tokens->key, buf_slice(&claims), ret_token);
    assert(signed_now == 0); /* the claims are ours; the caller's buffer has room for a token */
    (void)signed_now;
}

void device_token_mint(struct device_tokens *tokens, int64_t now_s, struct buf *ret_token,
                       char ret_id[UUID_SIZE])
{
    uuid4(tokens->random, ret_id);
    device_token_sign(tokens, now_s, ret_id, ret_token);
}

static bool is_uuid(struct slice text)
{
    static const char pattern[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    if (text.len != sizeof pattern - 1) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        bool is_hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
        if (pattern[i] == '-' ? c != '-' : !is_hex) {
            return false;
        }
    }
    return true;
}

/* The signature is checked by now: this refuses tokens of another purpose or version. */
static bool read_claims(const cJSON *claims, struct cached_token *ret)
{
    int64_t version;
    int64_t issued_at_s;
    struct slice id;
    if (json_integer(claims, "v", TOKEN_VERSION, TOKEN_VERSION, &version) != JSON_OK ||
        json_integer(claims, "iat", 0, INT64_MAX / 2, &issued_at_s) != JSON_OK ||
        json_string(claims, "did", UUID_SIZE - 1, UUID_SIZE - 1, &id) != JSON_OK || !is_uuid(id)) {
        return false;
    }
    memcpy(ret->id, id.data, id.len);
    ret->id[id.len] = '\0';
    ret->expires_at_s = issued_at_s + DEVICE_TOKEN_LIFETIME_S;
    return true;
}

static bool verify_signed(const struct device_tokens *tokens, struct slice token, int64_t now_s,
                          struct cached_token *ret)
{
    const struct jwt_key *keys[] = {tokens->key, tokens->other};
    size_t count = tokens->other ? 2 : 1;
    CLEANUP(json) cJSON *claims = NULL;
    return jwt_verify(keys, count, token, now_s, CLOCK_LEEWAY_S, &claims) == JWT_VALID &&
           read_claims(claims, ret);
}

bool device_token_verify(struct device_tokens *tokens, struct slice token, int64_t now_s,
                         char ret_id[UUID_SIZE])
{
    if (token.len == 0 || token.len > TOKEN_MAX_BYTES) {
        return false;
    }
    struct cached_token found = {0};
    sha256(token.data, token.len, found.hash);
    size_t place = (size_t)(found.hash[0] << 8 | found.hash[1]) % CACHE_ENTRIES;
    struct cached_token *entry = &tokens->cache[place];
    bool is_cached =
        entry->id[0] != '\0' && memcmp(entry->hash, found.hash, sizeof found.hash) == 0;
    if (!is_cached) {
        if (!verify_signed(tokens, token, now_s, &found)) {
            return false;
        }
        *entry = found;
    }
    if (now_s >= entry->expires_at_s) {
        return false;
    }
    memcpy(ret_id, entry->id, UUID_SIZE);
    return true;
}

bool device_id_read(struct slice text, char ret_id[UUID_SIZE])
{
    char id[UUID_SIZE] = "";
    for (size_t i = 0; i < text.len && i < sizeof id - 1; i++) {
        char c = text.data[i];
        if (c >= 'A' && c <= 'F') {
            c = (char)(c - 'A' + 'a');
        }
        id[i] = c;
    }
    if (!is_uuid((struct slice){id, text.len < sizeof id ? text.len : 0})) {
        return false;
    }
    memcpy(ret_id, id, sizeof id);
    return true;
}

/* A zero GUID, "0000000000", "xxxx": one character over and over says nothing. */
static bool is_one_character(struct slice id)
{
    char first = '\0';
    for (size_t i = 0; i < id.len; i++) {
        char c = id.data[i];
        if (c == '-' || c == '{' || c == '}') {
            continue;
        }
        if (first != '\0' && c != first) {
            return false;
        }
        first = c;
    }
    return true;
}

bool device_id_is_meaningless(struct slice id)
{
    static const struct slice constants[] = {
        SLICE_INIT("1234567890"),
        SLICE_INIT("undefined"),
        SLICE_INIT("null"),
        SLICE_INIT("(null)"),
        SLICE_INIT("nil"),
        SLICE_INIT("none"),
        SLICE_INIT("nan"),
        SLICE_INIT("unknown"),
        SLICE_INIT("default"),
        SLICE_INIT("communications"), /* browsers name an audio device so */
        SLICE_INIT("string"),
        SLICE_INIT("true"),
        SLICE_INIT("false"),
        SLICE_INIT("[object Object]"),
        SLICE_INIT("your_device_correlation_id"),
        /* the GUID of the vendor's tutorials, which also print it one digit short */
        SLICE_INIT("723d6d03-ef33-40a8-9682-23a1feb7bccd"),
        SLICE_INIT("723d6d03-ef33-40a8-9682-23a1feb7bcc"),
    };
    if (id.len == 0 || id.len > CLIENT_ID_MAX || is_one_character(id)) {
        return true;
    }
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++) {
        if (slice_equal_nocase(id, constants[i])) {
            return true;
        }
    }
    return false;
}

void correlation_pseudonym(const uint8_t key[SHA256_BYTES], struct slice tenant,
                           struct slice device, uint32_t epoch, char ret[UUID_SIZE])
{
    const uint8_t number[] = {(uint8_t)(epoch >> 24), (uint8_t)(epoch >> 16), (uint8_t)(epoch >> 8),
                              (uint8_t)epoch};
    const struct slice parts[] = {tenant, device, {(const char *)number, sizeof number}};
    uint8_t hash[SHA256_BYTES];
    hmac_sha256(key, parts, sizeof parts / sizeof *parts, hash);
    uuid8_from(hash, ret);
}
