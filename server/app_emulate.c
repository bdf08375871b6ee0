/*
 * `livenessd emulate`: the emulator alone, with the same process around it.
 */
#include "app.h"
#include "app_process.h"
#include "emulator/emulator.h"

#include <stdio.h>
#include <unistd.h>

enum { ERROR_SIZE = 512, SETTLE_MS = 2000 };

static void stop(void *context, int signal)
{
    (void)signal;
    loop_stop(context);
}

static void flush_log(void *context)
{
    log_flush(context);
}

static void say_ready(const struct emulator *emulator)
{
    struct address address = emulator_address(emulator);
    process_say_ready(NULL, NULL, &address);
}

int app_emulate(const struct emulate_options *options)
{
    char error[ERROR_SIZE] = "the event loop cannot be made";
    process_harden();
    struct log *log = log_new(STDOUT_FILENO, options->log_level, clock_system());
    struct loop *loop = loop_new();
    struct emulator *emulator = NULL;
    if (loop) {
        const struct emulator_options wanted = {.key = options->key,
                                                .key2 = options->key2,
                                                .client_secret = options->client_secret,
                                                .strict = options->strict,
                                                .tutorial_paths = options->tutorial_paths,
                                                .rate_limit = options->rate_limit,
                                                .gateway_errors = options->gateway_errors,
                                                .log = log,
                                                .clock = clock_system(),
                                                .random = random_system()};
        emulator = emulator_open(loop, &options->listen, &wanted, error, sizeof error);
        loop_on_turn_end(loop, flush_log, log);
    }
    bool ok = emulator != NULL;
    if (ok) {
        struct process *process = process_new(loop, stop, loop);
        say_ready(emulator);
        loop_run(loop);
        process_free(process);
        emulator_close(emulator);
    } else {
        (void)fprintf(stderr, "livenessd: %s\n", error);
    }
    if (loop) {
        loop_settle(loop, SETTLE_MS);
        loop_free(loop);
    }
    log_free(log);
    return ok ? 0 : 1;
}
