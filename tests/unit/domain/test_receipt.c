/* Promises of domain/receipt.h: what receipts say, claim by claim. */
#include "receipt_fixture.h"

static struct receipts it;

static void begin(void)
{
    receipts_begin(&it);
}

static void end(void)
{
    receipts_end(&it);
}

TestSuite(receipt, .init = begin, .fini = end);

static cJSON *claims_of_record(const struct session_record *record)
{
    char *token = receipt_sign(&it.maker, record);
    cJSON *claims = claims_of(&it, token, "receipt+jwt");
    free(token);
    return claims;
}

static size_t count_members(const cJSON *object)
{
    return (size_t)cJSON_GetArraySize(object);
}

/* A claim as text until the next call. */
static const char *text_claim(const cJSON *claims, const char *name)
{
    static char text[2][256];
    static int which;
    struct slice said;
    cr_assert_eq(json_string(claims, name, 1, 255, &said), JSON_OK, "%s", name);
    which = !which;
    memcpy(text[which], said.data, said.len);
    text[which][said.len] = '\0';
    return text[which];
}

Test(receipt, says_who_for_whom_and_until_when)
{
    struct session_record record = accepted_record();
    CLEANUP(json) cJSON *claims = claims_of_record(&record);
    expect_text(claims, "iss", "https://liveness.example.org");
    expect_text(claims, "aud", "bank");
    expect_number(claims, "iat", 1800000000);
    expect_number(claims, "exp", 1800000600);
    cr_expect_eq(receipt_end(&it.maker, &record), 1800000600000);
}

Test(receipt, says_which_session_and_what_became_of_it)
{
    struct session_record record = accepted_record();
    CLEANUP(json) cJSON *claims = claims_of_record(&record);
    const cJSON *reasons = NULL;
    expect_text(claims, "sid", SESSION_ID);
    expect_text(claims, "kind", "detectLiveness");
    expect_text(claims, "decision", "live");
    expect_bool(claims, "accepted", true);
    expect_bool(claims, "digest_ok", true);
    expect_text(claims, "model", "2025-05-20");
    expect_text(claims, "txn", "order-17");
    cr_expect_eq(json_array(claims, "reasons", &reasons), JSON_OK);
    cr_expect_eq(count_members(reasons), 0);
    cr_expect_not(json_has(claims, "verify"));
}

Test(receipt, says_nothing_else)
{
    struct session_record record = accepted_record();
    CLEANUP(json) cJSON *claims = claims_of_record(&record);
    cr_expect_eq(count_members(claims), 15,
                 "iss aud jti iat exp sub sid kind decision accepted "
                 "reasons digest_ok model dev txn");
}

Test(receipt, says_no_as_clearly_as_yes)
{
    struct session_record record = accepted_record();
    record.verdict = (struct session_verdict){
        .decision = DECISION_SPOOF, .reasons = 1U << REASON_SPOOF | 1U << REASON_ABUSE_DETECTED};
    CLEANUP(json) cJSON *claims = claims_of_record(&record);
    const cJSON *reasons = NULL;
    expect_text(claims, "decision", "spoof");
    expect_bool(claims, "accepted", false);
    expect_bool(claims, "digest_ok", false);
    cr_assert_eq(json_array(claims, "reasons", &reasons), JSON_OK);
    cr_assert_eq(count_members(reasons), 2);
    cr_expect_str_eq(cJSON_GetArrayItem(reasons, 0)->valuestring, "spoof");
    cr_expect_str_eq(cJSON_GetArrayItem(reasons, 1)->valuestring, "abuse_detected");
}

Test(receipt, of_a_verify_session_says_what_was_compared)
{
    struct session_record record = accepted_record();
    record.kind = KIND_LIVENESS_WITH_VERIFY;
    record.reference = REFERENCE_DELEGATE;
    record.verdict.verified = true;
    record.verdict.identical = true;
    record.verdict.confidence_ppm = 912345;
    record.verdict.image_hash_checked = true;
    CLEANUP(json) cJSON *claims = claims_of_record(&record);
    const cJSON *verify = NULL;
    double confidence = 0;
    expect_text(claims, "kind", "detectLivenessWithVerify");
    cr_assert_eq(json_object(claims, "verify", &verify), JSON_OK);
    expect_text(verify, "reference", "delegate");
    expect_bool(verify, "isIdentical", true);
    expect_bool(verify, "imageHashChecked", true);
    cr_assert_eq(json_number(verify, "matchConfidence", 0, 1, &confidence), JSON_OK);
    cr_expect_float_eq(confidence, 0.912345, 1e-9);
}

