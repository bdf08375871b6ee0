/*
 * The files the program carries for browsers: pages, scripts, the OpenAPI document. They are
 * compiled in as they stand in this folder; which route serves them, and with which headers, is
 * decided in routes/.
 */
#pragma once

#include <stdbool.h>

#include "base/slice.h"

struct asset {
    const char *name; /* below server/web: "demo/index.html" */
    const char *type; /* Content-Type */
    struct slice body;
};

/* False when there is none of that name. What it tells of is static. */
bool asset_find(struct slice name, struct asset *ret);
