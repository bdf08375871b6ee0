/*
 * POST …/{kind}-sessions: creates a session upstream and answers with its auth token.
 */
#include "base/cleanup.h"
#include "base/secret.h"
#include "domain/sample_form.h"
#include "lifecycle/results.h"
#include "routes/session_flow.h"

#include <stdio.h>
#include <string.h>

/* A key belongs to somebody, so a caller who would be a new device at every try cannot use one. */
static enum flow_next identify(struct flow *flow)
{
    struct create_flow *self = (struct create_flow *)flow;
    static const struct problem_detail bad_key = {
        .sentence = "Idempotency-Key must be given once, with 1 to 255 printable characters."};
    if (!repeat_read_key(flow->request, &self->key))
        return flow_fail_detail(flow, PROBLEM_BAD_ARGUMENT, &bad_key);
    enum problem problem = caller_identify(flow->request, !self->key.data, &self->principal);
    if (problem == PROBLEM_NOT_AUTHENTICATED && self->key.data &&
        caller_lacks_device(flow->request))
        problem = PROBLEM_DEVICE_TOKEN_REQUIRED;
    return problem == PROBLEM_NONE ? FLOW_NEXT : flow_fail(flow, problem);
}

/* ---- what goes upstream: built here from checked values; no byte of a body is forwarded but the
 * picture ---- */

static void slice_store(struct slice text, char *ret, size_t size)
{
    if (text.data && text.len < size)
        memcpy(ret, text.data, text.len);
}

/* Of the person as the client names them, of an anonymous device or of a token's subject; an app
 * token alone stands for many. The label keeps it apart from a device's. */
static void user_correlation(struct create_flow *self, const struct services *services)
{
    struct slice user = self->wanted.user_correlation_id;
    char owner[SHA256_HEX];
    bool named = user.data && !device_id_is_meaningless(user);
    const struct face_version_info *version = &face_versions[services->version];
    bool verify = self->wanted.kind == KIND_LIVENESS_WITH_VERIFY;
    if (!((verify ? version->form_fields : version->fields) & FACE_FIELD_USER_CORRELATION) ||
        (!named && self->owner.kind == PRINCIPAL_APP))
        return;
    CLEANUP(secret_buf) struct buf text;
    buf_init_secret(&text, user.len + 256);
    buf_printf(&text, "user\n%s\n", principal_name(&self->owner, owner));
    if (named)
        buf_put_slice(&text, user);
    correlation_pseudonym(services->authority->correlation_key, SLICE("local"), buf_slice(&text), 0,
                          self->user_correlation_id);
}

static void draft_identify(struct create_flow *self, const struct services *services)
{
    struct session_record *draft = &self->draft;
    bool delegated = self->wanted.owner_subject.data != NULL;
    uuid7(services->random, draft->created_at, draft->id);
    memcpy(draft->owner, self->owner.owner, sizeof draft->owner);
    memcpy(draft->tenant, self->owner.tenant, sizeof draft->tenant);
    if (delegated)
        memcpy(draft->delegate, self->principal.owner, sizeof draft->delegate);
    if (!self->wanted.set_in_client)
        principal_correlation(services->authority, &self->owner, self->wanted.device_correlation_id,
                              draft->device_correlation_id);
    user_correlation(self, services);
}

static void draft_refer(struct create_flow *self)
{
    struct session_record *draft = &self->draft;
    struct slice image = self->wanted.verify_image;
    if (draft->kind != KIND_LIVENESS_WITH_VERIFY)
        return;
    if (!image.data) {
        draft->reference = REFERENCE_CLIENT;
        return;
    }
    draft->reference =
        self->principal.scopes & SCOPE_DELEGATE ? REFERENCE_DELEGATE : REFERENCE_OWNER;
    sha256(image.data, image.len, draft->image_hash);
}

/* Where whoever is going to show their face is now. A backend is elsewhere than the devices it
 * creates sessions for. */
static void draft_expect(struct create_flow *self, const struct services *services)
{
    const struct face_version_info *version = &face_versions[services->version];
    bool form = self->wanted.kind == KIND_LIVENESS_WITH_VERIFY;
    if (!services->expect_client || self->wanted.owner_subject.data ||
        (self->principal.scopes & SCOPE_DELEGATE))
        return;
    client_network_hash(services->rules->seal_key, &self->flow.request->client,
                        self->draft.client_network);
    if ((form ? version->form_fields : version->fields) & FACE_FIELD_CLIENT_ADDRESS)
        client_network_write(&self->flow.request->client, self->expected_client);
}

