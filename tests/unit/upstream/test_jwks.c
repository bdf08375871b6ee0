/*
 * Promises of upstream/jwks.h: when a JWKS document is fetched, what is made of a provider that
 * fails, and who waits how long.
 */
#include "scripted_server.h"
#include "upstream/jwks.h"

#include <fcntl.h>
#include <sys/mman.h>

#define OK(headers, body, size)                                                                    \
    "HTTP/1.1 200 OK\r\nContent-Length: " size "\r\n" headers "\r\n" body
#define GOOD           OK("", "good", "4")
#define GOOD_FOR(age)  OK("Cache-Control: max-age=" age "\r\n", "good", "4")
#define STATUS(status) "HTTP/1.1 " status "\r\nContent-Length: 4\r\n\r\ngood"

/* The usual ones, but for what a test has to see happen. */
static const struct jwks_times quick = {
    .connect = 5000,
    .total = 10000,
    .fresh_min = 3600000,
    .fresh_max = 86400000,
    .fresh_usual = 3600000,
    .stale = 86400000,
    .pace = 60000,
    .patience = 20000,
    .retry_min = 5,
    .retry_max = 20,
};

struct world {
    uv_loop_t uv;
    struct server server;
    struct fake_clock clock;
    struct jwks_client *client;
    struct jwks *jwks;
    struct log *log;
    int log_fd;
    char url[64];
    char taken[64]; /* the last document */
    bool takes;
    unsigned good, bad, lost;
    unsigned told; /* tickets */
};

static struct world it;

static bool take(void *context, struct slice document, const char **ret_why)
{
    (void)context;
    (void)snprintf(it.taken, sizeof it.taken, "%.*s", SLICE_ARGS(document));
    *ret_why = "it is garbage";
    return it.takes;
}

static void lost(void *context)
{
    (void)context;
    it.lost++;
}

static void tried(void *context, bool good)
{
    (void)context;
    it.good += good ? 1 : 0;
    it.bad += good ? 0 : 1;
}

static void done(struct jwks_ticket *ticket)
{
    (void)ticket;
    it.told++;
}

static void begin(void)
{
    memset(&it, 0, sizeof it);
    it.takes = true;
    cr_assert_eq(uv_loop_init(&it.uv), 0);
    fake_clock_init(&it.clock, 1767268800000);
    server_start(&it.server);
    it.log_fd = memfd_create("log", MFD_CLOEXEC);
    it.log = log_new(it.log_fd, LOG_INFO, &it.clock.clock);
    (void)snprintf(it.url, sizeof it.url, "http://127.0.0.1:%d/keys?p=1", it.server.port);
}

static void open_with(const struct jwks_times *times)
{
    const struct jwks_config config = {
        .url = it.url, .name = "corp", .log = it.log, .take = take, .lost = lost, .tried = tried};
    it.client = jwks_client_new(&it.uv, &it.clock.clock, times, NULL);
    it.jwks = jwks_new(it.client, &config);
    cr_assert_eq(it.good + it.bad, 0U, "nothing has happened yet");
}

static void end(void)
{
    it.jwks = jwks_free(it.jwks);
    it.client = jwks_client_free(it.client);
    uv_run(&it.uv, UV_RUN_DEFAULT);
    cr_expect_eq(uv_loop_close(&it.uv), 0, "handles are left on the loop");
    server_stop(&it.server);
    log_free(it.log);
    close(it.log_fd);
}

TestSuite(jwks, .init = begin, .fini = end, .timeout = 60);

#define TURN_UNTIL(condition)                                                                      \
    while (!(condition)) {                                                                         \
        uv_run(&it.uv, UV_RUN_ONCE);                                                               \
    }

static void turn_often(void)
{
    for (int i = 0; i < 200; i++) {
        uv_run(&it.uv, UV_RUN_NOWAIT);
    }
}

/* When the next fetch is due by itself. */
static uint64_t due_ms(void)
{
    uint64_t due = UINT64_MAX;
    uv_update_time(&it.uv);
    int next = uv_backend_timeout(&it.uv);
    if (next >= 0) {
        due = (uint64_t)next;
    }
    return due;
}

static void script(const char *reply)
{
    server_script(&it.server, reply, THEN_CLOSE);
}

