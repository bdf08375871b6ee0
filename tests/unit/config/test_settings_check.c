/* Promises of config/settings.h about settings that belong together. */
#include "settings_fixture.h"

#define DIGEST_A "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DIGEST_B "1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ENDPOINT "upstream.endpoint=https://name.example"

static struct loaded load_sets(const char *const *sets)
{
    const char *const environment[] = {"LIVENESSD_UPSTREAM_KEY=k3y", NULL};
    return load_source(
        &(struct settings_source){.environment = as_environment(environment), .sets = sets});
}

static void expect_valid(const char *const *sets)
{
    struct loaded loaded = load_sets(sets);
    cr_expect_eq(loaded.result, 0, "%s", errors_of(&loaded));
    unload(&loaded);
}

static void expect_refused(const char *const *sets, const char *why)
{
    struct loaded loaded = load_sets(sets);
    expect_error(&loaded, why);
}

#define SETS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* ---- upstream ---- */

Test(settings_check, wants_an_endpoint_or_the_emulator)
{
    expect_refused(SETS("log.level=info"), "upstream.endpoint: is missing: set it to the endpoint");
    struct loaded loaded = load_sets(SETS("log.level=info"));
    cr_expect_not_null(strstr(errors_of(&loaded), "LIVENESSD_UPSTREAM_ENDPOINT"));
    cr_expect_not_null(strstr(errors_of(&loaded), "set upstream.emulator to true"));
    unload(&loaded);
    expect_valid(SETS(ENDPOINT));
    expect_valid(SETS("upstream.emulator=true"));
}

Test(settings_check, wants_a_key_beside_an_endpoint)
{
    struct loaded loaded = load_source(&(struct settings_source){.sets = SETS(ENDPOINT)});
    expect_error(&loaded, "upstream.key: is missing: set LIVENESSD_UPSTREAM_KEY");
}

Test(settings_check, refuses_the_emulator_beside_an_endpoint)
{
    expect_refused(SETS("upstream.emulator=true", ENDPOINT),
                   "--set upstream.endpoint: is set beside upstream.emulator");
}

Test(settings_check, keeps_the_emulator_on_loopback)
{
    expect_refused(SETS("upstream.emulator=true", "emulator.listen=0.0.0.0:8082"),
                   "--set emulator.listen: is not a loopback address");
    expect_refused(
        SETS("upstream.emulator=true", "auth.anonymous_public=true", "http.listen=0.0.0.0:8080"),
        "--set http.listen: is not a loopback address, which upstream.emulator requires");
    expect_valid(SETS(ENDPOINT, "emulator.listen=0.0.0.0:8082"));
}

Test(settings_check, does_not_report_a_refused_value_again_as_missing)
{
    expect_refused(SETS("upstream.endpoint=ftp://x"), "does not start with https://");
    expect_refused(SETS("upstream.emulator=yes"), "is neither true nor false");
    expect_refused(SETS(ENDPOINT, "auth.mode=app_token", "auth.app_tokens=a:b"),
                   "entry 1 has no SHA-256");
    expect_refused(SETS(ENDPOINT, "http.listen=nowhere"), "is not an address and port");
}

/* ---- listeners ---- */

Test(settings_check, refuses_two_listeners_on_one_address)
{
    expect_refused(SETS(ENDPOINT, "admin.listen=127.0.0.1:8080"),
                   "admin.listen: is the same address as http.listen");
    expect_refused(SETS("upstream.emulator=true", "emulator.listen=127.0.0.1:8081"),
                   "emulator.listen: is the same address as admin.listen");
    expect_valid(SETS(ENDPOINT, "emulator.listen=127.0.0.1:8081"));
    expect_valid(SETS("upstream.emulator=true", "http.listen=127.0.0.1:0",
                      "admin.listen=127.0.0.1:0", "emulator.listen=127.0.0.1:0"));
    expect_valid(SETS(ENDPOINT, "admin.listen=[::1]:8080"));
}

Test(settings_check, keeps_anonymous_callers_on_loopback)
{
    expect_refused(SETS(ENDPOINT, "http.listen=0.0.0.0:8080"),
                   "--set http.listen: is not a loopback address, and auth.mode is anonymous");
    expect_refused(SETS(ENDPOINT, "http.listen=[::]:8080"), "auth.anonymous_public to true");
    expect_refused(SETS(ENDPOINT, "http.listen=192.0.2.1:8080", "auth.mode=anonymous,app_token",
                        "auth.app_tokens=a:" DIGEST_A),
                   "auth.mode is anonymous");
    expect_valid(SETS(ENDPOINT, "http.listen=0.0.0.0:8080", "auth.anonymous_public=true"));
    expect_valid(SETS(ENDPOINT, "http.listen=0.0.0.0:8080", "auth.mode=app_token",
                      "auth.app_tokens=a:" DIGEST_A));
    expect_valid(SETS(ENDPOINT, "http.listen=[::1]:8080"));
}

