/*
 * The identity providers while the server runs: their keys as they come from files and URLs, into
 * what tokens are checked with, and what the log and the metrics say of both. Who reads the files
 * is app's business; what a token is worth, domain/bearer.h's.
 */
#pragma once

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "domain/bearer.h"
#include "upstream/jwks.h"

struct issuers_config {
    uv_loop_t *uv;
    const struct issuer_entry *entries; /* outlive it, like all below */
    size_t count;
    const uint8_t *owner_key;  /* SHA256_BYTES */
    const uint8_t *tenant_key; /* see struct bearers_config */
    const uint8_t *other_owner_key;
    const uint8_t *other_tenant_key;
    int64_t leeway_s;
    size_t cache_entries;
    const struct jwks_times *times;
    const char *ca_file; /* see jwks_client_new */
    const struct clock *clock;
    struct log *log;         /* may be NULL */
    struct metrics *metrics; /* may be NULL */
    /* The first fetch of each is over, however it went; never when nothing is fetched. */
    void (*started)(void *context);
    void *context;
};

struct issuers;

/* Begins the fetches; keys from files come by issuers_take. */
struct issuers *issuers_new(const struct issuers_config *config);
/* Tickets are not told any more. uv handles need turns of the loop to go. */
struct issuers *issuers_free(struct issuers *issuers);

/* What tokens are checked with. */
struct bearers *issuers_bearers(const struct issuers *issuers);
/* `started` is still to come. */
bool issuers_starting(const struct issuers *issuers);
/* NULL: there are keys of all. Else the name of one that has none. */
const char *issuers_lacking(const struct issuers *issuers);

/* The content of an issuer's file: a JWKS document, or its secret. False, with a static sentence,
 * when it gives no keys: those there are stay in use. */
bool issuers_take(struct issuers *issuers, size_t index, struct slice content,
                  const char **ret_why) MUST_CHECK;
/* Fetches all that are fetched now. */
void issuers_fetch_now(struct issuers *issuers);

/* A token was refused. True: its issuer's keys are being fetched again, `ticket` is told when that
 * is over, and it is worth another look then. */
bool issuers_refresh(struct issuers *issuers, const struct bearer_refusal *refusal,
                     struct jwks_ticket *ticket);
/* The refusal stands. */
void issuers_report(const struct issuers *issuers, const struct bearer_refusal *refusal,
                    const char *request_id);
