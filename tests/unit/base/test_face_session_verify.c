/* Promises of base/face_session.h about the comparison with a reference and abuse monitoring. */
#include "base/face_session.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#define ANSWER(attempt)                                                                            \
    "{\"sessionId\":\"5f0c7c1e-9a42-4d0b-8a53-6d2f0b6f7a10\",\"status\":\"Succeeded\","            \
    "\"results\":{\"attempts\":[{\"attemptId\":1,\"attemptStatus\":\"Succeeded\"" attempt "}]}}"

#define SAME   "{\"matchConfidence\":0.5,\"isIdentical\":true}"
#define OTHER  "{\"matchConfidence\":0.25,\"isIdentical\":false}"
#define ABUSE  "\"abuseMonitoringResult\":{\"isAbuseDetected\":true,\"otherFlaggedSessions\":[]}"
#define SHOWN  "\"abuseMonitoringResult\":{\"isAbuseDetected\":true}"
#define NORMAL "\"abuseMonitoringResult\":{\"isAbuseDetected\":false}"

struct expected {
    const char *json;
    bool has_verify, is_identical, abuse;
    double confidence;
};

static const struct expected found_here[] = {
    {ANSWER(",\"result\":{\"verifyResult\":" SAME "}"), true, true, false, 0.5},
    {ANSWER(",\"result\":{\"verifyResult\":" OTHER "}"), true, false, false, 0.25},
    {ANSWER(",\"result\":{},\"verifyResult\":" SAME), true, true, false, 0.5},
    /* the one inside the result is the service's own */
    {ANSWER(",\"verifyResult\":" SAME ",\"result\":{\"verifyResult\":" OTHER "}"), true, false,
     false, 0.25},
    {ANSWER(",\"result\":{\"verifyResult\":{\"isIdentical\":true}}"), true, true, false, 0},
    {ANSWER(",\"result\":{\"verifyResult\":{\"matchConfidence\":1}}"), false, false, false, 1},
    {ANSWER(",\"result\":{\"verifyResult\":null}"), false, false, false, 0},
    {ANSWER(",\"verifyResult\":" SAME), false, false, false, 0}, /* there is no result */
    {ANSWER(""), false, false, false, 0},
    {ANSWER("," ABUSE), false, false, true, 0},
    {ANSWER(",\"result\":{" ABUSE "}"), false, false, true, 0},
    {ANSWER("," ABUSE ",\"result\":{" NORMAL "}"), false, false, true, 0},
    {ANSWER("," NORMAL ",\"result\":{" ABUSE "}"), false, false, true, 0},
    {ANSWER("," NORMAL ",\"result\":{" NORMAL "}"), false, false, false, 0},
    {ANSWER("," ABUSE ",\"error\":{\"code\":\"c\",\"message\":\"m\"}"), false, false, true, 0},
    {ANSWER(",\"abuseMonitoringResult\":{}"), false, false, false, 0},
};

Test(face_session_verify, finds_both_wherever_they_stand)
{
    for (size_t i = 0; i < sizeof found_here / sizeof *found_here; i++) {
        const struct expected *row = &found_here[i];
        static struct face_session session;
        const char *why = NULL;
        cr_assert_eq(face_session_parse(slice_of(row->json), &session, &why), 0, "%s", why);
        const struct face_attempt *attempt = face_session_newest(&session);
        cr_expect_eq(attempt->has_verify, row->has_verify, "%s", row->json);
        cr_expect_eq(attempt->is_identical, row->is_identical, "%s", row->json);
        cr_expect_eq(attempt->abuse_detected, row->abuse, "%s", row->json);
        cr_expect_float_eq(attempt->match_confidence, row->confidence, 1e-9, "%s", row->json);
        face_session_done(&session);
    }
}

Test(face_session_verify, refuses_other_types)
{
    static const char *const rows[] = {
        ANSWER(",\"result\":{\"verifyResult\":true}"),
        ANSWER(",\"result\":{\"verifyResult\":[]}"),
        ANSWER(",\"result\":{\"verifyResult\":{\"isIdentical\":\"true\"}}"),
        ANSWER(",\"result\":{\"verifyResult\":{\"isIdentical\":1}}"),
        ANSWER(",\"result\":{\"verifyResult\":{\"isIdentical\":true,\"matchConfidence\":\"1\"}}"),
        ANSWER(",\"result\":{\"verifyResult\":{\"isIdentical\":true,\"matchConfidence\":1.5}}"),
        ANSWER(",\"result\":{},\"verifyResult\":1"),
        ANSWER(",\"abuseMonitoringResult\":false"),
        ANSWER(",\"abuseMonitoringResult\":{\"isAbuseDetected\":\"false\"}"),
        ANSWER(",\"result\":{\"abuseMonitoringResult\":{\"isAbuseDetected\":0}}"),
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        static struct face_session session;
        const char *why = NULL;
        cr_expect_eq(face_session_parse(slice_of(rows[i]), &session, &why), -EINVAL, "%s", rows[i]);
        cr_expect_not_null(why);
    }
}

Test(face_session_verify, shows_them_to_the_owner)
{
    static const struct {
        const char *json, *results;
    } rows[] = {
        {ANSWER(",\"result\":{\"livenessDecision\":\"realface\",\"verifyResult\":" OTHER "," ABUSE
                "}"),
         "{\"attempts\":[{\"attemptId\":1,\"attemptStatus\":\"Succeeded\"," SHOWN ",\"result\":{"
         "\"livenessDecision\":\"realface\",\"verifyResult\":" OTHER "," SHOWN "}}]}"},
        {ANSWER(",\"result\":{\"livenessDecision\":\"realface\"}," NORMAL),
         "{\"attempts\":[{\"attemptId\":1,\"attemptStatus\":\"Succeeded\",\"result\":{"
         "\"livenessDecision\":\"realface\"}}]}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        static struct face_session session;
        CLEANUP(buf) struct buf text;
        const char *why = NULL;
        buf_init(&text, 4096);
        cr_assert_eq(face_session_parse(slice_of(rows[i].json), &session, &why), 0, "%s", why);
        face_session_write_results(&session, &text);
        cr_expect_str_eq(text.data, rows[i].results);
        face_session_done(&session);
    }
}
