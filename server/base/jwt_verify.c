/*
 * Verifying tokens from strangers. Cheap refusals come first, then the signature, then the claims.
 * Two readers look at every token whose signature is right, ours and libjwt: where they see
 * different things, it is refused.
 */
#include "base/crypto.h"
#include "base/json.h"
#include "base/jwt_private.h"
#include "base/secret.h"

#include <jwt.h>
#include <string.h>

static const struct json_limits limits = {JWT_MAX_BYTES, 16, 1024};

typedef jwt_t *libjwt_token;
DEFINE_CLEANUP(libjwt, libjwt_token, jwt_free(*it))

/* ---- taking apart ---- */

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

static bool split(struct slice text, struct jwt_reading *ret)
{
    if (text.len == 0 || text.len > JWT_MAX_BYTES) {
        return false;
    }
    struct slice rest = text;
    if (!take_part(&rest, &ret->header_part) || !take_part(&rest, &ret->payload_part) ||
        memchr(rest.data, '.', rest.len)) {
        return false;
    }
    ret->text = text;
    ret->signature_part = rest;
    ret->signed_text = (struct slice){text.data, ret->header_part.len + 1 + ret->payload_part.len};
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

/* ---- the header ---- */

/* What must be understood and is not; and keys, or where to find some, by the word of whoever made
 * the token. */
static bool asks_too_much(const cJSON *header)
{
    static const char *const names[] = {"crit", "jwk", "jku", "x5c", "x5u"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (json_has(header, names[i])) {
            return true;
        }
    }
    return false;
}

/* Without case, and "application/" may be left out (RFC 7515 section 4.1.9). */
static bool is_type(struct slice said, const char *type)
{
    struct slice prefix = SLICE_INIT("application/");
    if (said.len > prefix.len &&
        slice_equal_nocase((struct slice){said.data, prefix.len}, prefix)) {
        said.data += prefix.len;
        said.len -= prefix.len;
    }
    return slice_equal_nocase(said, slice_of(type));
}

/* `wanted` NULL: a token of an identity provider's. */
static bool read_type(struct jwt_reading *reading, const char *wanted)
{
    struct slice said;
    if (!json_has(reading->header, "typ")) {
        return !wanted;
    }
    if (json_string(reading->header, "typ", 1, 64, &said) != JSON_OK) {
        return false;
    }
    reading->has_other_type = !slice_equal_nocase(said, SLICE("JWT"));
    if (wanted) {
        return is_type(said, wanted);
    }
    return !reading->has_other_type || is_type(said, "at+jwt");
}

static bool read_header(struct jwt_reading *reading, const char *type)
{
    struct slice algorithm;
    reading->header = parse_part(reading->header_part);
    const cJSON *header = reading->header;
    if (!header || asks_too_much(header) || !read_type(reading, type) ||
        json_string(header, "alg", 1, 16, &algorithm) != JSON_OK ||
        !jwt_algorithm_find(algorithm, &reading->algorithm)) {
        return false;
    }
    return !json_has(header, "kid") ||
           json_string(header, "kid", 1, JWT_KID_MAX, &reading->kid) == JSON_OK;
}

static enum jwt_verdict read_token(struct slice token, const char *type, struct jwt_reading *ret)
{
    *ret = (struct jwt_reading){0};
    return split(token, ret) && read_header(ret, type) ? JWT_VALID : JWT_MALFORMED;
}

enum jwt_verdict jwt_read(struct slice token, struct jwt_reading *ret)
{
    return read_token(token, NULL, ret);
}

enum jwt_verdict jwt_read_typed(struct slice token, const char *type, struct jwt_reading *ret)
{
    return read_token(token, type, ret);
}

void jwt_reading_done(struct jwt_reading *reading)
{
    cJSON_Delete(TAKE(reading->header));
    cJSON_Delete(TAKE(reading->claims));
}

static bool read_claims(struct jwt_reading *reading)
{
    if (!reading->claims) {
        reading->claims = parse_part(reading->payload_part);
    }
    return reading->claims != NULL;
}

bool jwt_claimed_issuer(struct jwt_reading *reading, struct slice *ret)
{
    return read_claims(reading) &&
           json_string(reading->claims, "iss", 1, JWT_MAX_BYTES, ret) == JSON_OK;
}

/* ---- the key ---- */

static bool fits(const struct jwt_key *key, const struct jwt_reading *reading)
{
    return (key->algorithms & JWT_BIT(reading->algorithm)) &&
           (key->any_kid ||
            (reading->kid.data && key->kid && slice_equal(reading->kid, slice_of(key->kid))));
}

/* Without a kid a token means the one key there is. */
static enum jwt_verdict find_key(const struct jwt_keys *keys, const struct jwt_reading *reading,
                                 const struct jwt_key **ret)
{
    bool named = reading->kid.data != NULL;
    for (size_t i = 0; i < keys->count; i++) {
        const struct jwt_key *key = keys->list[i];
        bool only = !named && keys->only_one && (key->algorithms & JWT_BIT(reading->algorithm));
        if (only || fits(key, reading)) {
            *ret = key;
            return JWT_VALID;
        }
    }
    return named || keys->only_one ? JWT_UNKNOWN_KEY : JWT_MALFORMED;
}

/* ---- libjwt's reading ---- */

/* The header as libjwt takes it: it knows no typ but JWT. */
static void put_plain_header(const struct jwt_reading *reading, struct buf *ret)
{
    CLEANUP(buf) struct buf header;
    buf_init(&header, JWT_MAX_BYTES);
    struct json_writer writer = json_writer(&header);
    json_open(&writer, NULL, '{');
    json_put_string(&writer, "alg", jwt_algorithm_name(reading->algorithm));
    if (reading->kid.data) {
        json_put_slice(&writer, "kid", reading->kid);
    }
    json_close(&writer, '}');
    base64url_encode(header.data, header.len, ret);
}

/* The signature is right by now. libjwt checks it again when the token is HS256 and its header is
 * one that libjwt takes; else it only reads, for which it is given no key. */
static libjwt_token read_by_libjwt(const struct jwt_reading *reading, const struct jwt_key *key)
{
    bool checks = key->secret && !reading->has_other_type;
    CLEANUP(secret_buf) struct buf text;
    /* the plain header may be longer than the one it stands for */
    buf_init_secret(&text, (size_t)2 * JWT_MAX_BYTES);
    if (reading->has_other_type) {
        put_plain_header(reading, &text);
    } else {
        buf_put_slice(&text, reading->header_part);
    }
    buf_putc(&text, '.');
    buf_put_slice(&text, reading->payload_part);
    buf_putc(&text, '.');
    buf_put_slice(&text, reading->signature_part);
    libjwt_token read = NULL;
    int error = jwt_decode(&read, text.data, checks ? (const unsigned char *)key->secret : NULL,
                           checks ? (int)key->secret_size : 0);
    if (error != 0) {
        return NULL;
    }
    jwt_alg_t seen = jwt_get_alg(read);
    if (seen != (checks ? JWT_ALG_HS256 : JWT_ALG_NONE)) {
        jwt_free(read);
        return NULL;
    }
    return read;
}

static bool same_text(const char *seen, struct slice wanted)
{
    return wanted.data ? seen && slice_equal(slice_of(seen), wanted) : !seen;
}

static bool readers_agree(const struct jwt_reading *reading, libjwt_token read)
{
    struct slice algorithm = slice_of(jwt_algorithm_name(reading->algorithm));
    return same_text(jwt_get_header(read, "alg"), algorithm) &&
           same_text(jwt_get_header(read, "kid"), reading->kid);
}

/* ---- checking ---- */

static bool is_signed(const struct jwt_reading *reading, const struct jwt_key *key)
{
    CLEANUP(buf) struct buf signature;
    buf_init(&signature, SIGNATURE_MAX);
    return base64url_decode(reading->signature_part, &signature) == 0 &&
           jwt_key_check(key, reading->algorithm, reading->signed_text, buf_slice(&signature));
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

enum jwt_verdict jwt_check(struct jwt_reading *reading, const struct jwt_keys *keys, int64_t now_s,
                           int64_t leeway_s)
{
    const struct jwt_key *key = NULL;
    enum jwt_verdict verdict = find_key(keys, reading, &key);
    if (verdict != JWT_VALID) {
        return verdict;
    }
    if (!is_signed(reading, key)) {
        bool may_be_older = !reading->kid.data && keys->only_one;
        return may_be_older ? JWT_UNKNOWN_KEY : JWT_BAD_SIGNATURE;
    }
    CLEANUP(libjwt) libjwt_token read = read_by_libjwt(reading, key);
    if (!read || !readers_agree(reading, read) || !read_claims(reading)) {
        return JWT_MALFORMED;
    }
    return check_times(reading->claims, read, now_s, leeway_s);
}

enum jwt_verdict jwt_verify(const struct jwt_key *const *keys, size_t count, struct slice token,
                            int64_t now_s, int64_t leeway_s, cJSON **ret_claims)
{
    const struct jwt_keys all = {.list = keys, .count = count};
    CLEANUP(jwt_reading) struct jwt_reading reading;
    *ret_claims = NULL;
    enum jwt_verdict verdict = jwt_read(token, &reading);
    if (verdict == JWT_VALID) {
        verdict = jwt_check(&reading, &all, now_s, leeway_s);
    }
    if (verdict == JWT_VALID) {
        *ret_claims = TAKE(reading.claims);
    }
    return verdict;
}
