/*
 * What becomes of the creates of a process that is gone: its intents are in Redis, whatever becomes
 * of the connection, and the processes that live make orphans of them, once.
 */
#include "presence_fixture.h"

static void end(void)
{
    redis_fixture_done(&it);
}

TestSuite(redis_intents, .fini = end, .timeout = 120);

static void be_adopted(struct store *other, const char *instance)
{
    struct told told = {0};
    listen_for_peers(other, &told);
    expect_in_time(&it, last_told(&told) == 2);
    cr_expect_not(is_member(&it, "instances", instance));
    cr_expect_not(key_exists(&it, text_of("intents:%s", instance)));
}

/* By one of two, and not again. */
Test(redis_intents, of_a_process_that_is_killed_become_orphans_once)
{
    char ids[INTENTS][UUID_SIZE];
    start();
    make_ids(ids);
    struct life life = begin_life(ids);
    const char *instance = only_instance();
    redis_fixture_open(&it);
    struct store *other = open_another(&it);
    cr_expect_eq(order_insert(&life), STORE_OK);
    cr_expect(orphans_are(0), "it lives");
    end_life(&life);
    expect_in_time(&it, orphans_are(2));
    expect_in_time(&it, !is_member(&it, "instances", instance));
    be_adopted(other, instance);
    cr_assert_eq(load(&it.base, ids[0]), STORE_OK);
    cr_expect_eq(it.base.record->state, SESSION_CREATED, "this one was stored");
    expect_orphan(ids[1], noon + 1);
    expect_orphan(ids[2], noon + 2);
    cr_assert_eq(forget(&it.base, noon + 49LL * 3600 * 1000, 10), STORE_OK);
    let_them_beat();
    cr_expect(orphans_are(0));
    (void)store_close(other);
}

/* It was stopped, and knows nothing of what it missed. */
Test(redis_intents, of_a_process_that_was_given_up_too_early_lead_to_records_all_the_same)
{
    struct told told = {0};
    char ids[INTENTS][UUID_SIZE];
    start();
    make_ids(ids);
    struct life life = begin_life(ids);
    const char *instance = only_instance();
    redis_fixture_open(&it);
    listen_for_peers(it.base.store, &told);
    expect_in_time(&it, last_told(&told) == 2);
    cr_assert_eq(kill(life.pid, SIGSTOP), 0);
    expect_in_time(&it, orphans_are(3) && last_told(&told) == 1);
    cr_assert_eq(kill(life.pid, SIGCONT), 0);
    cr_expect_eq(order_insert(&life), STORE_OK);
    cr_assert_eq(load(&it.base, ids[0]), STORE_OK);
    cr_expect_eq(it.base.record->state, SESSION_CREATED);
    cr_expect(orphans_are(2));
    expect_in_time(&it, last_told(&told) == 2);
    expect_in_time(&it, asked("3", "HLEN", key("intents:", instance)));
    end_life(&life);
    expect_in_time(&it, last_told(&told) == 1);
    cr_assert_eq(load(&it.base, ids[0]), STORE_OK);
    cr_expect_eq(it.base.record->state, SESSION_CREATED);
    cr_expect(orphans_are(2), "those that were orphans already");
}

static const char leave_many[] =
    "for i = 1, ARGV[1] do redis.call('HSET', KEYS[1], "
    "string.format('%08x-1234-7123-8123-0123456789ab', i), ARGV[2]) end";

Test(redis_intents, of_a_process_that_never_comes_back_are_adopted_however_many_there_are)
{
    enum { MANY = 5000 }; /* more than one beat deals with */
    start();
    (void)ask("EVAL", leave_many, "1", key("intents:", ghost), text_of("%d", MANY),
              text_of("%" PRId64, noon));
    add_ghost();
    redis_fixture_open(&it);
    expect_in_time(&it, ghost_is_gone());
    cr_expect(orphans_are(MANY));
}

