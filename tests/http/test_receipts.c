/*
 * Receipts as clients, backends and operators meet them: where they are shown and for how long, how
 * they are checked, and how their keys are exchanged while the server runs.
 */
#include "support/command.h"
#include "support/events.h"
#include "support/log_lines.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define JWKS_PATH    "/.well-known/jwks.json"
#define ISSUER       "https://liveness.example.org"
#define WRONG_DIGEST "0000000000000000000000000000000000000000000000000000000000000000"
#define BOUND_CREATE "{\"livenessOperationMode\":\"Passive\",\"transactionId\":\"order-17\"}"

/* A session that is bound to the transaction order-17. */
static struct story bound_story(const struct rig *rig)
{
    const struct http_answer *answer = expect_status(
        http_do("POST", daemon_url(rig->server, "http", SESSIONS_PATH), BOUND_CREATE), 200);
    return (struct story){
        .id = json_text_at(answer->json, "sessionId"),
        .auth_token = json_text_at(answer->json, "authToken"),
        .owner = text_of("X-Device-Token: %s", answer_header(answer, "x-device-token")),
    };
}

static const char *receipt_in(const struct http_answer *answer)
{
    return json_text_at(answer->json, "verdict.receipt");
}

static bool has_receipt(const struct http_answer *answer)
{
    return json_find(answer->json, "verdict.receipt") != NULL;
}

/* The receipt of a check that went well. */
static const char *accepted_receipt(const struct rig *rig, struct story *ret_story)
{
    *ret_story = bound_story(rig);
    const char *digest = play_device(rig, ret_story->auth_token, SAW_REAL);
    const struct http_answer *answer = story_complete(rig, ret_story, digest_body(digest));
    expect_verdict(answer, "live", true);
    return receipt_in(answer);
}

static const char *jwks_url(const struct rig *rig)
{
    return daemon_url(rig->server, "http", JWKS_PATH);
}

static const struct http_answer *jwks(const struct rig *rig)
{
    return expect_status(http_do("GET", jwks_url(rig)), 200);
}

static int published(const struct rig *rig)
{
    return cJSON_GetArraySize(json_at(jwks(rig)->json, "keys"));
}

static struct finished verify(const struct rig *rig, const char *receipt)
{
    return command_run("verify", receipt, "--jwks", jwks_url(rig));
}

static const cJSON *claims_of(const struct rig *rig, const char *receipt)
{
    struct finished finished = verify(rig, receipt);
    cr_assert_eq(finished.code, 0, "%s", finished.errors);
    return cJSON_GetArrayItem(json_lines(finished.output), 0);
}

static void expect_refused(struct finished finished, const char *why)
{
    cr_assert_eq(finished.code, 1, "%s%s", finished.output, finished.errors);
    cr_assert_str_empty(finished.output);
    cr_assert_not_null(strstr(finished.errors, why), "'%s' expected in: %s", why, finished.errors);
}

/* ---- where it is shown ---- */

Test(receipts, every_answer_with_a_settled_verdict_has_the_same_one)
{
    struct rig rig = rig_open();
    struct story story;
    const char *receipt = accepted_receipt(&rig, &story);
    cr_assert_str_eq(receipt_in(story_get(&rig, &story)), receipt);
    cr_assert_str_eq(receipt_in(story_complete(&rig, &story, "{}")), receipt);
    const struct http_answer *waited =
        http_do("GET", story_url(&rig, &story, "?wait=5"), NULL, story.owner);
    cr_assert_str_eq(receipt_in(expect_status(waited, 200)), receipt);
    static const char *const below[] = {
        "/face/v1.2/detectLiveness-sessions/%s", "/face/v1.3-preview.1/detectLiveness-sessions/%s",
        "/face/v1.1-preview.1/detectLiveness/singleModal/sessions/%s"};
    for (size_t i = 0; i < sizeof below / sizeof *below; i++) {
        const char *head = text_of("%.*s", (int)(strstr(below[i], "%s") - below[i]), below[i]);
        const char *url = daemon_url(rig.server, "http", text_of("%s%s", head, story.id));
        cr_assert_str_eq(receipt_in(expect_status(http_do("GET", url, NULL, story.owner), 200)),
                         receipt);
    }
    struct events *events = events_open(&rig, &story);
    expect_events(events, "event: verdict\n", text_of("\"receipt\":\"%s\"", receipt));
}

