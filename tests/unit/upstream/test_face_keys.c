/*
 * Two keys: what a 401 does, and which key is used from then on.
 */
#include "face_world.h"

#define KEY2   "second-key-9876543210"
#define DENIED HEAD("401 Unauthorized")
#define OK     reply(&it, HEAD("200 OK"), SESSION(ID, TOKEN))

static bool carried(struct world *it, size_t request, const char *key)
{
    char line[128];
    (void)snprintf(line, sizeof line, "\r\nOcp-Apim-Subscription-Key: %s\r\n", key);
    return request < server_requests(&it->server) &&
           strstr(it->server.requests[request], line) != NULL;
}

static void open_with_two(struct world *it)
{
    setup(it);
    it->config.credentials.key2 = KEY2;
    reopen(it);
}

Test(face_keys, a_denied_call_is_repeated_once_with_the_other_key)
{
    static struct world it;
    open_with_two(&it);
    server_script(&it.server, reply(&it, DENIED, "{}"), THEN_KEEP);
    server_script(&it.server, OK, THEN_KEEP);
    server_script(&it.server, OK, THEN_KEEP);
    struct told told = run(&it, CREATE);
    cr_expect_eq(told.problem, PROBLEM_NONE);
    cr_expect_not(told.maybe_performed);
    cr_expect_str_eq(told.token, TOKEN);
    cr_expect_eq(run(&it, GET).problem, PROBLEM_NONE);
    cr_expect(carried(&it, 0, KEY));
    cr_expect(carried(&it, 1, KEY2));
    cr_expect(carried(&it, 2, KEY2), "the working key stays the active one");
    const char *body0 = strstr(it.server.requests[0], "\r\n\r\n");
    const char *body1 = strstr(it.server.requests[1], "\r\n\r\n");
    cr_expect_str_eq(body0, body1);
    const char *log = log_text(&it);
    cr_expect_not_null(strstr(log, "\"operation\":\"create\",\"outcome\":\"denied\","
                                   "\"upstream_status\":401"));
    cr_expect_null(strstr(log, KEY));
    cr_expect_null(strstr(log, KEY2));
    teardown(&it);
}

Test(face_keys, both_denied_is_denied_and_changes_nothing)
{
    static struct world it;
    open_with_two(&it);
    for (int i = 0; i < 4; i++) {
        server_script(&it.server, reply(&it, DENIED, "{}"), THEN_KEEP);
    }
    for (size_t i = 0; i < 2; i++) {
        struct told told = run(&it, i ? DELETE : CREATE);
        cr_expect_eq(told.problem, PROBLEM_UPSTREAM_DENIED);
        cr_expect_not(told.maybe_performed);
        cr_expect_eq(server_requests(&it.server), 2 * i + 2);
        cr_expect(carried(&it, 2 * i, KEY));
        cr_expect(carried(&it, 2 * i + 1, KEY2));
    }
    teardown(&it);
}

Test(face_keys, a_key_is_good_whatever_else_is_wrong)
{
    static struct world it;
    open_with_two(&it);
    server_script(&it.server, reply(&it, DENIED, "{}"), THEN_KEEP);
    server_script(&it.server, reply(&it, HEAD("404 Gone"), "{}"), THEN_KEEP);
    server_script(&it.server, reply(&it, DENIED, "{}"), THEN_KEEP);
    server_script(&it.server, OK, THEN_KEEP);
    cr_expect_eq(run(&it, GET).problem, PROBLEM_SESSION_NOT_FOUND);
    cr_expect_eq(run(&it, GET).problem, PROBLEM_NONE);
    cr_expect(carried(&it, 2, KEY2));
    cr_expect(carried(&it, 3, KEY), "and back again");
    teardown(&it);
}

