/* The client with a real server that does what it should. */
#include "client_fixture.h"

TestSuite(redis_client, .timeout = 120);

static struct fixture it;

static void connects_to(const char *format, uint16_t port)
{
    fixture_init(&it);
    fixture_connect(&it, text_of("redis://%s:%u", format, (unsigned)port));
    cr_expect_eq(it.told_count, 1);
    expect_answer(&it, "PONG", "PING");
    fixture_done(&it);
}

Test(redis_client, connects_by_name_and_by_either_kind_of_address)
{
    struct redis_server *server = redis_server_start(NULL);
    connects_to("127.0.0.1", redis_server_port(server));
    connects_to("localhost", redis_server_port(server));
    connects_to("[::1]", redis_server_port(server));
}

Test(redis_client, says_who_it_is_and_where_it_wants_to_be)
{
    struct redis_server *server = redis_server_start_with("--user", "alice", "on", ">a:b c%", "~*",
                                                          "&*", "+@all", "--databases", "4");
    fixture_init(&it);
    fixture_connect(&it, text_of("%s/3", redis_server_url(server, "alice:a%3Ab%20c%25")));
    expect_answer(&it, "alice", "ACL", "WHOAMI");
    expect_answer(&it, "livenessd", "CLIENT", "GETNAME");
    expect_answer(&it, "OK", "SET", "where", "three");
    cr_expect_str_eq(redis_server_ask(server, "-n", "3", "GET", "where"), "three");
    fixture_done(&it);
}

Test(redis_client, a_password_alone_is_the_default_users)
{
    struct redis_server *server = redis_server_start_with("--requirepass", "hunter2");
    fixture_init(&it);
    fixture_connect(&it, redis_server_url(server, ":hunter2"));
    expect_answer(&it, "default", "ACL", "WHOAMI");
    fixture_done(&it);
}

Test(redis_client, does_without_a_name_when_it_may_not_have_one)
{
    struct redis_server *server =
        redis_server_start_with("--user", "bob", "on", ">x", "~*", "&*", "+ping", "+get");
    fixture_init(&it);
    fixture_connect(&it, redis_server_url(server, "bob:x"));
    expect_answer(&it, "PONG", "PING");
    fixture_done(&it);
}

struct counting {
    size_t next;
    bool in_order;
};

struct numbered {
    struct counting *counting;
    size_t number;
};

static void on_numbered(void *context, const struct redisReply *reply)
{
    struct numbered *numbered = context;
    struct counting *counting = numbered->counting;
    char wanted[24];
    (void)snprintf(wanted, sizeof wanted, "%zu", numbered->number);
    cr_assert_not_null(reply);
    counting->in_order &= numbered->number == counting->next && strcmp(reply->str, wanted) == 0;
    counting->next++;
}

Test(redis_client, answers_come_in_the_order_of_ten_thousand_commands)
{
    enum { COMMANDS = 10000 };
    static struct numbered numbered[COMMANDS];
    struct counting counting = {.in_order = true};
    struct redis_server *server = redis_server_start(NULL);
    fixture_init(&it);
    fixture_connect(&it, redis_server_url(server, NULL));
    for (size_t i = 0; i < COMMANDS; i++) {
        char number[24];
        (void)snprintf(number, sizeof number, "%zu", i);
        const struct slice words[] = {SLICE("ECHO"), slice_of(number)};
        numbered[i] = (struct numbered){&counting, i};
        cr_assert(redis_send(it.client, 2, words, on_numbered, &numbered[i]));
        if (i % 777 == 0) {
            fixture_flush(&it);
        }
    }
    turn_until(&it, counting.next == COMMANDS);
    cr_expect(counting.in_order);
    fixture_done(&it);
}

