/*
 * The promises of store.h that need nothing to fail: what is written comes back, compare-and-swap,
 * what is due, forgetting, counting, cancelling, the queue's limit.
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
        .verdict = {5, 2, true, true, 0xF0000001U, 2},
        .has_upstream_digest = true,
        .status_word = "Succeeded",
        .model_version = "2024-11-15",
        .results_json = xstrdup("{\"attempts\":[]}"),
        .deletion = DELETION_OWED,
        .deletion_at = noon + 7000,
        .deletion_tries = 4,
        .forget_at = noon + 86400000,
    };
    uuid7(&it.random.random, noon, record.id);
    uuid4(&it.random.random, record.upstream_id);
    random_fill(&it.random.random, record.owner, sizeof record.owner);
    random_fill(&it.random.random, record.completion.digest_hash, RECORD_HASH_BYTES);
    random_fill(&it.random.random, record.upstream_digest_hash, RECORD_HASH_BYTES);
    return record;
}

static void expect_same_session(const struct session_record *a, const struct session_record *b)
{
    cr_expect_str_eq(a->id, b->id);
    cr_expect_eq(a->state, b->state);
    cr_expect_eq(a->kind, b->kind);
    cr_expect_arr_eq(a->owner, b->owner, RECORD_HASH_BYTES);
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
    cr_expect_eq(a->has_upstream_digest, b->has_upstream_digest);
    cr_expect_arr_eq(a->upstream_digest_hash, b->upstream_digest_hash, RECORD_HASH_BYTES);
    cr_expect_str_eq(a->status_word, b->status_word);
    cr_expect_str_eq(a->model_version, b->model_version);
    cr_expect_eq(!a->results_json, !b->results_json);
    cr_expect(!a->results_json || strcmp(a->results_json, b->results_json) == 0);
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
    free(record.results_json);
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
    free(record.results_json);
}
