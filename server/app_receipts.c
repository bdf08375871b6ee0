/*
 * Receipt keys in use. What the files must look like is config/receipt_keys', what is signed with
 * them domain/receipt's.
 */
#include "app_receipts.h"

#include "base/alloc.h"
#include "base/random.h"
#include "config/receipt_keys.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK_MS = 5000, ERROR_SIZE = 512, PATH_SIZE = 4200 };

enum { FOLDER, SIGNING_FILE, PLACES };

/* Handles go a turn after the rest, so each is memory of its own. */
struct app_receipts {
    struct app_receipts_config config;
    struct receipt_keys keys;
    struct receipt_maker maker;
    uv_fs_poll_t *polls[PLACES];
    uv_signal_t *hangup;
};

/* ---- keys ---- */

static void take_over(struct app_receipts *receipts, struct receipt_keys *keys)
{
    receipt_keys_done(&receipts->keys);
    receipts->keys = *keys;
    receipts->maker.key = keys->signing;
    receipts->maker.jwks = keys->jwks;
    *keys = (struct receipt_keys){.signing = NULL};
}

/* The first key of the document is the one that signs. */
static bool is_changed(const struct app_receipts *receipts, const struct receipt_keys *keys)
{
    return strcmp(receipts->keys.jwks, keys->jwks) != 0;
}

/* False when nothing had changed. */
static bool reload(struct app_receipts *receipts)
{
    const struct app_receipts_config *config = &receipts->config;
    char why[ERROR_SIZE];
    CLEANUP(receipt_keys) struct receipt_keys keys = {.signing = NULL};
    if (receipt_keys_load(config->settings->keys_dir, &keys, why, sizeof why) != 0) {
        LOG_EVENT(config->log, LOG_ERROR, "receipt keys not reloaded", LOG_TEXT(REASON, why));
        return true;
    }
    if (!is_changed(receipts, &keys)) {
        return false;
    }
    LOG_EVENT(config->log, LOG_INFO, "receipt keys reloaded", LOG_INT(COUNT, (int64_t)keys.count));
    take_over(receipts, &keys);
    return true;
}

/* ---- noticing ---- */

static void place_changed(uv_fs_poll_t *poll, int status, const uv_stat_t *before,
                          const uv_stat_t *now)
{
    (void)status; /* what is gone is told by reading it */
    (void)before;
    (void)now;
    (void)reload(poll->data);
}

static void told_to_reload(uv_signal_t *hangup, int number)
{
    struct app_receipts *receipts = hangup->data;
    (void)number;
    if (!reload(receipts)) {
        LOG_EVENT(receipts->config.log, LOG_INFO, "receipt keys unchanged",
                  LOG_INT(COUNT, (int64_t)receipts->keys.count));
    }
}

static void watch(struct app_receipts *receipts)
{
    const char *dir = receipts->config.settings->keys_dir;
    char file[PATH_SIZE];
    (void)snprintf(file, sizeof file, "%s/receipt.pem", dir);
    const char *const places[PLACES] = {[FOLDER] = dir, [SIGNING_FILE] = file};
    for (size_t i = 0; i < PLACES; i++) {
        receipts->polls[i] = xcalloc(1, sizeof *receipts->polls[i]);
        uv_fs_poll_init(receipts->config.uv, receipts->polls[i]);
        receipts->polls[i]->data = receipts;
        (void)uv_fs_poll_start(receipts->polls[i], place_changed, places[i], LOOK_MS);
    }
    receipts->hangup = xcalloc(1, sizeof *receipts->hangup);
    uv_signal_init(receipts->config.uv, receipts->hangup);
    receipts->hangup->data = receipts;
    uv_signal_start(receipts->hangup, told_to_reload, SIGHUP);
    /* what changed between the start and now, before the first look */
    (void)reload(receipts);
}

/* ---- life ---- */

static const char *first_of(const char *text, const char *otherwise)
{
    return text && text[0] != '\0' ? text : otherwise;
}

struct app_receipts *app_receipts_open(const struct app_receipts_config *config, char *ret_error,
                                       size_t error_size)
{
    const struct settings *settings = config->settings;
    struct receipt_keys keys;
    if (receipt_keys_load(settings->keys_dir, &keys, ret_error, error_size) != 0) {
        return NULL;
    }
    const char *issuer =
        first_of(settings->receipt_issuer, first_of(settings->http_public_url, "livenessd"));
    struct app_receipts *receipts = xcalloc(1, sizeof *receipts);
    receipts->config = *config;
    receipts->maker = (struct receipt_maker){
        .issuer = issuer,
        .audience = first_of(settings->receipt_audience, issuer),
        .lifetime_ms = (int64_t)settings->receipt_lifetime,
        .pseudonym_key = config->pseudonym_key,
        .random = random_system(),
    };
    take_over(receipts, &keys);
    watch(receipts);
    return receipts;
}

static void handle_closed(uv_handle_t *handle)
{
    free(handle);
}

struct app_receipts *app_receipts_close(struct app_receipts *receipts)
{
    if (!receipts) {
        return NULL;
    }
    for (size_t i = 0; i < PLACES; i++) {
        uv_close((uv_handle_t *)receipts->polls[i], handle_closed);
    }
    uv_close((uv_handle_t *)receipts->hangup, handle_closed);
    (void)signal(SIGHUP, SIG_IGN); /* its default would end the process on its last steps */
    receipt_keys_done(&receipts->keys);
    free(receipts);
    return NULL;
}

const struct receipt_maker *app_receipts_maker(const struct app_receipts *receipts)
{
    return &receipts->maker;
}
