/*
 * Disks that hang, fail and fill up: nothing is answered before the sync that covers it, a failure
 * is said, and the store comes back by itself.
 */
#include "store_fixture.h"
#include "sync_gate.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>

static struct fixture it;

static void open_store(void)
{
    sync_gate_init();
    fixture_init(&it);
    fixture_open(&it);
}

static void close_store(void)
{
    sync_gate.mode = SYNC_WORKS;
    fixture_done(&it);
    sync_gate_done();
}

TestSuite(store_faults, .init = open_store, .fini = close_store, .timeout = 60);

Test(store_faults, answers_a_write_after_its_sync)
{
    struct session_record record = new_record(&it);
    cr_assert_eq(insert(&it, &record), STORE_OK);
    cr_assert_gt(sync_gate.count, 0, "the syncs are not seen");
    record.revision = 1;
    sync_gate.mode = SYNC_WAITS;
    (void)store_save(it.store, &record, on_done, &it);
    uv_sem_wait(&sync_gate.arrived);
    fixture_turn_often(&it);
    cr_expect_eq(it.answers, 1, "answered before the sync");
    open_gate(SYNC_WORKS);
    fixture_wait(&it, 2);
    cr_expect_eq(it.result, STORE_OK);
}

Test(store_faults, syncs_every_write)
{
    struct session_record record = new_record(&it);
    unsigned before = sync_gate.count;
    cr_assert_eq(insert(&it, &record), STORE_OK);
    cr_expect_gt(sync_gate.count, before);
    before = sync_gate.count;
    record.revision = 1;
    cr_assert_eq(save(&it, &record), STORE_OK);
    cr_expect_gt(sync_gate.count, before);
    before = sync_gate.count;
    (void)load(&it, record.id);
    (void)count(&it);
    cr_expect_eq(sync_gate.count, before, "reads need none");
}

/* What a read sees may not be on the disk yet. */
Test(store_faults, answers_a_read_after_the_sync_of_what_it_saw)
{
    struct session_record first = new_record(&it);
    struct session_record second = new_record(&it);
    sync_gate.mode = SYNC_WAITS;
    (void)store_insert(it.store, &first, on_done, &it);
    uv_sem_wait(&sync_gate.arrived);
    (void)store_insert(it.store, &second, on_done, &it);
    (void)store_load(it.store, second.id, on_done, &it);
    sync_gate.mode = SYNC_WORKS;
    uv_sem_post(&sync_gate.go_on);
    fixture_wait(&it, 1);
    fixture_wait(&it, 3);
    cr_expect_eq(it.results[STORE_OK], 3);

    struct session_record third = new_record(&it);
    sync_gate.mode = SYNC_WAITS;
    (void)store_insert(it.store, &first, on_done, &it); /* changes nothing: no sync */
    fixture_wait(&it, 4);
    cr_expect_eq(it.result, STORE_CONFLICT);
    (void)store_insert(it.store, &third, on_done, &it);
    uv_sem_wait(&sync_gate.arrived);
    (void)store_load(it.store, third.id, on_done, &it);
    fixture_turn_often(&it);
    cr_expect_eq(it.answers, 4);
    open_gate(SYNC_WORKS);
    fixture_wait(&it, 6);
}

Test(store_faults, says_unavailable_when_the_sync_fails)
{
    struct session_record record = new_record(&it);
    sync_gate.mode = SYNC_WAITS;
    (void)store_insert(it.store, &record, on_done, &it);
    uv_sem_wait(&sync_gate.arrived);
    open_gate(SYNC_FAILS);
    fixture_wait(&it, 1);
    cr_expect_eq(it.result, STORE_UNAVAILABLE);
    cr_expect_not(store_ready(it.store));
    cr_expect_eq(metric_value(&it, "livenessd_store_commits_total{outcome=\"failed\"}"), 1);

    sync_gate.mode = SYNC_WORKS;
    cr_expect_eq(load(&it, record.id), STORE_NOT_FOUND, "it was rolled back");
    cr_expect_eq(insert(&it, &record), STORE_OK, "the next call is tried afresh");
    cr_expect(store_ready(it.store));
}