static bool logged(const char *text)
{
    static char content[8192];
    log_flush(it.log);
    ssize_t size = pread(it.log_fd, content, sizeof content - 1, 0);
    content[size > 0 ? size : 0] = '\0';
    return strstr(content, text) != NULL;
}

Test(jwks, is_fetched_at_once_and_again_before_it_expires)
{
    script(GOOD_FOR("7200"));
    open_with(&quick);
    TURN_UNTIL(it.good == 1);
    cr_expect_str_eq(it.taken, "good");
    cr_expect(strncmp(it.server.requests[0], "GET /keys?p=1 HTTP/1.1\r\n", 24) == 0, "%s",
              it.server.requests[0]);
    cr_expect_leq(due_ms(), 5760000U, "four fifths of two hours");
    cr_expect_geq(due_ms(), 5700000U);
}

Test(jwks, lifetimes_are_kept_within_bounds)
{
    static const struct {
        const char *reply;
        uint64_t due;
    } rows[] = {
        {GOOD, 2880000},
        {GOOD_FOR("1"), 2880000}, /* the least */
        {OK("Cache-Control: no-store\r\n", "good", "4"), 2880000},
        {GOOD_FOR("999999999"), 69120000}, /* the most */
        {OK("Cache-Control: max-age=7200\r\nAge: 3600\r\n", "good", "4"), 2880000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        script(rows[i].reply);
    }
    open_with(&quick);
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        TURN_UNTIL(it.good == i + 1);
        cr_expect_leq(due_ms(), rows[i].due, "%u", i);
        cr_expect_geq(due_ms(), rows[i].due - 60000, "%u", i);
        jwks_fetch_now(it.jwks);
    }
}

Test(jwks, the_usual_times_are_sane)
{
    const struct jwks_times *usual = &jwks_times_usual;
    cr_expect_eq(usual->fresh_min, 300000U);
    cr_expect_eq(usual->fresh_max, 86400000U);
    cr_expect_eq(usual->pace, 60000U);
    cr_expect_leq(usual->patience, 5000U);
    cr_expect_leq(usual->total, 15000U);
    cr_expect(usual->stale > 0 && usual->stale <= 7 * 86400000U);
}

Test(jwks, is_renewed_by_itself)
{
    struct jwks_times times = quick;
    times.fresh_min = times.fresh_max = 20;
    for (int i = 0; i < 3; i++) {
        script(GOOD_FOR("1"));
    }
    open_with(&times);
    TURN_UNTIL(it.good == 3);
}

/* ---- providers that fail ---- */

