/*
 * The words live in a JudyL array, which grows without rehashing and is walked in order, so that a
 * sweep goes on where the last one ended. Invariant: no word is 0, so a key is present or has all
 * of its burst.
 */
#include "domain/limiter.h"

#include <Judy.h>
#include <assert.h>
#include <stdlib.h>

enum { ROOM_SWEEP = 32 }; /* keys looked at to make room for one */

struct limiter {
    Pvoid_t words;
    size_t keys;
    size_t keys_max;
    Word_t cursor; /* the next key to sweep */
};

/* ---- arithmetic ---- */

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

struct limit_rule limit_rule_of(uint64_t count, uint64_t per_us, uint64_t burst)
{
    if (count == 0)
        return (struct limit_rule){.burst = later(burst, 1)};
    uint64_t interval = per_us / count + (per_us % count != 0);
    return (struct limit_rule){.interval_us = later(interval, 1), .burst = later(burst, 1)};
}

struct limit_standing limit_stand(const struct limit_charge *charge, uint64_t now_us,
                                  uint64_t full_at)
{
    const struct limit_rule *rule = &charge->rule;
    struct limit_standing standing = {.remaining = rule->burst};
    if (rule->interval_us == 0)
        return standing;
    uint64_t owed_us = full_at > now_us ? full_at - now_us : 0;
    uint64_t depth_us = rule->burst * rule->interval_us;
    uint64_t cost_us = charge->cost * rule->interval_us;
    standing.remaining = owed_us < depth_us ? (depth_us - owed_us) / rule->interval_us : 0;
    standing.full_us = owed_us;
    if (charge->cost > rule->burst)
        standing.retry_us = UINT64_MAX;
    else if (owed_us + cost_us > depth_us)
        standing.retry_us = owed_us + cost_us - depth_us;
    return standing;
}

/* ---- the table ---- */

struct limiter *limiter_new(size_t keys_max)
{
    struct limiter *limiter = xcalloc(1, sizeof *limiter);
    limiter->keys_max = keys_max > 0 ? keys_max : 1;
    return limiter;
}

struct limiter *limiter_free(struct limiter *limiter)
{
    if (limiter)
        (void)JudyLFreeArray(&limiter->words, PJE0);
    free(limiter);
    return NULL;
}

size_t limiter_keys(const struct limiter *limiter)
{
    return limiter->keys;
}

size_t limiter_bytes(const struct limiter *limiter)
{
    return JudyLMemUsed(limiter->words);
}

static uint64_t word_get(const struct limiter *limiter, uint64_t key)
{
    const Word_t *word = (const Word_t *)JudyLGet(limiter->words, key, PJE0);
    return word ? *word : 0;
}

static void word_drop(struct limiter *limiter, Word_t key)
{
    if (JudyLDel(&limiter->words, key, PJE0) == 1)
        limiter->keys--;
}

/* The key at or after the cursor, which then stands behind it; the table is a ring. */
static Word_t *cursor_next(struct limiter *limiter, Word_t *ret_key)
{
    *ret_key = limiter->cursor;
    Word_t *word = (Word_t *)JudyLFirst(limiter->words, ret_key, PJE0);
    if (!word) {
        *ret_key = 0;
        word = (Word_t *)JudyLFirst(limiter->words, ret_key, PJE0);
    }
    limiter->cursor = *ret_key + 1;
    return word;
}

void limiter_sweep(struct limiter *limiter, uint64_t now_us, size_t limit)
{
    size_t looks = limit < limiter->keys ? limit : limiter->keys;
    for (size_t i = 0; i < looks; i++) {
        Word_t key = 0;
        const Word_t *word = cursor_next(limiter, &key);
        if (word && *word <= now_us)
            word_drop(limiter, key);
    }
}

