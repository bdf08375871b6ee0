/*
 * From a token to its bearer. Invariant: an identity comes from claims whose signature, issuer,
 * audience and times were right, or from the cache that holds only such.
 */
#include "domain/bearer.h"

#include "base/json.h"

#include <stdlib.h>
#include <string.h>

enum { SUBJECT_MAX = 512, TENANT_MAX = 512 };

struct issuer {
    const struct issuer_entry *entry;
    struct jwk_set *keys; /* or NULL */
    unsigned generation;  /* of the keys */
};

struct bearers {
    struct bearers_config config;
    struct bearer_cache *cache;
    struct issuer issuers[];
};

struct bearers *bearers_new(const struct bearers_config *config)
{
    struct bearers *bearers = xcalloc(1, sizeof *bearers + config->count * sizeof(struct issuer));
    bearers->config = *config;
    bearers->cache = bearer_cache_new(config->cache_entries);
    for (size_t i = 0; i < config->count; i++) {
        bearers->issuers[i].entry = &config->issuers[i];
    }
    return bearers;
}

struct bearers *bearers_free(struct bearers *bearers)
{
    if (bearers) {
        for (size_t i = 0; i < bearers->config.count; i++) {
            jwk_set_free(bearers->issuers[i].keys);
        }
        bearer_cache_free(bearers->cache);
        free(bearers);
    }
    return NULL;
}

void bearers_set_keys(struct bearers *bearers, size_t issuer, struct jwk_set *keys)
{
    struct issuer *changed = &bearers->issuers[issuer];
    jwk_set_free(changed->keys);
    changed->keys = keys;
    changed->generation++;
}

bool bearers_have_keys(const struct bearers *bearers, size_t issuer)
{
    return bearers->issuers[issuer].keys != NULL;
}

/* ---- claims ---- */

/* What stands at the end of a path, or NULL. */
static const cJSON *find_claim(const cJSON *claims, const char *path)
{
    char name[ISSUER_CLAIM_MAX + 1];
    const cJSON *at = claims;
    if (strstr(path, "://")) { /* a name, with dots of its own */
        return cJSON_GetObjectItemCaseSensitive(claims, path);
    }
    while (at && *path) {
        size_t size = strcspn(path, ".");
        memcpy(name, path, size);
        name[size] = '\0';
        at = cJSON_IsObject(at) ? cJSON_GetObjectItemCaseSensitive(at, name) : NULL;
        path += size + (path[size] == '.' ? 1 : 0);
    }
    return at;
}

static bool read_text_claim(const cJSON *claims, const char *path, size_t max, struct slice *ret)
{
    const char *text = cJSON_GetStringValue(find_claim(claims, path));
    *ret = slice_of(text);
    return text && ret->len > 0 && ret->len <= max;
}

