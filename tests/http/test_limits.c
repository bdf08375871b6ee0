/*
 * Who asks too often: whom it costs, what they are told, and that it costs nobody else, upstream
 * least of all.
 */
#include "support/repeating.h"
#include "support/tokens.h"
#include "support/web_sample.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(limits, .timeout = 180);

#define TOKEN        "t0ken-of-the-shop"
#define OTHER_TOKEN  "t0ken-of-the-bank"
#define APP          "Authorization: Bearer " TOKEN
#define OTHER_APP    "Authorization: Bearer " OTHER_TOKEN
#define WRONG        "Authorization: Bearer wr0ng"
#define DEVICE_LIMIT "\"create-device\";q=6;w=600"

enum { DEVICE_BURST = 3, DEVICE_INTERVAL_S = 100, HOUR_S = 3600 };

/* Everything off that a test does not set after it. */
#define ONLY                                                                                       \
    "limits.enabled=true", "limits.create_device=off", "limits.create_principal=off",              \
        "limits.create_address=off", "limits.create_total=off", "limits.read=off",                 \
        "limits.failed_auth=off"

static const struct http_answer *create(const struct rig *rig, const char *header)
{
    return http_do("POST", daemon_url(rig->server, "http", SESSIONS_PATH), PLAIN_CREATE, header);
}

static const struct http_answer *new_device_from(const struct rig *rig, const char *header)
{
    return http_do("POST", daemon_url(rig->server, "http", "/api/devices"), NULL, header);
}

/* The parameter of an item of RateLimit: member(answer, "create-device", "r"); -1 when it is not
 * there. */
static long member(const struct http_answer *answer, const char *limit, const char *name)
{
    const char *value = answer_header(answer, "ratelimit");
    const char *item = value ? strstr(value, text_of("\"%s\"", limit)) : NULL;
    const char *found = item ? strstr(item, text_of(";%s=", name)) : NULL;
    return found ? strtol(found + strlen(name) + 2, NULL, 10) : -1;
}

static double limited(const struct rig *rig, const char *limit)
{
    return metric_value(rig, text_of("livenessd_limited_total{limit=\"%s\"}", limit));
}

/* 429 that says the same everywhere; the seconds to wait. */
static long expect_limited_at(struct place place, const struct http_answer *answer,
                              const char *sentence)
{
    expect_error_at(place, answer, 429, "RateLimited");
    const char *header = answer_header(answer, "retry-after");
    if (!header)
        fail_at(place, "no Retry-After: %s", answer->head);
    long seconds = strtol(header, NULL, 10);
    const char *said = json_text_at_place(place, answer->json, "error.message");
    const char *plural = seconds == 1 ? "" : "s";
    if (strcmp(said, text_of("%s. Try again in %ld second%s.", sentence, seconds, plural)) != 0 &&
        strcmp(said, text_of("%s. Try again in %ld second%s, with a valid credential.", sentence,
                             seconds, plural)) != 0)
        fail_at(place, "it says: %s", said);
    if ((long)json_number_at(answer->json, "error.retryAfterSeconds") != seconds || seconds < 1)
        fail_at(place, "retryAfterSeconds is another: %s", answer->body);
    if (!json_bool_at_place(place, answer->json, "error.retryable"))
        fail_at(place, "not retryable: %s", answer->body);
    return seconds;
}
#define expect_limited(answer, sentence) expect_limited_at(HERE, answer, sentence)

/* ---- devices ---- */

