/* Promises of config/settings.h: sources, their order, secrets, suggestions. */
#include "settings_fixture.h"

#include <errno.h>
#include <sys/stat.h>

static struct loaded load_environment(const char *const *environment)
{
    const char *const sets[] = {"upstream.emulator=true", NULL};
    return load_source(
        &(struct settings_source){.environment = as_environment(environment), .sets = sets});
}

static struct loaded load_only(const char *const *environment)
{
    return load_source(&(struct settings_source){.environment = as_environment(environment)});
}

/* Without the emulator: what the upstream settings are checked against. */
static struct loaded load_upstream(const char *yaml, const char *const *environment,
                                   const char *const *sets)
{
    char file[FIXTURE_NAME_SIZE];
    fixture_file(yaml, strlen(yaml), file);
    return load_source(&(struct settings_source){
        .file = file, .environment = as_environment(environment), .sets = sets});
}

static void secret_file(const char *content, char ret[FIXTURE_NAME_SIZE])
{
    fixture_file(content, strlen(content), ret);
}

/* ---- sources ---- */

Test(settings, have_their_defaults_without_any_source)
{
    struct loaded loaded = load_source(
        &(struct settings_source){.sets = (const char *const[]){"upstream.emulator=true", NULL}});
    cr_assert_eq(loaded.result, 0);
    const struct settings *settings = &loaded.settings;
    cr_expect_eq(settings->http_listen.port, 8080);
    cr_expect(address_is_loopback(&settings->http_listen));
    cr_expect_eq(settings->http_max_head, 16384);
    cr_expect_eq(settings->http_request_timeout, 30000);
    cr_expect_eq(settings->upstream_rate, 10);
    cr_expect_eq(settings->http_trusted_proxies.count, 0);
    cr_expect_eq(settings->auth_mode, AUTH_ANONYMOUS);
    cr_expect_eq(settings->devices_correlation, CORRELATION_PSEUDONYM);
    cr_expect_eq(settings->verdict_digest, 1);
    cr_expect_eq(settings->retention_verdict, 86400000);
    cr_expect_str_eq(settings->upstream_endpoint, "");
    cr_expect_str_eq(settings->keys_dir, "livenessd.db.keys");
    unload(&loaded);
}

Test(settings, leave_frontends_the_face_api_s_own_ranges)
{
    struct loaded loaded = load_set("log.level=info");
    const struct settings *settings = &loaded.settings;
    cr_expect_eq(settings->policy_modes, 3U);
    cr_expect_eq(settings->policy_token_ttl_min, 60000U);
    cr_expect_eq(settings->policy_token_ttl_max, 86400000U);
    cr_expect_eq(settings->policy_token_ttl_default, 600000U);
    cr_expect_eq(settings->policy_session_image, 0U);
    cr_expect_eq(settings->policy_attempts_max, 3U);
    cr_expect_eq(settings->policy_attempts_default, 0U);
    cr_expect_eq(settings->policy_models.count, 0U);
    cr_expect_not(settings->policy_set_in_client);
    cr_expect_eq(settings->policy_verify_image, 0U);
    cr_expect_eq(settings->policy_verify_image_max, 6291456U);
    cr_expect_not(settings->policy_verify_confidence_threshold.given);
    cr_expect_eq(settings->retention_image, 0U);
    cr_expect_eq(settings->upstream_max_image, 8388608U);
    cr_expect_eq(settings->upstream_image_memory, 67108864U);
    cr_expect_eq(settings->http_max_upload, 6553600U);
    cr_expect_str_eq(settings->upstream_entra_authority, "https://login.microsoftonline.com");
    unload(&loaded);
}

Test(settings, keep_the_keys_beside_the_store)
{
    struct loaded loaded = load_yaml("store.path: /var/lib/livenessd/sessions.db\n");
    cr_expect_str_eq(loaded.settings.keys_dir, "/var/lib/livenessd/sessions.db.keys");
    unload(&loaded);
    loaded = load_yaml("store.path: a.db\nkeys.dir: /run/keys\n");
    cr_expect_str_eq(loaded.settings.keys_dir, "/run/keys");
    unload(&loaded);
}

