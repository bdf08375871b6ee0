/*
 * Looks where processes share the store: one process looks at a time, all together keep the poll
 * interval, and whoever asks gets an answer whatever the others do.
 */
#include "lifecycle/asker_private.h"
#include "shared_world.h"

enum { LONG_MS = 60000 };

static struct asking_client client;
static struct session_record *session;

static void setup(void)
{
    world_open(LONG_MS);
    memset(&client, 0, sizeof client);
    session = new_session();
}

TestSuite(claim, .init = setup, .fini = world_close, .timeout = 60);

static const struct claim *claim_of_session(void)
{
    return &asking_find(it.sessions->asker, session->id)->claim;
}

/* When it asks again, or closes. */
static uint64_t due_in_ms(void)
{
    return uv_timer_get_due_in(&asking_find(it.sessions->asker, session->id)->timer);
}

static void expect_answer(enum problem problem)
{
    turn_until(client.answers);
    turn_often();
    cr_expect_eq(client.answers, 1, "once");
    cr_expect_eq(client.problem, problem, "%d", client.problem);
}

/* The others heard once more. */
static const struct looked *expect_looked(size_t count, const char *word)
{
    cr_assert_eq(fake_store.looked_count, count);
    const struct looked *looked = &fake_store.looked[count - 1];
    cr_expect_str_eq(looked->id, session->id);
    cr_expect_str_eq(looked->word, word);
    return looked;
}

/* ---- the way of a look ---- */

Test(claim, a_look_is_made_with_the_claim_only_and_given_back)
{
    client_ask(&client, session, ASK_NOW);
    cr_expect_not(wait_for(CALL_CLAIM_LOOK)->urgent);
    cr_expect_eq(wait_for(CALL_CLAIM_LOOK)->hold_ms, 18000);
    turn_often();
    cr_assert_eq(face_count(FACE_LOOKS), 0);
    claim_says(STORE_OK, 0);
    cr_assert_eq(face_count(FACE_LOOKS), 1);
    cr_assert_eq(fake_store.looked_count, 0);
    face_says("Running");
    expect_answer(PROBLEM_NONE);
    cr_expect_str_eq(client.word, "Running");
    cr_expect_not(client.elsewhere);
    const struct looked *looked = expect_looked(1, "Running");
    cr_expect(looked->rest_ms > 0 && looked->rest_ms <= LONG_MS);
    cr_expect_eq(fake_store.asked[CALL_CLAIM_LOOK], 1);
}

Test(claim, the_next_look_needs_the_next_claim)
{
    static struct asking_client second;
    it.sessions->config.poll_interval_ms = 10;
    client_ask(&client, session, ASK_NOW);
    claim_says(STORE_OK, 0);
    client_ask(&second, session, ASK_NOW); /* the look under way is no answer to this */
    face_says("NotStarted");
    turn_until(client.answers);
    cr_expect_eq(second.answers, 0);
    claim_says(STORE_OK, 0);
    face_says("Running");
    turn_until(second.answers);
    cr_expect_str_eq(second.word, "Running");
    cr_expect_eq(fake_store.looked_count, 2);
}

Test(claim, a_hurried_look_is_claimed_urgently)
{
    client_ask(&client, session, ASK_AT_ONCE);
    cr_expect(wait_for(CALL_CLAIM_LOOK)->urgent);
}

Test(claim, a_look_that_settles_is_stored_before_it_is_given_back)
{
    client_ask(&client, session, ASK_NOW);
    claim_says(STORE_OK, 0);
    fake_store.held[CALL_SAVE] = true;
    face_says("Succeeded");
    turn_until(pending(CALL_SAVE));
    turn_often();
    cr_expect_eq(fake_store.looked_count, 0);
    fake_store.held[CALL_SAVE] = false;
    expect_answer(PROBLEM_NONE);
    cr_expect_eq(client.state, SESSION_SETTLED);
    (void)expect_looked(1, "");
}

Test(claim, a_look_that_fails_is_given_back)
{
    client_ask(&client, session, ASK_NOW);
    claim_says(STORE_OK, 0);
    face_fails(FACE_LOOKS, PROBLEM_UPSTREAM_TIMEOUT);
    expect_answer(PROBLEM_UPSTREAM_TIMEOUT);
    cr_expect_gt(expect_looked(1, "")->rest_ms, 0);
}

