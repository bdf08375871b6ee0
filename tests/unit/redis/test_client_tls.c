/* The client over TLS: whom it believes, and that all else works as without. */
#include "certificates.h"
#include "client_fixture.h"
#include "fake_redis.h"

TestSuite(redis_tls, .timeout = 120);

static struct fixture it;
static const char *folder;
static const struct certificate *authority;

static void setup(void)
{
    folder = folder_new();
    authority = certificate_make(folder, (struct certificate_wish){0});
}

static struct redis_server *start(const struct certificate *certificate)
{
    return redis_server_start_with("--tls-cert-file", certificate->file, "--tls-key-file",
                                   certificate->key_file, "--tls-ca-cert-file", authority->file,
                                   "--tls-auth-clients", "no");
}

static struct redis_server *start_for(const char *names)
{
    return start(
        certificate_make(folder, (struct certificate_wish){.name = names, .by = authority}));
}

static void open_at(const struct redis_server *server, const char *host, const char *ca_file)
{
    fixture_init(&it);
    struct redis_config config =
        fixture_config(&it, text_of("rediss://%s:%u", host, (unsigned)redis_server_port(server)));
    config.ca_file = ca_file;
    fixture_open_with(&it, &config);
}

static void expect_trust(const struct redis_server *server, const char *host)
{
    open_at(server, host, authority->file);
    turn_until(&it, it.told_count > 0);
    cr_expect_eq(it.told[0].state, REDIS_CONNECTED, "%s: %s", host, it.told[0].reason);
    expect_answer(&it, "PONG", "PING");
    fixture_done(&it);
}

static void expect_distrust(const struct redis_server *server, const char *host,
                            const char *ca_file, const char *reason)
{
    open_at(server, host, ca_file);
    turn_until(&it, it.told_count > 0);
    cr_expect_eq(it.told[0].state, REDIS_REFUSED);
    cr_expect_str_eq(it.told[0].reason, reason, "%s: %s", host, it.told[0].reason);
    fixture_done(&it);
}

Test(redis_tls, a_certificate_for_the_name_or_the_address_is_believed, .init = setup)
{
    struct redis_server *server = start_for("DNS:localhost,IP:127.0.0.1,IP:::1");
    expect_trust(server, "localhost");
    expect_trust(server, "LOCALHOST");
    expect_trust(server, "127.0.0.1");
    expect_trust(server, "[::1]");
}

Test(redis_tls, a_certificate_for_another_is_not_believed, .init = setup)
{
    struct redis_server *server = start_for("DNS:redis.example.org,IP:192.0.2.1");
    expect_distrust(server, "localhost", authority->file,
                    "its certificate is not accepted: hostname mismatch");
    expect_distrust(server, "127.0.0.1", authority->file,
                    "its certificate is not accepted: IP address mismatch");
    expect_distrust(server, "[::1]", authority->file,
                    "its certificate is not accepted: IP address mismatch");
}

Test(redis_tls, a_name_is_no_address_and_an_address_no_name, .init = setup)
{
    expect_distrust(start_for("IP:127.0.0.1"), "localhost", authority->file,
                    "its certificate is not accepted: hostname mismatch");
    expect_distrust(start_for("DNS:127.0.0.1"), "127.0.0.1", authority->file,
                    "its certificate is not accepted: IP address mismatch");
}

Test(redis_tls, an_authority_nobody_knows_is_not_believed, .init = setup)
{
    struct redis_server *server = start_for("DNS:localhost");
    const struct certificate *other = certificate_make(folder, (struct certificate_wish){0});
    expect_distrust(
        server, "localhost", other->file,
        "its certificate is not accepted: self-signed certificate in certificate chain");
    expect_distrust(
        server, "localhost", NULL,
        "its certificate is not accepted: self-signed certificate in certificate chain");
    expect_distrust(
        server, "localhost", "",
        "its certificate is not accepted: self-signed certificate in certificate chain");
}

Test(redis_tls, a_certificate_by_itself_is_not_believed, .init = setup)
{
    const struct certificate *own =
        certificate_make(folder, (struct certificate_wish){.name = "DNS:localhost"});
    expect_distrust(start(own), "localhost", authority->file,
                    "its certificate is not accepted: self-signed certificate");
}

