/*
 * Any list of headers as it reaches a route: every value is found where a plain second reading
 * finds it, cookies and repeated ones too; the client's address is that of the list as one line;
 * and nobody is let in but by the one credential there is.
 *
 * The input's first line is the query, each other one a header.
 */
#include "domain/principal.h"
#include "http/exchange.h"
#include "http/forwarded.h"
#include "http/listener_private.h"
#include "http/origin.h"
#include "http/preference.h"

#include <stdlib.h>
#include <string.h>

enum { NOW = 1800000000, LINES_MAX = 64, TRUSTED = 1 };

#define OWN_ORIGIN "https://app.example"
#define COOKIE     "livenessd_device"
#define APP_TOKEN  "tok"

static const char *const names[] = {
    "authorization",
    "cookie",
    "forwarded",
    "host",
    "ocp-apim-subscription-key",
    "origin",
    "prefer",
    "x-device-token",
    "x-forwarded-for",
    "x-request-id",
};

/* A request with what its headers lie in. */
struct scene {
    h2o_req_t library;
    h2o_header_t headers[LINES_MAX];
    h2o_iovec_t header_names[LINES_MAX];
    struct listener listener;
    struct connection connection;
    struct exchange exchange;
    char *query;
};

static void demand(bool held)
{
    if (!held)
        abort();
}

/* Memory of just that size, of the request's pool no part. */
static char *copy_of(const char *bytes, size_t size)
{
    char *copy = malloc(size > 0 ? size : 1);
    demand(copy);
    if (size > 0)
        memcpy(copy, bytes, size);
    return copy;
}

static struct slice take_line(struct slice *rest)
{
    const char *end = rest->len > 0 ? memchr(rest->data, '\n', rest->len) : NULL;
    struct slice line = {rest->data, end ? (size_t)(end - rest->data) : rest->len};
    size_t used = line.len + (end != NULL);
    *rest = (struct slice){used > 0 ? rest->data + used : rest->data, rest->len - used};
    return line;
}

static void add_header(struct scene *scene, struct slice line)
{
    const char *colon = line.len > 0 ? memchr(line.data, ':', line.len) : NULL;
    size_t at = scene->library.headers.size;
    if (!colon || at == LINES_MAX)
        return;
    size_t name = (size_t)(colon - line.data);
    size_t value = line.len - name - 1;
    char *lowered = copy_of(line.data, name);
    for (size_t i = 0; i < name; i++)
        lowered[i] = text_lower(lowered[i]);
    scene->header_names[at] = h2o_iovec_init(lowered, name);
    scene->headers[at].name = &scene->header_names[at];
    scene->headers[at].value = h2o_iovec_init(copy_of(colon + 1, value), value);
    scene->library.headers.size++;
}

static struct scene *scene_new(struct slice input)
{
    static struct origins origins = {.own = OWN_ORIGIN};
    static struct cidr trusted[TRUSTED];
    struct scene *scene = calloc(1, sizeof *scene);
    demand(scene && cidr_parse(SLICE("10.0.0.0/8"), &trusted[0]) == 0);
    h2o_mem_init_pool(&scene->library.pool);
    scene->library.headers.entries = scene->headers;
    scene->listener.random = *random_system();
    scene->listener.proxies = trusted;
    scene->listener.config.trusted_proxy_count = TRUSTED;
    scene->listener.config.origins = &origins;
    scene->connection.listener = &scene->listener;
    scene->connection.trusted = true;
    scene->exchange.library = &scene->library;
    scene->exchange.listener = &scene->listener;
    scene->exchange.connection = &scene->connection;
    struct slice query = take_line(&input);
    scene->query = copy_of(query.data, query.len);
    scene->exchange.request.query = (struct slice){scene->query, query.len};
    while (input.len > 0)
        add_header(scene, take_line(&input));
    return scene;
}

static void scene_free(struct scene *scene)
{
    for (size_t i = 0; i < scene->library.headers.size; i++) {
        free(scene->headers[i].name->base);
        free(scene->headers[i].value.base);
    }
    free(scene->query);
    h2o_mem_clear_pool(&scene->library.pool);
    free(scene);
}

/* ---- the second reading ---- */