Test(redis_client, takes_no_more_than_it_may_have_under_way)
{
    struct redis_server *server = redis_server_start(NULL);
    struct asked asked[3] = {0};
    fixture_init(&it);
    struct redis_config config = fixture_config(&it, redis_server_url(server, NULL));
    config.commands_max = 2;
    fixture_open_with(&it, &config);
    cr_expect_not(ask(&it, &asked[0], "PING"), "nothing is queued before it is connected");
    turn_until(&it, redis_state(it.client) == REDIS_CONNECTED);
    for (int round = 0; round < 3; round++) {
        memset(asked, 0, sizeof asked);
        cr_assert(ask(&it, &asked[0], "PING"));
        cr_assert(ask(&it, &asked[1], "PING"));
        cr_assert_not(ask(&it, &asked[2], "PING"));
        turn_until(&it, asked[1].answers > 0);
        cr_expect_eq(asked[0].answers, 1);
        cr_expect_eq(asked[1].answers, 1);
        cr_expect_eq(asked[2].answers, 0);
    }
    fixture_done(&it);
}

Test(redis_client, arguments_and_answers_are_any_bytes_of_any_size)
{
    enum { BIG = 3 * 1024 * 1024 };
    struct redis_server *server = redis_server_start(NULL);
    char *big = xcalloc(1, BIG);
    fake_random_init(&(struct fake_random){0}, 1);
    random_fill(random_system(), big, BIG);
    fixture_init(&it);
    fixture_connect(&it, redis_server_url(server, NULL));
    const struct slice samples[] = {
        {"", 0}, {"\0", 1}, {"\r\n", 2}, {"$5\r\nhello\r\n", 11}, {big, 65536}, {big, BIG},
    };
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        struct asked set = {0};
        struct asked sum = {0};
        struct asked got = {0};
        const struct slice words[] = {SLICE("SET"), SLICE("bin\0ary"), samples[i]};
        const struct slice compare[] = {SLICE("EVAL"),
                                        SLICE("return redis.call('GET', KEYS[1]) == ARGV[1]"),
                                        SLICE("1"), SLICE("bin\0ary"), samples[i]};
        const struct slice get[] = {SLICE("GET"), SLICE("bin\0ary")};
        cr_assert(fixture_send(&it, &set, 3, words));
        cr_assert(fixture_send(&it, &sum, 5, compare));
        cr_assert(fixture_send(&it, &got, 2, get));
        turn_until(&it, got.answers > 0);
        cr_expect_str_eq(set.text, "OK");
        cr_expect_eq(sum.integer, 1);
        cr_expect_eq(got.size, samples[i].len);
    }
    free(big);
    fixture_done(&it);
}

Test(redis_client, an_error_is_an_answer)
{
    struct redis_server *server = redis_server_start(NULL);
    struct asked asked = {0};
    fixture_init(&it);
    fixture_connect(&it, redis_server_url(server, NULL));
    cr_assert(ask(&it, &asked, "NO-SUCH-COMMAND"));
    turn_until(&it, asked.answers > 0);
    cr_expect_eq(asked.type, REDIS_REPLY_ERROR);
    expect_answer(&it, "PONG", "PING");
    fixture_done(&it);
}

Test(redis_client, what_nobody_flushes_is_written_in_the_next_turn)
{
    struct redis_server *server = redis_server_start(NULL);
    struct asked asked = {0};
    fixture_init(&it);
    fixture_connect(&it, redis_server_url(server, NULL));
    (void)uv_timer_stop(&it.tick); /* nothing else wakes the loop */
    cr_assert(ask(&it, &asked, "PING"));
    cr_expect_eq(uv_backend_timeout(&it.loop), 0);
    while (asked.answers == 0) {
        uv_run(&it.loop, UV_RUN_ONCE);
    }
    cr_expect_neq(uv_backend_timeout(&it.loop), 0, "it sleeps again");
    fixture_done(&it);
}

Test(redis_client, commands_may_be_without_anybody_who_waits)
{
    struct redis_server *server = redis_server_start(NULL);
    fixture_init(&it);
    fixture_connect(&it, redis_server_url(server, NULL));
    cr_assert(ask(&it, NULL, "SET", "a", "1"));
    expect_answer(&it, "1", "GET", "a");
    fixture_done(&it);
}

/* ---- closing ---- */

