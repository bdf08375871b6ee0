/*
 * Queues of store calls, and the end of a call.
 */
#include "store/store_sqlite_private.h"

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
        (void)session_record_free(call->record);
        free(call);
    }
    return NULL;
}
