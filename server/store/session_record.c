/*
 * Life of a session record on the heap. What its members mean is domain's business. Invariant: a
 * copy shares nothing with its original.
 */
#include "store/store.h"

#include <stdlib.h>

struct session_record *session_record_copy(const struct session_record *record)
{
    struct session_record *copy = xrealloc(NULL, sizeof *copy); /* not worth zeroing */
    *copy = *record;
    copy->results_json = record->results_json ? xstrdup(record->results_json) : NULL;
    return copy;
}

struct session_record *session_record_free(struct session_record *record)
{
    if (record) {
        free(record->results_json);
        free(record);
    }
    return NULL;
}
