/*
 * Tokens that are not what they claim: each of them is 401, says no more than that it is invalid,
 * and the log has the class of the refusal. Tokens are made by OpenSSL.
 */
#include "support/tokens.h"

#include <criterion/criterion.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

/* The server answers the same to all: 401 with the challenge of RFC 6750. `reason` is the log's
 * class; NULL: the text is not even taken for such a token. */
static void expect_refused(struct place place, const struct identities *it, const char *token,
                           const char *what, const char *reason)
{
    const struct http_answer *answer = create_as(it, bearer_of(token));
    if (answer->status != 401)
        fail_at(place, "%s: status %d: %s", what, answer->status, answer->body);
    expect_error_at(place, answer, 401, "NotAuthenticated");
    const char *challenge = answer_header(answer, "www-authenticate");
    if (!challenge || strcmp(challenge, "Bearer error=\"invalid_token\"") != 0)
        fail_at(place, "%s: WWW-Authenticate: %s", what, challenge ? challenge : "none");
    if (answer_header(answer, "x-device-token") || answer_header(answer, "set-cookie"))
        fail_at(place, "%s: became an anonymous device", what);
    const char *logged = refusal_logged(it, answer);
    if ((logged == NULL) != (reason == NULL) || (reason && strcmp(logged, reason) != 0))
        fail_at(place, "%s: refused as %s, expected %s", what, logged ? logged : "no token",
                reason ? reason : "no token");
}

static const char *good_claims(void)
{
    return claims_of(CORP, "ann", ",\"tid\":\"acme\"");
}

static const char *good_token(const struct identities *it)
{
    return token_of(it->ec, "ES256", header_of("ES256", "e1"), good_claims());
}

/* Nothing but the attack is wrong with the others: this one passes. */
static void expect_taken(const struct identities *it, const char *token)
{
    expect_status(create_as(it, bearer_of(token)), 200);
}

/* ---- headers, signed by the right key ---- */

Test(token_attacks, headers)
{
    static const struct {
        const char *header, *reason;
    } rows[] = {
        {"{\"alg\":\"none\",\"kid\":\"e1\"}", "malformed"},
        {"{\"alg\":\"None\",\"kid\":\"e1\"}", "malformed"},
        {"{\"alg\":\"\",\"kid\":\"e1\"}", "malformed"},
        {"{\"kid\":\"e1\"}", "malformed"},
        {"{\"alg\":null,\"kid\":\"e1\"}", "malformed"},
        {"{\"alg\":[\"ES256\"],\"kid\":\"e1\"}", "malformed"},
        {"{\"alg\":\"es256\",\"kid\":\"e1\"}", "malformed"},
        {"{\"alg\":\"ES256K\",\"kid\":\"e1\"}", "malformed"},
        {"{\"alg\":\"EdDSA\",\"kid\":\"e1\"}", "malformed"},
        {"{\"alg\":\"HS256\",\"kid\":\"e1\"}", "unknown_key"},
        {"{\"alg\":\"ES384\",\"kid\":\"e1\"}", "unknown_key"},
        {"{\"alg\":\"RS256\",\"kid\":\"e1\"}", "unknown_key"},
        {"{\"alg\":\"ES256\",\"kid\":\"r1\"}", "unknown_key"},
        {"{\"alg\":\"ES256\",\"kid\":\"s1\"}", "unknown_key"}, /* another issuer's */
        {"{\"alg\":\"ES256\",\"kid\":\"E1\"}", "unknown_key"},
        {"{\"alg\":\"ES256\",\"kid\":\"../../../dev/null\"}", "unknown_key"},
        {"{\"alg\":\"ES256\",\"kid\":\"e1' OR '1'='1\"}", "unknown_key"},
        {"{\"alg\":\"ES256\",\"kid\":\"e1\\u0000\"}", "malformed"},
        {"{\"alg\":\"ES256\",\"kid\":\"\"}", "malformed"},
        {"{\"alg\":\"ES256\",\"kid\":1}", "malformed"},
        {"{\"alg\":\"ES256\",\"kid\":null}", "malformed"},
        {"{\"alg\":\"ES256\"}", "malformed"}, /* there are two keys */
        {"{\"alg\":\"ES256\",\"kid\":\"e1\",\"jwk\":{\"kty\":\"EC\"}}", "malformed"},
        {"{\"alg\":\"ES256\",\"kid\":\"e1\",\"jku\":\"http://127.0.0.1/keys\"}", "malformed"},
        {"{\"alg\":\"ES256\",\"kid\":\"e1\",\"x5u\":\"http://127.0.0.1/cert\"}", "malformed"},
        {"{\"alg\":\"ES256\",\"kid\":\"e1\",\"x5c\":[\"AAAA\"]}", "malformed"},
        {"{\"alg\":\"ES256\",\"kid\":\"e1\",\"crit\":[\"exp\"]}", "malformed"},
        {"{\"alg\":\"ES256\",\"kid\":\"e1\",\"crit\":[]}", "malformed"},
        {"{\"alg\":\"ES256\",\"kid\":\"e1\",\"crit\":[\"b64\"],\"b64\":false}", "malformed"},
        {"{\"alg\":\"ES256\",\"kid\":\"e1\",\"typ\":\"JOSE\"}", "malformed"},
        {"{\"alg\":\"ES256\",\"kid\":\"e1\",\"typ\":\"dpop+jwt\"}", "malformed"},
        {"{\"alg\":\"ES256\",\"kid\":\"e1\",\"typ\":1}", "malformed"},
        {"{\"alg\":\"none\",\"alg\":\"ES256\",\"kid\":\"e1\"}", "malformed"},
        {"{\"alg\":\"ES256\",\"kid\":\"x\",\"kid\":\"e1\"}", "malformed"},
        {"{\"alg\":\"ES256\",\"kid\":\"e1\"} ,", "malformed"},
        {"[\"ES256\"]", "malformed"},
        {"", "malformed"},
    };
    struct identities it = identities_open();
    expect_taken(&it, good_token(&it));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_refused(HERE, &it, token_of(it.ec, "ES256", rows[i].header, good_claims()),
                       rows[i].header, rows[i].reason);
}

