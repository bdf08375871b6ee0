/*
 * A real nginx of the test's own, with the example configuration that is shipped, in front of a
 * daemon: only addresses, paths and what a test asks for are replaced. It runs as one process in
 * the foreground, which the kernel kills with the test's.
 */
#pragma once

#include "support/command.h"
#include "support/daemon.h"
#include "support/json_path.h"

#define NGINX_SERVER_NAME "liveness.example.org"

struct nginx;

struct nginx_options {
    bool tls;                 /* as shipped; else cleartext HTTP/1.1 */
    const char *replace, *by; /* a text that the example must hold once; NULL: none */
};

/* Starts it and waits until it has read its configuration. It ends with the test. */
struct nginx *nginx_start_at(struct place place, const struct daemon *server,
                             const struct nginx_options *options);
#define nginx_start(server) nginx_start_at(HERE, server, &(struct nginx_options){0})
/* nginx_start_with(server, .tls = true) */
#define nginx_start_with(server, ...)                                                              \
    nginx_start_at(HERE, server, &(struct nginx_options){__VA_ARGS__})
/* SIGQUIT, as `nginx -s quit`: has to end with code 0 soon. */
void nginx_stop(struct nginx *nginx);

/* `nginx -t` with the example exactly as it is shipped. */
struct finished nginx_check_example(void);

/* "127.0.0.1:PORT"; and "[::1]:PORT", NULL where there is no IPv6. */
const char *nginx_address(const struct nginx *nginx);
const char *nginx_address6(const struct nginx *nginx);
/* http://127.0.0.1:PORT/path until the test ends. */
const char *nginx_url(const struct nginx *nginx, const char *path);
/* The certificate it shows, for NGINX_SERVER_NAME. */
const char *nginx_certificate(const struct nginx *nginx);

/* The requests it has logged so far; it does so when it is done with them, and with their
 * connection when that ends. Its complaints. */
const char *nginx_access_log(const struct nginx *nginx);
const cJSON *nginx_requests(const struct nginx *nginx);
const char *nginx_error_log(const struct nginx *nginx);
