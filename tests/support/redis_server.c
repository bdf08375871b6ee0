/*
 * Starting, stopping and asking a redis-server. Its port is below those that the kernel hands out,
 * so that it is still free when the server comes back.
 */
#include "support/redis_server.h"

#include "base/random.h"
#include "support/command.h"
#include "support/process.h"

#include <arpa/inet.h>
#include <errno.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    PORTS_FROM = 12000,
    PORTS = 20000,
    ATTEMPTS = 20,
    ARGUMENTS_MAX = 64,
    READY_MS = 60000,
    ANSWER_S = 30
};

/* Who the test is, whatever becomes of the default user. */
#define STEERER          "steerer"
#define STEERER_PASSWORD "steerer"

struct redis_server {
    char folder[64];
    char **arguments;
    char **environment;
    uint16_t port;
    bool tls;
    pid_t pid; /* 0: does not run */
    int output;
    redisContext *asking; /* NULL: not connected */
};

static bool reap(struct redis_server *server, int options)
{
    int status = 0;
    if (server->pid == 0)
        return true;
    if (waitpid(server->pid, &status, options) != server->pid)
        return false;
    server->pid = 0;
    (void)close(server->output);
    return true;
}

static void disconnect(struct redis_server *server)
{
    if (server->asking)
        redisFree(server->asking);
    server->asking = NULL;
}

void redis_server_kill(struct redis_server *server)
{
    disconnect(server);
    if (server->pid != 0)
        (void)kill(server->pid, SIGKILL);
    (void)reap(server, 0);
}

void redis_server_stop(struct redis_server *server)
{
    disconnect(server);
    if (server->pid != 0)
        (void)kill(server->pid, SIGTERM);
    (void)reap(server, 0);
}

void redis_server_halt(struct redis_server *server)
{
    if (server->pid != 0)
        (void)kill(server->pid, SIGSTOP);
}

void redis_server_continue(struct redis_server *server)
{
    if (server->pid != 0)
        (void)kill(server->pid, SIGCONT);
}

pid_t redis_server_pid(struct redis_server *server)
{
    (void)reap(server, WNOHANG);
    return server->pid;
}

/* ---- asking it ---- */

static const char *shown(const redisReply *reply)
{
    const char *text = "";
    switch (reply->type) {
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_ERROR:
        return text_of("%s", reply->str);
    case REDIS_REPLY_INTEGER:
        return text_of("%lld", reply->integer);
    case REDIS_REPLY_ARRAY:
        for (size_t i = 0; i < reply->elements; i++)
            text = text_of("%s%s\n", text, shown(reply->element[i]));
        return text;
    default:
        return "";
    }
}

/* NULL: nobody answers. The caller's. */
static redisReply *call(struct redis_server *server, const char *const *words)
{
    const char *list[ARGUMENTS_MAX];
    int count = 0;
    for (; words[count] && count < ARGUMENTS_MAX; count++)
        list[count] = words[count];
    return redisCommandArgv(server->asking, count, list, NULL);
}

static bool connect_to(struct redis_server *server)
{
    static const char *const greeting[] = {"AUTH", STEERER, "any", NULL};
    const struct timeval patience = {.tv_sec = ANSWER_S};
    if (server->asking)
        return true;
    server->asking = redisConnectUnixWithTimeout(text_of("%s/socket", server->folder), patience);
    if (!server->asking || server->asking->err != 0 ||
        redisSetTimeout(server->asking, patience) != REDIS_OK) {
        disconnect(server);
        return false;
    }
    freeReplyObject(call(server, greeting));
    return server->asking->err == 0;
}

/* The answer; whether it is one, and no error, in *ret_good. */
static const char *ask(struct redis_server *server, const char *const *words, bool *ret_good)
{
    *ret_good = false;
    if (!connect_to(server))
        return "";
    redisReply *reply = call(server, words);
    if (!reply) {
        disconnect(server);
        return "";
    }
    const char *text = shown(reply);
    *ret_good = reply->type != REDIS_REPLY_ERROR;
    freeReplyObject(reply);
    return text;
}

const char *redis_server_ask_words(struct redis_server *server, const char *const *words)
{
    bool good = false;
    return ask(server, words, &good);
}

const char *redis_server_do_words(struct place place, struct redis_server *server,
                                  const char *const *words)
{
    bool good = false;
    const char *answer = ask(server, words, &good);
    if (!good)
        fail_at(place, "redis-server answers %s with \"%s\"", words[0], answer);
    return answer;
}

/* ---- its set-up ---- */

static uint16_t free_port(void)
{
    for (;;) {
        uint32_t roll = 0;
        random_fill(random_system(), &roll, sizeof roll);
        uint16_t port = (uint16_t)(PORTS_FROM + roll % PORTS);
        struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        bool taken = bind(fd, (const struct sockaddr *)&at, sizeof at) != 0;
        (void)close(fd);
        if (!taken)
            return port;
    }
}

static void run(char *const *arguments)
{
    int output = -1;
    int status = -1;
    pid_t pid = process_start(arguments, environ, &output, &(int){-1});
    const char *said = process_read_all(output);
    (void)waitpid(pid, &status, 0);
    if (status != 0)
        fail_at(HERE, "%s: status %d, %s", arguments[0], status, said);
}

static void make_certificate(const char *folder)
{
    const char *const words[] = {"/usr/bin/openssl",
                                 "req",
                                 "-x509",
                                 "-nodes",
                                 "-days",
                                 "2",
                                 "-newkey",
                                 "ec",
                                 "-pkeyopt",
                                 "ec_paramgen_curve:prime256v1",
                                 "-subj",
                                 "/CN=localhost",
                                 "-addext",
                                 "subjectAltName=DNS:localhost,IP:127.0.0.1",
                                 "-keyout",
                                 text_of("%s/key.pem", folder),
                                 "-out",
                                 text_of("%s/certificate.pem", folder),
                                 NULL};
    char **arguments = words_copy(words);
    run(arguments);
    words_free(arguments);
}
