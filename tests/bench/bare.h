/*
 * The least libh2o server there can be, for comparison: one handler, no guard, no routing, no logs,
 * no headers beyond the library's. Prints its port on standard output. Only for the benchmark.
 */
#pragma once

#include <arpa/inet.h>
#include <h2o.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct bare {
    h2o_globalconf_t config;
    h2o_context_t context;
    h2o_accept_ctx_t accept;
};

static void bare_accept(h2o_socket_t *listener, const char *error)
{
    struct bare *bare = listener->data;
    h2o_socket_t *socket = error ? NULL : h2o_evloop_socket_accept(listener);
    if (socket)
        h2o_accept(&bare->accept, socket);
}

static inline void bare_listen(struct bare *bare, h2o_loop_t *loop,
                               int (*on_request)(h2o_handler_t *, h2o_req_t *))
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, 1024) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        abort();
    h2o_config_init(&bare->config);
    h2o_hostconf_t *host =
        h2o_config_register_host(&bare->config, h2o_iovec_init(H2O_STRLIT("default")), 65535);
    h2o_handler_t *handler = h2o_create_handler(&host->fallback_path, sizeof *handler);
    handler->on_req = on_request;
    h2o_context_init(&bare->context, loop, &bare->config);
    bare->accept = (h2o_accept_ctx_t){.ctx = &bare->context, .hosts = bare->config.hosts};
    h2o_socket_t *listener = h2o_evloop_socket_create(loop, fd, H2O_SOCKET_FLAG_DONT_READ);
    listener->data = bare;
    h2o_socket_read_start(listener, bare_accept);
    (void)printf("%d\n", ntohs(address.sin_port));
    (void)fflush(stdout);
}

static inline void bare_answer(h2o_req_t *request, const char *bytes, size_t size)
{
    static h2o_generator_t generator;
    h2o_iovec_t body = {(char *)(uintptr_t)bytes, size};
    request->res.status = 200;
    request->res.reason = "OK";
    request->res.content_length = size;
    h2o_add_header(&request->pool, &request->res.headers, H2O_TOKEN_CONTENT_TYPE, NULL,
                   H2O_STRLIT("application/json"));
    h2o_start_response(request, &generator);
    h2o_send(request, &body, 1, H2O_SEND_STATE_FINAL);
}
