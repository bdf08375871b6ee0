/*
 * The keys. Invariant: keys[active] is there, keys[other] may be missing.
 */
#include "upstream/identity.h"

#include "base/alloc.h"

#include <stdlib.h>

enum { KEYS = 2 };

struct identity {
    struct credential *keys[KEYS];
    unsigned active;
};

struct identity *identity_new(void)
{
    return xcalloc(1, sizeof(struct identity));
}

static void drop_all(struct identity *identity)
{
    for (unsigned i = 0; i < KEYS; i++) {
        identity->keys[i] = credential_unref(identity->keys[i]);
    }
    identity->active = 0;
}

struct identity *identity_free(struct identity *identity)
{
    if (identity) {
        drop_all(identity);
        free(identity);
    }
    return NULL;
}

static bool is_given(const char *text)
{
    return text && text[0];
}

static bool is_printable(const char *text)
{
    for (const char *c = text; c && *c; c++) {
        if (*c <= ' ' || *c > '~') {
            return false;
        }
    }
    return true;
}

static const char *check(const struct face_credentials *credentials)
{
    if (!is_given(credentials->key)) {
        return "upstream.key is missing";
    }
    if (!is_printable(credentials->key)) {
        return "upstream.key has a character that no key has";
    }
    return is_printable(credentials->key2) ? NULL : "upstream.key2 has a character that no key has";
}

bool identity_set(struct identity *identity, const struct face_credentials *credentials,
                  const char **ret_why)
{
    const char *why = check(credentials);
    if (why) {
        *ret_why = why;
        return false;
    }
    drop_all(identity);
    const char *const keys[KEYS] = {credentials->key, credentials->key2};
    for (unsigned i = 0; i < KEYS; i++) {
        if (is_given(keys[i])) {
            identity->keys[i] = credential_new("Ocp-Apim-Subscription-Key: ", slice_of(keys[i]));
        }
    }
    return true;
}

struct credential *identity_take(struct identity *identity)
{
    return credential_ref(identity->keys[identity->active]);
}

bool identity_denied(struct identity *identity, const struct credential *credential,
                     struct credential **ret_next)
{
    struct credential *active = identity->keys[identity->active];
    struct credential *other = identity->keys[!identity->active];
    struct credential *next = credential == active ? other : active;
    *ret_next = next ? credential_ref(next) : NULL;
    return next != NULL;
}

void identity_accepted(struct identity *identity, const struct credential *credential)
{
    if (credential == identity->keys[!identity->active]) {
        identity->active = !identity->active;
    }
}