Test(jwks, what_is_no_document_is_tried_again)
{
    static const struct {
        const char *reply;
        enum step_end end;
        const char *why;
    } rows[] = {
        {STATUS("500 Broken"), THEN_CLOSE, "the status is not 200"},
        {STATUS("404 Not Found"), THEN_CLOSE, "the status is not 200"},
        {"HTTP/1.1 204 No Content\r\n\r\n", THEN_CLOSE, "the status is not 200"},
        {"HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 4\r\n\r\ngood", THEN_CLOSE,
         "it redirects, which is not followed"},
        {"HTTP/1.1 307 Go\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
         THEN_CLOSE, "it redirects, which is not followed"},
        {NULL, THEN_RESET, "keys not loaded"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\ngood", THEN_CLOSE, "keys not loaded"},
        {"SSH-2.0-x\r\n", THEN_CLOSE, "keys not loaded"},
    };
    size_t count = sizeof rows / sizeof *rows;
    for (size_t i = 0; i < count; i++) {
        server_script(&it.server, rows[i].reply, rows[i].end);
    }
    script(GOOD);
    open_with(&quick);
    TURN_UNTIL(it.good == 1);
    cr_expect_eq(it.bad, count);
    cr_expect_eq(server_requests(&it.server), count + 1, "no redirect was followed");
    for (size_t i = 0; i < count; i++) {
        cr_expect(logged(rows[i].why), "%s", rows[i].why);
    }
    cr_expect(logged("\"issuer\":\"corp\""));
}

Test(jwks, a_document_that_is_not_taken_is_a_failure)
{
    script(GOOD);
    script(GOOD);
    it.takes = false;
    open_with(&quick);
    TURN_UNTIL(it.bad == 1);
    cr_expect(logged("it is garbage"));
    it.takes = true;
    TURN_UNTIL(it.good == 1);
}

/* Longer than the test: the server may still be writing at its end. */
static char replies[2][JWKS_ANSWER_MAX + 200];

static void script_large(char *reply, size_t size)
{
    int head = snprintf(reply, 200, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", size);
    memset(reply + head, 'x', size);
    script(reply);
}

Test(jwks, a_document_is_64_kilobytes_at_most)
{
    script_large(replies[0], JWKS_ANSWER_MAX + 1);
    script_large(replies[1], JWKS_ANSWER_MAX);
    open_with(&quick);
    TURN_UNTIL(it.good == 1);
    cr_expect_eq(it.bad, 1U);
    cr_expect(logged("the document is larger than 64 KB"));
}

Test(jwks, a_silent_or_endless_provider_is_given_up)
{
    struct jwks_times times = quick;
    times.total = 200;
    server_script(&it.server, NULL, THEN_HOLD);
    server_script(&it.server, "HTTP/1.1 200 OK\r\n\r\n", THEN_DRIP);
    script(GOOD);
    open_with(&times);
    TURN_UNTIL(it.good == 1);
    cr_expect_eq(it.bad, 2U);
    cr_expect(logged("Timeout was reached"));
}

Test(jwks, plain_http_never_becomes_tls_nor_tls_plain_http)
{
    (void)snprintf(it.url, sizeof it.url, "https://127.0.0.1:%d/keys", it.server.port);
    open_with(&quick);
    TURN_UNTIL(it.bad == 2);
    cr_expect_eq(it.good, 0U);
}

Test(jwks, pauses_grow_and_retry_after_is_heard)
{
    struct jwks_times times = quick;
    times.retry_min = 1000;
    times.retry_max = 60000;
    script("HTTP/1.1 503 Busy\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n");
    open_with(&times);
    TURN_UNTIL(it.bad == 1);
    cr_expect_leq(due_ms(), 30000U);
    cr_expect_geq(due_ms(), 20000U);
}

Test(jwks, the_old_document_stays_in_use_while_the_provider_fails_but_not_for_ever)
{
    script(GOOD_FOR("3600"));
    script(STATUS("500 Broken"));
    script(STATUS("500 Broken"));
    script(STATUS("500 Broken"));
    open_with(&quick);
    TURN_UNTIL(it.good == 1);
    fake_clock_advance(&it.clock, 3600000 + 86400000 - 1);
    jwks_fetch_now(it.jwks);
    TURN_UNTIL(it.bad == 1);
    cr_expect_eq(it.lost, 0U);
    fake_clock_advance(&it.clock, 1);
    TURN_UNTIL(it.bad == 2);
    cr_expect_eq(it.lost, 1U);
    cr_expect(logged("keys lost"));
    TURN_UNTIL(it.bad == 3);
    cr_expect_eq(it.lost, 1U, "it is lost once");
}

/* ---- tokens with unknown keys ---- */

Test(jwks, an_unknown_key_causes_one_fetch_that_all_wait_for)
{
    struct jwks_ticket tickets[3] = {{.done = done}, {.done = done}, {.done = done}};
    script(GOOD);
    script(GOOD);
    open_with(&quick);
    TURN_UNTIL(it.good == 1);
    for (size_t i = 0; i < 3; i++) {
        cr_expect(jwks_refresh(it.jwks, &tickets[i]));
    }
    cr_expect_eq(it.told, 0U);
    TURN_UNTIL(it.told == 3);
    cr_expect_eq(it.good, 2U);
    cr_expect_eq(server_requests(&it.server), 2U);
}

Test(jwks, tokens_cause_a_fetch_a_minute_and_no_more)
{
    struct jwks_ticket ticket = {.done = done};
    for (int i = 0; i < 4; i++) {
        script(GOOD);
    }
    open_with(&quick);
    TURN_UNTIL(it.good == 1);
    cr_expect(jwks_refresh(it.jwks, &ticket), "what was fetched at the start is not counted");
    TURN_UNTIL(it.told == 1);
    cr_expect_not(jwks_refresh(it.jwks, &ticket));
    fake_clock_advance(&it.clock, 59999);
    cr_expect_not(jwks_refresh(it.jwks, &ticket));
    turn_often();
    cr_expect_eq(server_requests(&it.server), 2U);
    fake_clock_advance(&it.clock, 1);
    cr_assert(jwks_refresh(it.jwks, &ticket));
    TURN_UNTIL(it.told == 2);
    jwks_fetch_now(it.jwks); /* an operator may */
    TURN_UNTIL(it.good == 4);
}

Test(jwks, who_comes_during_the_first_fetch_waits_for_it)
{
    struct jwks_ticket ticket = {.done = done};
    script(GOOD);
    open_with(&quick);
    cr_expect(jwks_refresh(it.jwks, &ticket));
    TURN_UNTIL(it.told == 1);
    cr_expect_eq(it.good, 1U);
    cr_expect_eq(server_requests(&it.server), 1U);
}

Test(jwks, waiting_ends_when_the_fetch_fails)
{
    struct jwks_ticket ticket = {.done = done};
    script(GOOD);
    script(STATUS("500 Broken"));
    open_with(&quick);
    TURN_UNTIL(it.good == 1);
    cr_expect(jwks_refresh(it.jwks, &ticket));
    TURN_UNTIL(it.told == 1);
    cr_expect_eq(it.bad, 1U);
}

Test(jwks, patience_ends_before_a_slow_fetch_does)
{
    struct jwks_ticket first = {.done = done};
    struct jwks_ticket late = {.done = done};
    struct jwks_times times = quick;
    times.patience = 50;
    script(GOOD);
    server_script(&it.server, NULL, THEN_HOLD);
    open_with(&times);
    TURN_UNTIL(it.good == 1);
    cr_expect(jwks_refresh(it.jwks, &first));
    TURN_UNTIL(it.told == 1);
    cr_expect_eq(it.good + it.bad, 1U, "the fetch goes on");
    fake_clock_advance(&it.clock, 50);
    cr_expect_not(jwks_refresh(it.jwks, &late), "and nobody waits for it any more");
}

Test(jwks, who_left_is_not_told)
{
    struct jwks_ticket tickets[4] = {
        {.done = done}, {.done = done}, {.done = done}, {.done = done}};
    script(GOOD);
    script(GOOD);
    open_with(&quick);
    TURN_UNTIL(it.good == 1);
    for (size_t i = 0; i < 4; i++) {
        cr_expect(jwks_refresh(it.jwks, &tickets[i]));
    }
    jwks_leave(&tickets[0]);
    jwks_leave(&tickets[2]);
    jwks_leave(&tickets[2]);
    TURN_UNTIL(it.told == 2);
    turn_often();
    cr_expect_eq(it.told, 2U);
    jwks_leave(&tickets[1]);
}

static struct jwks_ticket *to_leave;

static void done_and_leave(struct jwks_ticket *ticket)
{
    done(ticket);
    jwks_leave(to_leave);
}

Test(jwks, one_who_is_told_may_make_another_leave)
{
    struct jwks_ticket tickets[2] = {{.done = done_and_leave}, {.done = done}};
    script(GOOD);
    script(GOOD);
    to_leave = &tickets[1];
    open_with(&quick);
    TURN_UNTIL(it.good == 1);
    cr_expect(jwks_refresh(it.jwks, &tickets[0]));
    cr_expect(jwks_refresh(it.jwks, &tickets[1]));
    TURN_UNTIL(it.good == 2);
    turn_often();
    cr_expect_eq(it.told, 1U);
}

Test(jwks, only_so_many_may_wait)
{
    static struct jwks_ticket tickets[JWKS_WAITERS_MAX + 1];
    script(GOOD);
    script(GOOD);
    open_with(&quick);
    TURN_UNTIL(it.good == 1);
    for (size_t i = 0; i <= JWKS_WAITERS_MAX; i++) {
        tickets[i].done = done;
        cr_expect_eq(jwks_refresh(it.jwks, &tickets[i]), i < JWKS_WAITERS_MAX);
    }
    TURN_UNTIL(it.told == JWKS_WAITERS_MAX);
}

Test(jwks, may_go_at_any_time)
{
    struct jwks_ticket ticket = {.done = done};
    server_script(&it.server, NULL, THEN_HOLD);
    open_with(&quick);
    cr_expect(jwks_refresh(it.jwks, &ticket));
    TURN_UNTIL(server_requests(&it.server) == 1);
    it.jwks = jwks_free(it.jwks);
    turn_often();
    cr_expect_eq(it.told, 0U);
    cr_expect_eq(it.good + it.bad, 0U);
}
