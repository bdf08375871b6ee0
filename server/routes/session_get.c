/*
 * GET …/{kind}-sessions/{id}: the session and its verdict. A settled one comes from memory
 * or the store; one that is not settled is looked at upstream, because frontends ask once only.
 */
#include "base/cleanup.h"
#include "base/json.h"
#include "routes/session_flow.h"

#include <string.h>

static enum flow_next identify(struct flow *flow)
{
    struct look_flow *self = (struct look_flow *)flow;
    return session_identify(flow, &self->principal, self->id);
}

enum flow_next look_limit(struct flow *flow)
{
    const struct look_flow *self = (const struct look_flow *)flow;
    return limit_reading(flow, &self->principal, self->id);
}

/* ---- find ---- */

static void loaded(void *context, enum store_result result, struct session_record *record)
{
    struct look_flow *self = context;
    const struct services *services = self->flow.request->context;
    self->loading = NULL;
    self->load_result = result;
    if (record)
        sessions_remember(services->sessions, record);
    self->record = record;
    flow_resume(&self->flow); /* the steps to the next wait need it */
    session_record_free(record);
}

static void stop_loading(struct flow *flow)
{
    store_cancel(((struct look_flow *)flow)->loading);
}

enum flow_next look_find(struct flow *flow)
{
    struct look_flow *self = (struct look_flow *)flow;
    const struct services *services = flow->request->context;
    self->record = sessions_cached(services->sessions, self->id);
    /* who may not know of it waits for the store, as for one that there is not */
    if (principal_access(&self->principal, self->record, ACTION_GET) == PROBLEM_NONE)
        return FLOW_NEXT;
    self->record = NULL;
    self->loading = store_load(services->store, self->id, loaded, self);
    flow->cancel = stop_loading;
    return FLOW_WAIT;
}

enum flow_next look_own(struct flow *flow)
{
    struct look_flow *self = (struct look_flow *)flow;
    if (self->load_result == STORE_UNAVAILABLE)
        return flow_fail(flow, PROBLEM_STORE_UNAVAILABLE);
    enum problem problem = principal_access(&self->principal, self->record, ACTION_GET);
    audit_refusal(flow->request, &self->principal, self->record, problem);
    return problem == PROBLEM_NONE ? FLOW_NEXT : flow_fail(flow, problem);
}

/* ---- look upstream ---- */

static void asked(struct ask_ticket *ticket, enum problem problem, unsigned retry_after_s,
                  const struct session_record *record, const struct face_session *face)
{
    struct look_flow *self =
        (struct look_flow *)((char *)ticket - offsetof(struct look_flow, ticket));
    self->problem = problem;
    self->retry_after_s = retry_after_s;
    self->record = record;
    self->face = face;
    flow_resume(&self->flow);
}

static void stop_asking(struct flow *flow)
{
    asker_withdraw(&((struct look_flow *)flow)->ticket);
}

enum flow_next look_ask(struct flow *flow)
{
    struct look_flow *self = (struct look_flow *)flow;
    const struct services *services = flow->request->context;
    if (self->record->state == SESSION_SETTLED)
        return FLOW_NEXT;
    self->ticket.done = asked;
    asker_ask(services->sessions->asker, self->record, self->at_once ? ASK_AT_ONCE : ASK_NOW,
              flow->request->request_id, &self->ticket);
    flow->cancel = stop_asking;
    return FLOW_WAIT;
}

/* ---- flagged sessions, in our ids ---- */

struct flag {
    char upstream_id[UUID_SIZE];
    int64_t attempt_id;
};

/* [{"sessionId","attemptId"}]; what does not fit is passed over. */
static size_t flags_read(const char *text, struct flag ret[STORE_FIND_MAX])
{
    CLEANUP(json) cJSON *document = NULL;
    const char *why = NULL;
    size_t count = 0;
    if (!text || json_parse(slice_of(text), &json_limits_request, &document, &why) != 0)
        return 0;
    const cJSON *item = NULL;
    cJSON_ArrayForEach (item, document) {
        struct flag *flag = &ret[count];
        struct slice id;
        if (count < STORE_FIND_MAX &&
            json_string(item, "sessionId", 1, UUID_SIZE - 1, &id) == JSON_OK &&
            json_integer(item, "attemptId", 0, INT32_MAX, &flag->attempt_id) == JSON_OK) {
            memcpy(flag->upstream_id, id.data, id.len);
            flag->upstream_id[id.len] = '\0';
            count++;
        }
    }
    return count;
}

