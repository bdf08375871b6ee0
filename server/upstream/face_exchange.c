/*
 * Easy handles: set up once with everything that never changes, kept in a bounded list of spare
 * ones, and told only method, URL and body for each request. No header list is allocated: its nodes
 * are ours, and all lines but the request id are shared. Invariant: a spare exchange holds no
 * answer.
 */
#include "upstream/face_exchange.h"

#include "base/alloc.h"
#include "base/secret.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SPARE_MAX = 128,
    KEPT_ANSWER_BYTES = 16 * 1024, /* memory a spare exchange may keep */
    HEAD_BYTES_MAX = 64 * 1024,
    CONNECTION_AGE_S = 60, /* gateways drop idle connections after a few minutes */
};

enum line {
    LINE_ACCEPT_JSON,
    LINE_ACCEPT_ANY,
    LINE_NO_EXPECT,
    LINE_USER_AGENT, /* libcurl's option for it formats it anew for every request */
    LINE_JSON,
    LINE_FORM,
    LINES
};

struct face_exchange_pool {
    struct curl_loop *loop;
    struct face_exchange_config config;
    char *lines[LINES]; /* libcurl wants them writable */
    struct face_exchange *spare;
    unsigned spare_count;
};

/* ---- libcurl's callbacks; their signatures are not ours ---- */
/* NOLINTBEGIN(readability-non-const-parameter) */

static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
    struct face_exchange *exchange = context;
    buf_append(&exchange->answer, bytes, size * count);
    return buf_failed(&exchange->answer) ? 0 : size * count;
}

/* The lines themselves are kept by libcurl; this only limits how many it keeps. */
static size_t on_head(char *bytes, size_t size, size_t count, void *context)
{
    (void)bytes;
    struct face_exchange *exchange = context;
    exchange->head_bytes += size * count;
    return exchange->head_bytes > HEAD_BYTES_MAX ? 0 : size * count;
}

/* The connection stands, TLS included, and the request is about to be written to it. */
static int on_connected(void *context, char *peer, char *local, int peer_port, int local_port)
{
    (void)peer;
    (void)local;
    (void)peer_port;
    (void)local_port;
    struct face_exchange *exchange = context;
    if (exchange->once && exchange->sent > 0) {
        return CURL_PREREQFUNC_ABORT;
    }
    exchange->sent++;
    return CURL_PREREQFUNC_OK;
}

/* NOLINTEND(readability-non-const-parameter) */
/* ---- making ---- */

#define SET(option, value) (void)curl_easy_setopt(easy, CURLOPT_##option, value)

static void set_up(CURL *easy, struct face_exchange *exchange,
                   const struct face_exchange_config *config)
{
    SET(NOSIGNAL, 1L);
    SET(PROTOCOLS_STR, "http,https");
    SET(FOLLOWLOCATION, 0L);
    SET(PROXY, "");
    SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(QUICK_EXIT, 1L);
    SET(MAXAGE_CONN, (long)CONNECTION_AGE_S);
    SET(SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(SSL_VERIFYPEER, 1L);
    SET(SSL_VERIFYHOST, 2L);
    if (config->ca_file && config->ca_file[0] != '\0') {
        SET(CAINFO, config->ca_file); /* libcurl has a folder of the system's as well */
    }
    SET(CONNECTTIMEOUT_MS, (long)config->connect_timeout_ms);
    SET(TIMEOUT_MS, (long)config->timeout_ms);
    SET(HTTPHEADER, exchange->headers);
    SET(WRITEFUNCTION, on_body);
    SET(WRITEDATA, exchange);
    SET(HEADERFUNCTION, on_head);
    SET(HEADERDATA, exchange);
    SET(PREREQFUNCTION, on_connected);
    SET(PREREQDATA, exchange);
}

static struct face_exchange *face_exchange_new(struct face_exchange_pool *pool)
{
    struct face_exchange *exchange = xcalloc(1, sizeof *exchange);
    CURL *easy = curl_easy_init();
    if (!easy) {
        abort();
    }
    exchange->pool = pool;
    exchange->headers[EXCHANGE_NO_EXPECT].data = pool->lines[LINE_NO_EXPECT];
    exchange->headers[EXCHANGE_USER_AGENT].data = pool->lines[LINE_USER_AGENT];
    exchange->headers[EXCHANGE_REQUEST_ID].data = exchange->request_id;
    buf_init_secret(&exchange->answer, 0);
    set_up(easy, exchange, &pool->config);
    exchange->transfer.easy = easy;
    curl_loop_adopt(pool->loop, &exchange->transfer);
    return exchange;
}

static void face_exchange_free(struct face_exchange *exchange)
{
    curl_easy_cleanup(exchange->transfer.easy);
    buf_wipe(&exchange->answer);
    free(exchange);
}

struct face_exchange_pool *face_exchange_pool_new(struct curl_loop *loop,
                                                  const struct face_exchange_config *config)
{
    static const char *const lines[LINES] = {
        [LINE_ACCEPT_JSON] = "Accept: application/json",
        [LINE_ACCEPT_ANY] = "Accept: */*",
        [LINE_NO_EXPECT] = "Expect:",
        [LINE_USER_AGENT] = ("User-Agent: livenessd/" LIVENESSD_VERSION),
        [LINE_JSON] = "Content-Type: application/json",
        [LINE_FORM] = "Content-Type: application/x-www-form-urlencoded",
    };
    struct face_exchange_pool *pool = xcalloc(1, sizeof *pool);
    pool->loop = loop;
    pool->config = *config;
    for (unsigned i = 0; i < LINES; i++) {
        pool->lines[i] = xstrdup(lines[i]);
    }
    return pool;
}

struct face_exchange_pool *face_exchange_pool_free(struct face_exchange_pool *pool)
{
    if (!pool) {
        return NULL;
    }
    while (pool->spare) {
        struct face_exchange *exchange = pool->spare;
        pool->spare = exchange->next;
        face_exchange_free(exchange);
    }
    for (unsigned i = 0; i < LINES; i++) {
        free(pool->lines[i]);
    }
    free(pool);
    return NULL;
}

struct face_exchange *face_exchange_take(struct face_exchange_pool *pool)
{
    struct face_exchange *exchange = pool->spare;
    if (!exchange) {
        return face_exchange_new(pool);
    }
    pool->spare = exchange->next;
    pool->spare_count--;
    return exchange;
}

void face_exchange_give_back(struct face_exchange_pool *pool, struct face_exchange *exchange)
{
    assert(!exchange->transfer.running);
    if (pool->spare_count >= SPARE_MAX) {
        face_exchange_free(exchange);
        return;
    }
    if (exchange->answer.capacity > KEPT_ANSWER_BYTES) {
        buf_wipe(&exchange->answer);
    } else {
        secret_wipe(exchange->answer.data, exchange->answer.len);
        buf_reset(&exchange->answer);
    }
    exchange->headers[EXCHANGE_CREDENTIAL].data = NULL; /* its owner may free it */
    exchange->next = pool->spare;
    pool->spare = exchange;
    pool->spare_count++;
}

/* ---- asking ---- */

static bool is_id(const char *text)
{
    if (!text || strnlen(text, EXCHANGE_ID_MAX + 1) > EXCHANGE_ID_MAX) {
        return false;
    }
    size_t size = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                               "0123456789-._");
    return size > 0 && text[size] == '\0';
}

