/*
 * A test that looks for secrets in logs has to find them.
 */
#include "support/unlogged.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(unlogged, .timeout = 60);

#define LINE(more)                                                                                 \
    "{\"ts\":\"2026-01-02T03:04:05.678Z\",\"level\":\"info\",\"event\":\"request\"," more "}\n"

static const char clean[] =
    LINE("\"session\":\"01a20114-a636-7761-8409-aec159ed8510\",\"client\":\"203.0.113.0/24\"")
        LINE("\"trace_id\":\"0af7651916cd43dd8448eb211c80319c\",\"client\":\"2001:db8:1::/48\"");

static void expect_found(const char *log)
{
    char why[UNLOGGED_WHY_SIZE];
    cr_expect(unlogged_find(log, why), "%s", log);
}

static void expect_clean(const char *log)
{
    char why[UNLOGGED_WHY_SIZE];
    cr_expect_not(unlogged_find(log, why), "%s", why);
}

Test(unlogged, a_log_as_it_should_be_is_let_pass)
{
    unlogged_add("another-secret");
    expect_clean("");
    expect_clean(clean);
    expect_clean("text that is no line of a log");
}

Test(unlogged, what_was_noted_is_found_wherever_it_stands)
{
    unlogged_add("sw0rdfish");
    expect_found("sw0rdfish");
    expect_found(LINE("\"reason\":\"is sw0rdfish wrong?\""));
    expect_found(text_of("%ssw0rdfish", clean));
    expect_clean(LINE("\"reason\":\"sw0rdfis\""));
}

Test(unlogged, what_is_too_short_to_tell_is_let_alone)
{
    unlogged_add("request");
    unlogged_add("");
    expect_clean(clean);
}

Test(unlogged, a_text_that_a_log_would_cut_is_found_by_its_beginning)
{
    unlogged_add(text_of("begin-%0300d", 7));
    expect_found(LINE("\"reason\":\"begin-0000000000000000000000000000000000\""));
}

Test(unlogged, every_part_of_a_token_counts)
{
    unlogged_add_head("Authorization: Bearer heads-of-many-tokens.words-of-somebody-here."
                      "signature-by-somebody");
    expect_found("heads-of-many-tokens");
    expect_found("words-of-somebody-here");
    expect_found("signature-by-somebody");
}

Test(unlogged, heads_are_read)
{
    unlogged_add_head("POST / HTTP/1.1\r\nHost: there\r\n"
                      "Ocp-Apim-Subscription-Key: the-app's-key\r\n"
                      "cookie: a=1; livenessd_device=device-cookie; b=2\r\n"
                      "X-Forwarded-For: 198.51.100.77, 127.0.0.1\r\n"
                      "Forwarded: for=\"2001:db8::77:1\"\r\n"
                      "User-Agent: unlogged-agent\r\n\r\n");
    expect_found("the-app's-key");
    expect_found("device-cookie");
    expect_found("198.51.100.77");
    expect_found("2001:db8::77:1");
    expect_clean("127.0.0.1");
}

Test(unlogged, networks_are_no_addresses)
{
    unlogged_add_head("X-Forwarded-For: 203.0.113.0,2001:db8:1::");
    expect_clean(clean);
}

Test(unlogged, bodies_are_read_at_any_depth)
{
    static const char body[] = "{\"sessionId\":\"session-of-somebody\",\"results\":[{\"digest\":"
                               "\"a-digest-of-it\"}],\"authToken\":\"the-auth-token\"}";
    unlogged_add_json(body, UNLOGGED_ANSWERED);
    unlogged_add_json("no JSON", UNLOGGED_SENT);
    expect_found("a-digest-of-it");
    expect_found("the-auth-token");
    expect_clean("session-of-somebody");
    unlogged_add_json(body, UNLOGGED_UPSTREAM);
    expect_found("session-of-somebody");
}

Test(unlogged, keys_and_passwords_of_an_environment_are_read)
{
    static const char *const entries[] = {"LIVENESSD_UPSTREAM_KEY=key-of-upstream",
                                          "LIVENESSD_STORE_REDIS_URL=redis://me:password@here:1",
                                          "PLAIN=plain-word", NULL};
    unlogged_add_environment(entries);
    unlogged_add_environment(NULL);
    expect_found("key-of-upstream");
    expect_found("password");
    expect_clean("plain-word redis://here:1");
}

Test(unlogged, what_looks_like_a_token_is_found_though_nobody_noted_it)
{
    expect_found(LINE("\"reason\":\"eyJhbGciOiJub25lIn0.e30.\""));
    expect_found(LINE("\"reason\":\"0123456789abcdef0123456789abcdef0123456789abcdef\""));
    expect_found(LINE("\"session\":\"01a20114-a636-7761-8409-aec159ed8510-aec159\""));
    expect_clean(LINE("\"request_id\":\"0123456789abcdef0123456789abcdef0123456789abcdef\""));
}

Test(unlogged, a_field_nobody_allowed_and_a_whole_address_are_found)
{
    expect_found(LINE("\"subject\":\"ann\""));
    expect_found(LINE("\"client\":\"203.0.113.7\""));
    expect_found(LINE("\"client\":7"));
}

Test(unlogged, thousands_of_notes_are_kept_apart)
{
    for (unsigned i = 0; i < 50000; i++)
        unlogged_add(text_of("secret-%u-end", i));
    expect_found("secret-49999-end");
    expect_found("secret-0-end");
    expect_clean("secret-50000-end");
}
