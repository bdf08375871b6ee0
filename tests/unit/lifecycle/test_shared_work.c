/*
 * What processes that share a store take from each other: deletions owed, sessions whose token has
 * expired, and creates with one idempotency key.
 */
#include "lifecycle/creation.h"
#include "lifecycle/outbox.h"
#include "shared_world.h"

enum { LONG_MS = 60000 };

static void setup(void)
{
    world_open(LONG_MS);
}

TestSuite(shared_work, .init = setup, .fini = world_close, .timeout = 60);

static double metric_of(const char *name)
{
    return series_value(METRIC_SERIES(metrics_counter(it.metrics, name, "", NULL)));
}

/* ---- deletions ---- */

static void owe(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct session_record *record = new_session();
        record->state = SESSION_SETTLED;
        record->deletion = DELETION_OWED;
        record->deletion_at = 1;
    }
}

static void upstream_deletes(void)
{
    static struct face_answer gone;
    memset(&gone, 0, sizeof gone);
    face_answer(FACE_DELETES, &gone);
}

Test(shared_work, deletions_are_asked_for_by_the_room_there_is)
{
    turn_until(fake_store.asked[CALL_DUE]);
    cr_expect_eq(fake_store.due_limit, OUTBOX_PARALLEL_MAX);
    owe(10);
    turn_until(face_count(FACE_DELETES) == 10);
    unsigned asked = fake_store.asked[CALL_DUE];
    turn_until(fake_store.asked[CALL_DUE] > asked);
    cr_expect_eq(fake_store.due_limit, OUTBOX_PARALLEL_MAX - 10);
    cr_expect_eq(face_count(FACE_DELETES), 10, "each once");
}

Test(shared_work, more_deletions_are_asked_for_when_half_of_the_room_is_free)
{
    owe(OUTBOX_PARALLEL_MAX);
    turn_until(face_count(FACE_DELETES) == OUTBOX_PARALLEL_MAX);
    unsigned asked = fake_store.asked[CALL_DUE];
    for (int i = 0; i < OUTBOX_PARALLEL_MAX / 2; i++) {
        upstream_deletes();
    }
    turn_until(fake_store.asked[CALL_DUE] > asked);
    cr_expect_eq(fake_store.due_limit, OUTBOX_PARALLEL_MAX / 2);
}

Test(shared_work, a_store_of_ones_own_shows_those_under_way_as_well)
{
    fake_ops.shared = false;
    turn_until(fake_store.asked[CALL_DUE]);
    cr_expect_gt(fake_store.due_limit, OUTBOX_PARALLEL_MAX);
}

Test(shared_work, a_deletion_that_another_process_has_done_is_none)
{
    owe(1);
    turn_until(face_pending(FACE_DELETES));
    fake_store.records[0]->deletion = DELETION_DONE;
    fake_store.records[0]->revision++;
    upstream_deletes();
    turn_until(fake_store.asked[CALL_LOAD] > 0 && !sessions_busy(it.sessions));
    cr_expect_eq(fake_store.asked[CALL_SAVE], 0);
}

/* ---- expired tokens ---- */

static struct session_record *expired_session(void)
{
    struct session_record *record = new_session();
    record->created_at -= 3600000;
    record->token_expires_at = record->created_at + 600000;
    return record;
}

Test(shared_work, an_expired_session_that_another_process_settles_is_neither_ours_nor_a_failure)
{
    struct session_record *record = expired_session();
    claim_says(STORE_CONFLICT, LONG_MS);
    others_make(record, SESSION_SETTLED);
    turn_until(!asker_has(it.sessions->asker, record->id));
    cr_expect_eq(metric_of("livenessd_sessions_reaped_total"), 0);
    cr_expect_eq(face_count(FACE_LOOKS), 0);
    struct session_record *next = expired_session(); /* found where the walk is, without another */
    next->token_expires_at = record->token_expires_at + 1;
    turn_until(asker_has(it.sessions->asker, next->id));
}

Test(shared_work, an_expired_session_that_we_settle_is_ours)
{
    (void)expired_session();
    claim_says(STORE_OK, 0);
    face_says("Succeeded");
    turn_until(metric_of("livenessd_sessions_reaped_total") == 1);
}

/* ---- creates ---- */

struct creating_client {
    struct creation_ticket ticket; /* the first member */
    unsigned answers;
    enum problem problem;
    unsigned retry_after_s;
    char id[UUID_SIZE];
};

static bool created(struct creation_ticket *ticket, const struct creation_answer *answer)
{
    struct creating_client *client = (struct creating_client *)ticket;
    client->answers++;
    client->problem = answer->problem;
    client->retry_after_s = answer->retry_after_s;
    if (answer->record) {
        memcpy(client->id, answer->record->id, UUID_SIZE);
    }
    return true;
}

static struct session_record keyed_draft(void)
{
    struct session_record draft = {.state = SESSION_CREATED, .idempotency_key = {7}};
    draft.created_at = clock_wall_ms(clock_system());
    draft.token_expires_at = draft.created_at + 600000;
    draft.idempotency_request[0] = 8;
    uuid7(random_system(), draft.created_at, draft.id);
    return draft;
}

static void face_creates(char upstream_id[UUID_SIZE])
{
    static struct face_answer answer;
    memset(&answer, 0, sizeof answer);
    uuid4(random_system(), upstream_id);
    memcpy(answer.session.session_id, upstream_id, UUID_SIZE);
    (void)snprintf(answer.session.status_word, sizeof answer.session.status_word, "NotStarted");
    answer.session.auth_token = xstrdup("token");
    face_answer(FACE_CREATES, &answer);
}

Test(shared_work, the_second_of_two_creates_with_one_key_gives_way)
{
    static struct creating_client client;
    const struct face_create create = {.liveness_mode = "Passive"};
    struct session_record draft = keyed_draft();
    char spare[UUID_SIZE];
    client.ticket.done = created;
    creation_start(it.sessions, &draft, &create, "request", &client.ticket);
    struct session_record *first = new_session(); /* of another process, meanwhile */
    first->idempotency_key[0] = 7;
    face_creates(spare);
    turn_until(client.answers);
    cr_expect_eq(client.problem, PROBLEM_CONCURRENT_OPERATION);
    cr_expect_eq(client.retry_after_s, 1);
    turn_until(face_pending(FACE_DELETES));
    cr_expect_str_eq(face_pending(FACE_DELETES)->upstream_id, spare);
    const struct session_record *stored = fake_find(draft.id);
    cr_assert_not_null(stored, "the debt is on record");
    cr_expect_eq(stored->state, SESSION_REMOVED);
    cr_expect_eq(stored->deletion, DELETION_OWED);
    cr_expect_eq(stored->idempotency_key[0], 0, "the key is the first one's");
    cr_expect_not(has_key(stored, first));
    cr_expect_not(sessions_busy(it.sessions));
}
