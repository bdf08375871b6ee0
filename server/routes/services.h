/*
 * What the routes work with: the context of the public and the admin listener. Built by app,
 * process lifetime.
 */
#pragma once

#include <stdbool.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "domain/policy.h"
#include "domain/principal.h"
#include "lifecycle/issuers.h"
#include "lifecycle/limits.h"
#include "lifecycle/sessions.h"
#include "store/store.h"

enum { TOKEN_TTL_DEFAULT_S = 600 };

struct demo;

struct services {
    struct sessions *sessions;
    struct store *store;
    const struct authority *authority;
    struct issuers *issuers; /* NULL: no tokens of identity providers are taken */
    struct limits *limits;   /* NULL: nobody is limited */
    const struct session_rules *rules;
    struct create_policy policy;
    enum face_version version; /* of the upstream */
    bool expect_client;        /* policy.expected_client_ip */
    const struct clock *clock;
    const struct random *random;
    struct log *log;
    struct metrics *metrics;
    bool secure_cookie;      /* http.public_url is https: __Host- and Secure */
    bool draining;           /* set by app */
    const struct demo *demo; /* NULL: there is none */
    uint64_t max_wait_ms;
    int64_t started_at; /* wall clock, ms */
};
