/*
 * Where a Redis is: redis://[[user]:password@]host[:port][/database], rediss:// for TLS. User and
 * password may be percent-encoded (RFC 3986); an IPv6 host stands in brackets; the port is 6379
 * when left out, the database 0. Holds a secret: wiped by redis_url_done.
 */
#pragma once

#include "base/alloc.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum { REDIS_HOST_SIZE = 256, REDIS_CREDENTIAL_SIZE = 513 };

struct redis_url {
    bool tls;
    char host[REDIS_HOST_SIZE];
    uint16_t port;
    unsigned database;
    char user[REDIS_CREDENTIAL_SIZE];     /* empty: the default user */
    char password[REDIS_CREDENTIAL_SIZE]; /* empty: none */
};

/* NULL when all is well, else what is wrong with it, without a word of the URL: a text that stays.
 */
const char *redis_url_parse(struct slice text, struct redis_url *ret_url) MUST_CHECK;
void redis_url_done(struct redis_url *url);
