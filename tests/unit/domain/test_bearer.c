/* Promises of domain/bearer.h: whose tokens are taken, and what is made of their claims. */
#include "bearer_fixture.h"

#define FULL ",\"sub\":\"ann\",\"org\":{\"id\":\"acme\"}"

static struct providers it;

static void begin(void)
{
    it = providers_new();
    providers_start(&it, 64);
}

static void end(void)
{
    providers_done(&it);
}

TestSuite(bearer, .init = begin, .fini = end);

static enum bearer_verdict verdict_of_claims(const char *claims)
{
    struct bearer_identity identity;
    return judge(&it, claims, &identity);
}

Test(bearer, a_good_token_is_somebody)
{
    struct bearer_identity ann = identity_of(&it, CORP_START FULL "}");
    struct bearer_identity again =
        identity_of(&it, CORP_START FULL ",\"jti\":\"2\",\"iat\":1800000000,\"nbf\":1800000000}");
    cr_expect_eq(ann.issuer, 0U);
    cr_expect_eq(ann.scopes, 0U);
    cr_expect_arr_eq(ann.owner, again.owner, SHA256_BYTES);
    cr_expect_arr_eq(ann.tenant, again.tenant, SHA256_BYTES);
}

Test(bearer, owners_differ_by_issuer_tenant_and_subject)
{
    static const uint8_t local[SHA256_BYTES];
    const struct bearer_identity all[] = {
        identity_of(&it, CORP_START FULL "}"),
        identity_of(&it, CORP_START ",\"sub\":\"bob\",\"org\":{\"id\":\"acme\"}}"),
        identity_of(&it, CORP_START ",\"sub\":\"ann\",\"org\":{\"id\":\"zenith\"}}"),
        identity_of(&it, CORP_START ",\"sub\":\"annacme\",\"org\":{\"id\":\"a\"}}"),
        identity_of(&it, SHOP_START ",\"sub\":\"ann\"}"),
        identity_of(&it, SHOP_START ",\"sub\":\"bob\"}"),
    };
    for (size_t i = 0; i < 6; i++) {
        for (size_t k = 0; k < i; k++) {
            cr_expect_arr_neq(all[i].owner, all[k].owner, SHA256_BYTES, "%zu %zu", i, k);
        }
    }
    cr_expect_arr_eq(all[0].tenant, all[1].tenant, SHA256_BYTES);
    cr_expect_arr_neq(all[0].tenant, all[2].tenant, SHA256_BYTES);
    cr_expect_arr_neq(all[0].tenant, local, SHA256_BYTES);
    cr_expect_arr_eq(all[4].tenant, local, SHA256_BYTES, "an issuer without tenants is local");
}

Test(bearer, a_tenant_is_its_issuer_s_own)
{
    it.bearers = bearers_free(it.bearers);
    it.entries[1].tenant = xstrdup("org.id");
    providers_start(&it, 0);
    struct bearer_identity corp = identity_of(&it, CORP_START FULL "}");
    struct bearer_identity shop = identity_of(&it, SHOP_START FULL "}");
    cr_expect_arr_neq(corp.tenant, shop.tenant, SHA256_BYTES);
}

Test(bearer, nobody_can_claim_to_be_local)
{
    static const uint8_t local[SHA256_BYTES];
    struct bearer_identity identity =
        identity_of(&it, CORP_START ",\"sub\":\"ann\",\"org\":{\"id\":\"local\"}}");
    cr_expect_arr_neq(identity.tenant, local, SHA256_BYTES);
    static const char *const missing[] = {"",
                                          ",\"org\":{}",
                                          ",\"org\":{\"id\":\"\"}",
                                          ",\"org\":{\"id\":null}",
                                          ",\"org\":{\"id\":1}",
                                          ",\"org\":\"acme\"",
                                          ",\"org.id\":\"acme\""};
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++) {
        char claims[300];
        (void)snprintf(claims, sizeof claims, "%s,\"sub\":\"ann\"%s}", CORP_START, missing[i]);
        cr_expect_eq(verdict_of_claims(claims), BEARER_BAD_CLAIMS, "%s", missing[i]);
    }
}

