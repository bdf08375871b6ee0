/*
 * The port is held by sockets that are bound but do not listen: who allows that too, as
 * redis-server does, can bind it again and again, and nobody who asks for any port gets it.
 */
#include "support/redis_server.h"

#include "support/command.h"
#include "support/process.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORDS_MAX = 64, PORT_TRIES = 100, READY_MS = 60000 };

/* Who the test is to the server. */
#define STEERER          "steerer"
#define STEERER_PASSWORD "steerer"

struct redis_server {
    const char *folder;
    const char *log;
    char *arguments[WORDS_MAX];
    char **environment;
    bool tls;
    uint16_t port;
    int held[2];
    int output;
    pid_t pid; /* 0: does not run */
};

/* ---- the port ---- */

/* -1 when it cannot be bound. */
static int bind_to(const struct sockaddr *address, socklen_t size)
{
    int on = 1;
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (address->sa_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(fd, address, size) == 0)
        return fd;
    (void)close(fd);
    return -1;
}

static bool has_v6(void)
{
    struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = bind_to((const struct sockaddr *)&any, sizeof any);
    if (fd >= 0)
        (void)close(fd);
    return fd >= 0;
}

/* One port of both addresses. */
static bool hold_port(struct redis_server *server, bool v6)
{
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    socklen_t size = sizeof four;
    server->held[0] = bind_to((const struct sockaddr *)&four, sizeof four);
    if (server->held[0] < 0 || getsockname(server->held[0], (struct sockaddr *)&four, &size) != 0)
        return false;
    six.sin6_port = four.sin_port;
    server->held[1] = v6 ? bind_to((const struct sockaddr *)&six, sizeof six) : -1;
    server->port = ntohs(four.sin_port);
    if (!v6 || server->held[1] >= 0)
        return true;
    (void)close(server->held[0]);
    server->held[0] = -1;
    return false;
}

/* ---- the process ---- */

static void add_words(char *list[WORDS_MAX], const char *const *words)
{
    size_t count = 0;
    while (list[count])
        count++;
    for (; words && *words; words++) {
        if (count + 1 >= WORDS_MAX)
            fail_at(HERE, "too many arguments");
        list[count++] = text_of("%s", *words);
    }
}

static bool ended(struct redis_server *server)
{
    int status = 0;
    if (server->pid != 0 && waitpid(server->pid, &status, WNOHANG) == server->pid)
        server->pid = 0;
    return server->pid == 0;
}

/* How often it has said that it accepts connections, over all starts. */
static unsigned times_ready(const struct redis_server *server)
{
    FILE *file = fopen(server->log, "re");
    char *line = NULL;
    size_t size = 0;
    unsigned times = 0;
    while (file && getline(&line, &size, file) >= 0)
        times += strstr(line, "Ready to accept connections") != NULL;
    free(line);
    if (file)
        (void)fclose(file);
    return times;
}

static void launch(struct place place, struct redis_server *server)
{
    unsigned wanted = times_ready(server) + 1;
    server->pid = process_start(server->arguments, server->environment, &server->output, NULL);
    bool ready = wait_until(times_ready(server) >= wanted || ended(server), READY_MS);
    if (!ready || server->pid == 0)
        fail_at(place, "redis-server did not become ready; it said: %s", redis_server_log(server));
}

static void end(void *object)
{
    struct redis_server *server = object;
    redis_server_kill(server);
    for (size_t i = 0; i < 2; i++) {
        if (server->held[i] >= 0)
            (void)close(server->held[i]);
    }
    words_free(server->environment);
    free(server);
}

static bool names_certificate(const char *const *words)
{
    while (words && *words && strcmp(*words, "--tls-cert-file") != 0)
        words++;
    return words && *words;
}

