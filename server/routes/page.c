/*
 * The headers of pages. Invariant: what is not named is forbidden.
 */
#include "routes/page.h"

#include "base/buf.h"

enum { POLICY_MAX = 1024 };

#define NO_PERMISSIONS                                                                             \
    "camera=(), microphone=(), geolocation=(), accelerometer=(), gyroscope=(), magnetometer=(), "  \
    "payment=(), usb=()"

/* `framers`: who may frame it, for the policy; `old_framers`: the same for X-Frame-Options, which
 * is of before the policy. */
static void put_headers(struct request *request, const char *framers, const char *old_framers,
                        const char *policy, const char *permissions)
{
    CLEANUP(buf) struct buf whole;
    buf_init(&whole, POLICY_MAX);
    buf_printf(&whole,
               "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors %s; %s",
               framers, policy);
    reply_header(request, "content-security-policy", buf_slice(&whole));
    reply_header(request, "x-frame-options", slice_of(old_framers));
    reply_header(request, "permissions-policy",
                 permissions ? slice_of(permissions) : SLICE(NO_PERMISSIONS));
    reply_header(request, "referrer-policy", SLICE("no-referrer"));
    reply_header(request, "cross-origin-opener-policy", SLICE("same-origin"));
    reply_header(request, "cross-origin-resource-policy", SLICE("same-origin"));
}

void page_reply(struct request *request, const char *policy, const char *permissions,
                struct slice html)
{
    put_headers(request, "'none'", "DENY", policy, permissions);
    reply_text(request, 200, "text/html; charset=utf-8", html);
}

void page_reply_framed(struct request *request, const char *policy, const char *permissions,
                       struct slice html)
{
    put_headers(request, "'self'", "SAMEORIGIN", policy, permissions);
    reply_text(request, 200, "text/html; charset=utf-8", html);
}
