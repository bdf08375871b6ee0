/*
 * The usual set-up of tests about identity providers: a rig that takes their tokens, two providers
 * and what was refused by the word of the log.
 */
#pragma once

#include "support/provider.h"
#include "support/rig.h"

#define CORP       "https://corp.example/"
#define SHOP       "https://shop.example/"
#define HMAC_OWN   "https://hmac.example/"
#define HMAC_WORDS "0123456789abcdef0123456789abcdef-shared-secret"

struct identities {
    struct rig rig;
    struct provider *corp; /* keys "r1" (RSA) and "e1" (P-256); tenants in the claim `tid` */
    struct provider *shop; /* its only key is "s1" (P-256); no tenants */
    const struct signer *rsa, *ec, *shop_key;
    const char *secret_file; /* of the third issuer, which signs HS256 */
};

/* `settings` ends with NULL: more "key=value", may be NULL. */
struct identities identities_open_at(struct place place, const char *const *settings);
#define identities_open()        identities_open_at(HERE, NULL)
#define identities_open_set(...) identities_open_at(HERE, (const char *const[]){__VA_ARGS__, NULL})

/* The header line of a good token of corp: ES256, tenant acme unless `more` names one. */
const char *corp_bearer(const struct identities *it, const char *subject, const char *more);
const char *shop_bearer(const struct identities *it, const char *subject, const char *more);

/* POST of a plain session with this header line. */
const struct http_answer *create_as(const struct identities *it, const char *header);
/* The same as a story; the answer has to be 200. */
struct story story_as_at(struct place place, const struct identities *it, const char *header);
#define story_as(it, header) story_as_at(HERE, it, header)

/* The class that the log gives for the refusal of the token in this request; NULL: no line says
 * so. Waits until the request itself is logged. */
const char *refusal_logged(const struct identities *it, const struct http_answer *answer);
