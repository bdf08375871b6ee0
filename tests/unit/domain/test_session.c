/* Promises of domain/session.h: what becomes of a record. */
#include "domain/session.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t key[SHA256_BYTES] = {4, 4, 4};

enum { CREATED_AT = 1000, EXPIRES_AT = 601000, NOW = 50000, RETENTION = 86400000 };

static const struct session_rules when_given = {
    .digest = DIGEST_WHEN_GIVEN, .retention_verdict_ms = RETENTION, .seal_key = key};
static const struct session_rules required = {
    .digest = DIGEST_REQUIRE, .retention_verdict_ms = RETENTION, .seal_key = key};
static const struct session_rules off = {
    .digest = DIGEST_OFF, .retention_verdict_ms = RETENTION, .seal_key = key};

static struct session_record fresh_record(void)
{
    return (struct session_record){
        .id = "0190163d-8694-739b-aea5-966c26f8ad91",
        .revision = 1,
        .state = SESSION_CREATED,
        .upstream_id = "5f0c7c1e-9a42-4d0b-8a53-6d2f0b6f7a10",
        .attempts_allowed = 3,
        .created_at = CREATED_AT,
        .token_expires_at = EXPIRES_AT,
    };
}

/* Upstream's answer; the next call overwrites it. */
static struct face_session *face_saying(enum face_decision decision, const char *digest)
{
    static struct face_session face;
    memset(&face, 0, sizeof face);
    face.status = FACE_STATUS_SUCCEEDED;
    face.attempt_count = 1;
    memcpy(face.status_word, "Succeeded", sizeof "Succeeded");
    memcpy(face.model_version, "2025-05-20", sizeof "2025-05-20");
    struct face_attempt *attempt = &face.attempts[0];
    attempt->attempt_id = 1;
    attempt->status = FACE_STATUS_SUCCEEDED;
    memcpy(attempt->status_word, "Succeeded", sizeof "Succeeded");
    attempt->has_result = true;
    attempt->decision = decision;
    memcpy(attempt->decision_word, "word", sizeof "word");
    memcpy(attempt->digest, digest, strlen(digest) + 1);
    return &face;
}

static struct session_record settled_record(enum face_decision decision, const char *digest,
                                            const struct session_rules *rules)
{
    struct session_record record = fresh_record();
    struct face_session *face = face_saying(decision, digest);
    cr_assert_eq(session_settle(&record, face, rules, NOW), SESSION_CHANGED);
    return record;
}

static struct completion_request digest_of(const char *digest)
{
    return (struct completion_request){.digest = slice_of(digest)};
}

/* Every member but the owned text. */
static bool same_record(const struct session_record *a, const struct session_record *b)
{
    return a->state == b->state && a->completion.completed_at == b->completion.completed_at &&
           a->completion.client_error == b->completion.client_error &&
           a->completion.has_digest == b->completion.has_digest &&
           memcmp(a->completion.digest_hash, b->completion.digest_hash, RECORD_HASH_BYTES) == 0 &&
           strcmp(a->transaction_id, b->transaction_id) == 0 &&
           strcmp(a->platform, b->platform) == 0 && a->settled_at == b->settled_at &&
           memcmp(&a->verdict, &b->verdict, sizeof a->verdict) == 0 && a->deletion == b->deletion &&
           a->deletion_at == b->deletion_at && a->deletion_tries == b->deletion_tries &&
           a->forget_at == b->forget_at && a->results_json == b->results_json;
}

/* ---- completion ---- */

