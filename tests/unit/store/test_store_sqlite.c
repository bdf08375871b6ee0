/*
 * The promises of store.h that need nothing to fail: what is written comes back, compare-and-swap,
 * what is due, forgetting, cancelling, the queue's limit.
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

TestSuite(store, .init = open_store, .fini = close_store, .timeout = 60);

static struct session_record full_record(void)
{
    struct session_record record = {
        .state = SESSION_SETTLED,
        .kind = KIND_LIVENESS_WITH_VERIFY,
        .upstream_endpoint = "https://face.example/path",
        .device_correlation_id = "device-correlation",
        .transaction_id = "transaction \"1\" \xC3\xA9",
        .platform = "ios",
        .attempts_allowed = 3,
        .created_at = noon,
        .token_expires_at = noon + 600000,
        .completion = {noon + 5000, true, true, {0}},
        .settled_at = noon + 6000,
        .verdict = {5, 2, true, true, 0xF0000001U, 2, true, true, 913700, true},
        .reference = REFERENCE_CLIENT,
        .has_upstream_digest = true,
        .status_word = "Succeeded",
        .model_version = "2024-11-15",
        .results_json = xstrdup("{\"attempts\":[]}"),
        .details_json = xstrdup("{\"attempts\":[1]}"),
        .flagged_json = xstrdup("[]"),
        .session_image_id = "AaTWscL3A2hLnw5_PVweKpBc5FCdHhdEQ7hRzNe7sgYo",
        .sealed_answer = xstrdup("c2VhbGVk"),
        .deletion = DELETION_OWED,
        .deletion_at = noon + 7000,
        .deletion_tries = 4,
        .forget_at = noon + 86400000,
    };
    uuid7(&it.random.random, noon, record.id);
    uuid4(&it.random.random, record.upstream_id);
    random_fill(&it.random.random, record.owner, sizeof record.owner);
    random_fill(&it.random.random, record.delegate, sizeof record.delegate);
    random_fill(&it.random.random, record.image_hash, sizeof record.image_hash);
    random_fill(&it.random.random, record.completion.digest_hash, RECORD_HASH_BYTES);
    random_fill(&it.random.random, record.upstream_digest_hash, RECORD_HASH_BYTES);
    random_fill(&it.random.random, record.idempotency_key, RECORD_HASH_BYTES);
    random_fill(&it.random.random, record.idempotency_request, RECORD_HASH_BYTES);
    return record;
}

static void expect_same_session(const struct session_record *a, const struct session_record *b)
{
    cr_expect_str_eq(a->id, b->id);
    cr_expect_eq(a->state, b->state);
    cr_expect_eq(a->kind, b->kind);
    cr_expect_arr_eq(a->owner, b->owner, RECORD_HASH_BYTES);
    cr_expect_arr_eq(a->delegate, b->delegate, RECORD_HASH_BYTES);
    cr_expect_eq(a->reference, b->reference);
    cr_expect_arr_eq(a->image_hash, b->image_hash, RECORD_HASH_BYTES);
    cr_expect_str_eq(a->upstream_id, b->upstream_id);
    cr_expect_str_eq(a->upstream_endpoint, b->upstream_endpoint);
    cr_expect_str_eq(a->device_correlation_id, b->device_correlation_id);
    cr_expect_str_eq(a->transaction_id, b->transaction_id);
    cr_expect_str_eq(a->platform, b->platform);
    cr_expect_eq(a->attempts_allowed, b->attempts_allowed);
    cr_expect_eq(a->created_at, b->created_at);
    cr_expect_eq(a->token_expires_at, b->token_expires_at);
    cr_expect_eq(a->completion.completed_at, b->completion.completed_at);
    cr_expect_eq(a->completion.client_error, b->completion.client_error);
    cr_expect_eq(a->completion.has_digest, b->completion.has_digest);
    cr_expect_arr_eq(a->completion.digest_hash, b->completion.digest_hash, RECORD_HASH_BYTES);
    cr_expect_arr_eq(a->idempotency_key, b->idempotency_key, RECORD_HASH_BYTES);
    cr_expect_arr_eq(a->idempotency_request, b->idempotency_request, RECORD_HASH_BYTES);
}

static void expect_same_text(const char *a, const char *b)
{
    cr_expect(a == b || (a && b && strcmp(a, b) == 0), "%s, %s", a, b);
}

static void free_texts(struct session_record *record)
{
    free(record->results_json);
    free(record->details_json);
    free(record->flagged_json);
    free(record->sealed_answer);
}

static void expect_same_outcome(const struct session_record *a, const struct session_record *b)
{
    cr_expect_eq(a->settled_at, b->settled_at);
    cr_expect_eq(a->verdict.decision, b->verdict.decision);
    cr_expect_eq(a->verdict.retry, b->verdict.retry);
    cr_expect_eq(a->verdict.accepted, b->verdict.accepted);
    cr_expect_eq(a->verdict.digest_checked, b->verdict.digest_checked);
    cr_expect_eq(a->verdict.reasons, b->verdict.reasons);
    cr_expect_eq(a->verdict.attempt_id, b->verdict.attempt_id);
    cr_expect_eq(a->verdict.verified, b->verdict.verified);
    cr_expect_eq(a->verdict.identical, b->verdict.identical);
    cr_expect_eq(a->verdict.confidence_ppm, b->verdict.confidence_ppm);
    cr_expect_eq(a->verdict.image_hash_checked, b->verdict.image_hash_checked);
    cr_expect_eq(a->has_upstream_digest, b->has_upstream_digest);
    cr_expect_arr_eq(a->upstream_digest_hash, b->upstream_digest_hash, RECORD_HASH_BYTES);
    cr_expect_str_eq(a->status_word, b->status_word);
    cr_expect_str_eq(a->model_version, b->model_version);
    expect_same_text(a->results_json, b->results_json);
    expect_same_text(a->details_json, b->details_json);
    expect_same_text(a->flagged_json, b->flagged_json);
    expect_same_text(a->sealed_answer, b->sealed_answer);
    cr_expect_str_eq(a->session_image_id, b->session_image_id);
    cr_expect_eq(a->deletion, b->deletion);
    cr_expect_eq(a->deletion_at, b->deletion_at);
    cr_expect_eq(a->deletion_tries, b->deletion_tries);
    cr_expect_eq(a->forget_at, b->forget_at);
}

Test(store, gives_back_every_member)
{
    struct session_record record = full_record();
    cr_assert_eq(insert(&it, &record), STORE_OK);
    cr_assert_eq(load(&it, record.id), STORE_OK);
    expect_same_session(it.record, &record);
    expect_same_outcome(it.record, &record);
    cr_expect_eq(it.record->revision, 1);
    free_texts(&record);
}

Test(store, gives_back_every_member_of_a_saved_record)
{
    struct session_record first = new_record(&it);
    cr_assert_eq(insert(&it, &first), STORE_OK);
    struct session_record record = full_record();
    memcpy(record.id, first.id, UUID_SIZE);
    record.revision = 1;
    cr_assert_eq(save(&it, &record), STORE_OK);
    cr_assert_eq(load(&it, record.id), STORE_OK);
    expect_same_session(it.record, &record);
    expect_same_outcome(it.record, &record);
    cr_expect_eq(it.record->revision, 2);
    free_texts(&record);
}

Test(store, gives_back_ids_that_are_no_uuids)
{
    struct session_record record = new_record(&it);
    SET_TEXT(record.upstream_id, "ABCDEF01-2345-4789-8ABC-DEF012345678");
    cr_assert_eq(insert(&it, &record), STORE_OK);
    cr_assert_eq(load(&it, record.id), STORE_OK);
    cr_expect_str_eq(it.record->upstream_id, record.upstream_id);

    struct session_record orphan = new_record(&it);
    orphan.upstream_id[0] = '\0';
    cr_assert_eq(insert(&it, &orphan), STORE_OK);
    cr_assert_eq(load(&it, orphan.id), STORE_OK);
    cr_expect_str_empty(it.record->upstream_id);
}

Test(store, keeps_a_copy_of_what_it_was_given)
{
    struct session_record record = full_record();
    (void)store_insert(it.store, &record, on_done, &it);
    memset(record.results_json, 'x', strlen(record.results_json));
    free_texts(&record);
    record.attempts_allowed = 99;
    fixture_wait(&it, 1);
    cr_assert_eq(load(&it, record.id), STORE_OK);
    cr_expect_eq(it.record->attempts_allowed, 3);
    cr_expect_str_eq(it.record->results_json, "{\"attempts\":[]}");
}

Test(store, finds_nothing_under_an_id_it_does_not_have)
{
    struct session_record record = new_record(&it);
    cr_expect_eq(load(&it, record.id), STORE_NOT_FOUND);
    cr_expect_null(it.record);
    cr_expect_eq(save(&it, &record), STORE_NOT_FOUND);
    cr_expect_eq(load(&it, ""), STORE_NOT_FOUND);
    cr_expect_eq(load(&it, "../../etc/passwd"), STORE_NOT_FOUND);
    cr_expect_eq(load(&it, "00000000-0000-7000-8000-00000000000g"), STORE_NOT_FOUND);
    cr_expect_eq(load(&it, "00000000-0000-7000-8000-000000000000-and-more"), STORE_NOT_FOUND);
    cr_expect(store_ready(it.store));
}

Test(store, finds_a_record_by_its_id_in_upper_case)
{
    struct session_record record = new_record(&it);
    cr_assert_eq(insert(&it, &record), STORE_OK);
    char upper[UUID_SIZE];
    for (size_t i = 0; i < UUID_SIZE; i++) {
        upper[i] = (char)(record.id[i] >= 'a' ? record.id[i] - 'a' + 'A' : record.id[i]);
    }
    cr_assert_eq(load(&it, upper), STORE_OK);
    cr_expect_str_eq(it.record->id, record.id);
}

Test(store, refuses_an_id_it_has)
{
    struct session_record record = new_record(&it);
    cr_assert_eq(insert(&it, &record), STORE_OK);
    record.attempts_allowed = 99;
    cr_expect_eq(insert(&it, &record), STORE_CONFLICT);
    cr_assert_eq(load(&it, record.id), STORE_OK);
    cr_expect_eq(it.record->attempts_allowed, 3);
}

Test(store, lets_one_of_two_savers_win)
{
    struct session_record record = new_record(&it);
    cr_assert_eq(insert(&it, &record), STORE_OK);
    cr_assert_eq(load(&it, record.id), STORE_OK);
    struct session_record first = *it.record;
    struct session_record second = *it.record;
    first.attempts_allowed = 1;
    second.attempts_allowed = 2;
    unsigned before = it.answers;
    (void)store_save(it.store, &first, on_done, &it);
    (void)store_save(it.store, &second, on_done, &it);
    fixture_wait(&it, before + 2);
    cr_expect_eq(it.result, STORE_CONFLICT);
    cr_assert_eq(load(&it, record.id), STORE_OK);
    cr_expect_eq(it.record->attempts_allowed, 1);
    cr_expect_eq(it.record->revision, 2);
    second.revision = 2;
    cr_expect_eq(save(&it, &second), STORE_OK);
}

static void insert_owed(const char *id_end, int64_t deletion_at, int64_t created_at)
{
    struct session_record record = new_record(&it);
    memcpy(record.id + UUID_SIZE - 1 - strlen(id_end), id_end, strlen(id_end));
    record.deletion = DELETION_OWED;
    record.deletion_at = deletion_at;
    record.created_at = created_at;
    cr_assert_eq(insert(&it, &record), STORE_OK);
}

static bool ends_with(const char *id, const char *id_end)
{
    return strcmp(id + strlen(id) - strlen(id_end), id_end) == 0;
}

Test(store, lists_what_is_due_oldest_first)
{
    insert_owed("03", noon + 30, noon);
    insert_owed("01", noon + 10, noon);
    insert_owed("04", noon + 40, noon);
    insert_owed("02", noon + 20, noon);
    struct session_record other = new_record(&it);
    cr_assert_eq(insert(&it, &other), STORE_OK);

    cr_expect_eq(due(&it, noon + 9, 10), 0);
    cr_assert_eq(due(&it, noon + 30, 10), 3);
    cr_expect(ends_with(it.listed[0], "01"));
    cr_expect(ends_with(it.listed[1], "02"));
    cr_expect(ends_with(it.listed[2], "03"));
    cr_assert_eq(due(&it, noon + 1000, 2), 2);
    cr_expect(ends_with(it.listed[1], "02"));
    cr_expect_eq(due(&it, noon + 1000, 0), 0);
    cr_expect_eq(due(&it, noon + 1000, SIZE_MAX), 4);
}

Test(store, forgets_what_is_over_but_nothing_owed)
{
    struct session_record records[5];
    for (size_t i = 0; i < 5; i++) {
        records[i] = new_record(&it);
        records[i].forget_at = noon + (int64_t)i;
    }
    records[0].forget_at = 0; /* never */
    records[1].deletion = DELETION_OWED;
    records[2].deletion = DELETION_DONE;
    for (size_t i = 0; i < 5; i++) {
        cr_assert_eq(insert(&it, &records[i]), STORE_OK);
    }
    cr_expect_eq(forget(&it, noon + 3, 10), STORE_OK);
    cr_expect_eq(load(&it, records[0].id), STORE_OK);
    cr_expect_eq(load(&it, records[1].id), STORE_OK);
    cr_expect_eq(load(&it, records[2].id), STORE_NOT_FOUND);
    cr_expect_eq(load(&it, records[3].id), STORE_NOT_FOUND);
    cr_expect_eq(load(&it, records[4].id), STORE_OK);
}

