/*
 * A creation's way: note the intent, ask upstream, store the record, say so to all who wait. Every
 * way out of it leaves a trace: a record, a deletion owed, or an orphan. Invariant: a creation is
 * found by its idempotency key as long as the store may come to hold a record with that key of
 * which nobody knows yet.
 */
#include "lifecycle/creation.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/secret.h"
#include "base/table.h"
#include "base/uv_timer.h"
#include "domain/idempotency.h"
#include "lifecycle/audit.h"
#include "lifecycle/outbox.h"
#include "lifecycle/results.h"
#include "lifecycle/revocation.h"

#include <string.h>
#include <utlist.h>

enum { STORE_AGAIN_MS = 1000, WAITERS_MAX = 64, WAITERS_AGAIN_S = 1 };

struct creation {
    struct creation *next, *prev;
    struct sessions *sessions;
    struct session_record *record;
    char *auth_token; /* from upstream's answer; a secret */
    char request_id[RECORD_TEXT_SIZE];
    struct creation_ticket *tickets; /* who waits; none when all have left or were told */
    unsigned waiters;
    bool told;
    bool keyed; /* in the table by its idempotency key; both hashes outlive those in the record */
    UT_hash_handle hh;
    uint8_t key[RECORD_HASH_BYTES];
    uint8_t request[RECORD_HASH_BYTES];
    int intent;           /* slot, or -1 */
    enum problem problem; /* how it will end, when it ends badly */
    unsigned retry_after_s;
    bool blamed; /* by upstream */
    struct store_call *store_call;
    struct face_call *deletion;
    uv_timer_t *timer; /* for what must happen later: a refusal, or another try to store */
};

/* ---- by key ---- */

static void creation_enter(struct creation *creation)
{
    struct sessions *sessions = creation->sessions;
    creation->keyed = idempotency_has_key(creation->record);
    if (!creation->keyed)
        return;
    memcpy(creation->key, creation->record->idempotency_key, sizeof creation->key);
    memcpy(creation->request, creation->record->idempotency_request, sizeof creation->request);
    HASH_ADD(hh, sessions->creations_by_key, key, sizeof creation->key, creation);
}

/* The next create with the key is a first one, or finds the record. */
static void creation_unlist(struct creation *creation)
{
    if (creation->keyed)
        HASH_DELETE(hh, creation->sessions->creations_by_key, creation);
    creation->keyed = false;
}

/* ---- who waits ---- */

static void timer_closed(uv_handle_t *handle)
{
    free(handle);
}

static void ticket_detach(struct creation *creation, struct creation_ticket *ticket)
{
    DL_DELETE(creation->tickets, ticket);
    creation->waiters--;
    ticket->creation = NULL;
    if (ticket->timer)
        uv_close((uv_handle_t *)TAKE(ticket->timer), timer_closed);
}

static void ticket_attach(struct creation_ticket *ticket, struct creation *creation)
{
    DL_APPEND(creation->tickets, ticket);
    creation->waiters++;
    ticket->creation = creation;
}

static void ticket_late(uv_timer_t *timer)
{
    struct creation_ticket *ticket = timer->data;
    const struct creation_answer answer = {.problem = PROBLEM_CONCURRENT_OPERATION,
                                           .retry_after_s = WAITERS_AGAIN_S};
    ticket_detach(ticket->creation, ticket);
    (void)ticket->done(ticket, &answer);
}

/* Tells whoever waits, once. True: at least one of them took the session. */
static bool creation_tell(struct creation *creation)
{
    struct creation_answer answer = {.problem = creation->problem,
                                     .retry_after_s = creation->retry_after_s,
                                     .blamed = creation->blamed};
    bool taken = false;
    creation->told = true;
    if (creation->problem == PROBLEM_NONE) {
        answer.record = creation->record;
        answer.auth_token = creation->auth_token;
    }
    while (creation->tickets) {
        struct creation_ticket *ticket = creation->tickets;
        ticket_detach(creation, ticket);
        taken |= ticket->done(ticket, &answer);
    }
    return taken && creation->problem == PROBLEM_NONE;
}

/* ---- the end of every creation ---- */

/* One that is listed no more. */
static void creation_free(struct creation *creation)
{
    DL_DELETE(creation->sessions->creations, creation);
    session_record_free(creation->record);
    secret_free(creation->auth_token);
    free(creation);
}

/* The intent goes only here. */
static void creation_finish(struct creation *creation)
{
    struct sessions *sessions = creation->sessions;
    if (creation->intent >= 0)
        store_intent_done(sessions->config.store, creation->intent);
    creation_unlist(creation);
    bool stored = creation->problem == PROBLEM_NONE && creation->record->state == SESSION_CREATED;
    if (!creation_tell(creation) && stored) /* all have left: nobody would have the token */
        revocation_start(sessions, creation->record->id);
    creation_free(creation);
}

