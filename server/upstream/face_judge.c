/*
 * The mapping of upstream answers. Reading a session object is base/face_session.c's, reading
 * Retry-After upstream/retry_after.c's. Invariant: whatever is not expected exactly is "broken",
 * and a create may have been performed unless something proves that it was not.
 */
#include "upstream/face_judge.h"

#include "base/image.h"
#include "base/json.h"
#include "base/secret.h"
#include "upstream/retry_after.h"

#include <string.h>
#include <strings.h>

static enum face_outcome broken(struct face_answer *ret, const char **ret_why, const char *why)
{
    ret->problem = PROBLEM_UPSTREAM_BROKEN;
    *ret_why = why;
    return FACE_OUTCOME_BROKEN;
}

/* From a create's answer that is no good otherwise: enough to delete the session. */
static void recover_id(struct slice body, struct face_session *ret)
{
    CLEANUP(json) cJSON *json = NULL;
    const char *why;
    struct slice id;
    if (json_parse(body, &json_limits_upstream, &json, &why) == 0 &&
        json_string(json, "sessionId", sizeof ret->session_id - 1, sizeof ret->session_id - 1,
                    &id) == JSON_OK &&
        strspn(id.data, "0123456789abcdefABCDEF-") == id.len) {
        memcpy(ret->session_id, id.data, id.len);
    }
    char *token = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "authToken"));
    secret_wipe(token, token ? strlen(token) : 0);
}

static enum face_outcome judge_session(const struct face_reply *reply, struct face_answer *ret,
                                       const char **ret_why)
{
    const char *why = NULL;
    int failed = reply->preview ? face_session_parse_preview(reply->body, &ret->session, &why)
                                : face_session_parse(reply->body, &ret->session, &why);
    if (failed != 0) {
        if (reply->operation == FACE_CREATE) {
            recover_id(reply->body, &ret->session);
        }
        return broken(ret, ret_why, why);
    }
    if (reply->operation == FACE_CREATE && !ret->session.auth_token) {
        return broken(ret, ret_why, "no authToken");
    }
    if (reply->operation == FACE_GET && strcasecmp(ret->session.session_id, reply->asked_id) != 0) {
        face_session_reset(&ret->session);
        return broken(ret, ret_why, "another session than the one asked for");
    }
    ret->maybe_performed = false;
    return FACE_OUTCOME_OK;
}

static enum face_outcome judge_content(const struct face_reply *reply, struct face_answer *ret,
                                       const char **ret_why)
{
    if (reply->operation == FACE_DETECT) {
        CLEANUP(json) cJSON *json = NULL;
        const char *why = NULL;
        if (json_parse(reply->body, &json_limits_upstream, &json, &why) != 0) {
            return broken(ret, ret_why, why);
        }
        if (!cJSON_IsArray(json)) {
            return broken(ret, ret_why, "the answer is no array");
        }
    } else if (image_kind_of(reply->body) == IMAGE_UNKNOWN) {
        return broken(ret, ret_why, "the image is none");
    }
    ret->content = reply->body;
    return FACE_OUTCOME_OK;
}

static enum face_outcome judge_success(const struct face_reply *reply, struct face_answer *ret,
                                       const char **ret_why)
{
    switch (reply->operation) {
    case FACE_CREATE:
    case FACE_GET:
        return judge_session(reply, ret, ret_why);
    case FACE_IMAGE:
    case FACE_DETECT:
        return judge_content(reply, ret, ret_why);
    default:
        return FACE_OUTCOME_OK;
    }
}

/* error.code of the body, else of the head. */
static bool has_code(const cJSON *json, const char *header, const char *code)
{
    const cJSON *error = NULL;
    struct slice text = slice_of(header);
    if (json_object(json, "error", &error) == JSON_OK) {
        (void)json_string(error, "code", 0, SIZE_MAX, &text);
    }
    return slice_equal(text, slice_of(code));
}

/* Of a create's reference image, if it had one; all else that is sent is ours. */
static enum face_outcome judge_bad_request(const struct face_reply *reply, struct face_answer *ret,
                                           const char **ret_why)
{
    CLEANUP(json) cJSON *json = NULL;
    const char *why;
    (void)!json_parse(reply->body, &json_limits_upstream, &json, &why);
    bool size = has_code(json, reply->error_code, "InvalidImageSize");
    if (reply->operation == FACE_CREATE && reply->sent_image &&
        (size || has_code(json, reply->error_code, "InvalidImage"))) {
        ret->problem = size ? PROBLEM_INVALID_IMAGE_SIZE : PROBLEM_INVALID_IMAGE;
        *ret_why = "the image was refused";
        return FACE_OUTCOME_BAD_IMAGE;
    }
    return broken(ret, ret_why, "unexpected status");
}

static enum face_outcome judge_not_found(enum face_operation operation, struct face_answer *ret,
                                         const char **ret_why)
{
    if (operation == FACE_CREATE) {
        return broken(ret, ret_why, "unexpected status");
    }
    ret->not_found = true;
    ret->problem = operation == FACE_DELETE ? PROBLEM_NONE : PROBLEM_SESSION_NOT_FOUND;
    return FACE_OUTCOME_NOT_FOUND;
}

static enum face_outcome judge_status(const struct face_reply *reply, struct face_answer *ret,
                                      const char **ret_why)
{
    switch (reply->status) {
    case 200:
        return judge_success(reply, ret, ret_why);
    case 204:
        return reply->operation == FACE_DELETE ? FACE_OUTCOME_OK
                                               : broken(ret, ret_why, "unexpected status");
    case 400:
        return judge_bad_request(reply, ret, ret_why);
    case 401:
    case 403:
        ret->problem = PROBLEM_UPSTREAM_DENIED;
        return FACE_OUTCOME_DENIED;
    case 404:
        return judge_not_found(reply->operation, ret, ret_why);
    case 429:
    case 503:
        ret->problem = PROBLEM_UPSTREAM_BUSY;
        ret->retry_after_s =
            retry_after_seconds(reply->retry_after, reply->body.data, reply->wall_ms);
        return FACE_OUTCOME_BUSY;
    default:
        return broken(ret, ret_why, "unexpected status");
    }
}

/* What is neither upstream's trouble nor ours, as with our credential (401) or pace (429): a device
 * that it has blocked, a value it does not take. */
static bool blames(int status)
{
    return status >= 400 && status < 500 && status != 401 && status != 408 && status != 429;
}

enum face_outcome face_judge(const struct face_reply *reply, struct face_answer *ret,
                             const char **ret_why)
{
    *ret_why = NULL;
    bool refused = reply->status >= 400 && reply->status < 500;
    ret->maybe_performed = reply->operation == FACE_CREATE && reply->sent && !refused;
    ret->blamed = reply->operation == FACE_CREATE && blames(reply->status);
    if (reply->result == CURLE_OPERATION_TIMEDOUT) {
        ret->problem = PROBLEM_UPSTREAM_TIMEOUT;
        return FACE_OUTCOME_TIMEOUT;
    }
    if (reply->result != CURLE_OK) {
        return broken(ret, ret_why, curl_easy_strerror(reply->result));
    }
    return judge_status(reply, ret, ret_why);
}
