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
    const char *key;
    uint64_t connect_timeout_ms;
    uint64_t timeout_ms;
    size_t max_answer_bytes;
};

enum face_exchange_header {
    EXCHANGE_KEY,
    EXCHANGE_ACCEPT,
    EXCHANGE_NO_EXPECT,
    EXCHANGE_REQUEST_ID,
    EXCHANGE_CONTENT_TYPE, /* the last one: POST only */
    EXCHANGE_HEADERS,
};

enum { EXCHANGE_ID_MAX = 128 };

struct face_exchange {
    struct curl_transfer transfer; /* the first member */
    void *owner;                   /* the user's own */
    struct face_exchange *next;    /* among the spare ones */
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

/* All three read `url` and `request_id` during the call only; a request id that is NULL or has
 * characters no id has is left out. `body` must live until the transfer is over. */
void face_exchange_set_get(struct face_exchange *exchange, const char *url, const char *request_id);
void face_exchange_set_delete(struct face_exchange *exchange, const char *url,
                              const char *request_id);
/* Also marks it `once`. */
void face_exchange_set_post(struct face_exchange *exchange, const char *url, const char *request_id,
                            struct slice body);

/* Of the finished transfer: 0 when no status line came. */
int face_exchange_status(const struct face_exchange *exchange);
/* The first header of that name, or NULL; valid until the exchange is given back. */
const char *face_exchange_answer_header(const struct face_exchange *exchange, const char *name);