static bool is_audience(const struct issuer_entry *entry, const char *text)
{
    for (size_t i = 0; text && i < entry->audience_count; i++) {
        if (strcmp(text, entry->audiences[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* A text, or an array of which all are texts. */
static bool check_audience(const struct issuer_entry *entry, const cJSON *claims)
{
    const cJSON *audience = cJSON_GetObjectItemCaseSensitive(claims, "aud");
    const cJSON *item = NULL;
    bool found = false;
    if (cJSON_IsString(audience)) {
        return is_audience(entry, cJSON_GetStringValue(audience));
    }
    if (!cJSON_IsArray(audience)) {
        return false;
    }
    cJSON_ArrayForEach (item, audience) {
        if (!cJSON_IsString(item)) {
            return false;
        }
        found = found || is_audience(entry, cJSON_GetStringValue(item));
    }
    return found;
}

/* Words separated by spaces; unknown ones are somebody else's. */
static void add_words(const char *text, unsigned *scopes)
{
    while (text && *text) {
        size_t size = strcspn(text, " ");
        (void)scope_add((struct slice){text, size}, scopes);
        text += size + strspn(text + size, " ");
    }
}

static unsigned read_scopes(const struct issuer_entry *entry, const cJSON *claims)
{
    unsigned scopes = 0;
    for (size_t i = 0; i < entry->scope_count; i++) {
        const cJSON *claim = find_claim(claims, entry->scopes[i]);
        const cJSON *item = NULL;
        if (!cJSON_IsArray(claim)) {
            add_words(cJSON_GetStringValue(claim), &scopes);
            continue;
        }
        cJSON_ArrayForEach (item, claim) {
            const char *word = cJSON_GetStringValue(item);
            if (word) {
                (void)scope_add(slice_of(word), &scopes);
            }
        }
    }
    return scopes;
}

/* ---- identities ---- */

static const uint8_t *tenant_key(const struct bearers *bearers)
{
    const struct bearers_config *config = &bearers->config;
    return config->tenant_key ? config->tenant_key : config->owner_key;
}

static void hash_tenant(const uint8_t *key, const struct issuer_entry *entry, struct slice tenant,
                        uint8_t ret[SHA256_BYTES])
{
    const struct slice parts[] = {SLICE_INIT("tenant"), slice_of(entry->issuer), tenant};
    if (entry->tenant) {
        hmac_sha256(key, parts, sizeof parts / sizeof *parts, ret);
    }
}

/* By the hash of the tenant, so that delegates, who know no more of it, find the same owner. */
static void hash_owner(const uint8_t *key, const struct issuer_entry *entry,
                       const uint8_t tenant[SHA256_BYTES], struct slice subject,
                       uint8_t ret[SHA256_BYTES])
{
    const struct slice parts[] = {
        SLICE_INIT("jwt"), slice_of(entry->issuer), {(const char *)tenant, SHA256_BYTES}, subject};
    hmac_sha256(key, parts, sizeof parts / sizeof *parts, ret);
}

/* What is rotated, one or the other, has its other key; the rest is as it is. */
static void hash_other(const struct bearers *bearers, const struct issuer_entry *entry,
                       struct slice tenant, struct slice subject, struct bearer_identity *ret)
{
    const struct bearers_config *config = &bearers->config;
    if (!config->other_owner_key && !config->other_tenant_key) {
        return;
    }
    hash_tenant(config->other_tenant_key ? config->other_tenant_key : tenant_key(bearers), entry,
                tenant, ret->other_tenant);
    hash_owner(config->other_owner_key ? config->other_owner_key : config->owner_key, entry,
               ret->other_tenant, subject, ret->other_owner);
}

static bool read_identity(const struct bearers *bearers, const struct issuer_entry *entry,
                          const cJSON *claims, struct bearer_identity *ret)
{
    struct slice subject;
    struct slice tenant = SLICE_INIT("");
    if (!read_text_claim(claims, entry->subject, SUBJECT_MAX, &subject)) {
        return false;
    }
    if (entry->tenant && !read_text_claim(claims, entry->tenant, TENANT_MAX, &tenant)) {
        return false;
    }
    hash_tenant(tenant_key(bearers), entry, tenant, ret->tenant);
    hash_owner(bearers->config.owner_key, entry, ret->tenant, subject, ret->owner);
    hash_owner(tenant_key(bearers), entry, ret->tenant, subject, ret->subject);
    hash_other(bearers, entry, tenant, subject, ret);
    ret->scopes = read_scopes(entry, claims);
    return true;
}

/* ---- verifying ---- */

/* The issuer that the token names, to the letter; NULL: none of ours. */
static struct issuer *find_issuer(struct bearers *bearers, struct slice name)
{
    for (size_t i = 0; i < bearers->config.count; i++) {
        if (slice_equal(name, slice_of(bearers->issuers[i].entry->issuer))) {
            return &bearers->issuers[i];
        }
    }
    return NULL;
}

static enum bearer_verdict verdict_of(enum jwt_verdict verdict)
{
    switch (verdict) {
    case JWT_VALID:
        return BEARER_VALID;
    case JWT_UNKNOWN_KEY:
        return BEARER_UNKNOWN_KEY;
    case JWT_BAD_SIGNATURE:
        return BEARER_BAD_SIGNATURE;
    case JWT_EXPIRED:
        return BEARER_EXPIRED;
    case JWT_NOT_YET:
        return BEARER_NOT_YET;
    case JWT_MALFORMED:
    default:
        return BEARER_MALFORMED;
    }
}

static enum bearer_verdict check_claims(const struct bearers *bearers,
                                        const struct issuer_entry *entry, const cJSON *claims,
                                        struct bearer_cached *ret)
{
    int64_t expires = 0;
    /* jwt_check saw to its being a whole number, if it is there */
    if (json_integer(claims, "exp", 1, INT64_MAX, &expires) != JSON_OK) {
        return BEARER_BAD_CLAIMS;
    }
    if (!check_audience(entry, claims)) {
        return BEARER_WRONG_AUDIENCE;
    }
    ret->expires_at_s = expires;
    return read_identity(bearers, entry, claims, &ret->identity) ? BEARER_VALID : BEARER_BAD_CLAIMS;
}

static enum bearer_verdict verify_anew(struct bearers *bearers, struct slice token, int64_t now_s,
                                       struct bearer_cached *ret)
{
    CLEANUP(jwt_reading) struct jwt_reading reading;
    struct slice name;
    if (jwt_read(token, &reading) != JWT_VALID || !jwt_claimed_issuer(&reading, &name)) {
        return BEARER_MALFORMED;
    }
    const struct issuer *issuer = find_issuer(bearers, name);
    if (!issuer) {
        return BEARER_UNKNOWN_ISSUER;
    }
    ret->identity.issuer = (unsigned)(issuer - bearers->issuers);
    ret->generation = issuer->generation;
    if (!issuer->keys) {
        return BEARER_NO_KEYS;
    }
    const struct jwt_keys keys = jwk_set_keys(issuer->keys);
    enum jwt_verdict verdict = jwt_check(&reading, &keys, now_s, bearers->config.leeway_s);
    return verdict == JWT_VALID ? check_claims(bearers, issuer->entry, reading.claims, ret)
                                : verdict_of(verdict);
}

/* NULL when it is not there or verified with keys that are not the issuer's any more. */
static const struct bearer_cached *find_cached(struct bearers *bearers,
                                               const uint8_t hash[SHA256_BYTES])
{
    const struct bearer_cached *found = bearer_cache_find(bearers->cache, hash);
    bool current =
        found && found->generation == bearers->issuers[found->identity.issuer].generation;
    return current ? found : NULL;
}

enum bearer_verdict bearer_verify(struct bearers *bearers, struct slice token, int64_t now_s,
                                  struct bearer_identity *ret)
{
    struct bearer_cached verified = {0};
    if (token.len == 0 || token.len > JWT_MAX_BYTES) {
        return BEARER_MALFORMED;
    }
    sha256(token.data, token.len, verified.hash);
    const struct bearer_cached *cached = find_cached(bearers, verified.hash);
    if (cached) {
        *ret = cached->identity;
        bool expired = cached->expires_at_s <= now_s - bearers->config.leeway_s;
        return expired ? BEARER_EXPIRED : BEARER_VALID;
    }
    enum bearer_verdict verdict = verify_anew(bearers, token, now_s, &verified);
    if (verdict == BEARER_VALID) {
        bearer_cache_keep(bearers->cache, &verified);
    }
    *ret = verified.identity;
    return verdict;
}

const char *bearer_verdict_word(enum bearer_verdict verdict)
{
    static const char *const words[BEARER_VERDICT_COUNT] = {
        [BEARER_VALID] = "valid",
        [BEARER_MALFORMED] = "malformed",
        [BEARER_UNKNOWN_ISSUER] = "unknown_issuer",
        [BEARER_UNKNOWN_KEY] = "unknown_key",
        [BEARER_NO_KEYS] = "no_keys",
        [BEARER_BAD_SIGNATURE] = "bad_signature",
        [BEARER_EXPIRED] = "expired",
        [BEARER_NOT_YET] = "not_yet",
        [BEARER_WRONG_AUDIENCE] = "wrong_audience",
        [BEARER_BAD_CLAIMS] = "bad_claims",
    };
    return words[verdict];
}

bool bearer_looks_like(struct slice text)
{
    const char *dot = text.len > 0 ? memchr(text.data, '.', text.len) : NULL;
    return dot && memchr(dot + 1, '.', text.len - (size_t)(dot + 1 - text.data));
}

/* ---- delegates ---- */

bool bearer_of_subject(const struct bearers *bearers, struct slice issuer_name,
                       struct slice subject, int delegate_issuer,
                       const uint8_t tenant[SHA256_BYTES], struct bearer_identity *ret)
{
    static const uint8_t local[SHA256_BYTES];
    if (subject.len == 0 || subject.len > SUBJECT_MAX) {
        return false;
    }
    for (size_t i = 0; i < bearers->config.count; i++) {
        const struct issuer_entry *entry = bearers->issuers[i].entry;
        if (!slice_equal(issuer_name, slice_of(entry->name))) {
            continue;
        }
        bool same_tenant =
            entry->tenant ? (int)i == delegate_issuer : memcmp(tenant, local, sizeof local) == 0;
        if (same_tenant) {
            *ret = (struct bearer_identity){.issuer = (unsigned)i};
            memcpy(ret->tenant, tenant, sizeof ret->tenant);
            hash_owner(bearers->config.owner_key, entry, tenant, subject, ret->owner);
            hash_owner(tenant_key(bearers), entry, tenant, subject, ret->subject);
        }
        return same_tenant;
    }
    return false;
}
