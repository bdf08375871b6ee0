/* Promises about the types of settings_table.h: forms, ranges, words. */
#include "settings_fixture.h"

static void expect_queue_wait(const char *text, uint64_t ms)
{
    char set[64];
    (void)snprintf(set, sizeof set, "drain_timeout=%s", text);
    struct loaded loaded = load_set(set);
    cr_expect_eq(loaded.result, 0, "%s", errors_of(&loaded));
    cr_expect_eq(loaded.settings.drain_timeout, ms, "%s", text);
    unload(&loaded);
}

Test(settings_value, reads_durations)
{
    expect_queue_wait("0s", 0);
    expect_queue_wait("500ms", 500);
    expect_queue_wait("15s", 15000);
    expect_queue_wait("10m", 600000);
    struct loaded loaded = load_set("retention.verdict=180d");
    cr_expect_eq(loaded.settings.retention_verdict, 15552000000);
    unload(&loaded);
    loaded = load_set("retention.verdict=36h");
    cr_expect_eq(loaded.settings.retention_verdict, 129600000);
    unload(&loaded);
}

Test(settings_value, refuses_what_is_not_a_duration)
{
    static const char *const texts[] = {"",   "0",    "15",  "15 s", "s",  "1.5s", "-1s", "+1s",
                                        "1S", "1sec", "1s ", " 1s",  "1w", "0x1s", "1m1s"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char set[64];
        (void)snprintf(set, sizeof set, "drain_timeout=%s", texts[i]);
        expect_set_error(set, "is not a duration: a whole number and ms, s, m, h or d");
    }
}

Test(settings_value, keeps_ranges)
{
    expect_set_error("drain_timeout=601s", "601s is out of range: 0s to 10m");
    expect_set_error("upstream.timeout=9ms", "9ms is out of range: 10ms to 5m");
    expect_set_error("retention.verdict=99999999999999999999d", "is out of range: 1m to 365d");
    expect_set_error("retention.verdict=999999999999999999d", "is out of range: 1m to 365d");
    expect_set_error("upstream.rate=0", "0 is out of range: 1 to 1000000");
    expect_set_error("upstream.rate=1000001", "out of range");
    expect_set_error("http.max_head=1023", "1023 is out of range: 1KB to 64KB");
    expect_set_error("store.cache=5GB", "5GB is out of range: 0 to 4GB");
    struct loaded loaded = load_set("http.max_head=1KB");
    cr_expect_eq(loaded.settings.http_max_head, 1024);
    unload(&loaded);
    loaded = load_set("http.max_head=65536");
    cr_expect_eq(loaded.settings.http_max_head, 65536);
    unload(&loaded);
}

Test(settings_value, reads_sizes)
{
    struct loaded loaded = load_set("store.cache=4GB");
    cr_expect_eq(loaded.settings.store_cache, 4294967296);
    unload(&loaded);
    loaded = load_set("store.cache=0");
    cr_expect_eq(loaded.settings.store_cache, 0);
    unload(&loaded);
    expect_set_error("store.cache=1B", "is not a size: a whole number of bytes, or one and KB");
    expect_set_error("store.cache=1kb", "is not a size");
    expect_set_error("store.cache=1K", "is not a size");
    expect_set_error("store.cache=1 MB", "is not a size");
    expect_set_error("store.cache=", "is not a size");
}

Test(settings_value, reads_whole_numbers_only)
{
    expect_set_error("upstream.rate=1.5", "'1.5' is not a rate: a whole number of calls a second");
    expect_set_error("upstream.rate=10/s", "is not a rate");
    expect_set_error("upstream.queue=1e3", "'1e3' is not a whole number");
}

Test(settings_value, reads_true_and_false_only)
{
    struct loaded loaded = load_set("keys.generate=true");
    cr_expect(loaded.settings.keys_generate);
    unload(&loaded);
    static const char *const texts[] = {"True", "yes", "on", "1", "", "false "};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char set[64];
        (void)snprintf(set, sizeof set, "keys.generate=%s", texts[i]);
        expect_set_error(set, "is neither true nor false");
    }
}

Test(settings_value, reads_words)
{
    struct loaded loaded = load_set("verdict.digest=require");
    cr_expect_eq(loaded.settings.verdict_digest, 0);
    unload(&loaded);
    loaded = load_set("log.level=debug");
    cr_expect_eq(loaded.settings.log_level, 3);
    unload(&loaded);
    expect_set_error("log.level=Debug", "'Debug' is not one of: error warn info debug");
    expect_set_error("log.level=", "'' is not one of");
    expect_set_error("store.kind=postgres", "'postgres' is not one of: sqlite redis");
}

