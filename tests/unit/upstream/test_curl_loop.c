/*
 * libcurl on libuv: watches that outlive transfers, and callbacks that stop others.
 */
#include "scripted_server.h"
#include "upstream/curl_loop.h"

#include <criterion/criterion.h>
#include <sys/stat.h>

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

struct fixture;

struct fetch {
    struct curl_transfer transfer; /* the first member */
    struct fixture *fixture;
    unsigned count;
    CURLcode result;
    struct fetch *stops;
};

struct fixture {
    uv_loop_t uv;
    struct server server;
    struct curl_loop *loop;
    struct fetch fetches[4];
    char url[64];
};

static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
    (void)bytes;
    (void)context;
    return size * count;
}

static void on_finished(struct curl_transfer *transfer, CURLcode result)
{
    struct fetch *fetch = (struct fetch *)transfer;
    fetch->count++;
    fetch->result = result;
    if (fetch->stops) {
        curl_loop_stop(&fetch->stops->transfer);
    }
}

static void setup(struct fixture *it)
{
    memset(it, 0, sizeof *it);
    cr_assert_eq(uv_loop_init(&it->uv), 0);
    server_start(&it->server);
    it->loop = curl_loop_new(&it->uv, 2);
    (void)snprintf(it->url, sizeof it->url, "http://127.0.0.1:%d/", it->server.port);
    for (size_t i = 0; i < 4; i++) {
        struct fetch *fetch = &it->fetches[i];
        CURL *easy = curl_easy_init();
        curl_easy_setopt(easy, CURLOPT_URL, it->url);
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
        fetch->fixture = it;
        fetch->transfer.easy = easy;
        fetch->transfer.finished = on_finished;
        curl_loop_adopt(it->loop, &fetch->transfer);
    }
}

static void teardown(struct fixture *it)
{
    for (size_t i = 0; i < 4; i++) {
        curl_loop_stop(&it->fetches[i].transfer);
        curl_easy_cleanup(it->fetches[i].transfer.easy);
    }
    it->loop = curl_loop_free(it->loop);
    uv_run(&it->uv, UV_RUN_DEFAULT);
    cr_assert_eq(uv_loop_close(&it->uv), 0, "every handle was closed");
    server_stop(&it->server);
}

static void fetch(struct fixture *it, size_t i)
{
    unsigned before = it->fetches[i].count;
    curl_loop_start(&it->fetches[i].transfer);
    while (it->fetches[i].count == before) {
        uv_run(&it->uv, UV_RUN_ONCE);
    }
    cr_assert_not(it->fetches[i].transfer.running);
}

static void count_active(uv_handle_t *handle, void *context)
{
    if (uv_is_active(handle) && handle->type == UV_POLL) {
        ++*(unsigned *)context;
    }
}

static void count_open(uv_handle_t *handle, void *context)
{
    if (!uv_is_closing(handle) && handle->type == UV_POLL) {
        ++*(unsigned *)context;
    }
}

static unsigned open_watches(struct fixture *it)
{
    unsigned count = 0;
    uv_walk(&it->uv, count_open, &count);
    return count;
}

static unsigned active_watches(struct fixture *it)
{
    unsigned count = 0;
    uv_walk(&it->uv, count_active, &count);
    return count;
}

Test(curl_loop, a_kept_connection_stays_watched)
{
    static struct fixture it;
    setup(&it);
    for (int i = 0; i < 3; i++) {
        server_script(&it.server, OK, THEN_KEEP);
        fetch(&it, (size_t)i);
        cr_assert_eq(it.fetches[i].result, CURLE_OK);
    }
    cr_assert_eq(open_watches(&it), 1);
    cr_assert_eq(server_connections(&it.server), 1);
    teardown(&it);
}

