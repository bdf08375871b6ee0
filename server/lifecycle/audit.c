/*
 * Makes entries and brings them into the store: one append at a time, the others queue meanwhile
 * and go together. Invariant: ids ascend in the order in which the events were told.
 */
#include "lifecycle/audit.h"

#include "base/alloc.h"

#include <stdio.h>
#include <string.h>

enum {
    FORGET_BATCH = 100, /* others wait meanwhile: a few ms */
    TICKS_MAX = 0xFFF,  /* within a millisecond: 12 bits of the id */
    SLOTS = 512,
    READ_SLOTS = 8192,
    BUCKET_INTERVAL_MS = 60000 / AUDIT_SELDOM_PER_MIN,
    BUCKET_BURST = 2 * AUDIT_SELDOM_PER_MIN,
};

/* What was noted within AUDIT_SELDOM_MS; the place follows from the key, and a newcomer takes it.
 */
struct slot {
    uint64_t key;
    uint64_t until_ms;
    uint32_t missed;
};

struct audit {
    struct sessions *sessions;
    struct audit_entry *queue; /* oldest first */
    struct audit_entry **queue_end;
    unsigned queued;
    unsigned sending; /* so many of the oldest */
    struct store_call *appending;
    bool resting; /* the store has refused: until the next housekeeping */
    struct store_call *forgetting;
    int64_t last_ms; /* of the last id */
    unsigned ticks;
    struct slot slots[SLOTS];
    uint64_t bucket_ms;        /* when the bucket of refusals is full again */
    uint64_t read[READ_SLOTS]; /* settled sessions that their owners have read */
    struct series *entries[AUDIT_ACTION_COUNT];
    struct series *lost;
    struct series *suppressed;
};

struct audit *audit_new(struct sessions *sessions)
{
    struct audit *audit = xcalloc(1, sizeof *audit);
    struct metrics *metrics = sessions->config.metrics;
    audit->sessions = sessions;
    audit->queue_end = &audit->queue;
    struct metric *entries = metrics_counter(metrics, "livenessd_audit_entries_total",
                                             "Entries made for the audit trail.", "action");
    for (int action = 0; action < AUDIT_ACTION_COUNT; action++)
        audit->entries[action] =
            METRIC_SERIES(entries, audit_action_word((enum audit_action)action));
    audit->lost = METRIC_SERIES(metrics_counter(metrics, "livenessd_audit_lost_total",
                                                "Entries that the store did not take.", NULL));
    audit->suppressed = METRIC_SERIES(metrics_counter(
        metrics, "livenessd_audit_suppressed_total",
        "Events that got no audit entry of their own, as too many were alike.", NULL));
    return audit;
}

/* ---- the queue ---- */

static void queue_drop(struct audit *audit, unsigned count)
{
    for (; count > 0 && audit->queue; count--) {
        struct audit_entry *entry = audit->queue;
        audit->queue = entry->next;
        entry->next = NULL;
        (void)audit_entries_free(entry);
        audit->queued--;
    }
    if (!audit->queue)
        audit->queue_end = &audit->queue;
}

static void append(struct audit *audit);

static void appended(void *context, enum store_result result, struct session_record *record)
{
    struct audit *audit = context;
    (void)record;
    audit->appending = NULL;
    if (result == STORE_OK)
        queue_drop(audit, audit->sending);
    else
        audit->resting = true;
    audit->sending = 0;
    append(audit);
}

/* The oldest entries, as many as go together. */
static struct store_call *append_some(struct audit *audit, store_done *done)
{
    struct audit_entry *last = audit->queue;
    unsigned count = 1;
    while (count < STORE_AUDIT_MAX && last->next) {
        last = last->next;
        count++;
    }
    struct audit_entry *rest = last->next;
    last->next = NULL;
    struct store_call *call =
        store_audit_append(audit->sessions->config.store, audit->queue, done, audit);
    last->next = rest;
    audit->sending = count;
    return call;
}

