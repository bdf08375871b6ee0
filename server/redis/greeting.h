/*
 * The first words of a connection: who we are, which database, our name, whether it answers, and
 * for a subscription the channel. All are sent at once; the answers are judged one by one. Keeps
 * nothing of what the server says: it may repeat a password.
 */
#pragma once

#include "base/alloc.h"
#include "base/buf.h"
#include "base/redis_url.h"

#include <hiredis/hiredis.h>
#include <stddef.h>

enum redis_greeting_step {
    REDIS_STEP_AUTH,
    REDIS_STEP_SELECT,
    REDIS_STEP_NAME,
    REDIS_STEP_PING,
    REDIS_STEP_SUBSCRIBE,
    REDIS_STEP_COUNT
};

struct redis_greeting {
    enum redis_greeting_step steps[REDIS_STEP_COUNT];
    size_t count;
    size_t answered;
};

enum redis_welcome {
    REDIS_WELCOME_MORE, /* answers to come */
    REDIS_WELCOME_DONE,
    REDIS_WELCOME_LATER, /* it may do better next time */
    REDIS_WELCOME_REFUSED,
};

/* Appends the words to `ret`, which gets secrets; channel may be NULL. */
void redis_greeting_write(struct redis_greeting *greeting, const struct redis_url *url,
                          const char *channel, struct buf *ret);
/* The next answer; *ret_reason, a text that stays, is set for the last two. */
enum redis_welcome redis_greeting_judge(struct redis_greeting *greeting,
                                        const struct redisReply *reply,
                                        const char **ret_reason) MUST_CHECK;
