/* Promises about tokens that are remembered: domain/bearer_cache.h, and domain/bearer.h over it. */
#include "bearer_fixture.h"

#define CLAIMS SHOP_START ",\"sub\":\"ann\""

Test(bearer_cache, remembers_until_the_token_expires)
{
    struct providers it = providers_new();
    struct bearer_identity first;
    struct bearer_identity later;
    providers_start(&it, 16);
    struct slice token = sign_by(&it, &it.other, CLAIMS ",\"scope\":\"liveness:operate\"}");
    cr_assert_eq(judge_at(&it, token, NOW_S, &first), BEARER_VALID);
    cr_expect_eq(judge_at(&it, token, NOW_S + 159, &later), BEARER_VALID);
    cr_expect_eq(memcmp(&first, &later, sizeof first), 0);
    cr_expect_eq(later.scopes, (unsigned)SCOPE_OPERATE);
    cr_expect_eq(judge_at(&it, token, NOW_S + 160, &later), BEARER_EXPIRED);
    providers_done(&it);
}

Test(bearer_cache, a_remembered_token_needs_no_signature_any_more_but_every_byte)
{
    struct providers it = providers_new();
    struct bearer_identity identity;
    providers_start(&it, 16);
    struct slice token = sign_by(&it, &it.other, CLAIMS "}");
    cr_assert_eq(judge_at(&it, token, NOW_S, &identity), BEARER_VALID);
    for (size_t i = 0; i < token.len; i++) {
        char before = it.token.data[i];
        it.token.data[i] = before == 'A' ? 'B' : 'A';
        cr_assert_neq(judge_at(&it, token, NOW_S, &identity), BEARER_VALID, "position %zu", i);
        it.token.data[i] = before;
    }
    cr_expect_eq(judge_at(&it, token, NOW_S, &identity), BEARER_VALID);
    cr_expect_neq(judge_at(&it, (struct slice){token.data, token.len - 1}, NOW_S, &identity),
                  BEARER_VALID);
    providers_done(&it);
}

Test(bearer_cache, forgets_what_verified_with_keys_that_are_gone)
{
    struct providers it = providers_new();
    struct bearer_identity identity;
    providers_start(&it, 16);
    CLEANUP(buf) struct buf kept;
    buf_init(&kept, 4096);
    buf_put_slice(&kept,
                  sign_by(&it, &it.signer, CORP_START ",\"sub\":\"x\",\"org\":{\"id\":\"acme\"}}"));
    struct slice other = sign_by(&it, &it.other, CLAIMS "}");
    cr_assert_eq(judge_at(&it, buf_slice(&kept), NOW_S, &identity), BEARER_VALID);
    cr_assert_eq(judge_at(&it, other, NOW_S, &identity), BEARER_VALID);
    bearers_set_keys(it.bearers, 1, keys_of(&it.signer, "k9"));
    cr_expect_eq(judge_at(&it, other, NOW_S, &identity), BEARER_UNKNOWN_KEY);
    cr_expect_eq(judge_at(&it, buf_slice(&kept), NOW_S, &identity), BEARER_VALID,
                 "the other issuer's keys have not changed");
    bearers_set_keys(it.bearers, 1, NULL);
    cr_expect_eq(judge_at(&it, other, NOW_S, &identity), BEARER_NO_KEYS);
    bearers_set_keys(it.bearers, 1, keys_of(&it.other, "k1"));
    cr_expect_eq(judge_at(&it, other, NOW_S, &identity), BEARER_VALID);
    providers_done(&it);
}

Test(bearer_cache, nothing_that_was_refused_is_remembered)
{
    struct providers it = providers_new();
    struct bearer_identity identity;
    providers_start(&it, 16);
    struct slice token = sign_by(&it, &it.other, CLAIMS ",\"nbf\":1800000090}");
    cr_expect_eq(judge_at(&it, token, NOW_S, &identity), BEARER_NOT_YET);
    cr_expect_eq(judge_at(&it, token, NOW_S + 60, &identity), BEARER_VALID);
    providers_done(&it);
}

Test(bearer_cache, works_without_any_room)
{
    struct providers it = providers_new();
    struct bearer_identity identity;
    providers_start(&it, 0);
    struct slice token = sign_by(&it, &it.other, CLAIMS "}");
    for (int i = 0; i < 3; i++) {
        cr_expect_eq(judge_at(&it, token, NOW_S, &identity), BEARER_VALID);
    }
    providers_done(&it);
}

/* ---- the table itself ---- */

static struct bearer_cached entry_of(uint32_t number)
{
    struct bearer_cached entry = {.expires_at_s = 1, .identity.scopes = number};
    sha256(&number, sizeof number, entry.hash);
    return entry;
}

static bool knows(struct bearer_cache *cache, uint32_t number)
{
    struct bearer_cached entry = entry_of(number);
    const struct bearer_cached *found = bearer_cache_find(cache, entry.hash);
    return found && found->identity.scopes == number;
}

Test(bearer_cache, keeps_the_most_used_within_its_bound)
{
    struct bearer_cache *cache = bearer_cache_new(8);
    for (uint32_t i = 0; i < 8; i++) {
        struct bearer_cached entry = entry_of(i);
        bearer_cache_keep(cache, &entry);
    }
    for (uint32_t i = 0; i < 8; i++) {
        cr_expect(knows(cache, i));
    }
    cr_expect(knows(cache, 0)); /* so that 1 was asked for longest ago */
    struct bearer_cached more = entry_of(100);
    bearer_cache_keep(cache, &more);
    cr_expect(knows(cache, 100));
    cr_expect(knows(cache, 0));
    cr_expect_not(knows(cache, 1));
    for (uint32_t i = 200; i < 1200; i++) {
        struct bearer_cached entry = entry_of(i);
        bearer_cache_keep(cache, &entry);
    }
    unsigned left = 0;
    for (uint32_t i = 0; i < 1200; i++) {
        left += knows(cache, i);
    }
    cr_expect_eq(left, 8U);
    bearer_cache_free(cache);
}

Test(bearer_cache, an_entry_kept_again_is_replaced)
{
    struct bearer_cache *cache = bearer_cache_new(8);
    struct bearer_cached entry = entry_of(1);
    bearer_cache_keep(cache, &entry);
    entry.identity.scopes = 7;
    entry.generation = 2;
    bearer_cache_keep(cache, &entry);
    const struct bearer_cached *found = bearer_cache_find(cache, entry.hash);
    cr_assert_not_null(found);
    cr_expect_eq(found->identity.scopes, 7U);
    cr_expect_eq(found->generation, 2U);
    bearer_cache_free(cache);
}

Test(bearer_cache, holds_nearly_as_many_as_it_has_room_for)
{
    struct bearer_cache *cache = bearer_cache_new(4096);
    unsigned known = 0;
    for (uint32_t i = 0; i < 2048; i++) {
        struct bearer_cached entry = entry_of(i);
        bearer_cache_keep(cache, &entry);
    }
    for (uint32_t i = 0; i < 2048; i++) {
        known += knows(cache, i);
    }
    cr_expect_gt(known, 2000U);
    bearer_cache_free(cache);
}
