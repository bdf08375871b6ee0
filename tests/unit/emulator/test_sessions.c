/*
 * The table of sessions: look-up, lifetime, bound.
 */
#include "base/alloc.h"
#include "emulator/sessions.h"

#include <criterion/criterion.h>
#include <ctype.h>

static struct emu_sessions sessions;
static struct fake_random source;

static void setup(void)
{
    fake_random_init(&source, 7);
    emu_sessions_init(&sessions, 3);
}

static void teardown(void)
{
    emu_sessions_done(&sessions);
}

TestSuite(sessions, .init = setup, .fini = teardown);

/* The id of a session made at that time; the session itself may be forgotten any time. */
struct id {
    char text[UUID_SIZE];
};

static struct id add(int64_t now_ms)
{
    struct emu_session_settings settings = {
        .attempts_allowed = 3,
        .device_correlation_id = xstrdup("device"),
        .model_version = xstrdup("model"),
    };
    const struct emu_session *session =
        emu_sessions_add(&sessions, &settings, &source.random, now_ms);
    struct id id;

    cr_assert_null(settings.device_correlation_id, "the texts are the session's now");
    memcpy(id.text, session->id, sizeof id.text);
    return id;
}

static bool knows(const struct id *id, int64_t now_ms)
{
    return emu_sessions_find(&sessions, slice_of(id->text), now_ms) != NULL;
}

Test(sessions, finds_by_id_in_any_case)
{
    struct id id = add(0);

    cr_expect(knows(&id, 0));
    for (char *c = id.text; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    cr_expect(knows(&id, 0));
}

Test(sessions, makes_lower_case_version_4_ids)
{
    const struct id id = add(0);

    cr_expect_eq(strlen(id.text), 36);
    cr_expect_eq(id.text[14], '4');
    for (const char *c = id.text; *c; c++)
        cr_expect_not(isupper((unsigned char)*c));
}

Test(sessions, knows_no_other_id)
{
    struct id id = add(0);

    id.text[0] = id.text[0] == 'a' ? 'b' : 'a';
    cr_expect_not(knows(&id, 0));
    cr_expect_null(emu_sessions_find(&sessions, SLICE(""), 0));
    cr_expect_null(emu_sessions_find(&sessions, (struct slice){id.text, 35}, 0));
}

Test(sessions, live_for_48_hours)
{
    const struct id id = add(5000);

    cr_expect(knows(&id, 5000 + EMU_SESSION_LIFETIME_MS - 1));
    cr_expect_not(knows(&id, 5000 + EMU_SESSION_LIFETIME_MS));
    cr_expect_eq(sessions.count, 0);
}

Test(sessions, are_swept_when_expired_and_only_then)
{
    const struct id first = add(0);
    const struct id second = add(1000);

    emu_sessions_sweep(&sessions, EMU_SESSION_LIFETIME_MS);
    cr_expect_eq(sessions.count, 1);
    cr_expect_not(knows(&first, 0));
    cr_expect(knows(&second, 0));
}

Test(sessions, expire_behind_a_younger_one_when_the_clock_was_set_back)
{
    const struct id late = add(10000);
    const struct id early = add(0);

    emu_sessions_sweep(&sessions, EMU_SESSION_LIFETIME_MS);
    cr_expect_not(knows(&early, EMU_SESSION_LIFETIME_MS));
    cr_expect(knows(&late, EMU_SESSION_LIFETIME_MS));
}

Test(sessions, forget_the_oldest_first_when_full)
{
    const struct id first = add(0);
    const struct id second = add(1);

    add(2);
    const struct id fourth = add(3);
    cr_expect_eq(sessions.count, 3);
    cr_expect_not(knows(&first, 3));
    cr_expect(knows(&second, 3));
    cr_expect(knows(&fourth, 3));
}

Test(sessions, stay_linked_when_one_in_the_middle_goes)
{
    const struct id first = add(0);
    const struct id second = add(1);
    const struct id third = add(2);

    emu_sessions_remove(&sessions, emu_sessions_find(&sessions, slice_of(second.text), 2));
    cr_expect_str_eq(sessions.oldest->id, first.text);
    cr_expect_str_eq(sessions.oldest->newer->id, third.text);
    cr_expect_eq(sessions.newest->older, sessions.oldest);
    emu_sessions_remove(&sessions, sessions.newest);
    emu_sessions_remove(&sessions, sessions.oldest);
    cr_expect_eq(sessions.count, 0);
    cr_expect_null(sessions.oldest);
    cr_expect_null(sessions.newest);
    const struct id again = add(3);
    cr_expect(knows(&again, 3));
}

Test(sessions, survive_many_in_few_buckets)
{
    struct emu_sessions many;
    struct emu_session_settings settings = {0};

    emu_sessions_init(&many, 70000);
    for (unsigned i = 0; i < 80000; i++)
        emu_sessions_add(&many, &settings, &source.random, i);
    cr_expect_eq(many.count, 70000);
    cr_expect_eq(many.oldest->created_ms, 10000);
    unsigned found = 0;
    for (struct emu_session *i = many.oldest; i; i = i->newer)
        found += emu_sessions_find(&many, slice_of(i->id), 0) == i;
    cr_expect_eq(found, 70000);
    emu_sessions_done(&many);
}
