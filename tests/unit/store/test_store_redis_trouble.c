/*
 * A Redis that is full, read-only, forgetful, halted, gone, or set up anew behind our back: what is
 * answered meanwhile, what the log says, and that all is well again by itself.
 */
#include "redis_fixture.h"

static struct redis_fixture it;

static void begin(void)
{
    redis_fixture_init(&it, redis_server_start_with("--appendonly", "yes", "--appendfsync",
                                                    "always", "--repl-diskless-sync-delay", "0"));
    it.config.timeout_ms = 3000;
    redis_fixture_open(&it);
    cr_assert(store_ready(it.base.store));
}

static void end(void)
{
    redis_fixture_done(&it);
}

TestSuite(store_redis_trouble, .init = begin, .fini = end, .timeout = 120);

static int64_t now(void)
{
    return clock_wall_ms(clock_system());
}

static struct session_record insert_new(void)
{
    struct session_record record = new_record(&it.base);
    cr_assert_eq(insert(&it.base, &record), STORE_OK);
    record.revision = 1;
    return record;
}

static const char *config(const char *name, const char *value)
{
    return redis_server_ask(it.server, "CONFIG", "SET", name, value);
}

/* ---- full ---- */

static struct session_record insert_settled(enum deletion_state deletion)
{
    struct session_record record = insert_new();
    record.state = SESSION_SETTLED;
    record.deletion = deletion;
    record.deletion_at = now();
    record.forget_at = now();
    cr_assert_eq(save(&it.base, &record), STORE_OK);
    record.revision++;
    return record;
}

Test(store_redis_trouble, a_full_one_takes_nothing_new_and_loses_nothing)
{
    struct session_record open = insert_new();
    struct session_record forgettable = insert_settled(DELETION_DONE);
    struct session_record owed = insert_settled(DELETION_OWED);
    cr_assert_str_eq(config("maxmemory", "1mb"), "OK");
    struct session_record new = new_record(&it.base);
    cr_expect_eq(insert(&it.base, &new), STORE_UNAVAILABLE);
    cr_expect_str_eq(keys_with(&it, new.id), "");
    cr_expect_not(is_member(&it, "open", new.id));
    cr_expect_not(store_ready(it.base.store));
    cr_expect(log_says(&it, "Redis is full"));
    open.state = SESSION_SETTLED;
    cr_expect_eq(save(&it.base, &open), STORE_UNAVAILABLE);
    cr_assert_eq(load(&it.base, open.id), STORE_OK, "what is there can be read");
    cr_expect_eq(it.base.record->state, SESSION_CREATED);
    cr_expect_eq(it.base.record->revision, 1);
    cr_expect_eq(forget(&it.base, now(), 10), STORE_OK, "room can be made");
    cr_expect_eq(load(&it.base, forgettable.id), STORE_NOT_FOUND);
    cr_assert_eq(due(&it.base, now() + LEASE_MS, 10), 1, "so can deletions");
    owed.deletion = DELETION_DONE;
    cr_expect_eq(save(&it.base, &owed), STORE_OK);
    cr_expect_not(store_ready(it.base.store), "that says nothing of what is new");
    cr_assert_str_eq(config("maxmemory", "0"), "OK");
    expect_in_time(&it, store_ready(it.base.store));
    cr_expect_eq(insert(&it.base, &new), STORE_OK);
    cr_expect_eq(save(&it.base, &open), STORE_OK);
}

/* Nobody asks for anything; it has to be seen all the same. */
Test(store_redis_trouble, that_it_is_full_is_seen_without_a_write)
{
    cr_assert_str_eq(config("maxmemory", "1mb"), "OK");
    expect_in_time(&it, !store_ready(it.base.store));
    cr_assert_str_eq(config("maxmemory", "0"), "OK");
    expect_in_time(&it, store_ready(it.base.store));
}

/* ---- others ---- */

Test(store_redis_trouble, a_replica_is_read_and_not_written)
{
    struct session_record record = insert_new();
    (void)redis_server_ask(it.server, "REPLICAOF", "127.0.0.1", "1");
    cr_expect_eq(save(&it.base, &record), STORE_UNAVAILABLE);
    cr_expect_eq(load(&it.base, record.id), STORE_OK);
    cr_expect_not(store_ready(it.base.store));
    cr_expect(log_says(&it, "has to lead to the primary"));
    (void)redis_server_ask(it.server, "REPLICAOF", "NO", "ONE");
    expect_in_time(&it, store_ready(it.base.store));
    cr_expect_eq(save(&it.base, &record), STORE_OK);
}

Test(store_redis_trouble, one_without_its_replicas_is_not_written)
{
    cr_assert_str_eq(config("min-replicas-to-write", "1"), "OK");
    struct session_record record = new_record(&it.base);
    cr_expect_eq(insert(&it.base, &record), STORE_UNAVAILABLE);
    cr_expect_not(store_ready(it.base.store));
    cr_expect(log_says(&it, "min-replicas-to-write"));
    cr_assert_str_eq(config("min-replicas-to-write", "0"), "OK");
    expect_in_time(&it, store_ready(it.base.store));
}

