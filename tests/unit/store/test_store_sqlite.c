/*
 * What only a store in a file promises: commits that serve many calls, no trace of
 * what was released, and no peers.
 */
#include "base/buf.h"
#include "store_fixture.h"

#include <signal.h>

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

TestSuite(store_sqlite, .init = open_store, .fini = close_store, .timeout = 60);

Test(store_sqlite, commits_what_waits_together)
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

Test(store_sqlite, commits_the_calls_of_a_turn_together)
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
    cr_expect_eq(metric_value(&it, "livenessd_store_commits_total{outcome=\"ok\"}"), commits + 1);
}

static bool file_holds(const char *text)
{
    struct buf content;
    char piece[4096];
    size_t size = 0;
    FILE *file = fopen(it.path, "r");
    cr_assert_not_null(file);
    buf_init(&content, 1 << 22);
    while ((size = fread(piece, 1, sizeof piece, file)) > 0)
        buf_append(&content, piece, size);
    (void)fclose(file);
    bool holds = memmem(content.data, content.len, text, strlen(text)) != NULL;
    buf_done(&content);
    return holds;
}

/* The log is moved into the file when it is closed. */
Test(store_sqlite, keeps_nothing_of_a_released_answer_in_the_file)
{
    static char sealed[] = "sealed-answer-of-a-create";
    struct session_record one = new_record(&it);
    one.token_expires_at = noon + 1000;
    one.sealed_answer = sealed;
    memset(one.idempotency_key, 1, sizeof one.idempotency_key);
    cr_assert_eq(insert(&it, &one), STORE_OK);
    fixture_close(&it);
    cr_assert(file_holds(sealed), "else this test looks in the wrong place");
    fixture_open(&it);
    (void)store_release_keys(it.store, noon + 1000, 10, on_done, &it);
    fixture_wait(&it, it.answers + 1);
    cr_assert_eq(it.result, STORE_OK);
    fixture_close(&it);
    cr_expect_not(file_holds(sealed));
}

static void on_changed(void *context, const char *id)
{
    (void)context;
    cr_expect_fail("%s was changed by nobody else", id);
}

static void on_missed(void *context)
{
    (void)context;
    cr_expect_fail("nothing can be missed");
}

static void on_peers(void *context, unsigned count)
{
    unsigned *told = context;
    ++*told;
    cr_expect_eq(count, 1);
}

Test(store_sqlite, is_shared_with_nobody)
{
    unsigned told = 0;
    const struct store_listener listener = {
        .changed = on_changed, .missed = on_missed, .peers = on_peers, .context = &told};
    cr_expect_not(store_is_shared(it.store));
    store_listen(it.store, &listener);
    cr_expect_eq(told, 0, "no callback runs inside the call");
    struct session_record record = new_record(&it);
    cr_assert_eq(insert(&it, &record), STORE_OK);
    record.revision = 1;
    cr_assert_eq(save(&it, &record), STORE_OK);
    fixture_turn_often(&it);
    cr_expect_eq(told, 1);
    store_listen(it.store, NULL);
    fixture_turn_often(&it);
    cr_expect_eq(told, 1);
}

static void on_claimed(void *context, enum store_result result, uint64_t retry_ms)
{
    (void)retry_ms;
    on_done(context, result, NULL);
}

Test(store_sqlite, has_nobody_to_claim_a_look_from, .signal = SIGABRT)
{
    (void)store_claim_look(it.store, "00000000-0000-7000-8000-000000000000", false, 1000,
                           on_claimed, &it);
}

Test(store_sqlite, has_nobody_to_tell_of_a_look, .signal = SIGABRT)
{
    store_looked(it.store, "00000000-0000-7000-8000-000000000000", 1000, "Running");
}
