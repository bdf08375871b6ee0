/*
 * An HTTP server for the upstream tests that does what it is told, request by request: answers any
 * bytes, cuts off, resets, or keeps silent. One thread a connection, nothing sleeps.
 */
#pragma once

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SERVER_STEPS = 32, SERVER_CONNECTIONS = 64, SERVER_REQUEST = 4096 };

enum step_end {
    THEN_KEEP,  /* reads the next request */
    THEN_CLOSE, /* without having said so */
    THEN_RESET,
    THEN_HOLD, /* until the client closes */
    THEN_DRIP, /* a byte every few milliseconds, until then */
};

struct step {
    const char *reply; /* NULL: none */
    size_t size;       /* 0: strlen */
    enum step_end end;
};

struct server {
    int listener;
    int port;
    pthread_t acceptor;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool stopping;
    struct step steps[SERVER_STEPS];
    size_t step_count;
    char requests[SERVER_STEPS][SERVER_REQUEST];
    size_t request_count;
    size_t together; /* none is answered before so many have come */
    pthread_t threads[SERVER_CONNECTIONS];
    int sockets[SERVER_CONNECTIONS];
    size_t connection_count;
    size_t closed_count;
};

struct server_connection {
    struct server *server;
    size_t index;
};

/* The whole request, or false when the peer closed or speaks TLS. */
static inline bool server_read(int socket, char request[SERVER_REQUEST])
{
    size_t size = 0;
    for (;;) {
        ssize_t got = recv(socket, request + size, SERVER_REQUEST - 1 - size, 0);
        if (got <= 0) {
            return false;
        }
        size += (size_t)got;
        request[size] = '\0';
        if (request[0] == 0x16) {
            (void)send(socket, "no TLS here\r\n", 13, MSG_NOSIGNAL);
            return false;
        }
        const char *end = strstr(request, "\r\n\r\n");
        const char *length = strcasestr(request, "content-length:");
        size_t body = length ? strtoul(length + 15, NULL, 10) : 0;
        if (end && size >= (size_t)(end - request) + 4 + body) {
            return true;
        }
    }
}

static inline struct step server_next_step(struct server *server, const char *request)
{
    pthread_mutex_lock(&server->lock);
    struct step step = {.reply = "HTTP/1.1 500 Unscripted\r\nContent-Length: 0\r\n\r\n"};
    if (server->request_count < SERVER_STEPS) {
        memcpy(server->requests[server->request_count], request, SERVER_REQUEST);
    }
    if (server->request_count < server->step_count) {
        step = server->steps[server->request_count];
    }
    server->request_count++;
    pthread_cond_broadcast(&server->changed);
    while (server->request_count < server->together && !server->stopping) {
        pthread_cond_wait(&server->changed, &server->lock);
    }
    pthread_mutex_unlock(&server->lock);
    return step;
}

static inline void server_write(int socket, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(socket, bytes, size, MSG_NOSIGNAL);
        if (sent <= 0) {
            return;
        }
        bytes += sent;
        size -= (size_t)sent;
    }
}

static inline void server_drip(int socket)
{
    struct pollfd closed = {.fd = socket, .events = POLLIN};
    while (poll(&closed, 1, 5) == 0 && send(socket, " ", 1, MSG_NOSIGNAL) == 1) {
    }
}

static inline void *server_connection_run(void *context)
{
    struct server_connection connection = *(struct server_connection *)context;
    free(context);
    struct server *server = connection.server;
    int socket = server->sockets[connection.index];
    char *request = malloc(SERVER_REQUEST);
    enum step_end end = THEN_KEEP;
    while (end == THEN_KEEP && server_read(socket, request)) {
        struct step step = server_next_step(server, request);
        if (step.reply) {
            server_write(socket, step.reply, step.size ? step.size : strlen(step.reply));
        }
        end = step.end;
    }
    if (end == THEN_DRIP) {
        server_drip(socket);
    }
    if (end == THEN_HOLD) {
        (void)server_read(socket, request);
    }
    if (end == THEN_RESET) {
        struct linger linger = {1, 0};
        setsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    }
    free(request);
    pthread_mutex_lock(&server->lock);
    close(socket);
    server->sockets[connection.index] = -1;
    server->closed_count++;
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
    return NULL;
}

static inline void *server_accept_run(void *context)
{
    struct server *server = context;
    for (;;) {
        int socket = accept(server->listener, NULL, NULL);
        pthread_mutex_lock(&server->lock);
        if (socket < 0 || server->stopping || server->connection_count == SERVER_CONNECTIONS) {
            pthread_mutex_unlock(&server->lock);
            if (socket >= 0) {
                close(socket);
            }
            return NULL;
        }
        struct server_connection *connection = malloc(sizeof *connection);
        *connection = (struct server_connection){server, server->connection_count};
        server->sockets[connection->index] = socket;
        server->connection_count++;
        pthread_create(&server->threads[connection->index], NULL, server_connection_run,
                       connection);
        pthread_mutex_unlock(&server->lock);
    }
}

static inline int server_listen(int *ret_port, int backlog)
{
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    cr_assert_eq(bind(listener, (struct sockaddr *)&address, size), 0);
    cr_assert_eq(listen(listener, backlog), 0);
    cr_assert_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    *ret_port = ntohs(address.sin_port);
    return listener;
}

static inline void server_start(struct server *server)
{
    memset(server, 0, sizeof *server);
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->changed, NULL);
    server->listener = server_listen(&server->port, 64);
    pthread_create(&server->acceptor, NULL, server_accept_run, server);
}

static inline void server_stop(struct server *server)
{
    pthread_mutex_lock(&server->lock);
    server->stopping = true;
    pthread_cond_broadcast(&server->changed);
    for (size_t i = 0; i < server->connection_count; i++) {
        if (server->sockets[i] >= 0) {
            shutdown(server->sockets[i], SHUT_RDWR);
        }
    }
    pthread_mutex_unlock(&server->lock);
    shutdown(server->listener, SHUT_RDWR);
    pthread_join(server->acceptor, NULL);
    close(server->listener);
    for (size_t i = 0; i < server->connection_count; i++) {
        pthread_join(server->threads[i], NULL);
    }
    pthread_mutex_destroy(&server->lock);
    pthread_cond_destroy(&server->changed);
}

/* What the next request without a step gets. */
static inline void server_script(struct server *server, const char *reply, enum step_end end)
{
    pthread_mutex_lock(&server->lock);
    cr_assert_lt(server->step_count, SERVER_STEPS);
    server->steps[server->step_count++] = (struct step){.reply = reply, .end = end};
    pthread_mutex_unlock(&server->lock);
}

static inline void server_answers_together(struct server *server, size_t count)
{
    pthread_mutex_lock(&server->lock);
    server->together = count;
    pthread_mutex_unlock(&server->lock);
}

static inline size_t server_requests(struct server *server)
{
    pthread_mutex_lock(&server->lock);
    size_t count = server->request_count;
    pthread_mutex_unlock(&server->lock);
    return count;
}

static inline size_t server_connections(struct server *server)
{
    pthread_mutex_lock(&server->lock);
    size_t count = server->connection_count;
    pthread_mutex_unlock(&server->lock);
    return count;
}

static inline void server_await_closed(struct server *server, size_t count)
{
    pthread_mutex_lock(&server->lock);
    while (server->closed_count < count) {
        pthread_cond_wait(&server->changed, &server->lock);
    }
    pthread_mutex_unlock(&server->lock);
}
