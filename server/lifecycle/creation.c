/*
 * A creation's way: note the intent, ask upstream, store the record, say so. Every way out of it
 * leaves a trace: a record, a deletion owed, or an orphan.
 */
#include "lifecycle/creation.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/secret.h"
#include "base/uv_timer.h"
#include "lifecycle/change.h"
#include "lifecycle/outbox.h"
#include "lifecycle/results.h"

#include <string.h>
#include <utlist.h>

enum { STORE_AGAIN_MS = 1000 };

struct creation {
    struct creation *next, *prev;
    struct sessions *sessions;
    struct session_record *record;
    char *auth_token; /* from upstream's answer; a secret */
    char request_id[RECORD_TEXT_SIZE];
    creation_done *done; /* NULL once the client has left */
    void *context;
    int intent;           /* slot, or -1 */
    enum problem problem; /* how it will end, when it ends badly */
    unsigned retry_after_s;
    struct store_call *store_call;
    struct face_call *deletion;
    uv_timer_t *timer; /* for what must happen later: a refusal, or another try to store */
};

static void creation_free(struct creation *creation)
{
    DL_DELETE(creation->sessions->creations, creation);
    session_record_free(creation->record);
    secret_free(creation->auth_token);
    free(creation);
}

/* Tells whoever waits, once. */
static void creation_tell(struct creation *creation)
{
    creation_done *done = TAKE(creation->done);
    if (!done)
        return;
    if (creation->problem == PROBLEM_NONE)
        done(creation->context, PROBLEM_NONE, 0, creation->record, &creation->auth_token);
    else
        done(creation->context, creation->problem, creation->retry_after_s, NULL,
             &creation->auth_token);
}

/* The end of every creation. The intent goes only here. */
static void creation_finish(struct creation *creation)
{
    if (creation->intent >= 0)
        store_intent_done(creation->sessions->config.store, creation->intent);
    creation_tell(creation);
    creation_free(creation);
}

/* ---- later ---- */

static void timer_closed(uv_handle_t *handle)
{
    free(handle);
}

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

static void creation_store_again(uv_timer_t *timer)
{
    struct creation *creation = creation_woken(timer);
    const struct sessions_config *config = &creation->sessions->config;
    (void)session_remove(creation->record, &config->rules, clock_wall_ms(config->clock));
    creation_store(creation);
}

