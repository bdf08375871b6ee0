/* Promises of domain/principal.h: who calls, and what they may see. */
#include "domain/principal.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const uint8_t device_key[SHA256_BYTES] = {1};
static const uint8_t owner_key[SHA256_BYTES] = {2};
static const uint8_t correlation_key[SHA256_BYTES] = {3};

enum { NOW_S = 1767000000 };

#define NONE ((struct slice){NULL, 0})

/* A server with both modes on, three app tokens and one known device. */
struct world {
    struct fake_random random;
    struct app_token tokens[3];
    struct authority authority;
    struct buf device_token;
    char device_id[UUID_SIZE];
};

static void add_token(struct app_token *token, const char *name, const char *secret,
                      unsigned scopes)
{
    *token = (struct app_token){.scopes = scopes};
    snprintf(token->name, sizeof token->name, "%s", name);
    sha256(secret, strlen(secret), token->hash);
}

static void world_init(struct world *world)
{
    *world = (struct world){0};
    fake_random_init(&world->random, 11);
    add_token(&world->tokens[0], "shop", "shop-secret", 0);
    add_token(&world->tokens[1], "desk", "desk-secret", SCOPE_OPERATE);
    add_token(&world->tokens[2], "bank", "bank-secret", SCOPE_OPERATE | SCOPE_DELEGATE);
    world->authority = (struct authority){
        .anonymous = true,
        .app_tokens = true,
        .tokens = world->tokens,
        .token_count = 3,
        .devices = device_tokens_new("d1", device_key, &world->random.random),
        .owner_key = owner_key,
        .correlation_key = correlation_key,
        .random = &world->random.random,
    };
    buf_init(&world->device_token, 512);
    device_token_mint(world->authority.devices, NOW_S, &world->device_token, world->device_id);
}

static void world_done(struct world *world)
{
    device_tokens_free(world->authority.devices);
    buf_done(&world->device_token);
}

static enum problem identify(const struct world *world, struct credentials credentials,
                             struct principal *ret)
{
    return principal_identify(&world->authority, &credentials, NOW_S, ret);
}

static struct principal app_of(const struct world *world, const char *token)
{
    struct principal principal;
    cr_assert_eq(
        identify(world, (struct credentials){.subscription_key = slice_of(token)}, &principal),
        PROBLEM_NONE);
    return principal;
}

static struct principal device_of(const struct world *world)
{
    struct principal principal;
    cr_assert_eq(identify(world,
                          (struct credentials){.device_header = buf_slice(&world->device_token)},
                          &principal),
                 PROBLEM_NONE);
    return principal;
}

/* ---- the matrix of credentials ---- */

enum shown { SHOWN_NOTHING, SHOWN_EMPTY, SHOWN_WRONG, SHOWN_SHOP, SHOWN_DESK, SHOWN_END };

static struct slice secret_text(enum shown shown)
{
    static const struct slice texts[] = {{NULL, 0},
                                         SLICE_INIT(""),
                                         SLICE_INIT("shop-secret "),
                                         SLICE_INIT("shop-secret"),
                                         SLICE_INIT("desk-secret")};
    return texts[shown];
}

static struct slice authorization_text(enum shown shown)
{
    static const struct slice texts[] = {{NULL, 0},
                                         SLICE_INIT(""),
                                         SLICE_INIT("Bearer shop-secreT"),
                                         SLICE_INIT("Bearer shop-secret"),
                                         SLICE_INIT("bearer  desk-secret")};
    return texts[shown];
}

static const char *expected_app(enum shown authorization, enum shown key)
{
    static const char *const names[] = {NULL, NULL, NULL, "shop", "desk"};
    if (authorization == SHOWN_NOTHING) {
        return names[key];
    }
    return key == SHOWN_NOTHING || key == authorization ? names[authorization] : NULL;
}

