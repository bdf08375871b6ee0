/*
 * Correlation epochs: which devices were reset by an operator, and what id each of them has since.
 * A device is found by its base, the id it had before any reset, or by any id that came of one;
 * both within its tenant. Keeping resets is the store's business, when they are read and made
 * lifecycle/resets.h's. Looked into by every request with a device token, so all in memory.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "store/store.h"

struct epochs;

struct epochs *epochs_new(void);
struct epochs *epochs_free(struct epochs *epochs);

/* All that is known is replaced; above DEVICE_RESETS_MAX the rest is left out. */
void epochs_replace(struct epochs *epochs, const struct device_reset *resets);
/* One more; an older one of its device changes nothing but that its id is known. */
void epochs_add(struct epochs *epochs, const struct device_reset *reset);

/* False until the first epochs_replace: nobody can say whether a device was reset. */
bool epochs_known(const struct epochs *epochs);
bool epochs_full(const struct epochs *epochs);
size_t epochs_count(const struct epochs *epochs);

/* The id of the device now; NULL: it was never reset, its base is its id. NULL for `epochs` NULL.
 */
const char *epochs_find(const struct epochs *epochs, const uint8_t tenant[RECORD_HASH_BYTES],
                        const char *base);

/* The next reset of the device that has, or had, this id. */
void epochs_next(const struct epochs *epochs, const uint8_t correlation_key[SHA256_BYTES],
                 const uint8_t tenant[RECORD_HASH_BYTES], const char *id, int64_t now,
                 struct device_reset *ret);
