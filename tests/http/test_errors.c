/*
 * The error catalogue: what an error's `help` leads to is there, a page for people and JSON for
 * programs; and the advice that each error carries is the catalogue's.
 */
#include "base/crypto.h"
#include "support/raw.h"
#include "support/rig.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define AS_JSON    "Accept: application/json"
#define AS_PROBLEM "Accept: application/problem+json"
#define AS_BROWSER "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

static const char *url(const struct rig *rig, const char *path)
{
    return daemon_url(rig->server, "http", path);
}

static void expect_type(const struct http_answer *answer, const char *type)
{
    cr_assert_str_eq(answer_header(answer, "content-type"), text_of("%s; charset=utf-8", type));
}

/* ---- errors lead there ---- */

/* Requests that are refused, each in another way. */
static unsigned refused(const struct rig *rig, const struct http_answer *ret[16])
{
    const char *all = url(rig, SESSIONS_PATH);
    const char *const unknown = "/00000000-0000-7000-8000-000000000000";
    unsigned count = 0;
    struct story story = story_begin(rig);
    ret[count++] = http_do("GET", url(rig, "/nothing"));
    ret[count++] = http_do("PUT", all, PLAIN_CREATE);
    ret[count++] = http_do("POST", all, "{");
    ret[count++] = http_do("POST", all, "{}", "Content-Type: text/plain");
    ret[count++] = http_do("POST", all, "{\"livenessOperationMode\":\"Sideways\"}");
    ret[count++] = http_do("POST", all, PLAIN_CREATE, "Idempotency-Key: 1");
    ret[count++] = http_do("POST", all, PLAIN_CREATE, "Authorization: Bearer nobody");
    ret[count++] = http_do("POST", all, PLAIN_CREATE, "Origin: https://elsewhere.example");
    ret[count++] = http_do("GET", text_of("%s%s", all, unknown), story.owner);
    ret[count++] = http_do("GET", text_of("%s%s", all, unknown));
    emulator_fault(rig, "{\"route\":\"create\",\"status\":500,\"count\":1}");
    ret[count++] = http_do("POST", all, PLAIN_CREATE);
    emulator_fault(rig, "{\"route\":\"create\",\"status\":403,\"count\":1}");
    ret[count++] = http_do("POST", all, PLAIN_CREATE);
    return count;
}

static bool is_anchor(const struct http_answer *page, const char *help)
{
    const char *fragment = strchr(help, '#');
    return fragment && strstr(page->body, text_of("<section id=\"%s\">", fragment + 1)) != NULL;
}

/* The catalogue's row of a code and status. */
static const cJSON *row_of(const struct http_answer *catalogue, const char *code, int status)
{
    const cJSON *row = NULL;
    cJSON_ArrayForEach (row, cJSON_GetObjectItemCaseSensitive(catalogue->json, "errors")) {
        if (strcmp(json_text_at(row, "code"), code) == 0 &&
            (int)json_number_at(row, "status") == status)
            return row;
    }
    return NULL;
}

Test(errors, help_leads_to_an_anchor_of_the_catalogue_and_the_advice_is_the_catalogues)
{
    struct rig rig = rig_open();
    const struct http_answer *page = expect_status(http_do("GET", url(&rig, "/errors")), 200);
    const struct http_answer *json =
        expect_status(http_do("GET", url(&rig, "/errors"), NULL, AS_JSON), 200);
    const struct http_answer *answers[16];
    unsigned count = refused(&rig, answers);
    for (unsigned i = 0; i < count; i++) {
        const char *code = json_text_at(answers[i]->json, "error.code");
        const char *help = json_text_at(answers[i]->json, "error.help");
        cr_assert_str_eq(help, text_of("/errors#%s", code));
        cr_assert(is_anchor(page, help), "%s", help);
        const cJSON *row = row_of(json, code, answers[i]->status);
        cr_assert_not_null(row, "%s %d", code, answers[i]->status);
        const char *advice = json_text_at(answers[i]->json, "error.advice");
        cr_assert_str_eq(advice, json_text_at(row, "advice"), "%s", code);
        cr_assert_eq(json_bool_at(answers[i]->json, "error.retryable"),
                     strcmp(advice, "retry") == 0, "%s", code);
    }
}

