/* Promises of domain/session.h about the digest policy of one session. */
#include "domain/session.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t key[SHA256_BYTES] = {4, 4, 4};

enum { NOW = 50000, RETENTION = 86400000 };

static const struct session_rules when_given = {
    .digest = DIGEST_WHEN_GIVEN, .retention_verdict_ms = RETENTION, .seal_key = key};
static const struct session_rules required = {
    .digest = DIGEST_REQUIRE, .retention_verdict_ms = RETENTION, .seal_key = key};
static const struct session_rules off = {
    .digest = DIGEST_OFF, .retention_verdict_ms = RETENTION, .seal_key = key};

static struct session_record fresh_record(void)
{
    return (struct session_record){.id = "0190163d-8694-739b-aea5-966c26f8ad91",
                                   .attempts_allowed = 3,
                                   .token_expires_at = 601000};
}

/* What a live face that nobody has completed comes to. */
static enum session_change settle_live(struct session_record *record,
                                       const struct session_rules *rules)
{
    static struct face_session face;
    face.status = FACE_STATUS_SUCCEEDED;
    face.attempt_count = 1;
    face.attempts[0] = (struct face_attempt){.attempt_id = 1,
                                             .status = FACE_STATUS_SUCCEEDED,
                                             .has_result = true,
                                             .decision = FACE_DECISION_REALFACE,
                                             .digest = "AB"};
    return session_settle(record, &face, rules, NOW);
}

Test(session_policy, has_the_digest_policy_of_its_platform)
{
    static const struct session_rules rules = {
        .digest = DIGEST_WHEN_GIVEN,
        .digest_by_platform =
            {[PLATFORM_IOS] = DIGEST_REQUIRE + 1, [PLATFORM_WEB] = DIGEST_OFF + 1},
        .retention_verdict_ms = RETENTION,
        .seal_key = key};
    static const struct {
        const char *platform;
        enum digest_policy policy;
    } rows[] = {{"ios", DIGEST_REQUIRE}, {"iOS", DIGEST_REQUIRE},
                {"web", DIGEST_OFF},     {"android", DIGEST_WHEN_GIVEN},
                {"", DIGEST_WHEN_GIVEN}, {"windows", DIGEST_WHEN_GIVEN}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct session_record record = fresh_record();
        memcpy(record.platform, rows[i].platform, strlen(rows[i].platform) + 1);
        session_fix_policy(&record, &rules);
        cr_expect_eq(record.digest_policy, rows[i].policy + 1, "%s", rows[i].platform);
    }
}

Test(session_policy, keeps_its_digest_policy_when_the_settings_change)
{
    struct session_record strict = fresh_record();
    session_fix_policy(&strict, &required);
    cr_expect_eq(settle_live(&strict, &off), SESSION_UNCHANGED, "it waits for the digest");
    struct session_record lax = fresh_record();
    session_fix_policy(&lax, &off);
    cr_expect_eq(settle_live(&lax, &required), SESSION_CHANGED);
    cr_expect(lax.verdict.accepted);
    const struct completion_request late = {.digest = SLICE("CD")};
    (void)session_complete(&lax, &late, &required, NOW);
    cr_expect_eq(lax.verdict.decision, DECISION_LIVE, "a digest means nothing to it");
    free(lax.results_json);
}

Test(session_policy, without_a_digest_policy_of_its_own_goes_by_the_settings)
{
    struct session_record record = fresh_record();
    cr_expect_eq(settle_live(&record, &required), SESSION_UNCHANGED);
    cr_expect_eq(settle_live(&record, &when_given), SESSION_CHANGED);
    free(record.results_json);
    struct session_record newer = fresh_record();
    newer.digest_policy = 99; /* of a newer version of us */
    cr_expect_eq(settle_live(&newer, &off), SESSION_UNCHANGED);
}
