/* Promises of domain/session.h: when a record gets receipts, and when it loses them. */
#include "receipt_fixture.h"

#define NOW        settled_at
#define CREATED_AT (NOW - 49000)
#define EXPIRES_AT (CREATED_AT + 600000)

static struct receipts it;

static void begin(void)
{
    receipts_begin(&it);
}

static void end(void)
{
    receipts_end(&it);
}

TestSuite(session_receipts, .init = begin, .fini = end);

static struct session_record *open_record(void)
{
    struct session_record record = {
        .id = SESSION_ID,
        .state = SESSION_CREATED,
        .upstream_id = "5f0c7c1e-9a42-4d0b-8a53-6d2f0b6f7a10",
        .attempts_allowed = 3,
        .created_at = CREATED_AT,
        .token_expires_at = EXPIRES_AT,
        .transaction_id = "order-17",
    };
    return session_record_copy(&record);
}

static struct face_session *face_with(const char *digest)
{
    struct face_session *face = xcalloc(1, sizeof *face);
    face->status = FACE_STATUS_SUCCEEDED;
    face->attempt_count = 1;
    memcpy(face->status_word, "Succeeded", sizeof "Succeeded");
    struct face_attempt *attempt = &face->attempts[0];
    attempt->attempt_id = 1;
    attempt->status = FACE_STATUS_SUCCEEDED;
    memcpy(attempt->status_word, "Succeeded", sizeof "Succeeded");
    attempt->has_result = true;
    attempt->decision = FACE_DECISION_REALFACE;
    memcpy(attempt->decision_word, "realface", sizeof "realface");
    memcpy(attempt->digest, digest, strlen(digest) + 1);
    return face;
}

static struct session_record *settled_record(void)
{
    struct session_record *record = open_record();
    struct face_session *face = face_with("AA");
    cr_assert_eq(session_settle(record, face, &it.rules, NOW), SESSION_CHANGED);
    free(face);
    return record;
}

static enum session_change complete(struct session_record *record, const char *digest)
{
    const struct completion_request request = {.digest = slice_of(digest),
                                               .transaction_id = SLICE("order-18")};
    return session_complete(record, &request, &it.rules, NOW + 100);
}

static cJSON *receipt_claims(const struct session_record *record)
{
    return claims_of(&it, record->receipt, "receipt+jwt");
}

static void expect_outcome(const struct session_record *record, const char *outcome)
{
    CLEANUP(json) cJSON *claims = claims_of(&it, record->deletion_receipt, "deletion-receipt+jwt");
    expect_text(claims, "outcome", outcome);
    expect_text(claims, "sid", SESSION_ID);
}

Test(session_receipts, a_settled_record_has_one)
{
    struct session_record *record = settled_record();
    CLEANUP(json) cJSON *claims = receipt_claims(record);
    expect_bool(claims, "accepted", true);
    expect_text(claims, "txn", "order-17");
    expect_number(claims, "iat", NOW / 1000);
    cr_expect_eq(record->receipt_expires_at, 1800000600000);
    cr_expect_null(record->deletion_receipt, "it is not deleted yet");
    session_record_free(record);
}

Test(session_receipts, an_open_record_has_none)
{
    struct session_record *record = open_record();
    cr_expect_eq(complete(record, "AA"), SESSION_CHANGED);
    cr_expect_null(record->receipt);
    session_record_free(record);
}

Test(session_receipts, the_creates_transaction_is_bound_not_a_later_one)
{
    struct session_record *record = open_record();
    cr_expect_eq(complete(record, "AA"), SESSION_CHANGED);
    struct face_session *face = face_with("AA");
    cr_assert_eq(session_settle(record, face, &it.rules, NOW + 200), SESSION_CHANGED);
    CLEANUP(json) cJSON *claims = receipt_claims(record);
    expect_text(claims, "txn", "order-17");
    expect_bool(claims, "digest_ok", true);
    free(face);
    session_record_free(record);
}

