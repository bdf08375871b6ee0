/* Promises of the command line: exit codes, what is said and where, and no secret in it. */
#include "support/process.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { USAGE = 64 };

struct run {
    pid_t pid;
    int output_fd;
    int errors_fd;
    int code;
    const char *output;
    const char *errors;
};

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void release_words(void *words)
{
    words_free(words);
}

static struct run start_with(const char *const *variables, const char *verb,
                             const char *const *more)
{
    struct run run = {.code = -1};
    char **arguments = keep(process_arguments(verb, "", more), release_words);
    char **environment = keep(process_environment(variables), release_words);
    run.pid = process_start(arguments, environment, &run.output_fd, &run.errors_fd);
    return run;
}

static void finish(struct run *run)
{
    int status = 0;
    run->output = process_read_all(run->output_fd);
    run->errors = process_read_all(run->errors_fd);
    cr_assert_eq(waitpid(run->pid, &status, 0), run->pid);
    cr_assert(WIFEXITED(status), "it crashed: %s", run->errors);
    run->code = WEXITSTATUS(status);
}

static struct run run_with(const char *const *variables, const char *verb, const char *const *more)
{
    struct run run = start_with(variables, verb, more);
    finish(&run);
    return run;
}

static struct run run_command(const char *verb, const char *const *more)
{
    return run_with(NULL, verb, more);
}

static void expect_holds(const char *text, const char *part)
{
    cr_expect_not_null(strstr(text, part), "'%s' expected in: %s", part, text);
}

static void unlink_file(void *path)
{
    (void)unlink(path);
    free(path);
}

static const char *file_with(const char *content)
{
    char *path = keep(xstrdup("/tmp/livenessd-settings-XXXXXX"), unlink_file);
    int fd = mkstemp(path);
    cr_assert(fd >= 0 && write(fd, content, strlen(content)) == (ssize_t)strlen(content));
    (void)close(fd);
    return path;
}

/* ---- usage ---- */

Test(command_line, shows_its_commands)
{
    struct run run = run_command("--help", NULL);
    cr_expect_eq(run.code, 0);
    expect_holds(run.output, "Usage: livenessd COMMAND");
    static const char *const names[] = {"\n  serve ",    "\n  emulate ", "\n  check ",
                                        "\n  settings ", "\n  keygen ",  "\n  probe ",
                                        "\n  version "};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        expect_holds(run.output, names[i]);
}

Test(command_line, shows_the_options_of_each_command)
{
    static const char *const names[] = {"serve",  "emulate", "check",  "settings",
                                        "keygen", "probe",   "version"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct run run = run_command(names[i], WORDS("--help"));
        cr_expect_eq(run.code, 0);
        expect_holds(run.output, text_of("Usage: livenessd %s", names[i]));
        cr_expect_str_empty(run.errors);
    }
}

Test(command_line, shows_its_version)
{
    static const char *const words[] = {"version", "--version"};
    for (size_t i = 0; i < 2; i++) {
        struct run run = run_command(words[i], NULL);
        cr_expect_eq(run.code, 0);
        cr_expect_eq(strncmp(run.output, "livenessd ", 10), 0);
    }
}

static void expect_usage(const char *verb, const char *const *more, const char *text)
{
    struct run run = run_command(verb, more);
    cr_expect_eq(run.code, USAGE);
    cr_expect_str_empty(run.output);
    expect_holds(run.errors, text);
    expect_holds(run.errors, "Try `livenessd");
}

Test(command_line, hints_after_wrong_usage)
{
    expect_usage("xcheck", NULL, "unknown command 'xcheck', did you mean 'check'?");
    expect_usage("frobnicate", NULL, "unknown command 'frobnicate'\n");
    expect_usage("check", WORDS("--loud"), "unrecognized option '--loud'");
    expect_usage("check", WORDS("file.yaml"), "'file.yaml' is one argument too many");
    expect_usage("check", WORDS("-c"), "requires an argument");
    expect_usage("emulate", WORDS("--listen", "nowhere"), "'nowhere' is not an address and port");
    expect_usage("emulate", WORDS("--log-level", "loud"), "'loud' is not one of error, warn");
}

