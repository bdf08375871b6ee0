/*
 * The OpenAPI document and the server agree: every public route is in it and nothing else, it is of
 * this version, has the codes that the server answers, and is served as it lies in the tree.
 */
#include "base/problem.h"
#include "routes/table.h"
#include "support/json_path.h"
#include "support/rig.h"

#include <criterion/criterion.h>
#include <string.h>
#include <strings.h>

TestSuite(openapi, .timeout = 290);

static cJSON *document(void)
{
    cJSON *json = cJSON_Parse(source_text("server/web/openapi.json"));
    cr_assert_not_null(json);
    return json;
}

/* ---- routes ---- */

/* Whether both are the same, whatever the parameters are called. */
static bool is_same_path(const char *a, const char *b)
{
    while (*a != '\0' && *b != '\0') {
        if (*a == '{' && *b == '{') {
            a += strcspn(a, "}");
            b += strcspn(b, "}");
        }
        if (*a++ != *b++)
            return false;
    }
    return *a == *b;
}

static bool has_route(const char *method, const char *path)
{
    for (const struct route *route = routes_public; route->method; route++)
        if (strcasecmp(route->method, method) == 0 && is_same_path(route->pattern, path))
            return true;
    return false;
}

/* The words that the parameter apiVersion of an operation may be; NULL: it has none. */
static const cJSON *versions_of(const cJSON *json, const cJSON *operation)
{
    const cJSON *parameter;
    cJSON_ArrayForEach (parameter, cJSON_GetObjectItem(operation, "parameters")) {
        const char *name =
            strrchr(cJSON_GetStringValue(cJSON_GetObjectItem(parameter, "$ref")), '/') + 1;
        const cJSON *found = cJSON_GetObjectItem(json_at(json, "components.parameters"), name);
        if (strcmp(json_text_at(found, "name"), "apiVersion") == 0)
            return json_at(found, "schema.enum");
    }
    return NULL;
}

/* Calls `visit` for each concrete path of the operation. */
static void each_path(const cJSON *json, const cJSON *operation, const char *path,
                      void (*visit)(const char *method, const char *path, void *context),
                      void *context)
{
    static const char variable[] = "{apiVersion}";
    const char *at = strstr(path, variable);
    const cJSON *version;
    if (!at) {
        visit(operation->string, path, context);
        return;
    }
    cJSON_ArrayForEach (version, versions_of(json, operation)) {
        visit(operation->string,
              text_of("%.*s%s%s", (int)(at - path), path, cJSON_GetStringValue(version),
                      at + sizeof variable - 1),
              context);
    }
}

static void each_operation(const cJSON *json,
                           void (*visit)(const char *method, const char *path, void *context),
                           void *context)
{
    const cJSON *item;
    const cJSON *operation;
    cJSON_ArrayForEach (item, json_at(json, "paths")) {
        cJSON_ArrayForEach (operation, item) {
            if (strcmp(operation->string, "parameters") != 0)
                each_path(json, operation, item->string, visit, context);
        }
    }
}

static void expect_route(const char *method, const char *path, void *context)
{
    (*(unsigned *)context)++;
    cr_expect(has_route(method, path), "no route is %s %s", method, path);
}

struct wanted {
    const struct route *route;
    bool found;
};

static void look_for(const char *method, const char *path, void *context)
{
    struct wanted *wanted = context;
    wanted->found |= strcasecmp(wanted->route->method, method) == 0 &&
                     is_same_path(wanted->route->pattern, path);
}

Test(openapi, has_every_route_and_no_other)
{
    cJSON *json = document();
    unsigned described = 0, routes = 0;
    each_operation(json, expect_route, &described);
    for (const struct route *route = routes_public; route->method; route++, routes++) {
        struct wanted wanted = {.route = route};
        each_operation(json, look_for, &wanted);
        cr_expect(wanted.found, "%s %s is not described", route->method, route->pattern);
    }
    cr_expect_eq(described, routes);
    cr_expect_gt(routes, 80);
    cJSON_Delete(json);
}

/* ---- what else it says of the server ---- */