Test(settings, are_replaced_by_later_sources)
{
    const char *const environment[] = {"LIVENESSD_UPSTREAM_RATE=20", "LIVENESSD_UPSTREAM_QUEUE=20",
                                       NULL};
    const char *const sets[] = {"upstream.rate=30", "upstream.emulator=true", NULL};
    struct loaded loaded =
        load_upstream("upstream:\n  rate: 5\n  queue: 5\n  queue_wait: 5s\n", environment, sets);
    cr_expect_eq(loaded.settings.upstream_rate, 30);
    cr_expect_eq(loaded.settings.upstream_queue, 20);
    cr_expect_eq(loaded.settings.upstream_queue_wait, 5000);
    unload(&loaded);
}

Test(settings, replace_lists_whole)
{
    const char *const environment[] = {"LIVENESSD_HTTP_TRUSTED_PROXIES=192.0.2.0/24, ::1/128",
                                       NULL};
    const char *const sets[] = {"upstream.emulator=true", NULL};
    struct loaded loaded = load_upstream(
        "http.trusted_proxies: [10.0.0.0/8, 172.16.0.0/12, 127.0.0.1]\n", environment, sets);
    cr_assert_eq(loaded.settings.http_trusted_proxies.count, 2);
    cr_expect_str_eq(loaded.settings.http_trusted_proxies.items[0], "192.0.2.0/24");
    cr_expect_str_eq(loaded.settings.http_trusted_proxies.items[1], "::1/128");
    unload(&loaded);
}

Test(settings, can_be_emptied_by_a_later_source)
{
    const char *const sets[] = {"upstream.emulator=true",
                                "http.trusted_proxies=", "upstream.endpoint=", NULL};
    struct loaded loaded = load_upstream(
        "http.trusted_proxies: [10.0.0.0/8]\nupstream.endpoint: https://a.example\n", NULL, sets);
    cr_expect_eq(loaded.result, 0, "%s", errors_of(&loaded));
    cr_expect_eq(loaded.settings.http_trusted_proxies.count, 0);
    unload(&loaded);
}

Test(settings, take_the_last_of_equal_sets)
{
    const char *const sets[] = {"upstream.emulator=true", "upstream.rate=3", "upstream.rate=4",
                                NULL};
    struct loaded loaded = load_source(&(struct settings_source){.sets = sets});
    cr_expect_eq(loaded.settings.upstream_rate, 4);
    unload(&loaded);
}

Test(settings, keep_an_equals_sign_of_the_value)
{
    struct loaded loaded = load_set("store.path=a=b.db");
    cr_expect_str_eq(loaded.settings.store_path, "a=b.db");
    unload(&loaded);
}

Test(settings, report_every_error_of_every_source)
{
    const char *const environment[] = {"LIVENESSD_UPSTREAM_QUEUE=none", NULL};
    const char *const sets[] = {"log.level=loud", "nonsense", NULL};
    struct loaded loaded = load_upstream(
        "http:\n  lisen: 127.0.0.1:1\n  max_head: 1\nupstream:\n  rate: fast\n", environment, sets);
    cr_expect_neq(loaded.result, 0);
    cr_expect_eq(error_count(&loaded), 7, "%s", errors_of(&loaded));
    cr_expect_not_null(strstr(errors_of(&loaded), ":2:3: unknown key http.lisen"));
    cr_expect_not_null(
        strstr(errors_of(&loaded), ":3:13: http.max_head: 1 is out of range: 1KB to "));
    cr_expect_not_null(strstr(errors_of(&loaded), ":5:9: upstream.rate: 'fast' is not a rate"));
    cr_expect_not_null(strstr(errors_of(&loaded), "\nLIVENESSD_UPSTREAM_QUEUE: 'none' is not"));
    cr_expect_not_null(
        strstr(errors_of(&loaded), "\n--set log.level: 'loud' is not one of: error"));
    cr_expect_not_null(
        strstr(errors_of(&loaded), "\n--set nonsense: is not of the form key=value"));
    cr_expect_not_null(strstr(errors_of(&loaded), "\nupstream.endpoint: is missing"));
    unload(&loaded);
}

Test(settings, leave_the_result_alone_on_failure)
{
    struct settings settings;
    memset(&settings, 0x5a, sizeof settings);
    struct settings before = settings;
    struct buf errors;
    buf_init(&errors, FIXTURE_ERRORS_LIMIT);
    const struct settings_source source = {0};
    cr_expect_eq(settings_load(&source, &settings, &errors), -EINVAL);
    cr_expect_eq(memcmp(&settings, &before, sizeof settings), 0);
    buf_done(&errors);
}

