/*
 * Promises of lifecycle/waits.h: whoever waits hears how it ends, once, and only then; who leaves
 * hears nothing more; and nothing is left of anybody.
 */
#include "waiters.h"

/* ---- ends ---- */

Test(waits, everybody_hears_of_the_verdict_once_and_one_look_does)
{
    static struct world world;
    static struct waiter crowd[CROWD];
    world_open(&world);
    struct session_record record = open_session(&world);
    unsigned before = handles(&world);
    crowd_waits(&world, crowd, &record, LONG);
    cr_assert_eq(waiting(&world), CROWD);
    pass(&world, 5000);
    fake_answer(next_look(&world), says_live());
    turn_until(&world, all_ended(crowd));
    expect_each_once(crowd, WAIT_SETTLED);
    for (int i = 0; i < CROWD; i++) {
        cr_expect_eq(crowd[i].state, SESSION_SETTLED);
        cr_expect_eq(crowd[i].heard[WAIT_LOOKED], 0);
        cr_expect_not(crowd[i].had_face);
    }
    cr_expect_eq(looks(&world), 1);
    fake_answer(fake_call(&world.face, FACE_DELETE), answer_saying(FACE_STATUS_UNKNOWN, ""));
    expect_nothing_left(&world, before);
    world_close(&world);
}

Test(waits, end_when_the_time_is_over)
{
    static struct world world;
    static struct waiter crowd[CROWD];
    world_open(&world);
    struct session_record record = open_session(&world);
    unsigned before = handles(&world);
    struct waiter longer = {.ticket.every = false};
    crowd_waits(&world, crowd, &record, SOON);
    wait_for(&world, &longer, &record, SOON + 500);
    pass(&world, SOON - 1);
    cr_assert_eq(waiting(&world), CROWD + 1);
    pass(&world, 1);
    turn_until(&world, all_ended(crowd));
    expect_each_once(crowd, WAIT_OVER);
    cr_expect_eq(heard_in_all(&longer), 0);
    pass(&world, 500);
    turn_until(&world, ends(&longer) == 1);
    cr_expect_eq(longer.heard[WAIT_OVER], 1);
    cr_expect_eq(looks(&world), 0);
    expect_nothing_left(&world, before);
    world_close(&world);
}

Test(waits, end_when_the_session_is_removed)
{
    static struct world world;
    static struct waiter crowd[CROWD];
    world_open(&world);
    struct session_record record = open_session(&world);
    crowd_waits(&world, crowd, &record, LONG);
    change_session(&world, record.id, remove_apply);
    turn_until(&world, all_ended(crowd));
    expect_each_once(crowd, WAIT_GONE);
    cr_expect_eq(waiting(&world), 0);
    world_close(&world);
}

Test(waits, end_when_upstream_has_forgotten_the_session)
{
    static struct world world;
    static struct waiter crowd[CROWD];
    world_open(&world);
    struct session_record record = open_session(&world);
    crowd_waits(&world, crowd, &record, LONG);
    pass(&world, 5000);
    fake_answer(next_look(&world), says_gone());
    turn_until(&world, all_ended(crowd));
    expect_each_once(crowd, WAIT_SETTLED);
    world_close(&world);
}

Test(waits, end_when_the_record_is_no_more)
{
    static struct world world;
    world_open(&world);
    struct session_record record = new_record(&world.files); /* never stored */
    struct waiter waiter = {.ticket.every = true};
    wait_for(&world, &waiter, &record, LONG);
    pass(&world, 5000);
    fake_answer(next_look(&world), says_running());
    turn_until(&world, ends(&waiter) == 1);
    cr_expect_eq(waiter.heard[WAIT_GONE], 1);
    cr_expect_eq(waiting(&world), 0);
    world_close(&world);
}

Test(waits, end_when_the_server_does_and_new_ones_too)
{
    static struct world world;
    static struct waiter crowd[CROWD];
    struct waiter late = {.ticket.every = true};
    world_open(&world);
    unsigned before = handles(&world);
    for (int i = 0; i < CROWD; i++) {
        struct session_record record = open_session(&world);
        crowd[i] = (struct waiter){.ticket.every = i % 2};
        wait_for(&world, &crowd[i], &record, LONG);
    }
    waits_drain(world.sessions->waits);
    for (int i = 0; i < CROWD; i++)
        cr_assert_eq(ends(&crowd[i]), 0, "told from within the call");
    turn_until(&world, all_ended(crowd));
    expect_each_once(crowd, WAIT_DRAINED);
    struct session_record record = open_session(&world);
    wait_for(&world, &late, &record, LONG);
    turn_until(&world, ends(&late) == 1);
    cr_expect_eq(late.heard[WAIT_DRAINED], 1);
    expect_nothing_left(&world, before);
    world_close(&world);
}