/* ---- one algorithm in another's clothes ---- */

static const char *public_pem(const struct signer *signer)
{
    char *text = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    cr_assert_eq(PEM_write_bio_PUBKEY(bio, signer->key), 1);
    long size = BIO_get_mem_data(bio, &text);
    const char *kept = text_of("%.*s", (int)size, text);
    BIO_free(bio);
    return kept;
}

static const char *hs256_token(const char *secret, const char *header, const char *claims)
{
    CLEANUP(buf) struct buf text;
    buf_init(&text, 1 << 16);
    signer_put_hs256(slice_of(secret), header, claims, &text);
    return text_of("%s", text.data);
}

Test(token_attacks, algorithms)
{
    struct identities it = identities_open();
    const struct signer *other = key_new("P-256");
    const char *claims = good_claims();
    const char *const secrets[] = {public_pem(it.rsa), public_pem(it.ec),
                                   document_of(it.rsa, "r1", it.ec, "e1"), ""};
    expect_taken(&it, token_of(it.rsa, "RS256", header_of("RS256", "r1"), claims));
    expect_taken(&it, token_of(it.rsa, "RS512", header_of("RS512", "r1"), claims));
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
        expect_refused(HERE, &it, hs256_token(secrets[i], header_of("HS256", "r1"), claims),
                       "HS256 under what is public", "unknown_key");
        expect_refused(HERE, &it, hs256_token(secrets[i], header_of("RS256", "r1"), claims),
                       "HS256 that says RS256", "bad_signature");
    }
    expect_refused(HERE, &it, hs256_token(HMAC_WORDS, header_of("HS256", "e1"), claims),
                   "another issuer's secret", "unknown_key");
    expect_refused(HERE, &it, token_of(it.rsa, "PS256", header_of("PS256", "r1"), claims), "PS256",
                   "malformed");
    expect_refused(HERE, &it, token_of(it.rsa, "PS256", header_of("RS256", "r1"), claims),
                   "PS256 that says RS256", "bad_signature");
    expect_refused(HERE, &it, token_of(it.rsa, "RS256", header_of("RS512", "r1"), claims),
                   "RS256 that says RS512", "bad_signature");
    expect_refused(HERE, &it, token_of(it.rsa, "RS256", header_of("ES256", "e1"), claims),
                   "RS256 that says ES256", "bad_signature");
    expect_refused(HERE, &it, token_of(it.ec, "ES256", header_of("RS256", "r1"), claims),
                   "ES256 that says RS256", "bad_signature");
    expect_refused(HERE, &it, token_of(other, "ES256", header_of("ES256", "e1"), claims),
                   "another key", "bad_signature");
    CLEANUP(buf) struct buf jwk;
    buf_init(&jwk, 4096);
    signer_put_jwk(other, "e1", "", &jwk);
    expect_refused(HERE, &it,
                   token_of(other, "ES256",
                            text_of("{\"alg\":\"ES256\",\"kid\":\"e1\",\"jwk\":%s}", jwk.data),
                            claims),
                   "a key that comes along", "malformed");
}

