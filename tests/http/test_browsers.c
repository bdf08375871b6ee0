/*
 * Pages in browsers: which origins may call and read, preflights, what a cookie is good for and
 * what not, and what pages of ours forbid themselves.
 */
#include "support/events.h"
#include "support/raw.h"

#include <criterion/criterion.h>
#include <string.h>

#define APP          "https://app.example"
#define OTHER        "https://other.example:8443"
#define FOREIGN      "https://evil.example"
#define ORIGINS      "cors.origins=https://app.example,https://other.example:8443"
#define FROM_APP     "Origin: https://app.example"
#define FROM_OTHER   "Origin: https://other.example:8443"
#define FROM_FOREIGN "Origin: https://evil.example"
#define PREFLIGHT    "Access-Control-Request-Method: POST"

static const char *url(const struct rig *rig, const char *path)
{
    return daemon_url(rig->server, "http", path);
}

static const char *origin_header(const char *origin)
{
    return text_of("Origin: %s", origin);
}

static bool header_is(const struct http_answer *answer, const char *name, const char *value)
{
    const char *found = answer_header(answer, name);
    return value ? found && strcmp(found, value) == 0 : !found;
}

/* What a listed origin is told of every answer, and another one is not. */
static void expect_shared_with(const struct http_answer *answer, const char *origin)
{
    const char *shown = answer_header(answer, "access-control-expose-headers");
    cr_assert(header_is(answer, "access-control-allow-origin", origin), "%s", answer->head);
    cr_assert(header_is(answer, "access-control-allow-credentials", origin ? "true" : NULL), "%s",
              answer->head);
    cr_assert(header_is(answer, "vary", "Origin"), "%s", answer->head);
    cr_assert_eq(shown != NULL, origin != NULL, "%s", answer->head);
    static const char *const names[] = {"X-Request-Id", "Retry-After", "RateLimit",
                                        "RateLimit-Policy", "X-Device-Token"};
    for (size_t i = 0; shown && i < sizeof names / sizeof *names; i++)
        cr_assert(strstr(shown, names[i]), "%s is not among %s", names[i], shown);
}

/* ---- preflights ---- */

Test(browsers, preflights_are_answered_on_every_route_without_a_credential, .timeout = 120)
{
    static const struct {
        const char *path, *methods;
    } rows[] = {
        {"/api/detectLiveness-sessions", "POST, GET, HEAD"},
        {"/API//detectLivenessWithVerify-sessions/", "POST, GET, HEAD"},
        {"/api/detectLiveness-sessions/x", "GET, HEAD, DELETE"},
        {"/api/detectLiveness-sessions/x/events?a=b", "GET, HEAD"},
        {"/api/detectLiveness-sessions/x/completion", "POST"},
        {"/api/detectLiveness-sessions/x/audit", "GET, HEAD"},
        {"/api/sessionImages/x", "GET, HEAD"},
        {"/api/detect", "POST"},
        {"/api/devices", "POST"},
        {"/errors", "GET, HEAD"},
        {"/face/v1.2/detectLiveness-sessions", "POST, GET, HEAD"},
        {"/face/v1.1-preview.1/detectLiveness/singleModal/sessions/x", "GET, HEAD, DELETE"},
    };
    struct rig rig =
        rig_open_set(ORIGINS, "auth.mode=app_token",
                     text_of("auth.app_tokens=%s", app_token_entry("a", "t0ken", NULL)));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct http_answer *answer =
            http_do("OPTIONS", url(&rig, rows[i].path), NULL, FROM_APP, PREFLIGHT,
                    "Access-Control-Request-Headers: authorization,content-type");
        expect_status(answer, 204);
        cr_assert_eq(answer->body_size, 0);
        expect_shared_with(answer, APP);
        cr_assert(header_is(answer, "access-control-allow-methods", rows[i].methods), "%s %s",
                  rows[i].path, answer->head);
        cr_assert(header_is(answer, "access-control-max-age", "600"), "%s", answer->head);
    }
}

