/*
 * Verifying tokens from strangers. Cheap refusals come first, then the signature, then the claims.
 * Two readers look at every token, ours and libjwt: where they see different things, it is refused.
 */
#include "base/crypto.h"
#include "base/json.h"
#include "base/jwt_private.h"
#include "base/secret.h"

#include <errno.h>
#include <jwt.h>
#include <string.h>

static const struct json_limits limits = {JWT_MAX_BYTES, 16, 1024};

enum { HS256_SIGNATURE = 32 };

struct token {
    struct slice text;
    struct slice header;
    struct slice payload;
    struct slice signature;
    struct slice signed_text; /* header.payload */
    bool is_access_token;     /* typ at+jwt */
};

typedef jwt_t *libjwt_token;
DEFINE_CLEANUP(libjwt, libjwt_token, jwt_free(*it))

/* Cuts at the next dot; false when there is none. */
static bool take_part(struct slice *rest, struct slice *ret)
{
    const char *dot = memchr(rest->data, '.', rest->len);
    if (!dot) {
        return false;
    }
    size_t size = (size_t)(dot - rest->data);
    *ret = (struct slice){rest->data, size};
    rest->data += size + 1;
    rest->len -= size + 1;
    return true;
}

static bool split(struct slice text, struct token *ret)
{
    if (text.len == 0 || text.len > JWT_MAX_BYTES) {
        return false;
    }
    struct slice rest = text;
    if (!take_part(&rest, &ret->header) || !take_part(&rest, &ret->payload) ||
        memchr(rest.data, '.', rest.len)) {
        return false;
    }
    ret->text = text;
    ret->signature = rest;
    ret->signed_text = (struct slice){text.data, ret->header.len + 1 + ret->payload.len};
    return true;
}

/* The object a part holds, or NULL; owned by the caller. */
static cJSON *parse_part(struct slice part)
{
    CLEANUP(secret_buf) struct buf text;
    buf_init_secret(&text, JWT_MAX_BYTES);
    CLEANUP(json) cJSON *json = NULL;
    const char *why;
    if (base64url_decode(part, &text) != 0 ||
        json_parse(buf_slice(&text), &limits, &json, &why) != 0 || !cJSON_IsObject(json)) {
        return NULL;
    }
    return TAKE(json);
}

static const struct jwt_key *find_key(const struct jwt_key *const *keys, size_t count,
                                      struct slice algorithm, struct slice kid)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_equal(kid, slice_of(keys[i]->kid)) &&
            slice_equal(algorithm, slice_of(jwt_algorithm_name(keys[i]->algorithm)))) {
            return keys[i];
        }
    }
    return NULL;
}

static bool is_known_algorithm(struct slice word)
{
    return slice_equal(word, SLICE("HS256")) || slice_equal(word, SLICE("ES256"));
}

/* typ is compared without case (RFC 7515 section 4.1.9). */
static bool check_type(const cJSON *header, struct token *token)
{
    if (!json_has(header, "typ")) {
        return true;
    }
    struct slice type;
    if (json_string(header, "typ", 1, 16, &type) != JSON_OK) {
        return false;
    }
    token->is_access_token = slice_equal_nocase(type, SLICE("at+jwt"));
    return token->is_access_token || slice_equal_nocase(type, SLICE("JWT"));
}

static enum jwt_verdict choose_key(const struct jwt_key *const *keys, size_t count,
                                   struct token *token, const struct jwt_key **ret)
{
    CLEANUP(json) cJSON *header = parse_part(token->header);
    struct slice algorithm;
    struct slice kid;
    if (!header || json_has(header, "crit") || !check_type(header, token) ||
        json_string(header, "alg", 1, 16, &algorithm) != JSON_OK ||
        json_string(header, "kid", 1, JWT_KID_SIZE - 1, &kid) != JSON_OK ||
        !is_known_algorithm(algorithm)) {
        return JWT_MALFORMED;
    }
    *ret = find_key(keys, count, algorithm, kid);
    return *ret ? JWT_VALID : JWT_UNKNOWN_KEY;
}

/* libjwt's reading of a token. With a key it checks the signature, without it must not be asked to:
 * it then takes everything, so the caller has checked before. */