Test(session, complete_records_what_the_frontend_said)
{
    struct session_record record = fresh_record();
    const struct completion_request request = {
        .client_error = true,
        .digest = SLICE("AB"),
        .transaction_id = SLICE("order-7"),
        .platform = SLICE("ios"),
    };
    uint8_t hash[SHA256_BYTES];
    digest_hash(key, SLICE("ab"), hash);
    cr_assert_eq(session_complete(&record, &request, &when_given, NOW), SESSION_CHANGED);
    cr_expect_eq(record.completion.completed_at, NOW);
    cr_expect(record.completion.client_error);
    cr_expect(record.completion.has_digest);
    cr_expect_eq(memcmp(record.completion.digest_hash, hash, sizeof hash), 0);
    cr_expect_str_eq(record.transaction_id, "order-7");
    cr_expect_str_eq(record.platform, "ios");
    cr_expect_eq(record.state, SESSION_CREATED);
}

Test(session, complete_again_changes_nothing)
{
    struct session_record record = fresh_record();
    const struct completion_request request = {.client_error = true,
                                               .digest = SLICE("AB"),
                                               .transaction_id = SLICE("order-7"),
                                               .platform = SLICE("ios")};
    cr_assert_eq(session_complete(&record, &request, &when_given, NOW), SESSION_CHANGED);
    struct session_record before = record;
    cr_expect_eq(session_complete(&record, &request, &when_given, NOW + 5), SESSION_UNCHANGED);
    const struct completion_request nothing = {0};
    cr_expect_eq(session_complete(&record, &nothing, &when_given, NOW + 5), SESSION_UNCHANGED);
    const struct completion_request lower = digest_of("ab");
    cr_expect_eq(session_complete(&record, &lower, &when_given, NOW + 5), SESSION_UNCHANGED);
    cr_expect(same_record(&before, &record));
}

Test(session, complete_keeps_the_first_of_everything)
{
    struct session_record record = fresh_record();
    const struct completion_request first = {.transaction_id = SLICE("one"),
                                             .platform = SLICE("ios")};
    const struct completion_request second = {.client_error = true,
                                              .digest = SLICE("AB"),
                                              .transaction_id = SLICE("two"),
                                              .platform = SLICE("web")};
    cr_assert_eq(session_complete(&record, &first, &when_given, NOW), SESSION_CHANGED);
    cr_assert_eq(session_complete(&record, &second, &when_given, NOW + 5), SESSION_CHANGED);
    cr_expect_str_eq(record.transaction_id, "one");
    cr_expect_str_eq(record.platform, "ios");
    cr_expect_eq(record.completion.completed_at, NOW);
    cr_expect(record.completion.client_error && record.completion.has_digest);
}

Test(session, complete_binds_no_session_of_a_backend_to_a_transaction)
{
    struct session_record record = fresh_record();
    const struct completion_request request = {.transaction_id = SLICE("another")};
    record.delegate[0] = 1;
    cr_assert_eq(session_complete(&record, &request, &when_given, NOW), SESSION_CHANGED);
    cr_expect_str_empty(record.transaction_id);
}

Test(session, complete_with_another_digest_conflicts_and_changes_nothing)
{
    const struct session_rules *const all[] = {&when_given, &required, &off};
    for (size_t i = 0; i < 3; i++) {
        struct session_record record = fresh_record();
        struct completion_request request = digest_of("AB");
        cr_assert_eq(session_complete(&record, &request, all[i], NOW), SESSION_CHANGED);
        struct session_record before = record;
        const struct completion_request other = {.client_error = true,
                                                 .digest = SLICE("AC"),
                                                 .transaction_id = SLICE("t"),
                                                 .platform = SLICE("web")};
        cr_expect_eq(session_complete(&record, &other, all[i], NOW + 5), SESSION_CONFLICT);
        cr_expect(same_record(&before, &record));
    }
}

Test(session, an_error_said_once_stays)
{
    struct session_record record = fresh_record();
    const struct completion_request error = {.client_error = true};
    const struct completion_request fine = {0};
    cr_expect_eq(session_complete(&record, &error, &when_given, NOW), SESSION_CHANGED);
    cr_expect_eq(session_complete(&record, &fine, &when_given, NOW), SESSION_UNCHANGED);
    cr_expect(record.completion.client_error);
}

