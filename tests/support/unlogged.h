/*
 * What no daemon may write to its log, in any test: the credentials, digests, ids and addresses
 * that the harness itself sent or was answered, and whatever looks like one though nobody has noted
 * it. The harness notes by itself and looks when a daemon ends; tests only add what they alone
 * know. All that is noted stays so until the test ends. For the test's own thread.
 */
#pragma once

#include "support/support.h"

enum { UNLOGGED_MIN = 8, UNLOGGED_WHY_SIZE = 256 };

/* Texts shorter than UNLOGGED_MIN are left alone: they would be found anywhere. Of a token every
 * part counts, of a long text its beginning, for logs cut. */
void unlogged_add(const char *text);
/* For a test of the search. */
void unlogged_forget(const char *text);
/* Header lines, or a whole request: its credentials, and whom it names. */
void unlogged_add_head(const char *head);
/* A body; nothing when it is not JSON. Ids of images count in answers only, for a test may try any
 * text as one; those of sessions only in what upstream says, for our own may be logged. */
enum unlogged_body { UNLOGGED_SENT, UNLOGGED_ANSWERED, UNLOGGED_UPSTREAM };
void unlogged_add_json(const char *body, enum unlogged_body from);
/* A member of a body or of a form by its name. */
void unlogged_add_member(const char *name, const char *value);
/* "NAME=value" of a daemon's environment: keys and passwords. Ends with NULL, may be NULL. */
void unlogged_add_environment(const char *const *entries);

/* Whether something of it is in a log, or a line that no log may have; says what. Other texts than
 * JSON lines are searched, too. */
bool unlogged_find(const char *log, char ret_why[UNLOGGED_WHY_SIZE]);
