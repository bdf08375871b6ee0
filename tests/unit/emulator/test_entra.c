/*
 * The directory's tokens: what they open and when they stop.
 */
#include "emulator/entra.h"

#include <criterion/criterion.h>

enum { NOW_MS = 1700000000 };

static struct jwt_key *key;
static struct fake_random source;
static struct buf bearer;

static const struct emu_entra_grant grant = {
    .tenant = {"contoso", 7}, .client_id = {"an \"app\"", 8}, .lifetime_s = 60};

static void setup(void)
{
    fake_random_init(&source, 3);
    key = jwt_key_generate_es256("entra");
    buf_init_secret(&bearer, 8192);
    buf_puts(&bearer, "Bearer ");
    cr_assert_eq(emu_entra_mint(key, &source.random, &grant, NOW_MS, &bearer), 0);
}

static void teardown(void)
{
    buf_wipe(&bearer);
    jwt_key_free(key);
}

TestSuite(entra, .init = setup, .fini = teardown);

Test(entra, tokens_live_as_long_as_they_were_given)
{
    cr_expect(emu_entra_check(key, buf_slice(&bearer), NOW_MS));
    cr_expect(emu_entra_check(key, buf_slice(&bearer), NOW_MS + 59999));
    cr_expect_not(emu_entra_check(key, buf_slice(&bearer), NOW_MS + 60000));
    cr_expect_not(emu_entra_check(key, buf_slice(&bearer), NOW_MS - 1000));
}

Test(entra, tokens_of_another_key_or_scheme_are_refused)
{
    struct jwt_key *other = jwt_key_generate_es256("entra");

    cr_expect_not(emu_entra_check(other, buf_slice(&bearer), NOW_MS));
    jwt_key_free(other);
    cr_expect_not(emu_entra_check(key, (struct slice){bearer.data + 7, bearer.len - 7}, NOW_MS));
    cr_expect_not(emu_entra_check(key, SLICE("Bearer "), NOW_MS));
    cr_expect_not(emu_entra_check(key, (struct slice){0}, NOW_MS));
}

Test(entra, tokens_for_another_audience_or_without_an_end_are_refused)
{
    static const char *const claims[] = {
        "{}",
        "{\"aud\":\"https://management.azure.com\",\"exp\":9999999}",
        "{\"aud\":[\"https://cognitiveservices.azure.com\"],\"exp\":9999999}",
        "{\"aud\":\"https://cognitiveservices.azure.com\"}",
    };

    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
        buf_reset(&bearer);
        buf_puts(&bearer, "Bearer ");
        cr_assert_eq(jwt_sign(key, slice_of(claims[i]), &bearer), 0);
        cr_expect_not(emu_entra_check(key, buf_slice(&bearer), NOW_MS), "%s", claims[i]);
    }
}

Test(entra, refusals_have_the_form_of_oauth)
{
    CLEANUP(buf) struct buf text;

    buf_init(&text, 4096);
    emu_oauth_error_write("invalid_scope", "No.", &text);
    cr_expect_str_eq(text.data, "{\"error\":\"invalid_scope\",\"error_description\":\"No.\"}");
}
