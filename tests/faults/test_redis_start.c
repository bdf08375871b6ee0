/*
 * Starting over Redis: with nobody there, with a Redis that is not fit to be the store, that does
 * not let us in or is not who it should be; and with TLS as the user that the README describes.
 */
#include "support/log_lines.h"
#include "support/rig.h"
#include "unit/redis/certificates.h"

#include <criterion/criterion.h>
#include <string.h>

/* A server that starts where it should refuse does not end by itself. */
TestSuite(redis_start, .timeout = 120);

#define PASSWORD "pa55-of-the-store"

/* As ACL SETUSER takes it. */
static const char password_rule[] = ">" PASSWORD;

static int ready_status(const struct rig *rig)
{
    return http_do("GET", daemon_url(rig->server, "admin", "/readyz"))->status;
}

static void expect_works(const struct rig *rig)
{
    struct story story = story_begin(rig);
    const char *digest = play_device(rig, story.auth_token, SAW_REAL);
    expect_verdict(story_complete(rig, &story, digest_body(digest)), "live", true);
    expect_soon(emulator_sessions(rig) == 0);
}

static void expect_logged(const struct rig *rig, const char *words)
{
    if (!wait_until(daemon_log_contains(rig->server, words), SOON_MS))
        fail_at(HERE, "no \"%s\" in %s", words, daemon_log(rig->server));
}

/* ---- nobody there, or nobody who can be written to, for now ---- */

Test(redis_start, without_it_waits_for_it)
{
    struct rig rig = rig_open_with(&(struct rig_options){.redis = true, .redis_later = true});
    cr_assert_eq(ready_status(&rig), 503);
    expect_status(http_do("GET", daemon_url(rig.server, "admin", "/livez")), 200);
    expect_error(http_do("POST", daemon_url(rig.server, "http", SESSIONS_PATH), PLAIN_CREATE), 503,
                 "StoreUnavailable");
    cr_assert_eq(emulator_calls(&rig, "POST", "/face"), 0, "nothing is made that cannot be kept");
    expect_logged(&rig, "Redis is not reached");
    redis_server_restart(rig.redis);
    expect_soon(ready_status(&rig) == 200);
    expect_works(&rig);
}

Test(redis_start, on_a_halted_one_waits_for_it)
{
    struct rig rig = rig_open_with(&(struct rig_options){.redis = true});
    daemon_stop(rig.server);
    redis_server_halt(rig.redis);
    daemon_restart(rig.server);
    cr_assert_eq(ready_status(&rig), 503);
    redis_server_continue(rig.redis);
    expect_soon(ready_status(&rig) == 200);
    expect_works(&rig);
}

Test(redis_start, on_a_replica_waits_until_it_is_master)
{
    struct rig rig = rig_open_with(&(struct rig_options){.redis = true});
    daemon_stop(rig.server);
    (void)redis_server_ask(rig.redis, "REPLICAOF", "127.0.0.1", "1");
    daemon_restart(rig.server);
    cr_assert_eq(ready_status(&rig), 503);
    (void)redis_server_ask(rig.redis, "REPLICAOF", "NO", "ONE");
    expect_soon(ready_status(&rig) == 200);
    expect_works(&rig);
}

/* ---- refused ---- */

/* It ends with code 1, says this, and no secret. */
static void expect_refused(const char *url, const char *setting, const char *words)
{
    const char *arguments[] = {"--set", "upstream.endpoint=http://127.0.0.1:9",
                               "--set", text_of("keys.dir=%s/keys", folder_new()),
                               "--set", "store.kind=redis",
                               "--set", setting ? setting : "log.level=info",
                               NULL};
    const char *environment[] = {"LIVENESSD_UPSTREAM_KEY=" UPSTREAM_KEY,
                                 text_of("LIVENESSD_STORE_REDIS_URL=%s", url), NULL};
    const char *said = NULL;
    int code = daemon_refuses("serve", arguments, environment, &said);
    cr_assert_eq(code, 1, "exit code %d: %s", code, said);
    cr_assert_not_null(strstr(said, words), "no \"%s\" in: %s", words, said);
    cr_assert_null(strstr(said, PASSWORD), "%s", said);
}