Test(browsers, preflights_allow_the_headers_that_clients_send)
{
    static const char *const names[] = {
        "authorization", "content-type",  "idempotency-key", "ocp-apim-subscription-key",
        "prefer",        "last-event-id", "x-device-token",  "x-request-id",
        "traceparent"};
    struct rig rig = rig_open_set(ORIGINS);
    const struct http_answer *answer =
        http_do("OPTIONS", url(&rig, SESSIONS_PATH), NULL, FROM_OTHER, PREFLIGHT);
    const char *allowed = answer_header(expect_status(answer, 204), "access-control-allow-headers");
    cr_assert_not_null(allowed);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        cr_assert(strstr(allowed, names[i]), "%s is not among %s", names[i], allowed);
    cr_assert_not(strchr(allowed, '*'));
}

Test(browsers, an_origin_that_is_not_listed_is_told_nothing, .timeout = 120)
{
    static const char *const origins[] = {
        FOREIGN,
        "null",
        "*",
        "http://app.example",
        APP ":443",
        APP ":8443",
        APP "/",
        APP ".evil.example",
        "https://APP.example",
        "https://sub.app.example",
        "https://other.example",
        "app.example",
        APP ", " OTHER,
    };
    struct rig rig = rig_open_set(ORIGINS);
    for (size_t i = 0; i < sizeof origins / sizeof *origins; i++) {
        const struct http_answer *preflight = http_do("OPTIONS", url(&rig, SESSIONS_PATH), NULL,
                                                      origin_header(origins[i]), PREFLIGHT);
        expect_shared_with(expect_status(preflight, 204), NULL);
        cr_assert_null(answer_header(preflight, "access-control-allow-methods"));
        cr_assert_null(answer_header(preflight, "access-control-allow-headers"));
        expect_shared_with(http_do("GET", url(&rig, "/errors"), NULL, origin_header(origins[i])),
                           NULL);
    }
    const struct http_answer *twice =
        http_do("GET", url(&rig, "/errors"), NULL, FROM_APP, FROM_OTHER);
    cr_assert_null(answer_header(twice, "access-control-allow-origin"));
}

Test(browsers, without_a_list_there_is_no_other_origin)
{
    struct rig rig = rig_open();
    const struct http_answer *answer =
        http_do("OPTIONS", url(&rig, SESSIONS_PATH), NULL, FROM_APP, PREFLIGHT);
    expect_status(answer, 204);
    cr_assert_not(strstr(answer->head, "ccess-control"), "%s", answer->head);
    cr_assert_null(answer_header(answer, "vary"));
    cr_assert(header_is(answer, "allow", "POST, GET, HEAD"));
}

Test(browsers, a_path_that_is_none_has_no_preflight)
{
    struct rig rig = rig_open_set(ORIGINS);
    const struct http_answer *answer =
        http_do("OPTIONS", url(&rig, "/api/nothing"), NULL, FROM_APP, PREFLIGHT);
    expect_shared_with(expect_error(answer, 404, "RouteNotFound"), APP);
    cr_assert_null(answer_header(answer, "access-control-allow-methods"));
    expect_error(http_do("OPTIONS", url(&rig, "/api/%2e%2e/x"), NULL, FROM_APP, PREFLIGHT), 400,
                 "BadArgument");
    /* the admin listener has no pages */
    cr_assert_eq(
        http_do("OPTIONS", daemon_url(rig.server, "admin", "/livez"), NULL, FROM_APP, PREFLIGHT)
            ->status,
        405);
}

/* ---- answers, good and bad ---- */

Test(browsers, listed_origins_read_answers_and_errors)
{
    struct rig rig = rig_open_set(ORIGINS);
    const struct http_answer *created = http_do("POST", url(&rig, SESSIONS_PATH), PLAIN_CREATE,
                                                FROM_APP, "Sec-Fetch-Site: cross-site");
    expect_shared_with(expect_status(created, 200), APP);
    cr_assert_not_null(answer_header(created, "x-device-token"), "cookies do not cross sites");
    const char *one =
        text_of("%s/%s", url(&rig, SESSIONS_PATH), json_text_at(created->json, "sessionId"));
    expect_shared_with(expect_error(http_do("GET", one, NULL, FROM_OTHER), 401, "NotAuthenticated"),
                       OTHER);
    expect_shared_with(expect_error(http_do("PUT", one, "{}", FROM_APP), 405, "MethodNotAllowed"),
                       APP);
    expect_shared_with(
        expect_error(http_do("GET", url(&rig, "/nope"), NULL, FROM_APP), 404, "RouteNotFound"),
        APP);
    expect_shared_with(expect_error(http_do("POST", url(&rig, SESSIONS_PATH), "x", FROM_APP,
                                            "Content-Type: text/plain"),
                                    415, "BadArgument"),
                       APP);
    expect_shared_with(expect_error(http_do("POST", url(&rig, SESSIONS_PATH), "{}", FROM_APP), 400,
                                    "InvalidLivenessOperationMode"),
                       APP);
}

