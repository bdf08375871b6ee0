/*
 * The state machine of one session.
 */
#include "base/alloc.h"
#include "emulator/sessions.h"

#include <criterion/criterion.h>

static struct emu_sessions sessions;
static struct emu_session *session;
static struct fake_random source;

static const struct emu_sight real_face = {.decision = EMU_REALFACE};
static const struct emu_sight spoof = {.decision = EMU_SPOOFFACE};

static void setup(void)
{
    struct emu_session_settings settings = {.kind = EMU_LIVENESS, .attempts_allowed = 3};

    fake_random_init(&source, 1);
    emu_sessions_init(&sessions, 10);
    session = emu_sessions_add(&sessions, &settings, &source.random, 1000);
}

static void teardown(void)
{
    emu_sessions_done(&sessions);
}

TestSuite(session, .init = setup, .fini = teardown);

static const struct emu_attempt *record_error(struct slice body)
{
    struct emu_sight sight;

    cr_assert_eq(emu_sight_decode(body, &sight), EMU_OK);
    return emu_session_record(session, &sight, &source.random);
}

Test(session, begins_not_started_with_all_attempts)
{
    cr_expect_eq(session->status, EMU_NOT_STARTED);
    cr_expect_eq(emu_session_attempts_left(session), 3);
}

Test(session, takes_no_sight_before_its_start)
{
    cr_expect_null(emu_session_record(session, &real_face, &source.random));
    cr_expect_eq(session->status, EMU_NOT_STARTED);
    cr_expect_eq(session->attempt_count, 0);
}

Test(session, runs_from_its_start_and_may_be_started_again)
{
    cr_expect(emu_session_start(session));
    cr_expect_eq(session->status, EMU_RUNNING);
    cr_expect(emu_session_start(session));
    cr_expect_eq(emu_session_attempts_left(session), 3);
}

Test(session, succeeds_with_any_decision_even_a_spoof)
{
    cr_assert(emu_session_start(session));
    const struct emu_attempt *attempt = emu_session_record(session, &spoof, &source.random);

    cr_assert_not_null(attempt);
    cr_expect_eq(attempt->status, EMU_SUCCEEDED);
    cr_expect_eq(session->status, EMU_SUCCEEDED);
}

Test(session, is_over_after_a_decision)
{
    cr_assert(emu_session_start(session));
    cr_assert_not_null(emu_session_record(session, &real_face, &source.random));
    cr_expect_eq(emu_session_attempts_left(session), 0);
    cr_expect_not(emu_session_start(session));
    cr_expect_null(emu_session_record(session, &real_face, &source.random));
    cr_expect_eq(session->attempt_count, 1);
    cr_expect_eq(session->status, EMU_SUCCEEDED);
}

Test(session, keeps_running_after_a_failure_with_attempts_left)
{
    cr_assert(emu_session_start(session));
    const struct emu_attempt *attempt = record_error(SLICE("{\"error\":\"FaceWithMaskDetected\"}"));

    cr_expect_eq(attempt->status, EMU_FAILED);
    cr_expect_eq(session->status, EMU_RUNNING);
    cr_expect_eq(emu_session_attempts_left(session), 2);
}

Test(session, fails_with_the_last_attempt)
{
    cr_assert(emu_session_start(session));
    for (unsigned i = 0; i < 3; i++)
        cr_assert_not_null(record_error(SLICE("{\"error\":\"NoFaceDetected\"}")));
    cr_expect_eq(session->status, EMU_FAILED);
    cr_expect_null(record_error(SLICE("{\"error\":\"NoFaceDetected\"}")));
    cr_expect_not(emu_session_start(session));
}

Test(session, succeeds_on_the_last_attempt)
{
    cr_assert(emu_session_start(session));
    cr_assert_not_null(record_error(SLICE("{\"error\":\"TimedOut\"}")));
    cr_assert_not_null(record_error(SLICE("{\"error\":\"TimedOut\"}")));
    cr_assert_not_null(emu_session_record(session, &real_face, &source.random));
    cr_expect_eq(session->status, EMU_SUCCEEDED);
    cr_expect_eq(session->attempt_count, 3);
}

