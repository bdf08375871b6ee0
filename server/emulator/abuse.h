/*
 * Abuse monitoring (v1.3): the same face under different correlation ids. Faces are what the sights
 * say (`faceId`); a sight may also be told to count as abuse. What the real service does with a
 * flagged id is not public; here it can create no session any more while monitoring is on.
 */
#pragma once

#include "emulator/sessions.h"

enum { EMU_FLAGGED_IDS_MAX = 1024 };

/*
 * Looks for the attempt's face in all other sessions and flags both sides, and with them the
 * device correlation ids of the sessions. Two sessions are of the same person's own, and no abuse,
 * when their device correlation ids or their user correlation ids are equal. Does nothing when the
 * session is not monitored.
 */
void emu_abuse_judge(struct emu_sessions *sessions, const struct emu_session *session,
                     struct emu_attempt *attempt);
/* Of the last EMU_FLAGGED_IDS_MAX flagged ids; `id` may be NULL. */
bool emu_abuse_is_flagged(const struct emu_sessions *sessions, const char *id);
