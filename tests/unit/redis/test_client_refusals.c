/* The client where it is not let in, and what it says of it: never a secret. */
#include "../upstream/wipe_watch.h"
#include "client_fixture.h"
#include "fake_redis.h"

TestSuite(redis_refusals, .timeout = 120);

static struct fixture it;

static void expect_end(const char *url, enum redis_state state, const char *part)
{
    fixture_init(&it);
    fixture_open(&it, url);
    turn_until(&it, it.told_count > 0);
    cr_expect_eq(it.told[0].state, state, "%s: %s", part, it.told[0].reason);
    cr_expect(strstr(it.told[0].reason, part), "%s instead of %s", it.told[0].reason, part);
    cr_expect_not(strstr(it.told[0].reason, "hunter2"));
    fixture_done(&it);
}

Test(redis_refusals, credentials_that_are_wrong_are_said)
{
    struct redis_server *server =
        redis_server_start_with("--requirepass", "right", "--user", "alice", "on", ">x", "-@all",
                                "--user", "carol", "on", ">x", "-@all", "+ping");
    expect_end(redis_server_url(server, NULL), REDIS_REFUSED, "it wants a password");
    expect_end(redis_server_url(server, ":hunter2"), REDIS_REFUSED, "user or password is wrong");
    expect_end(redis_server_url(server, "nobody:hunter2"), REDIS_REFUSED,
               "user or password is wrong");
    expect_end(redis_server_url(server, "alice:x"), REDIS_REFUSED, "the user may not PING");
    expect_end(text_of("%s/2", redis_server_url(server, "carol:x")), REDIS_REFUSED,
               "the user may not SELECT a database");
    expect_end(text_of("%s/99", redis_server_url(server, ":right")), REDIS_REFUSED,
               "it does not let us use that database");
}

Test(redis_refusals, a_password_is_wiped_once_it_was_said_and_at_the_end)
{
    struct redis_server *server = redis_server_start_with("--requirepass", "hunter2");
    fixture_init(&it);
    fixture_open(&it, redis_server_url(server, ":hunter2"));
    watch_for("hunter2", 7);
    turn_until(&it, redis_state(it.client) == REDIS_CONNECTED);
    cr_expect_geq(wiped.count, 1);
    unsigned before = wiped.count;
    fixture_done(&it);
    cr_expect_gt(wiped.count, before);
}

Test(redis_refusals, a_password_nobody_wants_is_refused)
{
    struct redis_server *server = redis_server_start(NULL);
    expect_end(redis_server_url(server, ":hunter2"), REDIS_REFUSED,
               "it does not take the user and password");
}

Test(redis_refusals, a_channel_that_is_not_allowed_is_said)
{
    struct redis_server *server =
        redis_server_start_with("--user", "alice", "on", ">x", "resetchannels", "&other", "+@all");
    fixture_init(&it);
    struct redis_config config = fixture_config(&it, redis_server_url(server, "alice:x"));
    config.channel = "news";
    fixture_open_with(&it, &config);
    turn_until(&it, it.told_count > 0);
    cr_expect_eq(it.told[0].state, REDIS_REFUSED);
    cr_expect_str_eq(it.told[0].reason, "the user may not SUBSCRIBE to the channel");
    fixture_done(&it);
}

Test(redis_refusals, is_let_in_by_itself_once_the_password_is_right)
{
    struct redis_server *server = redis_server_start_with("--requirepass", "old");
    fixture_init(&it);
    fixture_open(&it, redis_server_url(server, ":new"));
    turn_until(&it, redis_state(it.client) == REDIS_REFUSED);
    cr_expect_str_eq(redis_server_ask(server, "CONFIG", "SET", "requirepass", "new"), "OK");
    turn_until(&it, redis_state(it.client) == REDIS_CONNECTED);
    cr_expect_eq(it.told_count, 2);
    fixture_done(&it);
}

