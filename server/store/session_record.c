/*
 * Life of a session record on the heap. What its members mean is domain's business. Invariant: a
 * copy shares nothing with its original.
 */
#include "store/store.h"

#include <stdlib.h>

static char *copy_text(const char *text)
{
    return text ? xstrdup(text) : NULL;
}

struct session_record *session_record_copy(const struct session_record *record)
{
    struct session_record *copy = xrealloc(NULL, sizeof *copy); /* not worth zeroing */
    *copy = *record;
    copy->results_json = copy_text(record->results_json);
    copy->details_json = copy_text(record->details_json);
    copy->flagged_json = copy_text(record->flagged_json);
    copy->sealed_answer = copy_text(record->sealed_answer);
    copy->notes = audit_entries_copy(record->notes);
    copy->receipt = copy_text(record->receipt);
    copy->deletion_receipt = copy_text(record->deletion_receipt);
    return copy;
}

struct session_record *session_record_free(struct session_record *record)
{
    if (record) {
        free(record->results_json);
        free(record->details_json);
        free(record->flagged_json);
        free(record->sealed_answer);
        (void)audit_entries_free(record->notes);
        free(record->receipt);
        free(record->deletion_receipt);
        free(record);
    }
    return NULL;
}
