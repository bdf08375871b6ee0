/*
 * The one owner: builds every part in order, runs the loop, drains on SIGTERM or SIGINT and frees
 * in reverse. Nothing outside knows which parts there are.
 */
#pragma once

#include <stdbool.h>

#include "base/address.h"
#include "base/log.h"
#include "config/settings.h"

/* `livenessd serve`: runs until told to stop. Returns the exit code: 0 after a clean drain, 1 when
 * start-up failed (said on standard error: what, where, what to do). */
int app_serve(const struct settings *settings);

struct emulate_options {
    struct address listen;
    const char *key, *key2;    /* both NULL: any key is taken */
    const char *client_secret; /* NULL: any is taken */
    bool strict, tutorial_paths, gateway_errors;
    unsigned rate_limit; /* 0: none */
    enum log_level log_level;
};

/* `livenessd emulate`: the emulator alone. */
int app_emulate(const struct emulate_options *options);
