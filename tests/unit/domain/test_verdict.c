/* Promises of domain/verdict.h that the table of test_verdict_table.c cannot say. */
#include "base/json.h"
#include "domain/verdict.h"

#include <criterion/criterion.h>
#include <string.h>

static const uint8_t key[SHA256_BYTES] = {9, 8, 7};

/* Larger than a stack frame should be, so tests keep it static. */
struct scene {
    struct face_session face;
    struct session_completion completion;
    struct evidence evidence;
};

static void scene_init(struct scene *scene)
{
    memset(scene, 0, sizeof *scene);
    scene->face.status = FACE_STATUS_RUNNING;
    scene->evidence = (struct evidence){
        .face = &scene->face,
        .attempts_allowed = 3,
        .completion = &scene->completion,
        .policy = DIGEST_WHEN_GIVEN,
        .digest_key = key,
    };
}

static struct face_attempt *add_attempt(struct scene *scene, int32_t id, enum face_status status)
{
    struct face_attempt *attempt = &scene->face.attempts[scene->face.attempt_count++];
    attempt->attempt_id = id;
    attempt->status = status;
    return attempt;
}

static void add_success(struct scene *scene, int32_t id, enum face_decision decision,
                        const char *digest)
{
    struct face_attempt *attempt = add_attempt(scene, id, FACE_STATUS_SUCCEEDED);
    attempt->has_result = true;
    attempt->decision = decision;
    memcpy(attempt->digest, digest, strlen(digest) + 1);
}

static void say_digest(struct scene *scene, const char *digest)
{
    scene->completion.completed_at = 1;
    scene->completion.has_digest = true;
    digest_hash(key, slice_of(digest), scene->completion.digest_hash);
}

static struct judgement judge(const struct scene *scene)
{
    struct judgement found;
    verdict_judge(&scene->evidence, &found);
    return found;
}

static void expect_verdict(const struct scene *scene, const char *expected)
{
    struct judgement found = judge(scene);
    CLEANUP(buf) struct buf text;
    buf_init(&text, 1024);
    verdict_write(&found.verdict, REFERENCE_NONE, 0, (struct slice){0}, &text);
    cr_expect_str_eq(text.data, expected, "%s", text.data);
}

Test(verdict, takes_the_largest_attempt_id_wherever_it_stands)
{
    static const int32_t orders[][3] = {{1, 2, 3}, {3, 2, 1}, {2, 3, 1}, {1, 3, 2}};
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        static struct scene scene;
        scene_init(&scene);
        for (size_t k = 0; k < 3; k++) {
            bool newest = orders[i][k] == 3;
            add_success(&scene, orders[i][k],
                        newest ? FACE_DECISION_SPOOFFACE : FACE_DECISION_REALFACE, "");
        }
        expect_verdict(&scene, "{\"decision\":\"spoof\",\"accepted\":false,\"reasons\":[\"spoof\"],"
                               "\"retry\":\"new_session\",\"attemptId\":3,"
                               "\"digestChecked\":false}");
    }
}

Test(verdict, an_older_success_never_counts)
{
    static struct scene scene;
    scene_init(&scene);
    add_success(&scene, 1, FACE_DECISION_REALFACE, "AA");
    add_attempt(&scene, 2, FACE_STATUS_FAILED);
    cr_expect_not(judge(&scene).settled);
    say_digest(&scene, "AA");
    cr_expect_not(judge(&scene).settled);
    scene.completion.client_error = true; /* the older one succeeded: upstream saw something */
    cr_expect_not(judge(&scene).settled);
    scene.evidence.token_expired = true;
    struct judgement found = judge(&scene);
    cr_expect_eq(found.verdict.decision, DECISION_ERROR);
    cr_expect_not(found.has_upstream_digest);
    cr_expect_not(found.verdict.digest_checked);
}

