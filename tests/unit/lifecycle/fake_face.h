/*
 * The Face API client as the lifecycle sees it, made of nothing but a list: a test looks at the
 * calls under way and answers them when it pleases. It stands in for upstream/face.c, which the
 * linker then leaves out.
 */
#pragma once

#include "base/alloc.h"
#include "upstream/face.h"

#include <assert.h>
#include <stdlib.h>
#include <utlist.h>

enum face_operation { FACE_CREATE, FACE_GET, FACE_LOOK, FACE_DELETE, FACE_OPERATIONS };

struct face_client {
    struct face_call *calls;           /* under way, oldest first */
    unsigned started[FACE_OPERATIONS]; /* how many of each so far */
    unsigned cancelled;
    bool queue; /* calls wait for their turn until the test lets go */
};

struct face_call {
    struct face_call *next, *prev;
    struct face_client *client;
    enum face_operation operation;
    bool unsent;
    face_done *done;
    void *context;
};

static inline struct face_call *fake_start(struct face_client *client,
                                           enum face_operation operation, face_done *done,
                                           void *context)
{
    struct face_call *call = xcalloc(1, sizeof *call);
    *call = (struct face_call){.client = client,
                               .operation = operation,
                               .unsent = client->queue,
                               .done = done,
                               .context = context};
    DL_APPEND(client->calls, call);
    client->started[operation]++;
    return call;
}

/* The oldest of them, or NULL. */
static inline struct face_call *fake_call(struct face_client *client, enum face_operation operation)
{
    struct face_call *call = NULL;
    DL_FOREACH(client->calls, call)
    if (call->operation == operation)
        return call;
    return NULL;
}

static inline void fake_answer(struct face_call *call, struct face_answer *answer)
{
    assert(call);
    struct face_call ended = *call;
    DL_DELETE(ended.client->calls, call);
    free(call);
    ended.done(ended.context, answer);
    face_session_done(&answer->session);
}

/* ---- upstream/face.h ---- */

void face_create_session(struct face_client *client, const struct face_create *create,
                         const char *request_id, face_done *done, void *context)
{
    (void)create;
    (void)request_id;
    (void)fake_start(client, FACE_CREATE, done, context);
}

struct face_call *face_get_session(struct face_client *client, enum face_kind kind,
                                   const char *upstream_id, const char *request_id, face_done *done,
                                   void *context)
{
    (void)kind;
    (void)upstream_id;
    (void)request_id;
    return fake_start(client, FACE_GET, done, context);
}

struct face_call *face_look_at_session(struct face_client *client, enum face_kind kind,
                                       const char *upstream_id, const char *request_id,
                                       face_done *done, void *context)
{
    (void)kind;
    (void)upstream_id;
    (void)request_id;
    return fake_start(client, FACE_LOOK, done, context);
}

struct face_call *face_delete_session(struct face_client *client, enum face_kind kind,
                                      const char *upstream_id, const char *request_id,
                                      face_done *done, void *context)
{
    (void)kind;
    (void)upstream_id;
    (void)request_id;
    return fake_start(client, FACE_DELETE, done, context);
}

bool face_is_unsent(struct face_call *call, bool hurry)
{
    if (call->unsent && hurry)
        call->operation = FACE_GET;
    return call->unsent;
}

void face_cancel(struct face_call *call)
{
    DL_DELETE(call->client->calls, call);
    call->client->cancelled++;
    free(call);
}