Test(store, forgets_no_more_than_it_is_told)
{
    struct session_record records[3];
    for (size_t i = 0; i < 3; i++) {
        records[i] = new_record(&it);
        records[i].forget_at = noon + 3 - (int64_t)i;
        cr_assert_eq(insert(&it, &records[i]), STORE_OK);
    }
    cr_expect_eq(forget(&it, noon + 10, 2), STORE_MORE);
    cr_expect_eq(load(&it, records[0].id), STORE_OK, "the youngest stays");
    cr_expect_eq(load(&it, records[1].id), STORE_NOT_FOUND);
    cr_expect_eq(load(&it, records[2].id), STORE_NOT_FOUND);
    cr_expect_eq(forget(&it, noon + 10, 2), STORE_OK, "there is no more");
    cr_expect_eq(load(&it, records[0].id), STORE_NOT_FOUND);
}

Test(store, answers_in_the_order_it_was_asked)
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

Test(store, tells_nobody_who_cancelled_but_does_the_work)
{
    struct session_record record = new_record(&it);
    store_cancel(store_insert(it.store, &record, on_done, &it));
    store_cancel(store_load(it.store, record.id, on_done, &it));
    store_cancel(store_due(it.store, noon, 1, on_listed, &it));
    store_cancel(store_count(it.store, on_counted, &it));
    cr_expect_eq(load(&it, record.id), STORE_OK);
    cr_expect_eq(it.answers, 1);
}