/* ---- later ---- */

static void creation_later(struct creation *creation, uint64_t ms, uv_timer_cb callback)
{
    creation->timer = xcalloc(1, sizeof *creation->timer);
    creation->timer->data = creation;
    uv_timer_init(creation->sessions->config.uv, creation->timer);
    timer_start(creation->timer, callback, ms, 0);
}

static struct creation *creation_woken(uv_timer_t *timer)
{
    struct creation *creation = timer->data;
    creation->timer = NULL;
    uv_close((uv_handle_t *)timer, timer_closed);
    return creation;
}

/* ---- the record is stored, or upstream's session goes at once, or both are tried again ---- */

static void creation_store(struct creation *creation);

/* What became of it instead of what was wanted. */
static void creation_note(struct creation *creation, enum audit_action action)
{
    creation->record->notes = audit_entries_free(creation->record->notes);
    audit_note(creation->sessions->audit, creation->record,
               &(struct audit_event){.action = action});
}

/* What is stored is a deletion owed, without a key. */
static void creation_disown(struct creation *creation)
{
    const struct sessions_config *config = &creation->sessions->config;
    (void)session_remove(creation->record, &config->rules, clock_wall_ms(config->clock));
    creation_note(creation, AUDIT_ABANDONED);
}

static void creation_store_again(uv_timer_t *timer)
{
    struct creation *creation = creation_woken(timer);
    creation_disown(creation);
    creation_store(creation);
}

static void creation_undone(void *context, struct face_answer *answer)
{
    struct creation *creation = context;
    creation->deletion = NULL;
    /* a write that was given up may come to be later: then a repeat would find its record */
    if (answer->problem == PROBLEM_NONE && !creation->keyed)
        creation_finish(creation);
    else
        creation_later(creation, STORE_AGAIN_MS, creation_store_again);
}

/* Nobody gets this session. The intent stays until it is accounted for, here or at the next start.
 */
static void creation_undo(struct creation *creation)
{
    if (creation->problem == PROBLEM_NONE)
        creation->problem = PROBLEM_STORE_UNAVAILABLE;
    if (creation->tickets)
        LOG_EVENT(creation->sessions->config.log, LOG_ERROR, "session not stored",
                  LOG_TEXT(REQUEST_ID, creation->request_id));
    (void)creation_tell(creation);
    if (creation->record->upstream_id[0] == '\0')
        creation_later(creation, STORE_AGAIN_MS, creation_store_again);
    else
        creation->deletion = face_delete_session(
            creation->sessions->config.face, (enum face_kind)creation->record->kind,
            creation->record->upstream_id, creation->request_id, creation_undone, creation);
}

static void creation_stored(void *context, enum store_result result, struct session_record *record)
{
    struct creation *creation = context;
    (void)record;
    creation->store_call = NULL;
    if (result == STORE_UNAVAILABLE) {
        creation_undo(creation);
        return;
    }
    if (result == STORE_KEY_TAKEN) { /* another process was faster: theirs is the first */
        creation->problem = PROBLEM_CONCURRENT_OPERATION;
        creation->retry_after_s = WAITERS_AGAIN_S;
        creation_disown(creation);
        creation_store(creation);
        return;
    }
    /* a conflict is an earlier try that reached the disk after all */
    if (creation->record->state == SESSION_CREATED) {
        series_add(creation->sessions->created, 1);
    } else if (creation->record->state == SESSION_REMOVED && result == STORE_CONFLICT) {
        revocation_start(creation->sessions, creation->record->id);
    } else if (creation->record->state == SESSION_REMOVED) {
        series_add(creation->sessions->abandoned, 1);
        outbox_push(creation->sessions->outbox, creation->record, NULL);
    }
    creation_finish(creation);
}

static void creation_store(struct creation *creation)
{
    creation->store_call =
        store_insert(creation->sessions->config.store, creation->record, creation_stored, creation);
}

/* ---- upstream's answer ---- */

/* A create that failed after upstream may have made a session is kept as what it is: a deletion
 * owed when the id was seen, an orphan otherwise. */
static void creation_note_failure(struct creation *creation, struct face_answer *answer)
{
    struct session_record *record = creation->record;
    if (answer->session.session_id[0] != '\0') {
        memcpy(record->upstream_id, answer->session.session_id, UUID_SIZE);
        creation_disown(creation);
        return;
    }
    idempotency_release(record);
    (void)session_lose(record);
    creation_note(creation, AUDIT_ORPHANED);
    series_add(creation->sessions->orphaned, 1);
}

