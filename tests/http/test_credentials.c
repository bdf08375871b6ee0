/*
 * Keys that are renewed while the server runs: the files that hold them are read again, and nothing
 * is lost when a new one is broken.
 */
#include "support/command.h"
#include "support/log_lines.h"
#include "support/rig.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEW_KEY   "new-k3y-of-the-resource"
#define OLD_KEY   "old-k3y-of-the-resource"
#define RELOADED  "credentials reloaded"
#define NOT_TAKEN "credentials not reloaded"
#define UNCHANGED "credentials unchanged"

static struct daemon *emulator_with(const char *key)
{
    const char *const environment[] = {text_of("LIVENESSD_EMULATOR_KEY=%s", key), NULL};
    return daemon_start("emulate", NULL, environment);
}

/* A server whose key comes out of the file. */
static struct daemon *server_with(struct daemon *emulator, const char *file)
{
    const char *const arguments[] = {
        "--set", text_of("upstream.endpoint=%s", daemon_url(emulator, "emulator", "")),
        "--set", text_of("upstream.key_file=%s", file),
        "--set", "upstream.rate=1000",
        NULL};
    return daemon_start("serve", arguments, NULL);
}

static const struct http_answer *create(struct daemon *server)
{
    return http_do("POST", daemon_url(server, "http", SESSIONS_PATH), PLAIN_CREATE);
}

static unsigned said(struct daemon *server, const char *event)
{
    return lines_with(json_lines(daemon_log(server)), "event", event);
}

/* As a careful writer does it: the file is never half there. */
static void replace_file(const char *file, const char *text)
{
    const char *beside = text_of("%s.new", file);
    FILE *stream = fopen(beside, "we");
    cr_assert(stream && fputs(text, stream) >= 0 && fclose(stream) == 0);
    cr_assert_eq(rename(beside, file), 0);
}

Test(credentials, a_hangup_reads_the_new_key)
{
    struct daemon *emulator = emulator_with(NEW_KEY);
    const char *file = file_new(folder_new(), "key", OLD_KEY "\n");
    struct daemon *server = server_with(emulator, file);
    expect_error(create(server), 502, "UpstreamDenied");
    replace_file(file, NEW_KEY "\n");
    daemon_signal(server, SIGHUP);
    expect_soon(said(server, RELOADED) == 1);
    expect_status(create(server), 200);
}

Test(credentials, a_changed_file_is_noticed_by_itself)
{
    struct daemon *emulator = emulator_with(NEW_KEY);
    const char *file = file_new(folder_new(), "key", OLD_KEY);
    struct daemon *server = server_with(emulator, file);
    replace_file(file, NEW_KEY);
    expect_soon(said(server, RELOADED) == 1);
    expect_status(create(server), 200);
}

Test(credentials, a_link_that_is_turned_to_another_folder_is_noticed)
{
    struct daemon *emulator = emulator_with(NEW_KEY);
    const char *folder = folder_new();
    const char *const turns[] = {"turn1", "turn2"};
    const char *const keys[] = {OLD_KEY, NEW_KEY};
    for (size_t i = 0; i < 2; i++) {
        cr_assert_eq(mkdir(text_of("%s/%s", folder, turns[i]), 0700), 0);
        (void)file_new(text_of("%s/%s", folder, turns[i]), "key", keys[i]);
    }
    /* as Kubernetes mounts a secret */
    const char *data = text_of("%s/..data", folder);
    const char *next = text_of("%s/..data_tmp", folder);
    const char *file = text_of("%s/key", folder);
    cr_assert_eq(symlink(turns[0], data), 0);
    cr_assert_eq(symlink("..data/key", file), 0);
    struct daemon *server = server_with(emulator, file);
    cr_assert_eq(symlink(turns[1], next), 0);
    cr_assert_eq(rename(next, data), 0);
    expect_soon(said(server, RELOADED) == 1);
    expect_status(create(server), 200);
}

