/* Promises of domain/principal.h about who may do what to a session, delegates above all. */
#include "domain/principal.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const uint8_t owner_key[SHA256_BYTES] = {2};

#define DEVICE "5f0c7c1e-9a42-4d0b-8a53-6d2f0b6f7a10"

enum who { OWNER, STRANGER, OPERATOR, DELEGATE, OTHER_DELEGATE, FALLEN_DELEGATE, WHO_COUNT };

static const char *const names[WHO_COUNT] = {"shop", "bar", "desk", "bank", "rival", "bank"};
static const unsigned scopes[WHO_COUNT] = {0, 0, SCOPE_OPERATE, SCOPE_DELEGATE, SCOPE_DELEGATE,
                                           0 /* the bank, after its scope was taken away */};

struct world {
    struct app_token tokens[3];
    struct authority authority;
};

static void world_init(struct world *world)
{
    *world = (struct world){0};
    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(world->tokens[i].name, sizeof world->tokens[i].name, "%s",
                       ((const char *const[]){"shop", "desk", "bank"})[i]);
        sha256(world->tokens[i].name, strlen(world->tokens[i].name), world->tokens[i].hash);
    }
    world->tokens[2].scopes = SCOPE_DELEGATE;
    world->tokens[1].scopes = SCOPE_OPERATE;
    world->authority = (struct authority){.anonymous = true,
                                          .app_tokens = true,
                                          .tokens = world->tokens,
                                          .token_count = 3,
                                          .owner_key = owner_key};
}

static struct principal someone(enum who who)
{
    struct principal principal = {.kind = PRINCIPAL_APP, .scopes = scopes[who], .name = names[who]};
    sha256(names[who], strlen(names[who]), principal.owner);
    return principal;
}

/* Made by the bank for the shop. */
static struct session_record delegated_record(void)
{
    struct session_record record = {.state = SESSION_SETTLED, .reference = REFERENCE_DELEGATE};
    memcpy(record.owner, someone(OWNER).owner, sizeof record.owner);
    memcpy(record.delegate, someone(DELEGATE).owner, sizeof record.delegate);
    return record;
}

/* ---- rights ---- */

#define YES  PROBLEM_NONE
#define NO   PROBLEM_FORBIDDEN
#define GONE PROBLEM_SESSION_NOT_FOUND

Test(access, is_one_table_for_everybody)
{
    static const struct {
        enum who who;
        enum problem get, complete, remove, operate;
        bool details;
    } rows[WHO_COUNT] = {
        {OWNER, YES, YES, YES, NO, false},
        {STRANGER, GONE, GONE, GONE, GONE, false},
        {OPERATOR, YES, NO, YES, YES, true},
        {DELEGATE, YES, NO, YES, NO, true},
        {OTHER_DELEGATE, GONE, GONE, GONE, GONE, false},
        {FALLEN_DELEGATE, GONE, GONE, GONE, GONE, false},
    };
    struct session_record record = delegated_record();
    for (size_t i = 0; i < WHO_COUNT; i++) {
        struct principal p = someone(rows[i].who);
        cr_expect_eq(principal_access(&p, &record, ACTION_GET), rows[i].get, "row %zu", i);
        cr_expect_eq(principal_access(&p, &record, ACTION_COMPLETE), rows[i].complete, "row %zu",
                     i);
        cr_expect_eq(principal_access(&p, &record, ACTION_DELETE), rows[i].remove, "row %zu", i);
        cr_expect_eq(principal_access(&p, &record, ACTION_OPERATE), rows[i].operate, "row %zu", i);
        cr_expect_eq(principal_sees_details(&p, &record), rows[i].details, "row %zu", i);
    }
}

Test(access, nobody_sees_what_is_removed_orphaned_or_unknown)
{
    static const enum session_state states[] = {SESSION_REMOVED, SESSION_ORPHANED};
    for (int who = 0; who < WHO_COUNT; who++) {
        struct principal p = someone((enum who)who);
        for (int action = ACTION_GET; action <= ACTION_OPERATE; action++) {
            for (size_t i = 0; i < 2; i++) {
                struct session_record record = delegated_record();
                record.state = states[i];
                cr_expect_eq(principal_access(&p, &record, (enum session_action)action), GONE);
            }
            cr_expect_eq(principal_access(&p, NULL, (enum session_action)action), GONE);
        }
    }
}

Test(access, a_session_of_nobody_else_s_making_has_no_delegate)
{
    struct session_record record = delegated_record();
    memset(record.delegate, 0, sizeof record.delegate);
    struct principal nobody = {.scopes = SCOPE_DELEGATE};
    cr_expect_eq(principal_access(&nobody, &record, ACTION_GET), GONE);
    cr_expect_not(principal_sees_details(&nobody, &record));
}

Test(access, a_delegate_that_is_the_owner_may_do_what_owners_do)
{
    struct session_record record = delegated_record();
    memcpy(record.owner, record.delegate, sizeof record.owner);
    struct principal bank = someone(DELEGATE);
    cr_expect_eq(principal_access(&bank, &record, ACTION_COMPLETE), YES);
    cr_expect(principal_sees_details(&bank, &record));
}

