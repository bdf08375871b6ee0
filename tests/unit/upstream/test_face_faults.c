/*
 * The Face API client when things break: cut answers, dead connections, full queues, callers that
 * go.
 */
#include "face_world.h"

/* ---- what breakage becomes ---- */

Test(face_faults, cut_off_and_reset_answers_are_broken)
{
    static const struct {
        const char *reply;
        enum step_end end;
    } cuts[] = {
        {NULL, THEN_CLOSE},
        {NULL, THEN_RESET},
        {"HTTP/1.1 200", THEN_CLOSE},
        {HEAD("200 OK"), THEN_CLOSE},
        {HEAD("200 OK") "Content-Length: 500\r\n\r\n{\"sessionId\":", THEN_CLOSE},
        {HEAD("200 OK") "Content-Length: 500\r\n\r\n{\"sessionId\":", THEN_RESET},
        {HEAD("200 OK") "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n", THEN_CLOSE},
        {HEAD("200 OK") "\r\n{\"sessionId\":", THEN_CLOSE},
        {"SSH-2.0-OpenSSH_9.2\r\n", THEN_CLOSE},
        {"HTTP/1.1 100 Continue\r\n\r\n", THEN_CLOSE},
    };
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        static struct world it;
        setup(&it);
        server_script(&it.server, cuts[i].reply, cuts[i].end);
        struct told told = run(&it, CREATE);
        cr_expect_eq(told.problem, PROBLEM_UPSTREAM_BROKEN, "cut %zu: %d", i, told.problem);
        cr_expect(told.maybe_performed, "cut %zu", i);
        cr_expect_eq(server_requests(&it.server), 1, "cut %zu", i);
        teardown(&it);
    }
}

Test(face_faults, a_silent_upstream_is_a_timeout)
{
    static struct world it;
    setup(&it);
    close_client(&it);
    it.config.timeout_ms = 100;
    open_client(&it);
    server_script(&it.server, NULL, THEN_HOLD);
    struct told told = run(&it, CREATE);
    cr_assert_eq(told.problem, PROBLEM_UPSTREAM_TIMEOUT);
    cr_assert(told.maybe_performed);
    server_script(&it.server, HEAD("200 OK") "Content-Length: 99\r\n\r\n{", THEN_HOLD);
    told = run(&it, GET);
    cr_assert_eq(told.problem, PROBLEM_UPSTREAM_TIMEOUT);
    cr_assert_not(told.maybe_performed);
    teardown(&it);
}

Test(face_faults, a_create_that_never_left_was_not_performed)
{
    static struct world it;
    setup(&it);
    close_client(&it);
    char endpoint[64];
    int port;
    close(server_listen(&port, 1));
    (void)snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%d", port);
    it.config.endpoint = endpoint;
    open_client(&it);
    struct told told = run(&it, CREATE); /* nobody listens */
    cr_assert_eq(told.problem, PROBLEM_UPSTREAM_BROKEN);
    cr_assert_not(told.maybe_performed);
    close_client(&it);
    (void)snprintf(endpoint, sizeof endpoint, "https://127.0.0.1:%d", it.server.port);
    open_client(&it);
    told = run(&it, CREATE); /* speaks no TLS */
    cr_assert_eq(told.problem, PROBLEM_UPSTREAM_BROKEN);
    cr_assert_not(told.maybe_performed);
    close_client(&it);
    it.config.endpoint = "https://no-such-host.invalid";
    open_client(&it);
    told = run(&it, CREATE);
    cr_assert_eq(told.problem, PROBLEM_UPSTREAM_BROKEN);
    cr_assert_not(told.maybe_performed);
    teardown(&it);
}

Test(face_faults, a_connection_that_does_not_come_up_is_a_timeout)
{
    enum { FILLERS = 4 };
    static struct world it;
    setup(&it);
    close_client(&it);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int port;
    int listener = server_listen(&port, 0);
    address.sin_port = htons((uint16_t)port);
    int fillers[FILLERS]; /* the backlog is full after these, and the kernel drops what comes */
    for (int i = 0; i < FILLERS; i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)connect(fillers[i], (struct sockaddr *)&address, sizeof address);
    }
    (void)snprintf(it.endpoint, sizeof it.endpoint, "http://127.0.0.1:%d", port);
    it.config.connect_timeout_ms = 100;
    open_client(&it);
    struct told told = run(&it, CREATE);
    cr_assert_eq(told.problem, PROBLEM_UPSTREAM_TIMEOUT);
    cr_assert_not(told.maybe_performed);
    for (int i = 0; i < FILLERS; i++) {
        close(fillers[i]);
    }
    close(listener);
    teardown(&it);
}