Test(settings_check, wants_valid_blocks_of_proxies)
{
    expect_valid(SETS(ENDPOINT, "http.trusted_proxies=10.0.0.0/8,192.0.2.7,::1/128,2001:db8::/32"));
    expect_refused(SETS(ENDPOINT, "http.trusted_proxies=::1,10.0.0.1/8"),
                   "--set http.trusted_proxies: '10.0.0.1/8' is not a CIDR block");
    expect_refused(SETS(ENDPOINT, "http.trusted_proxies=10.0.0.0/33"), "is not a CIDR block");
    expect_refused(SETS(ENDPOINT, "http.trusted_proxies=proxy"), "'proxy' is not a CIDR block");
}

Test(settings_check, wants_memory_for_one_body_at_least)
{
    expect_refused(SETS(ENDPOINT, "http.body_memory=64KB", "http.max_body=65KB"),
                   "--set http.body_memory: is smaller than one body of http.max_body");
    expect_valid(SETS(ENDPOINT, "http.body_memory=6400KB", "http.max_body=6400KB"));
    expect_refused(SETS(ENDPOINT, "http.body_memory=6399KB"),
                   "--set http.body_memory: is smaller than one body of http.max_upload");
}

/* ---- app tokens ---- */

static void expect_tokens(const char *tokens, const char *why)
{
    char set[512];
    (void)snprintf(set, sizeof set, "auth.app_tokens=%s", tokens);
    if (why) {
        expect_refused(SETS(ENDPOINT, "auth.mode=app_token", set), why);
    } else {
        expect_valid(SETS(ENDPOINT, "auth.mode=app_token", set));
    }
}

Test(settings_check, takes_app_tokens_with_and_without_scopes)
{
    expect_tokens("shop:" DIGEST_A, NULL);
    expect_tokens("shop:" DIGEST_A ":liveness:operate", NULL);
    expect_tokens("shop:" DIGEST_A ":liveness:operate+liveness:delegate", NULL);
    expect_tokens("shop-1.x_Y:" DIGEST_A ",other:" DIGEST_B ":liveness:delegate", NULL);
}

Test(settings_check, refuses_other_app_tokens)
{
    static const char name[] = "--set auth.app_tokens: entry 1 has no name of 1 to 63";
    static const char digest[] = "entry 1 has no SHA-256 of 64 lower-case hex digits";
    static const char scope[] = "entry 1 names an unknown scope";
    expect_tokens(":" DIGEST_A, name);
    expect_tokens("a b:" DIGEST_A, name);
    expect_tokens("0123456789012345678901234567890123456789012345678901234567890123:" DIGEST_A,
                  name);
    expect_tokens("shop", digest);
    expect_tokens("shop:" DIGEST_A "0", digest);
    expect_tokens("shop:0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef", digest);
    expect_tokens("shop:" DIGEST_A ":", scope);
    expect_tokens("shop:" DIGEST_A ":liveness:operate+", scope);
    expect_tokens("shop:" DIGEST_A ":operate", scope);
    expect_tokens("shop:" DIGEST_A ":liveness:operate:liveness:delegate", scope);
    expect_tokens("shop:" DIGEST_A ",shop:" DIGEST_B, "entry 2 has the name of an entry before it");
    expect_tokens("shop:" DIGEST_A ",other:" DIGEST_A, "entry 2 has the digest of an entry");
}

Test(settings_check, does_not_repeat_a_token_written_by_mistake)
{
    struct loaded loaded =
        load_sets(SETS(ENDPOINT, "auth.mode=app_token", "auth.app_tokens=shop:pa55w0rd"));
    cr_expect_null(strstr(errors_of(&loaded), "pa55w0rd"));
    expect_error(&loaded, "entry 1 has no SHA-256");
}

Test(settings_check, wants_a_token_for_the_app_token_mode)
{
    expect_refused(SETS(ENDPOINT, "auth.mode=app_token"),
                   "--set auth.mode: app_token needs at least one entry in auth.app_tokens");
}
