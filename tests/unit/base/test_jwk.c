/* Promises of base/jwk.h: which keys of a JWKS document are used, and with what. */
#include "jwk_fixture.h"

Test(jwk, every_algorithm_verifies_with_a_published_key)
{
    struct world world = world_new();
    const struct {
        const struct signer *signer;
        const char *algorithm, *kid;
    } rows[] = {
        {&world.rsa, "RS256", "r"},  {&world.rsa, "RS384", "r"},  {&world.rsa, "RS512", "r"},
        {&world.p256, "ES256", "a"}, {&world.p384, "ES384", "b"}, {&world.p521, "ES512", "c"},
    };
    open_document(&world);
    add(&world, &world.rsa, "r", "");
    add(&world, &world.p256, "a", ",\"use\":\"sig\"");
    add(&world, &world.p384, "b", ",\"alg\":\"ES384\"");
    add(&world, &world.p521, "c", ",\"key_ops\":[\"verify\"]");
    struct jwk_set *set = close_document(&world);
    cr_expect_eq(set->count, 4U);
    cr_expect_eq(set->refused, 0U);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_expect_eq(check(&world, set, rows[i].signer, rows[i].algorithm, rows[i].kid), JWT_VALID,
                     "%s", rows[i].algorithm);
    }
    jwk_set_free(set);
    world_done(&world);
}

Test(jwk, an_algorithm_is_tied_to_its_curve_and_kind)
{
    struct world world = world_new();
    open_document(&world);
    add(&world, &world.p384, "k", "");
    add(&world, &world.rsa, "r", ",\"alg\":\"RS256\"");
    struct jwk_set *set = close_document(&world);
    /* the right key, signing under another name */
    cr_expect_eq(check(&world, set, &world.p384, "ES256", "k"), JWT_UNKNOWN_KEY);
    cr_expect_eq(check(&world, set, &world.p384, "ES512", "k"), JWT_UNKNOWN_KEY);
    cr_expect_eq(check(&world, set, &world.rsa, "RS384", "r"), JWT_UNKNOWN_KEY, "alg is honoured");
    cr_expect_eq(check(&world, set, &world.rsa, "PS256", "r"), JWT_MALFORMED);
    cr_expect_eq(check(&world, set, &world.rsa, "RS256", "k"), JWT_UNKNOWN_KEY);
    cr_expect_eq(check(&world, set, &world.p256, "ES256", "r"), JWT_UNKNOWN_KEY);
    cr_expect_eq(check(&world, set, &world.rsa, "RS256", "r"), JWT_VALID);
    jwk_set_free(set);
    world_done(&world);
}

Test(jwk, a_public_key_is_no_secret)
{
    struct world world = world_new();
    CLEANUP(buf) struct buf token;
    buf_init(&token, 4096);
    open_document(&world);
    add(&world, &world.rsa, "r", "");
    struct jwk_set *set = close_document(&world);
    /* HS256 keyed with what everybody can read: the document, and the modulus in it */
    signer_put_hs256(buf_slice(&world.document), "{\"alg\":\"HS256\",\"kid\":\"r\"}", "{}", &token);
    cr_expect_eq(check_text(set, buf_slice(&token)), JWT_UNKNOWN_KEY);
    jwk_set_free(set);
    world_done(&world);
}

Test(jwk, honours_what_a_key_is_for)
{
    static const struct {
        const char *more, *why;
    } rows[] = {
        {"", NULL},
        {",\"use\":\"sig\",\"alg\":\"ES256\",\"key_ops\":[\"sign\",\"verify\"]", NULL},
        {",\"x5c\":[\"AAAA\"],\"x5t\":\"b\",\"issuer\":\"https://x\"", NULL},
        {",\"use\":\"enc\"", "use is not sig"},
        {",\"use\":\"Sig\"", "use is not sig"},
        {",\"use\":null", "use is not sig"},
        {",\"use\":1", "use is not sig"},
        {",\"key_ops\":[]", "key_ops has no verify"},
        {",\"key_ops\":[\"encrypt\",1]", "key_ops has no verify"},
        {",\"key_ops\":\"verify\"", "key_ops has no verify"},
        {",\"alg\":\"ES384\"", "its algorithm is not used here"},
        {",\"alg\":\"RS256\"", "its algorithm is not used here"},
        {",\"alg\":\"ECDH-ES\"", "its algorithm is not used here"},
        {",\"alg\":\"HS256\"", "its algorithm is not used here"},
        {",\"alg\":\"none\"", "its algorithm is not used here"},
        {",\"alg\":null", "its algorithm is not used here"},
        {",\"d\":\"AAAA\"", "it holds a secret part"},
        {",\"k\":\"AAAA\"", "it holds a secret part"},
    };
    struct world world = world_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *why = refusal_with(&world, &world.p256, rows[i].more);
        cr_expect(why == rows[i].why || (why && rows[i].why && strcmp(why, rows[i].why) == 0),
                  "%s: %s", rows[i].more, why);
    }
    world_done(&world);
}

