/*
 * A store that processes share, played by the test: each call waits until it is answered by hand,
 * or in the next turn as a store would when its kind is not held.
 */
#pragma once

#include "base/cleanup.h"
#include "store/store_private.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CALLS_MAX = 4096, RECORDS_MAX = 1024, LOOKED_MAX = 1024 };

struct looked {
    char id[UUID_SIZE];
    uint64_t rest_ms;
    char word[RECORD_WORD_SIZE];
};

static struct fake_store {
    struct store base; /* the first member */
    struct store_call *calls[CALLS_MAX];
    size_t call_count;
    unsigned asked[CALL_KIND_COUNT];
    bool held[CALL_KIND_COUNT];
    struct session_record *records[RECORDS_MAX];
    size_t record_count;
    size_t due_limit; /* of the last one */
    struct looked looked[LOOKED_MAX];
    size_t looked_count;
} fake_store;

static inline struct session_record *fake_find(const char *id)
{
    for (size_t i = 0; i < fake_store.record_count; i++) {
        if (strcmp(fake_store.records[i]->id, id) == 0) {
            return fake_store.records[i];
        }
    }
    return NULL;
}

static inline void fake_submit(struct store *store, struct store_call *call)
{
    cr_assert_lt(fake_store.call_count, CALLS_MAX);
    fake_store.asked[call->kind]++;
    if (call->kind == CALL_DUE) {
        fake_store.due_limit = call->limit;
    }
    fake_store.calls[fake_store.call_count++] = call;
    store->waiting++;
}

static inline void fake_answer_call(struct store_call *call, enum store_result result)
{
    for (size_t i = 0; i < fake_store.call_count; i++) {
        if (fake_store.calls[i] == call) {
            fake_store.call_count--;
            memmove(&fake_store.calls[i], &fake_store.calls[i + 1],
                    (fake_store.call_count - i) * sizeof(void *));
            break;
        }
    }
    fake_store.base.waiting--;
    store_call_answer(call, result);
    (void)store_call_free(call);
}

static inline enum store_result fake_load(struct store_call *call)
{
    const struct session_record *stored = fake_find(call->id);
    call->record = stored ? session_record_copy(stored) : NULL;
    return stored ? STORE_OK : STORE_NOT_FOUND;
}

/* A record's place is its own as long as it is there. */
static inline enum store_result fake_save(struct store_call *call)
{
    struct session_record *stored = fake_find(call->record->id);
    if (!stored || stored->revision != call->record->revision) {
        return stored ? STORE_CONFLICT : STORE_NOT_FOUND;
    }
    struct session_record old = *stored;
    *stored = *call->record;
    *call->record = old;
    stored->revision++;
    return STORE_OK;
}

static inline bool has_key(const struct session_record *record, const struct session_record *other)
{
    static const uint8_t none[RECORD_HASH_BYTES];
    return memcmp(record->idempotency_key, none, sizeof none) != 0 &&
           memcmp(record->idempotency_key, other->idempotency_key, sizeof none) == 0;
}

static inline enum store_result fake_insert(struct store_call *call)
{
    if (fake_find(call->record->id)) {
        return STORE_CONFLICT;
    }
    for (size_t i = 0; i < fake_store.record_count; i++) {
        if (has_key(fake_store.records[i], call->record)) {
            return STORE_KEY_TAKEN;
        }
    }
    cr_assert_lt(fake_store.record_count, RECORDS_MAX);
    call->record->revision = 1;
    fake_store.records[fake_store.record_count++] = TAKE(call->record);
    return STORE_OK;
}

static inline bool is_listed(const struct store_call *call, const struct session_record *record)
{
    if (call->kind == CALL_DUE) {
        return record->deletion == DELETION_OWED && record->deletion_at <= call->now;
    }
    return record->state == SESSION_CREATED && record->token_expires_at > 0 &&
           record->token_expires_at <= call->now &&
           (record->token_expires_at > call->position.token_expires_at ||
            (record->token_expires_at == call->position.token_expires_at &&
             strcmp(record->id, call->position.id) > 0));
}

