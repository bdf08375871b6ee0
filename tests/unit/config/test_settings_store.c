/* Promises of config/settings.h about where sessions live. */
#include "settings_fixture.h"

#include <stdlib.h>

#define LIST(...) ((const char *const[]){"upstream.emulator=true", __VA_ARGS__, NULL})
#define URL(text) "LIVENESSD_STORE_REDIS_URL=" text
#define REDIS     "store.kind=redis"
#define KEYS      "keys.dir=/etc/livenessd/keys"

static struct loaded load(const char *variable, const char *const *sets)
{
    const char *const environment[] = {variable, NULL};
    return load_source(
        &(struct settings_source){.environment = as_environment(environment), .sets = sets});
}

static void expect_refused(const char *variable, const char *const *sets, const char *why)
{
    struct loaded loaded = load(variable, sets);
    cr_expect_null(strstr(errors_of(&loaded), "s3cret"), "%s", errors_of(&loaded));
    expect_error(&loaded, why);
}

static void expect_valid(const char *variable, const char *const *sets)
{
    struct loaded loaded = load(variable, sets);
    cr_expect_eq(loaded.result, 0, "%s", errors_of(&loaded));
    unload(&loaded);
}

Test(settings_store, is_a_file_unless_told_otherwise)
{
    struct loaded loaded = load(NULL, LIST("log.level=info"));
    cr_assert_eq(loaded.result, 0, "%s", errors_of(&loaded));
    cr_expect_eq(loaded.settings.store_kind, STORE_SQLITE);
    cr_expect_str_eq(loaded.settings.store_redis_prefix, "livenessd:");
    cr_expect_str_eq(loaded.settings.store_redis_url, "");
    unload(&loaded);
}

Test(settings_store, a_redis_needs_its_url_and_the_keys_folder)
{
    struct loaded loaded = load(URL("rediss://app:s3cret@cache.example:6380/1"), LIST(REDIS, KEYS));
    cr_assert_eq(loaded.result, 0, "%s", errors_of(&loaded));
    cr_expect_eq(loaded.settings.store_kind, STORE_REDIS);
    cr_expect_str_eq(loaded.settings.store_redis_url, "rediss://app:s3cret@cache.example:6380/1");
    unload(&loaded);
    expect_refused(NULL, LIST(REDIS, KEYS),
                   "store.redis_url: is missing beside --set store.kind, which is redis: set "
                   "LIVENESSD_STORE_REDIS_URL, or name");
    expect_refused(URL("redis://localhost"), LIST(REDIS),
                   "keys.dir: is missing beside --set store.kind, which is redis: name the folder");
    loaded = load(NULL, LIST(REDIS));
    cr_expect_eq(error_count(&loaded), 2, "both at once: %s", errors_of(&loaded));
    unload(&loaded);
}

Test(settings_store, a_url_that_is_none_is_refused_without_being_shown)
{
    expect_refused(URL("http://app:s3cret@cache.example"), LIST(REDIS, KEYS),
                   "LIVENESSD_STORE_REDIS_URL: does not start with redis:// or rediss://; it must "
                   "be a URL such as rediss://USER:PASSWORD@HOST:6379");
    expect_refused(URL("rediss://app:s3cret@cache.example:0"), LIST(REDIS, KEYS),
                   "LIVENESSD_STORE_REDIS_URL: holds a port");
    expect_refused(URL("rediss://app:s3cret@"), LIST(REDIS, KEYS), "LIVENESSD_STORE_REDIS_URL: ");
}

Test(settings_store, the_url_is_a_secret)
{
    expect_refused(NULL, LIST(REDIS, KEYS, "store.redis_url=rediss://app:s3cret@cache.example"),
                   "--set store.redis_url: a secret does not belong here: set "
                   "LIVENESSD_STORE_REDIS_URL, or name a file");
    expect_refused(URL("rediss://app:s3 cret@cache.example"), LIST(REDIS, KEYS),
                   "LIVENESSD_STORE_REDIS_URL: holds a character that no key has");
}

Test(settings_store, the_url_may_stand_in_a_file)
{
    static const char url[] = "rediss://app:s3cret@cache.example\n";
    char file[FIXTURE_NAME_SIZE], set[200];
    fixture_file(url, sizeof url - 1, file);
    (void)snprintf(set, sizeof set, "store.redis_url_file=%s", file);
    struct loaded loaded = load(NULL, LIST(REDIS, KEYS, set));
    cr_assert_eq(loaded.result, 0, "%s", errors_of(&loaded));
    cr_expect_str_eq(loaded.settings.store_redis_url, "rediss://app:s3cret@cache.example");
    unload(&loaded);
}

Test(settings_store, a_url_beside_the_file_store_is_a_mistake)
{
    expect_refused(URL("rediss://app:s3cret@cache.example"), LIST(KEYS),
                   "LIVENESSD_STORE_REDIS_URL: is set, but store.kind is sqlite; set store.kind to "
                   "redis, or take it away");
    expect_valid(URL(""), LIST(KEYS)); /* empty is not set */
}

Test(settings_store, certificates_are_for_tls)
{
    expect_valid(URL("rediss://cache.example"), LIST(REDIS, KEYS, "store.redis_ca_file=/etc/ca"));
    expect_refused(URL("redis://cache.example"), LIST(REDIS, KEYS, "store.redis_ca_file=/etc/ca"),
                   "--set store.redis_ca_file: is set, but LIVENESSD_STORE_REDIS_URL begins with "
                   "redis://, which is without TLS");
}

Test(settings_store, the_prefix_is_of_few_characters)
{
    static const char *const good[] = {"a", "livenessd:", "{liveness}:test-1.b_C:"};
    static const char *const bad[] = {
        "a b", "a*", "a?", "a[b]", "livenessd\\", "lebenszeichen\xC3", "a'b", "a\"b", "a/b"};
    char set[128];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        (void)snprintf(set, sizeof set, "store.redis_prefix=%s", good[i]);
        expect_valid(URL("redis://localhost"), LIST(REDIS, KEYS, set));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        (void)snprintf(set, sizeof set, "store.redis_prefix=%s", bad[i]);
        expect_refused(NULL, LIST(set), "--set store.redis_prefix: holds a character that is none");
    }
    expect_refused(NULL, LIST("store.redis_prefix="), "--set store.redis_prefix: holds 0 bytes");
    (void)snprintf(set, sizeof set, "store.redis_prefix=%065d", 0);
    expect_refused(NULL, LIST(set), "--set store.redis_prefix: holds 65 bytes; 1 to 64");
}

Test(settings_store, an_unknown_kind_is_refused_once)
{
    expect_refused(URL("redis://localhost"), LIST("store.kind=valkey"), "store.kind: ");
}