Test(session, a_text_that_does_not_fit_is_not_kept_in_part)
{
    struct session_record record = fresh_record();
    char text[RECORD_TEXT_SIZE + 1];
    memset(text, 'x', sizeof text);
    const struct completion_request long_one = {.transaction_id = {text, RECORD_TEXT_SIZE}};
    (void)session_complete(&record, &long_one, &when_given, NOW);
    cr_expect_str_empty(record.transaction_id);
    const struct completion_request longest = {.transaction_id = {text, RECORD_TEXT_SIZE - 1}};
    (void)session_complete(&record, &longest, &when_given, NOW);
    cr_expect_eq(strlen(record.transaction_id), (size_t)RECORD_TEXT_SIZE - 1);
}

Test(session, nothing_completes_a_removed_or_orphaned_record)
{
    static const enum session_state states[] = {SESSION_REMOVED, SESSION_ORPHANED};
    for (size_t i = 0; i < 2; i++) {
        struct session_record record = fresh_record();
        record.state = states[i];
        struct session_record before = record;
        const struct completion_request request = digest_of("AB");
        cr_expect_eq(session_complete(&record, &request, &when_given, NOW), SESSION_UNCHANGED);
        cr_expect(same_record(&before, &record));
    }
}

/* ---- a digest that comes after the verdict ---- */

Test(session, a_wrong_late_digest_turns_every_verdict_compromised)
{
    static const enum face_decision decisions[] = {FACE_DECISION_REALFACE, FACE_DECISION_SPOOFFACE,
                                                   FACE_DECISION_UNCERTAIN, FACE_DECISION_NONE};
    for (size_t i = 0; i < 4; i++) {
        struct session_record late = settled_record(decisions[i], "AA", &when_given);
        const struct completion_request wrong = digest_of("AB");
        cr_assert_eq(session_complete(&late, &wrong, &when_given, NOW + 9), SESSION_CHANGED);

        struct session_record early = fresh_record();
        struct face_session *face = face_saying(decisions[i], "AA");
        (void)session_complete(&early, &wrong, &when_given, NOW);
        (void)session_settle(&early, face, &when_given, NOW);

        cr_expect_eq(late.verdict.decision, DECISION_COMPROMISED);
        cr_expect_eq(late.verdict.retry, RETRY_STOP);
        cr_expect_not(late.verdict.accepted || late.verdict.digest_checked);
        /* early or late makes no difference */
        cr_expect_eq(memcmp(&late.verdict, &early.verdict, sizeof late.verdict), 0);
        cr_expect_eq(late.settled_at, NOW);
        free(late.results_json);
        free(early.results_json);
    }
}

Test(session, the_right_late_digest_changes_no_verdict)
{
    struct session_record record = settled_record(FACE_DECISION_REALFACE, "AA", &when_given);
    struct session_verdict before = record.verdict;
    const struct completion_request right = digest_of("aa");
    cr_expect(before.accepted);
    cr_expect_eq(session_complete(&record, &right, &when_given, NOW + 9), SESSION_CHANGED);
    cr_expect_eq(memcmp(&before, &record.verdict, sizeof before), 0);
    cr_expect_eq(session_complete(&record, &right, &when_given, NOW + 9), SESSION_UNCHANGED);
    const struct completion_request wrong = digest_of("AB");
    cr_expect_eq(session_complete(&record, &wrong, &when_given, NOW + 9), SESSION_CONFLICT);
    cr_expect_eq(memcmp(&before, &record.verdict, sizeof before), 0);
    free(record.results_json);
}

Test(session, a_second_late_digest_cannot_repair_a_compromised_verdict)
{
    struct session_record record = settled_record(FACE_DECISION_REALFACE, "AA", &when_given);
    const struct completion_request wrong = digest_of("AB");
    const struct completion_request right = digest_of("AA");
    cr_expect_eq(session_complete(&record, &wrong, &when_given, NOW), SESSION_CHANGED);
    cr_expect_eq(session_complete(&record, &right, &when_given, NOW), SESSION_CONFLICT);
    cr_expect_eq(record.verdict.decision, DECISION_COMPROMISED);
    cr_expect_eq(session_complete(&record, &wrong, &when_given, NOW), SESSION_UNCHANGED);
    free(record.results_json);
}

