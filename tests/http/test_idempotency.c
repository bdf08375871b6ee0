/*
 * Creates that are repeated under an Idempotency-Key: one session, one answer, whatever happened in
 * between; and who and what does not count as a repeat.
 */
#include "base/buf.h"
#include "support/form.h"
#include "support/leaving.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define KEY_ONE "Idempotency-Key: 7f0c2f5e-one"
#define KEY_TWO "Idempotency-Key: 7f0c2f5e-two"

#define APP   "Authorization: Bearer token-app"
#define OTHER "Authorization: Bearer token-other"

static const struct form_field passive[] = {{"livenessOperationMode", "Passive"}, {NULL, NULL}};

static struct rig rig_with_apps(const char *setting)
{
    return rig_open_set("auth.mode=anonymous,app_token",
                        text_of("auth.app_tokens=%s,%s", app_token_entry("app", "token-app", NULL),
                                app_token_entry("other", "token-other", NULL)),
                        "policy.verify_image=client_allowed", setting);
}

/* A header that makes its sender one and the same device. */
static const char *new_device(const struct rig *rig)
{
    const struct http_answer *answer =
        http_do("POST", daemon_url(rig->server, "http", "/api/devices"), NULL);
    expect_status(answer, 200);
    return text_of("X-Device-Token: %s", answer_header(answer, "x-device-token"));
}

static const struct http_answer *create_at(const struct rig *rig, const char *path,
                                           const char *body, const char *owner, const char *key)
{
    return http_do("POST", daemon_url(rig->server, "http", path), body, owner, key);
}

static const struct http_answer *create(const struct rig *rig, const char *owner, const char *key)
{
    return create_at(rig, SESSIONS_PATH, PLAIN_CREATE, owner, key);
}

static struct http_pending *begin(const struct rig *rig, const char *owner, const char *key)
{
    return http_begin_do("POST", daemon_url(rig->server, "http", SESSIONS_PATH), PLAIN_CREATE,
                         owner, key);
}

static unsigned upstream_creates(const struct rig *rig)
{
    return emulator_calls(rig, "POST", FACE_SESSIONS_PATH);
}

/* The document without what is counted anew each time. */
static const char *shown_without_time(const struct http_answer *answer)
{
    cJSON *copy = cJSON_Duplicate(answer->json, true);
    cJSON_DeleteItemFromObject(copy, "authTokenExpiresInSeconds");
    const char *text = text_of("%s", json_shown(copy));
    cJSON_Delete(copy);
    return text;
}

static void expect_repeat(const struct http_answer *first, const struct http_answer *repeat)
{
    expect_status(first, 200);
    expect_status(repeat, 200);
    cr_assert_str_eq(shown_without_time(first), shown_without_time(repeat));
    double left = json_number_at(repeat->json, "authTokenExpiresInSeconds");
    cr_assert_leq(left, json_number_at(first->json, "authTokenExpiresInSeconds"));
}

static void expect_another(const struct http_answer *first, const struct http_answer *second)
{
    expect_status(first, 200);
    expect_status(second, 200);
    cr_assert_str_neq(json_text_at(first->json, "sessionId"),
                      json_text_at(second->json, "sessionId"));
    cr_assert_str_neq(json_text_at(first->json, "authToken"),
                      json_text_at(second->json, "authToken"));
}

/* ---- the same answer ---- */

Test(idempotency, is_honoured_on_every_create_route)
{
    static const char *const routes[] = {
        SESSIONS_PATH,
        VERIFY_PATH,
        "/face/v1.2/detectLiveness-sessions",
        "/face/v1.2/detectLivenessWithVerify-sessions",
        "/face/v1.3-preview.1/detectLiveness-sessions",
        "/face/v1.3-preview.1/detectLivenessWithVerify-sessions",
        "/face/v1.1-preview.1/detectLiveness/singleModal/sessions",
        "/face/v1.1-preview.1/detectLivenessWithVerify/singleModal/sessions",
        "/face/v1.2-preview.1/detectLiveness/singleModal/sessions",
        "/face/v1.2-preview.1/detectLivenessWithVerify/singleModal/sessions",
    };
    enum { ROUTES = sizeof routes / sizeof *routes };
    struct rig rig = rig_with_apps(NULL);
    for (unsigned i = 0; i < ROUTES; i++) {
        const char *key = text_of("Idempotency-Key: route %u", i);
        const struct http_answer *first = create_at(&rig, routes[i], PLAIN_CREATE, APP, key);
        expect_repeat(first, create_at(&rig, routes[i], PLAIN_CREATE, APP, key));
        cr_assert_eq(emulator_calls(&rig, "POST", "/face/v1.2/"), i + 1);
    }
}

