/*
 * From credentials to a principal, and what it may do. Minting and sending device tokens is the
 * routes' business. Invariant: whoever shows an Authorization or a subscription key is an app with
 * a configured token or nobody; such a request never becomes an anonymous one.
 */
#include "domain/principal.h"

#include "base/secret.h"

#include <errno.h>
#include <string.h>

/* App tokens and anonymous devices are of this one tenant. */
static const struct slice tenant_local = SLICE_INIT("local");

/* ---- settings ---- */

static bool take_until(struct slice *rest, char stop, struct slice *ret)
{
    const char *end = rest->len > 0 ? memchr(rest->data, stop, rest->len) : NULL;
    if (!end) {
        *ret = *rest;
        *rest = (struct slice){NULL, 0};
        return false;
    }
    ret->data = rest->data;
    ret->len = (size_t)(end - rest->data);
    rest->data += ret->len + 1;
    rest->len -= ret->len + 1;
    return true;
}

static bool is_name(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        bool is_alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_alnum && c != '.' && c != '_' && c != '-') {
            return false;
        }
    }
    return text.len > 0 && text.len < APP_TOKEN_NAME_SIZE;
}

static bool has_upper_case(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] >= 'A' && text.data[i] <= 'Z') {
            return true;
        }
    }
    return false;
}

/* "liveness:operate+liveness:delegate"; false on an empty or unknown word. */
static bool parse_scopes(struct slice text, unsigned *ret)
{
    unsigned scopes = 0;
    bool more = true;
    while (more) {
        struct slice word;
        more = take_until(&text, '+', &word);
        if (!scope_add(word, &scopes)) {
            return false;
        }
    }
    *ret = scopes;
    return true;
}

int app_token_parse(struct slice text, struct app_token *ret)
{
    struct slice name;
    struct slice hash;
    struct app_token token = {0};
    if (!take_until(&text, ':', &name) || !is_name(name)) {
        return -EINVAL;
    }
    bool has_scopes = take_until(&text, ':', &hash);
    if (has_upper_case(hash) || hex_decode(hash, token.hash, sizeof token.hash) != 0 ||
        (has_scopes && !parse_scopes(text, &token.scopes))) {
        return -EINVAL;
    }
    memcpy(token.name, name.data, name.len);
    *ret = token;
    return 0;
}

/* ---- identity ---- */

static void hash_owner(const struct authority *authority, struct slice kind, struct slice who,
                       struct principal *ret)
{
    const struct slice parts[] = {kind, tenant_local, who};
    hmac_sha256(authority->owner_key, parts, sizeof parts / sizeof *parts, ret->owner);
    ret->has_other = authority->other_owner_key != NULL;
    if (ret->has_other) {
        hmac_sha256(authority->other_owner_key, parts, sizeof parts / sizeof *parts,
                    ret->other_owner);
    }
}

/* The token of "Bearer <token>"; false for any other scheme or form. */
static bool bearer_token(struct slice authorization, struct slice *ret)
{
    static const struct slice scheme = SLICE_INIT("Bearer ");
    struct slice start = {authorization.data, scheme.len};
    if (authorization.len <= scheme.len || !slice_equal_nocase(start, scheme)) {
        return false;
    }
    struct slice token = {authorization.data + scheme.len, authorization.len - scheme.len};
    while (token.len > 0 && token.data[0] == ' ') {
        token.data++;
        token.len--;
    }
    *ret = token;
    return token.len > 0;
}

/* Looks at all of them whatever is found, so that time tells nothing about which one it was. */
static const struct app_token *find_token(const struct authority *authority, struct slice token)
{
    uint8_t hash[SHA256_BYTES];
    sha256(token.data, token.len, hash);
    const struct app_token *found = NULL;
    for (size_t i = 0; i < authority->token_count; i++) {
        const struct app_token *candidate = &authority->tokens[i];
        if (secret_equal(hash, sizeof hash, candidate->hash, sizeof candidate->hash)) {
            found = candidate;
        }
    }
    return found;
}

