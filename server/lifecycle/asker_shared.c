/*
 * The asker where processes share the store: what comes of a claim, and of the news of what others
 * saw and did. A store of one's own never leads here.
 */
#include "base/cleanup.h"
#include "lifecycle/asker_private.h"
#include "lifecycle/news.h"
#include "lifecycle/waits.h"

#include <stddef.h>
#include <utlist.h>

/* All that wait for the next look; the one under way goes on. */
static void later_fail(struct asking *asking, enum problem problem)
{
    asking->answering = TAKE(asking->later);
    asking_calm(asking);
    asking_schedule(asking);
    asking_answer(asking, problem, problem_info(problem)->retryable, NULL, NULL);
}

/* ---- claims ---- */

/* Whoever hears of another process' look in another way wants none any more. The others do, because
 * that one may have been sent before they asked. */
static void hearers_leave(struct asking *asking)
{
    struct ask_ticket *ticket = NULL, *next = NULL;
    DL_FOREACH_SAFE(asking->later, ticket, next)
    {
        if (ticket->hears_others) {
            DL_DELETE(asking->later, ticket);
            ticket->asking = NULL;
        }
    }
    if (!asking->later)
        asking_calm(asking);
}

static void asking_refused(struct asking *asking)
{
    if (claim_is_hopeless(&asking->claim)) {
        later_fail(asking, PROBLEM_UPSTREAM_BUSY);
        return;
    }
    if (asking->claim.heard)
        claim_freshen(&asking->claim);
    asking_schedule(asking);
}

void asking_claimed(struct claim *claim, enum store_result result)
{
    struct asking *asking = (struct asking *)((char *)claim - offsetof(struct asking, claim));
    if (claim->heard) {
        hearers_leave(asking);
        waits_tell_looked(asking->asker->sessions->waits, asking->id, "");
    }
    if (!asking->later) { /* all have left meanwhile */
        asking_release(asking, "");
        asking_schedule(asking);
        return;
    }
    switch (result) {
    case STORE_OK:
        asking_look(asking);
        break;
    case STORE_CONFLICT:
        asking_refused(asking);
        break;
    case STORE_NOT_FOUND: /* what it has become answers them */
        asking_schedule(asking);
        news_read(asking->asker->sessions->news, asking->id);
        break;
    default:
        later_fail(asking, PROBLEM_STORE_UNAVAILABLE);
        break;
    }
}

/* ---- news ---- */

static bool is_awaited(const struct asking *asking)
{
    return asking->current || asking->later;
}

bool asker_has(const struct asker *asker, const char *id)
{
    const struct asking *asking = asking_find(asker, id);
    return asking && is_awaited(asking);
}

void asker_each(const struct asker *asker, void (*each)(void *context, const char *id),
                void *context)
{
    for (const struct asking *asking = asker->askings; asking; asking = asking->hh.next)
        if (is_awaited(asking))
            each(context, asking->id);
}

void asker_tell_looked(struct asker *asker, const char *id)
{
    struct asking *asking = asking_find(asker, id);
    if (!asking)
        return;
    if (asking->claim.call) {
        asking->claim.heard = true; /* what it will be answered may be older than this */
        return;
    }
    hearers_leave(asking);
    claim_freshen(&asking->claim);
    asking_schedule(asking);
}

/* Nothing newer can be learned of a session that is open no more: a look under way is for nobody.
 */
static void asking_end(struct asking *asking, const struct session_record *record)
{
    struct ask_ticket *ticket = NULL;
    asking->answering = TAKE(asking->current);
    DL_CONCAT(asking->answering, asking->later);
    asking->later = NULL;
    DL_FOREACH(asking->answering, ticket)
    ticket->elsewhere = true;
    if (asking->call)
        face_cancel(TAKE(asking->call));
    if (!asking->settling)
        asking_release(asking, "");
    asking_calm(asking);
    asking_schedule(asking);
    asking_answer(asking, record ? PROBLEM_NONE : PROBLEM_SESSION_NOT_FOUND, 0, record, NULL);
}

void asker_tell_change(struct asker *asker, const char *id, const struct session_record *record)
{
    struct asking *asking = asking_find(asker, id);
    if (!asking)
        return;
    if (record && record->state == SESSION_SETTLED)
        asking_end(asking, record);
    else if (!record || record->state != SESSION_CREATED)
        asking_end(asking, NULL);
    else if (asking->claim.unknown) /* open in its record and nowhere else: nobody can claim it */
        later_fail(asking, PROBLEM_STORE_UNAVAILABLE);
}
