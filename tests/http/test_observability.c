/*
 * What operators see: health, metrics that Prometheus' own tool finds no fault with, and logs that
 * hold nothing they must not.
 */
#include "base/crypto.h"
#include "support/process.h"
#include "support/rig.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define METRIC_REQUESTS "livenessd_http_requests_total"

Test(observability, the_admin_listener_says_that_it_lives_and_is_ready)
{
    struct rig rig = rig_open();
    expect_status(http_do("GET", daemon_url(rig.server, "admin", "/livez")), 200);
    expect_status(http_do("GET", daemon_url(rig.server, "admin", "/readyz")), 200);
    expect_status(http_do("HEAD", daemon_url(rig.server, "admin", "/readyz")), 200);
    const struct http_answer *status = http_do("GET", daemon_url(rig.server, "admin", "/status"));
    expect_status(status, 200);
    cr_assert_eq(json_number_at(status->json, "sessions.open"), 0);
    cr_assert_str_eq(json_text_at(status->json, "store.kind"), "sqlite");
    cr_assert(json_bool_at(status->json, "store.ready"));
    expect_soon(metric_value(&rig, "livenessd_store_peers") == 1);
    expect_error(http_do("POST", daemon_url(rig.server, "admin", SESSIONS_PATH), PLAIN_CREATE), 404,
                 "RouteNotFound");
}

Test(observability, readiness_never_asks_upstream)
{
    struct rig rig = rig_open();
    daemon_stop(rig.emulator);
    expect_status(http_do("GET", daemon_url(rig.server, "admin", "/readyz")), 200);
}

/* One of each: accepted, refused, wrong, deleted. */
static void something_of_everything(const struct rig *rig)
{
    struct story live = story_begin(rig);
    const char *digest = play_device(rig, live.auth_token, SAW_REAL);
    expect_verdict(story_complete(rig, &live, digest_body(digest)), "live", true);
    struct story spoof = story_begin(rig);
    play_device(rig, spoof.auth_token, SAW_SPOOF);
    expect_verdict(story_get(rig, &spoof), "spoof", false);
    struct story deleted = story_begin(rig);
    expect_status(story_delete(rig, &deleted), 204);
    expect_error(story_get(rig, &deleted), 404, "SessionNotFound");
    expect_status(http_do("POST", daemon_url(rig->server, "http", SESSIONS_PATH), "{"), 400);
    emulator_fault(rig, "{\"route\":\"create\",\"status\":500,\"count\":1}");
    expect_status(http_do("POST", daemon_url(rig->server, "http", SESSIONS_PATH), PLAIN_CREATE),
                  502);
    expect_soon(emulator_sessions(rig) == 0);
}

Test(observability, metrics_count_what_happened)
{
    struct rig rig = rig_open();
    something_of_everything(&rig);
    const char *route = "route=\"" SESSIONS_PATH "\"";
    cr_assert_eq(metric_sum(&rig, METRIC_REQUESTS, text_of("%s,code=\"200\"", route)), 3);
    cr_assert_eq(metric_sum(&rig, METRIC_REQUESTS, text_of("%s,code=\"400\"", route)), 1);
    cr_assert_eq(metric_sum(&rig, METRIC_REQUESTS, text_of("%s,code=\"502\"", route)), 1);
    cr_assert_eq(metric_sum(&rig, METRIC_REQUESTS, "route=\"" SESSIONS_PATH "/{id}\""), 3);
    cr_assert_eq(metric_sum(&rig, "livenessd_http_request_duration_seconds_count", route), 5);
    cr_assert_eq(metric_value(&rig, "livenessd_sessions_created_total"), 3);
    cr_assert_eq(metric_value(&rig, "livenessd_verdicts_total{decision=\"live\"}"), 1);
    cr_assert_eq(metric_value(&rig, "livenessd_verdicts_total{decision=\"spoof\"}"), 1);
    const char *const upstream = "livenessd_upstream_requests_total";
    cr_assert_eq(metric_sum(&rig, upstream, "operation=\"create\",outcome=\"ok\""), 3);
    cr_assert_eq(metric_sum(&rig, upstream, "operation=\"create\",outcome=\"broken\""), 1);
    expect_soon(metric_sum(&rig, upstream, "operation=\"delete\",outcome=\"ok\"") == 3);
    cr_assert_geq(metric_sum(&rig, "livenessd_store_commits_total", "ok"), 3);
    cr_assert_eq(metric_sum(&rig, "livenessd_upstream_in_flight", NULL), 0);
    cr_assert_null(strstr(http_do("GET", daemon_url(rig.server, "admin", "/metrics"))->body, "01a"),
                   "an id became a label");
}

/* promtool check metrics over this text; what it says in *ret_said. */
static int promtool(const struct rig *rig, const char *metrics, const char **ret_said)
{
    const char *path = text_of("%s/metrics", daemon_folder(rig->server));
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    (void)fputs(metrics, file);
    (void)fclose(file);
    char shell[] = "/bin/sh";
    char command[] = "-c";
    char *const words[] = {shell, command, text_of("exec promtool check metrics <%s 2>&1", path),
                           NULL};
    char **environment = process_environment(NULL);
    int output = -1;
    int status = 0;
    pid_t pid = process_start(words, environment, &output, NULL);
    *ret_said = process_read_all(output);
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    words_free(environment);
    return WEXITSTATUS(status);
}

