/*
 * What each kind of store needs. Whether a Redis is there, and set up so that nothing is lost, is
 * the store's to find out.
 */
#include "base/redis_url.h"
#include "config/settings_draft.h"

static bool is_given(const char *text)
{
    return text && *text != '\0';
}

static void check_prefix(struct settings_draft *draft)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  ":_-{}.";
    const char *prefix = draft->settings.store_redis_prefix;
    if (prefix[strspn(prefix, allowed)] != '\0') {
        draft_error(draft, draft_origin(draft, SETTING_store_redis_prefix),
                    "holds a character that is none of letters, digits and :_-{}.");
    }
}

/* Nothing of the URL is shown: it may hold a password. */
static void check_url(struct settings_draft *draft)
{
    const struct settings *settings = &draft->settings;
    const char *origin = draft_origin(draft, SETTING_store_redis_url);
    struct redis_url url;
    const char *wrong = redis_url_parse(slice_of(settings->store_redis_url), &url);
    if (wrong) {
        draft_error(draft, origin, "%s; it must be a URL such as rediss://USER:PASSWORD@HOST:6379",
                    wrong);
        return;
    }
    if (!url.tls && is_given(settings->store_redis_ca_file)) {
        draft_error(draft, draft_origin(draft, SETTING_store_redis_ca_file),
                    "is set, but %s begins with redis://, which is without TLS; with it is "
                    "rediss://",
                    origin);
    }
    redis_url_done(&url);
}

static void report_missing(struct settings_draft *draft, int index, const char *advice)
{
    if (!draft_is_broken(draft, index)) {
        draft_error(draft, setting_specs[index].key, "is missing beside %s, which is redis: %s",
                    draft_origin(draft, SETTING_store_kind), advice);
    }
}

static void check_redis(struct settings_draft *draft)
{
    const struct settings *settings = &draft->settings;
    if (is_given(settings->store_redis_url)) {
        check_url(draft);
    } else {
        report_missing(draft, SETTING_store_redis_url,
                       "set LIVENESSD_STORE_REDIS_URL, or name a file that holds it by "
                       "store.redis_url_file or LIVENESSD_STORE_REDIS_URL_FILE");
    }
    if (!is_given(settings->keys_dir)) {
        report_missing(draft, SETTING_keys_dir,
                       "name the folder of the keys, whose content all replicas share (livenessd "
                       "keygen --dir DIR makes them)");
    }
}

void settings_check_store(struct settings_draft *draft)
{
    const struct settings *settings = &draft->settings;
    if (!draft_is_broken(draft, SETTING_store_redis_prefix)) {
        check_prefix(draft);
    }
    if (draft_is_broken(draft, SETTING_store_kind)) {
        return;
    }
    if (settings->store_kind == STORE_REDIS) {
        check_redis(draft);
    } else if (is_given(settings->store_redis_url)) {
        draft_error(draft, draft_origin(draft, SETTING_store_redis_url),
                    "is set, but store.kind is sqlite; set store.kind to redis, or take it away");
    }
}
