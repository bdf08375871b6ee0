/*
 * Routing on the raw path: nothing is decoded first. Literals match in any ASCII case, repeated
 * slashes collapse, a trailing slash is ignored. {name} is one segment, {name*} at a pattern's end
 * all the rest of the path, slashes too. Refused with 400 before matching: targets that do
 * not start with "/", and paths holding %00, %2f, %5c, a backslash or a "." or ".." segment (also
 * percent-encoded).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "http/flow.h"

enum body_types {
    BODY_NONE = 0,      /* a body is ignored, whatever its type */
    BODY_JSON = 1,      /* application/json; an empty body needs no Content-Type */
    BODY_MULTIPART = 2, /* multipart/form-data; the route then takes max_upload_bytes */
    BODY_FORM = 4,      /* application/x-www-form-urlencoded */
};

struct route {
    const char *method;    /* "GET" also serves HEAD */
    const char *pattern;   /* "/api/detectLiveness-sessions/{id}": the label in logs and metrics */
    unsigned body_types;   /* else 415 */
    unsigned variant;      /* the table's own, for its flows: what they do otherwise on this path */
    size_t max_body_bytes; /* 0: the listener's */
    /* What a problem's answer holds, when that is not the Face API's shape; NULL: it is. Counts for
     * all that is refused on this path, by whatever method. */
    void (*write_problem)(enum problem problem, const struct problem_detail *detail,
                          struct buf *ret);
    const struct flow_step *steps;
    size_t flow_size; /* of the struct that begins with struct flow; zeroed when it starts */
};

/* A route table ends with a row whose method is NULL. */

enum route_match { ROUTE_FOUND, ROUTE_UNKNOWN, ROUTE_WRONG_METHOD, ROUTE_MALFORMED };

/* Finds the row; on ROUTE_FOUND fills *ret_route and the params. On ROUTE_WRONG_METHOD writes the
 * methods for Allow into ret_allow ("GET, HEAD, DELETE"). `path` has been through route_clean_path.
 */
enum route_match route_find(const struct route *table, struct slice method, struct slice path,
                            const struct route **ret_route,
                            struct slice ret_params[REQUEST_PARAMS_MAX], char *ret_allow,
                            size_t allow_size);

/* The first row for a path, whatever the method; NULL: there is none. */
const struct route *route_at(const struct route *table, struct slice path);

/* The path without `base` ("/liveness"; NULL or empty: none) at its front, unless it is there
 * without it, or is a row's as it stands: proxies may leave the base or take it away. A row with a
 * parameter gives way to what stands below the base. */
struct slice route_below(const struct route *table, const char *base, struct slice path);

/* Checks a raw target and splits it: the path with repeated slashes collapsed (written to
 * `storage`, which has at least target.len + 1 bytes) and the query. */
bool route_clean_target(struct slice target, char *storage, struct slice *ret_path,
                        struct slice *ret_query);
