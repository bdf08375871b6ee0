/*
 * Reading a JSON answer by path: "results.attempts[0].attemptId". A path that leads nowhere, or to
 * another type, fails the test and shows the document.
 */
#pragma once

#include "support/support.h"
#include <cjson/cJSON.h>

/* NULL when the path leads nowhere. */
const cJSON *json_find(const cJSON *json, const char *path);

const cJSON *json_at_place(struct place place, const cJSON *json, const char *path);
const char *json_text_at_place(struct place place, const cJSON *json, const char *path);
double json_number_at_place(struct place place, const cJSON *json, const char *path);
bool json_bool_at_place(struct place place, const cJSON *json, const char *path);

#define json_at(json, path)        json_at_place(HERE, json, path)
#define json_text_at(json, path)   json_text_at_place(HERE, json, path)
#define json_number_at(json, path) json_number_at_place(HERE, json, path)
#define json_bool_at(json, path)   json_bool_at_place(HERE, json, path)

/* The whole document as text, until the test ends. */
const char *json_shown(const cJSON *json);