Test(limits, a_device_is_told_how_it_stands_and_when_to_come_again)
{
    struct rig rig = rig_open_set("limits.enabled=true");
    const char *owner = new_device(&rig);
    for (long i = 1; i <= DEVICE_BURST; i++) {
        const struct http_answer *created = create(&rig, owner);
        expect_status(created, 200);
        const char *policy = answer_header(created, "ratelimit-policy");
        cr_assert_str_eq(policy, DEVICE_LIMIT ", \"create-principal\";q=60;w=3600, "
                                              "\"create-address\";q=60;w=60");
        cr_assert_eq(member(created, "create-device", "r"), DEVICE_BURST - i);
        long full_s = member(created, "create-device", "t");
        cr_assert(full_s > i * DEVICE_INTERVAL_S - 60 && full_s <= i * DEVICE_INTERVAL_S, "%ld",
                  full_s);
        cr_assert_eq(member(created, "create-principal", "r"), 20 - i);
    }
    const struct http_answer *refused = create(&rig, owner);
    long wait_s = expect_limited(refused, "This device has started too many checks");
    cr_assert(wait_s > DEVICE_INTERVAL_S - 60 && wait_s <= DEVICE_INTERVAL_S, "%ld", wait_s);
    cr_assert_eq(member(refused, "create-device", "r"), 0);
    cr_assert_geq(member(refused, "create-principal", "r"), 17, "nothing of it was charged");
    cr_assert_eq(emulator_calls(&rig, "POST", FACE_SESSIONS_PATH), DEVICE_BURST);
    expect_status(create(&rig, new_device(&rig)), 200);
}

Test(limits, an_anonymous_device_cannot_choose_to_be_another)
{
    struct rig rig = rig_open_set(ONLY, "limits.create_device=1/1h burst 1");
    const char *owner = new_device(&rig);
    const char *url = daemon_url(rig.server, "http", SESSIONS_PATH);
    for (unsigned i = 0; i < 3; i++) {
        const char *body = text_of(
            "{\"livenessOperationMode\":\"Passive\",\"deviceCorrelationId\":\"mine-%u\"}", i);
        const struct http_answer *answer = http_do("POST", url, body, owner);
        cr_assert_eq(answer->status, i == 0 ? 200 : 429);
    }
}

Test(limits, all_dialects_are_one_limit)
{
    struct rig rig = rig_open_set(ONLY, "limits.create_device=1/1h burst 3");
    const char *owner = new_device(&rig);
    const char *const headers[4] = {owner};
    const char *face = daemon_url(rig.server, "http", FACE_SESSIONS_PATH);
    const char *preview =
        daemon_url(rig.server, "http", "/face/v1.1-preview.1/detectLiveness/singleModal/sessions");
    expect_status(http_do("POST", face, PLAIN_CREATE, owner), 200);
    expect_status(http_do("POST", preview, PLAIN_CREATE, owner), 200);
    expect_status(
        sample_create(&rig, "detectLiveness", SAMPLE_PARAMETERS, (struct slice){NULL, 0}, headers),
        200);
    expect_limited(create(&rig, owner), "This device has started too many checks");
    expect_limited(http_do("POST", face, PLAIN_CREATE, owner),
                   "This device has started too many checks");
}

Test(limits, a_problem_document_says_the_same)
{
    struct rig rig = rig_open_set(ONLY, "limits.create_device=1/1h burst 1");
    const char *owner = new_device(&rig);
    expect_status(create(&rig, owner), 200);
    const struct http_answer *refused =
        http_do("POST", daemon_url(rig.server, "http", SESSIONS_PATH), PLAIN_CREATE, owner,
                "Accept: application/problem+json");
    expect_status(refused, 429);
    cr_assert_str_eq(json_text_at(refused->json, "code"), "RateLimited");
    cr_assert_not_null(strstr(json_text_at(refused->json, "detail"), "Try again in "));
    cr_assert_not_null(answer_header(refused, "retry-after"));
}

Test(limits, say_nothing_where_nobody_is_limited)
{
    struct rig rig = rig_open_set("limits.enabled=false");
    for (unsigned i = 0; i < 2 * DEVICE_BURST; i++) {
        const struct http_answer *created = create(&rig, NULL);
        expect_status(created, 200);
        cr_assert_null(answer_header(created, "ratelimit"));
        cr_assert_null(answer_header(created, "ratelimit-policy"));
    }
}

/* ---- users and apps ---- */

