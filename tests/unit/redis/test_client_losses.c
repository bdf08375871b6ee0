/* The client when the server is not there, dies, hangs or hangs up. */
#include "client_fixture.h"
#include "fake_redis.h"

#include <poll.h>

TestSuite(redis_losses, .timeout = 120);

static struct fixture it;

static void connect_with_timeout(const char *url, uint64_t timeout_ms)
{
    struct redis_config config = fixture_config(&it, url);
    config.timeout_ms = timeout_ms;
    fixture_open_with(&it, &config);
}

Test(redis_losses, connects_by_itself_once_the_server_is_there)
{
    struct redis_server *server = redis_server_prepare(NULL);
    fixture_init(&it);
    fixture_open(&it, redis_server_url(server, NULL));
    turn_until(&it, it.told_count > 0);
    cr_expect_eq(it.told[0].state, REDIS_UNREACHABLE);
    cr_expect_str_eq(it.told[0].reason, "cannot connect: connection refused");
    redis_server_restart(server);
    turn_until(&it, redis_state(it.client) == REDIS_CONNECTED);
    cr_expect_eq(it.told_count, 2, "the same is not told twice");
    expect_answer(&it, "PONG", "PING");
    fixture_done(&it);
}

Test(redis_losses, a_name_without_an_address_is_said)
{
    fixture_init(&it);
    fixture_open(&it, "redis://no-such-host.invalid");
    turn_until(&it, it.told_count > 0);
    cr_expect_eq(it.told[0].state, REDIS_UNREACHABLE);
    cr_expect(strstr(it.told[0].reason, "its name leads to no address"), "%s", it.told[0].reason);
    fixture_done(&it);
}

Test(redis_losses, kill_9_ends_each_command_under_way_once_and_with_null)
{
    enum { COMMANDS = 500 };
    static struct asked asked[COMMANDS];
    struct redis_server *server = redis_server_start(NULL);
    fixture_init(&it);
    fixture_connect(&it, redis_server_url(server, NULL));
    redis_server_halt(server);
    for (size_t i = 0; i < COMMANDS; i++) {
        cr_assert(ask(&it, &asked[i], "INCR", "a"));
        if (i == COMMANDS / 2) {
            fixture_flush(&it);
            uv_run(&it.loop, UV_RUN_NOWAIT);
        }
    }
    redis_server_kill(server);
    turn_until(&it, redis_state(it.client) != REDIS_CONNECTED);
    for (size_t i = 0; i < COMMANDS; i++) {
        cr_assert_eq(asked[i].answers, 1, "at the moment it is told, all have ended");
        cr_assert_eq(asked[i].type, 0);
    }
    cr_expect_not(ask(&it, &asked[0], "PING"));
    redis_server_restart(server);
    turn_until(&it, redis_state(it.client) == REDIS_CONNECTED);
    expect_answer(&it, "PONG", "PING");
    for (size_t i = 0; i < COMMANDS; i++) {
        cr_assert_eq(asked[i].answers, 1);
    }
    fixture_done(&it);
}

Test(redis_losses, a_server_that_hangs_is_given_up_in_time_and_found_again)
{
    struct asked asked[8] = {0};
    struct redis_server *server = redis_server_start(NULL);
    fixture_init(&it);
    connect_with_timeout(redis_server_url(server, NULL), 300);
    turn_until(&it, redis_state(it.client) == REDIS_CONNECTED);
    redis_server_halt(server);
    int64_t start = now_ms();
    for (size_t i = 0; i < 8; i++) {
        cr_assert(ask(&it, &asked[i], "PING"));
    }
    turn_until(&it, redis_state(it.client) == REDIS_UNREACHABLE);
    cr_expect_geq(now_ms() - start, 300, "not before its time");
    cr_expect(fixture_was_told(&it, REDIS_UNREACHABLE, "no answer to a command in time"));
    for (size_t i = 0; i < 8; i++) {
        cr_expect_eq(asked[i].answers, 1);
        cr_expect_eq(asked[i].type, 0);
    }
    /* the kernel takes connections for it, but nobody answers on them */
    turn_until(&it, fixture_was_told(&it, REDIS_UNREACHABLE, "its answer took too long"));
    redis_server_continue(server);
    turn_until(&it, redis_state(it.client) == REDIS_CONNECTED);
    expect_answer(&it, "PONG", "PING");
    fixture_done(&it);
}

