/*
 * Any bytes as a request target: what is taken is a path that decodes to no other path, and finding
 * its row neither leaves its bounds nor depends on letter case or slashes.
 */
#include "http/router.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>

static const struct route table[] = {
    {.method = "GET", .pattern = "/"},
    {.method = "GET", .pattern = "/api/detectLiveness-sessions/{id}"},
    {.method = "DELETE", .pattern = "/api/detectLiveness-sessions/{id}"},
    {.method = "POST", .pattern = "/face/{version}/{kind}/singleModal/sessions"},
    {.method = "GET", .pattern = "/{a}/{b}/{c}/{d}"},
    {.method = NULL},
};

static void demand(bool held)
{
    if (!held)
        abort();
}

static int hex(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : (tolower((unsigned char)c) - 'a') + 10;
}

/* Decodes as a careless server would and demands that nothing new comes out. */
static void check_decoded(struct slice path)
{
    char *decoded = calloc(1, path.len + 3);
    size_t length = 0;
    demand(decoded);
    for (size_t i = 0; i < path.len; i++) {
        char c = path.data[i];
        if (c == '%') {
            demand(i + 2 < path.len && isxdigit((unsigned char)path.data[i + 1]) &&
                   isxdigit((unsigned char)path.data[i + 2]));
            c = (char)(hex(path.data[i + 1]) * 16 + hex(path.data[i + 2]));
            demand(c != '/' && c != '\0');
            i += 2;
        }
        demand(c != '\\');
        decoded[length++] = c;
    }
    decoded[length] = '/';
    demand(memmem(decoded, length, "//", 2) == NULL);
    demand(memmem(decoded, length + 1, "/./", 3) == NULL);
    demand(memmem(decoded, length + 1, "/../", 4) == NULL);
    free(decoded);
}

static enum route_match find(struct slice path, const struct route **ret_route)
{
    struct slice params[REQUEST_PARAMS_MAX] = {{NULL, 0}};
    char allow[40];
    enum route_match match =
        route_find(table, SLICE("GET"), path, ret_route, params, allow, sizeof allow);
    for (size_t i = 0; match == ROUTE_FOUND && i < REQUEST_PARAMS_MAX; i++)
        demand(!params[i].data || (params[i].len > 0 && params[i].data > path.data &&
                                   params[i].data + params[i].len <= path.data + path.len &&
                                   !memchr(params[i].data, '/', params[i].len)));
    return match;
}

static void check_case(struct slice path)
{
    const struct route *as_sent = NULL, *upper = NULL;
    char *copy = malloc(path.len);
    demand(copy);
    for (size_t i = 0; i < path.len; i++)
        copy[i] = (char)((unsigned char)path.data[i] < 0x80 ? toupper((unsigned char)path.data[i])
                                                            : path.data[i]);
    demand(find(path, &as_sent) == find((struct slice){copy, path.len}, &upper));
    demand(as_sent == upper);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice target = {(const char *)data, size}, path, query;
    char *storage = malloc(size + 1);
    demand(storage);
    if (route_clean_target(target, storage, &path, &query)) {
        demand(path.len > 0 && path.data[0] == '/' && path.len <= size);
        demand(!query.data || query.data + query.len == target.data + size);
        check_decoded(path);
        check_case(path);
    }
    free(storage);
    return 0;
}
