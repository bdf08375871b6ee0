/*
 * Keys of identity providers while the server runs: rotation, outages and files that change.
 */
#include "support/command.h"
#include "support/log_lines.h"
#include "support/process.h"
#include "support/tokens.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *token_under(const struct signer *signer, const char *kid, const char *issuer)
{
    return bearer_of(token_of(signer, "ES256", header_of("ES256", kid),
                              claims_of(issuer, "ann", ",\"tid\":\"acme\"")));
}

static unsigned said(const struct identities *it, const char *event)
{
    return lines_with(json_lines(daemon_log(it->rig.server)), "event", event);
}

/* ---- rotation ---- */

Test(token_keys, a_new_key_is_taken_with_its_first_token)
{
    struct identities it = identities_open();
    const struct signer *next = key_new("P-256");
    expect_status(create_as(&it, corp_bearer(&it, "ann", "")), 200);
    unsigned before = provider_requests(it.corp);
    provider_publish(it.corp, document_of(it.ec, "e1", next, "e2"));
    expect_status(create_as(&it, token_under(next, "e2", CORP)), 200);
    expect_status(create_as(&it, corp_bearer(&it, "ann", "")), 200);
    cr_assert_eq(provider_requests(it.corp), before + 1);
}

Test(token_keys, a_withdrawn_key_counts_no_more_though_its_tokens_are_remembered)
{
    struct identities it = identities_open();
    const struct signer *next = key_new("P-256");
    const char *old = corp_bearer(&it, "ann", "");
    expect_status(create_as(&it, old), 200);
    expect_status(create_as(&it, old), 200);
    provider_publish(it.corp, document_of(next, "e2", NULL, NULL));
    daemon_signal(it.rig.server, SIGHUP);
    expect_soon(create_as(&it, old)->status == 401);
    expect_status(create_as(&it, token_under(next, "e2", CORP)), 200);
}

Test(token_keys, many_tokens_with_unknown_keys_cause_one_fetch)
{
    enum { MANY = 12 };
    struct identities it = identities_open();
    struct http_pending *pending[MANY];
    unsigned before = provider_requests(it.corp);
    const char *url = daemon_url(it.rig.server, "http", SESSIONS_PATH);
    for (int i = 0; i < MANY; i++)
        pending[i] = http_begin_do("POST", url, PLAIN_CREATE,
                                   token_under(it.ec, text_of("unknown-%d", i), CORP));
    for (int i = 0; i < MANY; i++)
        expect_error(http_end(pending[i]), 401, "NotAuthenticated");
    cr_assert_eq(provider_requests(it.corp), before + 1);
    expect_error(create_as(&it, token_under(it.ec, "one-more", CORP)), 401, "NotAuthenticated");
    cr_assert_eq(provider_requests(it.corp), before + 1);
}

Test(token_keys, a_key_s_name_may_be_left_out_when_there_is_one)
{
    struct identities it = identities_open();
    const struct signer *next = key_new("P-256");
    const char *header = "{\"alg\":\"ES256\"}";
    const char *claims = claims_of(SHOP, "ann", "");
    expect_status(create_as(&it, bearer_of(token_of(it.shop_key, "ES256", header, claims))), 200);
    /* the issuer exchanges it */
    provider_publish(it.shop, document_of(next, "s2", NULL, NULL));
    expect_status(create_as(&it, bearer_of(token_of(next, "ES256", header, claims))), 200);
    expect_error(create_as(&it, bearer_of(token_of(it.ec, "ES256", header, claims))), 401,
                 "NotAuthenticated");
}

/* ---- outages ---- */

Test(token_keys, a_provider_that_fails_costs_its_callers_nothing)
{
    static const enum provider_mode modes[] = {PROVIDER_FAILS,  PROVIDER_GARBAGE,
                                               PROVIDER_HUGE,   PROVIDER_REDIRECTS,
                                               PROVIDER_RESETS, PROVIDER_SILENT};
    struct identities it = identities_open();
    const char *ann = corp_bearer(&it, "ann", "");
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        unsigned before = provider_requests(it.corp);
        provider_behave(it.corp, modes[i]);
        daemon_signal(it.rig.server, SIGHUP);
        expect_soon(provider_requests(it.corp) > before);
        expect_status(create_as(&it, ann), 200);
        expect_status(create_as(&it, corp_bearer(&it, "ann", text_of(",\"jti\":\"%zu\"", i))), 200);
    }
    cr_assert_geq(said(&it, "keys not loaded"), 5);
    cr_assert(daemon_log_contains(it.rig.server, "it redirects, which is not followed"));
    cr_assert(daemon_log_contains(it.rig.server, "the document is larger than 64 KB"));
    expect_status(http_do("GET", daemon_url(it.rig.server, "admin", "/readyz")), 200);
}

