/*
 * The status of a running server: JSON for programs, a page for people, and the page's files; what
 * it says is so, and nothing in it is a secret.
 */
#include "support/rig.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

#define AS_BROWSER "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

static const char *admin(const struct rig *rig, const char *path)
{
    return daemon_url(rig->server, "admin", path);
}

static const struct http_answer *status_of(const struct rig *rig)
{
    return expect_status(http_do("GET", admin(rig, "/status")), 200);
}

static const struct http_answer *page_of(const struct rig *rig)
{
    return expect_status(http_do("GET", admin(rig, "/status"), NULL, AS_BROWSER), 200);
}

static void expect_type(const struct http_answer *answer, const char *type)
{
    const char *found = answer_header(expect_status(answer, 200), "content-type");
    cr_assert(strncmp(found, type, strlen(type)) == 0, "%s, not %s", found, type);
}

/* Whether the page says so without its script. */
static bool says(const struct rig *rig, const char *name, const char *value)
{
    return strstr(page_of(rig)->body, text_of("<dt>%s</dt><dd>%s</dd>", name, value)) != NULL;
}

/* ---- two forms ---- */

Test(status, programs_get_json_and_people_a_page)
{
    struct rig rig = rig_open();
    const char *at = admin(&rig, "/status");
    expect_type(http_do("GET", at), "application/json");
    expect_type(http_do("GET", at, NULL, "Accept: application/json"), "application/json");
    expect_type(http_do("GET", at, NULL, "Accept: application/json, text/html;q=0.9"),
                "application/json");
    expect_type(http_do("GET", at, NULL, "Accept: text/html"), "text/html");
    expect_type(http_do("GET", at, NULL, AS_BROWSER), "text/html");
    expect_type(http_do("HEAD", at, NULL, AS_BROWSER), "text/html");
    expect_error(http_do("POST", at, "{}"), 405, "MethodNotAllowed");
    expect_error(http_do("GET", daemon_url(rig.server, "http", "/status"), NULL, AS_BROWSER), 404,
                 "RouteNotFound");
}

Test(status, who_asks_for_the_folder_is_led_to_the_page)
{
    struct rig rig = rig_open();
    const struct http_answer *root = http_do("GET", admin(&rig, "/"));
    cr_assert_str_eq(answer_header(expect_status(root, 302), "location"), "status");
    const struct http_answer *folder = http_do("GET", admin(&rig, "/status/"), NULL, AS_BROWSER);
    cr_assert_str_eq(answer_header(expect_status(folder, 302), "location"), "../status");
}

Test(status, the_page_has_no_script_or_style_in_it_and_its_files_are_there)
{
    struct rig rig = rig_open();
    const struct http_answer *page = page_of(&rig);
    const char *policy = answer_header(page, "content-security-policy");
    cr_assert(strstr(policy, "default-src 'none'") && strstr(policy, "script-src 'self'") &&
                  strstr(policy, "style-src 'self'") && !strstr(policy, "unsafe"),
              "%s", policy);
    cr_assert_null(strstr(page->body, "<style"));
    cr_assert_null(strstr(page->body, "<script>"));
    cr_assert_null(strstr(page->body, "style="));
    cr_assert_not_null(strstr(page->body, "<script type=\"module\" src=\"status/main.js\">"));
    expect_type(http_do("GET", admin(&rig, "/status/main.js")), "text/javascript");
    expect_type(http_do("GET", admin(&rig, "/status/numbers.js")), "text/javascript");
    expect_type(http_do("GET", admin(&rig, "/status/judge.js")), "text/javascript");
    expect_type(http_do("GET", admin(&rig, "/status/cards.js")), "text/javascript");
    expect_type(http_do("GET", admin(&rig, "/status/view.js")), "text/javascript");
    expect_type(http_do("GET", admin(&rig, "/status/style.css")), "text/css");
    expect_type(http_do("GET", admin(&rig, "/status/icon.svg")), "image/svg+xml");
}