Test(redis_tls, a_certificate_that_has_expired_is_not_believed, .init = setup)
{
    const struct certificate *expired = certificate_make(
        folder,
        (struct certificate_wish){.name = "DNS:localhost", .by = authority, .expired = true});
    expect_distrust(start(expired), "localhost", authority->file,
                    "its certificate is not accepted: certificate has expired");
}

Test(redis_tls, an_authority_that_cannot_be_read_is_said_and_read_once_it_is_there, .init = setup)
{
    struct redis_server *server = start_for("DNS:localhost");
    const char *path = text_of("%s/not-yet.pem", folder);
    open_at(server, "localhost", path);
    turn_until(&it, it.told_count > 0);
    cr_expect_eq(it.told[0].state, REDIS_REFUSED);
    cr_expect_str_eq(it.told[0].reason, "no certificates can be read from the CA file");
    (void)file_new(folder, "not-yet.pem", "this is no certificate\n");
    cr_assert_eq(rename(authority->file, path), 0);
    turn_until(&it, redis_state(it.client) == REDIS_CONNECTED);
    cr_expect_eq(it.told_count, 2);
    fixture_done(&it);
}

Test(redis_tls, a_server_that_wants_a_certificate_of_ours_does_not_get_one, .init = setup)
{
    const struct certificate *certificate = certificate_make(
        folder, (struct certificate_wish){.name = "DNS:localhost", .by = authority});
    struct redis_server *server = redis_server_start_with(
        "--tls-cert-file", certificate->file, "--tls-key-file", certificate->key_file,
        "--tls-ca-cert-file", authority->file, "--tls-auth-clients", "yes");
    open_at(server, "localhost", authority->file);
    turn_until(&it, it.told_count > 0);
    /* it says why and resets the connection, which may overtake what it says */
    bool said =
        it.told[0].state == REDIS_REFUSED && strstr(it.told[0].reason, "certificate required");
    bool lost =
        it.told[0].state == REDIS_UNREACHABLE && strstr(it.told[0].reason, "connection lost");
    cr_expect(said || lost, "%s", it.told[0].reason);
    fixture_done(&it);
}

Test(redis_tls, old_versions_are_not_spoken, .init = setup)
{
    const struct certificate *certificate = certificate_make(
        folder, (struct certificate_wish){.name = "DNS:localhost", .by = authority});
    static const char *const versions[] = {"TLSv1.1", "TLSv1.2", "TLSv1.3"};
    for (size_t i = 0; i < 3; i++) {
        struct redis_server *server = redis_server_start_with(
            "--tls-cert-file", certificate->file, "--tls-key-file", certificate->key_file,
            "--tls-ca-cert-file", authority->file, "--tls-auth-clients", "no", "--tls-protocols",
            versions[i], "--tls-ciphers", "DEFAULT:@SECLEVEL=0");
        open_at(server, "localhost", authority->file);
        turn_until(&it, it.told_count > 0);
        cr_expect_eq(it.told[0].state, i == 0 ? REDIS_REFUSED : REDIS_CONNECTED, "%s: %s",
                     versions[i], it.told[0].reason);
        fixture_done(&it);
    }
}

Test(redis_tls, what_speaks_no_tls_is_refused, .init = setup)
{
    static struct fake fake;
    fixture_init(&it);
    fake_start(&fake, &it.loop);
    fake.script = (struct fake_script){.first = "-ERR unknown command\r\n"};
    fixture_open(&it, text_of("rediss://127.0.0.1:%u", (unsigned)fake.port));
    turn_until(&it, it.told_count > 0);
    cr_expect_eq(it.told[0].state, REDIS_REFUSED);
    cr_expect_str_eq(it.told[0].reason, "no TLS connection: wrong version number");
    fake_stop(&fake);
    fixture_done(&it);
}

Test(redis_tls, a_peer_that_keeps_silent_or_goes_in_the_handshake_is_unreachable, .init = setup)
{
    static const struct fake_script scripts[] = {{.first = NULL}, {.ends_at_once = true}};
    static const char *const reasons[] = {
        "no connection in time: the TLS handshake took too long",
        "no TLS connection: ",
    };
    for (size_t i = 0; i < 2; i++) {
        static struct fake fake;
        fixture_init(&it);
        fake_start(&fake, &it.loop);
        fake.script = scripts[i];
        struct redis_config config =
            fixture_config(&it, text_of("rediss://127.0.0.1:%u", (unsigned)fake.port));
        config.timeout_ms = 200;
        fixture_open_with(&it, &config);
        turn_until(&it, it.told_count > 0);
        cr_expect_eq(it.told[0].state, REDIS_UNREACHABLE);
        cr_expect(strstr(it.told[0].reason, reasons[i]), "%s", it.told[0].reason);
        fake_stop(&fake);
        fixture_done(&it);
    }
}