Test(token_keys, waiting_for_a_slow_provider_is_bounded)
{
    struct identities it = identities_open();
    provider_behave(it.corp, PROVIDER_SILENT);
    const struct http_answer *refused = create_as(&it, token_under(it.ec, "unknown", CORP));
    expect_error(refused, 401, "NotAuthenticated");
    cr_assert_geq(refused->seconds, 2.5, "it waited");
    expect_status(create_as(&it, corp_bearer(&it, "ann", "")), 200);
    refused = create_as(&it, token_under(it.ec, "another", CORP));
    expect_error(refused, 401, "NotAuthenticated");
}

Test(token_keys, a_client_that_leaves_while_it_waits_harms_nobody)
{
    struct identities it = identities_open();
    provider_behave(it.corp, PROVIDER_SILENT);
    unsigned before = provider_requests(it.corp);
    struct http_pending *pending =
        http_begin_do("POST", daemon_url(it.rig.server, "http", SESSIONS_PATH), PLAIN_CREATE,
                      token_under(it.ec, "unknown", CORP));
    expect_soon(provider_requests(it.corp) > before);
    http_leave(pending);
    expect_status(create_as(&it, corp_bearer(&it, "ann", "")), 200);
    daemon_stop(it.rig.server);
}

Test(token_keys, without_any_keys_callers_are_told_to_come_again)
{
    struct provider *provider = provider_start();
    const struct signer *signer = key_new("P-256");
    provider_behave(provider, PROVIDER_FAILS);
    const char *setting =
        text_of("auth.issuers=issuer=" CORP " audience=liveness jwks=%s", provider_url(provider));
    struct identities it = {.rig = rig_open_set("auth.mode=jwt", setting)};
    const char *ann = token_under(signer, "k", CORP);
    expect_error(create_as(&it, ann), 503, "KeysUnavailable");
    const struct http_answer *ready = http_do("GET", daemon_url(it.rig.server, "admin", "/readyz"));
    expect_status(ready, 503);
    cr_assert_str_eq(json_text_at(ready->json, "reason"), "keys of an issuer unavailable");
    provider_publish(provider, document_of(signer, "k", NULL, NULL));
    provider_behave(provider, PROVIDER_SERVES);
    expect_soon(create_as(&it, ann)->status == 200);
    expect_soon(http_do("GET", daemon_url(it.rig.server, "admin", "/readyz"))->status == 200);
}

/* ---- the start ---- */

Test(token_keys, the_start_waits_for_keys_but_not_for_ever)
{
    struct provider *provider = provider_start();
    provider_behave(provider, PROVIDER_SILENT);
    const char *setting =
        text_of("auth.issuers=issuer=" CORP " audience=liveness jwks=%s", provider_url(provider));
    int64_t before = now_ms();
    struct identities it = {.rig = rig_open_set("auth.mode=jwt", setting)};
    cr_assert_geq(now_ms() - before, 4500);
    expect_status(http_do("GET", daemon_url(it.rig.server, "admin", "/livez")), 200);
}

Test(token_keys, told_to_stop_while_it_waits_it_ends_well)
{
    struct provider *provider = provider_start();
    int code;
    const char *folder = folder_new();
    provider_behave(provider, PROVIDER_SILENT);
    const char *issuers =
        text_of("auth.issuers=issuer=" CORP " audience=liveness jwks=%s", provider_url(provider));
    const char *const more[] = {
        "--set", "upstream.emulator=true", "--set", "emulator.listen=127.0.0.1:0",
        "--set", "auth.mode=jwt",          "--set", issuers,
        NULL};
    char **arguments = process_arguments("serve", folder, more);
    char **environment = process_environment(NULL);
    int output;
    pid_t pid = process_start(arguments, environment, &output, NULL);
    expect_soon(provider_requests(provider) > 0);
    cr_assert_eq(kill(pid, SIGTERM), 0);
    cr_assert_eq(waitpid(pid, &code, 0), pid);
    cr_assert(WIFEXITED(code) && WEXITSTATUS(code) == 0, "%d", code);
    cr_assert_null(strstr(process_read_all(output), "\"ready\""));
    words_free(arguments);
    words_free(environment);
}