Test(session, is_canceled_by_the_user)
{
    cr_assert(emu_session_start(session));
    const struct emu_attempt *attempt = record_error(SLICE("{\"error\":\"UserCanceledSession\"}"));

    cr_expect_eq(attempt->status, EMU_CANCELED);
    cr_expect_eq(session->status, EMU_CANCELED);
    cr_expect_not(emu_session_start(session));
}

Test(session, ends_an_attempt_once)
{
    cr_expect_not(emu_session_end_attempt(session));
    cr_assert(emu_session_start(session));
    cr_assert_not_null(emu_session_record(session, &real_face, &source.random));
    cr_expect(emu_session_end_attempt(session));
    cr_expect_not(emu_session_end_attempt(session));
    cr_expect_eq(session->status, EMU_SUCCEEDED);
}

Test(session, loses_no_attempt_by_an_end_without_a_sight)
{
    cr_assert(emu_session_start(session));
    cr_expect(emu_session_end_attempt(session));
    cr_expect_eq(session->status, EMU_RUNNING);
    cr_expect_eq(emu_session_attempts_left(session), 3);
}

Test(session, gives_each_attempt_a_digest_and_id_of_its_own)
{
    cr_assert(emu_session_start(session));
    const struct emu_attempt *first = record_error(SLICE("{\"error\":\"TimedOut\"}"));
    const struct emu_attempt *second = emu_session_record(session, &real_face, &source.random);

    cr_expect_str_neq(first->result_id, second->result_id);
    cr_expect_neq(memcmp(first->digest, second->digest, EMU_DIGEST_BYTES), 0);
}

/* ---- with verify ---- */

static struct emu_session *begin_verify(bool with_image)
{
    struct emu_session_settings settings = {
        .kind = EMU_LIVENESS_WITH_VERIFY,
        .attempts_allowed = 3,
        .verify = xcalloc(1, sizeof *settings.verify),
    };

    settings.verify->has_image = with_image;
    struct emu_session *verified = emu_sessions_add(&sessions, &settings, &source.random, 1000);
    cr_assert(emu_session_start(verified));
    return verified;
}

static const char *outcome(bool with_image, const struct emu_sight *sight)
{
    const struct emu_attempt *attempt =
        emu_session_record(begin_verify(with_image), sight, &source.random);

    cr_assert_not_null(attempt);
    return attempt->sight.error ? attempt->sight.error->code : "";
}

static const struct emu_sight face_with_image = {.decision = EMU_REALFACE, .has_image = true};

Test(session, needs_a_reference_image_from_one_side_to_verify)
{
    cr_expect_str_eq(outcome(true, &real_face), "");
    cr_expect_str_eq(outcome(false, &face_with_image), "");
    cr_expect_str_eq(outcome(false, &real_face), "VerifyImageNotProvided");
    cr_expect_str_eq(outcome(true, &face_with_image), "SetVerifyImageNotAllowed");
}

Test(session, fails_an_attempt_by_what_is_wrong_with_the_devices_image)
{
    struct emu_sight sight = face_with_image;

    sight.image_error = emu_camera_error_find(SLICE("FaceNotFound"));
    cr_expect_str_eq(outcome(false, &sight), "FaceNotFound");
    sight.error = emu_camera_error_find(SLICE("TimedOut"));
    cr_expect_str_eq(outcome(false, &sight), "TimedOut", "the camera came first");
}

Test(session, goes_on_after_an_attempt_without_image)
{
    struct emu_session *verified = begin_verify(false);

    cr_assert_not_null(emu_session_record(verified, &real_face, &source.random));
    cr_expect_eq(verified->status, EMU_RUNNING);
    cr_assert_not_null(emu_session_record(verified, &face_with_image, &source.random));
    cr_expect_eq(verified->status, EMU_SUCCEEDED);
}

Test(session, has_an_image_of_an_attempt_only_when_asked_for_and_without_error)
{
    cr_assert(emu_session_start(session));
    const struct emu_attempt *failed = record_error(SLICE("{\"error\":\"TimedOut\"}"));
    const struct emu_attempt *succeeded = emu_session_record(session, &spoof, &source.random);

    cr_expect_not(emu_attempt_has_image(session, succeeded));
    session->settings.enable_session_image = true;
    cr_expect(emu_attempt_has_image(session, succeeded));
    cr_expect_not(emu_attempt_has_image(session, failed));
}