/* What the caller turns out to be with both modes on. `device` is one of the three ways below. */
static void expect_identity(const struct world *world, enum shown authorization, enum shown key,
                            bool header, bool cookie)
{
    struct slice token = buf_slice(&world->device_token);
    const struct credentials credentials = {
        .authorization = authorization_text(authorization),
        .subscription_key = secret_text(key),
        .device_header = header ? token : NONE,
        .device_cookie = cookie ? token : NONE,
    };
    const char *app = expected_app(authorization, key);
    bool keyed = authorization != SHOWN_NOTHING || key != SHOWN_NOTHING;
    bool known = keyed ? app != NULL : header || cookie;
    struct principal found = {.name = "untouched"};
    enum problem problem = principal_identify(&world->authority, &credentials, NOW_S, &found);
    cr_expect_eq(problem, known ? PROBLEM_NONE : PROBLEM_NOT_AUTHENTICATED, "%d %d %d %d",
                 authorization, key, header, cookie);
    cr_expect_eq(principal_may_mint(&world->authority, &credentials), !keyed);
    if (!known) {
        cr_expect_str_eq(found.name, "untouched");
        return;
    }
    cr_expect_eq(found.kind, keyed ? PRINCIPAL_APP : PRINCIPAL_ANONYMOUS);
    cr_expect_eq(found.has_device, header || cookie);
    cr_expect_eq(found.by_cookie, !keyed && !header);
    if (keyed) {
        cr_expect_str_eq(found.name, app);
    } else {
        cr_expect_null(found.name);
    }
    if (found.has_device) {
        cr_expect_str_eq(found.device_id, world->device_id);
    }
}

Test(principal, is_found_in_every_combination_of_credentials)
{
    struct world world;
    world_init(&world);
    for (int authorization = 0; authorization < SHOWN_END; authorization++) {
        for (int shown = 0; shown < SHOWN_END; shown++) {
            for (int device = 0; device < 4; device++) {
                expect_identity(&world, (enum shown)authorization, (enum shown)shown,
                                (device & 1) != 0, (device & 2) != 0);
            }
        }
    }
    world_done(&world);
}

Test(principal, takes_a_bearer_token_only_in_its_proper_form)
{
    static const struct {
        const char *text;
        bool valid;
    } rows[] = {
        {"Bearer shop-secret", true},
        {"BEARER shop-secret", true},
        {"bearer   shop-secret", true},
        {"Bearer", false},
        {"Bearer ", false},
        {"Bearer  ", false},
        {"shop-secret", false},
        {"Basic shop-secret", false},
        {"Bearershop-secret", false},
        {"Bearer\tshop-secret", false},
        {" Bearer shop-secret", false},
        {"Bearer shop-secret ", false},
        {"Bearer shop", false},
        {"Bearer shop-secret,Bearer shop-secret", false},
    };
    struct world world;
    world_init(&world);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct principal found;
        const struct credentials credentials = {.authorization = slice_of(rows[i].text)};
        cr_expect_eq(identify(&world, credentials, &found) == PROBLEM_NONE, rows[i].valid, "%s",
                     rows[i].text);
    }
    world_done(&world);
}

Test(principal, a_wrong_key_never_becomes_an_anonymous_device)
{
    struct world world;
    world_init(&world);
    struct principal found;
    const struct credentials credentials = {.authorization = SLICE("Bearer nobody"),
                                            .device_header = buf_slice(&world.device_token)};
    cr_expect_eq(identify(&world, credentials, &found), PROBLEM_NOT_AUTHENTICATED);
    cr_expect_not(principal_may_mint(&world.authority, &credentials));
    world_done(&world);
}

Test(principal, repeated_credentials_are_nobody)
{
    struct world world;
    world_init(&world);
    struct principal found;
    const struct credentials by_key = {.subscription_key = SLICE("shop-secret"), .repeated = true};
    const struct credentials by_device = {.device_header = buf_slice(&world.device_token),
                                          .repeated = true};
    cr_expect_eq(identify(&world, by_key, &found), PROBLEM_NOT_AUTHENTICATED);
    cr_expect_eq(identify(&world, by_device, &found), PROBLEM_NOT_AUTHENTICATED);
    cr_expect_not(principal_may_mint(&world.authority, &by_device));
    world_done(&world);
}

Test(principal, modes_that_are_off_let_nobody_in)
{
    struct world world;
    world_init(&world);
    struct principal found;
    const struct credentials by_key = {.subscription_key = SLICE("shop-secret")};
    const struct credentials by_device = {.device_cookie = buf_slice(&world.device_token)};
    world.authority.app_tokens = false;
    cr_expect_eq(identify(&world, by_key, &found), PROBLEM_NOT_AUTHENTICATED);
    cr_expect_eq(identify(&world, by_device, &found), PROBLEM_NONE);
    world.authority.app_tokens = true;
    world.authority.anonymous = false;
    cr_expect_eq(identify(&world, by_key, &found), PROBLEM_NONE);
    cr_expect_eq(identify(&world, by_device, &found), PROBLEM_NOT_AUTHENTICATED);
    cr_expect_not(principal_may_mint(&world.authority, &by_device));
    world_done(&world);
}

