/*
 * The Face API client with an Entra application: one scripted server is the directory and the
 * service, on a clock that stands.
 */
#include "face_world.h"
#include "wipe_watch.h"

#include <string.h>

#define TENANT "11111111-2222-3333-4444-555555555555"
#define CLIENT "66666666-7777-8888-9999-000000000000"
#define SECRET "s3cret~&+value"
#define GRANT_MEMBERS(token, seconds)                                                              \
    "\"token_type\":\"Bearer\",\"expires_in\":" seconds ",\"ext_expires_in\":" seconds             \
    ",\"access_token\":\"" token "\""
#define GRANT(token, seconds) reply(&it, HEAD("200 OK"), "{" GRANT_MEMBERS(token, seconds) "}")
#define GOT                   reply(&it, HEAD("200 OK"), SESSION(ID, TOKEN))
#define REFUSAL(word)         reply(&it, HEAD("401 No"), "{\"error\":\"" word "\"}")
#define DENIED                reply(&it, HEAD("401 Unauthorized"), "{}")

enum { S = 1000 };

static struct world it;
static struct fake_clock now;

static void open_with_entra(void)
{
    setup(&it);
    fake_clock_init(&now, 0);
    now.monotonic_ms = 1000 * S;
    it.config.clock = &now.clock;
    it.config.credentials = (struct face_credentials){
        .entra_authority = it.endpoint,
        .entra_tenant = TENANT,
        .entra_client_id = CLIENT,
        .entra_client_secret = SECRET,
    };
    reopen(&it);
}

static bool carried(size_t request, const char *token)
{
    char line[128];
    (void)snprintf(line, sizeof line, "\r\nAuthorization: Bearer %s\r\n", token);
    return request < server_requests(&it.server) &&
           strstr(it.server.requests[request], line) != NULL;
}

static bool is_fetch(size_t request)
{
    static const char line[] = "POST /" TENANT "/oauth2/v2.0/token HTTP/1.1\r\n";
    return request < server_requests(&it.server) &&
           strncmp(it.server.requests[request], line, sizeof line - 1) == 0;
}

static size_t count_in_log(const char *text)
{
    size_t count = 0;
    for (const char *c = log_text(&it); (c = strstr(c, text)); c++) {
        count++;
    }
    return count;
}

/* Turns of the loop until so many fetches have ended so. */
static void await_fetches(size_t count, const char *outcome)
{
    char text[128];
    (void)snprintf(text, sizeof text, "\"operation\":\"token\",\"outcome\":\"%s\"", outcome);
    it.deadline.data = &it;
    uv_timer_start(&it.deadline, on_deadline, 20000, 0);
    while (count_in_log(text) < count && !it.late) {
        uv_run(&it.uv, UV_RUN_NOWAIT);
    }
    uv_timer_stop(&it.deadline);
    cr_assert_not(it.late, "%s", log_text(&it));
}

/* Somebody asks and goes at once: a fetch that is due begins, and nothing else is sent. */
static void ask_and_go(void)
{
    struct told told = {0};
    face_cancel(face_get_session(it.client, FACE_LIVENESS, ID, "r", on_done, &told));
}

/* ---- the first token ---- */

Test(face_entra, calls_wait_for_the_one_token)
{
    open_with_entra();
    server_script(&it.server, GRANT("token-1", "3600"), THEN_KEEP);
    struct told told[4] = {0};
    for (size_t i = 0; i < 4; i++) {
        server_script(&it.server, GOT, THEN_KEEP);
        start(&it, i % 2 ? CREATE : GET, &told[i]);
    }
    for (size_t i = 0; i < 4; i++) {
        await(&it, &told[i].count);
        cr_expect_eq(told[i].problem, PROBLEM_NONE);
        cr_expect(carried(i + 1, "token-1"));
        cr_expect_null(strstr(it.server.requests[i + 1], "Ocp-Apim"));
    }
    cr_expect(is_fetch(0));
    const char *request = it.server.requests[0];
    cr_expect_null(strstr(request, "Authorization"));
    cr_expect_not_null(strstr(request, "\r\nContent-Type: application/x-www-form-urlencoded\r\n"));
    cr_expect_not_null(strstr(request,
                              "\r\n\r\ngrant_type=client_credentials&client_id=" CLIENT
                              "&client_secret=s3cret%7E%26%2Bvalue"
                              "&scope=https%3A%2F%2Fcognitiveservices.azure.com%2F.default"),
                       "%s", request);
    cr_expect_eq(server_requests(&it.server), 5);
    const char *log = log_text(&it);
    cr_expect_not_null(strstr(log, "\"operation\":\"token\",\"outcome\":\"ok\""));
    cr_expect_null(strstr(log, "token-1"));
    cr_expect_null(strstr(log, "s3cret"));
    teardown(&it);
}

