/*
 * Who may do what on every route there is: the routes are those of the server's own table, so that
 * one without a row here fails. And whoever may not know of a session learns nothing of it.
 */
#include "routes/table.h"
#include "support/estate.h"
#include "support/form.h"

#include <criterion/criterion.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

TestSuite(ownership_matrix, .timeout = 290);

#define UNKNOWN_ID    "01a20114-a636-7761-8409-aec159ed8510"
#define REASON        "{\"reason\":\"looked at by hand\"}"
/* Is sent as a form with this for its parameters. */
#define SAMPLE_CREATE "{\"livenessOperationMode\":\"PassiveActive\"}"

/* ---- the matrix ---- */

struct row {
    const char *method;
    const char *pattern; /* of the route's pattern; '*' stands for any text */
    bool settled;        /* it is tried on a settled session, else on a pending one */
    const char *body;
    int status[CALLER_KINDS];
};

/* Owner, same user on another device, other user, other tenant, other device; operator, operator of
 * another tenant, delegate who created, other delegate; no credential, a wrong one, an expired one.
 */
static const struct row rows[] = {
    {"POST",
     "/*sessions",
     false,
     PLAIN_CREATE,
     {200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 401, 401}},
    {"GET",
     "/*sessions/{id}",
     false,
     NULL,
     {200, 200, 404, 404, 404, 200, 404, 200, 404, 401, 401, 401}},
    {"GET",
     "/*sessions/{id}/events",
     true,
     NULL,
     {200, 200, 404, 404, 404, 200, 404, 200, 404, 401, 401, 401}},
    {"POST",
     "/*sessions/{id}/completion",
     false,
     "{}",
     {200, 200, 404, 404, 404, 403, 404, 403, 404, 401, 401, 401}},
    {"DELETE",
     "/*-sessions/{id}",
     false,
     NULL,
     {204, 204, 404, 404, 404, 204, 404, 204, 404, 401, 401, 401}},
    {"DELETE",
     "/*/sessions/{id}",
     false,
     NULL,
     {200, 200, 404, 404, 404, 200, 404, 200, 404, 401, 401, 401}},
    {"GET",
     "/*sessions",
     false,
     NULL,
     {403, 403, 403, 403, 403, 200, 200, 403, 403, 401, 401, 401}},
    {"GET",
     "/*sessions/{id}/audit",
     false,
     NULL,
     {403, 403, 403, 403, 403, 200, 404, 403, 403, 401, 401, 401}},
    {"GET",
     "/*/sessionImages/{id}",
     true,
     NULL,
     {403, 403, 403, 403, 403, 200, 404, 403, 403, 401, 401, 401}},
    {"POST",
     "/*/detect",
     true,
     "{\"sessionImageId\":\"%s\"}",
     {403, 403, 403, 403, 403, 200, 404, 403, 403, 401, 401, 401}},
    {"POST",
     "/api/detect",
     true,
     "{\"sessionImageId\":\"%s\"}",
     {403, 403, 403, 403, 403, 200, 404, 403, 403, 401, 401, 401}},
    {"POST",
     "/api/generateAccessToken",
     false,
     SAMPLE_CREATE,
     {200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 401, 401}},
    {"GET",
     "/api/getSessionResult",
     false,
     NULL,
     {200, 200, 404, 404, 404, 200, 404, 200, 404, 401, 401, 401}},
    {"POST",
     "/api/devices",
     false,
     NULL,
     {200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 401, 401}},
    {"POST",
     "/api/devices/{id}/reset",
     false,
     REASON,
     {403, 403, 403, 403, 403, 204, 404, 403, 403, 401, 401, 401}},
    {"GET",
     "/api/audit",
     false,
     NULL,
     {403, 403, 403, 403, 403, 200, 200, 403, 403, 401, 401, 401}},
    {"GET",
     "/.well-known/jwks.json",
     false,
     NULL,
     {200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200}},
    {"GET", "/errors", false, NULL, {200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200}},
    {"GET",
     "/openapi.json",
     false,
     NULL,
     {200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200}},
    /* nothing at all, unless web.demo is on */
    {"GET", "/demo*", false, NULL, {404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404}},
};
enum { ROWS = sizeof rows / sizeof *rows };

