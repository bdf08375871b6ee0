/* Routing: matching rows, and refusing what could be read in two ways. */
#include "http/router.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static const struct route table[] = {
    {.method = "GET", .pattern = "/"},
    {.method = "POST", .pattern = "/api/Sessions"},
    {.method = "GET", .pattern = "/api/Sessions"},
    {.method = "GET", .pattern = "/api/Sessions/{id}"},
    {.method = "DELETE", .pattern = "/api/Sessions/{id}"},
    {.method = "HEAD", .pattern = "/own-head"},
    {.method = "GET", .pattern = "/own-head"},
    {.method = "GET", .pattern = "/{a}/{b}/x/{c}"},
    {.method = "GET", .pattern = "/files/{file*}"},
    {.method = NULL},
};

struct found {
    enum route_match match;
    long row;
    struct slice params[REQUEST_PARAMS_MAX];
    char allow[80];
};

static struct found find(const char *method, const char *path)
{
    struct found found = {.row = -1};
    const struct route *route = NULL;
    found.match = route_find(table, slice_of(method), slice_of(path), &route, found.params,
                             found.allow, sizeof found.allow);
    cr_expect_eq(route != NULL, found.match == ROUTE_FOUND);
    if (route)
        found.row = route - table;
    return found;
}

static void expect_row(const char *method, const char *path, long row)
{
    struct found found = find(method, path);
    cr_expect_eq(found.row, row, "%s %s: %ld", method, path, found.row);
}

Test(router, finds_rows_in_any_case_and_ignores_a_trailing_slash)
{
    expect_row("GET", "/", 0);
    expect_row("POST", "/api/Sessions", 1);
    expect_row("POST", "/API/sessions/", 1);
    expect_row("GET", "/api/sessions", 2);
    expect_row("GET", "/api/sessions/AbC-1", 3);
    expect_row("DELETE", "/api/sessions/1/", 4);
}

Test(router, serves_head_by_get_unless_it_has_its_own_row)
{
    expect_row("HEAD", "/", 0);
    expect_row("HEAD", "/own-head", 5);
    expect_row("GET", "/own-head", 6);
}

Test(router, hands_out_params_raw_and_in_order)
{
    struct found found = find("GET", "/One/t%20wo/X/3.json");
    cr_assert_eq(found.row, 7);
    cr_expect(slice_equal(found.params[0], SLICE("One")));
    cr_expect(slice_equal(found.params[1], SLICE("t%20wo")));
    cr_expect(slice_equal(found.params[2], SLICE("3.json")));
    cr_expect_null(found.params[3].data);
}

Test(router, tells_unknown_paths_from_wrong_methods)
{
    static const char *const unknown[] = {
        "/x",           "/api",   "/api/Sessions/1/2", "/api/Sessionsx",
        "/api/Session", "/a/b/x", "/a/b/x/c/d"};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        cr_expect_eq(find("GET", unknown[i]).match, ROUTE_UNKNOWN, "%s", unknown[i]);
    struct found found = find("PATCH", "/api/sessions/1");
    cr_expect_eq(found.match, ROUTE_WRONG_METHOD);
    cr_expect_str_eq(found.allow, "GET, HEAD, DELETE");
    found = find("OPTIONS", "/own-head");
    cr_expect_str_eq(found.allow, "HEAD, GET");
    found = find("get", "/api/sessions");
    cr_expect_str_eq(found.allow, "POST, GET, HEAD");
}

static void expect_clean(const char *target, const char *path, const char *query)
{
    char *storage = malloc(strlen(target) + 1);
    struct slice clean, rest;
    cr_assert(route_clean_target(slice_of(target), storage, &clean, &rest), "%s", target);
    cr_expect(slice_equal(clean, slice_of(path)), "%s: %.*s", target, SLICE_ARGS(clean));
    cr_expect(slice_equal(rest, slice_of(query)), "%s: %.*s", target, SLICE_ARGS(rest));
    cr_expect_eq(rest.data == NULL, query == NULL);
    free(storage);
}

