/* Promises of domain/principal.h about bearers of identity providers' tokens. */
#include "bearer_fixture.h"
#include "domain/principal.h"

static const uint8_t device_key[SHA256_BYTES] = {1};
static const uint8_t correlation_key[SHA256_BYTES] = {3};

#define ANN    CORP_START ",\"sub\":\"ann\",\"org\":{\"id\":\"acme\"}"
#define SUE    SHOP_START ",\"sub\":\"sue\""
#define DEVICE "5f0c7c1e-9a42-4d0b-8a53-6d2f0b6f7a10"

struct world {
    struct providers providers;
    struct fake_random random;
    struct app_token tokens[2];
    struct authority authority;
};

static struct world it;

static void set_token(struct app_token *token, const char *name, unsigned scopes)
{
    *token = (struct app_token){.scopes = scopes};
    (void)snprintf(token->name, sizeof token->name, "%s", name);
    sha256(name, strlen(name), token->hash);
}

static void begin(void)
{
    it.providers = providers_new();
    providers_start(&it.providers, 16);
    fake_random_init(&it.random, 3);
    set_token(&it.tokens[0], "shop", 0);
    set_token(&it.tokens[1], "bank", SCOPE_DELEGATE);
    it.authority = (struct authority){
        .anonymous = true,
        .app_tokens = true,
        .tokens = it.tokens,
        .token_count = 2,
        .bearers = it.providers.bearers,
        .devices = device_tokens_new("d1", device_key, &it.random.random),
        .owner_key = bearer_owner_key,
        .correlation_key = correlation_key,
        .random = &it.random.random,
    };
}

static void end(void)
{
    device_tokens_free(it.authority.devices);
    providers_done(&it.providers);
}

TestSuite(principal_jwt, .init = begin, .fini = end);

/* "Bearer " and a token of the first provider, or of the second if the claims say so. */
static struct buf bearer(const char *claims)
{
    struct buf text;
    bool of_shop = strstr(claims, SHOP) != NULL;
    buf_init(&text, 1 << 16);
    buf_puts(&text, "Bearer ");
    buf_put_slice(&text, sign_by(&it.providers,
                                 of_shop ? &it.providers.other : &it.providers.signer, claims));
    return text;
}

static struct slice token_of(const struct buf *bearer_text)
{
    return (struct slice){bearer_text->data + 7, bearer_text->len - 7};
}

static struct principal somebody(const char *claims)
{
    struct principal found;
    CLEANUP(buf) struct buf text = bearer(claims);
    const struct credentials credentials = {.authorization = buf_slice(&text)};
    cr_assert_eq(principal_identify(&it.authority, &credentials, NOW_S, &found), PROBLEM_NONE, "%s",
                 claims);
    return found;
}

Test(principal_jwt, comes_with_authorization_or_as_the_subscription_key)
{
    CLEANUP(buf) struct buf text = bearer(ANN ",\"scope\":\"liveness:operate\"}");
    struct principal by_header;
    struct principal by_key;
    const struct credentials one = {.authorization = buf_slice(&text)};
    const struct credentials two = {.subscription_key = token_of(&text)};
    const struct credentials both = {.authorization = buf_slice(&text),
                                     .subscription_key = token_of(&text)};
    cr_assert_eq(principal_identify(&it.authority, &one, NOW_S, &by_header), PROBLEM_NONE);
    cr_assert_eq(principal_identify(&it.authority, &two, NOW_S, &by_key), PROBLEM_NONE);
    cr_expect_eq(principal_identify(&it.authority, &both, NOW_S, &by_key), PROBLEM_NONE);
    cr_expect_eq(by_header.kind, PRINCIPAL_JWT);
    cr_expect_eq(by_header.scopes, (unsigned)SCOPE_OPERATE);
    cr_expect_null(by_header.name);
    cr_expect_arr_eq(by_header.owner, by_key.owner, SHA256_BYTES);
    cr_expect_not(principal_may_mint(&it.authority, &one));
}

Test(principal_jwt, two_credentials_are_one_caller_s_or_nobody_s)
{
    CLEANUP(buf) struct buf ann = bearer(ANN "}");
    CLEANUP(buf) struct buf ops = bearer(ANN ",\"scope\":\"liveness:operate\"}");
    CLEANUP(buf) struct buf sue = bearer(SUE "}");
    struct principal found;
    const struct slice keys[] = {token_of(&ops), token_of(&sue), SLICE_INIT("shop"),
                                 SLICE_INIT("")};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const struct credentials credentials = {.authorization = buf_slice(&ann),
                                                .subscription_key = keys[i]};
        cr_expect_eq(principal_identify(&it.authority, &credentials, NOW_S, &found),
                     PROBLEM_NOT_AUTHENTICATED, "%zu", i);
    }
}