Test(claim, a_look_for_nobody_is_given_back)
{
    client_ask(&client, session, ASK_NOW);
    claim_says(STORE_OK, 0);
    asker_withdraw(&client.ticket);
    cr_expect_null(face_pending(FACE_LOOKS));
    (void)expect_looked(1, "");
    cr_expect_eq(client.answers, 0);
}

Test(claim, a_claim_for_nobody_is_given_back_unused)
{
    client_ask(&client, session, ASK_NOW);
    turn_until(pending(CALL_CLAIM_LOOK));
    asker_withdraw(&client.ticket);
    claim_says(STORE_OK, 0);
    cr_expect_eq(face_count(FACE_LOOKS), 0);
    cr_expect_eq(expect_looked(1, "")->rest_ms, 0);
    turn_until(asker_active(it.sessions->asker) == 0);
}

Test(claim, ends_with_the_process)
{
    client_ask(&client, session, ASK_NOW);
    claim_says(STORE_OK, 0);
    it.sessions = sessions_free(it.sessions);
    cr_expect_eq(expect_looked(1, "")->rest_ms, 0);
}

Test(claim, that_was_only_asked_for_ends_with_the_process_too)
{
    client_ask(&client, session, ASK_NOW);
    turn_until(pending(CALL_CLAIM_LOOK));
    it.sessions = sessions_free(it.sessions);
    cr_expect_null(pending(CALL_CLAIM_LOOK), "cancelled");
    cr_expect_eq(expect_looked(1, "")->rest_ms, 0);
}

Test(claim, is_nothing_that_a_store_of_ones_own_is_asked_for)
{
    fake_ops.shared = false;
    client_ask(&client, session, ASK_NOW);
    turn_until(face_pending(FACE_LOOKS));
    face_says("Running");
    expect_answer(PROBLEM_NONE);
    cr_expect_eq(fake_store.asked[CALL_CLAIM_LOOK], 0);
    cr_expect_eq(fake_store.asked[CALL_LOAD], 1);
    cr_expect_eq(fake_store.looked_count, 0);
}

/* ---- refused ---- */

Test(claim, refused_is_asked_for_again_when_it_may_be_granted)
{
    client_ask(&client, session, ASK_NOW);
    claim_says(STORE_CONFLICT, 3);
    cr_expect_leq(due_in_ms(), 3 + 1);
    claim_says(STORE_CONFLICT, 0);
    claim_says(STORE_OK, 0);
    face_says("Running");
    expect_answer(PROBLEM_NONE);
}

Test(claim, refused_for_long_is_asked_for_again_after_a_second)
{
    client_ask(&client, session, ASK_AT_ONCE);
    claim_says(STORE_CONFLICT, LONG_MS);
    cr_expect(due_in_ms() > 900 && due_in_ms() <= 1001);
    cr_expect_eq(client.answers, 0);
}

Test(claim, refused_is_asked_for_again_once_the_other_has_looked)
{
    client_ask(&client, session, ASK_NOW);
    claim_says(STORE_CONFLICT, LONG_MS);
    others_say_looked(session, "Running");
    cr_expect_eq(due_in_ms(), 0);
    claim_says(STORE_CONFLICT, 2); /* it rests */
    claim_says(STORE_OK, 0);
    face_says("Running");
    expect_answer(PROBLEM_NONE);
}

Test(claim, refused_with_an_answer_older_than_the_news_is_asked_for_again)
{
    client_ask(&client, session, ASK_NOW);
    turn_until(pending(CALL_CLAIM_LOOK));
    others_say_looked(session, "Running");
    claim_says(STORE_CONFLICT, LONG_MS);
    cr_expect_eq(due_in_ms(), 0);
    claim_says(STORE_CONFLICT, LONG_MS);
    cr_expect_gt(due_in_ms(), 900, "the news counts once");
}