Test(observability, promtool_finds_no_fault_with_the_metrics)
{
    struct rig rig = rig_open();
    const char *said = NULL;
    something_of_everything(&rig);
    const struct http_answer *metrics = http_do("GET", daemon_url(rig.server, "admin", "/metrics"));
    cr_assert_eq(strncmp(answer_header(metrics, "content-type"), "text/plain; version=0.0.4", 25),
                 0);
    cr_assert_eq(promtool(&rig, metrics->body, &said), 0, "%s", said);
    cr_assert_str_eq(said, "");
    cr_assert_neq(promtool(&rig, "bad_ms_total 1\n", &said), 0, "promtool finds no fault at all");
}

Test(observability, every_answer_has_a_request_id_that_its_log_line_has)
{
    struct rig rig = rig_open();
    const struct http_answer *answer = http_do("GET", daemon_url(rig.server, "http", "/nothing"));
    const char *id = answer_header(answer, "x-request-id");
    cr_assert_not_null(id);
    expect_soon(daemon_log_contains(rig.server, text_of("\"request_id\":\"%s\"", id)));
    answer = http_do("GET", daemon_url(rig.server, "http", "/nothing"), NULL,
                     "X-Request-Id: chosen-by-a-stranger");
    cr_assert_str_neq(answer_header(answer, "x-request-id"), "chosen-by-a-stranger");
    cr_assert_not(daemon_log_contains(rig.server, "chosen-by-a-stranger"));
}

Test(observability, every_line_of_the_log_is_a_json_object)
{
    struct rig rig = rig_open();
    something_of_everything(&rig);
    daemon_stop(rig.server);
    unsigned lines = 0;
    for (const char *line = daemon_log(rig.server); *line; line = strchr(line, '\n') + 1) {
        const char *text = text_of("%.*s", (int)strcspn(line, "\n"), line);
        cJSON *json = cJSON_ParseWithOpts(text, NULL, 1);
        cr_assert(cJSON_IsObject(json), "%s", text);
        cJSON_Delete(json);
        lines++;
    }
    cr_assert_gt(lines, 10);
}

#define APP_TOKEN "app-token-0123456789-never-logged"

/* Everything that must not be logged, sent wherever a client can send something. */
static void send_secrets(const struct rig *rig)
{
    const char *all = daemon_url(rig->server, "http", SESSIONS_PATH);
    const char *body = "{\"livenessOperationMode\":\"Passive\",\"deviceCorrelationId\":"
                       "\"seeded-device\",\"userCorrelationId\":\"seeded-user\"}";
    expect_status(http_do("POST", all, body, "Authorization: Bearer " APP_TOKEN,
                          "User-Agent: seeded-agent", "X-Forwarded-For: 203.0.113.77",
                          "Cookie: other=seeded-cookie"),
                  200);
    expect_status(http_do("POST", all, body, "Authorization: Bearer seeded-wrong-token"), 401);
    expect_status(http_do("GET", text_of("%s/seeded-path?seeded-query=1", all), NULL,
                          "X-Device-Token: seeded-device-token"),
                  401);
    expect_status(http_do("POST", all, "{\"seeded-broken"), 400);
    expect_status(http_do("GET", daemon_url(rig->server, "http", "/seeded/unknown/path")), 404);
}

Test(observability, logs_hold_no_secret_token_digest_image_or_raw_id)
{
    uint8_t hash[SHA256_BYTES];
    char hex[SHA256_HEX];
    sha256(APP_TOKEN, strlen(APP_TOKEN), hash);
    hex_encode(hash, sizeof hash, hex);
    struct rig rig = rig_open_set("auth.mode=anonymous,app_token", "log.level=debug",
                                  text_of("auth.app_tokens=one:%s", hex));
    something_of_everything(&rig);
    send_secrets(&rig);
    struct story story = story_begin(&rig);
    const char *digest = play_device(&rig, story.auth_token, SAW_REAL);
    const char *completion = text_of("{\"digest\":\"%s\",\"resultId\":\"seeded-result\"}", digest);
    expect_verdict(story_complete(&rig, &story, completion), "live", true);
    daemon_stop(rig.server);
    const char *const secrets[] = {"seeded",
                                   APP_TOKEN,
                                   hex,
                                   UPSTREAM_KEY,
                                   digest,
                                   story.auth_token,
                                   strchr(story.owner, ' ') + 1,
                                   "203.0.113.77",
                                   "127.0.0.1/"};
    const char *log = daemon_log(rig.server);
    cr_assert_not_null(strstr(log, story.id), "the log is about something else");
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
        const char *found = strstr(log, secrets[i]);
        cr_assert_null(found, "%s is in the log: %.200s", secrets[i], found ? found : "");
    }
}
