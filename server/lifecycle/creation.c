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

#include <string.h>
#include <utlist.h>

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
    uv_timer_t *refusal; /* ends a creation that could not begin */
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

/* ---- the store would not take the record: upstream's session must go now ---- */

static void creation_undone(void *context, struct face_answer *answer)
{
    struct creation *creation = context;
    creation->deletion = NULL;
    if (answer->problem != PROBLEM_NONE) {
        series_add(creation->sessions->orphaned, 1);
        LOG_EVENT(creation->sessions->config.log, LOG_ERROR, "session orphaned",
                  LOG_TEXT(REQUEST_ID, creation->request_id),
                  LOG_TEXT(REASON, "neither the store nor the deletion worked"));
    }
    creation_finish(creation);
}

static void creation_stored(void *context, enum store_result result, struct session_record *record)
{
    struct creation *creation = context;
    (void)record;
    creation->store_call = NULL;
    if (result != STORE_OK) {
        if (creation->problem == PROBLEM_NONE)
            creation->problem = PROBLEM_STORE_UNAVAILABLE;
        creation_tell(creation);
        if (creation->record->upstream_id[0] != '\0') {
            creation->deletion =
                face_delete_session(creation->sessions->config.face, creation->record->upstream_id,
                                    creation->request_id, creation_undone, creation);
            return;
        }
    } else if (creation->record->state == SESSION_CREATED) {
        series_add(creation->sessions->created, 1);
        if (!creation->done) /* the client left while the record was being written */
            creation_revoke(creation->sessions, creation->record->id);
    } else if (creation->record->state == SESSION_REMOVED) {
        series_add(creation->sessions->abandoned, 1);
        outbox_push(creation->sessions->outbox, creation->record, NULL);
    }
    creation_finish(creation);
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
        const struct face_session *face = &answer->session;
        creation->auth_token = TAKE(answer->session.auth_token);
        memcpy(record->upstream_id, face->session_id, UUID_SIZE);
        memcpy(record->status_word, face->status_word, sizeof record->status_word);
        memcpy(record->model_version, face->model_version, sizeof record->model_version);
        if (!creation->done)
            (void)session_remove(record, &sessions->config.rules, now);
    }
    creation->store_call = store_insert(sessions->config.store, record, creation_stored, creation);
}

/* ---- start and end ---- */

static void refusal_closed(uv_handle_t *handle)
{
    free(handle);
}

static void creation_refused(uv_timer_t *timer)
{
    struct creation *creation = timer->data;
    creation->refusal = NULL;
    uv_close((uv_handle_t *)timer, refusal_closed);
    creation_finish(creation);
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
        creation->refusal = xcalloc(1, sizeof *creation->refusal);
        creation->refusal->data = creation;
        uv_timer_init(sessions->config.uv, creation->refusal);
        timer_start(creation->refusal, creation_refused, 0, 0);
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

static enum problem revoke_apply(struct session_record *record, void *context,
                                 enum session_change *ret_what)
{
    struct sessions *sessions = context;
    if (record)
        *ret_what =
            session_remove(record, &sessions->config.rules, clock_wall_ms(sessions->config.clock));
    return PROBLEM_NONE;
}

static void revoke_done(void *context, enum problem problem, enum session_change what,
                        struct session_record *record)
{
    struct sessions *sessions = context;
    (void)what;
    if (problem != PROBLEM_NONE)
        LOG_EVENT(sessions->config.log, LOG_ERROR, "session not revoked",
                  LOG_TEXT(CODE, problem_info(problem)->code));
    else
        outbox_push(sessions->outbox, record, NULL);
    session_record_free(record);
}

void creation_revoke(struct sessions *sessions, const char *id)
{
    series_add(sessions->abandoned, 1);
    change_start(sessions, id, revoke_apply, revoke_done, sessions);
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
        if (creation->refusal)
            uv_close((uv_handle_t *)creation->refusal, refusal_closed);
        creation_free(creation);
    }
}
