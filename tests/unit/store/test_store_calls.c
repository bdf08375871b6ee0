/*
 * How calls go: in order, together when told so, cancelled, refused, counted, and what becomes of
 * them when the store is closed.
 */
#include "store_fixture.h"

static struct fixture it;

static void open_store(void)
{
    fixture_init(&it);
    fixture_open(&it);
}

static void close_store(void)
{
    fixture_done(&it);
}

TestSuite(store_calls, .init = open_store, .fini = close_store, .timeout = 60);

Test(store_calls, are_answered_in_the_order_in_which_they_were_made)
{
    struct session_record record = new_record(&it);
    (void)store_load(it.store, record.id, on_done, &it);
    (void)store_insert(it.store, &record, on_done, &it);
    (void)store_load(it.store, record.id, on_done, &it);
    cr_expect_eq(it.answers, 0, "no callback runs inside the call");
    fixture_wait(&it, 1);
    fixture_wait(&it, 3);
    cr_expect_eq(it.results[STORE_NOT_FOUND], 1);
    cr_expect_eq(it.results[STORE_OK], 2);
    cr_assert_not_null(it.record);
}

Test(store_calls, that_are_cancelled_do_their_work)
{
    struct session_record record = new_record(&it);
    store_cancel(store_insert(it.store, &record, on_done, &it));
    store_cancel(store_load(it.store, record.id, on_done, &it));
    store_cancel(store_due(it.store, noon, 1, on_listed, &it));
    store_cancel(store_count(it.store, on_counted, &it));
    cr_expect_eq(load(&it, record.id), STORE_OK);
    cr_expect_eq(it.answers, 1);
}

Test(store_calls, of_every_kind_may_be_cancelled)
{
    struct session_record record = new_record(&it);
    const struct store_position start = {0};
    const char *const upstream[] = {record.upstream_id};
    cr_assert_eq(insert(&it, &record), STORE_OK);
    record.revision = 1;
    store_cancel(store_save(it.store, &record, on_done, &it));
    store_cancel(store_load(it.store, "", on_done, &it));
    store_cancel(store_expired(it.store, noon, &start, 10, on_listed, &it));
    store_cancel(store_forget(it.store, noon, 10, on_done, &it));
    store_cancel(store_find_key(it.store, record.owner, noon, on_done, &it));
    store_cancel(store_release_keys(it.store, noon, 10, on_done, &it));
    store_cancel(store_list(it.store, KIND_LIVENESS, local_tenant, "", 10, on_listed, &it));
    store_cancel(store_find_upstream(it.store, upstream, 1, on_listed, &it));
    cr_assert_eq(load(&it, record.id), STORE_OK);
    cr_expect_eq(it.answers, 2, "that of the insert, and that of the load");
    cr_expect_eq(it.record->revision, 2);
    cr_expect_eq(metric_value(&it, "livenessd_store_queue"), 0);
}

static void cancel_other(void *context, enum store_result result, struct session_record *record)
{
    store_cancel(*(struct store_call **)context);
    on_done(&it, result, record);
}

Test(store_calls, may_be_cancelled_by_a_callback_answered_with_them)
{
    struct session_record record = new_record(&it);
    struct store_call *other = NULL;
    (void)store_insert(it.store, &record, cancel_other, &other);
    other = store_load(it.store, record.id, on_done, &it);
    fixture_wait(&it, 1);
    (void)load(&it, record.id);
    cr_expect_eq(it.answers, 2);
}

/* The other one has its answer already, but its callback has not run. */
static void cancel_the_load(void *context, enum store_result result,
                            struct session_record *const *records, size_t count)
{
    store_cancel(*(struct store_call **)context);
    on_listed(&it, result, records, count);
}

Test(store_calls, give_up_what_they_found_when_they_are_cancelled_late)
{
    struct session_record record = new_record(&it);
    record.results_json = xstrdup("{}");
    cr_assert_eq(insert(&it, &record), STORE_OK);
    struct store_call *other = NULL;
    (void)store_list(it.store, KIND_LIVENESS, local_tenant, "", 10, cancel_the_load, &other);
    other = store_load(it.store, record.id, on_done, &it);
    fixture_wait(&it, 2);
    (void)count(&it);
    cr_expect_eq(it.answers, 3);
    cr_expect_null(it.record);
    free(record.results_json);
}

