/*
 * From settings to the store's configuration; and what is to be said of settings that are allowed
 * but unwise.
 */
#include "app_store.h"

#include "base/address.h"
#include "base/redis_url.h"

enum { INTENTS_MAX = 8192, HOLD_SLACK_MS = 1000 };

uint64_t hold_ms_of(const struct settings *settings)
{
    return settings->upstream_queue_wait + settings->upstream_timeout + HOLD_SLACK_MS;
}

static bool is_this_machine(const char *host)
{
    struct address address;
    return slice_equal_nocase(slice_of(host), SLICE("localhost")) ||
           (address_parse(slice_of(host), &address) == 0 && address_is_loopback(&address));
}

static void warn_of_clear_text(const struct settings *settings, struct log *log)
{
    struct redis_url url;
    if (redis_url_parse(slice_of(settings->store_redis_url), &url) != NULL)
        return; /* which the store says */
    if (!url.tls && url.password[0] != '\0' && !is_this_machine(url.host))
        LOG_EVENT(log, LOG_WARN, "store password in clear text",
                  LOG_TEXT(REASON, "store.redis_url is redis:// to another machine: password and "
                                   "sessions can be read on the way; rediss:// is with TLS"));
    redis_url_done(&url);
}

struct store *store_of_settings(uv_loop_t *uv, const struct settings *settings, struct log *log,
                                struct metrics *metrics, char *ret_error, size_t error_size)
{
    bool redis = settings->store_kind == STORE_REDIS;
    const struct store_config config = {
        .path = settings->store_path,
        .redis_url = redis ? settings->store_redis_url : NULL,
        .redis_ca_file = settings->store_redis_ca_file,
        .redis_prefix = settings->store_redis_prefix,
        .lease_ms = hold_ms_of(settings),
        .queue_max = settings->store_queue,
        .timeout_ms = settings->store_timeout,
        .intents_max = INTENTS_MAX,
        .by_turn = true,
        .metrics = metrics,
        .log = log,
        .clock = clock_system(),
    };
    if (redis)
        warn_of_clear_text(settings, log);
    return store_open(uv, &config, ret_error, error_size);
}
