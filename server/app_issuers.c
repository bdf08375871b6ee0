/*
 * Where keys of identity providers come from when they come from files. What they are worth is
 * lifecycle/issuers.h's to say.
 */
#include "app_issuers.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/secret.h"
#include "base/uv_timer.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK_MS = 5000, AWAIT_MS = 5000 };

/* Handles go a turn after the rest, so each is memory of its own. */
struct watched {
    struct app_issuers *issuers;
    size_t index;
    const char *file; /* NULL: its keys are fetched */
    uv_fs_poll_t *poll;
};

struct app_issuers {
    struct app_issuers_config config;
    struct issuer_entry *entries;
    size_t count;
    struct issuers *issuers;
    struct watched *files;
    uv_signal_t *hangup;
    uv_timer_t *patience; /* while the start waits */
};

/* ---- reading ---- */

static bool read_file(const struct issuer_entry *entry, struct buf *ret,
                      char ret_why[SETTINGS_WHY_SIZE])
{
    char *secret = NULL;
    if (!entry->secret_file) {
        return settings_read_document(entry->jwks, ret, ret_why) == 0;
    }
    if (settings_read_secret_file(entry->secret_file, &secret, ret_why) != 0) {
        return false;
    }
    buf_puts(ret, secret);
    (void)secret_free(secret);
    return true;
}

/* False, with the reason, when the file gives no keys. */
static bool load(const struct watched *watched, char ret_why[SETTINGS_WHY_SIZE])
{
    const char *why = NULL;
    CLEANUP(secret_buf) struct buf content;
    buf_init_secret(&content, JWK_SET_MAX_BYTES);
    if (!read_file(&watched->issuers->entries[watched->index], &content, ret_why)) {
        return false;
    }
    if (!issuers_take(watched->issuers->issuers, watched->index, buf_slice(&content), &why)) {
        (void)snprintf(ret_why, SETTINGS_WHY_SIZE, "%s gives no key: %s", watched->file, why);
        return false;
    }
    return true;
}

static void reload(const struct watched *watched)
{
    char why[SETTINGS_WHY_SIZE];
    const struct app_issuers *issuers = watched->issuers;
    if (!load(watched, why)) {
        LOG_EVENT(issuers->config.log, LOG_ERROR, "keys not loaded",
                  LOG_TEXT(ISSUER, issuers->entries[watched->index].name), LOG_TEXT(REASON, why));
    }
}

/* ---- noticing ---- */

static void file_changed(uv_fs_poll_t *poll, int status, const uv_stat_t *before,
                         const uv_stat_t *now)
{
    (void)status; /* a file that is gone is told by reading it */
    (void)before;
    (void)now;
    reload(poll->data);
}

static void told_to_reload(uv_signal_t *hangup, int number)
{
    struct app_issuers *issuers = hangup->data;
    (void)number;
    for (size_t i = 0; i < issuers->count; i++) {
        if (issuers->files[i].file) {
            reload(&issuers->files[i]);
        }
    }
    issuers_fetch_now(issuers->issuers);
}

static void watch(struct app_issuers *issuers)
{
    for (size_t i = 0; i < issuers->count; i++) {
        struct watched *watched = &issuers->files[i];
        if (!watched->file) {
            continue;
        }
        watched->poll = xcalloc(1, sizeof *watched->poll);
        uv_fs_poll_init(loop_uv(issuers->config.loop), watched->poll);
        watched->poll->data = watched;
        (void)uv_fs_poll_start(watched->poll, file_changed, watched->file, LOOK_MS);
        reload(watched); /* what changed between the start and now, before the first look */
    }
    issuers->hangup = xcalloc(1, sizeof *issuers->hangup);
    uv_signal_init(loop_uv(issuers->config.loop), issuers->hangup);
    issuers->hangup->data = issuers;
    uv_signal_start(issuers->hangup, told_to_reload, SIGHUP);
}

/* ---- life ---- */