Test(verdict, a_failed_attempt_with_attempts_left_stays_pending)
{
    static struct scene scene;
    scene_init(&scene);
    add_attempt(&scene, 1, FACE_STATUS_FAILED);
    expect_verdict(&scene, "{\"decision\":\"pending\",\"accepted\":false,\"reasons\":[],"
                           "\"retry\":\"same_session\",\"attemptId\":1,\"digestChecked\":false}");
    add_attempt(&scene, 2, FACE_STATUS_FAILED);
    cr_expect_not(judge(&scene).settled);
    add_attempt(&scene, 3, FACE_STATUS_FAILED);
    expect_verdict(&scene,
                   "{\"decision\":\"error\",\"accepted\":false,\"reasons\":[\"attempt_error\"],"
                   "\"retry\":\"new_session\",\"attemptId\":3,\"digestChecked\":false}");
}

Test(verdict, a_running_last_attempt_is_waited_for)
{
    static struct scene scene;
    scene_init(&scene);
    add_attempt(&scene, 1, FACE_STATUS_FAILED);
    add_attempt(&scene, 2, FACE_STATUS_FAILED);
    add_attempt(&scene, 3, FACE_STATUS_RUNNING);
    scene.completion = (struct session_completion){.completed_at = 1, .client_error = true};
    cr_expect_not(judge(&scene).settled);
}

Test(verdict, an_error_of_the_client_waits_while_any_attempt_runs)
{
    static struct scene scene;
    scene_init(&scene);
    add_attempt(&scene, 1, FACE_STATUS_RUNNING);
    add_attempt(&scene, 2, FACE_STATUS_FAILED);
    scene.completion = (struct session_completion){.completed_at = 1, .client_error = true};
    cr_expect_not(judge(&scene).settled);
    scene.face.attempts[0].status = FACE_STATUS_FAILED;
    cr_expect_eq(judge(&scene).verdict.decision, DECISION_ERROR);
}

Test(verdict, nothing_seen_upstream_expires_with_the_token)
{
    static struct scene scene;
    scene_init(&scene);
    scene.face.status = FACE_STATUS_NOT_STARTED;
    cr_expect_not(judge(&scene).settled);
    scene.evidence.token_expired = true;
    expect_verdict(&scene,
                   "{\"decision\":\"expired\",\"accepted\":false,\"reasons\":[\"token_expired\"],"
                   "\"retry\":\"new_session\",\"digestChecked\":false}");
}

Test(verdict, the_word_succeeded_without_attempts_means_nothing)
{
    static struct scene scene;
    scene_init(&scene);
    scene.face.status = FACE_STATUS_SUCCEEDED;
    cr_expect_not(judge(&scene).settled);
}

Test(verdict, a_session_upstream_does_not_know_is_expired_whatever_the_policy)
{
    for (enum digest_policy policy = DIGEST_REQUIRE; policy <= DIGEST_OFF; policy++) {
        static struct scene scene;
        scene_init(&scene);
        scene.evidence.face = NULL;
        scene.evidence.policy = policy;
        cr_expect(judge(&scene).settled);
        expect_verdict(&scene,
                       "{\"decision\":\"expired\",\"accepted\":false,\"reasons\":[\"session_gone\"]"
                       ",\"retry\":\"new_session\",\"digestChecked\":false}");
    }
}

Test(verdict, abuse_denies_a_live_face_and_asks_to_stop)
{
    static struct scene scene;
    scene_init(&scene);
    add_success(&scene, 1, FACE_DECISION_REALFACE, "");
    scene.face.attempts[0].abuse_detected = true;
    expect_verdict(&scene,
                   "{\"decision\":\"live\",\"accepted\":false,\"reasons\":[\"abuse_detected\"],"
                   "\"retry\":\"stop\",\"attemptId\":1,\"digestChecked\":false,"
                   "\"abuse\":{\"detected\":true}}");
}

Test(verdict, abuse_on_an_earlier_attempt_denies_too)
{
    static struct scene scene;
    scene_init(&scene);
    add_success(&scene, 2, FACE_DECISION_REALFACE, "");
    add_attempt(&scene, 1, FACE_STATUS_FAILED)->abuse_detected = true;
    struct judgement found = judge(&scene);
    cr_expect_not(found.verdict.accepted);
    cr_expect_eq(found.verdict.retry, RETRY_STOP);
}