static libjwt_token read_by_libjwt(const struct token *token, const struct jwt_key *key)
{
    bool is_hs256 = key->algorithm == JWT_HS256;
    CLEANUP(secret_buf) struct buf text;
    /* the plain header may be longer than the one it stands for */
    buf_init_secret(&text, (size_t)2 * JWT_MAX_BYTES);
    /* libjwt knows no typ but JWT; the header is checked by now, so it gets the plain one */
    buf_put_slice(&text, token->is_access_token ? slice_of(key->header) : token->header);
    buf_putc(&text, '.');
    buf_put_slice(&text, token->payload);
    buf_putc(&text, '.');
    buf_put_slice(&text, token->signature);
    libjwt_token read = NULL;
    int error = jwt_decode(&read, text.data, is_hs256 ? key->secret : NULL,
                           is_hs256 ? JWT_HS256_KEY_BYTES : 0);
    return error == 0 ? read : NULL;
}

static bool same_text(const char *a, const char *b)
{
    return a && strcmp(a, b) == 0;
}

/* HS256 is checked by libjwt as it reads, ES256 by OpenSSL before it reads. */
static enum jwt_verdict check_signature(const struct token *token, const struct jwt_key *key,
                                        libjwt_token *ret)
{
    CLEANUP(buf) struct buf signature;
    buf_init(&signature, ES256_SIGNATURE);
    bool is_hs256 = key->algorithm == JWT_HS256;
    if (base64url_decode(token->signature, &signature) != 0 ||
        signature.len != (is_hs256 ? HS256_SIGNATURE : ES256_SIGNATURE)) {
        return JWT_BAD_SIGNATURE;
    }
    /* only an ES256 header may be exchanged for libjwt: HS256 covers it with libjwt's own check */
    if (is_hs256 && token->is_access_token) {
        return JWT_MALFORMED;
    }
    if (!is_hs256 &&
        !jwt_key_check_es256(key, token->signed_text, (const uint8_t *)signature.data)) {
        return JWT_BAD_SIGNATURE;
    }
    CLEANUP(libjwt) libjwt_token read = read_by_libjwt(token, key);
    if (!read) {
        return is_hs256 ? JWT_BAD_SIGNATURE : JWT_MALFORMED;
    }
    bool expected = jwt_get_alg(read) == (is_hs256 ? JWT_ALG_HS256 : JWT_ALG_NONE) &&
                    same_text(jwt_get_header(read, "alg"), jwt_algorithm_name(key->algorithm)) &&
                    same_text(jwt_get_header(read, "kid"), key->kid);
    if (!expected) {
        return JWT_MALFORMED;
    }
    *ret = TAKE(read);
    return JWT_VALID;
}

/* A time claim as both readers see it; `absent` where there is none. False when it is no whole
 * number, or null. */
static bool read_time(const cJSON *claims, libjwt_token read, const char *name, int64_t absent,
                      int64_t *ret)
{
    if (!json_has(claims, name)) {
        *ret = absent;
        return true;
    }
    static const int64_t largest = 9007199254740991; /* 2^53 - 1 */
    int64_t seconds;
    if (json_integer(claims, name, -largest, largest, &seconds) != JSON_OK ||
        jwt_get_grant_int(read, name) != seconds) {
        return false;
    }
    *ret = seconds;
    return true;
}

static enum jwt_verdict check_times(const cJSON *claims, libjwt_token read, int64_t now_s,
                                    int64_t leeway_s)
{
    int64_t expires;
    int64_t not_before;
    int64_t issued;
    if (!read_time(claims, read, "exp", INT64_MAX, &expires) ||
        !read_time(claims, read, "nbf", INT64_MIN, &not_before) ||
        !read_time(claims, read, "iat", INT64_MIN, &issued)) {
        return JWT_MALFORMED;
    }
    if (expires <= now_s - leeway_s) {
        return JWT_EXPIRED;
    }
    return not_before > now_s + leeway_s || issued > now_s + leeway_s ? JWT_NOT_YET : JWT_VALID;
}

enum jwt_verdict jwt_verify(const struct jwt_key *const *keys, size_t count, struct slice token,
                            int64_t now_s, int64_t leeway_s, cJSON **ret_claims)
{
    *ret_claims = NULL;
    struct token parts = {0};
    const struct jwt_key *key = NULL;
    if (!split(token, &parts)) {
        return JWT_MALFORMED;
    }
    enum jwt_verdict verdict = choose_key(keys, count, &parts, &key);
    if (verdict != JWT_VALID) {
        return verdict;
    }
    CLEANUP(libjwt) libjwt_token read = NULL;
    verdict = check_signature(&parts, key, &read);
    if (verdict != JWT_VALID) {
        return verdict;
    }
    CLEANUP(json) cJSON *claims = parse_part(parts.payload);
    if (!claims) {
        return JWT_MALFORMED;
    }
    verdict = check_times(claims, read, now_s, leeway_s);
    if (verdict == JWT_VALID) {
        *ret_claims = TAKE(claims);
    }
    return verdict;
}