Test(redis_intents, that_lead_to_nothing_upstream_are_dropped)
{
    char ids[INTENTS][UUID_SIZE];
    start();
    make_ids(ids);
    leave_intent(ids[0], 1000); /* upstream has dropped it long ago */
    (void)ask("HSET", key("intents:", ghost), ids[1], "no number");
    leave_intent(ids[2], noon);
    (void)ask("LPUSH", key("session:", ids[2]), "not ours");
    add_ghost();
    redis_fixture_open(&it);
    expect_in_time(&it, ghost_is_gone());
    cr_expect(orphans_are(0));
}

Test(redis_intents, are_left_to_the_others_by_a_store_that_is_closed_with_some)
{
    char ids[INTENTS][UUID_SIZE];
    int slots[INTENTS];
    start();
    make_ids(ids);
    redis_fixture_open(&it);
    intend_all(it.base.store, ids, slots);
    store_intent_done(it.base.store, slots[1]);
    fixture_close(&it.base);
    redis_fixture_open(&it);
    expect_in_time(&it, orphans_are(2));
    expect_orphan(ids[0], noon);
    expect_orphan(ids[2], noon + 2);
}

/* ---- the connection ---- */

Test(redis_intents, are_there_again_when_the_server_has_lost_everything)
{
    char ids[INTENTS][UUID_SIZE];
    int slots[INTENTS];
    start();
    make_ids(ids);
    redis_fixture_open(&it);
    intend_all(it.base.store, ids, slots);
    const char *intents = key("intents:", only_instance());
    expect_in_time(&it, asked("3", "HLEN", intents));
    redis_server_kill(it.server);
    redis_server_restart(it.server);
    expect_in_time(&it, asked("3", "HLEN", intents));
    cr_expect_str_eq(ask("HGET", intents, ids[2]), text_of("%" PRId64, noon + 2));
    for (int i = 0; i < INTENTS; i++) {
        store_intent_done(it.base.store, slots[i]);
    }
    expect_in_time(&it, asked("0", "EXISTS", intents));
}

Test(redis_intents, that_ended_while_the_server_was_away_are_over)
{
    char ids[INTENTS][UUID_SIZE];
    int slots[INTENTS];
    start_with(redis_server_start_with("--appendonly", "yes", "--appendfsync", "always"));
    make_ids(ids);
    redis_fixture_open(&it);
    intend_all(it.base.store, ids, slots);
    const char *intents = key("intents:", only_instance());
    expect_in_time(&it, asked("3", "HLEN", intents));
    redis_server_kill(it.server);
    expect_in_time(&it, !store_ready(it.base.store));
    store_intent_done(it.base.store, slots[1]);
    redis_server_restart(it.server);
    expect_in_time(&it, asked("2", "HLEN", intents));
    cr_expect_str_eq(ask("HEXISTS", intents, ids[1]), "0");
}

static void halt_server(void)
{
    let_them_beat(); /* nothing else is under way */
    redis_server_halt(it.server);
}

/* What was asked of it meanwhile is lost. */
static void lose_server(void)
{
    fixture_turn_often(&it.base);
    redis_server_kill(it.server);
    redis_server_restart(it.server);
}

Test(redis_intents, are_told_again_when_what_was_under_way_is_lost)
{
    char ids[INTENTS][UUID_SIZE];
    int slots[INTENTS];
    start_with(redis_server_start_with("--appendonly", "yes", "--appendfsync", "always"));
    make_ids(ids);
    redis_fixture_open(&it);
    intend_all(it.base.store, ids, slots);
    const char *intents = key("intents:", only_instance());
    expect_in_time(&it, asked("3", "HLEN", intents));
    halt_server();
    store_intent_done(it.base.store, slots[0]);
    lose_server();
    expect_in_time(&it, asked("2", "HLEN", intents));
    cr_expect_str_eq(ask("HEXISTS", intents, ids[0]), "0");
    halt_server();
    cr_assert_geq(store_intend(it.base.store, ids[0], noon + 7), 0);
    lose_server();
    expect_in_time(&it, asked("3", "HLEN", intents));
    cr_expect_str_eq(ask("HGET", intents, ids[0]), text_of("%" PRId64, noon + 7));
}

