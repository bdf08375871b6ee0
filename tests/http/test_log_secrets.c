/*
 * One story with everything in it: every route, every kind of caller, what goes well and what does
 * not. Nothing that was secret or that names somebody is in the log, the metrics, the status or the
 * store afterwards.
 */
#include "support/command.h"
#include "support/form.h"
#include "support/tokens.h"
#include "support/web_sample.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(log_secrets, .timeout = 180);

#define OPERATE     ",\"scope\":\"liveness:operate\""
#define DELEGATES   ",\"scope\":\"liveness:delegate\""
#define PERSONAL    ",\"email\":\"seeded@mail.example\",\"name\":\"Seeded Name\""
#define ADDRESS     "203.0.113.77"
#define FROM        "X-Forwarded-For: 203.0.113.77"
#define FROM_6      "X-Forwarded-For: 2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff"
#define OPERATOR    "Authorization: Bearer ops"
#define TRANSACTION "order-4711"
#define KEY         "Idempotency-Key: seeded-idempotency-key"

enum { SECRETS_MAX = 32 };

struct secrets {
    const char *texts[SECRETS_MAX];
    size_t count;
};

struct tale {
    struct identities it;
    struct secrets hidden;     /* from everybody */
    struct secrets unlogged;   /* the store knows them, for it has to */
    const char *user, *device; /* headers of those whose sessions they are */
};

static void add(struct secrets *secrets, const char *text)
{
    cr_assert_not_null(text);
    cr_assert_gt(strlen(text), 3);
    cr_assert_lt(secrets->count, SECRETS_MAX);
    secrets->texts[secrets->count++] = text;
}

static const char *url(const struct tale *tale, const char *path)
{
    return daemon_url(tale->it.rig.server, "http", path);
}

static struct story story_of(struct tale *tale, const struct http_answer *created,
                             const char *owner)
{
    expect_status(created, 200);
    struct story story = {.id = json_text_at(created->json, "sessionId"),
                          .auth_token = json_text_at(created->json, "authToken"),
                          .owner = owner};
    add(&tale->hidden, story.auth_token);
    return story;
}

/* ---- what goes well ---- */

static struct story user_creates(struct tale *tale)
{
    static const char *const body =
        "{\"livenessOperationMode\":\"Passive\",\"transactionId\":\"" TRANSACTION "\","
        "\"deviceCorrelationId\":\"seeded-device\",\"userCorrelationId\":\"seeded-user\"}";
    const char *all = url(tale, SESSIONS_PATH);
    const struct http_answer *created =
        http_do("POST", all, body, tale->user, KEY, FROM, "Origin: https://app.example",
                "User-Agent: seeded-agent");
    expect_status(http_do("POST", all, body, tale->user, KEY, FROM_6), 200);
    return story_of(tale, created, tale->user);
}

static void user_is_checked(struct tale *tale, const struct story *story)
{
    const struct rig *rig = &tale->it.rig;
    const char *digest = play_device(rig, story->auth_token, SAW_REAL);
    const char *completion = text_of("{\"digest\":\"%s\",\"resultId\":\"seeded-result\","
                                     "\"transactionId\":\"" TRANSACTION "\"}",
                                     digest);
    const struct http_answer *answer = story_complete(rig, story, completion);
    expect_verdict(answer, "live", true);
    expect_status(story_complete(rig, story, "{\"digest\":\"seeded-digest\"}"), 409);
    add(&tale->hidden, digest);
    add(&tale->unlogged, json_text_at(answer->json, "verdict.receipt"));
    add(&tale->unlogged, TRANSACTION);
}

static void user_brings_a_picture(struct tale *tale)
{
    const struct form_field fields[] = {{"livenessOperationMode", "Passive"},
                                        {"deviceCorrelationId", "seeded-phone"},
                                        {NULL, NULL}};
    const char *const headers[4] = {tale->user};
    struct slice image = slice_of(text_of("\xFF\xD8\xFF\xE0 seeded-image %2000d \xFF\xD9", 1));
    (void)story_of(tale, form_send(url(tale, VERIFY_PATH), form_plain, fields, image, headers),
                   tale->user);
}

/* As the web samples do. */
static void user_has_a_page(struct tale *tale)
{
    const char *const headers[4] = {tale->user};
    struct slice image = slice_of(text_of("\xFF\xD8\xFF\xE0 seeded-image %2000d \xFF\xD9", 2));
    const struct http_answer *created = sample_create(
        &tale->it.rig, "detectLivenessWithVerify",
        "{\"livenessOperationMode\":\"Passive\","
        "\"deviceCorrelationId\":\"seeded-camera\",\"userCorrelationId\":\"seeded-user\"}",
        image, headers);
    struct story story = {.id = json_text_at(created->json, "sessionData.sessionId"),
                          .auth_token = json_text_at(created->json, "sessionData.authToken"),
                          .owner = tale->user};
    add(&tale->hidden, story.auth_token);
    expect_status(sample_result(&tale->it.rig, &story, "detectLiveness"), 200);
    expect_sample_error(sample_result(&tale->it.rig, &story, "seeded-action"), 400, "BadArgument");
    story.id = "seeded-session";
    expect_sample_error(sample_result(&tale->it.rig, &story, "detectLiveness"), 404,
                        "SessionNotFound");
    expect_sample_error(
        sample_create(&tale->it.rig, "seeded-action", "{\"seeded\":1}", image, headers), 400,
        "InvalidRequestBody");
}

