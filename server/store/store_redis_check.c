/*
 * Is the server fit to be the store? Asked of every new connection, in one go: how it is set up,
 * then it is given the scripts, then one of them is tried. A server that drops records when it is
 * full, or lets this user do only part of what a script does, is not used at all; one that refuses
 * writes for now (full, a replica, its disk) is used for what it does, and not ready.
 */
#include "base/uv_timer.h"
#include "store/store_redis_private.h"

#include <stdio.h>
#include <string.h>

enum { AGAIN_MS = 2000, OLDEST_MAJOR = 7, VERSION_SIZE = 32 };

static void find_unfit(struct redis_check *check, const char *reason, bool lasting)
{
    if (!check->unfit) {
        check->unfit = reason;
        check->lasting = lasting;
    }
}

static void copy_word(struct slice word, char *ret, size_t size)
{
    size_t length = word.len < size ? word.len : size - 1;
    memcpy(ret, word.data, length);
    ret[length] = '\0';
}

/* The value of a line "name:value" of INFO, `name` with its colon; false when there is none. */
static bool info_value(const struct redisReply *reply, const char *name, char *ret, size_t size)
{
    size_t length = strlen(name);
    const char *end = reply->str + reply->len;
    for (const char *line = reply->str; line && line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        size_t left = (size_t)((stop ? stop : end) - line);
        if (left > length && memcmp(line, name, length) == 0) {
            struct slice value = {line + length, left - length};
            value.len -= value.data[value.len - 1] == '\r' ? 1 : 0;
            copy_word(value, ret, size);
            return true;
        }
        line = stop ? stop + 1 : NULL;
    }
    return false;
}

static void check_version(struct store_redis *store, const struct redisReply *info)
{
    char version[VERSION_SIZE];
    if (!info_value(info, "redis_version:", version, sizeof version)) {
        return;
    }
    bool one_digit = version[0] >= '0' && version[0] <= '9' && version[1] == '.';
    if (one_digit && version[0] - '0' < OLDEST_MAJOR) {
        char text[REDIS_REASON_SIZE];
        (void)snprintf(text, sizeof text, "Redis 7 or newer is needed, or Valkey; this is %s",
                       version);
        find_unfit(&store->check, redis_reason_keep(store, text), true);
    }
}

static void on_info(void *context, const struct redisReply *reply)
{
    struct store_redis *store = context;
    struct redis_check *check = &store->check;
    char cluster[4];
    if (!reply || reply->type != REDIS_REPLY_STRING) {
        return;
    }
    check_version(store, reply);
    if (info_value(reply, "cluster_enabled:", cluster, sizeof cluster) && cluster[0] == '1') {
        find_unfit(check, "Redis runs as a cluster: the store needs a server of its own", true);
    }
    (void)info_value(reply, "maxmemory_policy:", check->policy, sizeof check->policy);
    (void)info_value(reply, "aof_enabled:", check->append, sizeof check->append);
}

static struct slice text_of(const struct redisReply *reply)
{
    return reply->type == REDIS_REPLY_STRING ? (struct slice){reply->str, reply->len} : SLICE("");
}

static void on_config(void *context, const struct redisReply *reply)
{
    struct store_redis *store = context;
    struct redis_check *check = &store->check;
    if (!reply || reply->type != REDIS_REPLY_ARRAY) {
        return;
    }
    for (size_t i = 0; i + 1 < reply->elements; i += 2) {
        struct slice name = text_of(reply->element[i]);
        struct slice value = text_of(reply->element[i + 1]);
        if (slice_equal(name, SLICE("maxmemory-policy"))) {
            copy_word(value, check->policy, sizeof check->policy);
        } else if (slice_equal(name, SLICE("appendonly"))) {
            copy_word(value, check->append, sizeof check->append);
        } else if (slice_equal(name, SLICE("appendfsync"))) {
            copy_word(value, check->fsync, sizeof check->fsync);
        }
    }
}

static void on_loaded(void *context, const struct redisReply *reply)
{
    struct store_redis *store = context;
    struct redis_check *check = &store->check;
    bool lasting = false;
    if (!reply || check->loaded == SCRIPT_COUNT) {
        return;
    }
    unsigned script = check->loaded++;
    if (reply->type == REDIS_REPLY_ERROR) {
        const char *text = redis_trouble_text(store, reply, &lasting);
        find_unfit(check, text, lasting);
    } else {
        copy_word(text_of(reply), store->sha[script], SHA1_HEX_SIZE);
    }
}

