/*
 * Making the configuration from the shipped example, and the life of the process.
 */
#include "support/nginx.h"

#include "base/address.h"
#include "support/log_lines.h"
#include "support/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LISTENERS = 2 };

struct nginx {
    const char *folder;
    const char *addresses[LISTENERS]; /* NULL: this machine has no such */
    pid_t pid;                        /* 0: runs no more */
    int code;
    int output;
    int held[LISTENERS]; /* sockets that keep its ports; -1: none */
};

static const char *const loopback[LISTENERS] = {"127.0.0.1:0", "[::1]:0"};
static const char *const listen_as_shipped[LISTENERS] = {"listen 443 ssl http2;",
                                                         "listen [::]:443 ssl http2;"};

static const char *source_path(const char *path)
{
    const char *folder = secure_getenv("LIVENESSD_TEST_SOURCE_DIR");
    return text_of("%s/%s", folder ? folder : ".", path);
}

static const char *file_text(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        fail_at(HERE, "%s: %s", path, strerrorname_np(errno));
    return process_read_all(fd);
}

/* The text with the only occurrence of `old` replaced: an example that changed has to be looked at.
 */
static const char *replaced(const char *text, const char *old, const char *new)
{
    const char *found = strstr(text, old);
    if (!found || strstr(found + 1, old))
        fail_at(HERE, "the example does not hold once: %s", old);
    return text_of("%.*s%s%s", (int)(found - text), text, new, found + strlen(old));
}

/* ---- programs ---- */

static pid_t start(const char *const *words, int *ret_output, int *ret_errors)
{
    char *arguments[32] = {0};
    char **variables = process_environment(NULL);
    for (size_t i = 0; i < 31 && words[i]; i++)
        arguments[i] = text_of("%s", words[i]);
    pid_t pid = process_start(arguments, variables, ret_output, ret_errors);
    words_free(variables);
    return pid;
}

static struct finished run(const char *const *words)
{
    struct finished finished = {0};
    int output = -1;
    int errors = -1;
    int status = 0;
    pid_t pid = start(words, &output, &errors);
    finished.output = process_read_all(output);
    finished.errors = process_read_all(errors);
    if (waitpid(pid, &status, 0) != pid)
        fail_at(HERE, "%s: %s", words[0], strerrorname_np(errno));
    finished.code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return finished;
}

/* ---- the folder ---- */

static void make_certificate(const char *folder)
{
    if (mkdir(text_of("%s/tls", folder), 0700) != 0)
        fail_at(HERE, "%s/tls: %s", folder, strerrorname_np(errno));
    const char *subject = text_of("/CN=%s", NGINX_SERVER_NAME);
    const char *name = text_of("subjectAltName=DNS:%s", NGINX_SERVER_NAME);
    struct finished made = run(
        (const char *const[]){"/usr/bin/openssl", "req", "-x509", "-nodes", "-days", "2", "-newkey",
                              "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", subject,
                              "-addext", name, "-keyout", text_of("%s/tls/livenessd.key", folder),
                              "-out", text_of("%s/tls/livenessd.pem", folder), NULL});
    if (made.code != 0)
        fail_at(HERE, "openssl: %s", made.errors);
}

/* What stands around the example: nothing of it is outside the folder, nothing needs root. */
static const char *main_file(const char *folder, const char *site)
{
    return file_new(folder, "nginx.conf",
                    text_of("daemon off;\n"
                            "master_process off;\n"
                            "pid %s/nginx.pid;\n"
                            "error_log %s/error.log warn;\n"
                            "events { worker_connections 256; }\n"
                            "http {\n"
                            "    client_body_temp_path %s/body;\n"
                            "    proxy_temp_path %s/proxy;\n"
                            "    fastcgi_temp_path %s/fastcgi;\n"
                            "    uwsgi_temp_path %s/uwsgi;\n"
                            "    scgi_temp_path %s/scgi;\n"
                            "    include %s;\n"
                            "}\n",
                            folder, folder, folder, folder, folder, folder, folder, site));
}

static const char *example(void)
{
    return source_path("deploy/nginx/livenessd.conf");
}

static const char *site_file(const struct nginx *nginx, const struct daemon *server,
                             const struct nginx_options *options)
{
    const char *text = file_text(example());
    for (size_t i = 0; i < LISTENERS; i++) {
        const char *address = nginx->addresses[i];
        text = replaced(text, listen_as_shipped[i],
                        address ? text_of("listen %s%s;", address, options->tls ? " ssl http2" : "")
                                : "");
    }
    text = replaced(text, "server 127.0.0.1:8080;",
                    text_of("server %s;", daemon_address(server, "http")));
    text = replaced(text, "/var/log/nginx/", text_of("%s/", nginx->folder));
    if (options->replace)
        text = replaced(text, options->replace, options->by);
    return file_new(nginx->folder, "livenessd.conf", text);
}

