/*
 * What settings must hold together, and the entries of lists. Each rule reports by itself, so that
 * all errors show at once; settings already refused are left out.
 */
#include "base/crypto.h"
#include "config/settings_draft.h"

#include <stdlib.h>

enum { TOKEN_NAME_MAX = 63 };

static bool is_loopback(const struct settings_draft *draft, int index,
                        const struct address *address)
{
    return draft_is_broken(draft, index) || address_is_loopback(address);
}

/* ---- listeners ---- */

static void check_same_address(struct settings_draft *draft, int index, const struct address *a,
                               const char *other_key, const struct address *b)
{
    if (a->port != 0 && a->port == b->port && a->v6 == b->v6 &&
        memcmp(a->bytes, b->bytes, a->v6 ? 16 : 4) == 0) {
        draft_error(draft, draft_origin(draft, index), "is the same address as %s", other_key);
    }
}

static void check_listeners(struct settings_draft *draft)
{
    const struct settings *settings = &draft->settings;
    check_same_address(draft, SETTING_admin_listen, &settings->admin_listen, "http.listen",
                       &settings->http_listen);
    if (settings->upstream_emulator) {
        check_same_address(draft, SETTING_emulator_listen, &settings->emulator_listen,
                           "http.listen", &settings->http_listen);
        check_same_address(draft, SETTING_emulator_listen, &settings->emulator_listen,
                           "admin.listen", &settings->admin_listen);
    }
}

static void check_proxies(struct settings_draft *draft)
{
    const struct settings_list *proxies = &draft->settings.http_trusted_proxies;
    for (size_t i = 0; i < proxies->count; i++) {
        struct cidr cidr;
        if (cidr_parse(slice_of(proxies->items[i]), &cidr) != 0) {
            draft_error(draft, draft_origin(draft, SETTING_http_trusted_proxies),
                        "'%.80s' is not a CIDR block such as 10.0.0.0/8, with its host bits zero",
                        proxies->items[i]);
        }
    }
}

static void check_sizes(struct settings_draft *draft)
{
    const struct settings *settings = &draft->settings;
    if (settings->http_body_memory < settings->http_max_body) {
        draft_error(draft, draft_origin(draft, SETTING_http_body_memory),
                    "is smaller than one body of http.max_body");
    } else if (settings->http_body_memory < settings->http_max_upload) {
        draft_error(draft, draft_origin(draft, SETTING_http_body_memory),
                    "is smaller than one body of http.max_upload");
    }
}

/* ---- who may call ---- */

struct token {
    struct slice name;
    struct slice digest;
    struct slice scopes;
    bool has_scopes;
};

/* Up to the next colon; what follows stays in `rest`. */
static struct slice take_field(struct slice *rest, bool *ret_more)
{
    const char *colon = memchr(rest->data, ':', rest->len);
    struct slice field = {rest->data, colon ? (size_t)(colon - rest->data) : rest->len};
    *ret_more = colon != NULL;
    rest->data += field.len + (colon ? 1 : 0);
    rest->len -= field.len + (colon ? 1 : 0);
    return field;
}

static struct token split_token(const char *text)
{
    struct token token = {0};
    struct slice rest = slice_of(text);
    bool more;
    token.name = take_field(&rest, &more);
    token.digest = take_field(&rest, &token.has_scopes);
    token.scopes = rest;
    return token;
}

static bool consists_of(struct slice text, const char *characters)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '\0' || !strchr(characters, text.data[i])) {
            return false;
        }
    }
    return true;
}

static bool is_scope(struct slice scope)
{
    return slice_equal(scope, SLICE("liveness:operate")) ||
           slice_equal(scope, SLICE("liveness:delegate"));
}

static bool are_scopes(struct slice scopes)
{
    while (true) {
        const char *plus = memchr(scopes.data, '+', scopes.len);
        size_t len = plus ? (size_t)(plus - scopes.data) : scopes.len;
        if (!is_scope((struct slice){scopes.data, len})) {
            return false;
        }
        if (!plus) {
            return true;
        }
        scopes = (struct slice){plus + 1, scopes.len - len - 1};
    }
}