Test(face_entra, a_call_may_be_cancelled_while_it_waits_for_a_token)
{
    open_with_entra();
    server_script(&it.server, NULL, THEN_HOLD);
    struct told told = {0};
    struct face_call *call = face_get_session(it.client, FACE_LIVENESS, ID, "r", on_done, &told);
    await_requests(&it, 1);
    face_cancel(call);
    cr_expect_eq(face_client_busy(it.client), 0);
    start(&it, CREATE, &told);
    teardown(&it); /* with a fetch under way and a call waiting */
    cr_expect_eq(told.count, 0);
}

Test(face_entra, a_silent_directory_is_a_timeout_within_the_bounds_of_the_queue)
{
    open_with_entra();
    it.config.clock = clock_system();
    it.config.queue_wait_ms = 50;
    it.config.timeout_ms = 20000;
    reopen(&it);
    server_script(&it.server, NULL, THEN_HOLD);
    server_script(&it.server, NULL, THEN_HOLD);
    struct told told = run(&it, CREATE);
    cr_expect_eq(told.problem, PROBLEM_UPSTREAM_TIMEOUT);
    cr_expect_not(told.maybe_performed);
    teardown(&it);
}

/* ---- when there is none ---- */

struct failure {
    const char *head, *body, *logged;
    enum step_end end;
    enum problem problem;
};

static const struct failure failures[] = {
    {HEAD("401 No"), "{\"error\":\"invalid_client\",\"error_description\":\"" SECRET "\"}",
     "\"reason\":\"invalid_client\"", THEN_KEEP, PROBLEM_UPSTREAM_DENIED},
    {HEAD("400 Bad"), "{\"error\":\"unauthorized_client\"}", "unauthorized_client", THEN_KEEP,
     PROBLEM_UPSTREAM_DENIED},
    {HEAD("403 No"), "<html>", "refused without a reason", THEN_KEEP, PROBLEM_UPSTREAM_DENIED},
    {HEAD("400 Bad"), "{\"error\":\"In\\\"jected\"}", "refused without a reason", THEN_KEEP,
     PROBLEM_UPSTREAM_DENIED},
    {HEAD("404 Not"), "{}", "unexpected status", THEN_KEEP, PROBLEM_UPSTREAM_BROKEN},
    {HEAD("500 Oops"), "{}", "unexpected status", THEN_KEEP, PROBLEM_UPSTREAM_BROKEN},
    {HEAD("429 Slow"), "{}", "\"outcome\":\"busy\"", THEN_KEEP, PROBLEM_UPSTREAM_BUSY},
    {HEAD("503 Down"), "<html>", "\"outcome\":\"busy\"", THEN_KEEP, PROBLEM_UPSTREAM_BUSY},
    {HEAD("302 Found") "Location: /\r\n", "", "unexpected status", THEN_KEEP,
     PROBLEM_UPSTREAM_BROKEN},
    {HEAD("200 OK"), "garbage", "\"reason\":", THEN_KEEP, PROBLEM_UPSTREAM_BROKEN},
    {HEAD("200 OK"), "[]", "token_type", THEN_KEEP, PROBLEM_UPSTREAM_BROKEN},
    {HEAD("200 OK"), "{\"token_type\":\"mac\",\"expires_in\":9,\"access_token\":\"t\"}",
     "token_type", THEN_KEEP, PROBLEM_UPSTREAM_BROKEN},
    {HEAD("200 OK"), "{" GRANT_MEMBERS("t", "\"9\"") "}", "expires_in", THEN_KEEP,
     PROBLEM_UPSTREAM_BROKEN},
    {HEAD("200 OK"), "{" GRANT_MEMBERS("t", "0") "}", "expires_in", THEN_KEEP,
     PROBLEM_UPSTREAM_BROKEN},
    {HEAD("200 OK"), "{" GRANT_MEMBERS("", "9") "}", "access_token", THEN_KEEP,
     PROBLEM_UPSTREAM_BROKEN},
    {HEAD("200 OK"), "{" GRANT_MEMBERS("a\\r\\nEvil: b", "9") "}", "access_token", THEN_KEEP,
     PROBLEM_UPSTREAM_BROKEN},
    {HEAD("200 OK"), "{\"token_type\":\"Bearer\",\"expires_in\":9,\"access_token\":7}",
     "access_token", THEN_KEEP, PROBLEM_UPSTREAM_BROKEN},
    {"SSH-2.0\r\n", "", "\"reason\":", THEN_CLOSE, PROBLEM_UPSTREAM_BROKEN},
};

