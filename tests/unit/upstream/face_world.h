/*
 * A Face API client, its loop and a scripted server, for the tests of both its sides.
 */
#pragma once

#include "scripted_server.h"
#include "upstream/face.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <sys/mman.h>

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
    size_t reference_count;
    size_t attempt_count;
    char status_word[FACE_WORD_SIZE];
    char content[1024];
    size_t content_size;
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

static inline void open_client(struct world *it)
{
    char error[128] = "";
    it->client = face_client_new(&it->uv, &it->config, error, sizeof error);
    cr_assert_not_null(it->client, "%s", error);
}

static inline void close_client(struct world *it)
{
    it->client = face_client_free(it->client);
}

/* A client of the configuration as it is now. */
static inline void reopen(struct world *it)
{
    close_client(it);
    open_client(it);
}

static inline void setup(struct world *it)
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
        .version = FACE_V1_2,
        .credentials.key = KEY,
        .connect_timeout_ms = 2000,
        .timeout_ms = 5000,
        .max_answer_bytes = 64 * 1024,
        .max_image_bytes = 128 * 1024,
        .image_memory_bytes = 64 * 1024,
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

static inline void teardown(struct world *it)
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

static inline void on_deadline(uv_timer_t *timer)
{
    ((struct world *)timer->data)->late = true;
}

/* Turns of the loop until *count is above 0. */
static inline void await(struct world *it, const unsigned *count)
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
static inline void await_requests(struct world *it, size_t count)
{
    while (server_requests(&it->server) < count) {
        uv_run(&it->uv, UV_RUN_NOWAIT);
    }
}

static inline void start(struct world *it, enum operation operation, struct told *told);

static inline void on_done(void *context, struct face_answer *answer)
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
    told->reference_count = answer->session.reference_count;
    told->attempt_count = answer->session.attempt_count;
    (void)snprintf(told->status_word, sizeof told->status_word, "%s", answer->session.status_word);
    told->content_size = answer->content.len;
    if (answer->content.len < sizeof told->content) {
        memcpy(told->content, answer->content.data ? answer->content.data : "",
               answer->content.len);
    }
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

static inline void start(struct world *it, enum operation operation, struct told *told)
{
    if (operation == CREATE) {
        face_create_session(it->client, &plain_create, "req-1", on_done, told);
    } else if (operation == GET) {
        (void)face_get_session(it->client, FACE_LIVENESS, ID, "req-1", on_done, told);
    } else {
        (void)face_delete_session(it->client, FACE_LIVENESS, ID, "req-1", on_done, told);
    }
}

static inline struct told run(struct world *it, enum operation operation)
{
    struct told told = {0};
    start(it, operation, &told);
    cr_assert_eq(told.count, 0);
    await(it, &told.count);
    cr_assert_eq(told.count, 1);
    return told;
}

/* A whole answer, kept alive. The text lives until the process ends. */
static inline const char *reply(struct world *it, const char *head, const char *body)
{
    static char texts[SERVER_STEPS][2048];
    static size_t used;
    char *text = texts[used++ % SERVER_STEPS];
    (void)snprintf(text, 2048, "%sContent-Length: %zu\r\n\r\n%s", head, strlen(body), body);
    (void)it;
    return text;
}

static inline const char *log_text(struct world *it)
{
    static char text[8192];
    log_flush(it->log);
    ssize_t size = pread(it->log_fd, text, sizeof text - 1, 0);
    text[size > 0 ? size : 0] = '\0';
    return text;
}
