/*
 * GET /errors: the error catalogue, to which every error's `help` points: a page, or JSON for who
 * would rather have that. Invariant: the page's only style is the one whose hash the policy names.
 */
#include "base/crypto.h"
#include "http/accept.h"
#include "routes/error_catalogue.h"
#include "routes/page.h"
#include "routes/small_routes.h"
#include "web/assets.h"

enum { CATALOGUE_MAX = 256 * 1024, POLICY_MAX = 128 };

static void put_policy(struct slice style, struct buf *ret)
{
    uint8_t hash[SHA256_BYTES];
    sha256(style.data, style.len, hash);
    buf_puts(ret, "style-src 'sha256-");
    base64_encode(hash, sizeof hash, ret);
    buf_puts(ret, "'");
}

static enum flow_next show_page(struct flow *flow)
{
    struct asset style = {0};
    (void)asset_find(SLICE("errors/style.css"), &style);
    CLEANUP(buf) struct buf page;
    CLEANUP(buf) struct buf policy;
    buf_init(&page, CATALOGUE_MAX);
    buf_init(&policy, POLICY_MAX);
    error_catalogue_write_page(style.body, &page);
    put_policy(style.body, &policy);
    if (buf_failed(&page) || buf_failed(&policy))
        return flow_fail(flow, PROBLEM_INTERNAL);
    page_reply(flow->request, policy.data, NULL, buf_slice(&page));
    return FLOW_DONE;
}

static enum flow_next show(struct flow *flow)
{
    struct request *request = flow->request;
    if (!accept_prefers(request_header(request, "accept"), "application/json", "text/html"))
        return show_page(flow);
    CLEANUP(buf) struct buf body;
    buf_init(&body, CATALOGUE_MAX);
    error_catalogue_write_json(&body);
    if (buf_failed(&body))
        return flow_fail(flow, PROBLEM_INTERNAL);
    reply_json(request, 200, buf_slice(&body));
    return FLOW_DONE;
}

const struct flow_step errors_get_steps[] = {FLOW_STEP(show), FLOW_END};
