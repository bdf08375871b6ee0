/* A client that listens: messages, dead peers, and that it stands again after a loss. */
#include "client_fixture.h"
#include "fake_redis.h"

TestSuite(redis_subscription, .timeout = 120);

static struct fixture it;

static void listen_at(const char *url, uint64_t timeout_ms)
{
    struct redis_config config = fixture_config(&it, url);
    config.channel = "news";
    config.timeout_ms = timeout_ms;
    fixture_open_with(&it, &config);
    turn_until(&it, redis_state(it.client) == REDIS_CONNECTED);
}

Test(redis_subscription, gets_what_is_published_on_its_channel_in_order)
{
    struct redis_server *server = redis_server_start(NULL);
    fixture_init(&it);
    listen_at(redis_server_url(server, NULL), 5000);
    cr_expect_str_eq(redis_server_ask(server, "PUBLISH", "news", "one"), "1",
                     "it stands when it says so");
    cr_expect_str_eq(redis_server_ask(server, "PUBLISH", "other", "none"), "0");
    cr_expect_str_eq(redis_server_ask(server, "PUBLISH", "news", ""), "1");
    cr_expect_str_eq(redis_server_ask(server, "PUBLISH", "news", "two words"), "1");
    turn_until(&it, it.message_count == 3);
    cr_expect_str_eq(it.messages[0], "one");
    cr_expect_str_eq(it.messages[1], "");
    cr_expect_str_eq(it.messages[2], "two words");
    cr_expect_not(ask(&it, NULL, "PING"), "it is not for commands");
    fixture_done(&it);
}

Test(redis_subscription, stands_again_after_a_loss_and_says_so)
{
    struct redis_server *server = redis_server_start(NULL);
    fixture_init(&it);
    listen_at(redis_server_url(server, NULL), 5000);
    redis_server_kill(server);
    turn_until(&it, redis_state(it.client) == REDIS_UNREACHABLE);
    redis_server_restart(server);
    turn_until(&it, redis_state(it.client) == REDIS_CONNECTED);
    cr_expect_str_eq(redis_server_ask(server, "PUBLISH", "news", "again"), "1");
    turn_until(&it, it.message_count == 1);
    fixture_done(&it);
}

Test(redis_subscription, notices_a_server_that_hangs)
{
    struct redis_server *server = redis_server_start(NULL);
    fixture_init(&it);
    listen_at(redis_server_url(server, NULL), 500);
    redis_server_halt(server);
    turn_until(&it, redis_state(it.client) == REDIS_UNREACHABLE);
    cr_expect(fixture_was_told(&it, REDIS_UNREACHABLE, "the subscription has gone silent"));
    redis_server_continue(server);
    turn_until(&it, redis_state(it.client) == REDIS_CONNECTED);
    cr_expect_str_eq(redis_server_ask(server, "PUBLISH", "news", "again"), "1");
    turn_until(&it, it.message_count == 1);
    fixture_done(&it);
}

Test(redis_subscription, stands_where_nothing_is_published)
{
    struct redis_server *server = redis_server_start(NULL);
    fixture_init(&it);
    listen_at(redis_server_url(server, NULL), 2000);
    int64_t start = now_ms();
    turn_until(&it, now_ms() > start + 8000); /* past a PING and its time */
    cr_expect_eq(it.told_count, 1);
    fixture_done(&it);
}

Test(redis_subscription, may_be_closed_by_a_message)
{
    struct redis_server *server = redis_server_start(NULL);
    fixture_init(&it);
    it.close_when_messaged = true;
    listen_at(redis_server_url(server, NULL), 5000);
    (void)redis_server_ask(server, "EVAL",
                           "redis.call('PUBLISH', 'news', '1') redis.call('PUBLISH', 'news', '2')",
                           "0");
    turn_until(&it, !it.client);
    fixture_done(&it);
    cr_expect_eq(it.message_count, 1);
}

#define SUBSCRIBED WELCOME "*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n"

static const char *fake_url(const struct fake *fake)
{
    return text_of("redis://127.0.0.1:%u", (unsigned)fake->port);
}

Test(redis_subscription, messages_may_come_with_the_welcome_and_byte_by_byte)
{
    static struct fake fake;
    for (int drips = 0; drips < 2; drips++) {
        fixture_init(&it);
        fake_start(&fake, &it.loop);
        fake.script = (struct fake_script){.first = SUBSCRIBED
                                           "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$5\r\nearly\r\n",
                                           .drips = drips == 1};
        listen_at(fake_url(&fake), 5000);
        turn_until(&it, it.message_count == 1);
        cr_expect_str_eq(it.messages[0], "early");
        fake_stop(&fake);
        fixture_done(&it);
    }
}

Test(redis_subscription, what_is_no_message_does_no_harm)
{
    static struct fake fake;
    fixture_init(&it);
    fake_start(&fake, &it.loop);
    fake.script = (struct fake_script){.first = SUBSCRIBED
                                       "*0\r\n*3\r\n:1\r\n:2\r\n:3\r\n$-1\r\n:7\r\n-MISCONF no\r\n"
                                       "*2\r\n$4\r\npong\r\n$0\r\n\r\n"
                                       "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$-1\r\n"
                                       "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$3\r\nyes\r\n"};
    listen_at(fake_url(&fake), 5000);
    turn_until(&it, it.message_count == 1);
    cr_expect_str_eq(it.messages[0], "yes");
    cr_expect_eq(it.told_count, 1);
    fake_stop(&fake);
    fixture_done(&it);
}
