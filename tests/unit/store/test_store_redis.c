/*
 * What only the Redis kind of the store does: what lies in Redis, what two processes tell each
 * other, who may look, who deletes. What both kinds promise is tested by the common suite.
 */
#include "redis_fixture.h"

static struct redis_fixture it;
static struct store *other;
static struct heard heard_by_other;

static void open_stores(void)
{
    redis_fixture_init(&it, redis_server_start(NULL));
    redis_fixture_open(&it);
    other = open_another(&it);
    memset(&heard_by_other, 0, sizeof heard_by_other);
    listen_to(it.base.store, &it.heard);
    listen_to(other, &heard_by_other);
    expect_in_time(&it, it.heard.peers == 2 && heard_by_other.peers == 2);
}

static void close_stores(void)
{
    other = store_close(other);
    redis_fixture_done(&it);
}

TestSuite(store_redis, .init = open_stores, .fini = close_stores, .timeout = 120);

static int64_t now(void)
{
    return clock_wall_ms(clock_system());
}

static struct session_record insert_new(void)
{
    struct session_record record = new_record(&it.base);
    record.token_expires_at = now() + 600000;
    cr_assert_eq(insert(&it.base, &record), STORE_OK);
    record.revision = 1;
    return record;
}

static void save_as(struct session_record *record, enum session_state state)
{
    record->state = state;
    cr_assert_eq(save(&it.base, record), STORE_OK);
    record->revision++;
}

/* ---- news ---- */

Test(store_redis, tells_the_others_what_it_changes)
{
    struct session_record record = insert_new();
    save_as(&record, SESSION_SETTLED);
    expect_in_time(&it, heard_by_other.changed == 1);
    cr_expect_str_eq(heard_by_other.id, record.id);
    cr_expect_eq(it.heard.changed, 0, "not itself");
}

Test(store_redis, tells_the_others_what_it_saw)
{
    struct session_record record = insert_new();
    store_looked(it.base.store, record.id, 0, "Running");
    expect_in_time(&it, heard_by_other.looked == 1);
    cr_expect_str_eq(heard_by_other.id, record.id);
    cr_expect_str_eq(heard_by_other.status_word, "Running");
    store_looked(it.base.store, record.id, 0, "");
    expect_in_time(&it, heard_by_other.looked == 2);
    cr_expect_str_eq(heard_by_other.status_word, "");
    cr_expect_eq(it.heard.looked, 0, "not itself");
}

Test(store_redis, passes_over_news_it_does_not_understand)
{
    static const char id[] = "01234567-89ab-7def-8123-456789abcdef";
    static const char too_long[] = "x looked 01234567-89ab-7def-8123-456789abcdef "
                                   "a-word-that-is-longer-than-any-status-of-a-session";
    static const char *const strange[] = {"",
                                          " ",
                                          "x",
                                          "x ",
                                          "x changed",
                                          "x changed nothing",
                                          "x looked",
                                          "x looked nothing at all",
                                          "x sings 01234567-89ab-7def-8123-456789abcdef",
                                          too_long};
    for (size_t i = 0; i < sizeof strange / sizeof *strange; i++) {
        (void)redis_server_ask(it.server, "PUBLISH", PREFIX "news", strange[i]);
    }
    (void)redis_server_ask(it.server, "PUBLISH", PREFIX "news", text_of("x changed %s", id));
    expect_in_time(&it, it.heard.changed == 1);
    cr_expect_str_eq(it.heard.id, id);
    cr_expect_eq(it.heard.looked, 0);
}

Test(store_redis, says_when_news_may_have_been_missed)
{
    unsigned missed = it.heard.missed;
    (void)redis_server_ask(it.server, "CLIENT", "KILL", "TYPE", "pubsub");
    expect_in_time(&it, it.heard.missed > missed);
    struct store *self = act_as(&it, other);
    (void)insert_new();
    struct session_record record = insert_new();
    save_as(&record, SESSION_SETTLED);
    (void)act_as(&it, self);
    expect_in_time(&it, it.heard.changed == 1);
}

Test(store_redis, a_listener_may_be_withdrawn)
{
    store_listen(other, NULL);
    struct session_record record = insert_new();
    save_as(&record, SESSION_SETTLED);
    store_looked(it.base.store, record.id, 0, "Running");
    fixture_turn_often(&it.base);
    cr_expect_eq(heard_by_other.changed, 0);
    cr_expect_eq(heard_by_other.looked, 0);
}