Test(principal_jwt, a_refused_token_says_why_and_never_becomes_anonymous)
{
    static const struct {
        const char *claims;
        enum bearer_verdict verdict;
    } rows[] = {
        {SHOP_START "}", BEARER_BAD_CLAIMS},
        {"{\"iss\":\"" SHOP "\",\"aud\":\"x\",\"exp\":1800000100,\"sub\":\"s\"}",
         BEARER_WRONG_AUDIENCE},
        {"{\"iss\":\"" SHOP "\",\"aud\":\"liveness\",\"exp\":1700000100,\"sub\":\"s\"}",
         BEARER_EXPIRED},
    };
    CLEANUP(buf) struct buf device;
    char id[UUID_SIZE];
    buf_init(&device, 512);
    device_token_mint(it.authority.devices, NOW_S, &device, id);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct principal found = {.name = "untouched"};
        struct bearer_refusal refusal;
        CLEANUP(buf) struct buf text = bearer(rows[i].claims);
        const struct credentials credentials = {.authorization = buf_slice(&text),
                                                .device_header = buf_slice(&device)};
        cr_expect_eq(principal_judge(&it.authority, &credentials, NOW_S, &found, &refusal),
                     PROBLEM_NOT_AUTHENTICATED);
        cr_expect_eq(refusal.verdict, rows[i].verdict, "%s", rows[i].claims);
        cr_expect_eq(refusal.issuer, 1U);
        cr_expect_str_eq(found.name, "untouched");
        cr_expect_not(principal_may_mint(&it.authority, &credentials));
    }
}

Test(principal_jwt, nobody_is_refused_for_keys_that_we_lack)
{
    struct principal found;
    struct bearer_refusal refusal;
    CLEANUP(buf) struct buf text = bearer(SUE "}");
    const struct credentials credentials = {.authorization = buf_slice(&text)};
    bearers_set_keys(it.providers.bearers, 1, NULL);
    cr_expect_eq(principal_judge(&it.authority, &credentials, NOW_S, &found, &refusal),
                 PROBLEM_KEYS_UNAVAILABLE);
    cr_expect_eq(refusal.verdict, BEARER_NO_KEYS);
}

Test(principal_jwt, without_the_mode_a_token_is_a_wrong_credential)
{
    struct principal found;
    struct bearer_refusal refusal;
    CLEANUP(buf) struct buf text = bearer(SUE "}");
    const struct credentials credentials = {.authorization = buf_slice(&text)};
    it.authority.bearers = NULL;
    cr_expect_eq(principal_judge(&it.authority, &credentials, NOW_S, &found, &refusal),
                 PROBLEM_NOT_AUTHENTICATED);
    cr_expect_eq(refusal.verdict, BEARER_VALID);
}

Test(principal_jwt, an_app_token_may_look_like_a_signed_one)
{
    struct principal found;
    const struct credentials credentials = {.authorization = SLICE("Bearer a.b.c")};
    sha256("a.b.c", 5, it.tokens[0].hash);
    cr_assert_eq(principal_identify(&it.authority, &credentials, NOW_S, &found), PROBLEM_NONE);
    cr_expect_eq(found.kind, PRINCIPAL_APP);
}

Test(principal_jwt, operators_are_those_of_their_tenant)
{
    struct principal ann = somebody(ANN "}");
    struct session_record record = {.state = SESSION_SETTLED};
    memcpy(record.owner, ann.owner, sizeof record.owner);
    memcpy(record.tenant, ann.tenant, sizeof record.tenant);
    const struct {
        const char *claims;
        enum problem get, operate;
    } rows[] = {
        {ANN "}", PROBLEM_NONE, PROBLEM_FORBIDDEN},
        {CORP_START ",\"sub\":\"bob\",\"org\":{\"id\":\"acme\"}}", PROBLEM_SESSION_NOT_FOUND,
         PROBLEM_SESSION_NOT_FOUND},
        {CORP_START ",\"sub\":\"bob\",\"org\":{\"id\":\"acme\"},\"scope\":\"liveness:operate\"}",
         PROBLEM_NONE, PROBLEM_NONE},
        {CORP_START ",\"sub\":\"bob\",\"org\":{\"id\":\"other\"},\"scope\":\"liveness:operate\"}",
         PROBLEM_SESSION_NOT_FOUND, PROBLEM_SESSION_NOT_FOUND},
        {CORP_START ",\"sub\":\"ann\",\"org\":{\"id\":\"other\"}}", PROBLEM_SESSION_NOT_FOUND,
         PROBLEM_SESSION_NOT_FOUND},
        {SUE ",\"scope\":\"liveness:operate\"}", PROBLEM_SESSION_NOT_FOUND,
         PROBLEM_SESSION_NOT_FOUND},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct principal caller = somebody(rows[i].claims);
        cr_expect_eq(principal_access(&caller, &record, ACTION_GET), rows[i].get, "%zu", i);
        cr_expect_eq(principal_access(&caller, &record, ACTION_OPERATE), rows[i].operate, "%zu", i);
    }
}

/* ---- delegates ---- */

