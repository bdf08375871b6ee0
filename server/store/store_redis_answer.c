/*
 * Reads what Redis answers into a call. Whatever it is, it is looked at before it is used: the
 * server is not ours alone. One damaged record does not take the others' answer with it.
 */
#include "store/redis_resets.h"
#include "store/store_redis_private.h"

#include <string.h>

static const char damaged[] = "a record in Redis is damaged: it is left out";
static const char unexpected[] = "Redis answered something else than it was asked";

static bool is_array(const struct redisReply *reply, size_t elements)
{
    return reply->type == REDIS_REPLY_ARRAY && reply->elements == elements;
}

static enum store_result answer_strange(struct store_redis *store)
{
    store_trouble_say(&store->store, unexpected, false);
    return STORE_UNAVAILABLE;
}

/* What a script that changes something ends with. */
static enum store_result read_result(struct store_redis *store, const struct redisReply *reply)
{
    if (reply->type != REDIS_REPLY_INTEGER || reply->integer < STORE_OK ||
        reply->integer > STORE_MORE) {
        return answer_strange(store);
    }
    return (enum store_result)reply->integer;
}

/* `id` is NULL when the row says it. */
static struct session_record *read_record(struct store_redis *store, const struct redisReply *row,
                                          const char *id)
{
    struct session_record *record = redis_row_read(row, id);
    if (!record) {
        store_trouble_say(&store->store, damaged, false);
    }
    return record;
}

static enum store_result read_loaded(struct store_redis *store, struct store_call *call,
                                     const struct redisReply *reply)
{
    if (!is_array(reply, ROW_ELEMENTS)) {
        return answer_strange(store);
    }
    if (reply->element[0]->type == REDIS_REPLY_NIL) {
        return STORE_NOT_FOUND;
    }
    call->record = read_record(store, reply, call->id);
    return call->record ? STORE_OK : STORE_UNAVAILABLE;
}

static enum store_result read_found(struct store_redis *store, struct store_call *call,
                                    const struct redisReply *reply)
{
    if (is_array(reply, 0)) {
        return STORE_NOT_FOUND;
    }
    if (!is_array(reply, 1)) {
        return answer_strange(store);
    }
    call->record = read_record(store, reply->element[0], NULL);
    return call->record ? STORE_OK : STORE_UNAVAILABLE;
}

static enum store_result read_many(struct store_redis *store, struct store_call *call,
                                   const struct redisReply *reply)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements > REDIS_RECORDS_MAX) {
        return answer_strange(store);
    }
    call->records = xcalloc(reply->elements + 1, sizeof(struct session_record *));
    for (size_t i = 0; i < reply->elements; i++) {
        struct session_record *record = read_record(store, reply->element[i], NULL);
        if (record) {
            call->records[call->record_count++] = record;
        }
    }
    return STORE_OK;
}

static enum store_result read_counts(struct store_redis *store, struct store_call *call,
                                     const struct redisReply *reply)
{
    struct store_counts *counts = &call->counts;
    int64_t *const members[] = {&counts->open, &counts->overdue, &counts->owed,
                                &counts->oldest_owed_at, &counts->orphaned};
    size_t count = sizeof members / sizeof *members;
    if (!is_array(reply, count)) {
        return answer_strange(store);
    }
    for (size_t i = 0; i < count; i++) {
        if (reply->element[i]->type != REDIS_REPLY_INTEGER) {
            return answer_strange(store);
        }
        *members[i] = reply->element[i]->integer;
    }
    return STORE_OK;
}

static enum store_result read_claim(struct store_redis *store, struct store_call *call,
                                    const struct redisReply *reply)
{
    if (!is_array(reply, 2) || reply->element[1]->type != REDIS_REPLY_INTEGER ||
        reply->element[1]->integer < 0) {
        return answer_strange(store);
    }
    call->retry_ms = (uint64_t)reply->element[1]->integer;
    return read_result(store, reply->element[0]);
}

/* A number that cannot be one of ours is taken for the largest. */
static uint64_t read_amount(const struct redisReply *reply)
{
    return reply->type == REDIS_REPLY_INTEGER && reply->integer >= 0 ? (uint64_t)reply->integer
                                                                     : UINT64_MAX;
}

