/*
 * Starting, stopping and listening to a daemon. A thread reads its standard output, for a daemon
 * that nobody reads from would stop at a full pipe; standard error is the test's own, so that what
 * a sanitizer says there fails the test.
 */
#include "support/daemon.h"
#include "support/json_path.h"
#include "support/process.h"
#include "support/tap.h"
#include "support/unlogged.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READY_MS = 60000, STOP_MS = 60000 };

struct daemon {
    char folder[64];
    char **arguments;
    char **environment;
    pid_t pid; /* 0: runs no more */
    int code;
    pthread_t reader;
    int output;
    pthread_mutex_t lock; /* of the three below */
    char *log;
    size_t log_size;
    size_t ready_from; /* where the log of the present process begins */
    cJSON *ready;      /* its ready event */
    const char *http;  /* where clients reach it: itself or a tap; NULL: it has no such listener */
};

static void *read_output(void *context)
{
    struct daemon *daemon = context;
    char chunk[4096];
    ssize_t got = 0;
    while ((got = read(daemon->output, chunk, sizeof chunk)) > 0 || (got < 0 && errno == EINTR)) {
        if (got < 0)
            continue;
        (void)pthread_mutex_lock(&daemon->lock);
        daemon->log = xrealloc(daemon->log, daemon->log_size + (size_t)got + 1);
        memcpy(daemon->log + daemon->log_size, chunk, (size_t)got);
        daemon->log_size += (size_t)got;
        daemon->log[daemon->log_size] = '\0';
        (void)pthread_mutex_unlock(&daemon->lock);
    }
    return NULL;
}

/* Reaps it when it has ended. */
static bool reap(struct daemon *daemon)
{
    int status = 0;
    if (daemon->pid == 0)
        return true;
    if (waitpid(daemon->pid, &status, WNOHANG) != daemon->pid)
        return false;
    daemon->code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    daemon->pid = 0;
    (void)pthread_join(daemon->reader, NULL);
    (void)close(daemon->output);
    return true;
}

/* Whether the ready line is there; parses it once. */
static bool is_ready(struct daemon *daemon)
{
    (void)pthread_mutex_lock(&daemon->lock);
    const char *line =
        daemon->log ? strstr(daemon->log + daemon->ready_from, "{\"event\":\"ready\"") : NULL;
    if (line && !daemon->ready && strchr(line, '\n'))
        daemon->ready = cJSON_Parse(line);
    (void)pthread_mutex_unlock(&daemon->lock);
    return daemon->ready != NULL;
}

static void launch(struct place place, struct daemon *daemon)
{
    daemon->ready = (cJSON_Delete(daemon->ready), NULL);
    daemon->ready_from = daemon->log_size;
    daemon->pid = process_start(daemon->arguments, daemon->environment, &daemon->output, NULL);
    if (pthread_create(&daemon->reader, NULL, read_output, daemon) != 0)
        abort();
    bool ready = wait_until(is_ready(daemon) || reap(daemon), READY_MS) && is_ready(daemon);
    if (!ready && daemon->pid == 0)
        fail_at(place, "%s ended with code %d instead of becoming ready", daemon->arguments[1],
                daemon->code);
    if (!ready)
        fail_at(place, "%s did not become ready; it said: %s", daemon->arguments[1],
                daemon_log(daemon));
    daemon->http = tap_before(cJSON_GetStringValue(json_find(daemon->ready, "http")));
}

bool daemon_logged_secret(struct daemon *daemon, char ret_why[])
{
    (void)pthread_mutex_lock(&daemon->lock);
    bool found = daemon->log && unlogged_find(daemon->log, ret_why);
    (void)pthread_mutex_unlock(&daemon->lock);
    return found;
}

/* At the end of the test. */
static void close_daemon(void *object)
{
    struct daemon *daemon = object;
    char why[UNLOGGED_WHY_SIZE];
    if (!reap(daemon)) {
        (void)kill(daemon->pid, SIGTERM);
        if (!wait_until(reap(daemon), STOP_MS) || daemon->code != 0)
            (void)fprintf(stderr, "ERROR: daemon %s ended with code %d\n", daemon->arguments[1],
                          daemon->code);
        if (!reap(daemon))
            daemon_kill(daemon);
    }
    if (daemon_logged_secret(daemon, why))
        (void)fprintf(stderr, "ERROR: daemon %s logged %s\n", daemon->arguments[1], why);
    process_remove_folder(daemon->folder);
    cJSON_Delete(daemon->ready);
    free(daemon->log);
    words_free(daemon->arguments);
    words_free(daemon->environment);
    (void)pthread_mutex_destroy(&daemon->lock);
    free(daemon);
}

