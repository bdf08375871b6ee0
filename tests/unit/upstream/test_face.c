/*
 * The Face API client against a scripted server: what goes out, and what every kind of answer and
 * breakage becomes.
 */
#include "upstream/face.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "scripted_server.h"

#define ID           "0190c0de-1234-7abc-8def-0123456789ab"
#define OTHER_ID     "0190c0de-1234-7abc-8def-0123456789ff"
#define TOKEN        "header.payload.signature"
#define HEAD(status) "HTTP/1.1 " status "\r\nContent-Type: application/json\r\n"
#define SESSION(id, token)                                                                         \
    "{\"sessionId\":\"" id "\",\"authToken\":\"" token                                             \
    "\",\"status\":\"NotStarted\",\"results\":{\"attempts\":[]}}"
#define KEY "test-key-0123456789"

enum operation { CREATE, GET, DELETE };

struct told {
    unsigned count;
    enum problem problem;
    bool not_found;
    bool maybe_performed;
    unsigned retry_after_s;
    char session_id[FACE_ID_SIZE];
    char token[64];
    struct world *starts_in; /* in its callback */
    struct told *starts;
    struct face_call **cancels;
};

struct world {
    uv_loop_t uv;
    uv_timer_t deadline;
    bool late;
    struct server server;
    struct metrics *metrics;
    struct log *log;
    int log_fd;
    struct face_config config;
    char endpoint[128];
    struct face_client *client;
};

/* ---- the world ---- */

static void open_client(struct world *it)
{
    char error[128] = "";
    it->client = face_client_new(&it->uv, &it->config, error, sizeof error);
    cr_assert_not_null(it->client, "%s", error);
}

static void close_client(struct world *it)
{
    it->client = face_client_free(it->client);
}

static void setup(struct world *it)
{
    memset(it, 0, sizeof *it);
    cr_assert_eq(uv_loop_init(&it->uv), 0);
    uv_timer_init(&it->uv, &it->deadline);
    server_start(&it->server);
    it->metrics = metrics_new();
    it->log_fd = memfd_create("log", MFD_CLOEXEC);
    it->log = log_new(it->log_fd, LOG_INFO, clock_system());
    (void)snprintf(it->endpoint, sizeof it->endpoint, "http://127.0.0.1:%d", it->server.port);
    it->config = (struct face_config){
        .endpoint = it->endpoint,
        .api_version = "v1.2",
        .key = KEY,
        .connect_timeout_ms = 2000,
        .timeout_ms = 5000,
        .max_answer_bytes = 64 * 1024,
        .rate = 1000,
        .queue_max = 100,
        .queue_wait_ms = 2000,
        .log = it->log,
        .metrics = it->metrics,
        .clock = clock_system(),
        .random = random_system(),
    };
    open_client(it);
}

static void teardown(struct world *it)
{
    close_client(it);
    uv_close((uv_handle_t *)&it->deadline, NULL);
    uv_run(&it->uv, UV_RUN_DEFAULT);
    cr_assert_eq(uv_loop_close(&it->uv), 0);
    server_stop(&it->server);
    it->log = log_free(it->log);
    close(it->log_fd);
    it->metrics = metrics_free(it->metrics);
}

static void on_deadline(uv_timer_t *timer)
{
    ((struct world *)timer->data)->late = true;
}

/* Turns of the loop until *count is above 0. */
static void await(struct world *it, const unsigned *count)
{
    it->deadline.data = it;
    uv_timer_start(&it->deadline, on_deadline, 20000, 0);
    while (*count == 0 && !it->late) {
        uv_run(&it->uv, UV_RUN_ONCE);
    }
    uv_timer_stop(&it->deadline);
    cr_assert_not(it->late, "nobody told us");
}

/* Turns of the loop until the server has got `count` requests. */
static void await_requests(struct world *it, size_t count)
{
    while (server_requests(&it->server) < count) {
        uv_run(&it->uv, UV_RUN_NOWAIT);
    }
}

static void start(struct world *it, enum operation operation, struct told *told);

static void on_done(void *context, struct face_answer *answer)
{
    struct told *told = context;
    told->count++;
    told->problem = answer->problem;
    told->not_found = answer->not_found;
    told->maybe_performed = answer->maybe_performed;
    told->retry_after_s = answer->retry_after_s;
    (void)snprintf(told->session_id, sizeof told->session_id, "%s", answer->session.session_id);
    (void)snprintf(told->token, sizeof told->token, "%s",
                   answer->session.auth_token ? answer->session.auth_token : "");
    if (told->starts) {
        start(told->starts_in, GET, told->starts);
        cr_assert_eq(told->starts->count, 0);
    }
    if (told->cancels) {
        face_cancel(*told->cancels);
    }
}

