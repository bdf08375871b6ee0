/*
 * GET /api/audit: the audit trail of an operator's tenant, a page at a time, oldest first. What is
 * in it was written by domain/audit_event.h; here it is only put together. A tenant is known by a
 * keyed hash, so that during a rotation its trail is in two lists.
 */
#include "base/json.h"
#include "routes/session_flow.h"

#include <string.h>

/* ---- refusals ---- */

static bool is_of_another_tenant(const struct principal *principal,
                                 const struct session_record *record)
{
    return memcmp(principal->tenant, record->tenant, sizeof record->tenant) != 0;
}

static void say_refused(const struct request *request, const struct principal *principal,
                        const struct session_record *record, enum problem problem)
{
    const struct services *services = request->context;
    audit_say_seldom(services->sessions->audit, &(struct audit_event){.action = AUDIT_REFUSED,
                                                                      .principal = principal,
                                                                      .client = &request->client,
                                                                      .record = record,
                                                                      .problem = problem});
}

void audit_refusal(const struct request *request, const struct principal *principal,
                   const struct session_record *record, enum problem problem)
{
    switch (problem) {
    case PROBLEM_SESSION_NOT_FOUND:
        /* the caller's own tenant reads of it what it would of a session that there is not */
        if (record && is_of_another_tenant(principal, record))
            say_refused(request, principal, NULL, problem);
        say_refused(request, principal, record, problem);
        break;
    case PROBLEM_NOT_AUTHENTICATED:
    case PROBLEM_FORBIDDEN:
    case PROBLEM_ORIGIN_NOT_ALLOWED:
    case PROBLEM_COMPLETION_CONFLICT:
        say_refused(request, principal, record, problem);
        break;
    default:
        break;
    }
}

/* ---- steps ---- */

static enum flow_next bad_argument(struct flow *flow, const char *sentence)
{
    return flow_fail_detail(flow, PROBLEM_BAD_ARGUMENT,
                            &(struct problem_detail){.sentence = sentence});
}

static enum flow_next identify(struct flow *flow)
{
    struct trail_flow *self = (struct trail_flow *)flow;
    enum problem problem = operator_identify(flow->request, &self->principal);
    if (problem != PROBLEM_NONE)
        return flow_fail(flow, problem);
    if (!page_read(flow->request, &self->page))
        return bad_argument(flow, page_sentence);
    struct slice session = request_query(flow->request, "session");
    if (session.len > 0 && !session_id_read(session, self->session))
        return bad_argument(flow, "session must be the id of a session.");
    return FLOW_NEXT;
}

static enum flow_next limit(struct flow *flow)
{
    return limit_reading(flow, &((struct trail_flow *)flow)->principal, NULL);
}

/* The next step runs within this call, while the entries are there. */
static void listed(void *context, enum store_result result, const struct audit_entry *entries)
{
    struct trail_flow *self = context;
    self->call = NULL;
    self->result = result;
    self->entries = entries;
    flow_resume(&self->flow);
}

static void stop_listing(struct flow *flow)
{
    store_cancel(((struct trail_flow *)flow)->call);
}

static enum flow_next list_of(struct flow *flow, const uint8_t tenant[SHA256_BYTES])
{
    struct trail_flow *self = (struct trail_flow *)flow;
    const struct services *services = flow->request->context;
    self->call = store_audit_list(services->store, tenant, self->session, self->page.start,
                                  self->page.top, listed, self);
    flow->cancel = stop_listing;
    return FLOW_WAIT;
}

static enum flow_next list(struct flow *flow)
{
    return list_of(flow, ((struct trail_flow *)flow)->principal.tenant);
}

/* What was listed goes before the next answer comes. */
static void keep_texts(struct trail_flow *self)
{
    struct request *request = self->flow.request;
    self->texts = request_alloc(request, self->page.top * sizeof *self->texts);
    for (const struct audit_entry *entry = self->entries; entry; entry = entry->next) {
        size_t size = strlen(entry->text) + 1;
        char *text = request_alloc(request, size);
        memcpy(text, entry->text, size);
        self->texts[self->count++] = text;
    }
}

static enum flow_next list_other(struct flow *flow)
{
    struct trail_flow *self = (struct trail_flow *)flow;
    const struct principal *principal = &self->principal;
    if (self->result != STORE_OK || !principal->has_other ||
        memcmp(principal->tenant, principal->other_tenant, sizeof principal->tenant) == 0)
        return FLOW_NEXT;
    keep_texts(self);
    return list_of(flow, principal->other_tenant);
}

/* Both lists as one. Texts begin with their ids, by which they are in order. */
static const char *next_text(const struct trail_flow *self, size_t *at,
                             const struct audit_entry **entry)
{
    const char *kept = *at < self->count ? self->texts[*at] : NULL;
    if (kept && (!*entry || strcmp(kept, (*entry)->text) < 0)) {
        (*at)++;
        return kept;
    }
    const char *text = *entry ? (*entry)->text : NULL;
    *entry = *entry ? (*entry)->next : NULL;
    return text;
}

static size_t body_size(const struct trail_flow *self)
{
    size_t size = sizeof "{\"entries\":[]}";
    for (const struct audit_entry *entry = self->entries; entry; entry = entry->next)
        size += strlen(entry->text) + 1;
    for (size_t i = 0; i < self->count; i++)
        size += strlen(self->texts[i]) + 1;
    return size;
}

static void write_page(const struct trail_flow *self, struct buf *ret)
{
    const struct audit_entry *entry = self->entries;
    const char *text = NULL;
    size_t at = 0, left = self->page.top;
    struct json_writer json = json_writer(ret);
    json_open(&json, NULL, '{');
    json_open(&json, "entries", '[');
    while (left-- > 0 && (text = next_text(self, &at, &entry)) != NULL)
        json_put_raw(&json, NULL, slice_of(text));
    json_close(&json, ']');
    json_close(&json, '}');
}

static enum flow_next answer(struct flow *flow)
{
    struct trail_flow *self = (struct trail_flow *)flow;
    const struct services *services = flow->request->context;
    if (self->result != STORE_OK)
        return flow_fail(flow, PROBLEM_STORE_UNAVAILABLE);
    CLEANUP(buf) struct buf body;
    buf_init(&body, body_size(self));
    write_page(self, &body);
    if (buf_failed(&body))
        return flow_fail(flow, PROBLEM_INTERNAL);
    audit_say_seldom(
        services->sessions->audit,
        &(struct audit_event){.action = AUDIT_TRAIL_READ, .principal = &self->principal});
    reply_json(flow->request, 200, buf_slice(&body));
    return FLOW_DONE;
}

const struct flow_step trail_get_steps[] = {
    FLOW_STEP(caller_meet), FLOW_STEP(identify),   FLOW_STEP(limit),  FLOW_STEP(limit_admit),
    FLOW_STEP(list),        FLOW_STEP(list_other), FLOW_STEP(answer), FLOW_END};