/* ---- connections ---- */

Test(face_faults, connections_are_kept)
{
    static struct world it;
    setup(&it);
    for (int i = 0; i < 10; i++) {
        server_script(&it.server, reply(&it, HEAD("200 OK"), SESSION(ID, TOKEN)), THEN_KEEP);
        server_script(&it.server, reply(&it, HEAD("204 No Content"), ""), THEN_KEEP);
    }
    for (int i = 0; i < 10; i++) {
        cr_assert_eq(run(&it, i % 2 ? GET : CREATE).problem, PROBLEM_NONE);
        cr_assert_eq(run(&it, DELETE).problem, PROBLEM_NONE);
    }
    cr_assert_eq(server_connections(&it.server), 1);
    teardown(&it);
}

Test(face_faults, a_create_is_not_sent_again_when_its_kept_connection_dies)
{
    static const enum step_end ends[] = {THEN_CLOSE, THEN_RESET};
    for (size_t i = 0; i < 2; i++) {
        static struct world it;
        setup(&it);
        server_script(&it.server, reply(&it, HEAD("200 OK"), SESSION(ID, "")), THEN_KEEP);
        server_script(&it.server, NULL, ends[i]);
        server_script(&it.server, reply(&it, HEAD("200 OK"), SESSION(ID, TOKEN)), THEN_KEEP);
        cr_assert_eq(run(&it, GET).problem, PROBLEM_NONE);
        struct told told = run(&it, CREATE);
        cr_assert_eq(told.problem, PROBLEM_UPSTREAM_BROKEN);
        cr_assert(told.maybe_performed);
        cr_assert_eq(server_requests(&it.server), 2);
        teardown(&it);
    }
}

Test(face_faults, a_get_is_sent_again_when_its_kept_connection_dies)
{
    static struct world it;
    setup(&it);
    server_script(&it.server, reply(&it, HEAD("200 OK"), SESSION(ID, "")), THEN_KEEP);
    server_script(&it.server, NULL, THEN_CLOSE);
    server_script(&it.server, reply(&it, HEAD("200 OK"), SESSION(ID, "")), THEN_KEEP);
    cr_assert_eq(run(&it, GET).problem, PROBLEM_NONE);
    cr_assert_eq(run(&it, GET).problem, PROBLEM_NONE);
    cr_assert_eq(server_requests(&it.server), 3);
    teardown(&it);
}

Test(face_faults, a_kept_connection_closed_meanwhile_is_not_used)
{
    static struct world it;
    setup(&it);
    for (size_t i = 1; i <= 3; i++) {
        server_script(&it.server, reply(&it, HEAD("200 OK"), SESSION(ID, TOKEN)), THEN_CLOSE);
        cr_assert_eq(run(&it, CREATE).problem, PROBLEM_NONE);
        server_await_closed(&it.server, i);
        for (int turns = 0; turns < 5; turns++) {
            uv_run(&it.uv, UV_RUN_NOWAIT);
        }
    }
    cr_assert_eq(server_connections(&it.server), 3);
    teardown(&it);
}

Test(face_faults, many_calls_run_side_by_side)
{
    static struct world it;
    setup(&it);
    static struct told told[SERVER_STEPS];
    for (size_t i = 0; i < SERVER_STEPS; i++) {
        server_script(&it.server, reply(&it, HEAD("200 OK"), SESSION(ID, TOKEN)), THEN_KEEP);
        start(&it, i % 2 ? CREATE : GET, &told[i]);
    }
    cr_assert_eq(face_client_busy(it.client), SERVER_STEPS);
    for (size_t i = 0; i < SERVER_STEPS; i++) {
        await(&it, &told[i].count);
        cr_assert_eq(told[i].problem, PROBLEM_NONE);
    }
    cr_assert_eq(face_client_busy(it.client), 0);
    teardown(&it);
}

/* ---- waiting, cancelling, ending ---- */

Test(face_faults, a_busy_upstream_pauses_all_calls)
{
    static struct world it;
    setup(&it);
    server_script(&it.server, reply(&it, HEAD("429 Slow") "Retry-After: 20\r\n", ""), THEN_KEEP);
    (void)run(&it, GET);
    struct told told = run(&it, CREATE);
    cr_assert_eq(told.problem, PROBLEM_UPSTREAM_BUSY);
    cr_assert_eq(told.retry_after_s, 20);
    cr_assert_not(told.maybe_performed);
    cr_assert_eq(server_requests(&it.server), 1);
    cr_assert_not_null(strstr(log_text(&it), "refused_by_queue"));
    teardown(&it);
}

