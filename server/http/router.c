/*
 * Routing over a table, on undecoded bytes. It allocates nothing and answers nothing. Invariant: a
 * path that could be read in two ways (escaped slashes, NUL, dot segments) never reaches a row.
 */
#include "http/router.h"

#include "http/text.h"

#include <stdio.h>

/* The byte an escape at text.data[at] stands for, or -1 when it is none. */
static int unescape(struct slice text, size_t at)
{
    if (at + 2 >= text.len)
        return -1;
    int high = text_hex(text.data[at + 1]), low = text_hex(text.data[at + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* Follows one path segment: is it "." or ".."? */
struct segment {
    unsigned dots;
    bool other;
};

static bool segment_is_sane(struct segment *segment)
{
    bool sane = segment->other || segment->dots == 0 || segment->dots > 2;
    *segment = (struct segment){0};
    return sane;
}

/* Reads the character at `at` (an escape counts as the byte it stands for); its length or 0. */
static size_t check_character(struct slice path, size_t at, struct segment *segment)
{
    size_t length = 1;
    int byte = (unsigned char)path.data[at];
    if (byte == '%') {
        byte = unescape(path, at);
        length = 3;
        if (byte <= 0 || byte == '/')
            return 0;
    }
    if (byte == '\\' || byte == '#')
        return 0;
    if (byte == '.')
        segment->dots++;
    else
        segment->other = true;
    return length;
}

static bool clean_path(struct slice path, char *storage, struct slice *ret_path)
{
    struct segment segment = {0};
    size_t written = 0;
    for (size_t at = 0, length = 1; at < path.len; at += length) {
        length = 1;
        if (path.data[at] == '/') {
            if (!segment_is_sane(&segment))
                return false;
            if (written > 0 && storage[written - 1] == '/')
                continue;
        } else {
            length = check_character(path, at, &segment);
            if (length == 0)
                return false;
        }
        memcpy(storage + written, path.data + at, length);
        written += length;
    }
    storage[written] = '\0';
    *ret_path = (struct slice){storage, written};
    return segment_is_sane(&segment);
}

bool route_clean_target(struct slice target, char *storage, struct slice *ret_path,
                        struct slice *ret_query)
{
    struct slice path = target, query = {NULL, 0};
    if (target.len == 0 || target.data[0] != '/')
        return false;
    const char *mark = memchr(target.data, '?', target.len);
    if (mark) {
        path.len = (size_t)(mark - target.data);
        query = (struct slice){mark + 1, target.len - path.len - 1};
    }
    if (!clean_path(path, storage, ret_path))
        return false;
    *ret_query = query;
    return true;
}

/* The byte behind the first slash tells most rows apart, for the price of no call. */
static inline bool may_match(const char *pattern, struct slice path)
{
    return path.len < 2 || pattern[1] == '{' || text_lower(pattern[1]) == text_lower(path.data[1]);
}

static bool is_method(const struct route *route, struct slice method)
{
    return strncmp(route->method, method.data, method.len) == 0 &&
           route->method[method.len] == '\0';
}

/* `path` has no trailing slash, nor has the pattern. */
static bool matches(const char *pattern, struct slice path, struct slice *params)
{
    const char *at = path.data, *end = path.data + path.len;
    size_t count = 0;
    while (*pattern) {
        if (*pattern != '{') {
            if (at == end || (*pattern != *at && text_lower(*pattern) != text_lower(*at)))
                return false;
            pattern++;
            at++;
            continue;
        }
        size_t length = strcspn(pattern, "}");
        bool rest = pattern[length - 1] == '*';
        const char *slash = rest ? NULL : memchr(at, '/', (size_t)(end - at));
        slash = slash ? slash : end;
        if (at == slash || count == REQUEST_PARAMS_MAX)
            return false;
        params[count++] = (struct slice){at, (size_t)(slash - at)};
        at = slash;
        pattern += length;
        pattern += *pattern == '}';
    }
    return at == end;
}

static const struct route *find(const struct route *table, struct slice method, struct slice path,
                                struct slice params[REQUEST_PARAMS_MAX])
{
    for (const struct route *route = table; route->method; route++)
        if (may_match(route->pattern, path) && is_method(route, method) &&
            matches(route->pattern, path, params))
            return route;
    return NULL;
}

const struct route *route_at(const struct route *table, struct slice path)
{
    struct slice params[REQUEST_PARAMS_MAX];
    if (path.len > 1 && path.data[path.len - 1] == '/')
        path.len--;
    for (const struct route *route = table; route->method; route++)
        if (may_match(route->pattern, path) && matches(route->pattern, path, params))
            return route;
    return NULL;
}

/* Whether the path is the base, or below it. */
static bool is_below(struct slice path, struct slice base)
{
    struct slice front = {path.data, base.len};
    return base.len > 0 && path.len >= base.len && slice_equal_nocase(front, base) &&
           (path.len == base.len || path.data[base.len] == '/');
}

struct slice route_below(const struct route *table, const char *base, struct slice path)
{
    struct slice front = slice_of(base ? base : ""), rest = SLICE("/");
    if (!is_below(path, front))
        return path;
    if (path.len > front.len)
        rest = (struct slice){path.data + front.len, path.len - front.len};
    const struct route *row = route_at(table, path);
    /* below "/files", "/files/x" may be the address "/x" rather than a file of that name */
    bool is_a_rows = row && (!strchr(row->pattern, '{') || !route_at(table, rest));
    return is_a_rows ? path : rest;
}

/* Whether `list` ("GET, HEAD") names the method already. */
static bool is_listed(const char *list, const char *method)
{
    size_t length = strlen(method);
    for (const char *at = list; (at = strstr(at, method)) != NULL; at += length)
        if ((at == list || at[-1] == ' ') && (at[length] == '\0' || at[length] == ','))
            return true;
    return false;
}

static void list_method(char *list, size_t size, const char *method)
{
    size_t used = strlen(list);
    if (!is_listed(list, method) && used + strlen(method) + 3 <= size)
        (void)snprintf(list + used, size - used, "%s%s", used > 0 ? ", " : "", method);
}

static void list_methods(const struct route *table, struct slice path, char *list, size_t size)
{
    struct slice params[REQUEST_PARAMS_MAX];
    list[0] = '\0';
    for (const struct route *route = table; route->method; route++) {
        if (!matches(route->pattern, path, params))
            continue;
        list_method(list, size, route->method);
        if (strcmp(route->method, "GET") == 0)
            list_method(list, size, "HEAD");
    }
}

enum route_match route_find(const struct route *table, struct slice method, struct slice path,
                            const struct route **ret_route,
                            struct slice ret_params[REQUEST_PARAMS_MAX], char *ret_allow,
                            size_t allow_size)
{
    struct slice params[REQUEST_PARAMS_MAX] = {{NULL, 0}};
    const struct route *route;
    if (method.len == 0 || path.len == 0 || path.data[0] != '/' || allow_size == 0)
        return ROUTE_MALFORMED;
    if (path.len > 1 && path.data[path.len - 1] == '/')
        path.len--;
    route = find(table, method, path, params);
    if (!route && slice_equal(method, SLICE("HEAD")))
        route = find(table, SLICE("GET"), path, params);
    if (route) {
        *ret_route = route;
        memcpy(ret_params, params, sizeof params);
        return ROUTE_FOUND;
    }
    list_methods(table, path, ret_allow, allow_size);
    return ret_allow[0] ? ROUTE_WRONG_METHOD : ROUTE_UNKNOWN;
}