static void check_policy(struct store_redis *store)
{
    const char *policy = store->check.policy;
    if (*policy != '\0' && strcmp(policy, "noeviction") != 0) {
        char text[REDIS_REASON_SIZE];
        (void)snprintf(text, sizeof text,
                       "Redis drops records when it is full (maxmemory-policy %s): set it to "
                       "noeviction",
                       policy);
        find_unfit(&store->check, redis_reason_keep(store, text), true);
    }
}

static void warn(struct store_redis *store, const char *reason)
{
    LOG_EVENT(store->store.log, LOG_WARN, "store may lose records", LOG_TEXT(REASON, reason));
}

/* What a power cut would cost. */
static void warn_of_losses(struct store_redis *store)
{
    const struct redis_check *check = &store->check;
    if (*check->policy == '\0') {
        warn(store, "Redis does not say what it does when it is full: make sure that its "
                    "maxmemory-policy is noeviction");
    }
    if (check->append[0] == '0' || strcmp(check->append, "no") == 0) {
        warn(store, "Redis keeps no append-only file, so what came after its last snapshot is lost "
                    "when it ends: set appendonly yes and appendfsync always");
    } else if (*check->fsync == '\0') {
        warn(store, "Redis does not say how it writes to its disk (CONFIG is denied): make sure of "
                    "appendonly yes and appendfsync always");
    } else if (strcmp(check->fsync, "always") != 0) {
        warn(store, "Redis answers before what it stores is on its disk, so a power cut loses the "
                    "last second or more: set appendfsync always");
    }
}

static void end_unfit(struct store_redis *store)
{
    store->link = LINK_UNFIT;
    redis_trouble_unfit(store, store->check.unfit);
    timer_start(&store->again, redis_on_again, AGAIN_MS, 0);
}

static void end_good(struct store_redis *store, const struct redisReply *probed)
{
    store->link = LINK_GOOD;
    if (!store->check.warned) {
        store->check.warned = true;
        warn_of_losses(store);
    }
    if (probed->type == REDIS_REPLY_ERROR) {
        redis_trouble_reply(store, probed);
    } else {
        redis_trouble_over(store);
    }
    redis_presence_connected(store->presence);
}

static void on_probed(void *context, const struct redisReply *reply)
{
    struct store_redis *store = context;
    struct redis_check *check = &store->check;
    bool lasting = false;
    if (!reply || store->link != LINK_CHECKING) {
        return; /* the connection is lost: the next one is asked */
    }
    check_policy(store);
    if (reply->type == REDIS_REPLY_ERROR) {
        const char *text = redis_trouble_text(store, reply, &lasting);
        if (lasting) {
            find_unfit(check, text, true);
        }
    }
    if (check->unfit) {
        end_unfit(store);
    } else {
        end_good(store, reply);
    }
}

static bool load_scripts(struct store_redis *store)
{
    for (unsigned script = 0; script < SCRIPT_COUNT; script++) {
        const struct slice load[] = {SLICE("SCRIPT"), SLICE("LOAD"),
                                     redis_script_text((enum redis_script)script)};
        if (!redis_send(store->commands, 3, load, on_loaded, store)) {
            return false;
        }
    }
    return true;
}

static bool send_probe(struct store_redis *store)
{
    struct redis_arguments probe = {0};
    arguments_put(&probe, SLICE("EVAL"));
    arguments_put(&probe, redis_script_text(SCRIPT_PROBE));
    arguments_put(&probe, SLICE("0"));
    arguments_put(&probe, slice_of(store->prefix));
    arguments_put(&probe, slice_of(store->instance));
    arguments_put_number(&probe, clock_wall_ms(store->store.clock));
    arguments_put_number(&probe, (int64_t)store->lease_ms);
    return redis_send(store->commands, probe.count, probe.list, on_probed, store);
}

void redis_check_start(struct store_redis *store)
{
    static const struct slice info[] = {SLICE_INIT("INFO")};
    static const struct slice config[] = {SLICE_INIT("CONFIG"), SLICE_INIT("GET"),
                                          SLICE_INIT("maxmemory-policy"), SLICE_INIT("appendonly"),
                                          SLICE_INIT("appendfsync")};
    store->check = (struct redis_check){.warned = store->check.warned};
    store->link = LINK_CHECKING;
    bool sent = redis_send(store->commands, 1, info, on_info, store) &&
                redis_send(store->commands, 5, config, on_config, store) && load_scripts(store) &&
                send_probe(store);
    if (!sent) { /* too many commands under way, or the connection is lost already */
        store->link = LINK_UNFIT;
        timer_start(&store->again, redis_on_again, AGAIN_MS, 0);
    }
    redis_flush(store->commands);
}

void redis_on_again(uv_timer_t *timer)
{
    struct store_redis *store = timer->data;
    if (store->link == LINK_UNFIT && redis_state(store->commands) == REDIS_CONNECTED) {
        redis_check_start(store);
    }
}
