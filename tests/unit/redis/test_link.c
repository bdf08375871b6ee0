/* The way to a server whose name has several addresses; the resolver is the test's. */
#include "client_fixture.h"
#include "fake_redis.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdatomic.h>
#include <sys/socket.h>

TestSuite(redis_link, .timeout = 120);

static struct fixture it;

/* ---- the resolver ---- */

enum { ADDRESSES = 4 };

/* What a thread of the client's finds when it looks the name up. */
static struct {
    const char *addresses[ADDRESSES];
    int fails;
    atomic_bool holds; /* does not answer until it is let go */
    atomic_uint asked;
    atomic_uint answered;
    atomic_uint freed;
} resolver;

struct found {
    struct addrinfo infos[ADDRESSES]; /* the first member */
    struct sockaddr_in addresses[ADDRESSES];
};

/* Stands before the C library's. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **ret)
{
    if ((hints->ai_flags & AI_NUMERICHOST) != 0) {
        return EAI_NONAME;
    }
    atomic_fetch_add(&resolver.asked, 1);
    while (resolver.holds) {
        give_way();
    }
    struct found *found = xcalloc(1, sizeof *found);
    for (size_t i = 0; i < ADDRESSES && resolver.addresses[i]; i++) {
        struct sockaddr_in *at = &found->addresses[i];
        at->sin_family = AF_INET;
        at->sin_port = htons((uint16_t)strtoul(service, NULL, 10));
        (void)inet_pton(AF_INET, resolver.addresses[i], &at->sin_addr);
        found->infos[i] = (struct addrinfo){.ai_addr = (struct sockaddr *)at};
        if (i > 0) {
            found->infos[i - 1].ai_next = &found->infos[i];
        }
    }
    int fails = strcmp(node, "redis.example.org") == 0 ? resolver.fails : EAI_FAIL;
    if (fails != 0) {
        free(found);
    } else {
        *ret = found->infos;
    }
    atomic_fetch_add(&resolver.answered, 1);
    return fails;
}

void freeaddrinfo(struct addrinfo *found)
{
    free(found);
    atomic_fetch_add(&resolver.freed, 1);
}

/* ---- addresses in turn ---- */

static struct fake fake;

static void open_client(uint16_t port, uint64_t timeout_ms)
{
    struct redis_config config =
        fixture_config(&it, text_of("redis://redis.example.org:%u", (unsigned)port));
    config.timeout_ms = timeout_ms;
    fixture_open_with(&it, &config);
}

static void start_fake(const char *first)
{
    fixture_init(&it);
    fake_start(&fake, &it.loop); /* on 127.0.0.1 */
    fake.script = (struct fake_script){.first = first};
}

static void stop_fake(void)
{
    fake_stop(&fake);
    fixture_done(&it);
    expect_soon(resolver.freed == resolver.asked); /* what was found is given back */
}

Test(redis_link, tries_the_next_address_when_one_refuses)
{
    resolver.addresses[0] = "127.0.0.2";
    resolver.addresses[1] = "127.0.0.3";
    resolver.addresses[2] = "127.0.0.1";
    start_fake(WELCOME);
    open_client(fake.port, 10000);
    turn_until(&it, redis_state(it.client) == REDIS_CONNECTED);
    cr_expect_eq(it.told_count, 1, "in one attempt");
    cr_expect_eq(resolver.asked, 1);
    stop_fake();
}

Test(redis_link, looks_the_name_up_anew_at_each_attempt)
{
    resolver.addresses[0] = "127.0.0.2";
    start_fake(WELCOME);
    open_client(fake.port, 10000);
    turn_until(&it, redis_state(it.client) == REDIS_UNREACHABLE);
    cr_expect_str_eq(it.told[0].reason, "cannot connect: connection refused");
    resolver.addresses[0] = "127.0.0.1";
    turn_until(&it, redis_state(it.client) == REDIS_CONNECTED);
    cr_expect_geq(resolver.asked, 2);
    stop_fake();
}

