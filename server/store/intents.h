/*
 * Notes of creates that are under way, in a file that is mapped into memory: writing one is a copy
 * of 64 bytes, which survives the death of the process but waits for no disk. The file also is what
 * keeps a second process away from the store. One thread only: the loop's.
 */
#pragma once

#include "base/alloc.h"
#include "store/uuid_bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct intents;

struct intent {
    uint8_t id[UUID_BYTES_SIZE];
    int64_t created_at;
};

/* Makes the file when it is new and locks it. `slots` is how many intents there may be at a time.
 * 0 or -errno: -EWOULDBLOCK means that another process has it open, -ENOSPC that the disk is full.
 */
int intents_open(const char *path, unsigned slots, struct intents **ret_intents) MUST_CHECK;
/* Unlocks; what is noted stays noted. */
struct intents *intents_close(struct intents *intents);

/* What an earlier process left: true and the intent for the first one at or after *index, which
 * moves behind it. Damaged slots are passed over. Only before the first intents_take. */
bool intents_left(const struct intents *intents, size_t *index, struct intent *ret_intent);
void intents_clear(struct intents *intents);

/* A slot >= 0, or -1 when all are taken. */
int intents_take(struct intents *intents, const struct intent *intent) MUST_CHECK;
void intents_release(struct intents *intents, int slot);