Test(waits, for_what_is_settled_already_end_at_once)
{
    static struct world world;
    world_open(&world);
    struct session_record record = open_session(&world);
    struct waiter first = {.ticket.every = true}, second = {.ticket.every = true};
    record.state = SESSION_SETTLED;
    wait_for(&world, &first, &record, LONG);
    turn_until(&world, ends(&first) == 1);
    record.state = SESSION_REMOVED;
    wait_for(&world, &second, &record, LONG);
    turn_until(&world, ends(&second) == 1);
    cr_expect_eq(first.heard[WAIT_SETTLED], 1);
    cr_expect_eq(second.heard[WAIT_GONE], 1);
    world_close(&world);
}

Test(waits, are_forgotten_when_all_ends)
{
    static struct world world;
    static struct waiter crowd[CROWD];
    world_open(&world);
    struct session_record record = open_session(&world);
    crowd_waits(&world, crowd, &record, LONG);
    pass(&world, 5000);
    cr_assert_not_null(next_look(&world));
    waits_drain(world.sessions->waits); /* and they are about to be told */
    world_close(&world);
    for (int i = 0; i < CROWD; i++)
        cr_expect_eq(heard_in_all(&crowd[i]), 0);
}

/* ---- leaving ---- */

Test(waits, who_leaves_hears_nothing_more)
{
    static struct world world;
    static struct waiter crowd[CROWD];
    world_open(&world);
    struct session_record record = open_session(&world);
    unsigned before = handles(&world);
    crowd_waits(&world, crowd, &record, LONG);
    waits_leave(&crowd[0].ticket);
    waits_leave(&crowd[0].ticket); /* once is enough */
    cr_assert_eq(waiting(&world), CROWD - 1);
    waits_drain(world.sessions->waits);
    for (int i = 1; i < CROWD; i++) /* those that are to be told, too */
        waits_leave(&crowd[i].ticket);
    turn(&world);
    for (int i = 0; i < CROWD; i++)
        cr_expect_eq(heard_in_all(&crowd[i]), 0);
    expect_nothing_left(&world, before);
    world_close(&world);
}

Test(waits, the_last_to_leave_takes_the_look_along)
{
    static struct world world;
    world_open(&world);
    struct session_record record = open_session(&world);
    unsigned before = handles(&world);
    struct waiter first = {.ticket.every = true}, second = {.ticket.every = false};
    wait_for(&world, &first, &record, LONG);
    wait_for(&world, &second, &record, LONG);
    pass(&world, 5000);
    cr_assert_not_null(next_look(&world));
    waits_leave(&first.ticket);
    cr_expect_eq(world.face.cancelled, 0);
    waits_leave(&second.ticket);
    cr_expect_eq(world.face.cancelled, 1);
    expect_nothing_left(&world, before);
    world_close(&world);
}

static void leave_with_the_other(struct waiter *self, const struct session_record *record)
{
    (void)record;
    waits_leave(&self->ticket);
    waits_leave(&self->other->ticket);
}

Test(waits, may_leave_and_make_others_leave_when_told)
{
    static struct world world;
    world_open(&world);
    struct session_record record = open_session(&world);
    unsigned before = handles(&world);
    for (int every = 1; every >= 0; every--) {
        struct waiter first = {.ticket.every = every, .then = leave_with_the_other};
        struct waiter second = {.ticket.every = every, .then = leave_with_the_other};
        first.other = &second;
        second.other = &first;
        wait_for(&world, &first, &record, LONG);
        wait_for(&world, &second, &record, LONG);
        pass(&world, 5000);
        if (every)
            fake_answer(next_look(&world), says_running());
        else
            waits_drain(world.sessions->waits);
        turn_until(&world, waiting(&world) == 0);
        cr_expect_eq(heard_in_all(&first), 1);
        cr_expect_eq(heard_in_all(&second), 0);
    }
    expect_nothing_left(&world, before);
    world_close(&world);
}

static void wait_again(struct waiter *self, const struct session_record *record)
{
    self->then = NULL;
    wait_for(self->world, self, record, SOON);
}

Test(waits, may_wait_again_when_told)
{
    static struct world world;
    world_open(&world);
    struct session_record record = open_session(&world);
    unsigned before = handles(&world);
    struct waiter waiter = {.then = wait_again};
    wait_for(&world, &waiter, &record, SOON);
    pass(&world, SOON);
    turn_until(&world, waiter.heard[WAIT_OVER] == 1);
    cr_assert_eq(waiting(&world), 1);
    pass(&world, SOON);
    turn_until(&world, waiter.heard[WAIT_OVER] == 2);
    expect_nothing_left(&world, before);
    world_close(&world);
}
