/*
 * Asking for a claim, and when to ask again. A refusal says how long it will last; but its reason
 * may go at any time, and the word of that may be lost, so nobody waits for it longer than a
 * second.
 */
#include "lifecycle/claim.h"

enum { AGAIN_MS = 1000 };

static uint64_t now_ms(const struct claim *claim)
{
    return clock_monotonic_ms(claim->sessions->config.clock);
}

void claim_init(struct claim *claim, struct sessions *sessions, const char *id,
                void (*answered)(struct claim *claim, enum store_result result))
{
    *claim = (struct claim){.sessions = sessions, .id = id, .answered = answered};
}

static void refuse(struct claim *claim, uint64_t retry_ms)
{
    uint64_t now = now_ms(claim);
    if (retry_ms > AGAIN_MS)
        retry_ms = AGAIN_MS;
    claim->again_at = now + retry_ms + 1; /* the claim's time is counted in whole ms, too */
    if (claim->refused_since == 0)
        claim->refused_since = now;
}

static void on_claimed(void *context, enum store_result result, uint64_t retry_ms)
{
    struct claim *claim = context;
    claim->call = NULL;
    claim->again_at = 0;
    claim->held = result == STORE_OK;
    claim->unknown = result == STORE_NOT_FOUND;
    if (result == STORE_CONFLICT)
        refuse(claim, retry_ms);
    else
        claim->refused_since = 0;
    if (claim->unknown) /* what has become of it is read first */
        claim->again_at = now_ms(claim) + AGAIN_MS;
    claim->answered(claim, result);
}

void claim_ask(struct claim *claim, bool urgent)
{
    const struct sessions_config *config = &claim->sessions->config;
    claim->urgent = urgent;
    claim->heard = claim->unknown = false;
    claim->call =
        store_claim_look(config->store, claim->id, urgent, config->look_hold_ms, on_claimed, claim);
}

uint64_t claim_due_at(const struct claim *claim, bool urgent)
{
    return urgent && !claim->urgent ? 0 : claim->again_at; /* who hurries need not rest */
}

bool claim_is_hopeless(const struct claim *claim)
{
    const struct sessions_config *config = &claim->sessions->config;
    uint64_t most_ms = config->look_hold_ms + config->poll_interval_ms;
    return claim->refused_since != 0 && now_ms(claim) - claim->refused_since > most_ms;
}

void claim_freshen(struct claim *claim)
{
    claim->again_at = 0;
}

void claim_end(struct claim *claim, uint64_t rest_ms, const char *status_word)
{
    if (claim->held)
        store_looked(claim->sessions->config.store, claim->id, rest_ms, status_word);
    claim->held = false;
}

void claim_drop(struct claim *claim)
{
    if (claim->call) { /* it may be granted all the same */
        store_cancel(claim->call);
        claim->call = NULL;
        claim->held = true;
    }
    claim_end(claim, 0, "");
}