struct finished nginx_check_example(void)
{
    const char *folder = folder_new();
    make_certificate(folder);
    return run((const char *const[]){"/usr/sbin/nginx", "-t", "-e", text_of("%s/early.log", folder),
                                     "-p", folder, "-c", main_file(folder, example()), NULL});
}

/* ---- the process ---- */

/* Takes a free port there: bound but not listening, it can be bound again by who allows that too,
 * as nginx does, and is given to nobody who asks for any port. Returns the socket that holds it; -1
 * when the machine has no such address. */
static int hold_port(const char *where, const char **ret_address)
{
    struct address address;
    struct sockaddr_storage storage;
    char shown[ADDRESS_TEXT_SIZE];
    int on = 1;
    if (address_parse_listen(slice_of(where), &address))
        fail_at(HERE, "not an address: %s", where);
    socklen_t size = address_to_sockaddr(&address, &storage);
    int fd = socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, (const struct sockaddr *)&storage, size) != 0 ||
        getsockname(fd, (struct sockaddr *)&storage, &size) != 0) {
        (void)close(fd);
        return -1;
    }
    address_from_sockaddr((const struct sockaddr *)&storage, &address);
    address_format(&address, true, shown);
    *ret_address = text_of("%s", shown);
    return fd;
}

static bool reap(struct nginx *nginx)
{
    int status = 0;
    if (nginx->pid == 0)
        return true;
    if (waitpid(nginx->pid, &status, WNOHANG) != nginx->pid)
        return false;
    nginx->code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    nginx->pid = 0;
    (void)close(nginx->output);
    return true;
}

/* At the end of the test: nobody waits for idle clients. */
static void end(void *object)
{
    struct nginx *nginx = object;
    if (nginx->pid != 0)
        (void)kill(nginx->pid, SIGTERM);
    if (!wait_until(reap(nginx), SOON_MS)) {
        (void)kill(nginx->pid, SIGKILL);
        while (!reap(nginx))
            give_way();
    }
    for (size_t i = 0; i < LISTENERS; i++) {
        if (nginx->held[i] >= 0)
            (void)close(nginx->held[i]);
    }
    free(nginx);
}

/* The pid file is written after the sockets listen. */
static void launch(struct place place, struct nginx *nginx)
{
    const char *pid_path = text_of("%s/nginx.pid", nginx->folder);
    const char *words[] = {"/usr/sbin/nginx", "-e", text_of("%s/error.log", nginx->folder),  "-p",
                           nginx->folder,     "-c", text_of("%s/nginx.conf", nginx->folder), NULL};
    nginx->pid = start(words, &nginx->output, NULL);
    bool up = wait_until(access(pid_path, R_OK) == 0 || reap(nginx), SOON_MS);
    if (!up || nginx->pid == 0)
        fail_at(place, "nginx did not start (code %d): %s", nginx->code, nginx_error_log(nginx));
}

struct nginx *nginx_start_at(struct place place, const struct daemon *server,
                             const struct nginx_options *options)
{
    const char *folder = folder_new();
    struct nginx *nginx = keep(xcalloc(1, sizeof *nginx), end);
    nginx->folder = folder;
    for (size_t i = 0; i < LISTENERS; i++)
        nginx->held[i] = hold_port(loopback[i], &nginx->addresses[i]);
    if (!nginx->addresses[0])
        fail_at(place, "cannot bind %s", loopback[0]);
    make_certificate(folder);
    (void)main_file(folder, site_file(nginx, server, options));
    launch(place, nginx);
    return nginx;
}

void nginx_stop(struct nginx *nginx)
{
    (void)kill(nginx->pid, SIGQUIT);
    if (!wait_until(reap(nginx), SOON_MS) || nginx->code != 0)
        fail_at(HERE, "nginx ended with code %d: %s", nginx->code, nginx_error_log(nginx));
}

/* ---- what it has ---- */

const char *nginx_address(const struct nginx *nginx)
{
    return nginx->addresses[0];
}

const char *nginx_address6(const struct nginx *nginx)
{
    return nginx->addresses[1];
}

const char *nginx_url(const struct nginx *nginx, const char *path)
{
    return text_of("http://%s%s", nginx->addresses[0], path);
}

const char *nginx_certificate(const struct nginx *nginx)
{
    return text_of("%s/tls/livenessd.pem", nginx->folder);
}

const char *nginx_access_log(const struct nginx *nginx)
{
    return file_text(text_of("%s/livenessd.log", nginx->folder));
}

const cJSON *nginx_requests(const struct nginx *nginx)
{
    return json_lines(nginx_access_log(nginx));
}

const char *nginx_error_log(const struct nginx *nginx)
{
    return file_text(text_of("%s/error.log", nginx->folder));
}