Test(idempotency, a_session_of_a_repeat_can_be_used)
{
    struct rig rig = rig_open();
    const char *owner = new_device(&rig);
    (void)create(&rig, owner, KEY_ONE);
    const struct http_answer *repeat = create(&rig, owner, KEY_ONE);
    struct story story = {.id = json_text_at(repeat->json, "sessionId"),
                          .auth_token = json_text_at(repeat->json, "authToken"),
                          .owner = owner};
    const char *digest = play_device(&rig, story.auth_token, SAW_REAL);
    expect_verdict(story_complete(&rig, &story, digest_body(digest)), "live", true);
}

Test(idempotency, looks_at_what_the_body_says_not_at_its_bytes)
{
    struct rig rig = rig_open();
    const char *owner = new_device(&rig);
    const struct http_answer *first = create_at(
        &rig, SESSIONS_PATH, "{\"livenessOperationMode\":\"Passive\",\"transactionId\":\"t1\"}",
        owner, KEY_ONE);
    const char *same = " {\"unknown\": [1], \"transactionId\": \"t1\",\n"
                       "  \"livenessOperationMode\": \"passive\"}";
    expect_repeat(first, create_at(&rig, SESSIONS_PATH, same, owner, KEY_ONE));
    expect_repeat(first, create_at(&rig, FACE_SESSIONS_PATH, same, owner, KEY_ONE));
    cr_assert_eq(upstream_creates(&rig), 1);
}

Test(idempotency, looks_at_a_picture_not_at_the_form_around_it)
{
    struct rig rig = rig_open();
    const char *const headers[4] = {new_device(&rig), KEY_ONE};
    const char *url = daemon_url(rig.server, "http", VERIFY_PATH);
    const struct http_answer *first =
        form_send(url, form_plain, passive, picture(200000, 1), headers);
    for (const struct form_style *style = form_styles; style->name; style++)
        expect_repeat(first, form_send(url, style, passive, picture(200000, 1), headers));
    expect_error(form_send(url, form_plain, passive, picture(200000, 2), headers), 422,
                 "IdempotencyMismatch");
    cr_assert_eq(emulator_calls(&rig, "POST", "/face/v1.2/"), 1);
}

Test(idempotency, shows_the_answer_of_then_though_the_session_went_on)
{
    struct rig rig = rig_open();
    const char *const headers[4] = {new_device(&rig), KEY_ONE};
    const char *url = daemon_url(rig.server, "http", VERIFY_PATH);
    const struct http_answer *first =
        form_send(url, form_plain, passive, picture(2000, 1), headers);
    const char *id = json_text_at(first->json, "sessionId");
    play_verify_device(&rig, json_text_at(first->json, "authToken"), SAW_REAL);
    expect_verdict(http_do("GET", text_of("%s/%s", url, id), NULL, headers[0]), "live", true);
    expect_repeat(first, form_send(url, form_plain, passive, picture(2000, 1), headers));
}

Test(idempotency, the_time_left_is_counted_anew)
{
    struct sync_control *sync = sync_control_new();
    struct rig rig = rig_open_with(&(struct rig_options){.sync = sync});
    const char *owner = new_device(&rig);
    const struct http_answer *first = create(&rig, owner, KEY_ONE);
    sync_advance_clock(sync, 100000);
    const struct http_answer *repeat = create(&rig, owner, KEY_ONE);
    expect_repeat(first, repeat);
    cr_assert_leq(json_number_at(repeat->json, "authTokenExpiresInSeconds"),
                  json_number_at(first->json, "authTokenExpiresInSeconds") - 100);
}

/* ---- no repeat ---- */

