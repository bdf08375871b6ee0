/*
 * The right to look at one session upstream, where processes share the store: asked for before a
 * look, given back after it, so that one process looks at a time and all together keep the poll
 * interval. Who wants the look, and what comes of it, is the asker's business. A store of its own
 * needs none of this, and is asked nothing.
 */
#pragma once

#include "lifecycle/sessions.h"

/* Part of what looks at the session; claim_init first. */
struct claim {
    struct sessions *sessions;
    const char *id; /* of the session; not copied */
    void (*answered)(struct claim *claim, enum store_result result);
    struct store_call *call; /* asks for it */
    bool held;
    bool urgent;            /* it is, or was, asked for in a hurry */
    bool heard;             /* while it was asked for another process has looked */
    bool unknown;           /* the last answer: the session is open no more */
    uint64_t again_at;      /* monotonic: refused, so not asked for before; 0: not refused */
    uint64_t refused_since; /* without a success between; 0: it was not */
};

void claim_init(struct claim *claim, struct sessions *sessions, const char *id,
                void (*answered)(struct claim *claim, enum store_result result));
/* Before a look. */
static inline bool claim_is_needed(const struct claim *claim)
{
    return store_is_shared(claim->sessions->config.store) && !claim->held;
}

/* `answered` runs later: STORE_OK, it is held; STORE_CONFLICT, another process looks, or has just
 * looked; STORE_NOT_FOUND, the session is open no more; STORE_UNAVAILABLE. */
void claim_ask(struct claim *claim, bool urgent);
/* From when on it may be asked for; 0: at any time. */
uint64_t claim_due_at(const struct claim *claim, bool urgent);
/* It has been refused for longer than any look takes. */
bool claim_is_hopeless(const struct claim *claim);
/* It is worth asking again at once. */
void claim_freshen(struct claim *claim);
/* Nothing unless it is held: the others are told, and may look after rest_ms. */
void claim_end(struct claim *claim, uint64_t rest_ms, const char *status_word);
/* `answered` will not run, and nobody has to wait for this process. */
void claim_drop(struct claim *claim);
