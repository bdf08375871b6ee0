/*
 * GET /.well-known/jwks.json: the keys receipts are checked with (RFC 7517), those that signed and
 * those that will sign soon. For everybody, and to be kept for minutes: a key is in here an hour
 * before its first signature.
 */
#include "domain/receipt.h"
#include "routes/services.h"
#include "routes/small_routes.h"

static enum flow_next show(struct flow *flow)
{
    const struct services *services = flow->request->context;
    reply_header(flow->request, "cache-control", SLICE("public, max-age=300"));
    reply_json(flow->request, 200, slice_of(services->rules->receipts->jwks));
    return FLOW_DONE;
}

const struct flow_step receipt_keys_get_steps[] = {FLOW_STEP(show), FLOW_END};
