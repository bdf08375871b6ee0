/*
 * TLS by OpenSSL over memory BIOs. Invariant: OpenSSL's queue of errors is empty before each call
 * whose failure is explained from it.
 */
#include "redis/tls.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

enum { REASON_SIZE = 160, HOST_SIZE = 256 };

struct redis_tls {
    SSL *ssl;
    BIO *input;  /* from the peer; the SSL's */
    BIO *output; /* for the peer; the SSL's */
    char reason[REASON_SIZE];
};

/* ---- what the peer has to prove ---- */

static bool expect_host(SSL *ssl, const char *host)
{
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1) {
        return true; /* an address, then; names are for the others */
    }
    ERR_clear_error();
    /* the dot that says "look no further" is none of the certificate's */
    char name[HOST_SIZE];
    struct slice bare = slice_of(host);
    bare.len -= bare.len > 1 && host[bare.len - 1] == '.';
    (void)snprintf(name, sizeof name, "%.*s", SLICE_ARGS(bare));
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl, name) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
}

static bool trust(SSL_CTX *context, const char *ca_file)
{
    if (ca_file && *ca_file) {
        return SSL_CTX_load_verify_file(context, ca_file) == 1;
    }
    return SSL_CTX_set_default_verify_paths(context) == 1;
}

static SSL_CTX *new_context(const char *ca_file)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (context && SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
        trust(context, ca_file)) {
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
        (void)SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
        return context;
    }
    SSL_CTX_free(context);
    return NULL;
}

struct redis_tls *redis_tls_new(const char *host, const char *ca_file)
{
    ERR_clear_error();
    struct redis_tls *tls = xcalloc(1, sizeof *tls);
    SSL_CTX *context = new_context(ca_file);
    tls->ssl = context ? SSL_new(context) : NULL;
    SSL_CTX_free(context); /* the SSL holds its own reference */
    if (!tls->ssl || !expect_host(tls->ssl, host)) {
        ERR_clear_error();
        return redis_tls_free(tls);
    }
    tls->input = BIO_new(BIO_s_mem());
    tls->output = BIO_new(BIO_s_mem());
    if (!tls->input || !tls->output) {
        abort(); /* no memory */
    }
    SSL_set_bio(tls->ssl, tls->input, tls->output);
    SSL_set_connect_state(tls->ssl);
    return tls;
}

struct redis_tls *redis_tls_free(struct redis_tls *tls)
{
    if (tls) {
        SSL_free(tls->ssl);
        free(tls);
    }
    return NULL;
}

/* ---- what went wrong ---- */

static void explain(struct redis_tls *tls)
{
    long verified = SSL_get_verify_result(tls->ssl);
    unsigned long error = ERR_peek_error();
    const char *said = error != 0 ? ERR_reason_error_string(error) : NULL;
    if (verified != X509_V_OK) {
        (void)snprintf(tls->reason, sizeof tls->reason, "its certificate is not accepted: %s",
                       X509_verify_cert_error_string(verified));
    } else {
        (void)snprintf(tls->reason, sizeof tls->reason, "no TLS connection: %s",
                       said ? said : "it is broken");
    }
    ERR_clear_error();
}

const char *redis_tls_reason(const struct redis_tls *tls)
{
    return tls->reason;
}

/* ---- bytes ---- */

void redis_tls_feed(struct redis_tls *tls, struct slice bytes)
{
    if (bytes.len > INT_MAX || BIO_write(tls->input, bytes.data, (int)bytes.len) < 0) {
        abort(); /* no memory: it grows */
    }
}

enum redis_tls_step redis_tls_shake(struct redis_tls *tls)
{
    ERR_clear_error();
    int result = SSL_do_handshake(tls->ssl);
    if (result == 1) {
        return REDIS_TLS_UP;
    }
    if (SSL_get_error(tls->ssl, result) == SSL_ERROR_WANT_READ) {
        return REDIS_TLS_MORE;
    }
    explain(tls);
    return REDIS_TLS_FAILED;
}

int redis_tls_read(struct redis_tls *tls, char *bytes, size_t size)
{
    ERR_clear_error();
    int got = SSL_read(tls->ssl, bytes, size > INT_MAX ? INT_MAX : (int)size);
    if (got > 0) {
        return got;
    }
    switch (SSL_get_error(tls->ssl, got)) {
    case SSL_ERROR_WANT_READ:
        return 0;
    case SSL_ERROR_ZERO_RETURN:
        (void)snprintf(tls->reason, sizeof tls->reason, "it has ended the connection");
        return -1;
    default:
        explain(tls);
        return -1;
    }
}

bool redis_tls_write(struct redis_tls *tls, struct slice bytes)
{
    ERR_clear_error();
    if (bytes.len == 0) {
        return true;
    }
    if (bytes.len <= INT_MAX && SSL_write(tls->ssl, bytes.data, (int)bytes.len) > 0) {
        return true; /* all of it: the output grows */
    }
    explain(tls);
    return false;
}

void redis_tls_end(struct redis_tls *tls)
{
    (void)SSL_shutdown(tls->ssl);
    ERR_clear_error();
}

struct slice redis_tls_output(const struct redis_tls *tls)
{
    char *bytes = NULL;
    long size = BIO_get_mem_data(tls->output, &bytes);
    return (struct slice){bytes, size > 0 ? (size_t)size : 0};
}

void redis_tls_sent(struct redis_tls *tls)
{
    (void)BIO_reset(tls->output);
}
