/*
 * The Face API client against a scripted server: what goes out, what every kind of answer becomes,
 * and what is told about it.
 */
#include "face_world.h"

/* ---- what goes out ---- */

Test(face, create_sends_exactly_what_the_service_expects)
{
    static struct world it;
    setup(&it);
    server_script(&it.server, reply(&it, HEAD("200 OK"), SESSION(ID, TOKEN)), THEN_KEEP);
    struct told told = {0};
    struct face_create create = {
        .liveness_mode = "PassiveActive",
        .device_correlation_id = "d\"1",
        .token_ttl_s = 60,
        .has_enable_session_image = true,
        .enable_session_image = true,
        .model_version = "2024-11-15",
    };
    face_create_session(it.client, &create, "req-42", on_done, &told);
    await(&it, &told.count);
    cr_assert_eq(told.problem, PROBLEM_NONE);
    cr_assert_not(told.maybe_performed);
    cr_assert_str_eq(told.session_id, ID);
    cr_assert_str_eq(told.token, TOKEN);
    const char *request = it.server.requests[0];
    static const char *const parts[] = {
        "POST /face/v1.2/detectLiveness-sessions HTTP/1.1\r\n",
        "\r\nOcp-Apim-Subscription-Key: " KEY "\r\n",
        "\r\nContent-Type: application/json\r\n",
        "\r\nAccept: application/json\r\n",
        "\r\nx-ms-client-request-id: req-42\r\n",
        "\r\nUser-Agent: livenessd/" LIVENESSD_VERSION "\r\n",
        "\r\n\r\n{\"livenessOperationMode\":\"PassiveActive\",\"deviceCorrelationId\":\"d\\\"1\","
        "\"deviceCorrelationIdSetInClient\":false,\"authTokenTimeToLiveInSeconds\":60,"
        "\"enableSessionImage\":true,\"livenessModelVersion\":\"2024-11-15\"}",
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        cr_assert_not_null(strstr(request, parts[i]), "%s in %s", parts[i], request);
    }
    cr_assert_null(strcasestr(request, "expect"));
    teardown(&it);
}

Test(face, create_leaves_out_what_was_not_given)
{
    static struct world it;
    setup(&it);
    server_script(&it.server, reply(&it, HEAD("200 OK"), SESSION(ID, TOKEN)), THEN_KEEP);
    (void)run(&it, CREATE);
    cr_assert_not_null(strstr(it.server.requests[0],
                              "\r\n\r\n{\"livenessOperationMode\":\"Passive\","
                              "\"deviceCorrelationId\":\"device-1\","
                              "\"deviceCorrelationIdSetInClient\":false}"));
    teardown(&it);
}

Test(face, get_and_delete_name_the_session_below_the_prefix)
{
    static struct world it;
    setup(&it);
    close_client(&it);
    char endpoint[160];
    (void)snprintf(endpoint, sizeof endpoint, "%s//gateway//one/", it.endpoint);
    it.config.endpoint = endpoint;
    open_client(&it);
    server_script(&it.server, reply(&it, HEAD("200 OK"), SESSION(ID, "")), THEN_KEEP);
    server_script(&it.server, "HTTP/1.1 204 No Content\r\n\r\n", THEN_KEEP);
    struct told got = run(&it, GET);
    struct told deleted = run(&it, DELETE);
    cr_assert_eq(got.problem, PROBLEM_NONE);
    cr_assert_str_eq(got.session_id, ID);
    cr_assert_eq(deleted.problem, PROBLEM_NONE);
    cr_assert_not(deleted.not_found);
    static const char path[] = " /gateway/one/face/v1.2/detectLiveness-sessions/" ID " HTTP/1.1";
    cr_assert_eq(strncmp(it.server.requests[0], "GET ", 4), 0);
    cr_assert_not_null(strstr(it.server.requests[0], path));
    cr_assert_null(strcasestr(it.server.requests[0], "content-type"));
    cr_assert_eq(strncmp(it.server.requests[1], "DELETE ", 7), 0);
    cr_assert_not_null(strstr(it.server.requests[1], path));
    teardown(&it);
}

Test(face, ids_that_are_none_do_not_go_out)
{
    static struct world it;
    setup(&it);
    struct told told = {0};
    (void)face_get_session(it.client, FACE_LIVENESS, "../settings", "req-1", on_done, &told);
    await(&it, &told.count);
    cr_assert_eq(told.problem, PROBLEM_INTERNAL);
    told.count = 0;
    (void)face_delete_session(it.client, FACE_LIVENESS, ID "0", "req-1", on_done, &told);
    await(&it, &told.count);
    cr_assert_eq(told.problem, PROBLEM_INTERNAL);
    cr_assert_eq(server_requests(&it.server), 0);
    server_script(&it.server, reply(&it, HEAD("200 OK"), SESSION(ID, "")), THEN_KEEP);
    told.count = 0;
    (void)face_get_session(it.client, FACE_LIVENESS, ID, "req\r\nEvil: 1", on_done, &told);
    await(&it, &told.count);
    cr_assert_eq(told.problem, PROBLEM_NONE);
    cr_assert_null(strstr(it.server.requests[0], "Evil"));
    cr_assert_null(strstr(it.server.requests[0], "x-ms-client-request-id"));
    teardown(&it);
}