/* The row with the longest pattern that fits; NULL: none does. */
static const struct row *row_of(const struct route *route)
{
    const struct row *found = NULL;
    for (size_t i = 0; i < ROWS; i++)
        if (strcmp(rows[i].method, route->method) == 0 &&
            fnmatch(rows[i].pattern, route->pattern, 0) == 0 &&
            (!found || strlen(rows[i].pattern) > strlen(found->pattern)))
            found = &rows[i];
    return found;
}

Test(ownership_matrix, every_route_has_a_row_and_every_row_a_route)
{
    bool used[ROWS] = {false};
    for (const struct route *route = routes_public; route->method; route++) {
        const struct row *row = row_of(route);
        cr_expect_not_null(row, "nobody has said who may %s %s", route->method, route->pattern);
        if (row)
            used[row - rows] = true;
    }
    for (size_t i = 0; i < ROWS; i++)
        cr_expect(used[i], "no route is %s %s", rows[i].method, rows[i].pattern);
}

static bool is_devices(const struct row *row)
{
    return strcmp(row->pattern, "/api/devices") == 0;
}

/* What the cell says, as the settings and the owner's kind have it. */
static int expected(const struct row *row, const struct estate *estate, enum caller_kind caller)
{
    if (estate->closed && is_devices(row)) /* there are no anonymous devices then */
        return 404;
    if (estate->closed && (caller == NOBODY || caller == OTHER_DEVICE))
        return row->status[WRONG];
    if (estate->kind == ESTATE_DEVICE && (caller == WRONG || caller == EXPIRED))
        return row->status[NOBODY]; /* a device token that does not verify counts as none */
    if (estate->kind == ESTATE_DEVICE && caller == SAME_USER)
        return row->status[NOBODY];
    return row->status[caller];
}

static const char *code_of(const struct row *row, int status)
{
    if (status == 401)
        return "NotAuthenticated";
    if (status == 403)
        return "Forbidden";
    if (is_devices(row) || strncmp(row->pattern, "/demo", 5) == 0)
        return "RouteNotFound";
    return strncmp(row->pattern, "/api/devices", 12) == 0 ? "DeviceNotFound" : "SessionNotFound";
}

/* ---- asking ---- */

/* The id that stands in this route's path or body for the estate's session. */
static const char *id_for(const struct row *row, const struct estate *estate)
{
    if (strncmp(row->pattern, "/api/devices", 12) == 0)
        return estate->device_id;
    bool image = strstr(row->pattern, "Images") || strstr(row->pattern, "detect");
    return image ? estate->image_id : estate->story.id;
}

static bool asks_by_query(const struct row *row)
{
    return strcmp(row->pattern, "/api/getSessionResult") == 0;
}

static const char *path_with(const struct route *route, const struct row *row, const char *id)
{
    const char *at = strstr(route->pattern, "{id}");
    if (asks_by_query(row))
        return text_of("%s?action=detectLiveness&sessionId=%s", route->pattern, id);
    return at ? text_of("%.*s%s%s", (int)(at - route->pattern), route->pattern, id, at + 4)
              : route->pattern;
}

static const char *body_with(const struct row *row, const char *id)
{
    return row->body && strstr(row->body, "%s")
               ? text_of("%.*s%s\"}", (int)strcspn(row->body, "%"), row->body, id)
               : row->body;
}