Test(principal, a_bad_device_token_counts_as_none)
{
    struct world world;
    world_init(&world);
    struct principal found;
    struct slice good = buf_slice(&world.device_token);
    struct slice bad = {good.data, good.len - 1};
    const struct credentials only_bad = {.device_header = bad, .device_cookie = bad};
    cr_expect_eq(identify(&world, only_bad, &found), PROBLEM_NOT_AUTHENTICATED);
    cr_expect(principal_may_mint(&world.authority, &only_bad));
    const struct credentials with_cookie = {.device_header = bad, .device_cookie = good};
    cr_expect_eq(identify(&world, with_cookie, &found), PROBLEM_NONE);
    cr_expect(found.by_cookie,
              "the origin check must not be skipped by a header that says nothing");
    const struct credentials with_app = {.subscription_key = SLICE("shop-secret"),
                                         .device_header = bad};
    cr_expect_eq(identify(&world, with_app, &found), PROBLEM_NONE);
    cr_expect_not(found.has_device);
    int64_t expired = NOW_S + (int64_t)DEVICE_TOKEN_LIFETIME_S;
    const struct credentials old = {.device_header = good};
    cr_expect_eq(principal_identify(&world.authority, &old, expired, &found),
                 PROBLEM_NOT_AUTHENTICATED);
    world_done(&world);
}

Test(principal, the_device_header_wins_over_the_cookie)
{
    struct world world;
    world_init(&world);
    CLEANUP(buf) struct buf other;
    buf_init(&other, 512);
    char other_id[UUID_SIZE];
    device_token_mint(world.authority.devices, NOW_S, &other, other_id);
    struct principal found;
    const struct credentials both = {.device_header = buf_slice(&other),
                                     .device_cookie = buf_slice(&world.device_token)};
    cr_assert_eq(identify(&world, both, &found), PROBLEM_NONE);
    cr_expect_str_eq(found.device_id, other_id);
    cr_expect_not(found.by_cookie);
    world_done(&world);
}

Test(principal, a_minted_device_is_the_one_its_token_names_later)
{
    struct world world;
    world_init(&world);
    struct principal minted;
    principal_become_device(&world.authority, world.device_id, &minted);
    struct principal later = device_of(&world);
    cr_expect_eq(memcmp(minted.owner, later.owner, sizeof minted.owner), 0);
    cr_expect_str_eq(minted.device_id, later.device_id);
    cr_expect_eq(minted.kind, PRINCIPAL_ANONYMOUS);
    cr_expect(minted.has_device);
    cr_expect_eq(minted.scopes, 0U);
    world_done(&world);
}

Test(principal, owners_of_different_kinds_never_meet)
{
    struct world world;
    world_init(&world);
    /* an app token that has a device's id for a name */
    struct principal device = device_of(&world);
    memcpy(world.tokens[0].name, world.device_id, sizeof world.device_id);
    struct principal app = app_of(&world, "shop-secret");
    cr_expect_neq(memcmp(device.owner, app.owner, sizeof app.owner), 0);
    world_done(&world);
}

/* ---- access ---- */

Test(principal, access_follows_ownership_and_scope)
{
    struct world world;
    world_init(&world);
    struct principal shop = app_of(&world, "shop-secret");
    struct principal desk = app_of(&world, "desk-secret");
    struct principal device = device_of(&world);
    struct session_record of_shop = {.state = SESSION_SETTLED};
    struct session_record of_desk = {.state = SESSION_CREATED};
    memcpy(of_shop.owner, shop.owner, sizeof of_shop.owner);
    memcpy(of_desk.owner, desk.owner, sizeof of_desk.owner);
    const enum problem unknown = PROBLEM_SESSION_NOT_FOUND;
    const struct {
        const struct principal *principal;
        const struct session_record *record;
        enum problem get, complete, remove;
    } rows[] = {
        {&shop, &of_shop, PROBLEM_NONE, PROBLEM_NONE, PROBLEM_NONE},
        {&shop, &of_desk, unknown, unknown, unknown},
        {&desk, &of_shop, PROBLEM_NONE, PROBLEM_FORBIDDEN, PROBLEM_NONE},
        {&desk, &of_desk, PROBLEM_NONE, PROBLEM_NONE, PROBLEM_NONE},
        {&device, &of_shop, unknown, unknown, unknown},
        {&shop, NULL, unknown, unknown, unknown},
        {&desk, NULL, unknown, unknown, unknown},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_expect_eq(principal_access(rows[i].principal, rows[i].record, ACTION_GET), rows[i].get);
        cr_expect_eq(principal_access(rows[i].principal, rows[i].record, ACTION_COMPLETE),
                     rows[i].complete);
        cr_expect_eq(principal_access(rows[i].principal, rows[i].record, ACTION_DELETE),
                     rows[i].remove);
    }
    world_done(&world);
}