/* ---- files ---- */

static void replace_file(const char *file, const char *text)
{
    const char *beside = text_of("%s.new", file);
    FILE *stream = fopen(beside, "we");
    cr_assert(stream && fputs(text, stream) >= 0 && fclose(stream) == 0);
    cr_assert_eq(rename(beside, file), 0);
}

Test(token_keys, a_document_in_a_file_is_read_again_when_it_changes)
{
    const struct signer *one = key_new("P-256");
    const struct signer *two = key_new("P-256");
    const char *file = file_new(folder_new(), "keys.json", document_of(one, "k1", NULL, NULL));
    struct identities it = {
        .rig = rig_open_set(
            "auth.mode=jwt",
            text_of("auth.issuers=issuer=" CORP " audience=liveness jwks=%s name=corp", file))};
    expect_status(create_as(&it, token_under(one, "k1", CORP)), 200);
    expect_error(create_as(&it, token_under(two, "k2", CORP)), 401, "NotAuthenticated");
    replace_file(file, document_of(two, "k2", NULL, NULL)); /* noticed by itself */
    expect_soon(create_as(&it, token_under(two, "k2", CORP))->status == 200);
    expect_error(create_as(&it, token_under(one, "k1", CORP)), 401, "NotAuthenticated");
    replace_file(file, "{\"keys\":[");
    daemon_signal(it.rig.server, SIGHUP);
    expect_soon(said(&it, "keys not loaded") > 0);
    expect_status(create_as(&it, token_under(two, "k2", CORP)), 200);
    cr_assert_eq(unlink(file), 0);
    daemon_signal(it.rig.server, SIGHUP);
    expect_soon(said(&it, "keys not loaded") > 1);
    expect_status(create_as(&it, token_under(two, "k2", CORP)), 200);
}

static const char *hmac_bearer(const char *secret)
{
    CLEANUP(buf) struct buf text;
    buf_init(&text, 1 << 14);
    signer_put_hs256(slice_of(secret), "{\"alg\":\"HS256\"}", claims_of(HMAC_OWN, "x", ""), &text);
    return bearer_of(text.data);
}

Test(token_keys, a_new_secret_takes_the_old_one_s_place)
{
    static const char other[] = "another-secret-0123456789abcdef0123456789";
    struct identities it = identities_open();
    expect_status(create_as(&it, hmac_bearer(HMAC_WORDS)), 200);
    expect_error(create_as(&it, hmac_bearer(other)), 401, "NotAuthenticated");
    replace_file(it.secret_file, other);
    daemon_signal(it.rig.server, SIGHUP);
    expect_soon(create_as(&it, hmac_bearer(other))->status == 200);
    expect_error(create_as(&it, hmac_bearer(HMAC_WORDS)), 401, "NotAuthenticated");
    replace_file(it.secret_file, "short");
    daemon_signal(it.rig.server, SIGHUP);
    expect_soon(said(&it, "keys not loaded") > 0);
    expect_status(create_as(&it, hmac_bearer(other)), 200);
    cr_assert_not(daemon_log_contains(it.rig.server, other));
}

Test(token_keys, what_gives_no_keys_refuses_to_start)
{
    const char *folder = folder_new();
    const char *empty = file_new(folder, "empty.json", "{\"keys\":[]}");
    const struct {
        const char *entry, *why;
    } rows[] = {
        {text_of("issuer=a audience=b jwks=%s", empty), "entry 1: jwks= "},
        {text_of("issuer=a audience=b jwks=%s/none", folder), "cannot read "},
        {"issuer=a audience=b jwks=http://id.example/keys", "http is for loopback addresses only"},
        {"issuer=a jwks=https://id.example/keys", "entry 1 has no audience="},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *told = NULL;
        const char *const more[] = {"--set", "upstream.emulator=true",
                                    "--set", "auth.mode=jwt",
                                    "--set", text_of("auth.issuers=%s", rows[i].entry),
                                    NULL};
        cr_assert_neq(daemon_refuses("serve", more, NULL, &told), 0);
        cr_assert_not_null(strstr(told, rows[i].why), "%s: %s", rows[i].why, told);
    }
}