Test(redis_refusals, what_refuses_later_is_told_after_the_loss)
{
    struct redis_server *server = redis_server_start_with("--requirepass", "old");
    fixture_init(&it);
    fixture_connect(&it, redis_server_url(server, ":old"));
    (void)redis_server_ask(server, "CONFIG", "SET", "requirepass", "new");
    (void)redis_server_ask(server, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    turn_until(&it, redis_state(it.client) == REDIS_REFUSED);
    cr_expect_eq(it.told[1].state, REDIS_UNREACHABLE);
    fixture_done(&it);
}

/* ---- with something else on the port ---- */

struct sample {
    const char *said;
    enum redis_state state;
    const char *reason;
};

static void expect_fake(const struct sample *sample, const char *credentials)
{
    static struct fake fake;
    fixture_init(&it);
    fake_start(&fake, &it.loop);
    fake.script = (struct fake_script){.first = sample->said, .end = FAKE_CLOSES};
    fixture_open(&it, text_of("redis://%s127.0.0.1:%u", credentials, (unsigned)fake.port));
    turn_until(&it, it.told_count > 0);
    cr_expect_eq(it.told[0].state, sample->state, "%s: %s", sample->said, it.told[0].reason);
    cr_expect_str_eq(it.told[0].reason, sample->reason, "%s", sample->said);
    fake_stop(&fake);
    fixture_done(&it);
}

Test(redis_refusals, what_is_no_redis_is_refused)
{
    static const struct sample samples[] = {
        {"HTTP/1.1 400 Bad Request\r\n\r\n", REDIS_REFUSED, "what answers is no Redis"},
        {"220 mail.example.org ESMTP\r\n", REDIS_REFUSED, "what answers is no Redis"},
        {"\x15\x03\x03\x02\x02\x0a", REDIS_REFUSED, "what answers is no Redis"},
        {"+PONG\r\n+OK\r\n", REDIS_REFUSED, "what answers is no Redis"},
        {":1\r\n", REDIS_REFUSED, "what answers is no Redis"},
        {"+OK\r\n*1\r\n+PONG\r\n", REDIS_REFUSED, "what answers is no Redis"},
        {"+OK\r\n$-1\r\n", REDIS_REFUSED, "what answers is no Redis"},
    };
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        expect_fake(&samples[i], "");
    }
}

Test(redis_refusals, what_may_pass_is_waited_for)
{
    static const struct sample samples[] = {
        {"+OK\r\n-LOADING Redis is loading the dataset in memory\r\n", REDIS_UNREACHABLE,
         "it is loading its data"},
        {"+OK\r\n-BUSY Redis is busy running a script.\r\n", REDIS_UNREACHABLE,
         "it is busy with a script"},
        {"+OK\r\n-MASTERDOWN Link with MASTER is down\r\n", REDIS_UNREACHABLE,
         "it is a replica that has lost its primary"},
        {"-ERR max number of clients reached\r\n", REDIS_UNREACHABLE, "it has too many clients"},
        {"+OK\r\n-ERR no upstream\r\n", REDIS_UNREACHABLE, "it answers PING with an error"},
        {"+OK\r\n", REDIS_UNREACHABLE, "connection lost: it has ended the connection"},
        {"-DENIED Redis is running in protected mode\r\n", REDIS_REFUSED,
         "it lets nobody in from outside its machine (protected mode)"},
        {"-ERR unknown command 'CLIENT'\r\n+PONG\r\n", REDIS_CONNECTED, ""},
        {"+OK\r\n-MISCONF Errors writing to the AOF file\r\n", REDIS_CONNECTED, ""},
    };
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        expect_fake(&samples[i], "");
    }
}

Test(redis_refusals, what_the_server_says_is_not_repeated)
{
    static const struct sample samples[] = {
        {"-ERR unknown command 'AUTH', with args beginning with: 'hunter2'\r\n", REDIS_REFUSED,
         "it does not take the user and password"},
        {"-hunter2\r\n", REDIS_REFUSED, "it does not take the user and password"},
        {"-WRONGPASS hunter2\r\n", REDIS_REFUSED, "user or password is wrong"},
        {"hunter2\r\n", REDIS_REFUSED, "what answers is no Redis"},
        {"+hunter2\r\n", REDIS_REFUSED, "what answers is no Redis"},
    };
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        expect_fake(&samples[i], "alice:hunter2@");
        expect_fake(&samples[i], ":hunter2@");
    }
}

Test(redis_refusals, a_server_that_keeps_silent_is_given_up)
{
    static struct fake fake;
    fixture_init(&it);
    fake_start(&fake, &it.loop);
    struct redis_config config =
        fixture_config(&it, text_of("redis://127.0.0.1:%u", (unsigned)fake.port));
    config.timeout_ms = 100;
    fixture_open_with(&it, &config);
    turn_until(&it, fake.ended >= 2);
    cr_expect_eq(it.told_count, 1);
    cr_expect_eq(it.told[0].state, REDIS_UNREACHABLE);
    cr_expect_str_eq(it.told[0].reason, "no connection in time: its answer took too long");
    fake_stop(&fake);
    fixture_done(&it);
}
