/*
 * What each word on the command line does. Each returns the exit code: 0, or 1 with the reason on
 * standard error.
 */
#pragma once

#include <stdbool.h>

#include "base/address.h"
#include "base/log.h"

struct command_options {
    const char *file;         /* -c, or NULL */
    const char *const *sets;  /* --set, NULL-terminated */
    const char *dir;          /* keygen --dir */
    const char *rotate;       /* keygen --rotate, or NULL */
    bool now;                 /* keygen --now */
    bool yaml;                /* settings --yaml */
    bool has_listen;          /* emulate --listen */
    struct address listen;    /* the same */
    bool has_log_level;       /* emulate --log-level */
    enum log_level log_level; /* the same */
    bool strict;              /* emulate --strict */
    bool tutorial_paths;      /* emulate --tutorial-paths */
    bool gateway_errors;      /* emulate --gateway-errors */
    unsigned rate_limit;      /* emulate --rate-limit */
    const char *receipt;      /* of verify */
    const char *jwks;         /* verify --jwks, and so on */
    const char *issuer;
    const char *audience;
    const char *transaction;
    bool accepted;
    bool deletion;
    char *const *environment;
};

int command_serve(const struct command_options *options);
int command_emulate(const struct command_options *options);
int command_check(const struct command_options *options);
int command_settings(const struct command_options *options);
int command_keygen(const struct command_options *options);
int command_verify(const struct command_options *options);
int command_probe(const struct command_options *options);
int command_version(const struct command_options *options);