/* A model that a client chose among those of previews is none of a later version's, and the other
 * way round; what the policy chose is meant for the version there is. */
static bool model_is_known(const struct create_flow *self, const struct services *services)
{
    const struct face_version_info *version = &face_versions[services->version];
    enum model_field field = self->wanted.model_field;
    if (field == MODEL_FIELD_NONE || (field == MODEL_FIELD_PREVIEW) == version->preview)
        return true;
    LOG_EVENT(
        services->log, LOG_INFO, "field not sent",
        LOG_TEXT(FIELD, version->preview ? "livenessModelVersion" : "livenessSingleModalModel"),
        LOG_TEXT(API_VERSION, version->name), LOG_TEXT(REQUEST_ID, self->flow.request->request_id));
    return false;
}

static void draft_make(struct create_flow *self, const struct services *services)
{
    struct session_record *draft = &self->draft;
    const struct create_request *wanted = &self->wanted;
    const struct face_version_info *version = &face_versions[services->version];
    int64_t ttl_s = wanted->token_ttl_s ? wanted->token_ttl_s : TOKEN_TTL_DEFAULT_S;
    bool attempts_known = version->fields & FACE_FIELD_ATTEMPTS && wanted->attempts > 0;
    draft->state = SESSION_CREATED;
    draft->kind = wanted->kind;
    draft->attempts_allowed = attempts_known ? wanted->attempts : version->attempts_default;
    draft->created_at = clock_wall_ms(services->clock);
    draft->token_expires_at = draft->created_at + ttl_s * 1000;
    /* settled by then whatever happens, and forgotten later than this */
    draft->forget_at = draft->created_at + UPSTREAM_LIFETIME_MS +
                       services->sessions->config.rules.retention_verdict_ms;
    slice_store(wanted->transaction_id, draft->transaction_id, sizeof draft->transaction_id);
    slice_store(wanted->platform, draft->platform, sizeof draft->platform);
    if (model_is_known(self, services))
        slice_store(wanted->model_version, self->model_version, sizeof self->model_version);
    session_fix_policy(draft, services->rules);
    draft_identify(self, services);
    draft_refer(self);
    draft_expect(self, services);
}