Test(idempotency, another_body_under_the_key_is_refused)
{
    struct rig rig = rig_open();
    static const char *const bodies[] = {
        "{\"livenessOperationMode\":\"PassiveActive\"}",
        "{\"livenessOperationMode\":\"Passive\",\"transactionId\":\"t1\"}",
        "{\"livenessOperationMode\":\"Passive\",\"deviceCorrelationId\":\"\"}",
        "{\"livenessOperationMode\":\"Passive\",\"authTokenTimeToLiveInSeconds\":601}",
        "{\"livenessOperationMode\":\"Passive\",\"platform\":\"web\"}",
    };
    const char *owner = new_device(&rig);
    const struct http_answer *first = create(&rig, owner, KEY_ONE);
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        expect_error(create_at(&rig, SESSIONS_PATH, bodies[i], owner, KEY_ONE), 422,
                     "IdempotencyMismatch");
    expect_error(create_at(&rig, "/face/v1.1-preview.1/detectLiveness/singleModal/sessions",
                           PLAIN_CREATE, owner, KEY_ONE),
                 422, "IdempotencyMismatch");
    expect_repeat(first, create(&rig, owner, KEY_ONE));
    cr_assert_eq(upstream_creates(&rig), 1);
}

Test(idempotency, keys_of_different_principals_never_meet)
{
    struct rig rig = rig_with_apps(NULL);
    const char *const owners[] = {new_device(&rig), new_device(&rig), APP, OTHER};
    const struct http_answer *firsts[4];
    for (size_t i = 0; i < 4; i++)
        firsts[i] = create(&rig, owners[i], KEY_ONE);
    for (size_t i = 0; i < 4; i++) {
        expect_repeat(firsts[i], create(&rig, owners[i], KEY_ONE));
        expect_another(firsts[i], firsts[(i + 1) % 4]);
    }
    cr_assert_eq(upstream_creates(&rig), 4);
}

Test(idempotency, another_key_or_none_makes_another_session)
{
    struct rig rig = rig_open();
    const char *owner = new_device(&rig);
    const struct http_answer *first = create(&rig, owner, KEY_ONE);
    expect_another(first, create(&rig, owner, KEY_TWO));
    expect_another(first, create(&rig, owner, "Idempotency-Key: 7F0C2F5E-ONE"));
    expect_another(first, create(&rig, owner, NULL));
    cr_assert_eq(upstream_creates(&rig), 4);
}