/* Links the lines this request has, in the order of the enum. */
static void set_headers(struct face_exchange *exchange, const struct face_request *request)
{
    struct curl_slist *headers = exchange->headers;
    char *const *lines = exchange->pool->lines;
    bool posts = request->method == FACE_METHOD_POST;
    bool has[EXCHANGE_HEADERS] = {
        [EXCHANGE_CREDENTIAL] = request->credential != NULL,
        [EXCHANGE_NO_EXPECT] = true,
        [EXCHANGE_USER_AGENT] = true,
        [EXCHANGE_REQUEST_ID] = is_id(request->request_id),
        [EXCHANGE_CONTENT_TYPE] = posts,
    };
    if (has[EXCHANGE_REQUEST_ID]) {
        (void)snprintf(exchange->request_id, sizeof exchange->request_id,
                       "x-ms-client-request-id: %s", request->request_id);
    }
    headers[EXCHANGE_ACCEPT].data = lines[request->accept_any ? LINE_ACCEPT_ANY : LINE_ACCEPT_JSON];
    headers[EXCHANGE_CREDENTIAL].data = request->credential;
    headers[EXCHANGE_CONTENT_TYPE].data = request->content_type
                                              ? request->content_type
                                              : lines[request->urlencoded ? LINE_FORM : LINE_JSON];
    struct curl_slist *next = NULL;
    for (unsigned i = EXCHANGE_HEADERS; i-- > 0;) {
        headers[i].next = next;
        next = has[i] ? &headers[i] : next;
    }
}

void face_exchange_set(struct face_exchange *exchange, const struct face_request *request)
{
    CURL *easy = exchange->transfer.easy;
    bool posts = request->method == FACE_METHOD_POST;
    set_headers(exchange, request);
    exchange->once = posts;
    exchange->sent = 0;
    exchange->head_bytes = 0;
    exchange->answer.limit_bytes = request->max_answer_bytes;
    SET(URL, request->url);
    SET(CUSTOMREQUEST, request->method == FACE_METHOD_DELETE ? "DELETE" : NULL);
    if (posts) {
        SET(POST, 1L);
        SET(POSTFIELDSIZE, (long)request->body.len);
        SET(POSTFIELDS, request->body.data);
    } else {
        SET(HTTPGET, 1L);
    }
}

/* ---- answers ---- */

int face_exchange_status(const struct face_exchange *exchange)
{
    long status = 0;
    (void)curl_easy_getinfo(exchange->transfer.easy, CURLINFO_RESPONSE_CODE, &status);
    return (int)status;
}

const char *face_exchange_answer_header(const struct face_exchange *exchange, const char *name)
{
    struct curl_header *header = NULL;
    CURLHcode code = curl_easy_header(exchange->transfer.easy, name, 0, CURLH_HEADER, -1, &header);
    return code == CURLHE_OK ? header->value : NULL;
}
