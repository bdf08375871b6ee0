/*
 * Decoding of request bodies. What policy allows of a well-formed request is the routes' business.
 * Invariant: with a problem there is no document and nothing to free.
 */
#include "domain/bodies.h"

#include "base/platform.h"
#include "domain/create_form.h"

#include <float.h>

enum {
    TOKEN_LIFETIME_MIN_S = 60,
    TOKEN_LIFETIME_MAX_S = 86400,
    MODEL_VERSION_MAX = 31,
    TRANSACTION_ID_MAX = 64,
    OWNER_SUBJECT_MAX = 600, /* jwt:ISSUER:SUBJECT */
    ATTEMPTS_MAX = 3,
    DIGEST_MAX = 128,
};

static const char not_json[] = "The request body is not valid JSON.";
static const char not_object[] = "The request body must be a JSON object.";

static bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool consists_of(struct slice text, const char *others)
{
    for (size_t i = 0; i < text.len; i++) {
        /* strchr would find the NUL at the end of the list */
        if (!is_alphanumeric(text.data[i]) &&
            (text.data[i] == '\0' || !strchr(others, text.data[i]))) {
            return false;
        }
    }
    return true;
}

/* Where members of a create are looked for: the body, or the form's fields and then the JSON object
 * within the form. */
struct members {
    const cJSON *outer;
    const cJSON *nested; /* NULL: none */
};

static const cJSON *holder(const struct members *from, const char *name)
{
    return from->nested && !json_has(from->outer, name) ? from->nested : from->outer;
}

/* The readers below answer NULL, or a sentence that says what is wrong. */

static const char *read_document(struct slice body, cJSON **ret)
{
    const char *why;
    if (json_parse(body, &json_limits_request, ret, &why) != 0) {
        return not_json;
    }
    return cJSON_IsObject(*ret) ? NULL : not_object;
}

static const char *read_transaction_id(const cJSON *json, struct slice *ret)
{
    enum json_read read = json_string(json, "transactionId", 1, TRANSACTION_ID_MAX, ret);
    if (read == JSON_WRONG || (read == JSON_OK && !consists_of(*ret, "._:-"))) {
        return "transactionId must be a text of 1 to 64 letters, digits and . _ : -.";
    }
    return NULL;
}

static const char *read_platform(const cJSON *json, struct slice *ret)
{
    struct slice text = {NULL, 0};
    if (json_string(json, "platform", 0, SIZE_MAX, &text) == JSON_WRONG) {
        return "platform must be a text.";
    }
    enum platform platform = platform_of(text);
    if (platform != PLATFORM_COUNT) {
        *ret = platform_word(platform);
    }
    return NULL;
}

static const char *read_text(const cJSON *json, const char *name, const char *otherwise,
                             struct slice *ret)
{
    return json_string(json, name, 0, SIZE_MAX, ret) == JSON_WRONG ? otherwise : NULL;
}

/* ---- create ---- */

static const char *read_flag(const struct members *from, const char *name, const char *otherwise,
                             bool *ret)
{
    return json_bool_or_text(holder(from, name), name, ret) == JSON_WRONG ? otherwise : NULL;
}

static const char *read_device(const struct members *from, struct create_request *ret)
{
    static const char id[] = "deviceCorrelationId";
    const char *why = read_text(holder(from, id), id, "deviceCorrelationId must be a text.",
                                &ret->device_correlation_id);
    if (!why) {
        why =
            read_flag(from, "deviceCorrelationIdSetInClient",
                      "deviceCorrelationIdSetInClient must be true or false.", &ret->set_in_client);
    }
    if (!why && ret->set_in_client && ret->device_correlation_id.len > 0) {
        why = "deviceCorrelationId must be left out when deviceCorrelationIdSetInClient is true.";
    }
    return why;
}

static const char *read_user(const struct members *from, struct create_request *ret)
{
    static const char id[] = "userCorrelationId";
    return read_text(holder(from, id), id, "userCorrelationId must be a text.",
                     &ret->user_correlation_id);
}

static const char *read_image(const struct members *from, struct create_request *ret)
{
    static const char name[] = "enableSessionImage";
    enum json_read read = json_bool_or_text(holder(from, name), name, &ret->enable_session_image);
    ret->has_enable_session_image = read == JSON_OK;
    return read == JSON_WRONG ? "enableSessionImage must be true or false." : NULL;
}

static const char *read_model(const struct members *from, struct create_request *ret)
{
    /* its former name counts when the present one is not there */
    static const char *const names[] = {
        [MODEL_FIELD_STABLE] = "livenessModelVersion",
        [MODEL_FIELD_PREVIEW] = "livenessSingleModalModel",
    };
    enum json_read read = JSON_ABSENT;
    for (unsigned i = MODEL_FIELD_STABLE; i <= MODEL_FIELD_PREVIEW && read == JSON_ABSENT; i++) {
        read = json_string(holder(from, names[i]), names[i], 1, MODEL_VERSION_MAX,
                           &ret->model_version);
        ret->model_field = read == JSON_OK ? (enum model_field)i : MODEL_FIELD_NONE;
    }
    if (read == JSON_WRONG || (read == JSON_OK && !consists_of(ret->model_version, ".-"))) {
        return "livenessModelVersion must be a text of 1 to 31 letters, digits and . -.";
    }
    return NULL;
}