Test(verdict, abuse_leaves_an_unsettled_session_pending)
{
    static struct scene scene;
    scene_init(&scene);
    add_attempt(&scene, 1, FACE_STATUS_FAILED)->abuse_detected = true;
    cr_expect_not(judge(&scene).settled);
    cr_expect_eq(judge(&scene).verdict.reasons, 0);
}

Test(verdict, keeps_the_hash_of_the_digest_for_one_that_comes_late)
{
    static struct scene scene;
    uint8_t expected[SHA256_BYTES];
    scene_init(&scene);
    add_success(&scene, 1, FACE_DECISION_REALFACE, "abCD01");
    digest_hash(key, SLICE("ABcd01"), expected);
    struct judgement found = judge(&scene);
    cr_expect(found.has_upstream_digest);
    cr_expect_eq(memcmp(found.upstream_digest_hash, expected, sizeof expected), 0);
    cr_expect(found.verdict.accepted);
}

Test(verdict, digests_compare_without_case_and_only_whole)
{
    uint8_t a[SHA256_BYTES];
    uint8_t b[SHA256_BYTES];
    digest_hash(key, SLICE("00ffAb"), a);
    digest_hash(key, SLICE("00FFaB"), b);
    cr_expect_eq(memcmp(a, b, sizeof a), 0);
    digest_hash(key, SLICE("azAZ[`"), a);
    digest_hash(key, SLICE("AZaz[`"), b);
    cr_expect_eq(memcmp(a, b, sizeof a), 0, "both ends of the alphabet");
    digest_hash(key, SLICE("azAZ{@"), b);
    cr_expect_neq(memcmp(a, b, sizeof a), 0, "and nothing beyond them");
    digest_hash(key, SLICE("00ffAb"), a);
    static const char *const others[] = {"00ffA", "00ffAb0", "", "00ff@b", "00ff`B", "00ff\vb"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        digest_hash(key, slice_of(others[i]), b);
        cr_expect_neq(memcmp(a, b, sizeof a), 0, "%s", others[i]);
    }
}

Test(verdict, digest_hashes_depend_on_the_key)
{
    static const uint8_t other[SHA256_BYTES] = {9, 8, 6};
    uint8_t a[SHA256_BYTES];
    uint8_t b[SHA256_BYTES];
    digest_hash(key, SLICE("AA"), a);
    digest_hash(other, SLICE("AA"), b);
    cr_expect_neq(memcmp(a, b, sizeof a), 0);
}

Test(verdict, the_longest_digest_of_either_side_is_compared_whole)
{
    char longest[FACE_DIGEST_SIZE];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    static struct scene scene;
    scene_init(&scene);
    add_success(&scene, 1, FACE_DECISION_REALFACE, longest);
    say_digest(&scene, longest);
    cr_expect(judge(&scene).verdict.digest_checked);
    longest[sizeof longest - 2] = 'b';
    say_digest(&scene, longest);
    cr_expect_eq(judge(&scene).verdict.decision, DECISION_COMPROMISED);
}

Test(verdict, every_word_is_fixed_and_unique)
{
    static const char *const decisions[] = {"pending", "live",    "spoof",     "uncertain",
                                            "error",   "expired", "cancelled", "compromised"};
    static const char *const retries[] = {"same_session", "new_session", "stop"};
    static const char *const reasons[] = {"spoof",
                                          "uncertain",
                                          "not_identical",
                                          "verify_missing",
                                          "digest_missing",
                                          "digest_mismatch",
                                          "abuse_detected",
                                          "attempt_error",
                                          "client_error",
                                          "token_expired",
                                          "session_gone",
                                          "cancelled",
                                          "unknown_answer",
                                          "verify_image_mismatch",
                                          "client_address_mismatch"};
    cr_assert_eq(sizeof decisions / sizeof *decisions, (size_t)DECISION_COUNT);
    cr_assert_eq(sizeof retries / sizeof *retries, (size_t)RETRY_COUNT);
    cr_assert_eq(sizeof reasons / sizeof *reasons, (size_t)REASON_COUNT);
    for (unsigned i = 0; i < DECISION_COUNT; i++) {
        cr_expect_str_eq(decision_word(i), decisions[i]);
    }
    for (unsigned i = 0; i < RETRY_COUNT; i++) {
        cr_expect_str_eq(retry_word(i), retries[i]);
    }
    for (unsigned i = 0; i < REASON_COUNT; i++) {
        cr_expect_str_eq(reason_word(i), reasons[i]);
    }
}