static void delegate_creates(struct tale *tale)
{
    const char *desk = corp_bearer(&tale->it, "seeded-desk", DELEGATES);
    const char *body = "{\"livenessOperationMode\":\"Passive\","
                       "\"ownerSubject\":\"jwt:corp:seeded-customer\"}";
    (void)story_of(tale, http_do("POST", url(tale, SESSIONS_PATH), body, desk), desk);
    add(&tale->hidden, strrchr(desk, ' ') + 1);
}

/* An anonymous device that is no living person, and is reset. */
static void device_is_blamed(struct tale *tale)
{
    const struct rig *rig = &tale->it.rig;
    const struct http_answer *known = http_do("POST", url(tale, "/api/devices"));
    tale->device = text_of("X-Device-Token: %s", answer_header(known, "x-device-token"));
    add(&tale->hidden, strchr(tale->device, ' ') + 1);
    add(&tale->hidden,
        json_text_at(http_do("POST", url(tale, "/api/devices"), NULL, tale->device)->json,
                     "deviceId"));
    struct story story = story_of(
        tale, http_do("POST", url(tale, SESSIONS_PATH), PLAIN_CREATE, tale->device), tale->device);
    play_device(rig, story.auth_token, SAW_SPOOF);
    expect_verdict(story_get(rig, &story), "spoof", false);
    const struct http_answer *list =
        expect_status(http_do("GET", url(tale, SESSIONS_PATH), NULL, OPERATOR), 200);
    const char *id = json_text_at(list->json, "[0].deviceCorrelationId");
    add(&tale->unlogged, id);
    expect_status(http_do("POST", url(tale, text_of("/api/devices/%s/reset", id)),
                          "{\"reason\":\"looked at by hand\"}", OPERATOR),
                  204);
    expect_status(story_get(rig, &story), 401);
}

static void operator_looks(struct tale *tale, const struct story *story)
{
    const char *ops = corp_bearer(&tale->it, "seeded-ops", OPERATE PERSONAL);
    const struct http_answer *seen = http_do("GET", story_url(&tale->it.rig, story, ""), NULL, ops);
    const char *image = json_text_at(seen->json, "results.attempts[0].result.sessionImageId");
    const char *const paths[] = {SESSIONS_PATH, "/api/audit",
                                 text_of(SESSIONS_PATH "/%s/audit", story->id),
                                 text_of("/api/sessionImages/%s", image)};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        expect_status(http_do("GET", url(tale, paths[i]), NULL, ops), 200);
    expect_status(http_do("POST", url(tale, "/api/detect"),
                          text_of("{\"sessionImageId\":\"%s\"}", image), ops),
                  200);
    add(&tale->unlogged, image);
    add(&tale->hidden, strrchr(ops, ' ') + 1);
}

/* ---- what does not ---- */

static const char *bearer_with(const struct tale *tale, const char *claims)
{
    return bearer_of(token_of(tale->it.ec, "ES256", header_of("ES256", "e1"), claims));
}

static void strangers_come(struct tale *tale)
{
    const struct signer *forger = key_new("P-256");
    const char *claims = claims_of(CORP, "seeded-forger", ",\"tid\":\"acme\"");
    const char *const wrong[] = {
        "Authorization: Bearer seeded-wrong-token",
        "Authorization: Basic c2VlZGVkOnNlZWRlZA==",
        "Ocp-Apim-Subscription-Key: seeded-wrong-key",
        "X-Device-Token: seeded-device-token",
        "Cookie: livenessd_device=seeded-cookie",
        bearer_of(token_of(forger, "ES256", header_of("ES256", "e1"), claims)),
        bearer_of(token_of(forger, "ES256", header_of("ES256", "seeded-kid"), claims)),
        bearer_with(tale, claims_of("https://seeded.example/", "x", "")),
        bearer_with(tale, "{\"iss\":\"" CORP "\",\"aud\":\"liveness\",\"sub\":\"seeded-late\","
                          "\"iat\":1,\"exp\":2}"),
        bearer_with(tale, text_of("{\"seeded\":\"%09000d\"}", 1)),
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *path = url(tale, SESSIONS_PATH "/01a20114-a636-7761-8409-aec159ed8510");
        expect_status(http_do("GET", path, NULL, wrong[i], FROM), 401);
        if (strlen(wrong[i]) > 40)
            add(&tale->hidden, strrchr(wrong[i], ' ') + 1);
    }
    for (int i = 0; i < 12; i++) /* until they are told to wait */
        (void)http_do("GET", url(tale, "/api/audit"), NULL, wrong[0], FROM);
    expect_soon(metric_sum(&tale->it.rig, "livenessd_limited_total", "failed") > 0);
}

