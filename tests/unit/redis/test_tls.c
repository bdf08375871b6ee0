/* Names and certificates, with a server of OpenSSL's in memory: no resolver has a say. */
#include "certificates.h"
#include "redis/tls.h"

#include <criterion/criterion.h>
#include <openssl/ssl.h>

static const char *folder;
static const struct certificate *authority;

static void setup(void)
{
    folder = folder_new();
    authority = certificate_make(folder, (struct certificate_wish){0});
}

struct server {
    SSL_CTX *context;
    SSL *ssl;
    BIO *input;
    BIO *output;
};

static void server_open(struct server *server, const char *names)
{
    const struct certificate *certificate =
        certificate_make(folder, (struct certificate_wish){.name = names, .by = authority});
    server->context = SSL_CTX_new(TLS_server_method());
    cr_assert_eq(SSL_CTX_use_certificate(server->context, certificate->x509), 1);
    cr_assert_eq(SSL_CTX_use_PrivateKey(server->context, certificate->key), 1);
    server->ssl = SSL_new(server->context);
    server->input = BIO_new(BIO_s_mem());
    server->output = BIO_new(BIO_s_mem());
    SSL_set_bio(server->ssl, server->input, server->output);
    SSL_set_accept_state(server->ssl);
}

static void server_close(struct server *server)
{
    SSL_free(server->ssl);
    SSL_CTX_free(server->context);
}

/* Moves what each has for the other. */
static void exchange(struct redis_tls *tls, struct server *server)
{
    static char bytes[65536];
    struct slice output = redis_tls_output(tls);
    (void)BIO_write(server->input, output.data, (int)output.len);
    redis_tls_sent(tls);
    (void)SSL_do_handshake(server->ssl);
    int size = BIO_read(server->output, bytes, sizeof bytes);
    if (size > 0) {
        redis_tls_feed(tls, (struct slice){bytes, (size_t)size});
    }
}

static enum redis_tls_step shake(struct redis_tls *tls, struct server *server)
{
    enum redis_tls_step step = REDIS_TLS_MORE;
    for (int i = 0; i < 10 && step == REDIS_TLS_MORE; i++) {
        step = redis_tls_shake(tls);
        exchange(tls, server);
    }
    return step;
}

/* NULL, or why not. */
static const char *why_not(const char *host, const char *names)
{
    struct server server = {0};
    const char *reason = NULL;
    server_open(&server, names);
    struct redis_tls *tls = redis_tls_new(host, authority->file);
    cr_assert_not_null(tls);
    if (shake(tls, &server) != REDIS_TLS_UP) {
        reason = text_of("%s", redis_tls_reason(tls));
    }
    redis_tls_free(tls);
    server_close(&server);
    return reason;
}

Test(redis_tls_names, are_matched_whole_and_without_their_last_dot, .init = setup)
{
    cr_expect_null(why_not("redis.example.org", "DNS:redis.example.org"));
    cr_expect_null(why_not("Redis.Example.Org", "DNS:redis.example.org"));
    cr_expect_null(why_not("redis.example.org.", "DNS:redis.example.org"));
    cr_expect_null(why_not("redis.example.org", "DNS:*.example.org"));
    cr_expect_null(why_not("192.0.2.1", "IP:192.0.2.1"));
    cr_expect_null(why_not("2001:db8::1", "IP:2001:DB8:0:0:0:0:0:1"));
    cr_expect_not_null(why_not("redis.example.org", "DNS:r*.example.org"));
    cr_expect_not_null(why_not("a.redis.example.org", "DNS:*.example.org"));
    cr_expect_not_null(why_not("example.org", "DNS:*.example.org"));
    cr_expect_not_null(why_not("redis.example.org", "DNS:example.org"));
    cr_expect_not_null(why_not("example.org", "DNS:redis.example.org"));
    cr_expect_not_null(why_not("192.0.2.1", "IP:192.0.2.2"));
    cr_expect_str_eq(why_not("192.0.2.1", "DNS:192.0.2.1"),
                     "its certificate is not accepted: IP address mismatch");
}

Test(redis_tls_names, are_told_to_the_server_and_addresses_not, .init = setup)
{
    static const char *const hosts[] = {"redis.example.org.", "192.0.2.1", "2001:db8::1"};
    for (size_t i = 0; i < 3; i++) {
        struct server server = {0};
        server_open(&server, "DNS:redis.example.org,IP:192.0.2.1,IP:2001:db8::1");
        struct redis_tls *tls = redis_tls_new(hosts[i], authority->file);
        cr_expect_eq(shake(tls, &server), REDIS_TLS_UP);
        const char *asked = SSL_get_servername(server.ssl, TLSEXT_NAMETYPE_host_name);
        if (i == 0) {
            cr_expect_str_eq(asked, "redis.example.org");
        } else {
            cr_expect_null(asked);
        }
        redis_tls_free(tls);
        server_close(&server);
    }
}

Test(redis_tls_names, an_end_is_told_from_silence, .init = setup)
{
    char text[64] = {0};
    struct server server = {0};
    server_open(&server, "DNS:localhost");
    struct redis_tls *tls = redis_tls_new("localhost", authority->file);
    cr_assert_eq(shake(tls, &server), REDIS_TLS_UP);
    exchange(tls, &server);
    cr_expect_eq(redis_tls_read(tls, text, sizeof text), 0);
    cr_expect_eq(SSL_write(server.ssl, "hello", 5), 5);
    exchange(tls, &server);
    cr_expect_eq(redis_tls_read(tls, text, sizeof text), 5);
    cr_expect_str_eq(text, "hello");
    cr_expect(redis_tls_write(tls, SLICE("well")));
    cr_expect(redis_tls_write(tls, SLICE("")));
    exchange(tls, &server);
    cr_expect_eq(SSL_read(server.ssl, text, sizeof text), 4);
    (void)SSL_shutdown(server.ssl);
    exchange(tls, &server);
    cr_expect_lt(redis_tls_read(tls, text, sizeof text), 0);
    cr_expect_str_eq(redis_tls_reason(tls), "it has ended the connection");
    redis_tls_free(tls);
    server_close(&server);
}

Test(redis_tls_names, what_was_tampered_with_is_not_read, .init = setup)
{
    char text[64] = {0};
    char bytes[1024];
    struct server server = {0};
    server_open(&server, "DNS:localhost");
    struct redis_tls *tls = redis_tls_new("localhost", authority->file);
    cr_assert_eq(shake(tls, &server), REDIS_TLS_UP);
    exchange(tls, &server);
    cr_expect_eq(redis_tls_read(tls, text, sizeof text), 0);
    cr_expect_eq(SSL_write(server.ssl, "hello", 5), 5);
    int size = BIO_read(server.output, bytes, sizeof bytes);
    cr_assert_gt(size, 5);
    bytes[size - 1] ^= 1;
    redis_tls_feed(tls, (struct slice){bytes, (size_t)size});
    cr_expect_lt(redis_tls_read(tls, text, sizeof text), 0);
    cr_expect(strstr(redis_tls_reason(tls), "no TLS connection: "));
    redis_tls_free(tls);
    server_close(&server);
}

Test(redis_tls_names, a_file_that_holds_no_certificate_is_useless, .init = setup)
{
    cr_expect_null(redis_tls_new("localhost", "/nonexistent/ca.pem"));
    cr_expect_null(redis_tls_new("localhost", file_new(folder, "text", "no certificate\n")));
    cr_expect_null(redis_tls_free(NULL));
}
