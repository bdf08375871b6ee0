/* Promises of domain/session.h about images, references and what only some may see. */
#include "domain/image_id.h"
#include "domain/session.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t key[SHA256_BYTES] = {4, 4, 4};

#define UPSTREAM_IMAGE "AaTWscL3A2hLnw5_PVweKpBc5FCdHhdEQ7hRzNe7sgYo"
#define OTHER_SESSION  "9b2f0a77-1c1e-4f4d-8f34-0d7b7b1b9e55"

enum { CREATED_AT = 1000, NOW = 50000, RETENTION = 86400000, KEPT_MS = 60000 };

static const struct session_rules rules = {.digest = DIGEST_WHEN_GIVEN,
                                           .retention_verdict_ms = RETENTION,
                                           .retention_image_ms = KEPT_MS,
                                           .seal_key = key};

static struct session_record fresh_record(void)
{
    return (struct session_record){
        .id = "0190163d-8694-739b-aea5-966c26f8ad91",
        .state = SESSION_CREATED,
        .kind = KIND_LIVENESS_WITH_VERIFY,
        .attempts_allowed = 3,
        .created_at = CREATED_AT,
        .token_expires_at = 601000,
    };
}

static void record_free(struct session_record *record)
{
    free(record->results_json);
    free(record->details_json);
    free(record->flagged_json);
}

static void add_success(struct face_session *face, int32_t id)
{
    struct face_attempt *attempt = &face->attempts[face->attempt_count++];
    *attempt = (struct face_attempt){.attempt_id = id,
                                     .status = FACE_STATUS_SUCCEEDED,
                                     .status_word = "Succeeded",
                                     .has_result = true,
                                     .decision = FACE_DECISION_REALFACE,
                                     .decision_word = "realface",
                                     .has_verify = true,
                                     .is_identical = true,
                                     .match_confidence = 0.75};
}

/* One attempt that matched; the next call overwrites it. */
static struct face_session *matched_face(void)
{
    static struct face_session face;
    memset(&face, 0, sizeof face);
    face.status = FACE_STATUS_SUCCEEDED;
    memcpy(face.status_word, "Succeeded", sizeof "Succeeded");
    add_success(&face, 1);
    return &face;
}

static void add_image(struct face_session *face)
{
    struct face_attempt *attempt = &face->attempts[face->attempt_count - 1];
    memcpy(attempt->session_image_id, UPSTREAM_IMAGE, sizeof UPSTREAM_IMAGE);
}

static void add_hash(struct face_session *face, uint8_t first)
{
    struct face_attempt *attempt = &face->attempts[face->attempt_count - 1];
    attempt->has_image_hash = true;
    attempt->image_hash[0] = first;
}

static void settle(struct session_record *record, const struct face_session *face)
{
    cr_assert_eq(session_settle(record, face, &rules, NOW), SESSION_CHANGED);
}

/* ---- the deletion of an image ---- */

Test(session_image, delays_the_deletion_for_as_long_as_it_is_kept)
{
    struct session_record record = fresh_record();
    struct face_session *face = matched_face();
    add_image(face);
    settle(&record, face);
    cr_expect_str_eq(record.session_image_id, UPSTREAM_IMAGE);
    cr_expect_eq(record.deletion, DELETION_OWED);
    cr_expect_eq(record.deletion_at, NOW + KEPT_MS);
    record_free(&record);
}

Test(session_image, none_means_that_the_deletion_is_owed_at_once)
{
    struct session_record record = fresh_record();
    settle(&record, matched_face());
    cr_expect_str_eq(record.session_image_id, "");
    cr_expect_eq(record.deletion_at, NOW);
    record_free(&record);
}

Test(session_image, is_not_kept_when_nobody_asks_for_it)
{
    struct session_rules at_once = rules;
    at_once.retention_image_ms = 0;
    struct session_record record = fresh_record();
    struct face_session *face = matched_face();
    add_image(face);
    cr_assert_eq(session_settle(&record, face, &at_once, NOW), SESSION_CHANGED);
    cr_expect_eq(record.deletion_at, NOW);
    record_free(&record);
}