/* ---- claims ---- */

struct claimed {
    unsigned answers;
    enum store_result result;
    uint64_t retry_ms;
};

static void on_claimed(void *context, enum store_result result, uint64_t retry_ms)
{
    struct claimed *claimed = context;
    *claimed = (struct claimed){claimed->answers + 1, result, retry_ms};
}

enum { HOLD_MS = 60000, REST_MS = 50000 };

static struct claimed claim_for(struct store *store, const char *id, bool urgent, uint64_t hold_ms)
{
    struct claimed claimed = {0};
    (void)store_claim_look(store, id, urgent, hold_ms, on_claimed, &claimed);
    cr_assert_eq(claimed.answers, 0, "from within the call");
    expect_in_time(&it, claimed.answers == 1);
    return claimed;
}

static struct claimed claim(struct store *store, const char *id, bool urgent)
{
    return claim_for(store, id, urgent, HOLD_MS);
}

Test(store_redis, lets_one_look)
{
    struct session_record record = insert_new();
    cr_expect_eq(claim(it.base.store, record.id, false).result, STORE_OK);
    struct claimed refused = claim(other, record.id, false);
    cr_expect_eq(refused.result, STORE_CONFLICT);
    cr_expect_gt(refused.retry_ms, HOLD_MS / 2);
    cr_expect_leq(refused.retry_ms, HOLD_MS);
    cr_expect_eq(claim(other, record.id, true).result, STORE_CONFLICT, "urgent or not");
    cr_expect_eq(claim(it.base.store, record.id, false).result, STORE_OK,
                 "whose end was lost asks again");
}

Test(store_redis, lets_nobody_look_again_at_once)
{
    struct session_record record = insert_new();
    cr_assert_eq(claim(it.base.store, record.id, false).result, STORE_OK);
    store_looked(it.base.store, record.id, REST_MS, "");
    struct claimed refused = claim(other, record.id, false);
    cr_expect_eq(refused.result, STORE_CONFLICT);
    cr_expect_gt(refused.retry_ms, REST_MS / 2);
    cr_expect_leq(refused.retry_ms, REST_MS);
    cr_expect_eq(claim(it.base.store, record.id, false).result, STORE_CONFLICT, "itself neither");
    cr_expect_eq(claim(other, record.id, true).result, STORE_OK, "but who has to");
}

Test(store_redis, lets_others_look_when_one_is_done)
{
    struct session_record record = insert_new();
    cr_assert_eq(claim(it.base.store, record.id, false).result, STORE_OK);
    store_looked(it.base.store, record.id, 0, "");
    expect_in_time(&it, heard_by_other.looked == 1);
    cr_expect_eq(claim(other, record.id, false).result, STORE_OK);
}

Test(store_redis, a_claim_runs_out)
{
    struct session_record record = insert_new();
    cr_assert_eq(claim_for(it.base.store, record.id, false, 1).result, STORE_OK);
    expect_in_time(&it, claim(other, record.id, false).result == STORE_OK);
    store_looked(it.base.store, record.id, 0, "");
    expect_in_time(&it, heard_by_other.looked == 1);
    cr_expect_eq(claim(it.base.store, record.id, true).result, STORE_CONFLICT,
                 "who was late does not end another's");
}

Test(store_redis, there_is_nothing_to_look_at_in_what_is_not_open)
{
    struct session_record record = insert_new();
    cr_expect_eq(claim(it.base.store, "01234567-89ab-7def-8123-456789abcdef", false).result,
                 STORE_NOT_FOUND);
    cr_expect_eq(claim(it.base.store, "nonsense", false).result, STORE_NOT_FOUND);
    save_as(&record, SESSION_SETTLED);
    cr_expect_eq(claim(it.base.store, record.id, true).result, STORE_NOT_FOUND);
}

/* ---- deletions ---- */

static size_t due_for(struct store *store, int64_t time)
{
    struct store *self = act_as(&it, store);
    size_t count = due(&it.base, time, 10);
    (void)act_as(&it, self);
    return count;
}

Test(store_redis, leaves_a_deletion_to_one)
{
    struct session_record record = new_record(&it.base);
    record.state = SESSION_SETTLED;
    record.deletion = DELETION_OWED;
    record.deletion_at = now() + 3600000;
    cr_assert_eq(insert(&it.base, &record), STORE_OK);
    cr_expect_eq(due_for(other, now()), 0, "put off");
    int64_t time = record.deletion_at;
    cr_expect_eq(due_for(it.base.store, time), 1);
    cr_expect_eq(due_for(other, time), 0, "it is the first one's");
    cr_expect_eq(due_for(other, time + LEASE_MS), 1, "which does not seem to do it");
}