/* ---- claims, well signed ---- */

/* {now}, {now+N} and {now-N} become numbers. */
static const char *filled(const char *claims)
{
    CLEANUP(buf) struct buf text;
    buf_init(&text, 1 << 16);
    for (const char *at = claims; *at;) {
        if (strncmp(at, "{now", 4) == 0) {
            buf_printf(&text, "%lld", wall_s() + strtoll(at + 4, NULL, 10));
            at = strchr(at, '}') + 1;
        } else {
            buf_putc(&text, *at++);
        }
    }
    return text_of("%s", text.data);
}

#define ISS "\"iss\":\"" CORP "\""
#define AUD ",\"aud\":\"liveness\""
#define EXP ",\"exp\":{now+300}"
#define WHO ",\"sub\":\"ann\",\"tid\":\"acme\""

Test(token_attacks, claims)
{
    static const struct {
        const char *claims, *reason; /* "": it is taken */
    } rows[] = {
        {"{" ISS AUD EXP WHO "}", ""},
        {"{" ISS AUD ",\"exp\":{now-30}" WHO "}", ""}, /* clocks differ */
        {"{" ISS AUD ",\"exp\":{now-61}" WHO "}", "expired"},
        {"{" ISS AUD ",\"exp\":1" WHO "}", "expired"},
        {"{" ISS AUD ",\"exp\":-1" WHO "}", "expired"},
        {"{" ISS AUD WHO "}", "bad_claims"},
        {"{" ISS AUD ",\"exp\":\"{now+300}\"" WHO "}", "malformed"},
        {"{" ISS AUD ",\"exp\":{now+300}.5" WHO "}", "malformed"},
        {"{" ISS AUD ",\"exp\":1e400" WHO "}", "malformed"},
        {"{" ISS AUD ",\"exp\":null" WHO "}", "malformed"},
        {"{" ISS AUD ",\"exp\":true" WHO "}", "malformed"},
        {"{" ISS AUD EXP EXP WHO "}", "malformed"},
        {"{" ISS AUD EXP ",\"nbf\":{now+90}" WHO "}", "not_yet"},
        {"{" ISS AUD EXP ",\"nbf\":\"1\"" WHO "}", "malformed"},
        {"{" ISS AUD EXP ",\"iat\":{now+90}" WHO "}", "not_yet"},
        {"{\"iss\":\"https://evil.example/\"" AUD EXP WHO "}", "unknown_issuer"},
        {"{\"iss\":\"https://corp.example\"" AUD EXP WHO "}", "unknown_issuer"},
        {"{\"iss\":\"https://CORP.example/\"" AUD EXP WHO "}", "unknown_issuer"},
        {"{\"iss\":[\"" CORP "\"]" AUD EXP WHO "}", "malformed"},
        {"{\"aud\":\"liveness\"" EXP WHO "}", "malformed"},
        {"{" ISS "," ISS AUD EXP WHO "}", "malformed"},
        {"{" ISS ",\"iss\":\"" SHOP "\"" AUD EXP WHO "}", "malformed"},
        {"{\"iss\":\"" SHOP "\"" AUD EXP WHO "}", "unknown_key"}, /* e1 is not shop's */
        {"{" ISS EXP WHO "}", "wrong_audience"},
        {"{" ISS ",\"aud\":\"other\"" EXP WHO "}", "wrong_audience"},
        {"{" ISS ",\"aud\":\"liveness2\"" EXP WHO "}", "wrong_audience"},
        {"{" ISS ",\"aud\":[]" EXP WHO "}", "wrong_audience"},
        {"{" ISS ",\"aud\":[\"other\"]" EXP WHO "}", "wrong_audience"},
        {"{" ISS ",\"aud\":[1,\"liveness\"]" EXP WHO "}", "wrong_audience"},
        {"{" ISS ",\"aud\":[\"other\",\"api://liveness\"]" EXP WHO "}", ""},
        {"{" ISS AUD EXP ",\"tid\":\"acme\"}", "bad_claims"},
        {"{" ISS AUD EXP ",\"sub\":\"\",\"tid\":\"acme\"}", "bad_claims"},
        {"{" ISS AUD EXP ",\"sub\":7,\"tid\":\"acme\"}", "bad_claims"},
        {"{" ISS AUD EXP ",\"sub\":\"ann\"}", "bad_claims"},
        {"{" ISS AUD EXP ",\"sub\":\"ann\",\"tid\":[\"acme\"]}", "bad_claims"},
        {"{" ISS AUD EXP ",\"sub\":\"a\",\"sub\":\"b\",\"tid\":\"acme\"}", "malformed"},
        {"{" ISS AUD EXP ",\"sub\":\"a\\u0000b\",\"tid\":\"acme\"}", "malformed"},
        {"{" ISS AUD EXP ",\"sub\":\"\xff\",\"tid\":\"acme\"}", "malformed"},
        {"[{" ISS AUD EXP WHO "}]", "malformed"},
        {"{" ISS AUD EXP WHO "}{}", "malformed"},
        {"\"text\"", "malformed"},
        {"", "malformed"},
    };
    struct identities it = identities_open();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *token =
            token_of(it.ec, "ES256", header_of("ES256", "e1"), filled(rows[i].claims));
        if (rows[i].reason[0] == '\0')
            expect_taken(&it, token);
        else
            expect_refused(HERE, &it, token, rows[i].claims, rows[i].reason);
    }
}

