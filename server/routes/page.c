/*
 * The headers of pages. Invariant: what is not named is forbidden.
 */
#include "routes/page.h"

#include "base/buf.h"

enum { POLICY_MAX = 1024 };

#define NO_PERMISSIONS                                                                             \
    "camera=(), microphone=(), geolocation=(), accelerometer=(), gyroscope=(), magnetometer=(), "  \
    "payment=(), usb=()"

void page_reply(struct request *request, const char *policy, const char *permissions,
                struct slice html)
{
    CLEANUP(buf) struct buf whole;
    buf_init(&whole, POLICY_MAX);
    buf_printf(&whole,
               "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
               "%s",
               policy);
    reply_header(request, "content-security-policy", buf_slice(&whole));
    reply_header(request, "x-frame-options", SLICE("DENY")); /* of before frame-ancestors */
    reply_header(request, "permissions-policy",
                 permissions ? slice_of(permissions) : SLICE(NO_PERMISSIONS));
    reply_header(request, "referrer-policy", SLICE("no-referrer"));
    reply_header(request, "cross-origin-opener-policy", SLICE("same-origin"));
    reply_header(request, "cross-origin-resource-policy", SLICE("same-origin"));
    reply_text(request, 200, "text/html; charset=utf-8", html);
}