Test(receipt, of_a_verify_session_without_a_comparison_says_whose_face_it_was_to_be)
{
    struct session_record record = accepted_record();
    record.kind = KIND_LIVENESS_WITH_VERIFY;
    record.reference = REFERENCE_CLIENT;
    record.verdict = (struct session_verdict){.decision = DECISION_ERROR};
    CLEANUP(json) cJSON *claims = claims_of_record(&record);
    const cJSON *verify = NULL;
    cr_assert_eq(json_object(claims, "verify", &verify), JSON_OK);
    expect_text(verify, "reference", "client");
    cr_expect_eq(count_members(verify), 1);
}

Test(receipt, leaves_out_what_is_not_known)
{
    struct session_record record = accepted_record();
    record.transaction_id[0] = record.model_version[0] = record.device_correlation_id[0] = '\0';
    CLEANUP(json) cJSON *claims = claims_of_record(&record);
    cr_expect_not(json_has(claims, "txn"));
    cr_expect_not(json_has(claims, "model"));
    cr_expect_not(json_has(claims, "dev"));
}

Test(receipt, names_owner_and_device_by_pseudonyms)
{
    struct session_record record = accepted_record();
    CLEANUP(json) cJSON *first = claims_of_record(&record);
    CLEANUP(json) cJSON *again = claims_of_record(&record);
    memset(record.owner, 1, sizeof record.owner);
    memcpy(record.device_correlation_id, "b-device", sizeof "b-device");
    CLEANUP(json) cJSON *other = claims_of_record(&record);
    static const char *const names[] = {"sub", "dev"};
    for (int i = 0; i < 2; i++) {
        cr_expect_str_eq(text_claim(first, names[i]), text_claim(again, names[i]));
        cr_expect_str_neq(text_claim(first, names[i]), text_claim(other, names[i]));
        cr_expect_eq(strlen(text_claim(first, names[i])), UUID_SIZE - 1);
    }
    cr_expect_str_neq(text_claim(first, "sub"), text_claim(first, "dev"));
}

Test(receipt, names_nobody_alike_under_another_key)
{
    static const uint8_t other_key[SHA256_BYTES] = {9};
    struct session_record record = accepted_record();
    CLEANUP(json) cJSON *ours = claims_of_record(&record);
    it.maker.pseudonym_key = other_key;
    CLEANUP(json) cJSON *theirs = claims_of_record(&record);
    cr_expect_str_neq(text_claim(ours, "sub"), text_claim(theirs, "sub"));
    cr_expect_str_neq(text_claim(ours, "dev"), text_claim(theirs, "dev"));
}

Test(receipt, tells_no_upstream_id_and_no_raw_one)
{
    struct session_record record = accepted_record();
    CLEANUP(json) cJSON *claims = claims_of_record(&record);
    CLEANUP(text) char *shown = cJSON_PrintUnformatted(claims);
    cr_expect_null(strstr(shown, record.upstream_id));
    cr_expect_null(strstr(shown, record.device_correlation_id));
    cr_expect_null(strstr(shown, "4f4f4f"));
    cr_expect_null(strstr(shown, "OOOO"));
}

Test(receipt, has_an_id_of_its_own)
{
    struct session_record record = accepted_record();
    CLEANUP(json) cJSON *first = claims_of_record(&record);
    CLEANUP(json) cJSON *second = claims_of_record(&record);
    cr_expect_eq(strlen(text_claim(first, "jti")), UUID_SIZE - 1);
    cr_expect_str_neq(text_claim(first, "jti"), text_claim(second, "jti"));
}