Test(face_entra, whatever_is_no_token_fails_the_calls_that_wait)
{
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        const struct failure *row = &failures[i];
        open_with_entra();
        server_script(&it.server, reply(&it, row->head, row->body), row->end);
        struct told told = run(&it, CREATE);
        cr_expect_eq(told.problem, row->problem, "row %zu: %d", i, told.problem);
        cr_expect_not(told.maybe_performed, "row %zu", i);
        cr_expect_eq(server_requests(&it.server), 1, "row %zu", i);
        cr_expect_not_null(strstr(log_text(&it), row->logged), "row %zu: %s", i, log_text(&it));
        cr_expect_null(strstr(log_text(&it), "s3cret"), "row %zu", i);
        teardown(&it);
    }
}

Test(face_entra, tries_are_spaced_out)
{
    open_with_entra();
    server_script(&it.server, REFUSAL("invalid_client"), THEN_KEEP);
    server_script(&it.server, REFUSAL("invalid_client"), THEN_KEEP);
    server_script(&it.server, GRANT("token-1", "3600"), THEN_KEEP);
    server_script(&it.server, GOT, THEN_KEEP);
    cr_expect_eq(run(&it, GET).problem, PROBLEM_UPSTREAM_DENIED);
    cr_expect_eq(run(&it, GET).problem, PROBLEM_UPSTREAM_DENIED, "at once, and nobody is asked");
    cr_expect_eq(server_requests(&it.server), 1);
    fake_clock_advance(&now, 1 * S);
    cr_expect_eq(run(&it, GET).problem, PROBLEM_UPSTREAM_DENIED);
    cr_expect_eq(server_requests(&it.server), 2);
    fake_clock_advance(&now, 1 * S);
    cr_expect_eq(run(&it, GET).problem, PROBLEM_UPSTREAM_DENIED, "now it is two seconds");
    cr_expect_eq(server_requests(&it.server), 2);
    fake_clock_advance(&now, 1 * S);
    cr_expect_eq(run(&it, GET).problem, PROBLEM_NONE);
    cr_expect(carried(3, "token-1"));
    teardown(&it);
}

Test(face_entra, a_busy_directory_says_how_long)
{
    static const char *const busy[] = {HEAD("429 Slow") "Retry-After: 20\r\n",
                                       HEAD("503 Down") "Retry-After: 20\r\n"};
    for (size_t i = 0; i < 2; i++) {
        open_with_entra();
        server_script(&it.server, reply(&it, busy[i], "{}"), THEN_KEEP);
        struct told told = run(&it, CREATE);
        cr_expect_eq(told.problem, PROBLEM_UPSTREAM_BUSY);
        cr_expect_eq(told.retry_after_s, 20, "who waited for it: %u", told.retry_after_s);
        cr_expect_not(told.maybe_performed);
        fake_clock_advance(&now, 5 * S + 1);
        told = run(&it, GET);
        cr_expect_eq(told.problem, PROBLEM_UPSTREAM_BUSY);
        cr_expect_eq(told.retry_after_s, 15, "who comes later: %u", told.retry_after_s);
        cr_expect_eq(server_requests(&it.server), 1);
        server_script(&it.server, GRANT("token-1", "3600"), THEN_KEEP);
        server_script(&it.server, GOT, THEN_KEEP);
        fake_clock_advance(&now, 15 * S);
        cr_expect_eq(run(&it, GET).problem, PROBLEM_NONE);
        teardown(&it);
    }
}

/* ---- renewing ---- */

