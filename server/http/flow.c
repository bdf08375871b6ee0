/*
 * The driver of flows: runs steps until one waits or answers. It knows nothing of HTTP but how to
 * answer a problem. Invariant: cancel is called at most once, only while the flow waits, and no
 * step runs after it.
 */
#include "http/flow.h"

#include "http/exchange.h"
#include "http/router.h"

#include <assert.h>

static enum flow_next run_step(struct flow *flow)
{
    const struct flow_step *step = flow->step;
    if (!step->run) /* the last step did not answer: a defect, but no reason to hang */
        return flow_fail(flow, PROBLEM_INTERNAL);
    flow->step++;
    LOG_EVENT(flow->request->log, LOG_DEBUG, "step", LOG_TEXT(STEP, step->name),
              LOG_TEXT(REQUEST_ID, flow->request->request_id));
    return step->run(flow);
}

static void run(struct flow *flow)
{
    enum flow_next next = FLOW_NEXT;
    while (next == FLOW_NEXT)
        next = run_step(flow);
    if (next == FLOW_DONE)
        return; /* the flow may be gone */
    assert(flow->cancel && "who waits must be cancellable");
    flow->waiting = true;
}

void flow_start(struct flow *flow, struct request *request)
{
    flow->request = request;
    flow->step = request->route->steps;
    run(flow);
}

void flow_resume(struct flow *flow)
{
    assert(flow->waiting && "resumed twice, or from within its own step");
    flow->waiting = false;
    flow->cancel = NULL;
    run(flow);
}

void flow_abandon(struct flow *flow)
{
    void (*cancel)(struct flow * flow) = flow->waiting ? flow->cancel : NULL;
    flow->waiting = false;
    flow->cancel = NULL;
    if (cancel)
        cancel(flow);
}

enum flow_next flow_fail(struct flow *flow, enum problem problem)
{
    return flow_fail_detail(flow, problem, NULL);
}

enum flow_next flow_fail_detail(struct flow *flow, enum problem problem,
                                const struct problem_detail *detail)
{
    reply_problem(flow->request, problem, detail);
    return FLOW_DONE;
}