Test(limits, a_user_is_one_whatever_devices_they_have)
{
    struct identities it = identities_open_set(ONLY, "limits.create_principal=1/1h burst 2");
    const char *url = daemon_url(it.rig.server, "http", SESSIONS_PATH);
    const char *ann = corp_bearer(&it, "ann", "");
    for (unsigned i = 0; i < 3; i++) {
        const char *body = text_of(
            "{\"livenessOperationMode\":\"Passive\",\"deviceCorrelationId\":\"mine-%u\"}", i);
        const struct http_answer *answer = http_do("POST", url, body, ann);
        if (i < 2)
            expect_status(answer, 200);
        else
            expect_limited(answer, "Too many checks were started for this user");
    }
    expect_status(create_as(&it, corp_bearer(&it, "bob", "")), 200);
}

static struct rig open_apps(const char *limit)
{
    const struct rig_options options = {
        .settings = {
            ONLY, "auth.mode=app_token,anonymous", "http.trusted_proxies=127.0.0.1/32",
            text_of("auth.app_tokens=%s,%s", app_token_entry("shop", TOKEN, NULL),
                    app_token_entry("bank", OTHER_TOKEN, "liveness:operate+liveness:delegate")),
            limit}};
    return rig_open_with(&options);
}

Test(limits, an_app_stands_for_many_users)
{
    struct rig rig = open_apps("limits.create_principal=1/1h burst 1");
    for (unsigned i = 0; i < 4; i++)
        expect_status(create(&rig, APP), 200);
}

Test(limits, an_apps_devices_are_those_it_names)
{
    struct rig rig = open_apps("limits.create_device=1/1h burst 1");
    const char *url = daemon_url(rig.server, "http", SESSIONS_PATH);
    for (unsigned i = 0; i < 4; i++) {
        const char *body = text_of(
            "{\"livenessOperationMode\":\"Passive\",\"deviceCorrelationId\":\"phone-%u\"}", i / 2);
        cr_assert_eq(http_do("POST", url, body, APP)->status, i % 2 == 0 ? 200 : 429);
    }
}

/* ---- addresses ---- */

Test(limits, an_address_pays_for_the_devices_it_makes)
{
    struct rig rig = rig_open_set(ONLY, "limits.create_address=1/1h burst 4");
    const struct http_answer *made = new_device_from(&rig, NULL);
    expect_status(made, 200);
    cr_assert_eq(member(made, "create-address", "r"), 3);
    const char *owner = text_of("X-Device-Token: %s", answer_header(made, "x-device-token"));
    cr_assert_null(answer_header(new_device_from(&rig, owner), "ratelimit"), "it has one");
    const struct http_answer *created = create(&rig, NULL);
    expect_status(created, 200);
    cr_assert_eq(member(created, "create-address", "r"), 1, "a create and a device");
    const struct http_answer *refused = create(&rig, NULL);
    expect_limited(refused, "Too many checks were started from this network");
    cr_assert_null(answer_header(refused, "x-device-token"), "it gets a device all the same");
    cr_assert_null(answer_header(refused, "set-cookie"));
    expect_status(create(&rig, owner), 200);
    refused = new_device_from(&rig, NULL);
    expect_limited(refused, "Too many checks were started from this network");
    cr_assert_null(answer_header(refused, "x-device-token"));
}

Test(limits, the_address_is_what_a_trusted_proxy_says)
{
    struct rig rig = rig_open_set(ONLY, "limits.create_address=1/1h burst 2",
                                  "http.trusted_proxies=127.0.0.1/32");
    expect_status(create(&rig, "X-Forwarded-For: 192.0.2.1"), 200);
    expect_limited(create(&rig, "X-Forwarded-For: 192.0.2.1"),
                   "Too many checks were started from this network");
    expect_limited(create(&rig, "X-Forwarded-For: 203.0.113.9, 192.0.2.1"),
                   "Too many checks were started from this network");
    expect_status(create(&rig, "X-Forwarded-For: 192.0.2.2"), 200);
}

Test(limits, the_address_is_not_what_anybody_else_says)
{
    struct rig rig = rig_open_set(ONLY, "limits.create_address=1/1h burst 2");
    expect_status(create(&rig, "X-Forwarded-For: 192.0.2.1"), 200);
    expect_limited(create(&rig, "X-Forwarded-For: 192.0.2.2"),
                   "Too many checks were started from this network");
    expect_limited(create(&rig, "Forwarded: for=192.0.2.3"),
                   "Too many checks were started from this network");
}

