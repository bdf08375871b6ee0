/*
 * Changing a stored record: load, let a function make the new record from the old one, save by
 * compare-and-swap; when somebody else was faster, from the start. The result is on disk when the
 * callback runs.
 */
#pragma once

#include "base/problem.h"
#include "lifecycle/sessions.h"

enum { CHANGE_TRIES_MAX = 8 };

/* Makes the record what it becomes and says whether it changed. A problem ends the change with
 * nothing saved. May run several times, each on a fresh record. `record` is NULL when there is
 * none. */
typedef enum problem change_apply(struct session_record *record, void *context,
                                  enum session_change *ret_what);
/* `record` is the record as stored now (NULL with a problem) and the callee's. `what` is
 * SESSION_CONFLICT only when the function said so. */
typedef void change_done(void *context, enum problem problem, enum session_change what,
                         struct session_record *record);

/* `done` runs later, never from within this call. */
struct change *change_start(struct sessions *sessions, const char *id, change_apply *apply,
                            change_done *done, void *context);
/* Neither function runs any more; a save already handed to the store goes on. */
void change_cancel(struct change *change);
/* Drops all of them: for sessions_free. */
void changes_free(struct sessions *sessions);