static inline enum store_result fake_list(struct store_call *call)
{
    call->records = xcalloc(call->limit + 1, sizeof *call->records);
    for (size_t i = 0; i < fake_store.record_count && call->record_count < call->limit; i++) {
        if (is_listed(call, fake_store.records[i])) {
            call->records[call->record_count++] = session_record_copy(fake_store.records[i]);
        }
    }
    return STORE_OK;
}

/* As the store would. */
static inline enum store_result fake_result(struct store_call *call)
{
    switch (call->kind) {
    case CALL_LOAD:
        return fake_load(call);
    case CALL_SAVE:
        return fake_save(call);
    case CALL_INSERT:
        return fake_insert(call);
    case CALL_DUE:
    case CALL_EXPIRED:
        return fake_list(call);
    default:
        return STORE_OK;
    }
}

static inline void fake_flush(struct store *store)
{
    (void)store;
}

static inline bool fake_ready(const struct store *store)
{
    (void)store;
    return true;
}

static inline int fake_intend(struct store *store, const char *id, int64_t created_at)
{
    (void)store, (void)id, (void)created_at;
    return 0;
}

static inline void fake_intent_done(struct store *store, int slot)
{
    (void)store, (void)slot;
}

static inline void fake_looked(struct store *store, const char *id, uint64_t rest_ms,
                               const char *status_word)
{
    (void)store;
    cr_assert_lt(fake_store.looked_count, LOOKED_MAX);
    struct looked *looked = &fake_store.looked[fake_store.looked_count++];
    looked->rest_ms = rest_ms;
    (void)snprintf(looked->id, sizeof looked->id, "%s", id);
    (void)snprintf(looked->word, sizeof looked->word, "%s", status_word);
}

static inline void fake_nothing(struct store *store)
{
    (void)store;
}

static struct store_ops fake_ops = {
    .call_size = sizeof(struct store_call),
    .shared = true,
    .submit = fake_submit,
    .flush = fake_flush,
    .ready = fake_ready,
    .intend = fake_intend,
    .intent_done = fake_intent_done,
    .looked = fake_looked,
    .listening = fake_nothing,
    .close = fake_nothing,
};

static inline struct store_call *pending(enum call_kind kind)
{
    for (size_t i = 0; i < fake_store.call_count; i++) {
        if (fake_store.calls[i]->kind == kind && !fake_store.calls[i]->cancelled) {
            return fake_store.calls[i];
        }
    }
    return NULL;
}

static inline size_t pending_count(enum call_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < fake_store.call_count; i++) {
        count += fake_store.calls[i]->kind == kind;
    }
    return count;
}

static inline struct store_call *next_free_call(void)
{
    for (size_t i = 0; i < fake_store.call_count; i++) {
        if (!fake_store.held[fake_store.calls[i]->kind]) {
            return fake_store.calls[i];
        }
    }
    return NULL;
}

/* What was asked so far and is not held. */
static inline void fake_store_turn(void)
{
    size_t most = fake_store.call_count;
    for (size_t i = 0; i < most; i++) {
        struct store_call *call = next_free_call();
        if (call) {
            fake_answer_call(call, fake_result(call));
        }
    }
}

static inline void fake_store_open(void)
{
    const struct store_config config = {
        .queue_max = CALLS_MAX, .timeout_ms = 10000, .by_turn = true, .clock = clock_system()};
    memset(&fake_store, 0, sizeof fake_store);
    store_init(&fake_store.base, &fake_ops, &config);
}

static inline void fake_store_close(void)
{
    while (fake_store.call_count > 0) {
        fake_store.calls[0]->cancelled = true;
        fake_answer_call(fake_store.calls[0], STORE_UNAVAILABLE);
    }
    for (size_t i = 0; i < fake_store.record_count; i++) {
        (void)session_record_free(fake_store.records[i]);
    }
}
