/* Promises of app_token_parse (domain/principal.h): app tokens as they stand in the settings. */
#include "domain/principal.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#define HEX "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

Test(app_token, reads_name_hash_and_scopes)
{
    static const struct {
        const char *text;
        const char *name;
        unsigned scopes;
    } rows[] = {
        {"shop:" HEX, "shop", 0},
        {"a:" HEX ":liveness:operate", "a", SCOPE_OPERATE},
        {"a.b_c-9:" HEX ":liveness:delegate", "a.b_c-9", SCOPE_DELEGATE},
        {"acc:" HEX ":liveness:operate+liveness:delegate", "acc", SCOPE_OPERATE | SCOPE_DELEGATE},
        {"acc:" HEX ":liveness:operate+liveness:operate", "acc", SCOPE_OPERATE},
    };
    uint8_t hash[SHA256_BYTES];
    sha256("test", 4, hash);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct app_token token;
        cr_assert_eq(app_token_parse(slice_of(rows[i].text), &token), 0, "%s", rows[i].text);
        cr_expect_str_eq(token.name, rows[i].name);
        cr_expect_eq(token.scopes, rows[i].scopes);
        cr_expect_eq(memcmp(token.hash, hash, sizeof hash), 0);
    }
}

Test(app_token, refuses_every_other_form)
{
    static const char *const rows[] = {
        "",
        ":",
        "shop",
        HEX,
        ":" HEX,
        "shop:",
        "shop:" HEX ":",
        "shop:" HEX ":liveness",
        "shop:" HEX ":liveness:operate+",
        "shop:" HEX ":+liveness:operate",
        "shop:" HEX ":liveness:operate,liveness:delegate",
        "shop:" HEX ":liveness:everything",
        "shop:" HEX ":LIVENESS:OPERATE",
        "shop:" HEX "0",
        "shop: " HEX,
        "sh op:" HEX,
        "shop:9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08",
        "shop:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a0",
        "shop:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a0g",
        "n234567890123456789012345678901234567890123456789012345678901234:" HEX,
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct app_token token = {.name = "untouched"};
        cr_expect_eq(app_token_parse(slice_of(rows[i]), &token), -EINVAL, "%s", rows[i]);
        cr_expect_str_eq(token.name, "untouched");
    }
}
