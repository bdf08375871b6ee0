/*
 * Life of audit entries on the heap. What they say is domain/audit_event.h's. Invariant: a copy
 * shares nothing with its original and is in the same order.
 */
#include "store/store.h"

#include <stdlib.h>

struct audit_entry *audit_entries_copy(const struct audit_entry *entries)
{
    struct audit_entry *head = NULL;
    struct audit_entry **end = &head;
    for (; entries; entries = entries->next) {
        struct audit_entry *copy = xcalloc(1, sizeof *copy);
        *copy = *entries;
        copy->next = NULL;
        copy->text = xstrdup(entries->text);
        *end = copy;
        end = &copy->next;
    }
    return head;
}

struct audit_entry *audit_entries_free(struct audit_entry *entries)
{
    while (entries) {
        struct audit_entry *next = entries->next;
        free(entries->text);
        free(entries);
        entries = next;
    }
    return NULL;
}
