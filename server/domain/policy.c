/*
 * The operator's word on creates. What a well-formed create is, is bodies.c's; who may create,
 * principal.c's. Invariant: a request that passes leaves nothing of what the policy governs open,
 * and holds no value that the policy excludes.
 */
#include "domain/policy.h"

#include "base/image.h"

#include <inttypes.h>
#include <stdio.h>

enum { IMAGE_MIN_BYTES = 1024, SENTENCE_LIMIT = POLICY_SENTENCE_SIZE - 1 };

static enum problem refuse(char ret_sentence[POLICY_SENTENCE_SIZE], const char *format, ...)
    PRINTF_LIKE(2, 3);

static enum problem refuse(char ret_sentence[POLICY_SENTENCE_SIZE], const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(ret_sentence, POLICY_SENTENCE_SIZE, format, args);
    va_end(args);
    return PROBLEM_NOT_ALLOWED_BY_POLICY;
}

/* ---- one function a field ---- */

static enum problem apply_mode(const struct create_policy *policy, struct create_request *request,
                               char ret_sentence[POLICY_SENTENCE_SIZE])
{
    bool passive = slice_equal(slice_of(request->liveness_mode), SLICE("Passive"));
    unsigned mode = passive ? POLICY_PASSIVE : POLICY_PASSIVE_ACTIVE;
    if (policy->modes & mode) {
        return PROBLEM_NONE;
    }
    return refuse(ret_sentence, "This server allows no livenessOperationMode but %s.",
                  passive ? "PassiveActive" : "Passive");
}

static enum problem apply_lifetime(const struct create_policy *policy,
                                   struct create_request *request,
                                   char ret_sentence[POLICY_SENTENCE_SIZE])
{
    if (request->token_ttl_s == 0) {
        request->token_ttl_s = policy->token_ttl_default_s;
    }
    if (request->token_ttl_s >= policy->token_ttl_min_s &&
        request->token_ttl_s <= policy->token_ttl_max_s) {
        return PROBLEM_NONE;
    }
    return refuse(ret_sentence,
                  "This server allows an authTokenTimeToLiveInSeconds of %" PRId64 " to %" PRId64
                  ".",
                  policy->token_ttl_min_s, policy->token_ttl_max_s);
}

static enum problem apply_session_image(const struct create_policy *policy,
                                        struct create_request *request,
                                        char ret_sentence[POLICY_SENTENCE_SIZE])
{
    bool always = policy->session_image == POLICY_IMAGE_ALWAYS;
    if (policy->session_image == POLICY_IMAGE_CLIENT) {
        return PROBLEM_NONE;
    }
    if (request->has_enable_session_image && request->enable_session_image != always) {
        return refuse(ret_sentence, "This server allows no enableSessionImage but %s.",
                      always ? "true" : "false");
    }
    if (always) {
        request->has_enable_session_image = request->enable_session_image = true;
    }
    return PROBLEM_NONE;
}

static enum problem apply_attempts(const struct create_policy *policy,
                                   struct create_request *request,
                                   char ret_sentence[POLICY_SENTENCE_SIZE])
{
    if (request->attempts > policy->attempts_max) {
        return refuse(ret_sentence, "This server allows a numberOfClientAttemptsAllowed of 1%s%s.",
                      policy->attempts_max > 1 ? " to " : "",
                      policy->attempts_max > 2   ? "3"
                      : policy->attempts_max > 1 ? "2"
                                                 : "");
    }
    if (request->attempts == 0) {
        request->attempts = policy->attempts_default;
    }
    return PROBLEM_NONE;
}

static void list_models(const struct create_policy *policy, struct buf *ret)
{
    for (size_t i = 0; i < policy->model_count; i++) {
        buf_puts(ret, i == 0 ? "" : i + 1 < policy->model_count ? ", " : " or ");
        buf_puts(ret, policy->models[i]);
    }
}