static bool become_app(const struct authority *authority, struct slice text, struct principal *ret)
{
    const struct app_token *token = authority->app_tokens ? find_token(authority, text) : NULL;
    if (!token) {
        return false;
    }
    *ret = (struct principal){.kind = PRINCIPAL_APP, .name = token->name, .scopes = token->scopes};
    hash_owner(authority, SLICE("app"), slice_of(token->name), ret);
    return true;
}

static void take_identity(const struct bearer_identity *identity, struct principal *ret)
{
    static const uint8_t none[SHA256_BYTES];
    memcpy(ret->owner, identity->owner, sizeof ret->owner);
    memcpy(ret->tenant, identity->tenant, sizeof ret->tenant);
    memcpy(ret->subject, identity->subject, sizeof ret->subject);
    memcpy(ret->other_owner, identity->other_owner, sizeof ret->other_owner);
    memcpy(ret->other_tenant, identity->other_tenant, sizeof ret->other_tenant);
    ret->has_other = memcmp(identity->other_owner, none, sizeof none) != 0;
}

static bool become_bearer(const struct authority *authority, struct slice text, int64_t now_s,
                          struct principal *ret, struct bearer_refusal *ret_refusal)
{
    struct bearer_identity identity;
    if (!authority->bearers || !bearer_looks_like(text)) {
        return false;
    }
    enum bearer_verdict verdict = bearer_verify(authority->bearers, text, now_s, &identity);
    if (verdict != BEARER_VALID) {
        *ret_refusal = (struct bearer_refusal){verdict, identity.issuer};
        return false;
    }
    *ret = (struct principal){
        .kind = PRINCIPAL_JWT, .scopes = identity.scopes, .issuer = identity.issuer};
    take_identity(&identity, ret);
    return true;
}

static bool is_same(const struct principal *a, const struct principal *b)
{
    return a->kind == b->kind && a->scopes == b->scopes &&
           memcmp(a->owner, b->owner, sizeof a->owner) == 0;
}

/* The one caller that every credential given names. */
static bool identify_keyed(const struct authority *authority, const struct credentials *credentials,
                           int64_t now_s, struct principal *ret, struct bearer_refusal *ret_refusal)
{
    struct slice texts[2];
    struct principal found[2] = {{0}};
    size_t count = 0;
    if (credentials->authorization.data) {
        if (!bearer_token(credentials->authorization, &texts[0])) {
            return false;
        }
        count++;
    }
    if (credentials->subscription_key.data) {
        texts[count++] = credentials->subscription_key;
    }
    for (size_t i = 0; i < count; i++) {
        if (texts[i].len == 0 ||
            (!become_app(authority, texts[i], &found[i]) &&
             !become_bearer(authority, texts[i], now_s, &found[i], ret_refusal))) {
            return false;
        }
    }
    *ret = found[0];
    return count == 1 || is_same(&found[0], &found[1]);
}

/* A device is told its token once and never again, so every token of one that was reset is older
 * than the reset, and may be whoever stole it. */
static bool was_reset(const struct authority *authority, const struct principal *principal)
{
    char base[RECORD_TEXT_SIZE];
    if (!authority->epochs || epochs_count(authority->epochs) == 0) {
        return false;
    }
    principal_put_device(authority->correlation_key, principal, base);
    bool found = epochs_find(authority->epochs, principal->tenant, base) != NULL;
    if (!found && authority->other_correlation_key) {
        principal_put_device(authority->other_correlation_key, principal, base);
        found = epochs_find(authority->epochs, principal->tenant, base) != NULL;
    }
    return found;
}

static bool take_device(const struct authority *authority, struct slice token, int64_t now_s,
                        struct principal *principal)
{
    principal->has_device =
        token.data && device_token_verify(authority->devices, token, now_s, principal->device_id) &&
        !was_reset(authority, principal);
    return principal->has_device;
}