Test(redis_tls, plain_words_to_a_server_that_speaks_tls_come_to_nothing, .init = setup)
{
    struct redis_server *server = start_for("DNS:localhost");
    fixture_init(&it);
    fixture_open(&it, text_of("redis://localhost:%u", (unsigned)redis_server_port(server)));
    turn_until(&it, it.told_count > 0);
    cr_expect_neq(it.told[0].state, REDIS_CONNECTED);
    fixture_done(&it);
}

/* ---- once it is up ---- */

Test(redis_tls, thousands_of_commands_and_megabytes_go_through, .init = setup)
{
    enum { COMMANDS = 3000, BIG = 5 * 1024 * 1024 };
    static struct asked asked[COMMANDS];
    struct asked got = {0};
    char *big = xcalloc(1, BIG);
    struct redis_server *server = start_for("DNS:localhost");
    open_at(server, "localhost", authority->file);
    turn_until(&it, redis_state(it.client) == REDIS_CONNECTED);
    const struct slice words[] = {SLICE("SET"), SLICE("big"), {big, BIG}};
    cr_assert(fixture_send(&it, NULL, 3, words));
    for (size_t i = 0; i < COMMANDS; i++) {
        cr_assert(ask(&it, &asked[i], "INCR", "a"));
    }
    cr_assert(ask(&it, &got, "GET", "big"));
    turn_until(&it, got.answers > 0);
    for (size_t i = 0; i < COMMANDS; i++) {
        cr_assert_eq(asked[i].integer, (long long)i + 1);
    }
    cr_expect_eq(got.size, BIG);
    free(big);
    fixture_done(&it);
}

Test(redis_tls, what_was_sent_before_closing_is_done, .init = setup)
{
    struct redis_server *server = start_for("DNS:localhost");
    open_at(server, "localhost", authority->file);
    turn_until(&it, redis_state(it.client) == REDIS_CONNECTED);
    for (size_t i = 0; i < 5000; i++) {
        cr_assert(ask(&it, NULL, "INCR", "a"));
    }
    fixture_done(&it);
    expect_soon(strcmp(redis_server_ask(server, "GET", "a"), "5000") == 0);
}

Test(redis_tls, kill_9_ends_commands_and_it_comes_back, .init = setup)
{
    static struct asked asked[100];
    struct redis_server *server = start_for("DNS:localhost");
    open_at(server, "localhost", authority->file);
    turn_until(&it, redis_state(it.client) == REDIS_CONNECTED);
    redis_server_halt(server);
    for (size_t i = 0; i < 100; i++) {
        cr_assert(ask(&it, &asked[i], "INCR", "a"));
    }
    fixture_flush(&it);
    redis_server_kill(server);
    turn_until(&it, redis_state(it.client) == REDIS_UNREACHABLE);
    for (size_t i = 0; i < 100; i++) {
        cr_assert_eq(asked[i].answers, 1);
        cr_assert_eq(asked[i].type, 0);
    }
    redis_server_restart(server);
    turn_until(&it, redis_state(it.client) == REDIS_CONNECTED);
    expect_answer(&it, "1", "ECHO", "1");
    fixture_done(&it);
}

/* ---- with somebody in between ---- */

struct relay {
    uv_tcp_t listener;
    uv_tcp_t sides[2]; /* the client's and the server's */
    uv_connect_t connect;
    struct sockaddr_in server;
    uint16_t port;
    bool tampers; /* with what the server says */
    char input[65536];
};

static struct relay relay;

static void on_relay_room(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
    (void)handle;
    (void)suggested;
    *ret = uv_buf_init(relay.input, sizeof relay.input);
}

static void relay_close(uv_tcp_t *tcp)
{
    if (!uv_is_closing((uv_handle_t *)tcp)) {
        uv_close((uv_handle_t *)tcp, NULL);
    }
}

