/*
 * The store forgets in exactly the phases in which the table of a session's life lets it.
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
    struct session_record records[PHASE_FORGOTTEN];
    for (int phase = 0; phase < PHASE_FORGOTTEN; phase++) {
        records[phase] = new_record(&it);
        session_enter(&records[phase], (enum session_phase)phase);
        records[phase].forget_at = noon;
        cr_assert_eq(insert(&it, &records[phase]), STORE_OK);
    }
    cr_assert_eq(forget(&it, noon, 100), STORE_OK);
    for (int phase = 0; phase < PHASE_FORGOTTEN; phase++) {
        enum session_phase to;
        bool goes = session_leads((enum session_phase)phase, EVENT_FORGOTTEN, &to);
        cr_expect_eq(load(&it, records[phase].id), goes ? STORE_NOT_FOUND : STORE_OK, "phase %d",
                     phase);
    }
}
