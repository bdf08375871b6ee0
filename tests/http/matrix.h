/*
 * Who may do what, route by route: the rows of the matrix, which row a route has, and asking as one
 * of the callers. The routes are those of the server's own table.
 */
#pragma once

#include "routes/table.h"
#include "support/estate.h"
#include "support/form.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#define REASON "{\"reason\":\"looked at by hand\"}"

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
};
enum { ROWS = sizeof rows / sizeof *rows };

/* The row with the longest pattern that fits; NULL: none does. */
static inline const struct row *row_of(const struct route *route)
{
    const struct row *found = NULL;
    for (size_t i = 0; i < ROWS; i++)
        if (strcmp(rows[i].method, route->method) == 0 &&
            fnmatch(rows[i].pattern, route->pattern, 0) == 0 &&
            (!found || strlen(rows[i].pattern) > strlen(found->pattern)))
            found = &rows[i];
    return found;
}

static inline bool is_devices(const struct row *row)
{
    return strcmp(row->pattern, "/api/devices") == 0;
}

/* What the cell says, as the settings and the owner's kind have it. */
static inline int expected(const struct row *row, const struct estate *estate,
                           enum caller_kind caller)
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

static inline const char *code_of(const struct row *row, int status)
{
    if (status == 401)
        return "NotAuthenticated";
    if (status == 403)
        return "Forbidden";
    if (is_devices(row))
        return "RouteNotFound";
    return strncmp(row->pattern, "/api/devices", 12) == 0 ? "DeviceNotFound" : "SessionNotFound";
}

/* ---- asking ---- */

/* The id that stands in this route's path or body for the estate's session. */
static inline const char *id_for(const struct row *row, const struct estate *estate)
{
    if (strncmp(row->pattern, "/api/devices", 12) == 0)
        return estate->device_id;
    bool image = strstr(row->pattern, "Images") || strstr(row->pattern, "detect");
    return image ? estate->image_id : estate->story.id;
}

static inline const char *path_with(const struct route *route, const char *id)
{
    const char *at = strstr(route->pattern, "{id}");
    return at ? text_of("%.*s%s%s", (int)(at - route->pattern), route->pattern, id, at + 4)
              : route->pattern;
}

static inline const char *body_with(const struct row *row, const char *id)
{
    return row->body && strstr(row->body, "%s")
               ? text_of("%.*s%s\"}", (int)strcspn(row->body, "%"), row->body, id)
               : row->body;
}

static inline const struct http_answer *ask(const struct estate *estate, const struct route *route,
                                            const struct row *row, enum caller_kind caller,
                                            const char *id)
{
    static const struct form_field fields[] = {{"livenessOperationMode", "Passive"}, {NULL, NULL}};
    const char *const *headers = estate->callers[caller];
    const char *path = path_with(route, id);
    if (row->body && strcmp(row->body, PLAIN_CREATE) == 0 && strstr(path, "WithVerify"))
        return form_send(daemon_url(estate->it.rig.server, "http", path), form_plain, fields,
                         picture(2000, 1),
                         (const char *const[4]){headers[0], headers[0] ? headers[1] : NULL});
    return estate_ask(estate, caller, route->method, path, body_with(row, id));
}