Test(bearer, claims_are_checked_one_by_one)
{
#define ISS  "{\"iss\":\"" CORP "\""
#define REST ",\"sub\":\"ann\",\"org\":{\"id\":\"acme\"}}"
#define EXP  ",\"exp\":1800000100"
#define AUD  ",\"aud\":\"liveness\""
    static const struct {
        const char *claims;
        enum bearer_verdict verdict;
    } rows[] = {
        {ISS AUD EXP REST, BEARER_VALID},
        {ISS ",\"aud\":\"api://liveness\"" EXP REST, BEARER_VALID},
        {ISS ",\"aud\":[\"x\",\"liveness\"]" EXP REST, BEARER_VALID},
        {ISS ",\"aud\":[]" EXP REST, BEARER_WRONG_AUDIENCE},
        {ISS ",\"aud\":[\"x\"]" EXP REST, BEARER_WRONG_AUDIENCE},
        {ISS ",\"aud\":[\"liveness\",1]" EXP REST, BEARER_WRONG_AUDIENCE},
        {ISS ",\"aud\":\"Liveness\"" EXP REST, BEARER_WRONG_AUDIENCE},
        {ISS ",\"aud\":\"liveness \"" EXP REST, BEARER_WRONG_AUDIENCE},
        {ISS ",\"aud\":\"liveness api://liveness\"" EXP REST, BEARER_WRONG_AUDIENCE},
        {ISS ",\"aud\":{\"liveness\":1}" EXP REST, BEARER_WRONG_AUDIENCE},
        {ISS ",\"aud\":null" EXP REST, BEARER_WRONG_AUDIENCE},
        {ISS EXP REST, BEARER_WRONG_AUDIENCE},
        {ISS AUD REST, BEARER_BAD_CLAIMS}, /* no exp */
        {ISS AUD ",\"exp\":null" REST, BEARER_MALFORMED},
        {ISS AUD ",\"exp\":\"1800000100\"" REST, BEARER_MALFORMED},
        {ISS AUD ",\"exp\":1800000100.5" REST, BEARER_MALFORMED},
        {ISS AUD ",\"exp\":1e300" REST, BEARER_MALFORMED},
        {ISS AUD ",\"exp\":1799999941" REST, BEARER_VALID}, /* leeway */
        {ISS AUD ",\"exp\":1799999940" REST, BEARER_EXPIRED},
        {ISS AUD ",\"exp\":0" REST, BEARER_EXPIRED},
        {ISS AUD ",\"exp\":-5" REST, BEARER_EXPIRED},
        {ISS AUD EXP ",\"nbf\":1800000060" REST, BEARER_VALID},
        {ISS AUD EXP ",\"nbf\":1800000061" REST, BEARER_NOT_YET},
        {ISS AUD EXP ",\"nbf\":\"1\"" REST, BEARER_MALFORMED},
        {ISS AUD EXP ",\"iat\":1800000061" REST, BEARER_NOT_YET},
        {ISS AUD EXP ",\"iat\":true" REST, BEARER_MALFORMED},
        {ISS AUD EXP ",\"org\":{\"id\":\"acme\"}}", BEARER_BAD_CLAIMS}, /* no sub */
        {ISS AUD EXP ",\"sub\":\"\",\"org\":{\"id\":\"acme\"}}", BEARER_BAD_CLAIMS},
        {ISS AUD EXP ",\"sub\":7,\"org\":{\"id\":\"acme\"}}", BEARER_BAD_CLAIMS},
        {ISS AUD EXP ",\"sub\":\"a\",\"sub\":\"b\",\"org\":{\"id\":\"acme\"}}", BEARER_MALFORMED},
        {ISS AUD AUD EXP REST, BEARER_MALFORMED},
        {ISS AUD EXP ",\"org\":{\"id\":\"a\",\"id\":\"b\"},\"sub\":\"x\"}", BEARER_MALFORMED},
        {"{\"iss\":\"https://corp.example\"" AUD EXP REST, BEARER_UNKNOWN_ISSUER},
        {"{\"iss\":\"https://CORP.example/\"" AUD EXP REST, BEARER_UNKNOWN_ISSUER},
        {"{\"iss\":[\"" CORP "\"]" AUD EXP REST, BEARER_MALFORMED},
        {"{\"iss\":\"" CORP "\",\"iss\":\"" SHOP "\"" AUD EXP REST, BEARER_MALFORMED},
        {"{\"aud\":\"liveness\"" EXP REST, BEARER_MALFORMED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_expect_eq(verdict_of_claims(rows[i].claims), rows[i].verdict, "%s", rows[i].claims);
    }
}

Test(bearer, one_issuer_cannot_speak_for_another)
{
    struct bearer_identity identity;
    struct slice token = sign_by(&it, &it.other, CORP_START FULL "}");
    cr_expect_eq(judge_at(&it, token, NOW_S, &identity), BEARER_BAD_SIGNATURE);
    token = sign_by(&it, &it.signer, SHOP_START ",\"sub\":\"ann\"}");
    cr_expect_eq(judge_at(&it, token, NOW_S, &identity), BEARER_BAD_SIGNATURE);
    cr_expect_eq(identity.issuer, 1U, "it says whose keys were asked");
}

Test(bearer, an_unknown_kid_is_worth_a_look_for_new_keys)
{
    struct bearer_identity identity;
    buf_reset(&it.token);
    signer_put_token(&it.signer, "ES256", "{\"alg\":\"ES256\",\"kid\":\"k2\"}", CORP_START FULL "}",
                     &it.token);
    struct slice token = buf_slice(&it.token);
    cr_expect_eq(judge_at(&it, token, NOW_S, &identity), BEARER_UNKNOWN_KEY);
    cr_expect_eq(identity.issuer, 0U);
    bearers_set_keys(it.bearers, 0, keys_of(&it.signer, "k2"));
    cr_expect_eq(judge_at(&it, token, NOW_S, &identity), BEARER_VALID);
}

Test(bearer, without_keys_nothing_is_said_about_a_token)
{
    struct bearer_identity identity;
    bearers_set_keys(it.bearers, 0, NULL);
    cr_expect_not(bearers_have_keys(it.bearers, 0));
    cr_expect(bearers_have_keys(it.bearers, 1));
    cr_expect_eq(judge(&it, CORP_START FULL "}", &identity), BEARER_NO_KEYS);
    cr_expect_eq(identity.issuer, 0U);
    cr_expect_eq(identity_of(&it, SHOP_START ",\"sub\":\"x\"}").issuer, 1U);
}

Test(bearer, a_shared_secret_is_one_issuer_s_alone)
{
    static const struct slice secret = SLICE_INIT("0123456789abcdef0123456789abcdef");
    struct bearer_identity identity;
    bearers_set_keys(it.bearers, 2, jwk_set_of_secret(secret));
    static const char *const claims[] = {
        "{\"iss\":\"hmac\",\"aud\":\"liveness\",\"exp\":1800000100,\"sub\":\"x\"}",
        SHOP_START ",\"sub\":\"x\"}",
    };
    for (size_t i = 0; i < 2; i++) {
        buf_reset(&it.token);
        signer_put_hs256(secret, "{\"alg\":\"HS256\",\"kid\":\"k1\"}", claims[i], &it.token);
        cr_expect_eq(judge_at(&it, buf_slice(&it.token), NOW_S, &identity),
                     i == 0 ? BEARER_VALID : BEARER_UNKNOWN_KEY);
    }
    struct slice token = sign_by(&it, &it.signer, claims[0]);
    cr_expect_eq(judge_at(&it, token, NOW_S, &identity), BEARER_UNKNOWN_KEY);
}

static unsigned scopes_of(const char *claims)
{
    char text[600];
    (void)snprintf(text, sizeof text, "%s%s%s}", CORP_START, FULL, claims);
    return identity_of(&it, text).scopes;
}

Test(bearer, scopes_come_from_the_claims_that_are_named)
{
    static const struct {
        const char *claims;
        unsigned scopes;
    } rows[] = {
        {"", 0},
        {",\"scope\":\"liveness:operate\"", SCOPE_OPERATE},
        {",\"scope\":\"openid  liveness:delegate profile\"", SCOPE_DELEGATE},
        {",\"scope\":\"liveness:operate liveness:delegate\"", SCOPE_OPERATE | SCOPE_DELEGATE},
        {",\"scope\":[\"x\",\"liveness:operate\",1,null]", SCOPE_OPERATE},
        {",\"scope\":[\"liveness:operate liveness:delegate\"]", 0}, /* one word each */
        {",\"scope\":\"liveness:operated\"", 0},
        {",\"scope\":\"Liveness:Operate\"", 0},
        {",\"scope\":\"liveness:operate,liveness:delegate\"", 0},
        {",\"scope\":7", 0},
        {",\"scope\":{\"liveness:operate\":true}", 0},
        {",\"scope\":null", 0},
        {",\"scp\":\"liveness:operate\"", 0}, /* not named */
        {",\"roles\":[\"liveness:operate\"]", 0},
        {",\"realm_access\":{\"roles\":[\"liveness:delegate\"]}", SCOPE_DELEGATE},
        {",\"realm_access\":[\"liveness:delegate\"]", 0},
        {",\"realm_access.roles\":\"liveness:delegate\"", 0}, /* a path is no name */
        {",\"scope\":\"liveness:operate\",\"realm_access\":{\"roles\":\"liveness:delegate\"}",
         SCOPE_OPERATE | SCOPE_DELEGATE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_expect_eq(scopes_of(rows[i].claims), rows[i].scopes, "%s", rows[i].claims);
    }
}

Test(bearer, a_claim_with_a_url_for_a_name_is_one_name)
{
    free(it.entries[0].scopes[1]);
    it.entries[0].scopes[1] = xstrdup("https://x.example/claims.roles");
    cr_expect_eq(scopes_of(",\"https://x.example/claims.roles\":[\"liveness:operate\"]"),
                 SCOPE_OPERATE);
}

Test(bearer, large_tokens_are_refused_by_their_size)
{
    struct bearer_identity identity;
    char *claims = NULL;
    cr_assert_gt(asprintf(&claims, "%s%s,\"x\":\"%06900d\"}", CORP_START, FULL, 1), 0);
    struct slice token = sign_by(&it, &it.signer, claims);
    cr_expect_gt(token.len, 9000U);
    cr_expect_eq(judge_at(&it, token, NOW_S, &identity), BEARER_MALFORMED);
    free(claims);
    cr_assert_gt(asprintf(&claims, "%s%s,\"x\":\"%05500d\"}", CORP_START, FULL, 1), 0);
    cr_expect_eq(judge(&it, claims, &identity), BEARER_VALID);
    free(claims);
}

Test(bearer, every_verdict_has_a_word)
{
    for (int i = 0; i < BEARER_VERDICT_COUNT; i++) {
        cr_expect_not_null(bearer_verdict_word((enum bearer_verdict)i));
    }
    cr_expect(bearer_looks_like(SLICE("a.b.c")));
    cr_expect(bearer_looks_like(SLICE("..")));
    cr_expect_not(bearer_looks_like(SLICE("a.b")));
    cr_expect_not(bearer_looks_like(SLICE("")));
    cr_expect_not(bearer_looks_like((struct slice){NULL, 0}));
}
