/*
 * Who uses a shared store: how many there are, and who is given up.
 */
#include "presence_fixture.h"

static void end(void)
{
    redis_fixture_done(&it);
}

TestSuite(redis_presence, .fini = end, .timeout = 120);

/* At once, whenever the next beat may be. */
Test(redis_presence, is_told_when_others_come_and_go)
{
    struct told first = {0};
    struct told second = {0};
    start();
    it.config.dead_after_ms = 3600000;
    redis_fixture_open(&it);
    listen_for_peers(it.base.store, &first);
    expect_in_time(&it, first.count == 1);
    struct store *other = open_another(&it);
    listen_for_peers(other, &second);
    expect_in_time(&it, second.count == 1 && first.count == 2);
    (void)store_close(other);
    expect_in_time(&it, first.count == 3);
    cr_expect_eq(first.counts[0], 1);
    cr_expect_eq(first.counts[1], 2);
    cr_expect_eq(first.counts[2], 1);
    cr_expect_eq(second.count, 1);
    cr_expect_eq(second.counts[0], 2);
}

Test(redis_presence, is_told_to_everybody_who_begins_to_listen)
{
    struct told first = {0};
    struct told second = {0};
    start();
    redis_fixture_open(&it);
    listen_for_peers(it.base.store, &first);
    expect_in_time(&it, last_told(&first) == 1);
    listen_for_peers(it.base.store, &second);
    expect_in_time(&it, last_told(&second) == 1);
    store_listen(it.base.store, NULL);
    struct store *other = open_another(&it);
    let_them_beat();
    (void)store_close(other);
    cr_expect_eq(first.count, 1);
    cr_expect_eq(second.count, 1);
}

static void close_the_store(void *context, unsigned count)
{
    on_told(context, count);
    it.base.store = store_close(it.base.store);
}

Test(redis_presence, may_close_the_store_when_it_is_told)
{
    struct told told = {0};
    start();
    redis_fixture_open(&it);
    store_listen(it.base.store,
                 &(struct store_listener){.peers = close_the_store, .context = &told});
    expect_in_time(&it, told.count == 1);
    expect_soon(asked("0", "ZCARD", INSTANCES));
}

static const char make_all_old[] = "for _, who in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do "
                                   "redis.call('ZADD', KEYS[1], 1, who) end";

/* A long silence of Redis makes all beats old. */
Test(redis_presence, gives_nobody_up_when_all_were_silent)
{
    struct told first = {0};
    struct told second = {0};
    char ids[INTENTS][UUID_SIZE];
    int slots[INTENTS];
    start();
    make_ids(ids);
    redis_fixture_open(&it);
    struct store *other = open_another(&it);
    intend_all(other, ids, slots);
    listen_for_peers(it.base.store, &first);
    listen_for_peers(other, &second);
    expect_in_time(&it, last_told(&first) == 2 && last_told(&second) == 2);
    add_ghost(); /* they would, if they might */
    expect_in_time(&it, ghost_is_gone());
    expect_in_time(&it, last_told(&first) == 2 && last_told(&second) == 2);
    first.count = second.count = 0;
    (void)ask("EVAL", make_all_old, "1", INSTANCES);
    expect_in_time(&it, asked("2", "ZCOUNT", INSTANCES, "2", "+inf"));
    let_them_beat();
    cr_expect_eq(first.count + second.count, 0, "of all that may have changed nothing has");
    cr_expect(orphans_are(0));
    (void)store_close(other);
}

/* What a clock that was set back leaves behind. */
Test(redis_presence, is_given_up_also_with_a_beat_that_is_yet_to_come)
{
    start();
    (void)ask("ZADD", INSTANCES, "9000000000000000", ghost);
    redis_fixture_open(&it);
    expect_in_time(&it, ghost_is_gone());
}

Test(redis_presence, is_over_for_a_store_that_was_closed)
{
    start();
    redis_fixture_open(&it);
    int slot = store_intend(it.base.store, "01234567-1234-7123-8123-0123456789ab", noon);
    cr_assert_geq(slot, 0);
    (void)only_instance();
    store_intent_done(it.base.store, slot);
    fixture_close(&it.base);
    expect_soon(asked("0", "ZCARD", INSTANCES));
    expect_soon(asked("", "KEYS", (PREFIX "intents:*")));
}
