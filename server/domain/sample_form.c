/*
 * Forms of the web samples. Invariant: a form that is taken has parameters, so that none of its
 * fields is read from elsewhere by mistake.
 */
#include "domain/sample_form.h"

#include "base/json.h"

bool sample_kind_read(struct slice action, enum session_kind *ret)
{
    if (slice_equal_nocase(action, SLICE("detectLiveness"))) {
        *ret = KIND_LIVENESS;
        return true;
    }
    if (slice_equal_nocase(action, SLICE("detectLivenessWithVerify"))) {
        *ret = KIND_LIVENESS_WITH_VERIFY;
        return true;
    }
    return false;
}

static bool has_parameters(const struct multipart *form)
{
    const struct multipart_part *part = multipart_find(form, "parameters");
    CLEANUP(json) cJSON *document = NULL;
    const char *why;
    return part && json_parse(part->content, &json_limits_request, &document, &why) == 0 &&
           cJSON_IsObject(document);
}

static bool read_kind(const struct multipart *form, enum session_kind *ret)
{
    const struct multipart_part *part = multipart_find(form, "Action");
    return part && sample_kind_read(part->content, ret);
}

enum problem sample_form_read(struct slice content_type, struct slice body, struct sample_form *ret,
                              const char **ret_sentence)
{
    if (multipart_parse(content_type, body, &ret->form, ret_sentence) != 0) {
        return PROBLEM_INVALID_REQUEST_BODY;
    }
    if (!has_parameters(&ret->form)) {
        *ret_sentence = "The form needs a part named parameters that holds a JSON object.";
        return PROBLEM_INVALID_REQUEST_BODY;
    }
    if (!read_kind(&ret->form, &ret->kind)) {
        *ret_sentence = "The form needs a part named Action that says detectLiveness or "
                        "detectLivenessWithVerify.";
        return PROBLEM_INVALID_REQUEST_BODY;
    }
    return PROBLEM_NONE;
}

bool sample_form_has_image(const struct sample_form *form)
{
    return multipart_find(&form->form, "verifyImage") != NULL;
}