static void cancel_other(void *context, enum store_result result, struct session_record *record)
{
    store_cancel(*(struct store_call **)context);
    on_done(&it, result, record);
}

Test(store, lets_a_callback_cancel_a_call_answered_with_it)
{
    struct session_record record = new_record(&it);
    struct store_call *other = NULL;
    (void)store_insert(it.store, &record, cancel_other, &other);
    other = store_load(it.store, record.id, on_done, &it);
    fixture_wait(&it, 1);
    (void)load(&it, record.id);
    cr_expect_eq(it.answers, 2);
}

static void close_from_callback(void *context, enum store_result result,
                                struct session_record *record)
{
    on_done(context, result, record);
    it.store = store_close(it.store);
}

Test(store, can_be_closed_by_a_callback)
{
    struct session_record record = new_record(&it);
    (void)store_insert(it.store, &record, close_from_callback, &it);
    (void)store_load(it.store, record.id, on_done, &it);
    (void)store_load(it.store, record.id, on_done, &it);
    uv_run(&it.loop, UV_RUN_DEFAULT);
    cr_expect_eq(it.answers, 1);
}

Test(store, refuses_what_does_not_fit_in_the_queue)
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

Test(store, finishes_what_is_queued_when_closed)
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

Test(store, keeps_everything_over_a_restart)
{
    struct session_record record = full_record();
    cr_assert_eq(insert(&it, &record), STORE_OK);
    record.revision = 1;
    cr_assert_eq(save(&it, &record), STORE_OK);
    fixture_close(&it);
    fixture_open(&it);
    cr_assert_eq(load(&it, record.id), STORE_OK);
    expect_same_session(it.record, &record);
    expect_same_outcome(it.record, &record);
    cr_expect_eq(it.record->revision, 2);
    cr_expect_eq(due(&it, noon + 86400000, 10), 1);
    cr_expect_eq(count(&it)->owed, 1);
    free_texts(&record);
}

