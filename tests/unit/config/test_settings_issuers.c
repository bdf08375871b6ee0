/* Promises of config/settings.h about identity providers. */
#include "../../support/signer.h"
#include "settings_fixture.h"

#define SECRET "0123456789abcdef0123456789abcdef"

/* auth.mode=jwt with these entries, separated by commas. */
static struct loaded load_issuers(const char *entries)
{
    char set[4096];
    (void)snprintf(set, sizeof set, "auth.issuers=%s", entries);
    const char *const sets[] = {"upstream.emulator=true", "auth.mode=jwt", set, NULL};
    return load_source(&(struct settings_source){.sets = sets});
}

static void expect_refused(const char *entries, const char *why)
{
    struct loaded loaded = load_issuers(entries);
    expect_error(&loaded, why);
}

static void expect_fine(const char *entries)
{
    struct loaded loaded = load_issuers(entries);
    cr_expect_eq(loaded.result, 0, "%s: %s", entries, errors_of(&loaded));
    unload(&loaded);
}

#define KEYS     "jwks=https://id.example/keys"
#define ONE      "issuer=https://id.example audience=a " KEYS
#define ENTRIES  "--set auth.issuers: entry "
#define FILE_MAX 300

Test(settings_issuers, are_off_and_bounded_by_default)
{
    struct loaded loaded = load_set("log.level=info");
    cr_expect_eq(loaded.settings.auth_issuers.count, 0U);
    cr_expect_eq(loaded.settings.auth_leeway, 60000U);
    cr_expect_eq(loaded.settings.auth_token_cache, 10000U);
    unload(&loaded);
    loaded = load_issuers(ONE);
    cr_expect_eq(loaded.settings.auth_mode, AUTH_JWT);
    cr_expect_eq(loaded.settings.auth_issuers.count, 1U);
    unload(&loaded);
    expect_set_error("auth.leeway=1500ms", "--set auth.leeway: is not a whole number of seconds");
    expect_set_error("auth.leeway=6m", "auth.leeway");
}

Test(settings_issuers, are_needed_by_the_jwt_mode)
{
    expect_refused("", "--set auth.mode: jwt needs at least one entry in auth.issuers");
    struct loaded loaded = load_set("auth.issuers=" ONE);
    cr_expect_eq(loaded.result, 0, "entries without the mode are no error");
    unload(&loaded);
}

Test(settings_issuers, errors_name_the_entry)
{
    expect_refused("audience=a", ENTRIES "1 has no issuer=");
    expect_refused(ONE ",issuer=j audience=b", ENTRIES "2 has neither jwks= nor secret_file=");
    expect_refused(ONE " name=x,issuer=j audience=b name=x " KEYS,
                   ENTRIES "2 has the name of an entry before it");
    expect_refused(ONE "," ONE, ENTRIES "2 has the issuer= of an entry before it");
    expect_fine(ONE ",issuer=j audience=a " KEYS);
}

Test(settings_issuers, all_errors_are_told_at_once)
{
    struct loaded loaded = load_issuers("x,issuer=i,issuer=j audience=a jwks=http://id.example/k");
    cr_expect_eq(error_count(&loaded), 3U, "%s", errors_of(&loaded));
    unload(&loaded);
}

Test(settings_issuers, keys_come_over_https_or_from_this_machine)
{
#define FROM(url) "issuer=i audience=a jwks=" url
    expect_fine(FROM("https://id.example:8443/keys?p=policy"));
    expect_fine(FROM("http://127.0.0.1:8099/keys"));
    expect_fine(FROM("http://localhost/keys"));
    expect_fine(FROM("http://[::1]:80/keys"));
    expect_refused(FROM("http://id.example/keys"), ENTRIES "1: jwks= is http");
    expect_refused(FROM("ftp://id.example/keys"), "does not start with https://");
    expect_refused(FROM("file:///etc/keys"), "does not start with https://");
    expect_refused(FROM("https://u:p@id.example/keys"), "holds a user name");
    expect_refused(FROM("https://id.example/keys#f"), "holds a fragment");
    expect_refused(FROM("https:///keys"), "holds no valid host");
}

Test(settings_issuers, files_are_looked_into)
{
    char file[FIXTURE_NAME_SIZE];
    char entry[FILE_MAX];
    struct signer signer = signer_ec("P-256");
    CLEANUP(buf) struct buf document;
    buf_init(&document, 4096);
    buf_puts(&document, "{\"keys\":[");
    signer_put_jwk(&signer, "k", "", &document);
    buf_puts(&document, "]}");
    fixture_file(document.data, document.len, file);
    (void)snprintf(entry, sizeof entry, "issuer=i audience=a jwks=%s", file);
    expect_fine(entry);
    (void)snprintf(entry, sizeof entry, "issuer=i audience=a algorithms=RS256 jwks=%s", file);
    expect_refused(entry, "gives no key: its algorithm is not used here");
    fixture_file("{\"keys\":[]}", 11, file);
    (void)snprintf(entry, sizeof entry, "issuer=i audience=a jwks=%s", file);
    expect_refused(entry, "gives no key: it holds no key");
    expect_refused("issuer=i audience=a jwks=/nonexistent", "cannot read /nonexistent: No such");
    expect_refused("issuer=i audience=a jwks=/dev/zero", "/dev/zero is no regular file");
    signer_done(&signer);
}

/* auth.mode=jwt with one entry and this file. */
static struct loaded load_ca_file(const char *file)
{
    char set[FILE_MAX];
    (void)snprintf(set, sizeof set, "auth.ca_file=%s", file);
    const char *const sets[] = {"upstream.emulator=true", "auth.mode=jwt", "auth.issuers=" ONE, set,
                                NULL};
    return load_source(&(struct settings_source){.sets = sets});
}

Test(settings_issuers, an_authority_s_file_is_looked_into)
{
    char name[FIXTURE_NAME_SIZE];
    fixture_file("no certificate", 14, name);
    struct loaded none = load_ca_file("/nowhere/ca.pem");
    expect_error(&none, "--set auth.ca_file: /nowhere/ca.pem cannot be read");
    struct loaded empty = load_ca_file(name);
    expect_error(&empty, "holds no certificate");
}

Test(settings_issuers, secrets_are_long_enough_and_never_shown)
{
    char file[FIXTURE_NAME_SIZE];
    char entry[FILE_MAX];
    fixture_file(SECRET "\n", sizeof SECRET, file);
    (void)snprintf(entry, sizeof entry, "issuer=i audience=a secret_file=%s", file);
    expect_fine(entry);
    fixture_file(SECRET, 31, file);
    (void)snprintf(entry, sizeof entry, "issuer=i audience=a secret_file=%s", file);
    struct loaded loaded = load_issuers(entry);
    cr_expect_null(strstr(errors_of(&loaded), "0123456789"));
    expect_error(&loaded, "holds less than the 32 bytes that HS256 needs");
    expect_refused("issuer=i audience=a secret_file=/nonexistent", "cannot read /nonexistent");
}
