/*
 * Load that remembers: clients that create sessions, every other one of which is completed, and
 * what each was told, so that it can be asked for again after servers were killed under it. Each
 * client has one request under way. Clients go to the servers in turn, and to another one when
 * theirs is dead.
 */
#pragma once

#include "support/rig.h"

struct visits;

/* `rigs` have one emulator and one store, and have to stay. */
struct visits *visits_new(const struct rig *rigs, size_t rig_count, unsigned clients);

/* Ends what is answered, and lets those clients go on. Answers are good, or none came, or 503
 * StoreUnavailable while that is `excused`. */
void visits_turn(struct visits *visits, bool excused);
/* Waits for all that is under way; nothing new is begun. */
void visits_rest(struct visits *visits, bool excused);

/* Sessions whose create was answered. */
unsigned visits_count(const struct visits *visits);
/* Creates that were not answered, and those that were excused. */
unsigned visits_cut_off(const struct visits *visits);
unsigned visits_excused(const struct visits *visits);

/* Fails unless the session is there: whoever has no verdict yet can be completed, every verdict is
 * as it was answered. At the server `rig`. */
void visits_expect_new(struct visits *visits, const struct rig *rig); /* since the last time */
void visits_expect_some(struct visits *visits, const struct rig *rig, unsigned count);
void visits_expect_all(struct visits *visits, const struct rig *rig);
/* Fails when something upstream is one of the sessions whose ids reached the store; the servers run
 * no more. */
void visits_expect_rest_unknown(const struct rig *rig);
