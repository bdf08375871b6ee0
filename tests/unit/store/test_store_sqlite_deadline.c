/*
 * A disk that hangs holds up nobody longer than the timeout: not the callers, not those behind
 * them, not the end of the process. Deadlines go by the fixture's clock, which stands still until a
 * test moves it; real time only has to pass for the timer to look at it.
 */
#include "store_fixture.h"
#include "sync_gate.h"

#include <poll.h>

static struct fixture it;

enum { TIMEOUT_MS = 50, QUEUE_MAX = 6 };

static void open_store(void)
{
    sync_gate_init();
    fixture_init(&it);
    struct store_config config = fixture_config(&it);
    config.timeout_ms = TIMEOUT_MS;
    config.queue_max = QUEUE_MAX;
    it.store = store_open(&it.loop, &config, it.error, sizeof it.error);
    cr_assert_not_null(it.store, "%s", it.error);
}

static void close_store(void)
{
    sync_gate.mode = SYNC_WORKS;
    fixture_done(&it);
    sync_gate_done();
}

TestSuite(store_deadline, .init = open_store, .fini = close_store, .timeout = 60);

/* Starts an insert and comes back when its sync hangs. */
static struct store_call *hang(const struct session_record *record)
{
    sync_gate.mode = SYNC_WAITS;
    struct store_call *call = store_insert(it.store, record, on_done, &it);
    uv_sem_wait(&sync_gate.arrived);
    return call;
}

/* Until the timer of what waits now has looked at the clock. */
static void turn_past_deadline(void)
{
    uint64_t until_ns = clock_precise_ns() + (TIMEOUT_MS + 1) * 1000000ULL;
    while (clock_precise_ns() < until_ns) {
        uv_run(&it.loop, UV_RUN_ONCE); /* sleeps until the timer fires */
    }
    fixture_turn_often(&it);
}

static void wait_until_ready(void)
{
    while (!store_ready(it.store)) {
        uv_run(&it.loop, UV_RUN_ONCE);
    }
}

Test(store_deadline, is_kept_while_a_sync_hangs)
{
    struct session_record record = new_record(&it);
    (void)hang(&record);
    fake_clock_advance(&it.clock, TIMEOUT_MS - 1);
    turn_past_deadline();
    cr_expect_eq(it.answers, 0, "too early");
    cr_expect(store_ready(it.store));

    fake_clock_advance(&it.clock, 1);
    fixture_wait(&it, 1);
    cr_expect_eq(it.result, STORE_UNAVAILABLE);
    cr_expect_not(store_ready(it.store));

    open_gate(SYNC_WORKS);
    wait_until_ready();
    cr_expect_eq(load(&it, record.id), STORE_OK, "the operation went on");
    cr_expect_eq(it.answers, 2, "the late result is dropped");
    cr_expect_eq(insert(&it, &record), STORE_CONFLICT);
}

Test(store_deadline, is_kept_for_all_that_wait_behind)
{
    struct session_record known = new_record(&it);
    struct session_record first = new_record(&it);
    struct session_record second = new_record(&it);
    known.deletion = DELETION_OWED;
    cr_assert_eq(insert(&it, &known), STORE_OK);
    (void)hang(&first);
    (void)store_insert(it.store, &second, on_done, &it);
    (void)store_load(it.store, known.id, on_done, &it);
    (void)store_due(it.store, noon, 10, on_listed, &it);
    (void)store_count(it.store, on_counted, &it);
    fake_clock_advance(&it.clock, TIMEOUT_MS);
    fixture_wait(&it, 6);
    cr_expect_eq(it.results[STORE_UNAVAILABLE], 5);

    open_gate(SYNC_WORKS);
    cr_expect_eq(load(&it, second.id), STORE_OK);
    cr_expect_eq(load(&it, first.id), STORE_OK);
    cr_expect_eq(it.answers, 8, "each call is answered once");
    wait_until_ready();
}

Test(store_deadline, is_each_calls_own)
{
    struct session_record first = new_record(&it);
    struct session_record second = new_record(&it);
    (void)hang(&first);
    fake_clock_advance(&it.clock, TIMEOUT_MS - 10);
    (void)store_insert(it.store, &second, on_done, &it);
    fake_clock_advance(&it.clock, 10);
    fixture_wait(&it, 1);
    turn_past_deadline();
    cr_expect_eq(it.answers, 1, "the second has time left");
    fake_clock_advance(&it.clock, TIMEOUT_MS - 10);
    fixture_wait(&it, 2);
    cr_expect_eq(it.results[STORE_UNAVAILABLE], 2);
    open_gate(SYNC_WORKS);
    wait_until_ready();
}

Test(store_deadline, does_not_undo_an_answer_that_is_there)
{
    struct session_record record = new_record(&it);
    uint64_t before_ns = clock_precise_ns();
    (void)store_insert(it.store, &record, on_done, &it);
    /* the answer has come, but the loop looks late */
    struct pollfd answered = {.fd = uv_backend_fd(&it.loop), .events = POLLIN};
    uv_run(&it.loop, UV_RUN_NOWAIT); /* has the loop tell the kernel what it waits for */
    while (it.answers == 0 && poll(&answered, 1, -1) != 1) {
    }
    fake_clock_advance(&it.clock, 10 * TIMEOUT_MS);
    while (clock_precise_ns() < before_ns + 2 * TIMEOUT_MS * 1000000ULL) {
    }
    fixture_wait(&it, 1);
    cr_expect_eq(it.result, STORE_OK);
    cr_expect(store_ready(it.store));
}

