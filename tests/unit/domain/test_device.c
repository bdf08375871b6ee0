/* Promises of domain/device.h: device tokens and pseudonyms. */
#include "domain/device.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const uint8_t key[SHA256_BYTES] = {5, 6, 7};
static const uint8_t other_key[SHA256_BYTES] = {5, 6, 8};

enum { NOW_S = 1767000000 };

static struct fake_random source;

static struct device_tokens *tokens_of(const uint8_t *bytes)
{
    fake_random_init(&source, 42);
    return device_tokens_new("d1", bytes, &source.random);
}

/* A token with these claims, signed with our key. */
static void sign_claims(const char *claims, struct buf *ret)
{
    struct jwt_key *signer = jwt_key_new_hs256("d1", key);
    cr_assert_eq(jwt_sign(signer, slice_of(claims), ret), 0);
    jwt_key_free(signer);
}

Test(device, a_minted_token_names_its_device)
{
    struct device_tokens *tokens = tokens_of(key);
    CLEANUP(buf) struct buf first;
    CLEANUP(buf) struct buf second;
    buf_init(&first, 512);
    buf_init(&second, 512);
    char a[UUID_SIZE], b[UUID_SIZE], found[UUID_SIZE];
    device_token_mint(tokens, NOW_S, &first, a);
    device_token_mint(tokens, NOW_S, &second, b);
    cr_expect_str_neq(a, b);
    for (int i = 0; i < 3; i++) { /* the first time verified, then from the cache */
        cr_assert(device_token_verify(tokens, buf_slice(&first), NOW_S, found));
        cr_expect_str_eq(found, a);
        cr_assert(device_token_verify(tokens, buf_slice(&second), NOW_S, found));
        cr_expect_str_eq(found, b);
    }
    device_tokens_free(tokens);
}

Test(device, a_token_lasts_180_days_in_the_cache_or_not)
{
    const int64_t end = NOW_S + (int64_t)DEVICE_TOKEN_LIFETIME_S;
    for (int cached = 0; cached < 2; cached++) {
        struct device_tokens *tokens = tokens_of(key);
        CLEANUP(buf) struct buf token;
        buf_init(&token, 512);
        char id[UUID_SIZE], found[UUID_SIZE];
        device_token_mint(tokens, NOW_S, &token, id);
        if (cached) {
            cr_assert(device_token_verify(tokens, buf_slice(&token), NOW_S, found));
            cr_assert(device_token_verify(tokens, buf_slice(&token), end - 1, found));
        }
        cr_expect_not(device_token_verify(tokens, buf_slice(&token), end, found));
        cr_expect(device_token_verify(tokens, buf_slice(&token), end - 1, found));
        device_tokens_free(tokens);
    }
}

Test(device, a_changed_token_never_verifies)
{
    struct device_tokens *tokens = tokens_of(key);
    CLEANUP(buf) struct buf token;
    buf_init(&token, 512);
    char id[UUID_SIZE], found[UUID_SIZE];
    device_token_mint(tokens, NOW_S, &token, id);
    cr_assert(device_token_verify(tokens, buf_slice(&token), NOW_S, found));
    for (size_t i = 0; i < token.len; i++) {
        char kept = token.data[i];
        token.data[i] = kept == 'A' ? 'B' : 'A';
        cr_expect_not(device_token_verify(tokens, buf_slice(&token), NOW_S, found), "byte %zu", i);
        token.data[i] = kept;
    }
    for (size_t len = 0; len < token.len; len++) {
        cr_expect_not(device_token_verify(tokens, (struct slice){token.data, len}, NOW_S, found));
    }
    cr_expect(device_token_verify(tokens, buf_slice(&token), NOW_S, found));
    device_tokens_free(tokens);
}

Test(device, a_token_of_another_key_never_verifies)
{
    struct device_tokens *ours = tokens_of(key);
    struct device_tokens *theirs = tokens_of(other_key);
    CLEANUP(buf) struct buf token;
    buf_init(&token, 512);
    char id[UUID_SIZE], found[UUID_SIZE] = "untouched";
    device_token_mint(theirs, NOW_S, &token, id);
    cr_expect_not(device_token_verify(ours, buf_slice(&token), NOW_S, found));
    cr_expect_str_eq(found, "untouched");
    device_tokens_free(theirs);
    device_tokens_free(ours);
}

