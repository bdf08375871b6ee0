/*
 * The command line as people and scripts use it.
 */
#include "support/command.h"
#include "support/rig.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void expect_in(const char *text, const char *part)
{
    cr_assert_not_null(strstr(text, part), "no \"%s\" in: %s", part, text);
}

Test(command_line, help_and_version_say_what_there_is)
{
    struct finished help = command_run("--help");
    cr_assert_eq(help.code, 0);
    const char *const commands[] = {"serve",  "emulate", "check", "settings",
                                    "keygen", "verify",  "probe"};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        expect_in(help.output, commands[i]);
        struct finished one = command_run(text_of("%s", commands[i]), "--help");
        cr_assert_eq(one.code, 0, "%s --help", commands[i]);
        expect_in(one.output, "Usage: livenessd");
    }
    struct finished version = command_run("version");
    cr_assert_eq(version.code, 0);
    expect_in(version.output, "livenessd ");
    cr_assert_neq(command_run("frobnicate").code, 0);
}

Test(command_line, check_names_file_and_line_of_every_error)
{
    const char *path = file_new(folder_new(), "bad.yaml",
                                "http:\n  listen: nowhere\n  lisden: 127.0.0.1:1\n"
                                "log:\n  level: loud\ndrain_timeout: 5\n");
    struct finished check = command_run("check", "-c", path);
    cr_assert_eq(check.code, 1);
    expect_in(check.errors, text_of("%s:2", path));
    expect_in(check.errors, text_of("%s:3", path));
    expect_in(check.errors, "http.listen");
    expect_in(check.errors, text_of("%s:5", path));
    expect_in(check.errors, text_of("%s:6", path));
}

Test(command_line, check_is_content_with_good_settings)
{
    const char *path =
        file_new(folder_new(), "good.yaml", "upstream:\n  endpoint: https://face.example.org/\n");
    const char *const environment[] = {"FACE_APIKEY=some-key", NULL};
    const char *const words[] = {"check", "-c", path, NULL};
    struct finished check = command_run_words(words, environment);
    cr_assert_eq(check.code, 0, "%s", check.errors);
}

