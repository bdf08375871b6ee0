/*
 * The JWKS document of an identity provider, fetched from its URL: when made, again before it
 * expires (its max-age within bounds), and when somebody shows a token with a key we do not know,
 * once a minute at most. One fetch at a time. While the provider fails the old document stays in
 * use, but not for ever. What the document says is the taker's business.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/slice.h"

enum { JWKS_ANSWER_MAX = 64 * 1024, JWKS_WAITERS_MAX = 256 };

/* Milliseconds. */
struct jwks_times {
    uint64_t connect, total; /* of one fetch */
    uint64_t fresh_min, fresh_max;
    uint64_t fresh_usual; /* where the provider does not say */
    uint64_t stale;       /* how long a document is used after it expired */
    uint64_t pace;        /* between two fetches that tokens cause */
    uint64_t patience;    /* how long who caused one waits for it */
    uint64_t retry_min, retry_max;
};
extern const struct jwks_times jwks_times_usual;

/* What fetches of all providers share. `ca_file`: certificates that providers' own may come from,
 * besides the system's; NULL or empty: none. It outlives the client. */
struct jwks_client;
struct jwks_client *jwks_client_new(uv_loop_t *uv, const struct clock *clock,
                                    const struct jwks_times *times, const char *ca_file);
/* After the last jwks_free. uv handles need turns of the loop to go. */
struct jwks_client *jwks_client_free(struct jwks_client *client);

struct jwks_config {
    const char *url;  /* https, or http to loopback; copied */
    const char *name; /* of the provider, for the log; outlives it */
    struct log *log;
    /* A document came. False, and a static sentence, when it is none: the fetch has failed then. */
    bool (*take)(void *context, struct slice document, const char **ret_why);
    /* The last good document is too old to be used any longer. */
    void (*lost)(void *context);
    /* A fetch is over, however it went; after take. */
    void (*tried)(void *context, bool good);
    void *context;
};

struct jwks;

/* Begins the first fetch. Callbacks never run from within a call. */
struct jwks *jwks_new(struct jwks_client *client, const struct jwks_config *config);
/* No callback runs any more, also none of tickets. uv handles need turns of the loop to go. */
struct jwks *jwks_free(struct jwks *jwks);

/* Somebody who waits for a fetch; lives in the caller's memory. */
struct jwks_ticket {
    void (*done)(struct jwks_ticket *ticket);
    struct jwks_ticket *next, *previous;
    struct jwks *jwks; /* NULL: it does not wait */
};

/* A token came whose key we do not know. True: a fetch is under way, and `done` will run when it is
 * over or has taken too long. False: there is no point in waiting. */
bool jwks_refresh(struct jwks *jwks, struct jwks_ticket *ticket);
/* `done` will not run. No effect on one that does not wait. */
void jwks_leave(struct jwks_ticket *ticket);
/* An operator wants it fetched now, whatever the pace. */
void jwks_fetch_now(struct jwks *jwks);
