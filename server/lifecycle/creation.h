/*
 * Creating a session upstream: intent, paced call, durable record. Owned by the process, not by the
 * request: a create is never cancelled, because the session would exist, be paid for and never be
 * deleted. When all who wait for it have left it turns into a deletion owed. Creates with the same
 * idempotency key meet here while the first one is under way; afterwards the store knows it.
 */
#pragma once

#include "base/problem.h"
#include "lifecycle/sessions.h"

struct creation_answer {
    enum problem problem;
    unsigned retry_after_s;
    bool blamed;                         /* as face.h says */
    const struct session_record *record; /* as stored; NULL with a problem */
    const char *auth_token;              /* a secret; NULL with a problem */
};

/* Lives in the waiter's struct; zero it before first use. */
struct creation_ticket {
    struct creation_ticket *next, *prev;
    struct creation *creation; /* NULL when it does not wait */
    uv_timer_t *timer;         /* the end of a bounded wait */
    /* Runs later, once; the answer is valid during the callback only. True: the client is there to
     * have the session. One that nobody takes is revoked. */
    bool (*done)(struct creation_ticket *ticket, const struct creation_answer *answer);
};

/* `draft`: the record but for what upstream answers; copied. No other creation with its idempotency
 * key may be under way. */
void creation_start(struct sessions *sessions, const struct session_record *draft,
                    const struct face_create *create, const char *request_id,
                    struct creation_ticket *ticket);

enum creation_joined {
    CREATION_NONE,     /* none with the draft's idempotency key is under way */
    CREATION_JOINED,   /* the ticket waits for it, for repeat_wait_ms at most; then
                          CONCURRENT_OPERATION */
    CREATION_MISMATCH, /* the key is in use for another request */
    CREATION_BUSY      /* too many wait, or how it ended is not certain yet */
};
enum creation_joined creation_join(struct sessions *sessions, const struct session_record *draft,
                                   struct creation_ticket *ticket) MUST_CHECK;

/* The client has left: `done` will not run. */
void creation_leave(struct creation_ticket *ticket);
/* Drops all of them: for sessions_free. */
void creations_free(struct sessions *sessions);