Test(status, no_other_file_is_below_it)
{
    struct rig rig = rig_open();
    static const char *const none[] = {"/status/index.html", "/status/nothing",
                                       "/status/openapi.json", "/status/style.css/x",
                                       "/status/%6dain.js"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        expect_error(http_do("GET", admin(&rig, none[i])), 404, "RouteNotFound");
    char name[301];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    expect_error(http_do("GET", admin(&rig, text_of("/status/%s", name))), 404, "RouteNotFound");
    expect_error(http_do("GET", admin(&rig, "/status/../errors")), 400, "BadArgument");
}

/* ---- what it says ---- */

Test(status, says_how_upstream_is)
{
    struct rig rig = rig_open();
    const char *all = daemon_url(rig.server, "http", SESSIONS_PATH);
    cr_assert(cJSON_IsNull(json_at(status_of(&rig)->json, "upstream.lastSuccessSeconds")));
    cr_assert(says(&rig, "Credentials", "not used yet"));
    cr_assert(says(&rig, "Last success", "never"));
    story_begin(&rig);
    cr_assert_geq(json_number_at(status_of(&rig)->json, "upstream.lastSuccessSeconds"), 0);
    cr_assert(cJSON_IsNull(json_at(status_of(&rig)->json, "upstream.lastFailureSeconds")));
    cr_assert(says(&rig, "Credentials", "accepted"));
    emulator_fault(&rig, "{\"route\":\"create\",\"status\":401,\"count\":2}");
    expect_error(http_do("POST", all, PLAIN_CREATE), 502, "UpstreamDenied");
    cr_assert(json_bool_at(status_of(&rig)->json, "upstream.denied"));
    cr_assert_geq(json_number_at(status_of(&rig)->json, "upstream.lastFailureSeconds"), 0);
    cr_assert(says(&rig, "Credentials", "denied by upstream"));
    cr_assert_eq(metric_value(&rig, "livenessd_upstream_denied"), 1);
    emulator_fault(&rig, "{\"route\":\"create\",\"status\":500,\"count\":1}");
    http_do("POST", all, PLAIN_CREATE);
    cr_assert_eq(metric_value(&rig, "livenessd_upstream_denied"), 1, "an error is no yes");
    emulator_faults_clear(&rig);
    story_begin(&rig);
    cr_assert_not(json_bool_at(status_of(&rig)->json, "upstream.denied"));
}

Test(status, counts_the_funnel)
{
    struct rig rig = rig_open_set("upstream.rate=123");
    struct story live = story_begin(&rig);
    const char *digest = play_device(&rig, live.auth_token, SAW_REAL);
    expect_verdict(story_complete(&rig, &live, digest_body(digest)), "live", true);
    expect_verdict(story_complete(&rig, &live, digest_body(digest)), "live", true);
    struct story spoof = story_begin(&rig);
    play_device(&rig, spoof.auth_token, SAW_SPOOF);
    expect_verdict(story_complete(&rig, &spoof, "{}"), "spoof", false);
    struct story left = story_begin(&rig);
    play_device(&rig, left.auth_token, SAW_REAL);
    expect_verdict(story_get(&rig, &left), "live", true);
    cr_assert_eq(metric_value(&rig, "livenessd_sessions_created_total"), 3);
    cr_assert_eq(metric_value(&rig, "livenessd_sessions_completed_total"), 2);
    cr_assert_eq(metric_sum(&rig, "livenessd_verdicts_total", NULL), 3);
    cr_assert_eq(metric_value(&rig, "livenessd_verdicts_accepted_total"), 2);
    cr_assert_eq(metric_value(&rig, "livenessd_upstream_rate_limit"), 123);
    const cJSON *status = status_of(&rig)->json;
    cr_assert_eq(json_number_at(status, "checks.created"), 3);
    cr_assert_eq(json_number_at(status, "checks.completed"), 2);
    cr_assert_eq(json_number_at(status, "checks.settled"), 3);
    cr_assert_eq(json_number_at(status, "checks.accepted"), 2);
    cr_assert(says(&rig, "Created", "3") && says(&rig, "Accepted", "2"));
}

Test(status, counts_who_waits_and_says_why_it_is_not_ready)
{
    struct rig rig = rig_open();
    cr_assert_not_null(strstr(page_of(&rig)->body, "<strong>Ready</strong></p>"));
    struct story story = story_begin(&rig);
    struct http_pending *waiting =
        http_begin_do("GET", story_url(&rig, &story, "?wait=10"), NULL, story.owner);
    expect_soon(json_number_at(status_of(&rig)->json, "waiters") == 1);
    cr_assert(says(&rig, "Clients waiting for a verdict", "1"));
    http_leave(waiting);
    emulator_fault(&rig, "{\"route\":\"create\",\"delayMs\":3000}");
    struct http_pending *create =
        http_begin_do("POST", daemon_url(rig.server, "http", SESSIONS_PATH), PLAIN_CREATE);
    expect_soon(json_number_at(status_of(&rig)->json, "upstream.underWay") == 1);
    daemon_signal(rig.server, SIGTERM);
    expect_soon(strcmp(json_text_at(status_of(&rig)->json, "status"), "draining") == 0);
    cr_assert_not_null(strstr(page_of(&rig)->body, "<strong>Not ready</strong>: draining</p>"));
    expect_status(http_end(create), 200);
    int code = -1;
    expect_soon(daemon_ended(rig.server, &code));
    cr_assert_eq(code, 0);
}

Test(status, holds_no_secret_and_no_id)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    const char *const forms[] = {page_of(&rig)->body, status_of(&rig)->body};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        cr_assert_null(strstr(forms[i], story.id));
        cr_assert_null(strstr(forms[i], story.auth_token));
        cr_assert_null(strstr(forms[i], UPSTREAM_KEY));
        cr_assert_null(strstr(forms[i], daemon_folder(rig.server)));
    }
    const struct http_answer *keys =
        http_do("GET", daemon_url(rig.server, "http", "/.well-known/jwks.json"));
    cr_assert_not_null(strstr(keys->body, json_text_at(status_of(&rig)->json, "receiptKey")));
}
