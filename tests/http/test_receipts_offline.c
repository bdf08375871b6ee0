/*
 * Receipts as others check them: a backend in Python, by an independent library and with the very
 * lines that the README shows; and deletion receipts as operators find them in the audit trail.
 */
#include "base/crypto.h"
#include "support/command.h"
#include "support/log_lines.h"
#include "support/process.h"
#include "support/rig.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define ISSUER    "https://liveness.example.org"
#define JWKS_PATH "/.well-known/jwks.json"

/* Runs any program to its end. */
static struct finished run_program(const char *const *words)
{
    static const char *const direct[] = {"no_proxy=*", NULL};
    struct finished finished = {0};
    char *copies[16] = {NULL};
    for (size_t i = 0; words[i]; i++)
        copies[i] = text_of("%s", words[i]);
    char **environment = process_environment(direct);
    int output = -1;
    int errors = -1;
    int status = 0;
    pid_t pid = process_start(copies, environment, &output, &errors);
    finished.output = process_read_all(output);
    finished.errors = process_read_all(errors);
    words_free(environment);
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    finished.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
    return finished;
}

#define run(...) run_program((const char *const[]){__VA_ARGS__, NULL})

/* What the README says a backend runs, but for where the keys are. */
static const char *readme_check(const struct rig *rig)
{
    static const char begin[] = "```python\n";
    static const char place[] = ISSUER JWKS_PATH;
    const char *readme = source_text("README.md");
    const char *code = strstr(readme, begin);
    cr_assert_not_null(code);
    code = text_of("%.*s", (int)(strstr(code, "\n```\n") - code - (long)strlen(begin)),
                   code + strlen(begin));
    const char *url = strstr(code, place);
    cr_assert_not_null(url, "%s", code);
    return file_new(folder_new(), "check.py",
                    text_of("%.*s%s%s\n", (int)(url - code), code,
                            daemon_url(rig->server, "http", JWKS_PATH), url + strlen(place)));
}

static struct rig open_bank(void)
{
    return rig_open_set("receipt.issuer=" ISSUER, "receipt.audience=bank", "receipt.lifetime=10m");
}

static const char *receipt_of(const struct rig *rig, const char *saw)
{
    struct story story = story_begin(rig);
    const char *digest = play_device(rig, story.auth_token, saw);
    const char *body = text_of("{\"digest\":\"%s\",\"transactionId\":\"order-17\"}", digest);
    const struct http_answer *answer = expect_status(story_complete(rig, &story, body), 200);
    return json_text_at(answer->json, "verdict.receipt");
}

static void expect_refused(struct finished finished, const char *why)
{
    cr_assert_neq(finished.code, 0, "%s", finished.output);
    cr_assert_str_empty(finished.output);
    cr_assert_not_null(strstr(finished.errors, why), "'%s' expected in: %s", why, finished.errors);
}

Test(receipts_offline, pass_a_backend_in_python_as_the_readme_has_it)
{
    struct rig rig = open_bank();
    const char *check = readme_check(&rig);
    const char *receipt = receipt_of(&rig, SAW_REAL);
    struct finished finished = run("/usr/bin/python3", check, receipt, "order-17");
    cr_assert_eq(finished.code, 0, "%s", finished.errors);
    cr_assert_eq(strlen(finished.output), 37, "a session's id: %s", finished.output);
    expect_refused(run("/usr/bin/python3", check, receipt, "order-18"), "another transaction");
    const char *no = receipt_of(&rig, SAW_SPOOF);
    expect_refused(run("/usr/bin/python3", check, no, "order-17"), "not accepted");
}

/* The same receipt, but for one piece of its claims. */
static const char *with_claim(const char *receipt, const char *old, const char *new)
{
    CLEANUP(buf) struct buf claims;
    CLEANUP(buf) struct buf changed;
    const char *payload = strchr(receipt, '.') + 1;
    const char *signature = strrchr(receipt, '.');
    struct slice part = {payload, (size_t)(signature - payload)};
    buf_init(&claims, 8192);
    buf_init(&changed, 8192);
    cr_assert_eq(base64url_decode(part, &claims), 0);
    const char *place = strstr(claims.data, old);
    cr_assert_not_null(place, "%s", claims.data);
    const char *text =
        text_of("%.*s%s%s", (int)(place - claims.data), claims.data, new, place + strlen(old));
    base64url_encode(text, strlen(text), &changed);
    return text_of("%.*s%s%s", (int)(payload - receipt), receipt, changed.data, signature);
}

Test(receipts_offline, that_were_tampered_with_fail_a_backend_in_python)
{
    struct rig rig = open_bank();
    const char *check = readme_check(&rig);
    const char *no = receipt_of(&rig, SAW_SPOOF);
    const char *yes = with_claim(no, "\"accepted\":false", "\"accepted\":true");
    expect_refused(run("/usr/bin/python3", check, yes, "order-17"),
                   "Signature verification failed");
    const char *receipt = receipt_of(&rig, SAW_REAL);
    const char *mine = with_claim(receipt, "order-17", "order-18");
    expect_refused(run("/usr/bin/python3", check, mine, "order-18"),
                   "Signature verification failed");
}

