/*
 * The demo page's addresses: what there is when it is on, what there is not when it is off, and
 * what its pages forbid themselves. What it does in a browser is tested in one.
 */
#include "support/command.h"
#include "support/json_path.h"
#include "support/rig.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(demo, .timeout = 120);

static const struct http_answer *get(const struct rig *rig, const char *path)
{
    return http_do("GET", daemon_url(rig->server, "http", path));
}

static bool header_has(const struct http_answer *answer, const char *name, const char *text)
{
    const char *value = answer_header(answer, name);
    return value && strstr(value, text);
}

Test(demo, is_an_unknown_address_like_any_other_unless_it_is_switched_on)
{
    static const char *const paths[] = {"/demo", "/demo/", "/demo/main.js", "/demo/settings.json",
                                        "/demo/face-ui/x.js"};
    static const char *const methods[] = {"GET", "POST", "OPTIONS", "DELETE"};
    struct rig rig = rig_open_set("cors.origins=https://app.example");
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        for (size_t k = 0; k < sizeof methods / sizeof *methods; k++)
            expect_error(http_do(methods[k], daemon_url(rig.server, "http", paths[i])), 404,
                         "RouteNotFound");
}

Test(demo, leads_to_the_folder_so_that_what_is_relative_is_in_it)
{
    struct rig rig = rig_open_set("web.demo=true", "http.base_path=/live");
    static const char *const paths[] = {"/demo", "/live/demo", "/DEMO", "/demo?a=b"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        const struct http_answer *answer = expect_status(get(&rig, paths[i]), 302);
        cr_expect_str_eq(answer_header(answer, "location"), "demo/", "%s", paths[i]);
    }
    cr_expect(header_has(expect_status(get(&rig, "/demo/"), 200), "content-type", "text/html"));
    cr_expect(header_has(expect_status(get(&rig, "/live/demo/"), 200), "content-type", "html"));
}

Test(demo, carries_all_that_its_page_names)
{
    static const char *const files[] = {"style.css",  "icon.svg",   "main.js",    "api.js",
                                        "camera.js",  "dom.js",     "picture.js", "problem.js",
                                        "receipt.js", "verdict.js", "wire.js",    "words.js"};
    struct rig rig = rig_open_set("web.demo=true");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        const struct http_answer *answer =
            expect_status(get(&rig, text_of("/demo/%s", files[i])), 200);
        const char *end = strrchr(files[i], '.');
        const char *type = strcmp(end, ".js") == 0    ? "text/javascript"
                           : strcmp(end, ".css") == 0 ? "text/css"
                                                      : "image/svg+xml";
        cr_expect(header_has(answer, "content-type", type), "%s", files[i]);
        cr_expect(header_has(answer, "cross-origin-resource-policy", "same-origin"));
        cr_expect_str_eq(answer->body, source_text(text_of("server/web/demo/%s", files[i])));
    }
    static const char *const none[] = {"index.html",   "frame.html", "nothing.js",
                                       "face-ui",      "face-ui/",   "face-ui/x.js",
                                       "openapi.json", "main.js/x",  "MAIN.JS"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        expect_error(get(&rig, text_of("/demo/%s", none[i])), 404, "RouteNotFound");
}