Test(errors, the_rfcs_shape_has_the_same)
{
    struct rig rig = rig_open();
    const struct http_answer *answer =
        expect_status(http_do("GET", url(&rig, "/nothing"), NULL, AS_PROBLEM), 404);
    cr_assert_str_eq(json_text_at(answer->json, "type"), "/errors#RouteNotFound");
    cr_assert_str_eq(json_text_at(answer->json, "advice"), "fix_request");
}

Test(errors, a_public_address_and_base_path_make_help_absolute)
{
    struct rig rig = rig_open_set("http.public_url=https://x.example", "http.base_path=/live");
    const char *const help = "https://x.example/live/errors#RouteNotFound";
    const struct http_answer *face = http_do("GET", url(&rig, "/nothing"));
    cr_assert_str_eq(json_text_at(face->json, "error.help"), help);
    const struct http_answer *rfc = http_do("GET", url(&rig, "/nothing"), NULL, AS_PROBLEM);
    cr_assert_str_eq(json_text_at(rfc->json, "type"), help);
    const struct http_answer *admin = http_do("GET", daemon_url(rig.server, "admin", "/nothing"));
    cr_assert_str_eq(json_text_at(admin->json, "error.help"), help);
    const struct http_answer *page = http_do("GET", url(&rig, "/live/errors"));
    cr_assert(is_anchor(expect_status(page, 200), help));
}

Test(errors, below_a_base_path_alone_help_is_below_it_too)
{
    struct rig rig = rig_open_set("http.base_path=/live");
    const struct http_answer *answer = http_do("GET", url(&rig, "/live/nothing"));
    cr_assert_str_eq(json_text_at(answer->json, "error.help"), "/live/errors#RouteNotFound");
    expect_status(http_do("GET", url(&rig, "/live/errors")), 200);
}

Test(errors, the_admin_listeners_errors_lead_to_its_own_catalogue)
{
    struct rig rig = rig_open_set("http.base_path=/live");
    const struct http_answer *answer = http_do("GET", daemon_url(rig.server, "admin", "/nothing"));
    const char *help = json_text_at(answer->json, "error.help");
    cr_assert_str_eq(help, "/errors#RouteNotFound");
    cr_assert(is_anchor(
        expect_status(http_do("GET", daemon_url(rig.server, "admin", "/errors")), 200), help));
}

/* ---- two forms ---- */

Test(errors, programs_get_json_and_people_a_page)
{
    struct rig rig = rig_open();
    const char *at = url(&rig, "/errors");
    expect_type(http_do("GET", at), "text/html");
    expect_type(http_do("GET", at, NULL, AS_BROWSER), "text/html");
    expect_type(http_do("GET", at, NULL, AS_JSON), "application/json");
    expect_type(http_do("GET", at, NULL, "Accept: application/json, text/plain, */*"),
                "application/json");
    expect_type(http_do("HEAD", at, NULL, AS_JSON), "application/json");
    expect_error(http_do("POST", at, "{}"), 405, "MethodNotAllowed");
}

Test(errors, the_page_may_use_no_style_but_its_own)
{
    struct rig rig = rig_open();
    const struct http_answer *page = http_do("GET", url(&rig, "/errors"));
    const char *style = strstr(page->body, "<style>");
    const char *end = strstr(page->body, "</style>");
    cr_assert(style && end);
    uint8_t hash[SHA256_BYTES];
    CLEANUP(buf) struct buf text;
    buf_init(&text, 100);
    style += strlen("<style>");
    sha256(style, (size_t)(end - style), hash);
    base64_encode(hash, sizeof hash, &text);
    const char *policy = answer_header(page, "content-security-policy");
    cr_assert(strstr(policy, text_of("style-src 'sha256-%s'", text.data)), "%s", policy);
    cr_assert_null(strstr(policy, "unsafe"), "%s", policy);
    cr_assert_null(strstr(page->body, "<script"));
}