Test(store_redis_trouble, scripts_that_are_forgotten_are_sent_again)
{
    struct session_record record = insert_new();
    unsigned good = it.base.results[STORE_OK];
    unsigned answers = it.base.answers;
    for (int i = 0; i < 5; i++) {
        cr_assert_str_eq(redis_server_ask(it.server, "SCRIPT", "FLUSH"), "OK");
        (void)store_save(it.base.store, &record, on_done, &it.base);
        (void)store_load(it.base.store, record.id, on_done, &it.base);
        (void)store_list(it.base.store, KIND_LIVENESS, local_tenant, "", 5, on_listed, &it.base);
        fixture_wait(&it.base, answers += 3);
        record.revision++;
    }
    cr_expect_eq(it.base.results[STORE_OK], good + 15);
    cr_expect(store_ready(it.base.store));
    cr_expect_str_eq(log_text(&it), "");
}

Test(store_redis_trouble, the_end_of_a_look_is_told_by_a_forgotten_script_too)
{
    struct session_record record = insert_new();
    struct store *other = open_another(&it);
    listen_to(other, &it.heard);
    cr_assert_str_eq(redis_server_ask(it.server, "SCRIPT", "FLUSH"), "OK");
    store_looked(it.base.store, record.id, 0, "Running");
    expect_in_time(&it, it.heard.looked == 1);
    other = store_close(other);
}

/* Until answers come, everything that could have been asked was; each is answered once. */
static void expect_one_answer_each(unsigned calls, unsigned before)
{
    expect_in_time(&it, it.base.answers >= before + calls);
    fixture_turn_often(&it.base);
    cr_expect_eq(it.base.answers, before + calls);
}

struct inserted {
    struct session_record record;
    enum store_result result;
};

static void on_inserted(void *context, enum store_result result, struct session_record *record)
{
    struct inserted *inserted = context;
    inserted->result = result;
    on_done(&it.base, result, record);
}

Test(store_redis_trouble, one_that_dies_comes_back_with_all_it_has_answered)
{
    enum { CALLS = 200, ANSWERED = 50 };
    static struct inserted inserted[CALLS];
    for (int i = 0; i < CALLS; i++) {
        inserted[i].record = new_record(&it.base);
        (void)store_insert(it.base.store, &inserted[i].record, on_inserted, &inserted[i]);
    }
    fixture_wait(&it.base, ANSWERED);
    redis_server_kill(it.server);
    expect_one_answer_each(CALLS, 0);
    expect_in_time(&it, !store_ready(it.base.store));
    cr_expect(log_says(&it, "Redis is not reached"));
    cr_expect_eq(load(&it.base, inserted[0].record.id), STORE_UNAVAILABLE);
    redis_server_restart(it.server);
    expect_in_time(&it, store_ready(it.base.store));
    for (int i = 0; i < CALLS; i++) {
        if (inserted[i].result == STORE_OK) {
            cr_expect_eq(load(&it.base, inserted[i].record.id), STORE_OK, "%d", i);
        }
    }
    cr_expect(log_says(&it, "store works again"));
}

Test(store_redis_trouble, one_that_hangs_costs_no_call_more_than_its_time)
{
    struct session_record record = insert_new();
    listen_to(it.base.store, &it.heard);
    unsigned answers = it.base.answers;
    redis_server_halt(it.server);
    int64_t began = now_ms();
    (void)store_load(it.base.store, record.id, on_done, &it.base);
    (void)store_save(it.base.store, &record, on_done, &it.base);
    fixture_wait(&it.base, answers + 2);
    cr_expect_geq(now_ms() - began, 2900);
    cr_expect_eq(it.base.results[STORE_UNAVAILABLE], 2);
    cr_expect_not(store_ready(it.base.store));
    redis_server_continue(it.server);
    expect_in_time(&it, store_ready(it.base.store));
    expect_one_answer_each(2, answers);
    cr_expect_eq(load(&it.base, record.id), STORE_OK);
}

/* ---- set up anew ---- */