Test(session, a_late_digest_is_not_compared_when_comparing_is_off)
{
    struct session_record record = settled_record(FACE_DECISION_REALFACE, "AA", &off);
    const struct completion_request wrong = digest_of("AB");
    cr_expect_eq(session_complete(&record, &wrong, &off, NOW), SESSION_CHANGED);
    cr_expect(record.verdict.accepted);
    free(record.results_json);
}

Test(session, a_late_digest_without_one_upstream_changes_no_verdict)
{
    struct session_record record = settled_record(FACE_DECISION_REALFACE, "", &when_given);
    const struct completion_request any = digest_of("AB");
    cr_expect_eq(session_complete(&record, &any, &when_given, NOW), SESSION_CHANGED);
    cr_expect_eq(record.verdict.decision, DECISION_LIVE);
    cr_expect(record.completion.has_digest);
    free(record.results_json);
}

Test(session, a_wrong_late_digest_takes_the_place_of_a_missing_one)
{
    struct session_record record = fresh_record();
    struct face_session *face = face_saying(FACE_DECISION_REALFACE, "AA");
    cr_expect_eq(session_settle(&record, face, &required, NOW), SESSION_UNCHANGED);
    cr_expect_eq(session_settle(&record, face, &required, EXPIRES_AT), SESSION_CHANGED);
    cr_expect_eq(record.verdict.decision, DECISION_LIVE);
    cr_expect_not(record.verdict.accepted);
    cr_expect_eq(record.verdict.reasons, 1U << REASON_DIGEST_MISSING);
    const struct completion_request wrong = digest_of("AB");
    cr_expect_eq(session_complete(&record, &wrong, &required, EXPIRES_AT), SESSION_CHANGED);
    cr_expect_eq(record.verdict.decision, DECISION_COMPROMISED);
    cr_expect_eq(record.verdict.reasons, 1U << REASON_DIGEST_MISMATCH);
    free(record.results_json);
}

Test(session, nothing_else_is_taken_after_the_verdict)
{
    struct session_record record = settled_record(FACE_DECISION_REALFACE, "AA", &when_given);
    struct session_verdict before = record.verdict;
    const struct completion_request request = {
        .client_error = true, .transaction_id = SLICE("late"), .platform = SLICE("web")};
    cr_expect_eq(session_complete(&record, &request, &when_given, NOW + 9), SESSION_CHANGED);
    cr_expect_eq(record.completion.completed_at, NOW + 9);
    cr_expect_str_empty(record.transaction_id);
    cr_expect_str_empty(record.platform);
    cr_expect_not(record.completion.client_error);
    cr_expect_eq(memcmp(&before, &record.verdict, sizeof before), 0);
    cr_expect_eq(session_complete(&record, &request, &when_given, NOW + 10), SESSION_UNCHANGED);
    free(record.results_json);
}

/* ---- settling ---- */

Test(session, settle_writes_the_verdict_and_owes_the_deletion_at_once)
{
    struct session_record record = settled_record(FACE_DECISION_REALFACE, "AA", &when_given);
    uint8_t hash[SHA256_BYTES];
    digest_hash(key, SLICE("AA"), hash);
    cr_expect_eq(record.state, SESSION_SETTLED);
    cr_expect_eq(record.settled_at, NOW);
    cr_expect_eq(record.verdict.decision, DECISION_LIVE);
    cr_expect(record.verdict.accepted);
    cr_expect(record.has_upstream_digest);
    cr_expect_eq(memcmp(record.upstream_digest_hash, hash, sizeof hash), 0);
    cr_expect_str_eq(record.status_word, "Succeeded");
    cr_expect_str_eq(record.model_version, "2025-05-20");
    cr_expect_eq(record.deletion, DELETION_OWED);
    cr_expect_eq(record.deletion_at, NOW);
    cr_expect_eq(record.forget_at, (int64_t)NOW + RETENTION);
    cr_expect_eq(record.revision, 1); /* the store counts */
    cr_expect_not_null(strstr(record.results_json, "\"attemptId\":1"));
    cr_expect_null(strstr(record.results_json, "AA"), "a digest is for nobody");
    free(record.results_json);
}

