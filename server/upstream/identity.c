/*
 * Choosing among credentials. How tokens are fetched is upstream/entra.c's. Invariant: either there
 * is an Entra application, or keys[active] is there and the other may be missing.
 */
#include "upstream/identity.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "upstream/endpoint.h"
#include "upstream/entra.h"

#include <stdio.h>
#include <stdlib.h>

enum { KEYS = 2, SECRET_MAX = 1024, NAME_MAX_BYTES = 128 };

struct identity {
    struct identity_config config;
    struct credential *keys[KEYS];
    unsigned active;
    struct entra *entra; /* or NULL */
};

static const char authority_default[] = "https://login.microsoftonline.com";

/* ---- checking ---- */

static bool is_given(const char *text)
{
    return text && text[0];
}

static bool is_secret(const char *text)
{
    for (const char *c = text; *c; c++) {
        if (*c <= ' ' || *c > '~') {
            return false;
        }
    }
    return strnlen(text, SECRET_MAX + 1) <= SECRET_MAX;
}

/* A part of a path: a GUID or a domain. */
static bool is_name(const char *text)
{
    size_t size = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-");
    return size <= NAME_MAX_BYTES && text[size] == '\0' && text[0] != '.';
}

struct check {
    const char *setting;
    const char *text;
    bool (*fits)(const char *text);
    bool required;
};

static bool check_texts(const struct check *checks, size_t count, char *ret_error,
                        size_t error_size)
{
    for (size_t i = 0; i < count; i++) {
        bool given = is_given(checks[i].text);
        bool fits = given ? checks[i].fits(checks[i].text) : !checks[i].required;
        if (!fits) {
            (void)snprintf(ret_error, error_size, "upstream.%s %s", checks[i].setting,
                           given ? "has a character that none has, or too many" : "is missing");
            return false;
        }
    }
    return true;
}

static const char *authority_of(const struct face_credentials *credentials)
{
    return is_given(credentials->entra_authority) ? credentials->entra_authority
                                                  : authority_default;
}

bool identity_check(const struct face_credentials *credentials, char *ret_error, size_t error_size)
{
    bool entra = is_given(credentials->entra_client_secret);
    const struct check keys[] = {
        {"key", credentials->key, is_secret, true},
        {"key2", credentials->key2, is_secret, false},
    };
    const struct check texts[] = {
        {"entra_tenant", credentials->entra_tenant, is_name, true},
        {"entra_client_id", credentials->entra_client_id, is_name, true},
        {"entra_client_secret", credentials->entra_client_secret, is_secret, true},
    };
    if (!entra) {
        return check_texts(keys, sizeof keys / sizeof *keys, ret_error, error_size);
    }
    CLEANUP(text) char *authority = NULL;
    const char *why = NULL;
    if (endpoint_normalise(authority_of(credentials), &authority, &why) != 0) {
        (void)snprintf(ret_error, error_size, "upstream.entra_authority %s", why);
        return false;
    }
    return check_texts(texts, sizeof texts / sizeof *texts, ret_error, error_size);
}

/* ---- making ---- */

static void drop_all(struct identity *identity)
{
    identity->entra = entra_free(identity->entra);
    for (unsigned i = 0; i < KEYS; i++) {
        identity->keys[i] = credential_unref(identity->keys[i]);
    }
    identity->active = 0;
}

static struct entra *make_entra(const struct identity *identity,
                                const struct face_credentials *credentials)
{
    CLEANUP(text) char *authority = NULL;
    const char *why;
    if (endpoint_normalise(authority_of(credentials), &authority, &why) != 0) {
        abort(); /* it was checked */
    }
    const struct entra_config config = {
        .uv = identity->config.uv,
        .exchanges = identity->config.exchanges,
        .report = identity->config.report,
        .clock = identity->config.clock,
        .authority = authority,
        .tenant = credentials->entra_tenant,
        .client_id = credentials->entra_client_id,
        .client_secret = credentials->entra_client_secret,
        .changed = identity->config.changed,
        .context = identity->config.context,
    };
    return entra_new(&config);
}

void identity_set(struct identity *identity, const struct face_credentials *credentials)
{
    drop_all(identity);
    if (is_given(credentials->entra_client_secret)) {
        identity->entra = make_entra(identity, credentials);
        return;
    }
    const char *const keys[KEYS] = {credentials->key, credentials->key2};
    for (unsigned i = 0; i < KEYS; i++) {
        if (is_given(keys[i])) {
            identity->keys[i] = credential_new("Ocp-Apim-Subscription-Key: ", slice_of(keys[i]));
        }
    }
}

struct identity *identity_new(const struct identity_config *config,
                              const struct face_credentials *credentials)
{
    struct identity *identity = xcalloc(1, sizeof *identity);
    identity->config = *config;
    identity_set(identity, credentials);
    return identity;
}

struct identity *identity_free(struct identity *identity)
{
    if (identity) {
        drop_all(identity);
        free(identity);
    }
    return NULL;
}

/* ---- using ---- */

bool identity_ready(struct identity *identity)
{
    return !identity->entra || entra_token(identity->entra) != NULL;
}

enum problem identity_problem(const struct identity *identity)
{
    return identity->entra ? entra_problem(identity->entra) : PROBLEM_NONE;
}

uint64_t identity_busy_ms(const struct identity *identity)
{
    return identity->entra ? entra_busy_ms(identity->entra) : 0;
}

struct credential *identity_take(struct identity *identity)
{
    struct credential *now =
        identity->entra ? entra_token(identity->entra) : identity->keys[identity->active];
    return now ? credential_ref(now) : NULL;
}

bool identity_denied(struct identity *identity, const struct credential *credential,
                     struct credential **ret_next)
{
    *ret_next = NULL;
    if (identity->entra) {
        return entra_rejected(identity->entra, credential);
    }
    struct credential *active = identity->keys[identity->active];
    struct credential *other = identity->keys[!identity->active];
    struct credential *next = credential == active ? other : active;
    *ret_next = next ? credential_ref(next) : NULL;
    return next != NULL;
}

void identity_accepted(struct identity *identity, const struct credential *credential)
{
    if (identity->entra) {
        entra_accepted(identity->entra, credential);
    } else if (credential == identity->keys[!identity->active]) {
        identity->active = !identity->active;
    }
}