static enum problem apply_model(const struct create_policy *policy, struct create_request *request,
                                char ret_sentence[POLICY_SENTENCE_SIZE])
{
    if (policy->model_count == 0) {
        return PROBLEM_NONE;
    }
    if (!request->model_version.data) {
        /* left open, upstream would take its newest, which need not be one of these */
        request->model_version = slice_of(policy->models[0]);
        return PROBLEM_NONE;
    }
    for (size_t i = 0; i < policy->model_count; i++) {
        if (slice_equal(request->model_version, slice_of(policy->models[i]))) {
            return PROBLEM_NONE;
        }
    }
    CLEANUP(buf) struct buf models;
    buf_init(&models, SENTENCE_LIMIT);
    list_models(policy, &models);
    return refuse(ret_sentence, "This server allows no livenessModelVersion but %.*s.",
                  SLICE_ARGS(buf_slice(&models)));
}

/* ---- verify sessions ---- */

static enum problem check_image(const struct create_policy *policy, struct slice image,
                                char ret_sentence[POLICY_SENTENCE_SIZE])
{
    if (image.len > policy->verify_image_max_bytes) {
        (void)refuse(ret_sentence, "verifyImage must have between %d and %zu bytes.",
                     IMAGE_MIN_BYTES, policy->verify_image_max_bytes);
        return PROBLEM_INVALID_IMAGE_SIZE;
    }
    if (image.len < IMAGE_MIN_BYTES) {
        return PROBLEM_INVALID_IMAGE_SIZE;
    }
    return image_kind_of(image) == IMAGE_UNKNOWN ? PROBLEM_INVALID_IMAGE : PROBLEM_NONE;
}

enum problem create_policy_without_image(const struct create_policy *policy,
                                         char ret_sentence[POLICY_SENTENCE_SIZE])
{
    if (policy->verify_image == POLICY_VERIFY_IMAGE_CLIENT_ALLOWED) {
        return PROBLEM_NONE;
    }
    return refuse(ret_sentence, "This server allows no verify session without a verifyImage: send "
                                "multipart/form-data with a part of that name.");
}

static enum problem apply_image(const struct create_policy *policy, struct create_request *request,
                                char ret_sentence[POLICY_SENTENCE_SIZE])
{
    if (request->kind != KIND_LIVENESS_WITH_VERIFY) {
        return PROBLEM_NONE;
    }
    if (request->verify_image.data) {
        return check_image(policy, request->verify_image, ret_sentence);
    }
    return create_policy_without_image(policy, ret_sentence);
}

static enum problem apply_threshold(const struct create_policy *policy,
                                    struct create_request *request,
                                    char ret_sentence[POLICY_SENTENCE_SIZE])
{
    if (request->kind != KIND_LIVENESS_WITH_VERIFY || !policy->has_confidence_threshold) {
        return PROBLEM_NONE;
    }
    if (!request->has_confidence_threshold) {
        request->has_confidence_threshold = true;
        request->confidence_threshold = policy->confidence_threshold;
    }
    if (request->confidence_threshold >= policy->confidence_threshold) {
        return PROBLEM_NONE;
    }
    CLEANUP(buf) struct buf least;
    buf_init(&least, SENTENCE_LIMIT);
    buf_put_number(&least, policy->confidence_threshold);
    return refuse(ret_sentence, "This server allows a verifyConfidenceThreshold of %.*s to 1.",
                  SLICE_ARGS(buf_slice(&least)));
}

enum problem create_policy_apply(const struct create_policy *policy, struct create_request *request,
                                 char ret_sentence[POLICY_SENTENCE_SIZE])
{
    static enum problem (*const rules[])(const struct create_policy *, struct create_request *,
                                         char[POLICY_SENTENCE_SIZE]) = {
        apply_mode,  apply_lifetime, apply_session_image, apply_attempts,
        apply_model, apply_image,    apply_threshold,
    };
    enum problem problem = PROBLEM_NONE;
    ret_sentence[0] = '\0';
    for (size_t i = 0; i < sizeof rules / sizeof *rules && problem == PROBLEM_NONE; i++) {
        problem = rules[i](policy, request, ret_sentence);
    }
    request->set_in_client = request->set_in_client && policy->set_in_client;
    return problem;
}