Test(device, only_claims_of_a_device_token_count)
{
    static const struct {
        const char *claims;
        bool valid;
    } rows[] = {
        {"{\"v\":1,\"did\":\"0b5d0c5e-1111-4222-8333-444455556666\",\"iat\":1767000000}", true},
        {"{\"v\":1,\"did\":\"0b5d0c5e-1111-4222-8333-444455556666\",\"iat\":1767000000,\"x\":1}",
         true},
        {"{\"v\":2,\"did\":\"0b5d0c5e-1111-4222-8333-444455556666\",\"iat\":1767000000}", false},
        {"{\"did\":\"0b5d0c5e-1111-4222-8333-444455556666\",\"iat\":1767000000}", false},
        {"{\"v\":1,\"did\":\"0b5d0c5e-1111-4222-8333-444455556666\"}", false},
        {"{\"v\":1,\"iat\":1767000000}", false},
        {"{\"v\":1,\"did\":\"\",\"iat\":1767000000}", false},
        {"{\"v\":1,\"did\":7,\"iat\":1767000000}", false},
        {"{\"v\":1,\"did\":\"0B5D0C5E-1111-4222-8333-444455556666\",\"iat\":1767000000}", false},
        {"{\"v\":1,\"did\":\"0b5d0c5e-1111-4222-8333-44445555666\",\"iat\":1767000000}", false},
        {"{\"v\":1,\"did\":\"0b5d0c5e-1111-4222-8333_444455556666\",\"iat\":1767000000}", false},
        {"{\"v\":1,\"did\":\"0b5d0c5e-1111-4222-8333-44445555666g\",\"iat\":1767000000}", false},
        {"{\"v\":1,\"did\":\"0b5d0c5e-1111-4222-8333-444455556666\",\"iat\":1.5}", false},
        {"{\"v\":1,\"did\":\"0b5d0c5e-1111-4222-8333-444455556666\",\"iat\":-1}", false},
        {"{\"v\":1,\"did\":\"0b5d0c5e-1111-4222-8333-444455556666\",\"iat\":\"1767000000\"}",
         false},
        {"{\"v\":1,\"did\":\"0b5d0c5e-1111-4222-8333-444455556666\",\"iat\":1767000000,\"exp\":1}",
         false},
    };
    struct device_tokens *tokens = tokens_of(key);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP(buf) struct buf token;
        buf_init(&token, 512);
        char found[UUID_SIZE];
        sign_claims(rows[i].claims, &token);
        cr_expect_eq(device_token_verify(tokens, buf_slice(&token), NOW_S, found), rows[i].valid,
                     "%s", rows[i].claims);
    }
    device_tokens_free(tokens);
}

Test(device, a_token_over_512_bytes_counts_as_none)
{
    struct device_tokens *tokens = tokens_of(key);
    for (size_t padding = 200; padding < 400; padding++) {
        char claims[600], filler[400];
        memset(filler, 'x', sizeof filler);
        snprintf(claims, sizeof claims,
                 "{\"v\":1,\"did\":\"0b5d0c5e-1111-4222-8333-444455556666\",\"iat\":1767000000,"
                 "\"p\":\"%.*s\"}",
                 (int)padding, filler);
        CLEANUP(buf) struct buf token;
        buf_init(&token, 2048);
        char found[UUID_SIZE];
        sign_claims(claims, &token);
        cr_expect_eq(device_token_verify(tokens, buf_slice(&token), NOW_S, found), token.len <= 512,
                     "%zu bytes", token.len);
    }
    device_tokens_free(tokens);
}

Test(device, more_devices_than_the_cache_holds_are_all_known)
{
    enum { DEVICES = 6000 };
    static struct {
        char token[256];
        char id[UUID_SIZE];
    } made[DEVICES];
    struct device_tokens *tokens = tokens_of(key);
    CLEANUP(buf) struct buf token;
    buf_init(&token, 255);
    for (size_t i = 0; i < DEVICES; i++) {
        buf_reset(&token);
        device_token_mint(tokens, NOW_S, &token, made[i].id);
        memcpy(made[i].token, token.data, token.len + 1);
    }
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < DEVICES; i++) {
            char found[UUID_SIZE];
            cr_assert(device_token_verify(tokens, slice_of(made[i].token), NOW_S, found));
            cr_assert_str_eq(found, made[i].id);
        }
    }
    device_tokens_free(tokens);
}

Test(device, constants_of_samples_are_no_device)
{
    static const char *const meaningless[] = {
        "",
        "1234567890",
        "00000000-0000-0000-0000-000000000000",
        "{00000000-0000-0000-0000-000000000000}",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "0",
        "----",
        "undefined",
        "Undefined",
        "null",
        "NaN",
        "default",
        "communications",
        "[object Object]",
        "your_device_correlation_id",
        "723d6d03-ef33-40a8-9682-23a1feb7bccd",
        "12345678901234567890123456789012345678901234567890123456789012345",
    };
    static const char *const usable[] = {
        "f3a1b2c4-1111-4222-8333-444455556666",
        "a8Xk29dLq0",
        "default2",
        "1234567891",
        "01",
        "1234567890123456789012345678901234567890123456789012345678901234",
    };
    for (size_t i = 0; i < sizeof meaningless / sizeof *meaningless; i++) {
        cr_expect(device_id_is_meaningless(slice_of(meaningless[i])), "%s", meaningless[i]);
    }
    for (size_t i = 0; i < sizeof usable / sizeof *usable; i++) {
        cr_expect_not(device_id_is_meaningless(slice_of(usable[i])), "%s", usable[i]);
    }
}

Test(device, a_pseudonym_depends_on_everything_that_goes_into_it)
{
    char base[UUID_SIZE], found[UUID_SIZE];
    correlation_pseudonym(key, SLICE("local"), SLICE("phone"), 0, base);
    correlation_pseudonym(key, SLICE("local"), SLICE("phone"), 0, found);
    cr_expect_str_eq(base, found);
    cr_expect_eq(strlen(base), (size_t)UUID_SIZE - 1);
    correlation_pseudonym(other_key, SLICE("local"), SLICE("phone"), 0, found);
    cr_expect_str_neq(base, found);
    correlation_pseudonym(key, SLICE("loca"), SLICE("lphone"), 0, found);
    cr_expect_str_neq(base, found);
    correlation_pseudonym(key, SLICE("local"), SLICE("phonf"), 0, found);
    cr_expect_str_neq(base, found);
    for (unsigned shift = 0; shift < 32; shift += 8) {
        correlation_pseudonym(key, SLICE("local"), SLICE("phone"), 1U << shift, found);
        cr_expect_str_neq(base, found);
    }
}

Test(device, freeing_nothing_is_fine)
{
    cr_expect_null(device_tokens_free(NULL));
}
