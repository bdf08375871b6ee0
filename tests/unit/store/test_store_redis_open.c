/*
 * Opening a Redis as store: what is refused and in which words, what only is warned of, and what
 * begins unready and comes about by itself.
 */
#include "redis_fixture.h"
#include "support/command.h"

#include <spawn.h>
#include <sys/wait.h>

static struct redis_fixture it;

/* The fixture needs to know the server, which differs. */
static void begin(struct redis_server *server)
{
    redis_fixture_init(&it, server);
    it.config.intents_max = 64;
}

static void end(void)
{
    redis_fixture_done(&it);
}

TestSuite(store_redis_open, .timeout = 120);

static void expect_refused(const char *credentials, const char *part)
{
    SET_TEXT(it.url, redis_server_url(it.server, credentials));
    cr_assert_null(redis_fixture_try(&it), "for lack of \"%s\"", part);
    cr_expect(strstr(it.base.error, part), "%s", it.base.error);
    cr_expect_not(strstr(it.base.error, "hunter2"), "a secret");
    cr_expect_not(log_says(&it, "hunter2"), "a secret");
}

Test(store_redis_open, a_url_that_is_none_is_refused)
{
    begin(redis_server_prepare(NULL));
    SET_TEXT(it.url, "http://hunter2@127.0.0.1");
    cr_expect_null(redis_fixture_try(&it));
    cr_expect(strstr(it.base.error, "store.redis_url"), "%s", it.base.error);
    cr_expect_not(strstr(it.base.error, "hunter2"));
    end();
}

Test(store_redis_open, a_wrong_password_is_refused)
{
    begin(redis_server_start_with("--requirepass", "right"));
    expect_refused(":hunter2", "password");
    expect_refused(NULL, "password");
    expect_refused("nobody:hunter2", "password");
    end();
}

Test(store_redis_open, a_server_that_drops_records_is_refused)
{
    begin(redis_server_start_with("--maxmemory-policy", "allkeys-lru"));
    expect_refused(NULL, "maxmemory-policy allkeys-lru");
    expect_refused(NULL, "set it to noeviction");
    (void)redis_server_ask(it.server, "CONFIG", "SET", "maxmemory-policy", "volatile-ttl");
    expect_refused(NULL, "maxmemory-policy volatile-ttl");
    (void)redis_server_ask(it.server, "CONFIG", "SET", "maxmemory-policy", "noeviction");
    redis_fixture_open(&it);
    end();
}

Test(store_redis_open, a_cluster_is_refused)
{
    begin(redis_server_start_with("--cluster-enabled", "yes"));
    expect_refused(NULL, "cluster");
    end();
}

Test(store_redis_open, warns_when_nothing_is_written_to_a_disk)
{
    begin(redis_server_start_with("--appendonly", "no"));
    redis_fixture_open(&it);
    cr_expect(log_says(&it, "store may lose records"));
    cr_expect(log_says(&it, "set appendonly yes and appendfsync always"));
    cr_expect(store_ready(it.base.store));
    end();
}

Test(store_redis_open, warns_when_the_disk_is_not_waited_for)
{
    begin(redis_server_start_with("--appendonly", "yes", "--appendfsync", "everysec"));
    redis_fixture_open(&it);
    cr_expect(log_says(&it, "set appendfsync always"));
    end();
}

Test(store_redis_open, has_nothing_to_say_when_all_is_well)
{
    begin(redis_server_start_with("--appendonly", "yes", "--appendfsync", "always"));
    redis_fixture_open(&it);
    cr_expect(store_ready(it.base.store));
    cr_expect_str_eq(log_text(&it), "");
    end();
}

/* ---- users of an access list ---- */

#define PASSWORD      ">hunter2"
#define LISTED        "livenessd:hunter2"
#define KEYS_AND_NEWS "resetkeys", "~livenessd:*", "resetchannels", "&livenessd:news"
#define CONNECTING    "+ping", "+select", "+info", "+config|get", "+script|load", "+subscribe"
#define SCRIPTS       "+eval", "+evalsha", "+publish", "+time", "+del", "+exists"
#define TEXTS         "+get", "+set", "+pttl", "+pexpire", "+pexpireat"
#define HASHES        "+hget", "+hset", "+hmget", "+hdel", "+hscan"
#define SETS          "+zadd", "+zrem", "+zrange", "+zcard", "+zcount", "+zscore", "+sadd", "+smembers"
/* As it stands in store_redis.c. */
#define ACCESS_LIST   KEYS_AND_NEWS, "-@all", CONNECTING, SCRIPTS, TEXTS, HASHES, SETS

