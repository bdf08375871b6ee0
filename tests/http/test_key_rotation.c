/*
 * Keys are exchanged while clients go on: what was made with the old ones still holds, at every
 * step, at replicas that are a step apart, until the operator deletes an old key.
 */
#include "support/command.h"
#include "support/repeating.h"
#include "support/replicas.h"
#include "support/tokens.h"

#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

TestSuite(key_rotation, .timeout = 240);

#define APP      "Ocp-Apim-Subscription-Key: token-app"
#define OPERATOR "Authorization: Bearer token-operator"

static const char *tokens(void)
{
    return text_of("auth.app_tokens=%s,%s",
                   app_token_entry("ops", "token-operator", "liveness:operate"),
                   app_token_entry("app", "token-app", NULL));
}

static void rotate(const struct rig *rig, const char *key)
{
    struct finished step = command_run("keygen", "--dir", rig->keys, "--rotate", key);
    cr_assert_eq(step.code, 0, "%s", step.errors);
}

static void restart(const struct rig *rig)
{
    daemon_stop(rig->server);
    daemon_restart(rig->server);
}

static const struct http_answer *create(const struct rig *rig, const char *owner, const char *key)
{
    return http_do("POST", daemon_url(rig->server, "http", SESSIONS_PATH), PLAIN_CREATE, owner,
                   key);
}

/* What upstream was told with the newest of its sessions. */
static const char *told_upstream(const struct rig *rig)
{
    const struct http_answer *upstream =
        http_do("GET", daemon_url(rig->emulator, "emulator", "/emulator/sessions"));
    int count = cJSON_GetArraySize(json_at(upstream->json, "sessions"));
    return json_text_at(upstream->json, text_of("sessions[%d].deviceCorrelationId", count - 1));
}

#define REPEAT "Idempotency-Key: the same again"

Test(key_rotation, what_was_made_with_old_keys_holds)
{
    static const char *const keys[] = {"device", "seal"};
    struct rig rig = rig_open_set("auth.mode=anonymous,app_token", tokens());
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *device = new_device(&rig);
        const struct http_answer *first = expect_status(create(&rig, device, REPEAT), 200);
        const char *id = told_upstream(&rig);
        struct story story = {.id = json_text_at(first->json, "sessionId"),
                              .auth_token = json_text_at(first->json, "authToken"),
                              .owner = device};
        expect_verdict(story_complete(&rig, &story, digest_body("early")), "pending", false);
        for (int step = 0; step < 2; step++) {
            rotate(&rig, keys[i]);
            restart(&rig);
            expect_verdict(story_complete(&rig, &story, digest_body("early")), "pending", false);
            expect_error(story_complete(&rig, &story, digest_body("another")), 409,
                         "CompletionConflict");
            const struct http_answer *again = expect_status(create(&rig, device, REPEAT), 200);
            cr_assert_str_eq(json_text_at(again->json, "authToken"), story.auth_token);
            cr_assert_str_eq(json_text_at(again->json, "sessionId"), story.id);
            expect_status(create(&rig, device, NULL), 200);
            cr_assert_str_eq(told_upstream(&rig), id, "%s", keys[i]);
        }
        expect_status(create(&rig, new_device(&rig), REPEAT), 200);
        cr_assert_eq(unlink(text_of("%s/%s.old.key", rig.keys, keys[i])), 0);
        restart(&rig);
        int gone = strcmp(keys[i], "device") == 0 ? 401 : 404;
        expect_status(story_get(&rig, &story), gone);
    }
}

/* ---- who is known by what others vouch for ---- */

#define OPERATE ",\"scope\":\"liveness:operate\""

static struct story begin(const struct rig *rig, const char *owner)
{
    static const char *const body =
        "{\"livenessOperationMode\":\"Passive\",\"deviceCorrelationId\":\"phone-of-ann\"}";
    const struct http_answer *created = expect_status(
        http_do("POST", daemon_url(rig->server, "http", SESSIONS_PATH), body, owner), 200);
    return (struct story){.id = json_text_at(created->json, "sessionId"),
                          .auth_token = json_text_at(created->json, "authToken"),
                          .owner = owner};
}

