/*
 * What goes wrong with Redis, in words that say what to do about it. Invariant: what is handed to
 * store_trouble_say stays, and says nothing of keys, ids or credentials.
 */
#include "store/store_redis_private.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char no_permission[] =
    "the Redis user may not do what the store has to do: give it the access list of the README";
static const char no_command[] = "Redis does not know a command that the store needs: use Redis 7 "
                                 "or newer, or Valkey, and rename no commands";
static const char cluster[] = "Redis runs as a cluster: the store needs a server of its own";

/* Errors by how their texts begin. */
static const struct known_error {
    struct slice start;
    const char *text;
    bool lasting; /* does not heal by itself */
    bool data;    /* nothing is wrong but with what lies there */
} known_errors[] = {
    {SLICE_INIT("OOM"),
     "Redis is full: raise its maxmemory; until then nothing new is stored, and nothing is lost",
     false, false},
    {SLICE_INIT("READONLY"),
     "Redis is a replica that may only be read: store.redis_url has to lead to the primary", false,
     false},
    {SLICE_INIT("MISCONF"),
     "Redis cannot write to its disk and so takes no writes: see its log, and make room there",
     false, false},
    {SLICE_INIT("NOREPLICAS"),
     "Redis has fewer good replicas than its min-replicas-to-write asks for: see to them", false,
     false},
    {SLICE_INIT("LOADING"), "Redis is loading its data: it will be there soon", false, false},
    {SLICE_INIT("BUSY"),
     "Redis is held up by a script that is not ours: SCRIPT KILL there ends it, and see who else "
     "uses it",
     false, false},
    {SLICE_INIT("MASTERDOWN"), "Redis is a replica that has lost its primary: see to that one",
     false, false},
    {SLICE_INIT("NOAUTH"),
     "Redis wants a password: store.redis_url has to have one, and the user if there is one", true,
     false},
    {SLICE_INIT("NOPERM"), no_permission, true, false},
    {SLICE_INIT("ERR The user executing the script"), no_permission, true, false},
    {SLICE_INIT("MOVED"), cluster, true, false},
    {SLICE_INIT("CLUSTERDOWN"), cluster, true, false},
    {SLICE_INIT("ERR unknown command"), no_command, true, false},
    {SLICE_INIT("ERR Unknown Redis command"), no_command, true, false},
    {SLICE_INIT("ERR Error compiling script"),
     "Redis does not understand the store's scripts: use Redis 7 or newer, or Valkey", true, false},
    {SLICE_INIT("WRONGTYPE"),
     "keys under store.redis_prefix hold something else than the store's: choose another prefix",
     false, true},
};

static bool starts_with(struct slice text, struct slice start)
{
    return text.len >= start.len && memcmp(text.data, start.data, start.len) == 0;
}

static const struct known_error *find_known(struct slice text)
{
    for (size_t i = 0; i < sizeof known_errors / sizeof *known_errors; i++) {
        if (starts_with(text, known_errors[i].start)) {
            return &known_errors[i];
        }
    }
    return NULL;
}

const char *redis_reason_keep(struct store_redis *store, const char *text)
{
    struct redis_reasons *reasons = &store->reasons;
    for (size_t i = 0; i < reasons->count; i++) {
        if (strcmp(reasons->texts[i], text) == 0) {
            return reasons->texts[i];
        }
    }
    if (reasons->count == REDIS_REASONS_MAX) {
        return "Redis fails, each time for another reason: see its log";
    }
    reasons->texts[reasons->count] = xstrdup(text);
    return reasons->texts[reasons->count++];
}

void redis_reasons_done(struct redis_reasons *reasons)
{
    while (reasons->count > 0) {
        free(reasons->texts[--reasons->count]);
    }
}

/* Only the code of an unknown error: what follows it may quote what was sent. */
static const char *unknown_text(struct store_redis *store, struct slice error)
{
    char text[REDIS_REASON_SIZE];
    size_t length = 0;
    while (length < error.len && length < 32 && isupper((unsigned char)error.data[length])) {
        length++;
    }
    (void)snprintf(text, sizeof text, "Redis answers with an error (%.*s): see its log",
                   (int)length, error.data);
    return redis_reason_keep(store, text);
}

static struct slice error_of(const struct redisReply *reply)
{
    return (struct slice){reply->str, reply->len};
}

const char *redis_trouble_text(struct store_redis *store, const struct redisReply *reply,
                               bool *ret_lasting)
{
    const struct known_error *known = find_known(error_of(reply));
    *ret_lasting = known && known->lasting;
    return known ? known->text : unknown_text(store, error_of(reply));
}

void redis_trouble_reply(struct store_redis *store, const struct redisReply *reply)
{
    const struct known_error *known = find_known(error_of(reply));
    bool down = !known || !known->data;
    bool lasting = false;
    store->ready &= !down;
    store_trouble_say(&store->store, redis_trouble_text(store, reply, &lasting), down);
}

void redis_trouble_link(struct store_redis *store, const char *what, const char *reason, bool down)
{
    char text[REDIS_REASON_SIZE + 64];
    (void)snprintf(text, sizeof text, "%s: %s", what, reason);
    store->ready &= !down;
    store_trouble_say(&store->store, redis_reason_keep(store, text), down);
}

void redis_trouble_unfit(struct store_redis *store, const char *reason)
{
    store->ready = false;
    store_trouble_say(&store->store, reason, true);
}

void redis_trouble_over(struct store_redis *store)
{
    store->ready = true;
    store_trouble_over(&store->store);
}
