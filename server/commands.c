/*
 * The commands: settings loaded, then handed to the part that does the work. Reading the command
 * line is main's business.
 */
#include "commands.h"

#include "app.h"
#include "base/clock.h"
#include "config/keyring.h"
#include "config/receipt_keys.h"
#include "probe.h"
#include "verify.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

enum { ERRORS_LIMIT = 128 * 1024, OUTPUT_LIMIT = 256 * 1024, REASON_SIZE = 1024 };

/* 1 when not all of it could be written. */
static int say(const struct buf *text)
{
    struct slice all = buf_slice(text);
    bool fine = fwrite(all.data, 1, all.len, stdout) == all.len && fflush(stdout) == 0;
    return fine ? 0 : 1;
}

/* False, and every error on standard error. */
static bool load(const struct command_options *options, bool values_only, struct settings *ret)
{
    const struct settings_source source = {.file = options->file,
                                           .environment = options->environment,
                                           .sets = options->sets,
                                           .values_only = values_only};
    CLEANUP(buf) struct buf errors;
    buf_init(&errors, ERRORS_LIMIT);
    if (settings_load(&source, ret, &errors) == 0) {
        return true;
    }
    struct slice all = buf_slice(&errors);
    (void)fwrite(all.data, 1, all.len, stderr);
    return false;
}

/* Before the first secret is read: no core dump, no debugger of another process of this user. */
static void hide_memory(void)
{
    (void)prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L);
}

int command_serve(const struct command_options *options)
{
    hide_memory();
    struct settings settings = {0};
    if (!load(options, false, &settings)) {
        return 1;
    }
    int code = app_serve(&settings);
    settings_done(&settings);
    return code;
}

/* NULL when the variable is not set or empty. */
static const char *environment_value(char *const *environment, const char *name)
{
    size_t len = strlen(name);
    for (; environment && *environment; environment++) {
        const char *entry = *environment;
        if (strncmp(entry, name, len) == 0 && entry[len] == '=' && entry[len + 1] != '\0') {
            return entry + len + 1;
        }
    }
    return NULL;
}

int command_emulate(const struct command_options *options)
{
    hide_memory();
    struct settings settings = {0};
    /* LIVENESSD_EMULATOR_LISTEN and LIVENESSD_LOG_LEVEL hold here too */
    if (!load(options, true, &settings)) {
        return 1;
    }
    const struct emulate_options emulate = {
        .listen = options->has_listen ? options->listen : settings.emulator_listen,
        .key = environment_value(options->environment, "LIVENESSD_EMULATOR_KEY"),
        .key2 = environment_value(options->environment, "LIVENESSD_EMULATOR_KEY2"),
        .client_secret =
            environment_value(options->environment, "LIVENESSD_EMULATOR_CLIENT_SECRET"),
        .strict = options->strict,
        .tutorial_paths = options->tutorial_paths,
        .gateway_errors = options->gateway_errors,
        .rate_limit = options->rate_limit,
        .log_level =
            options->has_log_level ? options->log_level : (enum log_level)settings.log_level,
    };
    int code = app_emulate(&emulate);
    settings_done(&settings);
    return code;
}

int command_check(const struct command_options *options)
{
    struct settings settings = {0};
    if (!load(options, false, &settings)) {
        return 1;
    }
    settings_done(&settings);
    CLEANUP(buf) struct buf text;
    buf_init(&text, OUTPUT_LIMIT);
    buf_printf(&text, "%s: valid\n", options->file ? options->file : "settings");
    return say(&text);
}

int command_settings(const struct command_options *options)
{
    CLEANUP(buf) struct buf text;
    buf_init(&text, OUTPUT_LIMIT);
    if (options->yaml) {
        settings_write_yaml(&text);
    } else {
        settings_write_table(&text);
    }
    return say(&text);
}

static int rotate_key(const struct command_options *options, char *ret_error, size_t error_size)
{
    int64_t now_s = clock_wall_ms(clock_system()) / 1000;
    return strcmp(options->rotate, "receipt") == 0
               ? receipt_keys_rotate(options->dir, now_s, options->now, ret_error, error_size)
               : keyring_rotate(options->dir, options->rotate, ret_error, error_size);
}

int command_keygen(const struct command_options *options)
{
    char reason[REASON_SIZE];
    int error = options->rotate ? rotate_key(options, reason, sizeof reason)
                                : keyring_generate(options->dir, reason, sizeof reason);
    if (error != 0) {
        (void)fprintf(stderr, "livenessd: %s\n", reason);
        return 1;
    }
    return fflush(stdout) == 0 ? 0 : 1;
}

int command_verify(const struct command_options *options)
{
    char why[REASON_SIZE];
    const struct verify_request request = {
        .receipt = options->receipt,
        .jwks = options->jwks,
        .wanted = {.deletion = options->deletion,
                   .accepted = options->accepted,
                   .issuer = options->issuer,
                   .audience = options->audience,
                   .transaction = options->transaction},
    };
    CLEANUP(buf) struct buf claims;
    buf_init(&claims, OUTPUT_LIMIT);
    if (!verify_receipt(&request, &claims, why, sizeof why)) {
        (void)fprintf(stderr, "livenessd: %s\n", why);
        return 1;
    }
    buf_putc(&claims, '\n');
    return say(&claims);
}

int command_probe(const struct command_options *options)
{
    struct settings settings = {0};
    if (!load(options, true, &settings)) {
        return 1;
    }
    CLEANUP(buf) struct buf reason;
    buf_init(&reason, REASON_SIZE);
    bool ready = probe_ready(&settings.admin_listen, &reason);
    settings_done(&settings);
    (void)fprintf(ready ? stdout : stderr, "%s%.*s\n",
                  ready ? "ready" : "not ready: ", SLICE_ARGS(buf_slice(&reason)));
    return ready ? 0 : 1;
}

int command_version(const struct command_options *options)
{
    (void)options;
    return puts("livenessd " LIVENESSD_VERSION) < 0 || fflush(stdout) != 0 ? 1 : 0;
}