/* One raw request; the head of its answer. */
static const char *raw_head(const struct rig *rig, const char *request)
{
    int fd = raw_connect(daemon_address(rig->server, "http"));
    raw_send(fd, request);
    return raw_read_all(fd, NULL);
}

static void expect_raw_error(const struct rig *rig, const char *request, const char *status)
{
    const char *head = raw_head(rig, request);
    cr_assert(strstr(head, status), "%s", head);
    cr_assert(strstr(head, "access-control-allow-origin: " APP "\r\n"), "%s", head);
    cr_assert(strstr(head, "access-control-allow-credentials: true\r\n"), "%s", head);
    cr_assert(strstr(head, "vary: Origin\r\n"), "%s", head);
}

Test(browsers, listed_origins_read_what_the_listener_refuses)
{
    struct rig rig = rig_open_set(ORIGINS, "http.max_head=1KB", "http.max_body=1KB");
    const char *long_value = text_of("%01500d", 0);
    const char *host = "Host: x\r\nOrigin: " APP "\r\nConnection: close\r\n";
    expect_raw_error(&rig, text_of("GET /errors HTTP/1.1\r\n%sX-A: %s\r\n\r\n", host, long_value),
                     " 431 ");
    expect_raw_error(&rig, text_of("GET /%%00 HTTP/1.1\r\n%s\r\n", host), " 400 ");
    expect_raw_error(&rig,
                     text_of("GET /errors HTTP/1.1\r\n%sContent-Length: 0\r\n"
                             "Content-Length: 0\r\n\r\n",
                             host),
                     " 400 ");
    expect_raw_error(&rig,
                     text_of("POST " SESSIONS_PATH " HTTP/1.1\r\n%sContent-Type: application/json"
                             "\r\nContent-Length: 1500\r\n\r\n%s",
                             host, long_value),
                     " 413 ");
    expect_raw_error(&rig,
                     text_of("POST " SESSIONS_PATH " HTTP/1.1\r\n%sContent-Type: application/json"
                             "\r\nContent-Length: 9000000\r\n\r\n",
                             host),
                     " 413 ");
}

Test(browsers, event_streams_are_for_listed_origins)
{
    struct rig rig = rig_open_set(ORIGINS);
    struct story story = story_begin(&rig);
    const char *path = text_of(SESSIONS_PATH "/%s/events", story.id);
    struct events *events = events_open_at(daemon_address(rig.server, "http"), path,
                                           text_of("%s\r\nOrigin: " APP "\r\n", story.owner));
    expect_soon(events_has(events, "event: status"));
    cr_assert(events_has(events, "access-control-allow-origin: " APP "\r\n"), "%s",
              events_text(events));
    cr_assert(events_has(events, "vary: Origin\r\n"));
    events_leave(events);
}

/* ---- cookies ---- */

static const char *cookie_of(const struct http_answer *answer)
{
    const char *cookie = answer_header(answer, "set-cookie");
    cr_assert_not_null(cookie, "%s", answer->head);
    return text_of("Cookie: %.*s", (int)strcspn(cookie, ";"), cookie);
}

enum { SAID_MAX = 2, SOURCES = 14 };

