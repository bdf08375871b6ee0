/* Promises of config/settings.h about cors.origins and verdict.digest_by_platform. */
#include "settings_fixture.h"

#define SETS(...) ((const char *const[]){"upstream.emulator=true", __VA_ARGS__, NULL})

static void expect_refused(const char *const *sets, const char *why)
{
    struct loaded loaded = load_source(&(struct settings_source){.sets = sets});
    expect_error(&loaded, why);
}

Test(settings_origins, become_what_browsers_send)
{
    static const char *const rows[][2] = {
        {"https://app.example", "https://app.example"},
        {"https://App.Example:443", "https://app.example"},
        {"http://localhost:80", "http://localhost"},
        {"http://localhost:3000", "http://localhost:3000"},
        {"https://[2001:DB8::1]:8443", "https://[2001:db8::1]:8443"},
        {"capacitor://localhost", "capacitor://localhost"},
        {"ionic://Localhost", "ionic://localhost"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char set[128];
        (void)snprintf(set, sizeof set, "cors.origins=%s", rows[i][0]);
        struct loaded loaded = load_source(&(struct settings_source){.sets = SETS(set)});
        cr_assert_eq(loaded.result, 0, "%s", errors_of(&loaded));
        cr_assert_eq(loaded.settings.cors_origins.count, 1);
        cr_expect_str_eq(loaded.settings.cors_origins.items[0], rows[i][1]);
        unload(&loaded);
    }
}

Test(settings_origins, are_none_by_default)
{
    struct loaded loaded = load_source(&(struct settings_source){.sets = SETS("log.level=info")});
    cr_expect_eq(loaded.settings.cors_origins.count, 0);
    unload(&loaded);
}

Test(settings_origins, refuse_what_is_nobody_in_particular)
{
    expect_refused(SETS("cors.origins=*"), "cors.origins: '*' is every page there is");
    expect_refused(SETS("cors.origins=https://app.example,*"), "'*' is every page there is");
    expect_refused(SETS("cors.origins=https://*.example"), "holds a *; name the origins");
    expect_refused(SETS("cors.origins=null"), "'null' is what browsers say of any page");
}

Test(settings_origins, refuse_what_is_no_origin)
{
    static const char *const rows[] = {
        "cors.origins=app.example",
        "cors.origins=https://app.example/",
        "cors.origins=https://",
        "cors.origins=https://a.example/path",
        "cors.origins=https://u@a.example",
        "cors.origins=//app.example",
        "cors.origins=file://",
        "cors.origins=https://a.example:0",
        "cors.origins=capacitor://",
        "cors.origins=capacitor://localhost/x",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_refused(SETS(rows[i]), "it must be an origin, such as https://");
}

/* ---- verdict.digest_by_platform ---- */

Test(settings_platforms, have_the_policies_of_their_entries)
{
    struct loaded loaded = load_source(
        &(struct settings_source){.sets = SETS("verdict.digest_by_platform=IOS:require,web:OFF")});
    cr_assert_eq(loaded.result, 0, "%s", errors_of(&loaded));
    cr_expect_eq(settings_digest_of(&loaded.settings, PLATFORM_IOS), 0);
    cr_expect_eq(settings_digest_of(&loaded.settings, PLATFORM_ANDROID), -1);
    cr_expect_eq(settings_digest_of(&loaded.settings, PLATFORM_WEB), 2);
    unload(&loaded);
}

Test(settings_platforms, refuse_unknown_words_and_repetitions)
{
    static const char *const rows[] = {
        "verdict.digest_by_platform=ios",           "verdict.digest_by_platform=ios:",
        "verdict.digest_by_platform=:require",      "verdict.digest_by_platform=windows:require",
        "verdict.digest_by_platform=ios:sometimes", "verdict.digest_by_platform=ios:require:off",
        "verdict.digest_by_platform=ios :require",  "verdict.digest_by_platform=ios:requir",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_refused(SETS(rows[i]), "is not platform:policy, with a platform of ios, android");
    expect_refused(SETS("verdict.digest_by_platform=ios:require,iOS:off"),
                   "'iOS:off' names a platform that an entry before it names");
}

Test(settings_platforms, expected_addresses_need_a_version_that_has_them)
{
    expect_refused(SETS("policy.expected_client_ip=on"),
                   "policy.expected_client_ip: needs expectedClientIpAddress, which version v1.2");
    struct loaded loaded = load_source(&(struct settings_source){
        .sets = SETS("policy.expected_client_ip=on", "upstream.api_version=v1.3-preview.1")});
    cr_expect_eq(loaded.result, 0, "%s", errors_of(&loaded));
    unload(&loaded);
}