Test(router, cleans_targets)
{
    expect_clean("/", "/", NULL);
    expect_clean("//", "/", NULL);
    expect_clean("//a///b//", "/a/b/", NULL);
    expect_clean("/a?", "/a", "");
    expect_clean("/a?b=/../%00//c?d", "/a", "b=/../%00//c?d");
    expect_clean("/a%20b/.../x..y/..z", "/a%20b/.../x..y/..z", NULL);
}

Test(router, refuses_targets_that_could_be_read_in_two_ways)
{
    static const char *const bad[] = {
        "",       "*",       "a",     "http://h/", "?x",      "/%00",     "/a%2fb",
        "/a%2Fb", "/%5c",    "/%5Cx", "/a\\b",     "/.",      "/..",      "/a/../",
        "/a/./b", "/a/..?x", "/%2e",  "/%2E%2e",   "/.%2e/b", "/a/%2e./", "/%",
        "/%4",    "/%zz",    "/%4g",  "/a%?x",     "/a#b",    "/a%23",    "//../",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char storage[32];
        struct slice path, query;
        cr_expect_not(route_clean_target(slice_of(bad[i]), storage, &path, &query), "%s", bad[i]);
    }
}

/* ---- the rest of a path ---- */

Test(router, gives_the_rest_of_a_path_whole)
{
    struct found found = find("GET", "/files/js/deep/engine.wasm");
    cr_assert_eq(found.row, 8);
    cr_expect(slice_equal(found.params[0], SLICE("js/deep/engine.wasm")));
    found = find("GET", "/FILES/x.js");
    cr_assert_eq(found.row, 8);
    cr_expect(slice_equal(found.params[0], SLICE("x.js")));
    cr_expect_eq(find("GET", "/files").match, ROUTE_UNKNOWN);
    cr_expect_eq(find("GET", "/files/").match, ROUTE_UNKNOWN);
    found = find("POST", "/files/a/b");
    cr_expect_eq(found.match, ROUTE_WRONG_METHOD);
    cr_expect_str_eq(found.allow, "GET, HEAD");
}

/* ---- a base in front of every path ---- */

static void expect_below(const char *base, const char *path, const char *rest)
{
    struct slice below = route_below(table, base, slice_of(path));
    cr_expect(slice_equal(below, slice_of(rest)), "%s: %.*s", path, SLICE_ARGS(below));
}

Test(router, finds_the_row_of_a_path_by_any_method)
{
    cr_expect_eq(route_at(table, SLICE("/API/sessions/")), &table[1]);
    cr_expect_eq(route_at(table, SLICE("/api/sessions/1")), &table[3]);
    cr_expect_eq(route_at(table, SLICE("/")), &table[0]);
    cr_expect_null(route_at(table, SLICE("/api")));
    cr_expect_null(route_at(table, SLICE("/api/sessions/1/2")));
}

Test(router, takes_the_base_away_where_it_is_there)
{
    expect_below("/live", "/live/api/sessions", "/api/sessions");
    expect_below("/live", "/LIVE/x", "/x");
    expect_below("/live", "/live", "/");
    expect_below("/live", "/live/", "/");
    expect_below("/a/b", "/a/b/api/sessions", "/api/sessions");
    expect_below("/live", "/lives/api", "/lives/api");
    expect_below("/live", "/liv", "/liv");
    expect_below("/live", "/api/sessions", "/api/sessions");
    expect_below(NULL, "/live/api", "/live/api");
    expect_below("", "/live/api", "/live/api");
}

Test(router, leaves_a_path_that_is_a_rows_as_it_stands)
{
    expect_below("/api", "/api/sessions", "/api/sessions");
    expect_below("/api", "/api/api/sessions", "/api/sessions");
    expect_below("/own-head", "/own-head", "/own-head");
}

Test(router, takes_the_base_away_before_it_takes_the_rest_for_a_parameter)
{
    expect_below("/files", "/files/own-head", "/own-head");
    expect_below("/files", "/files/api/sessions", "/api/sessions");
    expect_below("/files", "/files/files/x", "/files/x");
    expect_below("/files", "/files/x", "/files/x");
    expect_below("/api/sessions", "/api/sessions/1", "/api/sessions/1");
}
