/*
 * The Face API's liveness service, emulated over real HTTP, so that everything can be run and
 * tested without an account. It shares http/ and base/ with the server and nothing else: what both
 * believe of the Face API is written down twice on purpose.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "http/loop.h"

enum { EMU_RATE_LIMIT_MAX = 1000000 };

struct emulator_options {
    const char *key; /* the only ones accepted, or both NULL: any non-empty key */
    const char *key2;
    const char *client_secret; /* of the Entra application, or NULL: any non-empty one */
    bool strict;               /* refuse what the service's documents do not allow */
    bool tutorial_paths;       /* the paths that stand in no specification but in the tutorial */
    unsigned rate_limit; /* Face and device calls a second; 0: none, at most EMU_RATE_LIMIT_MAX */
    bool gateway_errors; /* 403 and 429 with statusCode and without code */
    struct log *log;     /* may be NULL: no access log */
    const struct clock *clock;
    const struct random *random;
};

struct emulator;

/* Listens. On failure NULL and ret_error. Texts are copied. */
struct emulator *emulator_open(struct loop *loop, const struct address *address,
                               const struct emulator_options *options, char *ret_error,
                               size_t error_size);
struct address emulator_address(const struct emulator *emulator);
/* Needs turns of the loop afterwards (loop_settle). */
struct emulator *emulator_close(struct emulator *emulator);
