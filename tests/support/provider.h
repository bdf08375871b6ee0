/*
 * An identity provider of the test's own: serves a JWKS document over HTTP, as well or as badly as
 * it is told, and signs tokens. One thread; gone when the test ends.
 */
#pragma once

#include "support/signer.h"
#include "support/support.h"

enum provider_mode {
    PROVIDER_SERVES,
    PROVIDER_FAILS,     /* 500 */
    PROVIDER_SILENT,    /* reads and never answers */
    PROVIDER_GARBAGE,   /* 200 with a page */
    PROVIDER_HUGE,      /* 200 with more than any document has */
    PROVIDER_REDIRECTS, /* to another path of its own, where the document is */
    PROVIDER_RESETS,
};

struct provider;

struct provider *provider_start(void);
/* What it serves from now on; {"keys":[]} at first. */
void provider_publish(struct provider *provider, const char *document);
void provider_behave(struct provider *provider, enum provider_mode mode);
unsigned provider_requests(struct provider *provider);
/* http://127.0.0.1:PORT/keys */
const char *provider_url(const struct provider *provider);

/* A key until the test ends: "RSA", "P-256", "P-384" or "P-521". */
const struct signer *key_new(const char *kind);
/* {"keys":[…]} of one or two keys; the second may be NULL. */
const char *document_of(const struct signer *one, const char *kid, const struct signer *two,
                        const char *other_kid);
/* A token with exactly this header and payload. */
const char *token_of(const struct signer *signer, const char *algorithm, const char *header,
                     const char *payload);
/* The usual header for it: {"alg":…,"kid":…}. */
const char *header_of(const char *algorithm, const char *kid);
/* {"iss":issuer,"aud":"liveness","sub":subject,"iat":now,"exp":now+300 MORE}; `more` is text such
 * as ",\"scope\":\"x\"". */
const char *claims_of(const char *issuer, const char *subject, const char *more);
/* Seconds since 1970. */
long long wall_s(void);
/* "Authorization: Bearer TOKEN" */
const char *bearer_of(const char *token);