Test(receipt, says_texts_of_clients_safely)
{
    struct session_record record = accepted_record();
    static const char text[] = "\",\"accepted\":true,\"x\":\"\n\\\xC3\xA9";
    memcpy(record.transaction_id, text, sizeof text);
    record.verdict = (struct session_verdict){.decision = DECISION_SPOOF};
    CLEANUP(json) cJSON *claims = claims_of_record(&record);
    expect_text(claims, "txn", text);
    expect_bool(claims, "accepted", false);
}

Test(receipt, fits_with_the_longest_of_everything)
{
    static char name[201];
    struct session_record record = accepted_record();
    memset(name, '\x01', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    it.maker.issuer = it.maker.audience = name;
    record.kind = KIND_LIVENESS_WITH_VERIFY;
    record.verdict.reasons = (1U << REASON_COUNT) - 1;
    record.verdict.verified = true;
    memset(record.transaction_id, '\x01', sizeof record.transaction_id - 1);
    memset(record.model_version, '\x01', sizeof record.model_version - 1);
    char *token = receipt_sign(&it.maker, &record);
    cr_assert_not_null(token);
    cr_expect_lt(strlen(token), 6000, "an event of the stream holds it");
    free(token);
}

Test(receipt, is_none_without_a_maker)
{
    struct session_record record = accepted_record();
    cr_expect_null(receipt_sign(NULL, &record));
    cr_expect_null(deletion_receipt_sign(NULL, &record, DELETION_BY_US, settled_at));
}

Test(receipt, is_shown_until_it_expires)
{
    struct session_record record = accepted_record();
    cr_expect_null(receipt_shown(&record, settled_at).data);
    record.receipt = xstrdup("eyJ");
    record.receipt_expires_at = 5000;
    cr_expect(slice_equal(receipt_shown(&record, 4999), SLICE("eyJ")));
    cr_expect_null(receipt_shown(&record, 5000).data);
    receipt_drop(&record);
    cr_expect_null(record.receipt);
    cr_expect_null(receipt_shown(&record, 4999).data);
}

/* ---- deletions ---- */

Test(receipt, of_a_deletion_says_what_is_gone_and_how)
{
    static const struct {
        enum deletion_outcome outcome;
        const char *word;
    } rows[] = {{DELETION_BY_US, "deleted"},
                {DELETION_NOT_FOUND, "not_found"},
                {DELETION_BY_AGE, "expired"}};
    struct session_record record = accepted_record();
    for (size_t i = 0; i < 3; i++) {
        CLEANUP(text)
        char *token = deletion_receipt_sign(&it.maker, &record, rows[i].outcome, settled_at - 5000);
        CLEANUP(json) cJSON *claims = claims_of(&it, token, "deletion-receipt+jwt");
        expect_text(claims, "outcome", rows[i].word);
        expect_text(claims, "iss", "https://liveness.example.org");
        expect_text(claims, "sid", SESSION_ID);
        expect_text(claims, "kind", "detectLiveness");
        expect_number(claims, "iat", 1799999995);
        expect_number(claims, "deleted_at", 1799999995);
        expect_number(claims, "created_at", 1799999940);
        cr_expect_eq(strlen(text_claim(claims, "jti")), UUID_SIZE - 1);
        cr_expect_eq(strlen(text_claim(claims, "sub")), UUID_SIZE - 1);
        cr_expect_eq(count_members(claims), 9, "and neither a verdict nor an end");
    }
}

Test(receipt, of_a_deletion_is_no_receipt)
{
    struct session_record record = accepted_record();
    CLEANUP(text)
    char *deletion = deletion_receipt_sign(&it.maker, &record, DELETION_BY_US, settled_at);
    CLEANUP(text) char *verdict = receipt_sign(&it.maker, &record);
    struct jwt_reading reading;
    cr_expect_eq(jwt_read_typed(slice_of(deletion), receipt_type, &reading), JWT_MALFORMED);
    jwt_reading_done(&reading);
    cr_expect_eq(jwt_read_typed(slice_of(verdict), deletion_receipt_type, &reading), JWT_MALFORMED);
    jwt_reading_done(&reading);
    cr_expect_eq(jwt_read(slice_of(verdict), &reading), JWT_MALFORMED, "nor a bearer token");
    jwt_reading_done(&reading);
}