/* The device whose token came along; *ret_by_cookie when only the cookie's verified. */
static bool identify_device(const struct authority *authority,
                            const struct credentials *credentials, int64_t now_s,
                            struct principal *principal, bool *ret_by_cookie)
{
    if (!authority->devices) {
        return false;
    }
    *ret_by_cookie = false;
    if (take_device(authority, credentials->device_header, now_s, principal)) {
        return true;
    }
    *ret_by_cookie = take_device(authority, credentials->device_cookie, now_s, principal);
    return *ret_by_cookie;
}

static bool shows_key(const struct credentials *credentials)
{
    return credentials->authorization.data || credentials->subscription_key.data;
}

enum problem principal_judge(const struct authority *authority,
                             const struct credentials *credentials, int64_t now_s,
                             struct principal *ret, struct bearer_refusal *ret_refusal)
{
    struct principal principal = {0};
    bool by_cookie = false;
    *ret_refusal = (struct bearer_refusal){0};
    if (credentials->repeated) {
        return PROBLEM_NOT_AUTHENTICATED;
    }
    if (shows_key(credentials)) {
        if (!identify_keyed(authority, credentials, now_s, &principal, ret_refusal)) {
            return ret_refusal->verdict == BEARER_NO_KEYS ? PROBLEM_KEYS_UNAVAILABLE
                                                          : PROBLEM_NOT_AUTHENTICATED;
        }
        (void)identify_device(authority, credentials, now_s, &principal, &by_cookie);
        *ret = principal;
        return PROBLEM_NONE;
    }
    if (!authority->anonymous ||
        !identify_device(authority, credentials, now_s, &principal, &by_cookie)) {
        return PROBLEM_NOT_AUTHENTICATED;
    }
    principal_become_device(authority, principal.device_id, ret);
    ret->by_cookie = by_cookie;
    return PROBLEM_NONE;
}

enum problem principal_identify(const struct authority *authority,
                                const struct credentials *credentials, int64_t now_s,
                                struct principal *ret)
{
    struct bearer_refusal refusal;
    return principal_judge(authority, credentials, now_s, ret, &refusal);
}

bool principal_may_mint(const struct authority *authority, const struct credentials *credentials)
{
    return authority->anonymous && authority->devices && !credentials->repeated &&
           !shows_key(credentials);
}

void principal_become_device(const struct authority *authority, const char *device_id,
                             struct principal *ret)
{
    *ret = (struct principal){.kind = PRINCIPAL_ANONYMOUS, .has_device = true};
    memcpy(ret->device_id, device_id, UUID_SIZE);
    hash_owner(authority, SLICE("device"), slice_of(ret->device_id), ret);
}

/* ---- rights ---- */

static bool is_local(const struct principal *principal)
{
    static const uint8_t local[SHA256_BYTES];
    return memcmp(principal->tenant, local, sizeof local) == 0;
}

/* Under the keys there are, or those beside them: it may be from before a rotation. */
static bool has_owner(const struct principal *principal, const uint8_t hash[RECORD_HASH_BYTES])
{
    return secret_equal(principal->owner, sizeof principal->owner, hash, RECORD_HASH_BYTES) ||
           (principal->has_other &&
            secret_equal(principal->other_owner, sizeof principal->other_owner, hash,
                         RECORD_HASH_BYTES));
}

static bool has_tenant(const struct principal *principal, const uint8_t hash[RECORD_HASH_BYTES])
{
    return memcmp(principal->tenant, hash, RECORD_HASH_BYTES) == 0 ||
           (principal->has_other && !is_local(principal) &&
            memcmp(principal->other_tenant, hash, RECORD_HASH_BYTES) == 0);
}

static bool is_owner(const struct principal *principal, const struct session_record *record)
{
    return has_owner(principal, record->owner);
}

static bool is_operator(const struct principal *principal, const struct session_record *record)
{
    return (principal->scopes & SCOPE_OPERATE) && has_tenant(principal, record->tenant);
}

/* A token that lost its scope has lost the sessions, too. */
static bool is_delegate(const struct principal *principal, const struct session_record *record)
{
    static const uint8_t nobody[RECORD_HASH_BYTES];
    return (principal->scopes & SCOPE_DELEGATE) &&
           memcmp(record->delegate, nobody, sizeof nobody) != 0 &&
           has_owner(principal, record->delegate);
}