/* What a browser says of where a request comes from, and whether that is one of our pages. */
static const struct source {
    const char *said[SAID_MAX];
    bool ours, foreign;
} sources[SOURCES] = {
    {{NULL}, false, false}, /* an old browser, or no browser at all */
    {{FROM_APP}, true, false},
    {{FROM_APP, "Sec-Fetch-Site: cross-site"}, true, false},
    {{"Origin: https://live.example", "Sec-Fetch-Site: same-origin"}, true, false},
    {{"Origin: https://live.example"}, true, false},
    {{"Sec-Fetch-Site: same-origin"}, true, false},
    {{"Sec-Fetch-Site: same-site"}, false, true},
    {{"Sec-Fetch-Site: cross-site"}, false, true},
    {{FROM_FOREIGN}, false, true},
    {{FROM_FOREIGN, "Sec-Fetch-Site: same-site"}, false, true},
    {{"Origin: null"}, false, true},
    {{"Origin: http://live.example"}, false, true},
    {{"Origin: https://live.example.evil.example"}, false, true},
    {{"Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: cross-site"}, false, true},
};

static const struct http_answer *call(const char *method, const char *where, const char *body,
                                      const struct source *source, const char *first,
                                      const char *second)
{
    struct http_request request = {.method = method, .url = where, .body = body};
    const char *const all[] = {source->said[0], source->said[1], first, second};
    size_t count = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i])
            request.headers[count++] = all[i];
    return http_send(&request);
}

static const char *description(const struct source *source)
{
    return text_of("%s, %s", source->said[0] ? source->said[0] : "nothing",
                   source->said[1] ? source->said[1] : "nothing more");
}

/* Every write there is, by cookie, by header, by both, by nothing. */
Test(browsers, a_cookie_writes_only_from_our_pages, .timeout = 180)
{
    struct rig rig = rig_open_set(ORIGINS, "http.public_url=https://live.example");
    const char *all = url(&rig, SESSIONS_PATH);
    const struct http_answer *device =
        expect_status(http_do("POST", url(&rig, "/api/devices")), 200);
    const char *cookie = cookie_of(device);
    const char *header = text_of("X-Device-Token: %s", answer_header(device, "x-device-token"));
    cr_assert(strstr(cookie, "__Host-livenessd_device="));
    for (size_t i = 0; i < SOURCES; i++) {
        const struct source *source = &sources[i];
        const char *what = description(source);
        const int by_cookie = source->ours ? 200 : 403;
        const int by_nothing = source->foreign ? 403 : 200;
        const struct http_answer *made = call("POST", all, PLAIN_CREATE, source, header, NULL);
        cr_assert_eq(made->status, 200, "by header, %s: %d", what, made->status);
        const char *one = text_of("%s/%s", all, json_text_at(made->json, "sessionId"));
        const char *completion = text_of("%s/completion", one);
        const struct http_answer *answer = call("POST", all, PLAIN_CREATE, source, cookie, NULL);
        cr_assert_eq(answer->status, by_cookie, "create by cookie, %s: %d", what, answer->status);
        if (by_cookie == 403)
            expect_error(answer, 403, "OriginNotAllowed");
        answer = call("POST", all, PLAIN_CREATE, source, cookie, header);
        cr_assert_eq(answer->status, 200, "the header wins, %s: %d", what, answer->status);
        answer = call("POST", all, PLAIN_CREATE, source, NULL, NULL);
        cr_assert_eq(answer->status, by_nothing, "create by nothing, %s: %d", what, answer->status);
        cr_assert_eq(answer_header(answer, "set-cookie") != NULL, by_nothing == 200);
        answer = call("POST", url(&rig, "/api/devices"), NULL, source, NULL, NULL);
        cr_assert_eq(answer->status, by_nothing, "a device, %s: %d", what, answer->status);
        answer = call("POST", completion, "{}", source, cookie, NULL);
        cr_assert_eq(answer->status, by_cookie, "completion, %s: %d", what, answer->status);
        answer = call("GET", one, NULL, source, cookie, NULL);
        cr_assert_eq(answer->status, 200, "reading, %s: %d", what, answer->status);
        answer = call("DELETE", one, NULL, source, cookie, NULL);
        cr_assert_eq(answer->status, source->ours ? 204 : 403, "%s: %d", what, answer->status);
        if (!source->ours) { /* nothing has happened to it */
            answer = call("GET", one, NULL, source, header, NULL);
            cr_assert_eq(answer->status, 200, "%s: %d", what, answer->status);
            cr_assert_eq(call("DELETE", one, NULL, source, header, NULL)->status, 204);
        }
    }
}