static void append(struct audit *audit)
{
    if (!audit->appending && !audit->resting && audit->queue)
        audit->appending = append_some(audit, appended);
}

static void enqueue(struct audit *audit, struct audit_entry *entry)
{
    if (!entry || audit->queued >= AUDIT_QUEUE_MAX) {
        series_add(audit->lost, 1);
        (void)audit_entries_free(entry);
        return;
    }
    *audit->queue_end = entry;
    audit->queue_end = &entry->next;
    audit->queued++;
    append(audit);
}

bool audit_busy(const struct audit *audit)
{
    return audit->queue && !audit->resting;
}

static void nothing(void *context, enum store_result result, struct session_record *record)
{
    (void)context, (void)result, (void)record;
}

struct audit *audit_free(struct audit *audit)
{
    if (!audit)
        return NULL;
    if (audit->appending) {
        store_cancel(audit->appending);
        queue_drop(audit, audit->sending);
    }
    while (audit->queue && !audit->resting) {
        store_cancel(append_some(audit, nothing));
        queue_drop(audit, audit->sending);
    }
    if (audit->forgetting)
        store_cancel(audit->forgetting);
    queue_drop(audit, audit->queued);
    free(audit);
    return NULL;
}

/* ---- housekeeping ---- */

static void forget_some(struct audit *audit);

static void forgotten(void *context, enum store_result result, struct session_record *record)
{
    struct audit *audit = context;
    (void)record;
    audit->forgetting = NULL;
    if (result == STORE_MORE)
        forget_some(audit);
}

static void forget_some(struct audit *audit)
{
    const struct sessions_config *config = &audit->sessions->config;
    int64_t until = clock_wall_ms(config->clock) - config->retention_audit_ms;
    if (!audit->forgetting && config->retention_audit_ms > 0)
        audit->forgetting =
            store_audit_forget(config->store, until, FORGET_BATCH, forgotten, audit);
}

void audit_keep_house(struct audit *audit)
{
    audit->resting = false;
    append(audit);
    forget_some(audit);
}

/* ---- entries ---- */

/* As uuid7, but with a counter behind the time. A clock that is put back is waited for. */
static int64_t next_id(struct audit *audit, char ret[UUID_SIZE])
{
    enum { TICKS_AT = 15, TICKS_DIGITS = 3 };
    const struct sessions_config *config = &audit->sessions->config;
    int64_t now = clock_wall_ms(config->clock);
    char ticks[TICKS_DIGITS + 1];
    if (now > audit->last_ms) {
        audit->last_ms = now;
        audit->ticks = 0;
    } else if (++audit->ticks > TICKS_MAX) {
        audit->last_ms++;
        audit->ticks = 0;
    }
    uuid7(config->random, audit->last_ms, ret);
    (void)snprintf(ticks, sizeof ticks, "%03x", audit->ticks & TICKS_MAX);
    memcpy(ret + TICKS_AT, ticks, TICKS_DIGITS);
    return now;
}

static struct audit_entry *make(struct audit *audit, const struct audit_event *event)
{
    char id[UUID_SIZE];
    int64_t now = next_id(audit, id);
    series_add(audit->entries[event->action], 1);
    return audit_entry_make(audit->sessions->config.rules.seal_key, id, now, event);
}

struct audit_entry *audit_make(struct audit *audit, const struct audit_event *event)
{
    struct audit_entry *entry = make(audit, event);
    if (!entry)
        series_add(audit->lost, 1);
    return entry;
}

void audit_note(struct audit *audit, struct session_record *record, const struct audit_event *event)
{
    struct audit_event about = *event;
    about.record = record;
    struct audit_entry *entry = make(audit, &about);
    struct audit_entry **end = &record->notes;
    unsigned count = 0;
    for (; *end; end = &(*end)->next)
        count++;
    if (!entry || count == STORE_NOTES_MAX) {
        series_add(audit->lost, 1);
        (void)audit_entries_free(entry);
        return;
    }
    *end = entry;
}