static bool lists(const struct rig *rig, const char *asker, const struct story *story)
{
    const struct http_answer *list = expect_status(
        http_do("GET", daemon_url(rig->server, "http", SESSIONS_PATH), NULL, asker), 200);
    return strstr(list->body, story->id) != NULL;
}

/* Two sessions of each owner, told upstream under one id; `strange` is of another one. */
static void expect_as_ever(const struct rig *rig, const struct story *story, const char *id,
                           const char *asker, const char *strange)
{
    struct story foreign = *story;
    foreign.owner = strange;
    expect_verdict(story_get(rig, story), "pending", false);
    expect_error(story_get(rig, &foreign), 404, "SessionNotFound");
    cr_expect(lists(rig, asker, story));
    (void)begin(rig, story->owner);
    cr_expect_str_eq(told_upstream(rig), id);
}

/* Every key is exchanged that says whose a session is. */
static void rotate_under(const struct rig *rig, const char *owner, const char *asker,
                         const char *strange)
{
    static const char *const keys[] = {"device", "seal"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct story story = begin(rig, owner);
        const char *id = told_upstream(rig);
        for (int step = 0; step < 2; step++) {
            rotate(rig, keys[i]);
            restart(rig);
            expect_as_ever(rig, &story, id, asker, strange);
        }
        const char *digest = play_device(rig, story.auth_token, SAW_REAL);
        expect_verdict(story_complete(rig, &story, digest_body(digest)), "live", true);
        cr_assert_eq(unlink(text_of("%s/%s.old.key", rig->keys, keys[i])), 0);
    }
}

Test(key_rotation, users_keep_their_sessions_and_ids)
{
    struct identities it = identities_open();
    rotate_under(&it.rig, corp_bearer(&it, "ann", ""), corp_bearer(&it, "ops", OPERATE),
                 corp_bearer(&it, "ann", ",\"tid\":\"zenith\""));
}

Test(key_rotation, apps_keep_their_sessions_and_ids)
{
    struct identities it = identities_open();
    rotate_under(&it.rig, "Ocp-Apim-Subscription-Key: tok", "Authorization: Bearer ops",
                 shop_bearer(&it, "tok", ""));
}

static const cJSON *trail(const struct rig *rig, const char *asker, const char *query)
{
    const char *path = text_of("/api/audit?%s", query);
    const struct http_answer *answer =
        expect_status(http_do("GET", daemon_url(rig->server, "http", path), NULL, asker), 200);
    return json_at(answer->json, "entries");
}

/* In order, whole and a page at a time; the first entry of this session is among it. */
static void expect_trail(const struct rig *rig, const char *asker, const struct story *story)
{
    const cJSON *of_it = trail(rig, asker, text_of("session=%s", story->id));
    const cJSON *whole = trail(rig, asker, "");
    const cJSON *entry = NULL;
    const char *before = "";
    cr_assert_str_eq(json_text_at(of_it, "[0].action"), "created");
    cr_assert_gt(cJSON_GetArraySize(whole), 2);
    cJSON_ArrayForEach (entry, whole) {
        const cJSON *page = trail(rig, asker, text_of("top=1&start=%s", before));
        cr_assert_eq(cJSON_GetArraySize(page), 1);
        cr_assert_gt(strcmp(json_text_at(entry, "id"), before), 0);
        before = json_text_at(entry, "id");
        cr_assert_str_eq(json_text_at(page, "[0].id"), before);
    }
}

/* A tenant is known by a hash under this key: its operators see what was made before. */
Test(key_rotation, tenants_keep_their_sessions_under_another_correlation_key)
{
    struct identities it = identities_open();
    const struct rig *rig = &it.rig;
    struct story story = begin(rig, corp_bearer(&it, "ann", ""));
    struct story operators = story;
    operators.owner = corp_bearer(&it, "ops", OPERATE);
    for (int step = 0; step < 2; step++) {
        rotate(rig, "correlation");
        restart(rig);
        expect_verdict(story_get(rig, &story), "pending", false);
        expect_verdict(story_get(rig, &operators), "pending", false);
        expect_trail(rig, operators.owner, &story);
        operators.owner = corp_bearer(&it, "ops", ",\"tid\":\"zenith\"" OPERATE);
        expect_error(story_get(rig, &operators), 404, "SessionNotFound");
        operators.owner = corp_bearer(&it, "ops", OPERATE);
    }
}

