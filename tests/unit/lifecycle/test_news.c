/*
 * What other processes did reaches those who wait here, once each, and at a bounded price.
 */
#include "lifecycle/news.h"

#include "lifecycle/waits.h"
#include "shared_world.h"

enum { LONG_MS = 60000, SHORT_MS = 10, MANY = 350 };

struct waiting_client {
    struct wait_ticket ticket; /* the first member */
    size_t attempts;
    unsigned told[WAIT_DRAINED + 1];
    bool completed;
    char word[RECORD_WORD_SIZE]; /* of the last look; empty: none is known */
};

static struct waiting_client waiter;
static struct session_record *session;

static void setup(void)
{
    world_open(SHORT_MS);
    memset(&waiter, 0, sizeof waiter);
    session = new_session();
}

TestSuite(news, .init = setup, .fini = world_close, .timeout = 60);

static void on_told(struct wait_ticket *ticket, enum wait_news news,
                    const struct session_record *record, const struct face_session *face)
{
    struct waiting_client *client = (struct waiting_client *)ticket;
    client->told[news]++;
    client->completed = record->completion.completed_at != 0;
    client->attempts = face ? face->attempt_count : 0;
    (void)snprintf(client->word, sizeof client->word, "%s", face ? face->status_word : "");
    cr_assert_eq(face == NULL || face->status == face_status_from(slice_of(client->word)), true);
}

static void join_until(struct waiting_client *client, const struct session_record *record,
                       uint64_t ms)
{
    client->ticket.told = on_told;
    waits_join(it.sessions->waits, record, NULL, "request", clock_monotonic_ms(clock_system()) + ms,
               &client->ticket);
}

static void join(struct waiting_client *client, const struct session_record *record)
{
    client->ticket.every = true;
    join_until(client, record, LONG_MS);
}

static void leave(struct waiting_client *client)
{
    waits_leave(&client->ticket);
}

/* ---- changes ---- */

Test(news, of_a_change_is_read_for_those_who_wait)
{
    static struct asking_client client;
    struct session_record *other = new_session();
    join(&waiter, session);
    client_ask(&client, other, ASK_NOW);
    others_make(session, SESSION_SETTLED);
    others_make(other, SESSION_SETTLED);
    turn_until(waiter.told[WAIT_SETTLED] && client.answers);
    cr_expect_eq(client.state, SESSION_SETTLED);
    cr_expect_eq(fake_store.asked[CALL_LOAD], 2);
    turn_often();
    cr_expect_eq(waiter.told[WAIT_SETTLED], 1);
}

Test(news, of_a_change_that_nobody_waits_for_is_not_read)
{
    others_make(session, SESSION_SETTLED);
    join(&waiter, session);
    leave(&waiter);
    others_say_changed(session);
    turn_often();
    cr_expect_eq(fake_store.asked[CALL_LOAD], 0);
}

Test(news, of_a_change_goes_to_nobody_when_all_have_left_meanwhile)
{
    join(&waiter, session);
    fake_store.held[CALL_LOAD] = true;
    others_make(session, SESSION_SETTLED);
    turn_often();
    leave(&waiter);
    fake_store.held[CALL_LOAD] = false;
    turn_often();
    cr_expect_eq(waiter.told[WAIT_SETTLED], 0);
}

Test(news, of_many_changes_is_read_once_and_of_one_meanwhile_once_more)
{
    join(&waiter, session);
    fake_store.held[CALL_LOAD] = true;
    for (int i = 0; i < 3; i++) {
        others_say_changed(session);
    }
    turn_often();
    cr_assert_eq(pending_count(CALL_LOAD), 1);
    fake_answer_call(wait_for(CALL_LOAD), STORE_UNAVAILABLE);
    turn_often();
    cr_assert_eq(pending_count(CALL_LOAD), 1);
    others_make(session, SESSION_SETTLED);
    others_say_changed(session);
    fake_store.held[CALL_LOAD] = false;
    turn_until(waiter.told[WAIT_SETTLED]);
    turn_often();
    cr_expect_leq(fake_store.asked[CALL_LOAD], 3);
}

Test(news, during_its_own_reading_is_not_lost)
{
    join(&waiter, session);
    fake_store.held[CALL_LOAD] = true;
    others_say_changed(session);
    struct store_call *old = wait_for(CALL_LOAD);
    old->record = session_record_copy(session); /* as it was before what comes now */
    others_make(session, SESSION_SETTLED);
    fake_answer_call(old, STORE_OK);
    fake_store.held[CALL_LOAD] = false;
    turn_until(waiter.told[WAIT_SETTLED]);
}

