/*
 * Identity providers from the settings, and the files of their keys: looked at every few seconds
 * and read again when they change, also when a symbolic link on their way does, and on SIGHUP,
 * which also fetches keys that come from URLs. A broken new file keeps what is in use, and the log
 * says why.
 */
#pragma once

#include "base/log.h"
#include "base/metrics.h"
#include "config/settings.h"
#include "http/loop.h"
#include "lifecycle/issuers.h"

struct app_issuers_config {
    struct loop *loop;
    const struct settings *settings; /* these outlive it */
    const uint8_t *owner_key;
    const uint8_t *tenant_key; /* see struct bearers_config */
    const uint8_t *other_owner_key;
    const uint8_t *other_tenant_key;
    struct log *log;
    struct metrics *metrics;
};

struct app_issuers;

/* NULL, with what is wrong in ret_error, when an entry or a file gives no keys. Keys from URLs come
 * later. */
struct app_issuers *app_issuers_open(const struct app_issuers_config *config, char *ret_error,
                                     size_t error_size);
/* uv handles need turns of the loop to go. Accepts NULL; returns NULL. */
struct app_issuers *app_issuers_close(struct app_issuers *issuers);

/* Runs the loop until the first fetch of all keys is over, 5 s have passed, or somebody stops it.
 */
void app_issuers_await(struct app_issuers *issuers);

struct issuers *app_issuers_of(const struct app_issuers *issuers);
