/* Promises of base/issuer_entry.h: what an entry of auth.issuers may say, and what it means. */
#include "base/issuer_entry.h"
#include "base/jwt.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define LEAST "issuer=https://id.example audience=liveness jwks=https://id.example/keys"

static char why[ISSUER_WHY_SIZE];

static struct issuer_entry read_fine(const char *text)
{
    struct issuer_entry entry;
    why[0] = '\0';
    cr_assert(issuer_entry_read(slice_of(text), 3, &entry, why), "%s: %s", text, why);
    return entry;
}

Test(issuer_entry, the_least_is_issuer_audience_and_keys)
{
    struct issuer_entry entry = read_fine(LEAST);
    cr_expect_str_eq(entry.issuer, "https://id.example");
    cr_expect_str_eq(entry.audiences[0], "liveness");
    cr_expect_eq(entry.audience_count, 1U);
    cr_expect_str_eq(entry.jwks, "https://id.example/keys");
    cr_expect(issuer_entry_is_fetched(&entry));
    cr_expect_null(entry.secret_file);
    cr_expect_str_eq(entry.name, "issuer3");
    cr_expect_str_eq(entry.subject, "sub");
    cr_expect_null(entry.tenant);
    cr_expect_eq(entry.scope_count, 3U);
    cr_expect_str_eq(entry.scopes[0], "scope");
    cr_expect_str_eq(entry.scopes[1], "scp");
    cr_expect_str_eq(entry.scopes[2], "roles");
    cr_expect_eq(entry.algorithms, (unsigned)JWT_ASYMMETRIC);
    cr_expect_not(entry.algorithms & JWT_BIT(JWT_HS256));
    issuer_entry_done(&entry);
}

Test(issuer_entry, takes_every_word_in_any_order)
{
    struct issuer_entry entry = read_fine(
        "  algorithms=RS256+ES512 tenant=org.id scopes=realm_access.roles+https://x.example/scp "
        "subject=oid name=corp.1  jwks=/etc/keys.json audience=a audience=api://b=c "
        "issuer=https://id.example/?a=b ");
    cr_expect_str_eq(entry.issuer, "https://id.example/?a=b");
    cr_expect_eq(entry.audience_count, 2U);
    cr_expect_str_eq(entry.audiences[1], "api://b=c");
    cr_expect_str_eq(entry.jwks, "/etc/keys.json");
    cr_expect_not(issuer_entry_is_fetched(&entry));
    cr_expect_str_eq(entry.name, "corp.1");
    cr_expect_str_eq(entry.subject, "oid");
    cr_expect_str_eq(entry.tenant, "org.id");
    cr_expect_eq(entry.scope_count, 2U);
    cr_expect_str_eq(entry.scopes[1], "https://x.example/scp");
    cr_expect_eq(entry.algorithms, JWT_BIT(JWT_RS256) | JWT_BIT(JWT_ES512));
    issuer_entry_done(&entry);
}

Test(issuer_entry, a_secret_is_for_hs256_alone)
{
    struct issuer_entry entry = read_fine("issuer=i audience=a secret_file=/run/secret");
    cr_expect_str_eq(entry.secret_file, "/run/secret");
    cr_expect_null(entry.jwks);
    cr_expect_not(issuer_entry_is_fetched(&entry));
    cr_expect_eq(entry.algorithms, JWT_BIT(JWT_HS256));
    issuer_entry_done(&entry);
}

Test(issuer_entry, says_what_is_wrong)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"", "has no issuer="},
        {"audience=a jwks=k", "has no issuer="},
        {"issuer=i jwks=k", "has no audience="},
        {"issuer=i audience=a", "has neither jwks= nor secret_file="},
        {"issuer=i audience=a jwks=k secret_file=s", "has both jwks= and secret_file="},
        {"issuer=i audience=a jwks=k algorithms=HS256", "allows HS256, which needs secret_file="},
        {"issuer=i audience=a secret_file=s algorithms=HS256+RS256", "is for HS256 only"},
        {LEAST " issuer=j", "has issuer= twice"},
        {LEAST " jwks=j", "has jwks= twice"},
        {LEAST " tennant=j", "has the word 'tennant', which is none of issuer=, audience="},
        {LEAST " nonsense", "has the word 'nonsense'"},
        {LEAST " =x", "has the word ''"},
        {LEAST " name=", "has a name= that is not 1 to 63"},
        {LEAST " name=a:b", "has a name= that is not 1 to 63"},
        {LEAST " name=1234567890123456789012345678901234567890123456789012345678901234",
         "has a name= that is not 1 to 63"},
        {LEAST " subject=", "names a claim that is no name or path"},
        {LEAST " subject=.a", "names a claim that is no name or path"},
        {LEAST " tenant=a..b", "names a claim that is no name or path"},
        {LEAST " tenant=a.", "names a claim that is no name or path"},
        {LEAST " scopes=a++b", "names a claim that is no name or path"},
        {LEAST " scopes=1+2+3+4+5+6+7+8+9", "has more than 8 claims in scopes="},
        {LEAST " algorithms=RS256,ES256", "names an algorithm that is none of"},
        {LEAST " algorithms=none", "names an algorithm that is none of"},
        {LEAST " algorithms=", "names an algorithm that is none of"},
        {LEAST " audience=", "has a value that is empty"},
        {LEAST " audience=2 audience=3 audience=4 audience=5 audience=6 audience=7 audience=8 "
               "audience=9",
         "has more than 8 audience="},
        {"issuer=\xC3\xA4 audience=a jwks=k", "not plain text"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct issuer_entry entry;
        cr_expect_not(issuer_entry_read(slice_of(rows[i].text), 1, &entry, why), "%s",
                      rows[i].text);
        cr_expect_not_null(strstr(why, rows[i].why), "%s: %s", rows[i].text, why);
        cr_expect_null(entry.issuer, "there is nothing to free");
    }
}

Test(issuer_entry, values_have_a_limit)
{
    char text[2000];
    struct issuer_entry entry;
    (void)snprintf(text, sizeof text, "%s audience=%0512d", LEAST, 1);
    entry = read_fine(text);
    issuer_entry_done(&entry);
    (void)snprintf(text, sizeof text, "%s audience=%0513d", LEAST, 1);
    cr_expect_not(issuer_entry_read(slice_of(text), 1, &entry, why));
    (void)snprintf(text, sizeof text, "%s %01500d", LEAST, 1);
    cr_expect_not(issuer_entry_read(slice_of(text), 1, &entry, why));
}