Test(limits, an_ipv6_network_is_one_address)
{
    struct rig rig = rig_open_set(ONLY, "limits.create_address=1/1h burst 2",
                                  "http.trusted_proxies=127.0.0.1/32");
    expect_status(create(&rig, "X-Forwarded-For: 2001:db8:1:2::1"), 200);
    expect_limited(create(&rig, "X-Forwarded-For: 2001:db8:1:2:ffff:ffff:ffff:ffff"),
                   "Too many checks were started from this network");
    expect_limited(create(&rig, "Forwarded: for=\"[2001:db8:1:2::3]:4711\""),
                   "Too many checks were started from this network");
    expect_status(create(&rig, "X-Forwarded-For: 2001:db8:1:3::1"), 200);
}

Test(limits, a_backends_address_is_nobodys)
{
    struct rig rig = open_apps("limits.create_address=1/1h burst 2");
    for (unsigned i = 0; i < 4; i++)
        expect_status(create(&rig, OTHER_APP), 200);
    for (unsigned i = 0; i < 3; i++)
        cr_assert_eq(create(&rig, APP)->status, i < 2 ? 200 : 429);
}

/* ---- all together ---- */

Test(limits, the_total_is_told_to_nobody_before_it_refuses)
{
    struct rig rig =
        rig_open_set(ONLY, "limits.create_total=1/1h burst 1", "limits.create_device=9/1h burst 9");
    const struct http_answer *created = create(&rig, NULL);
    expect_status(created, 200);
    cr_assert_str_eq(answer_header(created, "ratelimit-policy"), "\"create-device\";q=9;w=3600");
    const struct http_answer *refused = create(&rig, NULL);
    long wait_s = expect_limited(refused, "Too many checks are being started at the moment");
    cr_assert(wait_s > HOUR_S - 60 && wait_s <= HOUR_S);
    cr_assert_eq(member(refused, "create-device", "r"), 9);
    cr_assert_eq(limited(&rig, "create_total"), 1);
}

Test(limits, the_total_follows_what_upstream_allows)
{
    struct rig rig =
        rig_open_set("limits.enabled=true", "upstream.rate=2", "limits.create_device=off",
                     "upstream.queue_wait=20s", "limits.create_principal=off");
    unsigned created = 0;
    long wait_s = 0;
    for (unsigned i = 0; i < 8 && wait_s == 0; i++) {
        const struct http_answer *answer = create(&rig, NULL);
        created += answer->status == 200;
        if (answer->status != 200)
            wait_s = expect_limited(answer, "Too many checks are being started at the moment");
    }
    cr_assert_geq(created, 2, "one second of the rate at once");
    cr_assert(wait_s == 1 || wait_s == 2, "two in three seconds: %ld", wait_s);
}

/* ---- reads ---- */

Test(limits, reads_completions_waits_and_deletions_are_one_limit)
{
    struct rig rig = rig_open_set(ONLY, "limits.read=1/1h burst 5");
    struct story story = story_begin(&rig);
    const struct http_answer *read = story_get(&rig, &story);
    expect_verdict(read, "pending", false);
    cr_assert_str_eq(answer_header(read, "ratelimit-policy"), "\"read\";q=1;w=3600");
    cr_assert_eq(member(read, "read", "r"), 4);
    expect_status(http_do("GET", story_url(&rig, &story, "?wait=1"), NULL, story.owner), 200);
    expect_status(story_complete(&rig, &story, "{}"), 200);
    expect_error(http_do("GET", story_url(&rig, &story, "/audit"), NULL, story.owner), 403,
                 "Forbidden");
    expect_status(story_delete(&rig, &story), 204);
    const struct http_answer *unknown = story_get(&rig, &story);
    expect_error(unknown, 404, "SessionNotFound");
    cr_assert_eq(member(unknown, "read", "r"), 0);
    expect_limited(story_get(&rig, &story), "This was asked too often");
    expect_limited(story_delete(&rig, &story), "This was asked too often");
    expect_limited(story_complete(&rig, &story, "{}"), "This was asked too often");
    expect_limited(http_do("GET", story_url(&rig, &story, "/events"), NULL, story.owner),
                   "This was asked too often");
    struct story other = story_begin(&rig);
    expect_status(story_get(&rig, &other), 200);
}

