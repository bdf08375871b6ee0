/*
 * The table, and how a phase is written down in a record: as its state and its deletion.
 */
#include "domain/session_life.h"

#include <assert.h>

/* A phase plus one; 0 is no way. */
#define TO(phase) ((phase) + 1)

static const unsigned char life[PHASE_COUNT][EVENT_COUNT] = {
    [PHASE_OPEN] =
        {
            [EVENT_COMPLETED] = TO(PHASE_OPEN),
            [EVENT_JUDGED] = TO(PHASE_SETTLED),
            [EVENT_GONE] = TO(PHASE_SETTLED_CLEAN),
            [EVENT_REMOVED] = TO(PHASE_REMOVED),
            [EVENT_LOST] = TO(PHASE_ORPHANED),
            [EVENT_FORGOTTEN] = TO(PHASE_FORGOTTEN), /* nothing is kept for ever */
        },
    [PHASE_SETTLED] =
        {
            [EVENT_COMPLETED] = TO(PHASE_SETTLED), /* a digest that comes late */
            [EVENT_REMOVED] = TO(PHASE_REMOVED),
            [EVENT_DELETED] = TO(PHASE_SETTLED_CLEAN),
            [EVENT_NOT_DELETED] = TO(PHASE_SETTLED),
        },
    [PHASE_SETTLED_CLEAN] =
        {
            [EVENT_COMPLETED] = TO(PHASE_SETTLED_CLEAN),
            [EVENT_REMOVED] = TO(PHASE_REMOVED_CLEAN),
            [EVENT_FORGOTTEN] = TO(PHASE_FORGOTTEN),
        },
    [PHASE_REMOVED] =
        {
            [EVENT_DELETED] = TO(PHASE_REMOVED_CLEAN),
            [EVENT_NOT_DELETED] = TO(PHASE_REMOVED),
        },
    [PHASE_REMOVED_CLEAN] = {[EVENT_FORGOTTEN] = TO(PHASE_FORGOTTEN)},
    [PHASE_ORPHANED] = {[EVENT_FORGOTTEN] = TO(PHASE_FORGOTTEN)},
};

struct spelling {
    enum session_state state;
    enum deletion_state deletion;
};

static const struct spelling spellings[] = {
    [PHASE_OPEN] = {SESSION_CREATED, DELETION_NONE},
    [PHASE_SETTLED] = {SESSION_SETTLED, DELETION_OWED},
    [PHASE_SETTLED_CLEAN] = {SESSION_SETTLED, DELETION_DONE},
    [PHASE_REMOVED] = {SESSION_REMOVED, DELETION_OWED},
    [PHASE_REMOVED_CLEAN] = {SESSION_REMOVED, DELETION_DONE},
    [PHASE_ORPHANED] = {SESSION_ORPHANED, DELETION_NONE},
};

enum session_phase session_phase(const struct session_record *record)
{
    bool clean = record->deletion == DELETION_DONE;
    switch (record->state) {
    case SESSION_CREATED:
        return PHASE_OPEN;
    case SESSION_SETTLED:
        return clean ? PHASE_SETTLED_CLEAN : PHASE_SETTLED;
    case SESSION_REMOVED:
        return clean ? PHASE_REMOVED_CLEAN : PHASE_REMOVED;
    default:
        return PHASE_ORPHANED;
    }
}

bool session_leads(enum session_phase from, enum session_event event, enum session_phase *ret_to)
{
    unsigned to = life[from][event];
    *ret_to = to == 0 ? from : (enum session_phase)(to - 1);
    return to != 0;
}

void session_enter(struct session_record *record, enum session_phase phase)
{
    assert(phase < PHASE_FORGOTTEN);
    record->state = spellings[phase].state;
    record->deletion = spellings[phase].deletion;
}
