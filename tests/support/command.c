/*
 * Commands of the binary that run to their end.
 */
#include "support/command.h"

#include "support/process.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

struct finished command_run_words(const char *const *words, const char *const *environment)
{
    struct finished finished = {0};
    char **arguments = process_arguments(words[0], "", words + 1);
    char **variables = process_environment(environment);
    int output = -1;
    int errors = -1;
    int status = 0;
    pid_t pid = process_start(arguments, variables, &output, &errors);
    finished.output = process_read_all(output);
    finished.errors = process_read_all(errors);
    if (waitpid(pid, &status, 0) != pid)
        fail_at(HERE, "%s: %s", words[0], strerrorname_np(errno));
    finished.code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    words_free(arguments);
    words_free(variables);
    if (strstr(finished.errors, "Sanitizer") || strstr(finished.errors, "runtime error:"))
        fail_at(HERE, "%s: %s", words[0], finished.errors);
    return finished;
}

static void remove_folder(void *path)
{
    process_remove_folder(path);
    free(path);
}

const char *folder_new(void)
{
    char *path = xstrdup("/tmp/livenessd-test-XXXXXX");
    if (!mkdtemp(path))
        fail_at(HERE, "no folder: %s", strerrorname_np(errno));
    return keep(path, remove_folder);
}

const char *file_new(const char *folder, const char *name, const char *text)
{
    const char *path = text_of("%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0)
        fail_at(HERE, "%s: %s", path, strerrorname_np(errno));
    return path;
}

bool folder_holds(const char *folder, const char *text)
{
    char program[] = "/bin/grep";
    char flags[] = "-rqaF";
    char end[] = "--";
    char *const words[] = {program, flags, end, text_of("%s", text), text_of("%s", folder), NULL};
    char **environment = process_environment(NULL);
    int output = -1;
    int status = 0;
    pid_t pid = process_start(words, environment, &output, NULL);
    (void)process_read_all(output);
    words_free(environment);
    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) > 1)
        fail_at(HERE, "grep in %s failed", folder);
    return WEXITSTATUS(status) == 0;
}