Test(jwk, takes_only_the_algorithms_it_is_told)
{
    struct world world = world_new();
    const char *why = NULL;
    open_document(&world);
    add(&world, &world.rsa, "r", "");
    add(&world, &world.p256, "e", "");
    buf_puts(&world.document, "]}");
    struct jwk_set *set =
        jwk_set_read(buf_slice(&world.document), JWT_BIT(JWT_RS384) | JWT_BIT(JWT_HS256), &why);
    cr_assert_not_null(set);
    cr_expect_eq(set->count, 1U);
    cr_expect_eq(set->refused, 1U);
    cr_expect_eq(check(&world, set, &world.rsa, "RS384", "r"), JWT_VALID);
    cr_expect_eq(check(&world, set, &world.rsa, "RS256", "r"), JWT_UNKNOWN_KEY);
    jwk_set_free(set);
    world_done(&world);
}

/* ---- kid ---- */

Test(jwk, a_token_without_kid_passes_with_a_one_key_document_only)
{
    struct world world = world_new();
    struct signer other = signer_ec("P-256");
    static const char *const kids[] = {NULL, "k"};
    for (size_t i = 0; i < 2; i++) {
        open_document(&world);
        add(&world, &world.p256, kids[i], "");
        struct jwk_set *one = close_document(&world);
        cr_expect_eq(check(&world, one, &world.p256, "ES256", NULL), JWT_VALID);
        cr_expect_eq(check(&world, one, &world.p256, "ES256", "other"), JWT_UNKNOWN_KEY);
        cr_expect_eq(check(&world, one, &other, "ES256", NULL), JWT_UNKNOWN_KEY,
                     "the issuer may have exchanged its key");
        jwk_set_free(one);
    }
    open_document(&world);
    add(&world, &world.p256, "k", "");
    add(&world, &world.rsa, "r", ",\"use\":\"enc\""); /* though this one is passed over */
    struct jwk_set *two = close_document(&world);
    cr_expect_eq(two->count, 1U);
    cr_expect_eq(check(&world, two, &world.p256, "ES256", NULL), JWT_MALFORMED);
    cr_expect_eq(check(&world, two, &world.p256, "ES256", "k"), JWT_VALID);
    cr_expect_eq(check(&world, two, &other, "ES256", "k"), JWT_BAD_SIGNATURE);
    jwk_set_free(two);
    signer_done(&other);
    world_done(&world);
}

Test(jwk, among_several_keys_each_needs_a_kid_of_its_own)
{
    struct world world = world_new();
    struct signer second = signer_ec("P-256");
    open_document(&world);
    add(&world, &world.p256, "k", "");
    add(&world, &second, "k", "");
    add(&world, &second, NULL, "");
    add(&world, &second, NULL, ",\"kid\":7");
    add(&world, &second, "", "");
    add(&world, &world.rsa, "k", ""); /* of another kind: the algorithm tells them apart */
    struct jwk_set *set = close_document(&world);
    cr_expect_eq(set->count, 2U);
    cr_expect_eq(set->refused, 4U);
    cr_expect_str_eq(set->reason, "another key has its kid");
    cr_expect_eq(check(&world, set, &world.p256, "ES256", "k"), JWT_VALID);
    cr_expect_eq(check(&world, set, &second, "ES256", "k"), JWT_BAD_SIGNATURE);
    cr_expect_eq(check(&world, set, &world.rsa, "RS256", "k"), JWT_VALID);
    jwk_set_free(set);
    signer_done(&second);
    world_done(&world);
}

Test(jwk, kids_are_any_text)
{
    struct world world = world_new();
    static const char *const kids[] = {"a+b/c=", "\\u00e4 :;", "../../etc/passwd", "' OR 1=1 --"};
    for (size_t i = 0; i < sizeof kids / sizeof *kids; i++) {
        open_document(&world);
        add(&world, &world.p256, kids[i], "");
        add(&world, &world.p384, "other", "");
        struct jwk_set *set = close_document(&world);
        cr_assert_eq(set->count, 2U);
        cr_expect_eq(check(&world, set, &world.p256, "ES256", kids[i]), JWT_VALID, "%s", kids[i]);
        jwk_set_free(set);
    }
    world_done(&world);
}

/* ---- documents ---- */