Test(store_redis, leaves_a_deletion_to_whoever_made_it_due)
{
    struct session_record record = insert_new();
    record.deletion = DELETION_OWED;
    record.deletion_at = now();
    save_as(&record, SESSION_SETTLED);
    cr_expect_eq(due_for(other, record.deletion_at), 0);
    cr_expect_eq(due_for(other, now() + LEASE_MS), 1);
}

Test(store_redis, a_change_of_something_else_does_not_prolong_a_lease)
{
    struct session_record record = insert_new();
    record.deletion = DELETION_OWED;
    record.deletion_at = now();
    save_as(&record, SESSION_SETTLED);
    cr_assert_eq(due_for(it.base.store, now() + LEASE_MS), 1);
    const char *before = redis_server_ask(it.server, "ZSCORE", PREFIX "owed", record.id);
    record.completion.completed_at = now();
    save_as(&record, SESSION_SETTLED);
    cr_expect_str_eq(redis_server_ask(it.server, "ZSCORE", PREFIX "owed", record.id), before);
}

Test(store_redis, a_failed_deletion_comes_when_it_is_to_be_tried_again)
{
    struct session_record record = insert_new();
    record.deletion = DELETION_OWED;
    record.deletion_at = now();
    save_as(&record, SESSION_SETTLED);
    record.deletion_tries = 1;
    record.deletion_at = now() + 60000;
    save_as(&record, SESSION_SETTLED);
    cr_expect_eq(due_for(other, record.deletion_at - 1), 0);
    cr_expect_eq(count(&it.base)->owed, 1);
    cr_expect_eq(due_for(other, record.deletion_at), 1);
}

/* ---- what lies in Redis ---- */

static long expiry(const char *key)
{
    return strtol(redis_server_ask(it.server, "PTTL", text_of(PREFIX "%s", key)), NULL, 10);
}

Test(store_redis, lets_what_may_be_forgotten_expire_later_by_itself)
{
    enum { KEEP_MS = 1000000, HOUR_MS = 3600000 };
    struct session_record record = insert_new();
    const char *session = text_of("session:%s", record.id);
    const char *upstream = text_of("upstream:%s", record.upstream_id);
    cr_expect_eq(expiry(session), -1, "an open one never");
    record.forget_at = now() + KEEP_MS;
    record.deletion = DELETION_OWED;
    record.deletion_at = now();
    save_as(&record, SESSION_SETTLED);
    cr_expect_eq(expiry(session), -1, "nor one that owes a deletion");
    cr_expect_eq(expiry(upstream), -1);
    record.deletion = DELETION_DONE;
    save_as(&record, SESSION_SETTLED);
    cr_expect_gt(expiry(session), HOUR_MS);
    cr_expect_leq(expiry(session), HOUR_MS + KEEP_MS);
    cr_expect_gt(expiry(upstream), HOUR_MS);
    record.forget_at = now() - KEEP_MS;
    save_as(&record, SESSION_SETTLED);
    cr_expect_gt(expiry(session), HOUR_MS / 2, "also when its time is over");
    cr_expect_eq(forget(&it.base, now(), 10), STORE_OK);
    cr_expect_not(key_exists(&it, session));
}

Test(store_redis, keeps_nothing_of_a_record_that_is_forgotten)
{
    static char sealed[] = "sealed";
    struct session_record record = new_record(&it.base);
    record.token_expires_at = record.created_at + 1;
    memset(record.idempotency_key, 1, sizeof record.idempotency_key);
    record.sealed_answer = sealed;
    cr_assert_eq(insert(&it.base, &record), STORE_OK);
    record.revision = 1;
    cr_assert_eq(claim(it.base.store, record.id, false).result, STORE_OK);
    record.forget_at = now();
    record.deletion = DELETION_DONE;
    save_as(&record, SESSION_SETTLED);
    cr_expect_str_neq(keys_with(&it, record.id), "", "else this looks in the wrong place");
    cr_assert_eq(forget(&it.base, now(), 10), STORE_OK);
    cr_expect_str_eq(keys_with(&it, record.id), "");
    cr_expect_str_eq(keys_with(&it, "key:"), "");
    cr_expect_str_eq(keys_with(&it, "upstream:"), "");
    static const char *const indexes[] = {"open",   "list:0", "list:1", "orphaned",
                                          "forget", "owed",   "late",   "keys"};
    for (size_t i = 0; i < sizeof indexes / sizeof *indexes; i++) {
        cr_expect_not(key_exists(&it, indexes[i]), "%s", indexes[i]);
    }
}

