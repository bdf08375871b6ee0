/*
 * Keys of identity providers on their way from source to use. Invariant: keys are exchanged only
 * for others that were read whole, and only when the source says something new, so that remembered
 * tokens are not forgotten for nothing.
 */
#include "lifecycle/issuers.h"

#include <stdlib.h>
#include <string.h>

struct source {
    struct issuers *issuers;
    const struct issuer_entry *entry;
    size_t index;
    struct jwks *jwks;             /* NULL: from a file */
    uint8_t content[SHA256_BYTES]; /* of what gave the keys in use */
    bool tried;
    struct series *loads[2]; /* failed, ok; the series are NULL without a registry */
    struct series *keys;
    struct series *loaded_at;
};

struct issuers {
    struct issuers_config config;
    struct bearers *bearers;
    struct jwks_client *client; /* NULL: nothing is fetched */
    struct metric *refused;
    bool starting;
    struct source sources[];
};

/* ---- what is counted ---- */

static void add(struct series *series)
{
    if (series) {
        series_add(series, 1);
    }
}

static void set(struct series *series, double value)
{
    if (series) {
        series_set(series, value);
    }
}

static void declare(struct issuers *issuers)
{
    struct metrics *metrics = issuers->config.metrics;
    if (!metrics) {
        return;
    }
    issuers->refused =
        metrics_counter(metrics, "livenessd_tokens_refused_total",
                        "Tokens of identity providers that were refused.", "issuer,reason");
    struct metric *loads =
        metrics_counter(metrics, "livenessd_issuer_loads_total",
                        "Times the keys of an identity provider were read.", "issuer,outcome");
    struct metric *keys =
        metrics_gauge(metrics, "livenessd_issuer_keys",
                      "Keys of an identity provider that tokens are checked with.", "issuer");
    struct metric *loaded_at = metrics_gauge(
        metrics, "livenessd_issuer_loaded_timestamp_seconds",
        "When the keys of an identity provider were last read, in Unix time.", "issuer");
    for (size_t i = 0; i < issuers->config.count; i++) {
        struct source *source = &issuers->sources[i];
        const char *name = source->entry->name;
        source->loads[false] = METRIC_SERIES(loads, name, "failed");
        source->loads[true] = METRIC_SERIES(loads, name, "ok");
        source->keys = METRIC_SERIES(keys, name);
        source->loaded_at = METRIC_SERIES(loaded_at, name);
    }
}

/* ---- keys ---- */

static struct jwk_set *read_keys(const struct issuer_entry *entry, struct slice content,
                                 const char **ret_why)
{
    if (!entry->secret_file) {
        return jwk_set_read(content, entry->algorithms, ret_why);
    }
    *ret_why = "the secret is too short";
    return jwk_set_of_secret(content);
}

static void exchange(struct source *source, struct jwk_set *keys)
{
    LOG_EVENT(source->issuers->config.log, LOG_INFO, "keys loaded",
              LOG_TEXT(ISSUER, source->entry->name), LOG_INT(COUNT, (int64_t)keys->count),
              LOG_INT(REFUSED, (int64_t)keys->refused), LOG_TEXT(REASON, keys->reason));
    set(source->keys, (double)keys->count);
    bearers_set_keys(source->issuers->bearers, source->index, keys);
}

static bool take(void *context, struct slice content, const char **ret_why)
{
    struct source *source = context;
    const struct issuers *issuers = source->issuers;
    uint8_t hash[SHA256_BYTES];
    sha256(content.data, content.len, hash);
    bool same = bearers_have_keys(issuers->bearers, source->index) &&
                memcmp(hash, source->content, sizeof hash) == 0;
    if (!same) {
        struct jwk_set *keys = read_keys(source->entry, content, ret_why);
        if (!keys) {
            return false;
        }
        memcpy(source->content, hash, sizeof hash);
        exchange(source, keys);
    }
    set(source->loaded_at, (double)clock_wall_ms(issuers->config.clock) / 1000.0);
    return true;
}

static void lose(void *context)
{
    struct source *source = context;
    set(source->keys, 0);
    bearers_set_keys(source->issuers->bearers, source->index, NULL);
}