Test(news, of_a_removal_ends_the_wait)
{
    join(&waiter, session);
    others_make(session, SESSION_REMOVED);
    turn_until(waiter.told[WAIT_GONE]);
}

Test(news, of_a_record_that_is_gone_ends_the_wait)
{
    struct session_record known = *session;
    join(&waiter, &known);
    memset(session->id, '0', 4);
    others_say_changed(&known);
    turn_until(waiter.told[WAIT_GONE]);
}

Test(news, of_a_completion_makes_who_waits_look_soon)
{
    join(&waiter, session);
    session->completion.completed_at = clock_wall_ms(clock_system());
    others_say_changed(session);
    cr_expect(wait_for(CALL_CLAIM_LOOK)->urgent, "after half a second, not after five");
    claim_says(STORE_OK, 0);
    face_says("Running");
    turn_until(waiter.told[WAIT_LOOKED]);
    cr_expect(waiter.completed);
}

/* ---- looks ---- */

Test(news, of_a_look_is_told_to_those_who_want_every_one)
{
    static struct waiting_client patient;
    join(&waiter, session);
    join_until(&patient, session, LONG_MS);
    others_say_looked(session, "Running");
    turn_until(waiter.told[WAIT_LOOKED]);
    turn_often();
    cr_expect_str_eq(waiter.word, "Running");
    cr_expect_eq(waiter.told[WAIT_LOOKED], 1);
    cr_expect_eq(patient.told[WAIT_LOOKED], 0);
    cr_expect_eq(fake_store.asked[CALL_LOAD], 0);
    leave(&patient);
    leave(&waiter);
}

Test(news, of_a_look_is_what_who_waits_to_the_end_gets)
{
    (void)snprintf(session->model_version, sizeof session->model_version, "2025-05-20");
    join_until(&waiter, session, 1);
    others_say_looked(session, "Running");
    turn_until(waiter.told[WAIT_OVER]);
    cr_expect_str_eq(waiter.word, "Running");
}

Test(news, of_a_look_that_saw_nothing_is_told_to_nobody)
{
    join(&waiter, session);
    others_say_looked(session, "");
    turn_often();
    cr_expect_eq(waiter.told[WAIT_LOOKED], 0);
}

Test(news, of_a_look_at_a_settled_session_comes_too_late)
{
    join(&waiter, session);
    session->state = SESSION_SETTLED;
    waits_tell_change(it.sessions->waits, session);
    others_say_looked(session, "Running");
    turn_until(waiter.told[WAIT_SETTLED]);
    cr_expect_eq(waiter.told[WAIT_LOOKED], 0);
}

Test(news, of_a_look_leaves_what_more_is_known)
{
    static struct face_session face = {.status_word = "NotStarted", .attempt_count = 1};
    waiter.ticket.told = on_told;
    waiter.ticket.every = true;
    face.status = FACE_STATUS_NOT_STARTED;
    waits_join(it.sessions->waits, session, &face, "request",
               clock_monotonic_ms(clock_system()) + LONG_MS, &waiter.ticket);
    others_say_looked(session, "Running");
    turn_until(waiter.told[WAIT_LOOKED]);
    cr_expect_str_eq(waiter.word, "Running");
    cr_expect_eq(waiter.attempts, 1);
}

/* A completed session, and the claim of the look that its waiter makes half a second later. */
static void wait_for_own_look(void)
{
    session->completion.completed_at = clock_wall_ms(clock_system());
    join(&waiter, session);
    turn_until(pending(CALL_CLAIM_LOOK));
}

Test(news, of_a_look_takes_the_place_of_ones_own)
{
    wait_for_own_look();
    claim_says(STORE_CONFLICT, LONG_MS);
    cr_assert(asker_has(it.sessions->asker, session->id));
    others_say_looked(session, "Running");
    cr_expect_not(asker_has(it.sessions->asker, session->id));
    turn_until(waiter.told[WAIT_LOOKED]);
    turn_until(pending(CALL_CLAIM_LOOK)); /* the next one is planned from here */
    cr_expect_eq(fake_store.asked[CALL_CLAIM_LOOK], 2);
}

Test(news, of_a_look_while_the_claim_is_asked_for_takes_the_place_of_ones_own)
{
    wait_for_own_look();
    others_say_looked(session, "Running");
    claim_says(STORE_CONFLICT, LONG_MS);
    cr_expect_not(asker_has(it.sessions->asker, session->id));
    turn_until(waiter.told[WAIT_LOOKED]);
    turn_until(pending(CALL_CLAIM_LOOK));
    cr_expect_eq(fake_store.asked[CALL_CLAIM_LOOK], 2);
}

