/* Promises of domain/receipt_check.h: what passes, and everything that must not. */
#include "domain/receipt_check.h"
#include "receipt_fixture.h"

enum { TOKEN_MAX = 16384 };

static struct receipts it;
static struct buf claims;
static const char *why;
static int64_t now_s;

static void begin(void)
{
    receipts_begin(&it);
    buf_init(&claims, JWT_MAX_BYTES);
    now_s = settled_at / 1000 + 1;
}

static void end(void)
{
    receipts_end(&it);
    buf_done(&claims);
}

TestSuite(receipt_check, .init = begin, .fini = end);

static const struct receipt_wanted anything;

static bool check_with(const struct jwt_key *key, const char *token,
                       const struct receipt_wanted *wanted)
{
    const struct jwt_keys keys = {.list = &key, .count = 1, .only_one = true};
    buf_reset(&claims);
    return receipt_check(&keys, slice_of(token), wanted, now_s, &claims, &why);
}

static bool check(const char *token, const struct receipt_wanted *wanted)
{
    return check_with(it.key, token, wanted);
}

static void expect_refused(const char *token, const struct receipt_wanted *wanted,
                           const char *because)
{
    cr_expect_not(check(token, wanted), "%s", because);
    cr_expect(why && strstr(why, because), "'%s' expected in: %s", because, why ? why : "(good)");
    cr_expect_eq(claims.len, 0, "nothing of it is told");
}

static char *good_receipt(void)
{
    struct session_record record = accepted_record();
    return receipt_sign(&it.maker, &record);
}

/* Any header and claims under the right key's signature, or another text in its place. */
static char *token_of(const char *header, const char *payload, const char *signature)
{
    CLEANUP(buf) struct buf token;
    CLEANUP(buf) struct buf signed_one;
    buf_init(&token, TOKEN_MAX);
    buf_init(&signed_one, TOKEN_MAX);
    base64url_encode(header, strlen(header), &token);
    buf_putc(&token, '.');
    base64url_encode(payload, strlen(payload), &token);
    buf_printf(&token, ".%s", signature);
    return xstrdup(token.data);
}

/* Claims of our choice, properly signed as this type. */
static char *signed_claims(const char *type, const char *payload)
{
    CLEANUP(buf) struct buf token;
    buf_init(&token, TOKEN_MAX);
    cr_assert_eq(jwt_sign_typed(it.key, type, slice_of(payload), &token), 0);
    return xstrdup(token.data);
}

Test(receipt_check, passes_a_good_one_and_tells_its_claims)
{
    CLEANUP(text) char *token = good_receipt();
    cr_assert(check(token, &anything), "%s", why);
    cr_expect_null(why);
    cr_expect_not_null(strstr(claims.data, "\"sid\":\"" SESSION_ID "\""), "%s", claims.data);
    const struct receipt_wanted all = {.accepted = true,
                                       .issuer = "https://liveness.example.org",
                                       .audience = "bank",
                                       .transaction = "order-17"};
    cr_expect(check(token, &all), "%s", why);
}

Test(receipt_check, wants_what_was_asked_for)
{
    CLEANUP(text) char *token = good_receipt();
    expect_refused(token, &(struct receipt_wanted){.issuer = "https://other"}, "another issuer");
    expect_refused(token, &(struct receipt_wanted){.audience = "shop"}, "another audience");
    expect_refused(token, &(struct receipt_wanted){.audience = ""}, "another audience");
    expect_refused(token, &(struct receipt_wanted){.transaction = "order-1"}, "transaction");
    struct session_record record = accepted_record();
    record.transaction_id[0] = '\0';
    CLEANUP(text) char *unbound = receipt_sign(&it.maker, &record);
    expect_refused(unbound, &(struct receipt_wanted){.transaction = "order-17"}, "transaction");
    record.verdict.accepted = false;
    CLEANUP(text) char *no = receipt_sign(&it.maker, &record);
    expect_refused(no, &(struct receipt_wanted){.accepted = true}, "was not accepted");
    cr_expect(check(no, &anything), "it is genuine all the same");
}

Test(receipt_check, knows_the_time)
{
    CLEANUP(text) char *token = good_receipt();
    now_s = settled_at / 1000 + 600 + RECEIPT_LEEWAY_S - 1;
    cr_expect(check(token, &anything), "%s", why);
    now_s++;
    expect_refused(token, &anything, "expired");
    now_s = settled_at / 1000 - RECEIPT_LEEWAY_S;
    cr_expect(check(token, &anything), "%s", why);
    now_s--;
    expect_refused(token, &anything, "future");
}

/* Any one character changed; the last of a part may have bits that say nothing, so each becomes one
 * that differs in its highest bit as well. */
Test(receipt_check, refuses_one_with_any_character_changed)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    CLEANUP(text) char *token = good_receipt();
    size_t size = strlen(token);
    for (size_t i = 0; i < size; i += 1 + i % 5) {
        char before = token[i];
        const char *place = strchr(letters, before);
        token[i] = place ? letters[(size_t)(place - letters) ^ 32] : 'A';
        cr_expect_not(check(token, &anything), "character %zu", i);
        token[i] = before;
    }
    cr_expect(check(token, &anything), "%s", why);
}

Test(receipt_check, refuses_one_of_another_key)
{
    CLEANUP(text) char *token = good_receipt();
    struct jwt_key *other = new_receipt_key();
    cr_expect_not(check_with(other, token, &anything));
    cr_expect_not_null(strstr(why, "none of the keys"), "%s", why);
    jwt_key_free(other);
}