Test(limits, a_stream_says_how_its_caller_stands)
{
    struct rig rig = rig_open_set(ONLY, "limits.read=1/1h burst 5");
    struct story story = story_begin(&rig);
    (void)play_device(&rig, story.auth_token, SAW_REAL);
    const struct http_answer *events =
        http_do("GET", story_url(&rig, &story, "/events"), NULL, story.owner);
    expect_status(events, 200);
    cr_assert_eq(member(events, "read", "r"), 4);
}

/* What was decided at the beginning of a wait is old at its end. */
Test(limits, an_answer_that_took_its_time_says_how_it_is_now)
{
    enum { WAIT_S = 2 };
    struct rig rig = rig_open_set(ONLY, "limits.read=1/1h burst 5");
    struct story story = story_begin(&rig);
    const char *url = story_url(&rig, &story, text_of("?wait=%d", WAIT_S));
    const struct http_answer *waited = http_do("GET", url, NULL, story.owner);
    expect_status(waited, 200);
    cr_assert_leq(member(waited, "read", "t"), HOUR_S - WAIT_S);
}

Test(limits, an_apps_sessions_are_read_each_by_itself)
{
    struct rig rig = open_apps("limits.read=1/1h burst 1");
    for (unsigned i = 0; i < 2; i++) {
        struct story story = {.id = json_text_at(create(&rig, APP)->json, "sessionId"),
                              .owner = APP};
        expect_status(story_get(&rig, &story), 200);
        expect_limited(story_get(&rig, &story), "This was asked too often");
    }
}

/* ---- wrong credentials ---- */

Test(limits, no_credential_is_looked_at_from_where_too_many_were_wrong)
{
    struct rig rig = open_apps("limits.failed_auth=1/1h burst 3");
    const char *url = daemon_url(rig.server, "http", SESSIONS_PATH);
    for (unsigned i = 0; i < 3; i++) {
        expect_status(create(&rig, APP), 200);
        expect_error(create(&rig, WRONG), 401, "NotAuthenticated");
    }
    const struct http_answer *refused = create(&rig, WRONG);
    long wait_s = expect_limited(refused, "Too many wrong credentials came from this network");
    cr_assert(wait_s > HOUR_S - 60 && wait_s <= HOUR_S);
    cr_assert_eq(member(refused, "failed-auth", "r"), 0);
    expect_limited(create(&rig, APP), "Too many wrong credentials came from this network");
    expect_limited(http_do("POST", url, PLAIN_CREATE, "Ocp-Apim-Subscription-Key: " TOKEN),
                   "Too many wrong credentials came from this network");
    expect_status(http_do("POST", url, PLAIN_CREATE, APP, "X-Forwarded-For: 192.0.2.7"), 200);
    expect_status(create(&rig, NULL), 200);
    cr_assert_eq(limited(&rig, "failed_auth"), 3);
}

/* Nothing was shown, or what was shown counts as none. */
Test(limits, who_shows_no_credential_is_not_wrong)
{
    struct rig rig = open_apps("limits.failed_auth=1/1h burst 1");
    struct story story = story_begin(&rig);
    for (unsigned i = 0; i < 3; i++) {
        expect_error(http_do("GET", story_url(&rig, &story, ""), NULL), 401, "NotAuthenticated");
        expect_error(http_do("GET", story_url(&rig, &story, ""), NULL, "X-Device-Token: n.o.ne"),
                     401, "NotAuthenticated");
    }
    expect_status(create(&rig, APP), 200);
}

Test(limits, forged_tokens_are_wrong_credentials)
{
    struct identities it = identities_open_set(ONLY, "limits.failed_auth=1/1h burst 2");
    const char *forged = text_of("%sx", corp_bearer(&it, "ann", ""));
    for (unsigned i = 0; i < 2; i++)
        expect_error(create_as(&it, forged), 401, "NotAuthenticated");
    expect_limited(create_as(&it, forged), "Too many wrong credentials came from this network");
    expect_limited(create_as(&it, corp_bearer(&it, "ann", "")),
                   "Too many wrong credentials came from this network");
}