Test(demo, below_a_base_of_its_own_name_hides_no_other_address)
{
    struct rig rig = rig_open_set("web.demo=true", "http.base_path=/demo");
    static const char *const paths[] = {"/demo/",       "/demo/demo/",        "/demo/demo/main.js",
                                        "/demo/errors", "/demo/openapi.json", "/demo/main.js"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        expect_status(get(&rig, paths[i]), 200);
    cr_expect_str_eq(answer_header(expect_status(get(&rig, "/demo/demo"), 302), "location"),
                     "demo/");
}

Test(demo, page_may_reach_itself_and_the_emulator_only)
{
    struct rig rig = rig_open_set("web.demo=true");
    const struct http_answer *answer = expect_status(get(&rig, "/demo/"), 200);
    const char *emulator = daemon_url(rig.emulator, "emulator", "");
    cr_expect(header_has(answer, "content-security-policy", "default-src 'none'"));
    cr_expect(header_has(answer, "content-security-policy", "script-src 'self';"));
    cr_expect(header_has(answer, "content-security-policy", "frame-ancestors 'none'"));
    cr_expect(
        header_has(answer, "content-security-policy", text_of("connect-src 'self' %s", emulator)));
    cr_expect_not(header_has(answer, "content-security-policy", "unsafe"));
    cr_expect(header_has(answer, "permissions-policy", "camera=()"));
    cr_expect(header_has(answer, "x-frame-options", "DENY"));
    cr_expect_null(strstr(answer->body, "style=\""));
    cr_expect_null(strstr(answer->body, "onclick"));
    const struct http_answer *settings = expect_status(get(&rig, "/demo/settings.json"), 200);
    cr_expect_str_eq(json_text_at(settings->json, "emulator"), emulator);
    cr_expect_str_eq(json_text_at(settings->json, "apiVersion"), "v1.2");
    cr_expect(cJSON_IsFalse(json_at(settings->json, "faceUi")));
    cr_expect(cJSON_IsTrue(json_at(settings->json, "anonymous")));
}

static void expect_refusal(const char *folder, const char *word)
{
    static const char *const with_key[] = {"FACE_KEY=some-key", NULL};
    const char *setting = text_of("web.face_ui_dir=%s", folder);
    const char *const arguments[] = {
        "--set", "upstream.endpoint=http://127.0.0.1:1", "--set", "web.demo=true", "--set", setting,
        NULL};
    const char *said = NULL;
    cr_expect_eq(daemon_refuses("serve", arguments, with_key, &said), 1, "%s", said);
    cr_expect_not_null(strstr(said, "web.face_ui_dir"), "%s", said);
    cr_expect_not_null(strstr(said, word), "%s", said);
}

Test(demo, a_component_that_is_not_there_refuses_the_start)
{
    expect_refusal("/nonexistent/face-ui", "No such file");
    expect_refusal(folder_new(), "FaceLivenessDetector.js");
}

static void put(const char *file, size_t size)
{
    FILE *stream = fopen(file, "we");
    cr_assert_not_null(stream, "%s", file);
    for (size_t i = 0; i < size; i++)
        (void)fputc((int)(i * 31 >> 4 & 0xff), stream);
    cr_assert_eq(fclose(stream), 0);
}

/* An engine is megabytes large, and many ask for it at a time. */
Test(demo, files_of_the_component_are_sent_whole)
{
    enum { SIZE = 3 * 1024 * 1024 };
    const char *folder = folder_new();
    put(text_of("%s/FaceLivenessDetector.js", folder), 100);
    put(text_of("%s/engine.wasm", folder), SIZE);
    struct rig rig = rig_open_set("web.demo=true", text_of("web.face_ui_dir=%s", folder));
    for (int i = 0; i < 3; i++) {
        const struct http_answer *answer =
            expect_status(get(&rig, "/demo/face-ui/engine.wasm"), 200);
        cr_assert_eq(answer->body_size, SIZE);
        for (size_t k = 0; k < SIZE; k += 4093)
            cr_assert_eq((unsigned char)answer->body[k], (unsigned char)(k * 31 >> 4 & 0xff));
        cr_expect_str_eq(answer_header(answer, "content-type"), "application/wasm");
        cr_expect_str_eq(answer_header(answer, "cache-control"), "private, max-age=300");
    }
    const struct http_answer *head =
        http_do("HEAD", daemon_url(rig.server, "http", "/demo/face-ui/engine.wasm"));
    cr_expect_eq(expect_status(head, 200)->body_size, 0);
    cr_expect_str_eq(answer_header(head, "content-length"), "3145728");
    const struct http_answer *frame = expect_status(get(&rig, "/demo/face-ui/"), 200);
    cr_expect(header_has(frame, "content-security-policy", "frame-ancestors 'self'"));
    cr_expect(header_has(frame, "permissions-policy", "camera=(self)"));
    cr_expect_str_eq(answer_header(get(&rig, "/demo/face-ui"), "location"), "face-ui/");
}