Test(verdict, words_of_a_newer_record_deny)
{
    const struct session_verdict verdict = {.decision = 200, .retry = 200, .reasons = 1U << 31};
    CLEANUP(buf) struct buf text;
    buf_init(&text, 1024);
    verdict_write(&verdict, REFERENCE_NONE, 0, (struct slice){0}, &text);
    cr_expect_str_eq(text.data, "{\"decision\":\"error\",\"accepted\":false,\"reasons\":[],"
                                "\"retry\":\"stop\",\"digestChecked\":false}");
}

Test(verdict, writes_all_members)
{
    const struct session_verdict verdict = {
        .decision = DECISION_LIVE,
        .retry = RETRY_STOP,
        .accepted = true,
        .digest_checked = true,
        .attempt_id = 2,
    };
    CLEANUP(buf) struct buf text;
    buf_init(&text, 1024);
    verdict_write(&verdict, REFERENCE_NONE, 1767323045678, (struct slice){0}, &text);
    cr_expect_str_eq(text.data,
                     "{\"decision\":\"live\",\"accepted\":true,\"reasons\":[],\"retry\":\"stop\","
                     "\"attemptId\":2,\"digestChecked\":true,"
                     "\"settledAt\":\"2026-01-02T03:04:05.678Z\"}");
}

Test(verdict, says_what_was_compared_and_with_whose_face)
{
    static const struct {
        enum reference_source reference;
        const char *expected;
    } rows[] = {
        {REFERENCE_DELEGATE, "\"reference\":\"delegate\""},
        {REFERENCE_OWNER, "\"reference\":\"owner\""},
        {REFERENCE_CLIENT, "\"reference\":\"client\""},
        {(enum reference_source)77, "\"reference\":\"client\""},
    };
    const struct session_verdict verdict = {.decision = DECISION_LIVE,
                                            .retry = RETRY_STOP,
                                            .verified = true,
                                            .identical = true,
                                            .confidence_ppm = 913700,
                                            .image_hash_checked = true};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP(buf) struct buf text;
        buf_init(&text, 1024);
        verdict_write(&verdict, rows[i].reference, 0, (struct slice){0}, &text);
        cr_expect(strstr(text.data, rows[i].expected), "%s", text.data);
        cr_expect(strstr(text.data, "\"verify\":{\"matchConfidence\":0.9137,"
                                    "\"isIdentical\":true,\"imageHashChecked\":true}"),
                  "%s", text.data);
    }
}

Test(verdict, says_that_abuse_was_detected)
{
    const struct session_verdict verdict = {.decision = DECISION_LIVE,
                                            .reasons = 1U << REASON_ABUSE_DETECTED};
    CLEANUP(buf) struct buf text;
    buf_init(&text, 1024);
    verdict_write(&verdict, REFERENCE_NONE, 0, (struct slice){0}, &text);
    cr_expect(strstr(text.data, "\"abuse\":{\"detected\":true}"), "%s", text.data);
    cr_expect_not(strstr(text.data, "reference"));
    cr_expect_not(strstr(text.data, "verify\":"));
}

Test(verdict, keeps_a_confidence_within_its_range)
{
    static const struct {
        double said;
        int32_t kept;
    } rows[] = {{-1, 0}, {0, 0}, {0.0000014, 1}, {0.5, 500000}, {1, 1000000}, {7, 1000000}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        static struct scene scene;
        scene_init(&scene);
        scene.evidence.kind = KIND_LIVENESS_WITH_VERIFY;
        add_success(&scene, 1, FACE_DECISION_REALFACE, "");
        scene.face.attempts[0].has_verify = true;
        scene.face.attempts[0].match_confidence = rows[i].said;
        cr_expect_eq(judge(&scene).verdict.confidence_ppm, rows[i].kept, "%f", rows[i].said);
    }
}

