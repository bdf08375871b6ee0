/*
 * Whoever may not know of a session learns nothing of it, on any route of the server's table: it is
 * answered as one that never was, at the same cost.
 */
#include "matrix.h"

#include <criterion/criterion.h>

TestSuite(ownership_foreign, .timeout = 290);

#define UNKNOWN_ID "01a20114-a636-7761-8409-aec159ed8510"

/* ---- what it costs ---- */

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
                    const char *unknown_id, struct asked *so_far)
{
    const struct http_answer *foreign[CALLER_KINDS];
    const struct http_answer *unknown[CALLER_KINDS];
    const char *what = text_of("%s %s, %s", route->method, route->pattern,
                               estate->settled ? "settled" : "pending");
    struct asked start = *so_far;
    unsigned strangers = ask_strangers(estate, route, row, id_for(row, estate), foreign);
    struct asked half = asked_so_far(&estate->it.rig);
    ask_strangers(estate, route, row, unknown_id, unknown);
    struct asked end = *so_far = asked_so_far(&estate->it.rig);
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
    struct asked so_far = asked_so_far(rig);
    for (const struct route *route = routes_public; route->method; route++) {
        const struct row *row = row_of(route);
        bool has_id =
            row && (strstr(route->pattern, "{id}") || (row->body && strstr(row->body, "%s")));
        if (!has_id || (row->settled && !settled))
            continue;
        compare(&estate, route, row, unknown_for(row, &estate, &ids), &so_far);
        compared++;
    }
    cr_assert_gt(compared, 40);
    cr_expect_str_eq(http_do("GET", requests)->body, "{\"requests\":[]}");
}

Test(ownership_foreign, foreign_ids_of_users_are_unknown_ones)
{
    compare_all(ESTATE_JWT, false);
}

Test(ownership_foreign, foreign_ids_of_settled_sessions_are_unknown_ones)
{
    compare_all(ESTATE_JWT, true);
}

Test(ownership_foreign, foreign_ids_of_devices_are_unknown_ones)
{
    compare_all(ESTATE_DEVICE, true);
}

static bool trail_has_refusal(const struct estate *estate, enum caller_kind caller)
{
    const struct http_answer *trail = estate_ask(estate, caller, "GET", "/api/audit", NULL);
    return strstr(expect_status(trail, 200)->body, "SessionNotFound") != NULL;
}

/* Else an operator could tell by the trail which ids are sessions of others. */
Test(ownership_foreign, the_trail_of_a_tenant_says_the_same_of_foreign_ids_and_unknown_ones)
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