static const struct http_answer *ask(const struct estate *estate, const struct route *route,
                                     const struct row *row, enum caller_kind caller, const char *id)
{
    static const struct form_field fields[] = {{"livenessOperationMode", "Passive"}, {NULL, NULL}};
    static const struct form_field sample[] = {
        {"Action", "detectLiveness"}, {"parameters", SAMPLE_CREATE}, {NULL, NULL}};
    const char *const *headers = estate->callers[caller];
    const char *path = path_with(route, row, id);
    bool is_sample = row->body && strcmp(row->body, SAMPLE_CREATE) == 0;
    if (is_sample ||
        (row->body && strcmp(row->body, PLAIN_CREATE) == 0 && strstr(path, "WithVerify")))
        return form_send(daemon_url(estate->it.rig.server, "http", path), form_plain,
                         is_sample ? sample : fields,
                         is_sample ? (struct slice){NULL, 0} : picture(2000, 1),
                         (const char *const[4]){headers[0], headers[0] ? headers[1] : NULL});
    return estate_ask(estate, caller, route->method, path, body_with(row, id));
}

/* ---- every cell ---- */

/* Whether the request may have used up the session or its owner's token. */
static bool is_spent(const struct row *row, const struct http_answer *answer)
{
    return answer->status < 300 &&
           (strcmp(row->method, "DELETE") == 0 || strcmp(code_of(row, 404), "DeviceNotFound") == 0);
}

static bool is_as_expected(const struct row *row, const struct http_answer *answer, int status)
{
    const char *code = answer_header(answer, "x-ms-error-code");
    return answer->status == status &&
           (status < 400 || (code && strcmp(code, code_of(row, status)) == 0));
}

/* A list has the sessions of the operator's tenant, and nothing has anything of another's. */
static bool shows_what_it_may(const struct estate *estate, const struct route *route,
                              enum caller_kind caller, const struct http_answer *answer)
{
    bool shown = strstr(answer->body, estate->story.id) != NULL;
    if (caller == OPERATOR && cJSON_IsArray(answer->json) && strstr(route->pattern, "sessions"))
        return strstr(route->pattern, "audit") || shown == !strstr(route->pattern, "WithVerify");
    return !shown || (caller != OTHER_OPERATOR && answer->status < 300);
}

static void try_route(struct estate *estate, const struct route *route, const struct row *row)
{
    for (enum caller_kind caller = 0; caller < CALLER_KINDS; caller++) {
        if (!estate->story.id || estate->settled != row->settled)
            estate_renew(estate, row->settled);
        const struct http_answer *answer = ask(estate, route, row, caller, id_for(row, estate));
        int status = expected(row, estate, caller);
        cr_expect(is_as_expected(row, answer, status), "%s %s: %s gets %d, not %d: %s %s",
                  route->method, route->pattern, caller_words[caller], answer->status, status,
                  answer->error ? answer->error : "", answer->body);
        cr_expect(shows_what_it_may(estate, route, caller, answer), "%s: what the %s sees",
                  route->pattern, caller_words[caller]);
        if (is_spent(row, answer))
            estate->story.id = NULL;
    }
}

static void try_all(enum estate_kind kind, bool closed)
{
    struct estate estate = estate_open(kind, closed);
    for (const struct route *route = routes_public; route->method; route++) {
        const struct row *row = row_of(route);
        if (row)
            try_route(&estate, route, row);
    }
}

Test(ownership_matrix, holds_for_users_of_identity_providers)
{
    try_all(ESTATE_JWT, false);
}

Test(ownership_matrix, holds_for_users_where_no_device_is_let_in)
{
    try_all(ESTATE_JWT, true);
}

Test(ownership_matrix, holds_for_apps)
{
    try_all(ESTATE_APP, false);
}

Test(ownership_matrix, holds_for_apps_where_no_device_is_let_in)
{
    try_all(ESTATE_APP, true);
}

Test(ownership_matrix, holds_for_anonymous_devices)
{
    try_all(ESTATE_DEVICE, false);
}

/* ---- foreign ids ---- */

/* What was asked of store and upstream so far, but for what goes on by itself. */
struct asked {
    double store, upstream;
};