static void cut_connections(void)
{
    (void)redis_server_ask(it.server, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
}

Test(store_redis_trouble, one_that_begins_to_drop_records_is_used_no_more)
{
    struct session_record record = insert_new();
    cr_assert_str_eq(config("maxmemory-policy", "allkeys-lru"), "OK");
    cut_connections();
    expect_in_time(&it, log_says(&it, "set it to noeviction"));
    cr_expect_not(store_ready(it.base.store));
    cr_expect_eq(load(&it.base, record.id), STORE_UNAVAILABLE);
    cr_expect_eq(store_intend(it.base.store, record.id, 0), -1);
    cr_assert_str_eq(config("maxmemory-policy", "noeviction"), "OK");
    expect_in_time(&it, store_ready(it.base.store));
    cr_expect_eq(load(&it.base, record.id), STORE_OK);
}

Test(store_redis_trouble, a_user_who_may_do_less_is_said)
{
    cr_assert_str_eq(redis_server_ask(it.server, "ACL", "SETUSER", "default", "-zadd"), "OK");
    struct session_record record = new_record(&it.base);
    cr_expect_eq(insert(&it.base, &record), STORE_UNAVAILABLE);
    cr_expect_str_eq(keys_with(&it, record.id), "", "nothing half done");
    cr_expect_str_eq(keys_with(&it, record.upstream_id), "");
    cr_expect(log_says(&it, "access list"));
    expect_in_time(&it, !store_ready(it.base.store));
    cr_assert_str_eq(redis_server_ask(it.server, "ACL", "SETUSER", "default", "+zadd"), "OK");
    expect_in_time(&it, store_ready(it.base.store));
}

/* ---- bounds ---- */

Test(store_redis_trouble, calls_above_the_bound_are_refused_later)
{
    enum { BOUND = 4, CALLS = 10 };
    fixture_close(&it.base);
    it.config.queue_max = BOUND;
    redis_fixture_open(&it);
    struct session_record record = new_record(&it.base);
    for (int i = 0; i < CALLS; i++) {
        (void)store_load(it.base.store, record.id, on_done, &it.base);
        cr_assert_eq(it.base.answers, 0, "from within the call");
    }
    expect_one_answer_each(CALLS, 0);
    cr_expect_eq(it.base.results[STORE_NOT_FOUND], BOUND);
    cr_expect_eq(it.base.results[STORE_UNAVAILABLE], CALLS - BOUND);
    cr_expect(store_ready(it.base.store));
    cr_expect_eq(insert(&it.base, &record), STORE_OK, "and there is room again");
    cr_expect_eq(metric_value(&it.base, "livenessd_store_queue"), 0);
}

static void fail_when_called(void *context, enum store_result result, struct session_record *record)
{
    (void)context;
    (void)result;
    (void)record;
    cr_assert_fail("a callback that was not to come");
}

Test(store_redis_trouble, a_cancelled_call_goes_on_and_tells_nobody)
{
    struct session_record record = new_record(&it.base);
    store_cancel(store_insert(it.base.store, &record, fail_when_called, NULL));
    store_cancel(store_load(it.base.store, record.id, fail_when_called, NULL));
    cr_expect_eq(load(&it.base, record.id), STORE_OK);
}

Test(store_redis_trouble, closing_tells_nobody_and_sends_what_was_asked)
{
    struct session_record record = new_record(&it.base);
    struct session_record refused = new_record(&it.base);
    (void)store_insert(it.base.store, &record, fail_when_called, NULL);
    (void)store_load(it.base.store, refused.id, fail_when_called, NULL);
    (void)store_load(it.base.store, "no id", fail_when_called, NULL);
    fixture_close(&it.base);
    redis_fixture_open(&it);
    cr_expect_eq(load(&it.base, record.id), STORE_OK);
}

static void close_when_answered(void *context, enum store_result result,
                                struct session_record *record)
{
    on_done(context, result, record);
    it.base.store = store_close(it.base.store);
}

Test(store_redis_trouble, the_callback_of_an_answer_may_close_the_store)
{
    struct session_record record = insert_new();
    unsigned answers = it.base.answers;
    (void)store_load(it.base.store, record.id, close_when_answered, &it.base);
    (void)store_load(it.base.store, record.id, fail_when_called, NULL);
    expect_in_time(&it, it.base.answers == answers + 1);
    cr_expect_null(it.base.store);
}

Test(store_redis_trouble, the_callback_of_a_refusal_may_close_the_store)
{
    struct session_record record = insert_new();
    unsigned answers = it.base.answers;
    (void)store_load(it.base.store, "no id", close_when_answered, &it.base);
    (void)store_load(it.base.store, "no id", fail_when_called, NULL);
    (void)store_load(it.base.store, record.id, fail_when_called, NULL);
    expect_in_time(&it, it.base.answers == answers + 1);
    cr_expect_null(it.base.store);
}

Test(store_redis_trouble, by_turn_calls_go_out_at_the_end_of_a_turn)
{
    fixture_close(&it.base);
    it.config.by_turn = true;
    redis_fixture_open(&it);
    struct session_record record = new_record(&it.base);
    unsigned answers = it.base.answers;
    (void)store_insert(it.base.store, &record, on_done, &it.base);
    (void)store_load(it.base.store, record.id, on_done, &it.base);
    store_flush(it.base.store);
    fixture_wait(&it.base, answers + 2);
    cr_expect_eq(it.base.results[STORE_OK], 2);
}

Test(store_redis_trouble, commits_are_counted)
{
    (void)insert_new();
    cr_expect_eq(metric_value(&it.base, "livenessd_store_commits_total{outcome=\"ok\"}"), 1);
    cr_assert_str_eq(config("maxmemory", "1mb"), "OK");
    struct session_record record = new_record(&it.base);
    cr_expect_eq(insert(&it.base, &record), STORE_UNAVAILABLE);
    cr_expect_eq(metric_value(&it.base, "livenessd_store_commits_total{outcome=\"failed\"}"), 1);
    cr_expect_eq(metric_value(&it.base, "livenessd_store_calls_total{operation=\"insert\","
                                        "result=\"unavailable\"}"),
                 1);
}