Test(session_receipts, is_signed_once)
{
    struct session_record *record = settled_record();
    CLEANUP(text) char *first = xstrdup(record->receipt);
    struct face_session *face = face_with("AA");
    cr_expect_eq(session_settle(record, face, &it.rules, NOW + 5), SESSION_UNCHANGED);
    cr_expect_eq(complete(record, "AA"), SESSION_CHANGED, "the right digest, late");
    session_deletion_done(record, DELETION_BY_US, &it.rules, NOW + 7);
    cr_expect_str_eq(record->receipt, first);
    free(face);
    session_record_free(record);
}

Test(session_receipts, a_wrong_digest_that_comes_late_drops_it)
{
    struct session_record *record = settled_record();
    cr_expect_eq(complete(record, "BB"), SESSION_CHANGED);
    cr_expect_eq(record->verdict.decision, DECISION_COMPROMISED);
    cr_expect_null(record->receipt);
    cr_expect_eq(record->receipt_expires_at, 0);
    session_record_free(record);
}

Test(session_receipts, a_conflicting_digest_does_not)
{
    struct session_record *record = settled_record();
    cr_expect_eq(complete(record, "AA"), SESSION_CHANGED);
    cr_expect_eq(complete(record, "BB"), SESSION_CONFLICT);
    cr_expect_not_null(record->receipt);
    session_record_free(record);
}

Test(session_receipts, a_removed_record_has_none)
{
    struct session_record *record = settled_record();
    cr_expect_eq(session_remove(record, &it.rules, NOW + 5), SESSION_CHANGED);
    cr_expect_null(record->receipt);
    session_deletion_done(record, DELETION_BY_US, &it.rules, NOW + 7);
    expect_outcome(record, "deleted");
    session_record_free(record);
}

Test(session_receipts, a_deletion_has_one_of_its_own)
{
    static const struct {
        enum deletion_outcome outcome;
        const char *word;
    } rows[] = {{DELETION_BY_US, "deleted"}, {DELETION_NOT_FOUND, "not_found"}};
    for (size_t i = 0; i < 2; i++) {
        struct session_record *record = settled_record();
        cr_expect_eq(session_deletion_done(record, rows[i].outcome, &it.rules, NOW + 7),
                     SESSION_CHANGED);
        expect_outcome(record, rows[i].word);
        cr_expect_eq(session_deletion_done(record, DELETION_BY_AGE, &it.rules, NOW + 9),
                     SESSION_UNCHANGED);
        expect_outcome(record, rows[i].word);
        session_record_free(record);
    }
}

Test(session_receipts, a_deletion_that_failed_has_none_until_all_is_gone_by_age)
{
    struct session_record *record = settled_record();
    const struct random *random = &it.random.random;
    cr_expect_eq(session_deletion_failed(record, &it.rules, random, NOW + 7), SESSION_CHANGED);
    cr_expect_null(record->deletion_receipt);
    int64_t gone_at = CREATED_AT + UPSTREAM_LIFETIME_MS;
    cr_expect_eq(session_deletion_failed(record, &it.rules, random, gone_at), SESSION_CHANGED);
    expect_outcome(record, "expired");
    session_record_free(record);
}

Test(session_receipts, a_session_that_is_gone_upstream_has_both)
{
    struct session_record *record = open_record();
    cr_expect_eq(session_settle(record, NULL, &it.rules, NOW), SESSION_CHANGED);
    CLEANUP(json) cJSON *claims = receipt_claims(record);
    expect_text(claims, "decision", "expired");
    expect_outcome(record, "not_found");
    session_record_free(record);
    record = open_record();
    int64_t gone_at = CREATED_AT + UPSTREAM_LIFETIME_MS;
    cr_expect_eq(session_settle(record, NULL, &it.rules, gone_at), SESSION_CHANGED);
    expect_outcome(record, "expired");
    session_record_free(record);
}

Test(session_receipts, are_made_of_nothing_without_a_maker)
{
    it.rules.receipts = NULL;
    struct session_record *record = settled_record();
    cr_expect_null(record->receipt);
    cr_expect_eq(record->receipt_expires_at, 0);
    session_deletion_done(record, DELETION_BY_US, &it.rules, NOW + 7);
    cr_expect_null(record->deletion_receipt);
    session_record_free(record);
}
