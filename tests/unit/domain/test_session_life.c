/* Promises of domain/session_life.h: every event in every phase, by the table and by the functions
 * that go by it. */
#include "domain/session.h"
#include "domain/session_life.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t key[SHA256_BYTES] = {7};
static const struct session_rules rules = {
    .digest = DIGEST_WHEN_GIVEN, .retention_verdict_ms = 86400000, .seal_key = key};

enum { CREATED_AT = 1000, NOW = 50000, IMPOSSIBLE = PHASE_COUNT };

/* Written down a second time, on purpose: a slip in one of them shows. Columns: completed, judged,
 * gone, removed, lost, deleted, not deleted, forgotten. */
#define NO IMPOSSIBLE
static const int expected[PHASE_COUNT][EVENT_COUNT] = {
    /* clang-format off */
    {PHASE_OPEN, PHASE_SETTLED, PHASE_SETTLED_CLEAN, PHASE_REMOVED, PHASE_ORPHANED, NO, NO,
     PHASE_FORGOTTEN},
    {PHASE_SETTLED, NO, NO, PHASE_REMOVED, NO, PHASE_SETTLED_CLEAN, PHASE_SETTLED, NO},
    {PHASE_SETTLED_CLEAN, NO, NO, PHASE_REMOVED_CLEAN, NO, NO, NO, PHASE_FORGOTTEN},
    {NO, NO, NO, NO, NO, PHASE_REMOVED_CLEAN, PHASE_REMOVED, NO},
    {NO, NO, NO, NO, NO, NO, NO, PHASE_FORGOTTEN},
    {NO, NO, NO, NO, NO, NO, NO, PHASE_FORGOTTEN},
    {NO, NO, NO, NO, NO, NO, NO, NO},
    /* clang-format on */
};

Test(session_life, is_the_table)
{
    for (int from = 0; from < PHASE_COUNT; from++) {
        for (int event = 0; event < EVENT_COUNT; event++) {
            enum session_phase to = PHASE_COUNT;
            bool leads = session_leads((enum session_phase)from, (enum session_event)event, &to);
            int wanted = expected[from][event];
            cr_expect_eq(leads, wanted != NO, "phase %d, event %d", from, event);
            cr_expect_eq((int)to, wanted == NO ? from : wanted, "phase %d, event %d", from, event);
        }
    }
}

static struct session_record record_in(enum session_phase phase)
{
    struct session_record record = {
        .id = "0190163d-8694-739b-aea5-966c26f8ad91",
        .revision = 1,
        .upstream_id = "5f0c7c1e-9a42-4d0b-8a53-6d2f0b6f7a10",
        .attempts_allowed = 3,
        .created_at = CREATED_AT,
        .token_expires_at = 601000,
        .deletion_at = 17,
        .forget_at = 18,
    };
    session_enter(&record, phase);
    return record;
}

static enum session_change judge(struct session_record *record)
{
    struct face_session *face = xcalloc(1, sizeof *face);
    face->status = FACE_STATUS_SUCCEEDED;
    face->attempt_count = 1;
    face->attempts[0].attempt_id = 1;
    face->attempts[0].status = FACE_STATUS_SUCCEEDED;
    face->attempts[0].has_result = true;
    face->attempts[0].decision = FACE_DECISION_REALFACE;
    enum session_change change = session_settle(record, face, &rules, NOW);
    free(face);
    return change;
}

/* Forgetting is the store's. */
static enum session_change happen(struct session_record *record, enum session_event event)
{
    struct fake_random random;
    const struct completion_request completion = {.transaction_id = SLICE("order-7")};
    fake_random_init(&random, 3);
    switch (event) {
    case EVENT_COMPLETED:
        return session_complete(record, &completion, &rules, NOW);
    case EVENT_JUDGED:
        return judge(record);
    case EVENT_GONE:
        return session_settle(record, NULL, &rules, NOW);
    case EVENT_REMOVED:
        return session_remove(record, &rules, NOW);
    case EVENT_LOST:
        return session_lose(record);
    case EVENT_DELETED:
        return session_deletion_done(record, DELETION_BY_US, &rules, NOW);
    case EVENT_NOT_DELETED:
        return session_deletion_failed(record, &rules, &random.random, NOW);
    default:
        return SESSION_UNCHANGED;
    }
}

static void free_texts(struct session_record *record)
{
    free(record->results_json);
    free(record->details_json);
    free(record->flagged_json);
}

static bool same(const struct session_record *a, const struct session_record *b)
{
    return a->state == b->state && a->deletion == b->deletion && a->deletion_at == b->deletion_at &&
           a->deletion_tries == b->deletion_tries && a->forget_at == b->forget_at &&
           a->settled_at == b->settled_at && a->verdict.decision == b->verdict.decision &&
           a->completion.completed_at == b->completion.completed_at &&
           a->results_json == b->results_json && strcmp(a->transaction_id, b->transaction_id) == 0;
}

Test(session_life, is_what_the_functions_go_by)
{
    for (int from = 0; from < PHASE_FORGOTTEN; from++) {
        for (int event = 0; event < EVENT_FORGOTTEN; event++) {
            struct session_record record = record_in((enum session_phase)from);
            const struct session_record before = record;
            int wanted = expected[from][event];
            enum session_change change = happen(&record, (enum session_event)event);
            cr_expect_eq(change, wanted == NO ? SESSION_UNCHANGED : SESSION_CHANGED,
                         "phase %d, event %d", from, event);
            cr_expect_eq((int)session_phase(&record), wanted == NO ? from : wanted,
                         "phase %d, event %d", from, event);
            if (wanted == NO)
                cr_expect(same(&before, &record), "phase %d, event %d", from, event);
            free_texts(&record);
        }
    }
}

Test(session_life, writes_every_phase_down_as_it_reads_it)
{
    for (int phase = 0; phase < PHASE_FORGOTTEN; phase++) {
        struct session_record record = record_in((enum session_phase)phase);
        cr_expect_eq((int)session_phase(&record), phase);
    }
}

/* Whatever happens in whatever order: what upstream may still have is owed until it is gone, and
 * nothing is forgotten while it is owed. */
Test(session_life, never_loses_a_deletion)
{
    static const enum session_phase owing[] = {PHASE_SETTLED, PHASE_REMOVED};
    for (size_t i = 0; i < sizeof owing / sizeof *owing; i++) {
        for (int event = 0; event < EVENT_COUNT; event++) {
            enum session_phase to;
            (void)session_leads(owing[i], (enum session_event)event, &to);
            bool owes = to == PHASE_SETTLED || to == PHASE_REMOVED;
            cr_expect_eq(owes, event != EVENT_DELETED, "phase %d, event %d", (int)owing[i], event);
        }
    }
}