/* ---- texts ---- */

/* The token's parts; the last two begin with their dot. */
struct parts {
    const char *header, *payload, *signature;
};

static struct parts parts_of(const char *token)
{
    const char *first = strchr(token, '.');
    const char *second = strchr(first + 1, '.');
    return (struct parts){text_of("%.*s", (int)(first - token), token),
                          text_of("%.*s", (int)(second - first), first), second};
}

static const char *with_signature(const struct parts *parts, const uint8_t *bytes, size_t size)
{
    CLEANUP(buf) struct buf text;
    buf_init(&text, 4096);
    base64url_encode(bytes, size, &text);
    return text_of("%s%s.%s", parts->header, parts->payload, text.data ? text.data : "");
}

/* The same signature as OpenSSL writes it, and not as JWS wants it. */
static const char *with_der_signature(const struct parts *parts)
{
    uint8_t der[128];
    size_t length = 0;
    CLEANUP(buf) struct buf raw;
    buf_init(&raw, 64);
    cr_assert_eq(base64url_decode(slice_of(parts->signature + 1), &raw), 0);
    ECDSA_SIG *pair = ECDSA_SIG_new();
    cr_assert(ECDSA_SIG_set0(pair, BN_bin2bn((uint8_t *)raw.data, 32, NULL),
                             BN_bin2bn((uint8_t *)raw.data + 32, 32, NULL)));
    uint8_t *at = der;
    length = (size_t)i2d_ECDSA_SIG(pair, &at);
    ECDSA_SIG_free(pair);
    return with_signature(parts, der, length);
}

