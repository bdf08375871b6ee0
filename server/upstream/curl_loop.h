/*
 * libcurl's multi interface on libuv: one uv_poll a socket, one timer for libcurl's time-outs. What
 * is sent and what answers mean is others' business.
 *
 * A connection's socket stays watched for as long as it is open, also between transfers: a call on
 * a kept connection then costs no epoll_ctl. Invariant: callbacks of transfers run only after
 * libcurl has returned to us, so they may start and stop other transfers.
 */
#pragma once

#include <curl/curl.h>
#include <stdbool.h>
#include <uv.h>

struct curl_loop;

/* Lives in the caller's struct. `easy` and `finished` are the caller's to set. */
struct curl_transfer {
    CURL *easy; /* not libcurl's any more when `finished` runs: may be read, reused or cleaned up */
    void (*finished)(struct curl_transfer *transfer, CURLcode result);
    struct curl_loop *loop;
    bool running;
    bool connects; /* a socket was opened for it */
};

/* At most `kept_connections` stay open when nobody uses them. */
struct curl_loop *curl_loop_new(uv_loop_t *uv, unsigned kept_connections);
/* No transfer may be running, and no callback of one either. uv handles need turns of the loop to
 * go. */
struct curl_loop *curl_loop_free(struct curl_loop *loop);

/* Once for every transfer and its easy handle, before its first start. */
void curl_loop_adopt(struct curl_loop *loop, struct curl_transfer *transfer);
/* Sends what can be sent at once; `finished` of this or another transfer may run within the call.
 * Not from within `finished`. */
void curl_loop_start(struct curl_transfer *transfer);
/* `finished` will not run; a half-done exchange closes its connection. No effect on one that does
 * not run. */
void curl_loop_stop(struct curl_transfer *transfer);
