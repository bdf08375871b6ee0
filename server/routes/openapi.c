/*
 * GET /openapi.json: the OpenAPI document, which is made elsewhere (server/web/openapi) and carried
 * as it is. It says nothing about anybody, so that pages of every origin may read it.
 */
#include "routes/small_routes.h"
#include "web/assets.h"

#include <string.h>

/* Made of the document's bytes when the build is configured. */
static const struct slice tag = SLICE_INIT("\"" OPENAPI_TAG "\"");

/* A tag is among those listed, weak or not; "*" is any. */
static bool is_at_hand(struct slice listed)
{
    if (slice_equal(listed, SLICE("*")))
        return true;
    for (size_t i = 0; i + tag.len <= listed.len; i++)
        if (memcmp(listed.data + i, tag.data, tag.len) == 0)
            return true;
    return false;
}

static enum flow_next show(struct flow *flow)
{
    struct request *request = flow->request;
    struct asset document;
    if (!asset_find(SLICE("openapi.json"), &document))
        return flow_fail(flow, PROBLEM_INTERNAL);
    reply_header(request, "etag", tag);
    reply_header(request, "cache-control", SLICE("public, max-age=300"));
    if (request_origin(request) != ORIGIN_LISTED) /* those are answered by name */
        reply_header(request, "access-control-allow-origin", SLICE("*"));
    if (is_at_hand(request_header(request, "if-none-match")))
        reply_empty(request, 304);
    else
        reply_static(request, 200, document.type, document.body);
    return FLOW_DONE;
}

const struct flow_step openapi_get_steps[] = {FLOW_STEP(show), FLOW_END};