Test(session_image, is_never_kept_longer_than_upstream_keeps_the_session)
{
    const int64_t gone_at = (int64_t)CREATED_AT + UPSTREAM_LIFETIME_MS;
    const struct {
        int64_t now, deletion_at;
    } rows[] = {
        {gone_at - KEPT_MS - 1, gone_at - 1}, {gone_at - KEPT_MS, gone_at},
        {gone_at - KEPT_MS + 1, gone_at},     {gone_at, gone_at},
        {gone_at + 1, gone_at + 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct session_record record = fresh_record();
        struct face_session *face = matched_face();
        add_image(face);
        cr_assert_eq(session_settle(&record, face, &rules, rows[i].now), SESSION_CHANGED);
        cr_expect_eq(record.deletion_at, rows[i].deletion_at, "row %zu", i);
        record_free(&record);
    }
}

Test(session_image, of_the_newest_attempt_that_has_one_counts)
{
    struct session_record record = fresh_record();
    struct face_session *face = matched_face();
    face->attempts[0].attempt_id = 2;
    add_image(face);
    add_success(face, 3);
    add_success(face, 1);
    memcpy(face->attempts[2].session_image_id, "older", sizeof "older");
    settle(&record, face);
    cr_expect_str_eq(record.session_image_id, UPSTREAM_IMAGE);
    record_free(&record);
}

Test(session_image, goes_with_the_session_upstream)
{
    struct session_record record = fresh_record();
    struct face_session *face = matched_face();
    add_image(face);
    settle(&record, face);
    session_deletion_done(&record, DELETION_BY_US, &rules, NOW + 5);
    cr_expect_str_eq(record.session_image_id, "");
    record_free(&record);
}

/* ---- what is kept for whom ---- */

Test(session_details, have_our_image_id_and_the_hash_and_never_the_upstream_s)
{
    struct session_record record = fresh_record();
    struct face_session *face = matched_face();
    char image_id[IMAGE_ID_SIZE];
    image_id_make(key, record.id, image_id);
    add_image(face);
    add_hash(face, 0xAB);
    settle(&record, face);
    cr_assert_not_null(record.details_json);
    cr_expect_not_null(strstr(record.details_json, image_id), "%s", record.details_json);
    cr_expect_not_null(strstr(record.details_json, "\"verifyImageHash\":\"AB0000"));
    cr_expect_null(strstr(record.details_json, UPSTREAM_IMAGE));
    cr_expect_null(strstr(record.results_json, image_id), "an owner sees none of it");
    cr_expect_null(strstr(record.results_json, UPSTREAM_IMAGE));
    cr_expect_null(strstr(record.results_json, "AB0000"));
    record_free(&record);
}

Test(session_details, are_not_kept_twice)
{
    struct session_record record = fresh_record();
    settle(&record, matched_face());
    cr_expect_null(record.details_json);
    cr_expect_null(record.flagged_json);
    record_free(&record);
}

Test(session_details, name_the_flagged_sessions_of_all_attempts)
{
    struct session_record record = fresh_record();
    struct face_session *face = matched_face();
    add_success(face, 2);
    for (size_t i = 0; i < 2; i++) {
        struct face_attempt *attempt = &face->attempts[i];
        attempt->abuse_detected = true;
        attempt->flagged_count = 1;
        memcpy(attempt->flagged[0].session_id, OTHER_SESSION, sizeof OTHER_SESSION);
        attempt->flagged[0].attempt_id = (int32_t)i + 7;
    }
    settle(&record, face);
    cr_expect_str_eq(record.flagged_json, "[{\"sessionId\":\"" OTHER_SESSION "\",\"attemptId\":7},"
                                          "{\"sessionId\":\"" OTHER_SESSION "\",\"attemptId\":8}]");
    cr_expect_not(record.verdict.accepted);
    record_free(&record);
}

Test(session_details, all_that_can_be_flagged_fits)
{
    struct session_record record = fresh_record();
    struct face_session *face = matched_face();
    while (face->attempt_count < FACE_ATTEMPTS_MAX) {
        add_success(face, (int32_t)face->attempt_count + 1);
    }
    for (size_t i = 0; i < FACE_ATTEMPTS_MAX; i++) {
        struct face_attempt *attempt = &face->attempts[i];
        attempt->flagged_count = FACE_FLAGGED_MAX;
        for (size_t k = 0; k < FACE_FLAGGED_MAX; k++) {
            memcpy(attempt->flagged[k].session_id, OTHER_SESSION, sizeof OTHER_SESSION);
            attempt->flagged[k].attempt_id = INT32_MAX;
        }
    }
    settle(&record, face);
    cr_assert_not_null(record.flagged_json);
    cr_expect_eq(record.flagged_json[strlen(record.flagged_json) - 1], ']');
    record_free(&record);
}

Test(session_details, go_when_the_session_is_removed)
{
    struct session_record record = fresh_record();
    record.reference = REFERENCE_OWNER;
    record.image_hash[0] = 1;
    struct face_session *face = matched_face();
    add_image(face);
    add_hash(face, 1);
    face->attempts[0].flagged_count = 1;
    settle(&record, face);
    cr_expect_eq(session_remove(&record, &rules, NOW + 7), SESSION_CHANGED);
    static const uint8_t none[RECORD_HASH_BYTES];
    cr_expect_null(record.results_json);
    cr_expect_null(record.details_json);
    cr_expect_null(record.flagged_json);
    cr_expect_str_eq(record.session_image_id, "");
    cr_expect_eq(memcmp(record.image_hash, none, sizeof none), 0);
    cr_expect_eq(record.deletion, DELETION_OWED);
    cr_expect_eq(record.deletion_at, NOW + 7, "at once: nobody may ask for the image any more");
}

/* ---- the reference ---- */

Test(session_reference, an_image_of_ours_is_compared_with_upstream_s_word)
{
    static const enum reference_source sources[] = {REFERENCE_OWNER, REFERENCE_DELEGATE};
    for (size_t i = 0; i < 2; i++) {
        for (uint8_t upstream = 1; upstream <= 2; upstream++) {
            struct session_record record = fresh_record();
            record.reference = sources[i];
            record.image_hash[0] = 1;
            struct face_session *face = matched_face();
            add_hash(face, upstream);
            settle(&record, face);
            cr_expect_eq(record.verdict.accepted, upstream == 1);
            cr_expect_eq(record.verdict.image_hash_checked, upstream == 1);
            cr_expect_eq(record.verdict.decision,
                         upstream == 1 ? DECISION_LIVE : DECISION_COMPROMISED);
            cr_expect_eq(record.image_hash[0], 1, "ours stays");
            record_free(&record);
        }
    }
}

Test(session_reference, the_hash_of_a_client_s_image_is_upstream_s)
{
    struct session_record record = fresh_record();
    record.reference = REFERENCE_CLIENT;
    struct face_session *face = matched_face();
    add_hash(face, 9);
    settle(&record, face);
    cr_expect_eq(record.image_hash[0], 9);
    cr_expect(record.verdict.accepted);
    cr_expect_not(record.verdict.image_hash_checked, "there was nothing to compare it with");
    record_free(&record);
}

Test(session_reference, a_hash_that_upstream_leaves_out_denies_nothing)
{
    struct session_record record = fresh_record();
    record.reference = REFERENCE_OWNER;
    record.image_hash[0] = 1;
    settle(&record, matched_face());
    cr_expect(record.verdict.accepted);
    cr_expect(record.verdict.verified && record.verdict.identical);
    cr_expect_eq(record.verdict.confidence_ppm, 750000);
    cr_expect_not(record.verdict.image_hash_checked);
    record_free(&record);
}
