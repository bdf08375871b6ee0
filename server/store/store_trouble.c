/*
 * Telling the operator what the store says, in the log and nowhere else: clients are told only that
 * the store is unavailable. Invariant: one line a minute for the same trouble, however many calls
 * fail.
 */
#include "store/store_private.h"

enum { QUIET_MS = 60 * 1000 };

void store_trouble_say(struct store *store, const char *reason, bool down)
{
    struct store_trouble *trouble = &store->trouble;
    uint64_t now = clock_monotonic_ms(store->clock);
    bool again = trouble->reason == reason && now < trouble->quiet_until;
    trouble->down |= down;
    if (again || !store->log) {
        return;
    }
    trouble->reason = reason;
    trouble->quiet_until = now + QUIET_MS;
    LOG_EVENT(store->log, LOG_ERROR, "store failed", LOG_TEXT(REASON, reason));
}

void store_trouble_over(struct store *store)
{
    if (store->trouble.down && store->log) {
        LOG_EVENT(store->log, LOG_INFO, "store works again",
                  LOG_TEXT(REASON, store->trouble.reason));
        store->trouble.quiet_until = 0;
    }
    store->trouble.down = false;
}
