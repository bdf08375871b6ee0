/*
 * GET …/{kind}-sessions: our records, a page at a time, for operators. The items have the previews'
 * shape on every path: no later version of the Face API has a list.
 */
#include "base/json.h"
#include "routes/session_flow.h"

#include <string.h>

/* Above what an item can take: its device id is 64 bytes, each up to six once escaped. */
enum { LIST_ITEM_MAX = 1024 };

/* ---- which part ---- */

const char page_sentence[] =
    "start has at most 64 characters, and top is a whole number from 1 to 1000.";

/* A whole number from 1 to PAGE_MAX. */
static bool top_read(struct slice text, size_t *ret)
{
    size_t number = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || number > PAGE_MAX)
            return false;
        number = number * 10 + (size_t)(text.data[i] - '0');
    }
    *ret = number;
    return number >= 1 && number <= PAGE_MAX;
}

bool page_read(struct request *request, struct page *ret)
{
    struct slice start = request_query(request, "start");
    struct slice top = request_query(request, "top");
    *ret = (struct page){.top = PAGE_MAX};
    if (start.len >= sizeof ret->start || (start.len > 0 && memchr(start.data, '\0', start.len)))
        return false;
    if (start.len > 0)
        memcpy(ret->start, start.data, start.len);
    return top.len == 0 || top_read(top, &ret->top);
}

/* ---- steps ---- */

static enum flow_next identify(struct flow *flow)
{
    struct list_flow *self = (struct list_flow *)flow;
    enum problem problem = operator_identify(flow->request, &self->principal);
    if (problem != PROBLEM_NONE)
        return flow_fail(flow, problem);
    if (!page_read(flow->request, &self->page))
        return flow_fail_detail(flow, PROBLEM_BAD_ARGUMENT,
                                &(struct problem_detail){.sentence = page_sentence});
    return FLOW_NEXT;
}

static enum flow_next limit(struct flow *flow)
{
    return limit_reading(flow, &((struct list_flow *)flow)->principal, NULL);
}

/* The next step runs within this call, while the records are there. */
static void listed(void *context, enum store_result result, struct session_record *const *records,
                   size_t count)
{
    struct list_flow *self = context;
    self->call = NULL;
    self->result = result;
    self->records = records;
    self->count = count;
    flow_resume(&self->flow);
}

static void stop_listing(struct flow *flow)
{
    store_cancel(((struct list_flow *)flow)->call);
}

static enum flow_next list(struct flow *flow)
{
    struct list_flow *self = (struct list_flow *)flow;
    const struct services *services = flow->request->context;
    self->call = store_list(services->store, path_kind(flow->request), self->principal.tenant,
                            self->page.start, self->page.top, listed, self);
    flow->cancel = stop_listing;
    return FLOW_WAIT;
}

static enum flow_next answer(struct flow *flow)
{
    struct list_flow *self = (struct list_flow *)flow;
    if (self->result != STORE_OK)
        return flow_fail(flow, PROBLEM_STORE_UNAVAILABLE);
    CLEANUP(buf) struct buf body;
    buf_init(&body, 2 + self->count * LIST_ITEM_MAX);
    buf_putc(&body, '[');
    for (size_t i = 0; i < self->count; i++) {
        const struct session_view view = {.services = flow->request->context,
                                          .record = self->records[i]};
        if (i > 0)
            buf_putc(&body, ',');
        preview_write_item(&view, &body);
    }
    buf_putc(&body, ']');
    if (buf_failed(&body))
        return flow_fail(flow, PROBLEM_INTERNAL);
    const struct services *services = flow->request->context;
    audit_say(services->sessions->audit,
              &(struct audit_event){.action = AUDIT_LISTED, .principal = &self->principal});
    reply_json(flow->request, 200, buf_slice(&body));
    return FLOW_DONE;
}

const struct flow_step session_list_steps[] = {
    FLOW_STEP(caller_meet), FLOW_STEP(identify), FLOW_STEP(limit), FLOW_STEP(limit_admit),
    FLOW_STEP(list),        FLOW_STEP(answer),   FLOW_END};