Test(browsers, a_refused_write_reaches_neither_upstream_nor_store)
{
    struct rig rig = rig_open();
    const char *all = url(&rig, SESSIONS_PATH);
    const char *cookie = cookie_of(expect_status(http_do("POST", url(&rig, "/api/devices")), 200));
    expect_error(http_do("POST", all, PLAIN_CREATE, cookie, FROM_FOREIGN), 403, "OriginNotAllowed");
    expect_error(http_do("POST", all, PLAIN_CREATE, cookie), 403, "OriginNotAllowed");
    expect_error(http_do("POST", all, PLAIN_CREATE, FROM_FOREIGN), 403, "OriginNotAllowed");
    cr_assert_eq(emulator_calls(&rig, "POST", "/face"), 0);
}

Test(browsers, without_a_public_url_a_page_of_this_machine_is_ours)
{
    struct rig rig = rig_open();
    const char *all = url(&rig, SESSIONS_PATH);
    const char *here = daemon_address(rig.server, "http");
    const char *port = strrchr(here, ':');
    const char *cookie = cookie_of(expect_status(http_do("POST", url(&rig, "/api/devices")), 200));
    const struct {
        const char *host, *origin;
        int status;
    } rows[] = {
        {here, text_of("http://%s", here), 200},
        {text_of("localhost%s", port), text_of("http://localhost%s", port), 200},
        {"localhost:3000", "http://localhost:3000", 200}, /* a development server in front */
        {"[::1]:3000", "http://[::1]:3000", 200},
        {here, "http://localhost:1", 403},
        {here, text_of("https://%s", here), 403},
        /* a name that somebody made point here */
        {"evil.example", "http://evil.example", 403},
        {"localhost.evil.example", "http://localhost.evil.example", 403},
        {"127.0.0.1.evil.example", "http://127.0.0.1.evil.example", 403},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct http_answer *answer =
            http_do("POST", all, PLAIN_CREATE, cookie, text_of("Host: %s", rows[i].host),
                    origin_header(rows[i].origin));
        cr_assert_eq(answer->status, rows[i].status, "%s from %s: %d", rows[i].host, rows[i].origin,
                     answer->status);
    }
}

Test(browsers, other_credentials_need_no_origin)
{
    struct rig rig = rig_open_set(
        "auth.mode=app_token", text_of("auth.app_tokens=%s", app_token_entry("a", "t0ken", NULL)));
    const char *all = url(&rig, SESSIONS_PATH);
    expect_status(http_do("POST", all, PLAIN_CREATE, "Authorization: Bearer t0ken", FROM_FOREIGN,
                          "Sec-Fetch-Site: cross-site"),
                  200);
    expect_status(http_do("POST", all, PLAIN_CREATE, "Ocp-Apim-Subscription-Key: t0ken",
                          "Cookie: livenessd_device=x", "Origin: null"),
                  200);
}

/* ---- pages ---- */

Test(browsers, pages_forbid_themselves_what_they_do_not_need)
{
    struct rig rig = rig_open();
    const struct http_answer *page = expect_status(http_do("GET", url(&rig, "/errors")), 200);
    const char *policy = answer_header(page, "content-security-policy");
    cr_assert_not_null(policy);
    cr_assert(strstr(policy, "default-src 'none'") && strstr(policy, "frame-ancestors 'none'") &&
                  strstr(policy, "form-action 'none'") && strstr(policy, "base-uri 'none'"),
              "%s", policy);
    cr_assert_not(strstr(policy, "script-src"), "%s", policy);
    cr_assert_not(strstr(page->body, "<script"));
    cr_assert(strstr(answer_header(page, "permissions-policy"), "camera=()"));
    cr_assert(header_is(page, "x-frame-options", "DENY"));
    cr_assert(header_is(page, "referrer-policy", "no-referrer"));
    cr_assert(header_is(page, "x-content-type-options", "nosniff"));
    cr_assert(strstr(page->body, "OriginNotAllowed"));
}