/* Another tenant's sessions are as unknown as another server's. */
static const char *our_id(const struct look_flow *self, const char *upstream_id,
                          struct session_record *const *records, size_t count)
{
    const uint8_t *tenant = self->record->tenant;
    for (size_t i = 0; i < count; i++)
        if (strcmp(records[i]->upstream_id, upstream_id) == 0 &&
            records[i]->state != SESSION_REMOVED &&
            memcmp(records[i]->tenant, tenant, sizeof records[i]->tenant) == 0)
            return records[i]->id;
    return NULL;
}

static void flags_write(const struct look_flow *self, struct session_record *const *records,
                        size_t count, struct buf *ret)
{
    struct flag flags[STORE_FIND_MAX];
    size_t flag_count = flags_read(self->record->flagged_json, flags);
    struct json_writer json = json_writer(ret);
    json_open(&json, NULL, '[');
    for (size_t i = 0; i < flag_count; i++) {
        const char *id = our_id(self, flags[i].upstream_id, records, count);
        if (!id) /* another server's session: upstream's ids are shown to nobody */
            continue;
        json_open(&json, NULL, '{');
        json_put_integer(&json, "attemptId", flags[i].attempt_id);
        json_put_string(&json, "sessionId", id);
        json_close(&json, '}');
    }
    json_close(&json, ']');
}

static void translated(void *context, enum store_result result,
                       struct session_record *const *records, size_t count)
{
    struct look_flow *self = context;
    self->translating = NULL;
    self->load_result = result;
    CLEANUP(buf) struct buf text;
    buf_init(&text, (size_t)STORE_FIND_MAX * 128);
    flags_write(self, records, result == STORE_OK ? count : 0, &text);
    char *kept = request_alloc(self->flow.request, text.len + 1);
    memcpy(kept, text.data, text.len);
    self->flagged = (struct slice){kept, text.len};
    flow_resume(&self->flow);
}

static void stop_translating(struct flow *flow)
{
    store_cancel(((struct look_flow *)flow)->translating);
}

enum flow_next look_translate(struct flow *flow)
{
    struct look_flow *self = (struct look_flow *)flow;
    const struct services *services = flow->request->context;
    const char *ids[STORE_FIND_MAX];
    struct flag flags[STORE_FIND_MAX];
    if (self->problem != PROBLEM_NONE)
        return FLOW_NEXT;
    self->details = principal_sees_details(&self->principal, self->record);
    size_t count = self->details ? flags_read(self->record->flagged_json, flags) : 0;
    if (count == 0)
        return FLOW_NEXT;
    for (size_t i = 0; i < count; i++)
        ids[i] = flags[i].upstream_id;
    self->record = record_keep(flow->request, self->record);
    self->face = NULL; /* nobody is flagged before it is settled */
    self->translating = store_find_upstream(services->store, ids, count, translated, self);
    flow->cancel = stop_translating;
    return FLOW_WAIT;
}

/* ---- answer ---- */

enum flow_next look_answer(struct flow *flow)
{
    struct look_flow *self = (struct look_flow *)flow;
    const struct services *services = flow->request->context;
    if (self->problem != PROBLEM_NONE)
        return flow_fail_detail(
            flow, self->problem,
            &(struct problem_detail){.retry_after_seconds = self->retry_after_s});
    if (self->load_result == STORE_UNAVAILABLE)
        return flow_fail(flow, PROBLEM_STORE_UNAVAILABLE);
    const struct session_view view = {.services = services,
                                      .record = self->record,
                                      .face = self->face,
                                      .details = self->details,
                                      .flagged = self->flagged};
    CLEANUP(buf) struct buf body;
    buf_init(&body, (size_t)2 * SESSION_BODY_MAX); /* samples get it twice */
    buf_expect(&body, SESSION_BODY_USUAL);
    if (path_is_preview(flow->request))
        preview_write_session(&view, &body);
    else if (path_is_sample(flow->request))
        sample_write_session(&view, &body);
    else
        session_write(&view, &body);
    if (buf_failed(&body))
        return flow_fail(flow, PROBLEM_INTERNAL);
    audit_say_read(services->sessions->audit, AUDIT_READ, &self->principal, self->record);
    reply_json(flow->request, 200, buf_slice(&body));
    return FLOW_DONE;
}

const struct flow_step session_get_steps[] = {
    FLOW_STEP(caller_meet),    FLOW_STEP(identify),       FLOW_STEP(look_limit),
    FLOW_STEP(limit_admit),    FLOW_STEP(look_read_wait), FLOW_STEP(look_find),
    FLOW_STEP(look_own),       FLOW_STEP(look_ask),       FLOW_STEP(look_wait),
    FLOW_STEP(look_translate), FLOW_STEP(look_answer),    FLOW_END};