static struct slice value_at(const struct scene *scene, size_t at)
{
    const char *from = scene->headers[at].value.base;
    const char *end = from + scene->headers[at].value.len;
    while (from < end && (*from == ' ' || *from == '\t'))
        from++;
    while (end > from && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    return (struct slice){from, (size_t)(end - from)};
}

static bool is_named(const struct scene *scene, size_t at, const char *name)
{
    const h2o_iovec_t *is = scene->headers[at].name;
    return slice_equal((struct slice){is->base, is->len}, slice_of(name));
}

static void check_name(const struct scene *scene, const char *name)
{
    const struct request *request = &scene->exchange.request;
    size_t count = 0;
    for (size_t i = 0; i < scene->library.headers.size; i++)
        if (is_named(scene, i, name))
            demand(slice_equal(request_header_at(request, name, count++), value_at(scene, i)));
    demand(request_header_count(request, name) == count);
    demand(!request_header_at(request, name, count + 1).data);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* A name stands at the start of a piece, with white space at most before it. */
static bool begins_piece(struct slice line, size_t at)
{
    while (at > 0 && is_blank(line.data[at - 1]))
        at--;
    return at == 0 || line.data[at - 1] == ';';
}

/* Up to the end of the piece, without white space there. */
static struct slice value_from(struct slice line, size_t at)
{
    const char *end = at < line.len ? memchr(line.data + at, ';', line.len - at) : NULL;
    size_t length = end ? (size_t)(end - line.data) - at : line.len - at;
    while (length > 0 && is_blank(line.data[at + length - 1]))
        length--;
    return (struct slice){line.data + at, length};
}

static struct slice cookie_in(struct slice line)
{
    static const char wanted[] = COOKIE "=";
    size_t length = sizeof wanted - 1;
    for (size_t at = 0; at + length <= line.len; at++)
        if (memcmp(line.data + at, wanted, length) == 0 && begins_piece(line, at))
            return value_from(line, at + length);
    return (struct slice){NULL, 0};
}

static struct slice plain_cookie(const struct scene *scene)
{
    struct slice found = {NULL, 0};
    for (size_t i = 0; i < scene->library.headers.size && !found.data; i++)
        if (is_named(scene, i, "cookie"))
            found = cookie_in(value_at(scene, i));
    return found;
}

static void check_cookie(const struct scene *scene)
{
    struct slice plain = plain_cookie(scene);
    struct slice found = request_cookie(&scene->exchange.request, COOKIE);
    demand(!plain.data == !found.data && (!plain.data || slice_equal(plain, found)));
}

static void check_origin(const struct scene *scene)
{
    const struct request *request = &scene->exchange.request;
    enum request_origin origin = request_origin(request);
    size_t count = request_header_count(request, "origin");
    bool own = slice_equal(request_header(request, "origin"), SLICE(OWN_ORIGIN));
    demand(origin != ORIGIN_LISTED);
    demand((origin == ORIGIN_NONE) == (count == 0));
    demand((origin == ORIGIN_OWN) == (count == 1 && own));
}

/* What several lines say is what one with all of them says. */
static void check_client(struct scene *scene)
{
    CLEANUP(buf) struct buf joined;
    struct address client = scene->connection.peer;
    bool malformed = false;
    buf_init(&joined, 1 << 24);
    exchange_identify(&scene->exchange);
    demand(strnlen(scene->exchange.request.request_id, REQUEST_ID_SIZE) < REQUEST_ID_SIZE);
    if (request_header_count(&scene->exchange.request, "x-forwarded-for") == 0)
        return;
    for (size_t i = 0, seen = 0; i < scene->library.headers.size; i++) {
        if (!is_named(scene, i, "x-forwarded-for"))
            continue;
        buf_put_slice(&joined, seen++ > 0 ? SLICE(",") : SLICE(""));
        buf_put_slice(&joined, value_at(scene, i));
    }
    if (joined.len > 0 && memchr(joined.data, '"', joined.len))
        return; /* quotes would reach over the lines */
    (void)forwarded_walk(FORWARDED_LIST, buf_slice(&joined), scene->listener.proxies, TRUSTED,
                         &client, &malformed);
    client = malformed ? scene->connection.peer : client;
    char texts[2][ADDRESS_TEXT_SIZE];
    address_format(&client, true, texts[0]);
    address_format(&scene->exchange.request.client, true, texts[1]);
    demand(strcmp(texts[0], texts[1]) == 0);
}

static void check_rest(struct scene *scene)
{
    struct request *request = &scene->exchange.request;
    struct slice decoded = request_query(request, "start");
    struct slice type = request_media_type(request);
    char wait[PREFERENCE_SIZE] = "";
    demand(decoded.len <= request->query.len);
    for (size_t i = 0; i < type.len; i++)
        demand(type.data[i] != ';' && !(type.data[i] >= 'A' && type.data[i] <= 'Z'));
    if (preference_find(request_header(request, "prefer"), SLICE("wait"), wait))
        demand(strnlen(wait, sizeof wait) < sizeof wait);
}

/* ---- who is let in ---- */

static const struct authority *authority_new(void)
{
    static const uint8_t key[SHA256_BYTES] = {7};
    static struct app_token token = {.name = "app"};
    static struct authority authority = {.anonymous = true, .app_tokens = true};
    sha256(APP_TOKEN, strlen(APP_TOKEN), token.hash);
    authority.tokens = &token;
    authority.token_count = 1;
    authority.owner_key = authority.correlation_key = key;
    authority.devices = device_tokens_new("k", key, random_system());
    authority.random = random_system();
    return &authority;
}

static void check_caller(const struct scene *scene)
{
    static const struct authority *authority;
    const struct request *request = &scene->exchange.request;
    struct principal principal;
    struct credentials credentials = {
        .authorization = request_header(request, "authorization"),
        .subscription_key = request_header(request, "ocp-apim-subscription-key"),
        .device_header = request_header(request, "x-device-token"),
        .device_cookie = request_cookie(request, COOKIE),
    };
    if (!authority)
        authority = authority_new();
    if (principal_identify(authority, &credentials, NOW, &principal) != PROBLEM_NONE)
        return;
    struct slice bearer = credentials.authorization;
    struct slice key = credentials.subscription_key;
    size_t length = strlen(APP_TOKEN);
    demand(principal.scopes == 0);
    demand((principal.kind == PRINCIPAL_APP) == (bearer.data || key.data));
    demand(!key.data || slice_equal(key, SLICE(APP_TOKEN)));
    demand(!bearer.data || (bearer.len > length &&
                            memcmp(bearer.data + bearer.len - length, APP_TOKEN, length) == 0));
    demand(principal.kind == PRINCIPAL_APP || principal.has_device);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scene *scene = scene_new((struct slice){(const char *)data, size});
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        check_name(scene, names[i]);
    check_cookie(scene);
    check_origin(scene);
    check_client(scene);
    check_rest(scene);
    check_caller(scene);
    scene_free(scene);
    return 0;
}