/* ---- settings ---- */

Test(command_line, check_says_that_settings_are_valid)
{
    const char *file = file_with("upstream:\n  emulator: true\n");
    struct run run = run_command("check", WORDS("-c", file));
    cr_expect_eq(run.code, 0, "%s", run.errors);
    cr_expect_str_eq(run.output, text_of("%s: valid\n", file));
    cr_expect_str_empty(run.errors);
}

Test(command_line, check_takes_the_file_of_the_tree)
{
    const char *tree = getenv("LIVENESSD_TEST_SOURCE_DIR");
    const char *file = text_of("%s/config/livenessd.yaml", tree ? tree : ".");
    struct run run = run_command("check", WORDS("-c", file, "--set", "upstream.emulator=true"));
    cr_expect_eq(run.code, 0, "%s", run.errors);
}

Test(command_line, check_says_everything_that_is_wrong)
{
    const char *file = file_with("http:\n  lisen: 1\nupstream:\n  rate: fast\n");
    struct run run = run_with(WORDS("LIVENESSD_LOG_LEVEL=loud"), "check", WORDS("-c", file));
    cr_expect_eq(run.code, 1);
    cr_expect_str_empty(run.output);
    expect_holds(run.errors, text_of("%s:2:3: unknown key http.lisen, did you mean", file));
    expect_holds(run.errors, text_of("%s:4:9: upstream.rate: 'fast' is not a rate", file));
    expect_holds(run.errors, "LIVENESSD_LOG_LEVEL: 'loud' is not one of");
    expect_holds(run.errors, "upstream.endpoint: is missing");
}

Test(command_line, serve_refuses_to_start_with_wrong_settings)
{
    struct run run = run_command("serve", WORDS("--set", "http.lisen=1"));
    cr_expect_eq(run.code, 1);
    cr_expect_str_empty(run.output);
    expect_holds(run.errors, "--set http.lisen: unknown key, did you mean http.listen?");
}

Test(command_line, never_repeats_a_secret)
{
    static const char *const verbs[] = {"check", "serve", "probe"};
    for (size_t i = 0; i < 3; i++) {
        struct run run = run_with(WORDS("LIVENESSD_UPSTREAM_KEY=s3cr3t key", "FACE_KEY=s3cr3t"),
                                  verbs[i], WORDS("--set", "upstream.key=s3cr3t"));
        cr_expect_eq(run.code, 1);
        cr_expect_null(strstr(run.errors, "s3cr3t"), "%s", run.errors);
        cr_expect_null(strstr(run.output, "s3cr3t"), "%s", run.output);
    }
}

Test(command_line, settings_shows_the_table_and_the_file)
{
    struct run table = run_command("settings", NULL);
    cr_expect_eq(table.code, 0);
    expect_holds(table.output, "LIVENESSD_HTTP_LISTEN");
    struct run yaml = run_command("settings", WORDS("--yaml"));
    cr_expect_eq(yaml.code, 0);
    struct run check = run_command(
        "check", WORDS("-c", file_with(yaml.output), "--set", "upstream.emulator=true"));
    cr_expect_eq(check.code, 0, "%s", check.errors);
}

/* ---- keys ---- */

static void remove_folder(void *path)
{
    static const char *const names[] = {"device.key", "correlation.key", "seal.key", "receipt.pem"};
    for (size_t i = 0; i < 4; i++)
        (void)unlink(text_of("%s/%s", (const char *)path, names[i]));
    (void)rmdir(path);
    free(path);
}

