/*
 * Who calls: collects the credentials of a request, and hands out device tokens.
 */
#include "base/buf.h"
#include "routes/session_flow.h"

#define COOKIE        "livenessd_device"
#define SECURE_COOKIE "__Host-" COOKIE

static void credentials_read(const struct request *request, const struct services *services,
                             struct credentials *ret)
{
    ret->authorization = request_header(request, "authorization");
    ret->subscription_key = request_header(request, "ocp-apim-subscription-key");
    ret->device_header = request_header(request, "x-device-token");
    ret->device_cookie = request_cookie(request, services->secure_cookie ? SECURE_COOKIE : COOKIE);
    ret->repeated = request_header_count(request, "authorization") > 1 ||
                    request_header_count(request, "ocp-apim-subscription-key") > 1 ||
                    request_header_count(request, "x-device-token") > 1;
}

/* The token goes into the cookie; also into a header, unless the caller is a page of the same site,
 * whose scripts have no need to see it. */
static void token_hand_out(struct request *request, const struct services *services,
                           struct slice token)
{
    CLEANUP(secret_buf) struct buf cookie;
    buf_init_secret(&cookie, 1024);
    buf_printf(&cookie, "%s=%.*s; Path=/; Max-Age=%d; HttpOnly; SameSite=Lax%s",
               services->secure_cookie ? SECURE_COOKIE : COOKIE, SLICE_ARGS(token),
               DEVICE_TOKEN_LIFETIME_S, services->secure_cookie ? "; Secure" : "");
    reply_header(request, "set-cookie", buf_slice(&cookie));
    struct slice site = request_header(request, "sec-fetch-site");
    if (!slice_equal(site, SLICE("same-origin")) && !slice_equal(site, SLICE("same-site")))
        reply_header(request, "x-device-token", token);
}

enum problem caller_identify(struct request *request, bool may_mint, struct principal *ret)
{
    const struct services *services = request->context;
    const struct authority *authority = services->authority;
    struct credentials credentials;
    credentials_read(request, services, &credentials);
    int64_t now_s = clock_wall_ms(services->clock) / 1000;
    enum problem problem = principal_identify(authority, &credentials, now_s, ret);
    if (problem == PROBLEM_NONE || !may_mint || !principal_may_mint(authority, &credentials))
        return problem;
    CLEANUP(secret_buf) struct buf token;
    char device_id[UUID_SIZE];
    buf_init_secret(&token, JWT_MAX_BYTES);
    device_token_mint(authority->devices, now_s, &token, device_id);
    if (buf_failed(&token))
        return PROBLEM_INTERNAL;
    token_hand_out(request, services, buf_slice(&token));
    principal_become_device(authority, device_id, ret);
    return PROBLEM_NONE;
}

bool caller_lacks_device(const struct request *request)
{
    const struct services *services = request->context;
    struct credentials credentials;
    credentials_read(request, services, &credentials);
    return principal_may_mint(services->authority, &credentials);
}

enum problem operator_identify(struct request *request, struct principal *ret)
{
    enum problem problem = caller_identify(request, false, ret);
    if (problem == PROBLEM_NONE && !(ret->scopes & SCOPE_OPERATE))
        return PROBLEM_FORBIDDEN;
    return problem;
}

enum flow_next session_identify(struct flow *flow, struct principal *ret_principal,
                                char ret_id[UUID_SIZE])
{
    enum problem problem = caller_identify(flow->request, false, ret_principal);
    if (problem != PROBLEM_NONE)
        return flow_fail(flow, problem);
    if (!session_id_read(flow->request->params[0], ret_id))
        return flow_fail(flow, PROBLEM_SESSION_NOT_FOUND);
    return FLOW_NEXT;
}

const char *caller_word(const struct principal *principal)
{
    return principal->kind == PRINCIPAL_APP ? "app_token" : "anonymous";
}
