/*
 * What receipts are made with, from the settings and keys.dir. The keys are read again when the
 * folder or the key that signs changes, also when a symbolic link on their way does, and on SIGHUP;
 * a folder with a broken key keeps what is in use, and the log says why.
 */
#pragma once

#include "base/log.h"
#include "config/settings.h"
#include "domain/receipt.h"

#include <uv.h>

struct app_receipts_config {
    uv_loop_t *uv;
    const struct settings *settings; /* these outlive it */
    const uint8_t *pseudonym_key;
    struct log *log;
};

struct app_receipts;

/* NULL, with what is wrong in ret_error, when a key is missing or broken. */
struct app_receipts *app_receipts_open(const struct app_receipts_config *config, char *ret_error,
                                       size_t error_size);
/* After whoever makes receipts. uv handles need turns of the loop to go. Accepts NULL; returns
 * NULL. */
struct app_receipts *app_receipts_close(struct app_receipts *receipts);

/* Lives as long; its keys change. */
const struct receipt_maker *app_receipts_maker(const struct app_receipts *receipts);