/* The result, then three numbers of each charge. */
static enum store_result read_charged(struct store_redis *store, struct store_call *call,
                                      const struct redisReply *reply)
{
    struct store_charges *charging = call->charging;
    if (!is_array(reply, 1 + 3 * charging->count)) {
        return answer_strange(store);
    }
    for (size_t i = 0; i < charging->count; i++) {
        struct redisReply *const *numbers = &reply->element[1 + 3 * i];
        charging->standings[i] = (struct limit_standing){.remaining = read_amount(numbers[0]),
                                                         .full_us = read_amount(numbers[1]),
                                                         .retry_us = read_amount(numbers[2])};
    }
    return read_result(store, reply->element[0]);
}

/* "ID SESSION {…}": the text, or NULL when it cannot be one of ours. */
static const char *entry_text(const struct redisReply *reply)
{
    const char *space = reply->type == REDIS_REPLY_STRING && reply->len > UUID_SIZE
                            ? strchr(reply->str + UUID_SIZE, ' ')
                            : NULL;
    bool whole = space && space[1] == '{' && reply->str[reply->len - 1] == '}' &&
                 strlen(reply->str) == reply->len;
    return whole ? space + 1 : NULL;
}

static enum store_result read_entries(struct store_redis *store, struct store_call *call,
                                      const struct redisReply *reply)
{
    struct audit_entry **end = &call->entries;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements > REDIS_RECORDS_MAX) {
        return answer_strange(store);
    }
    for (size_t i = 0; i < reply->elements; i++) {
        const char *text = entry_text(reply->element[i]);
        if (!text) {
            store_trouble_say(&store->store, damaged, false);
            continue;
        }
        *end = xcalloc(1, sizeof **end);
        (*end)->text = xstrdup(text);
        end = &(*end)->next;
    }
    return STORE_OK;
}

/* Member and score by turns. */
static enum store_result read_resets(struct store_redis *store, struct store_call *call,
                                     const struct redisReply *reply)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements % 2 != 0) {
        return answer_strange(store);
    }
    for (size_t i = 0; i < reply->elements; i += 2) {
        struct device_reset *reset = redis_reset_read(reply->element[i], reply->element[i + 1]);
        if (reset) {
            reset->next = call->resets;
            call->resets = reset;
        } else {
            store_trouble_say(&store->store, damaged, false);
        }
    }
    return STORE_OK;
}

static enum store_result read_answer(struct store_redis *store, struct store_call *call,
                                     const struct redisReply *reply)
{
    switch (call->kind) {
    case CALL_LOAD:
        return read_loaded(store, call, reply);
    case CALL_FIND_KEY:
        return read_found(store, call, reply);
    case CALL_DUE:
    case CALL_EXPIRED:
    case CALL_LIST:
    case CALL_FIND_UPSTREAM:
        return read_many(store, call, reply);
    case CALL_COUNT:
        return read_counts(store, call, reply);
    case CALL_AUDIT_LIST:
        return read_entries(store, call, reply);
    case CALL_DEVICE_RESETS:
        return read_resets(store, call, reply);
    case CALL_CLAIM_LOOK:
        return read_claim(store, call, reply);
    case CALL_CHARGE:
        return read_charged(store, call, reply);
    default:
        return read_result(store, reply);
    }
}

/* A full Redis still does what makes room; only what it would refuse then shows that all is well,
 * whatever the script's answer is. */
static bool proves_writing(const struct store_call *call)
{
    return call->kind == CALL_INSERT || call->kind == CALL_CLAIM_LOOK;
}

enum store_result redis_answer(struct store_redis *store, struct store_call *call,
                               const struct redisReply *reply)
{
    if (!reply) {
        return STORE_UNAVAILABLE;
    }
    if (reply->type == REDIS_REPLY_ERROR) {
        redis_trouble_reply(store, reply);
        return STORE_UNAVAILABLE;
    }
    enum store_result result = read_answer(store, call, reply);
    if (proves_writing(call)) {
        redis_trouble_over(store);
    }
    return result;
}