Test(session, settle_leaves_an_unfinished_session_alone)
{
    struct session_record record = fresh_record();
    struct face_session *face = face_saying(FACE_DECISION_NONE, "");
    face->attempt_count = 0;
    face->status = FACE_STATUS_RUNNING;
    struct session_record before = record;
    cr_expect_eq(session_settle(&record, face, &when_given, EXPIRES_AT - 1), SESSION_UNCHANGED);
    cr_expect(same_record(&before, &record));
    cr_expect_eq(session_settle(&record, face, &when_given, EXPIRES_AT), SESSION_CHANGED);
    cr_expect_eq(record.verdict.decision, DECISION_EXPIRED);
    cr_expect_str_eq(record.results_json, "{\"attempts\":[]}");
    free(record.results_json);
}

Test(session, settle_of_a_session_gone_upstream_owes_nothing)
{
    struct session_record record = fresh_record();
    cr_expect_eq(session_settle(&record, NULL, &required, NOW), SESSION_CHANGED);
    cr_expect_eq(record.verdict.decision, DECISION_EXPIRED);
    cr_expect_eq(record.verdict.reasons, 1U << REASON_SESSION_GONE);
    cr_expect_eq(record.deletion, DELETION_DONE);
    cr_expect_eq(record.deletion_at, NOW);
    cr_expect_str_eq(record.results_json, "{\"attempts\":[]}");
    free(record.results_json);
}

Test(session, settle_happens_once)
{
    static const enum session_state states[] = {SESSION_SETTLED, SESSION_REMOVED, SESSION_ORPHANED};
    struct face_session *face = face_saying(FACE_DECISION_REALFACE, "");
    for (size_t i = 0; i < 3; i++) {
        struct session_record record = fresh_record();
        record.state = states[i];
        struct session_record before = record;
        cr_expect_eq(session_settle(&record, face, &when_given, EXPIRES_AT), SESSION_UNCHANGED);
        cr_expect_eq(session_settle(&record, NULL, &when_given, EXPIRES_AT), SESSION_UNCHANGED);
        cr_expect(same_record(&before, &record));
    }
}

Test(session, results_that_do_not_fit_are_left_out)
{
    struct session_record record = fresh_record();
    struct face_session *face = face_saying(FACE_DECISION_SPOOFFACE, "");
    face->attempt_count = FACE_ATTEMPTS_MAX;
    for (int i = 0; i < FACE_ATTEMPTS_MAX; i++) {
        struct face_attempt *attempt = &face->attempts[i];
        *attempt = (struct face_attempt){.attempt_id = i + 1, .status = FACE_STATUS_FAILED};
        attempt->has_error = true;
        attempt->has_rectangle = true;
        /* control characters grow sixfold when written */
        memset(attempt->status_word, '\x01', sizeof attempt->status_word - 1);
        memset(attempt->error_code, '\x01', sizeof attempt->error_code - 1);
        memset(attempt->error_message, '\x01', sizeof attempt->error_message - 1);
    }
    cr_expect_eq(session_settle(&record, face, &when_given, NOW), SESSION_CHANGED);
    cr_expect_str_eq(record.results_json, "{\"attempts\":[]}");
    free(record.results_json);
}

Test(session, pending_is_told_to_go_on_with_the_same_session)
{
    struct session_verdict verdict = session_pending_verdict();
    cr_expect_eq(verdict.decision, DECISION_PENDING);
    cr_expect_eq(verdict.retry, RETRY_SAME_SESSION);
    cr_expect_not(verdict.accepted);
}

