/*
 * POST …/detectLiveness-sessions: creates a session upstream and answers with its auth token.
 */
#include "base/cleanup.h"
#include "base/secret.h"
#include "routes/session_flow.h"

#include <string.h>

static enum flow_next identify(struct flow *flow)
{
    struct create_flow *self = (struct create_flow *)flow;
    enum problem problem = caller_identify(flow->request, true, &self->principal);
    return problem == PROBLEM_NONE ? FLOW_NEXT : flow_fail(flow, problem);
}

static void slice_store(struct slice text, char *ret, size_t size)
{
    if (text.data && text.len < size)
        memcpy(ret, text.data, text.len);
}

/* What goes upstream is built here from checked values; nothing of the client's body is forwarded.
 */
static void draft_make(struct create_flow *self, const struct services *services)
{
    struct session_record *draft = &self->draft;
    const struct create_request *wanted = &self->wanted;
    int64_t ttl_s = wanted->token_ttl_s ? wanted->token_ttl_s : TOKEN_TTL_DEFAULT_S;
    draft->state = SESSION_CREATED;
    draft->kind = KIND_LIVENESS;
    draft->attempts_allowed = ATTEMPTS_ALLOWED;
    draft->created_at = clock_wall_ms(services->clock);
    draft->token_expires_at = draft->created_at + ttl_s * 1000;
    draft->forget_at = draft->created_at + UPSTREAM_LIFETIME_MS;
    uuid7(services->random, draft->created_at, draft->id);
    memcpy(draft->owner, self->principal.owner, sizeof draft->owner);
    principal_correlation(services->authority, &self->principal, wanted->device_correlation_id,
                          draft->device_correlation_id);
    slice_store(wanted->transaction_id, draft->transaction_id, sizeof draft->transaction_id);
    slice_store(wanted->platform, draft->platform, sizeof draft->platform);
    slice_store(wanted->model_version, self->model_version, sizeof self->model_version);
    self->create = (struct face_create){
        .liveness_mode = wanted->liveness_mode,
        .device_correlation_id = draft->device_correlation_id,
        .token_ttl_s = wanted->token_ttl_s,
        .has_enable_session_image = wanted->has_enable_session_image,
        .enable_session_image = wanted->enable_session_image,
        .model_version = self->model_version[0] != '\0' ? self->model_version : NULL,
    };
}

static enum flow_next decode(struct flow *flow)
{
    struct create_flow *self = (struct create_flow *)flow;
    CLEANUP(json) cJSON *document = NULL;
    const char *sentence = NULL;
    enum problem problem = create_request_read(&(struct create_input){.body = flow->request->body},
                                               &document, &self->wanted, &sentence);
    if (problem != PROBLEM_NONE)
        return flow_fail_detail(flow, problem, &(struct problem_detail){.sentence = sentence});
    draft_make(self, flow->request->context);
    return FLOW_NEXT;
}

static void created(void *context, enum problem problem, unsigned retry_after_s,
                    const struct session_record *record, char **auth_token)
{
    struct create_flow *self = context;
    self->creation = NULL;
    self->problem = problem;
    self->retry_after_s = retry_after_s;
    if (problem == PROBLEM_NONE) {
        self->auth_token = TAKE(*auth_token);
        memcpy(self->status_word, record->status_word, sizeof self->status_word);
        memcpy(self->model_version, record->model_version, sizeof self->model_version);
    }
    flow_resume(&self->flow);
}

static void give_up(struct flow *flow)
{
    creation_abandon(((struct create_flow *)flow)->creation);
}

static enum flow_next create(struct flow *flow)
{
    struct create_flow *self = (struct create_flow *)flow;
    const struct services *services = flow->request->context;
    self->creation = creation_start(services->sessions, &self->draft, &self->create,
                                    flow->request->request_id, created, self);
    flow->cancel = give_up;
    return FLOW_WAIT;
}

static void write_body(struct create_flow *self, struct buf *ret)
{
    const struct services *services = self->flow.request->context;
    int64_t left_s = (self->draft.token_expires_at - clock_wall_ms(services->clock)) / 1000;
    struct json_writer json = json_writer(ret);
    json_open(&json, NULL, '{');
    json_put_string(&json, "sessionId", self->draft.id);
    json_put_string(&json, "authToken", self->auth_token);
    json_put_integer(&json, "authTokenExpiresInSeconds", left_s > 0 ? left_s : 0);
    json_put_string(&json, "status", self->status_word);
    if (self->model_version[0] != '\0')
        json_put_string(&json, "modelVersion", self->model_version);
    json_put_raw(&json, "results", SLICE("{\"attempts\":[]}"));
    json_close(&json, '}');
    self->auth_token = secret_free(self->auth_token);
}

static enum flow_next answer(struct flow *flow)
{
    struct create_flow *self = (struct create_flow *)flow;
    const struct services *services = flow->request->context;
    if (self->problem != PROBLEM_NONE)
        return flow_fail_detail(
            flow, self->problem,
            &(struct problem_detail){.retry_after_seconds = self->retry_after_s});
    if (request_client_gone(flow->request)) { /* nobody would have the token */
        creation_revoke(services->sessions, self->draft.id);
        self->auth_token = secret_free(self->auth_token);
        return flow_fail_detail(
            flow, PROBLEM_BAD_ARGUMENT,
            &(struct problem_detail){.sentence = "The connection was closed before the answer."});
    }
    LOG_EVENT(services->log, LOG_INFO, "session created", LOG_TEXT(SESSION, self->draft.id),
              LOG_TEXT(REQUEST_ID, flow->request->request_id),
              LOG_TEXT(PRINCIPAL, caller_word(&self->principal)));
    CLEANUP(secret_buf) struct buf body;
    buf_init_secret(&body, (size_t)2 * FACE_TOKEN_MAX);
    write_body(self, &body);
    if (buf_failed(&body))
        return flow_fail(flow, PROBLEM_INTERNAL);
    reply_secret_json(flow->request, 200, buf_slice(&body));
    return FLOW_DONE;
}

const struct flow_step session_create_steps[] = {FLOW_STEP(identify), FLOW_STEP(decode),
                                                 FLOW_STEP(create), FLOW_STEP(answer), FLOW_END};
