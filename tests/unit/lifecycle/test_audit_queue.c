/*
 * Audit entries on their way into a store that is slow, or refuses: together, in order, none twice,
 * and in bounded memory.
 */
#include "lifecycle/audit.h"
#include "shared_world.h"

static void open_world(void)
{
    world_open(60000);
    turn_often();
    fake_store.held[CALL_AUDIT_APPEND] = true;
}

TestSuite(audit_queue, .init = open_world, .fini = world_close, .timeout = 60);

static void say(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        audit_say(it.sessions->audit, &(struct audit_event){.action = AUDIT_LISTED});
}

static unsigned entries_of(const struct store_call *call)
{
    unsigned count = 0;
    for (const struct audit_entry *entry = call->entries; entry; entry = entry->next)
        count++;
    return count;
}

static unsigned asked(void)
{
    return pending(CALL_AUDIT_APPEND) ? entries_of(pending(CALL_AUDIT_APPEND)) : 0;
}

static void answer(enum store_result result)
{
    struct store_call *call = pending(CALL_AUDIT_APPEND);
    cr_assert_not_null(call);
    fake_answer_call(call, result);
    turn_often();
}

static double lost(void)
{
    return series_value(METRIC_SERIES(metrics_counter(
        it.metrics, "livenessd_audit_lost_total", "Entries that the store did not take.", NULL)));
}

Test(audit_queue, appends_together_what_came_meanwhile)
{
    say(20);
    cr_expect_eq(asked(), 1);
    cr_expect_eq(pending_count(CALL_AUDIT_APPEND), 1);
    answer(STORE_OK);
    cr_expect_eq(asked(), STORE_AUDIT_MAX);
    answer(STORE_OK);
    cr_expect_eq(asked(), 19 - STORE_AUDIT_MAX);
    cr_expect(audit_busy(it.sessions->audit));
    answer(STORE_OK);
    cr_expect_eq(asked(), 0);
    cr_expect_not(audit_busy(it.sessions->audit));
}

/* The id of the first entry that is being written, empty when none is. */
static void first_id(char ret_id[UUID_SIZE])
{
    const struct store_call *call = pending(CALL_AUDIT_APPEND);
    memset(ret_id, 0, UUID_SIZE);
    if (call)
        memcpy(ret_id, call->entries->id, UUID_SIZE);
}

Test(audit_queue, tries_again_what_was_refused)
{
    say(1);
    char id[UUID_SIZE], again[UUID_SIZE];
    first_id(id);
    answer(STORE_UNAVAILABLE);
    cr_expect_eq(asked(), 0);
    cr_expect_not(audit_busy(it.sessions->audit), "nothing that a shutdown could wait for");
    say(1);
    cr_expect_eq(asked(), 0, "not at every event");
    audit_keep_house(it.sessions->audit);
    cr_expect_eq(asked(), 2);
    first_id(again);
    cr_expect_str_eq(again, id, "the same entry");
    answer(STORE_OK);
    cr_expect_eq(lost(), 0);
}

Test(audit_queue, holds_no_more_than_it_may)
{
    say(AUDIT_QUEUE_MAX + 7);
    cr_expect_eq(lost(), 7);
    unsigned taken = 0;
    while (asked() > 0) {
        taken += asked();
        answer(STORE_OK);
    }
    cr_expect_eq(taken, AUDIT_QUEUE_MAX);
    say(1);
    cr_expect_eq(asked(), 1);
    cr_expect_eq(lost(), 7);
}

Test(audit_queue, is_handed_over_at_the_end)
{
    say(20);
    it.sessions = sessions_free(it.sessions);
    unsigned handed = 0;
    for (size_t i = 0; i < fake_store.call_count; i++)
        if (fake_store.calls[i]->kind == CALL_AUDIT_APPEND)
            handed += entries_of(fake_store.calls[i]);
    cr_expect_eq(handed, 20);
}