/* ---- what answers become ---- */

struct row {
    enum operation operation;
    const char *head;
    const char *body;
    enum problem problem;
    bool not_found;
    bool maybe_performed;
    unsigned retry_after_s;
};

static const struct row rows[] = {
    {GET, HEAD("401 Unauthorized"), "{}", PROBLEM_UPSTREAM_DENIED, false, false, 0},
    {CREATE, HEAD("401 Unauthorized"), "{}", PROBLEM_UPSTREAM_DENIED, false, false, 0},
    {CREATE, HEAD("403 Forbidden"), "", PROBLEM_UPSTREAM_DENIED, false, false, 0},
    {GET, HEAD("404 Not Found"), "{}", PROBLEM_SESSION_NOT_FOUND, true, false, 0},
    {DELETE, HEAD("404 Not Found"), "{}", PROBLEM_NONE, true, false, 0},
    {CREATE, HEAD("404 Not Found"), "{}", PROBLEM_UPSTREAM_BROKEN, false, false, 0},
    {DELETE, HEAD("200 OK"), "", PROBLEM_NONE, false, false, 0},
    {CREATE, HEAD("400 Bad Request"), "{}", PROBLEM_UPSTREAM_BROKEN, false, false, 0},
    {GET, HEAD("409 Conflict"), "{}", PROBLEM_UPSTREAM_BROKEN, false, false, 0},
    {CREATE, HEAD("429 Slow") "Retry-After: 7\r\n", "{}", PROBLEM_UPSTREAM_BUSY, false, false, 7},
    {GET, HEAD("429 Slow"), "{\"error\":{\"message\":\"Try again in 26 seconds.\"}}",
     PROBLEM_UPSTREAM_BUSY, false, false, 26},
    {GET, HEAD("429 Slow"), "", PROBLEM_UPSTREAM_BUSY, false, false, 1},
    {DELETE, HEAD("503 Busy") "retry-after: 9999\r\n", "", PROBLEM_UPSTREAM_BUSY, false, false,
     300},
    {CREATE, HEAD("503 Busy"), "", PROBLEM_UPSTREAM_BUSY, false, true, 1},
    {CREATE, HEAD("500 Oops"), "{}", PROBLEM_UPSTREAM_BROKEN, false, true, 0},
    {GET, HEAD("500 Oops"), "{}", PROBLEM_UPSTREAM_BROKEN, false, false, 0},
    {CREATE, HEAD("201 Created"), SESSION(ID, TOKEN), PROBLEM_UPSTREAM_BROKEN, false, true, 0},
    {GET, HEAD("299 Odd"), SESSION(ID, ""), PROBLEM_UPSTREAM_BROKEN, false, false, 0},
    {GET, HEAD("302 Found") "Location: /elsewhere\r\n", "", PROBLEM_UPSTREAM_BROKEN, false, false,
     0},
    {DELETE, HEAD("202 Accepted"), "", PROBLEM_UPSTREAM_BROKEN, false, false, 0},
    {GET, HEAD("204 No Content"), "", PROBLEM_UPSTREAM_BROKEN, false, false, 0},
    {CREATE, HEAD("200 OK"), "{garbage", PROBLEM_UPSTREAM_BROKEN, false, true, 0},
    {CREATE, HEAD("200 OK"), "", PROBLEM_UPSTREAM_BROKEN, false, true, 0},
    {GET, HEAD("200 OK"), "[]", PROBLEM_UPSTREAM_BROKEN, false, false, 0},
    {GET, HEAD("200 OK"), SESSION(OTHER_ID, ""), PROBLEM_UPSTREAM_BROKEN, false, false, 0},
};

Test(face, every_answer_becomes_what_the_table_says)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        static struct world it;
        setup(&it);
        server_script(&it.server, reply(&it, row->head, row->body), THEN_KEEP);
        struct told told = run(&it, row->operation);
        cr_expect_eq(told.problem, row->problem, "row %zu: problem %d", i, told.problem);
        cr_expect_eq(told.not_found, row->not_found, "row %zu", i);
        cr_expect_eq(told.maybe_performed, row->maybe_performed, "row %zu", i);
        cr_expect_eq(told.retry_after_s, row->retry_after_s, "row %zu: %u", i, told.retry_after_s);
        cr_expect_str_eq(told.session_id, "", "row %zu", i);
        cr_expect_str_eq(told.token, "", "row %zu", i);
        cr_expect_eq(server_requests(&it.server), 1, "row %zu", i);
        teardown(&it);
    }
}

