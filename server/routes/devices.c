/*
 * POST /api/devices: an anonymous device's token, for callers who want it before their first
 * create.
 */
#include "base/json.h"
#include "routes/session_flow.h"

static enum flow_next identify(struct flow *flow)
{
    const struct services *services = flow->request->context;
    if (!services->authority->anonymous) /* there are no anonymous devices then */
        return flow_fail(flow, PROBLEM_ROUTE_NOT_FOUND);
    enum problem problem =
        caller_identify(flow->request, true, &((struct device_flow *)flow)->principal);
    return problem == PROBLEM_NONE ? FLOW_NEXT : flow_fail(flow, problem);
}

static enum flow_next limit(struct flow *flow)
{
    const struct services *services = flow->request->context;
    struct limit_bill bill;
    if (!services->limits || !caller_is_new(flow->request))
        return FLOW_NEXT;
    limit_bill_device(limits_book(services->limits), &flow->request->client, &bill);
    return limit_charge(flow, &bill);
}

static enum flow_next hand_out(struct flow *flow)
{
    const struct principal *principal = &((struct device_flow *)flow)->principal;
    CLEANUP(buf) struct buf body;
    buf_init(&body, 256);
    struct json_writer json = json_writer(&body);
    json_open(&json, NULL, '{');
    if (principal->has_device) /* what a backend calls it that creates sessions for this device */
        json_put_string(&json, "deviceId", principal->device_id);
    json_put_integer(&json, "expiresInSeconds", DEVICE_TOKEN_LIFETIME_S);
    json_close(&json, '}');
    caller_hand_out(flow->request);
    reply_json(flow->request, 200, buf_slice(&body));
    return FLOW_DONE;
}

const struct flow_step device_create_steps[] = {FLOW_STEP(caller_meet), FLOW_STEP(identify),
                                                FLOW_STEP(limit),       FLOW_STEP(limit_admit),
                                                FLOW_STEP(hand_out),    FLOW_END};