Test(curl_loop, a_kept_connection_that_is_closed_does_not_keep_the_loop_busy)
{
    static struct fixture it;
    setup(&it);
    server_script(&it.server, OK, THEN_KEEP);
    server_script(&it.server, OK, THEN_CLOSE);
    fetch(&it, 0);
    fetch(&it, 1);
    server_await_closed(&it.server, 1);
    for (int turns = 0; turns < 5; turns++) {
        uv_run(&it.uv, UV_RUN_NOWAIT);
    }
    cr_assert_eq(active_watches(&it), 0);
    server_script(&it.server, OK, THEN_KEEP);
    fetch(&it, 2);
    cr_assert_eq(it.fetches[2].result, CURLE_OK);
    cr_assert_eq(server_connections(&it.server), 2);
    teardown(&it);
}

Test(curl_loop, bytes_nobody_asked_for_do_no_harm)
{
    static struct fixture it;
    setup(&it);
    server_script(&it.server, OK, THEN_KEEP);
    server_script(&it.server, OK "HTTP/1.1 408 Idle\r\nContent-Length: 0\r\n\r\n", THEN_KEEP);
    server_script(&it.server, OK, THEN_KEEP);
    for (size_t i = 0; i < 3; i++) {
        fetch(&it, i);
        cr_assert_eq(it.fetches[i].result, CURLE_OK);
    }
    teardown(&it);
}

Test(curl_loop, failed_connects_leave_no_watch)
{
    static struct fixture it;
    setup(&it);
    int port;
    close(server_listen(&port, 1));
    (void)snprintf(it.url, sizeof it.url, "http://127.0.0.1:%d/", port);
    curl_easy_setopt(it.fetches[0].transfer.easy, CURLOPT_URL, it.url);
    for (int i = 0; i < 3; i++) {
        fetch(&it, 0);
        cr_assert_eq(it.fetches[0].result, CURLE_COULDNT_CONNECT);
    }
    cr_assert_eq(open_watches(&it), 0);
    teardown(&it);
}

Test(curl_loop, names_are_looked_up_without_leaving_a_watch)
{
    static struct fixture it;
    setup(&it);
    (void)snprintf(it.url, sizeof it.url, "http://no-such-host.invalid:%d/", it.server.port);
    curl_easy_setopt(it.fetches[0].transfer.easy, CURLOPT_URL, it.url);
    fetch(&it, 0);
    cr_assert_eq(it.fetches[0].result, CURLE_COULDNT_RESOLVE_HOST);
    cr_assert_eq(open_watches(&it), 0);
    teardown(&it);
}

Test(curl_loop, a_callback_may_stop_another_transfer)
{
    static struct fixture it;
    setup(&it);
    server_script(&it.server, NULL, THEN_HOLD);
    curl_loop_start(&it.fetches[1].transfer);
    while (server_requests(&it.server) < 1) {
        uv_run(&it.uv, UV_RUN_NOWAIT);
    }
    server_script(&it.server, OK, THEN_KEEP);
    it.fetches[0].stops = &it.fetches[1];
    fetch(&it, 0);
    cr_assert_eq(it.fetches[1].count, 0);
    cr_assert_not(it.fetches[1].transfer.running);
    server_await_closed(&it.server, 1); /* its connection is gone */
    it.fetches[0].stops = NULL;
    server_script(&it.server, OK, THEN_KEEP);
    fetch(&it, 1);
    cr_assert_eq(it.fetches[1].result, CURLE_OK);
    teardown(&it);
}

Test(curl_loop, unused_connections_above_the_limit_are_closed)
{
    static struct fixture it;
    setup(&it);
    for (size_t i = 0; i < 4; i++) {
        server_script(&it.server, OK, THEN_KEEP);
        curl_loop_start(&it.fetches[i].transfer);
    }
    for (size_t i = 0; i < 4; i++) {
        while (it.fetches[i].count == 0) {
            uv_run(&it.uv, UV_RUN_ONCE);
        }
    }
    server_await_closed(&it.server, 2);
    cr_assert_eq(open_watches(&it), 2);
    teardown(&it);
}
