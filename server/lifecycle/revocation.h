/*
 * Sessions that are stored but that nobody can use, because the client left before it was told:
 * their records are removed, which makes their deletion upstream owed. Tried until the store takes
 * it.
 */
#pragma once

#include <stdbool.h>

#include "lifecycle/sessions.h"

void revocation_start(struct sessions *sessions, const char *id);
/* This session is being revoked: its record may still look as if it could be used. */
bool revocation_under_way(const struct sessions *sessions, const char *id);
/* Drops all of them: for sessions_free. */
void revocations_free(struct sessions *sessions);