/* ---- the end ---- */

Test(session, remove_hides_the_session_and_owes_the_deletion)
{
    struct session_record record = fresh_record();
    cr_expect_eq(session_remove(&record, &when_given, NOW), SESSION_CHANGED);
    cr_expect_eq(record.state, SESSION_REMOVED);
    cr_expect_eq(record.deletion, DELETION_OWED);
    cr_expect_eq(record.deletion_at, NOW);
    cr_expect_eq(record.forget_at, (int64_t)NOW + RETENTION);
    cr_expect_eq(session_remove(&record, &when_given, NOW + 1), SESSION_UNCHANGED);
    cr_expect_eq(record.deletion_at, NOW);
}

Test(session, remove_of_a_settled_session_drops_its_results)
{
    struct session_record record = settled_record(FACE_DECISION_REALFACE, "AA", &when_given);
    record.deletion_at = NOW + 300000; /* a try failed before */
    cr_expect_eq(session_remove(&record, &when_given, NOW + 7), SESSION_CHANGED);
    cr_expect_null(record.results_json);
    cr_expect_eq(record.deletion, DELETION_OWED);
    cr_expect_eq(record.deletion_at, NOW + 7);
}

Test(session, remove_does_not_owe_a_deletion_twice)
{
    struct session_record record = settled_record(FACE_DECISION_REALFACE, "AA", &when_given);
    session_deletion_done(&record, DELETION_BY_US, &when_given, NOW + 3);
    cr_expect_eq(session_remove(&record, &when_given, NOW + 7), SESSION_CHANGED);
    cr_expect_eq(record.deletion, DELETION_DONE);
    cr_expect_eq(record.deletion_at, NOW + 3);
}

Test(session, remove_leaves_an_orphan_alone)
{
    struct session_record record = fresh_record();
    record.state = SESSION_ORPHANED;
    cr_expect_eq(session_remove(&record, &when_given, NOW), SESSION_UNCHANGED);
    cr_expect_eq(record.state, SESSION_ORPHANED);
}

Test(session, a_failed_deletion_is_tried_again_ever_later)
{
    static const int64_t delays[] = {1000,  2000,   4000,   8000,   16000, 32000,
                                     64000, 128000, 256000, 300000, 300000};
    struct fake_random random;
    fake_random_init(&random, 3);
    struct session_record record = fresh_record();
    (void)session_remove(&record, &when_given, NOW);
    bool jittered = false;
    for (size_t i = 0; i < sizeof delays / sizeof *delays; i++) {
        session_deletion_failed(&record, &when_given, &random.random, NOW);
        int64_t delay = record.deletion_at - NOW;
        cr_expect_eq(record.deletion, DELETION_OWED);
        cr_expect_eq(record.deletion_tries, (int32_t)i + 1);
        cr_expect(delay >= delays[i] && delay <= delays[i] + delays[i] / 4, "try %zu: %ld ms", i,
                  (long)delay);
        jittered |= delay != delays[i];
    }
    cr_expect(jittered);
}

Test(session, a_deletion_is_owed_until_upstream_forgets_by_itself)
{
    struct fake_random random;
    fake_random_init(&random, 3);
    struct session_record record = fresh_record();
    int64_t gone_at = (int64_t)CREATED_AT + UPSTREAM_LIFETIME_MS;
    (void)session_remove(&record, &when_given, NOW);
    record.deletion_tries = INT32_MAX - 1;
    session_deletion_failed(&record, &when_given, &random.random, gone_at - 10);
    cr_expect_eq(record.deletion, DELETION_OWED);
    cr_expect_eq(record.deletion_at, gone_at);
    session_deletion_failed(&record, &when_given, &random.random, gone_at);
    cr_expect_eq(record.deletion, DELETION_DONE);
    cr_expect_eq(record.deletion_at, gone_at);
}