static void note_try(void *context, bool good)
{
    struct source *source = context;
    struct issuers *issuers = source->issuers;
    add(source->loads[good]);
    source->tried = true;
    for (size_t i = 0; i < issuers->config.count; i++) {
        if (issuers->sources[i].jwks && !issuers->sources[i].tried) {
            return;
        }
    }
    if (issuers->starting) {
        issuers->starting = false;
        issuers->config.started(issuers->config.context);
    }
}

bool issuers_take(struct issuers *issuers, size_t index, struct slice content, const char **ret_why)
{
    struct source *source = &issuers->sources[index];
    bool good = take(source, content, ret_why);
    add(source->loads[good]);
    return good;
}

/* ---- life ---- */

static void fetch(struct issuers *issuers, struct source *source)
{
    const struct issuers_config *config = &issuers->config;
    if (!issuers->client) {
        issuers->client =
            jwks_client_new(config->uv, config->clock, config->times, config->ca_file);
    }
    source->jwks = jwks_new(issuers->client, &(struct jwks_config){.url = source->entry->jwks,
                                                                   .name = source->entry->name,
                                                                   .log = config->log,
                                                                   .take = take,
                                                                   .lost = lose,
                                                                   .tried = note_try,
                                                                   .context = source});
    issuers->starting = true;
}

struct issuers *issuers_new(const struct issuers_config *config)
{
    struct issuers *issuers = xcalloc(1, sizeof *issuers + config->count * sizeof(struct source));
    issuers->config = *config;
    issuers->bearers =
        bearers_new(&(struct bearers_config){.issuers = config->entries,
                                             .count = config->count,
                                             .owner_key = config->owner_key,
                                             .tenant_key = config->tenant_key,
                                             .other_owner_key = config->other_owner_key,
                                             .other_tenant_key = config->other_tenant_key,
                                             .leeway_s = config->leeway_s,
                                             .cache_entries = config->cache_entries});
    for (size_t i = 0; i < config->count; i++) {
        issuers->sources[i] =
            (struct source){.issuers = issuers, .entry = &config->entries[i], .index = i};
    }
    declare(issuers);
    for (size_t i = 0; i < config->count; i++) {
        if (issuer_entry_is_fetched(&config->entries[i])) {
            fetch(issuers, &issuers->sources[i]);
        }
    }
    return issuers;
}

struct issuers *issuers_free(struct issuers *issuers)
{
    if (issuers) {
        for (size_t i = 0; i < issuers->config.count; i++) {
            jwks_free(issuers->sources[i].jwks);
        }
        jwks_client_free(issuers->client);
        bearers_free(issuers->bearers);
        free(issuers);
    }
    return NULL;
}

/* ---- for others ---- */

struct bearers *issuers_bearers(const struct issuers *issuers)
{
    return issuers->bearers;
}

bool issuers_starting(const struct issuers *issuers)
{
    return issuers->starting;
}

const char *issuers_lacking(const struct issuers *issuers)
{
    for (size_t i = 0; i < issuers->config.count; i++) {
        if (!bearers_have_keys(issuers->bearers, i)) {
            return issuers->config.entries[i].name;
        }
    }
    return NULL;
}

void issuers_fetch_now(struct issuers *issuers)
{
    for (size_t i = 0; i < issuers->config.count; i++) {
        if (issuers->sources[i].jwks) {
            jwks_fetch_now(issuers->sources[i].jwks);
        }
    }
}

bool issuers_refresh(struct issuers *issuers, const struct bearer_refusal *refusal,
                     struct jwks_ticket *ticket)
{
    bool keys_would_help =
        refusal->verdict == BEARER_UNKNOWN_KEY || refusal->verdict == BEARER_NO_KEYS;
    if (!keys_would_help || !issuers->sources[refusal->issuer].jwks) {
        return false;
    }
    return jwks_refresh(issuers->sources[refusal->issuer].jwks, ticket);
}

void issuers_report(const struct issuers *issuers, const struct bearer_refusal *refusal,
                    const char *request_id)
{
    bool known = refusal->verdict >= BEARER_UNKNOWN_KEY;
    const char *name = known ? issuers->config.entries[refusal->issuer].name : NULL;
    const char *word = bearer_verdict_word(refusal->verdict);
    LOG_EVENT(issuers->config.log, LOG_INFO, "token refused", LOG_TEXT(REASON, word),
              LOG_TEXT(ISSUER, name), LOG_TEXT(REQUEST_ID, request_id));
    if (issuers->refused) {
        add(METRIC_SERIES(issuers->refused, name ? name : "unknown", word));
    }
}
