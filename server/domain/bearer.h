/*
 * Bearers of tokens that identity providers issued: which issuers are trusted, under which keys,
 * and what their claims say of who comes. A token that verified is remembered until it expires or
 * its issuer's keys change. How keys get here is others' business (lifecycle/issuers.h).
 *
 * Of a token that has not verified nothing is looked at but its form, its header, and which issuer
 * it names, to choose the keys.
 */
#pragma once

#include "base/issuer_entry.h"
#include "base/jwk.h"
#include "domain/bearer_cache.h"
#include "domain/scope.h"

struct bearers;

struct bearers_config {
    const struct issuer_entry *issuers; /* outlive the bearers */
    size_t count;
    const uint8_t *owner_key;        /* SHA256_BYTES; keys the hashes of owners */
    const uint8_t *tenant_key;       /* of tenants and subjects; NULL: the owners' */
    const uint8_t *other_owner_key;  /* what was, or is to be, keyed otherwise; NULL: nothing */
    const uint8_t *other_tenant_key; /* the same */
    int64_t leeway_s;
    size_t cache_entries;
};

/* Without keys: until bearers_set_keys every token of an issuer is BEARER_NO_KEYS. */
struct bearers *bearers_new(const struct bearers_config *config);
struct bearers *bearers_free(struct bearers *bearers);
/* Takes `keys` over (NULL: none) and forgets what verified with the former ones. */
void bearers_set_keys(struct bearers *bearers, size_t issuer, struct jwk_set *keys);
bool bearers_have_keys(const struct bearers *bearers, size_t issuer);

enum bearer_verdict {
    BEARER_VALID,
    BEARER_MALFORMED,
    BEARER_UNKNOWN_ISSUER,
    BEARER_UNKNOWN_KEY, /* the issuer may have published it by now */
    BEARER_NO_KEYS,     /* none of the issuer's are known: nothing is said about the token */
    BEARER_BAD_SIGNATURE,
    BEARER_EXPIRED,
    BEARER_NOT_YET,
    BEARER_WRONG_AUDIENCE,
    BEARER_BAD_CLAIMS, /* exp, subject or tenant is missing or of another type */
    BEARER_VERDICT_COUNT
};

/* Who shows the token. ret->issuer is set whenever one of ours was named: from BEARER_UNKNOWN_KEY
 * on. */
enum bearer_verdict bearer_verify(struct bearers *bearers, struct slice token, int64_t now_s,
                                  struct bearer_identity *ret);
/* That a token was refused, and why. */
struct bearer_refusal {
    enum bearer_verdict verdict; /* BEARER_VALID: none was */
    unsigned issuer;
};

/* "expired": for logs and metrics, never for the caller. */
const char *bearer_verdict_word(enum bearer_verdict verdict);
/* Whether a text may be such a token at all: two dots in it. */
bool bearer_looks_like(struct slice text);

/* The owner that a bearer with this subject would be, without a token: for delegates. `tenant` is
 * the delegate's, `issuer` the one of its own token, or -1. False when no issuer has the name, the
 * subject is none, or it is not one of the delegate's tenant. *ret has no scopes, and nothing of
 * other keys. */
bool bearer_of_subject(const struct bearers *bearers, struct slice issuer_name,
                       struct slice subject, int delegate_issuer,
                       const uint8_t tenant[SHA256_BYTES], struct bearer_identity *ret);