Test(store, commits_what_waits_together)
{
    for (int i = 0; i < 50; i++) {
        struct session_record record = new_record(&it);
        (void)store_insert(it.store, &record, on_done, &it);
    }
    fixture_wait(&it, 50);
    double commits = metric_value(&it, "livenessd_store_commits_total{outcome=\"ok\"}");
    cr_expect_geq(commits, 1);
    cr_expect_lt(commits, 50);
}

Test(store, starts_the_calls_of_a_turn_together_when_told_so)
{
    fixture_close(&it);
    struct store_config config = fixture_config(&it);
    config.by_turn = true;
    it.store = store_open(&it.loop, &config, it.error, sizeof it.error);
    cr_assert_not_null(it.store, "%s", it.error);
    double commits = metric_value(&it, "livenessd_store_commits_total{outcome=\"ok\"}");
    for (int i = 0; i < 20; i++) {
        struct session_record record = new_record(&it);
        (void)store_insert(it.store, &record, on_done, &it);
    }
    fixture_turn_often(&it);
    cr_expect_eq(it.answers, 0);
    store_flush(it.store);
    fixture_wait(&it, 20);
    cr_expect_eq(it.results[STORE_OK], 20);
    cr_expect_eq(metric_value(&it, "livenessd_store_commits_total{outcome=\"ok\"}"), commits + 1);
    store_flush(it.store); /* nothing to hand over */
    struct session_record late = new_record(&it);
    (void)store_insert(it.store, &late, on_done, &it); /* closing hands it over */
    fixture_close(&it);
    fixture_open(&it);
    cr_expect_eq(load(&it, late.id), STORE_OK);
}

Test(store, counts_calls_commits_and_the_queue)
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
