/*
 * GET /errors: the error catalogue, to which every error's `help` points.
 */
#include "base/problem.h"
#include "routes/page.h"
#include "routes/small_routes.h"

enum { CATALOGUE_MAX = 64 * 1024 };

static enum flow_next show(struct flow *flow)
{
    CLEANUP(buf) struct buf page;
    buf_init(&page, CATALOGUE_MAX);
    problem_write_catalogue(&page);
    if (buf_failed(&page))
        return flow_fail(flow, PROBLEM_INTERNAL);
    page_reply(flow->request, "style-src 'unsafe-inline'", NULL, buf_slice(&page));
    return FLOW_DONE;
}

const struct flow_step errors_get_steps[] = {FLOW_STEP(show), FLOW_END};