static enum problem delegate(const struct principal *delegate, const char *subject,
                             struct principal *ret)
{
    return principal_delegate(&it.authority, delegate, slice_of(subject), ret);
}

Test(delegate_jwt, names_subjects_of_its_own_tenant, .init = begin, .fini = end)
{
    struct principal ann = somebody(ANN "}");
    struct principal desk = somebody(CORP_START ",\"sub\":\"d\",\"org\":{\"id\":\"acme\"},"
                                                "\"scope\":\"liveness:delegate\"}");
    struct principal owner;
    cr_assert_eq(delegate(&desk, "jwt:corp:ann", &owner), PROBLEM_NONE);
    cr_expect_arr_eq(owner.owner, ann.owner, SHA256_BYTES);
    cr_expect_arr_eq(owner.tenant, ann.tenant, SHA256_BYTES);
    cr_expect_eq(owner.kind, PRINCIPAL_JWT);
    cr_expect_eq(owner.scopes, 0U);
    struct principal other = somebody(CORP_START ",\"sub\":\"d\",\"org\":{\"id\":\"other\"},"
                                                 "\"scope\":\"liveness:delegate\"}");
    cr_assert_eq(delegate(&other, "jwt:corp:ann", &owner), PROBLEM_NONE);
    cr_expect_arr_neq(owner.owner, ann.owner, SHA256_BYTES, "that is another ann");
    cr_expect_arr_eq(owner.tenant, other.tenant, SHA256_BYTES);
}

Test(delegate_jwt, local_ones_name_each_other, .init = begin, .fini = end)
{
    struct principal sue = somebody(SHOP_START ",\"sub\":\"https://sue:8\"}");
    struct principal of_shop = somebody(SUE ",\"scope\":\"liveness:delegate\"}");
    struct principal bank = {.kind = PRINCIPAL_APP, .name = "bank", .scopes = SCOPE_DELEGATE};
    const struct principal *const locals[] = {&of_shop, &bank};
    for (size_t i = 0; i < 2; i++) {
        struct principal owner;
        cr_assert_eq(delegate(locals[i], "jwt:shop:https://sue:8", &owner), PROBLEM_NONE);
        cr_expect_arr_eq(owner.owner, sue.owner, SHA256_BYTES);
        cr_expect_eq(delegate(locals[i], "app:shop", &owner), PROBLEM_NONE);
        cr_expect_eq(delegate(locals[i], "device:" DEVICE, &owner), PROBLEM_NONE);
        cr_expect_eq(delegate(locals[i], "jwt:corp:ann", &owner), PROBLEM_INVALID_REQUEST_BODY);
    }
}

Test(delegate_jwt, nobody_reaches_into_another_tenant, .init = begin, .fini = end)
{
    struct principal owner;
    struct principal desk = somebody(CORP_START ",\"sub\":\"d\",\"org\":{\"id\":\"acme\"},"
                                                "\"scope\":\"liveness:delegate\"}");
    static const char *const subjects[] = {
        "app:shop", ("device:" DEVICE), "jwt:shop:sue", "jwt:nobody:ann", "jwt:corp:", "jwt:corp",
        "jwt:",     "jwt::ann",         "JWT:corp:ann", "jwt:hmac:x",
    };
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++) {
        cr_expect_eq(delegate(&desk, subjects[i], &owner), PROBLEM_INVALID_REQUEST_BODY, "%s",
                     subjects[i]);
    }
    it.authority.bearers = NULL;
    cr_expect_eq(delegate(&desk, "jwt:corp:ann", &owner), PROBLEM_INVALID_REQUEST_BODY);
    desk.scopes = SCOPE_OPERATE;
    cr_expect_eq(delegate(&desk, "jwt:corp:ann", &owner), PROBLEM_FORBIDDEN);
}

/* ---- correlation ---- */

Test(correlation_jwt, follows_the_subject_within_its_tenant, .init = begin, .fini = end)
{
    const struct slice none = {NULL, 0};
    const struct slice phone = SLICE_INIT("my-phone");
    const struct principal all[] = {
        somebody(ANN "}"),
        somebody(CORP_START ",\"sub\":\"bob\",\"org\":{\"id\":\"acme\"}}"),
        somebody(CORP_START ",\"sub\":\"ann\",\"org\":{\"id\":\"other\"}}"),
        somebody(SHOP_START ",\"sub\":\"ann\"}"),
    };
    char ids[8][RECORD_TEXT_SIZE];
    for (size_t i = 0; i < 4; i++) {
        char again[RECORD_TEXT_SIZE];
        principal_correlation(&it.authority, &all[i], none, ids[i]);
        principal_correlation(&it.authority, &all[i], phone, ids[4 + i]);
        principal_correlation(&it.authority, &all[i], phone, again);
        cr_expect_str_eq(again, ids[4 + i]);
    }
    for (size_t i = 0; i < 8; i++) {
        for (size_t k = 0; k < i; k++) {
            cr_expect_str_neq(ids[i], ids[k], "%zu %zu", i, k);
        }
    }
}