Test(receipts, are_given_to_those_who_wait)
{
    struct rig rig = rig_open();
    struct story story = bound_story(&rig);
    struct http_pending *pending =
        http_begin_do("GET", story_url(&rig, &story, "?wait=15"), NULL, story.owner);
    struct events *events = events_open(&rig, &story);
    expect_soon(waiters(&rig) == 2);
    const char *digest = play_device(&rig, story.auth_token, SAW_REAL);
    const struct http_answer *answer = story_complete(&rig, &story, digest_body(digest));
    cr_assert_str_eq(receipt_in(http_end(pending)), receipt_in(answer));
    expect_events(events, "event: verdict\n", text_of("\"receipt\":\"%s\"", receipt_in(answer)));
}

Test(receipts, are_of_settled_sessions_only)
{
    struct rig rig = rig_open();
    struct story story = bound_story(&rig);
    cr_assert_not(has_receipt(story_get(&rig, &story)));
    play_device(&rig, story.auth_token, SAW_MASK);
    cr_assert_not(has_receipt(story_complete(&rig, &story, "{}")));
}

Test(receipts, say_no_where_the_verdict_does)
{
    struct rig rig = rig_open();
    struct story story = bound_story(&rig);
    const char *digest = play_device(&rig, story.auth_token, SAW_SPOOF);
    const struct http_answer *answer = story_complete(&rig, &story, digest_body(digest));
    const cJSON *claims = claims_of(&rig, receipt_in(answer));
    cr_assert_str_eq(json_text_at(claims, "decision"), "spoof");
    cr_assert_not(json_bool_at(claims, "accepted"));
    expect_refused(
        command_run("verify", receipt_in(answer), "--jwks", jwks_url(&rig), "--accepted"),
        "was not accepted");
}

Test(receipts, outlive_a_restart)
{
    struct rig rig = rig_open();
    struct story story;
    const char *receipt = accepted_receipt(&rig, &story);
    daemon_kill(rig.server);
    daemon_restart(rig.server);
    cr_assert_str_eq(receipt_in(expect_status(story_get(&rig, &story), 200)), receipt);
    cr_assert_eq(verify(&rig, receipt).code, 0);
}

Test(receipts, are_shown_until_they_expire)
{
    struct rig rig = rig_open_set("receipt.lifetime=2s");
    struct story story;
    const char *receipt = accepted_receipt(&rig, &story);
    const cJSON *claims = claims_of(&rig, receipt);
    cr_assert_leq(json_number_at(claims, "exp") - json_number_at(claims, "iat"), 3);
    expect_soon(!has_receipt(story_get(&rig, &story)));
    expect_verdict(story_get(&rig, &story), "live", true);
}

Test(receipts, are_dropped_when_the_verdict_turns)
{
    struct rig rig = rig_open();
    struct story story = bound_story(&rig);
    play_device(&rig, story.auth_token, SAW_REAL);
    cr_assert(has_receipt(story_get(&rig, &story)));
    const struct http_answer *answer = story_complete(&rig, &story, digest_body(WRONG_DIGEST));
    expect_verdict(answer, "compromised", false);
    cr_assert_not(has_receipt(answer));
    cr_assert_not(has_receipt(story_get(&rig, &story)));
    daemon_stop(rig.server);
    daemon_restart(rig.server);
    cr_assert_not(has_receipt(expect_status(story_get(&rig, &story), 200)));
}

Test(receipts, stand_in_no_log)
{
    struct rig rig = rig_open();
    struct story story;
    const char *receipt = accepted_receipt(&rig, &story);
    story_delete(&rig, &story);
    cr_assert_not(daemon_log_contains(rig.server, strrchr(receipt, '.') + 1));
    cr_assert_not(daemon_log_contains(rig.server, "order-17"));
}