Test(token_attacks, texts)
{
    struct identities it = identities_open();
    const char *good = good_token(&it);
    const struct parts ours = parts_of(good);
    const struct parts other = parts_of(token_of(it.ec, "ES256", header_of("ES256", "e1"),
                                                 claims_of(CORP, "bob", ",\"tid\":\"acme\"")));
    uint8_t zeros[64] = {0};
    uint8_t ones[64] = {0};
    uint8_t large[64];
    ones[31] = ones[63] = 1;
    memset(large, 0xFF, sizeof large);
    char *bumped = text_of("%s", good);
    bumped[strlen(bumped) - 1]++; /* unused bits: the same bytes, another text */
    const struct {
        const char *what, *token, *reason;
    } rows[] = {
        {"no signature", text_of("%s%s.", ours.header, ours.payload), "bad_signature"},
        {"no third part", text_of("%s%s", ours.header, ours.payload), NULL},
        {"another payload", text_of("%s%s%s", ours.header, other.payload, ours.signature),
         "bad_signature"},
        {"another signature", text_of("%s%s%s", ours.header, ours.payload, other.signature),
         "bad_signature"},
        {"zeros", with_signature(&ours, zeros, 64), "bad_signature"},
        {"ones", with_signature(&ours, ones, 64), "bad_signature"},
        {"beyond the curve", with_signature(&ours, large, 64), "bad_signature"},
        {"half a signature", with_signature(&ours, large, 32), "bad_signature"},
        {"too long a signature", with_signature(&ours, zeros, 63), "bad_signature"},
        {"DER", with_der_signature(&ours), "bad_signature"},
        {"unused bits", bumped, "bad_signature"},
        {"padding", text_of("%s=", good), "bad_signature"},
        {"more padding", text_of("%s==", good), "bad_signature"},
        {"padding before", text_of("%s=%s%s", ours.header, ours.payload, ours.signature),
         "malformed"},
        {"padding between", text_of("%s%s=%s", ours.header, ours.payload, ours.signature),
         "malformed"},
        {"a fourth part", text_of("%s.AAAA", good), "malformed"},
        {"five parts", text_of("%s.AAAA.AAAA", good), "malformed"},
        {"a dot before", text_of(".%s", good), "malformed"},
        {"a space within", text_of("%s %s%s", ours.header, ours.payload, ours.signature),
         "malformed"},
        {"another alphabet", text_of("%s%s.++//", ours.header, ours.payload), "bad_signature"},
        {"dots", "..", "malformed"},
        {"dots and letters", "a.b.c", "malformed"},
        {"empty objects", "e30.e30.e30", "malformed"},
        {"a word", "token", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_refused(HERE, &it, rows[i].token, rows[i].what, rows[i].reason);
    expect_taken(&it, good);
}

/* ---- sizes ---- */

static const char *token_with_filler(const struct identities *it, int bytes)
{
    return token_of(
        it->ec, "ES256", header_of("ES256", "e1"),
        claims_of(CORP, "ann", text_of(",\"tid\":\"acme\",\"filler\":\"%0*d\"", bytes, 1)));
}

Test(token_attacks, sizes)
{
    struct identities it = identities_open_set("http.max_head=64KB");
    const char *fits = token_with_filler(&it, 5850);
    const char *large = token_with_filler(&it, 6800);
    cr_assert(strlen(fits) < 8192 && strlen(fits) > 8000, "%zu", strlen(fits));
    cr_assert(strlen(large) > 9000 && strlen(large) < 9600, "%zu", strlen(large));
    expect_taken(&it, fits);
    expect_refused(HERE, &it, large, "9 KB", "malformed");
    expect_refused(HERE, &it, token_with_filler(&it, 40000), "54 KB", "malformed");
    const struct http_answer *huge = create_as(&it, bearer_of(token_with_filler(&it, 300000)));
    cr_assert(huge->status == 431 || huge->status == 0, "%d", huge->status);
    expect_status(huge, 431);
    expect_taken(&it, good_token(&it));
}

Test(token_attacks, credentials_that_are_repeated_or_differ)
{
    struct identities it = identities_open();
    const char *url = daemon_url(it.rig.server, "http", SESSIONS_PATH);
    const char *ann = corp_bearer(&it, "ann", "");
    const char *bob = corp_bearer(&it, "bob", "");
    const char *key_bob =
        text_of("Ocp-Apim-Subscription-Key: %s", bob + strlen("Authorization: Bearer "));
    expect_error(http_do("POST", url, PLAIN_CREATE, ann, ann), 401, "NotAuthenticated");
    expect_error(http_do("POST", url, PLAIN_CREATE, ann, key_bob), 401, "NotAuthenticated");
    expect_error(http_do("POST", url, PLAIN_CREATE, ann, "Ocp-Apim-Subscription-Key: tok"), 401,
                 "NotAuthenticated");
    expect_error(
        http_do("POST", url, PLAIN_CREATE,
                text_of("Authorization: Basic %s", ann + strlen("Authorization: Bearer "))),
        401, "NotAuthenticated");
    expect_status(http_do("POST", url, PLAIN_CREATE, key_bob), 200);
    expect_status(http_do("POST", url, PLAIN_CREATE, bob, key_bob), 200);
}

/* ---- what is told ---- */

Test(token_attacks, no_token_and_nothing_in_it_gets_into_log_or_answers)
{
    struct identities it = identities_open_set("log.level=debug");
    const char *more = ",\"tid\":\"seeded-tenant\",\"email\":\"seeded@mail\"";
    const char *good =
        token_of(it.ec, "ES256", header_of("ES256", "e1"), claims_of(CORP, "seeded-subject", more));
    const char *bad = text_of("%sAAAA", good);
    const char *secret =
        hs256_token(HMAC_WORDS, "{\"alg\":\"HS256\"}", claims_of(HMAC_OWN, "seeded-subject", more));
    const char *const tokens[] = {good, bad, secret};
    for (size_t i = 0; i < 3; i++) {
        const struct http_answer *answer = create_as(&it, bearer_of(tokens[i]));
        cr_assert_null(strstr(answer->body, "seeded"));
        (void)refusal_logged(&it, answer);
        const struct parts parts = parts_of(tokens[i]);
        const char *const texts[] = {"seeded", HMAC_WORDS, parts.payload + 1, parts.signature + 1};
        for (size_t k = 0; k < 4; k++)
            cr_assert_not(daemon_log_contains(it.rig.server, texts[k]), "%s", texts[k]);
    }
    cr_assert_geq(metric_value(&it.rig, "livenessd_tokens_refused_total{issuer=\"corp\","
                                        "reason=\"bad_signature\"}"),
                  1);
}