Test(face_faults, a_full_queue_refuses)
{
    static struct world it;
    setup(&it);
    close_client(&it);
    it.config.queue_max = 1;
    open_client(&it);
    server_script(&it.server, reply(&it, HEAD("200 OK"), SESSION(ID, TOKEN)), THEN_KEEP);
    struct told first = {0}, second = {0};
    start(&it, CREATE, &first);
    start(&it, CREATE, &second);
    await(&it, &second.count);
    await(&it, &first.count);
    cr_assert_eq(first.problem, PROBLEM_NONE);
    cr_assert_eq(second.problem, PROBLEM_UPSTREAM_BUSY);
    cr_assert_geq(second.retry_after_s, 1);
    cr_assert_not(second.maybe_performed);
    teardown(&it);
}

Test(face_faults, a_cancelled_call_tells_nobody)
{
    static struct world it;
    setup(&it);
    struct told told = {0};
    server_script(&it.server, NULL, THEN_HOLD);
    struct face_call *under_way =
        face_get_session(it.client, FACE_LIVENESS, ID, "r", on_done, &told);
    await_requests(&it, 1);
    struct face_call *waiting =
        face_delete_session(it.client, FACE_LIVENESS, ID, "r", on_done, &told);
    cr_assert_eq(face_client_busy(it.client), 2);
    face_cancel(waiting);
    face_cancel(under_way);
    cr_assert_eq(face_client_busy(it.client), 0);
    server_script(&it.server, reply(&it, HEAD("200 OK"), SESSION(ID, "")), THEN_KEEP);
    cr_assert_eq(run(&it, GET).problem, PROBLEM_NONE);
    cr_assert_eq(told.count, 0);
    cr_assert_eq(server_requests(&it.server), 2);
    teardown(&it);
}

Test(face_faults, callbacks_may_start_and_cancel_calls)
{
    static struct world it;
    setup(&it);
    struct told held = {0}, next = {0};
    server_script(&it.server, NULL, THEN_HOLD);
    struct face_call *call = face_get_session(it.client, FACE_LIVENESS, ID, "r", on_done, &held);
    await_requests(&it, 1);
    struct told first = {.starts_in = &it, .starts = &next, .cancels = &call};
    server_script(&it.server, reply(&it, HEAD("200 OK"), SESSION(ID, "")), THEN_KEEP);
    server_script(&it.server, reply(&it, HEAD("404 Gone"), ""), THEN_KEEP);
    start(&it, DELETE, &first);
    await(&it, &next.count);
    cr_assert_eq(first.problem, PROBLEM_NONE);
    cr_assert_eq(next.problem, PROBLEM_SESSION_NOT_FOUND);
    cr_assert_eq(held.count, 0);
    cr_assert_eq(face_client_busy(it.client), 0);
    teardown(&it);
}

Test(face_faults, may_be_freed_with_calls_waiting_and_under_way)
{
    static struct world it;
    setup(&it);
    struct told told = {0};
    server_script(&it.server, NULL, THEN_HOLD);
    server_script(&it.server, NULL, THEN_HOLD);
    start(&it, CREATE, &told);
    start(&it, GET, &told);
    await_requests(&it, 2);
    start(&it, CREATE, &told);
    start(&it, DELETE, &told);
    teardown(&it);
    cr_assert_eq(told.count, 0);
}

Test(face_faults, refuses_to_start_without_a_proper_endpoint_or_key)
{
    static struct world it;
    setup(&it);
    char error[128];
    struct face_config config = it.config;
    config.endpoint = "http://a.example";
    cr_assert_null(face_client_new(&it.uv, &config, error, sizeof error));
    cr_assert_not_null(strstr(error, "upstream.endpoint must begin with https://"), "%s", error);
    config = it.config;
    config.credentials.key = "two\r\nlines";
    cr_assert_null(face_client_new(&it.uv, &config, error, sizeof error));
    cr_assert_not_null(strstr(error, "upstream.key"));
    cr_assert_null(strstr(error, "lines"));
    config.credentials.key = "";
    cr_assert_null(face_client_new(&it.uv, &config, error, sizeof error));
    cr_assert_str_eq(face_client_endpoint(it.client), it.endpoint);
    teardown(&it);
}