Test(redis_intents, are_noted_as_long_as_there_is_a_connection_and_room)
{
    char id[UUID_SIZE];
    int slots[8];
    start_with(redis_server_prepare(NULL));
    uuid7(&it.base.random.random, noon, id);
    redis_fixture_open(&it);
    cr_expect_eq(store_intend(it.base.store, id, noon), -1, "nobody is there");
    redis_server_restart(it.server);
    expect_in_time(&it, store_ready(it.base.store));
    for (int i = 0; i < 8; i++) {
        slots[i] = store_intend(it.base.store, id, noon);
        cr_expect_geq(slots[i], 0, "%d", i);
    }
    cr_expect_eq(store_intend(it.base.store, id, noon), -1);
    store_intent_done(it.base.store, slots[3]);
    cr_expect_eq(store_intend(it.base.store, id, noon), slots[3]);
    for (int i = 0; i < 8; i++) {
        store_intent_done(it.base.store, slots[i]);
    }
}

Test(redis_intents, that_were_refused_are_noted_once_there_is_room)
{
    char ids[INTENTS][UUID_SIZE];
    int slots[INTENTS];
    start();
    make_ids(ids);
    redis_fixture_open(&it);
    const char *intents = key("intents:", only_instance());
    cr_assert_str_eq(ask("CONFIG", "SET", "maxmemory", "1"), "OK");
    intend_all(it.base.store, ids, slots);
    expect_in_time(&it, !store_ready(it.base.store));
    cr_expect_str_eq(ask("EXISTS", intents), "0");
    cr_assert_str_eq(ask("CONFIG", "SET", "maxmemory", "0"), "OK");
    expect_in_time(&it, asked("3", "HLEN", intents) && store_ready(it.base.store));
}

/* Somebody has given this process up, and it has not noticed yet. */
Test(redis_intents, are_noted_again_by_a_process_that_was_given_up)
{
    char ids[INTENTS][UUID_SIZE];
    int slots[INTENTS];
    start();
    make_ids(ids);
    redis_fixture_open(&it);
    intend_all(it.base.store, ids, slots);
    const char *instance = only_instance();
    const char *intents = key("intents:", instance);
    expect_in_time(&it, asked("3", "HLEN", intents));
    (void)ask("EVAL", "redis.call('DEL', KEYS[1]) redis.call('ZREM', KEYS[2], ARGV[1])", "2",
              intents, INSTANCES, instance);
    expect_in_time(&it, asked("3", "HLEN", intents) && is_member(&it, "instances", instance));
}

static const char since_last_beat[] = "local time = redis.call('TIME') "
                                      "local now = time[1] * 1000 + time[2] / 1000 "
                                      "return math.floor(now - redis.call('ZRANGE', KEYS[1], 0, 0, "
                                      "'WITHSCORES')[2])";

/* Else an intent could be noted for a process that nobody knows, and be lost with it. */
Test(redis_intents, follow_a_beat_when_the_process_was_stopped)
{
    start();
    redis_fixture_open(&it);
    (void)only_instance();
    let_them_beat();
    /* the loop does not turn */
    expect_soon(strtol(ask("EVAL", since_last_beat, "1", INSTANCES), NULL, 10) > DEAD_AFTER_MS);
    (void)ask("CONFIG", "SET", "slowlog-log-slower-than", "0");
    (void)ask("SLOWLOG", "RESET");
    cr_assert_geq(store_intend(it.base.store, "01234567-1234-7123-8123-0123456789ab", noon), 0);
    expect_in_time(&it, asked("1", "HLEN", key("intents:", only_instance())));
    const char *noted = strstr(ask("SLOWLOG", "GET", "100"), "HSET"); /* the newest come first */
    cr_assert_not_null(noted);
    cr_expect(strstr(noted, "EVAL"), "no beat came before");
}
