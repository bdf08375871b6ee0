/*
 * Who may do what on every route there is: the routes are those of the server's own table, so that
 * one without a row in matrix.h fails. What who may not know of a session learns of it is
 * test_ownership_foreign.c's.
 */
#include "matrix.h"

#include <criterion/criterion.h>

TestSuite(ownership_matrix, .timeout = 290);

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

/* Where GET is, HEAD says the same without the body; of one kind of owner, who are alike in this.
 */
static void try_head(const struct estate *estate, const struct route *route, const struct row *row,
                     enum caller_kind caller)
{
    const char *path = path_with(route, id_for(row, estate));
    const struct http_answer *answer = estate_ask(estate, caller, "HEAD", path, NULL);
    int status = expected(row, estate, caller);
    cr_expect(is_as_expected(row, answer, status), "HEAD %s: %s gets %d, not %d: %s",
              route->pattern, caller_words[caller], answer->status, status, answer->head);
    cr_expect_eq(answer->body_size, 0, "HEAD %s", route->pattern);
    cr_expect_null(strstr(answer->head, estate->story.id), "HEAD %s", route->pattern);
}

static void try_route(struct estate *estate, const struct route *route, const struct row *row)
{
    for (enum caller_kind caller = 0; caller < CALLER_KINDS; caller++) {
        if (!estate->story.id || estate->settled != row->settled)
            estate_renew(estate, row->settled);
        if (strcmp(route->method, "GET") == 0 && estate->kind == ESTATE_JWT && !estate->closed)
            try_head(estate, route, row, caller);
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