void audit_note_deletion(struct audit *audit, struct session_record *record,
                         enum deletion_outcome outcome)
{
    audit_note(audit, record,
               &(struct audit_event){.action = AUDIT_DELETION,
                                     .outcome = deletion_outcome_word(outcome),
                                     .receipt = record->deletion_receipt});
}

void audit_note_settled(struct audit *audit, struct session_record *record)
{
    audit_note(audit, record,
               &(struct audit_event){.action = AUDIT_SETTLED,
                                     .outcome = decision_word(record->verdict.decision)});
    if (record->deletion == DELETION_DONE) {
        bool by_age = record->settled_at >= record->created_at + UPSTREAM_LIFETIME_MS;
        audit_note_deletion(audit, record, by_age ? DELETION_BY_AGE : DELETION_NOT_FOUND);
    }
}

void audit_say(struct audit *audit, const struct audit_event *event)
{
    enqueue(audit, make(audit, event));
}

/* ---- not too often ---- */

static uint64_t mix(uint64_t hash, const char *text)
{
    for (; text && *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return (hash ^ '\n') * UINT64_C(0x100000001b3);
}

/* The subject is a keyed hash and the session one of ours: nobody chooses where this leads. */
static uint64_t key_of(const struct audit *audit, const struct audit_event *event)
{
    char subject[AUDIT_PSEUDONYM_SIZE];
    audit_subject(audit->sessions->config.rules.seal_key, event, subject);
    uint64_t key = mix(UINT64_C(0xcbf29ce484222325), subject);
    key = mix(key, event->record ? event->record->id : "");
    key = mix(key, event->limit);
    return (key ^ (uint64_t)event->action << 8 ^ (uint64_t)event->problem) *
           UINT64_C(0x9e3779b97f4a7c15);
}

/* What anybody can cause has one for all together. Who was let in has none: else an operator could
 * be refused on purpose until nothing tells what they read. */
static bool bucket_take(struct audit *audit, enum audit_action action, uint64_t now)
{
    if (action != AUDIT_REFUSED && action != AUDIT_LIMITED)
        return true;
    uint64_t full = audit->bucket_ms > now ? audit->bucket_ms : now;
    if (full - now > (uint64_t)BUCKET_INTERVAL_MS * (BUCKET_BURST - 1))
        return false;
    audit->bucket_ms = full + BUCKET_INTERVAL_MS;
    return true;
}

void audit_say_seldom(struct audit *audit, const struct audit_event *event)
{
    uint64_t now = clock_monotonic_ms(audit->sessions->config.clock);
    uint64_t key = key_of(audit, event);
    struct slot *slot = &audit->slots[(key >> 32) % SLOTS];
    bool same = slot->key == key;
    if ((same && now < slot->until_ms) || !bucket_take(audit, event->action, now)) {
        slot->missed += same;
        series_add(audit->suppressed, 1);
        return;
    }
    struct audit_event counted = *event;
    counted.count = 1 + (same ? slot->missed : 0);
    *slot = (struct slot){.key = key, .until_ms = now + AUDIT_SELDOM_MS};
    audit_say(audit, &counted);
}

/* The random end of an id, which tells sessions apart. */
static bool is_first_reading(struct audit *audit, const char *id)
{
    uint64_t key = mix(UINT64_C(0xcbf29ce484222325), id);
    uint64_t *place = &audit->read[(key >> 32) % READ_SLOTS];
    bool first = *place != key;
    *place = key;
    return first;
}

void audit_say_read(struct audit *audit, enum audit_action action,
                    const struct principal *principal, const struct session_record *record)
{
    const struct audit_event event = {.action = action, .principal = principal, .record = record};
    bool owner = memcmp(principal->owner, record->owner, sizeof record->owner) == 0;
    bool settled = record->state == SESSION_SETTLED;
    if (owner && !(settled && is_first_reading(audit, record->id)))
        return;
    if (settled)
        audit_say(audit, &event);
    else
        audit_say_seldom(audit, &event);
}