Test(redis_start, with_a_wrong_password_is_refused)
{
    struct redis_server *redis = redis_server_start_with("--requirepass", "other");
    static const char words[] = "user or password is wrong";
    expect_refused(redis_server_url(redis, ":" PASSWORD), NULL, words);
    expect_refused(redis_server_url(redis, "nobody:" PASSWORD), NULL, words);
    expect_refused(redis_server_url(redis, NULL), NULL, "wants a password");
}

Test(redis_start, as_a_user_who_may_not_do_all_is_refused)
{
    struct redis_server *redis = redis_server_start(NULL);
    (void)redis_server_ask(redis, "ACL", "SETUSER", "less", "on", password_rule, "~livenessd:*",
                           "&livenessd:news", "+@all", "-zadd");
    expect_refused(redis_server_url(redis, "less:" PASSWORD), NULL, "access list of the README");
    (void)redis_server_ask(redis, "ACL", "SETUSER", "elsewhere", "on", password_rule, "~other:*",
                           "&livenessd:news", "+@all");
    expect_refused(redis_server_url(redis, "elsewhere:" PASSWORD), NULL,
                   "access list of the README");
    (void)redis_server_ask(redis, "ACL", "SETUSER", "deaf", "on", password_rule, "~livenessd:*",
                           "resetchannels", "+@all");
    expect_refused(redis_server_url(redis, "deaf:" PASSWORD), NULL, "access list of the README");
}

Test(redis_start, on_one_that_drops_records_is_refused)
{
    static const char *const policies[] = {"allkeys-lru", "volatile-lru", "volatile-ttl",
                                           "allkeys-random"};
    struct redis_server *redis = redis_server_start(NULL);
    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
        (void)redis_server_ask(redis, "CONFIG", "SET", "maxmemory-policy", policies[i]);
        expect_refused(redis_server_url(redis, NULL), NULL, "set it to noeviction");
    }
}

Test(redis_start, on_what_is_no_redis_is_refused)
{
    const char *key[] = {"LIVENESSD_EMULATOR_KEY=" UPSTREAM_KEY, NULL};
    struct daemon *emulator = daemon_start("emulate", NULL, key);
    const char *address = daemon_address(emulator, "emulator");
    expect_refused(text_of("redis://%s", address), NULL, "what answers is no Redis");
}

Test(redis_start, with_a_database_that_is_not_there_is_refused)
{
    struct redis_server *redis = redis_server_start(NULL);
    expect_refused(text_of("%s/99", redis_server_url(redis, NULL)), NULL, "database");
}

Test(redis_start, with_a_url_that_is_none_is_refused)
{
    expect_refused("redis://:" PASSWORD "@", NULL, "must be a URL such as rediss://");
    expect_refused("http://localhost:6379", NULL, "must be a URL such as rediss://");
}

/* ---- TLS ---- */

static const struct certificate *authority_new(const char *folder)
{
    return certificate_make(folder, (struct certificate_wish){0});
}

/* "--tls-…" of a server with a certificate for these names. */
#define TLS_ARGUMENTS(certificate, authority)                                                      \
    "--tls-cert-file", (certificate)->file, "--tls-key-file", (certificate)->key_file,             \
        "--tls-ca-cert-file", (authority)->file, "--tls-auth-clients", "no"

static void expect_certificate_refused(const struct certificate_wish *wish,
                                       const struct certificate *authority, const char *folder,
                                       const char *words)
{
    const struct certificate *certificate = certificate_make(folder, *wish);
    struct redis_server *redis = redis_server_start_with(TLS_ARGUMENTS(certificate, authority));
    expect_refused(redis_server_url(redis, NULL),
                   text_of("store.redis_ca_file=%s", authority->file), words);
}