static size_t list_all(void)
{
    (void)store_list(it.base.store, KIND_LIVENESS, local_tenant, "", 10, on_listed, &it.base);
    fixture_wait(&it.base, it.base.answers + 1);
    cr_assert_eq(it.base.result, STORE_OK);
    return it.base.listed_count;
}

static size_t list_expired(void)
{
    (void)store_expired(it.base.store, INT64_MAX, &(struct store_position){0}, 10, on_listed,
                        &it.base);
    fixture_wait(&it.base, it.base.answers + 1);
    cr_assert_eq(it.base.result, STORE_OK);
    return it.base.listed_count;
}

/* As when no process lived for so long that records have expired. */
Test(store_redis, passes_over_what_an_expired_record_has_left)
{
    struct session_record gone = insert_new();
    struct session_record there = insert_new();
    gone.forget_at = now();
    gone.deletion = DELETION_DONE;
    save_as(&gone, SESSION_SETTLED);
    (void)redis_server_ask(it.server, "DEL", text_of(PREFIX "session:%s", gone.id));
    cr_assert(is_member(&it, "list:0", gone.id));
    cr_assert_eq(list_all(), 1);
    cr_expect_str_eq(it.base.listed[0], there.id);
    cr_expect_eq(load(&it.base, gone.id), STORE_NOT_FOUND);
    cr_expect_eq(forget(&it.base, now(), 10), STORE_OK);
    cr_expect_not(is_member(&it, "list:0", gone.id));
    cr_expect_not(is_member(&it, "forget", gone.id));
}

Test(store_redis, passes_over_open_and_owed_ones_that_are_gone)
{
    struct session_record gone = insert_new();
    struct session_record there = insert_new();
    struct session_record owed = insert_new();
    owed.deletion = DELETION_OWED;
    owed.deletion_at = now();
    save_as(&owed, SESSION_SETTLED);
    (void)redis_server_ask(it.server, "DEL", text_of(PREFIX "session:%s", gone.id),
                           text_of(PREFIX "session:%s", owed.id));
    cr_assert_eq(list_expired(), 1);
    cr_expect_str_eq(it.base.listed[0], there.id);
    cr_expect_eq(due(&it.base, now() + LEASE_MS, 10), 0);
    cr_expect_not(is_member(&it, "owed", owed.id), "a script that writes takes it away");
    cr_expect_not(is_member(&it, "late", owed.id));
}

Test(store_redis, lists_as_many_as_are_asked_for_behind_many_that_are_gone)
{
    enum { GONE = 12 };
    for (int i = 0; i < GONE; i++) {
        struct session_record gone = insert_new();
        (void)redis_server_ask(it.server, "DEL", text_of(PREFIX "session:%s", gone.id));
    }
    (void)insert_new();
    (void)store_list(it.base.store, KIND_LIVENESS, local_tenant, "", 1, on_listed, &it.base);
    fixture_wait(&it.base, it.base.answers + 1);
    cr_expect_eq(it.base.listed_count, 1);
}

Test(store_redis, a_damaged_record_is_left_out_and_said)
{
    struct session_record damaged = insert_new();
    struct session_record there = insert_new();
    const char *key = text_of(PREFIX "session:%s", damaged.id);
    (void)redis_server_ask(it.server, "HSET", key, "created_at", "yesterday");
    cr_expect_eq(load(&it.base, damaged.id), STORE_UNAVAILABLE);
    cr_assert_eq(list_all(), 1);
    cr_expect_str_eq(it.base.listed[0], there.id);
    cr_expect(log_says(&it, "damaged"));
    cr_expect(store_ready(it.base.store), "the others are well");
}