Test(redis_client, what_was_sent_before_closing_is_done)
{
    enum { COMMANDS = 5000 };
    struct redis_server *server = redis_server_start(NULL);
    static struct asked asked[COMMANDS];
    fixture_init(&it);
    fixture_connect(&it, redis_server_url(server, NULL));
    for (size_t i = 0; i < COMMANDS; i++) {
        cr_assert(ask(&it, &asked[i], "INCR", "count"));
    }
    fixture_done(&it);
    for (size_t i = 0; i < COMMANDS; i++) {
        cr_assert_eq(asked[i].answers, 0);
    }
    expect_soon(strcmp(redis_server_ask(server, "GET", "count"), "5000") == 0);
}

Test(redis_client, megabytes_sent_before_closing_are_done)
{
    enum { BIG = 1024 * 1024 };
    struct redis_server *server = redis_server_start(NULL);
    char *big = xcalloc(1, BIG);
    fixture_init(&it);
    fixture_connect(&it, redis_server_url(server, NULL));
    const struct slice words[] = {SLICE("APPEND"), SLICE("a"), {big, BIG}};
    for (int i = 0; i < 8; i++) {
        cr_assert(fixture_send(&it, NULL, 3, words));
    }
    fixture_done(&it);
    free(big);
    expect_soon(strcmp(redis_server_ask(server, "STRLEN", "a"), "8388608") == 0);
}

Test(redis_client, closing_does_not_wait_for_a_server_that_hangs)
{
    enum { BIG = 1024 * 1024 };
    struct redis_server *server = redis_server_start(NULL);
    char *big = xcalloc(1, BIG);
    fixture_init(&it);
    fixture_connect(&it, redis_server_url(server, NULL));
    redis_server_halt(server);
    const struct slice words[] = {SLICE("APPEND"), SLICE("a"), {big, BIG}};
    for (int i = 0; i < 20; i++) {
        cr_assert(fixture_send(&it, NULL, 3, words));
    }
    free(big);
    fixture_done(&it); /* ends */
    redis_server_continue(server);
}

Test(redis_client, may_be_closed_when_it_is_told_that_it_is_connected)
{
    struct redis_server *server = redis_server_start(NULL);
    fixture_init(&it);
    it.close_when_told = true;
    fixture_open(&it, redis_server_url(server, NULL));
    turn_until(&it, it.told_count > 0);
    cr_expect_null(it.client);
    fixture_done(&it);
    cr_expect_eq(it.told_count, 1);
}

Test(redis_client, may_be_closed_by_an_answer)
{
    struct redis_server *server = redis_server_start(NULL);
    struct asked asked[3] = {{.closes = false}, {.closes = true}};
    fixture_init(&it);
    fixture_connect(&it, redis_server_url(server, NULL));
    for (size_t i = 0; i < 3; i++) {
        cr_assert(ask(&it, &asked[i], "PING"));
    }
    turn_until(&it, !it.client);
    fixture_done(&it);
    cr_expect_eq(asked[0].answers, 1);
    cr_expect_eq(asked[1].answers, 1);
    cr_expect_eq(asked[2].answers, 0, "no callback runs after it was closed");
}

Test(redis_client, may_be_closed_when_an_answer_will_not_come)
{
    struct redis_server *server = redis_server_start(NULL);
    struct asked asked[3] = {{.closes = false}, {.closes = true}};
    fixture_init(&it);
    fixture_connect(&it, redis_server_url(server, NULL));
    redis_server_halt(server);
    for (size_t i = 0; i < 3; i++) {
        cr_assert(ask(&it, &asked[i], "PING"));
    }
    fixture_flush(&it);
    redis_server_kill(server);
    turn_until(&it, !it.client);
    fixture_done(&it);
    cr_expect_eq(asked[1].answers, 1);
    cr_expect_eq(asked[1].type, 0);
    cr_expect_eq(asked[2].answers, 0);
}

Test(redis_client, may_be_closed_at_any_moment_of_connecting)
{
    struct redis_server *server = redis_server_start(NULL);
    const char *url = text_of("redis://localhost:%u", (unsigned)redis_server_port(server));
    for (unsigned turns = 0; turns < 30; turns++) {
        fixture_init(&it);
        fixture_open(&it, url);
        for (unsigned i = 0; i < turns; i++) {
            uv_run(&it.loop, UV_RUN_NOWAIT);
        }
        fixture_done(&it);
    }
}