static struct daemon *daemon_new(struct place place, const char *verb, const char *const *arguments,
                                 const char *const *environment)
{
    struct daemon *daemon = xcalloc(1, sizeof *daemon);
    (void)pthread_mutex_init(&daemon->lock, NULL);
    (void)snprintf(daemon->folder, sizeof daemon->folder, "/tmp/livenessd-test-XXXXXX");
    if (!mkdtemp(daemon->folder))
        fail_at(place, "no folder: %s", strerrorname_np(errno));
    daemon->arguments = process_arguments(verb, daemon->folder, arguments);
    daemon->environment = process_environment(environment);
    unlogged_add_environment(environment);
    return keep(daemon, close_daemon);
}

struct daemon *daemon_start_at(struct place place, const char *verb, const char *const *arguments,
                               const char *const *environment)
{
    struct daemon *daemon = daemon_new(place, verb, arguments, environment);
    launch(place, daemon);
    return daemon;
}

int daemon_refuses(const char *verb, const char *const *arguments, const char *const *environment,
                   const char **ret_said)
{
    struct daemon *daemon = daemon_new(HERE, verb, arguments, environment);
    int errors = -1;
    daemon->pid = process_start(daemon->arguments, daemon->environment, &daemon->output, &errors);
    if (pthread_create(&daemon->reader, NULL, read_output, daemon) != 0)
        abort();
    *ret_said = process_read_all(errors);
    if (!wait_until(reap(daemon), STOP_MS))
        fail_at(HERE, "%s did not refuse to start", verb);
    char why[UNLOGGED_WHY_SIZE];
    if (unlogged_find(*ret_said, why))
        fail_at(HERE, "%s said %s", verb, why);
    return daemon->code;
}

void daemon_stop_at(struct place place, struct daemon *daemon)
{
    if (reap(daemon))
        return;
    (void)kill(daemon->pid, SIGTERM);
    if (!wait_until(reap(daemon), STOP_MS))
        fail_at(place, "%s did not stop after SIGTERM", daemon->arguments[1]);
    if (daemon->code != 0)
        fail_at(place, "%s ended with code %d", daemon->arguments[1], daemon->code);
}

void daemon_kill(struct daemon *daemon)
{
    if (daemon->pid != 0)
        (void)kill(daemon->pid, SIGKILL);
    while (!reap(daemon))
        give_way();
}

void daemon_restart_at(struct place place, struct daemon *daemon)
{
    if (!reap(daemon))
        fail_at(place, "%s still runs", daemon->arguments[1]);
    launch(place, daemon);
}

void daemon_signal(struct daemon *daemon, int number)
{
    if (daemon->pid != 0)
        (void)kill(daemon->pid, number);
}

bool daemon_ended(struct daemon *daemon, int *ret_code)
{
    if (!reap(daemon))
        return false;
    *ret_code = daemon->code;
    return true;
}

pid_t daemon_pid(const struct daemon *daemon)
{
    return daemon->pid;
}

unsigned long daemon_memory_kb(const struct daemon *daemon, const char *which)
{
    unsigned long kb = 0;
    char line[256];
    FILE *file = fopen(text_of("/proc/%d/status", (int)daemon->pid), "re");
    while (file && kb == 0 && fgets(line, sizeof line, file))
        if (strncmp(line, which, strlen(which)) == 0)
            kb = strtoul(line + strlen(which), NULL, 10);
    if (kb == 0)
        fail_at(HERE, "%s is not said of it", which);
    (void)fclose(file);
    return kb;
}

const char *daemon_folder(const struct daemon *daemon)
{
    return daemon->folder;
}

const char *daemon_address(const struct daemon *daemon, const char *which)
{
    bool is_public = strcmp(which, "http") == 0 && daemon->http;
    return is_public ? daemon->http : json_text_at(daemon->ready, which);
}

const char *daemon_url(const struct daemon *daemon, const char *which, const char *path)
{
    return text_of("http://%s%s", daemon_address(daemon, which), path);
}

const char *daemon_log(struct daemon *daemon)
{
    (void)pthread_mutex_lock(&daemon->lock);
    const char *log = text_of("%s", daemon->log ? daemon->log : "");
    (void)pthread_mutex_unlock(&daemon->lock);
    return log;
}

bool daemon_log_contains(struct daemon *daemon, const char *text)
{
    (void)pthread_mutex_lock(&daemon->lock);
    bool contains = daemon->log && strstr(daemon->log, text);
    (void)pthread_mutex_unlock(&daemon->lock);
    return contains;
}
