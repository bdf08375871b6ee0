/*
 * The steps of limits, and what answers say of them. Weighing is lifecycle/limits.h's business,
 * what is weighed domain/limits.h's.
 */
#include "routes/limit.h"

#include "base/buf.h"
#include "lifecycle/limits.h"
#include "routes/session_flow.h"

#include <stddef.h>

enum { US_PER_MS = 1000, VALUE_MAX = 512, SENTENCE_MAX = 256 };

/* In request memory. */
struct limiting {
    struct limits_ticket ticket;
    struct flow *flow; /* that waits */
};

static struct limits *limits_of(const struct request *request)
{
    return ((const struct services *)request->context)->limits;
}

static struct limiting *limiting_new(struct request *request)
{
    struct limiting *limiting = request_alloc(request, sizeof *limiting);
    request->limiting = limiting;
    return limiting;
}

/* ---- steps ---- */

static void decided(struct limits_ticket *ticket)
{
    const struct limiting *limiting =
        (struct limiting *)((char *)ticket - offsetof(struct limiting, ticket));
    flow_resume(limiting->flow);
}

static void stop_waiting(struct flow *flow)
{
    limits_leave(&((struct limiting *)flow->request->limiting)->ticket);
}

enum flow_next limit_charge(struct flow *flow, const struct limit_bill *bill)
{
    struct limits *limits = limits_of(flow->request);
    if (!limits || bill->count == 0)
        return FLOW_NEXT;
    struct limiting *limiting = limiting_new(flow->request);
    limiting->flow = flow;
    limiting->ticket.bill = *bill;
    limiting->ticket.done = decided;
    if (limits_charge(limits, &limiting->ticket))
        return FLOW_NEXT;
    flow->cancel = stop_waiting;
    return FLOW_WAIT;
}

enum flow_next limit_reading(struct flow *flow, const struct principal *principal,
                             const char *session_id)
{
    struct limits *limits = limits_of(flow->request);
    struct limit_bill bill;
    if (!limits)
        return FLOW_NEXT;
    limit_bill_read(limits_book(limits), principal, session_id, &bill);
    return limit_charge(flow, &bill);
}

enum flow_next limit_admit(struct flow *flow)
{
    const struct limiting *limiting = flow->request->limiting;
    if (!limiting || limiting->ticket.verdict == LIMITS_ADMITTED)
        return FLOW_NEXT;
    if (limiting->ticket.verdict == LIMITS_UNAVAILABLE)
        return flow_fail(flow, PROBLEM_STORE_UNAVAILABLE);
    return limit_refuse(flow);
}

/* Whoever it was; a network, of who has no name that lasts. */
static void note_refusal(struct request *request, const struct limit_refusal *refusal)
{
    const struct services *services = request->context;
    const struct principal *caller = caller_known(request);
    request->limit = limit_word(refusal->name);
    audit_say_seldom(services->sessions->audit,
                     &(struct audit_event){.action = AUDIT_LIMITED,
                                           .principal = caller,
                                           .client = &request->client,
                                           .problem = PROBLEM_RATE_LIMITED,
                                           .limit = request->limit});
}

enum flow_next limit_refuse(struct flow *flow)
{
    struct request *request = flow->request;
    const struct limiting *limiting = request->limiting;
    struct limit_refusal refusal = {0};
    if (!limiting || !limit_bill_refusal(&limiting->ticket.bill, &refusal))
        return flow_fail(flow, PROBLEM_INTERNAL);
    CLEANUP(buf) struct buf sentence;
    buf_init(&sentence, SENTENCE_MAX);
    limit_write_sentence(&refusal, &sentence);
    note_refusal(request, &refusal);
    return flow_fail_detail(
        flow, PROBLEM_RATE_LIMITED,
        &(struct problem_detail){.sentence = buf_failed(&sentence) ? NULL : sentence.data,
                                 .retry_after_seconds = refusal.retry_after_s});
}

void limit_give_back(struct request *request)
{
    if (request->limiting)
        limits_give_back(&((struct limiting *)request->limiting)->ticket);
}

/* ---- long waits ---- */

/* Each has a connection, and behind a proxy nothing else keeps one client from having them all. A
 * backend waits for many clients. */
enum flow_next limit_waiting(struct flow *flow, const struct principal *principal)
{
    static const struct problem_detail too_many = {
        .sentence = "Too many requests from this network wait for a verdict already. Try again in "
                    "5 seconds.",
        .retry_after_seconds = 5};
    if ((principal->scopes & SCOPE_DELEGATE) || request_may_wait(flow->request))
        return FLOW_NEXT;
    flow->request->limit = "waiting";
    return flow_fail_detail(flow, PROBLEM_RATE_LIMITED, &too_many);
}

/* ---- wrong credentials ---- */

bool limit_may_try(struct request *request)
{
    struct limits *limits = limits_of(request);
    struct limits_ticket ticket = {0};
    if (!limits || limits_may_try(limits, &request->client, &ticket))
        return true;
    limiting_new(request)->ticket = ticket;
    return false;
}

void limit_note_failure(const struct request *request)
{
    if (limits_of(request))
        limits_note_failure(limits_of(request), &request->client);
}

/* ---- headers ---- */

/* How its caller stands now, which may be a while after it was decided. A limit that could not be
 * asked says nothing. */
void limit_decorate(struct request *request)
{
    const struct services *services = request->context;
    const struct limiting *limiting = request->limiting;
    if (!limiting || limiting->ticket.verdict == LIMITS_UNAVAILABLE)
        return;
    const struct limits_ticket *ticket = &limiting->ticket;
    uint64_t elapsed_ms = clock_monotonic_ms(services->clock) - ticket->decided_ms;
    CLEANUP(buf) struct buf value;
    buf_init(&value, VALUE_MAX);
    limit_write_policies(limits_book(services->limits), &ticket->bill, &value);
    if (value.len == 0 || buf_failed(&value))
        return;
    reply_header(request, "ratelimit-policy", buf_slice(&value));
    buf_reset(&value);
    limit_write_standings(&ticket->bill, elapsed_ms * US_PER_MS, &value);
    reply_header(request, "ratelimit", buf_slice(&value));
}
