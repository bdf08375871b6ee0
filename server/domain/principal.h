/*
 * Who calls, from the credentials of a request, and what they may do to a session.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/problem.h"
#include "domain/bearer.h"
#include "domain/device.h"
#include "domain/epochs.h"
#include "store/store.h"

enum principal_kind { PRINCIPAL_ANONYMOUS, PRINCIPAL_APP, PRINCIPAL_JWT };
enum { APP_TOKEN_NAME_SIZE = 64 };

struct app_token {
    char name[APP_TOKEN_NAME_SIZE];
    uint8_t hash[SHA256_BYTES]; /* SHA-256 of the token */
    unsigned scopes;
};

/* "name:sha256hex[:scope+scope]". 0 or -EINVAL. */
int app_token_parse(struct slice text, struct app_token *ret) MUST_CHECK;

struct authority {
    bool anonymous; /* modes that are on */
    bool app_tokens;
    const struct app_token *tokens;
    size_t token_count;
    struct bearers *bearers; /* of tokens of identity providers; NULL: this mode is off */
    struct device_tokens *devices;
    const uint8_t *owner_key;       /* SHA256_BYTES; keys owner hashes */
    const uint8_t *correlation_key; /* SHA256_BYTES */
    const uint8_t *other_owner_key; /* of sessions made under another one; NULL: there are none */
    const uint8_t *other_correlation_key; /* of resets made under another one; or NULL */
    bool passthrough;                     /* devices.correlation: passthrough */
    const struct epochs *epochs;          /* of devices that were reset; NULL: none ever is */
    const struct random *random;
};

/* The request's credentials, raw; data NULL when absent. */
struct credentials {
    struct slice authorization;
    struct slice subscription_key;
    struct slice device_header; /* wins over the cookie */
    struct slice device_cookie;
    bool repeated; /* Authorization, subscription key or X-Device-Token occurred more than once */
};

struct principal {
    enum principal_kind kind;
    uint8_t owner[SHA256_BYTES];
    uint8_t tenant[SHA256_BYTES]; /* keyed hash; zero: the local one, of apps and devices */
    bool has_other;               /* the same under other keys, of which records may be, too */
    uint8_t other_owner[SHA256_BYTES];
    uint8_t other_tenant[SHA256_BYTES];
    uint8_t subject[SHA256_BYTES]; /* of a JWT: see struct bearer_identity */
    unsigned scopes;
    const char *name; /* the app token's, or NULL; never logged with a session */
    unsigned issuer;  /* of a JWT: its place in the settings */
    bool has_device;  /* a device token verified, of a device that was not reset */
    char device_id[UUID_SIZE];
    bool by_cookie; /* authenticated by the cookie */
};

/* PROBLEM_NONE, or PROBLEM_NOT_AUTHENTICATED: a wrong Authorization or subscription key never falls
 * back to anonymous; both given must be the same caller's. Either may be an app token or a token of
 * an identity provider. An anonymous caller without a valid
 * device token is PROBLEM_NOT_AUTHENTICATED here: create and POST /api/devices mint one then
 * (principal_become_device) when principal_may_mint. Tokens are compared in constant time, all of
 * them. */
enum problem principal_identify(const struct authority *authority,
                                const struct credentials *credentials, int64_t now_s,
                                struct principal *ret);
/* The same, with why a token of an identity provider was refused, if one was. Also
 * PROBLEM_KEYS_UNAVAILABLE: one of an issuer whose keys are not known. */
enum problem principal_judge(const struct authority *authority,
                             const struct credentials *credentials, int64_t now_s,
                             struct principal *ret, struct bearer_refusal *ret_refusal);
/* No credential at all was sent (device tokens that do not verify count as none), and anonymous
 * mode is on. */
bool principal_may_mint(const struct authority *authority, const struct credentials *credentials);
/* The principal of a freshly minted anonymous device. */
void principal_become_device(const struct authority *authority, const char *device_id,
                             struct principal *ret);

enum session_action { ACTION_GET, ACTION_COMPLETE, ACTION_DELETE, ACTION_OPERATE };

/* PROBLEM_NONE; PROBLEM_SESSION_NOT_FOUND for a session of somebody else, exactly as for none
 * (record NULL), a removed or an orphaned one; PROBLEM_FORBIDDEN for an operator or the delegate
 * who created it when they complete. ACTION_OPERATE (audit, image, detect) is for operators only.
 * To sessions of another tenant an operator is somebody else. */
enum problem principal_access(const struct principal *principal,
                              const struct session_record *record, enum session_action action);

/* Whether they see the details of this session (image id, image hash, flagged sessions): operators
 * and the delegate who created it. */
bool principal_sees_details(const struct principal *principal, const struct session_record *record);

/* A delegate creates for somebody else of its tenant: `subject` is "app:NAME" (whoever shows the
 * app token of that name), "device:ID" (the anonymous device of that id, as POST /api/devices tells
 * it) or "jwt:ISSUER:SUBJECT" (the subject, all that follows, by the name of the issuer in the
 * settings). Apps, devices and subjects of issuers without tenants are of the local tenant; of an
 * issuer with tenants only its own delegates can name subjects. PROBLEM_FORBIDDEN without
 * SCOPE_DELEGATE; PROBLEM_INVALID_REQUEST_BODY for a subject of no such form, an unknown app token
 * or issuer, one of another tenant, or a mode that is off. *ret is the owner to be. */
enum problem principal_delegate(const struct authority *authority,
                                const struct principal *principal, struct slice subject,
                                struct principal *ret);

/* What the upstream gets as deviceCorrelationId: the device token's device; else (principal,
 * client's id); else the principal; a meaningless client id gives a fresh random one. `client_id`
 * may have data NULL. In passthrough mode a usable client id itself. Of a device that was reset:
 * the id it has since, in any mode. */
void principal_correlation(const struct authority *authority, const struct principal *principal,
                           struct slice client_id, char ret[RECORD_TEXT_SIZE]);

/* Who it is, in a form that no rotation of the owners' key changes: for pseudonyms only. */
const char *principal_name(const struct principal *principal, char ret_hash[SHA256_HEX]);
/* The pseudonym of its device before any reset, under this key. */
void principal_put_device(const uint8_t key[SHA256_BYTES], const struct principal *principal,
                          char ret[RECORD_TEXT_SIZE]);