Test(face_entra, a_token_is_renewed_at_four_fifths_of_its_life)
{
    open_with_entra();
    server_script(&it.server, GRANT("token-1", "1000"), THEN_KEEP);
    server_script(&it.server, GOT, THEN_KEEP);
    server_script(&it.server, GRANT("token-2", "1000"), THEN_KEEP);
    server_script(&it.server, GOT, THEN_KEEP);
    server_script(&it.server, GOT, THEN_KEEP);
    await_fetches(1, "ok");
    fake_clock_advance(&now, 799 * S);
    cr_expect_eq(run(&it, GET).problem, PROBLEM_NONE);
    cr_expect_eq(server_requests(&it.server), 2);
    fake_clock_advance(&now, 1 * S);
    server_answers_together(&it.server, 4);
    ask_and_go();
    await_requests(&it, 3);
    cr_expect(is_fetch(2));
    cr_expect_eq(run(&it, GET).problem, PROBLEM_NONE);
    cr_expect(carried(3, "token-1"), "nobody waits for the new one");
    await_fetches(2, "ok");
    cr_expect_eq(run(&it, GET).problem, PROBLEM_NONE);
    cr_expect(carried(4, "token-2"));
    teardown(&it);
}

Test(face_entra, a_failing_renewal_keeps_the_old_token_until_it_expires)
{
    open_with_entra();
    server_script(&it.server, GRANT("token-1", "1000"), THEN_KEEP);
    server_script(&it.server, reply(&it, HEAD("503 Busy") "Retry-After: 20\r\n", ""), THEN_KEEP);
    server_script(&it.server, GOT, THEN_KEEP);
    server_script(&it.server, GOT, THEN_KEEP);
    await_fetches(1, "ok");
    fake_clock_advance(&now, 900 * S);
    ask_and_go();
    await_fetches(1, "busy");
    cr_expect_eq(run(&it, GET).problem, PROBLEM_NONE);
    cr_expect(carried(2, "token-1"));
    fake_clock_advance(&now, 19 * S);
    cr_expect_eq(run(&it, GET).problem, PROBLEM_NONE, "Retry-After counts");
    cr_expect(carried(3, "token-1"));
    server_script(&it.server, REFUSAL("invalid_client"), THEN_KEEP);
    fake_clock_advance(&now, 1 * S);
    ask_and_go();
    await_fetches(1, "denied");
    fake_clock_advance(&now, 1 * S);
    server_script(&it.server, REFUSAL("invalid_client"), THEN_KEEP);
    fake_clock_advance(&now, 79 * S); /* a thousand seconds are over */
    cr_expect_eq(run(&it, GET).problem, PROBLEM_UPSTREAM_DENIED);
    cr_expect(is_fetch(5));
    cr_expect_eq(server_requests(&it.server), 6);
    teardown(&it);
}

/* ---- 401 to a token ---- */

Test(face_entra, a_rejected_token_is_dropped_and_the_call_repeated)
{
    open_with_entra();
    static const char line[] = "Authorization: Bearer token-1";
    watch_for(line, sizeof line - 1);
    server_script(&it.server, GRANT("token-1", "1000"), THEN_KEEP);
    server_script(&it.server, DENIED, THEN_KEEP);
    server_script(&it.server, GRANT("token-2", "1000"), THEN_KEEP);
    server_script(&it.server, GOT, THEN_KEEP);
    struct told told = run(&it, CREATE);
    cr_expect_eq(told.problem, PROBLEM_NONE);
    cr_expect_str_eq(told.token, TOKEN);
    cr_expect(carried(1, "token-1"));
    cr_expect(is_fetch(2));
    cr_expect(carried(3, "token-2"));
    cr_expect_eq(wiped.count, 1, "the old one is gone");
    /* it worked, so its rejection is news again */
    server_script(&it.server, DENIED, THEN_KEEP);
    server_script(&it.server, GRANT("token-3", "1000"), THEN_KEEP);
    server_script(&it.server, GOT, THEN_KEEP);
    cr_expect_eq(run(&it, DELETE).problem, PROBLEM_NONE);
    cr_expect(carried(6, "token-3"));
    teardown(&it);
}