static bool read_entries(struct app_issuers *issuers, char *ret_error, size_t error_size)
{
    const struct settings_list *list = &issuers->config.settings->auth_issuers;
    char why[ISSUER_WHY_SIZE];
    for (; issuers->count < list->count; issuers->count++) {
        size_t i = issuers->count;
        struct issuer_entry *entry = &issuers->entries[i];
        if (!issuer_entry_read(slice_of(list->items[i]), i + 1, entry, why)) {
            (void)snprintf(ret_error, error_size, "auth.issuers: entry %zu %s", i + 1, why);
            return false;
        }
        issuers->files[i] = (struct watched){
            .issuers = issuers,
            .index = i,
            .file = entry->secret_file               ? entry->secret_file
                    : issuer_entry_is_fetched(entry) ? NULL
                                                     : entry->jwks,
        };
    }
    return true;
}

static bool load_files(const struct app_issuers *issuers, char *ret_error, size_t error_size)
{
    char why[SETTINGS_WHY_SIZE];
    for (size_t i = 0; i < issuers->count; i++) {
        if (issuers->files[i].file && !load(&issuers->files[i], why)) {
            (void)snprintf(ret_error, error_size, "auth.issuers: entry %zu: %s", i + 1, why);
            return false;
        }
    }
    return true;
}

static void stop_awaiting(void *context)
{
    const struct app_issuers *issuers = context;
    if (issuers->patience) {
        loop_stop(issuers->config.loop);
    }
}

static void start(struct app_issuers *issuers)
{
    const struct app_issuers_config *config = &issuers->config;
    issuers->issuers = issuers_new(&(struct issuers_config){
        .uv = loop_uv(config->loop),
        .entries = issuers->entries,
        .count = issuers->count,
        .owner_key = config->owner_key,
        .tenant_key = config->tenant_key,
        .other_owner_key = config->other_owner_key,
        .other_tenant_key = config->other_tenant_key,
        .leeway_s = (int64_t)config->settings->auth_leeway / 1000,
        .cache_entries = config->settings->auth_token_cache,
        .times = &jwks_times_usual,
        .ca_file = config->settings->auth_ca_file,
        .clock = clock_system(),
        .log = config->log,
        .metrics = config->metrics,
        .started = stop_awaiting,
        .context = issuers,
    });
}

struct app_issuers *app_issuers_open(const struct app_issuers_config *config, char *ret_error,
                                     size_t error_size)
{
    struct app_issuers *issuers = xcalloc(1, sizeof *issuers);
    size_t count = config->settings->auth_issuers.count;
    issuers->config = *config;
    issuers->entries = xcalloc(count + 1, sizeof *issuers->entries);
    issuers->files = xcalloc(count + 1, sizeof *issuers->files);
    if (!read_entries(issuers, ret_error, error_size)) {
        return app_issuers_close(issuers);
    }
    start(issuers);
    if (!load_files(issuers, ret_error, error_size)) {
        return app_issuers_close(issuers);
    }
    watch(issuers);
    return issuers;
}

static void handle_closed(uv_handle_t *handle)
{
    free(handle);
}

struct app_issuers *app_issuers_close(struct app_issuers *issuers)
{
    if (!issuers) {
        return NULL;
    }
    issuers_free(issuers->issuers);
    for (size_t i = 0; i < issuers->count; i++) {
        if (issuers->files[i].poll) {
            uv_close((uv_handle_t *)issuers->files[i].poll, handle_closed);
        }
        issuer_entry_done(&issuers->entries[i]);
    }
    if (issuers->hangup) {
        uv_close((uv_handle_t *)issuers->hangup, handle_closed);
        (void)signal(SIGHUP, SIG_IGN); /* its default would end the process on its last steps */
    }
    free(issuers->files);
    free(issuers->entries);
    free(issuers);
    return NULL;
}

static void on_patience(uv_timer_t *timer)
{
    stop_awaiting(timer->data);
}

void app_issuers_await(struct app_issuers *issuers)
{
    if (!issuers_starting(issuers->issuers)) {
        return;
    }
    issuers->patience = xcalloc(1, sizeof *issuers->patience);
    uv_timer_init(loop_uv(issuers->config.loop), issuers->patience);
    issuers->patience->data = issuers;
    timer_start(issuers->patience, on_patience, AWAIT_MS, 0);
    loop_run(issuers->config.loop);
    uv_close((uv_handle_t *)TAKE(issuers->patience), handle_closed);
}

struct issuers *app_issuers_of(const struct app_issuers *issuers)
{
    return issuers->issuers;
}