/* The header's word about the algorithm counts for nothing. */
Test(receipt_check, refuses_other_algorithms)
{
    static const char payload[] =
        "{\"iss\":\"x\",\"sid\":\"y\",\"exp\":1900000000,\"accepted\":true}";
    static const char *const algorithms[] = {"none", "HS256", "RS256", "ES384", "ES512", "es256"};
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
        char header[256];
        (void)snprintf(header, sizeof header,
                       "{\"alg\":\"%s\",\"kid\":\"%s\",\"typ\":\"receipt+jwt\"}", algorithms[i],
                       jwt_key_id(it.key));
        CLEANUP(text) char *unsigned_one = token_of(header, payload, "");
        CLEANUP(text) char *zero = token_of(header, payload, "AAAA");
        cr_expect_not(check(unsigned_one, &anything), "%s", algorithms[i]);
        cr_expect_not(check(zero, &anything), "%s", algorithms[i]);
    }
}

/* The public key, which everybody has, as the secret of an HMAC. */
Test(receipt_check, refuses_the_public_key_as_a_secret)
{
    static const char payload[] =
        "{\"iss\":\"x\",\"sid\":\"y\",\"exp\":1900000000,\"accepted\":true}";
    CLEANUP(buf) struct buf token;
    uint8_t secret[JWT_HS256_KEY_BYTES];
    sha256(it.maker.issuer, strlen(it.maker.issuer), secret);
    struct jwt_key *forger = jwt_key_new_hs256(jwt_key_id(it.key), secret);
    buf_init(&token, TOKEN_MAX);
    cr_assert_eq(jwt_sign_typed(forger, receipt_type, slice_of(payload), &token), 0);
    expect_refused(token.data, &anything, "another algorithm");
    jwt_key_free(forger);
}

Test(receipt_check, refuses_keys_that_come_along)
{
    static const char *const extras[] = {
        ",\"jwk\":{\"kty\":\"EC\"}", ",\"jku\":\"https://x\"",
        ",\"x5u\":\"https://x\"",    ",\"x5c\":[]",
        ",\"crit\":[\"b64\"]",
    };
    CLEANUP(text) char *token = good_receipt();
    const char *rest = strchr(token, '.');
    for (size_t i = 0; i < sizeof extras / sizeof *extras; i++) {
        char header[300];
        CLEANUP(buf) struct buf text;
        buf_init(&text, TOKEN_MAX);
        (void)snprintf(header, sizeof header,
                       "{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"receipt+jwt\"%s}",
                       jwt_key_id(it.key), extras[i]);
        base64url_encode(header, strlen(header), &text);
        buf_puts(&text, rest);
        expect_refused(text.data, &anything, "it is no receipt");
    }
}

Test(receipt_check, refuses_what_is_no_receipt)
{
    static const char *const texts[] = {"", ".", "..", "...", "hello", "eyJ", "eyJ.e30.AA"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        expect_refused(texts[i], &anything, "it is no receipt");
    }
    static const char payload[] =
        "{\"iss\":\"x\",\"sid\":\"y\",\"exp\":1900000000,\"accepted\":true}";
    CLEANUP(text) char *other = signed_claims("JWT", payload);
    expect_refused(other, &anything, "it is no receipt");
    CLEANUP(text) char *same = signed_claims("Application/Receipt+JWT", payload);
    cr_expect(check(same, &anything), "%s", why);
    CLEANUP(buf) struct buf plain;
    buf_init(&plain, TOKEN_MAX);
    cr_assert_eq(jwt_sign(it.key, slice_of(payload), &plain), 0);
    expect_refused(plain.data, &anything, "it is no receipt");
}

Test(receipt_check, refuses_one_that_lacks_what_all_have)
{
    static const char *const payloads[] = {
        "{}",
        "{\"sid\":\"y\",\"exp\":1900000000,\"accepted\":true}",
        "{\"iss\":\"x\",\"exp\":1900000000,\"accepted\":true}",
        "{\"iss\":\"x\",\"sid\":\"y\",\"accepted\":true}",
        "{\"iss\":\"x\",\"sid\":\"y\",\"exp\":1900000000}",
        "{\"iss\":\"x\",\"sid\":\"y\",\"exp\":1900000000,\"accepted\":\"true\"}",
        "{\"iss\":\"x\",\"sid\":\"y\",\"exp\":1900000000,\"accepted\":1}",
    };
    for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++) {
        CLEANUP(text) char *token = signed_claims(receipt_type, payloads[i]);
        expect_refused(token, &anything, "it lacks claims");
    }
}

Test(receipt_check, tells_deletions_from_verdicts)
{
    const struct receipt_wanted deletion = {.deletion = true};
    struct session_record record = accepted_record();
    CLEANUP(text)
    char *gone = deletion_receipt_sign(&it.maker, &record, DELETION_BY_US, settled_at);
    CLEANUP(text) char *verdict = good_receipt();
    expect_refused(gone, &anything, "it is no receipt");
    expect_refused(verdict, &deletion, "it is no deletion receipt");
    now_s += INT64_C(10) * 365 * 24 * 3600;
    cr_expect(check(gone, &deletion), "it does not expire: %s", why);
    cr_expect_not_null(strstr(claims.data, "\"outcome\":\"deleted\""));
}

Test(receipt_check, refuses_one_too_long)
{
    CLEANUP(buf) struct buf token;
    buf_init(&token, TOKEN_MAX);
    CLEANUP(text) char *good = good_receipt();
    buf_puts(&token, good);
    while (token.len <= JWT_MAX_BYTES) {
        buf_putc(&token, 'A');
    }
    expect_refused(token.data, &anything, "it is no receipt");
}
