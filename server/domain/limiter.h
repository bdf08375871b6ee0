/*
 * Who may still do something: GCRA (the leaky bucket as a meter) over any number of keys, one
 * 64-bit word each. A rule allows `burst` at once and one more every `interval`; a key's word is
 * the time at which it will have all of its burst again. One request is weighed under several rules
 * together: either all of them are charged or none.
 *
 * Over any stretch of time and any order of calls, what was admitted under one key, less what was
 * given back, is at most burst + time / interval. Times are microseconds of a clock of the caller's
 * that never goes back; nothing here reads one. Memory is bounded: when full, keys that have all of
 * their burst go first, then those that are nearest to it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/limit.h"

/* "`count` in `per_us`, `burst` at once"; count 0: off. The interval is rounded up, and at least
 * 1 us. */
struct limit_rule limit_rule_of(uint64_t count, uint64_t per_us, uint64_t burst);

struct limiter;

struct limiter *limiter_new(size_t keys_max);
struct limiter *limiter_free(struct limiter *limiter);

/* True: all were charged. `ret` has an element for each charge, in any case. */
bool limiter_charge(struct limiter *limiter, uint64_t now_us, const struct limit_charge *charges,
                    size_t count, struct limit_standing *ret);
/* Charges what has happened already, whether there is enough or not; a key never owes more than
 * twice its burst. */
void limiter_debit(struct limiter *limiter, uint64_t now_us, const struct limit_charge *charge);
/* Gives back, never above the burst. */
void limiter_refund(struct limiter *limiter, uint64_t now_us, const struct limit_charge *charge);
/* How a key would stand after the charge; nothing is charged. */
struct limit_standing limiter_look(const struct limiter *limiter, uint64_t now_us,
                                   const struct limit_charge *charge);
/* Somebody who knows more says that it takes a key at least `full_us` to have its burst again. */
void limiter_raise(struct limiter *limiter, uint64_t now_us, const struct limit_charge *charge,
                   uint64_t full_us);
/* Looks at up to `limit` keys, from where the last sweep ended, and drops those that have all of
 * their burst again. */
void limiter_sweep(struct limiter *limiter, uint64_t now_us, size_t limit);
size_t limiter_keys(const struct limiter *limiter);
/* Of memory that the keys take. */
size_t limiter_bytes(const struct limiter *limiter);

/* ---- the arithmetic, for a table that lives elsewhere ---- */

/* How a key with the word `full_at` (0: none) stands before a charge, under its rule. */
struct limit_standing limit_stand(const struct limit_charge *charge, uint64_t now_us,
                                  uint64_t full_at);