Test(receipts_offline, of_another_server_fail_a_backend_in_python)
{
    struct rig rig = open_bank();
    struct rig named =
        rig_open_set("receipt.issuer=https://other.example.org", "receipt.audience=bank");
    struct rig meant = rig_open_set("receipt.issuer=" ISSUER, "receipt.audience=shop");
    const char *receipt = receipt_of(&named, SAW_REAL);
    expect_refused(run("/usr/bin/python3", readme_check(&rig), receipt, "order-17"), "kid");
    expect_refused(run("/usr/bin/python3", readme_check(&named), receipt, "order-17"),
                   "InvalidIssuerError");
    receipt = receipt_of(&meant, SAW_REAL);
    expect_refused(run("/usr/bin/python3", readme_check(&meant), receipt, "order-17"),
                   "InvalidAudienceError");
}

Test(receipts_offline, are_checked_by_a_script_that_pipes_them)
{
    struct rig rig = open_bank();
    const char *receipt = receipt_of(&rig, SAW_REAL);
    const char *url = daemon_url(rig.server, "http", JWKS_PATH);
    const char *binary = secure_getenv("LIVENESSD_BINARY");
    static const char script[] = "printf ' %s\\r\\n' \"$1\" | \"$0\" verify - --jwks \"$2\"";
    struct finished finished = run("/bin/sh", "-c", script, binary, receipt, url);
    cr_assert_eq(finished.code, 0, "%s", finished.errors);
    cr_assert_not_null(strstr(finished.output, "\"txn\":\"order-17\""), "%s", finished.output);
    static const char flood[] = "head -c 1000000 /dev/zero | \"$0\" verify - --jwks \"$1\"";
    expect_refused(run("/bin/sh", "-c", flood, binary, url), "it is no receipt");
}

/* ---- deletions ---- */

#define OPERATOR "Authorization: Bearer token-operator"

static struct rig open_watched(void)
{
    return rig_open_set("auth.mode=anonymous,app_token",
                        text_of("auth.app_tokens=%s",
                                app_token_entry("ops", "token-operator", "liveness:operate")));
}

/* What the audit trail has of the session's deletion upstream; NULL: nothing yet. */
static const char *deletion_in_trail(const struct rig *rig, const char *id)
{
    const char *path = text_of("/api/audit?session=%s", id);
    const struct http_answer *trail =
        expect_status(http_do("GET", daemon_url(rig->server, "http", path), NULL, OPERATOR), 200);
    const cJSON *entry = NULL;
    cJSON_ArrayForEach (entry, json_at(trail->json, "entries")) {
        if (strcmp(json_text_at(entry, "action"), "deletion_recorded") == 0)
            return json_text_at(entry, "receipt");
    }
    return NULL;
}

static void expect_deletion(const struct rig *rig, const char *id, const char *outcome)
{
    expect_soon(deletion_in_trail(rig, id) != NULL);
    const char *url = daemon_url(rig->server, "http", JWKS_PATH);
    const char *receipt = deletion_in_trail(rig, id);
    struct finished finished = command_run("verify", "--deletion", receipt, "--jwks", url);
    cr_assert_eq(finished.code, 0, "%s: %s", receipt, finished.errors);
    const cJSON *claims = cJSON_GetArrayItem(json_lines(finished.output), 0);
    cr_assert_str_eq(json_text_at(claims, "sid"), id);
    cr_assert_str_eq(json_text_at(claims, "outcome"), outcome);
    cr_assert_geq(json_number_at(claims, "deleted_at"), json_number_at(claims, "created_at"));
    cr_assert_eq(command_run("verify", receipt, "--jwks", url).code, 1, "it is no other receipt");
}

Test(receipts_offline, of_deletions_are_made_when_upstream_has_answered)
{
    struct rig rig = open_watched();
    struct story story = story_begin(&rig);
    const char *digest = play_device(&rig, story.auth_token, SAW_REAL);
    emulator_fault(&rig, "{\"route\":\"delete\",\"status\":500}");
    expect_verdict(story_complete(&rig, &story, digest_body(digest)), "live", true);
    expect_soon(emulator_calls(&rig, "DELETE", "/face/") > 0);
    cr_assert_null(deletion_in_trail(&rig, story.id));
    emulator_faults_clear(&rig);
    expect_deletion(&rig, story.id, "deleted");
}

Test(receipts_offline, of_deletions_say_when_it_was_gone_already)
{
    struct rig rig = open_watched();
    struct story story = story_begin(&rig);
    emulator_fault(&rig, "{\"route\":\"delete\",\"status\":404}");
    expect_status(story_delete(&rig, &story), 204);
    expect_deletion(&rig, story.id, "not_found");
}

Test(receipts_offline, of_deletions_outlive_the_key_that_signed_them)
{
    struct rig rig = open_watched();
    struct story story = story_begin(&rig);
    expect_status(story_delete(&rig, &story), 204);
    expect_soon(deletion_in_trail(&rig, story.id) != NULL);
    for (int step = 0; step < 2; step++)
        cr_assert_eq(
            command_run("keygen", "--dir", text_of("%s", rig.keys), "--rotate", "receipt", "--now")
                .code,
            0);
    daemon_stop(rig.server);
    daemon_restart(rig.server);
    expect_deletion(&rig, story.id, "deleted");
}
