/*
 * The audit trail as operators read it: who did what, in order, and nothing that names anybody.
 */
#include "support/replicas.h"

#include <criterion/criterion.h>
#include <string.h>

#define OPERATOR "Authorization: Bearer token-operator"
#define DELEGATE "Authorization: Bearer token-delegate"
#define APP      "Ocp-Apim-Subscription-Key: token-app"

static struct rig rig_with_operator(const char *one)
{
    return rig_open_set("auth.mode=anonymous,app_token",
                        text_of("auth.app_tokens=%s,%s,%s",
                                app_token_entry("ops", "token-operator", "liveness:operate"),
                                app_token_entry("dele", "token-delegate", "liveness:delegate"),
                                app_token_entry("app", "token-app", NULL)),
                        one);
}

static const char *url(const struct rig *rig, const char *path)
{
    return daemon_url(rig->server, "http", path);
}

static const struct http_answer *trail(const struct rig *rig, const char *query)
{
    return expect_status(http_do("GET", url(rig, text_of("/api/audit%s", query)), NULL, OPERATOR),
                         200);
}

static int size_of(const struct http_answer *answer)
{
    return cJSON_GetArraySize(cJSON_GetObjectItem(answer->json, "entries"));
}

static const char *member(const struct http_answer *answer, int entry, const char *name)
{
    return json_text_at(answer->json, text_of("entries[%d].%s", entry, name));
}

/* "created completed …" */
static const char *actions(const struct http_answer *answer)
{
    const char *all = "";
    for (int i = 0; i < size_of(answer); i++)
        all = text_of("%s%s%s", all, i > 0 ? " " : "", member(answer, i, "action"));
    return all;
}

/* Entries that no record waits for come a moment later. */
#define expect_actions(rig, query, words)                                                          \
    expect_soon(strcmp(actions(trail(rig, query)), (words)) == 0)

static const char *of(const struct story *story)
{
    return text_of("?session=%s", story->id);
}

static struct story begin(const struct rig *rig, const char *owner)
{
    const struct http_answer *created =
        expect_status(http_do("POST", url(rig, SESSIONS_PATH), PLAIN_CREATE, owner), 200);
    return (struct story){.id = json_text_at(created->json, "sessionId"),
                          .auth_token = json_text_at(created->json, "authToken"),
                          .owner = owner};
}

Test(audit, tells_the_story_of_a_session)
{
    struct rig rig = rig_with_operator(NULL);
    struct story story = story_begin(&rig);
    play_device(&rig, story.auth_token, SAW_REAL);
    expect_verdict(story_complete(&rig, &story, "{}"), "live", true);
    expect_actions(&rig, of(&story), "created completed settled read deletion_recorded");
    expect_status(story_get(&rig, &story), 200);
    expect_status(http_do("GET", story_url(&rig, &story, ""), NULL, OPERATOR), 200);
    expect_status(story_delete(&rig, &story), 204);
    expect_actions(&rig, of(&story),
                   "created completed settled read deletion_recorded read deleted");
    const struct http_answer *answer = trail(&rig, of(&story));
    cr_expect_str_eq(member(answer, 0, "caller"), "device");
    cr_expect_str_eq(member(answer, 0, "session"), story.id);
    cr_expect_str_eq(member(answer, 0, "kind"), "detectLiveness");
    cr_expect_str_eq(member(answer, 2, "caller"), "server");
    cr_expect_str_eq(member(answer, 2, "outcome"), "live");
    cr_expect(json_bool_at(answer->json, "entries[2].accepted"));
    cr_expect_str_eq(member(answer, 4, "outcome"), "deleted");
    cr_expect_str_eq(member(answer, 5, "caller"), "operator");
    cr_expect_str_eq(member(answer, 6, "subject"), member(answer, 0, "subject"));
    cr_expect_str_neq(member(answer, 5, "subject"), member(answer, 0, "subject"));
}