Test(credentials, a_broken_new_file_keeps_the_old_key)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"", "is empty"},
        {"two words", "holds a character that no key has"},
        {NULL, "No such file or directory"},
    };
    struct daemon *emulator = emulator_with(OLD_KEY);
    const char *file = file_new(folder_new(), "key", OLD_KEY);
    struct daemon *server = server_with(emulator, file);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned before = said(server, NOT_TAKEN);
        if (rows[i].text)
            replace_file(file, rows[i].text);
        else
            cr_assert_eq(unlink(file), 0);
        daemon_signal(server, SIGHUP);
        expect_soon(said(server, NOT_TAKEN) > before);
        cr_assert(daemon_log_contains(server, rows[i].why), "%s", rows[i].why);
        expect_status(create(server), 200);
    }
    cr_assert_eq(mkfifo(file, 0600), 0);
    daemon_signal(server, SIGHUP);
    expect_soon(daemon_log_contains(server, "is no regular file"));
    expect_status(create(server), 200);
    replace_file(file, OLD_KEY "\n");
    daemon_signal(server, SIGHUP);
    expect_soon(said(server, UNCHANGED) > 0);
    expect_status(create(server), 200);
    cr_assert_eq(said(server, RELOADED), 0);
}

Test(credentials, no_key_gets_into_the_log)
{
    struct daemon *emulator = emulator_with(NEW_KEY);
    const char *file = file_new(folder_new(), "key", OLD_KEY);
    struct daemon *server = server_with(emulator, file);
    replace_file(file, NEW_KEY);
    daemon_signal(server, SIGHUP);
    expect_soon(said(server, RELOADED) == 1);
    replace_file(file, NEW_KEY " and a slip");
    daemon_signal(server, SIGHUP);
    expect_soon(said(server, NOT_TAKEN) > 0);
    cr_assert_not(daemon_log_contains(server, OLD_KEY));
    cr_assert_not(daemon_log_contains(server, NEW_KEY));
}

Test(credentials, a_second_key_carries_on_while_the_first_is_renewed)
{
    struct daemon *emulator = emulator_with(NEW_KEY);
    const char *folder = folder_new();
    const char *const arguments[] = {
        "--set", text_of("upstream.endpoint=%s", daemon_url(emulator, "emulator", "")),
        "--set", text_of("upstream.key_file=%s", file_new(folder, "key", OLD_KEY)),
        "--set", text_of("upstream.key2_file=%s", file_new(folder, "key2", NEW_KEY)),
        "--set", "upstream.rate=1000",
        NULL};
    struct daemon *server = daemon_start("serve", arguments, NULL);
    expect_status(create(server), 200);
}

Test(credentials, an_application_s_new_secret_is_used)
{
    const char *const environment[] = {"LIVENESSD_EMULATOR_CLIENT_SECRET=" NEW_KEY, NULL};
    struct daemon *emulator = daemon_start("emulate", NULL, environment);
    const char *file = file_new(folder_new(), "secret", OLD_KEY);
    const char *endpoint = daemon_url(emulator, "emulator", "");
    const char *const arguments[] = {"--set", text_of("upstream.endpoint=%s", endpoint),
                                     "--set", text_of("upstream.entra_authority=%s", endpoint),
                                     "--set", "upstream.entra_tenant=contoso.example",
                                     "--set", "upstream.entra_client_id=livenessd",
                                     "--set", text_of("upstream.entra_client_secret_file=%s", file),
                                     "--set", "upstream.rate=1000",
                                     NULL};
    struct daemon *server = daemon_start("serve", arguments, NULL);
    expect_error(create(server), 502, "UpstreamDenied");
    replace_file(file, NEW_KEY "\n");
    daemon_signal(server, SIGHUP);
    expect_soon(said(server, RELOADED) == 1);
    expect_status(create(server), 200);
}

Test(credentials, a_hangup_without_files_ends_nothing)
{
    struct rig rig = rig_open();
    daemon_signal(rig.server, SIGHUP);
    expect_status(create(rig.server), 200);
    int code;
    cr_assert_not(daemon_ended(rig.server, &code));
}