Test(settings_value, reads_lists_of_words)
{
    static const char *const token =
        "auth.app_tokens=a:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    const char *const sets[] = {"upstream.emulator=true", "auth.mode=app_token, anonymous", token,
                                NULL};
    struct loaded loaded = load_source(&(struct settings_source){.sets = sets});
    cr_expect_eq(loaded.result, 0, "%s", errors_of(&loaded));
    cr_expect_eq(loaded.settings.auth_mode, AUTH_ANONYMOUS | AUTH_APP_TOKEN);
    unload(&loaded);
    expect_set_error("auth.mode=", "is empty; it takes at least one of: anonymous app_token");
    expect_set_error("auth.mode=anonymous,nobody",
                     "'nobody' is not one of: anonymous app_token jwt");
    expect_set_error("auth.mode=anonymous,", "'' is not one of");
}

Test(settings_value, reads_listen_addresses)
{
    struct loaded loaded = load_set("http.listen=127.0.0.1:0");
    cr_expect_eq(loaded.settings.http_listen.port, 0);
    unload(&loaded);
    expect_set_error("http.listen=8080",
                     "'8080' is not an address and port, such as 127.0.0.1:8080");
    expect_set_error("http.listen=example.org:80", "is not an address and port");
    expect_set_error("http.listen=", "is not an address and port");
}

Test(settings_value, reads_texts_within_their_length)
{
    expect_set_error("store.path=", "holds 0 bytes; 1 to 4000 are allowed");
    char set[5000] = "store.path=";
    memset(set + 11, 'a', 4001);
    expect_set_error(set, "holds 4001 bytes; 1 to 4000 are allowed");
}

Test(settings_value, refuses_empty_entries_of_lists)
{
    expect_set_error("http.trusted_proxies=10.0.0.0/8,,::1", "entry 2 is empty");
    expect_set_error("http.trusted_proxies=,", "entry 1 is empty");
    struct buf set;
    buf_init(&set, 4096);
    buf_puts(&set, "http.trusted_proxies=::1");
    for (int i = 0; i < 64; i++) {
        buf_puts(&set, ",::1");
    }
    expect_set_error(set.data, "holds 65 entries; at most 64 are allowed");
    buf_done(&set);
}

/* ---- URLs ---- */

static void expect_origin(const char *text, const char *origin)
{
    char set[256];
    (void)snprintf(set, sizeof set, "http.public_url=%s", text);
    struct loaded loaded = load_set(set);
    cr_expect_eq(loaded.result, 0, "%s", errors_of(&loaded));
    cr_expect(loaded.result != 0 || strcmp(loaded.settings.http_public_url, origin) == 0, "%s",
              loaded.settings.http_public_url);
    unload(&loaded);
}

Test(settings_value, keeps_the_public_url_as_browsers_write_it)
{
    expect_origin("", "");
    expect_origin("https://liveness.example.org", "https://liveness.example.org");
    expect_origin("HTTPS://Liveness.Example.Org:443", "https://liveness.example.org");
    expect_origin("http://127.0.0.1:8080", "http://127.0.0.1:8080");
    expect_origin("http://a:80", "http://a");
    expect_origin("https://a:80", "https://a:80");
    expect_origin("http://[::1]:8080", "http://[::1]:8080");
}

Test(settings_value, refuses_a_public_url_that_is_not_an_origin)
{
    expect_set_error("http.public_url=https://a/",
                     "(not even a slash may follow); it must be an origin");
    expect_set_error("http.public_url=https://a/path", "holds more than scheme, host and port");
    expect_set_error("http.public_url=https://a?x", "holds more than");
    expect_set_error("http.public_url=a.example", "does not start with https://");
    expect_set_error("http.public_url=ftp://a", "does not start with https://");
    expect_set_error("http.public_url=https://", "holds no valid host");
    expect_set_error("http.public_url=https://a:0", "holds a port that is not 1 to 65535");
    expect_set_error("http.public_url=https://a:65536", "holds a port");
    expect_set_error("http.public_url=https://a:", "holds a port");
    expect_set_error("http.public_url=https://a:80a", "holds no valid host");
    expect_set_error("http.public_url=https://a b", "holds a space or control character");
    expect_set_error("http.public_url=https://[::1", "holds no valid host");
    expect_set_error("http.public_url=https://[::g]", "holds no valid host");
    expect_set_error("http.public_url=https://[127.0.0.1]", "holds no valid host");
}

