/*
 * Creates with an Idempotency-Key: a repeat gets the answer of the first, which is in the store or
 * still under way. Invariant: while it is under way it alone knows how it ends, so it is asked
 * before what the store said is believed.
 */
#include "base/secret.h"
#include "domain/idempotency.h"
#include "lifecycle/revocation.h"
#include "routes/session_flow.h"

#include <string.h>

enum { AGAIN_S = 1 };

bool repeat_read_key(const struct request *request, struct slice *ret)
{
    *ret = request_header(request, "idempotency-key");
    return !ret->data ||
           (request_header_count(request, "idempotency-key") == 1 && idempotency_key_valid(*ret));
}

void repeat_mark(struct create_flow *self)
{
    const struct services *services = self->flow.request->context;
    const uint8_t *seal_key = services->rules->seal_key;
    struct session_record *draft = &self->draft;
    idempotency_key_hash(seal_key, self->principal.owner, self->key, draft->idempotency_key);
    idempotency_request_hash(seal_key, &self->wanted, draft->image_hash,
                             path_shape(self->flow.request), draft->idempotency_request);
}

/* ---- the first, in the store ---- */

static void found(void *context, enum store_result result, struct session_record *record)
{
    struct create_flow *self = context;
    self->finding = NULL;
    self->find_result = result;
    if (record)
        self->first = record_keep(self->flow.request, record);
    session_record_free(record);
    flow_resume(&self->flow);
}

static void stop_finding(struct flow *flow)
{
    store_cancel(((struct create_flow *)flow)->finding);
}

enum flow_next repeat_find(struct flow *flow)
{
    struct create_flow *self = (struct create_flow *)flow;
    const struct services *services = flow->request->context;
    if (!self->key.data)
        return FLOW_NEXT;
    self->finding = store_find_key(services->store, self->draft.idempotency_key,
                                   self->draft.created_at, found, self);
    flow->cancel = stop_finding;
    return FLOW_WAIT;
}

/* What was made before a rotation is under other keys. */
static const uint8_t *other_key(const struct services *services)
{
    const struct session_rules *rules = services->rules;
    return rules->other_seal_key ? rules->other_seal_key : rules->seal_key;
}

enum flow_next repeat_find_other(struct flow *flow)
{
    struct create_flow *self = (struct create_flow *)flow;
    const struct services *services = flow->request->context;
    uint8_t key[RECORD_HASH_BYTES];
    if (!self->key.data || !self->principal.has_other || self->find_result != STORE_NOT_FOUND)
        return FLOW_NEXT;
    idempotency_key_hash(other_key(services), self->principal.other_owner, self->key, key);
    self->by_other = true;
    self->finding = store_find_key(services->store, key, self->draft.created_at, found, self);
    flow->cancel = stop_finding;
    return FLOW_WAIT;
}

/* ---- its answer ---- */

static void word_restore(struct slice text, char *ret, size_t size)
{
    size_t length = text.len < size ? text.len : size - 1;
    memcpy(ret, text.data, length);
    ret[length] = '\0';
}

static char *text_restore(struct request *request, struct slice text)
{
    return text.data ? memcpy(request_alloc(request, text.len + 1), text.data, text.len) : NULL;
}

/* The session may have gone on since; what is shown is how it began. */
static enum problem recall(struct create_flow *self, const struct services *services)
{
    const struct session_record *first = self->first;
    const char *sealed = first->sealed_answer ? first->sealed_answer : "";
    CLEANUP(secret_buf) struct buf plain = {0};
    struct created_answer answer = {0};
    const uint8_t *key = self->by_other ? other_key(services) : services->rules->seal_key;
    if (created_answer_open(key, first->id, sealed, &plain, &answer) != 0)
        return PROBLEM_INTERNAL;
    struct session_record *record = request_alloc(self->flow.request, sizeof *record);
    *record = *first;
    word_restore(answer.status_word, record->status_word, sizeof record->status_word);
    word_restore(answer.model_version, record->model_version, sizeof record->model_version);
    record->results_json = text_restore(self->flow.request, answer.results_json);
    self->record = record;
    self->auth_token = xmemdup0(answer.auth_token.data, answer.auth_token.len);
    return PROBLEM_NONE;
}

static enum problem recall_found(struct create_flow *self, const struct services *services)
{
    const struct session_record *first = self->first;
    uint8_t *request = self->draft.idempotency_request;
    if (self->by_other)
        idempotency_request_hash(other_key(services), &self->wanted, self->draft.image_hash,
                                 path_shape(self->flow.request), request);
    if (!secret_equal(first->idempotency_request, sizeof first->idempotency_request, request,
                      RECORD_HASH_BYTES))
        return PROBLEM_IDEMPOTENCY_MISMATCH;
    if (revocation_under_way(services->sessions, first->id)) {
        self->retry_after_s = AGAIN_S;
        return PROBLEM_CONCURRENT_OPERATION;
    }
    return recall(self, services);
}

/* ---- or under way ---- */

static void stop_waiting(struct flow *flow)
{
    creation_leave(&((struct create_flow *)flow)->ticket);
}

/* A repeat that need not wait. */
static enum flow_next settle(struct create_flow *self, enum problem problem)
{
    self->repeated = true;
    self->problem = problem;
    return FLOW_NEXT;
}

enum flow_next repeat_meet(struct flow *flow)
{
    struct create_flow *self = (struct create_flow *)flow;
    const struct services *services = flow->request->context;
    if (!self->key.data || self->repeated)
        return FLOW_NEXT;
    self->ticket.done = session_created;
    switch (creation_join(services->sessions, &self->draft, &self->ticket)) {
    case CREATION_JOINED:
        self->repeated = true;
        request_body_wipe(flow->request);
        flow->cancel = stop_waiting;
        return FLOW_WAIT;
    case CREATION_MISMATCH:
        return settle(self, PROBLEM_IDEMPOTENCY_MISMATCH);
    case CREATION_BUSY:
        self->retry_after_s = AGAIN_S;
        return settle(self, PROBLEM_CONCURRENT_OPERATION);
    case CREATION_NONE:
        break;
    }
    if (self->find_result == STORE_UNAVAILABLE)
        return settle(self, PROBLEM_STORE_UNAVAILABLE);
    return self->first ? settle(self, recall_found(self, services)) : FLOW_NEXT;
}
