/*
 * Abuse monitoring: one face under several correlation ids.
 */
#include "base/alloc.h"
#include "emulator/abuse.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct emu_sessions sessions;
static struct fake_random source;

static void setup(void)
{
    fake_random_init(&source, 13);
    emu_sessions_init(&sessions, 100);
}

static void teardown(void)
{
    emu_sessions_done(&sessions);
}

TestSuite(abuse, .init = setup, .fini = teardown);

static struct emu_session *begin_as(const char *device, const char *user)
{
    struct emu_session_settings settings = {
        .attempts_allowed = 3,
        .device_correlation_id = xstrdup(device),
        .user = user ? xcalloc(1, sizeof *settings.user) : NULL,
    };

    if (user)
        settings.user->correlation_id = xstrdup(user);
    struct emu_session *session = emu_sessions_add(&sessions, &settings, &source.random, 0);
    session->abuse_monitored = true;
    cr_assert(emu_session_start(session));
    return session;
}

static struct emu_session *begin(const char *device)
{
    return begin_as(device, NULL);
}

static struct emu_attempt *see(struct emu_session *session, const char *body)
{
    struct emu_sight sight;

    cr_assert_eq(emu_sight_decode(slice_of(body), &sight), EMU_OK);
    struct emu_attempt *attempt = emu_session_record(session, &sight, &source.random);
    cr_assert_not_null(attempt);
    emu_abuse_judge(&sessions, session, attempt);
    return attempt;
}

Test(abuse, flags_both_sides_of_a_face_seen_twice)
{
    struct emu_session *first = begin("one"), *second = begin("two");
    const struct emu_attempt *here = see(first, "{\"faceId\":\"anna\"}");

    cr_expect_not(here->abuse_detected);
    const struct emu_attempt *there = see(second, "{\"faceId\":\"anna\"}");
    cr_expect(here->abuse_detected);
    cr_expect(there->abuse_detected);
    cr_assert_eq(here->other_count, 1);
    cr_assert_eq(there->other_count, 1);
    cr_expect_str_eq(here->others[0].session_id, second->id);
    cr_expect_str_eq(there->others[0].session_id, first->id);
    cr_expect_eq(there->others[0].attempt_id, 1);
    cr_expect(emu_abuse_is_flagged(&sessions, "one"));
    cr_expect(emu_abuse_is_flagged(&sessions, "two"));
    cr_expect_not(emu_abuse_is_flagged(&sessions, "three"));
    cr_expect_not(emu_abuse_is_flagged(&sessions, NULL));
}

Test(abuse, is_no_second_try_of_the_same_device_or_user)
{
    (void)see(begin_as("one", "anna"), "{\"faceId\":\"anna\"}");
    cr_expect_not(see(begin("one"), "{\"faceId\":\"anna\"}")->abuse_detected);
    cr_expect_not(see(begin_as("one", "bert"), "{\"faceId\":\"anna\"}")->abuse_detected);
    cr_expect_not(emu_abuse_is_flagged(&sessions, "one"));
}

Test(abuse, is_no_second_device_of_the_same_user)
{
    (void)see(begin_as("one", "anna"), "{\"faceId\":\"anna\"}");
    cr_expect_not(see(begin_as("two", "anna"), "{\"faceId\":\"anna\"}")->abuse_detected);
    cr_expect(see(begin_as("three", "bert"), "{\"faceId\":\"anna\"}")->abuse_detected);
}

Test(abuse, is_not_seen_in_other_faces_or_none)
{
    (void)see(begin("one"), "{\"faceId\":\"anna\"}");
    cr_expect_not(see(begin("two"), "{\"faceId\":\"bert\"}")->abuse_detected);
    cr_expect_not(see(begin("three"), "{}")->abuse_detected);
    cr_expect_not(see(begin("four"), "{}")->abuse_detected);
}

Test(abuse, can_be_told)
{
    const struct emu_attempt *attempt = see(begin("one"), "{\"abuse\":true}");

    cr_expect(attempt->abuse_detected);
    cr_expect_eq(attempt->other_count, 0);
    cr_expect(emu_abuse_is_flagged(&sessions, "one"));
}

Test(abuse, is_not_looked_for_unless_monitored)
{
    struct emu_session *second = begin("two");

    (void)see(begin("one"), "{\"faceId\":\"anna\"}");
    second->abuse_monitored = false;
    cr_expect_not(see(second, "{\"faceId\":\"anna\",\"abuse\":true}")->abuse_detected);
    cr_expect_not(emu_abuse_is_flagged(&sessions, "two"));
}

Test(abuse, lists_a_bounded_number_of_others)
{
    char device[16];

    for (unsigned i = 0; i < 2 * EMU_OTHER_ATTEMPTS_MAX; i++) {
        (void)snprintf(device, sizeof device, "device-%u", i);
        (void)see(begin(device), "{\"faceId\":\"anna\"}");
    }
    cr_expect_eq(see(begin("last"), "{\"faceId\":\"anna\"}")->other_count, EMU_OTHER_ATTEMPTS_MAX);
}

Test(abuse, remembers_a_bounded_number_of_ids_beyond_their_sessions)
{
    char device[16];

    for (unsigned i = 0; i <= EMU_FLAGGED_IDS_MAX; i++) {
        (void)snprintf(device, sizeof device, "device-%u", i);
        (void)see(begin(device), "{\"abuse\":true}");
    }
    cr_expect_not(emu_abuse_is_flagged(&sessions, "device-0"), "the oldest is forgotten");
    cr_expect(emu_abuse_is_flagged(&sessions, "device-1"), "its session is gone");
    cr_expect(emu_abuse_is_flagged(&sessions, device));
}
