/*
 * One HTTP exchange with the upstream on a reusable easy handle: what every request carries, how it
 * is sent, and how much of an answer is taken. What an answer means is upstream/face_judge.c's.
 *
 * A request marked `once` is never sent a second time: libcurl by itself repeats a request whose
 * kept connection turns out to be dead, and the first one may have been performed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "upstream/curl_loop.h"

struct face_exchange_config {
    uint64_t connect_timeout_ms;
    uint64_t timeout_ms;
    const char *ca_file; /* certificates trusted besides the system's; NULL or empty: none */
};

enum face_exchange_header {
    EXCHANGE_ACCEPT,
    EXCHANGE_CREDENTIAL,
    EXCHANGE_NO_EXPECT,
    EXCHANGE_USER_AGENT,
    EXCHANGE_REQUEST_ID,
    EXCHANGE_CONTENT_TYPE, /* the last one: POST only */
    EXCHANGE_HEADERS,
};

enum { EXCHANGE_ID_MAX = 128 };

struct face_exchange {
    struct curl_transfer transfer; /* the first member */
    void *owner;                   /* the user's own */
    struct face_exchange *next;    /* among the spare ones */
    struct face_exchange_pool *pool;
    struct curl_slist headers[EXCHANGE_HEADERS];
    char request_id[sizeof "x-ms-client-request-id: " + EXCHANGE_ID_MAX];
    struct buf answer; /* the body; holds tokens */
    size_t head_bytes;
    bool once;
    unsigned sent; /* how often the request may have reached the upstream */
};

struct face_exchange_pool;

struct face_exchange_pool *face_exchange_pool_new(struct curl_loop *loop,
                                                  const struct face_exchange_config *config);
/* Every exchange has been given back. Before curl_loop_free. */
struct face_exchange_pool *face_exchange_pool_free(struct face_exchange_pool *pool);

struct face_exchange *face_exchange_take(struct face_exchange_pool *pool);
/* Not while its transfer runs. Wipes the answer. */
void face_exchange_give_back(struct face_exchange_pool *pool, struct face_exchange *exchange);

enum face_method { FACE_METHOD_GET, FACE_METHOD_POST, FACE_METHOD_DELETE };

/* `url` and `request_id` are read during face_exchange_set only, the rest must live until the
 * transfer is over. */
struct face_request {
    enum face_method method; /* a POST is marked `once` */
    const char *url;
    char *credential;       /* a header line, or NULL: none */
    char *content_type;     /* a header line of a POST, or NULL: JSON, or the next */
    bool urlencoded;        /* the body is application/x-www-form-urlencoded */
    const char *request_id; /* NULL, or with characters no id has: left out */
    struct slice body;      /* of a POST */
    bool accept_any;        /* else JSON */
    size_t max_answer_bytes;
};

void face_exchange_set(struct face_exchange *exchange, const struct face_request *request);

/* Of the finished transfer: 0 when no status line came. */
int face_exchange_status(const struct face_exchange *exchange);
/* The first header of that name, or NULL; valid until the exchange is given back. */
const char *face_exchange_answer_header(const struct face_exchange *exchange, const char *name);
