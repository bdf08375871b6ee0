/*
 * Keys of identity providers over TLS: only from who can prove to be the one that is meant, by an
 * authority of the operator's own if that is said.
 */
#include "../unit/redis/certificates.h"
#include "support/process.h"
#include "support/tokens.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(token_tls, .timeout = 120);

/* `openssl s_server`, which answers with files. */
struct tls_server {
    pid_t pid;
    int output;
    unsigned port;
};

struct scene {
    const char *folder;
    const struct signer *key;
    const struct certificate *authority;
};

/* ---- the provider ---- */

static void stop(void *object)
{
    struct tls_server *server = object;
    (void)kill(server->pid, SIGKILL);
    (void)waitpid(server->pid, NULL, 0);
    (void)close(server->output);
    free(server);
}

/* Reads "ACCEPT 127.0.0.1:PORT". */
static unsigned read_port(int fd)
{
    char said[512] = "";
    size_t size = 0;
    const char *port = NULL;
    while (!port || !strchr(port, '\n')) {
        ssize_t got = read(fd, said + size, sizeof said - 1 - size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            fail_at(HERE, "the TLS server said: %s", said);
        size += (size_t)got;
        said[size] = '\0';
        port = strstr(said, "ACCEPT 127.0.0.1:");
    }
    return (unsigned)strtoul(port + sizeof "ACCEPT 127.0.0.1:" - 1, NULL, 10);
}

static struct tls_server *start(const struct scene *scene, const struct certificate *certificate)
{
    struct tls_server *server = keep(xcalloc(1, sizeof *server), stop);
    const char *const words[] = {"/bin/sh", "-c",
                                 text_of("cd %s && exec openssl s_server -accept 127.0.0.1:0 -HTTP "
                                         "-naccept 1000 -cert %s -key %s </dev/null 2>/dev/null",
                                         scene->folder, certificate->file, certificate->key_file),
                                 NULL};
    char *arguments[4] = {0};
    for (size_t i = 0; words[i]; i++)
        arguments[i] = keep(xstrdup(words[i]), free);
    server->pid = process_start(arguments, environ, &server->output, NULL);
    server->port = read_port(server->output);
    return server;
}

static struct scene scene_open(void)
{
    struct scene scene = {.folder = folder_new(), .key = key_new("P-256")};
    scene.authority = certificate_make(scene.folder, (struct certificate_wish){.name = NULL});
    FILE *file = fopen(text_of("%s/keys", scene.folder), "we");
    cr_assert_not_null(file);
    (void)fprintf(file, "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n%s",
                  document_of(scene.key, "k1", NULL, NULL));
    (void)fclose(file);
    return scene;
}

static const struct certificate *server_certificate(const struct scene *scene, const char *name)
{
    return certificate_make(scene->folder,
                            (struct certificate_wish){.name = name, .by = scene->authority});
}

static struct rig rig_with(const struct tls_server *server, const char *ca_file)
{
    return rig_open_set("auth.mode=anonymous,jwt",
                        text_of("auth.issuers=issuer=" CORP " name=corp audience=liveness "
                                "jwks=https://127.0.0.1:%u/keys",
                                server->port),
                        text_of("auth.ca_file=%s", ca_file));
}

/* ---- what comes of it ---- */

static const struct http_answer *create(const struct scene *scene, const struct rig *rig)
{
    const char *token =
        token_of(scene->key, "ES256", header_of("ES256", "k1"), claims_of(CORP, "ann", ""));
    return http_do("POST", daemon_url(rig->server, "http", SESSIONS_PATH), PLAIN_CREATE,
                   bearer_of(token));
}

/* Nobody gets in, callers are told to come again, and the log says why. */
static void expect_distrusted(const struct scene *scene, const struct rig *rig, const char *reason)
{
    expect_error(create(scene, rig), 503, "KeysUnavailable");
    expect_soon(daemon_log_contains(rig->server, "\"event\":\"keys not loaded\""));
    expect_soon(daemon_log_contains(rig->server, reason));
    cr_expect_not(daemon_log_contains(rig->server, "\"event\":\"keys loaded\""));
    expect_status(http_do("GET", daemon_url(rig->server, "admin", "/readyz")), 503);
}

Test(token_tls, keys_come_from_who_the_named_authority_vouches_for)
{
    struct scene scene = scene_open();
    struct tls_server *server =
        start(&scene, server_certificate(&scene, "DNS:localhost,IP:127.0.0.1"));
    struct rig rig = rig_with(server, scene.authority->file);
    expect_status(create(&scene, &rig), 200);
}

Test(token_tls, nobody_else_s_word_counts)
{
    struct scene scene = scene_open();
    struct tls_server *server =
        start(&scene, server_certificate(&scene, "DNS:localhost,IP:127.0.0.1"));
    struct rig rig = rig_with(server, "");
    expect_distrusted(&scene, &rig, "SSL peer certificate or SSH remote key was not OK");
}

Test(token_tls, a_certificate_of_another_name_is_not_taken)
{
    struct scene scene = scene_open();
    struct tls_server *server = start(&scene, server_certificate(&scene, "DNS:id.example"));
    struct rig rig = rig_with(server, scene.authority->file);
    expect_distrusted(&scene, &rig, "SSL peer certificate or SSH remote key was not OK");
}

Test(token_tls, an_expired_certificate_is_not_taken)
{
    struct scene scene = scene_open();
    const struct certificate_wish wish = {
        .name = "IP:127.0.0.1", .by = scene.authority, .expired = true};
    struct tls_server *server = start(&scene, certificate_make(scene.folder, wish));
    struct rig rig = rig_with(server, scene.authority->file);
    expect_distrusted(&scene, &rig, "SSL peer certificate or SSH remote key was not OK");
}
