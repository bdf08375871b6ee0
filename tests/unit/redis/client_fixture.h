/*
 * A client on a loop of its own, turned until what a test waits for has come about. Every change
 * of state, answer and message is kept; a callback that runs within one of the client's functions
 * fails the test.
 */
#pragma once

#include "redis/client.h"
#include "support/redis_server.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATES_KEPT = 64, TEXT_KEPT = 160, MESSAGES_KEPT = 64 };

struct told {
    enum redis_state state;
    char reason[TEXT_KEPT];
};

struct fixture {
    uv_loop_t loop;
    uv_timer_t tick; /* the loop never sleeps for long */
    struct redis_url url;
    struct redis_client *client;
    bool within; /* one of the client's functions */
    struct told told[STATES_KEPT];
    size_t told_count;
    char messages[MESSAGES_KEPT][TEXT_KEPT];
    size_t message_count;
    bool close_when_told;
    bool close_when_messaged;
};

/* One command and its answers, of which there is to be one. */
struct asked {
    struct fixture *it;
    unsigned answers;
    int type; /* 0: it ended with NULL */
    long long integer;
    size_t size;
    char text[TEXT_KEPT];
    bool closes; /* the client, when it is answered */
};

/* Turns the loop until the condition holds, at most SOON_MS. */
#define turn_until(it, condition)                                                                  \
    do {                                                                                           \
        int64_t turn_end_ = now_ms() + SOON_MS;                                                    \
        while (!(condition)) {                                                                     \
            if (now_ms() > turn_end_) {                                                            \
                cr_assert_fail("never came true: %s; told last: %s", #condition,                   \
                               fixture_reason(it));                                                \
            }                                                                                      \
            uv_run(&(it)->loop, UV_RUN_ONCE);                                                      \
        }                                                                                          \
    } while (0)

static inline const char *fixture_reason(const struct fixture *it)
{
    return it->told_count > 0 ? it->told[it->told_count - 1].reason : "nothing";
}

static inline void fixture_close(struct fixture *it)
{
    it->within = true;
    it->client = redis_close(it->client);
    it->within = false;
}

static inline void on_changed(void *context, enum redis_state state, const char *reason)
{
    struct fixture *it = context;
    cr_assert_not(it->within, "a callback within a function of the client");
    cr_assert_eq(redis_state(it->client), state);
    cr_assert_lt(it->told_count, STATES_KEPT);
    struct told *told = &it->told[it->told_count++];
    told->state = state;
    (void)snprintf(told->reason, sizeof told->reason, "%s", reason);
    cr_assert_eq(state == REDIS_CONNECTED, reason[0] == '\0');
    if (it->close_when_told) {
        fixture_close(it);
    }
}

static inline void on_message(void *context, struct slice payload)
{
    struct fixture *it = context;
    cr_assert_not(it->within);
    cr_assert_lt(it->message_count, MESSAGES_KEPT);
    (void)snprintf(it->messages[it->message_count++], TEXT_KEPT, "%.*s", SLICE_ARGS(payload));
    if (it->close_when_messaged) {
        fixture_close(it);
    }
}

static inline void on_tick(uv_timer_t *tick)
{
    (void)tick;
}

static inline void fixture_init(struct fixture *it)
{
    (void)signal(SIGPIPE, SIG_IGN);
    memset(it, 0, sizeof *it);
    cr_assert_eq(uv_loop_init(&it->loop), 0);
    (void)uv_timer_init(&it->loop, &it->tick);
    (void)uv_timer_start(&it->tick, on_tick, 5, 5);
}

static inline struct redis_config fixture_config(struct fixture *it, const char *url)
{
    cr_assert_null(redis_url_parse(slice_of(url), &it->url));
    return (struct redis_config){
        .url = &it->url,
        .timeout_ms = 10000,
        .commands_max = 20000,
        .clock = clock_system(),
        .random = random_system(),
        .context = it,
        .changed = on_changed,
        .message = on_message,
    };
}

static inline void fixture_open_with(struct fixture *it, const struct redis_config *config)
{
    it->within = true;
    it->client = redis_open(&it->loop, config);
    it->within = false;
    redis_url_done(&it->url); /* it is copied */
    cr_assert_eq(redis_state(it->client), REDIS_CONNECTING);
}

static inline void fixture_open(struct fixture *it, const char *url)
{
    struct redis_config config = fixture_config(it, url);
    fixture_open_with(it, &config);
}

static inline void fixture_connect(struct fixture *it, const char *url)
{
    fixture_open(it, url);
    turn_until(it, redis_state(it->client) == REDIS_CONNECTED);
}

/* Closes what is open, and sees that nothing of it is left on the loop. */
static inline void fixture_done(struct fixture *it)
{
    fixture_close(it);
    uv_close((uv_handle_t *)&it->tick, NULL);
    uv_run(&it->loop, UV_RUN_DEFAULT);
    cr_assert_eq(uv_loop_close(&it->loop), 0, "every handle was closed");
}

static inline void on_replied(void *context, const struct redisReply *reply)
{
    struct asked *asked = context;
    cr_assert_not(asked->it->within, "a callback within a function of the client");
    asked->answers++;
    asked->type = reply ? reply->type : 0;
    if (reply && reply->str) {
        asked->size = reply->len;
        (void)snprintf(asked->text, sizeof asked->text, "%.*s", (int)reply->len, reply->str);
    }
    if (reply) {
        asked->integer = reply->integer;
    }
    if (asked->closes) {
        fixture_close(asked->it);
    }
}

static inline bool fixture_send(struct fixture *it, struct asked *asked, size_t count,
                                const struct slice *words)
{
    if (asked) {
        asked->it = it;
    }
    it->within = true;
    bool sent = redis_send(it->client, count, words, asked ? on_replied : NULL, asked);
    it->within = false;
    return sent;
}

/* The words end with NULL. */
static inline bool fixture_ask(struct fixture *it, struct asked *asked, const char *const *words)
{
    struct slice list[16];
    size_t count = 0;
    for (; words[count]; count++) {
        cr_assert_lt(count, 16);
        list[count] = slice_of(words[count]);
    }
    return fixture_send(it, asked, count, list);
}
#define ask(it, asked, ...) fixture_ask(it, asked, (const char *const[]){__VA_ARGS__, NULL})

static inline void fixture_flush(struct fixture *it)
{
    it->within = true;
    redis_flush(it->client);
    it->within = false;
}

/* Asks and waits for the answer, which is a text. */
#define expect_answer(it, wanted, ...)                                                             \
    do {                                                                                           \
        struct asked asked_ = {0};                                                                 \
        cr_assert(ask(it, &asked_, __VA_ARGS__));                                                  \
        turn_until(it, asked_.answers > 0);                                                        \
        cr_expect_str_eq(asked_.text, wanted);                                                     \
    } while (0)

/* Whether the client was told of this state at some time, with this in the reason. */
static inline bool fixture_was_told(const struct fixture *it, enum redis_state state,
                                    const char *part)
{
    for (size_t i = 0; i < it->told_count; i++) {
        if (it->told[i].state == state && strstr(it->told[i].reason, part)) {
            return true;
        }
    }
    return false;
}
