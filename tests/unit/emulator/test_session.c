/*
 * The state machine of one session.
 */
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