/* A listener whose queue is full: connecting to it never ends. Fills the sockets to be closed. */
static void clog_up(const char *address, uint16_t port, int ret_sockets[3])
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    cr_assert_eq(inet_pton(AF_INET, address, &at.sin_addr), 1);
    ret_sockets[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(ret_sockets[0], (const struct sockaddr *)&at, sizeof at), 0);
    cr_assert_eq(listen(ret_sockets[0], 0), 0);
    for (size_t i = 1; i < 3; i++) {
        ret_sockets[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        (void)connect(ret_sockets[i], (const struct sockaddr *)&at, sizeof at);
    }
}

Test(redis_link, an_address_that_does_not_answer_leaves_time_for_the_next)
{
    int sockets[3];
    resolver.addresses[0] = "127.0.0.2";
    resolver.addresses[1] = "127.0.0.1";
    start_fake(WELCOME);
    clog_up("127.0.0.2", fake.port, sockets);
    int64_t start = now_ms();
    open_client(fake.port, 6000);
    turn_until(&it, redis_state(it.client) == REDIS_CONNECTED);
    cr_expect_eq(it.told_count, 1, "in one attempt");
    cr_expect_geq(now_ms() - start, 1999, "the first has had its share");
    for (size_t i = 0; i < 3; i++) {
        (void)close(sockets[i]);
    }
    stop_fake();
}

Test(redis_link, an_address_that_keeps_silent_does_not_stand_before_the_others_for_ever)
{
    int size = sizeof(struct sockaddr_in);
    struct sockaddr_in at = {0};
    static struct fake silent;
    start_fake(WELCOME);
    cr_assert_eq(uv_tcp_getsockname(&fake.listener, (struct sockaddr *)&at, &size), 0);
    cr_assert_eq(inet_pton(AF_INET, "127.0.0.2", &at.sin_addr), 1);
    memset(&silent, 0, sizeof silent);
    silent.listener.data = &silent;
    (void)uv_tcp_init(&it.loop, &silent.listener);
    cr_assert_eq(uv_tcp_bind(&silent.listener, (const struct sockaddr *)&at, 0), 0);
    cr_assert_eq(uv_listen((uv_stream_t *)&silent.listener, 16, fake_on_connection), 0);
    resolver.addresses[0] = "127.0.0.2";
    resolver.addresses[1] = "127.0.0.1";
    open_client(fake.port, 300);
    turn_until(&it, redis_state(it.client) == REDIS_CONNECTED);
    cr_expect_eq(silent.connections, 1);
    fake_stop(&silent);
    stop_fake();
}

/* ---- names without any ---- */

Test(redis_link, a_look_up_that_fails_is_said)
{
    resolver.fails = EAI_AGAIN;
    fixture_init(&it);
    open_client(1, 10000);
    turn_until(&it, it.told_count > 0);
    cr_expect_eq(it.told[0].state, REDIS_UNREACHABLE);
    cr_expect_str_eq(it.told[0].reason,
                     "its name leads to no address: Temporary failure in name resolution");
    fixture_done(&it);
    cr_expect_eq(resolver.freed, 0);
}

Test(redis_link, one_look_up_runs_at_a_time_and_its_result_is_for_who_waits_then)
{
    resolver.addresses[0] = "127.0.0.1";
    resolver.holds = true;
    start_fake(WELCOME);
    open_client(fake.port, 200);
    turn_until(&it, it.told_count > 0);
    cr_expect_str_eq(it.told[0].reason, "no connection in time: looking up its name took too long");
    int64_t start = now_ms();
    turn_until(&it, now_ms() > start + 1500); /* some attempts */
    cr_expect_eq(resolver.asked, 1);
    resolver.holds = false;
    turn_until(&it, redis_state(it.client) == REDIS_CONNECTED);
    stop_fake();
}

Test(redis_link, a_look_up_under_way_does_not_hold_up_the_end)
{
    resolver.addresses[0] = "127.0.0.1";
    resolver.holds = true;
    start_fake(WELCOME);
    open_client(fake.port, 10000);
    turn_until(&it, resolver.asked == 1);
    fake_stop(&fake);
    fixture_done(&it); /* the loop is closed */
    resolver.holds = false;
    expect_soon(resolver.freed == 1);
    cr_expect_eq(fake.connections, 0);
}
