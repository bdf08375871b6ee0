/*
 * What a record keeps is read back as it was written, and references outlive the answers that do
 * not repeat them.
 */
#include "lifecycle/results.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define REFERENCES                                                                                 \
    "\"verifyReferences\":[{\"referenceType\":\"image\",\"faceRectangle\":{\"top\":1,\"left\":2,"  \
    "\"width\":3,\"height\":4},\"qualityForRecognition\":\"high\"}]"

static char plain[] =
    "{\"attempts\":[{\"attemptId\":2,\"attemptStatus\":\"Succeeded\",\"result\":{"
    "\"livenessDecision\":\"realface\"}},{\"attemptId\":1,\"attemptStatus\":\"Failed\",\"error\":{"
    "\"code\":\"TimedOut\",\"message\":\"m\"}}]," REFERENCES "}";
static char detailed[] = "{\"attempts\":[{\"attemptId\":2,\"attemptStatus\":\"Succeeded\","
                         "\"result\":{\"livenessDecision\":\"realface\",\"sessionImageId\":\"AQ\"}}"
                         "]}";

Test(results, are_read_back)
{
    const struct session_record record = {.results_json = plain};
    CLEANUP(results) struct face_session *read = results_read(&record, true);
    cr_assert_eq(read->attempt_count, 2);
    const struct face_attempt *newest = face_session_newest(read);
    cr_expect_eq(newest->attempt_id, 2);
    cr_expect_eq(newest->decision, FACE_DECISION_REALFACE);
    cr_assert_eq(read->reference_count, 1);
    cr_expect_eq(read->references[0].rectangle.width, 3);
}

Test(results, are_those_of_whoever_asks)
{
    const struct session_record record = {.results_json = plain, .details_json = detailed};
    CLEANUP(results) struct face_session *owners = results_read(&record, false);
    CLEANUP(results) struct face_session *operators = results_read(&record, true);
    cr_expect_str_empty(face_session_newest(owners)->session_image_id);
    cr_expect_str_eq(face_session_newest(operators)->session_image_id, "AQ");
}

Test(results, are_none_when_there_is_nothing_to_read)
{
    char broken[] = "{\"attempts\":[{]}";
    struct session_record record = {.results_json = NULL};
    CLEANUP(results) struct face_session *nothing = results_read(&record, false);
    cr_expect_eq(nothing->attempt_count, 0);
    record.results_json = broken;
    CLEANUP(results) struct face_session *unreadable = results_read(&record, false);
    cr_expect_eq(unreadable->attempt_count, 0);
    cr_expect_eq(unreadable->reference_count, 0);
    cr_expect_null(results_free(NULL));
}

static struct face_session *with_reference(void)
{
    const struct session_record record = {.results_json = plain};
    struct face_session *session = results_read(&record, false);
    session->attempt_count = 0;
    return session;
}

Test(results, complete_an_answer_that_has_no_references)
{
    struct session_record record = {.kind = KIND_LIVENESS_WITH_VERIFY};
    CLEANUP(results) struct face_session *created = with_reference();
    results_keep_references(&record, created);
    cr_expect_str_eq(record.results_json, "{\"attempts\":[]," REFERENCES "}");
    CLEANUP(results) struct face_session *later = xcalloc(1, sizeof *later);
    results_complete(&record, later);
    cr_expect(later->has_references);
    cr_assert_eq(later->reference_count, 1);
    cr_expect_str_eq(later->references[0].quality_word, "high");
    free(record.results_json);
}

Test(results, of_a_verify_session_say_when_there_are_no_references)
{
    struct session_record record = {.kind = KIND_LIVENESS_WITH_VERIFY};
    CLEANUP(results) struct face_session *created = xcalloc(1, sizeof *created);
    results_keep_references(&record, created);
    cr_expect_str_eq(record.results_json, "{\"attempts\":[],\"verifyReferences\":[]}");
    CLEANUP(results) struct face_session *later = xcalloc(1, sizeof *later);
    results_complete(&record, later);
    cr_expect(later->has_references);
    cr_expect_eq(later->reference_count, 0);
    free(record.results_json);
}

Test(results, of_a_plain_session_have_no_references)
{
    struct session_record record = {.kind = KIND_LIVENESS};
    CLEANUP(results) struct face_session *created = with_reference();
    results_keep_references(&record, created);
    cr_expect_null(record.results_json);
    CLEANUP(results) struct face_session *later = xcalloc(1, sizeof *later);
    results_complete(&record, later);
    cr_expect_not(later->has_references);
}
