/*
 * From what the camera saw to the verdict a frontend reads.
 */
#include "support/rig.h"

#include <criterion/criterion.h>
#include <string.h>

#define WRONG_DIGEST "0000000000000000000000000000000000000000000000000000000000000000"

static void expect_reason(const struct http_answer *answer, const char *word)
{
    cr_assert(has_reason(answer, word), "no %s: %s", word, answer->body);
}

static void expect_retry(const struct http_answer *answer, const char *word)
{
    cr_assert_str_eq(json_text_at(answer->json, "verdict.retry"), word);
}

Test(verdicts, a_real_face_with_its_digest_is_live)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    const char *digest = play_device(&rig, story.auth_token, SAW_REAL);
    const struct http_answer *answer = story_complete(&rig, &story, digest_body(digest));
    expect_verdict(answer, "live", true);
    cr_assert(json_bool_at(answer->json, "verdict.digestChecked"));
    cr_assert_eq(json_number_at(answer->json, "verdict.attemptId"), 1);
    cr_assert_eq(cJSON_GetArraySize(json_at(answer->json, "verdict.reasons")), 0);
    cr_assert_not_null(json_find(answer->json, "verdict.settledAt"));
    cr_assert_str_eq(json_text_at(answer->json, "results.attempts[0].result.livenessDecision"),
                     "realface");
    cr_assert_null(json_find(answer->json, "results.attempts[0].result.digest"));
}

Test(verdicts, a_spoof_is_a_spoof_and_needs_a_new_session)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    const char *digest = play_device(&rig, story.auth_token, SAW_SPOOF);
    const struct http_answer *answer = story_complete(&rig, &story, digest_body(digest));
    expect_verdict(answer, "spoof", false);
    expect_reason(answer, "spoof");
    expect_retry(answer, "new_session");
    cr_assert_str_eq(json_text_at(answer->json, "status"), "Succeeded");
}

Test(verdicts, an_uncertain_face_is_not_accepted)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    const char *digest =
        play_device(&rig, story.auth_token, "{\"livenessDecision\":\"uncertain\"}");
    const struct http_answer *answer = story_complete(&rig, &story, digest_body(digest));
    expect_verdict(answer, "uncertain", false);
    expect_reason(answer, "uncertain");
}

Test(verdicts, a_failed_attempt_with_attempts_left_may_be_repeated_with_the_same_token)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    play_device(&rig, story.auth_token, SAW_MASK);
    const struct http_answer *answer = story_complete(&rig, &story, "{}");
    expect_verdict(answer, "pending", false);
    expect_retry(answer, "same_session");
    cr_assert_str_eq(json_text_at(answer->json, "results.attempts[0].error.code"),
                     "FaceWithMaskDetected");
    cr_assert_eq(emulator_sessions(&rig), 1, "deleted although it can still be used");
    const char *digest = play_device(&rig, story.auth_token, SAW_REAL);
    answer = story_complete(&rig, &story, digest_body(digest));
    expect_verdict(answer, "live", true);
    cr_assert_eq(json_number_at(answer->json, "verdict.attemptId"), 2);
    cr_assert_eq(json_number_at(answer->json, "results.attempts[0].attemptId"), 2);
    cr_assert_eq(json_number_at(answer->json, "results.attempts[1].attemptId"), 1);
}

Test(verdicts, the_last_failed_attempt_settles)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    for (int i = 0; i < 2; i++) {
        play_device(&rig, story.auth_token, SAW_MASK);
        expect_verdict(story_get(&rig, &story), "pending", false);
    }
    play_device(&rig, story.auth_token, SAW_MASK);
    const struct http_answer *answer = story_get(&rig, &story);
    expect_verdict(answer, "error", false);
    expect_reason(answer, "attempt_error");
    expect_retry(answer, "new_session");
    expect_soon(emulator_sessions(&rig) == 0);
}

Test(verdicts, a_completion_with_an_error_settles_a_failed_attempt)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    play_device(&rig, story.auth_token, SAW_MASK);
    const struct http_answer *answer =
        story_complete(&rig, &story, "{\"error\":\"FaceWithMaskDetected\"}");
    expect_verdict(answer, "error", false);
    expect_reason(answer, "attempt_error");
    expect_soon(emulator_sessions(&rig) == 0);
}