Test(audit, tells_who_made_and_read_what_for_whom)
{
    struct rig rig = rig_with_operator(NULL);
    struct story story = begin(&rig, APP);
    expect_status(http_do("GET", story_url(&rig, &story, ""), NULL, APP), 200);
    expect_actions(&rig, of(&story), "created"); /* an owner may poll: only verdicts count */
    const struct http_answer *answer = trail(&rig, of(&story));
    cr_expect_str_eq(member(answer, 0, "caller"), "app_token");
    cr_expect_null(json_find(answer->json, "entries[0].owner"));

    const struct http_answer *created = expect_status(
        http_do("POST", url(&rig, SESSIONS_PATH),
                "{\"livenessOperationMode\":\"Passive\",\"ownerSubject\":\"app:app\"}", DELEGATE),
        200);
    struct story other = {.id = json_text_at(created->json, "sessionId"), .owner = APP};
    for (int i = 0; i < 3; i++)
        expect_status(http_do("GET", story_url(&rig, &other, ""), NULL, DELEGATE), 200);
    expect_actions(&rig, of(&other), "created read"); /* once a minute while there is no verdict */
    const struct http_answer *delegated = trail(&rig, of(&other));
    cr_expect_str_eq(member(delegated, 0, "caller"), "delegate");
    cr_expect_str_eq(member(delegated, 0, "owner"), member(answer, 0, "subject"));
    cr_expect_str_eq(member(delegated, 1, "subject"), member(delegated, 0, "subject"));
}

Test(audit, tells_what_operators_do)
{
    struct rig rig = rig_with_operator(NULL);
    struct story story = begin(&rig, APP);
    play_device(&rig, story.auth_token, SAW_REAL);
    expect_verdict(story_get(&rig, &story), "live", true);
    expect_status(http_do("GET", story_url(&rig, &story, "/audit"), NULL, OPERATOR), 200);
    expect_status(http_do("GET", url(&rig, SESSIONS_PATH), NULL, OPERATOR), 200);
    expect_soon(strstr(actions(trail(&rig, "")), "listed"));
    cr_expect_not_null(strstr(actions(trail(&rig, "")), "attempts_read"));
    expect_soon(strstr(actions(trail(&rig, "")), "trail_read"));
}

/* ---- refusals ---- */

Test(audit, tells_what_was_refused)
{
    struct rig rig = rig_with_operator(NULL);
    struct story story = story_begin(&rig);
    struct story stranger = {.id = story.id, .owner = APP};
    for (int i = 0; i < 5; i++)
        expect_status(story_get(&rig, &stranger), 404);
    expect_status(story_complete(&rig, &stranger, "{}"), 404);
    expect_status(http_do("POST", story_url(&rig, &story, "/completion"), "{}", OPERATOR), 403);
    expect_actions(&rig, of(&story), "created refused refused");
    const struct http_answer *answer = trail(&rig, of(&story));
    cr_expect_str_eq(member(answer, 1, "code"), "SessionNotFound");
    cr_expect_str_eq(member(answer, 1, "caller"), "app_token");
    cr_expect_str_neq(member(answer, 1, "subject"), member(answer, 0, "subject"));
    cr_expect_str_eq(member(answer, 2, "code"), "Forbidden");
    cr_expect_str_eq(member(answer, 2, "caller"), "operator");
    cr_expect_geq(metric_value(&rig, "livenessd_audit_suppressed_total"), 5);
}

Test(audit, sums_up_wrong_credentials)
{
    struct rig rig = rig_with_operator(NULL);
    for (int i = 0; i < 20; i++)
        expect_status(http_do("GET", url(&rig, SESSIONS_PATH), NULL, "Authorization: Bearer wrong"),
                      401);
    expect_soon(strncmp(actions(trail(&rig, "")), "refused", 7) == 0);
    const struct http_answer *answer = trail(&rig, "?top=1");
    cr_expect_str_eq(member(answer, 0, "caller"), "unknown");
    cr_expect_str_eq(member(answer, 0, "code"), "NotAuthenticated");
    cr_expect_str_not_empty(member(answer, 0, "subject"));
    cr_expect_null(strstr(actions(trail(&rig, "")), "refused refused"));
    cr_expect_geq(metric_value(&rig, "livenessd_audit_suppressed_total"), 19);
}

