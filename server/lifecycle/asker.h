/*
 * Looking at sessions upstream. One look at a time and session however many ask; nobody is answered
 * from a look that was sent before they asked; two looks at one session are at least the poll
 * interval apart. A look that settles the session stores the verdict before anybody hears of it,
 * and answers everybody who asked meanwhile. All of that also holds for processes that share the
 * store: each claims a look before it makes it (lifecycle/claim.h).
 */
#pragma once

#include "base/problem.h"
#include "lifecycle/sessions.h"

/* How soon the answer is wanted. A look that many ask for is as urgent as the most urgent of them.
 */
enum ask_urgency {
    ASK_LOWEST,  /* nobody is in a hurry: after all other calls, and within a fifth of the rate */
    ASK_NOW,     /* somebody wants to know: at once, but for the poll interval */
    ASK_AT_ONCE, /* the check is said to be over: does not wait for the poll interval either */
};

/* Lives in the asker's struct; zero it before first use. */
struct ask_ticket {
    struct ask_ticket *next, *prev;
    struct asking *asking; /* NULL when it does not wait */
    bool hears_others;     /* hears what other processes see, and once one has looked wants no look
                              any more: it then waits no longer, without a word */
    bool elsewhere;        /* when answered: it is another process that found or made it so */
    /* Runs later, once. With PROBLEM_NONE `record` is the record as stored; while it is not settled
     * `face` is what upstream says, else NULL. With a problem `record` is what was last asked with.
     * Both are valid during the callback only. */
    void (*done)(struct ask_ticket *ticket, enum problem problem, unsigned retry_after_s,
                 const struct session_record *record, const struct face_session *face);
};

struct asker *asker_new(struct sessions *sessions);
/* Waiting tickets are forgotten. */
struct asker *asker_free(struct asker *asker);

void asker_ask(struct asker *asker, const struct session_record *record, enum ask_urgency urgency,
               const char *request_id, struct ask_ticket *ticket);
/* The ticket's callback will not run; a look that nobody waits for any more is cancelled. */
void asker_withdraw(struct ask_ticket *ticket);
/* What other processes did: looked at the open session; changed it (`record` as stored now, NULL:
 * there is none any more). A session that is settled or removed answers everybody. */
void asker_tell_looked(struct asker *asker, const char *id);
void asker_tell_change(struct asker *asker, const char *id, const struct session_record *record);
/* Whether anybody waits for this session; and every session that somebody waits for. */
bool asker_has(const struct asker *asker, const char *id);
void asker_each(const struct asker *asker, void (*each)(void *context, const char *id),
                void *context);
/* Sessions being looked at or just looked at. */
unsigned asker_active(const struct asker *asker);