static void close_from_callback(void *context, enum store_result result,
                                struct session_record *record)
{
    on_done(context, result, record);
    it.store = store_close(it.store);
}

Test(store_calls, may_close_the_store_from_a_callback)
{
    struct session_record record = new_record(&it);
    (void)store_insert(it.store, &record, close_from_callback, &it);
    (void)store_load(it.store, record.id, on_done, &it);
    (void)store_load(it.store, record.id, on_done, &it);
    uv_run(&it.loop, UV_RUN_DEFAULT);
    cr_expect_eq(it.answers, 1);
}

Test(store_calls, that_do_not_fit_in_the_queue_are_refused)
{
    fixture_close(&it);
    struct store_config config = fixture_config(&it);
    config.queue_max = 3;
    it.store = store_open(&it.loop, &config, it.error, sizeof it.error);
    cr_assert_not_null(it.store, "%s", it.error);
    for (int i = 0; i < 5; i++) {
        struct session_record record = new_record(&it);
        (void)store_insert(it.store, &record, on_done, &it);
    }
    cr_expect_eq(it.answers, 0, "a refusal is no synchronous callback either");
    fixture_wait(&it, 5);
    cr_expect_eq(it.results[STORE_OK], 3);
    cr_expect_eq(it.results[STORE_UNAVAILABLE], 2);
    cr_expect(store_ready(it.store), "a full queue says nothing about the disk");
    struct session_record record = new_record(&it);
    cr_expect_eq(insert(&it, &record), STORE_OK, "there is room again");
}

Test(store_calls, are_finished_when_the_store_is_closed)
{
    char ids[20][UUID_SIZE];
    for (size_t i = 0; i < 20; i++) {
        struct session_record record = new_record(&it);
        memcpy(ids[i], record.id, UUID_SIZE);
        (void)store_insert(it.store, &record, on_done, &it);
    }
    fixture_close(&it);
    cr_expect_eq(it.answers, 0, "callbacks do not run any more");
    fixture_open(&it);
    for (size_t i = 0; i < 20; i++) {
        cr_expect_eq(load(&it, ids[i]), STORE_OK);
    }
}

Test(store_calls, are_handed_over_at_the_end_of_the_turn_when_told_so)
{
    fixture_close(&it);
    struct store_config config = fixture_config(&it);
    config.by_turn = true;
    it.store = store_open(&it.loop, &config, it.error, sizeof it.error);
    cr_assert_not_null(it.store, "%s", it.error);
    for (int i = 0; i < 20; i++) {
        struct session_record record = new_record(&it);
        (void)store_insert(it.store, &record, on_done, &it);
    }
    cr_expect_eq(it.answers, 0);
    store_flush(it.store);
    cr_expect_eq(it.answers, 0);
    fixture_wait(&it, 20);
    cr_expect_eq(it.results[STORE_OK], 20);
    store_flush(it.store); /* nothing to hand over */
    struct session_record late = new_record(&it);
    (void)store_insert(it.store, &late, on_done, &it); /* closing hands it over */
    fixture_close(&it);
    fixture_open(&it);
    cr_expect_eq(load(&it, late.id), STORE_OK);
}

Test(store_calls, are_counted_by_result)
{
    struct session_record record = new_record(&it);
    cr_assert_eq(insert(&it, &record), STORE_OK);
    cr_assert_eq(insert(&it, &record), STORE_CONFLICT);
    (void)load(&it, record.id);
    (void)store_load(it.store, record.id, on_done, &it);
    cr_expect_eq(metric_value(&it, "livenessd_store_queue"), 1);
    fixture_wait(&it, 4);
    cr_expect_eq(metric_value(&it, "livenessd_store_queue"), 0);
    const char *calls = "livenessd_store_calls_total{operation=\"insert\",result=\"ok\"}";
    cr_expect_eq(metric_value(&it, calls), 1);
    calls = "livenessd_store_calls_total{operation=\"insert\",result=\"conflict\"}";
    cr_expect_eq(metric_value(&it, calls), 1);
    calls = "livenessd_store_calls_total{operation=\"load\",result=\"ok\"}";
    cr_expect_eq(metric_value(&it, calls), 2);
    cr_expect_eq(metric_value(&it, "livenessd_store_commits_total{outcome=\"ok\"}"), 2);
    cr_expect_eq(metric_value(&it, "livenessd_store_commit_duration_seconds_count"), 2);
}