Test(audit, is_for_operators)
{
    struct rig rig = rig_with_operator(NULL);
    expect_status(http_do("GET", url(&rig, "/api/audit"), NULL), 401);
    expect_status(http_do("GET", url(&rig, "/api/audit"), NULL, APP), 403);
    expect_status(http_do("GET", url(&rig, "/api/audit"), NULL, DELEGATE), 403);
    static const char *const wrong[] = {"?top=0", "?top=1001", "?session=x", "?session=1234"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        expect_status(http_do("GET", url(&rig, text_of("/api/audit%s", wrong[i])), NULL, OPERATOR),
                      400);
}

/* ---- pages ---- */

Test(audit, is_read_a_page_at_a_time)
{
    struct rig rig = rig_with_operator(NULL);
    for (int i = 0; i < 5; i++)
        (void)begin(&rig, APP);
    const char *start = "";
    const char *seen = "";
    for (int i = 0; i < 5; i++) {
        const struct http_answer *page = trail(&rig, text_of("?top=1&start=%s", start));
        cr_assert_eq(size_of(page), 1);
        cr_expect_str_eq(member(page, 0, "action"), "created");
        cr_expect_gt(strcmp(member(page, 0, "id"), start), 0);
        cr_expect_null(strstr(seen, member(page, 0, "session")));
        start = member(page, 0, "id");
        seen = text_of("%s %s", seen, member(page, 0, "session"));
    }
}

/* ---- what it does not tell ---- */

Test(audit, names_nobody)
{
    struct rig rig = rig_with_operator(NULL);
    const struct http_answer *created =
        expect_status(http_do("POST", url(&rig, SESSIONS_PATH),
                              "{\"livenessOperationMode\":\"Passive\",\"deviceCorrelationId\":"
                              "\"raw-device-of-anna\",\"userCorrelationId\":\"anna@example.com\"}",
                              APP),
                      200);
    struct story story = {.id = json_text_at(created->json, "sessionId"),
                          .auth_token = json_text_at(created->json, "authToken"),
                          .owner = APP};
    const struct http_answer *alive =
        http_do("GET", daemon_url(rig.emulator, "emulator", "/emulator/sessions"));
    const char *upstream_id = json_text_at(alive->json, "sessions[0].sessionId");
    const char *correlation = json_text_at(alive->json, "sessions[0].deviceCorrelationId");
    const char *digest = play_device(&rig, story.auth_token, SAW_REAL);
    expect_verdict(story_complete(&rig, &story, digest_body(digest)), "live", true);
    expect_status(http_do("GET", story_url(&rig, &story, ""), NULL, "X-Device-Token: x"), 401);
    expect_actions(&rig, of(&story), "created completed settled read deletion_recorded");
    const char *body = trail(&rig, "")->body;
    const char *const secrets[] = {"anna",      "raw-device", "token-",  "127.0.0",
                                   upstream_id, correlation,  digest,    story.auth_token,
                                   "app:",      "\"ops\"",    "\"app\"", UPSTREAM_KEY};
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        cr_expect_null(strstr(body, secrets[i]), "%s", secrets[i]);
}

/* ---- what lasts ---- */

Test(audit, has_the_receipt_of_a_deletion)
{
    struct rig rig = rig_with_operator(NULL);
    struct story story = story_begin(&rig);
    expect_status(story_delete(&rig, &story), 204);
    expect_actions(&rig, of(&story), "created deleted deletion_recorded");
    cr_expect_gt(strlen(member(trail(&rig, of(&story)), 2, "receipt")), 100);
}

Test(audit, outlives_a_restart)
{
    struct rig rig = rig_with_operator(NULL);
    struct story story = story_begin(&rig);
    play_device(&rig, story.auth_token, SAW_REAL);
    expect_verdict(story_get(&rig, &story), "live", true);
    expect_actions(&rig, of(&story), "created settled read deletion_recorded");
    daemon_stop(rig.server);
    daemon_restart(rig.server);
    expect_actions(&rig, of(&story), "created settled read deletion_recorded");
}

/* Whatever the store has of a session it also has the entry of. */
Test(audit, has_all_that_the_store_has_after_a_kill)
{
    struct rig rig = rig_with_operator(NULL);
    struct story stories[4];
    for (int i = 0; i < 4; i++) {
        stories[i] = story_begin(&rig);
        play_device(&rig, stories[i].auth_token, SAW_REAL);
        expect_verdict(story_complete(&rig, &stories[i], "{}"), "live", true);
    }
    expect_status(story_delete(&rig, &stories[3]), 204);
    daemon_kill(rig.server);
    daemon_restart(rig.server);
    for (int i = 0; i < 4; i++) {
        const char *all = actions(trail(&rig, of(&stories[i])));
        cr_expect_eq(strncmp(all, "created completed settled", 25), 0, "%s", all);
        expect_soon(strstr(actions(trail(&rig, of(&stories[i]))), "deletion_recorded"));
    }
    cr_expect_not_null(strstr(actions(trail(&rig, of(&stories[3]))), "deleted"));
}

/* The operator was told that it is done. */
Test(audit, has_a_reset_after_a_kill)
{
    struct rig rig = rig_with_operator(NULL);
    (void)story_begin(&rig);
    const struct http_answer *list =
        expect_status(http_do("GET", url(&rig, SESSIONS_PATH), NULL, OPERATOR), 200);
    const char *path =
        text_of("/api/devices/%s/reset", json_text_at(list->json, "[0].deviceCorrelationId"));
    expect_status(http_do("POST", url(&rig, path), "{\"reason\":\"looked at\"}", OPERATOR), 204);
    daemon_kill(rig.server);
    daemon_restart(rig.server);
    cr_expect_not_null(strstr(actions(trail(&rig, "")), "reset"));
}

Test(audit, is_kept_for_as_long_as_is_said)
{
    enum { HOUR_MS = 3600 * 1000 };
    struct sync_control *sync = sync_control_new();
    const struct rig_options options = {
        .sync = sync,
        .settings = {"auth.mode=anonymous,app_token", "retention.audit=1h",
                     text_of("auth.app_tokens=%s",
                             app_token_entry("ops", "token-operator", "liveness:operate"))}};
    struct rig rig = rig_open_with(&options);
    struct story old = story_begin(&rig);
    expect_status(story_delete(&rig, &old), 204);
    expect_actions(&rig, of(&old), "created deleted deletion_recorded");
    sync_advance_clock(sync, HOUR_MS / 2);
    struct story young = story_begin(&rig);
    expect_actions(&rig, of(&young), "created");
    sync_advance_clock(sync, HOUR_MS / 2 + 1000);
    expect_soon(size_of(trail(&rig, of(&old))) == 0);
    cr_expect_eq(strncmp(actions(trail(&rig, of(&young))), "created", 7), 0);
}

Test(audit, is_one_for_all_replicas, .timeout = 120)
{
    struct replicas both =
        replicas_open_set("auth.mode=anonymous,app_token",
                          text_of("auth.app_tokens=%s",
                                  app_token_entry("ops", "token-operator", "liveness:operate")));
    struct story story = story_begin(&both.one);
    play_device(&both.one, story.auth_token, SAW_REAL);
    expect_verdict(story_complete(&both.other, &story, "{}"), "live", true);
    static const char whole[] = "created completed settled read deletion_recorded";
    expect_actions(&both.one, of(&story), whole);
    expect_actions(&both.other, of(&story), whole);
    cr_expect_str_eq(member(trail(&both.one, of(&story)), 0, "subject"),
                     member(trail(&both.other, of(&story)), 1, "subject"));
}