enum problem principal_access(const struct principal *principal,
                              const struct session_record *record, enum session_action action)
{
    if (!record || record->state == SESSION_REMOVED || record->state == SESSION_ORPHANED) {
        return PROBLEM_SESSION_NOT_FOUND;
    }
    bool owner = is_owner(principal, record);
    bool operates = is_operator(principal, record);
    if (!owner && !operates && !is_delegate(principal, record)) {
        return PROBLEM_SESSION_NOT_FOUND;
    }
    switch (action) {
    case ACTION_GET:
    case ACTION_DELETE:
        return PROBLEM_NONE;
    case ACTION_COMPLETE: /* only whoever holds the device can say what happened there */
        return owner ? PROBLEM_NONE : PROBLEM_FORBIDDEN;
    case ACTION_OPERATE:
    default:
        return operates ? PROBLEM_NONE : PROBLEM_FORBIDDEN;
    }
}

bool principal_sees_details(const struct principal *principal, const struct session_record *record)
{
    return is_operator(principal, record) || is_delegate(principal, record);
}

/* ---- delegates ---- */

static const struct app_token *find_name(const struct authority *authority, struct slice name)
{
    for (size_t i = 0; i < authority->token_count; i++) {
        if (slice_equal(slice_of(authority->tokens[i].name), name)) {
            return &authority->tokens[i];
        }
    }
    return NULL;
}

static enum problem delegate_to_app(const struct authority *authority, struct slice name,
                                    struct principal *ret)
{
    const struct app_token *token = authority->app_tokens ? find_name(authority, name) : NULL;
    if (!token) {
        return PROBLEM_INVALID_REQUEST_BODY;
    }
    /* no scopes: whoever creates for somebody does not act with their rights */
    *ret = (struct principal){.kind = PRINCIPAL_APP, .name = token->name};
    hash_owner(authority, SLICE("app"), slice_of(token->name), ret);
    return PROBLEM_NONE;
}

static enum problem delegate_to_device(const struct authority *authority, struct slice text,
                                       struct principal *ret)
{
    char id[UUID_SIZE];
    if (!authority->anonymous || !device_id_read(text, id)) {
        return PROBLEM_INVALID_REQUEST_BODY;
    }
    principal_become_device(authority, id, ret);
    return PROBLEM_NONE;
}

static enum problem delegate_to_bearer(const struct authority *authority,
                                       const struct principal *principal, struct slice text,
                                       struct principal *ret)
{
    struct slice issuer;
    struct bearer_identity identity;
    int delegate_issuer = principal->kind == PRINCIPAL_JWT ? (int)principal->issuer : -1;
    if (!authority->bearers || !take_until(&text, ':', &issuer) ||
        !bearer_of_subject(authority->bearers, issuer, text, delegate_issuer, principal->tenant,
                           &identity)) {
        return PROBLEM_INVALID_REQUEST_BODY;
    }
    *ret = (struct principal){.kind = PRINCIPAL_JWT, .issuer = identity.issuer};
    take_identity(&identity, ret);
    return PROBLEM_NONE;
}

enum problem principal_delegate(const struct authority *authority,
                                const struct principal *principal, struct slice subject,
                                struct principal *ret)
{
    struct slice kind;
    if (!(principal->scopes & SCOPE_DELEGATE)) {
        return PROBLEM_FORBIDDEN;
    }
    if (!take_until(&subject, ':', &kind)) {
        return PROBLEM_INVALID_REQUEST_BODY;
    }
    if (slice_equal(kind, SLICE("jwt"))) {
        return delegate_to_bearer(authority, principal, subject, ret);
    }
    if (is_local(principal) && slice_equal(kind, SLICE("app"))) {
        return delegate_to_app(authority, subject, ret);
    }
    if (is_local(principal) && slice_equal(kind, SLICE("device"))) {
        return delegate_to_device(authority, subject, ret);
    }
    return PROBLEM_INVALID_REQUEST_BODY;
}