Test(command_line, keygen_makes_what_is_missing)
{
    char *dir = keep(xstrdup("/tmp/livenessd-keygen-XXXXXX"), remove_folder);
    cr_assert_not_null(mkdtemp(dir));
    struct run run = run_command("keygen", WORDS("--dir", dir));
    cr_expect_eq(run.code, 0, "%s", run.errors);
    expect_holds(run.output, text_of("made      %s/device.key\n", dir));
    expect_holds(run.output, text_of("made      %s/receipt.pem\n", dir));
    run = run_command("keygen", WORDS("--dir", dir));
    cr_expect_eq(run.code, 0, "%s", run.errors);
    expect_holds(run.output, text_of("was there %s/device.key\n", dir));
    cr_expect_null(strstr(run.output, "made"));
}

Test(command_line, keygen_says_why_it_cannot)
{
    struct run run = run_command("keygen", WORDS("--dir", "/nonexistent/a/b"));
    cr_expect_eq(run.code, 1);
    expect_holds(run.errors, "/nonexistent/a/b");
    expect_holds(run.errors, "No such file or directory");
}

/* ---- probe ---- */

/* A listener that plays the admin listener; the port goes into --set. */
static int listen_somewhere(const char **ret_set)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    const struct timeval patience = {.tv_sec = SOON_MS / 1000};
    cr_assert_eq(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    cr_assert(fd >= 0 && bind(fd, (const struct sockaddr *)&address, size) == 0);
    cr_assert(listen(fd, 1) == 0 && getsockname(fd, (struct sockaddr *)&address, &size) == 0);
    *ret_set = text_of("admin.listen=127.0.0.1:%d", ntohs(address.sin_port));
    return fd;
}

static struct run probe_against(const char *answer)
{
    const char *set;
    int fd = listen_somewhere(&set);
    struct run run = start_with(NULL, "probe", WORDS("--set", set));
    int peer = accept(fd, NULL, NULL);
    cr_assert(peer >= 0, "nobody connects");
    char request[512] = "";
    cr_assert(recv(peer, request, sizeof request - 1, 0) > 0);
    expect_holds(request, "GET /readyz HTTP/1.1\r\nHost: 127.0.0.1:");
    if (answer) {
        cr_assert_eq(send(peer, answer, strlen(answer), MSG_NOSIGNAL), (ssize_t)strlen(answer));
        (void)close(peer);
    }
    finish(&run);
    (void)close(fd);
    return run;
}

Test(command_line, probe_of_a_ready_server_succeeds)
{
    struct run run = probe_against("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok\n");
    cr_expect_eq(run.code, 0, "%s", run.errors);
    cr_expect_str_eq(run.output, "ready\n");
}

Test(command_line, probe_says_what_is_not_ready)
{
    struct run run =
        probe_against("HTTP/1.1 503 Service Unavailable\r\nx: y\r\n\r\nstore: cannot write\n");
    cr_expect_eq(run.code, 1);
    expect_holds(run.errors, "not ready: HTTP/1.1 503 Service Unavailable: store: cannot write\n");
}

Test(command_line, probe_takes_nothing_else_for_ready)
{
    static const char *const answers[] = {"", "HTTP/1.1 2", "HTTP/1.1 2000 OK\r\n\r\n", "garbage",
                                          "HTTP/1.1 404 Not Found\r\n\r\n"};
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct run run = probe_against(answers[i]);
        cr_expect_eq(run.code, 1, "%s", answers[i]);
        expect_holds(run.errors, "not ready: ");
    }
}

Test(command_line, probe_gives_up_on_a_silent_server)
{
    int64_t before = now_ms();
    struct run run = probe_against(NULL);
    cr_expect_eq(run.code, 1);
    expect_holds(run.errors, "Connection timed out");
    cr_expect_geq(now_ms() - before, 2900);
    cr_expect_lt(now_ms() - before, SOON_MS);
}

Test(command_line, probe_says_when_nobody_listens)
{
    const char *set;
    (void)close(listen_somewhere(&set));
    struct run run = run_command("probe", WORDS("--set", set));
    cr_expect_eq(run.code, 1);
    expect_holds(run.errors, "Connection refused");
    run = run_command("probe", WORDS("--set", "admin.listen=127.0.0.1:0"));
    cr_expect_eq(run.code, 1);
    expect_holds(run.errors, "port 0");
}
