/*
 * The deadlines of calls. All calls may take equally long and come back in the order in which they
 * were made, so one timer that waits for the oldest serves all, and a call costs no timer of its
 * own. What is given up stays with the thread; what that says of it later is dropped
 * (sqlite_store_deliver). Invariant: while a call is watched, the timer is due at its deadline or
 * earlier.
 */
#include "base/uv_timer.h"
#include "store/store_sqlite_private.h"

#include <assert.h>

void sqlite_store_watch(struct sqlite_store *store, struct sqlite_call *call)
{
    call->deadline_ms = clock_monotonic_ms(store->base.clock) + store->base.timeout_ms;
    call->watched = true;
    if (store->oldest) {
        store->youngest->younger = call;
    } else {
        store->oldest = call;
    }
    store->youngest = call;
    /* left running when nothing is watched any more: the next call would have to start it again */
    if (!uv_is_active((uv_handle_t *)&store->deadline)) {
        timer_start(&store->deadline, sqlite_store_on_deadline, store->base.timeout_ms, 0);
    }
}

void sqlite_store_unwatch(struct sqlite_store *store, struct sqlite_call *call)
{
    if (call->watched) {
        assert(store->oldest == call);
        store->oldest = call->younger;
        call->watched = false;
    }
}

/* The signal makes a thread that believes all is well look again, and then probe the disk. */
static void turn_unready(struct sqlite_store *store)
{
    uv_mutex_lock(&store->lock);
    atomic_store(&store->ready, false);
    uv_cond_signal(&store->asked);
    uv_mutex_unlock(&store->lock);
}

static bool overdue(const struct sqlite_store *store, uint64_t now)
{
    return store->oldest && store->oldest->deadline_ms <= now;
}

/* Answers that are there are given first, however late they are looked at: it may be this loop that
 * was held up. A callback may close the store: nothing is watched then. */
void sqlite_store_on_deadline(uv_timer_t *timer)
{
    struct sqlite_store *store = timer->data;
    sqlite_store_deliver(store);
    uint64_t now = clock_monotonic_ms(store->base.clock);
    if (overdue(store, now)) {
        turn_unready(store);
        store_trouble_say(&store->base, "no answer from the disk in time", true);
    }
    while (overdue(store, now)) {
        struct sqlite_call *call = store->oldest;
        sqlite_store_unwatch(store, call);
        call->late = true;
        store_call_answer(&call->base, STORE_UNAVAILABLE);
    }
    if (store->oldest) {
        timer_start(timer, sqlite_store_on_deadline, store->oldest->deadline_ms - now, 0);
    }
}