Test(verdicts, a_completion_with_an_error_does_not_undo_a_success)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    play_device(&rig, story.auth_token, SAW_SPOOF);
    expect_verdict(story_complete(&rig, &story, "{\"error\":{\"code\":\"TimedOut\"}}"), "spoof",
                   false);
}

Test(verdicts, a_user_who_walks_away_is_cancelled)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    play_device(&rig, story.auth_token, "{\"error\":\"UserCanceledSession\"}");
    const struct http_answer *answer = story_complete(&rig, &story, "{}");
    expect_verdict(answer, "cancelled", false);
    expect_reason(answer, "cancelled");
}

Test(verdicts, a_session_that_has_not_begun_is_pending)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    const struct http_answer *answer = story_get(&rig, &story);
    expect_verdict(answer, "pending", false);
    cr_assert_str_eq(json_text_at(answer->json, "status"), "NotStarted");
    cr_assert_null(json_find(answer->json, "verdict.settledAt"));
    expect_status(device_call(&rig, story.auth_token, "session/start", "{}"), 200);
    answer = story_complete(&rig, &story, "{}");
    expect_verdict(answer, "pending", false);
    cr_assert_str_eq(json_text_at(answer->json, "status"), "Running");
}

Test(verdicts, a_wrong_digest_is_compromised)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    play_device(&rig, story.auth_token, SAW_REAL);
    const struct http_answer *answer = story_complete(&rig, &story, digest_body(WRONG_DIGEST));
    expect_verdict(answer, "compromised", false);
    expect_reason(answer, "digest_mismatch");
    expect_retry(answer, "stop");
    expect_verdict(story_get(&rig, &story), "compromised", false);
}

Test(verdicts, the_first_digest_counts_even_when_it_comes_late)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    const char *digest = play_device(&rig, story.auth_token, SAW_REAL);
    const struct http_answer *answer = story_get(&rig, &story);
    expect_verdict(answer, "live", true);
    cr_assert_not(json_bool_at(answer->json, "verdict.digestChecked"));
    expect_verdict(story_complete(&rig, &story, digest_body(digest)), "live", true);
    expect_error(story_complete(&rig, &story, digest_body(WRONG_DIGEST)), 409,
                 "CompletionConflict");
}

Test(verdicts, a_wrong_digest_that_comes_late_turns_the_verdict)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    const char *digest = play_device(&rig, story.auth_token, SAW_REAL);
    expect_verdict(story_get(&rig, &story), "live", true);
    expect_verdict(story_complete(&rig, &story, digest_body(WRONG_DIGEST)), "compromised", false);
    expect_error(story_complete(&rig, &story, digest_body(digest)), 409, "CompletionConflict");
    expect_verdict(story_get(&rig, &story), "compromised", false);
}

Test(verdicts, another_digest_than_the_first_is_a_conflict_and_changes_nothing)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    const char *digest = play_device(&rig, story.auth_token, SAW_REAL);
    expect_verdict(story_complete(&rig, &story, digest_body(digest)), "live", true);
    expect_error(story_complete(&rig, &story, digest_body(WRONG_DIGEST)), 409,
                 "CompletionConflict");
    expect_verdict(story_get(&rig, &story), "live", true);
    expect_verdict(story_complete(&rig, &story, digest_body(digest)), "live", true);
    expect_verdict(story_complete(&rig, &story, "{}"), "live", true);
}

Test(verdicts, required_digests_are_waited_for)
{
    struct rig rig = rig_open_set("verdict.digest=require");
    struct story story = story_begin(&rig);
    const char *digest = play_device(&rig, story.auth_token, SAW_REAL);
    expect_verdict(story_get(&rig, &story), "pending", false);
    expect_verdict(story_complete(&rig, &story, digest_body(digest)), "live", true);

    struct story without = story_begin(&rig);
    play_device(&rig, without.auth_token, SAW_REAL);
    const struct http_answer *answer = story_complete(&rig, &without, "{}");
    expect_verdict(answer, "live", false);
    expect_reason(answer, "digest_missing");
}

Test(verdicts, digests_that_are_off_are_not_looked_at)
{
    struct rig rig = rig_open_set("verdict.digest=off");
    struct story story = story_begin(&rig);
    play_device(&rig, story.auth_token, SAW_REAL);
    const struct http_answer *answer = story_complete(&rig, &story, digest_body(WRONG_DIGEST));
    expect_verdict(answer, "live", true);
    cr_assert_not(json_bool_at(answer->json, "verdict.digestChecked"));
}