/* A whole answer as upstream sends it, through the parser. */
static void judge_json(const char *json, struct judgement *ret)
{
    static struct face_session face;
    const struct session_completion completion = {0};
    const char *why = NULL;
    cr_assert_eq(face_session_parse(slice_of(json), &face, &why), 0, "%s", why);
    const struct evidence evidence = {.face = &face,
                                      .kind = KIND_LIVENESS_WITH_VERIFY,
                                      .attempts_allowed = 3,
                                      .completion = &completion,
                                      .policy = DIGEST_WHEN_GIVEN,
                                      .digest_key = key};
    verdict_judge(&evidence, ret);
    face_session_done(&face);
}

#define ANSWER(attempts)                                                                           \
    "{\"sessionId\":\"5f0c7c1e-9a42-4d0b-8a53-6d2f0b6f7a10\",\"authToken\":\"\","                  \
    "\"status\":\"NotStarted\",\"results\":{\"attempts\":[" attempts "]}}"

Test(verdict, reads_what_upstream_really_sends)
{
    static const struct {
        const char *json;
        enum decision decision;
        bool accepted;
    } rows[] = {
        {ANSWER("{\"attemptId\":2,\"attemptStatus\":\"Succeeded\",\"result\":{\"livenessDecision\":"
                "\"realface\",\"digest\":\"AA\",\"verifyResult\":{\"matchConfidence\":0.9,"
                "\"isIdentical\":true}}},{\"attemptId\":1,\"attemptStatus\":\"Failed\",\"error\":{"
                "\"code\":\"FaceWithMaskDetected\",\"message\":\"m\"}}"),
         DECISION_LIVE, true},
        {ANSWER("{\"attemptId\":1,\"attemptStatus\":\"succeeded\",\"result\":{\"livenessDecision\":"
                "\"realFace\"},\"verifyResult\":{\"matchConfidence\":1,\"isIdentical\":true}}"),
         DECISION_LIVE, true},
        {ANSWER("{\"attemptId\":1,\"attemptStatus\":\"Succeeded\",\"result\":{\"livenessDecision\":"
                "\"realface\",\"verifyResult\":{\"matchConfidence\":0.1,\"isIdentical\":false}}}"),
         DECISION_LIVE, false},
        {ANSWER("{\"attemptId\":1,\"attemptStatus\":\"Succeeded\",\"result\":{\"livenessDecision\":"
                "\"realface\"}}"),
         DECISION_LIVE, false},
        {ANSWER("{\"attemptId\":1,\"attemptStatus\":\"Succeeded\",\"result\":{\"livenessDecision\":"
                "\"realface\",\"verifyResult\":{\"isIdentical\":true},\"abuseMonitoringResult\":{"
                "\"isAbuseDetected\":true}}}"),
         DECISION_LIVE, false},
        {ANSWER("{\"attemptId\":1,\"attemptStatus\":\"Succeeded\",\"result\":{\"livenessDecision\":"
                "\"reallyface\",\"verifyResult\":{\"isIdentical\":true}}}"),
         DECISION_ERROR, false},
        {ANSWER("{\"attemptId\":1,\"attemptStatus\":\"Succeeded\",\"result\":{}}"), DECISION_ERROR,
         false},
        {ANSWER("{\"attemptId\":1,\"attemptStatus\":\"Succeeded\"}"), DECISION_ERROR, false},
        {ANSWER("{\"attemptId\":1,\"attemptStatus\":\"Succeeded\",\"error\":{\"code\":\"c\","
                "\"message\":\"m\"}}"),
         DECISION_ERROR, false},
        {ANSWER("{\"attemptId\":1,\"attemptStatus\":\"Completed\",\"result\":{\"livenessDecision\":"
                "\"realface\",\"verifyResult\":{\"isIdentical\":true}}}"),
         DECISION_PENDING, false},
        {ANSWER("{\"attemptId\":1,\"attemptStatus\":\"Running\"}"), DECISION_PENDING, false},
        {ANSWER(""), DECISION_PENDING, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct judgement found;
        judge_json(rows[i].json, &found);
        cr_expect_eq(found.verdict.decision, rows[i].decision, "%s", rows[i].json);
        cr_expect_eq(found.verdict.accepted, rows[i].accepted, "%s", rows[i].json);
    }
}