/* ---- the keys ---- */

Test(receipts, keys_are_published_for_everybody_to_keep)
{
    struct rig rig = rig_open_set("auth.mode=app_token",
                                  text_of("auth.app_tokens=%s", app_token_entry("a", "b", NULL)));
    const struct http_answer *answer = jwks(&rig);
    cr_assert_str_eq(answer_header(answer, "cache-control"), "public, max-age=300");
    cr_assert_eq(cJSON_GetArraySize(json_at(answer->json, "keys")), 1);
    cr_assert_eq(cJSON_GetArraySize(json_at(answer->json, "keys[0]")), 7);
    cr_assert_str_eq(json_text_at(answer->json, "keys[0].kty"), "EC");
    cr_assert_str_eq(json_text_at(answer->json, "keys[0].crv"), "P-256");
    cr_assert_str_eq(json_text_at(answer->json, "keys[0].alg"), "ES256");
    cr_assert_str_eq(json_text_at(answer->json, "keys[0].use"), "sig");
    cr_assert_eq(strlen(json_text_at(answer->json, "keys[0].kid")), 43);
    cr_assert_eq(strlen(json_text_at(answer->json, "keys[0].x")), 43);
    cr_assert_eq(strlen(json_text_at(answer->json, "keys[0].y")), 43);
    expect_status(http_do("HEAD", jwks_url(&rig)), 200);
    expect_error(http_do("POST", jwks_url(&rig), "{}"), 405, "MethodNotAllowed");
}

static const char *rotate(const struct rig *rig)
{
    struct finished step =
        command_run("keygen", "--dir", text_of("%s", rig->keys), "--rotate", "receipt", "--now");
    cr_assert_eq(step.code, 0, "%s", step.errors);
    return step.output;
}

static unsigned said(const struct rig *rig, const char *event)
{
    return lines_with(json_lines(daemon_log(rig->server)), "event", event);
}

Test(receipts, keys_are_rotated_while_it_runs)
{
    struct rig rig = rig_open();
    struct story story;
    const char *first = json_text_at(jwks(&rig)->json, "keys[0].kid");
    const char *old = accepted_receipt(&rig, &story);
    rotate(&rig);
    expect_soon(published(&rig) == 2); /* noticed by itself */
    cr_assert_str_eq(json_text_at(jwks(&rig)->json, "keys[0].kid"), first);
    const char *next = json_text_at(jwks(&rig)->json, "keys[1].kid");
    rotate(&rig);
    daemon_signal(rig.server, SIGHUP);
    expect_soon(strcmp(json_text_at(jwks(&rig)->json, "keys[0].kid"), next) == 0);
    cr_assert_eq(published(&rig), 2);
    const char *young = accepted_receipt(&rig, &story);
    cr_assert_eq(verify(&rig, old).code, 0, "signed by the old key");
    cr_assert_eq(verify(&rig, young).code, 0);
    const char *saved = file_new(folder_new(), "jwks.json", jwks(&rig)->body);
    cr_assert_eq(command_run("verify", young, "--jwks", saved).code, 0);
    cr_assert_eq(said(&rig, "receipt keys reloaded"), 2);
}

Test(receipts, keys_that_are_broken_are_not_taken)
{
    struct rig rig = rig_open();
    struct story story;
    const char *next = text_of("%s/receipt.next.pem", rig.keys);
    file_new(rig.keys, "receipt.next.pem", "no key");
    cr_assert_eq(chmod(next, 0600), 0);
    daemon_signal(rig.server, SIGHUP);
    expect_soon(said(&rig, "receipt keys not reloaded") > 0);
    cr_assert_eq(published(&rig), 1);
    cr_assert_eq(verify(&rig, accepted_receipt(&rig, &story)).code, 0);
    cr_assert_eq(unlink(next), 0);
    daemon_signal(rig.server, SIGHUP);
    expect_soon(said(&rig, "receipt keys unchanged") > 0);
}

