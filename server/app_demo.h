/*
 * The demo page, from the settings.
 */
#pragma once

#include "config/settings.h"
#include "domain/receipt.h"

#include <stddef.h>

struct app_demo;
struct demo;

/* Reads the folder of the vendor's component. `endpoint`: the upstream as this server asks it.
 * *ret_demo is NULL when web.demo is off. False, with what is wrong in ret_error. */
bool app_demo_open(const struct settings *settings, const char *endpoint,
                   const struct receipt_maker *receipts, struct app_demo **ret_demo,
                   char *ret_error, size_t error_size);
/* Accepts NULL; returns NULL. */
struct app_demo *app_demo_close(struct app_demo *demo);

/* NULL for NULL: there is no demo. */
const struct demo *app_demo_of(const struct app_demo *demo);