static void creation_undone(void *context, struct face_answer *answer)
{
    struct creation *creation = context;
    creation->deletion = NULL;
    if (answer->problem == PROBLEM_NONE)
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
    if (creation->done)
        LOG_EVENT(creation->sessions->config.log, LOG_ERROR, "session not stored",
                  LOG_TEXT(REQUEST_ID, creation->request_id));
    creation_tell(creation);
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
    /* a conflict is an earlier try that reached the disk after all */
    if (creation->record->state == SESSION_CREATED) {
        series_add(creation->sessions->created, 1);
        if (!creation->done) /* the client left while the record was being written */
            creation_revoke(creation->sessions, creation->record->id);
    } else if (creation->record->state == SESSION_REMOVED && result == STORE_CONFLICT) {
        creation_revoke(creation->sessions, creation->record->id);
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
static void creation_note_failure(struct creation *creation, struct face_answer *answer,
                                  int64_t now)
{
    struct session_record *record = creation->record;
    if (answer->session.session_id[0] != '\0') {
        memcpy(record->upstream_id, answer->session.session_id, UUID_SIZE);
        (void)session_remove(record, &creation->sessions->config.rules, now);
        return;
    }
    record->state = SESSION_ORPHANED;
    record->forget_at = record->created_at + UPSTREAM_LIFETIME_MS;
    series_add(creation->sessions->orphaned, 1);
}

static void creation_answered(void *context, struct face_answer *answer)
{
    struct creation *creation = context;
    struct sessions *sessions = creation->sessions;
    struct session_record *record = creation->record;
    int64_t now = clock_wall_ms(sessions->config.clock);
    creation->problem = answer->problem;
    creation->retry_after_s = answer->retry_after_s;
    if (answer->problem != PROBLEM_NONE && !answer->maybe_performed) {
        creation_finish(creation);
        return;
    }
    if (answer->problem != PROBLEM_NONE) {
        creation_note_failure(creation, answer, now);
    } else {
        struct face_session *face = &answer->session;
        creation->auth_token = TAKE(answer->session.auth_token);
        memcpy(record->upstream_id, face->session_id, UUID_SIZE);
        memcpy(record->status_word, face->status_word, sizeof record->status_word);
        memcpy(record->model_version, face->model_version, sizeof record->model_version);
        results_keep_references(record, face);
        if (!creation->done)
            (void)session_remove(record, &sessions->config.rules, now);
    }
    creation_store(creation);
}

/* ---- start and end ---- */

static void creation_refused(uv_timer_t *timer)
{
    creation_finish(creation_woken(timer));
}

struct creation *creation_start(struct sessions *sessions, const struct session_record *draft,
                                const struct face_create *create, const char *request_id,
                                creation_done *done, void *context)
{
    struct creation *creation = xcalloc(1, sizeof *creation);
    creation->sessions = sessions;
    creation->record = session_record_copy(draft);
    strncpy(creation->request_id, request_id, sizeof creation->request_id - 1);
    creation->done = done;
    creation->context = context;
    creation->intent = store_intend(sessions->config.store, draft->id, draft->created_at);
    DL_APPEND(sessions->creations, creation);
    if (creation->intent < 0) { /* as many creates under way as we can account for */
        creation->problem = PROBLEM_UPSTREAM_BUSY;
        creation->retry_after_s = 1;
        creation_later(creation, 0, creation_refused);
        return creation;
    }
    face_create_session(sessions->config.face, create, creation->request_id, creation_answered,
                        creation);
    return creation;
}

void creation_abandon(struct creation *creation)
{
    creation->done = NULL;
    creation->context = NULL;
}

/* ---- a session nobody can use ---- */

struct revocation {
    struct revocation *next, *prev;
    struct sessions *sessions;
    char id[UUID_SIZE];
    uv_timer_t *timer; /* the next try */
};

static void revocation_free(struct revocation *revocation)
{
    DL_DELETE(revocation->sessions->revocations, revocation);
    if (revocation->timer)
        uv_close((uv_handle_t *)revocation->timer, timer_closed);
    free(revocation);
}

static void revocation_try(uv_timer_t *timer);

static enum problem revocation_apply(struct session_record *record, void *context,
                                     enum session_change *ret_what)
{
    const struct revocation *revocation = context;
    const struct sessions_config *config = &revocation->sessions->config;
    if (record)
        *ret_what = session_remove(record, &config->rules, clock_wall_ms(config->clock));
    return PROBLEM_NONE;
}

static void revocation_done(void *context, enum problem problem, enum session_change what,
                            struct session_record *record)
{
    struct revocation *revocation = context;
    (void)what;
    if (problem == PROBLEM_STORE_UNAVAILABLE) {
        timer_start(revocation->timer, revocation_try, STORE_AGAIN_MS, 0);
        return;
    }
    if (record)
        outbox_push(revocation->sessions->outbox, record, NULL);
    session_record_free(record);
    revocation_free(revocation);
}

static void revocation_try(uv_timer_t *timer)
{
    struct revocation *revocation = timer->data;
    change_start(revocation->sessions, revocation->id, revocation_apply, revocation_done,
                 revocation);
}

void creation_revoke(struct sessions *sessions, const char *id)
{
    struct revocation *revocation = xcalloc(1, sizeof *revocation);
    revocation->sessions = sessions;
    memcpy(revocation->id, id, UUID_SIZE);
    revocation->timer = xcalloc(1, sizeof *revocation->timer);
    revocation->timer->data = revocation;
    uv_timer_init(sessions->config.uv, revocation->timer);
    DL_APPEND(sessions->revocations, revocation);
    series_add(sessions->abandoned, 1);
    revocation_try(revocation->timer);
}

void creations_free(struct sessions *sessions)
{
    struct creation *creation = NULL, *next = NULL;
    DL_FOREACH_SAFE(sessions->creations, creation, next)
    {
        if (creation->store_call)
            store_cancel(creation->store_call);
        if (creation->deletion)
            face_cancel(creation->deletion);
        if (creation->timer)
            (void)creation_woken(creation->timer);
        creation_free(creation);
    }
    struct revocation *revocation = NULL, *following = NULL;
    DL_FOREACH_SAFE(sessions->revocations, revocation, following)
    revocation_free(revocation);
}
