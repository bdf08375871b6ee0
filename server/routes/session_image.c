/*
 * The picture of a check, for operators: GET …/sessionImages/{id} hands it through, POST …/detect
 * has upstream look for faces in it. The ids are ours and lead to a record; the picture lives
 * upstream, as long as its session does (retention.image), and is nowhere kept here.
 */
#include "base/cleanup.h"
#include "base/json.h"
#include "domain/image_id.h"
#include "routes/session_flow.h"

static bool id_read(struct image_flow *self, struct slice image_id)
{
    const struct services *services = self->flow.request->context;
    const struct session_rules *rules = services->rules;
    return image_id_read(rules->seal_key, image_id, self->id) ||
           (rules->other_seal_key && image_id_read(rules->other_seal_key, image_id, self->id));
}

/* ---- which one ---- */

static enum flow_next identify(struct flow *flow)
{
    struct image_flow *self = (struct image_flow *)flow;
    enum problem problem = operator_identify(flow->request, &self->principal);
    return problem == PROBLEM_NONE ? FLOW_NEXT : flow_fail(flow, problem);
}

static enum flow_next name_in_path(struct flow *flow)
{
    if (!id_read((struct image_flow *)flow, flow->request->params[0]))
        return flow_fail(flow, PROBLEM_SESSION_NOT_FOUND);
    return FLOW_NEXT;
}

/* Unknown parameters and empty ones are ignored, as on every path. */
static bool query_read(struct request *request, struct face_detect *ret)
{
    static const char *const names[] = {
        "detectionModel",      "recognitionModel",       "returnFaceId",     "returnFaceAttributes",
        "returnFaceLandmarks", "returnRecognitionModel", "faceIdTimeToLive",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct slice value = request_query(request, names[i]);
        if (value.len > 0 && !face_detect_read(slice_of(names[i]), value, ret))
            return false;
    }
    return true;
}

static enum flow_next name_in_body(struct flow *flow)
{
    struct image_flow *self = (struct image_flow *)flow;
    CLEANUP(json) cJSON *document = NULL;
    const char *why = NULL;
    struct slice image_id;
    if (json_parse(flow->request->body, &json_limits_request, &document, &why) != 0 ||
        json_string(document, "sessionImageId", 1, SIZE_MAX, &image_id) != JSON_OK)
        return flow_fail_detail(
            flow, PROBLEM_BAD_ARGUMENT,
            &(struct problem_detail){.sentence = "The body must be a JSON object with the text "
                                                 "sessionImageId."});
    if (!query_read(flow->request, &self->detect))
        return flow_fail_detail(
            flow, PROBLEM_BAD_ARGUMENT,
            &(struct problem_detail){.sentence = "A query parameter has a value that detect "
                                                 "does not take."});
    if (!id_read(self, image_id))
        return flow_fail(flow, PROBLEM_SESSION_NOT_FOUND);
    return FLOW_NEXT;
}

static enum flow_next limit(struct flow *flow)
{
    const struct image_flow *self = (const struct image_flow *)flow;
    return limit_reading(flow, &self->principal, self->id);
}

/* ---- its record ---- */

static void loaded(void *context, enum store_result result, struct session_record *record)
{
    struct image_flow *self = context;
    self->loading = NULL;
    self->load_result = result;
    if (record)
        self->record = record_keep(self->flow.request, record);
    session_record_free(record);
    flow_resume(&self->flow);
}

static void stop_loading(struct flow *flow)
{
    store_cancel(((struct image_flow *)flow)->loading);
}

static enum flow_next find(struct flow *flow)
{
    struct image_flow *self = (struct image_flow *)flow;
    const struct services *services = flow->request->context;
    self->loading = store_load(services->store, self->id, loaded, self);
    flow->cancel = stop_loading;
    return FLOW_WAIT;
}

