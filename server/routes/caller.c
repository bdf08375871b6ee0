/*
 * Who calls: collects the credentials of a request, waits for keys where that may help, and hands
 * out device tokens.
 */
#include "base/buf.h"
#include "routes/limit.h"
#include "routes/session_flow.h"

#include <stddef.h>

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

static bool shows_key(const struct request *request)
{
    return request_header(request, "authorization").data ||
           request_header(request, "ocp-apim-subscription-key").data;
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

/* ---- tokens of identity providers ---- */

/* What a caller's credentials came to, so that they are judged once. In request memory. */
struct caller_notes {
    struct jwks_ticket ticket;
    struct flow *flow; /* that waits */
    enum problem problem;
    struct principal principal;
    struct bearer_refusal refusal;
    bool minted; /* the principal is a device made for this request */
};

static struct caller_notes *judge(struct request *request)
{
    const struct services *services = request->context;
    struct caller_notes *notes = request_alloc(request, sizeof *notes);
    struct credentials credentials;
    credentials_read(request, services, &credentials);
    notes->problem =
        principal_judge(services->authority, &credentials, clock_wall_ms(services->clock) / 1000,
                        &notes->principal, &notes->refusal);
    request->notes = notes;
    return notes;
}

/* Judged anew, whatever came of the fetch. */
static void keys_came(struct jwks_ticket *ticket)
{
    struct caller_notes *notes =
        (struct caller_notes *)((char *)ticket - offsetof(struct caller_notes, ticket));
    notes->flow->request->notes = NULL;
    flow_resume(notes->flow);
}

static void stop_waiting(struct flow *flow)
{
    jwks_leave(&((struct caller_notes *)flow->request->notes)->ticket);
}

enum flow_next caller_meet(struct flow *flow)
{
    const struct services *services = flow->request->context;
    if (shows_key(flow->request) && !limit_may_try(flow->request))
        return limit_refuse(flow);
    if (!services->issuers)
        return FLOW_NEXT;
    struct caller_notes *notes = judge(flow->request);
    notes->ticket.done = keys_came;
    notes->flow = flow;
    if (!issuers_refresh(services->issuers, &notes->refusal, &notes->ticket))
        return FLOW_NEXT;
    flow->cancel = stop_waiting;
    return FLOW_WAIT;
}

/* ---- pages ---- */

static bool is_reading(const struct request *request)
{
    return slice_equal(request->method, SLICE("GET")) ||
           slice_equal(request->method, SLICE("HEAD"));
}

/* A page that browsers vouch for. Either word suffices: proxies of development servers change Host
 * and leave Origin, but Sec-Fetch-Site is about what the browser itself asked. */
static bool is_our_page(const struct request *request)
{
    enum request_origin origin = request_origin(request);
    return origin == ORIGIN_OWN || origin == ORIGIN_LISTED ||
           (request_header_count(request, "sec-fetch-site") == 1 &&
            slice_equal(request_header(request, "sec-fetch-site"), SLICE("same-origin")));
}

/* A page of somebody else: browsers name one of the two with every write that a page begins. */
static bool is_foreign_page(const struct request *request)
{
    bool begun_by_page =
        request_header(request, "origin").data || request_header(request, "sec-fetch-site").data;
    return begun_by_page && !is_our_page(request);
}

/* A cookie comes along whoever has the browser send the request, so to write, it takes a page that
 * is known; and a foreign page gives the browser no new one, nor makes sessions that are paid for.
 */
static enum problem check_page(const struct request *request, const struct principal *principal)
{
    if (is_reading(request) || !principal->by_cookie || is_our_page(request))
        return PROBLEM_NONE;
    return PROBLEM_ORIGIN_NOT_ALLOWED;
}

/* ---- who calls ---- */

/* Its token is handed out with the answer, if at all. */
static void mint(const struct services *services, struct caller_notes *notes)
{
    char device_id[UUID_SIZE];
    uuid4(services->random, device_id);
    principal_become_device(services->authority, device_id, &notes->principal);
    notes->minted = true;
    notes->problem = PROBLEM_NONE;
}

bool caller_is_new(const struct request *request)
{
    const struct caller_notes *notes = request->notes;
    return notes && notes->minted;
}

void caller_hand_out(struct request *request)
{
    const struct services *services = request->context;
    const struct caller_notes *notes = request->notes;
    if (!caller_is_new(request))
        return;
    CLEANUP(secret_buf) struct buf token;
    buf_init_secret(&token, JWT_MAX_BYTES);
    device_token_sign(services->authority->devices, clock_wall_ms(services->clock) / 1000,
                      notes->principal.device_id, &token);
    if (!buf_failed(&token))
        token_hand_out(request, services, buf_slice(&token));
}

static enum problem identify(struct request *request, bool may_mint, struct principal *ret)
{
    const struct services *services = request->context;
    struct caller_notes *notes = request->notes ? request->notes : judge(request);
    if (notes->problem == PROBLEM_NONE) {
        *ret = notes->principal;
        if (ret->has_device && services->authority->epochs &&
            !epochs_known(services->authority->epochs)) /* it may have been reset */
            return PROBLEM_STORE_UNAVAILABLE;
        return check_page(request, ret);
    }
    if (notes->refusal.verdict != BEARER_VALID)
        issuers_report(services->issuers, &notes->refusal, request->request_id);
    if (notes->problem == PROBLEM_NOT_AUTHENTICATED && shows_key(request))
        limit_note_failure(request);
    if (!may_mint || !caller_lacks_device(request))
        return notes->problem;
    if (is_foreign_page(request))
        return PROBLEM_ORIGIN_NOT_ALLOWED;
    mint(services, notes);
    *ret = notes->principal;
    return PROBLEM_NONE;
}

enum problem caller_identify(struct request *request, bool may_mint, struct principal *ret)
{
    enum problem problem = identify(request, may_mint, ret);
    const struct caller_notes *notes = request->notes;
    audit_refusal(request, notes->problem == PROBLEM_NONE ? ret : NULL, NULL, problem);
    return problem;
}

const struct principal *caller_known(const struct request *request)
{
    const struct caller_notes *notes = request->notes;
    return notes && notes->problem == PROBLEM_NONE && !notes->minted ? &notes->principal : NULL;
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
    if (problem == PROBLEM_NONE && !(ret->scopes & SCOPE_OPERATE)) {
        reply_header(request, "www-authenticate",
                     SLICE("Bearer error=\"insufficient_scope\", scope=\"liveness:operate\""));
        audit_refusal(request, ret, NULL, PROBLEM_FORBIDDEN);
        return PROBLEM_FORBIDDEN;
    }
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
    static const char *const words[] = {[PRINCIPAL_ANONYMOUS] = "anonymous",
                                        [PRINCIPAL_APP] = "app_token",
                                        [PRINCIPAL_JWT] = "jwt"};
    return words[principal->kind];
}