Test(jwk, keys_it_cannot_use_do_not_spoil_the_others)
{
    struct world world = world_new();
    open_document(&world);
    buf_puts(&world.document, "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AA\",\"kid\":\"o\"},"
                              "{\"kty\":\"oct\",\"k\":\"AAAA\",\"kid\":\"s\"},1,null,[],\"x\",{},"
                              "{\"kty\":1},{\"kty\":null,\"kid\":\"n\"},");
    signer_put_jwk(&world.p256, "k", "", &world.document);
    struct jwk_set *set = close_document(&world);
    cr_expect_eq(set->count, 1U);
    cr_expect_eq(set->refused, 9U);
    cr_expect_str_eq(set->reason, "kty is neither RSA nor EC");
    cr_expect_eq(check(&world, set, &world.p256, "ES256", "k"), JWT_VALID);
    jwk_set_free(set);
    world_done(&world);
}

Test(jwk, refuses_what_is_no_document)
{
    static const char *const texts[] = {
        "",
        "[]",
        "null",
        "{}",
        "{\"keys\":{}}",
        "{\"keys\":null}",
        "{\"keys\":[]}",
        "{\"keys\":[{}]}",
        "{\"Keys\":[]}",
        "<html>",
        "{\"keys\":[",
        "{\"keys\":[],\"keys\":[]}",
        "{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const char *why = NULL;
        cr_expect_null(jwk_set_read(slice_of(texts[i]), JWT_ASYMMETRIC, &why), "%s", texts[i]);
        cr_expect_not_null(why, "%s", texts[i]);
    }
}

Test(jwk, uses_at_most_a_hundred_keys_of_64_kilobytes)
{
    struct world world = world_new();
    char kid[16];
    open_document(&world);
    for (int i = 0; i < 103; i++) {
        (void)snprintf(kid, sizeof kid, "k%d", i);
        add(&world, &world.p256, kid, "");
    }
    struct jwk_set *set = close_document(&world);
    cr_expect_eq(set->count, (size_t)JWK_SET_MAX_KEYS);
    cr_expect_eq(set->refused, 3U);
    cr_expect_str_eq(set->reason, "there are more than 100 keys");
    cr_expect_eq(check(&world, set, &world.p256, "ES256", "k99"), JWT_VALID);
    cr_expect_eq(check(&world, set, &world.p256, "ES256", "k100"), JWT_UNKNOWN_KEY);
    jwk_set_free(set);
    open_document(&world);
    add(&world, &world.p256, "k", "");
    buf_puts(&world.document, "]");
    const char *why = NULL;
    while (world.document.len < JWK_SET_MAX_BYTES - 1) {
        buf_putc(&world.document, ' ');
    }
    buf_puts(&world.document, "}");
    set = jwk_set_read(buf_slice(&world.document), JWT_ASYMMETRIC, &why);
    cr_expect_not_null(set, "%s", why);
    jwk_set_free(set);
    buf_putc(&world.document, ' ');
    cr_expect_null(jwk_set_read(buf_slice(&world.document), JWT_ASYMMETRIC, &why));
    world_done(&world);
}

Test(jwk, a_shared_secret_checks_hs256_and_nothing_else)
{
    static const char secret[] = "0123456789abcdef0123456789abcdef.and more";
    struct world world = world_new();
    cr_expect_null(jwk_set_of_secret(SLICE("0123456789abcdef0123456789abcde")));
    struct jwk_set *set = jwk_set_of_secret(slice_of(secret));
    cr_assert_not_null(set);
    static const struct {
        const char *header;
        enum jwt_verdict verdict;
    } rows[] = {
        {"{\"alg\":\"HS256\"}", JWT_VALID},
        {"{\"alg\":\"HS256\",\"kid\":\"any\"}", JWT_VALID},
        {"{\"alg\":\"HS256\",\"typ\":\"at+JWT\"}", JWT_VALID},
        {"{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"k\"}", JWT_VALID},
        {"{\"alg\":\"HS384\"}", JWT_MALFORMED},
        {"{\"alg\":\"RS256\",\"kid\":\"k\"}", JWT_UNKNOWN_KEY},
        {"{\"alg\":\"none\"}", JWT_MALFORMED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        buf_reset(&world.token);
        signer_put_hs256(slice_of(secret), rows[i].header, "{\"a\":1}", &world.token);
        cr_expect_eq(check_text(set, buf_slice(&world.token)), rows[i].verdict, "%s",
                     rows[i].header);
    }
    buf_reset(&world.token);
    signer_put_hs256(SLICE("0123456789abcdef0123456789abcdef"), "{\"alg\":\"HS256\"}", "{}",
                     &world.token);
    cr_expect_eq(check_text(set, buf_slice(&world.token)), JWT_BAD_SIGNATURE);
    jwk_set_free(set);
    world_done(&world);
}