/* NULL, or what is wrong. */
static const char *token_fault(const struct token *token)
{
    static const char name_characters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    if (token->name.len == 0 || token->name.len > TOKEN_NAME_MAX ||
        !consists_of(token->name, name_characters)) {
        return "has no name of 1 to 63 letters, digits, '.', '_' and '-' before the first colon";
    }
    if (token->digest.len != SHA256_HEX - 1 || !consists_of(token->digest, "0123456789abcdef")) {
        return "has no SHA-256 of 64 lower-case hex digits after the name (printf %s TOKEN | "
               "sha256sum)";
    }
    if (token->has_scopes && !are_scopes(token->scopes)) {
        return "names an unknown scope; there are liveness:operate and liveness:delegate, joined "
               "by '+'";
    }
    return NULL;
}

/* NULL, or what an entry before this one has in common with it. */
static const char *token_clash(const struct settings_list *tokens, size_t index)
{
    struct token token = split_token(tokens->items[index]);
    for (size_t i = 0; i < index; i++) {
        struct token other = split_token(tokens->items[i]);
        if (slice_equal(other.name, token.name)) {
            return "has the name of an entry before it";
        }
        if (slice_equal(other.digest, token.digest)) {
            return "has the digest of an entry before it";
        }
    }
    return NULL;
}

static void check_tokens(struct settings_draft *draft)
{
    const struct settings_list *tokens = &draft->settings.auth_app_tokens;
    const char *origin = draft_origin(draft, SETTING_auth_app_tokens);
    for (size_t i = 0; i < tokens->count; i++) {
        struct token token = split_token(tokens->items[i]);
        const char *fault = token_fault(&token);
        if (!fault) {
            fault = token_clash(tokens, i);
        }
        if (fault) {
            /* the entry itself is not shown: it may be the token */
            draft_error(draft, origin, "entry %zu %s", i + 1, fault);
        }
    }
    if ((draft->settings.auth_mode & AUTH_APP_TOKEN) && tokens->count == 0 &&
        !draft_is_broken(draft, SETTING_auth_app_tokens)) {
        draft_error(draft, draft_origin(draft, SETTING_auth_mode),
                    "app_token needs at least one entry in auth.app_tokens");
    }
}

static void check_anonymous(struct settings_draft *draft)
{
    const struct settings *settings = &draft->settings;
    if ((settings->auth_mode & AUTH_ANONYMOUS) && !settings->auth_anonymous_public &&
        !draft_is_broken(draft, SETTING_auth_anonymous_public) &&
        !draft_is_broken(draft, SETTING_auth_mode) &&
        !is_loopback(draft, SETTING_http_listen, &settings->http_listen)) {
        draft_error(draft, draft_origin(draft, SETTING_http_listen),
                    "is not a loopback address, and auth.mode is anonymous: everybody who reaches "
                    "it could create paid sessions; choose another auth.mode, or set "
                    "auth.anonymous_public to true if that is meant");
    }
}

/* NULL, or what is wrong. Nothing that browsers or the router would spell in another way. */
static const char *base_path_fault(struct slice path)
{
    static const char characters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._~-/";
    if (path.data[0] != '/' || !consists_of(path, characters)) {
        return "must begin with / and hold letters, digits and . _ ~ - only, for example /liveness";
    }
    for (size_t i = 0; i < path.len; i++) {
        if (path.data[i] == '/' &&
            (i + 1 == path.len || path.data[i + 1] == '/' || path.data[i + 1] == '.')) {
            return "must not end with /, nor hold // or a segment that begins with a dot";
        }
    }
    return NULL;
}

static void check_base_path(struct settings_draft *draft)
{
    const char *path = draft->settings.http_base_path;
    const char *fault = path[0] != '\0' ? base_path_fault(slice_of(path)) : NULL;
    if (fault) {
        draft_error(draft, draft_origin(draft, SETTING_http_base_path), "'%.80s' %s", path, fault);
    }
}

void settings_check(struct settings_draft *draft)
{
    check_listeners(draft);
    check_base_path(draft);
    check_proxies(draft);
    check_sizes(draft);
    settings_check_upstream(draft);
    settings_check_store(draft);
    settings_check_policy(draft);
    check_tokens(draft);
    settings_check_issuers(draft);
    settings_check_origins(draft);
    check_anonymous(draft);
}
