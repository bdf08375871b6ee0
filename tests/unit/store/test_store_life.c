/*
 * The store and the table of a session's life: it forgets in exactly the phases in which the table
 * lets it, and what it counts and lists of a record goes by the phase the record is in, from
 * whichever it comes.
 */
#include "domain/session_life.h"
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

TestSuite(store_life, .init = open_store, .fini = close_store, .timeout = 60);

Test(store_life, forgets_what_the_table_lets_go)
{
    char ids[PHASE_FORGOTTEN][UUID_SIZE];
    for (int phase = 0; phase < PHASE_FORGOTTEN; phase++) {
        struct session_record record = new_record(&it);
        session_enter(&record, (enum session_phase)phase);
        record.forget_at = noon;
        memcpy(ids[phase], record.id, UUID_SIZE);
        cr_assert_eq(insert(&it, &record), STORE_OK);
    }
    cr_assert_eq(forget(&it, noon, 100), STORE_OK);
    for (int phase = 0; phase < PHASE_FORGOTTEN; phase++) {
        enum session_phase to;
        bool goes = session_leads((enum session_phase)phase, EVENT_FORGOTTEN, &to);
        cr_expect_eq(load(&it, ids[phase]), goes ? STORE_NOT_FOUND : STORE_OK, "phase %d", phase);
    }
}

static struct session_record record_in(enum session_phase phase)
{
    struct session_record record = new_record(&it);
    record.created_at = noon - 10;
    record.token_expires_at = noon - 5;
    record.deletion_at = noon - 3;
    record.forget_at = noon + 1000;
    session_enter(&record, phase);
    return record;
}

static size_t list(void)
{
    (void)store_list(it.store, KIND_LIVENESS, local_tenant, "", 10, on_listed, &it);
    fixture_wait(&it, it.answers + 1);
    return it.listed_count;
}

static size_t expired(void)
{
    const struct store_position start = {0};
    (void)store_expired(it.store, noon, &start, 10, on_listed, &it);
    fixture_wait(&it, it.answers + 1);
    return it.listed_count;
}

/* Of the one record there is; PHASE_FORGOTTEN: of none. */
static void expect_phase(enum session_phase phase, const char *text)
{
    bool open = phase == PHASE_OPEN;
    bool owed = phase == PHASE_SETTLED || phase == PHASE_REMOVED;
    bool shown = open || phase == PHASE_SETTLED || phase == PHASE_SETTLED_CLEAN;
    const struct store_counts *counts = count(&it);
    cr_expect_eq(counts->open, open, "%s", text);
    cr_expect_eq(counts->overdue, open, "%s", text);
    cr_expect_eq(counts->owed, owed, "%s", text);
    cr_expect_eq(counts->oldest_owed_at, owed ? noon - 10 : 0, "%s", text);
    cr_expect_eq(counts->orphaned, phase == PHASE_ORPHANED, "%s", text);
    cr_expect_eq(list(), shown, "%s", text);
    cr_expect_eq(expired(), open, "%s", text);
}

static void forget_all(void)
{
    cr_assert_eq(forget(&it, noon + 1000, 10), STORE_OK);
    expect_phase(PHASE_FORGOTTEN, "forgotten");
}

Test(store_life, is_counted_and_listed_by_phase)
{
    for (int phase = 0; phase < PHASE_FORGOTTEN; phase++) {
        struct session_record record = record_in((enum session_phase)phase);
        char text[32];
        (void)snprintf(text, sizeof text, "phase %d", phase);
        cr_assert_eq(insert(&it, &record), STORE_OK);
        expect_phase((enum session_phase)phase, text);
        cr_expect_eq(due(&it, noon + LEASE_MS, 10), record.deletion == DELETION_OWED, "%s", text);
        expect_phase((enum session_phase)phase, text);
        session_enter(&record, PHASE_SETTLED_CLEAN);
        record.revision = 1;
        cr_assert_eq(save(&it, &record), STORE_OK);
        forget_all();
    }
}

/* The table's ways and all others, in the hope that no trace of the first phase stays. */
Test(store_life, is_counted_and_listed_by_the_phase_it_has_come_to)
{
    for (int way = 0; way < PHASE_FORGOTTEN * PHASE_FORGOTTEN; way++) {
        enum session_phase from = (enum session_phase)(way / PHASE_FORGOTTEN);
        enum session_phase to = (enum session_phase)(way % PHASE_FORGOTTEN);
        char text[64];
        (void)snprintf(text, sizeof text, "from phase %d to phase %d", from, to);
        struct session_record record = record_in(from);
        cr_assert_eq(insert(&it, &record), STORE_OK);
        session_enter(&record, to);
        record.revision = 1;
        cr_assert_eq(save(&it, &record), STORE_OK);
        expect_phase(to, text);
        cr_expect_eq(due(&it, noon + LEASE_MS, 10), record.deletion == DELETION_OWED, "%s", text);
        session_enter(&record, PHASE_REMOVED_CLEAN);
        record.revision = 2;
        cr_assert_eq(save(&it, &record), STORE_OK);
        forget_all();
    }
}