static void begin_with_user(void)
{
    begin(redis_server_start_with("--appendonly", "yes", "--appendfsync", "always"));
    cr_assert_str_eq(
        redis_server_ask(it.server, "ACL", "SETUSER", "livenessd", "on", PASSWORD, ACCESS_LIST),
        "OK");
    SET_TEXT(it.url, redis_server_url(it.server, LISTED));
}

static void allow(const char *what)
{
    cr_assert_str_eq(redis_server_ask(it.server, "ACL", "SETUSER", "livenessd", what), "OK");
}

static void on_claimed(void *context, enum store_result result, uint64_t retry_ms)
{
    (void)retry_ms;
    on_done(context, result, NULL);
}

/* Everything a store is asked for. */
static void use_all(void)
{
    struct store *store = it.base.store;
    struct session_record record = new_record(&it.base);
    const char *const upstream[] = {record.upstream_id};
    uint8_t key[RECORD_HASH_BYTES] = {1};
    unsigned answers = it.base.answers;
    unsigned good = it.base.results[STORE_OK];
    memcpy(record.idempotency_key, key, sizeof key);
    int slot = store_intend(store, record.id, record.created_at);
    cr_assert_geq(slot, 0);
    (void)store_insert(store, &record, on_done, &it.base);
    record.revision = 1;
    record.token_expires_at = INT64_MAX;
    (void)store_save(store, &record, on_done, &it.base);
    (void)store_load(store, record.id, on_done, &it.base);
    (void)store_find_key(store, key, 0, on_done, &it.base);
    (void)store_claim_look(store, record.id, false, 1000, on_claimed, &it.base);
    store_looked(store, record.id, 0, "Running");
    (void)store_due(store, 0, 5, on_listed, &it.base);
    (void)store_expired(store, 0, &(struct store_position){0}, 5, on_listed, &it.base);
    (void)store_list(store, KIND_LIVENESS, local_tenant, "", 5, on_listed, &it.base);
    (void)store_find_upstream(store, upstream, 1, on_listed, &it.base);
    (void)store_count(store, on_counted, &it.base);
    (void)store_release_keys(store, INT64_MAX, 5, on_done, &it.base);
    (void)store_forget(store, 0, 5, on_done, &it.base);
    store_intent_done(store, slot);
    fixture_wait(&it.base, answers + 12);
    cr_expect_eq(it.base.results[STORE_OK], good + 12);
}

Test(store_redis_open, the_access_list_that_is_written_down_is_enough)
{
    begin_with_user();
    redis_fixture_open(&it);
    listen_to(it.base.store, &it.heard);
    struct store *other = open_another(&it);
    expect_in_time(&it, it.heard.peers == 2);
    use_all();
    struct store *self = act_as(&it, other);
    use_all();
    (void)act_as(&it, self);
    expect_in_time(&it, it.heard.changed > 0 && it.heard.looked == 1);
    other = store_close(other);
    expect_in_time(&it, it.heard.peers == 1);
    cr_expect(store_ready(it.base.store));
    cr_expect_str_eq(log_text(&it), "");
    end();
}

Test(store_redis_open, a_user_who_may_do_too_little_is_refused)
{
    begin_with_user();
    allow("-zscore");
    expect_refused(LISTED, "access list");
    allow("+zscore");
    allow("-script|load");
    expect_refused(LISTED, "access list");
    allow("+script|load");
    allow("resetkeys");
    expect_refused(LISTED, "access list");
    allow("~livenessd:*");
    allow("resetchannels");
    expect_refused(LISTED, "access list");
    allow("&livenessd:news");
    redis_fixture_open(&it);
    end();
}

Test(store_redis_open, a_user_who_may_not_listen_is_refused)
{
    begin_with_user();
    allow("-subscribe");
    expect_refused(LISTED, "SUBSCRIBE");
    end();
}