Test(key_rotation, digests_are_compared_under_the_key_of_their_time)
{
    struct rig rig = rig_open();
    struct story right = story_begin(&rig);
    struct story wrong = story_begin(&rig);
    const char *digest = play_device(&rig, right.auth_token, SAW_REAL);
    (void)play_device(&rig, wrong.auth_token, SAW_REAL);
    expect_verdict(story_get(&rig, &right), "live", true);
    expect_verdict(story_get(&rig, &wrong), "live", true);
    rotate(&rig, "seal");
    rotate(&rig, "seal");
    restart(&rig);
    expect_verdict(story_complete(&rig, &right, digest_body(digest)), "live", true);
    expect_verdict(story_complete(&rig, &wrong, digest_body("another")), "compromised", false);
}

Test(key_rotation, replicas_may_be_a_step_apart)
{
    struct replicas both = replicas_open();
    for (int step = 0; step < 2; step++) {
        rotate(&both.one, "device");
        restart(&both.other);
        const char *here = new_device(&both.one);
        const char *there = new_device(&both.other);
        struct story story = story_begin(&both.one);
        if (step > 0) { /* the first step teaches a replica nothing before its restart */
            story.owner = there;
            const struct http_answer *created =
                expect_status(create(&both.other, there, NULL), 200);
            story.id = json_text_at(created->json, "sessionId");
            expect_verdict(story_get(&both.one, &story), "pending", false);
        }
        expect_status(create(&both.other, here, NULL), 200);
        restart(&both.one);
        expect_status(create(&both.one, here, NULL), 200);
        expect_status(create(&both.one, there, NULL), 200);
    }
}

Test(key_rotation, another_correlation_key_gives_devices_other_ids_but_forgets_no_reset)
{
    struct rig rig = rig_open_set("auth.mode=anonymous,app_token", tokens());
    const char *stolen = new_device(&rig);
    const char *device = new_device(&rig);
    expect_status(create(&rig, stolen, NULL), 200);
    const char *path = text_of("/api/devices/%s/reset", told_upstream(&rig));
    expect_status(
        http_do("POST", daemon_url(rig.server, "http", path), "{\"reason\":\"stolen\"}", OPERATOR),
        204);
    expect_status(create(&rig, device, NULL), 200);
    const char *id = told_upstream(&rig);
    rotate(&rig, "correlation");
    rotate(&rig, "correlation");
    restart(&rig);
    const struct http_answer *known = expect_status(create(&rig, device, NULL), 200);
    cr_assert_null(answer_header(known, "x-device-token"));
    cr_assert_str_neq(told_upstream(&rig), id);
    const struct http_answer *unknown = expect_status(create(&rig, stolen, NULL), 200);
    cr_assert_not_null(answer_header(unknown, "x-device-token"), "a new device");
}

Test(key_rotation, takes_one_key_at_a_time_and_names_what_is_in_the_way)
{
    struct rig rig = rig_open();
    rotate(&rig, "seal");
    struct finished other = command_run("keygen", "--dir", rig.keys, "--rotate", "device");
    cr_assert_eq(other.code, 1);
    cr_assert_not_null(strstr(other.errors, "seal.next.key"), "%s", other.errors);
    rotate(&rig, "seal");
    struct finished again = command_run("keygen", "--dir", rig.keys, "--rotate", "seal");
    cr_assert_eq(again.code, 1);
    cr_assert_not_null(strstr(again.errors, "seal.old.key is there: delete it first"), "%s",
                       again.errors);
    struct finished unknown = command_run("keygen", "--dir", rig.keys, "--rotate", "door");
    cr_assert_eq(unknown.code, 1);
    cr_assert_not_null(strstr(unknown.errors, "device, correlation or seal"));
}
