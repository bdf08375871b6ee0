/*
 * TLS as the upstream speaks it: a certificate nobody vouches for is refused before anything is
 * sent.
 */
#include "upstream/face_exchange.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct tls_server {
    int listener;
    int port;
    SSL_CTX *context;
    bool handshake;
    size_t bytes;
    pthread_t thread;
};

static X509 *make_certificate(EVP_PKEY *key)
{
    X509 *certificate = X509_new();
    X509_NAME *name = X509_get_subject_name(certificate);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"127.0.0.1", -1, -1,
                               0);
    X509_set_issuer_name(certificate, name);
    cr_assert_gt(X509_sign(certificate, key, EVP_sha256()), 0);
    return certificate;
}

static void *tls_run(void *context)
{
    struct tls_server *server = context;
    int socket = accept(server->listener, NULL, NULL);
    SSL *tls = SSL_new(server->context);
    SSL_set_fd(tls, socket);
    server->handshake = SSL_accept(tls) == 1;
    char bytes[256];
    int got = server->handshake ? SSL_read(tls, bytes, sizeof bytes) : 0;
    server->bytes = got > 0 ? (size_t)got : 0;
    SSL_free(tls);
    close(socket);
    return NULL;
}

static void tls_start(struct tls_server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    *server = (struct tls_server){.listener = socket(AF_INET, SOCK_STREAM, 0)};
    cr_assert_eq(bind(server->listener, (struct sockaddr *)&address, size), 0);
    cr_assert_eq(listen(server->listener, 4), 0);
    getsockname(server->listener, (struct sockaddr *)&address, &size);
    server->port = ntohs(address.sin_port);
    server->context = SSL_CTX_new(TLS_server_method());
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = make_certificate(key);
    cr_assert_eq(SSL_CTX_use_certificate(server->context, certificate), 1);
    cr_assert_eq(SSL_CTX_use_PrivateKey(server->context, key), 1);
    X509_free(certificate);
    EVP_PKEY_free(key);
    pthread_create(&server->thread, NULL, tls_run, server);
}

static void tls_stop(struct tls_server *server)
{
    pthread_join(server->thread, NULL);
    close(server->listener);
    SSL_CTX_free(server->context);
}

static void on_finished(struct curl_transfer *transfer, CURLcode result)
{
    *(CURLcode *)((struct face_exchange *)transfer)->owner = result;
}

Test(face_exchange, sends_nothing_to_whom_nobody_vouches_for)
{
    struct tls_server server;
    tls_start(&server);
    uv_loop_t uv;
    uv_loop_init(&uv);
    struct curl_loop *loop = curl_loop_new(&uv, 4);
    struct face_exchange_config config = {.connect_timeout_ms = 5000, .timeout_ms = 5000};
    char credential[] = "Ocp-Apim-Subscription-Key: secret";
    struct face_exchange_pool *pool = face_exchange_pool_new(loop, &config);
    struct face_exchange *exchange = face_exchange_take(pool);
    CURLcode result = CURL_LAST;
    char url[64];
    (void)snprintf(url, sizeof url, "https://127.0.0.1:%d/", server.port);
    exchange->owner = &result;
    exchange->transfer.finished = on_finished;
    face_exchange_set(exchange, &(struct face_request){.method = FACE_METHOD_POST,
                                                       .url = url,
                                                       .credential = credential,
                                                       .request_id = "r",
                                                       .body = SLICE("{}"),
                                                       .max_answer_bytes = 1024});
    curl_loop_start(&exchange->transfer);
    while (result == CURL_LAST) {
        uv_run(&uv, UV_RUN_ONCE);
    }
    cr_assert_eq(result, CURLE_PEER_FAILED_VERIFICATION, "%s", curl_easy_strerror(result));
    cr_assert_eq(exchange->sent, 0);
    face_exchange_give_back(pool, exchange);
    pool = face_exchange_pool_free(pool);
    loop = curl_loop_free(loop);
    uv_run(&uv, UV_RUN_DEFAULT);
    cr_assert_eq(uv_loop_close(&uv), 0, "a failed handshake leaves no watch");
    tls_stop(&server);
    cr_assert_eq(server.bytes, 0);
}
