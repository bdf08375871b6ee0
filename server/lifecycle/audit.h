/*
 * The audit trail as it is written. What a change of a record is noted with goes into the store
 * together with it, so neither is there without the other; what changes no record is appended soon
 * after, and lost with the process or when the store refuses too much for too long
 * (livenessd_audit_lost_total). What anybody can make happen as often as they like is noted seldom,
 * with a count. The store is not filled by strangers: of such entries there is no more than a
 * bounded number a minute. Old entries are forgotten a slice at a time.
 */
#pragma once

#include <stdbool.h>

#include "domain/audit_event.h"
#include "lifecycle/sessions.h"

enum {
    AUDIT_QUEUE_MAX = 1024,    /* entries that wait for the store */
    AUDIT_SELDOM_MS = 60000,   /* between two entries of the same kind, caller and session */
    AUDIT_SELDOM_PER_MIN = 30, /* of all refusals and limits, after a burst of twice as many */
};

struct audit *audit_new(struct sessions *sessions);
/* Hands what waits to the store. */
struct audit *audit_free(struct audit *audit);
/* Entries wait, and the store takes them. */
bool audit_busy(const struct audit *audit);
/* Once in a while: forgets, and tries again what the store had refused. */
void audit_keep_house(struct audit *audit);

/* With the next insert or save of `record`, which the event is about. */
void audit_note(struct audit *audit, struct session_record *record,
                const struct audit_event *event);
/* The same for a session that has just been settled, and for a deletion that is done with it. */
void audit_note_settled(struct audit *audit, struct session_record *record);
/* And for a deletion that is done. */
void audit_note_deletion(struct audit *audit, struct session_record *record,
                         enum deletion_outcome outcome);

/* For the caller to hand to the store with what it is about, and to free; NULL counts as lost. */
struct audit_entry *audit_make(struct audit *audit, const struct audit_event *event) MUST_CHECK;

/* By itself. */
void audit_say(struct audit *audit, const struct audit_event *event);
/* The first time, then at most once in AUDIT_SELDOM_MS, with a count of those between. */
void audit_say_seldom(struct audit *audit, const struct audit_event *event);
/* Somebody was shown a session: the owner of a settled one is noted once (as far as this process
 * knows), others always; of a session without a verdict only others, and seldom. */
void audit_say_read(struct audit *audit, enum audit_action action,
                    const struct principal *principal, const struct session_record *record);