Test(news, of_a_look_makes_a_claim_that_is_granted_late_superfluous)
{
    wait_for_own_look();
    others_say_looked(session, "Running"); /* and its rest is over already */
    claim_says(STORE_OK, 0);
    cr_expect_eq(face_count(FACE_LOOKS), 0);
    cr_expect_eq(fake_store.looked_count, 1, "given back");
    turn_until(pending(CALL_CLAIM_LOOK));
    claim_says(STORE_OK, 0);
    face_says("Succeeded");
    turn_until(waiter.told[WAIT_SETTLED]);
}

Test(news, of_a_look_does_not_stop_one_that_is_under_way)
{
    wait_for_own_look();
    claim_says(STORE_OK, 0);
    others_say_looked(session, "Running"); /* it has taken longer than the claim holds */
    cr_assert_not_null(face_pending(FACE_LOOKS));
    face_says("Succeeded");
    turn_until(waiter.told[WAIT_SETTLED]);
}

Test(news, of_a_settled_session_reaches_who_looks_again)
{
    wait_for_own_look();
    session->state = SESSION_SETTLED; /* and the news of it was lost */
    claim_says(STORE_NOT_FOUND, 0);
    turn_until(waiter.told[WAIT_SETTLED]);
    cr_expect_eq(face_count(FACE_LOOKS), 0);
}

Test(news, of_no_store_lets_who_waits_try_again_later)
{
    wait_for_own_look();
    claim_says(STORE_UNAVAILABLE, 0);
    turn_until(pending(CALL_CLAIM_LOOK));
    cr_expect_eq(waiter.told[WAIT_GONE] + waiter.told[WAIT_SETTLED], 0);
}

/* ---- gaps ---- */

static void others_were_missed(void)
{
    fake_store.base.listener.missed(fake_store.base.listener.context);
}

static struct waiting_client waiters[MANY];
static struct asking_client askers[MANY];

/* Some wait for a verdict and some for a claim. */
static void open_many(void)
{
    fake_store.held[CALL_LOAD] = true;
    for (size_t i = 0; i < MANY; i++) {
        struct session_record *record = new_session();
        if (i % 2 == 0) {
            join_until(&waiters[i], record, LONG_MS);
        } else {
            client_ask(&askers[i], record, ASK_NOW);
        }
        record->state = SESSION_SETTLED;
    }
    turn_often();
}

static size_t told(void)
{
    size_t count = 0;
    for (size_t i = 0; i < MANY; i++) {
        count += waiters[i].told[WAIT_SETTLED] + askers[i].answers;
    }
    return count;
}

Test(news, that_was_missed_is_read_of_all_who_wait_a_number_at_a_time)
{
    open_many();
    others_were_missed();
    turn_often();
    cr_assert_eq(pending_count(CALL_LOAD), NEWS_READS_MAX);
    for (size_t i = 0; i < 10; i++) {
        struct store_call *call = wait_for(CALL_LOAD);
        fake_answer_call(call, fake_result(call));
    }
    cr_assert_eq(pending_count(CALL_LOAD), NEWS_READS_MAX);
    fake_store.held[CALL_LOAD] = false;
    turn_until(told() == MANY);
    cr_expect_eq(fake_store.asked[CALL_LOAD], MANY, "each once");
}

Test(news, that_was_missed_twice_is_read_twice_at_most)
{
    open_many();
    others_were_missed();
    others_were_missed();
    fake_store.held[CALL_LOAD] = false;
    turn_until(told() == MANY);
    turn_often();
    cr_expect_leq(fake_store.asked[CALL_LOAD], MANY + NEWS_READS_MAX);
}

Test(news, being_read_ends_with_the_process)
{
    open_many();
    others_were_missed();
    turn_often();
    it.sessions = sessions_free(it.sessions);
    cr_expect_null(pending(CALL_LOAD), "cancelled");
    cr_expect_null(fake_store.base.listener.changed);
}

/* ---- peers ---- */

Test(news, of_peers_shares_the_rate)
{
    struct series *gauge =
        METRIC_SERIES(metrics_gauge(it.metrics, "livenessd_store_peers", "", NULL));
    cr_expect_eq(sessions_peers(it.sessions), 0, "not known yet");
    fake_store.base.listener.peers(fake_store.base.listener.context, 3);
    cr_expect_eq(fake_face.share, 3);
    cr_expect_eq(sessions_peers(it.sessions), 3);
    cr_expect_eq(series_value(gauge), 3);
    fake_store.base.listener.peers(fake_store.base.listener.context, 2);
    cr_expect_eq(fake_face.share, 2);
    cr_expect_eq(series_value(gauge), 2);
}
