/*
 * Answering: the headers every answer has, the error shapes, and the one place that hands an answer
 * to the library whole. Invariant: after that the exchange belongs to the library, so it is always
 * the last thing done.
 */
#include "base/secret.h"
#include "http/accept.h"
#include "http/listener_private.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { PROBLEM_BODY_MAX = 16 * 1024, NUMBER_SIZE = 16, HEADERS_USUAL = 12 };

/* A store that fails is tried again about once a second. */
enum { STORE_RETRY_S = 1 };

static const char json_type[] = "application/json; charset=utf-8";

static const char *reason_of(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        {200, "OK"},
        {204, "No Content"},
        {201, "Created"},
        {202, "Accepted"},
        {302, "Found"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {409, "Conflict"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {417, "Expectation Failed"},
        {422, "Unprocessable Content"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "Status";
}

/* The library keeps pointers only, so the value must be pool memory or static. */
static void add_header(h2o_req_t *library, const char *name, const char *value, size_t value_len)
{
    (void)h2o_add_header_by_str(&library->pool, &library->res.headers, name, strlen(name), 0, NULL,
                                value, value_len);
}

static char *copy(h2o_req_t *library, struct slice text)
{
    char *copied = h2o_mem_alloc_pool(&library->pool, text.len);
    if (text.len > 0)
        memcpy(copied, text.data, text.len);
    return copied;
}

void reply_header(struct request *request, const char *name, struct slice value)
{
    struct exchange *exchange = exchange_of(request);
    for (size_t i = 0; i < value.len; i++)
        if ((unsigned char)value.data[i] < 0x20 || value.data[i] == 0x7f)
            return;
    if (strcmp(name, "cache-control") == 0)
        exchange->cache_control = true;
    add_header(exchange->library, name, copy(exchange->library, value), value.len);
}

static void add_standard_headers(struct exchange *exchange, const char *content_type)
{
    h2o_req_t *library = exchange->library;
    const char *id = exchange->request.request_id;
    h2o_vector_reserve(&library->pool, &library->res.headers, HEADERS_USUAL);
    if (content_type)
        add_header(library, "content-type", copy(library, slice_of(content_type)),
                   strlen(content_type));
    add_header(library, "x-request-id", id, strlen(id)); /* as old as the library's request */
    add_header(library, "x-content-type-options", H2O_STRLIT("nosniff"));
    if (!exchange->cache_control)
        add_header(library, "cache-control", H2O_STRLIT("no-store"));
}

static bool has_no_body(int status)
{
    return status == 204 || status == 304;
}

struct secret_copy {
    size_t size;
    char bytes[];
};

static void secret_copy_dispose(void *memory)
{
    struct secret_copy *secret = memory;
    secret_wipe(secret->bytes, secret->size);
}

/* In the request's pool, which disposes of it once the answer has been sent or given up. */
static char *copy_secret(h2o_req_t *library, struct slice text)
{
    struct secret_copy *secret =
        h2o_mem_alloc_shared(&library->pool, sizeof *secret + text.len, secret_copy_dispose);
    secret->size = text.len;
    memcpy(secret->bytes, text.data, text.len);
    return secret->bytes;
}

/* Where the body stands until it has been sent. */
static const char *keep_body(struct exchange *exchange, struct slice body)
{
    if (exchange->body_is_static)
        return body.data;
    return exchange->secret ? copy_secret(exchange->library, body) : copy(exchange->library, body);
}

/* Hands over; the exchange may be gone afterwards. */
static void hand_over(struct exchange *exchange, struct slice body)
{
    h2o_req_t *library = exchange->library;
    bool silent = body.len == 0 || slice_equal(exchange->request.method, SLICE("HEAD"));
    h2o_iovec_t bytes = h2o_iovec_init(H2O_STRLIT(""));
    if (!silent)
        bytes = h2o_iovec_init(keep_body(exchange, body), body.len);
    exchange->bytes_out = bytes.len;
    if (exchange->captured) {
        exchange->captured_body = (struct slice){bytes.base, bytes.len};
        return;
    }
    h2o_start_response(library, &exchange->generator);
    h2o_send(library, &bytes, silent ? 0 : 1, H2O_SEND_STATE_FINAL);
}

static void mark_answered(struct exchange *exchange, int status)
{
    struct flow *flow = exchange_flow(exchange);
    assert(!exchange->answered && "one request, one answer");
    assert(status >= 200 && status <= 599);
    exchange->answered = true;
    exchange->status = exchange->forced_status ? exchange->forced_status : status;
    if (!flow)
        return;
    flow->waiting = false;
    flow->cancel = NULL;
}

void exchange_answer(struct exchange *exchange, int status, const char *content_type,
                     size_t declared_bytes)
{
    h2o_res_t *response = &exchange->library->res;
    mark_answered(exchange, status);
    if (exchange->listener->config.decorate)
        exchange->listener->config.decorate(&exchange->request);
    origin_decorate(exchange);
    response->status = exchange->status;
    response->reason = reason_of(exchange->status);
    response->content_length = has_no_body(status) ? SIZE_MAX : declared_bytes;
    add_standard_headers(exchange, content_type);
    if (exchange->close || exchange->listener->draining)
        exchange->library->http1_is_persistent = 0;
}

static void answer(struct request *request, int status, const char *content_type, struct slice body,
                   size_t declared_bytes)
{
    struct exchange *exchange = exchange_of(request);
    exchange_answer(exchange, status, content_type, declared_bytes);
    hand_over(exchange, has_no_body(status) ? (struct slice){NULL, 0} : body);
}

void reply_json(struct request *request, int status, struct slice body)
{
    answer(request, status, json_type, body, body.len);
}

void reply_secret(struct request *request, int status, const char *content_type, struct slice body)
{
    exchange_of(request)->secret = true;
    answer(request, status, content_type, body, body.len);
}

void reply_secret_json(struct request *request, int status, struct slice body)
{
    reply_secret(request, status, json_type, body);
}

void reply_text(struct request *request, int status, const char *content_type, struct slice body)
{
    answer(request, status, content_type, body, body.len);
}

void reply_static(struct request *request, int status, const char *content_type, struct slice body)
{
    exchange_of(request)->body_is_static = true;
    answer(request, status, content_type, body, body.len);
}

void reply_empty(struct request *request, int status)
{
    answer(request, status, NULL, (struct slice){NULL, 0}, 0);
}

static bool contains_nocase(struct slice text, struct slice part)
{
    for (size_t i = 0; i + part.len <= text.len; i++)
        if (strncasecmp(text.data + i, part.data, part.len) == 0)
            return true;
    return false;
}

/* Only who names the type gets it, unless our own shape would rather be had. */
static bool wants_document(struct slice accept)
{
    return contains_nocase(accept, SLICE("application/problem+json")) &&
           !accept_prefers(accept, "application/json", "application/problem+json");
}

static void write_number(struct request *request, const char *name, unsigned value)
{
    char text[NUMBER_SIZE];
    int length = snprintf(text, sizeof text, "%u", value);
    reply_header(request, name, (struct slice){text, (size_t)length});
}

/* RFC 6750 section 3.1: who showed a credential is told that it is a bad one, and no more. */
static struct slice challenge_of(const struct request *request)
{
    bool shown = request_header(request, "authorization").data ||
                 request_header(request, "ocp-apim-subscription-key").data;
    return shown ? SLICE("Bearer error=\"invalid_token\"") : SLICE("Bearer");
}

/* The row whose shape a refusal has; NULL: none. What is refused before it is routed is looked up
 * by the target that the library has read, if any. */
static const struct route *row_of(const struct exchange *exchange)
{
    const h2o_req_t *library = exchange->library;
    struct slice target = {library->input.path.base, library->input.path.len}, path, query;
    if (exchange->request.route || target.len == 0)
        return exchange->request.route;
    const struct listener_config *config = &exchange->listener->config;
    char *storage = h2o_mem_alloc_pool(&exchange->library->pool, target.len + 1);
    return route_clean_target(target, storage, &path, &query)
               ? route_at(config->routes, route_below(config->routes, config->base_path, path))
               : NULL;
}

static void write_problem(const struct exchange *exchange, enum problem problem,
                          const struct problem_detail *detail, struct buf *ret)
{
    const struct route *row = row_of(exchange);
    if (row && row->write_problem)
        row->write_problem(problem, detail, ret);
    else
        problem_write_face(problem, detail, ret);
}

void reply_problem(struct request *request, enum problem problem,
                   const struct problem_detail *detail)
{
    const struct problem_info *info = problem_info(problem);
    struct problem_detail full = detail ? *detail : (struct problem_detail){0};
    bool rfc9457 = wants_document(request_header(request, "accept"));
    CLEANUP(buf) struct buf body;
    buf_init(&body, PROBLEM_BODY_MAX);
    full.request_id = request->request_id;
    full.site = exchange_of(request)->listener->config.site;
    if (problem == PROBLEM_STORE_UNAVAILABLE && full.retry_after_seconds == 0)
        full.retry_after_seconds = STORE_RETRY_S;
    if (rfc9457)
        problem_write_rfc9457(problem, &full, &body);
    else
        write_problem(exchange_of(request), problem, &full, &body);
    if (buf_failed(&body))
        buf_reset(&body);
    exchange_of(request)->problem = problem;
    reply_header(request, "x-ms-error-code", slice_of(info->code));
    if (full.retry_after_seconds > 0)
        write_number(request, "retry-after", full.retry_after_seconds);
    if (info->status == 401)
        reply_header(request, "www-authenticate", challenge_of(request));
    answer(request, info->status, rfc9457 ? "application/problem+json" : json_type,
           buf_slice(&body), body.len);
}

void reply_reset(struct request *request)
{
    struct exchange *exchange = exchange_of(request);
    exchange->close = true;
    connection_reset(
        exchange->connection); /* the answer's write then fails, and the library closes */
    reply_empty(request, 500);
}

void reply_truncated(struct request *request, int status, const char *content_type,
                     struct slice body, size_t declared_bytes)
{
    exchange_of(request)->close = true;
    answer(request, status, content_type, body, declared_bytes);
}