Test(receipts, a_server_without_their_key_does_not_start)
{
    const char *said = "";
    const char *dir = text_of("%s/keys", folder_new());
    cr_assert_eq(command_run("keygen", "--dir", dir).code, 0);
    cr_assert_eq(unlink(text_of("%s/receipt.pem", dir)), 0);
    const char *const arguments[] = {
        "--set", text_of("keys.dir=%s", dir), "--set", "keys.generate=false",
        "--set", "upstream.emulator=true",    NULL};
    cr_assert_eq(daemon_refuses("serve", arguments, NULL, &said), 1);
    cr_assert_not_null(strstr(said, "receipt.pem is missing; `livenessd keygen --dir "), "%s",
                       said);
}

/* ---- checking ---- */

Test(receipts, are_checked_for_what_was_asked)
{
    struct rig rig = rig_open_set("receipt.issuer=" ISSUER, "receipt.audience=bank");
    struct story story;
    const char *receipt = accepted_receipt(&rig, &story);
    const char *url = jwks_url(&rig);
    const cJSON *claims = claims_of(&rig, receipt);
    cr_assert_str_eq(json_text_at(claims, "iss"), ISSUER);
    cr_assert_str_eq(json_text_at(claims, "aud"), "bank");
    cr_assert_str_eq(json_text_at(claims, "sid"), story.id);
    cr_assert_str_eq(json_text_at(claims, "txn"), "order-17");
    cr_assert_eq(command_run("verify", receipt, "--jwks", url, "--issuer", ISSUER, "--audience",
                             "bank", "--transaction", "order-17", "--accepted")
                     .code,
                 0);
    expect_refused(command_run("verify", receipt, "--jwks", url, "--issuer", "https://other"),
                   "another issuer");
    expect_refused(command_run("verify", receipt, "--jwks", url, "--audience", "shop"),
                   "another audience");
    expect_refused(command_run("verify", receipt, "--jwks", url, "--transaction", "order-18"),
                   "another transaction");
    expect_refused(command_run("verify", receipt, "--jwks", url, "--deletion"),
                   "no deletion receipt");
}

Test(receipts, are_refused_when_they_are_not_ours)
{
    struct rig rig = rig_open();
    struct rig other = rig_open();
    struct story story;
    const char *receipt = accepted_receipt(&rig, &story);
    char *changed = text_of("%s", receipt);
    changed[strcspn(changed, ".") + 10] ^= 1;
    expect_refused(verify(&rig, changed), "signature is wrong");
    expect_refused(verify(&rig, text_of("%.*s.", (int)(strrchr(receipt, '.') - receipt), receipt)),
                   "signature is wrong");
    expect_refused(verify(&rig, "hello"), "it is no receipt");
    if (!rig_has_redis())
        expect_refused(verify(&other, receipt), "none of the keys");
    const char *empty = file_new(folder_new(), "jwks.json", "{\"keys\":[]}");
    expect_refused(command_run("verify", receipt, "--jwks", empty), "gives no key");
    expect_refused(command_run("verify", receipt, "--jwks", "/nonexistent"), "cannot read");
    expect_refused(command_run("verify", receipt, "--jwks", "http://example.org/jwks"), "is http");
    const char *elsewhere = daemon_url(rig.server, "http", "/nothing");
    expect_refused(command_run("verify", receipt, "--jwks", elsewhere), "status is not 200");
    cr_assert_eq(command_run("verify", receipt).code, 64);
    cr_assert_eq(command_run("verify", "--jwks", empty).code, 64);
}

Test(receipts, name_the_public_url_or_the_program)
{
    struct rig plain = rig_open();
    struct rig named = rig_open_set("http.public_url=" ISSUER);
    struct story story;
    const cJSON *claims = claims_of(&plain, accepted_receipt(&plain, &story));
    cr_assert_str_eq(json_text_at(claims, "iss"), "livenessd");
    cr_assert_str_eq(json_text_at(claims, "aud"), "livenessd");
    claims = claims_of(&named, accepted_receipt(&named, &story));
    cr_assert_str_eq(json_text_at(claims, "iss"), ISSUER);
    cr_assert_str_eq(json_text_at(claims, "aud"), ISSUER);
}