Test(settings, name_a_file_that_cannot_be_read)
{
    struct loaded loaded = load_source(
        &(struct settings_source){.file = "/nonexistent/livenessd.yaml",
                                  .sets = (const char *const[]){"upstream.emulator=true", NULL}});
    expect_error(&loaded, "/nonexistent/livenessd.yaml: cannot be read: No such file or directory");
    loaded = load_source(&(struct settings_source){
        .file = "/", .sets = (const char *const[]){"upstream.emulator=true", NULL}});
    expect_error(&loaded, "/: cannot be read: Is a directory");
}

Test(settings, stop_listing_errors_at_a_hundred)
{
    struct buf text;
    buf_init(&text, 1U << 20);
    for (int i = 0; i < 3000; i++) {
        buf_printf(&text, "unknown_key_number_%d: 1\n", i);
    }
    struct loaded loaded = load_yaml_bytes(text.data, text.len);
    cr_expect_eq(error_count(&loaded), 101);
    cr_expect_not_null(strstr(errors_of(&loaded), "too many errors"));
    unload(&loaded);
    buf_done(&text);
}

Test(settings, done_accepts_zeroed_and_done_ones)
{
    struct settings settings = {0};
    settings_done(&settings);
    settings_done(&settings);
}

/* ---- unknown names ---- */

Test(settings, suggest_the_key_that_was_meant)
{
    expect_set_error("http.lisen=1", "--set http.lisen: unknown key, did you mean http.listen?");
    expect_set_error("upstream.keyfile=1", "did you mean upstream.key_file?");
    expect_set_error("colour=blue", "--set colour: unknown key\n");
    expect_set_error("=1", "is not of the form key=value");
    expect_set_error("Http.listen=127.0.0.1:1", "did you mean http.listen?");
}

Test(settings, suggest_the_variable_that_was_meant)
{
    const char *const environment[] = {"LIVENESSD_HTTP_LISEN=1", NULL};
    struct loaded loaded = load_environment(environment);
    expect_error(&loaded,
                 "LIVENESSD_HTTP_LISEN: unknown variable, did you mean LIVENESSD_HTTP_LISTEN?");
}

Test(settings, pass_over_variables_that_are_not_settings)
{
    const char *const environment[] = {"HOME=/root",
                                       "LIVENESSD=1",
                                       "LIVENESSD_EMULATOR_KEY=secret",
                                       "LIVENESSD_BINARY=/usr/bin/livenessd",
                                       "LIVENESSD_TEST_SEED=1",
                                       "no equals sign",
                                       NULL};
    struct loaded loaded = load_environment(environment);
    cr_expect_eq(loaded.result, 0, "%s", errors_of(&loaded));
    unload(&loaded);
}

Test(settings, pass_over_the_variables_of_kubernetes_services)
{
    const char *const environment[] = {"LIVENESSD_SERVICE_HOST=10.0.0.7",
                                       "LIVENESSD_SERVICE_PORT=8080",
                                       "LIVENESSD_SERVICE_PORT_HTTP=8080",
                                       "LIVENESSD_PORT=tcp://10.0.0.7:8080",
                                       "LIVENESSD_PORT_8080_TCP=tcp://10.0.0.7:8080",
                                       "LIVENESSD_PORT_8080_TCP_PROTO=tcp",
                                       "LIVENESSD_PORT_8080_TCP_PORT=8080",
                                       "LIVENESSD_PORT_8080_TCP_ADDR=10.0.0.7",
                                       "LIVENESSD_ADMIN_SERVICE_HOST=10.0.0.8",
                                       "LIVENESSD_ADMIN_PORT=tcp://10.0.0.8:8081",
                                       NULL};
    struct loaded loaded = load_environment(environment);
    cr_expect_eq(loaded.result, 0, "%s", errors_of(&loaded));
    unload(&loaded);
    const char *const near[] = {"LIVENESSD_PORT=8080", NULL};
    loaded = load_environment(near);
    expect_error(&loaded, "LIVENESSD_PORT: unknown variable");
}

Test(settings, cut_and_clean_what_they_repeat)
{
    struct buf set;
    buf_init(&set, 100000);
    for (int i = 0; i < 9000; i++) {
        buf_puts(&set, "\x1b[31m");
    }
    struct loaded loaded = load_set(set.data);
    cr_expect_eq(error_count(&loaded), 1);
    cr_expect(loaded.errors.len < 1000);
    cr_expect_null(strchr(loaded.errors.data, 0x1b));
    unload(&loaded);
    buf_done(&set);
}