static bool goes_on_by_itself(const char *line)
{
    static const char *const words[] = {"\"due\"",    "\"expired\"",      "\"count\"",
                                        "\"probe\"",  "\"audit_append\"", "\"release_keys\"",
                                        "\"forget\"", "\"audit_forget\"", "\"device_resets\""};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(line, words[i]))
            return true;
    return false;
}

static void count_line(const char *line, struct asked *asked)
{
    static const char store[] = "livenessd_store_calls_total{";
    static const char upstream[] = "livenessd_upstream_requests_total{";
    const char *value = strrchr(line, ' ');
    if (value && strncmp(line, store, sizeof store - 1) == 0 && !goes_on_by_itself(line))
        asked->store += strtod(value, NULL);
    if (value && strncmp(line, upstream, sizeof upstream - 1) == 0)
        asked->upstream += strtod(value, NULL);
}

static struct asked asked_so_far(const struct rig *rig)
{
    struct asked asked = {0};
    const char *text = http_do("GET", daemon_url(rig->server, "admin", "/metrics"))->body;
    while (*text) {
        size_t length = strcspn(text, "\n");
        char line[512];
        (void)snprintf(line, sizeof line, "%.*s", (int)length, text);
        count_line(line, &asked);
        text += length + (text[length] == '\n');
    }
    return asked;
}

/* The text without the lines that no two answers share, and with "ID" for the request's id. */
static const char *comparable(const struct http_answer *answer, const char *text)
{
    const char *id = answer_header(answer, "x-request-id");
    CLEANUP(buf) struct buf kept;
    buf_init(&kept, strlen(text) + 1);
    while (*text) {
        size_t length = strcspn(text, "\n") + (text[strcspn(text, "\n")] != '\0');
        const char *line = text_of("%.*s", (int)length, text);
        const char *at = id ? strstr(line, id) : NULL;
        if (at)
            buf_printf(&kept, "%.*sID%s", (int)(at - line), line, at + strlen(id));
        else if (strncasecmp(line, "date:", 5) != 0)
            buf_puts(&kept, line);
        text += length;
    }
    return text_of("%s", kept.len ? kept.data : "");
}

static void expect_same(const char *cell, const struct http_answer *foreign,
                        const struct http_answer *unknown)
{
    cr_expect_eq(foreign->status, 404, "%s", cell);
    cr_expect_str_eq(comparable(foreign, foreign->head), comparable(unknown, unknown->head), "%s",
                     cell);
    cr_expect_str_eq(comparable(foreign, foreign->body), comparable(unknown, unknown->body), "%s",
                     cell);
}

/* Asks for the id as everybody who may not know of the session; how many they are. */
static unsigned ask_strangers(const struct estate *estate, const struct route *route,
                              const struct row *row, const char *id,
                              const struct http_answer *ret[CALLER_KINDS])
{
    unsigned strangers = 0;
    for (enum caller_kind caller = 0; caller < CALLER_KINDS; caller++) {
        bool stranger = expected(row, estate, caller) == 404;
        ret[caller] = stranger ? ask(estate, route, row, caller, id) : NULL;
        strangers += stranger;
    }
    return strangers;
}

static void compare(const struct estate *estate, const struct route *route, const struct row *row,
                    const char *unknown_id)
{
    const struct http_answer *foreign[CALLER_KINDS];
    const struct http_answer *unknown[CALLER_KINDS];
    const char *what = text_of("%s %s, %s", route->method, route->pattern,
                               estate->settled ? "settled" : "pending");
    struct asked start = asked_so_far(&estate->it.rig);
    unsigned strangers = ask_strangers(estate, route, row, id_for(row, estate), foreign);
    struct asked half = asked_so_far(&estate->it.rig);
    ask_strangers(estate, route, row, unknown_id, unknown);
    struct asked end = asked_so_far(&estate->it.rig);
    cr_expect_gt(strangers, 0, "%s", what);
    cr_expect_eq(half.store - start.store, strangers, "%s: one look-up for a foreign id", what);
    cr_expect_eq(end.store - half.store, strangers, "%s: one look-up for an unknown id", what);
    cr_expect_eq(end.upstream, start.upstream, "%s: upstream was asked", what);
    for (enum caller_kind caller = 0; caller < CALLER_KINDS; caller++)
        if (foreign[caller])
            expect_same(text_of("%s, %s", what, caller_words[caller]), foreign[caller],
                        unknown[caller]);
}