static const struct face_create plain_create = {
    .liveness_mode = "Passive",
    .device_correlation_id = "device-1",
};

static void start(struct world *it, enum operation operation, struct told *told)
{
    if (operation == CREATE) {
        face_create_session(it->client, &plain_create, "req-1", on_done, told);
    } else if (operation == GET) {
        (void)face_get_session(it->client, ID, "req-1", on_done, told);
    } else {
        (void)face_delete_session(it->client, ID, "req-1", on_done, told);
    }
}

static struct told run(struct world *it, enum operation operation)
{
    struct told told = {0};
    start(it, operation, &told);
    cr_assert_eq(told.count, 0);
    await(it, &told.count);
    cr_assert_eq(told.count, 1);
    return told;
}

/* A whole answer, kept alive. The text lives until the process ends. */
static const char *reply(struct world *it, const char *head, const char *body)
{
    static char texts[SERVER_STEPS][2048];
    static size_t used;
    char *text = texts[used++ % SERVER_STEPS];
    (void)snprintf(text, 2048, "%sContent-Length: %zu\r\n\r\n%s", head, strlen(body), body);
    (void)it;
    return text;
}

static const char *log_text(struct world *it)
{
    static char text[8192];
    log_flush(it->log);
    ssize_t size = pread(it->log_fd, text, sizeof text - 1, 0);
    text[size > 0 ? size : 0] = '\0';
    return text;
}

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
    (void)face_get_session(it.client, "../settings", "req-1", on_done, &told);
    await(&it, &told.count);
    cr_assert_eq(told.problem, PROBLEM_INTERNAL);
    told.count = 0;
    (void)face_delete_session(it.client, ID "0", "req-1", on_done, &told);
    await(&it, &told.count);
    cr_assert_eq(told.problem, PROBLEM_INTERNAL);
    cr_assert_eq(server_requests(&it.server), 0);
    server_script(&it.server, reply(&it, HEAD("200 OK"), SESSION(ID, "")), THEN_KEEP);
    told.count = 0;
    (void)face_get_session(it.client, ID, "req\r\nEvil: 1", on_done, &told);
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

/* ---- what breakage becomes ---- */

Test(face, cut_off_and_reset_answers_are_broken)
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

Test(face, a_silent_upstream_is_a_timeout)
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

Test(face, a_create_that_never_left_was_not_performed)
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

Test(face, a_connection_that_does_not_come_up_is_a_timeout)
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

Test(face, connections_are_kept)
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

Test(face, a_create_is_not_sent_again_when_its_kept_connection_dies)
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

Test(face, a_get_is_sent_again_when_its_kept_connection_dies)
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

Test(face, a_kept_connection_closed_meanwhile_is_not_used)
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

Test(face, many_calls_run_side_by_side)
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

Test(face, a_busy_upstream_pauses_all_calls)
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

Test(face, a_full_queue_refuses)
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

Test(face, a_cancelled_call_tells_nobody)
{
    static struct world it;
    setup(&it);
    struct told told = {0};
    server_script(&it.server, NULL, THEN_HOLD);
    struct face_call *under_way = face_get_session(it.client, ID, "r", on_done, &told);
    await_requests(&it, 1);
    struct face_call *waiting = face_delete_session(it.client, ID, "r", on_done, &told);
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

Test(face, callbacks_may_start_and_cancel_calls)
{
    static struct world it;
    setup(&it);
    struct told held = {0}, next = {0};
    server_script(&it.server, NULL, THEN_HOLD);
    struct face_call *call = face_get_session(it.client, ID, "r", on_done, &held);
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

Test(face, may_be_freed_with_calls_waiting_and_under_way)
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

Test(face, refuses_to_start_without_a_proper_endpoint_or_key)
{
    static struct world it;
    setup(&it);
    char error[128];
    struct face_config config = it.config;
    config.endpoint = "http://a.example";
    cr_assert_null(face_client_new(&it.uv, &config, error, sizeof error));
    cr_assert_not_null(strstr(error, "upstream.endpoint must begin with https://"), "%s", error);
    config = it.config;
    config.key = "two\r\nlines";
    cr_assert_null(face_client_new(&it.uv, &config, error, sizeof error));
    cr_assert_not_null(strstr(error, "upstream.key"));
    cr_assert_null(strstr(error, "lines"));
    config.key = "";
    cr_assert_null(face_client_new(&it.uv, &config, error, sizeof error));
    cr_assert_str_eq(face_client_endpoint(it.client), it.endpoint);
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
    struct face_call *call = face_get_session(it.client, ID, "r", on_done, &told);
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