static void everything_goes_wrong(struct tale *tale)
{
    const char *all = url(tale, SESSIONS_PATH);
    const char *cookie = text_of("Cookie: livenessd_device=%s", strchr(tale->device, ' ') + 1);
    expect_status(http_do("POST", all, "{\"seeded-broken", tale->user), 400);
    expect_status(http_do("POST", all, "{\"livenessOperationMode\":\"seeded-mode\"}", tale->user),
                  400);
    expect_status(http_do("GET", url(tale, "/seeded/unknown?seeded=1")), 404);
    expect_status(http_do("GET", text_of("%s/seeded-id?wait=seeded", all), NULL, tale->user), 404);
    expect_status(http_do("GET", url(tale, "/api/audit?start=seeded"), NULL, tale->user), 403);
    (void)http_do("POST", all, PLAIN_CREATE, cookie, "Origin: https://seeded.example");
    (void)http_do("OPTIONS", all, NULL, "Origin: https://seeded.example",
                  "Access-Control-Request-Method: POST");
    emulator_fault(&tale->it.rig, "{\"route\":\"create\",\"status\":500,\"count\":1}");
    expect_status(http_do("POST", all, PLAIN_CREATE, tale->user), 502);
    strangers_come(tale);
}

/* ---- the tale ---- */

static struct tale tell(void)
{
    struct tale tale = {
        .it = identities_open_set("log.level=debug", "cors.origins=https://app.example",
                                  "http.trusted_proxies=127.0.0.1", "limits.enabled=true",
                                  "limits.create_device=60/1h burst 50", "retention.image=1h",
                                  "policy.session_image=always")};
    const struct rig *rig = &tale.it.rig;
    tale.user = corp_bearer(&tale.it, "seeded-subject", PERSONAL);
    struct story story = user_creates(&tale);
    const struct http_answer *upstream =
        http_do("GET", daemon_url(rig->emulator, "emulator", "/emulator/sessions"));
    add(&tale.unlogged, json_text_at(upstream->json, "sessions[0].sessionId"));
    user_is_checked(&tale, &story);
    user_brings_a_picture(&tale);
    user_has_a_page(&tale);
    delegate_creates(&tale);
    device_is_blamed(&tale);
    operator_looks(&tale, &story);
    everything_goes_wrong(&tale);
    expect_status(http_do("GET", story_url(rig, &story, "/events"), NULL, tale.user), 200);
    expect_status(story_delete(rig, &story), 204);
    const char *const more[] = {"seeded",    "Seeded",      strrchr(tale.user, ' ') + 1,
                                ADDRESS,     "aaaa:bbbb:c", HMAC_WORDS,
                                UPSTREAM_KEY};
    for (size_t i = 0; i < sizeof more / sizeof *more; i++)
        add(&tale.hidden, more[i]);
    return tale;
}

static void expect_without(const char *what, const char *text, const struct secrets *secrets)
{
    for (size_t i = 0; i < secrets->count; i++) {
        const char *found = strstr(text, secrets->texts[i]);
        cr_expect_null(found, "%s is in the %s: …%.300s", secrets->texts[i], what,
                       found ? (found - text > 200 ? found - 200 : text) : "");
    }
}

Test(log_secrets, nothing_that_is_secret_or_names_anybody_is_left_anywhere)
{
    struct tale tale = tell();
    const struct rig *rig = &tale.it.rig;
    static const char *const pages[] = {"/metrics", "/status", "/readyz"};
    for (size_t i = 0; i < 3; i++) {
        const char *body = http_do("GET", daemon_url(rig->server, "admin", pages[i]))->body;
        expect_without(pages[i], body, &tale.hidden);
        expect_without(pages[i], body, &tale.unlogged);
    }
    daemon_stop(rig->server);
    const char *log = daemon_log(rig->server);
    expect_without("log", log, &tale.hidden);
    expect_without("log", log, &tale.unlogged);
    cr_expect_not_null(strstr(log, "203.0.113.0"), "the log is about something else");
    for (size_t i = 0; i < tale.hidden.count; i++)
        cr_expect_not(folder_holds(rig_store_folder(rig), tale.hidden.texts[i]),
                      "%s is in the store", tale.hidden.texts[i]);
    cr_expect(folder_holds(rig_store_folder(rig), TRANSACTION), "the store is somewhere else");
}
