/*
 * Auth tokens: whom they name and when they stop.
 */
#include "emulator/token.h"

#include <criterion/criterion.h>

enum { CREATED_MS = 1700000 };

static struct jwt_key *key;
static struct fake_random source;
static struct emu_session session;
static struct buf bearer;

static void setup(void)
{
    fake_random_init(&source, 5);
    key = jwt_key_generate_es256("test");
    session = (struct emu_session){.created_ms = CREATED_MS, .settings.token_lifetime_s = 60};
    uuid4(&source.random, session.id);
    buf_init_secret(&bearer, 8192);
    buf_puts(&bearer, "Bearer ");
    cr_assert_eq(emu_token_mint(key, &source.random, &session, &bearer), 0);
}

static void teardown(void)
{
    buf_wipe(&bearer);
    jwt_key_free(key);
}

TestSuite(token, .init = setup, .fini = teardown);

static bool names_session(struct slice authorization, int64_t now_ms)
{
    char id[UUID_SIZE] = "";

    return emu_token_check(key, authorization, now_ms, id) && strcmp(id, session.id) == 0;
}

Test(token, begins_as_the_services_own)
{
    cr_expect_eq(strncmp(bearer.data, "Bearer eyJhbGciOiJFUzI1NiIsIm", 29), 0);
}

Test(token, names_its_session_until_its_lifetime_is_over)
{
    cr_expect(names_session(buf_slice(&bearer), CREATED_MS));
    cr_expect(names_session(buf_slice(&bearer), CREATED_MS + 59999));
    cr_expect_not(names_session(buf_slice(&bearer), CREATED_MS + 60000));
    cr_expect_not(names_session(buf_slice(&bearer), CREATED_MS - 1000));
}

Test(token, is_taken_with_the_scheme_in_any_case_only)
{
    CLEANUP(secret_buf) struct buf text;
    const struct slice token = {bearer.data + 7, bearer.len - 7};

    buf_init_secret(&text, 8192);
    buf_puts(&text, "bEARER ");
    buf_put_slice(&text, token);
    cr_expect(names_session(buf_slice(&text), CREATED_MS));
    buf_reset(&text);
    buf_puts(&text, "Basic  ");
    buf_put_slice(&text, token);
    cr_expect_not(names_session(buf_slice(&text), CREATED_MS));
    cr_expect_not(names_session(token, CREATED_MS));
    cr_expect_not(names_session(SLICE("Bearer "), CREATED_MS));
    cr_expect_not(names_session((struct slice){0}, CREATED_MS));
}

Test(token, of_another_key_or_altered_is_refused)
{
    struct jwt_key *other = jwt_key_generate_es256("test");
    char id[UUID_SIZE];

    cr_expect_not(emu_token_check(other, buf_slice(&bearer), CREATED_MS, id));
    jwt_key_free(other);
    bearer.data[bearer.len - 20] = bearer.data[bearer.len - 20] == 'A' ? 'B' : 'A';
    cr_expect_not(names_session(buf_slice(&bearer), CREATED_MS));
}

Test(token, with_other_claims_is_refused)
{
    static const char *const claims[] = {
        "{}",
        "{\"iss\":\"livenessd-emulator\",\"aud\":\"livenessd-emulator/device\",\"exp\":9999999,"
        "\"scope\":\"liveness.device\"}",
        "{\"iss\":\"livenessd-emulator\",\"aud\":\"livenessd-emulator/device\","
        "\"scope\":\"liveness.device\",\"sid\":\"5f0c7c1e-9a42-4d0b-8a53-6d2f0b6f7a10\"}",
        "{\"iss\":\"livenessd-emulator\",\"aud\":\"elsewhere\",\"exp\":9999999,"
        "\"scope\":\"liveness.device\",\"sid\":\"5f0c7c1e-9a42-4d0b-8a53-6d2f0b6f7a10\"}",
    };

    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
        char id[UUID_SIZE] = "";
        buf_reset(&bearer);
        buf_puts(&bearer, "Bearer ");
        cr_assert_eq(jwt_sign(key, slice_of(claims[i]), &bearer), 0);
        cr_expect_not(emu_token_check(key, buf_slice(&bearer), CREATED_MS, id), "%s", claims[i]);
    }
}
