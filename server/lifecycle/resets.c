/*
 * One reading at a time, and any number of keepings, each freed when the store has answered.
 * Invariant: a reset that is kept while a reading is under way is not lost with what that brings:
 * it is read again.
 */
#include "lifecycle/resets.h"

#include "base/alloc.h"
#include "base/uv_timer.h"

#include <stdlib.h>
#include <utlist.h>

enum { RETRY_MS = 1000, SHARED_EVERY_MS = 60 * 1000, OWN_EVERY_MS = 3600 * 1000 };

struct keeping {
    struct keeping *next, *prev;
    struct resets *resets;
    struct device_reset reset;
    struct store_call *call;
    struct reset_ticket *ticket; /* NULL: whoever asked has left */
};

struct resets {
    struct sessions *sessions;
    struct epochs *epochs;
    uv_timer_t *timer;
    struct store_call *reading;
    bool again; /* what is being read is older than what has become known */
    struct keeping *keepings;
};

/* ---- reading ---- */

static void on_timer(uv_timer_t *timer)
{
    resets_read(timer->data);
}

static void read_later(struct resets *resets, bool failed)
{
    uint64_t every =
        store_is_shared(resets->sessions->config.store) ? SHARED_EVERY_MS : OWN_EVERY_MS;
    timer_start(resets->timer, on_timer, failed ? RETRY_MS : every, 0);
}

static void were_read(void *context, enum store_result result, const struct device_reset *list)
{
    struct resets *resets = context;
    resets->reading = NULL;
    if (resets->again) {
        resets_read(resets);
        return;
    }
    if (result == STORE_OK)
        epochs_replace(resets->epochs, list);
    read_later(resets, result != STORE_OK);
}

void resets_read(struct resets *resets)
{
    const struct sessions_config *config = &resets->sessions->config;
    resets->again = resets->reading != NULL;
    if (!resets->epochs || resets->reading)
        return;
    uv_timer_stop(resets->timer);
    resets->reading = store_device_resets(
        config->store, clock_wall_ms(config->clock) - DEVICE_RESET_KEPT_MS, were_read, resets);
}

/* ---- keeping ---- */

static enum problem problem_of(enum store_result result)
{
    switch (result) {
    case STORE_OK:
        return PROBLEM_NONE;
    case STORE_NOT_FOUND:
        return PROBLEM_DEVICE_NOT_FOUND;
    case STORE_CONFLICT:
        return PROBLEM_CONCURRENT_OPERATION;
    default:
        return PROBLEM_STORE_UNAVAILABLE;
    }
}

static void kept(void *context, enum store_result result, struct session_record *record)
{
    struct keeping *keeping = context;
    struct resets *resets = keeping->resets;
    struct reset_ticket *ticket = keeping->ticket;
    (void)record;
    if (result == STORE_OK) {
        epochs_add(resets->epochs, &keeping->reset);
        resets->again = resets->reading != NULL;
    } else if (result != STORE_NOT_FOUND) {
        resets_read(resets);
    }
    DL_DELETE(resets->keepings, keeping);
    free(keeping);
    if (ticket) {
        ticket->keeping = NULL;
        ticket->problem = problem_of(result);
        ticket->done(ticket);
    }
}

void resets_keep(struct resets *resets, const struct device_reset *reset,
                 const struct audit_entry *note, struct reset_ticket *ticket)
{
    struct keeping *keeping = xcalloc(1, sizeof *keeping);
    keeping->resets = resets;
    keeping->reset = *reset;
    keeping->ticket = ticket;
    ticket->keeping = keeping;
    DL_APPEND(resets->keepings, keeping);
    keeping->call = store_reset_device(resets->sessions->config.store, reset, note, kept, keeping);
}

void resets_leave(struct reset_ticket *ticket)
{
    if (ticket->keeping) {
        ticket->keeping->ticket = NULL;
        ticket->keeping = NULL;
    }
}

/* ---- start and end ---- */

struct resets *resets_new(struct sessions *sessions)
{
    struct resets *resets = xcalloc(1, sizeof *resets);
    resets->sessions = sessions;
    resets->epochs = sessions->config.epochs;
    resets->timer = xcalloc(1, sizeof *resets->timer);
    uv_timer_init(sessions->config.uv, resets->timer);
    resets->timer->data = resets;
    resets_read(resets);
    return resets;
}

static void timer_closed(uv_handle_t *handle)
{
    free(handle);
}

struct resets *resets_free(struct resets *resets)
{
    if (!resets)
        return NULL;
    if (resets->reading)
        store_cancel(resets->reading);
    struct keeping *keeping = resets->keepings, *next = NULL;
    for (; keeping; keeping = next) {
        next = keeping->next;
        store_cancel(keeping->call);
        free(keeping);
    }
    uv_close((uv_handle_t *)resets->timer, timer_closed);
    free(resets);
    return NULL;
}