/* Drops what has all of its burst among the next few keys, or else what comes nearest to it. */
static void make_room(struct limiter *limiter, uint64_t now_us)
{
    Word_t nearest = 0;
    uint64_t nearest_at = UINT64_MAX;
    size_t before = limiter->keys;
    for (int i = 0; i < ROOM_SWEEP; i++) {
        Word_t key = 0;
        const Word_t *word = cursor_next(limiter, &key);
        if (!word)
            return;
        if (*word <= now_us) {
            word_drop(limiter, key);
        } else if (*word < nearest_at) {
            nearest = key;
            nearest_at = *word;
        }
    }
    if (limiter->keys == before)
        word_drop(limiter, nearest);
}

static void word_put(struct limiter *limiter, uint64_t now_us, uint64_t key, uint64_t full_at)
{
    Word_t *word = (Word_t *)JudyLGet(limiter->words, key, PJE0);
    if (full_at <= now_us) {
        if (word)
            word_drop(limiter, key);
        return;
    }
    if (!word) {
        if (limiter->keys >= limiter->keys_max)
            make_room(limiter, now_us);
        word = (Word_t *)JudyLIns(&limiter->words, key, PJE0);
        if (!word || (void *)word == PJERR)
            abort(); /* no memory */
        limiter->keys++;
    }
    *word = full_at;
}

/* ---- decisions ---- */

static void standing_charge(struct limit_standing *standing, const struct limit_charge *charge)
{
    if (charge->rule.interval_us == 0)
        return;
    standing->remaining -= charge->cost;
    standing->full_us += charge->cost * charge->rule.interval_us;
}

bool limiter_charge(struct limiter *limiter, uint64_t now_us, const struct limit_charge *charges,
                    size_t count, struct limit_standing *ret)
{
    bool admitted = true;
    assert(count <= LIMIT_CHARGES_MAX);
    for (size_t i = 0; i < count; i++) {
        ret[i] = limit_stand(&charges[i], now_us, word_get(limiter, charges[i].key));
        admitted = admitted && ret[i].retry_us == 0;
    }
    for (size_t i = 0; admitted && i < count; i++) {
        standing_charge(&ret[i], &charges[i]);
        if (charges[i].cost > 0 && charges[i].rule.interval_us > 0)
            word_put(limiter, now_us, charges[i].key, now_us + ret[i].full_us);
    }
    return admitted;
}

void limiter_debit(struct limiter *limiter, uint64_t now_us, const struct limit_charge *charge)
{
    const struct limit_rule *rule = &charge->rule;
    if (rule->interval_us == 0)
        return;
    uint64_t full_at = later(word_get(limiter, charge->key), now_us);
    uint64_t most = now_us + 2 * rule->burst * rule->interval_us;
    uint64_t wanted = full_at + charge->cost * rule->interval_us;
    word_put(limiter, now_us, charge->key, wanted < most ? wanted : later(full_at, most));
}

struct limit_standing limiter_look(const struct limiter *limiter, uint64_t now_us,
                                   const struct limit_charge *charge)
{
    struct limit_standing standing = limit_stand(charge, now_us, word_get(limiter, charge->key));
    if (standing.retry_us == 0)
        standing_charge(&standing, charge);
    return standing;
}

void limiter_raise(struct limiter *limiter, uint64_t now_us, const struct limit_charge *charge,
                   uint64_t full_us)
{
    uint64_t depth_us = charge->rule.burst * charge->rule.interval_us;
    uint64_t full_at = now_us + (full_us < 2 * depth_us ? full_us : 2 * depth_us);
    if (full_at > word_get(limiter, charge->key))
        word_put(limiter, now_us, charge->key, full_at);
}

void limiter_refund(struct limiter *limiter, uint64_t now_us, const struct limit_charge *charge)
{
    uint64_t full_at = word_get(limiter, charge->key);
    uint64_t back_us = charge->cost * charge->rule.interval_us;
    if (full_at != 0)
        word_put(limiter, now_us, charge->key, full_at > back_us ? full_at - back_us : 0);
}