Test(redis_start, with_a_certificate_that_is_not_believed_is_refused)
{
    static const char words[] = "its certificate is not accepted";
    const char *folder = folder_new();
    const struct certificate *ours = authority_new(folder);
    const struct certificate *other = authority_new(folder);
    struct certificate_wish wish = {.name = "IP:127.0.0.1", .by = other};
    expect_certificate_refused(&wish, ours, folder, words);
    wish = (struct certificate_wish){.name = "DNS:redis.example.org", .by = ours};
    expect_certificate_refused(&wish, ours, folder, words);
    wish = (struct certificate_wish){.name = "IP:127.0.0.1", .by = ours, .expired = true};
    expect_certificate_refused(&wish, ours, folder, words);
}

Test(redis_start, with_certificates_that_cannot_be_read_is_refused)
{
    const char *folder = folder_new();
    const struct certificate *ours = authority_new(folder);
    struct redis_server *redis = redis_server_start_with(TLS_ARGUMENTS(ours, ours));
    expect_refused(redis_server_url(redis, NULL), "store.redis_ca_file=/nowhere/ca.pem",
                   "no certificates can be read from the CA file");
}

/* The user as the README makes him, as one line of redis.conf. */
static const char *user_of_readme(void)
{
    static const char begin[] = "\nACL SETUSER livenessd on >PASSWORD ";
    const char *folder = secure_getenv("LIVENESSD_TEST_SOURCE_DIR");
    FILE *file = fopen(text_of("%s/README.md", folder ? folder : "."), "re");
    cr_assert_not_null(file);
    char *readme = keep(xcalloc(1, 1 << 20), free);
    cr_assert_gt(fread(readme, 1, (1 << 20) - 1, file), 0U);
    (void)fclose(file);
    const char *rules = strstr(readme, begin);
    cr_assert_not_null(rules, "the README makes no user");
    rules += sizeof begin - 1;
    char *line = text_of("--user livenessd on >%s %.*s", PASSWORD,
                         (int)(strstr(rules, "\n```") - rules), rules);
    for (char *newline = line; (newline = strchr(newline, '\n'));)
        *newline = ' ';
    return line;
}

Test(redis_start, with_tls_as_the_user_of_the_readme_works)
{
    const char *folder = folder_new();
    const struct certificate *authority = authority_new(folder);
    const struct certificate *certificate = certificate_make(
        folder, (struct certificate_wish){.name = "IP:127.0.0.1", .by = authority});
    const struct rig_options options = {
        .redis = true,
        .redis_arguments = {TLS_ARGUMENTS(certificate, authority), user_of_readme()},
        .redis_credentials = "livenessd:" PASSWORD,
        .settings = {text_of("store.redis_ca_file=%s", authority->file)},
    };
    struct rig rig = rig_open_with(&options);
    cr_assert_eq(ready_status(&rig), 200);
    expect_works(&rig);
    struct rig other = rig_replica_at(HERE, &rig, &options);
    expect_soon(metric_value(&rig, "livenessd_store_peers") == 2);
    struct story story = story_begin(&rig);
    expect_status(story_delete(&other, &story), 204);
    expect_error(story_get(&rig, &story), 404, "SessionNotFound");
    redis_server_kill(rig.redis);
    expect_soon(ready_status(&rig) == 503);
    redis_server_restart(rig.redis);
    expect_soon(ready_status(&rig) == 200 && ready_status(&other) == 200);
    expect_works(&other);
    cr_assert_not(daemon_log_contains(rig.server, PASSWORD));
    cr_assert_not(daemon_log_contains(rig.server, "store may lose records"));
}

/* ---- what may be lost is said ---- */

Test(redis_start, on_one_that_keeps_less_than_promised_is_said)
{
    const struct rig_options options = {.redis = true, .redis_arguments = {"--appendfsync", "no"}};
    struct rig rig = rig_open_with(&options);
    expect_logged(&rig, "\"event\":\"store may lose records\"");
    expect_logged(&rig, "set appendfsync always");
    daemon_stop(rig.server);
    (void)redis_server_ask(rig.redis, "CONFIG", "SET", "appendonly", "no");
    daemon_restart(rig.server);
    expect_logged(&rig, "set appendonly yes");
    expect_works(&rig);
}
