/*
 * The Face API's client in place of upstream/face.c, played by the test: calls wait until they are
 * answered by hand.
 */
#pragma once

#include "base/cleanup.h"
#include "upstream/face.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { FACE_CALLS_MAX = 256 };

enum face_what { FACE_CREATES, FACE_LOOKS, FACE_DELETES };

struct face_call {
    enum face_what what;
    bool idle;
    bool unsent;
    char upstream_id[UUID_SIZE];
    face_done *done; /* NULL: answered or cancelled */
    void *context;
};

static struct fake_face {
    struct face_call calls[FACE_CALLS_MAX];
    size_t call_count;
    unsigned share; /* of the rate, as told */
} fake_face;

static inline struct face_call *face_start(enum face_what what, bool idle, const char *upstream_id,
                                           face_done *done, void *context)
{
    cr_assert_lt(fake_face.call_count, FACE_CALLS_MAX);
    struct face_call *call = &fake_face.calls[fake_face.call_count++];
    *call = (struct face_call){.what = what, .idle = idle, .done = done, .context = context};
    (void)snprintf(call->upstream_id, sizeof call->upstream_id, "%s", upstream_id);
    return call;
}

void face_create_session(struct face_client *client, const struct face_create *create,
                         const char *request_id, face_done *done, void *context)
{
    (void)client, (void)create, (void)request_id;
    (void)face_start(FACE_CREATES, false, "", done, context);
}

struct face_call *face_get_session(struct face_client *client, enum face_kind kind,
                                   const char *upstream_id, const char *request_id, face_done *done,
                                   void *context)
{
    (void)client, (void)kind, (void)request_id;
    return face_start(FACE_LOOKS, false, upstream_id, done, context);
}

struct face_call *face_look_at_session(struct face_client *client, enum face_kind kind,
                                       const char *upstream_id, const char *request_id,
                                       face_done *done, void *context)
{
    (void)client, (void)kind, (void)request_id;
    return face_start(FACE_LOOKS, true, upstream_id, done, context);
}

struct face_call *face_delete_session(struct face_client *client, enum face_kind kind,
                                      const char *upstream_id, const char *request_id,
                                      face_done *done, void *context)
{
    (void)client, (void)kind, (void)request_id;
    return face_start(FACE_DELETES, false, upstream_id, done, context);
}

bool face_is_unsent(struct face_call *call, bool hurry)
{
    (void)hurry;
    return call->unsent;
}

void face_cancel(struct face_call *call)
{
    cr_assert_not_null(call->done);
    call->done = NULL;
}

void face_client_share(struct face_client *client, unsigned processes)
{
    (void)client;
    fake_face.share = processes;
}

static inline struct face_call *face_pending(enum face_what what)
{
    for (size_t i = 0; i < fake_face.call_count; i++) {
        if (fake_face.calls[i].what == what && fake_face.calls[i].done) {
            return &fake_face.calls[i];
        }
    }
    return NULL;
}

static inline size_t face_count(enum face_what what)
{
    size_t count = 0;
    for (size_t i = 0; i < fake_face.call_count; i++) {
        count += fake_face.calls[i].what == what;
    }
    return count;
}

static inline void face_answer(enum face_what what, struct face_answer *answer)
{
    struct face_call *call = face_pending(what);
    cr_assert_not_null(call, "nothing is asked upstream");
    face_done *done = TAKE(call->done);
    done(call->context, answer);
}

/* The look's answer: this word, and for "Succeeded" a real face. */
static inline void face_says(const char *word)
{
    static struct face_answer answer;
    memset(&answer, 0, sizeof answer);
    (void)snprintf(answer.session.status_word, sizeof answer.session.status_word, "%s", word);
    answer.session.status = face_status_from(slice_of(word));
    if (answer.session.status == FACE_STATUS_SUCCEEDED) {
        answer.session.attempt_count = 1;
        answer.session.attempts[0] = (struct face_attempt){.attempt_id = 1,
                                                           .status = FACE_STATUS_SUCCEEDED,
                                                           .status_word = "Succeeded",
                                                           .has_result = true,
                                                           .decision = FACE_DECISION_REALFACE,
                                                           .decision_word = "realface"};
    }
    face_answer(FACE_LOOKS, &answer);
}

static inline void face_fails(enum face_what what, enum problem problem)
{
    static struct face_answer answer;
    memset(&answer, 0, sizeof answer);
    answer.problem = problem;
    face_answer(what, &answer);
}