/* ---- secrets ---- */

#define FACE_YAML "upstream.endpoint: https://name.cognitiveservices.azure.com\n"

Test(settings, take_a_secret_from_the_environment)
{
    const char *const environment[] = {"LIVENESSD_UPSTREAM_KEY=0123456789abcdef", NULL};
    struct loaded loaded = load_upstream(FACE_YAML, environment, NULL);
    cr_assert_eq(loaded.result, 0, "%s", errors_of(&loaded));
    cr_expect_str_eq(loaded.settings.upstream_key, "0123456789abcdef");
    unload(&loaded);
}

Test(settings, take_a_secret_from_a_file_without_its_newline)
{
    static const char *const contents[] = {"k3y", "k3y\n", "k3y\r\n"};
    for (size_t i = 0; i < 3; i++) {
        char file[FIXTURE_NAME_SIZE];
        char set[2 * FIXTURE_NAME_SIZE];
        secret_file(contents[i], file);
        (void)snprintf(set, sizeof set, "upstream.key_file=%s", file);
        struct loaded loaded = load_upstream(FACE_YAML, NULL, (const char *const[]){set, NULL});
        cr_assert_eq(loaded.result, 0, "%s", errors_of(&loaded));
        cr_expect_str_eq(loaded.settings.upstream_key, "k3y");
        unload(&loaded);
    }
}

Test(settings, take_the_name_of_a_secrets_file_from_every_source)
{
    char file[FIXTURE_NAME_SIZE];
    char yaml[256];
    char variable[256];
    secret_file("k3y\n", file);
    (void)snprintf(yaml, sizeof yaml, FACE_YAML "upstream.key_file: %s\n", file);
    (void)snprintf(variable, sizeof variable, "LIVENESSD_UPSTREAM_KEY_FILE=%s", file);
    struct loaded loaded = load_upstream(yaml, NULL, NULL);
    cr_expect_eq(loaded.result, 0, "%s", errors_of(&loaded));
    cr_expect_str_eq(loaded.settings.upstream_key, "k3y");
    unload(&loaded);
    secret_file("k3y\n", file);
    (void)snprintf(variable, sizeof variable, "LIVENESSD_UPSTREAM_KEY_FILE=%s", file);
    loaded = load_upstream(FACE_YAML, (const char *const[]){variable, NULL}, NULL);
    cr_expect_eq(loaded.result, 0, "%s", errors_of(&loaded));
    unload(&loaded);
}

Test(settings, do_not_read_a_secrets_file_that_a_later_source_replaces)
{
    const char *const environment[] = {"LIVENESSD_UPSTREAM_KEY=k3y", NULL};
    struct loaded loaded =
        load_upstream(FACE_YAML "upstream.key_file: /nonexistent\n", environment, NULL);
    cr_expect_eq(loaded.result, 0, "%s", errors_of(&loaded));
    cr_expect_str_eq(loaded.settings.upstream_key, "k3y");
    unload(&loaded);
}

Test(settings, say_why_a_secrets_file_cannot_be_used)
{
    const char *const missing[] = {"LIVENESSD_UPSTREAM_KEY_FILE=/nonexistent/key", NULL};
    struct loaded loaded = load_upstream(FACE_YAML, missing, NULL);
    expect_error(&loaded,
                 "LIVENESSD_UPSTREAM_KEY_FILE: cannot read /nonexistent/key: No such file");
    char file[FIXTURE_NAME_SIZE];
    char variable[256];
    secret_file("\n", file);
    (void)snprintf(variable, sizeof variable, "LIVENESSD_UPSTREAM_KEY_FILE=%s", file);
    loaded = load_upstream(FACE_YAML, (const char *const[]){variable, NULL}, NULL);
    expect_error(&loaded, " is empty");
}

Test(settings, refuse_a_secret_in_the_file_and_in_set_without_repeating_it)
{
    struct loaded loaded = load_upstream(FACE_YAML "upstream:\n  key: s3cr3t\n", NULL, NULL);
    cr_expect_null(strstr(errors_of(&loaded), "s3cr3t"));
    expect_error(&loaded, ":3:8: upstream.key: a secret does not belong here: set "
                          "LIVENESSD_UPSTREAM_KEY, or name a file that holds it by "
                          "upstream.key_file or LIVENESSD_UPSTREAM_KEY_FILE");
    loaded = load_set("upstream.key=s3cr3t");
    cr_expect_null(strstr(errors_of(&loaded), "s3cr3t"));
    expect_error(&loaded, "--set upstream.key: a secret does not belong here");
}

