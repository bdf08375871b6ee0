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