/* Published clients send {} or 0 for a number nobody set. */
static const char *read_attempts(const struct members *from, struct create_request *ret)
{
    static const char name[] = "numberOfClientAttemptsAllowed";
    const cJSON *json = holder(from, name);
    const cJSON *object;
    int64_t attempts = 0;
    if (json_integer(json, name, 0, ATTEMPTS_MAX, &attempts) == JSON_WRONG &&
        json_object(json, name, &object) == JSON_WRONG) {
        return "numberOfClientAttemptsAllowed must be 1, 2 or 3.";
    }
    ret->attempts = (int)attempts;
    return NULL;
}

static const char *read_owner(const struct members *from, struct create_request *ret)
{
    static const char name[] = "ownerSubject";
    return json_string(holder(from, name), name, 1, OWNER_SUBJECT_MAX, &ret->owner_subject) ==
                   JSON_WRONG
               ? "ownerSubject must be a text of 1 to 256 bytes."
               : NULL;
}

/* In a session that compares nothing it is a member we do not know. */
static const char *read_threshold(const struct members *from, struct create_request *ret)
{
    static const char name[] = "verifyConfidenceThreshold";
    if (ret->kind != KIND_LIVENESS_WITH_VERIFY) {
        return NULL;
    }
    enum json_read read = json_number(holder(from, name), name, 0, 1, &ret->confidence_threshold);
    ret->has_confidence_threshold = read == JSON_OK;
    return read == JSON_WRONG ? "verifyConfidenceThreshold must be a number from 0 to 1." : NULL;
}

static const char *read_results_wanted(const struct members *from, struct create_request *ret)
{
    return read_flag(from, "sendResultsToClient", "sendResultsToClient must be true or false.",
                     &ret->send_results_to_client);
}

static const char *read_own_members(const struct members *from, struct create_request *ret)
{
    const char *why = read_transaction_id(holder(from, "transactionId"), &ret->transaction_id);
    return why ? why : read_platform(holder(from, "platform"), &ret->platform);
}

static const char *read_create_members(const struct members *from, struct create_request *ret)
{
    static const char *(*const readers[])(const struct members *, struct create_request *) = {
        read_device, read_user,      read_image,          read_model,       read_attempts,
        read_owner,  read_threshold, read_results_wanted, read_own_members,
    };
    const char *why = NULL;
    for (size_t i = 0; i < sizeof readers / sizeof *readers && !why; i++) {
        why = readers[i](from, ret);
    }
    return why;
}

static enum problem read_mode(const struct members *from, struct create_request *ret)
{
    static const char name[] = "livenessOperationMode";
    struct slice mode = {NULL, 0};
    if (json_string(holder(from, name), name, 1, SIZE_MAX, &mode) != JSON_OK) {
        return PROBLEM_INVALID_LIVENESS_MODE;
    }
    if (slice_equal_nocase(mode, SLICE("Passive"))) {
        ret->liveness_mode = "Passive";
    } else if (slice_equal_nocase(mode, SLICE("PassiveActive"))) {
        ret->liveness_mode = "PassiveActive";
    } else {
        return PROBLEM_INVALID_LIVENESS_MODE;
    }
    return PROBLEM_NONE;
}

static enum problem read_lifetime(const struct members *from, struct create_request *ret)
{
    static const char name[] = "authTokenTimeToLiveInSeconds";
    const cJSON *json = holder(from, name);
    double number;
    if (json_number(json, name, -DBL_MAX, DBL_MAX, &number) == JSON_WRONG) {
        return PROBLEM_INVALID_REQUEST_BODY;
    }
    return json_integer(json, name, TOKEN_LIFETIME_MIN_S, TOKEN_LIFETIME_MAX_S,
                        &ret->token_ttl_s) == JSON_WRONG
               ? PROBLEM_INVALID_TOKEN_LIFETIME
               : PROBLEM_NONE;
}

/* The body as a JSON object, whatever form it came in. */
static const char *read_input(const struct create_input *input, cJSON **ret_document,
                              struct members *ret_members, struct create_request *ret)
{
    const char *why = NULL;
    struct slice image = {NULL, 0};
    *ret_members = (struct members){0};
    if (!create_form_is(input->content_type)) {
        why = read_document(input->body, ret_document);
    } else if (create_form_read(input->content_type, input->body, ret_document, &image, &why) ==
               0) {
        (void)json_object(*ret_document, CREATE_FORM_NESTED, &ret_members->nested);
    }
    ret_members->outer = *ret_document;
    if (input->kind == KIND_LIVENESS_WITH_VERIFY) {
        ret->verify_image = image;
    }
    return why;
}