static const char *text_or_null(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

static void create_make(struct create_flow *self)
{
    const struct create_request *wanted = &self->wanted;
    self->create = (struct face_create){
        .kind = (enum face_kind)self->draft.kind,
        .liveness_mode = wanted->liveness_mode,
        .device_correlation_id = text_or_null(self->draft.device_correlation_id),
        .user_correlation_id = text_or_null(self->user_correlation_id),
        .token_ttl_s = wanted->token_ttl_s,
        .has_enable_session_image = wanted->has_enable_session_image,
        .enable_session_image = wanted->enable_session_image,
        .model_version = text_or_null(self->model_version),
        .attempts = wanted->attempts,
        .expected_client_ip = text_or_null(self->expected_client),
        .send_results_to_client = wanted->send_results_to_client,
        .verify_image = wanted->verify_image,
        .has_confidence_threshold = wanted->has_confidence_threshold,
        .confidence_threshold = wanted->confidence_threshold,
    };
}

/* ---- steps ---- */

/* Whose it will be, and whether policy lets it. */
static enum problem decide(struct create_flow *self, const struct services *services)
{
    struct slice subject = self->wanted.owner_subject;
    enum problem problem = PROBLEM_NONE;
    self->owner = self->principal;
    if (subject.data)
        problem = principal_delegate(services->authority, &self->principal, subject, &self->owner);
    if (problem == PROBLEM_INVALID_REQUEST_BODY)
        (void)snprintf(self->sentence, sizeof self->sentence,
                       "ownerSubject must be app:NAME with the name of an app token of this "
                       "server, device:ID with the id of a device, or jwt:ISSUER:SUBJECT with the "
                       "name of an issuer and a subject of it.");
    if (problem != PROBLEM_NONE)
        return problem;
    return create_policy_apply(&services->policy, &self->wanted, self->sentence);
}

/* The servers of the samples look for the picture before they look at the fields, and have every
 * session keep its image. */
static enum problem read_sample(struct create_flow *self, cJSON **ret_document,
                                const char **ret_sentence)
{
    const struct services *services = self->flow.request->context;
    struct slice type = request_header(self->flow.request, "content-type");
    struct sample_form form = {.kind = KIND_LIVENESS};
    enum problem problem = sample_form_read(type, self->flow.request->body, &form, ret_sentence);
    if (problem == PROBLEM_NONE && form.kind == KIND_LIVENESS_WITH_VERIFY &&
        !sample_form_has_image(&form)) {
        problem = create_policy_without_image(&services->policy, self->sentence);
        *ret_sentence = self->sentence;
    }
    const struct create_input input = {.kind = form.kind, .form = &form.form};
    if (problem == PROBLEM_NONE)
        problem = create_request_read(&input, ret_document, &self->wanted, ret_sentence);
    if (problem == PROBLEM_NONE && !self->wanted.has_enable_session_image)
        self->wanted.has_enable_session_image = self->wanted.enable_session_image =
            services->policy.session_image != POLICY_IMAGE_NEVER;
    return problem;
}

static enum problem read_body(struct create_flow *self, cJSON **ret_document,
                              const char **ret_sentence)
{
    const struct request *request = self->flow.request;
    const struct create_input input = {.kind = path_kind(request),
                                       .content_type = request_header(request, "content-type"),
                                       .body = request->body};
    if (path_is_sample(request))
        return read_sample(self, ret_document, ret_sentence);
    return create_request_read(&input, ret_document, &self->wanted, ret_sentence);
}

static enum flow_next decode(struct flow *flow)
{
    struct create_flow *self = (struct create_flow *)flow;
    const struct services *services = flow->request->context;
    CLEANUP(json) cJSON *document = NULL;
    const char *sentence = NULL;
    enum problem problem = read_body(self, &document, &sentence);
    if (problem == PROBLEM_NONE) {
        problem = decide(self, services);
        audit_refusal(flow->request, &self->principal, NULL, problem);
        sentence = text_or_null(self->sentence);
    }
    if (problem != PROBLEM_NONE)
        return flow_fail_detail(flow, problem, &(struct problem_detail){.sentence = sentence});
    draft_make(self, services);
    if (self->key.data)
        repeat_mark(self);
    create_make(self);
    return FLOW_NEXT;
}

/* A backend is elsewhere than the devices it creates sessions for. */
static bool is_backend(const struct create_flow *self)
{
    return self->wanted.owner_subject.data || (self->principal.scopes & SCOPE_DELEGATE);
}

static enum flow_next limit(struct flow *flow)
{
    const struct create_flow *self = (const struct create_flow *)flow;
    const struct services *services = flow->request->context;
    const struct limit_create asked = {.draft = &self->draft,
                                       .owner = self->owner.kind,
                                       .address = is_backend(self) ? NULL : &flow->request->client,
                                       .new_device = caller_is_new(flow->request)};
    struct limit_bill bill;
    if (!services->limits || self->repeated)
        return FLOW_NEXT;
    limit_bill_create(limits_book(services->limits), &asked, &bill);
    return limit_charge(flow, &bill);
}

bool session_created(struct creation_ticket *ticket, const struct creation_answer *answer)
{
    struct create_flow *self =
        (struct create_flow *)((char *)ticket - offsetof(struct create_flow, ticket));
    bool client_gone = request_client_gone(self->flow.request);
    self->problem = answer->problem;
    self->retry_after_s = answer->retry_after_s;
    self->blamed = answer->blamed;
    self->client_gone = client_gone;
    if (answer->problem == PROBLEM_NONE) {
        self->auth_token = xstrdup(answer->auth_token);
        self->record = record_keep(self->flow.request, answer->record);
    }
    flow_resume(&self->flow);
    return !client_gone;
}

static void give_up(struct flow *flow)
{
    creation_leave(&((struct create_flow *)flow)->ticket);
}

static enum flow_next create(struct flow *flow)
{
    struct create_flow *self = (struct create_flow *)flow;
    const struct services *services = flow->request->context;
    if (self->repeated)
        return FLOW_NEXT;
    self->ticket.done = session_created;
    audit_note(services->sessions->audit, &self->draft,
               &(struct audit_event){.action = AUDIT_CREATED, .principal = &self->principal});
    creation_start(services->sessions, &self->draft, &self->create, flow->request->request_id,
                   &self->ticket);
    self->draft.notes = audit_entries_free(self->draft.notes); /* it has been copied */
    if (self->create.verify_image.data) /* it has been copied to where it is sent from */
        request_body_wipe(flow->request);
    flow->cancel = give_up;
    return FLOW_WAIT;
}

/* ---- the answer ---- */

static void put_token(struct create_flow *self, struct json_writer *json)
{
    const struct services *services = self->flow.request->context;
    int64_t left_s = (self->record->token_expires_at - clock_wall_ms(services->clock)) / 1000;
    json_put_string(json, "sessionId", self->record->id);
    json_put_string(json, "authToken", self->auth_token);
    json_put_integer(json, "authTokenExpiresInSeconds", left_s > 0 ? left_s : 0);
}

static void put_state(const struct create_flow *self, struct json_writer *json)
{
    const struct session_record *record = self->record;
    json_put_string(json, "status", record->status_word);
    if (record->model_version[0] != '\0')
        json_put_string(json, "modelVersion", record->model_version);
    json_put_raw(json, "results",
                 slice_of(record->results_json ? record->results_json : "{\"attempts\":[]}"));
}

static void put_preview_reference(const struct create_flow *self, struct json_writer *json)
{
    CLEANUP(results) struct face_session *results = results_read(self->record, false);
    CLEANUP(buf) struct buf reference;
    buf_init(&reference, 1024);
    preview_write_reference(results, &reference);
    if (reference.len > 0)
        json_put_raw(json, "verifyImage", buf_slice(&reference));
}

static void put_session(struct create_flow *self, const char *name, struct json_writer *json)
{
    json_open(json, name, '{');
    put_token(self, json);
    if (path_is_preview(self->flow.request))
        put_preview_reference(self, json);
    else
        put_state(self, json);
    json_close(json, '}');
}

static void write_body(struct create_flow *self, struct buf *ret)
{
    struct json_writer json = json_writer(ret);
    if (path_is_sample(self->flow.request)) {
        json_open(&json, NULL, '{');
        put_session(self, "sessionData", &json);
        json_put_string(&json, "message", "success");
        json_close(&json, '}');
    } else {
        put_session(self, NULL, &json);
    }
    self->auth_token = secret_free(self->auth_token);
}

static enum flow_next fail(struct create_flow *self)
{
    struct problem_detail detail = {.retry_after_seconds = self->retry_after_s};
    if (self->problem == PROBLEM_CONCURRENT_OPERATION)
        detail.sentence =
            "The first request with this Idempotency-Key is still under way. Try again.";
    return flow_fail_detail(&self->flow, self->problem, &detail);
}

/* They got no session of their own, and it was not their mistake. What upstream will not do for
 * them costs as any other call does, or who is blocked there could ask without end. */
static bool got_nothing(const struct create_flow *self)
{
    return self->repeated || self->problem == PROBLEM_CONCURRENT_OPERATION ||
           (self->problem != PROBLEM_NONE && problem_info(self->problem)->status >= 500 &&
            !self->blamed);
}

static enum flow_next answer(struct flow *flow)
{
    struct create_flow *self = (struct create_flow *)flow;
    const struct services *services = flow->request->context;
    if (got_nothing(self))
        limit_give_back(flow->request);
    if (self->problem != PROBLEM_NONE)
        return fail(self);
    if (self->client_gone) { /* nobody would have the token */
        self->auth_token = secret_free(self->auth_token);
        return flow_fail_detail(
            flow, PROBLEM_BAD_ARGUMENT,
            &(struct problem_detail){.sentence = "The connection was closed before the answer."});
    }
    LOG_EVENT(services->log, LOG_INFO, self->repeated ? "create repeated" : "session created",
              LOG_TEXT(SESSION, self->record->id), LOG_TEXT(REQUEST_ID, flow->request->request_id),
              LOG_TEXT(PRINCIPAL, caller_word(&self->principal)));
    CLEANUP(secret_buf) struct buf body;
    buf_init_secret(&body, (size_t)2 * FACE_TOKEN_MAX + RECORD_RESULTS_MAX);
    buf_expect(&body, SESSION_BODY_USUAL);
    write_body(self, &body);
    if (buf_failed(&body))
        return flow_fail(flow, PROBLEM_INTERNAL);
    caller_hand_out(flow->request);
    reply_secret_json(flow->request, 200, buf_slice(&body));
    return FLOW_DONE;
}

const struct flow_step session_create_steps[] = {
    FLOW_STEP(caller_meet),       FLOW_STEP(identify),    FLOW_STEP(decode), FLOW_STEP(repeat_find),
    FLOW_STEP(repeat_find_other), FLOW_STEP(repeat_meet), FLOW_STEP(limit),  FLOW_STEP(limit_admit),
    FLOW_STEP(repeat_meet),       FLOW_STEP(create),      FLOW_STEP(answer), FLOW_END};
