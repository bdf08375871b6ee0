/*
 * The examination of JSON text before cJSON sees it, which is too lenient alone. For json.c only.
 */
#pragma once

#include "base/json.h"

enum { JSON_DEPTH_MAX = 64, JSON_NUMBER_MAX = 63 /* cJSON reads no longer ones */ };

/* NULL when the text is one JSON value within the limits, else a static sentence. Duplicate members
 * and numbers too large for a double are left to json.c. */
const char *json_check(struct slice text, const struct json_limits *limits);