enum problem create_request_read(const struct create_input *input, cJSON **ret_document,
                                 struct create_request *ret, const char **ret_sentence)
{
    CLEANUP(json) cJSON *document = NULL;
    struct create_request request = {.kind = input->kind};
    struct members members;
    *ret_document = NULL;
    *ret_sentence = read_input(input, &document, &members, &request);
    if (!*ret_sentence) {
        *ret_sentence = read_create_members(&members, &request);
    }
    if (*ret_sentence) {
        return PROBLEM_INVALID_REQUEST_BODY;
    }
    enum problem problem = read_mode(&members, &request);
    if (problem == PROBLEM_NONE) {
        problem = read_lifetime(&members, &request);
    }
    if (problem == PROBLEM_INVALID_REQUEST_BODY) {
        *ret_sentence = "authTokenTimeToLiveInSeconds must be a number.";
    }
    if (problem != PROBLEM_NONE) {
        return problem;
    }
    *ret_document = TAKE(document);
    *ret = request;
    return PROBLEM_NONE;
}

/* ---- completion ---- */

static const char *read_digest(const cJSON *json, struct slice *ret)
{
    enum json_read read = json_string(json, "digest", 1, DIGEST_MAX, ret);
    if (read == JSON_WRONG || (read == JSON_OK && !consists_of(*ret, "+/=_-"))) {
        return "digest must be the text the client SDK gave, at most 128 characters.";
    }
    return NULL;
}

/* "error":"TimedOut" or "error":{"code":"TimedOut","message":"…"}; an empty text is no error. */
static const char *read_client_error(const cJSON *json, struct completion_request *ret)
{
    static const char why[] = "error must be a text, or an object with the texts code and message.";
    const cJSON *object = NULL;
    struct slice message;
    if (json_object(json, "error", &object) == JSON_WRONG) {
        if (json_string(json, "error", 0, SIZE_MAX, &ret->error_code) == JSON_WRONG) {
            return why;
        }
        ret->client_error = ret->error_code.len > 0;
        return NULL;
    }
    if (!object) {
        return NULL;
    }
    if (json_string(object, "code", 0, SIZE_MAX, &ret->error_code) == JSON_WRONG ||
        json_string(object, "message", 0, SIZE_MAX, &message) == JSON_WRONG) {
        return why;
    }
    ret->client_error = true;
    return NULL;
}

static const char *read_completion_members(const cJSON *json, struct completion_request *ret)
{
    struct slice result_id;
    const char *why = read_digest(json, &ret->digest);
    if (!why) {
        why = read_text(json, "resultId", "resultId must be a text.", &result_id);
    }
    if (!why) {
        why = read_transaction_id(json, &ret->transaction_id);
    }
    if (!why) {
        why = read_text(json, "sdk", "sdk must be a text.", &ret->sdk);
    }
    if (!why) {
        why = read_platform(json, &ret->platform);
    }
    return why ? why : read_client_error(json, ret);
}

enum problem completion_request_read(struct slice body, cJSON **ret_document,
                                     struct completion_request *ret, const char **ret_sentence)
{
    CLEANUP(json) cJSON *document = NULL;
    struct completion_request request = {0};
    *ret_document = NULL;
    *ret_sentence = body.len > 0 ? read_document(body, &document) : NULL;
    if (!*ret_sentence && document) {
        *ret_sentence = read_completion_members(document, &request);
    }
    if (*ret_sentence) {
        return PROBLEM_INVALID_REQUEST_BODY;
    }
    *ret_document = TAKE(document);
    *ret = request;
    return PROBLEM_NONE;
}

/* ---- resets ---- */

enum { REASON_CHARACTERS_MAX = 200 };

/* UTF-8 by now, as all JSON is. */
static bool is_reason(struct slice text)
{
    size_t characters = 0;
    bool blank = true;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = (uint8_t)text.data[i];
        if (byte < ' ' || byte == 0x7f) {
            return false;
        }
        blank = blank && byte == ' ';
        characters += (byte & 0xc0) != 0x80;
    }
    return !blank && characters <= REASON_CHARACTERS_MAX;
}

enum problem reset_request_read(struct slice body, char ret_reason[RESET_REASON_SIZE],
                                const char **ret_sentence)
{
    CLEANUP(json) cJSON *document = NULL;
    struct slice reason;
    *ret_sentence = read_document(body, &document);
    if (!*ret_sentence &&
        (json_string(document, "reason", 1, RESET_REASON_SIZE - 1, &reason) != JSON_OK ||
         !is_reason(reason))) {
        *ret_sentence = "reason must be a text of 1 to 200 characters.";
    }
    if (*ret_sentence) {
        return PROBLEM_INVALID_REQUEST_BODY;
    }
    memcpy(ret_reason, reason.data, reason.len);
    ret_reason[reason.len] = '\0';
    return PROBLEM_NONE;
}
