/*
 * Promises of lifecycle/waits.h: when those who wait have upstream looked at, and what they are
 * told of it.
 */
#include "waiters.h"

/* ---- looks ---- */

/* Lets time pass in small steps, upstream always saying the same; the times of the first looks, in
 * milliseconds from now, and how many of them were urgent. */
static unsigned watch_looks(struct world *it, const struct waiter *watcher,
                            struct face_answer *(*says)(void), uint64_t ret_at[], size_t count)
{
    enum { STEP_MS = 100 };
    unsigned urgent = 0;
    uint64_t now = 0;
    for (size_t i = 0; i < count;) {
        struct face_call *call = next_look(it);
        if (!call) {
            pass(it, STEP_MS);
            now += STEP_MS;
            continue;
        }
        ret_at[i++] = now;
        urgent += call->operation == FACE_GET;
        unsigned heard = watcher->heard[WAIT_LOOKED];
        fake_answer(call, says());
        if (says == says_running)
            turn_until(it, watcher->heard[WAIT_LOOKED] == heard + 1);
    }
    return urgent;
}

static void expect_times(const uint64_t at[], const uint64_t expected[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        cr_expect_eq(at[i], expected[i], "look %zu at %llu", i, (unsigned long long)at[i]);
}

Test(waits, look_every_5_s_while_nobody_has_completed)
{
    static const uint64_t expected[] = {5000, 10000, 15000};
    static struct world world;
    uint64_t at[3];
    world_open(&world);
    struct session_record record = open_session(&world);
    struct waiter waiter = {.ticket.every = true};
    wait_for(&world, &waiter, &record, LONG);
    cr_expect_eq(watch_looks(&world, &waiter, says_running, at, 3), 0);
    expect_times(at, expected, 3);
    world_close(&world);
}

Test(waits, look_as_often_when_upstream_has_no_time)
{
    static const uint64_t expected[] = {5000, 10000, 15000};
    static struct world world;
    uint64_t at[3];
    world_open(&world);
    struct session_record record = open_session(&world);
    struct waiter waiter = {.ticket.every = true};
    wait_for(&world, &waiter, &record, LONG);
    cr_expect_eq(watch_looks(&world, &waiter, says_busy, at, 3), 0);
    expect_times(at, expected, 3);
    cr_expect_eq(heard_in_all(&waiter), 0);
    world_close(&world);
}

Test(waits, look_soon_and_ever_later_once_it_is_completed)
{
    static const uint64_t expected[] = {500, 1500, 3500, 7500, 12500, 17500};
    static struct world world;
    uint64_t at[6];
    world_open(&world);
    struct session_record record = open_session(&world);
    change_session(&world, record.id, complete_apply);
    cr_assert_eq(load(&world.files, record.id), STORE_OK);
    struct waiter waiter = {.ticket.every = true};
    wait_for(&world, &waiter, world.files.record, LONG);
    cr_expect_eq(watch_looks(&world, &waiter, says_running, at, 6), 3, "the first ones are urgent");
    expect_times(at, expected, 6);
    world_close(&world);
}

static void asked(struct ask_ticket *ticket, enum problem problem, unsigned retry_after_s,
                  const struct session_record *record, const struct face_session *face)
{
    (void)ticket;
    (void)problem;
    (void)retry_after_s;
    (void)record;
    (void)face;
}

/* Somebody else's completion, with the look that goes with it. */
Test(waits, look_soon_after_the_look_of_a_completion)
{
    static const uint64_t expected[] = {500, 1500, 3500, 7500, 12500};
    static struct world world;
    uint64_t at[5];
    world_open(&world);
    struct session_record record = open_session(&world);
    struct waiter waiter = {.ticket.every = true};
    struct ask_ticket completer = {.done = asked};
    wait_for(&world, &waiter, &record, LONG);
    pass(&world, 3000);
    change_session(&world, record.id, complete_apply);
    asker_ask(world.sessions->asker, &record, ASK_AT_ONCE, "request", &completer);
    turn(&world);
    fake_answer(next_look(&world), says_running());
    turn_until(&world, waiter.heard[WAIT_LOOKED] == 1);
    watch_looks(&world, &waiter, says_running, at, 5);
    expect_times(at, expected, 5);
    world_close(&world);
}

/* ---- what is told ---- */

Test(waits, hear_what_anybody_else_learns)
{
    static struct world world;
    world_open(&world);
    struct session_record record = open_session(&world);
    struct waiter every = {.ticket.every = true}, last = {.ticket.every = false};
    struct ask_ticket asker = {.done = asked};
    wait_for(&world, &every, &record, SOON);
    wait_for(&world, &last, &record, SOON);
    asker_ask(world.sessions->asker, &record, ASK_NOW, "request", &asker);
    turn(&world);
    fake_answer(next_look(&world), says_running());
    turn_until(&world, every.heard[WAIT_LOOKED] == 1);
    cr_expect(every.had_face);
    cr_expect_eq(heard_in_all(&last), 0);
    pass(&world, SOON);
    turn_until(&world, ends(&every) == 1 && ends(&last) == 1);
    cr_expect(last.had_face, "what the look said is still known");
    cr_expect_eq(looks(&world), 1);
    world_close(&world);
}

Test(waits, show_nobody_an_answer_older_than_their_question)
{
    static struct world world;
    world_open(&world);
    struct session_record record = open_session(&world);
    struct waiter early = {.ticket.every = true}, late = {.ticket.every = true};
    wait_for(&world, &early, &record, LONG);
    pass(&world, 5000);
    fake_answer(next_look(&world), says_running());
    turn_until(&world, early.heard[WAIT_LOOKED] == 1);
    wait_for(&world, &late, &record, SOON);
    pass(&world, SOON);
    turn_until(&world, ends(&late) == 1);
    cr_expect_not(late.had_face);
    world_close(&world);
}

Test(waits, hear_the_end_rather_than_what_was_before)
{
    static struct world world;
    static struct waiter crowd[CROWD];
    world_open(&world);
    struct session_record record = open_session(&world);
    crowd_waits(&world, crowd, &record, SOON);
    waits_tell_look(world.sessions->waits, &record, &says_running()->session);
    record.state = SESSION_SETTLED;
    waits_tell_change(world.sessions->waits, &record);
    pass(&world, SOON); /* and then the time is over as well */
    turn_until(&world, all_ended(crowd));
    expect_each_once(crowd, WAIT_SETTLED);
    world_close(&world);
}
