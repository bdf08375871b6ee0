/*
 * The words of the greeting, and what each answer to them means.
 */
#include "redis/greeting.h"

#include "base/slice.h"
#include "redis/command.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define NO_REDIS "what answers is no Redis"

/* ---- asking ---- */

static void say(struct redis_greeting *greeting, enum redis_greeting_step step, struct buf *ret,
                size_t count, const struct slice *words)
{
    redis_command_put(ret, count, words);
    greeting->steps[greeting->count++] = step;
}

static void say_who(struct redis_greeting *greeting, const struct redis_url *url, struct buf *ret)
{
    struct slice words[] = {SLICE("AUTH"), slice_of(url->user), slice_of(url->password)};
    if (url->user[0] == '\0') {
        words[1] = words[2]; /* the form that servers before version 6 know too */
        say(greeting, REDIS_STEP_AUTH, ret, 2, words);
    } else {
        say(greeting, REDIS_STEP_AUTH, ret, 3, words);
    }
}

void redis_greeting_write(struct redis_greeting *greeting, const struct redis_url *url,
                          const char *channel, struct buf *ret)
{
    *greeting = (struct redis_greeting){0};
    if (url->user[0] != '\0' || url->password[0] != '\0') {
        say_who(greeting, url, ret);
    }
    if (url->database != 0) {
        char number[16];
        (void)snprintf(number, sizeof number, "%u", url->database);
        const struct slice words[] = {SLICE("SELECT"), slice_of(number)};
        say(greeting, REDIS_STEP_SELECT, ret, 2, words);
    }
    static const struct slice name[] = {SLICE_INIT("CLIENT"), SLICE_INIT("SETNAME"),
                                        SLICE_INIT("livenessd")};
    static const struct slice ping[] = {SLICE_INIT("PING")};
    say(greeting, REDIS_STEP_NAME, ret, 3, name);
    say(greeting, REDIS_STEP_PING, ret, 1, ping);
    if (channel) {
        const struct slice words[] = {SLICE("SUBSCRIBE"), slice_of(channel)};
        say(greeting, REDIS_STEP_SUBSCRIBE, ret, 2, words);
    }
}

/* ---- judging ---- */

struct complaint {
    struct slice start; /* of the error's text */
    bool refused;
    const char *reason;
};

/* What a server may say to any of the steps. */
static const struct complaint complaints[] = {
    {SLICE_INIT("WRONGPASS"), true, "user or password is wrong"},
    {SLICE_INIT("ERR invalid password"), true, "user or password is wrong"},
    {SLICE_INIT("NOAUTH"), true, "it wants a password"},
    {SLICE_INIT("ERR operation not permitted"), true, "it wants a password"},
    {SLICE_INIT("DENIED"), true, "it lets nobody in from outside its machine (protected mode)"},
    {SLICE_INIT("LOADING"), false, "it is loading its data"},
    {SLICE_INIT("BUSY"), false, "it is busy with a script"},
    {SLICE_INIT("MASTERDOWN"), false, "it is a replica that has lost its primary"},
    {SLICE_INIT("ERR max number of clients"), false, "it has too many clients"},
};

/* What each step's error means otherwise. */
static const struct complaint otherwise[REDIS_STEP_COUNT] = {
    [REDIS_STEP_AUTH] = {SLICE_INIT(""), true, "it does not take the user and password"},
    [REDIS_STEP_SELECT] = {SLICE_INIT(""), true, "it does not let us use that database"},
    [REDIS_STEP_PING] = {SLICE_INIT(""), false, "it answers PING with an error"},
    [REDIS_STEP_SUBSCRIBE] = {SLICE_INIT(""), false, "it answers SUBSCRIBE with an error"},
};

static const char *const not_permitted[REDIS_STEP_COUNT] = {
    [REDIS_STEP_AUTH] = "it does not take the user and password",
    [REDIS_STEP_SELECT] = "the user may not SELECT a database",
    [REDIS_STEP_PING] = "the user may not PING",
    [REDIS_STEP_SUBSCRIBE] = "the user may not SUBSCRIBE to the channel",
};

static bool starts_with(const struct redisReply *reply, struct slice start)
{
    return reply->len >= start.len && memcmp(reply->str, start.data, start.len) == 0;
}

/* NULL when it is none that any step may get. */
static const struct complaint *find_complaint(const struct redisReply *reply)
{
    for (size_t i = 0; i < sizeof complaints / sizeof *complaints; i++) {
        if (starts_with(reply, complaints[i].start)) {
            return &complaints[i];
        }
    }
    return NULL;
}

/* Errors that do not stop us: a name is a courtesy, and a server whose disk fails answers so to
 * PING, but reads. */
static bool is_bearable(enum redis_greeting_step step, const struct redisReply *reply)
{
    return step == REDIS_STEP_NAME ||
           (step == REDIS_STEP_PING && starts_with(reply, SLICE("MISCONF")));
}

/* What the error means; false: nothing that stops us. */
static bool judge_error(enum redis_greeting_step step, const struct redisReply *reply,
                        struct complaint *ret)
{
    const struct complaint *known = find_complaint(reply);
    if (known) {
        *ret = *known;
        return true;
    }
    if (is_bearable(step, reply)) {
        return false;
    }
    *ret = otherwise[step];
    if (starts_with(reply, SLICE("NOPERM"))) {
        ret->refused = true;
        ret->reason = not_permitted[step];
    }
    return true;
}

static bool is_text(const struct redisReply *reply, int type, const char *text)
{
    return reply->type == type &&
           slice_equal((struct slice){reply->str, reply->len}, slice_of(text));
}

static bool is_expected(enum redis_greeting_step step, const struct redisReply *reply)
{
    switch (step) {
    case REDIS_STEP_PING:
        return is_text(reply, REDIS_REPLY_STATUS, "PONG");
    case REDIS_STEP_SUBSCRIBE:
        return reply->type == REDIS_REPLY_ARRAY && reply->elements == 3 &&
               is_text(reply->element[0], REDIS_REPLY_STRING, "subscribe");
    default:
        return is_text(reply, REDIS_REPLY_STATUS, "OK");
    }
}

enum redis_welcome redis_greeting_judge(struct redis_greeting *greeting,
                                        const struct redisReply *reply, const char **ret_reason)
{
    enum redis_greeting_step step = greeting->steps[greeting->answered++];
    struct complaint complaint;
    if (reply->type == REDIS_REPLY_ERROR && judge_error(step, reply, &complaint)) {
        *ret_reason = complaint.reason;
        return complaint.refused ? REDIS_WELCOME_REFUSED : REDIS_WELCOME_LATER;
    }
    if (reply->type != REDIS_REPLY_ERROR && !is_expected(step, reply)) {
        *ret_reason = NO_REDIS;
        return REDIS_WELCOME_REFUSED;
    }
    return greeting->answered < greeting->count ? REDIS_WELCOME_MORE : REDIS_WELCOME_DONE;
}