/* Where a script looks at records itself, one that is damaged does not stop it for the others. */
Test(store_redis, a_damaged_record_stops_nothing)
{
    static char sealed[] = "sealed";
    struct session_record records[2];
    for (uint8_t i = 0; i < 2; i++) {
        records[i] = new_record(&it.base);
        memset(records[i].idempotency_key, 1 + i, RECORD_HASH_BYTES);
        records[i].sealed_answer = sealed;
        records[i].deletion = DELETION_OWED;
        records[i].deletion_at = now() + 60000;
        cr_assert_eq(insert(&it.base, &records[i]), STORE_OK);
    }
    (void)redis_server_ask(it.server, "HSET", text_of(PREFIX "session:%s", records[0].id),
                           "created_at", "yesterday", "revision", "first", "forget_at", "never",
                           "deletion_tries", "many");
    cr_expect_eq(count(&it.base)->open, 2);
    cr_assert_eq(due(&it.base, now() + 60000, 10), 1);
    cr_expect_str_eq(it.base.listed[0], records[1].id);
    (void)store_release_keys(it.base.store, now(), 10, on_done, &it.base);
    fixture_wait(&it.base, it.base.answers + 1);
    cr_expect_eq(it.base.result, STORE_OK);
    cr_assert_eq(load(&it.base, records[1].id), STORE_OK);
    cr_expect_null(it.base.record->sealed_answer);
    cr_expect_eq(count(&it.base)->owed, 2);
    cr_expect_eq(forget(&it.base, INT64_MAX, 10), STORE_OK);
    cr_expect_eq(load(&it.base, records[1].id), STORE_OK, "what owes a deletion stays");
}

Test(store_redis, what_is_no_record_is_none)
{
    struct session_record record = insert_new();
    const char *key = text_of(PREFIX "session:%s", record.id);
    (void)redis_server_ask(it.server, "SET", key, "nonsense");
    cr_expect_eq(load(&it.base, record.id), STORE_UNAVAILABLE);
    cr_expect(log_says(&it, "another prefix"));
    cr_expect(store_ready(it.base.store), "the others are well");
    cr_expect_eq(list_all(), 0);
    cr_expect_eq(save(&it.base, &record), STORE_NOT_FOUND);
    cr_expect_eq(claim(it.base.store, record.id, false).result, STORE_NOT_FOUND);
    cr_expect_eq(insert(&it.base, &record), STORE_OK, "its place may be taken");
    cr_expect_eq(load(&it.base, record.id), STORE_OK);
}

Test(store_redis, indexes_of_another_kind_are_said)
{
    (void)redis_server_ask(it.server, "SET", PREFIX "list:0", "nonsense");
    (void)store_list(it.base.store, KIND_LIVENESS, local_tenant, "", 10, on_listed, &it.base);
    fixture_wait(&it.base, it.base.answers + 1);
    cr_expect_eq(it.base.result, STORE_UNAVAILABLE);
    cr_expect(log_says(&it, "another prefix"));
}

/* Taken for cut off while it was only slow. */
Test(store_redis, a_create_takes_the_place_of_its_own_orphan)
{
    struct session_record orphan = new_record(&it.base);
    orphan.state = SESSION_ORPHANED;
    orphan.upstream_id[0] = '\0';
    orphan.forget_at = now() + 1000000;
    cr_assert_eq(insert(&it.base, &orphan), STORE_OK);
    cr_expect_eq(count(&it.base)->orphaned, 1);
    struct session_record record = new_record(&it.base);
    memcpy(record.id, orphan.id, sizeof record.id);
    cr_expect_eq(insert(&it.base, &record), STORE_OK);
    cr_expect_eq(count(&it.base)->orphaned, 0);
    cr_expect_eq(it.base.counts.open, 1);
    cr_assert_eq(load(&it.base, record.id), STORE_OK);
    cr_expect_eq(it.base.record->revision, 1);
    cr_expect_eq(it.base.record->forget_at, 0);
    cr_expect_eq(expiry(text_of("session:%s", record.id)), -1);
    cr_expect_eq(insert(&it.base, &record), STORE_CONFLICT);
}

Test(store_redis, counts_its_peers)
{
    struct store *third = open_another(&it);
    expect_in_time(&it, it.heard.peers == 3 && heard_by_other.peers == 3);
    third = store_close(third);
    expect_in_time(&it, it.heard.peers == 2 && heard_by_other.peers == 2);
}

Test(store_redis, shares_nothing_under_another_prefix)
{
    struct session_record record = insert_new();
    it.config.redis_prefix = "another:";
    struct store *apart = open_another(&it);
    struct store *self = act_as(&it, apart);
    cr_expect_eq(load(&it.base, record.id), STORE_NOT_FOUND);
    cr_expect_eq(count(&it.base)->open, 0);
    (void)act_as(&it, self);
    cr_expect_eq(it.heard.peers, 2);
    apart = store_close(apart);
}
