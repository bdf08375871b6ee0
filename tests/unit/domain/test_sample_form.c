/* Forms of the web samples: what names the kind of a session, and what is judged before what. */
#include "domain/bodies.h"
#include "domain/sample_form.h"

#include <criterion/criterion.h>

#define TYPE "multipart/form-data; boundary=B"
#define PART(name, text)                                                                           \
    "--B\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" text "\r\n"
#define FILE_PART                                                                                  \
    "--B\r\nContent-Disposition: form-data; name=\"verifyImage\"; filename=\"a.jpg\"\r\n"          \
    "Content-Type: image/jpeg\r\n\r\nJPEG\r\n"
#define END "--B--\r\n"

static struct sample_form form;
static const char *sentence;

static enum problem read_form(const char *body)
{
    sentence = NULL;
    return sample_form_read(SLICE(TYPE), slice_of(body), &form, &sentence);
}

Test(sample_form, takes_what_the_samples_send)
{
    cr_assert_eq(read_form(PART("Action", "detectLiveness")
                               PART("parameters", "{\"livenessOperationMode\":\"Passive\"}") END),
                 PROBLEM_NONE);
    cr_expect_eq(form.kind, KIND_LIVENESS);
    cr_expect_not(sample_form_has_image(&form));
    cr_assert_eq(read_form(PART("Action", "detectLivenessWithVerify") PART("parameters", "{}")
                               FILE_PART END),
                 PROBLEM_NONE);
    cr_expect_eq(form.kind, KIND_LIVENESS_WITH_VERIFY);
    cr_expect(sample_form_has_image(&form));
}

Test(sample_form, takes_names_and_kinds_in_any_case)
{
    cr_assert_eq(read_form(PART("action", "DETECTLIVENESSWITHVERIFY") PART("Parameters", "{}") END),
                 PROBLEM_NONE);
    cr_expect_eq(form.kind, KIND_LIVENESS_WITH_VERIFY);
}

static void expect_refused(const char *body, const char *word)
{
    cr_expect_eq(read_form(body), PROBLEM_INVALID_REQUEST_BODY, "%s", body);
    cr_expect(sentence && strstr(sentence, word), "%s: %s", body, sentence);
}

Test(sample_form, parameters_are_missed_before_the_action)
{
    expect_refused(PART("Action", "nothing") END, "parameters");
    expect_refused(PART("Action", "detectLiveness") END, "parameters");
    expect_refused(PART("Action", "detectLiveness") PART("parameters", "") END, "parameters");
    expect_refused(PART("Action", "detectLiveness") PART("parameters", "{") END, "parameters");
    expect_refused(PART("Action", "detectLiveness") PART("parameters", "[]") END, "parameters");
    expect_refused(PART("Action", "detectLiveness") PART("parameters", "null") END, "parameters");
    expect_refused(PART("parameters", "{}") END, "Action");
    expect_refused(PART("Action", "") PART("parameters", "{}") END, "Action");
    expect_refused(PART("Action", "detectLiveness ") PART("parameters", "{}") END, "Action");
    expect_refused(PART("Action", "detect") PART("parameters", "{}") END, "Action");
}

Test(sample_form, what_is_no_form_is_told_so)
{
    expect_refused("", "multipart");
    expect_refused("{}", "multipart");
    expect_refused(END, "parameters");
    expect_refused(PART("parameters", "{}") "--B", "multipart");
    cr_expect_eq(sample_form_read((struct slice){NULL, 0}, SLICE("{}"), &form, &sentence),
                 PROBLEM_INVALID_REQUEST_BODY);
}

Test(sample_form, the_mode_is_judged_before_the_ids)
{
    static const struct {
        const char *parameters;
        enum problem problem;
    } rows[] = {
        {"{}", PROBLEM_INVALID_LIVENESS_MODE},
        {"{\"livenessOperationMode\":\"x\",\"deviceCorrelationId\":5}",
         PROBLEM_INVALID_LIVENESS_MODE},
        {"{\"livenessOperationMode\":\"Passive\",\"deviceCorrelationId\":5}",
         PROBLEM_INVALID_REQUEST_BODY},
        {"{\"livenessOperationMode\":\"Passive\",\"userCorrelationId\":{}}",
         PROBLEM_INVALID_REQUEST_BODY},
        {"{\"livenessOperationMode\":\"Passive\",\"userCorrelationId\":null}", PROBLEM_NONE},
        {"{\"livenessOperationMode\":\"PassiveActive\",\"deviceCorrelationId\":\"undefined\"}",
         PROBLEM_NONE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP(json) cJSON *document = NULL;
        struct create_request request;
        CLEANUP(buf) struct buf body;
        buf_init(&body, 1024);
        buf_printf(&body, PART("Action", "detectLiveness") PART("parameters", "%s") END,
                   rows[i].parameters);
        cr_assert_eq(read_form(body.data), PROBLEM_NONE);
        const struct create_input input = {.kind = form.kind, .form = &form.form};
        cr_expect_eq(create_request_read(&input, &document, &request, &sentence), rows[i].problem,
                     "%s", rows[i].parameters);
    }
}

Test(sample_form, kinds_of_queries_are_those_of_forms)
{
    enum session_kind kind = KIND_LIVENESS;
    cr_expect(sample_kind_read(SLICE("detectlivenesswithverify"), &kind));
    cr_expect_eq(kind, KIND_LIVENESS_WITH_VERIFY);
    cr_expect_not(sample_kind_read(SLICE("detectLiveness-sessions"), &kind));
    cr_expect_not(sample_kind_read((struct slice){NULL, 0}, &kind));
}