static bool has_code(const cJSON *codes, const char *code)
{
    const cJSON *word;
    cJSON_ArrayForEach (word, codes) {
        if (strcmp(cJSON_GetStringValue(word), code) == 0)
            return true;
    }
    return false;
}

static bool is_answered(enum problem problem)
{
    return problem != PROBLEM_INVALID_DEVICE_CORRELATION_ID; /* only the emulator says so */
}

static bool is_code(const char *code)
{
    for (enum problem problem = PROBLEM_NONE + 1; problem < PROBLEM_COUNT; problem++)
        if (is_answered(problem) && strcmp(problem_info(problem)->code, code) == 0)
            return true;
    return false;
}

Test(openapi, has_every_code_of_an_error_and_no_other)
{
    cJSON *json = document();
    const cJSON *codes = json_at(json, "components.schemas.ErrorCode.enum");
    const cJSON *word;
    for (enum problem problem = PROBLEM_NONE + 1; problem < PROBLEM_COUNT; problem++)
        cr_expect_eq(has_code(codes, problem_info(problem)->code), is_answered(problem), "%s",
                     problem_info(problem)->code);
    cJSON_ArrayForEach (word, codes) {
        cr_expect(is_code(cJSON_GetStringValue(word)), "%s", cJSON_GetStringValue(word));
    }
    cJSON_Delete(json);
}

Test(openapi, is_of_this_version)
{
    cJSON *json = document();
    cr_expect_str_eq(json_text_at(json, "info.version"), LIVENESSD_VERSION);
    cJSON_Delete(json);
}

/* ---- as it is served ---- */

static void expect_header(const struct http_answer *answer, const char *name, const char *value)
{
    const char *found = answer_header(answer, name);
    cr_expect(found && strcmp(found, value) == 0, "%s: %s", name, found ? found : "none");
}

Test(openapi, is_served_as_it_lies_in_the_tree)
{
    struct rig rig = rig_open();
    const char *url = daemon_url(rig.server, "http", "/openapi.json");
    const struct http_answer *answer = expect_status(http_do("GET", url, NULL), 200);
    cr_expect_str_eq(answer->body, source_text("server/web/openapi.json"));
    expect_header(answer, "content-type", "application/json");
    expect_header(answer, "cache-control", "public, max-age=300");
    expect_header(answer, "access-control-allow-origin", "*");
}

Test(openapi, is_not_sent_again_to_who_has_it)
{
    struct rig rig = rig_open();
    const char *url = daemon_url(rig.server, "http", "/openapi.json");
    const char *tag = answer_header(expect_status(http_do("GET", url, NULL), 200), "etag");
    cr_assert_not_null(tag);
    const char *const same[] = {tag, text_of("W/%s", tag), text_of("\"other\", %s", tag), "*"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        const struct http_answer *answer =
            http_do("GET", url, NULL, text_of("If-None-Match: %s", same[i]));
        expect_status(answer, 304);
        cr_expect_str_eq(answer->body, "");
        expect_header(answer, "etag", tag);
    }
    expect_status(http_do("GET", url, NULL, "If-None-Match: \"other\""), 200);
}

static unsigned count_of(const char *text, const char *part)
{
    unsigned count = 0;
    for (const char *at = strcasestr(text, part); at; at = strcasestr(at + 1, part))
        count++;
    return count;
}

/* Browsers take neither two words nor a star where a page sends credentials. */
Test(openapi, names_one_origin)
{
    struct rig rig = rig_open_set("cors.origins=https://app.example");
    const char *url = daemon_url(rig.server, "http", "/openapi.json");
    static const char *const rows[][2] = {
        {"https://app.example", "https://app.example"},
        {"https://other.example", "*"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct http_answer *answer =
            expect_status(http_do("GET", url, NULL, text_of("Origin: %s", rows[i][0])), 200);
        expect_header(answer, "access-control-allow-origin", rows[i][1]);
        expect_header(answer, "vary", "Origin");
        cr_expect_eq(count_of(answer->head, "access-control-allow-origin"), 1);
    }
}