Test(store_faults, says_unavailable_to_all_that_were_committed_together)
{
    struct session_record records[3];
    struct session_record first = new_record(&it);
    sync_gate.mode = SYNC_WAITS;
    (void)store_insert(it.store, &first, on_done, &it);
    uv_sem_wait(&sync_gate.arrived);
    for (size_t i = 0; i < 3; i++) {
        records[i] = new_record(&it);
        (void)store_insert(it.store, &records[i], on_done, &it);
    }
    (void)store_load(it.store, records[0].id, on_done, &it);
    (void)store_due(it.store, noon, 10, on_listed, &it);
    (void)store_count(it.store, on_counted, &it);
    open_gate(SYNC_FAILS);
    fixture_wait(&it, 7);
    cr_expect_eq(it.results[STORE_UNAVAILABLE], 7);
    cr_expect_null(it.record);
    sync_gate.mode = SYNC_WORKS;
    for (size_t i = 0; i < 3; i++) {
        cr_expect_eq(insert(&it, &records[i]), STORE_OK);
    }
}

Test(store_faults, stays_unready_while_only_reads_succeed)
{
    struct session_record record = new_record(&it);
    sync_gate.mode = SYNC_FAILS;
    cr_assert_eq(insert(&it, &record), STORE_UNAVAILABLE);
    cr_expect_eq(load(&it, record.id), STORE_NOT_FOUND, "reading works");
    cr_expect_not(store_ready(it.store));
    /* a write that finds nothing to change touches no disk either */
    cr_expect_eq(save(&it, &record), STORE_NOT_FOUND);
    cr_expect_not(store_ready(it.store));
}

Test(store_faults, becomes_ready_again_by_itself)
{
    struct session_record record = new_record(&it);
    sync_gate.mode = SYNC_FAILS;
    cr_assert_eq(insert(&it, &record), STORE_UNAVAILABLE);
    sync_gate.mode = SYNC_WORKS;
    while (!store_ready(it.store)) {
        uv_run(&it.loop, UV_RUN_ONCE); /* the probe's answer wakes the loop */
    }
    uv_run(&it.loop, UV_RUN_NOWAIT);
    const char *probes = "livenessd_store_calls_total{operation=\"probe\",result=\"ok\"}";
    cr_expect_eq(metric_value(&it, probes), 1);
    cr_expect_eq(insert(&it, &record), STORE_OK);
}

Test(store_faults, becomes_ready_again_while_it_is_read_all_the_time)
{
    struct session_record record = new_record(&it);
    sync_gate.mode = SYNC_FAILS;
    cr_assert_eq(insert(&it, &record), STORE_UNAVAILABLE);
    sync_gate.mode = SYNC_WORKS;
    while (!store_ready(it.store)) {
        (void)load(&it, record.id);
    }
}

Test(store_faults, survives_a_full_disk)
{
    (void)signal(SIGXFSZ, SIG_IGN);
    struct session_record record = new_record(&it);
    record.results_json = xcalloc(1, RECORD_RESULTS_MAX);
    memset(record.results_json, 'x', RECORD_RESULTS_MAX - 1);
    cr_assert_eq(insert(&it, &record), STORE_OK);
    struct rlimit full = {0, RLIM_INFINITY};
    struct rlimit roomy = {RLIM_INFINITY, RLIM_INFINITY};
    struct session_record next = new_record(&it);
    next.results_json = record.results_json;

    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &full), 0);
    enum store_result result = insert(&it, &next);
    bool ready = store_ready(it.store);
    enum store_result read = load(&it, record.id);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &roomy), 0);
    cr_expect_eq(result, STORE_UNAVAILABLE);
    cr_expect_not(ready);
    cr_expect_eq(read, STORE_OK, "what is there can still be read");

    cr_expect_eq(insert(&it, &next), STORE_OK);
    cr_expect(store_ready(it.store));
    fixture_close(&it);
    fixture_open(&it);
    cr_expect_eq(load(&it, record.id), STORE_OK);
    cr_expect_eq(load(&it, next.id), STORE_OK);
    free(record.results_json);
}

Test(store_faults, answers_for_all_but_a_damaged_row)
{
    struct session_record damaged = new_record(&it);
    struct session_record sound = new_record(&it);
    damaged.deletion = sound.deletion = DELETION_OWED;
    SET_TEXT(damaged.platform, "damaged");
    cr_assert_eq(insert(&it, &damaged), STORE_OK);
    cr_assert_eq(insert(&it, &sound), STORE_OK);
    sqlite3 *db = NULL;
    cr_assert_eq(sqlite3_open(it.path, &db), SQLITE_OK);
    const char *sql = "UPDATE session SET platform = hex(zeroblob(100)) WHERE platform = 'damaged'";
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    (void)sqlite3_close(db);

    cr_expect_eq(load(&it, damaged.id), STORE_UNAVAILABLE);
    cr_expect_eq(load(&it, sound.id), STORE_OK);
    cr_assert_eq(due(&it, noon, 10), 1);
    cr_expect_str_eq(it.listed[0], sound.id);
    cr_expect(store_ready(it.store));
}