struct redis_server *redis_server_prepare(const struct redis_server_options *options)
{
    static const struct redis_server_options none;
    const char *folder = folder_new();
    struct redis_server *server = keep(xcalloc(1, sizeof *server), end);
    options = options ? options : &none;
    *server = (struct redis_server){
        .folder = folder,
        .environment = process_environment(options->environment),
        .tls = names_certificate(options->arguments),
        .held = {-1, -1},
        .output = -1,
    };
    bool v6 = has_v6();
    for (unsigned tries = 0; !hold_port(server, v6); tries++) {
        if (tries >= PORT_TRIES)
            fail_at(HERE, "no port for redis-server: %s", strerrorname_np(errno));
    }
    server->log = text_of("%s/redis.log", folder);
    const char *port = text_of("%u", (unsigned)server->port);
    const char *plain = server->tls ? "0" : port;
    const char *tls = server->tls ? port : "0";
    const char *const words[] = {"/usr/bin/redis-server",
                                 "--bind",
                                 "127.0.0.1",
                                 "-::1",
                                 "--port",
                                 plain,
                                 "--tls-port",
                                 tls,
                                 "--dir",
                                 folder,
                                 "--logfile",
                                 server->log,
                                 "--save",
                                 "",
                                 "--enable-debug-command",
                                 "local",
                                 "--user",
                                 STEERER,
                                 "on",
                                 text_of(">%s", STEERER_PASSWORD),
                                 "~*",
                                 "&*",
                                 "+@all",
                                 NULL};
    add_words(server->arguments, words);
    add_words(server->arguments, options->arguments);
    return server;
}

struct redis_server *redis_server_start_at(struct place place,
                                           const struct redis_server_options *options)
{
    struct redis_server *server = redis_server_prepare(options);
    launch(place, server);
    return server;
}

static void forget_output(struct redis_server *server)
{
    if (server->output >= 0)
        (void)close(server->output);
    server->output = -1;
}

void redis_server_kill(struct redis_server *server)
{
    if (server->pid != 0)
        (void)kill(server->pid, SIGKILL);
    while (!ended(server))
        give_way();
    forget_output(server);
}

void redis_server_stop_at(struct place place, struct redis_server *server)
{
    if (server->pid != 0)
        (void)kill(server->pid, SIGTERM);
    if (!wait_until(ended(server), SOON_MS))
        fail_at(place, "redis-server did not stop after SIGTERM");
    forget_output(server);
}

void redis_server_restart_at(struct place place, struct redis_server *server)
{
    if (!ended(server))
        fail_at(place, "redis-server still runs");
    forget_output(server);
    launch(place, server);
}

void redis_server_halt(struct redis_server *server)
{
    int status = 0;
    if (server->pid == 0 || kill(server->pid, SIGSTOP) != 0)
        fail_at(HERE, "redis-server does not run");
    /* the signal is on its way when kill returns, not there */
    if (waitpid(server->pid, &status, WUNTRACED) != server->pid || !WIFSTOPPED(status))
        fail_at(HERE, "redis-server did not halt");
}

void redis_server_continue(struct redis_server *server)
{
    if (server->pid == 0 || kill(server->pid, SIGCONT) != 0)
        fail_at(HERE, "redis-server does not run");
}

/* ---- what is known of it ---- */

uint16_t redis_server_port(const struct redis_server *server)
{
    return server->port;
}

pid_t redis_server_pid(const struct redis_server *server)
{
    return server->pid;
}

const char *redis_server_folder(const struct redis_server *server)
{
    return server->folder;
}

const char *redis_server_url(const struct redis_server *server, const char *credentials)
{
    return text_of("redis%s://%s%s127.0.0.1:%u", server->tls ? "s" : "",
                   credentials ? credentials : "", credentials ? "@" : "", (unsigned)server->port);
}

const char *redis_server_log(const struct redis_server *server)
{
    int fd = open(server->log, O_RDONLY | O_CLOEXEC);
    return fd >= 0 ? process_read_all(fd) : "";
}

const char *redis_server_ask_words(const struct redis_server *server, const char *const *words)
{
    char *arguments[WORDS_MAX] = {0};
    const char *const ours[] = {"/usr/bin/redis-cli",
                                "-p",
                                text_of("%u", (unsigned)server->port),
                                "--user",
                                STEERER,
                                "--pass",
                                STEERER_PASSWORD,
                                "--no-auth-warning",
                                NULL};
    static const char *const tls[] = {"--tls", "--insecure", NULL};
    char **environment = process_environment(NULL);
    int output = -1;
    int status = 0;
    add_words(arguments, ours);
    add_words(arguments, server->tls ? tls : NULL);
    add_words(arguments, words);
    pid_t pid = process_start(arguments, environment, &output, NULL);
    words_free(environment);
    const char *said = process_read_all(output);
    if (waitpid(pid, &status, 0) != pid)
        fail_at(HERE, "redis-cli: %s", strerrorname_np(errno));
    size_t size = strlen(said);
    while (size > 0 && said[size - 1] == '\n')
        size--;
    return text_of("%.*s", (int)size, said);
}
