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

struct face_exchange_pool {
    struct curl_loop *loop;
    struct face_exchange_config config;
    char *lines[EXCHANGE_HEADERS]; /* owned; the key's is a secret, the request id's is NULL */
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
    SET(CONNECTTIMEOUT_MS, (long)config->connect_timeout_ms);
    SET(TIMEOUT_MS, (long)config->timeout_ms);
    SET(USERAGENT, "livenessd/" LIVENESSD_VERSION);
    SET(HTTPHEADER, exchange->headers);
    SET(WRITEFUNCTION, on_body);
    SET(WRITEDATA, exchange);
    SET(HEADERFUNCTION, on_head);
    SET(HEADERDATA, exchange);
    SET(PREREQFUNCTION, on_connected);
    SET(PREREQDATA, exchange);
}

static struct face_exchange *face_exchange_new(const struct face_exchange_pool *pool)
{
    struct face_exchange *exchange = xcalloc(1, sizeof *exchange);
    CURL *easy = curl_easy_init();
    if (!easy) {
        abort();
    }
    for (size_t i = 0; i < EXCHANGE_HEADERS; i++) {
        exchange->headers[i].data = pool->lines[i];
        exchange->headers[i].next = i + 1 < EXCHANGE_HEADERS ? &exchange->headers[i + 1] : NULL;
    }
    exchange->headers[EXCHANGE_REQUEST_ID].data = exchange->request_id;
    buf_init_secret(&exchange->answer, pool->config.max_answer_bytes);
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

static char *key_line(const char *key)
{
    struct buf line;
    buf_init_secret(&line, SIZE_MAX / 2);
    buf_puts(&line, "Ocp-Apim-Subscription-Key: ");
    buf_puts(&line, key);
    return line.data;
}

struct face_exchange_pool *face_exchange_pool_new(struct curl_loop *loop,
                                                  const struct face_exchange_config *config)
{
    struct face_exchange_pool *pool = xcalloc(1, sizeof *pool);
    pool->loop = loop;
    pool->config = *config;
    pool->config.key = NULL;
    pool->lines[EXCHANGE_KEY] = key_line(config->key);
    pool->lines[EXCHANGE_ACCEPT] = xstrdup("Accept: application/json");
    pool->lines[EXCHANGE_NO_EXPECT] = xstrdup("Expect:");
    pool->lines[EXCHANGE_CONTENT_TYPE] = xstrdup("Content-Type: application/json");
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
    pool->lines[EXCHANGE_KEY] = secret_free(pool->lines[EXCHANGE_KEY]);
    for (size_t i = 0; i < EXCHANGE_HEADERS; i++) {
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

static void set_request(struct face_exchange *exchange, const char *url, const char *request_id,
                        bool has_body)
{
    CURL *easy = exchange->transfer.easy;
    SET(URL, url);
    exchange->once = false;
    exchange->sent = 0;
    exchange->head_bytes = 0;
    struct curl_slist *headers = exchange->headers;
    headers[EXCHANGE_REQUEST_ID].next = has_body ? &headers[EXCHANGE_CONTENT_TYPE] : NULL;
    headers[EXCHANGE_NO_EXPECT].next = headers[EXCHANGE_REQUEST_ID].next;
    if (is_id(request_id)) {
        (void)snprintf(exchange->request_id, sizeof exchange->request_id,
                       "x-ms-client-request-id: %s", request_id);
        headers[EXCHANGE_NO_EXPECT].next = &headers[EXCHANGE_REQUEST_ID];
    }
}

void face_exchange_set_get(struct face_exchange *exchange, const char *url, const char *request_id)
{
    CURL *easy = exchange->transfer.easy;
    set_request(exchange, url, request_id, false);
    SET(HTTPGET, 1L);
    SET(CUSTOMREQUEST, NULL);
}

void face_exchange_set_delete(struct face_exchange *exchange, const char *url,
                              const char *request_id)
{
    CURL *easy = exchange->transfer.easy;
    set_request(exchange, url, request_id, false);
    SET(HTTPGET, 1L);
    SET(CUSTOMREQUEST, "DELETE");
}

void face_exchange_set_post(struct face_exchange *exchange, const char *url, const char *request_id,
                            struct slice body)
{
    CURL *easy = exchange->transfer.easy;
    set_request(exchange, url, request_id, true);
    exchange->once = true;
    SET(POST, 1L);
    SET(CUSTOMREQUEST, NULL);
    SET(POSTFIELDSIZE, (long)body.len);
    SET(POSTFIELDS, body.data);
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
