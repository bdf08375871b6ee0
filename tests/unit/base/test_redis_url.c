/* Where a Redis is: what is understood, what is refused, and that nothing leaks. */
#include "base/redis_url.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

struct sample {
    const char *text;
    bool tls;
    const char *host;
    unsigned port, database;
    const char *user, *password;
};

static struct redis_url parsed(const char *text)
{
    struct redis_url url = {0};
    const char *wrong = redis_url_parse(slice_of(text), &url);
    cr_assert_null(wrong, "%s: %s", text, wrong);
    return url;
}

static const char *refused(const char *text)
{
    struct redis_url url = {.port = 77};
    const char *wrong = redis_url_parse(slice_of(text), &url);
    cr_assert_not_null(wrong, "%s", text);
    cr_expect_eq(url.port, 77, "untouched on failure");
    cr_expect_eq(url.host[0], '\0');
    return wrong;
}

Test(redis_url, is_taken_apart)
{
    static const struct sample samples[] = {
        {"redis://localhost", false, "localhost", 6379, 0, "", ""},
        {"rediss://localhost", true, "localhost", 6379, 0, "", ""},
        {"REDISS://Cache.Example.org:6380", true, "Cache.Example.org", 6380, 0, "", ""},
        {"redis://127.0.0.1:1/", false, "127.0.0.1", 1, 0, "", ""},
        {"redis://[::1]/3", false, "::1", 6379, 3, "", ""},
        {"redis://[2001:db8::7]:65535/15", false, "2001:db8::7", 65535, 15, "", ""},
        {"redis://:secret@redis.ns.svc.cluster.local.:6379/0", false, "redis.ns.svc.cluster.local.",
         6379, 0, "", "secret"},
        {"rediss://alice:secret@my_cache-1:6380/2", true, "my_cache-1", 6380, 2, "alice", "secret"},
        {"redis://alice:@h", false, "h", 6379, 0, "alice", ""},
        {"redis://:@h", false, "h", 6379, 0, "", ""},
        {"redis://a:b:c@h", false, "h", 6379, 0, "a", "b:c"},
        {"redis://:p%40s%3a%2F%3F%23%25+[]@h", false, "h", 6379, 0, "", "p@s:/?#%+[]"},
        {"redis://u%20v:%C3%BC\xC3\xBC@h/00007", false, "h", 6379, 7, "u v", "\xC3\xBC\xC3\xBC"},
    };
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        const struct sample *sample = &samples[i];
        struct redis_url url = parsed(sample->text);
        cr_expect_eq(url.tls, sample->tls, "%s", sample->text);
        cr_expect_str_eq(url.host, sample->host, "%s", sample->text);
        cr_expect_eq(url.port, sample->port, "%s", sample->text);
        cr_expect_eq(url.database, sample->database, "%s", sample->text);
        cr_expect_str_eq(url.user, sample->user, "%s", sample->text);
        cr_expect_str_eq(url.password, sample->password, "%s", sample->text);
        redis_url_done(&url);
    }
}

Test(redis_url, what_is_no_such_url_is_refused)
{
    static const char *const bad[] = {
        "",
        "redis:",
        "redis://",
        "redis:///3",
        "http://localhost",
        "localhost:6379",
        "redis//localhost",
        "redis://:6379",
        "redis://host:",
        "redis://host:0",
        "redis://host:65536",
        "redis://host:+1",
        "redis://host:063790",
        "redis://host:6379x",
        "redis://::1",
        "redis://[::1",
        "redis://[::1]6379",
        "redis://[[::1]]",
        "redis://[127.0.0.1]",
        "redis://[localhost]",
        "redis://[::1%eth0]",
        "redis://ho st",
        "redis://host\n",
        " redis://host",
        "redis://h\xC3\xBCst",
        "redis://-host",
        "redis://.host",
        "redis://host/x",
        "redis://host/-1",
        "redis://host/123456",
        "redis://host/1/",
        "redis://host/1?db=2",
        "redis://host#1",
        "redis://host?x",
        "redis://alice@host",
        "redis://a:b@c@host",
        "redis://:pa/ss@host",
        "redis://:pa?ss@host",
        "redis://:pa#ss@host",
        "redis://:50%@host",
        "redis://:%4@host",
        "redis://:%zz@host",
        "redis://:%00@host",
        "redis://a%00:b@host",
        "redis://a:b@",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        (void)refused(bad[i]);
    }
}

static void fill(char *at, size_t size)
{
    memset(at, 'x', size);
    at[size] = '\0';
}

Test(redis_url, lengths_have_an_end)
{
    char name[REDIS_CREDENTIAL_SIZE + 1];
    char text[REDIS_CREDENTIAL_SIZE + 32];
    fill(name, REDIS_HOST_SIZE - 1);
    (void)snprintf(text, sizeof text, "redis://%s", name);
    struct redis_url url = parsed(text);
    cr_expect_str_eq(url.host, name);
    fill(name, REDIS_HOST_SIZE);
    (void)snprintf(text, sizeof text, "redis://%s", name);
    (void)refused(text);
    fill(name, REDIS_CREDENTIAL_SIZE - 1);
    (void)snprintf(text, sizeof text, "redis://:%s@h", name);
    url = parsed(text);
    cr_expect_str_eq(url.password, name);
    fill(name, REDIS_CREDENTIAL_SIZE);
    (void)snprintf(text, sizeof text, "redis://%s:@h", name);
    (void)refused(text);
}

Test(redis_url, what_is_said_of_it_repeats_nothing_of_it)
{
    static const char *const bad[] = {
        "redis://hunter2@host",     "redis://:hunter2%@host",  "redis://:hunter2/x@host",
        "redis://host:hunter2",     "redis://host/hunter2",    "hunter2",
        "redis://u:hunter2@[host]", "redis://u:hunter2@x@y:z", "redis://hunter2 @host",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_expect_not(strstr(refused(bad[i]), "hunter2"), "%s", bad[i]);
    }
}

Test(redis_url, what_has_to_be_encoded_is_said)
{
    cr_expect(strstr(refused("redis://:a/b@host"), "%2F"));
    cr_expect(strstr(refused("redis://:a@b@host"), "%40"));
    cr_expect(strstr(refused("redis://:a%b@host"), "%25"));
    cr_expect(strstr(refused("redis://alice@host"), ":password@"));
    cr_expect(strstr(refused("redis://::1:6379"), "brackets"));
}

Test(redis_url, nothing_is_left_of_it_when_done)
{
    static const struct redis_url empty;
    struct redis_url url = parsed("rediss://alice:hunter2@host:7/1");
    redis_url_done(&url);
    cr_expect_eq(memcmp(&url, &empty, sizeof url), 0);
}