Test(access, an_operator_is_one_of_its_own_tenant_alone)
{
    struct session_record record = delegated_record();
    struct principal desk = someone(OPERATOR);
    desk.tenant[0] = 1;
    for (int action = ACTION_GET; action <= ACTION_OPERATE; action++)
        cr_expect_eq(principal_access(&desk, &record, (enum session_action)action), GONE);
    cr_expect_not(principal_sees_details(&desk, &record));
    record.tenant[0] = 1;
    cr_expect_eq(principal_access(&desk, &record, ACTION_OPERATE), YES);
    cr_expect(principal_sees_details(&desk, &record));
    struct principal local = someone(OPERATOR);
    cr_expect_eq(principal_access(&local, &record, ACTION_OPERATE), GONE);
}

/* ---- ownerSubject ---- */

static struct principal app_of(const struct world *world, const char *name)
{
    struct principal found;
    struct credentials credentials = {.subscription_key = slice_of(name)};
    cr_assert_eq(principal_identify(&world->authority, &credentials, 1, &found), PROBLEM_NONE);
    return found;
}

Test(delegate, creates_for_whoever_shows_the_named_app_token)
{
    struct world world;
    world_init(&world);
    struct principal bank = app_of(&world, "bank");
    struct principal owner;
    cr_assert_eq(principal_delegate(&world.authority, &bank, SLICE("app:shop"), &owner), YES);
    struct principal shop = app_of(&world, "shop");
    cr_expect_eq(memcmp(owner.owner, shop.owner, sizeof owner.owner), 0);
    cr_expect_eq(owner.kind, PRINCIPAL_APP);
    cr_expect_str_eq(owner.name, "shop");
    cr_expect_not(owner.has_device);
}

Test(delegate, gets_no_rights_from_the_owner)
{
    struct world world;
    world_init(&world);
    struct principal bank = app_of(&world, "bank");
    struct principal owner;
    cr_assert_eq(principal_delegate(&world.authority, &bank, SLICE("app:desk"), &owner), YES);
    cr_expect_eq(owner.scopes, 0U);
}

Test(delegate, creates_for_the_device_of_that_id)
{
    struct world world;
    world_init(&world);
    struct principal bank = app_of(&world, "bank");
    struct principal device;
    principal_become_device(&world.authority, DEVICE, &device);
    static const char *const subjects[] = {"device:" DEVICE,
                                           "device:5F0C7C1E-9A42-4D0B-8A53-6D2F0B6F7A10"};
    for (size_t i = 0; i < 2; i++) {
        struct principal owner;
        cr_assert_eq(principal_delegate(&world.authority, &bank, slice_of(subjects[i]), &owner),
                     YES);
        cr_expect_eq(memcmp(owner.owner, device.owner, sizeof owner.owner), 0);
        cr_expect_str_eq(owner.device_id, DEVICE);
        cr_expect(owner.has_device);
    }
}

Test(delegate, needs_the_scope_before_anything_is_looked_up)
{
    struct world world;
    world_init(&world);
    static const char *const names_shown[] = {"shop", "desk"};
    for (size_t i = 0; i < 2; i++) {
        struct principal caller = app_of(&world, names_shown[i]);
        struct principal owner;
        cr_expect_eq(principal_delegate(&world.authority, &caller, SLICE("app:shop"), &owner), NO);
        cr_expect_eq(principal_delegate(&world.authority, &caller, SLICE("nonsense"), &owner), NO);
    }
}

Test(delegate, subjects_of_no_known_form_are_refused)
{
    static const char *const subjects[] = {
        "",
        "shop",
        "app",
        "app:",
        ":shop",
        "app:nobody",
        "App:shop",
        "app: shop",
        "app:shop ",
        "app:shop:x",
        "device:",
        "device:5f0c7c1e-9a42-4d0b-8a53-6d2f0b6f7a100",
        "device:5f0c7c1e",
        "device:5f0c7c1e9a424d0b8a536d2f0b6f7a10",
        "device:5f0c7c1e-9a42-4d0b-8a53-6d2f0b6f7a1g",
        "user:shop",
        "app\n:shop",
    };
    struct world world;
    world_init(&world);
    struct principal bank = app_of(&world, "bank");
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++) {
        struct principal owner;
        cr_expect_eq(principal_delegate(&world.authority, &bank, slice_of(subjects[i]), &owner),
                     PROBLEM_INVALID_REQUEST_BODY, "%s", subjects[i]);
    }
}

Test(delegate, cannot_create_for_a_mode_that_is_off)
{
    struct world world;
    world_init(&world);
    struct principal bank = app_of(&world, "bank");
    struct principal owner;
    world.authority.anonymous = false;
    cr_expect_eq(principal_delegate(&world.authority, &bank, SLICE("device:" DEVICE), &owner),
                 PROBLEM_INVALID_REQUEST_BODY);
    world.authority.app_tokens = false;
    cr_expect_eq(principal_delegate(&world.authority, &bank, SLICE("app:shop"), &owner),
                 PROBLEM_INVALID_REQUEST_BODY);
}