Test(claim, refused_for_rest_is_asked_for_by_who_need_not_rest)
{
    static struct asking_client hurried;
    client_ask(&client, session, ASK_NOW);
    claim_says(STORE_CONFLICT, LONG_MS);
    client_ask(&hurried, session, ASK_AT_ONCE);
    cr_expect_eq(due_in_ms(), 0);
    cr_expect(wait_for(CALL_CLAIM_LOOK)->urgent);
    claim_says(STORE_OK, 0);
    face_says("Running");
    turn_until(hurried.answers && client.answers);
    cr_expect_eq(face_count(FACE_LOOKS), 1);
}

Test(claim, refused_on_and_on_is_given_up)
{
    client_ask(&client, session, ASK_NOW);
    claim_says(STORE_CONFLICT, 1);
    cr_assert_neq(claim_of_session()->refused_since, 0);
    asking_find(it.sessions->asker, session->id)->claim.refused_since = 1;
    claim_says(STORE_CONFLICT, 1);
    expect_answer(PROBLEM_UPSTREAM_BUSY);
    cr_expect_geq(client.retry_after_s, 1);
}

Test(claim, refused_to_another_one_does_not_count)
{
    static struct asking_client late;
    client_ask(&client, session, ASK_NOW);
    claim_says(STORE_CONFLICT, 1);
    asking_find(it.sessions->asker, session->id)->claim.refused_since = 1;
    asker_withdraw(&client.ticket);
    client_ask(&late, session, ASK_NOW);
    claim_says(STORE_CONFLICT, 1);
    turn_often();
    cr_expect_eq(late.answers, 0);
}

Test(claim, who_hears_of_it_in_another_way_wants_no_second_look)
{
    client.ticket.hears_others = true;
    client_ask(&client, session, ASK_LOWEST);
    claim_says(STORE_CONFLICT, LONG_MS);
    others_say_looked(session, "Running");
    turn_until(asker_active(it.sessions->asker) == 0);
    cr_expect_null(client.ticket.asking);
    cr_expect_eq(client.answers, 0);
    cr_expect_eq(fake_store.asked[CALL_CLAIM_LOOK], 1);
}

Test(claim, who_hears_of_it_while_it_is_asked_for_wants_no_second_look_either)
{
    client.ticket.hears_others = true;
    client_ask(&client, session, ASK_LOWEST);
    turn_until(pending(CALL_CLAIM_LOOK));
    others_say_looked(session, "Running");
    cr_expect_not_null(client.ticket.asking, "it may have been granted");
    claim_says(STORE_CONFLICT, LONG_MS);
    turn_until(asker_active(it.sessions->asker) == 0);
    cr_expect_eq(fake_store.asked[CALL_CLAIM_LOOK], 1);
}

Test(claim, others_go_on_without_those_who_have_heard)
{
    static struct asking_client waiter;
    waiter.ticket.hears_others = true;
    client_ask(&client, session, ASK_NOW);
    client_ask(&waiter, session, ASK_LOWEST);
    claim_says(STORE_CONFLICT, LONG_MS);
    others_say_looked(session, "Running");
    cr_expect_null(waiter.ticket.asking);
    claim_says(STORE_OK, 0);
    face_says("Running");
    expect_answer(PROBLEM_NONE);
    cr_expect_eq(waiter.answers, 0);
}

/* ---- open no more ---- */

Test(claim, to_a_session_that_is_settled_brings_its_verdict)
{
    session->state = SESSION_SETTLED; /* and the news of it is lost */
    client_ask(&client, session, ASK_NOW);
    claim_says(STORE_NOT_FOUND, 0);
    expect_answer(PROBLEM_NONE);
    cr_expect_eq(client.state, SESSION_SETTLED);
    cr_expect(client.elsewhere);
    cr_expect_eq(face_count(FACE_LOOKS), 0);
}

Test(claim, to_a_session_that_is_removed_finds_none)
{
    session->state = SESSION_REMOVED;
    client_ask(&client, session, ASK_NOW);
    claim_says(STORE_NOT_FOUND, 0);
    expect_answer(PROBLEM_SESSION_NOT_FOUND);
}

Test(claim, to_a_session_without_a_record_finds_none)
{
    client_ask(&client, session, ASK_NOW);
    memset(session->id, '0', 4);
    claim_says(STORE_NOT_FOUND, 0);
    expect_answer(PROBLEM_SESSION_NOT_FOUND);
}