Test(idempotency, keys_have_1_to_255_printable_characters_and_come_once)
{
    struct rig rig = rig_with_apps(NULL);
    const char *longest = text_of("Idempotency-Key: %0255d", 0);
    expect_repeat(create(&rig, APP, longest), create(&rig, APP, longest));
    const char *const wrong[] = {
        "Idempotency-Key;", /* how curl sends an empty one */
        text_of("Idempotency-Key: %0256d", 0),
        "Idempotency-Key: schl\xc3\xbcssel",
        "Idempotency-Key: a\tb",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        expect_error(create(&rig, APP, wrong[i]), 400, "BadArgument");
    expect_error(http_do("POST", daemon_url(rig.server, "http", SESSIONS_PATH), PLAIN_CREATE, APP,
                         KEY_ONE, KEY_ONE),
                 400, "BadArgument");
    cr_assert_eq(upstream_creates(&rig), 1);
}

Test(idempotency, an_anonymous_caller_must_be_a_device_already)
{
    struct rig rig = rig_open();
    const char *const owners[] = {"X-Other: 1", "X-Device-Token: no.such.token",
                                  "Cookie: livenessd_device=no.such.token"};
    for (size_t i = 0; i < sizeof owners / sizeof *owners; i++) {
        const struct http_answer *refused = create(&rig, owners[i], KEY_ONE);
        expect_error(refused, 400, "DeviceTokenRequired");
        cr_assert_null(answer_header(refused, "x-device-token"));
        cr_assert_null(answer_header(refused, "set-cookie"));
    }
    expect_error(create(&rig, "Authorization: Bearer nobody", KEY_ONE), 401, "NotAuthenticated");
    cr_assert_eq(upstream_creates(&rig), 0);
}

Test(idempotency, ends_with_the_session)
{
    struct rig rig = rig_open();
    struct story story = {.owner = new_device(&rig)};
    const struct http_answer *first = create(&rig, story.owner, KEY_ONE);
    story.id = json_text_at(first->json, "sessionId");
    expect_status(story_delete(&rig, &story), 204);
    const struct http_answer *second = create(&rig, story.owner, KEY_ONE);
    expect_another(first, second);
    expect_repeat(second, create(&rig, story.owner, KEY_ONE));
    cr_assert_eq(upstream_creates(&rig), 2);
}

/* At once, not when somebody gets round to clearing it. */
Test(idempotency, ends_with_the_token)
{
    struct sync_control *sync = sync_control_new();
    struct rig rig = rig_open_with(&(struct rig_options){.sync = sync});
    const char *owner = new_device(&rig);
    const struct http_answer *first = create(&rig, owner, KEY_ONE);
    sync_advance_clock(sync, 599000);
    expect_repeat(first, create(&rig, owner, KEY_ONE));
    sync_advance_clock(sync, 2000);
    const struct http_answer *second = create(&rig, owner, KEY_ONE);
    expect_another(first, second);
    expect_repeat(second, create(&rig, owner, KEY_ONE));
}

/* ---- the first is under way ---- */

Test(idempotency, twenty_at_once_make_one_session)
{
    enum { CLIENTS = 20 };
    struct rig rig = rig_open();
    const char *owner = new_device(&rig);
    struct http_pending *pending[CLIENTS];
    emulator_fault(&rig, "{\"route\":\"create\",\"delayMs\":500}");
    for (unsigned i = 0; i < CLIENTS; i++)
        pending[i] = begin(&rig, owner, KEY_ONE);
    const struct http_answer *first = http_end(pending[0]);
    for (unsigned i = 1; i < CLIENTS; i++)
        expect_repeat(first, http_end(pending[i]));
    cr_assert_eq(upstream_creates(&rig), 1);
    cr_assert_eq(emulator_sessions(&rig), 1);
    cr_assert_eq(metric_value(&rig, "livenessd_sessions_created_total"), 1);
}

/* Some meet the first under way, some in the store. */
Test(idempotency, twenty_at_once_without_a_wait_make_one_session)
{
    enum { CLIENTS = 20 };
    struct rig rig = rig_open();
    const char *owner = new_device(&rig);
    struct http_pending *pending[CLIENTS];
    for (unsigned i = 0; i < CLIENTS; i++)
        pending[i] = begin(&rig, owner, KEY_ONE);
    const struct http_answer *first = http_end(pending[0]);
    for (unsigned i = 1; i < CLIENTS; i++)
        expect_repeat(first, http_end(pending[i]));
    cr_assert_eq(upstream_creates(&rig), 1);
}

Test(idempotency, waits_for_the_first_only_so_long)
{
    struct rig rig = rig_open_set("http.idempotency_wait=100ms");
    const char *owner = new_device(&rig);
    emulator_fault(&rig, "{\"route\":\"create\",\"delayMs\":3000}");
    struct http_pending *pending = begin(&rig, owner, KEY_ONE);
    expect_soon(upstream_in_flight(&rig) == 1);
    const struct http_answer *late = create(&rig, owner, KEY_ONE);
    expect_error(late, 409, "ConcurrentOperationConflict");
    cr_assert_str_eq(answer_header(late, "retry-after"), "1");
    expect_error(create_at(&rig, SESSIONS_PATH, "{\"livenessOperationMode\":\"PassiveActive\"}",
                           owner, KEY_ONE),
                 422, "IdempotencyMismatch");
    const struct http_answer *first = http_end(pending);
    expect_repeat(first, create(&rig, owner, KEY_ONE));
    cr_assert_eq(upstream_creates(&rig), 1);
}

Test(idempotency, only_so_many_wait_for_a_first)
{
    enum { CLIENTS = 70, WAITING = 64 };
    struct rig rig = rig_open();
    const char *owner = new_device(&rig);
    struct http_pending *pending[CLIENTS];
    emulator_fault(&rig, "{\"route\":\"create\",\"delayMs\":4000}");
    for (unsigned i = 0; i < CLIENTS; i++)
        pending[i] = begin(&rig, owner, KEY_ONE);
    unsigned served = 0;
    for (unsigned i = 0; i < CLIENTS; i++) {
        const struct http_answer *answer = http_end(pending[i]);
        served += answer->status == 200;
        if (answer->status != 200)
            expect_error(answer, 409, "ConcurrentOperationConflict");
    }
    cr_assert_eq(served, WAITING);
    cr_assert_eq(upstream_creates(&rig), 1);
}

/* Who waited for it is told the same. */
Test(idempotency, a_first_that_failed_is_not_kept)
{
    struct rig rig = rig_open();
    const char *owner = new_device(&rig);
    emulator_fault(&rig, "{\"route\":\"create\",\"status\":500,\"delayMs\":2000,\"count\":1}");
    struct http_pending *pending = begin(&rig, owner, KEY_ONE);
    expect_soon(upstream_in_flight(&rig) == 1);
    struct http_pending *waiting = begin(&rig, owner, KEY_ONE);
    expect_error(http_end(pending), 502, "UpstreamBroken");
    expect_error(http_end(waiting), 502, "UpstreamBroken");
    const struct http_answer *second = create_at(
        &rig, SESSIONS_PATH, "{\"livenessOperationMode\":\"PassiveActive\"}", owner, KEY_ONE);
    expect_status(second, 200);
    expect_error(create(&rig, owner, KEY_ONE), 422, "IdempotencyMismatch");
    cr_assert_eq(upstream_creates(&rig), 2);
}

Test(idempotency, a_refused_first_is_not_kept)
{
    struct rig rig = rig_open();
    const char *owner = new_device(&rig);
    expect_error(create_at(&rig, SESSIONS_PATH, "{}", owner, KEY_ONE), 400,
                 "InvalidLivenessOperationMode");
    expect_status(create(&rig, owner, KEY_ONE), 200);
}

/* ---- clients that leave ---- */

static int ask_and_wait(const struct rig *rig, const char *owner)
{
    int client =
        client_ask(rig, "POST", SESSIONS_PATH, text_of("%s\r\n" KEY_ONE, owner), PLAIN_CREATE);
    expect_soon(upstream_in_flight(rig) == 1);
    return client;
}

Test(idempotency, the_session_of_a_client_that_left_goes_to_whoever_repeats_in_time)
{
    struct rig rig = rig_open();
    const char *owner = new_device(&rig);
    emulator_fault(&rig, "{\"route\":\"create\",\"delayMs\":1500,\"count\":1}");
    int client = ask_and_wait(&rig, owner);
    client_leave(client, LEAVE_RESET);
    const struct http_answer *repeat = create(&rig, owner, KEY_ONE);
    expect_repeat(repeat, create(&rig, owner, KEY_ONE));
    cr_assert_eq(upstream_creates(&rig), 1);
    expect_soon(nothing_left(&rig));
    cr_assert_eq(emulator_sessions(&rig), 1);
    cr_assert_eq(metric_value(&rig, "livenessd_sessions_abandoned_total"), 0);
    (void)play_device(&rig, json_text_at(repeat->json, "authToken"), SAW_REAL);
}

Test(idempotency, a_revoked_session_is_repeated_to_nobody)
{
    for (unsigned way = 0; way < LEAVE_WAYS; way++) {
        struct rig rig = rig_open();
        const char *owner = new_device(&rig);
        emulator_fault(&rig, "{\"route\":\"create\",\"delayMs\":300,\"count\":1}");
        int client = ask_and_wait(&rig, owner);
        client_leave(client, (enum leaving)way);
        expect_soon(metric_value(&rig, "livenessd_sessions_abandoned_total") == 1);
        expect_soon(emulator_calls(&rig, "DELETE", FACE_SESSIONS_PATH) == 1);
        const struct http_answer *repeat = create(&rig, owner, KEY_ONE);
        expect_repeat(repeat, create(&rig, owner, KEY_ONE));
        cr_assert_eq(upstream_creates(&rig), 2);
        cr_assert_eq(emulator_sessions(&rig), 1);
        (void)play_device(&rig, json_text_at(repeat->json, "authToken"), SAW_REAL);
    }
}

Test(idempotency, a_repeat_that_leaves_takes_nothing_away)
{
    struct rig rig = rig_open();
    const char *owner = new_device(&rig);
    emulator_fault(&rig, "{\"route\":\"create\",\"delayMs\":1000,\"count\":1}");
    struct http_pending *pending = begin(&rig, owner, KEY_ONE);
    expect_soon(upstream_in_flight(&rig) == 1);
    int client =
        client_ask(&rig, "POST", SESSIONS_PATH, text_of("%s\r\n" KEY_ONE, owner), PLAIN_CREATE);
    expect_soon(requests_in_flight(&rig) == 2);
    client_leave(client, LEAVE_RESET);
    const struct http_answer *first = http_end(pending);
    expect_repeat(first, create(&rig, owner, KEY_ONE));
    expect_soon(nothing_left(&rig));
    cr_assert_eq(emulator_sessions(&rig), 1);
}

/* ---- the server's own end ---- */

Test(idempotency, outlives_a_restart)
{
    struct rig rig = rig_open();
    const char *owner = new_device(&rig);
    const struct http_answer *first = create(&rig, owner, KEY_ONE);
    daemon_stop(rig.server);
    daemon_restart(rig.server);
    expect_repeat(first, create(&rig, owner, KEY_ONE));
    daemon_kill(rig.server);
    daemon_restart(rig.server);
    expect_repeat(first, create(&rig, owner, KEY_ONE));
    expect_error(create_at(&rig, SESSIONS_PATH, "{\"livenessOperationMode\":\"PassiveActive\"}",
                           owner, KEY_ONE),
                 422, "IdempotencyMismatch");
    cr_assert_eq(upstream_creates(&rig), 1);
}

Test(idempotency, a_first_that_was_killed_is_none)
{
    struct rig rig = rig_open();
    const char *owner = new_device(&rig);
    emulator_fault(&rig, "{\"route\":\"create\",\"delayMs\":60000,\"count\":1}");
    struct http_pending *pending = begin(&rig, owner, KEY_ONE);
    expect_soon(upstream_in_flight(&rig) == 1);
    daemon_kill(rig.server);
    (void)http_end(pending);
    daemon_restart(rig.server);
    const struct http_answer *second = create(&rig, owner, KEY_ONE);
    expect_repeat(second, create(&rig, owner, KEY_ONE));
}

/* The write was given up and its session deleted, and then it reached the disk after all. */
Test(idempotency, a_create_that_was_stored_too_late_is_repeated_to_nobody)
{
    struct sync_control *sync = sync_control_new();
    const struct rig_options options = {.sync = sync, .settings = {"store.timeout=500ms"}};
    struct rig rig = rig_open_with(&options);
    const char *owner = new_device(&rig);
    const struct http_answer *repeat = NULL;
    emulator_fault(&rig, "{\"route\":\"create\",\"delayMs\":500,\"count\":1}");
    struct http_pending *pending = begin(&rig, owner, KEY_ONE);
    expect_soon(upstream_in_flight(&rig) == 1);
    sync_set(sync, SYNC_HOLD);
    expect_error(http_end(pending), 503, "StoreUnavailable");
    expect_soon(emulator_sessions(&rig) == 0);
    sync_set(sync, SYNC_PASS);
    expect_soon((repeat = create(&rig, owner, KEY_ONE))->status == 200);
    (void)play_device(&rig, json_text_at(repeat->json, "authToken"), SAW_REAL);
    expect_repeat(repeat, create(&rig, owner, KEY_ONE));
}

/* ---- what is kept ---- */

static bool file_holds(const char *path, const char *text)
{
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    struct buf content;
    char piece[65536];
    size_t size = 0;
    buf_init(&content, (size_t)64 << 20);
    while ((size = fread(piece, 1, sizeof piece, file)) > 0)
        buf_append(&content, piece, size);
    (void)fclose(file);
    bool holds = memmem(buf_slice(&content).data, content.len, text, strlen(text)) != NULL;
    buf_done(&content);
    return holds;
}

Test(idempotency, neither_key_nor_token_is_readable_in_store_or_log)
{
    struct rig rig = rig_open_set("log.level=debug");
    const char *owner = new_device(&rig);
    const struct http_answer *first = create(&rig, owner, KEY_ONE);
    expect_repeat(first, create(&rig, owner, KEY_ONE));
    expect_soon(daemon_log_contains(rig.server, "create repeated"));
    const char *const secrets[] = {json_text_at(first->json, "authToken"), "7f0c2f5e-one"};
    for (size_t i = 0; i < 2; i++) {
        cr_expect_not(daemon_log_contains(rig.server, secrets[i]));
        cr_expect_not(
            file_holds(text_of("%s/livenessd.db", daemon_folder(rig.server)), secrets[i]));
        cr_expect_not(
            file_holds(text_of("%s/livenessd.db-wal", daemon_folder(rig.server)), secrets[i]));
    }
    const char *id = json_text_at(first->json, "sessionId");
    cr_expect(daemon_log_contains(rig.server, id));
}
