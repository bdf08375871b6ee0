/*
 * Clients that wait for a session. However many there are, one look at a time is made for them, and
 * what anybody else learns of the session, in any process that shares the store, wakes them, too: a
 * look of any cause, a completion, a deletion, the end of the token.
 *
 * While nobody has said that the check is over they ask every 5 s, after a completion soon and ever
 * later up to 5 s; but for these first looks always as calls that can wait (ASK_LOWEST), so that
 * waiting never keeps anybody from creating a session.
 */
#pragma once

#include "lifecycle/sessions.h"

enum wait_news {
    WAIT_LOOKED,  /* not settled; what upstream says now */
    WAIT_SETTLED, /* from here on the last news of a ticket */
    WAIT_GONE,    /* removed */
    WAIT_OVER,    /* the time */
    WAIT_DRAINED, /* the server ends */
};

/* Lives in the waiter's struct; zero it before first use, then set the last two. */
struct wait_ticket {
    struct wait_ticket *next, *prev;           /* of the same session */
    struct wait_ticket *told_next, *told_prev; /* to be told something */
    struct waiting *waiting;                   /* NULL when it does not wait */
    enum wait_news news;
    bool due;       /* in the queue of those to be told */
    bool has_face;  /* what upstream says is known, from a time when it had asked already */
    uint64_t until; /* monotonic ms */
    bool every;     /* wants WAIT_LOOKED, too */
    /* Runs later; many are told in slices, a turn of the loop each. `record` is as stored, `face`
     * what upstream said last while it is not settled, or NULL; both valid during the callback
     * only. */
    void (*told)(struct wait_ticket *ticket, enum wait_news news,
                 const struct session_record *record, const struct face_session *face);
};

struct waits *waits_new(struct sessions *sessions);
/* Waiting tickets are forgotten. */
struct waits *waits_free(struct waits *waits);

/* The caller has just asked: `record` and what came of it (`face`, NULL when that failed). Waits
 * until `until` at most. */
void waits_join(struct waits *waits, const struct session_record *record,
                const struct face_session *face, const char *request_id, uint64_t until,
                struct wait_ticket *ticket);
/* The ticket's callback will not run any more. */
void waits_leave(struct wait_ticket *ticket);

/* A look found the session not settled. */
void waits_tell_look(struct waits *waits, const struct session_record *record,
                     const struct face_session *face);
/* The record was changed, and is stored. */
void waits_tell_change(struct waits *waits, const struct session_record *record);
/* Another process looked at the open session: the word it saw, empty: it saw nothing. */
void waits_tell_looked(struct waits *waits, const char *id, const char *status_word);
/* There is no such record any more. */
void waits_tell_gone(struct waits *waits, const char *id);
/* Whether anybody waits for this session; and every session that somebody waits for. */
bool waits_has(const struct waits *waits, const char *id);
void waits_each(const struct waits *waits, void (*each)(void *context, const char *id),
                void *context);
/* From now on every wait ends at once. */
void waits_drain(struct waits *waits);