Test(store_deadline, tells_nobody_who_cancelled)
{
    struct session_record first = new_record(&it);
    struct session_record second = new_record(&it);
    store_cancel(hang(&first));
    store_cancel(store_load(it.store, first.id, on_done, &it));
    (void)store_insert(it.store, &second, on_done, &it);
    fake_clock_advance(&it.clock, TIMEOUT_MS);
    fixture_wait(&it, 1);
    cr_expect_eq(it.result, STORE_UNAVAILABLE);
    cr_expect_not(store_ready(it.store));
    open_gate(SYNC_WORKS);
    cr_expect_eq(load(&it, first.id), STORE_OK);
    cr_expect_eq(it.answers, 2);
}

Test(store_deadline, keeps_what_is_given_up_within_the_queue)
{
    static struct session_record records[QUEUE_MAX + 1]; /* too much for the stack */
    for (size_t i = 0; i <= QUEUE_MAX; i++) {
        records[i] = new_record(&it);
    }
    (void)hang(&records[0]);
    for (size_t i = 1; i < QUEUE_MAX; i++) {
        (void)store_insert(it.store, &records[i], on_done, &it);
    }
    fake_clock_advance(&it.clock, TIMEOUT_MS);
    fixture_wait(&it, QUEUE_MAX);
    cr_expect_eq(metric_value(&it, "livenessd_store_queue"), QUEUE_MAX, "the disk owes them");
    cr_expect_eq(insert(&it, &records[QUEUE_MAX]), STORE_UNAVAILABLE, "refused at once");
    const char *calls = "livenessd_store_calls_total{operation=\"insert\",result=\"unavailable\"}";
    cr_expect_eq(metric_value(&it, calls), QUEUE_MAX + 1);

    open_gate(SYNC_WORKS);
    while (metric_value(&it, "livenessd_store_queue") > 0) {
        uv_run(&it.loop, UV_RUN_ONCE);
    }
    cr_expect_eq(insert(&it, &records[QUEUE_MAX]), STORE_OK, "there is room again");
    cr_expect_eq(metric_value(&it, calls), QUEUE_MAX + 1, "no call is counted twice");
    calls = "livenessd_store_calls_total{operation=\"insert\",result=\"ok\"}";
    cr_expect_eq(metric_value(&it, calls), 1);
}

static struct session_record next_record;

static void insert_next(void *context, enum store_result result, struct session_record *record)
{
    on_done(context, result, record);
    (void)store_insert(it.store, &next_record, on_done, &it);
}

Test(store_deadline, is_kept_for_a_call_made_by_a_callback)
{
    struct session_record first = new_record(&it);
    struct session_record second = new_record(&it);
    next_record = new_record(&it);
    (void)hang(&first);
    (void)store_insert(it.store, &second, insert_next, &it);
    fake_clock_advance(&it.clock, TIMEOUT_MS);
    fixture_wait(&it, 2);
    turn_past_deadline();
    cr_expect_eq(it.answers, 2);
    fake_clock_advance(&it.clock, TIMEOUT_MS);
    fixture_wait(&it, 3);
    cr_expect_eq(it.results[STORE_UNAVAILABLE], 3);
    open_gate(SYNC_WORKS);
    wait_until_ready();
}

Test(store_deadline, starts_again_after_an_idle_time)
{
    struct session_record first = new_record(&it);
    struct session_record second = new_record(&it);
    cr_assert_eq(insert(&it, &first), STORE_OK);
    uv_run(&it.loop, UV_RUN_ONCE); /* the timer finds nothing to wait for */
    (void)hang(&second);
    fake_clock_advance(&it.clock, TIMEOUT_MS);
    fixture_wait(&it, 2);
    cr_expect_eq(it.result, STORE_UNAVAILABLE);
    open_gate(SYNC_WORKS);
    wait_until_ready();
}

Test(store_deadline, ends_unready_when_the_late_write_fails)
{
    struct session_record record = new_record(&it);
    (void)hang(&record);
    fake_clock_advance(&it.clock, TIMEOUT_MS);
    fixture_wait(&it, 1);
    open_gate(SYNC_FAILS);
    while (metric_value(&it, "livenessd_store_queue") > 0) {
        uv_run(&it.loop, UV_RUN_ONCE);
    }
    cr_expect_not(store_ready(it.store));
    sync_gate.mode = SYNC_WORKS;
    cr_expect_eq(insert(&it, &record), STORE_OK, "it was rolled back");
    cr_expect(store_ready(it.store));
}

/* The loop goes before the thread gets on; that must not wake it then. */
static void let_the_thread_get_on(void)
{
    cr_assert_eq(uv_loop_close(&it.loop), 0, "handles are left on the loop");
    uv_sem_post(&sync_gate.go_on);
    uv_sem_wait(&sync_gate.arrived); /* the next sync: it has handed back what hung */
    cr_assert_eq(uv_loop_init(&it.loop), 0);
}

Test(store_deadline, holds_for_closing)
{
    struct session_record first = new_record(&it);
    struct session_record second = new_record(&it);
    (void)hang(&first);
    (void)store_insert(it.store, &second, on_done, &it);
    fixture_close(&it);
    cr_expect_eq(it.answers, 0);
    let_the_thread_get_on();
}

static void close_from_callback(void *context, enum store_result result,
                                struct session_record *record)
{
    on_done(context, result, record);
    it.store = store_close(it.store);
}

Test(store_deadline, lets_a_callback_close_a_store_that_hangs)
{
    struct session_record first = new_record(&it);
    struct session_record second = new_record(&it);
    sync_gate.mode = SYNC_WAITS;
    (void)store_insert(it.store, &first, close_from_callback, &it);
    uv_sem_wait(&sync_gate.arrived);
    (void)store_insert(it.store, &second, on_done, &it);
    fake_clock_advance(&it.clock, TIMEOUT_MS);
    uv_run(&it.loop, UV_RUN_DEFAULT);
    cr_expect_eq(it.answers, 1);
    let_the_thread_get_on();
}