Test(face_entra, tokens_that_are_never_taken_are_not_fetched_for_every_call)
{
    open_with_entra();
    server_script(&it.server, GRANT("token-1", "1000"), THEN_KEEP);
    server_script(&it.server, DENIED, THEN_KEEP);
    server_script(&it.server, GRANT("token-2", "1000"), THEN_KEEP);
    server_script(&it.server, DENIED, THEN_KEEP);
    server_script(&it.server, DENIED, THEN_KEEP);
    struct told told = run(&it, CREATE);
    cr_expect_eq(told.problem, PROBLEM_UPSTREAM_DENIED);
    cr_expect_not(told.maybe_performed);
    cr_expect_eq(run(&it, CREATE).problem, PROBLEM_UPSTREAM_DENIED);
    cr_expect_eq(server_requests(&it.server), 5);
    fake_clock_advance(&now, 30 * S);
    server_script(&it.server, DENIED, THEN_KEEP);
    server_script(&it.server, GRANT("token-3", "1000"), THEN_KEEP);
    server_script(&it.server, GOT, THEN_KEEP);
    cr_expect_eq(run(&it, CREATE).problem, PROBLEM_NONE, "after a while it is tried again");
    teardown(&it);
}

Test(face_entra, calls_rejected_together_cause_one_fetch)
{
    enum { CALLS = 5 };
    open_with_entra();
    server_script(&it.server, GRANT("token-1", "1000"), THEN_KEEP);
    await_fetches(1, "ok");
    struct told told[CALLS] = {0};
    server_answers_together(&it.server, 1 + CALLS);
    for (size_t i = 0; i < CALLS; i++) {
        server_script(&it.server, DENIED, THEN_KEEP);
        start(&it, GET, &told[i]);
    }
    server_script(&it.server, GRANT("token-2", "1000"), THEN_KEEP);
    for (size_t i = 0; i < CALLS; i++) {
        server_script(&it.server, GOT, THEN_KEEP);
    }
    for (size_t i = 0; i < CALLS; i++) {
        await(&it, &told[i].count);
        cr_expect_eq(told[i].problem, PROBLEM_NONE, "%zu: %d", i, told[i].problem);
    }
    cr_expect_eq(server_requests(&it.server), 2 * CALLS + 2);
    teardown(&it);
}

/* ---- settings ---- */

Test(face_entra, credentials_can_be_exchanged_both_ways)
{
    open_with_entra();
    char error[128] = "";
    struct told told = {0};
    const struct face_credentials entra = it.config.credentials;
    const struct face_credentials key = {.key = KEY};
    watch_for("s3cret%7E", strlen("s3cret%7E"));
    server_script(&it.server, NULL, THEN_HOLD);
    start(&it, GET, &told);
    await_requests(&it, 1);
    server_script(&it.server, GOT, THEN_KEEP);
    cr_assert(face_client_set_credentials(it.client, &key, error, sizeof error), "%s", error);
    cr_expect_geq(wiped.count, 1);
    await(&it, &told.count);
    cr_expect_eq(told.problem, PROBLEM_NONE, "who waited for a token goes with the key");
    cr_expect_not_null(strstr(it.server.requests[1], "Ocp-Apim-Subscription-Key: " KEY));
    server_script(&it.server, GRANT("token-1", "1000"), THEN_KEEP);
    server_script(&it.server, GOT, THEN_KEEP);
    cr_assert(face_client_set_credentials(it.client, &entra, error, sizeof error), "%s", error);
    cr_expect_eq(run(&it, GET).problem, PROBLEM_NONE);
    cr_expect(carried(3, "token-1"));
    teardown(&it);
}

Test(face_entra, refuses_what_is_no_application)
{
    static const struct {
        struct face_credentials credentials;
        const char *error;
    } rows[] = {
        {{.entra_client_secret = "s", .entra_client_id = "c"}, "upstream.entra_tenant is missing"},
        {{.entra_client_secret = "s", .entra_tenant = "t"}, "upstream.entra_client_id is missing"},
        {{.entra_client_secret = "s", .entra_tenant = "a/b", .entra_client_id = "c"},
         "upstream.entra_tenant has"},
        {{.entra_client_secret = "s", .entra_tenant = "..", .entra_client_id = "c"},
         "upstream.entra_tenant has"},
        {{.entra_client_secret = "a\nb", .entra_tenant = "t", .entra_client_id = "c"},
         "upstream.entra_client_secret has"},
        {{.entra_client_secret = "s",
          .entra_tenant = "t",
          .entra_client_id = "c",
          .entra_authority = "http://login.example"},
         "upstream.entra_authority must begin with https://"},
    };
    open_with_entra();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char error[160] = "";
        struct face_config config = it.config;
        config.credentials = rows[i].credentials;
        cr_expect_null(face_client_new(&it.uv, &config, error, sizeof error));
        cr_expect_eq(strncmp(error, rows[i].error, strlen(rows[i].error)), 0, "%s", error);
    }
    teardown(&it);
}