static void on_relay_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *bytes)
{
    bool from_client = stream == (uv_stream_t *)&relay.sides[0];
    if (got < 0) {
        relay_close(&relay.sides[0]);
        relay_close(&relay.sides[1]);
    } else if (got > 0) {
        bytes->base[got - 1] ^= !from_client && relay.tampers;
        uv_buf_t part = uv_buf_init(bytes->base, (unsigned)got);
        uv_stream_t *to = (uv_stream_t *)&relay.sides[from_client ? 1 : 0];
        cr_assert_eq(uv_try_write(to, &part, 1), got);
    }
}

static void on_relay_connected(uv_connect_t *connect, int status)
{
    (void)connect;
    cr_assert_eq(status, 0);
    for (size_t i = 0; i < 2; i++) {
        (void)uv_read_start((uv_stream_t *)&relay.sides[i], on_relay_room, on_relay_read);
    }
}

static void on_relay_connection(uv_stream_t *listener, int status)
{
    cr_assert_eq(status, 0);
    (void)uv_tcp_init(listener->loop, &relay.sides[0]);
    (void)uv_tcp_init(listener->loop, &relay.sides[1]);
    cr_assert_eq(uv_accept(listener, (uv_stream_t *)&relay.sides[0]), 0);
    cr_assert_eq(uv_tcp_connect(&relay.connect, &relay.sides[1],
                                (const struct sockaddr *)&relay.server, on_relay_connected),
                 0);
    uv_close((uv_handle_t *)listener, NULL); /* one is enough */
}

static void relay_start(const struct redis_server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    int size = sizeof address;
    memset(&relay, 0, sizeof relay);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    relay.server = address;
    relay.server.sin_port = htons(redis_server_port(server));
    (void)uv_tcp_init(&it.loop, &relay.listener);
    cr_assert_eq(uv_tcp_bind(&relay.listener, (const struct sockaddr *)&address, 0), 0);
    cr_assert_eq(uv_listen((uv_stream_t *)&relay.listener, 1, on_relay_connection), 0);
    cr_assert_eq(uv_tcp_getsockname(&relay.listener, (struct sockaddr *)&address, &size), 0);
    relay.port = ntohs(address.sin_port);
}

Test(redis_tls, an_answer_that_was_tampered_with_is_none, .init = setup)
{
    struct asked asked[2] = {0};
    struct redis_server *server = start_for("IP:127.0.0.1");
    fixture_init(&it);
    relay_start(server);
    struct redis_config config =
        fixture_config(&it, text_of("rediss://127.0.0.1:%u", (unsigned)relay.port));
    config.ca_file = authority->file;
    fixture_open_with(&it, &config);
    turn_until(&it, redis_state(it.client) == REDIS_CONNECTED);
    cr_assert(ask(&it, &asked[0], "ECHO", "hello"));
    turn_until(&it, asked[0].answers > 0);
    cr_expect_str_eq(asked[0].text, "hello");
    relay.tampers = true;
    cr_assert(ask(&it, &asked[1], "ECHO", "hello"));
    turn_until(&it, asked[1].answers > 0);
    cr_expect_eq(asked[1].type, 0);
    cr_expect_eq(it.told[1].state, REDIS_UNREACHABLE);
    cr_expect(strstr(it.told[1].reason, "no TLS connection: "), "%s", it.told[1].reason);
    relay_close(&relay.sides[0]);
    relay_close(&relay.sides[1]);
    fixture_done(&it);
}

Test(redis_tls, may_be_closed_by_an_answer_and_at_any_moment, .init = setup)
{
    struct redis_server *server = start_for("DNS:localhost");
    struct asked asked[2] = {{.closes = true}};
    open_at(server, "localhost", authority->file);
    turn_until(&it, redis_state(it.client) == REDIS_CONNECTED);
    cr_assert(ask(&it, &asked[0], "PING"));
    cr_assert(ask(&it, &asked[1], "PING"));
    turn_until(&it, !it.client);
    fixture_done(&it);
    cr_expect_eq(asked[1].answers, 0);
    for (unsigned turns = 0; turns < 30; turns++) {
        open_at(server, "localhost", authority->file);
        for (unsigned i = 0; i < turns; i++) {
            uv_run(&it.loop, UV_RUN_NOWAIT);
        }
        fixture_done(&it);
    }
}