Test(settings, refuse_a_key_that_cannot_stand_in_a_header_without_repeating_it)
{
    const char *const environment[] = {"LIVENESSD_UPSTREAM_KEY=s3cr3t\r\nX-Evil: 1", NULL};
    struct loaded loaded = load_upstream(FACE_YAML, environment, NULL);
    cr_expect_null(strstr(errors_of(&loaded), "s3cr3t"));
    expect_error(&loaded, "LIVENESSD_UPSTREAM_KEY: holds a character that no key has (byte 7)");
}

Test(settings, refuse_a_secret_and_its_file_side_by_side)
{
    const char *const environment[] = {"LIVENESSD_UPSTREAM_KEY=k3y",
                                       "LIVENESSD_UPSTREAM_KEY_FILE=/run/key", NULL};
    struct loaded loaded = load_upstream(FACE_YAML, environment, NULL);
    expect_error(&loaded, "LIVENESSD_UPSTREAM_KEY_FILE: is set beside LIVENESSD_UPSTREAM_KEY");
}

Test(settings, take_an_empty_secret_for_none)
{
    const char *const environment[] = {
        "LIVENESSD_UPSTREAM_KEY=", "LIVENESSD_UPSTREAM_KEY_FILE=", NULL};
    struct loaded loaded = load_upstream(FACE_YAML, environment, NULL);
    expect_error(&loaded, "upstream.key: is missing");
}

/* ---- the tutorials' names ---- */

Test(settings, take_the_tutorials_variables)
{
    static const char *const keys[] = {"FACE_APIKEY=k3y", "FACE_KEY=k3y"};
    for (size_t i = 0; i < 2; i++) {
        char key[32];
        (void)snprintf(key, sizeof key, "%s", keys[i]);
        const char *const environment[] = {"FACE_ENDPOINT=https://name.example/", key, NULL};
        struct loaded loaded = load_only(environment);
        cr_assert_eq(loaded.result, 0, "%s", errors_of(&loaded));
        cr_expect_str_eq(loaded.settings.upstream_endpoint, "https://name.example/");
        cr_expect_str_eq(loaded.settings.upstream_key, "k3y");
        unload(&loaded);
    }
}

Test(settings, prefer_their_own_variables_to_the_tutorials)
{
    const char *const environment[] = {"FACE_ENDPOINT=https://theirs.example", "FACE_APIKEY=theirs",
                                       "LIVENESSD_UPSTREAM_ENDPOINT=https://ours.example",
                                       "LIVENESSD_UPSTREAM_KEY=ours", NULL};
    struct loaded loaded = load_only(environment);
    cr_assert_eq(loaded.result, 0, "%s", errors_of(&loaded));
    cr_expect_str_eq(loaded.settings.upstream_endpoint, "https://ours.example");
    cr_expect_str_eq(loaded.settings.upstream_key, "ours");
    unload(&loaded);
}

Test(settings, prefer_faces_apikey_to_its_key)
{
    const char *const environment[] = {"FACE_KEY=second", "FACE_ENDPOINT=https://a.example",
                                       "FACE_APIKEY=first", NULL};
    struct loaded loaded = load_only(environment);
    cr_assert_eq(loaded.result, 0, "%s", errors_of(&loaded));
    cr_expect_str_eq(loaded.settings.upstream_key, "first");
    unload(&loaded);
}

Test(settings, pass_over_the_tutorials_variables_beside_the_emulator)
{
    const char *const environment[] = {"FACE_ENDPOINT=not a url", "FACE_KEY=k3y", NULL};
    struct loaded loaded = load_environment(environment);
    cr_assert_eq(loaded.result, 0, "%s", errors_of(&loaded));
    cr_expect_str_eq(loaded.settings.upstream_endpoint, "");
    unload(&loaded);
}

/* ---- for commands that need one value ---- */

Test(settings, of_values_only_need_no_upstream_and_no_secret)
{
    struct loaded loaded = load_source(
        &(struct settings_source){.sets = (const char *const[]){"upstream.key_file=/nonexistent",
                                                                "admin.listen=[::1]:9", NULL},
                                  .values_only = true});
    cr_assert_eq(loaded.result, 0, "%s", errors_of(&loaded));
    cr_expect_eq(loaded.settings.admin_listen.port, 9);
    unload(&loaded);
}
