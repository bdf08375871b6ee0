/*
 * What outlives a request, on a store that processes share and an upstream, both played by the
 * test. The other processes are the test, too: it says their news, and changes records under ours.
 */
#pragma once

#include "fake_face.h"
#include "fake_store.h"
#include "lifecycle/asker.h"
#include "lifecycle/sessions.h"

#include <poll.h>

static struct world {
    uv_loop_t uv;
    struct metrics *metrics;
    struct sessions *sessions;
} it;

/* ---- turns ---- */

/* What is due happens, and what is not held is answered. */
static inline void turn(void)
{
    uv_run(&it.uv, UV_RUN_NOWAIT);
    fake_store_turn();
}

/* For what is not to happen. */
static inline void turn_often(void)
{
    for (int i = 0; i < 20; i++) {
        turn();
    }
}

/* Leaves the processor to others while timers run. The program's own limit ends a wait for what
 * never comes. */
#define turn_until(condition)                                                                      \
    do {                                                                                           \
        for (turn(); !(condition); turn()) {                                                       \
            (void)poll(NULL, 0, next_free_call() ? 0 : 1);                                         \
        }                                                                                          \
    } while (0)

/* The call of this kind that comes next, or is there. */
static inline struct store_call *wait_for(enum call_kind kind)
{
    for (;;) {
        struct store_call *call = pending(kind);
        if (call) {
            return call;
        }
        turn_until(pending(kind));
    }
}

static inline void claim_says(enum store_result result, uint64_t retry_ms)
{
    struct store_call *call = wait_for(CALL_CLAIM_LOOK);
    call->retry_ms = retry_ms;
    fake_answer_call(call, result);
}

/* ---- the world ---- */

static inline void world_open(uint64_t poll_interval_ms)
{
    memset(&it, 0, sizeof it);
    cr_assert_eq(uv_loop_init(&it.uv), 0);
    it.metrics = metrics_new();
    fake_store_open();
    memset(&fake_face, 0, sizeof fake_face);
    fake_store.held[CALL_CLAIM_LOOK] = true;
    static const uint8_t seal_key[SHA256_BYTES] = {1};
    const struct sessions_config config = {
        .uv = &it.uv,
        .store = &fake_store.base,
        .clock = clock_system(),
        .random = random_system(),
        .metrics = it.metrics,
        .rules = {.digest = DIGEST_OFF, .retention_verdict_ms = 3600000, .seal_key = seal_key},
        .poll_interval_ms = poll_interval_ms,
        .look_hold_ms = 18000,
        .repeat_wait_ms = 1000,
    };
    it.sessions = sessions_new(&config);
}

static inline void world_close(void)
{
    it.sessions = sessions_free(it.sessions);
    uv_run(&it.uv, UV_RUN_DEFAULT);
    cr_expect_eq(uv_loop_close(&it.uv), 0, "handles are left on the loop");
    fake_store_close();
    it.metrics = metrics_free(it.metrics);
}

/* A session that was just created, by whichever process. */
static inline struct session_record *new_session(void)
{
    struct session_record record = {.revision = 1, .state = SESSION_CREATED};
    record.created_at = clock_wall_ms(clock_system());
    record.token_expires_at = record.created_at + 600000;
    uuid7(random_system(), record.created_at, record.id);
    uuid4(random_system(), record.upstream_id);
    record.attempts_allowed = 3;
    cr_assert_lt(fake_store.record_count, RECORDS_MAX);
    fake_store.records[fake_store.record_count] = session_record_copy(&record);
    return fake_store.records[fake_store.record_count++];
}

/* ---- what the other processes do ---- */

static inline void others_say_changed(const struct session_record *record)
{
    fake_store.base.listener.changed(fake_store.base.listener.context, record->id);
}

static inline void others_say_looked(const struct session_record *record, const char *word)
{
    fake_store.base.listener.looked(fake_store.base.listener.context, record->id, word);
}

/* Its place in the store stays. */
static inline void others_make(struct session_record *record, enum session_state state)
{
    record->state = state;
    record->revision++;
    if (state == SESSION_SETTLED) {
        record->verdict.decision = DECISION_LIVE;
        record->settled_at = clock_wall_ms(clock_system());
    }
    others_say_changed(record);
}

/* ---- who asks here ---- */

struct asking_client {
    struct ask_ticket ticket; /* the first member */
    unsigned answers;
    enum problem problem;
    unsigned retry_after_s;
    enum session_state state;
    bool elsewhere;
    char word[RECORD_WORD_SIZE];
};

static inline void client_told(struct ask_ticket *ticket, enum problem problem,
                               unsigned retry_after_s, const struct session_record *record,
                               const struct face_session *face)
{
    struct asking_client *client = (struct asking_client *)ticket;
    client->answers++;
    client->problem = problem;
    client->retry_after_s = retry_after_s;
    client->elsewhere = ticket->elsewhere;
    cr_assert_not_null(record, "that it was asked with, at least");
    client->state = problem == PROBLEM_NONE ? record->state : SESSION_STATE_COUNT;
    (void)snprintf(client->word, sizeof client->word, "%s", face ? face->status_word : "");
}

static inline void client_ask(struct asking_client *client, const struct session_record *record,
                              enum ask_urgency urgency)
{
    client->ticket.done = client_told;
    asker_ask(it.sessions->asker, record, urgency, "request", &client->ticket);
    cr_assert_eq(client->answers, 0, "not from within");
}
