/*
 * What a record keeps of an upstream answer, as a value again. Records hold texts that are ready to
 * be shown; the previews' shapes and the audit need their parts.
 */
#pragma once

#include <stdbool.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/face_session.h"
#include "store/store.h"

/* From details_json (`details`, when there is one) or results_json: attempts and references; image
 * ids in it are ours. Without either when the record keeps none. The caller's (results_free, or
 * CLEANUP(results)): too large for the stack. */
struct face_session *results_read(const struct session_record *record, bool details) MUST_CHECK;
struct face_session *results_free(struct face_session *results);

/* An upstream answer without its token and the room for attempts it does not have: a record's look
 * and those who wait keep thousands of them. Plain memory: free() it, and never copy it whole. */
struct face_session *results_copy(const struct face_session *face) MUST_CHECK;

/* Keeps what a create says of the reference image: not every version says it again. */
void results_keep_references(struct session_record *record, struct face_session *face);
/* Puts it into a later answer that does not say it. */
void results_complete(const struct session_record *record, struct face_session *face);

DEFINE_CLEANUP(results, struct face_session *, results_free(*it))
