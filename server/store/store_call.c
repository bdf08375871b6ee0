/*
 * Queues of store calls, and the end of a call: what both kinds of store do alike with them.
 */
#include "base/cleanup.h"
#include "store/store_private.h"

#include <stdlib.h>

void call_queue_push(struct call_queue *queue, struct store_call *call)
{
    call->next = NULL;
    if (queue->tail) {
        queue->tail->next = call;
    } else {
        queue->head = call;
    }
    queue->tail = call;
}

struct store_call *call_queue_pop(struct call_queue *queue)
{
    struct store_call *call = queue->head;
    if (call) {
        queue->head = call->next;
        queue->tail = queue->head ? queue->tail : NULL;
    }
    return call;
}

void call_queue_append(struct call_queue *queue, struct call_queue *more)
{
    if (queue->tail) {
        queue->tail->next = more->head;
    } else {
        queue->head = more->head;
    }
    queue->tail = more->tail ? more->tail : queue->tail;
    *more = (struct call_queue){0};
}

struct store_call *store_call_free(struct store_call *call)
{
    if (call) {
        for (size_t i = 0; i < call->record_count; i++) {
            (void)session_record_free(call->records[i]);
        }
        free(call->records);
        free(call->upstream_ids);
        free(call->charging);
        (void)session_record_free(call->record);
        (void)audit_entries_free(call->entries);
        (void)device_resets_free(call->resets);
        free(call);
    }
    return NULL;
}

static void answer_charge(const struct store_call *call, enum store_result result)
{
    bool decided = result == STORE_OK || result == STORE_CONFLICT;
    call->callback.charged(call->context, result, decided ? call->charging->standings : NULL,
                           decided ? call->charging->count : 0);
}

void store_call_answer(struct store_call *call, enum store_result result)
{
    bool ok = result == STORE_OK;
    store_metrics_answer(&call->store->metrics, call->kind, result);
    if (call->cancelled) {
        return;
    }
    call->cancelled = true;
    switch (call->kind) {
    case CALL_DUE:
    case CALL_EXPIRED:
    case CALL_LIST:
    case CALL_FIND_UPSTREAM:
        call->callback.listed(call->context, result, ok ? call->records : NULL,
                              ok ? call->record_count : 0);
        break;
    case CALL_COUNT:
        call->callback.counted(call->context, result, ok ? &call->counts : NULL);
        break;
    case CALL_CLAIM_LOOK:
        call->callback.claimed(call->context, result, call->retry_ms);
        break;
    case CALL_CHARGE:
        answer_charge(call, result);
        break;
    case CALL_AUDIT_LIST:
        call->callback.audited(call->context, result, ok ? call->entries : NULL);
        break;
    case CALL_DEVICE_RESETS:
        call->callback.resets_listed(call->context, result, ok ? call->resets : NULL);
        break;
    case CALL_LOAD:
    case CALL_FIND_KEY:
        call->callback.done(call->context, result, ok ? TAKE(call->record) : NULL);
        break;
    default:
        call->callback.done(call->context, result, NULL);
        break;
    }
}

void store_cancel(struct store_call *call)
{
    call->cancelled = true;
}
