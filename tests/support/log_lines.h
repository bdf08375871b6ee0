/*
 * Logs of JSON lines, read as JSON.
 */
#pragma once

#include "support/daemon.h"
#include "support/json_path.h"

/* The lines of a text as an array, without those that are no JSON; until the test ends. */
const cJSON *json_lines(const char *text);
/* The requests on the public listener that a daemon has logged so far. */
const cJSON *requests_logged(struct daemon *daemon);

/* How many of the lines have this text in this member, which all must have. */
unsigned lines_with(const cJSON *lines, const char *member, const char *text);