static struct loaded load_endpoint(const char *endpoint)
{
    char set[256];
    (void)snprintf(set, sizeof set, "upstream.endpoint=%s", endpoint);
    const char *const environment[] = {"LIVENESSD_UPSTREAM_KEY=k3y", NULL};
    const char *const sets[] = {set, NULL};
    return load_source(
        &(struct settings_source){.environment = as_environment(environment), .sets = sets});
}

Test(settings_value, takes_endpoints_with_https_or_on_loopback)
{
    static const char *const endpoints[] = {"https://name.cognitiveservices.azure.com",
                                            "https://name.cognitiveservices.azure.com/",
                                            "https://westeurope.api.cognitive.microsoft.com/face/",
                                            "https://gateway:8443/azure",
                                            "http://127.0.0.1:8082",
                                            "http://127.8.8.8",
                                            "http://localhost:1/",
                                            "http://[::1]:8082",
                                            "HTTPS://name.example"};
    for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; i++) {
        struct loaded loaded = load_endpoint(endpoints[i]);
        cr_assert_eq(loaded.result, 0, "%s", errors_of(&loaded));
        cr_expect_str_eq(loaded.settings.upstream_endpoint, endpoints[i]);
        unload(&loaded);
    }
}

Test(settings_value, refuses_other_endpoints_without_repeating_them)
{
    static const struct {
        const char *endpoint;
        const char *why;
    } cases[] = {
        {"http://name.example", "is http: the key would travel in clear text"},
        {"http://192.0.2.1:8082", "is http"},
        {"http://localhost.example", "is http"},
        {"https://user:pa55@name.example", "holds a user name"},
        {"https://name.example?x=pa55", "holds a query or fragment"},
        {"https://name.example/#pa55", "holds a query or fragment"},
        {"name.example", "does not start with https://"},
        {"https:/name.example", "does not start with https://"},
        {"https://na%6de.example", "holds no valid host"},
        {"https://name.example\\pa55", "holds no valid host"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct loaded loaded = load_endpoint(cases[i].endpoint);
        cr_expect_null(strstr(errors_of(&loaded), "pa55"));
        expect_error(&loaded, cases[i].why);
    }
}

/* ---- fractions ---- */

Test(settings_value, reads_fractions)
{
    static const struct {
        const char *text;
        double value;
    } rows[] = {{"0", 0},
                {"1", 1},
                {"0.5", 0.5},
                {"1.0", 1},
                {"0.00", 0},
                {"0.7", 0.7},
                {"0.123456789", 0.123456789}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char set[100];
        (void)snprintf(set, sizeof set, "policy.verify_confidence_threshold=%s", rows[i].text);
        struct loaded loaded = load_set(set);
        cr_expect_eq(loaded.result, 0, "%s", errors_of(&loaded));
        cr_expect(loaded.settings.policy_verify_confidence_threshold.given);
        cr_expect(loaded.settings.policy_verify_confidence_threshold.value == rows[i].value);
        unload(&loaded);
    }
    struct loaded empty = load_set("policy.verify_confidence_threshold=");
    cr_expect_eq(empty.result, 0);
    cr_expect_not(empty.settings.policy_verify_confidence_threshold.given);
    unload(&empty);
}

Test(settings_value, refuses_what_is_no_fraction)
{
    static const char *const rows[] = {"2",   "1.1", "1.000000001",  "-0.5", ".5",    "0.", "0,5",
                                       "50%", "nan", "0.1234567890", "1e-1", " 0.5 x"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char set[100];
        (void)snprintf(set, sizeof set, "policy.verify_confidence_threshold=%s", rows[i]);
        expect_set_error(set, "is not a fraction: a number from 0 to 1, such as 0.75");
    }
}

Test(settings_value, a_base_path_is_written_in_one_way_only)
{
    static const char *const good[] = {"", "/live", "/a/b-c/d_e.f~1", "/api"};
    static const char *const bad[] = {"/live/", "//live", "/a//b", "/.", "/a/../b", "/.a", "/"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        char set[64];
        (void)snprintf(set, sizeof set, "http.base_path=%s", good[i]);
        struct loaded loaded = load_set(set);
        cr_expect_eq(loaded.result, 0, "%s", errors_of(&loaded));
        cr_expect_str_eq(loaded.settings.http_base_path, good[i]);
        unload(&loaded);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char set[64];
        (void)snprintf(set, sizeof set, "http.base_path=%s", bad[i]);
        expect_set_error(set, "must not end with /");
    }
    expect_set_error("http.base_path=live", "must begin with /");
    expect_set_error("http.base_path=/a b", "letters, digits and");
    expect_set_error("http.base_path=/a%20b", "letters, digits and");
    expect_set_error("http.base_path=/a?b", "letters, digits and");
}