static enum flow_next own(struct flow *flow)
{
    struct image_flow *self = (struct image_flow *)flow;
    if (self->load_result == STORE_UNAVAILABLE)
        return flow_fail(flow, PROBLEM_STORE_UNAVAILABLE);
    enum problem problem = principal_access(&self->principal, self->record, ACTION_OPERATE);
    audit_refusal(flow->request, &self->principal, self->record, problem);
    if (problem == PROBLEM_NONE &&
        (self->record->session_image_id[0] == '\0' || self->record->deletion == DELETION_DONE))
        problem = PROBLEM_SESSION_NOT_FOUND;
    return problem == PROBLEM_NONE ? FLOW_NEXT : flow_fail(flow, problem);
}

/* ---- upstream ---- */

/* The next step runs within this call, while the content is there. */
static void answered(void *context, struct face_answer *answer)
{
    struct image_flow *self = context;
    self->call = NULL;
    self->problem = answer->problem;
    self->retry_after_s = answer->retry_after_s;
    self->content = answer->content;
    flow_resume(&self->flow);
}

static void stop_asking(struct flow *flow)
{
    face_cancel(((struct image_flow *)flow)->call);
}

static enum flow_next fetch(struct flow *flow)
{
    struct image_flow *self = (struct image_flow *)flow;
    const struct services *services = flow->request->context;
    self->call = face_get_image(services->sessions->config.face, self->record->session_image_id,
                                flow->request->request_id, answered, self);
    flow->cancel = stop_asking;
    return FLOW_WAIT;
}

static enum flow_next detect(struct flow *flow)
{
    struct image_flow *self = (struct image_flow *)flow;
    const struct services *services = flow->request->context;
    self->call = face_detect_image(services->sessions->config.face, self->record->session_image_id,
                                   &self->detect, flow->request->request_id, answered, self);
    flow->cancel = stop_asking;
    return FLOW_WAIT;
}

static enum flow_next fail(struct image_flow *self)
{
    return flow_fail_detail(&self->flow, self->problem,
                            &(struct problem_detail){.retry_after_seconds = self->retry_after_s});
}

static void note_reading(const struct image_flow *self, enum audit_action action)
{
    const struct services *services = self->flow.request->context;
    LOG_EVENT(services->log, LOG_INFO, "session image read", LOG_TEXT(SESSION, self->id),
              LOG_TEXT(REQUEST_ID, self->flow.request->request_id),
              LOG_TEXT(PRINCIPAL, caller_word(&self->principal)));
    audit_say(services->sessions->audit, &(struct audit_event){.action = action,
                                                               .principal = &self->principal,
                                                               .record = self->record});
}

static enum flow_next answer_image(struct flow *flow)
{
    struct image_flow *self = (struct image_flow *)flow;
    if (self->problem != PROBLEM_NONE)
        return fail(self);
    note_reading(self, AUDIT_IMAGE_READ);
    reply_secret(flow->request, 200, "application/octet-stream", self->content);
    return FLOW_DONE;
}

static enum flow_next answer_faces(struct flow *flow)
{
    struct image_flow *self = (struct image_flow *)flow;
    if (self->problem != PROBLEM_NONE)
        return fail(self);
    note_reading(self, AUDIT_FACES_DETECTED);
    reply_secret_json(flow->request, 200, self->content);
    return FLOW_DONE;
}

const struct flow_step image_get_steps[] = {FLOW_STEP(caller_meet),  FLOW_STEP(identify),
                                            FLOW_STEP(name_in_path), FLOW_STEP(limit),
                                            FLOW_STEP(limit_admit),  FLOW_STEP(find),
                                            FLOW_STEP(own),          FLOW_STEP(fetch),
                                            FLOW_STEP(answer_image), FLOW_END};
const struct flow_step image_detect_steps[] = {FLOW_STEP(caller_meet),  FLOW_STEP(identify),
                                               FLOW_STEP(name_in_body), FLOW_STEP(limit),
                                               FLOW_STEP(limit_admit),  FLOW_STEP(find),
                                               FLOW_STEP(own),          FLOW_STEP(detect),
                                               FLOW_STEP(answer_faces), FLOW_END};