Test(redis_losses, a_loop_that_was_late_does_not_take_it_for_a_server_that_hangs)
{
    struct asked asked = {0};
    struct redis_server *server = redis_server_start(NULL);
    fixture_init(&it);
    connect_with_timeout(redis_server_url(server, NULL), 200);
    turn_until(&it, redis_state(it.client) == REDIS_CONNECTED);
    for (int round = 0; round < 3; round++) {
        asked = (struct asked){0};
        cr_assert(ask(&it, &asked, "PING"));
        fixture_flush(&it);
        struct pollfd answer = {.fd = uv_backend_fd(&it.loop), .events = POLLIN};
        /* the answer is there, the loop does not turn */
        expect_soon(poll(&answer, 1, 0) == 1);
        expect_throughout(poll(&answer, 1, 0) == 1, 250);
        turn_until(&it, asked.answers > 0);
        cr_expect_str_eq(asked.text, "PONG");
    }
    cr_expect_eq(it.told_count, 1);
    fixture_done(&it);
}

Test(redis_losses, a_connection_in_use_for_longer_than_a_time_out_is_none_that_hangs)
{
    struct asked asked = {0};
    struct redis_server *server = redis_server_start(NULL);
    fixture_init(&it);
    connect_with_timeout(redis_server_url(server, NULL), 1500);
    turn_until(&it, redis_state(it.client) == REDIS_CONNECTED);
    for (int64_t start = now_ms(); now_ms() < start + 3500;) {
        asked.answers = 0;
        cr_assert(ask(&it, &asked, "PING"));
        turn_until(&it, asked.answers > 0);
    }
    int64_t start = now_ms();
    turn_until(&it, now_ms() > start + 2000); /* the timer finds nobody who waits */
    expect_answer(&it, "PONG", "PING");
    cr_expect_eq(it.told_count, 1);
    fixture_done(&it);
}