Test(claim, to_a_session_that_the_store_is_at_odds_about_ends)
{
    client_ask(&client, session, ASK_NOW);
    claim_says(STORE_NOT_FOUND, 0);
    expect_answer(PROBLEM_STORE_UNAVAILABLE);
}

Test(claim, without_a_store_is_no_claim)
{
    client_ask(&client, session, ASK_NOW);
    claim_says(STORE_UNAVAILABLE, 0);
    expect_answer(PROBLEM_STORE_UNAVAILABLE);
    cr_expect_eq(face_count(FACE_LOOKS), 0);
    cr_expect_eq(fake_store.looked_count, 0);
}

Test(claim, read_in_vain_is_asked_for_again)
{
    client_ask(&client, session, ASK_NOW);
    fake_store.held[CALL_LOAD] = true;
    claim_says(STORE_NOT_FOUND, 0);
    fake_answer_call(wait_for(CALL_LOAD), STORE_UNAVAILABLE);
    cr_expect_eq(client.answers, 0);
    claim_says(STORE_UNAVAILABLE, 0);
    expect_answer(PROBLEM_STORE_UNAVAILABLE);
}

Test(claim, being_waited_for_ends_when_another_process_settles)
{
    client_ask(&client, session, ASK_NOW);
    claim_says(STORE_CONFLICT, LONG_MS);
    others_make(session, SESSION_SETTLED);
    expect_answer(PROBLEM_NONE);
    cr_expect_eq(client.state, SESSION_SETTLED);
    cr_expect(client.elsewhere);
    cr_expect_eq(face_count(FACE_LOOKS), 0);
}

Test(claim, being_asked_for_ends_when_another_process_settles)
{
    client_ask(&client, session, ASK_NOW);
    turn_until(pending(CALL_CLAIM_LOOK));
    others_make(session, SESSION_SETTLED);
    expect_answer(PROBLEM_NONE);
    claim_says(STORE_NOT_FOUND, 0);
    turn_often();
    cr_expect_eq(client.answers, 1);
    cr_expect_eq(fake_store.asked[CALL_LOAD], 1, "nobody wants to know it twice");
}

Test(claim, a_look_under_way_ends_when_another_process_removes_the_session)
{
    static struct asking_client second;
    client_ask(&client, session, ASK_NOW);
    claim_says(STORE_OK, 0);
    client_ask(&second, session, ASK_NOW);
    others_make(session, SESSION_REMOVED);
    expect_answer(PROBLEM_SESSION_NOT_FOUND);
    cr_expect_eq(second.problem, PROBLEM_SESSION_NOT_FOUND);
    cr_expect_null(face_pending(FACE_LOOKS), "cancelled");
    (void)expect_looked(1, "");
}

Test(claim, a_verdict_being_stored_gives_way_to_one_of_another_process)
{
    client_ask(&client, session, ASK_NOW);
    claim_says(STORE_OK, 0);
    fake_store.held[CALL_LOAD] = true;
    face_says("Succeeded");
    turn_until(pending(CALL_LOAD)); /* to settle it */
    others_make(session, SESSION_SETTLED);
    fake_store.held[CALL_LOAD] = false;
    expect_answer(PROBLEM_NONE);
    cr_expect_eq(client.state, SESSION_SETTLED);
    cr_expect_eq(fake_store.asked[CALL_SAVE], 0);
    turn_until(fake_store.looked_count == 1);
}

Test(claim, is_not_touched_by_a_change_that_leaves_the_session_open)
{
    client_ask(&client, session, ASK_NOW);
    claim_says(STORE_CONFLICT, LONG_MS);
    others_make(session, SESSION_CREATED);
    turn_often();
    cr_expect_eq(client.answers, 0);
}

Test(claim, news_of_strangers_is_nothing)
{
    struct session_record *other = new_session();
    client_ask(&client, session, ASK_NOW);
    claim_says(STORE_CONFLICT, LONG_MS);
    others_say_looked(other, "Running");
    others_make(other, SESSION_SETTLED);
    turn_often();
    cr_expect_eq(client.answers, 0);
    cr_expect_gt(due_in_ms(), 900);
    cr_expect_eq(fake_store.asked[CALL_LOAD], 0);
}