Test(command_line, settings_shows_the_table)
{
    struct finished settings = command_run("settings");
    cr_assert_eq(settings.code, 0);
    const char *const keys[] = {"http.listen", "upstream.key", "LIVENESSD_STORE_PATH",
                                "verdict.digest", "127.0.0.1:8080"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        expect_in(settings.output, keys[i]);
}

/* Every key in the folder: "name content-of-the-file" lines; fails when others could read one. */
static const char *keys_in(const char *folder)
{
    const char *all = "";
    DIR *directory = opendir(folder);
    cr_assert_not_null(directory);
    for (const struct dirent *entry = NULL; (entry = readdir(directory));) {
        struct stat of;
        char content[4096] = "";
        if (entry->d_name[0] == '.')
            continue;
        const char *path = text_of("%s/%s", folder, entry->d_name);
        cr_assert_eq(stat(path, &of), 0);
        cr_assert_eq(of.st_mode & 0777, 0600, "%s", path);
        FILE *file = fopen(path, "r");
        cr_assert_not_null(file);
        cr_assert_gt(fread(content, 1, sizeof content - 1, file), 0, "%s is empty", path);
        (void)fclose(file);
        all = text_of("%s%s %s\n", all, entry->d_name, content);
    }
    (void)closedir(directory);
    return all;
}

Test(command_line, keygen_makes_keys_that_others_cannot_read_and_keeps_them)
{
    const char *folder = text_of("%s/keys", folder_new());
    struct finished keygen = command_run("keygen", "--dir", folder);
    cr_assert_eq(keygen.code, 0, "%s", keygen.errors);
    struct stat of;
    cr_assert_eq(stat(folder, &of), 0);
    cr_assert_eq(of.st_mode & 0777, 0700);
    const char *keys = keys_in(folder);
    cr_assert_gt(strlen(keys), 100);
    cr_assert_eq(command_run("keygen", "--dir", folder).code, 0);
    cr_assert_str_eq(keys_in(folder), keys);
}

#define ENDPOINT "--set", "upstream.endpoint=http://127.0.0.1:1"

static const char *const with_key[] = {"FACE_KEY=some-key", NULL};

/* `serve` with these arguments refuses to start and says this. */
static void expect_refusal(const char *const *arguments, const char *const *environment,
                           const char *part)
{
    const char *said = NULL;
    cr_assert_eq(daemon_refuses("serve", arguments, environment, &said), 1, "%s", said);
    expect_in(said, part);
}

Test(command_line, serve_refuses_settings_that_are_wrong_or_unsafe)
{
    const char *const unknown[] = {ENDPOINT, "--set", "http.lisden=127.0.0.1:0", NULL};
    expect_refusal(unknown, with_key, "http.listen");
    const char *const public[] = {ENDPOINT, "--set", "http.listen=0.0.0.0:0", NULL};
    expect_refusal(public, with_key, "auth.anonymous_public");
    const char *const secret[] = {ENDPOINT, "--set", "upstream.key=visible-to-all", NULL};
    expect_refusal(secret, NULL, "upstream.key");
    const char *const plain[] = {"--set", "upstream.endpoint=http://face.example.org", NULL};
    expect_refusal(plain, with_key, "upstream.endpoint");
    const char *const both[] = {ENDPOINT, "--set", "upstream.emulator=true", NULL};
    expect_refusal(both, with_key, "upstream.emulator");
    const char *const keyless[] = {ENDPOINT, "--set", "keys.generate=false", NULL};
    expect_refusal(keyless, with_key, "keygen");
    const char *const nothing[] = {NULL};
    expect_refusal(nothing, with_key, "upstream.endpoint");
}

Test(command_line, an_anonymous_public_listener_starts_when_that_is_meant)
{
    struct rig rig = rig_open_set("http.listen=0.0.0.0:0", "auth.anonymous_public=true");
    expect_status(http_do("GET", daemon_url(rig.server, "admin", "/readyz")), 200);
}

Test(command_line, probe_follows_readiness)
{
    struct rig rig = rig_open();
    const char *setting = text_of("admin.listen=%s", daemon_address(rig.server, "admin"));
    struct finished ready = command_run("probe", "--set", setting);
    cr_assert_eq(ready.code, 0, "%s", ready.errors);
    daemon_stop(rig.server);
    struct finished gone = command_run("probe", "--set", setting);
    cr_assert_eq(gone.code, 1);
    expect_in(gone.errors, "not ready");
}

Test(command_line, set_wins_over_the_environment)
{
    struct rig_options options = {.environment = {"LIVENESSD_LOG_LEVEL=info"}};
    struct rig loud = rig_open_with(&options);
    (void)story_begin(&loud);
    expect_soon(daemon_log_contains(loud.server, "session created"));
    options.settings[0] = "log.level=error";
    struct rig quiet = rig_open_with(&options);
    (void)story_begin(&quiet);
    daemon_stop(quiet.server);
    cr_assert_not(daemon_log_contains(quiet.server, "session created"));
}

Test(command_line, emulate_explains_its_switches_and_secrets)
{
    struct finished help = command_run("emulate", "--help");
    cr_assert_eq(help.code, 0);
    const char *const words[] = {"--listen",
                                 "--strict",
                                 "--tutorial-paths",
                                 "--rate-limit",
                                 "--gateway-errors",
                                 "LIVENESSD_EMULATOR_KEY",
                                 "LIVENESSD_EMULATOR_KEY2",
                                 "LIVENESSD_EMULATOR_CLIENT_SECRET"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        expect_in(help.output, words[i]);
}

Test(command_line, emulate_takes_its_switches)
{
    const char *const all[] = {"--strict", "--tutorial-paths", "--gateway-errors",
                               "--rate-limit=1000000", NULL};
    struct daemon *emulator = daemon_start("emulate", all, NULL);
    const struct http_answer *options =
        http_do("GET", daemon_url(emulator, "emulator", "/emulator/options"), NULL);
    cr_assert_str_eq(options->body, "{\"strict\":true,\"tutorialPaths\":true,"
                                    "\"gatewayErrors\":true,\"rateLimit\":1000000}");
}

Test(command_line, emulate_refuses_a_rate_that_is_none)
{
    static const char *const bad[] = {"",    "x",   "-1",      "+1",
                                      "1.5", "10x", "1000001", "99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct finished run = command_run("emulate", text_of("--rate-limit=%s", bad[i]));
        cr_assert_eq(run.code, 64, "%s", bad[i]);
        expect_in(run.errors, "calls a second");
    }
    struct finished serve = command_run("serve", "--strict");
    cr_assert_eq(serve.code, 64);
}