Test(redis_losses, a_connection_the_server_ends_is_made_again)
{
    struct redis_server *server = redis_server_start(NULL);
    fixture_init(&it);
    fixture_connect(&it, redis_server_url(server, NULL));
    for (int round = 0; round < 3; round++) {
        it.told_count = 0;
        (void)redis_server_ask(server, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
        turn_until(&it, it.told_count >= 2 && redis_state(it.client) == REDIS_CONNECTED);
        cr_expect_eq(it.told[0].state, REDIS_UNREACHABLE);
        cr_expect(strstr(it.told[0].reason, "connection lost: "), "%s", it.told[0].reason);
        expect_answer(&it, "PONG", "PING");
    }
    fixture_done(&it);
}

/* ---- all at once ---- */

struct storm {
    size_t asked;
    size_t answered;
    size_t lost;
};

static void on_storm(void *context, const struct redisReply *reply)
{
    struct storm *storm = context;
    storm->answered += reply != NULL;
    storm->lost += reply == NULL;
    cr_assert_leq(storm->answered + storm->lost, storm->asked);
}

/* Commands in lots of all sizes, as many as it takes. */
static void storm_on(struct storm *storm)
{
    static const struct slice words[] = {SLICE_INIT("INCR"), SLICE_INIT("count")};
    unsigned lot = 0;
    random_fill(random_system(), &lot, sizeof lot);
    for (lot %= 300; lot > 0 && redis_send(it.client, 2, words, on_storm, storm); lot--) {
        storm->asked++;
    }
}

Test(redis_losses, each_command_ends_once_whatever_happens)
{
    enum { ROUNDS = 10 }; /* the wait between them grows */
    struct storm storm = {0};
    struct redis_server *server = redis_server_start(NULL);
    fixture_init(&it);
    connect_with_timeout(redis_server_url(server, NULL), 5000);
    static struct fixture killer;
    fixture_init(&killer);
    fixture_connect(&killer, redis_server_url(server, NULL));
    for (int round = 0; round < ROUNDS; round++) {
        it.told_count = 0;
        turn_until(&it, redis_state(it.client) == REDIS_CONNECTED);
        for (int turns = 0; turns < 20; turns++) {
            storm_on(&storm);
            uv_run(&it.loop, UV_RUN_NOWAIT);
        }
        cr_assert(ask(&killer, NULL, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"));
        fixture_flush(&killer);
        storm_on(&storm);
        turn_until(&it, redis_state(it.client) != REDIS_CONNECTED);
        cr_assert_eq(storm.answered + storm.lost, storm.asked);
    }
    cr_expect_gt(storm.answered, 0);
    cr_expect_gt(storm.lost, 0);
    fixture_done(&killer);
    size_t counted = strtoul(redis_server_ask(server, "GET", "count"), NULL, 10);
    cr_expect_geq(counted, storm.answered, "what was answered was done");
    cr_expect_leq(counted, storm.asked);
    fixture_done(&it);
}

Test(redis_losses, what_waits_to_be_sent_has_a_limit)
{
    enum { BIG = 1024 * 1024, FITS = 64 };
    struct redis_server *server = redis_server_start(NULL);
    char *big = xcalloc(1, BIG);
    fixture_init(&it);
    fixture_connect(&it, redis_server_url(server, NULL));
    redis_server_halt(server);
    const struct slice words[] = {SLICE("SET"), SLICE("a"), {big, BIG}};
    static struct asked asked[FITS * 2];
    unsigned sent = 0;
    while (sent < FITS * 2 && fixture_send(&it, &asked[sent], 3, words)) {
        if (++sent == FITS / 2) {
            fixture_flush(&it);
        }
    }
    cr_expect_leq(sent, FITS + 8, "and what the kernel has taken");
    cr_expect_geq(sent, FITS - 1);
    redis_server_continue(server);
    turn_until(&it, asked[sent - 1].answers > 0);
    for (unsigned i = 0; i < sent; i++) {
        cr_assert_eq(asked[i].answers, 1);
        cr_assert_str_eq(asked[i].text, "OK");
    }
    cr_expect(fixture_send(&it, &asked[sent], 3, words), "there is room again");
    turn_until(&it, asked[sent].answers > 0);
    free(big);
    fixture_done(&it);
}

/* ---- with a server that misbehaves ---- */

static struct fake fake;

static const char *fake_url(void)
{
    return text_of("redis://127.0.0.1:%u", (unsigned)fake.port);
}

static void open_fake(struct fake_script script, uint64_t timeout_ms)
{
    fixture_init(&it);
    fake_start(&fake, &it.loop);
    fake.script = script;
    connect_with_timeout(fake_url(), timeout_ms);
}

static void close_fake(void)
{
    fake_stop(&fake);
    fixture_done(&it);
}

Test(redis_losses, answers_may_come_byte_by_byte)
{
    static const char answers[] = "$5\r\nhello\r\n:42\r\n*2\r\n$0\r\n\r\n*-1\r\n$-1\r\n-ERR no\r\n";
    struct asked asked[5] = {0};
    open_fake((struct fake_script){.first = WELCOME, .then = answers, .drips = true}, 10000);
    turn_until(&it, redis_state(it.client) == REDIS_CONNECTED);
    for (size_t i = 0; i < 5; i++) {
        cr_assert(ask(&it, &asked[i], "X"));
    }
    turn_until(&it, asked[4].answers > 0);
    cr_expect_str_eq(asked[0].text, "hello");
    cr_expect_eq(asked[1].integer, 42);
    cr_expect_eq(asked[2].type, REDIS_REPLY_ARRAY);
    cr_expect_eq(asked[3].type, REDIS_REPLY_NIL);
    cr_expect_eq(asked[4].type, REDIS_REPLY_ERROR);
    cr_expect_eq(it.told_count, 1);
    close_fake();
}

Test(redis_losses, an_answer_cut_off_in_its_middle_is_none)
{
    static const enum fake_end ends[] = {FAKE_CLOSES, FAKE_RESETS};
    for (size_t i = 0; i < 2; i++) {
        struct asked asked[2] = {0};
        open_fake((struct fake_script){.first = WELCOME,
                                       .then = "+OK\r\n$100\r\nnot all",
                                       .end = ends[i]},
                  10000);
        turn_until(&it, redis_state(it.client) == REDIS_CONNECTED);
        cr_assert(ask(&it, &asked[0], "X"));
        cr_assert(ask(&it, &asked[1], "X"));
        turn_until(&it, redis_state(it.client) == REDIS_UNREACHABLE);
        cr_expect_eq(asked[1].answers, 1);
        cr_expect_eq(asked[1].type, 0);
        cr_expect_eq(asked[0].answers, 1);
        turn_until(&it, redis_state(it.client) == REDIS_CONNECTED);
        close_fake();
    }
}

Test(redis_losses, what_cannot_be_read_costs_the_connection)
{
    static const char *const garbage[] = {
        "hello\r\n",
        "HTTP/1.1 200 OK\r\n\r\n",
        "%2\r\n+a\r\n:1\r\n",
        "$999999999\r\n",
        "$9223372036854775807\r\n",
        "$18446744073709551615\r\n",
        "*2147483647\r\n",
        "*4294967297\r\n",
        "*1000000\r\n",
        "*9\r\n*9\r\n*9\r\n*9\r\n*9\r\n*9\r\n*9\r\n*9\r\n*9\r\n*9\r\n:1\r\n",
        "$-7\r\n",
    };
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) {
        struct asked asked = {0};
        open_fake((struct fake_script){.first = WELCOME, .then = garbage[i]}, 10000);
        turn_until(&it, redis_state(it.client) == REDIS_CONNECTED);
        cr_assert(ask(&it, &asked, "X"));
        turn_until(&it, asked.answers > 0);
        cr_expect_eq(asked.type, 0, "%s", garbage[i]);
        cr_expect(fixture_was_told(&it, REDIS_UNREACHABLE, "an answer that cannot be read"), "%s",
                  garbage[i]);
        close_fake();
    }
}

Test(redis_losses, an_answer_nobody_asked_for_costs_the_connection)
{
    struct asked asked = {0};
    open_fake((struct fake_script){.first = WELCOME, .then = "+OK\r\n+OK\r\n"}, 10000);
    turn_until(&it, redis_state(it.client) == REDIS_CONNECTED);
    cr_assert(ask(&it, &asked, "X"));
    turn_until(&it, redis_state(it.client) == REDIS_UNREACHABLE);
    cr_expect_str_eq(asked.text, "OK");
    cr_expect_eq(asked.answers, 1);
    close_fake();
}

Test(redis_losses, attempts_become_rarer)
{
    open_fake((struct fake_script){.ends_at_once = true}, 10000);
    int64_t start = now_ms();
    turn_until(&it, now_ms() > start + 1500);
    /* the shortest waits: 25, 50, 100, 200, 400 and 800 ms */
    cr_expect_leq(fake.connections, 7);
    turn_until(&it, fake.connections >= 2);
    close_fake();
}

Test(redis_losses, a_server_that_only_greets_is_not_stormed)
{
    open_fake((struct fake_script){.first = WELCOME, .end = FAKE_CLOSES}, 10000);
    int64_t start = now_ms();
    turn_until(&it, now_ms() > start + 1500);
    cr_expect_leq(fake.connections, 7);
    turn_until(&it, fake.connections >= 2);
    close_fake();
}