/* The record keeps the answer for a repeat. */
static void creation_seal(struct creation *creation)
{
    const struct sessions_config *config = &creation->sessions->config;
    struct session_record *record = creation->record;
    if (!creation->keyed)
        return;
    const struct created_answer answer = {.auth_token = slice_of(creation->auth_token),
                                          .status_word = slice_of(record->status_word),
                                          .model_version = slice_of(record->model_version),
                                          .results_json = slice_of(record->results_json)};
    record->sealed_answer =
        created_answer_seal(config->rules.seal_key, config->random, record->id, &answer);
    if (!record->sealed_answer)
        idempotency_release(record);
}

static void creation_answered(void *context, struct face_answer *answer)
{
    struct creation *creation = context;
    struct session_record *record = creation->record;
    creation->problem = answer->problem;
    creation->retry_after_s = answer->retry_after_s;
    creation->blamed = answer->blamed;
    if (answer->problem != PROBLEM_NONE && !answer->maybe_performed) {
        creation_finish(creation);
        return;
    }
    if (answer->problem != PROBLEM_NONE) {
        creation_note_failure(creation, answer);
    } else {
        struct face_session *face = &answer->session;
        creation->auth_token = TAKE(answer->session.auth_token);
        memcpy(record->upstream_id, face->session_id, UUID_SIZE);
        memcpy(record->status_word, face->status_word, sizeof record->status_word);
        memcpy(record->model_version, face->model_version, sizeof record->model_version);
        results_keep_references(record, face);
        if (creation->tickets) {
            creation_seal(creation);
        } else {
            creation_disown(creation);
            creation_unlist(creation);
        }
    }
    creation_store(creation);
}

/* ---- start and end ---- */

static void creation_refused(uv_timer_t *timer)
{
    creation_finish(creation_woken(timer));
}

void creation_start(struct sessions *sessions, const struct session_record *draft,
                    const struct face_create *create, const char *request_id,
                    struct creation_ticket *ticket)
{
    struct creation *creation = xcalloc(1, sizeof *creation);
    creation->sessions = sessions;
    creation->record = session_record_copy(draft);
    strncpy(creation->request_id, request_id, sizeof creation->request_id - 1);
    creation->intent = store_intend(sessions->config.store, draft->id, draft->created_at);
    DL_APPEND(sessions->creations, creation);
    creation_enter(creation);
    ticket_attach(ticket, creation);
    if (creation->intent < 0) { /* as many creates under way as the store can account for */
        creation->problem =
            store_ready(sessions->config.store) ? PROBLEM_UPSTREAM_BUSY : PROBLEM_STORE_UNAVAILABLE;
        creation->retry_after_s = 1;
        creation_later(creation, 0, creation_refused);
        return;
    }
    face_create_session(sessions->config.face, create, creation->request_id, creation_answered,
                        creation);
}

enum creation_joined creation_join(struct sessions *sessions, const struct session_record *draft,
                                   struct creation_ticket *ticket)
{
    struct creation *creation = NULL;
    HASH_FIND(hh, sessions->creations_by_key, draft->idempotency_key, RECORD_HASH_BYTES, creation);
    if (!creation)
        return CREATION_NONE;
    if (memcmp(creation->request, draft->idempotency_request, sizeof creation->request) != 0)
        return CREATION_MISMATCH;
    if (creation->told || creation->waiters >= WAITERS_MAX)
        return CREATION_BUSY;
    ticket_attach(ticket, creation);
    ticket->timer = xcalloc(1, sizeof *ticket->timer);
    ticket->timer->data = ticket;
    uv_timer_init(sessions->config.uv, ticket->timer);
    timer_start(ticket->timer, ticket_late, sessions->config.repeat_wait_ms, 0);
    return CREATION_JOINED;
}

void creation_leave(struct creation_ticket *ticket)
{
    if (ticket->creation)
        ticket_detach(ticket->creation, ticket);
}

void creations_free(struct sessions *sessions)
{
    struct creation *creation = NULL, *next = NULL;
    HASH_CLEAR(hh, sessions->creations_by_key);
    DL_FOREACH_SAFE(sessions->creations, creation, next)
    {
        if (creation->store_call)
            store_cancel(creation->store_call);
        if (creation->deletion)
            face_cancel(creation->deletion);
        if (creation->timer)
            (void)creation_woken(creation->timer);
        while (creation->tickets)
            ticket_detach(creation, creation->tickets);
        creation_free(creation);
    }
}
