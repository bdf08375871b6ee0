/*
 * The life of a session record as one table: what may happen in which phase, and where it leads.
 * The changes themselves are domain/session.h's, which asks here first; saving is the lifecycle's
 * and forgetting the store's. Whatever the table does not name changes nothing.
 *
 *   open ──judged──> settled ──deleted──> settled_clean ──forgotten
 *    │ │└──gone─────────────────────────────^
 *    │ └──removed──> removed ──deleted──> removed_clean ──forgotten
 *    └──lost──> orphaned ──forgotten
 */
#pragma once

#include "store/store.h"

#include <stdbool.h>

enum session_phase {
    PHASE_OPEN,          /* upstream has it, no verdict yet */
    PHASE_SETTLED,       /* the verdict stands, the deletion upstream is owed */
    PHASE_SETTLED_CLEAN, /* and done */
    PHASE_REMOVED,       /* shown to nobody, the deletion upstream is owed */
    PHASE_REMOVED_CLEAN, /* and done */
    PHASE_ORPHANED,      /* a create cut off: upstream may have a session that we cannot name */
    PHASE_FORGOTTEN,     /* there is no record any more */
    PHASE_COUNT
};

enum session_event {
    EVENT_COMPLETED, /* the frontend says that the check is over */
    EVENT_JUDGED,    /* upstream's answer makes a verdict */
    EVENT_GONE,      /* upstream has no such session */
    EVENT_REMOVED,   /* its owner deletes it, or it was made for a client that had left */
    EVENT_LOST,      /* the create was cut off before its id was seen */
    EVENT_DELETED,   /* upstream says 204 or 404, or its 48 h are over */
    EVENT_NOT_DELETED,
    EVENT_FORGOTTEN, /* kept long enough */
    EVENT_COUNT
};

enum session_phase session_phase(const struct session_record *record);
/* False, and *ret_to is the same phase, when the event means nothing in this phase. */
bool session_leads(enum session_phase from, enum session_event event, enum session_phase *ret_to);
/* Puts state and deletion; the times of either are the caller's. Not into PHASE_FORGOTTEN. */
void session_enter(struct session_record *record, enum session_phase phase);