struct unknown_ids {
    const char *session, *image, *device; /* well made, of nothing that there is */
};

static struct unknown_ids unknown_ids_of(struct estate *estate)
{
    estate_renew(estate, true);
    expect_status(story_delete(&estate->it.rig, &estate->story), 204);
    expect_soon(emulator_sessions(&estate->it.rig) == 0);
    return (struct unknown_ids){UNKNOWN_ID, estate->image_id,
                                "00000000-0000-8000-8000-000000000000"};
}

static const char *unknown_for(const struct row *row, const struct estate *estate,
                               const struct unknown_ids *ids)
{
    const char *id = id_for(row, estate);
    return id == estate->image_id    ? ids->image
           : id == estate->device_id ? ids->device
                                     : ids->session;
}

static void compare_all(enum estate_kind kind, bool settled)
{
    struct estate estate = estate_open(kind, false);
    const struct rig *rig = &estate.it.rig;
    struct unknown_ids ids = unknown_ids_of(&estate);
    const char *requests = daemon_url(rig->emulator, "emulator", "/emulator/requests");
    unsigned compared = 0;
    estate_renew(&estate, settled);
    (void)http_do("DELETE", requests, NULL);
    for (const struct route *route = routes_public; route->method; route++) {
        const struct row *row = row_of(route);
        bool has_id = row && (asks_by_query(row) || strstr(route->pattern, "{id}") ||
                              (row->body && strstr(row->body, "%s")));
        if (!has_id || (row->settled && !settled))
            continue;
        compare(&estate, route, row, unknown_for(row, &estate, &ids));
        compared++;
    }
    cr_assert_gt(compared, 40);
    cr_expect_str_eq(http_do("GET", requests)->body, "{\"requests\":[]}");
}

Test(ownership_matrix, foreign_ids_of_users_are_unknown_ones)
{
    compare_all(ESTATE_JWT, false);
}

Test(ownership_matrix, foreign_ids_of_settled_sessions_are_unknown_ones)
{
    compare_all(ESTATE_JWT, true);
}

Test(ownership_matrix, foreign_ids_of_devices_are_unknown_ones)
{
    compare_all(ESTATE_DEVICE, true);
}

static bool trail_has_refusal(const struct estate *estate, enum caller_kind caller)
{
    const struct http_answer *trail = estate_ask(estate, caller, "GET", "/api/audit", NULL);
    return strstr(expect_status(trail, 200)->body, "SessionNotFound") != NULL;
}

/* Else an operator could tell by the trail which ids are sessions of others. */
Test(ownership_matrix, the_trail_of_a_tenant_says_the_same_of_foreign_ids_and_unknown_ones)
{
    struct estate estate = estate_open(ESTATE_JWT, false);
    estate_renew(&estate, false);
    const char *foreign = text_of(SESSIONS_PATH "/%s", estate.story.id);
    expect_error(estate_ask(&estate, OTHER_OPERATOR, "GET", foreign, NULL), 404, "SessionNotFound");
    expect_soon(trail_has_refusal(&estate, OPERATOR));
    expect_soon(trail_has_refusal(&estate, OTHER_OPERATOR));
    const struct http_answer *trail =
        estate_ask(&estate, OTHER_OPERATOR, "GET", "/api/audit", NULL);
    cr_assert_null(strstr(trail->body, estate.story.id), "%s", trail->body);
}
