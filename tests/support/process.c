/*
 * Between fork and exec only system calls are made: the test has threads.
 */
#include "support/process.h"
#include "support/support.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct words {
    char **list;
    size_t count;
};

static void add(struct words *words, const char *word)
{
    words->list = xrealloc(words->list, (words->count + 2) * sizeof *words->list);
    words->list[words->count++] = xstrdup(word);
    words->list[words->count] = NULL;
}

static void add_all(struct words *words, const char *const *more)
{
    for (; more && *more; more++)
        add(words, *more);
}

void words_free(char **words)
{
    for (char **word = words; word && *word; word++)
        free(*word);
    free(words);
}

char **process_arguments(const char *verb, const char *folder, const char *const *more)
{
    struct words words = {0};
    const char *binary = secure_getenv("LIVENESSD_BINARY");
    add(&words, binary ? binary : "build/dev/livenessd");
    add(&words, verb);
    if (strcmp(verb, "serve") == 0) {
        const char *sets[] = {"http.listen=127.0.0.1:0",
                              "admin.listen=127.0.0.1:0",
                              "emulator.listen=127.0.0.1:0",
                              "keys.generate=true",
                              "limits.enabled=false", /* tests of limits enable them */
                              text_of("store.path=%s/livenessd.db", folder)};
        for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
            add(&words, "--set");
            add(&words, sets[i]);
        }
    } else if (strcmp(verb, "emulate") == 0) {
        add(&words, "--listen");
        add(&words, "127.0.0.1:0");
    }
    add_all(&words, more);
    return words.list;
}

char **process_environment(const char *const *more)
{
    struct words words = {0};
    for (char **entry = environ; *entry; entry++) {
        bool steers = strncmp(*entry, "LIVENESSD_", 10) == 0 || strncmp(*entry, "FACE_", 5) == 0;
        if (!steers)
            add(&words, *entry);
    }
    add_all(&words, more);
    return words.list;
}

/* In the child. A test that is gone by now is no parent any more. */
static _Noreturn void become(char *const *arguments, char *const *environment, pid_t parent,
                             int output, int errors)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(125);
    (void)dup2(output, STDOUT_FILENO);
    if (errors >= 0)
        (void)dup2(errors, STDERR_FILENO);
    (void)execve(arguments[0], arguments, environment);
    _exit(126);
}

pid_t process_start(char *const *arguments, char *const *environment, int *ret_output,
                    int *ret_errors)
{
    int output[2] = {-1, -1};
    int errors[2] = {-1, -1};
    if (pipe2(output, O_CLOEXEC) != 0 || (ret_errors && pipe2(errors, O_CLOEXEC) != 0))
        fail_at(HERE, "pipe: %s", strerrorname_np(errno));
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        become(arguments, environment, parent, output[1], errors[1]);
    if (pid < 0)
        fail_at(HERE, "fork: %s", strerrorname_np(errno));
    (void)close(output[1]);
    *ret_output = output[0];
    if (ret_errors) {
        (void)close(errors[1]);
        *ret_errors = errors[0];
    }
    return pid;
}

void process_remove_folder(const char *path)
{
    struct words words = {0};
    const char *const rm[] = {"/bin/rm", "-rf", path, NULL};
    add_all(&words, rm);
    int output = -1;
    int status = 0;
    pid_t pid = process_start(words.list, environ, &output, NULL);
    (void)waitpid(pid, &status, 0);
    (void)close(output);
    words_free(words.list);
}

const char *process_read_all(int fd)
{
    char *text = xcalloc(1, 1);
    size_t size = 0;
    char chunk[1024];
    ssize_t got = 0;
    while ((got = read(fd, chunk, sizeof chunk)) > 0) {
        text = xrealloc(text, size + (size_t)got + 1);
        memcpy(text + size, chunk, (size_t)got);
        size += (size_t)got;
        text[size] = '\0';
    }
    (void)close(fd);
    return keep(text, free);
}