Test(principal, a_removed_or_orphaned_session_is_there_for_nobody)
{
    static const enum session_state states[] = {SESSION_REMOVED, SESSION_ORPHANED};
    struct world world;
    world_init(&world);
    struct principal owner = app_of(&world, "desk-secret");
    struct principal supervisor = app_of(&world, "bank-secret");
    for (size_t i = 0; i < 2; i++) {
        struct session_record record = {.state = states[i]};
        memcpy(record.owner, owner.owner, sizeof record.owner);
        for (int action = ACTION_GET; action <= ACTION_DELETE; action++) {
            cr_expect_eq(principal_access(&owner, &record, (enum session_action)action),
                         PROBLEM_SESSION_NOT_FOUND);
            cr_expect_eq(principal_access(&supervisor, &record, (enum session_action)action),
                         PROBLEM_SESSION_NOT_FOUND);
        }
    }
    world_done(&world);
}

/* ---- correlation ---- */

static void correlate(const struct world *world, const struct principal *principal,
                      struct slice client_id, char ret[RECORD_TEXT_SIZE])
{
    principal_correlation(&world->authority, principal, client_id, ret);
}

Test(correlation, a_device_token_decides_alone)
{
    struct world world;
    world_init(&world);
    struct principal device = device_of(&world);
    char a[RECORD_TEXT_SIZE], b[RECORD_TEXT_SIZE];
    static const char *const ids[] = {"phone-7", "", "1234567890", "undefined"};
    correlate(&world, &device, NONE, a);
    cr_expect_eq(strlen(a), (size_t)UUID_SIZE - 1);
    cr_expect_str_neq(a, world.device_id, "the device itself is not told");
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        correlate(&world, &device, slice_of(ids[i]), b);
        cr_expect_str_eq(a, b);
    }
    world_done(&world);
}

Test(correlation, an_app_s_devices_are_told_apart_by_the_client_s_id)
{
    struct world world;
    world_init(&world);
    struct principal shop = app_of(&world, "shop-secret");
    struct principal desk = app_of(&world, "desk-secret");
    char a[RECORD_TEXT_SIZE], b[RECORD_TEXT_SIZE];
    correlate(&world, &shop, SLICE("phone-7"), a);
    correlate(&world, &shop, SLICE("phone-7"), b);
    cr_expect_str_eq(a, b);
    cr_expect_str_neq(a, "phone-7");
    correlate(&world, &shop, SLICE("phone-8"), b);
    cr_expect_str_neq(a, b);
    correlate(&world, &desk, SLICE("phone-7"), b);
    cr_expect_str_neq(a, b, "two apps share no device");
    correlate(&world, &shop, NONE, a);
    correlate(&world, &shop, NONE, b);
    cr_expect_str_eq(a, b);
    world_done(&world);
}

Test(correlation, meaningless_ids_are_another_device_every_time)
{
    struct world world;
    world_init(&world);
    struct principal shop = app_of(&world, "shop-secret");
    static const char *const ids[] = {
        "", "1234567890", "00000000-0000-0000-0000-000000000000", "undefined",
        "01234567890123456789012345678901234567890123456789-too-long-an-id"};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        char a[RECORD_TEXT_SIZE], b[RECORD_TEXT_SIZE];
        correlate(&world, &shop, slice_of(ids[i]), a);
        correlate(&world, &shop, slice_of(ids[i]), b);
        cr_expect_str_neq(a, b, "%s", ids[i]);
        cr_expect_eq(strlen(a), (size_t)UUID_SIZE - 1);
    }
    world_done(&world);
}

Test(correlation, passthrough_sends_a_usable_id_as_it_is)
{
    struct world world;
    world_init(&world);
    world.authority.passthrough = true;
    struct principal shop = app_of(&world, "shop-secret");
    struct principal device = device_of(&world);
    char found[RECORD_TEXT_SIZE];
    static const char longest[] =
        "1234567890123456789012345678901234567890123456789012345678901234";
    correlate(&world, &shop, SLICE("phone-7"), found);
    cr_expect_str_eq(found, "phone-7");
    correlate(&world, &device, slice_of(longest), found);
    cr_expect_str_eq(found, longest);
    correlate(&world, &shop, SLICE("1234567890"), found);
    cr_expect_str_neq(found, "1234567890");
    world_done(&world);
}
