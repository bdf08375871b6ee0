/*
 * The bench the seam is tested on: a listener with a few routes in a forked child, raw sockets as
 * clients. Nothing here knows which HTTP library serves; another one must pass the same tests.
 * What the child counts lies in shared memory; the test ends it by seam_stop, which fails when the
 * child crashed or leaked.
 */
#pragma once

#include "seam_server.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct seam {
    pid_t child;
    int command;
    int log;
    uint16_t port;
    struct seam_shared *shared;
};

static inline struct listener_config seam_config(void)
{
    return (struct listener_config){
        .name = "test",
        .routes = seam_routes,
        .max_head_bytes = 4096,
        .max_body_bytes = 100000,
        .body_memory_bytes = 64 << 20,
        .max_connections = 100,
        .request_timeout_ms = 5000,
        .write_timeout_ms = 5000,
        .access_log = true,
        .clock = clock_system(),
        .random = random_system(),
    };
}

static inline struct seam seam_start(const struct listener_config *config)
{
    struct seam seam = {.log = memfd_create("log", 0)};
    int pair[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    seam.shared =
        mmap(NULL, sizeof *seam.shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(seam.shared, MAP_FAILED);
    fflush(NULL);
    seam.child = fork();
    cr_assert_geq(seam.child, 0);
    if (seam.child == 0) {
        struct seam_server server = {.shared = seam.shared, .command = pair[1]};
        (void)close(pair[0]);
        _exit(seam_serve(&server, config, seam.log));
    }
    (void)close(pair[1]);
    seam.command = pair[0];
    (void)signal(SIGPIPE, SIG_IGN);
    cr_assert_eq(recv(seam.command, &seam.port, sizeof seam.port, MSG_WAITALL), sizeof seam.port);
    return seam;
}

static inline void seam_command(const struct seam *seam, char command)
{
    char done = 0;
    cr_assert_eq(write(seam->command, &command, 1), 1);
    cr_assert_eq(recv(seam->command, &done, 1, MSG_WAITALL), 1, "the server ended");
}

/* Called at the end of a test, not by a fixture: an assertion that fails there fails no test. */
static inline void seam_stop(struct seam *seam)
{
    int status = -1;
    char done;
    (void)!write(seam->command, "q", 1);
    (void)!recv(seam->command, &done, 1, 0);
    cr_assert_eq(waitpid(seam->child, &status, 0), seam->child);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the server ended with %#x", status);
    (void)munmap(seam->shared, sizeof *seam->shared);
    (void)close(seam->command);
    (void)close(seam->log);
}

static inline char *seam_log(const struct seam *seam)
{
    char *text = xcalloc(1, SEAM_TEXT);
    seam_command(seam, 'f');
    (void)!pread(seam->log, text, SEAM_TEXT - 1, 0);
    return text;
}

static inline long seam_resident_bytes(const struct seam *seam)
{
    char path[64];
    long pages = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/statm", (int)seam->child);
    FILE *file = fopen(path, "re");
    cr_assert_not_null(file);
    cr_assert_eq(fscanf(file, "%*d %ld", &pages), 1);
    (void)fclose(file);
    return pages * sysconf(_SC_PAGESIZE);
}

static inline void seam_pause_ms(int ms)
{
    (void)poll(NULL, 0, ms);
}

/* Waits until a counter of the server has this value. */
#define SEAM_EXPECT(counter, value)                                                                \
    do {                                                                                           \
        for (int waited_ = 0; atomic_load(counter) != (value) && waited_ < SEAM_PATIENCE_MS;       \
             waited_ += 5)                                                                         \
            seam_pause_ms(5);                                                                      \
        cr_assert_eq(atomic_load(counter), (value), #counter " is %llu",                           \
                     (unsigned long long)atomic_load(counter));                                    \
    } while (0)

static inline int client_connect(const struct seam *seam)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(seam->port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    cr_assert_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0, "%s", strerror(errno));
    return fd;
}

/* Sends all of it, or as much as the server takes before it closes. */
static inline void client_send_bytes(int fd, const void *bytes, size_t size)
{
    const char *at = bytes;
    while (size > 0) {
        ssize_t sent = send(fd, at, size, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        at += sent;
        size -= (size_t)sent;
    }
}

static inline void client_send(int fd, const char *text)
{
    client_send_bytes(fd, text, strlen(text));
}

struct answer {
    char *text; /* head and body, NUL-terminated */
    size_t len;
    char *body;
    int status;
    int error; /* errno when the connection was reset */
    bool closed;
};

static inline void answer_done(struct answer *answer)
{
    free(answer->text);
    *answer = (struct answer){0};
}

/* One read; false at the end. */
static inline bool client_more(int fd, struct answer *answer, size_t wanted)
{
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    cr_assert_gt(poll(&readable, 1, SEAM_PATIENCE_MS), 0, "no answer after %zu bytes: %s",
                 answer->len, answer->text ? answer->text : "");
    answer->text = xrealloc(answer->text, answer->len + wanted + 1);
    ssize_t got = recv(fd, answer->text + answer->len, wanted, 0);
    answer->error = got < 0 ? errno : 0;
    answer->closed = got <= 0;
    answer->len += got > 0 ? (size_t)got : 0;
    answer->text[answer->len] = '\0';
    return got > 0;
}

/* The value of a header of the answer, or NULL; freed by the caller. */
static inline char *answer_header(const struct answer *answer, const char *name)
{
    size_t length = strlen(name);
    for (const char *line = strstr(answer->text, "\r\n"); line && line + 2 < answer->body;
         line = strstr(line + 2, "\r\n"))
        if (strncasecmp(line + 2, name, length) == 0 && line[2 + length] == ':') {
            const char *value = line + 2 + length + 1;
            value += *value == ' ';
            return xmemdup0(value, strcspn(value, "\r"));
        }
    return NULL;
}

static inline bool answer_says(const struct answer *answer, const char *name, const char *wanted)
{
    char *value = answer_header(answer, name);
    bool same = value ? wanted && strcmp(value, wanted) == 0 : wanted == NULL;
    free(value);
    return same;
}

/* Reads one answer: byte by byte up to the end of its head, then what Content-Length says. */
static inline struct answer client_receive(int fd, bool is_head)
{
    struct answer answer = {0};
    size_t body = 0;
    while (!answer.text || !strstr(answer.text, "\r\n\r\n"))
        if (!client_more(fd, &answer, 1))
            return answer;
    answer.body = answer.text + answer.len;
    answer.status = (int)seam_number((struct slice){answer.text + 9, 3}, 0);
    char *length = answer_header(&answer, "content-length");
    size_t wanted = length && !is_head ? seam_number(slice_of(length), 0) : 0;
    free(length);
    while (body < wanted && client_more(fd, &answer, wanted - body))
        body = answer.len - (size_t)(strstr(answer.text, "\r\n\r\n") + 4 - answer.text);
    answer.body = strstr(answer.text, "\r\n\r\n") + 4;
    return answer;
}

/* True when the server closes (or resets) without sending more. */
static inline bool client_sees_close(int fd)
{
    char byte;
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    return poll(&readable, 1, SEAM_PATIENCE_MS) > 0 && recv(fd, &byte, 1, 0) <= 0;
}

/* A request on its own connection. */
static inline struct answer client_ask(const struct seam *seam, const char *text)
{
    int fd = client_connect(seam);
    client_send(fd, text);
    struct answer answer = client_receive(fd, strncmp(text, "HEAD", 4) == 0);
    (void)close(fd);
    return answer;
}