Test(face, a_create_answer_of_no_use_still_names_its_session)
{
    static struct world it;
    setup(&it);
    server_script(&it.server, reply(&it, HEAD("200 OK"), SESSION(ID, "")), THEN_KEEP);
    server_script(&it.server,
                  reply(&it, HEAD("200 OK"),
                        "{\"sessionId\":\"" ID "\",\"authToken\":\"" TOKEN "\",\"status\":5}"),
                  THEN_KEEP);
    for (int i = 0; i < 2; i++) {
        struct told told = run(&it, CREATE);
        cr_assert_eq(told.problem, PROBLEM_UPSTREAM_BROKEN);
        cr_assert(told.maybe_performed);
        cr_assert_str_eq(told.session_id, ID);
        cr_assert_str_eq(told.token, "");
    }
    server_script(&it.server, reply(&it, HEAD("204 No Content"), ""), THEN_KEEP);
    cr_assert_str_eq(run(&it, DELETE).session_id, "", "nothing is left from the call before");
    teardown(&it);
}

Test(face, an_answer_above_the_cap_is_broken)
{
    static struct world it;
    setup(&it);
    enum { BODY = 1024 * 1024 };
    static char text[BODY + 128];
    memset(text, ' ', sizeof text);
    int head = snprintf(text, 128, HEAD("200 OK") "Content-Length: %d\r\n\r\n", BODY);
    text[head] = ' ';
    it.server.steps[0] = (struct step){text, (size_t)head + BODY, THEN_KEEP};
    it.server.step_count = 1;
    struct told told = run(&it, CREATE);
    cr_assert_eq(told.problem, PROBLEM_UPSTREAM_BROKEN);
    cr_assert(told.maybe_performed);
    server_script(&it.server, reply(&it, HEAD("200 OK"), SESSION(ID, "")), THEN_KEEP);
    cr_assert_eq(run(&it, GET).problem, PROBLEM_NONE);
    teardown(&it);
}

Test(face, a_head_without_end_is_broken)
{
    static struct world it;
    setup(&it);
    enum { LINES = 20000 };
    static char text[LINES * 8 + 64];
    size_t size = (size_t)snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < LINES; i++) {
        size += (size_t)snprintf(text + size, sizeof text - size, "A: b\r\n");
    }
    it.server.steps[0] = (struct step){text, size, THEN_HOLD};
    it.server.step_count = 1;
    cr_assert_eq(run(&it, GET).problem, PROBLEM_UPSTREAM_BROKEN);
    teardown(&it);
}

/* ---- what is told ---- */

Test(face, every_call_is_one_log_line_without_secrets)
{
    static struct world it;
    setup(&it);
    server_script(&it.server,
                  reply(&it, HEAD("200 OK") "apim-request-id: abc-123\r\n", SESSION(ID, TOKEN)),
                  THEN_KEEP);
    server_script(&it.server, reply(&it, HEAD("500 Oops") "apim-request-id: a\"b\r\n", "{}"),
                  THEN_KEEP);
    (void)run(&it, CREATE);
    (void)run(&it, DELETE);
    const char *log = log_text(&it);
    cr_assert_not_null(strstr(log, "\"event\":\"upstream call\",\"operation\":\"create\","
                                   "\"outcome\":\"ok\",\"upstream_status\":200,\"dur_ms\":"),
                       "%s", log);
    cr_assert_not_null(strstr(log, "\"request_id\":\"req-1\",\"apim_request_id\":\"abc-123\""));
    cr_assert_not_null(strstr(log, "\"operation\":\"delete\",\"outcome\":\"broken\","
                                   "\"upstream_status\":500"));
    cr_assert_null(strstr(log, "a\\\"b"));
    cr_assert_null(strstr(log, KEY));
    cr_assert_null(strstr(log, TOKEN));
    cr_assert_null(strstr(log, ID));
    teardown(&it);
}

Test(face, calls_are_counted_and_timed)
{
    static struct world it;
    setup(&it);
    server_script(&it.server, reply(&it, HEAD("200 OK"), SESSION(ID, TOKEN)), THEN_KEEP);
    server_script(&it.server, NULL, THEN_HOLD);
    (void)run(&it, CREATE);
    struct told told = {0};
    struct face_call *call = face_get_session(it.client, FACE_LIVENESS, ID, "r", on_done, &told);
    await_requests(&it, 2);
    CLEANUP(buf) struct buf text;
    buf_init(&text, 256 * 1024);
    metrics_write(it.metrics, &text);
    static const char *const lines[] = {
        "livenessd_upstream_requests_total{operation=\"create\",outcome=\"ok\"} 1\n",
        "livenessd_upstream_requests_total{operation=\"get\",outcome=\"timeout\"} 0\n",
        "livenessd_upstream_request_duration_seconds_count{operation=\"create\"} 1\n",
        "livenessd_upstream_queue_wait_seconds_count{operation=\"create\"} 1\n",
        "livenessd_upstream_in_flight 1\n",
        "livenessd_upstream_queue_length 0\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        cr_assert_not_null(strstr(text.data, lines[i]), "%s", lines[i]);
    }
    face_cancel(call);
    buf_reset(&text);
    metrics_write(it.metrics, &text);
    cr_assert_not_null(strstr(text.data, "livenessd_upstream_in_flight 0\n"));
    cr_assert_not_null(strstr(text.data, "{operation=\"get\",outcome=\"cancelled\"} 1\n"));
    teardown(&it);
}