Test(store_redis_open, takes_the_servers_word_where_its_settings_are_not_shown)
{
    begin_with_user();
    allow("-config|get");
    redis_fixture_open(&it);
    cr_expect(store_ready(it.base.store));
    cr_expect(log_says(&it, "CONFIG is denied"));
    cr_expect_not(log_says(&it, "maxmemory-policy"), "INFO says it");
    fixture_close(&it.base);
    (void)redis_server_ask(it.server, "CONFIG", "SET", "maxmemory-policy", "allkeys-random");
    expect_refused(LISTED, "maxmemory-policy allkeys-random");
    end();
}

Test(store_redis_open, warns_when_nothing_is_shown)
{
    begin_with_user();
    allow("-config|get");
    allow("-info");
    redis_fixture_open(&it);
    cr_expect(store_ready(it.base.store));
    cr_expect(log_says(&it, "maxmemory-policy is noeviction"));
    end();
}

/* ---- not there yet ---- */

Test(store_redis_open, opens_without_a_server_and_is_ready_once_there_is_one)
{
    begin(redis_server_prepare(NULL));
    redis_fixture_open(&it);
    cr_expect_not(store_ready(it.base.store));
    cr_expect(log_says(&it, "Redis is not reached"));
    struct session_record record = new_record(&it.base);
    cr_expect_eq(insert(&it.base, &record), STORE_UNAVAILABLE);
    cr_expect_eq(store_intend(it.base.store, record.id, record.created_at), -1);
    redis_server_restart(it.server);
    expect_in_time(&it, store_ready(it.base.store));
    cr_expect_eq(insert(&it.base, &record), STORE_OK);
    cr_expect(log_says(&it, "store works again"));
    end();
}

Test(store_redis_open, waits_no_longer_than_a_call_may_take)
{
    begin(redis_server_start(NULL));
    it.config.timeout_ms = 200;
    redis_server_halt(it.server);
    redis_fixture_open(&it);
    cr_expect_not(store_ready(it.base.store));
    redis_server_continue(it.server);
    expect_in_time(&it, store_ready(it.base.store));
    end();
}

Test(store_redis_open, opens_on_a_replica_and_says_so)
{
    begin(redis_server_start(NULL));
    (void)redis_server_ask(it.server, "REPLICAOF", "127.0.0.1", "1");
    redis_fixture_open(&it);
    cr_expect_not(store_ready(it.base.store));
    cr_expect(log_says(&it, "replica"));
    (void)redis_server_ask(it.server, "REPLICAOF", "NO", "ONE");
    expect_in_time(&it, store_ready(it.base.store));
    end();
}

/* ---- TLS ---- */

static const char *make_certificate(const char *folder)
{
    const char *certificate = text_of("%s/cert.pem", folder);
    char *const words[] = {text_of("/usr/bin/openssl"),
                           text_of("req"),
                           text_of("-x509"),
                           text_of("-nodes"),
                           text_of("-days"),
                           text_of("2"),
                           text_of("-newkey"),
                           text_of("ec"),
                           text_of("-pkeyopt"),
                           text_of("ec_paramgen_curve:prime256v1"),
                           text_of("-subj"),
                           text_of("/CN=localhost"),
                           text_of("-addext"),
                           text_of("subjectAltName=IP:127.0.0.1"),
                           text_of("-keyout"),
                           text_of("%s/key.pem", folder),
                           text_of("-out"),
                           text_of("%s", certificate),
                           NULL};
    int status = 0;
    pid_t pid = 0;
    cr_assert_eq(posix_spawn(&pid, words[0], NULL, NULL, words, environ), 0);
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert_eq(status, 0);
    return certificate;
}

Test(store_redis_open, works_over_tls)
{
    const char *folder = folder_new();
    const char *certificate = make_certificate(folder);
    begin(redis_server_start_with("--tls-cert-file", certificate, "--tls-key-file",
                                  text_of("%s/key.pem", folder), "--tls-ca-cert-file", certificate,
                                  "--tls-auth-clients", "no"));
    expect_refused(NULL, "certificate");
    it.config.redis_ca_file = certificate;
    redis_fixture_open(&it);
    cr_expect(store_ready(it.base.store));
    listen_to(it.base.store, &it.heard);
    struct store *other = open_another(&it);
    struct store *self = act_as(&it, other);
    use_all();
    (void)act_as(&it, self);
    expect_in_time(&it, it.heard.changed > 0 && it.heard.peers == 2);
    other = store_close(other);
    end();
}