/* ---- outcomes ---- */

Test(limits, a_spoof_costs_three)
{
    struct rig rig = rig_open_set(ONLY, "limits.create_device=1/1h burst 4");
    const char *owner = new_device(&rig);
    const struct http_answer *created = create(&rig, owner);
    cr_assert_eq(member(created, "create-device", "r"), 3);
    struct story story = {.id = json_text_at(created->json, "sessionId"), .owner = owner};
    (void)play_device(&rig, json_text_at(created->json, "authToken"), SAW_SPOOF);
    expect_verdict(story_get(&rig, &story), "spoof", false);
    created = create(&rig, owner);
    expect_status(created, 200);
    cr_assert_eq(member(created, "create-device", "r"), 0);
    expect_limited(create(&rig, owner), "This device has started too many checks");
}

Test(limits, who_succeeds_is_not_limited)
{
    struct rig rig = rig_open_set(ONLY, "limits.create_device=1/1h burst 1",
                                  "limits.create_principal=1/1h burst 1");
    const char *owner = new_device(&rig);
    for (unsigned i = 0; i < 3; i++) {
        const struct http_answer *created = create(&rig, owner);
        expect_status(created, 200);
        struct story story = {.id = json_text_at(created->json, "sessionId"), .owner = owner};
        const char *digest = play_device(&rig, json_text_at(created->json, "authToken"), SAW_REAL);
        expect_verdict(story_complete(&rig, &story, digest_body(digest)), "live", true);
    }
}

/* ---- what costs nothing ---- */

Test(limits, a_repeated_create_costs_nothing_more)
{
    struct rig rig = rig_open_set(ONLY, "limits.create_device=1/1h burst 1");
    const char *owner = new_device(&rig);
    const struct http_answer *first = create_keyed(&rig, owner, KEY_ONE);
    for (unsigned i = 0; i < 3; i++)
        expect_repeat(first, create_keyed(&rig, owner, KEY_ONE));
    expect_limited(create_keyed(&rig, owner, KEY_TWO), "This device has started too many checks");
    expect_repeat(first, create_keyed(&rig, owner, KEY_ONE));
}

Test(limits, what_upstream_failed_costs_nothing)
{
    struct rig rig = rig_open_set(ONLY, "limits.create_device=1/1h burst 1",
                                  "limits.create_address=1/1h burst 2");
    const char *owner = new_device(&rig);
    static const char *const faults[] = {
        "{\"route\":\"create\",\"status\":503}", "{\"route\":\"create\",\"status\":500}",
        "{\"route\":\"create\",\"status\":429}", "{\"route\":\"create\",\"status\":401}"};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        emulator_fault(&rig, faults[i]);
        const struct http_answer *failed = create(&rig, owner);
        cr_assert_geq(failed->status, 502);
        cr_assert_eq(member(failed, "create-device", "r"), 1);
        emulator_faults_clear(&rig);
    }
    expect_status(create(&rig, owner), 200);
    expect_limited(create(&rig, owner), "This device has started too many checks");
}

Test(limits, who_upstream_refuses_cannot_ask_it_without_end)
{
    static const int refusals[] = {403, 400};
    struct rig rig = rig_open_set(ONLY, "limits.create_device=2/1h burst 2");
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const char *owner = new_device(&rig);
        emulator_fault(&rig, text_of("{\"route\":\"create\",\"status\":%d}", refusals[i]));
        expect_status(create(&rig, owner), 502);
        expect_status(create(&rig, owner), 502);
        expect_limited(create(&rig, owner), "This device has started too many checks");
        emulator_faults_clear(&rig);
    }
}

Test(limits, a_create_that_is_wrong_is_not_charged)
{
    struct rig rig = rig_open_set(ONLY, "limits.create_device=1/1h burst 1");
    const char *owner = new_device(&rig);
    expect_error(http_do("POST", daemon_url(rig.server, "http", SESSIONS_PATH), "{", owner), 400,
                 "InvalidRequestBody");
    expect_status(create(&rig, owner), 200);
}
