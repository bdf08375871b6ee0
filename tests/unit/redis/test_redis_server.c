/* The harness that starts a redis-server: what all tests over Redis lean on. */
#include "support/redis_server.h"

#include <criterion/criterion.h>
#include <string.h>

Test(redis_server, answers_and_is_gone_when_killed)
{
    struct redis_server *server = redis_server_start(NULL);
    cr_expect_str_eq(redis_server_ask(server, "SET", "a", "b c"), "OK");
    cr_expect_str_eq(redis_server_ask(server, "GET", "a"), "b c");
    redis_server_kill(server);
    cr_expect_eq(redis_server_pid(server), 0);
    cr_expect_str_eq(redis_server_ask(server, "GET", "a"), "");
}

Test(redis_server, comes_back_on_its_port_with_what_it_kept)
{
    struct redis_server *server =
        redis_server_start_with("--appendonly", "yes", "--appendfsync", "always");
    uint16_t port = redis_server_port(server);
    cr_expect_str_eq(redis_server_ask(server, "SET", "a", "b"), "OK");
    redis_server_kill(server);
    redis_server_restart(server);
    cr_expect_eq(redis_server_port(server), port);
    cr_expect_str_eq(redis_server_ask(server, "GET", "a"), "b");
    redis_server_stop(server);
    redis_server_restart(server);
    cr_expect_str_eq(redis_server_ask(server, "GET", "a"), "b");
}

Test(redis_server, is_halted_and_goes_on)
{
    struct redis_server *server = redis_server_start(NULL);
    struct redis_server *other = redis_server_start(NULL);
    redis_server_halt(server);
    cr_expect_str_eq(redis_server_ask(other, "PING"), "PONG");
    redis_server_continue(server);
    cr_expect_str_eq(redis_server_ask(server, "PING"), "PONG");
}

Test(redis_server, nobody_listens_before_it_is_started)
{
    struct redis_server *server = redis_server_prepare(NULL);
    cr_expect_str_eq(redis_server_ask(server, "PING"), "");
    redis_server_restart(server);
    cr_expect_str_eq(redis_server_ask(server, "PING"), "PONG");
    cr_expect(strstr(redis_server_log(server), "Ready to accept connections"));
}

Test(redis_server, a_change_of_passwords_does_not_shut_the_test_out)
{
    struct redis_server *server = redis_server_start(NULL);
    cr_expect_str_eq(redis_server_ask(server, "CONFIG", "SET", "requirepass", "x"), "OK");
    cr_expect_str_eq(redis_server_ask(server, "PING"), "PONG");
    cr_expect_str_eq(redis_server_ask(server, "ACL", "SETUSER", "default", "off"), "OK");
    cr_expect_str_eq(redis_server_ask(server, "PING"), "PONG");
}
