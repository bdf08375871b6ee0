/*
 * Creating a session upstream: intent, paced call, durable record. Owned by the process, not by the
 * request: a create is never cancelled, because the session would exist, be paid for and never be
 * deleted. A client that leaves turns it into a deletion owed.
 */
#pragma once

#include "base/problem.h"
#include "lifecycle/sessions.h"

/* `record` is the record as stored (NULL with a problem), valid during the callback; *auth_token is
 * the callee's to take (TAKE), else it is wiped. */
typedef void creation_done(void *context, enum problem problem, unsigned retry_after_s,
                           const struct session_record *record, char **auth_token);

/* `draft`: the record but for what upstream answers; copied. `done` runs later, once. */
struct creation *creation_start(struct sessions *sessions, const struct session_record *draft,
                                const struct face_create *create, const char *request_id,
                                creation_done *done, void *context);
/* The client has left: `done` will not run, and what comes of it is deleted. */
void creation_abandon(struct creation *creation);
/* The same for a session that was stored already but could not be handed over. */
void creation_revoke(struct sessions *sessions, const char *id);
/* Drops all of them: for sessions_free. */
void creations_free(struct sessions *sessions);
