/*
 * Any bytes as the body of a create: JSON, a form, and a form of the web samples. What is taken has
 * a mode, lies within what came and is read the same again; what is refused says why and leaves
 * nothing behind.
 */
#include "domain/bodies.h"
#include "domain/create_form.h"
#include "domain/sample_form.h"

#include <stdlib.h>
#include <string.h>

#define FORM "multipart/form-data; boundary=B"

static void demand(bool held)
{
    if (!held) {
        abort();
    }
}

static void check_texts(const struct create_request *request)
{
    demand(strncmp(request->liveness_mode, "Passive", 7) == 0);
    demand(request->token_ttl_s == 0 ||
           (request->token_ttl_s >= 60 && request->token_ttl_s <= 86400));
    demand(request->attempts >= 0 && request->attempts <= 3);
    demand(request->model_version.len <= 31 && request->transaction_id.len <= 64);
    demand(!request->set_in_client || request->device_correlation_id.len == 0);
}

static enum problem read_create(const struct create_input *input)
{
    CLEANUP(json) cJSON *document = NULL;
    struct create_request request;
    const char *sentence = NULL;
    enum problem problem = create_request_read(input, &document, &request, &sentence);
    demand((problem == PROBLEM_NONE) == (document != NULL));
    if (problem != PROBLEM_NONE) {
        demand(problem == PROBLEM_INVALID_LIVENESS_MODE ||
               problem == PROBLEM_INVALID_TOKEN_LIFETIME || sentence);
        return problem;
    }
    check_texts(&request);
    demand(request.kind == input->kind);
    demand(input->kind == KIND_LIVENESS_WITH_VERIFY || !request.verify_image.data);
    return problem;
}

static void check_sample(struct slice body)
{
    struct sample_form form;
    const char *sentence = NULL;
    if (sample_form_read(SLICE(FORM), body, &form, &sentence) != PROBLEM_NONE) {
        demand(sentence != NULL);
        return;
    }
    const struct create_input cut = {.kind = form.kind, .form = &form.form};
    const struct create_input whole = {
        .kind = form.kind, .content_type = SLICE(FORM), .body = body};
    /* but for which of two mistakes is told first */
    demand((read_create(&cut) == PROBLEM_NONE) == (read_create(&whole) == PROBLEM_NONE));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice body = {(const char *)data, size};
    for (int kind = KIND_LIVENESS; kind <= KIND_LIVENESS_WITH_VERIFY; kind++) {
        (void)read_create(&(struct create_input){.kind = (enum session_kind)kind, .body = body});
        (void)read_create(&(struct create_input){
            .kind = (enum session_kind)kind, .content_type = SLICE(FORM), .body = body});
    }
    check_sample(body);
    return 0;
}
