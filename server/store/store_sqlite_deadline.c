/*
 * The deadlines of calls. All calls may take equally long and come back in the order in which they
 * were made, so one timer that waits for the oldest serves all, and a call costs no timer of its
 * own. What is given up stays with the thread; what that says of it later is dropped
 * (store_deliver). Invariant: while a call is watched, the timer is due at its deadline or earlier.
 */
#include "base/uv_timer.h"
#include "store/store_sqlite_private.h"

#include <assert.h>

void store_watch(struct store *store, struct store_call *call)
{
    call->deadline_ms = clock_monotonic_ms(store->clock) + store->timeout_ms;
    call->watched = true;
    if (store->oldest) {
        store->youngest->younger = call;
    } else {
        store->oldest = call;
    }
    store->youngest = call;
    /* left running when nothing is watched any more: the next call would have to start it again */
    if (!uv_is_active((uv_handle_t *)&store->deadline)) {
        timer_start(&store->deadline, store_on_deadline, store->timeout_ms, 0);
    }
}

void store_unwatch(struct store *store, struct store_call *call)
{
    if (call->watched) {
        assert(store->oldest == call);
        store->oldest = call->younger;
        call->watched = false;
    }
}

/* The signal makes a thread that believes all is well look again, and then probe the disk. */
static void turn_unready(struct store *store)
{
    uv_mutex_lock(&store->lock);
    atomic_store(&store->ready, false);
    uv_cond_signal(&store->asked);
    uv_mutex_unlock(&store->lock);
}

static bool overdue(const struct store *store, uint64_t now)
{
    return store->oldest && store->oldest->deadline_ms <= now;
}

/* Answers that are there are given first, however late they are looked at: it may be this loop that
 * was held up. A callback may close the store: nothing is watched then. */
void store_on_deadline(uv_timer_t *timer)
{
    struct store *store = timer->data;
    store_deliver(store);
    uint64_t now = clock_monotonic_ms(store->clock);
    if (overdue(store, now)) {
        turn_unready(store);
        store_trouble_say(store, "no answer from the disk in time", true);
    }
    while (overdue(store, now)) {
        struct store_call *call = store->oldest;
        store_unwatch(store, call);
        call->late = true;
        store_call_answer(call, STORE_UNAVAILABLE);
    }
    if (store->oldest) {
        timer_start(timer, store_on_deadline, store->oldest->deadline_ms - now, 0);
    }
}
