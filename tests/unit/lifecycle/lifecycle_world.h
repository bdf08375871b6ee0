/*
 * The lifecycle on a real store, with a Face API that the test plays and a clock that it moves:
 * time passes only in `pass`, which takes the loop's timers along.
 */
#pragma once

#include "../store/store_fixture.h"
#include "lifecycle/asker.h"
#include "lifecycle/change.h"
#include "lifecycle/sessions.h"
#include "lifecycle/waits.h"
#include "world_face.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>

enum { POLL_INTERVAL_MS = 1000, TURNS = 16, LATE_S = 20 };

struct world {
    struct fixture files; /* loop, clock, random, metrics, store */
    struct face_client face;
    int log_fd;
    struct log *log;
    uint8_t seal_key[32];
    struct sessions *sessions;
};

/* ---- turns of the loop, and time ---- */

/* All that needs no other thread has happened then. */
static inline void turn(struct world *it)
{
    for (int i = 0; i < TURNS; i++)
        uv_run(&it->files.loop, UV_RUN_NOWAIT);
}

/* Turns until the condition is true. */
#define turn_until(it, condition)                                                                  \
    do {                                                                                           \
        uint64_t late_ = clock_precise_ns() + LATE_S * UINT64_C(1000000000);                       \
        turn(it);                                                                                  \
        while (!(condition)) {                                                                     \
            cr_assert_lt(clock_precise_ns(), late_, "never came true: %s", #condition);            \
            sched_yield();                                                                         \
            turn(it);                                                                              \
        }                                                                                          \
    } while (0)

static inline void timer_hurry(uv_handle_t *handle, void *context)
{
    if (handle->type != UV_TIMER || !uv_is_active(handle))
        return;
    uv_timer_t *timer = (uv_timer_t *)handle;
    uint64_t ms = *(const uint64_t *)context, left = uv_timer_get_due_in(timer);
    (void)uv_timer_start(timer, timer->timer_cb, left > ms ? left - ms : 0,
                         uv_timer_get_repeat(timer));
}

static inline void pass(struct world *it, uint64_t ms)
{
    uv_update_time(&it->files.loop);
    fake_clock_advance(&it->files.clock, (int64_t)ms);
    uv_walk(&it->files.loop, timer_hurry, &ms);
    turn(it);
}

/* ---- begin and end ---- */

static inline void world_open(struct world *it)
{
    memset(it, 0, sizeof *it);
    fixture_init(&it->files);
    it->log_fd = memfd_create("log", MFD_CLOEXEC);
    it->log = log_new(it->log_fd, LOG_INFO, &it->files.clock.clock);
    struct store_config store = fixture_config(&it->files);
    store.timeout_ms = 24 * 3600 * 1000; /* time may pass while the store's thread is at work */
    it->files.store = store_open(&it->files.loop, &store, it->files.error, sizeof it->files.error);
    cr_assert_not_null(it->files.store, "%s", it->files.error);
    const struct sessions_config config = {
        .uv = &it->files.loop,
        .store = it->files.store,
        .face = &it->face,
        .clock = &it->files.clock.clock,
        .random = &it->files.random.random,
        .log = it->log,
        .metrics = it->files.metrics,
        .rules = {.digest = DIGEST_WHEN_GIVEN,
                  .retention_verdict_ms = 24 * 3600 * 1000,
                  .seal_key = it->seal_key},
        .poll_interval_ms = POLL_INTERVAL_MS,
        .repeat_wait_ms = 1000,
        .cache_bytes = 1024 * 1024,
    };
    it->sessions = sessions_new(&config);
    turn(it);
}

/* Fails when a handle is left on the loop. */
static inline void world_close(struct world *it)
{
    it->sessions = sessions_free(it->sessions);
    cr_expect_null(it->face.calls, "calls upstream are left");
    fixture_done(&it->files);
    it->log = log_free(it->log);
    (void)close(it->log_fd);
}

static inline void handle_count(uv_handle_t *handle, void *context)
{
    (void)handle;
    ++*(unsigned *)context;
}

static inline unsigned handles(struct world *it)
{
    unsigned count = 0;
    uv_walk(&it->files.loop, handle_count, &count);
    return count;
}

/* ---- sessions ---- */

/* One that is in the store. */
static inline struct session_record open_session(struct world *it)
{
    struct session_record record = new_record(&it->files);
    record.token_expires_at = record.created_at + 600 * 1000;
    cr_assert_eq(insert(&it->files, &record), STORE_OK);
    record.revision = 1;
    return record;
}

static inline enum problem complete_apply(struct session_record *record, void *context,
                                          enum session_change *ret_what)
{
    struct world *it = context;
    const struct completion_request request = {0};
    *ret_what = session_complete(record, &request, &it->sessions->config.rules,
                                 clock_wall_ms(it->sessions->config.clock));
    return PROBLEM_NONE;
}

static inline enum problem remove_apply(struct session_record *record, void *context,
                                        enum session_change *ret_what)
{
    struct world *it = context;
    *ret_what = session_remove(record, &it->sessions->config.rules,
                               clock_wall_ms(it->sessions->config.clock));
    return PROBLEM_NONE;
}

static inline void on_changed(void *context, enum problem problem, enum session_change what,
                              struct session_record *record)
{
    struct world *it = context;
    cr_assert_eq(problem, PROBLEM_NONE);
    cr_assert_eq(what, SESSION_CHANGED);
    session_record_free(record);
    it->files.answers++;
}

/* Changes the session as a route does, and returns when that is stored and told. */
static inline void change_session(struct world *it, const char *id, change_apply *apply)
{
    unsigned answers = it->files.answers;
    (void)change_start(it->sessions, id, apply, on_changed, it);
    turn_until(it, it->files.answers == answers + 1);
}

/* ---- what upstream says ---- */

static inline struct face_answer *answer_saying(enum face_status status, const char *word)
{
    static struct face_answer answer;
    memset(&answer, 0, sizeof answer);
    answer.session.status = status;
    SET_TEXT(answer.session.status_word, word);
    return &answer;
}

static inline struct face_answer *says_running(void)
{
    return answer_saying(FACE_STATUS_RUNNING, "Running");
}

static inline struct face_answer *says_live(void)
{
    struct face_answer *answer = answer_saying(FACE_STATUS_SUCCEEDED, "Succeeded");
    struct face_attempt *attempt = &answer->session.attempts[0];
    answer->session.attempt_count = 1;
    attempt->attempt_id = 1;
    attempt->status = FACE_STATUS_SUCCEEDED;
    SET_TEXT(attempt->status_word, "Succeeded");
    attempt->has_result = true;
    attempt->decision = FACE_DECISION_REALFACE;
    SET_TEXT(attempt->decision_word, "realface");
    return answer;
}

static inline struct face_answer *says_busy(void)
{
    struct face_answer *answer = answer_saying(FACE_STATUS_UNKNOWN, "");
    answer->problem = PROBLEM_UPSTREAM_BUSY;
    answer->retry_after_s = 1;
    return answer;
}

static inline struct face_answer *says_gone(void)
{
    struct face_answer *answer = answer_saying(FACE_STATUS_UNKNOWN, "");
    answer->problem = PROBLEM_SESSION_NOT_FOUND;
    answer->not_found = true;
    return answer;
}
