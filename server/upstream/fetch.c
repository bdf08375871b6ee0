/*
 * Fetching with a loop of its own, which runs until the answer is there and all of it is gone.
 */
#include "upstream/fetch.h"

#include "upstream/face_exchange.h"

#include <assert.h>
#include <stdlib.h>

enum { CONNECT_MS = 5000, TOTAL_MS = 10000, STATUS_OK = 200 };

struct fetch {
    struct buf *answer;
    const char *why;
};

static void finished(struct curl_transfer *transfer, CURLcode result)
{
    struct face_exchange *exchange = (struct face_exchange *)transfer;
    struct fetch *fetch = exchange->owner;
    if (result == CURLE_WRITE_ERROR) {
        fetch->why = "the answer is too large";
    } else if (result != CURLE_OK) {
        fetch->why = curl_easy_strerror(result);
    } else if (face_exchange_status(exchange) != STATUS_OK) {
        fetch->why = "the answer's status is not 200";
    } else {
        buf_put_slice(fetch->answer, buf_slice(&exchange->answer));
    }
}

static void run(uv_loop_t *uv, const struct face_request *request, struct fetch *fetch)
{
    const struct face_exchange_config config = {.connect_timeout_ms = CONNECT_MS,
                                                .timeout_ms = TOTAL_MS};
    struct curl_loop *loop = curl_loop_new(uv, 0);
    struct face_exchange_pool *pool = face_exchange_pool_new(loop, &config);
    struct face_exchange *exchange = face_exchange_take(pool);
    exchange->owner = fetch;
    exchange->transfer.finished = finished;
    face_exchange_set(exchange, request);
    curl_loop_start(&exchange->transfer);
    while (exchange->transfer.running) {
        (void)uv_run(uv, UV_RUN_ONCE);
    }
    face_exchange_give_back(pool, exchange);
    face_exchange_pool_free(pool);
    curl_loop_free(loop);
}

bool fetch_document(const char *url, size_t max_bytes, struct buf *ret, const char **ret_why)
{
    uv_loop_t uv;
    const struct face_request request = {
        .method = FACE_METHOD_GET, .url = url, .accept_any = true, .max_answer_bytes = max_bytes};
    struct fetch fetch = {.answer = ret};
    if (uv_loop_init(&uv) != 0) {
        abort(); /* no descriptors in a process that has hardly begun */
    }
    run(&uv, &request, &fetch);
    (void)uv_run(&uv, UV_RUN_DEFAULT); /* until every handle is closed */
    int error = uv_loop_close(&uv);
    assert(error == 0);
    (void)error;
    *ret_why = fetch.why;
    return !fetch.why;
}