Test(face_keys, forbidden_and_a_single_key_are_final)
{
    static struct world it;
    open_with_two(&it);
    server_script(&it.server, reply(&it, HEAD("403 Forbidden"), "{}"), THEN_KEEP);
    server_script(&it.server, reply(&it, DENIED, "{}"), THEN_KEEP);
    cr_expect_eq(run(&it, GET).problem, PROBLEM_UPSTREAM_DENIED);
    it.config.credentials.key2 = "";
    reopen(&it);
    cr_expect_eq(run(&it, GET).problem, PROBLEM_UPSTREAM_DENIED);
    cr_expect_eq(server_requests(&it.server), 2);
    teardown(&it);
}

Test(face_keys, a_repeated_call_passes_the_queue)
{
    static struct world it;
    open_with_two(&it);
    it.config.rate = 1;
    it.config.queue_wait_ms = 100;
    reopen(&it);
    server_script(&it.server, reply(&it, DENIED, "{}"), THEN_KEEP);
    struct told told = run(&it, CREATE);
    cr_expect_eq(told.problem, PROBLEM_UPSTREAM_BUSY, "its next turn is a second away");
    cr_expect_geq(told.retry_after_s, 1);
    cr_expect_not(told.maybe_performed);
    cr_expect_eq(server_requests(&it.server), 1);
    teardown(&it);
}

Test(face_keys, a_call_may_be_cancelled_between_its_tries)
{
    static struct world it;
    open_with_two(&it);
    it.config.rate = 1;
    it.config.queue_wait_ms = 60000;
    reopen(&it);
    server_script(&it.server, reply(&it, DENIED, "{}"), THEN_KEEP);
    struct told told = {0};
    struct face_call *call = face_get_session(it.client, FACE_LIVENESS, ID, "r", on_done, &told);
    while (!strstr(log_text(&it), "repeated with another credential")) {
        uv_run(&it.uv, UV_RUN_NOWAIT);
    }
    face_cancel(call);
    cr_expect_eq(face_client_busy(it.client), 0);
    cr_expect_eq(told.count, 0);
    teardown(&it);
}

Test(face_keys, new_ones_count_from_the_next_call_on)
{
    static struct world it;
    open_with_two(&it);
    server_script(&it.server, NULL, THEN_HOLD);
    server_script(&it.server, OK, THEN_KEEP);
    struct told held = {0};
    struct face_call *call = face_get_session(it.client, FACE_LIVENESS, ID, "r", on_done, &held);
    await_requests(&it, 1);
    char error[128] = "";
    struct face_credentials fresh = {.key = "third-key"};
    cr_assert(face_client_set_credentials(it.client, &fresh, error, sizeof error), "%s", error);
    cr_expect_eq(run(&it, GET).problem, PROBLEM_NONE);
    cr_expect(carried(&it, 1, "third-key"));
    fresh.key = "";
    cr_expect_not(face_client_set_credentials(it.client, &fresh, error, sizeof error));
    cr_expect_str_eq(error, "upstream.key is missing");
    server_script(&it.server, OK, THEN_KEEP);
    cr_expect_eq(run(&it, GET).problem, PROBLEM_NONE);
    cr_expect(carried(&it, 2, "third-key"), "the old ones stay");
    face_cancel(call);
    teardown(&it);
}

Test(face_keys, a_call_denied_with_an_old_key_is_repeated_with_the_new_one)
{
    static struct world it;
    setup(&it);
    char error[128] = "";
    struct told told = {0};
    server_script(&it.server, reply(&it, DENIED, "{}"), THEN_KEEP);
    server_script(&it.server, OK, THEN_KEEP);
    pthread_mutex_lock(&it.server.lock); /* it does not answer before */
    start(&it, GET, &told);
    for (int turns = 0; turns < 10; turns++) {
        uv_run(&it.uv, UV_RUN_NOWAIT);
    }
    struct face_credentials fresh = {.key = "third-key"};
    cr_assert(face_client_set_credentials(it.client, &fresh, error, sizeof error));
    pthread_mutex_unlock(&it.server.lock);
    await(&it, &told.count);
    cr_expect_eq(told.problem, PROBLEM_NONE);
    cr_expect(carried(&it, 0, KEY));
    cr_expect(carried(&it, 1, "third-key"));
    teardown(&it);
}
